"""``python -m leakgan_tf generate``: sentences or melodies of a trained generator."""

import sys
from pathlib import Path

from absl import flags

from leakgan_tf.cli.config_flags import BEST
from leakgan_tf.cli.entry import new_flags
from leakgan_tf.data.midi import STEP, exact_step, write_melody
from leakgan_tf.data.reader import ReaderFile
from leakgan_tf.data.text import PitchTokenizer
from leakgan_tf.metrics.temperatures import check_temperature
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import read_json, refuse_existing, write_text
from leakgan_tf.utils.printable import printable

ABOUT = """Writes sentences of a finished or interrupted run, one a line.

generate --run_dir RUN [--out FILE]
generate --run_dir RUN --midi FOLDER    melodies as MIDI files, of a run on `prepare --midi`"""


def define_flags() -> flags.FlagValues:
    """Returns the command's flags."""
    values = new_flags()
    own = {"flag_values": values}
    flags.DEFINE_string("run_dir", None, "The run's folder.", **own)
    flags.DEFINE_integer("num", 10, "How many sentences.", lower_bound=0, **own)
    flags.DEFINE_float(
        "temperature", 1.0, "Divides the logits: below 1 is sharper, 0.7 say.", **own
    )
    flags.DEFINE_integer("seed", 0, "The same seed gives the same sentences.", **own)
    flags.DEFINE_integer(
        "resample",
        None,
        "Choose each sentence among so many by the run's own discriminator, 8 say.",
        lower_bound=1,
        **own,
    )
    flags.DEFINE_string("out", None, "File to write; standard output without it.", **own)
    flags.DEFINE_string("midi", None, "Folder to write melodies to, a MIDI file each.", **own)
    flags.DEFINE_float(
        "step", None, f"--midi: seconds a pitch, as in prepare. Default: {STEP}.", **own
    )
    flags.DEFINE_bool("best", False, BEST, **own)
    flags.DEFINE_bool("overwrite", False, "Replace --out, or files in --midi.", **own)
    return values


def run(values: flags.FlagValues) -> None:
    """Loads, samples, writes."""
    if not values.run_dir:
        raise UserError("--run_dir is missing: the folder of a run")
    check_temperature(values.temperature, "--temperature")
    if values.out:
        refuse_existing(values.out, values.overwrite)
    run_folder = RunFolder(values.run_dir)
    run_folder.weights(values.best)
    _check_melody_flags(values, run_folder)
    from leakgan_tf.runs.load import load  # TensorFlow starts slowly: not for bad input

    trained = load(values.run_dir, values.best)
    if values.best:
        print(trained.chosen, file=sys.stderr)
    if values.resample:
        sentences, effective = trained.resample(
            values.num, values.resample, values.temperature, values.seed
        )
        print(f"effective sample size {effective:.2f} of {values.resample}", file=sys.stderr)
    else:
        sentences = trained.generate(values.num, values.temperature, values.seed)
    if values.midi:
        _write_midi(values, sentences)
        return
    text = "".join(sentence + "\n" for sentence in sentences)
    if not values.out:
        sys.stdout.write(printable(text) if sys.stdout.isatty() else text)
        return
    write_text(values.out, text)
    print(printable(f"{len(sentences)} sentences in {values.out}"), file=sys.stderr)


def _check_melody_flags(values: flags.FlagValues, run_folder: RunFolder) -> None:
    if values.midi is None:
        if values.step is not None:
            raise UserError("--step goes with --midi only")
        return
    if not values.midi:
        raise UserError("--midi is empty; name a folder")
    if values.out:
        raise UserError("give either --out, a text file, or --midi, a folder")
    exact_step(STEP if values.step is None else values.step)
    reader, known = run_folder.reader, "a run's vocabulary"
    melodies = reader.exists() and read_json(reader, known, ReaderFile)["tokenizer"]
    if melodies != PitchTokenizer.name:
        raise UserError(f"{values.run_dir} wrote no melodies: it was not trained on prepare --midi")
    if Path(values.midi).exists() and not Path(values.midi).is_dir():
        raise UserError(f"{values.midi} is a file; --midi names a folder")
    for path in _midi_paths(values):
        refuse_existing(path, values.overwrite)


def _midi_paths(values: flags.FlagValues) -> list[Path]:
    width = max(len(str(values.num)), 3)
    return [Path(values.midi) / f"{number:0{width}}.mid" for number in range(1, values.num + 1)]


def _write_midi(values: flags.FlagValues, sentences: list[str]) -> None:
    """Writes each sentence's pitches as a file of its own."""
    for path, sentence in zip(_midi_paths(values), sentences, strict=True):
        write_melody(path, [int(pitch) for pitch in sentence.split()], values.step or STEP)
    print(printable(f"{len(sentences)} melodies in {values.midi}"), file=sys.stderr)
