"""Plots the course of training, quality against diversity, with sweeps over temperatures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from leakgan_tf.metrics.temperatures import TEMPERATURES, temperature_key, temperature_title
from leakgan_tf.reporting.frontier_picture import MARKS
from leakgan_tf.reporting.picture import new_figure, save_picture


def draw_paths(
    path: Path,
    sweeps: Mapping[str, Sequence[Mapping[str, Any]]],
    evaluations: Mapping[str, Sequence[Mapping[str, Any]]],
    published: Mapping[str, Sequence[tuple[float, float]]],
    title: str,
) -> None:
    """Draws NLL_oracle against held-out NLL: sweeps as lines, training as paths of arrows.

    A run has a path for each of `TEMPERATURES`: dashed with hollow markers in pre-training, solid
    in the adversarial phase. Published points are (NLL_test, NLL_oracle).
    """
    figure = new_figure(10, 7)
    axes = figure.subplots()
    for number, (name, rows) in enumerate(sweeps.items()):
        _draw_sweep(axes, name, rows, f"C{number}")
    for number, (name, records) in enumerate(evaluations.items(), len(sweeps)):
        for temperature in TEMPERATURES:
            key, label = temperature_key(temperature), f"{name}, {temperature_title(temperature)}"
            _draw_path(axes, label, records, key, MARKS[key], f"C{number}")
    for mark, (name, points) in zip("x+12", published.items(), strict=False):
        axes.plot(*zip(*points, strict=True), mark, color="black", markersize=8, label=name)
    axes.set_xlabel("NLL of held-out oracle sentences, nats per token: more diverse to the left")
    axes.set_ylabel("NLL_oracle of samples, nats per token: lower is better")
    axes.set_title(title, fontsize=11)
    axes.grid(alpha=0.25)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    save_picture(figure, path, 130, vectors=False)


def _draw_sweep(axes: Any, name: str, rows: Sequence[Mapping[str, Any]], colour: str) -> None:
    rows = sorted(rows, key=lambda row: -row["temperature"])
    points = [(row["nll_test"], row["nll_oracle"]) for row in rows]
    axes.plot(*zip(*points, strict=True), ".-", color=colour, linewidth=1.5, label=name)
    for row, point in zip(rows, points, strict=True):
        axes.annotate(f"T = {row['temperature']:.3g}", point, fontsize=7, color=colour,
                      xytext=(5, 4), textcoords="offset points")  # fmt: skip


def _draw_path(
    axes: Any, label: str, records: Sequence[Mapping[str, Any]], key: str, mark: str, colour: str
) -> None:
    """Draws a run's evaluations at the temperature of this `temperature_key`."""
    points = [(line[f"nll_test_{key}"], line[f"nll_oracle_{key}"]) for line in records]
    later = [line["phase"].startswith("adversarial") for line in records]
    for begin, end, adversarial in zip(points, points[1:], later[1:], strict=False):
        style = {"arrowstyle": "-|>", "color": colour, "linestyle": "-" if adversarial else "--"}
        axes.annotate("", end, begin, arrowprops=style)
    for kind, face, phase in ((False, "white", "pre-training"), (True, colour, "adversarial")):
        own = [point for point, each in zip(points, later, strict=True) if each == kind]
        if own:
            axes.plot(*zip(*own, strict=True), mark, color=colour, markerfacecolor=face,
                      markersize=6, label=f"{label}, {phase}")  # fmt: skip
