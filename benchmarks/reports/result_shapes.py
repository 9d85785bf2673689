"""The types of benchmarks' results: report.json, and the JSON files in ``benchmarks/results/``.

`leakgan_tf.utils.schema` checks files against these types. Further keys are allowed.
"""

from typing import Annotated, Any, TypedDict

from benchmarks.compare.effects import ControlFigures, EffectFigures
from benchmarks.compare.prefix_equality import Beginning
from leakgan_tf.reporting.versus_mle import Comparison
from leakgan_tf.runs.shapes import (
    MadeBy,
    Number,
    Progress,
    Seconds,
    TextRow,
    check_figures,
    check_record,
)
from leakgan_tf.systems.registry import check_name
from leakgan_tf.utils.schema import Limits, check

Values = dict[str, Number]


class Checkpoint(TypedDict):
    """Figures of a stopped run's checkpoint, measured by hand."""

    after: str
    figures: Annotated[list[Values], Limits(least=1)]


class _RunRequired(TypedDict):
    folder: str
    config: dict[str, Any]
    figures: dict[str, Any]


class Run(_RunRequired, total=False):
    """A run of a result."""

    made_by: MadeBy
    records: list[dict[str, Any]]
    warnings: list[str]
    samples: list[str]
    progress: Progress
    checkpoint: Checkpoint


class Row(TypedDict):
    """A row of the ablation."""

    differs: str


class _Shared(TypedDict, total=False):
    """Entries of results of all kinds; `results.check` requires the first two."""

    benchmark: str
    made_by: MadeBy
    stopped: str
    what: str
    converted: str
    missing: list[str] | dict[str, str]
    dataset: str
    references: dict[str, Values]
    comparison: Comparison | None
    comparison_tuned: Comparison | None
    real: dict[str, Any]
    rows: dict[str, Row]
    effects: dict[str, dict[str, EffectFigures]]
    controls: dict[str, dict[str, ControlFigures]]
    beginnings: dict[str, Beginning]


class Report(_Shared):
    """Result of a benchmark: its report.json; `Sweep` and `Speed` have no such runs."""

    runs: Annotated[list[Run], Limits(least=1)]


class Sweep(_Shared):
    """Sweeps over temperatures of runs on text, as written by ``evaluate --json``."""

    runs: dict[str, Annotated[list[TextRow], Limits(least=1)]]


class _StageRequired(TypedDict):
    title: str
    seconds: Seconds
    flops: Number
    bytes: Number
    floor_seconds: Seconds
    times_the_floor: Number


class StageFigures(_StageRequired, total=False):
    """A stage of training, measured or ``composed`` of others.

    ``gain``, in results of older versions: time of the direct form divided by the stage's.
    """

    runs: dict[str, Number | None]  # fields of `speed.timing.Timing`
    composed: bool
    direct: Any  # runs of the direct form; the format has changed, and pages show the gain only
    gain: Number


class PhaseFigures(TypedDict):
    """A phase as the trainer runs it."""

    name: str
    updates: Annotated[int, Limits(least=1)]
    seconds: Seconds  # of the whole phase
    in_updates: Seconds  # in the compiled calls
    making_data: Seconds
    checkpoints: Seconds  # one every `checkpoint_seconds`
    times_its_updates: Number  # without data and checkpoints, over `in_updates`; 1: no overhead
    share_outside: Number


class _SizeRequired(TypedDict):
    precision: str
    stages: dict[str, StageFigures]


class Size(_SizeRequired, total=False):
    """The stages and phases of one configuration; older results have no phases."""

    phases: list[PhaseFigures]


class _SpeedRequired(_Shared):
    sizes: dict[str, Size]


class Speed(_SpeedRequired, total=False):
    """Measured stages and phases of training, and the start of a process."""

    startup_seconds: dict[str, Seconds]


SHAPES = {"sweep": Sweep, "speed": Speed}  # types of the kinds other than `Report`


def check_result(content: Any, where: str) -> None:
    """Raises ``UserError`` if an entry of JSON with a known ``benchmark`` has the wrong type."""
    shape = SHAPES.get(content["benchmark"], Report)
    check(content, shape, where)
    if shape is not Report:
        return
    if "real" in content:
        check_figures(content["real"], "text", f"{where}.real")
    for place, run in enumerate(content["runs"]):
        name = f"{where}.runs[{place}]"
        check_name(check(run["config"].get("system"), str, f"{name}.config.system"))
        if run["figures"]:
            check_figures(run["figures"], run["config"].get("task", ""), f"{name}.figures")
        for number, record in enumerate(run.get("records", [])):
            check_record(record, f"{name}.records[{number}]")
