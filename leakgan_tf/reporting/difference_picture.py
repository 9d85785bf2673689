"""Plots differences from a baseline, row by row."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from leakgan_tf.reporting.picture import new_figure, save_picture


class Panel(NamedTuple):
    """Differences in one metric.

    Attributes:
      title: name of the metric.
      rows: {row: differences of its seeds}.
      half_width: half of the 95 % interval of a mean; None if unknown.
      seen: names of the rows whose difference is significant.
    """

    title: str
    rows: Mapping[str, Sequence[float]]
    half_width: float | None
    seen: frozenset[str]


def draw_differences(path: Path, panels: Sequence[Panel], title: str) -> None:
    """Draws a panel for each metric, with rows in the order of the first panel.

    Later panels have the rows of the first, or some of them. Small dots are seeds. The large mark
    is their mean, filled where it is significant, with its 95 % interval.
    """
    names = list(panels[0].rows)
    size = (3.4 * len(panels) + 2, 0.3 * len(names) + 1.9)
    figure = new_figure(*size)
    grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, panel in zip(grid, panels, strict=True):
        axes.axvline(0.0, color="0.5", linewidth=1)
        for place, name in enumerate(names):
            if name in panel.rows:
                _draw_row(axes, place, panel, name)
        axes.set_title(panel.title, fontsize=10)
        axes.grid(axis="x", alpha=0.25)
    grid[0].set_yticks(range(len(names)), names, fontsize=9)
    grid[0].set_ylim(len(names) - 0.5, -0.5)
    figure.suptitle(title, fontsize=11)
    save_picture(figure, path, 130)


def _draw_row(axes: Any, place: int, panel: Panel, name: str) -> None:
    values, seen = panel.rows[name], name in panel.seen
    mean, colour = float(np.mean(values)), "C3" if seen else "C0"
    axes.errorbar(
        mean, place, xerr=panel.half_width, fmt="D", markersize=6, color=colour, elinewidth=1.5,
        markerfacecolor=colour if seen else "white", zorder=3,
    )  # fmt: skip
    if len(values) > 1:
        axes.plot(values, [place] * len(values), "o", color="0.35", markersize=3, zorder=4)
