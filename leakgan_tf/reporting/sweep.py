"""Plots quality against diversity over temperatures, for runs on text."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from leakgan_tf.reporting.groups import run_title, without_seed
from leakgan_tf.reporting.picture import line_color, new_figure, save_picture

_ORDER = "4"  # order of BLEU in the plot: the highest that 1,000 sentences can distinguish


def draw_sweep(
    path: Path, sweeps: Mapping[str, Sequence[Mapping[str, Any]]], vectors: bool = True
) -> None:
    """Draws each run as a line through its temperatures; the seeds of a system share a color.

    Left: BLEU against Self-BLEU; higher is better, further left is more diverse. Right: held-out
    NLL against BLEU; a run below and to the right of another is better in both.
    """
    figure = new_figure(11, 4.6)
    left, right = figure.subplots(1, 2)
    systems = list(dict.fromkeys(map(without_seed, sweeps)))
    several, labeled = len(systems) < len(sweeps), set[str]()
    for name, figures in sweeps.items():
        system = without_seed(name)
        first = system not in labeled
        labeled.add(system)
        quality = [each["bleu"][_ORDER] for each in figures]
        sameness = [each["self_bleu"][_ORDER] for each in figures]
        unlikely = [each["nll_test"] for each in figures]
        style: dict[str, Any] = {
            "color": line_color(systems.index(system), len(systems)),
            "marker": "o",
            "markersize": 3 if several else 4,
            "linewidth": 0.8 if several else 1.5,
            "label": run_title(system if several else name) if first else None,
        }
        left.plot(sameness, quality, **style)
        right.plot(quality, unlikely, **style)
        if not first:
            continue  # one seed's temperatures are enough
        for each, x, y, z in zip(figures, sameness, quality, unlikely, strict=True):
            label = f"{each['temperature']:.3g}"
            left.annotate(label, (x, y), fontsize=7, xytext=(4, -8), textcoords="offset points")
            right.annotate(label, (y, z), fontsize=7, xytext=(4, 3), textcoords="offset points")
    left.set_xlabel(f"Self-BLEU-{_ORDER}, lower is more diverse")
    left.set_ylabel(f"BLEU-{_ORDER}, higher is better")
    right.set_xlabel(f"BLEU-{_ORDER}, higher is better")
    right.set_ylabel("NLL_test, nats per token, lower is better")
    for axes in (left, right):
        axes.grid(alpha=0.25)
    left.legend(fontsize=8)
    figure.suptitle("Quality against diversity; numbers: temperatures", fontsize=11)
    save_picture(figure, path, 130, vectors)
