"""The shapes of benchmarks' results: report.json, and the JSON files in ``benchmarks/results/``.

`leakgan_tf.utils.schema` compares what is read with them. Keys that are not declared may be there.
"""

from typing import Annotated, Any, Literal, TypedDict

from leakgan_tf.runs.shapes import (
    Count,
    Hardware,
    MadeBy,
    Number,
    Seconds,
    TextRow,
    check_figures,
    check_record,
)
from leakgan_tf.systems.registry import check_name
from leakgan_tf.utils.schema import Limits, check

Values = dict[str, Number]
Seeds = Annotated[dict[str, Number], Limits(least=1)]  # by seed
Scores = Annotated[list[Number], Limits(least=1)]


class _ResultMadeByOptional(TypedDict, total=False):
    hardware: Hardware
    data: str
    overrides: dict[str, Any]


class ResultMadeBy(_ResultMadeByOptional):
    """What made a result, which must say this much."""

    command: str
    python: str
    machine: str
    versions: dict[str, str]
    commit: str


class Test(TypedDict):
    """A test's p, and which way the difference points."""

    direction: str
    p: Annotated[float, Limits(0, 1, finite=False)]


class Placed(TypedDict):
    """A run's distance from the frontier of MLE."""

    place: Literal[""]
    bound: Number
    distance: Number


class Unplaced(TypedDict):
    """A run outside the frontier's range: `place` says where, `bound` how far at least or most."""

    place: Annotated[str, Limits(least=1)]
    bound: Number


Places = Annotated[list[Placed | Unplaced], Limits(least=1)]


class _AgainstRequired(TypedDict):
    seeds: list[int]


class Against(_AgainstRequired, total=False):
    """A system's comparison with MLE at one temperature."""

    frontier: Places
    frontier_p: Test | None
    envelope: Places
    envelope_p: Test | None
    nll_oracle_differences: Scores
    sentences: Test | None
    across_seeds: Test | None


class Comparison(TypedDict, total=False):
    """The comparison of all systems with MLE; empty without it."""

    baseline: str
    systems: dict[str, dict[str, Against]]


class _EffectRequired(TypedDict):
    differences: Seeds
    conclusion: str


class Effect(_EffectRequired, total=False):
    """What a row of the ablation changes in one metric."""

    against: str


class Row(TypedDict):
    """A row of the ablation."""

    differs: str


class Beginning(TypedDict):
    """Whether a control begins as the run that it is compared with."""

    records: Count
    same: bool


class _StageRequired(TypedDict):
    title: str
    seconds: Seconds
    times_the_floor: Number


class Stage(_StageRequired, total=False):
    """A measured stage of training."""

    gain: Number


class Size(TypedDict):
    """The stages of one configuration."""

    precision: str
    stages: dict[str, Stage]


class Checkpoint(TypedDict):
    """Figures of a stopped run's checkpoint, measured by hand."""

    after: str
    figures: Annotated[list[Values], Limits(least=1)]


class Progress(TypedDict):
    """How far a stopped run came."""

    position: Count
    total: Count
    updates: Count
    seconds: dict[str, Seconds]


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


class _ResultRequired(TypedDict):
    benchmark: str
    made_by: ResultMadeBy


class _Shared(_ResultRequired, total=False):
    """What results of all kinds may have."""

    stopped: str
    what: str
    missing: list[str] | dict[str, str]
    dataset: str


class _RunsOptional(_Shared, total=False):
    references: dict[str, Values]
    comparison: Comparison | None
    comparison_tuned: Comparison | None
    real: dict[str, Any]
    rows: dict[str, Row]
    effects: dict[str, dict[str, Effect]]
    controls: dict[str, dict[str, Effect]]
    beginnings: dict[str, Beginning]


class Runs(_RunsOptional, total=False):
    """A benchmark's result; `SWEEP` and `SPEED` have no such runs."""

    runs: Annotated[list[Run], Limits(least=1)]


class Report(_RunsOptional):
    """report.json in a benchmark's folder."""

    runs: Annotated[list[Run], Limits(least=1)]


class _SweepRequired(TypedDict):
    runs: dict[str, Annotated[list[TextRow], Limits(least=1)]]


class Sweep(_Shared, _SweepRequired):
    """Runs on text over temperatures, as ``evaluate --json`` writes them."""


class _SpeedRequired(TypedDict):
    sizes: dict[str, Size]


class Speed(_Shared, _SpeedRequired):
    """Measured stages of training."""


SHAPES = {"sweep": Sweep, "speed": Speed}  # of the kinds that are no `Runs`


def check_result(content: Any, where: str) -> dict[str, Any]:
    """Returns a result; raises ``UserError`` if an item of it is of another type.

    Args:
      content: JSON whose ``benchmark`` is known.
      where: what messages begin with.
    """
    shape = SHAPES.get(content["benchmark"], Runs)
    content = check(content, shape, where)
    if shape is not Runs:
        return content
    if "real" in content:
        check_figures(content["real"], "text", f"{where}.real")
    for place, run in enumerate(content.get("runs", [])):
        name = f"{where}.runs[{place}]"
        check_name(check(run["config"].get("system"), str, f"{name}.config.system"))
        if run["figures"]:
            check_figures(run["figures"], run["config"].get("task", ""), f"{name}.figures")
        for number, record in enumerate(run.get("records", [])):
            check_record(record, f"{name}.records[{number}]")
    return content
