"""A benchmark's runs: of several seeds, in one process or in several; some may die."""

import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from absl import flags
from tqdm import tqdm

from benchmarks import folders
from benchmarks.jobs import Job, run_jobs, shared_environment
from leakgan_tf.cli.config_flags import parse_seeds
from leakgan_tf.config.config import Config
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.utils.errors import TrainingError, UserError

Measured = list[tuple[Config, Path, dict[str, Any]]]  # with the folder and figures of each run

_BASELINE = "mle"  # whose runs others may be compared with while they train
_ONLY = "only_run"


def define_several(values: flags.FlagValues, row: str) -> None:
    """Adds the flags; `row` is what is run once for every seed: "system", say."""
    own = {"flag_values": values}
    flags.DEFINE_string(
        "seeds",
        "1",
        f"Runs of each {row}: 3 is the seeds 0, 1 and 2. Or the seeds, with a comma: 0,1,5; 7, is "
        "seed 7 alone.",
        **own,
    )
    flags.DEFINE_integer(
        "jobs",
        1,
        "Runs trained at a time, each in a process of its own with its share of the cores; what "
        "they print goes to logs/ in --run_dir. Their numbers are those of one process up to "
        "rounding, which depends on the number of threads.",
        **own,
    )
    flags.DEFINE_string(
        _ONLY,
        None,
        "Trains this run alone, of those asked for, and writes no report: what --jobs starts. The "
        "same flags without it write the report.",
        **own,
    )


def check_several(values: flags.FlagValues) -> list[int]:
    """Returns the seeds; raises ``UserError`` if a flag of `define_several` cannot be used."""
    if values.jobs < 1:
        raise UserError(f"--jobs must be 1 or more, not {values.jobs}")
    if values.jobs > 1 and values.strategy != "none":
        raise UserError(
            f"--jobs={values.jobs} goes with --strategy=none only: a run on several devices needs "
            "them all"
        )
    return parse_seeds(values.seeds)


def command(benchmark: str) -> str:
    """Returns what was called, without --only_run: a run's child is not told of in its records."""
    return shlex.join(["python", "-m", f"benchmarks.{benchmark}", *_words()])


class Runs:
    """The runs of a benchmark, and what became of them.

    Attributes:
      folder: the benchmark's.
      paths: the configuration of each run that this process is for, by its folder.
      whole: whether these are all that were asked for, and the report is this process's to write.
      failed: why runs did not finish, by name.

    Args:
      benchmark: its module below ``benchmarks``.
      paths: all runs that were asked for.
      values: flags of `define_several`.
      folder: the benchmark's.

    Raises:
      UserError: --only_run is none of the runs, or the folder cannot be used (`folders.check`).
    """

    def __init__(
        self, benchmark: str, paths: Mapping[Path, Config], values: flags.FlagValues, folder: Path
    ):
        self.folder = folder
        self.whole = values.only_run is None
        self.paths = {
            path: config
            for path, config in paths.items()
            if self.whole or path.name == values.only_run
        }
        self.failed: dict[str, str] = {}
        self._benchmark, self._jobs = benchmark, values.jobs
        if not self.paths:
            names = ", ".join(path.name for path in paths)
            raise UserError(f"--{_ONLY}={values.only_run} is none of the runs asked for: {names}")
        folders.check(folder, benchmark, self.paths, alone=self.whole)

    def in_processes(self) -> None:
        """Trains what is not measured yet, --jobs at a time; nothing if that is 1.

        Raises:
          TrainingError: no run finished.
          KeyboardInterrupt: a signal asked the program to end.
        """
        if self._jobs == 1 or not self.whole:
            return
        left = {path: run for path, run in self._in_order().items() if not _measured(path)}
        if len(left) < len(self.paths):
            tqdm.write(f"{len(self.paths) - len(left)} of {len(self.paths)} runs had ended before")
        if not left:
            return
        called = (sys.executable, "-m", f"benchmarks.{self._benchmark}", *_words())
        jobs = [
            Job(
                path.name,
                (*called, f"--{_ONLY}={path.name}"),
                kind=path.name.rpartition("-seed")[0],
                after=_needed(config),
            )
            for path, config in left.items()
        ]
        logs, at_once = self.folder / "logs", min(self._jobs, len(jobs))
        self.failed |= run_jobs(jobs, at_once, logs, shared_environment(at_once))
        for path in left:
            if not _measured(path):
                self.failed.setdefault(path.name, f"no figures; its log: {logs}/{path.name}.log")
        if len(self.failed) == len(self.paths):  # nothing to report
            self.raise_if_any_failed()

    def one_by_one(self, train: Callable[[Path, Config], dict[str, Any]], go_on: bool) -> Measured:
        """Trains and measures in this process all that has not failed before.

        Args:
          train: trains what is left of a run, and returns its figures.
          go_on: whether the others are trained if one dies with a ``UserError``.

        Returns:
          Configuration, folder and figures of the runs that finished, in the order asked for.
        """
        measured = {}
        for path, config in self._in_order().items():
            if path.name in self.failed:
                continue
            try:
                measured[path] = train(path, config)
            except UserError as error:
                if not go_on or len(self.paths) == 1:
                    raise
                self.failed[path.name] = " ".join(str(error).split())
                tqdm.write(f"{path.name} did not finish: {self.failed[path.name]}")
        return [(self.paths[path], path, measured[path]) for path in self.paths if path in measured]

    def raise_if_any_failed(self) -> None:
        """Raises ``TrainingError`` that names the runs that did not finish."""
        if self.failed:
            raise TrainingError(
                f"{len(self.failed)} of {len(self.paths)} runs did not finish: "
                f"{', '.join(self.failed)}; the same command goes on with them"
            )

    def _in_order(self) -> dict[Path, Config]:
        """Returns the runs, MLE's first."""
        return dict(sorted(self.paths.items(), key=lambda item: item[1].system != _BASELINE))


def _measured(path: Path) -> bool:
    return RunFolder(path).measured.exists()


def _needed(config: Config) -> tuple[str, ...]:
    """Returns the names of runs that must have ended before this one begins."""
    if config.select != "frontier" or config.system == _BASELINE:
        return ()
    return (f"{_BASELINE}-seed{config.seed}",)


def _words() -> list[str]:
    """Returns the program's words without --only_run: those of the whole benchmark."""
    kept, value_follows = [], False
    for word in sys.argv[1:]:
        name, equals, _ = word.lstrip("-").partition("=")
        if name == _ONLY and word.startswith("-"):
            value_follows = not equals
        elif value_follows:
            value_follows = False
        else:
            kept.append(word)
    return kept
