"""The benchmark on real text: ``python -m benchmarks.text --dataset coco``.

Prepares a corpus, trains systems on it, and tabulates BLEU, Self-BLEU, backward BLEU, held-out NLL
and diversity, with samples and the complete protocol, and the published figures beside runs of the
published sizes.
"""

import functools
import sys
from collections.abc import Callable
from pathlib import Path

from absl import flags

from benchmarks.runner.benchmark_run import BenchmarkRun
from benchmarks.runner.runs import Runs, check_flags, check_folder, define_run_flags, each_system
from leakgan_tf.api.datasets import prepare_corpus
from leakgan_tf.cli import entry
from leakgan_tf.cli.config_flags import SEMANTICS, overrides
from leakgan_tf.cli.device_flags import kept_by_the_chief
from leakgan_tf.cli.prepare import DATA_DIR, DOWNLOAD
from leakgan_tf.config.presets import PAPER_TEXT, text_preset
from leakgan_tf.config.semantics import named_semantics
from leakgan_tf.data import corpora
from leakgan_tf.data.dataset import TextDataset, load_dataset
from leakgan_tf.runs.text_config import text_config
from leakgan_tf.systems.registry import check_names, system_config
from leakgan_tf.utils.errors import UserError

ABOUT = """Trains systems on a corpus, and tabulates their figures.

Example: python -m benchmarks.text --preset=quick --systems=mle,leakgan"""


def define_flags() -> flags.FlagValues:
    """Returns the benchmark's flags."""
    values = entry.new_flags()
    names = list(corpora.CORPORA)
    flags.DEFINE_enum("dataset", "captions", names, "The corpus.", flag_values=values)
    define_text_flags(values, systems=["mle", "leakgan"])
    return values


def define_text_flags(values: flags.FlagValues, systems: list[str]) -> None:
    """Defines the flags of all benchmarks on a prepared corpus."""
    own = {"flag_values": values}
    flags.DEFINE_string("data_dir", None, DATA_DIR, **own)
    flags.DEFINE_bool("download", False, DOWNLOAD, **own)
    flags.DEFINE_string("semantics", None, SEMANTICS, **own)
    define_run_flags(values, systems)


def prepared(values: flags.FlagValues, folder: Path, name: str) -> TextDataset:
    """Returns the named corpus, prepared in `folder` if that does not exist."""
    if not folder.exists():
        settings = corpora.get_corpus(name).preset_settings(values.preset)
        made = prepare_corpus(name, folder, values.data_dir, values.download, base=settings)
        print(f"{made.account}\n", flush=True)
    dataset = load_dataset(folder)
    if dataset.corpus != name:
        raise UserError(f"{folder} contains {dataset.corpus or 'other text'}, not {name}")
    return dataset


def run(values: flags.FlagValues) -> None:
    """Prepares the corpus, trains and evaluates the runs, and writes the report."""

    def write(done: BenchmarkRun, dataset: TextDataset) -> None:
        from benchmarks.reports import text  # imports TensorFlow: not for bad input

        text.write(done, dataset, values.dataset)

    corpus = functools.partial(prepared, values, name=values.dataset)
    run_on(values, f"text-{values.dataset}", corpus, write)


def run_on(
    values: flags.FlagValues,
    name: str,
    corpus: Callable[[Path], TextDataset],
    write: Callable[[BenchmarkRun, TextDataset], None],
) -> None:
    """Trains systems on a corpus, evaluates them and writes the report.

    Args:
      values: flags of `define_text_flags`.
      name: module of the benchmark, a hyphen, and the corpus; part of its folder's name in save/.
      corpus: returns the corpus from a folder, and prepares it there if needed.
      write: writes the report.

    Raises:
      UserError: a flag, the corpus or the folder cannot be used; nothing has been trained then.
    """
    placed = check_flags(values)
    systems, _ = check_names(values.systems), overrides(values)  # errors before the preparation
    if values.semantics:
        named_semantics(values.semantics)
    # Refuses an unknown preset, with a length that D's windows fit.
    text_preset(values.preset, 2, PAPER_TEXT.length, system_config(systems[0]))
    benchmark, suffix = name.partition("-")[0], f"-{values.semantics}" if values.semantics else ""
    folder = Path(values.run_dir or f"save/{name}-{values.preset}{suffix}")
    with kept_by_the_chief(placed, folder) as kept:
        check_folder(kept, benchmark, alone=values.only_run is None)
        dataset = corpus(kept / "data")
        chosen = dataset, values.preset, values.semantics
        configs = each_system(values, lambda *given: text_config(*chosen, *given))
        paths = {kept / name: config for name, config in configs.items()}
        runs = Runs(benchmark, paths, values, kept)
        runs.in_processes()
        from leakgan_tf.tasks.text import TextTask  # imports TensorFlow: not while others train

        runs.train(
            placed,
            lambda path, config: TextTask(config, dataset),
            lambda done: write(done, dataset),
            data=str((kept / "data").resolve()),
        )


if __name__ == "__main__":
    sys.exit(entry.run(run, define_flags(), sys.argv, ABOUT))
