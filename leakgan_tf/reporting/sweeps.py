"""The sweeps over temperatures that finished runs hold, as blocks of a report."""

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
    "Every system's sweep over temperatures (numbers beside MLE's points); thin: seeds, their mean "
    "with points. Further left and further down is better. On the right, points beyond the "
    "frontier that are better or worse in both figures are drawn at what their distance is at "
    "least; those of which nothing is certain are left out."
)
Rows = Sequence[Mapping[str, Any]]


def sweep_blocks(groups: Sequence[Group], out: Path, drawn: bool = False) -> list[Block]:
    """Returns tables and pictures of quality against diversity, of all runs that were swept.

    Args:
      groups: the runs.
      out: the folder of the pictures.
      drawn: whether the oracle task's picture is elsewhere on the page.
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
    """Returns a metric of the oracle task at each temperature.

    Args:
      metric: of `ORACLE_METRICS`.
      sweeps: by name the sweeps of its seeds, all at the same temperatures.
    """
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
    """Returns scores of text, a row for each name and temperature."""
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
            "Samples and held-out likelihood at the same temperature T. A lower one improves "
            "samples under the oracle and costs held-out likelihood: a system is better than "
            "another only where one figure is lower at the same value of the other. "
            f"{count:,} samples a point; nats per token."
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
    """Draws the sweeps of runs on one oracle beside MLE's frontier and what was published.

    Args:
      groups: the runs; nothing is drawn if none has a sweep.
      path: the picture.
      compared: the runs with MLE, for its envelope.
      further: sweeps of other runs by name.
      references: single points (NLL_test, NLL_oracle) by name.
    """
    swept: dict[str, dict[int, Sequence[SweepPoint]]] = {
        group.name: own
        for group in groups
        if (own := {run.config.seed: run.measured["sweep"] for run in group.runs
                    if run.measured.get("sweep")})
    }  # fmt: skip
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
            "Quality against diversity. On the left up and to the left is better, on the right "
            f"down and to the right. {first['samples']:,} samples and {first['references']:,} "
            "held-out sentences a point, otherwise measured as above.",
        ),
        text_sweep_table(
            {group_title(each): [run.measured["sweep"] for run in each.runs] for each in groups}
        ),
    ]
