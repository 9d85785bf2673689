"""Plots learning curves of runs on the oracle task."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from leakgan_tf.metrics.temperatures import (
    PROGRAM_TEMPERATURE,
    temperature_key,
    temperature_title,
)
from leakgan_tf.reporting.groups import run_title, without_seed
from leakgan_tf.reporting.picture import line_color, new_figure, save_picture

_PANELS = (
    ("nll_oracle_1.0", "NLL of samples under the oracle"),
    (f"nll_oracle_{temperature_key(PROGRAM_TEMPERATURE)}",
     f"samples at {temperature_title(PROGRAM_TEMPERATURE)}, under the oracle"),
    ("nll_test_1.0", "NLL of held-out oracle data"),
)  # fmt: skip


def draw_curves(
    path: Path,
    runs: Mapping[str, Sequence[Mapping[str, Any]]],
    floors: Mapping[str, float],
    title: str,
    vectors: bool = True,
) -> None:
    """Draws the figures of evaluations, in lines of metrics.jsonl, over training time.

    Runs whose names differ only in the seed ("mle-seed0") share a color and a legend entry.
    `floors`, the oracle's own figures by metric, are horizontal lines.
    """
    figure = new_figure(13, 4.8)
    panels = figure.subplots(1, len(_PANELS))
    styles = _styles(list(runs))
    for axes, (metric, label) in zip(panels, _PANELS, strict=True):
        for name, records in runs.items():
            _draw_run(axes, records, metric, *styles[name])
        if metric in floors:
            axes.axhline(floors[metric], color="0.4", linestyle=":", label="oracle itself")
        axes.set_title(label, fontsize=10)
        axes.set_xlabel("seconds of training")
        axes.set_ylabel("nats per token")
        axes.grid(alpha=0.25)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=5, frameon=False, fontsize=8
    )  # many runs would cover their curves
    figure.suptitle(title, fontsize=11)
    save_picture(figure, path, 130, vectors)


def _styles(names: Sequence[str]) -> dict[str, tuple[str | None, str, float]]:
    """Returns {run: (label, None if another run has it; color; line width)}."""
    together: dict[str, list[str]] = {}
    for name in names:
        together.setdefault(without_seed(name), []).append(name)
    styles: dict[str, tuple[str | None, str, float]] = {}
    for number, (system, own) in enumerate(together.items()):
        label = run_title(own[0] if len(own) == 1 else system)
        label += f", {len(own)} seeds" * (len(own) > 1)
        for name in own:
            width = 1.2 if len(own) == 1 else 0.7
            color = line_color(number, len(together))
            styles[name] = (label if name == own[0] else None, color, width)
    return styles


def _draw_run(
    axes: Any,
    records: Sequence[Mapping[str, Any]],
    metric: str,
    label: str | None,
    colour: str,
    width: float,
) -> None:
    """Draws one run: pre-training as a thin line, the adversarial phase as a thick one."""
    points = [line for line in records if line["group"] == "evaluation"]
    if not points:
        return
    axes.plot(
        [line["spent"] for line in points],
        [line[metric] for line in points],
        color=colour,
        linewidth=width,
        marker=".",
        markersize=3 * width,
        label=label,
    )
    later = [line for line in points if line["phase"].startswith("adversarial")]
    if later:
        axes.plot(
            [line["spent"] for line in later],
            [line[metric] for line in later],
            color=colour,
            linewidth=2.5 * width,
            alpha=0.45,
            label=f"{label}, adversarial" if label else None,
        )
