"""The tables of results in reports and published pages."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.reports.results import Result
from leakgan_tf.reporting.against import against_table, difference
from leakgan_tf.reporting.document import Table
from leakgan_tf.reporting.figure_tables import (
    ORACLE,
    Column,
    figure_table,
    grammar_table,
    group_title,
    named,
    oracle_table,
    text_table,
)
from leakgan_tf.reporting.groups import grouped, run_title
from leakgan_tf.reporting.sweeps import oracle_sweep_table, text_sweep_table
from leakgan_tf.runs.record import RunRecord
from leakgan_tf.utils.errors import UserError

_MOVES = "moves"  # conclusion of a significant effect (`Effect.conclusion`)


def figures(result: Result) -> Table:
    """Returns the figures of runs on the oracle task, with a row for each system."""
    return oracle_table(_finished(result), result.content.get("references"))


def validity(result: Result) -> Table:
    """Returns the figures of runs on a grammar, with a row for each system."""
    return grammar_table(_finished(result), result.content.get("references", {}).get("grammar"))


def curve(result: Result) -> Table:
    """Returns all evaluations of runs on the oracle task, their learning curves.

    If some runs are finished and others are not, only the unfinished runs are included. The last
    row of a run is its latest checkpoint, if its figures were measured by hand.
    """
    rows: list[tuple[str, list[Mapping[str, Any]]]] = []
    pairs = list(zip(result.runs(), result.content["runs"], strict=True))
    cut = [(run, stored) for run, stored in pairs if not run.measured]
    for run, stored in cut or pairs:
        rows += [(run_title(run.name), [line]) for line in run.evaluations]
        if "checkpoint" in stored:
            own = stored["checkpoint"]
            means = {
                key: sum(each[key] for each in own["figures"]) / len(own["figures"])
                for key in own["figures"][0]
            }
            rows.append((run_title(run.name), [{**means, "after": own["after"]}]))
    columns = [
        Column("after phase", _phase, lambda values: values[0]),
        Column("updates", named("updates"), lambda values: f"{values[0]:,}"),
        Column("minutes", lambda line: line["spent"] / 60 if "spent" in line else None,
               lambda values: f"{values[0]:.1f}"),
        *ORACLE,
    ]  # fmt: skip
    table = figure_table("run", columns, rows)
    if len(cut or pairs) > 1:
        return table
    return Table(table.headers[1:], [row[1:] for row in table.rows])


def _phase(line: Mapping[str, Any]) -> str:
    return line["after"] if "after" in line else f"{line['position'] + 1} ({line['phase']})"


def against(result: Result, tuned: bool = False) -> Table:
    """Returns the comparison with MLE on the oracle task: tests, and distances."""
    return against_table(result.comparison(tuned)) or Table(["against MLE"], [])


def scores(result: Result) -> Table:
    """Returns scores of text or melodies, beside real text and the published figures."""
    corpus = result.content["prepared"]["corpus"] or ""
    return text_table(_finished(result), corpus, result.content.get("real"))


def sweep(result: Result) -> Table:
    """Returns the sweep over temperatures of runs on text."""
    if result.kind == "sweep":
        return text_sweep_table({name: [rows] for name, rows in result.content["runs"].items()})
    return text_sweep_table(_sweeps(result))


def choices(result: Result) -> Table:
    """Returns the ablation: the differences of all rows from the original with the same seeds.

    Rows are ordered by their effect on the first metric.
    """
    rows, effects = result.content["rows"], result.content["effects"]
    order = dict.fromkeys([*next(iter(effects.values()), ()), *rows])
    what = {name: rows[name]["differs"] for name in order if name != "original"}
    return _effects(effects, ["row", "what differs"], what)


def controls(result: Result) -> Table:
    """Returns the ablation's controls: differences from D's reward with equal semantics."""
    effects = result.content["controls"]
    what = {
        name: effect["against"] for by_row in effects.values() for name, effect in by_row.items()
    }
    return _effects(effects, ["control", "against"], what)


def _effects(effects: Mapping[str, Any], first: list[str], what: Mapping[str, str]) -> Table:
    """Returns the differences in metrics that vary, and the metrics that each row moves."""
    kept = {
        metric: by_row
        for metric, by_row in effects.items()
        if any(value for each in by_row.values() for value in each["differences"].values())
    }
    headers = [*first, *(f"Δ {metric}" for metric in kept), "moves"]
    rows = []
    for name, other in what.items():
        own = {metric: by_row[name] for metric, by_row in kept.items() if name in by_row}
        cells = [
            difference(list(own[metric]["differences"].values())) if metric in own else ""
            for metric in kept
        ]
        moved = [metric for metric, effect in own.items() if effect["conclusion"] == _MOVES]
        conclusions = dict.fromkeys(effect["conclusion"] for effect in own.values())
        rows.append(
            [
                name,
                other,
                *cells,
                ", ".join(moved) or "; ".join(conclusions) or "no common seed: open",
            ]
        )
    return Table(headers, rows)


def stages(result: Result) -> Table:
    """Returns the measured stages of training at all sizes."""
    found = [
        (f"{size}, {own['precision']}", stage)
        for size, own in result.content["sizes"].items()
        for stage in own["stages"].values()
    ]
    rows = [
        [size, stage["title"], short(1e3 * stage["seconds"]), f"{stage['times_the_floor']:.1f}"]
        + [f"{stage['gain']:.1f}" if "gain" in stage else ""]
        for size, stage in found
    ]
    headers = ["size", "stage", "ms", "times the floor", "gain over the direct form"]
    if not any("gain" in stage for _, stage in found):  # only results of older versions have it
        headers, rows = headers[:-1], [row[:-1] for row in rows]
    return Table(headers, rows)


def phases(result: Result) -> Table:
    """Returns the phases that the trainer ran, at all sizes; times in seconds."""
    columns = {
        "phase": ("name", ""), "updates": ("updates", ""), "s": ("seconds", ".1f"),
        "in updates": ("in_updates", ".2f"), "making data": ("making_data", ".1f"),
        "checkpoints": ("checkpoints", ".1f"), "outside": ("share_outside", ".1%"),
        "phase / updates": ("times_its_updates", ".3f"),
    }  # fmt: skip
    rows = [
        [size, *(format(each[key], form) for key, form in columns.values())]
        for size, own in result.content["sizes"].items()
        for each in own["phases"]
    ]
    return Table(["size", *columns], rows)


def start(result: Result) -> Table:
    """Returns the times from the start of a fresh process."""
    moments = result.content["startup_seconds"]
    return Table(["until", "s"], [[name, f"{value:.1f}"] for name, value in moments.items()])


def short(value: float) -> str:
    """Returns a number with about four digits."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


# {name: (function of the table, kinds of results that may have it)}
VIEWS: Mapping[str, tuple[Callable[[Result], Table], tuple[str, ...]]] = {
    "figures": (figures, ("synthetic",)),
    "curve": (curve, ("synthetic",)),
    "against": (against, ("synthetic",)),
    "against-tuned": (
        lambda result: against(result, tuned=True), ("synthetic",)
    ),
    "sweep-nll_oracle": (
        lambda result: oracle_sweep_table("nll_oracle", _sweeps(result)), ("synthetic",)
    ),
    "sweep-nll_test": (
        lambda result: oracle_sweep_table("nll_test", _sweeps(result)), ("synthetic",)
    ),
    "choices": (choices, ("ablation",)),
    "controls": (controls, ("ablation",)),
    "validity": (validity, ("cfg",)),
    "scores": (scores, ("text", "music")),
    "sweep": (sweep, ("text", "music", "sweep")),
    "stages": (stages, ("speed",)),
    "phases": (phases, ("speed",)),
    "start": (start, ("speed",)),
}  # fmt: skip


def view(result: Result, name: str = "") -> Table:
    """Returns a table by its name in `VIEWS`; by default the first of the result's kind.

    The default for a stopped result on the oracle task is its curve.

    Raises:
      UserError: the result has no such table.
    """
    usual = next(name for name, (_, kinds) in VIEWS.items() if result.kind in kinds)
    asked = name or ("curve" if "stopped" in result.content and usual == "figures" else usual)
    make, kinds = VIEWS.get(asked, (None, ()))
    if make is None or result.kind not in kinds:
        own = [name for name, (_, kinds) in VIEWS.items() if result.kind in kinds]
        raise UserError(f"{result.name} has no {asked}; it may have {', '.join(own)}")
    try:
        table = make(result)
    except (KeyError, IndexError, StopIteration) as error:
        raise UserError(f"{result.name} has no {asked}: {error!r}") from error
    if not table.rows:
        raise UserError(f"{result.name} has no {asked}")
    return table


def _finished(result: Result) -> list[RunRecord]:
    return [run for run in result.runs() if run.measured]


def _sweeps(result: Result) -> dict[str, list[Sequence[Mapping[str, Any]]]]:
    """Returns {title of a system: sweeps of its seeds}."""
    swept = grouped([run for run in result.runs() if run.measured.get("sweep")])
    return {group_title(group): [run.measured["sweep"] for run in group.runs] for group in swept}
