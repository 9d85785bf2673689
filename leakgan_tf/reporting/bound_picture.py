"""Plots the Donsker-Varadhan bounds of the discriminators of several runs over training."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from leakgan_tf.metrics.discriminator_scores import BOUND
from leakgan_tf.reporting.groups import run_title, without_seed
from leakgan_tf.reporting.picture import line_color, new_figure, save_picture

_LEAST = 0.02  # nats per token: least extent of the axis on each side of 0
_LINEAR = 0.005  # nats per token: the axis is linear up to here, then logarithmic


def bounds_of(records: Sequence[Mapping[str, Any]]) -> list[tuple[bool, float]]:
    """Returns (whether it was adversarial, bound) for each round of D in a run's records."""
    return [
        (line["group"].startswith("adversarial"), line[BOUND]) for line in records if BOUND in line
    ]


def draw_bounds(
    path: Path, runs: Mapping[str, Sequence[Mapping[str, Any]]], vectors: bool = True
) -> bool:
    """Draws the Donsker-Varadhan bound of D after each of its rounds, from lines of metrics.jsonl.

    A system's seeds share a color and an entry in the legend. The axis is limited to the range of
    adversarial rounds: in the first rounds of pre-training any D separates an untrained generator
    from real text, with far larger bounds.

    Returns:
      Whether any run has bounds; without them nothing is drawn.
    """
    drawn = {name: bounds_of(records) for name, records in runs.items()}
    drawn = {name: points for name, points in drawn.items() if points}
    if not drawn:
        return False
    figure = new_figure(9, 5)
    axes = figure.subplots()
    systems = list(dict.fromkeys(map(without_seed, drawn)))
    several, named = len(systems) < len(drawn), set[str]()
    for name, points in drawn.items():
        system = without_seed(name)
        color = line_color(systems.index(system), len(systems))
        label = run_title(system if several else name) if system not in named else None
        named.add(system)
        _draw_run(axes, points, color, label, width=0.6 if several else 1.0)
    shown = [bound for points in drawn.values() for late, bound in points if late] or [0.0]
    axes.set_yscale("symlog", linthresh=_LINEAR)
    axes.set_ylim(1.1 * min(*shown, -_LEAST), 1.1 * max(*shown, _LEAST))
    axes.axhline(0.0, color="black", linewidth=0.8)
    axes.set_xlabel("rounds of D (hollow: pre-training; filled: adversarial)")
    axes.set_ylabel(
        "Donsker-Varadhan bound on held-out sentences,\nnats per token (MaskGAN: masked tokens)"
    )
    axes.set_title("What D knows of held-out sentences", fontsize=11)
    axes.grid(alpha=0.25)
    axes.legend(fontsize=8)
    save_picture(figure, path, 110, vectors)
    return True


def _draw_run(
    axes: Any, points: Sequence[tuple[bool, float]], color: str, label: str | None, width: float
) -> None:
    rounds = range(1, len(points) + 1)
    axes.plot(rounds, [bound for _, bound in points], color=color, linewidth=width, label=label)
    for late, face in ((False, "white"), (True, color)):
        chosen = [
            (at, bound) for at, (own, bound) in zip(rounds, points, strict=True) if own == late
        ]
        if chosen:
            axes.scatter(
                *zip(*chosen, strict=True), color=color, facecolor=face, s=18 * width, zorder=3
            )
