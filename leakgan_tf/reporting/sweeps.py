"""Report blocks on the sweeps over temperatures of finished runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from leakgan_tf.metrics.frontier import Frontier, SweepPoint
from leakgan_tf.metrics.temperatures import temperature_key
from leakgan_tf.reporting import versus_mle
from leakgan_tf.reporting.document import Block, Heading, Paragraph, Picture, Table
from leakgan_tf.reporting.figure_tables import (
    ORACLE_METRICS,
    TEXT,
    Column,
    figure_table,
    group_title,
    named,
)
from leakgan_tf.reporting.frontier_picture import draw_frontier
from leakgan_tf.reporting.groups import Group, by_source, is_comparable
from leakgan_tf.reporting.published import FALLING_SHORT_SOURCE, published_points
from leakgan_tf.reporting.sweep import draw_sweep

FRONTIER_CAPTION = (
    "Sweeps over temperatures (labels: MLE's temperatures); lines with points: means over seeds; "
    "thin lines: seeds. Lower NLL is better on both axes. On the right, a point outside the "
    "frontier's range that is better or worse in both figures is drawn at the bound of its "
    "distance; points better in one figure and worse in the other are left out."
)
Rows = Sequence[Mapping[str, Any]]


def sweep_blocks(groups: Sequence[Group], out: Path, drawn: bool = False) -> list[Block]:
    """Returns tables and pictures of quality against diversity, for all runs with a sweep.

    With `drawn`, the page already has the picture of the oracle task.
    """
    swept = [
        Group(group.name, runs)
        for group in groups
        if (runs := [run for run in group.runs if run.measured.get("sweep")])
    ]
    synthetic = [group for group in swept if group.runs[0].config.task == "synthetic"]
    text = [group for group in swept if group.runs[0].config.task == "text"]
    blocks: list[Block] = []
    for number, own in enumerate(by_source(synthetic), 1):
        blocks += _oracle_blocks(own, None if drawn else out / f"frontier-{number}.png")
    for number, own in enumerate(by_source(text), 1):
        blocks += _text_blocks(own, out / f"temperatures-{number}.png")
    return [Heading("The sweep over temperatures"), *blocks] if blocks else []


def oracle_sweep_table(metric: str, sweeps: Mapping[str, Sequence[Rows]]) -> Table:
    """Returns the table of one of `ORACLE_METRICS` by temperature, which all sweeps share."""
    columns = [
        Column(f"T = {temperature:.3g}", named(temperature_key(temperature)))
        for temperature in _temperatures(sweeps)
    ]
    rows = [
        (name, [{temperature_key(row["temperature"]): row[metric] for row in each} for each in own])
        for name, own in sweeps.items()
    ]
    return figure_table(ORACLE_METRICS[metric], columns, rows)


def text_sweep_table(sweeps: Mapping[str, Sequence[Rows]]) -> Table:
    """Returns the table of text scores, with a row for each name and temperature."""
    rows = []
    for name, seeds in sweeps.items():
        for temperature in _temperatures({name: seeds}):
            own = [row for each in seeds for row in each if row["temperature"] == temperature]
            rows.append((name, own))
    return figure_table("sweep of", TEXT, rows)


def _temperatures(sweeps: Mapping[str, Sequence[Rows]]) -> list[float]:
    """Returns the temperatures of sweeps, highest (most diverse) first."""
    return sorted({row["temperature"] for row in next(iter(sweeps.values()))[0]}, reverse=True)


def _oracle_blocks(groups: Sequence[Group], path: Path | None) -> list[Block]:
    sweeps = {group_title(group): [run.measured["sweep"] for run in group.runs] for group in groups}
    count = groups[0].runs[0].measured["sweep"][0]["sentences"]
    blocks: list[Block] = [
        Paragraph(
            "NLL_oracle and NLL_test at the same temperature T, in nats per token. A lower "
            "temperature lowers NLL_oracle and raises NLL_test: a system is better than another "
            "only if one figure is lower at the same value of the other. "
            f"{count:,} samples per point."
        ),
        *(oracle_sweep_table(metric, sweeps) for metric in ORACLE_METRICS),
    ]
    if path:
        runs = [run for group in groups for run in group.runs]
        compared = versus_mle.compare(runs) if is_comparable(groups) else {}
        blocks[1:1] = frontier_blocks(groups, path, compared)
    return blocks


def frontier_blocks(
    groups: Sequence[Group],
    path: Path,
    compared: versus_mle.Comparison,
    further: Mapping[str, Sequence[SweepPoint]] | None = None,
    references: Mapping[str, tuple[float, float]] | None = None,
) -> list[Block]:
    """Draws the sweeps of runs on one oracle beside MLE's frontier and published points.

    Args:
      groups: groups of runs; without any sweep, nothing is drawn.
      path: output file, PNG.
      compared: comparison of the runs with MLE, which has the envelope.
      further: {name: sweep} of other runs.
      references: {name: (NLL_test, NLL_oracle)}.
    """
    swept: dict[str, dict[int, Sequence[SweepPoint]]] = {}
    for group in groups:
        for run in group.runs:
            rows = [row for row in run.measured.get("sweep", ()) if versus_mle.is_finite(row)]
            if rows:
                swept.setdefault(group.name, {})[run.config.seed] = rows
    if not swept:
        return []
    config = groups[0].runs[0].config
    draw_frontier(
        path,
        swept | {name: {0: rows} for name, rows in (further or {}).items()},
        next((group.name for group in groups if group.runs[0].config.system == "mle"), ""),
        references,
        published_points(config),
        f"Sweeps over temperatures, T = {config.length}, V = {config.vocab_size}",
        Frontier(**compared["envelopes"]["mean"]) if compared else None,
    )
    source = f" Black marks: {FALLING_SHORT_SOURCE}." if published_points(config) else ""
    return [Picture(path, FRONTIER_CAPTION + source)]


def _text_blocks(groups: Sequence[Group], path: Path) -> list[Block]:
    draw_sweep(path, {run.name: run.measured["sweep"] for each in groups for run in each.runs})
    first = groups[0].runs[0].measured["sweep"][0]
    return [
        Picture(
            path,
            "Quality against diversity. Left: better further up and to the left; right: better "
            f"further down and to the right. {first['samples']:,} samples and "
            f"{first['references']:,} held-out sentences per point; otherwise the protocol above.",
        ),
        text_sweep_table(
            {group_title(each): [run.measured["sweep"] for run in each.runs] for each in groups}
        ),
    ]
