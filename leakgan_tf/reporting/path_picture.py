"""Plots the course of training, quality against diversity, with sweeps over temperatures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from leakgan_tf.metrics.temperatures import TEMPERATURES, temperature_key, temperature_title
from leakgan_tf.reporting.frontier_picture import MARKS, Sweep
from leakgan_tf.reporting.picture import new_figure, save_picture

_NAMED = ("1.0", "0.667", "0.5", "0.4")  # temperatures with a name beside a sweep's point
_SHARPEST = 0.6  # lower temperatures of a sweep do not extend the axes

Points = Sequence[tuple[float, float]]  # (NLL_test, NLL_oracle)


def draw_paths(
    path: Path,
    sweeps: Mapping[str, Sequence[Sweep]],
    evaluations: Mapping[str, Sequence[Mapping[str, Any]]],
    published: Mapping[str, Points],
    title: str,
) -> None:
    """Draws NLL_oracle against held-out NLL: sweeps as lines, training as paths of arrows.

    A run has a path for each of `TEMPERATURES`: dashed with hollow markers in pre-training, solid
    in the adversarial phase.

    Args:
      path: output file, PNG.
      sweeps: {name: [sweep of each seed]}.
      evaluations: {name of a run: its evaluations}.
      published: {source: points}.
      title: title of the figure.
    """
    figure = new_figure(10, 7)
    axes = figure.subplots()
    shown = [point for points in published.values() for point in points]
    for number, (name, seeds) in enumerate(sweeps.items()):
        axes.plot([], [], ".-", color=f"C{number}", label=name)
        for rows in seeds:
            shown += _draw_sweep(axes, rows, f"C{number}", named=rows is seeds[0])
    for number, (name, records) in enumerate(evaluations.items(), len(sweeps)):
        axes.plot([], [], color=f"C{number}", label=name)
        for key, mark in MARKS.items():
            shown += _draw_path(axes, records, key, mark, f"C{number}")
    for temperature in TEMPERATURES if evaluations else ():
        for face, phase in (("white", "pre-training"), ("0.4", "adversarial")):
            axes.plot([], [], MARKS[temperature_key(temperature)], color="0.4", markersize=6,
                      markerfacecolor=face, label=f"{temperature_title(temperature)}, {phase}",
                      )  # fmt: skip
    for mark, (name, points) in zip("x+12", published.items(), strict=False):
        axes.plot(*zip(*points, strict=True), mark, color="black", markersize=8, label=name)
    right = [x for x, _ in shown]
    axes.set_xlim(right=max(right) + 0.04 * (max(right) - min(right)))
    axes.set_xlabel("NLL of held-out oracle sentences, nats per token: more diverse to the left")
    axes.set_ylabel("NLL_oracle of samples, nats per token: lower is better")
    axes.set_title(title, fontsize=11)
    axes.grid(alpha=0.25)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    save_picture(figure, path, 130, vectors=False)


def _draw_sweep(axes: Any, rows: Sweep, colour: str, named: bool) -> Points:
    """Draws a sweep, with names of some temperatures if ``named``; returns what has to be seen."""
    rows = sorted(rows, key=lambda row: -row["temperature"])
    points = [(row["nll_test"], row["nll_oracle"]) for row in rows]
    axes.plot(*zip(*points, strict=True), ".-", color=colour, linewidth=1.2)
    for row, point in zip(rows, points, strict=True):
        if named and temperature_key(row["temperature"]) in _NAMED:
            axes.annotate(f"T = {row['temperature']:.3g}", point, fontsize=8, color=colour,
                          xytext=(-4, -4), ha="right", va="top", textcoords="offset points",
                          annotation_clip=True)  # fmt: skip
    return [(row["nll_test"], row["nll_oracle"]) for row in rows if row["temperature"] > _SHARPEST]


def _draw_path(
    axes: Any, records: Sequence[Mapping[str, Any]], key: str, mark: str, colour: str
) -> Points:
    """Draws a run's evaluations at the temperature of this `temperature_key`; returns them."""
    points = [(line[f"nll_test_{key}"], line[f"nll_oracle_{key}"]) for line in records]
    later = [line["phase"].startswith("adversarial") for line in records]
    for begin, end, adversarial in zip(points, points[1:], later[1:], strict=False):
        style = {"arrowstyle": "-|>", "color": colour, "linestyle": "-" if adversarial else "--"}
        axes.annotate("", end, begin, arrowprops=style)
    for point, adversarial in zip(points, later, strict=True):
        axes.plot(*point, mark, color=colour, markersize=6,
                  markerfacecolor=colour if adversarial else "white")  # fmt: skip
    return points
