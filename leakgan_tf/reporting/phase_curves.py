"""Plots all learning curves of a run, or of its seeds, over the phases of the schedule."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from leakgan_tf.metrics.discriminator_scores import BOUND, TEMPERED
from leakgan_tf.metrics.temperatures import TEMPERATURES, temperature_key
from leakgan_tf.reporting.picture import new_figure, save_picture

_COLUMNS = 3
_ADVERSARIAL = "adversarial"
_BETWEEN = "evaluation"
_IDLE = {_BETWEEN, "warning"}  # groups without training
_KEYS = tuple(map(temperature_key, TEMPERATURES))


class Panel(NamedTuple):
    """A panel of the figure: its title, and the group and names of its values."""

    title: str
    group: str  # "evaluation", or the last part of a phase's name; "" for any phase
    names: tuple[str, ...]


_PANELS = (
    Panel("NLL_oracle, nats per token", "evaluation", tuple(f"nll_oracle_{key}" for key in _KEYS)),
    Panel("NLL_test, nats per token", "evaluation", tuple(f"nll_test_{key}" for key in _KEYS)),
    Panel("BLEU", "evaluation", ("bleu_2", "bleu_3", "bleu_4", "bleu_5")),
    Panel("Self-BLEU", "evaluation", ("self_bleu_2", "self_bleu_3", "self_bleu_4", "self_bleu_5")),
    Panel("valid samples, share", "evaluation", ("valid", "valid_distinct", "valid_new")),
    Panel("total variation", "evaluation", ("total_variation", "length_distance")),
    Panel("held-out NLL of the training split", "held_out", ("held_out_nll",)),
    Panel("D's accuracy", "", ("accuracy", "held_out_accuracy")),
    Panel("D's bound, held out, nats per token", "", (BOUND, TEMPERED)),
    Panel("D's calibration error, held out", "", ("calibration_error",)),
    Panel("D's loss", "discriminator", ("loss",)),
    Panel("Worker's loss", "generator", ("worker_loss",)),
    Panel("Manager's loss", "generator", ("manager_loss", "goal_cosine")),
    Panel("generator's loss", "generator", ("loss",)),
    Panel("loss of likelihood training", "mle", ("loss",)),
    Panel("loss of scheduled sampling", "scheduled_sampling", ("loss",)),
    Panel("reward", "generator", ("reward_mean", "reward_spread", "real_probability")),
)


def phase_spans(records: Sequence[dict[str, Any]]) -> list[tuple[str, int, int]]:
    """Returns the stages of a run: (pre-training or adversarial, first phase, last phase)."""
    trained = [line for line in records if line["group"] not in _IDLE]
    stages = itertools.groupby(trained, key=lambda line: line["group"].startswith(_ADVERSARIAL))
    spans = []
    for adversarial, lines in stages:
        places = [line["position"] for line in lines]
        name = _ADVERSARIAL if adversarial else "pre-training"
        spans.append((name, places[0], places[-1]))
    return spans


def series(
    records: Sequence[dict[str, Any]], panel: Panel
) -> dict[tuple[str, str], tuple[list[int], list[float]]]:
    """Returns the points of a panel: {(group, name of the value): (phases, values)}."""
    points: dict[tuple[str, str], tuple[list[int], list[float]]] = {}
    for line in records:
        if panel.group and line["group"].rpartition("/")[2] != panel.group:
            continue
        for name in panel.names:
            if name in line:
                places, values = points.setdefault((line["group"], name), ([], []))
                places.append(line["position"] + 1)
                values.append(line[name])
    return points


def draw_phase_curves(path: Path, runs: Sequence[Sequence[dict[str, Any]]]) -> bool:
    """Draws all recorded curves of one configuration, whose seeds share colors.

    `runs` has the lines of metrics.jsonl of each seed.

    Returns:
      Whether there are curves; without them nothing is drawn.
    """
    drawn = [
        (panel, points)
        for panel in _PANELS
        if any(points := [series(records, panel) for records in runs])
    ]
    if not drawn:
        return False
    rows = -(-len(drawn) // _COLUMNS)
    figure = new_figure(13, 3.3 * rows)
    grid = figure.subplots(rows, _COLUMNS, squeeze=False, sharex=True).flatten()
    spans = phase_spans(max(runs, key=len))
    for axes, (panel, points) in zip(grid, drawn, strict=False):
        _draw_panel(axes, panel, points)
        for stage, first, last in spans:
            if stage == _ADVERSARIAL:
                axes.axvspan(first + 0.5, last + 1.5, color="C3", alpha=0.08, linewidth=0)
        axes.set_title(panel.title, fontsize=10)
        axes.tick_params(labelbottom=True)
        axes.grid(alpha=0.25)
        axes.legend(fontsize=7)
    for axes in grid[len(drawn) :]:
        axes.set_axis_off()
    figure.supxlabel("completed phases of the schedule (shaded: adversarial)", fontsize=9)
    save_picture(figure, path, 110)
    return True


def _draw_panel(axes: Any, panel: Panel, seeds: Sequence[dict]) -> None:
    """Draws the points of each seed; only the first is in the legend."""
    labels = set()
    for points in seeds:
        for (group, name), (places, values) in points.items():
            later = panel.group != _BETWEEN and group.startswith(_ADVERSARIAL)
            label = f"{name} ({_ADVERSARIAL})" if later else name
            axes.plot(
                places,
                values,
                color=f"C{panel.names.index(name)}",
                linestyle="--" if later else "-",
                linewidth=1.2 if len(seeds) == 1 else 0.8,
                marker=".",
                markersize=4 if len(seeds) == 1 else 2.5,
                label=None if label in labels else label,
            )
            labels.add(label)
