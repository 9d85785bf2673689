"""Plots the Donsker-Varadhan bounds of the discriminators of several runs over training."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from leakgan_tf.metrics.discriminator_scores import BOUND, TEMPERED
from leakgan_tf.reporting.groups import run_title, without_seed
from leakgan_tf.reporting.picture import line_color, new_figure, save_picture

_LEAST = 0.02  # nats per token: least extent of the axis on each side of 0
_LINEAR = 0.005  # nats per token: the axis is linear up to here, then logarithmic


class Round(NamedTuple):
    """What D knew after one of its rounds, in nats per token.

    Attributes:
      late: whether the round was adversarial.
      bound: the Donsker-Varadhan bound.
      tempered: the tempered bound; NaN if it was not recorded.
    """

    late: bool
    bound: float
    tempered: float


def bounds_of(records: Sequence[Mapping[str, Any]]) -> list[Round]:
    """Returns what a run's records say of each round of D."""
    return [
        Round(line["group"].startswith("adversarial"), line[BOUND], line.get(TEMPERED, math.nan))
        for line in records
        if BOUND in line
    ]


def draw_bounds(
    path: Path, runs: Mapping[str, Sequence[Mapping[str, Any]]], vectors: bool = True
) -> bool:
    """Draws the Donsker-Varadhan bound of D after each of its rounds, from lines of metrics.jsonl.

    A system's seeds share a color and an entry in the legend. Dashed: the tempered bound, where it
    was recorded. The axis is limited to the range of adversarial rounds: in the first rounds of
    pre-training any D separates an untrained generator from real text, with far larger bounds.

    Returns:
      Whether any run has bounds; without them nothing is drawn.
    """
    drawn = {name: bounds_of(records) for name, records in runs.items()}
    drawn = {name: rounds for name, rounds in drawn.items() if rounds}
    if not drawn:
        return False
    figure = new_figure(9, 5)
    axes = figure.subplots()
    systems = list(dict.fromkeys(map(without_seed, drawn)))
    several, named = len(systems) < len(drawn), set[str]()
    for name, rounds in drawn.items():
        system = without_seed(name)
        color = line_color(systems.index(system), len(systems))
        label = run_title(system if several else name) if system not in named else None
        named.add(system)
        _draw_run(axes, rounds, color, label, width=0.6 if several else 1.0)
    everything = [each for rounds in drawn.values() for each in rounds]
    if not all(math.isnan(each.tempered) for each in everything):
        axes.plot([], [], "--", color="gray", linewidth=0.8, label="tempered")
    late = [value for each in everything if each.late for value in each[1:]]
    shown = [value for value in late if not math.isnan(value)]
    axes.set_yscale("symlog", linthresh=_LINEAR)
    axes.set_ylim(1.1 * min(*shown, -_LEAST, 0.0), 1.1 * max(*shown, _LEAST, 0.0))
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
    axes: Any, rounds: Sequence[Round], color: str, label: str | None, width: float
) -> None:
    numbers = range(1, len(rounds) + 1)
    axes.plot(numbers, [each.bound for each in rounds], color=color, linewidth=width, label=label)
    tempered = [each.tempered for each in rounds]
    axes.plot(numbers, tempered, "--", color=color, linewidth=0.8 * width)
    for late, face in ((False, "white"), (True, color)):
        chosen = [
            (at, each.bound) for at, each in zip(numbers, rounds, strict=True) if each.late == late
        ]
        if chosen:
            axes.scatter(
                *zip(*chosen, strict=True), color=color, facecolor=face, s=18 * width, zorder=3
            )
