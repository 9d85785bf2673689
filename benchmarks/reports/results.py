"""Reads and checks the committed results."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from benchmarks.reports.result_shapes import check_result
from leakgan_tf.reporting.versus_mle import Comparison
from leakgan_tf.runs.record import RunRecord
from leakgan_tf.systems.registry import read_config
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import read_json

FOLDER = Path(__file__).parent.parent / "results"
KINDS = ("synthetic", "ablation", "cfg", "text", "music", "sweep", "speed")
_NEEDED = ("command", "python", "machine", "versions", "commit")  # required in made_by


@dataclass(frozen=True)
class Result:
    """A committed result.

    Attributes:
      name: name of its file without the suffix.
      content: the JSON.
      pictures: its PNG files.
    """

    name: str
    content: Mapping[str, Any]
    pictures: tuple[Path, ...] = ()

    @property
    def kind(self) -> str:
        """Name of the benchmark, one of `KINDS`."""
        return self.content["benchmark"]

    @property
    def made_by(self) -> Mapping[str, Any]:
        """Command, versions, machine and commit."""
        return self.content["made_by"]

    def comparison(self, tuned: bool = False) -> Comparison:
        """Returns the comparison with MLE, or with the tuned MLE; empty without one."""
        found = self.content.get("comparison_tuned" if tuned else "comparison")
        return cast(Comparison, found or {})

    def runs(self) -> list[RunRecord]:
        """Returns the runs as records for reports; sweeps and speed measurements have none."""
        melodies = self.kind == "music"
        return [
            RunRecord(
                name=run["folder"],
                path=Path(run["folder"]),
                config=read_config(run["config"]),
                made_by=run.get("made_by", dict(self.made_by)),
                records=run.get("records", []),
                measured=run["figures"],
                progress=run.get("progress", {}),
                melodies=melodies,
            )
            for run in self.content.get("runs", [])
            if self.kind not in ("sweep", "speed")
        ]


def read_results(folder: Path = FOLDER) -> dict[str, Result]:
    """Returns {name: result}, in order.

    Raises:
      UserError: a file is not a result, or does not say what made it.
    """
    paths = sorted(folder.glob("*.json"))
    names = [path.stem for path in paths]
    owned: dict[str, list[Path]] = {name: [] for name in names}
    for picture in sorted(folder.glob("*.png")):
        owners = [name for name in names if f"{picture.stem}-".startswith(f"{name}-")]
        if not owners:
            raise UserError(
                f"{picture} belongs to no result: its name must begin with a result's name"
            )
        owned[max(owners, key=len)].append(picture)
    return {path.stem: _read(path, tuple(owned[path.stem])) for path in paths}


def _read(path: Path, pictures: tuple[Path, ...]) -> Result:
    content = read_json(path, "a result")
    check(content, str(path))
    return Result(path.stem, content, pictures)


def check(content: Any, where: str) -> None:
    """Raises ``UserError`` if JSON is not a valid result, or does not say what made it."""
    kind = content.get("benchmark") if isinstance(content, dict) else None
    if kind not in KINDS:
        raise UserError(f"{where} is of an unknown kind ({kind!r}): one of {', '.join(KINDS)}")
    made_by = content.get("made_by")
    missing = [name for name in _NEEDED if not isinstance(made_by, dict) or name not in made_by]
    if missing:
        raise UserError(f"{where} does not say what made it: {', '.join(missing)}")
    check_result(content, where)
