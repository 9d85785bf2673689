"""The benchmark on real text: ``python -m benchmarks.text --dataset coco``.

Prepares a corpus, trains every system on it, and tabulates BLEU, Self-BLEU, backward BLEU, held-out
NLL and diversity beside what was published, with samples and the whole protocol.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from absl import flags

from benchmarks import folders, several
from benchmarks.outcome import Outcome
from leakgan_tf.cli import entry
from leakgan_tf.cli.config_flags import define_settings, for_system, overrides, parse_seeds
from leakgan_tf.cli.device_flags import define_placement, kept_by_the_chief, placement
from leakgan_tf.cli.prepare import DATA_DIR_VARIABLE, data_folder, report, source_notes
from leakgan_tf.config.config import Config
from leakgan_tf.config.presets import text_preset
from leakgan_tf.config.semantics import named_semantics
from leakgan_tf.data import corpora
from leakgan_tf.data.dataset import TextDataset, load_dataset, prepare
from leakgan_tf.runs.text_config import text_config
from leakgan_tf.systems.registry import check_names, describe_systems
from leakgan_tf.training.placement import Placement
from leakgan_tf.utils.errors import UserError

ABOUT = "Trains systems on a corpus, and tabulates them beside what was published."


def define_flags() -> flags.FlagValues:
    """Returns the benchmark's flags."""
    values = entry.new_flags()
    flags.DEFINE_enum(
        "dataset", "captions", list(corpora.CORPORA), "The corpus.", flag_values=values
    )
    define_run_flags(values, systems=["mle", "leakgan"])
    return values


def define_run_flags(values: flags.FlagValues, systems: list[str]) -> None:
    """Adds the flags of every benchmark on a prepared corpus."""
    own = {"flag_values": values}
    flags.DEFINE_string(
        "data_dir", None, f"Folder of named corpora. Default: ${DATA_DIR_VARIABLE}.", **own
    )
    flags.DEFINE_bool("download", False, "Fetch what the corpus lacks into --data_dir.", **own)
    flags.DEFINE_string("preset", "quick", "smoke, quick or paper: see presets.py.", **own)
    flags.DEFINE_list("systems", systems, f"all, or some of {describe_systems()}.", **own)
    flags.DEFINE_string("semantics", None, "original or paper; default: the preset's.", **own)
    flags.DEFINE_string("run_dir", None, "Where the runs go; default below save/.", **own)
    several.define_several(values, "system")
    define_placement(values)
    define_settings(values)


def prepared(values: flags.FlagValues, folder: Path, name: str) -> TextDataset:
    """Returns the corpus of that name, prepared in `folder` if it was not before."""
    if not folder.exists():
        corpus = corpora.get_corpus(name)
        train, test = corpora.corpus_sources(corpus, data_folder(values), values.download)
        encoded = prepare(train, folder, corpus.settings, test=test, corpus=corpus.name)
        notes = source_notes(corpus, [*train, *(test or ())])
        print("\n".join([report(encoded, corpus.settings), *notes, ""]), flush=True)
    dataset = load_dataset(folder)
    if dataset.corpus != name:
        raise UserError(f"{folder} holds {dataset.corpus or 'other text'}, not {name}")
    return dataset


def run(values: flags.FlagValues) -> None:
    """Prepares, trains, scores, reports."""

    def corpus(folder: Path) -> TextDataset:
        return prepared(values, folder, values.dataset)

    def write(outcome: Outcome) -> None:
        from benchmarks import text_report  # TensorFlow starts slowly: not for bad input

        text_report.write(outcome)

    run_on(values, f"text-{values.dataset}", corpus, write)


def run_on(
    values: flags.FlagValues,
    name: str,
    corpus: Callable[[Path], TextDataset],
    write: Callable[[Outcome], None],
) -> None:
    """Trains systems on a corpus, scores them and has the report written.

    Args:
      values: the flags of `define_run_flags`.
      name: the benchmark's module, a hyphen, and what it runs on: names its folder below save/.
      corpus: prepares the corpus in a folder, or finds it there.
      write: writes the report.

    Raises:
      UserError: a flag, the corpus or the folder cannot be used; nothing is trained then.
    """
    several.check_several(values)
    check_names(values.systems)
    if values.semantics:
        named_semantics(values.semantics)
    text_preset(values.preset, vocab_size=2, length=4)  # refuse it before the corpus is prepared
    suffix = f"-{values.semantics}" if values.semantics else ""
    placed = placement(values)
    folder = Path(values.run_dir or f"save/{name}-{values.preset}{suffix}")
    with kept_by_the_chief(placed, folder) as kept:
        _run_in(kept, values, name, corpus, write, placed)


def _run_in(
    folder: Path,
    values: flags.FlagValues,
    name: str,
    corpus: Callable[[Path], TextDataset],
    write: Callable[[Outcome], None],
    placed: Placement,
) -> None:
    """Prepares, trains, scores and reports in a folder; see `run_on`."""
    benchmark, _, dataset_name = name.partition("-")
    folders.check(folder, benchmark, {}, alone=values.only_run is None)
    changes = overrides(values)
    dataset = corpus(folder / "data")
    systems = check_names(values.systems)
    configs = [
        text_config(
            dataset,
            values.preset,
            values.semantics,
            system,
            seed,
            for_system(changes, system, systems),
        )
        for system in systems
        for seed in parse_seeds(values.seeds)
    ]
    paths = {folder / f"{config.system}-seed{config.seed}": config for config in configs}
    runs = several.Runs(benchmark, paths, values, folder)
    runs.in_processes()
    command = several.command(benchmark)
    measured, real = _train(runs, dataset, command, placed)
    if measured and runs.whole:
        figures = {path.name: each for _, path, each in measured}
        finished = [config for config, _, _ in measured]
        write(Outcome(folder, dataset_name, finished, figures, real, dataset, command, runs.failed))
    runs.raise_if_any_failed()


def _train(
    runs: several.Runs, dataset: TextDataset, command: str, placed: Placement
) -> tuple[several.Measured, dict[str, Any]]:
    """Trains what was found to be good input; returns the finished runs, and real text's figures.

    These are empty where no report is to be written.
    """
    # TensorFlow starts slowly, and talks: not for bad input.
    from leakgan_tf.evaluation import text as text_runs
    from leakgan_tf.training.session import prepare_process

    distribution = prepare_process(placed)
    for config in runs.paths.values():
        distribution.check(config)

    def train(path: Path, config: Config) -> dict[str, Any]:
        data = runs.folder / "data"
        return text_runs.train_text(config, dataset, data, path, command, distribution)

    measured = runs.one_by_one(train, go_on=distribution.alone)
    return measured, text_runs.real_figures(dataset) if measured and runs.whole else {}


def main() -> int:
    """Returns the exit status."""
    return entry.run(run, define_flags(), sys.argv, ABOUT)


if __name__ == "__main__":
    sys.exit(main())
