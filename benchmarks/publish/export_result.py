"""Exports a benchmark's folder, finished or stopped, as JSON without absolute paths."""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from benchmarks.reports.result_shapes import Report
from leakgan_tf.metrics.discriminator_scores import BOUND
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.record import RunRecord, read_run, runs_inside
from leakgan_tf.training.monitor import describe_warnings
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import read_json

_BENCHMARK = re.compile(r"-m benchmarks\.(\w+)")
_ABSOLUTE = re.compile(r"(?<![\w.:/])/(?:[\w.+-]+/)+[\w.+-]*")  # at least two parts
_KEPT = "evaluation"  # group of records that are kept, with those that have D's bound
_WRITTEN = {"samples", "records"}  # generated text and figures, without file names
_PROGRESS = ("position", "total", "updates", "seconds")
_SAVE = "save"  # folder of runs in all examples


def export_result(folder: Path) -> dict[str, Any]:
    """Returns the result of a benchmark's folder, or of a single run's.

    For a finished benchmark this is its report.json. Runs also have ``records`` (evaluations and
    bounds of D), ``warnings``, and ``made_by`` where it differs from the report's. Without a report
    the result has the entry ``stopped``, and each run its ``progress``.

    Raises:
      UserError: the folder is not of a benchmark or run, no run has begun, or a file is damaged.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder")
    alone = RunFolder(folder).config_file.exists()
    paths = [folder] if alone else runs_inside(folder)
    if not paths:
        raise UserError(f"{folder} contains no run")
    runs = {path.name: read_run(path, path.name, begun=False) for path in paths}
    if not any(run.progress or run.records for run in runs.values()):
        raise UserError(f"{folder} has nothing to keep yet: no run in it has a checkpoint")
    report = folder / "report.json"
    content = read_json(report, "a report", Report) if report.exists() else _stopped(runs)
    unknown = [each["folder"] for each in content["runs"] if each["folder"] not in runs]
    if unknown:
        raise UserError(f"{report} names {unknown[0]}, which is not in {folder}")
    content["runs"] = [
        {**each, **_curve(runs[each["folder"]], content["made_by"])} for each in content["runs"]
    ]
    return without_places(content)


def without_places(value: Any) -> Any:
    """Returns a value with relative paths in its strings: save/NAME, or NAME."""
    if isinstance(value, Mapping):
        return {
            name: each if name in _WRITTEN else without_places(each) for name, each in value.items()
        }
    if isinstance(value, list):
        return [without_places(each) for each in value]
    return _ABSOLUTE.sub(_relative, value) if isinstance(value, str) else value


def _relative(match: re.Match[str]) -> str:
    parts = PurePosixPath(match[0]).parts
    where = len(parts) - 1
    if _SAVE in parts[:-1]:
        where = max(place for place, part in enumerate(parts[:-1]) if part == _SAVE)
    return "/".join(parts[where:])


def _stopped(runs: Mapping[str, RunRecord]) -> dict[str, Any]:
    """Returns the content of a report for a benchmark that was stopped before its report."""
    first = next(iter(runs.values()))
    found = _BENCHMARK.search(first.made_by.get("command", ""))
    done = sum(run.finished for run in runs.values())
    parts = [f"{name}: {run.state()}" for name, run in runs.items() if not run.finished]
    state = f"Stopped before its report was written: {done} of {len(runs)} runs begun are finished."
    stopped = {"stopped": " ".join([state, *parts])}
    if not found and not parts:
        stopped = {"what": "Finished runs, each trained by its own command."}
    return {
        "benchmark": found[1] if found else first.config.task,
        **stopped,
        "made_by": _made_by(first),
        "runs": [
            {
                "folder": name,
                "config": run.config.to_json(),
                "progress": {name: run.progress[name] for name in _PROGRESS if run.progress},
                "figures": run.measured,
            }
            for name, run in runs.items()
        ],
    }


def _curve(run: RunRecord, made_by: Mapping[str, Any]) -> dict[str, Any]:
    own = _made_by(run)
    added: dict[str, Any] = {
        "records": [line for line in run.records if line["group"] == _KEPT or BOUND in line],
        "warnings": describe_warnings(run.records, run.starts),
    }
    return added if own.items() <= made_by.items() else {"made_by": own, **added}


def _made_by(run: RunRecord) -> dict[str, Any]:
    """Returns what made a run, without the path of its data."""
    return {name: value for name, value in run.made_by.items() if name != "data"}
