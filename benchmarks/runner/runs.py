"""Trains the runs of a benchmark, in one or several processes."""

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from absl import flags
from tqdm import tqdm

from benchmarks.runner import mle_frontier
from benchmarks.runner.benchmark_run import BenchmarkRun
from benchmarks.runner.processes import Job, run_jobs, shared_environment
from leakgan_tf.cli.config_flags import define_settings, for_system, overrides, parse_seeds
from leakgan_tf.cli.device_flags import define_placement, placement
from leakgan_tf.config.config import Config
from leakgan_tf.config.presets import describe_presets
from leakgan_tf.reporting.picture import SUFFIXES
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.record import read_run
from leakgan_tf.runs.shapes import MadeBy
from leakgan_tf.systems.registry import check_names, describe_systems
from leakgan_tf.training.placement import Placement
from leakgan_tf.utils.errors import TrainingError, UserError
from leakgan_tf.utils.files import leftover_of, read_json, remove_leftovers

_ONLY = "only_run"
# Files and folders in a benchmark's folder, besides runs and pictures.
_FILES = {"report.md", "report.html", "report.json", "data", "midi", "logs"}


def define_run_flags(
    values: flags.FlagValues, systems: Sequence[str] = (), oracle: bool = False
) -> None:
    """Defines the flags of all benchmarks; --systems only with its default, `systems`.

    With `oracle`, the presets of the oracle task are offered too.
    """
    own = {"flag_values": values}
    flags.DEFINE_string("preset", "quick", f"{describe_presets(oracle)}.", **own)
    if systems:
        flags.DEFINE_list("systems", systems, f"all, or some of {describe_systems()}.", **own)
    flags.DEFINE_string("run_dir", None, "Folder of the runs; default: below save/.", **own)
    flags.DEFINE_string(
        "seeds",
        "1",
        "Number of seeds: 3 is seeds 0, 1 and 2. Or a list of seeds, with a comma: 0,1,5; 7, is "
        "seed 7 alone.",
        **own,
    )
    flags.DEFINE_integer(
        "jobs",
        1,
        "Number of runs trained at a time, each in its own process with its share of the cores and "
        "a log in logs/ of --run_dir. Results are those of one process up to rounding, which "
        "depends on the number of threads.",
        **own,
    )
    flags.DEFINE_string(
        _ONLY,
        None,
        "Train only this one of the requested runs, and write no report (as --jobs does). The same "
        "command without this flag writes the report.",
        **own,
    )
    define_placement(values)
    define_settings(values)


def each_system(
    values: flags.FlagValues, make: Callable[[str, int, dict[str, Any]], Config]
) -> dict[str, Config]:
    """Returns {name of the run's folder: configuration} for all --systems and --seeds.

    `make` returns the configuration for a system, a seed and changed settings.
    """
    changes, systems = overrides(values), check_names(values.systems)
    return {
        f"{system}-seed{seed}": make(system, seed, for_system(changes, system, systems))
        for system in systems
        for seed in parse_seeds(values.seeds)
    }


def check_flags(values: flags.FlagValues) -> Placement:
    """Returns the devices; raises ``UserError`` if a flag of `define_run_flags` cannot be used."""
    if values.jobs < 1:
        raise UserError(f"--jobs must be 1 or more, not {values.jobs}")
    if values.jobs > 1 and values.strategy != "none":
        raise UserError(
            f"--jobs={values.jobs} goes with --strategy=none only: a run on several devices uses "
            "all of them"
        )
    parse_seeds(values.seeds)
    return placement(values)


def check_folder(folder: Path, benchmark: str, alone: bool = True) -> None:
    """Refuses a folder with the report of another benchmark or other files, before training.

    Files are checked only if this process is `alone`, the only one that trains runs in the folder.
    Removes half-written files of killed processes if there is no error.
    """
    if folder.is_file():
        raise UserError(f"{folder} is a file: give another --run_dir")
    if not folder.is_dir():
        return
    for path in folder.iterdir() if alone else ():
        if not _is_known(leftover_of(path) or path.name) and not _is_run(path):
            raise UserError(f"{folder} contains {path.name}, which is not of this benchmark")
    report = folder / "report.json"
    stored = read_json(report, "a report", dict[str, Any]) if report.exists() else None
    if stored is not None and stored.get("benchmark") != benchmark:
        raise UserError(f"{report} is the report of another benchmark: give another --run_dir")
    remove_leftovers(folder, _is_known)


def _is_known(name: str) -> bool:
    """Returns whether a benchmark writes a file or folder of this name, besides runs."""
    return name in _FILES or name.endswith(SUFFIXES)


def _is_run(path: Path) -> bool:
    """Returns whether a folder is of a run; an empty one is of a run killed at its start."""
    return RunFolder(path).lock_file.exists() or (path.is_dir() and not any(path.iterdir()))


def command(benchmark: str) -> str:
    """Returns the command of the whole benchmark, as recorded by its runs: without --only_run."""
    return shlex.join(["python", "-m", f"benchmarks.{benchmark}", *_arguments()])


class Runs:
    """The runs of a benchmark.

    Attributes:
      paths: {folder: configuration} of the runs of this process.
      failed: {run that did not finish: reason}.

    Raises:
      UserError: --only_run is not one of the runs, or a folder has other content.
    """

    def __init__(
        self, benchmark: str, paths: Mapping[Path, Config], values: flags.FlagValues, folder: Path
    ):
        only = values.only_run
        self.paths = {path: paths[path] for path in paths if only in (None, path.name)}
        self.failed: dict[str, str] = {}
        self._benchmark, self._folder, self._values = benchmark, folder, values
        self._whole = only is None
        if not self.paths:
            names = ", ".join(path.name for path in paths)
            raise UserError(f"--{_ONLY}={only} is not one of the requested runs: {names}")
        check_folder(folder, benchmark, alone=self._whole)
        for path, config in self.paths.items():
            RunFolder(path).refuse_others(config)

    def train(
        self,
        placed: Placement,
        make_task: Callable[[Path, Config], Any],
        report: Callable[[BenchmarkRun], None],
        data: str = "",
    ) -> None:
        """Trains and evaluates the unfinished runs, and reports all that finished.

        Call `in_processes` before: it does not import TensorFlow, which would use memory. With
        --only_run, `report` is not called. `data`, the data folder of runs on text, is recorded in
        config.json.

        Raises:
          TrainingError: a run did not finish; the others are in the report.
          UserError: the devices or a run cannot be used.
        """
        from leakgan_tf.training.session import prepare_process, train_run  # imports TensorFlow

        distribution = prepare_process(placed)
        for config in self.paths.values():
            distribution.check(config)
        called = command(self._benchmark)
        given = {name: str(value) for name, value in overrides(self._values).items()}
        made_by: MadeBy = {"command": called, "overrides": given}
        if data:
            made_by["data"] = data

        def train(path: Path, config: Config) -> None:
            train_run(config, lambda: make_task(path, config), path, made_by, distribution)

        done = self.one_by_one(train, go_on=distribution.alone)
        if done and self._whole:
            runs = [read_run(path, path.name) for path in done]
            report(BenchmarkRun(self._benchmark, self._folder, runs, called, given, self.failed))
        self.raise_if_any_failed()

    def in_processes(self) -> None:
        """Trains the unfinished runs, --jobs at a time; does nothing if that is 1.

        Raises:
          TrainingError: no run finished.
          KeyboardInterrupt: the program was interrupted by a signal.
        """
        if self._values.jobs == 1 or not self._whole:
            return
        measured = {path: RunFolder(path).measured for path in self.paths}
        left = [path for path in self._in_order() if not measured[path].exists()]
        if len(left) < len(self.paths):
            count = len(self.paths)
            tqdm.write(f"{count - len(left)} of {count} runs were finished before")
        if not left:
            return
        called = (sys.executable, "-m", f"benchmarks.{self._benchmark}", *_arguments())
        jobs = [
            Job(path.name, (*called, f"--{_ONLY}={path.name}"), self._needed(path)) for path in left
        ]
        logs, at_once = self._folder / "logs", min(self._values.jobs, len(jobs))
        self.failed |= run_jobs(jobs, at_once, logs, shared_environment(at_once))
        for path in left:
            if not measured[path].exists():
                self.failed.setdefault(path.name, f"no figures (log: {logs}/{path.name}.log)")
        if len(self.failed) == len(self.paths):  # nothing to report
            self.raise_if_any_failed()

    def one_by_one(self, train: Callable[[Path, Config], Any], go_on: bool) -> list[Path]:
        """Trains and evaluates, in this process, all runs that have not failed before.

        With `go_on`, other runs follow one that fails with a ``UserError``.

        Returns:
          The folders of the runs that finished, in the requested order.
        """
        for path, config in self._in_order().items():
            if path.name in self.failed:
                continue
            try:
                train(path, config)
            except UserError as error:
                if not go_on or len(self.paths) == 1:
                    raise
                self.failed[path.name] = " ".join(str(error).split())
                tqdm.write(f"{path.name} did not finish: {self.failed[path.name]}")
        return [path for path in self.paths if path.name not in self.failed]

    def raise_if_any_failed(self) -> None:
        """Raises ``TrainingError`` with the names of unfinished runs, if there are any."""
        if self.failed:
            raise TrainingError(
                f"{len(self.failed)} of {len(self.paths)} runs did not finish: "
                f"{', '.join(self.failed)}; the same command continues them"
            )

    def _in_order(self) -> dict[Path, Config]:
        """Returns the runs, those of MLE first: others may be compared with them in training."""
        return dict(sorted(self.paths.items(), key=lambda item: item[1].system != "mle"))

    def _needed(self, path: Path) -> tuple[str, ...]:
        """Returns the names of runs that must finish before this one starts."""
        config = self.paths[path]
        return (mle_frontier.baseline(path, config).name,) if config.select == "frontier" else ()


def _arguments() -> list[str]:
    """Returns the program's arguments without --only_run: those of the whole benchmark."""
    kept, words = [], iter(sys.argv[1:])
    for word in words:
        name, equals, _ = word.lstrip("-").partition("=")
        if name != _ONLY or not word.startswith("-"):
            kept.append(word)
        elif not equals:
            next(words, None)  # the flag's value
    return kept
