"""A benchmark's folder: the runs in it, and the report that is written over its former self."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leakgan_tf.config.config import Config
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import read_json


def check(folder: Path, benchmark: str, configs: Mapping[Path, Config], alone: bool = True) -> None:
    """Refuses a folder of something else, or a changed run in it, before anything is trained.

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
    ours = {"report.md", "report.html", "report.json", "data", "midi", "logs"}
    if folder.is_dir():
        for path in folder.iterdir() if alone else ():
            known = path.name in ours or path.suffix == ".png"  # the report's pictures
            if not known and not RunFolder(path).lock_file.exists():
                raise UserError(f"{folder} holds {path.name}: it is no folder of this benchmark")
        report = folder / "report.json"
        written = read_json(report, "a report", dict[str, Any]) if report.exists() else None
        if written is not None and written.get("benchmark") != benchmark:
            raise UserError(f"{report} is another benchmark's: give another --run_dir")
    for path, config in configs.items():
        RunFolder(path).refuse_others(config)
