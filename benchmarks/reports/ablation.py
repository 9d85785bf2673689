"""Writes the report of the ablation: tables, and a plot of the differences."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.compare import effects, prefix_equality
from benchmarks.compare.ablation_rows import BASELINE, CONTROLS, Row, rows
from benchmarks.compare.effects import ControlFigures, Effect
from benchmarks.reports.notes import notes
from benchmarks.reports.results import Result
from benchmarks.reports.tables import view
from benchmarks.runner.benchmark_run import BenchmarkRun
from leakgan_tf.metrics.significance import format_p_value
from leakgan_tf.reporting.against import difference
from leakgan_tf.reporting.difference_picture import Panel, draw_differences
from leakgan_tf.reporting.document import (
    Block,
    Heading,
    Listing,
    Paragraph,
    Picture,
    Table,
    without_empty,
)
from leakgan_tf.reporting.tables import mean_and_spread

Values = Mapping[str, Mapping[str, Mapping[int, float]]]  # {metric: {row: {seed: figure}}}


def write(done: BenchmarkRun) -> None:
    """Writes the report, report.json and the plot; prints the table and the paths."""
    figures: dict[str, dict[int, dict[str, Any]]] = {}
    for run in done.runs:
        figures.setdefault(row_of(run.name), {})[run.config.seed] = run.measured
    known, config = rows(), done.runs[0].config
    values = effects.metrics(figures) if BASELINE in figures else {}
    found = {name: effects.effects(each) for name, each in values.items()}
    result = done.save(
        {run.name: {"row": row_of(run.name)} for run in done.runs},
        rows={name: {"differs": known[name].differs} for name in figures},
        effects={
            metric: {name: effect.to_json() for name, effect in by_row.items()}
            for metric, by_row in found.items()
        },
        controls=_controls_json(values, list(figures), known),
        beginnings=prefix_equality.compare(done.runs, known),
    )
    seeds = max(len(each) for each in figures.values())
    title = (
        f"LeakGAN, one choice at a time: T = {config.length}, V = {config.vocab_size}, preset "
        f"{config.preset}, {seeds} seed{'s' * (seeds > 1)}"
    )
    varying = {name: each for name, each in values.items() if not _constant(each)}
    blocks: list[Block]
    printed: Table | str
    if any(found[name] for name in varying):
        overview = view(result, "choices")
        blocks = [
            overview,
            Listing([*notes("ablation"), *_unvarying(values)]),
            _draw(done.folder, found, varying, title),
            *control_blocks(result),
            *_by_metric(found, varying),
        ]
        headers, *lines = ([row[0], *row[2:]] for row in (overview.headers, *overview.rows))
        printed = Table(headers, lines)
    else:
        printed = f"Nothing to compare: no row has a seed of {BASELINE}, or all rows are equal."
        blocks = [Paragraph(printed, warning=True), Listing(list(figures))]
    oracle = config.oracle_params or f"random LSTM, seed {config.oracle_seed}"
    done.report(title, [*blocks, Paragraph(f"Oracle: {oracle}.")], [printed], runs=[])


def row_of(name: str) -> str:
    """Returns the name of a run's row from the name of its folder."""
    return name.rpartition("-seed")[0]


def _constant(values: Mapping[str, Mapping[int, float]]) -> bool:
    return len({value for seeds in values.values() for value in seeds.values()}) == 1


def _unvarying(values: Values) -> list[str]:
    """Returns a note on each metric in which all runs are equal."""
    return [
        f"{metric} is {next(iter(each[BASELINE].values())):.3f} in all runs, and left out."
        for metric, each in values.items()
        if _constant(each)
    ]


def _by_metric(found: Mapping[str, Mapping[str, Effect]], values: Values) -> list[Block]:
    """Returns a table for each metric, with rows ordered by effect."""
    headers = ["row", "figure", "Δ", "Δ / spread", "p (own)", "p (shared)", "result"]
    blocks: list[Block] = [Heading("Each metric, with rows ordered by effect")]
    for metric, rows_of in values.items():
        base = list(rows_of[BASELINE].values())
        lines = [[BASELINE, mean_and_spread(base), "", "", "", "", ""]]
        lines += [[name, *_effect_cells(effect)] for name, effect in found[metric].items()]
        blocks += [Heading(metric, 3), without_empty(Table(headers, lines))]
    return blocks


def _effect_cells(effect: Effect) -> list[str]:
    return [
        mean_and_spread(list(effect.values.values())),
        difference(list(effect.differences.values())),
        "" if effect.share is None else f"{effect.share:+.1f}",
        format_p_value(effect.own.p) if effect.own else "",
        format_p_value(effect.shared.p) if effect.shared else "",
        effect.conclusion(),
    ]


def _draw(
    folder: Path, found: Mapping[str, Mapping[str, Effect]], values: Values, title: str
) -> Picture:
    """Draws differences.png."""
    panels = []
    for metric, rows_of in values.items():
        spread, by_row = effects.shared_spread(rows_of), found[metric]
        panels.append(
            Panel(
                f"Δ {metric}",
                {name: list(effect.differences.values()) for name, effect in by_row.items()},
                spread.half_width if spread else None,
                frozenset(name for name, effect in by_row.items() if effect.moves),
            )
        )
    path = folder / "differences.png"
    draw_differences(path, panels, title)
    caption = (
        f"Differences from {BASELINE}. Gray dots: seeds; diamonds: their mean, with the 95 % "
        'interval by the shared spread, not corrected; red: "moves".'
    )
    return Picture(path, caption)


def control_blocks(result: Result) -> list[Block]:
    """Returns the table of controls and its notes; nothing if no control was run."""
    if not any(result.content.get("controls", {}).values()):
        return []
    same = prefix_equality.describe(result.content.get("beginnings", {}))
    return [
        Heading("Does the discriminator's reward help? Controls", 3),
        view(result, "controls"),
        Paragraph(notes("controls")[0]),
        *([Paragraph(same)] if same else ()),
    ]


def _controls_json(
    values: Values, names: Sequence[str], known: Mapping[str, Row]
) -> dict[str, dict[str, ControlFigures]]:
    """Returns {metric: {control: effect}}, compared with D's reward and equal semantics."""
    controls = [name for name in names if known[name].reward in CONTROLS]
    pairs = [(name, known[name].parent) for name in controls if known[name].parent in names]
    return {
        metric: {
            name: {"against": other, **effect.to_json()}
            for (name, other), effect in effects.compare(each, pairs).items()
        }
        for metric, each in values.items()
    }
