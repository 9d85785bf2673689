"""A benchmark's folder: the runs in it, and the report that is written over its former self."""

from collections.abc import Mapping
from pathlib import Path

from leakgan_tf.config.config import Config
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import leftover_of, read_json, remove_leftovers

_OURS = frozenset({"report.md", "report.html", "report.json", "data", "midi", "logs"})


def check(folder: Path, benchmark: str, configs: Mapping[Path, Config], alone: bool = True) -> None:
    """Refuses a folder of something else, or a changed run in it, before anything is trained.

    Half-written files of killed processes are removed.

    Args:
      folder: the benchmark's.
      benchmark: "synthetic", "ablation", "text" or "music", as its report says.
      configs: the configuration of each run by its folder.
      alone: whether no other process makes runs in the folder meanwhile; what else is in it is
        looked at then only.

    Raises:
      UserError: there is something that is not this benchmark's; nothing is touched.
    """
    if folder.is_file():
        raise UserError(f"{folder} is a file: give another --run_dir")
    if folder.is_dir():
        for path in folder.iterdir() if alone else ():
            if not _is_known(leftover_of(path) or path.name) and not _is_run(path):
                raise UserError(f"{folder} holds {path.name}: it is no folder of this benchmark")
        report = folder / "report.json"
        if report.exists() and read_json(report, "a report").get("benchmark") != benchmark:
            raise UserError(f"{report} is another benchmark's: give another --run_dir")
    for path, config in configs.items():
        RunFolder(path).refuse_others(config)
    if folder.is_dir():
        remove_leftovers(folder, _is_known)


def _is_known(name: str) -> bool:
    """Returns whether a benchmark writes files or folders of this name beside its runs."""
    return name in _OURS or name.endswith(".png")  # the report's pictures


def _is_run(path: Path) -> bool:
    """Returns whether a folder is a run's; one killed at its very beginning has left it empty."""
    return RunFolder(path).lock_file.exists() or (path.is_dir() and not any(path.iterdir()))
