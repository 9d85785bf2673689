"""Plots the validity of samples over training, on the CFG task."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from leakgan_tf.reporting.groups import run_title, without_seed
from leakgan_tf.reporting.picture import line_color, new_figure, save_picture

PANELS = (
    ("valid", "valid samples, share"),
    ("valid_new", "valid and not in the training set, share"),
    ("total_variation", "total variation from the grammar's distribution"),
    ("length_distance", "total variation of the lengths"),
)


def draw_validity(path: Path, runs: Mapping[str, Sequence[Mapping[str, Any]]], title: str) -> None:
    """Draws the evaluations of runs on the CFG task over the generator's updates.

    They are lines of metrics.jsonl by run; the seeds of a system share a color.
    """
    evaluations = {
        name: [line for line in records if line["group"] == "evaluation"]
        for name, records in runs.items()
    }
    drawn = [
        (key, label)
        for key, label in PANELS
        if any(key in line for lines in evaluations.values() for line in lines)
    ]
    systems = list(dict.fromkeys(map(without_seed, runs)))
    figure = new_figure(3.6 * max(len(drawn), 1), 3.8)
    panels = figure.subplots(1, max(len(drawn), 1), squeeze=False)[0]
    labelled = set()
    for axes, (key, label) in zip(panels, drawn, strict=False):
        for name, lines in evaluations.items():
            system, points = without_seed(name), [line for line in lines if key in line]
            axes.plot(
                [line["updates"] for line in points],
                [line[key] for line in points],
                color=line_color(systems.index(system), len(systems)),
                marker=".",
                linewidth=1,
                label=None if (key, system) in labelled else run_title(system),
            )
            labelled.add((key, system))
        axes.set_title(label, fontsize=9)
        axes.set_xlabel("updates of the generator")
        axes.set_ylim(-0.02, 1.02)
        axes.grid(alpha=0.25)
        axes.legend(fontsize=7)
    figure.suptitle(title, fontsize=10)
    save_picture(figure, path, 120)
