"""Reads the configuration, records, figures and progress of runs, without TensorFlow."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leakgan_tf.config.config import Config
from leakgan_tf.data.reader import ReaderFile
from leakgan_tf.data.text import PitchTokenizer
from leakgan_tf.runs.checkpoint import read_progress
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.shapes import MadeBy, Start, read_starts
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import read_json


@dataclass(frozen=True)
class RunRecord:
    """The contents of a run folder that reports use.

    Attributes:
      name: the run's name in reports.
      path: its folder.
      config: its configuration.
      made_by: command, versions, machine, commit.
      records: the records in metrics.jsonl up to the latest checkpoint.
      measured: the figures of the finished run; empty if it is not finished.
      progress: `runs.checkpoint.Progress` of the latest checkpoint, in part; empty if there is
        none.
      melodies: whether the run learns melodies.
      starts: the starts and restarts of the run, in order (`RunFolder.record_start`).
    """

    name: str
    path: Path
    config: Config
    made_by: MadeBy
    records: list[dict[str, Any]]
    measured: dict[str, Any]
    progress: dict[str, Any]
    melodies: bool = False
    starts: Sequence[Start] = ()

    @property
    def finished(self) -> bool:
        """Whether all phases have run and the figures of the last weights are available."""
        return bool(self.measured)

    @property
    def evaluations(self) -> list[dict[str, Any]]:
        """The records of evaluations, in order."""
        return [line for line in self.records if line["group"] == "evaluation"]

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds spent on each kind of work."""
        return self.measured.get("seconds") or self.progress.get("seconds", {})

    def state(self) -> str:
        """Returns a sentence about the progress of the run."""
        if self.finished:
            return f"Finished, {self.measured['total_updates']:,} updates."
        if not self.progress:
            return "Interrupted run (or still running): no checkpoint was written yet."
        position, total = self.progress["position"], self.progress["total"]
        if position >= total:
            return f"Interrupted run: all {total} phases are done, but nothing is measured yet."
        share = f"{100 * position / total:.0f} %"
        return (
            f"Interrupted run (or still running): {position} of {total} phases ({share}), "
            f"{self.progress['updates']:,} updates. The same command goes on from there."
        )


def read_runs(paths: Sequence[str | Path]) -> list[RunRecord]:
    """Reads runs, each once.

    A run's name is that of its folder, or its path if two folders have the same name.

    Args:
      paths: run folders, and benchmark folders for all runs in them.

    Raises:
      UserError: no run is named, a folder is not a run folder, there is nothing to report, or a
        file is damaged.
    """
    folders: dict[Path, tuple[str, bool]] = {}  # the given path, and whether it was named itself
    for path in paths:
        inside = runs_inside(Path(path))
        for each in inside or [Path(path)]:
            folders.setdefault(each.resolve(), (str(each), not inside))
    if not folders:
        raise UserError("name one or more run folders")
    names = [folder.name for folder in folders]
    runs = [
        read_run(folder, folder.name if names.count(folder.name) == 1 else given, begun)
        for folder, (given, begun) in folders.items()
    ]
    if not any(run.progress or run.records for run in runs):
        raise UserError(f"{paths[0]} has nothing to report yet: no run in it has a checkpoint")
    return runs


def runs_inside(path: Path) -> list[Path]:
    """Returns the runs in a benchmark folder, sorted by name; empty for any other folder."""
    if not path.is_dir() or RunFolder(path).config_file.exists():
        return []
    return sorted(each.parent for each in path.glob("*/config.json"))


def read_run(path: Path, name: str, begun: bool = True) -> RunRecord:
    """Reads one run; if `begun`, refuses one that has neither a checkpoint nor records yet.

    Raises:
      UserError: as in `read_runs`.
    """
    folder = RunFolder(path)
    if not folder.config_file.exists():
        folder.weights()  # raises an error that says what is wrong
    config, made_by = folder.read_config(), folder.read().get("made_by", {})
    progress = _progress(folder.checkpoint) if folder.checkpoint.exists() else {}
    end = progress.get("position", float("inf"))  # later phases will be run again
    records = [record for record in folder.records() if record["position"] < end]
    if begun and not (progress or records):
        raise UserError(f"{path} has nothing to report yet: neither a checkpoint nor records")
    measured = folder.read_figures(config.task)
    text = config.task == "text" and (begun or folder.reader.exists())
    reader = read_json(folder.reader, "a run's vocabulary", ReaderFile) if text else {}
    return RunRecord(
        name=name,
        path=path,
        config=config,
        made_by=made_by,
        records=records,
        measured=measured,
        progress=progress,
        melodies=reader.get("tokenizer") == PitchTokenizer.name,
        starts=read_starts(folder.starts),
    )


def _progress(path: Path) -> dict[str, Any]:
    progress = read_progress(path)
    return {name: getattr(progress, name) for name in ("position", "total", "updates", "seconds")}
