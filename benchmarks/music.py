"""The music benchmark of the SeqGAN paper: ``python -m benchmarks.music``.

Trains every system on the melodies of the Nottingham folk tunes, or of a folder of MIDI files, and
tabulates BLEU-4 and mean squared error, beside published figures if the sizes are the paper's;
writes samples as MIDI files.
"""

import sys
from pathlib import Path

from absl import flags

from benchmarks import text
from benchmarks.runner.benchmark_run import BenchmarkRun
from leakgan_tf.api.datasets import midi_sources, prepare_midi
from leakgan_tf.cli import entry
from leakgan_tf.cli.prepare import STEP_ABOUT
from leakgan_tf.data.dataset import TextDataset, load_dataset
from leakgan_tf.data.melodies import SETTINGS
from leakgan_tf.data.midi import STEP
from leakgan_tf.utils.errors import UserError

ABOUT = """Trains systems on melodies, tabulates them, and writes MIDI files.

Example: python -m benchmarks.music --preset=quick"""
NOTTINGHAM = "nottingham"


def define_flags() -> flags.FlagValues:
    """Returns the benchmark's flags."""
    values = entry.new_flags()
    own = {"flag_values": values}
    flags.DEFINE_string("midi", None, "A folder of MIDI files, used instead of the corpus.", **own)
    flags.DEFINE_float("step", None, STEP_ABOUT, **own)
    text.define_text_flags(values, systems=["mle", "seqgan", "leakgan"])
    return values


def own_tunes(values: flags.FlagValues, folder: Path) -> TextDataset:
    """Returns the melodies of --midi, prepared in `folder` if it does not exist."""
    train, _ = midi_sources(values.midi, values.step, SETTINGS)
    if not folder.exists():
        print(f"{prepare_midi(values.midi, folder, values.step).account}\n", flush=True)
    dataset = load_dataset(folder)
    prepared = [each["sha256"] for each in dataset.record["inputs"]]
    if dataset.corpus or prepared != [source.sha256 for source in train]:
        raise UserError(
            f"{folder} was prepared from other melodies than {values.midi}: give another --run_dir"
        )
    return dataset


def run(values: flags.FlagValues) -> None:
    """Prepares the melodies, trains and evaluates the runs, and writes the report."""
    if values.step is not None and not values.midi:
        raise UserError("--step goes with --midi only")

    def corpus(folder: Path) -> TextDataset:
        if values.midi:
            return own_tunes(values, folder)
        return text.prepared(values, folder, NOTTINGHAM)

    name = Path(values.midi).resolve().name if values.midi else NOTTINGHAM

    def write(done: BenchmarkRun, dataset: TextDataset) -> None:
        from benchmarks.reports import music  # imports TensorFlow: not for bad input

        music.write(done, dataset, name, STEP if values.step is None else values.step)

    text.run_on(values, f"music-{name}", corpus, write)


if __name__ == "__main__":
    sys.exit(entry.run(run, define_flags(), sys.argv, ABOUT))
