"""Plots sweeps over temperatures, quality against diversity, with MLE's frontier."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from leakgan_tf.metrics.frontier import BETTER, WORSE, Frontier, SweepPoint, mean_sweep
from leakgan_tf.metrics.temperatures import TEMPERATURES, temperature_key, temperature_title
from leakgan_tf.reporting.groups import by_key, run_title
from leakgan_tf.reporting.picture import line_color, new_figure, save_picture

# Markers of the temperatures that papers report; other temperatures have dots.
MARKS = dict(zip(map(temperature_key, TEMPERATURES), "os", strict=True))
_SHARPEST = 0.5  # lower temperatures do not extend the axes
_WIDEST = 3.0  # range of NLL_test that is shown, in ranges of the baseline's sweep
_ROOM = 0.06  # margin around the points, as a share of their range

Sweep = Sequence[SweepPoint]


def draw_frontier(
    path: Path,
    sweeps: Mapping[str, Mapping[int, Sweep]],
    baseline: str = "mle",
    references: Mapping[str, tuple[float, float]] | None = None,
    published: Mapping[str, Sequence[tuple[float, float]]] | None = None,
    title: str = "",
    envelope: Frontier | None = None,
) -> None:
    """Draws NLL_oracle against held-out NLL, and distances from the baseline's frontier.

    Left: a line through the temperatures for the mean of each system's seeds, thin lines for single
    seeds, and a thick line for the frontier of the baseline's mean. A system that is far less
    diverse than the baseline does not extend the axes, and is named instead. Right, if there is a
    baseline: the distance of each seed from the frontier of the baseline's same seed (`distances`).

    Args:
      path: output file, PNG.
      sweeps: {system: {seed: sweep}}.
      baseline: the system whose frontier is drawn, if it is in `sweeps`.
      references: {name: (NLL_test, NLL_oracle)}, such as the oracle itself.
      published: {source: [(NLL_test, NLL_oracle)]}.
      title: title of the figure.
      envelope: frontier of the baseline at any temperature and stopping time, drawn dashed.
    """
    known = baseline in sweeps
    references, published = references or {}, published or {}
    figure = new_figure(14 if known else 9, 7.2)
    panels = figure.subplots(1, 1 + known, squeeze=False)[0]
    means = {name: mean_sweep(list(seeds.values())) for name, seeds in sweeps.items()}
    outside = beyond(means, baseline)
    if known:
        line = Frontier.of_sweep(means[baseline])
        panels[0].plot(*line, color="0.8", linewidth=9, solid_capstyle="round", zorder=1,
                       label=f"quality-diversity frontier of {run_title(baseline)}")  # fmt: skip
        panels[1].axhline(0.0, color="0.8", linewidth=9, zorder=1)
    if envelope:
        panels[0].plot(*envelope, color="0.2", linewidth=1, linestyle="--", zorder=2,
                       label=f"{run_title(baseline)}, stopped at any time")  # fmt: skip
    gaps: list[float] = []
    for number, (name, seeds) in enumerate(sweeps.items()):
        color = line_color(number, len(sweeps))
        _draw_plane(panels[0], name, list(seeds.values()), color, labels=name == baseline)
        if known and name not in outside:
            gaps += _draw_distances(panels[1], seeds, _frontiers(sweeps[baseline]), color)
    _draw_others(panels[0], references, published)
    for temperature, mark in zip(TEMPERATURES, MARKS.values(), strict=True):
        label = temperature_title(temperature)
        panels[0].plot([], [], mark, color="0.5", label=label, linestyle="none")
    shown = _shown([mean for name, mean in means.items() if name not in outside])
    others = [*references.values(), *(point for each in published.values() for point in each)]
    _frame_plane(panels[0], [*zip(*_points(shown), strict=True), *others], outside)
    if known:
        _frame_distances(panels[1], Frontier.of_sweep(means[baseline]).nll_test, gaps, baseline)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False, fontsize=9)
    figure.suptitle(title, fontsize=11)
    save_picture(figure, path, 130)


def beyond(means: Mapping[str, Sweep], baseline: str) -> list[str]:
    """Returns the systems whose whole sweep has a far higher NLL_test than the baseline's.

    If `means`, the mean sweep of each system, has no baseline, nothing is returned.
    """
    if baseline not in means:
        return []
    own = [row["nll_test"] for row in _shown([means[baseline]])]
    limit = min(own) + _WIDEST * (max(own) - min(own))
    return [
        name
        for name, mean in means.items()
        if name != baseline and min(row["nll_test"] for row in mean) > limit
    ]


def distances(
    seeds: Mapping[int, Sweep], frontiers: Mapping[int | None, Frontier]
) -> dict[int, list[tuple[float, float, float]]]:
    """Returns {seed: [(temperature, NLL_test, distance)]}, by decreasing temperature.

    Outside the frontier's range, points that are better or worse in both figures have their bound
    as distance; points that are better in one and worse in the other are left out. The frontier of
    None is that of seeds without their own.
    """
    found = {}
    for seed, rows in seeds.items():
        line = frontiers.get(seed, frontiers[None])
        points = [
            (row["temperature"], row["nll_test"], row["nll_oracle"]) for row in _falling(rows)
        ]
        found[seed] = [
            (temperature, x, line.bound(x, y))
            for temperature, x, y in points
            if line.place(x, y) in ("", BETTER, WORSE)
        ]
    return found


def _frontiers(seeds: Mapping[int, Sweep]) -> dict[int | None, Frontier]:
    own: dict[int | None, Frontier] = {
        seed: Frontier.of_sweep(rows) for seed, rows in seeds.items()
    }
    return {**own, None: Frontier.of_sweep(mean_sweep(list(seeds.values())))}


def _draw_plane(axes: Any, name: str, seeds: Sequence[Sweep], color: str, labels: bool) -> None:
    """Draws one system; `labels` adds the temperatures to its points."""
    from matplotlib.patheffects import withStroke

    for seed in seeds if len(seeds) > 1 else ():
        axes.plot(*_points(_falling(seed)), color=color, linewidth=0.6, alpha=0.4, zorder=2)
    mean = _falling(mean_sweep(seeds))
    count = f" ({len(seeds)} seeds)" if len(seeds) > 1 else ""
    axes.plot(*_points(mean), color=color, linewidth=1.5, marker=".", markersize=4, zorder=3,
              label=f"{run_title(name)}{count}")  # fmt: skip
    for row in mean:
        point = row["nll_test"], row["nll_oracle"]
        _mark(axes, row["temperature"], point, color)
        if labels:
            axes.annotate(
                f"T = {row['temperature']:.3g}", point, fontsize=8, xytext=(7, 5), clip_on=True,
                textcoords="offset points", path_effects=[withStroke(linewidth=3, foreground="w")],
            )  # fmt: skip


def _draw_distances(
    axes: Any, seeds: Mapping[int, Sweep], frontiers: Mapping[int | None, Frontier], color: str
) -> list[float]:
    """Draws the distances of one system's seeds, and their mean where all seeds have one.

    Returns:
      The mean distances that the axis must include.
    """
    found = distances(seeds, frontiers)
    for points in found.values():
        if len(found) > 1 and points:
            _, x, y = zip(*points, strict=True)
            axes.plot(x, y, color=color, linewidth=0.6, alpha=0.4, zorder=2)
    by_temperature = by_key(
        (temperature, point) for points in found.values() for temperature, *point in points
    )
    mean = {
        temperature: tuple(np.mean(of_seeds, axis=0))
        for temperature, of_seeds in by_temperature.items()
        if len(of_seeds) == len(found)
    }
    if mean:
        axes.plot(*zip(*mean.values(), strict=True), color=color, linewidth=1.5, marker=".",
                  markersize=4, zorder=3)  # fmt: skip
    for temperature, point in mean.items():
        _mark(axes, temperature, point, color)
    return [y for temperature, (_, y) in mean.items() if 1 >= temperature >= _SHARPEST]


def _draw_others(
    axes: Any,
    references: Mapping[str, tuple[float, float]],
    published: Mapping[str, Sequence[tuple[float, float]]],
) -> None:
    for mark, (name, (x, y)) in zip("*Pd", references.items(), strict=False):
        axes.plot(x, y, mark, color="0.25", markersize=13, label=name, linestyle="none")
    for mark, (name, points) in zip("x+12", published.items(), strict=False):
        axes.plot(*zip(*points, strict=True), mark, color="black", linestyle=":", linewidth=1,
                  markersize=8, label=name)  # fmt: skip


def _mark(axes: Any, temperature: float, point: tuple[float, float], color: str) -> None:
    """Draws a larger marker for a temperature that papers report."""
    if mark := MARKS.get(temperature_key(temperature)):
        axes.plot(*point, mark, color=color, markersize=8, markeredgecolor="white", zorder=4)


def _falling(rows: Sweep) -> list[SweepPoint]:
    """Returns rows by decreasing temperature."""
    return sorted(rows, key=lambda row: -row["temperature"])


def _shown(means: Sequence[Sweep]) -> list[SweepPoint]:
    """Returns the points that the axes must include."""
    return [row for mean in means for row in mean if row["temperature"] >= _SHARPEST]


def _points(rows: Sweep) -> tuple[list[float], list[float]]:
    return [row["nll_test"] for row in rows], [row["nll_oracle"] for row in rows]


def _frame_plane(axes: Any, points: Sequence[tuple[float, float]], outside: Sequence[str]) -> None:
    """Sets limits and labels of the axes, and names the systems outside."""
    if outside:
        names = ", ".join(map(run_title, outside))
        axes.annotate(f"outside, to the right: {names}", (0.98, 0.98), xycoords="axes fraction",
                      ha="right", va="top", fontsize=8)  # fmt: skip
    for values, limit in zip(
        zip(*points, strict=True), (axes.set_xlim, axes.set_ylim), strict=True
    ):
        limit(*_around(values))
    axes.set_title("Quality against diversity", fontsize=10)
    axes.set_xlabel("NLL of held-out oracle sentences, nats per token: more diverse to the left")
    axes.set_ylabel("NLL_oracle of samples, nats per token: lower is better")
    axes.grid(alpha=0.25)


def _frame_distances(axes: Any, xs: Sequence[float], gaps: Sequence[float], baseline: str) -> None:
    """Sets limits around the frontier and labels; points beyond the limits are cut off."""
    axes.set_xlim(*_around(xs))
    axes.set_ylim(*_around([0.0, *gaps]))
    axes.set_title(
        f"NLL_oracle minus the frontier of {run_title(baseline)}, same seed", fontsize=10
    )
    axes.set_xlabel("NLL of held-out oracle sentences, nats per token: more diverse to the left")
    axes.set_ylabel("NLL_oracle minus the frontier's: below zero is better than temperature alone")
    axes.grid(alpha=0.25)


def _around(values: Sequence[float]) -> tuple[float, float]:
    room = _ROOM * (max(values) - min(values) or 1.0)
    return min(values) - room, max(values) + room
