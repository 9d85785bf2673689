"""How the cost of stages grows with the sizes, measured and drawn."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.speed_clock import Progress
from benchmarks.speed_results import measure_form
from benchmarks.speed_run import Options
from benchmarks.speed_stages import Workbench
from leakgan_tf.config.config import Config, replace
from leakgan_tf.utils.files import atomic_output

# What is varied, and the factors on the first size's value; 1 is that size itself.
_FACTORS = {
    "B": (0.25, 0.5, 1, 2, 4),
    "T": (1, 2, 3, 4),
    "V": (0.2, 0.5, 1, 2, 4),
    "F": (0.25, 0.5, 1, 2),
    "H": (0.5, 1, 2, 4),
}
_STAGES = {
    "d_step": "D step",
    "pretrain": "G pre-training step",
    "sampling": "sampling a batch",
    "reward": "reward of a batch",
}
_LABELS = {
    "B": "batch size B",
    "T": "length T",
    "V": "vocabulary V",
    "F": "features F",
    "H": "hidden size H",
}


def varied(config: Config, name: str, factor: float) -> Config:
    """Returns the configuration with one size multiplied; a batch is sampled as one."""
    batch = max(round(config.batch_size * (factor if name == "B" else 1)), 1)
    changes: dict[str, Any] = {
        "batch_size": batch,
        "sampling_batch": batch,
        "training_sequences": max(config.training_sequences, batch),
        "discriminator_samples": max(config.own.discriminator_samples, batch),
    }
    if name == "T":
        changes["length"] = round(config.length * factor)
    elif name == "V":
        changes["vocab_size"] = max(round(config.vocab_size * factor), 2)
    elif name == "F":
        changes["filters"] = tuple(max(round(each * factor), 1) for each in config.filters)
    elif name == "H":
        changes["generator_hidden"] = max(round(config.generator_hidden * factor), 1)
    return replace(config, **changes)


def value_of(config: Config, name: str) -> int:
    """Returns the size that a letter names."""
    return {
        "B": config.batch_size,
        "T": config.length,
        "V": config.vocab_size,
        "F": config.feature_size,
        "H": config.generator_hidden,
    }[name]


def sweep(config: Config, options: Options) -> list[dict[str, Any]]:
    """Measures the stages around a configuration, one size varied at a time.

    Returns:
      Points: "varied" (a letter), "value", "base" (whether it is the configuration itself),
      "stage", "seconds" (the median), "min", "max", "runs".
    """
    # The configuration itself is a point of every line, and measured once.
    cases = [("", 1.0)] + [(n, f) for n, factors in _FACTORS.items() for f in factors if f != 1]
    points = []
    with Progress(len(cases) * len(_STAGES), "scaling") as progress:
        for name, factor in cases:
            own = varied(config, name, factor)
            bench = Workbench(own, own.sampling_batch)
            for key in _STAGES:
                progress.begin(f"{name or 'base'} {value_of(own, name) if name else ''} {key}")
                timing = measure_form(
                    bench.stage(key).form, options.repeats, options.budget / 4
                ).timing
                points += [
                    {
                        "varied": letter, "value": value_of(own, letter), "base": not name,
                        "stage": key, "seconds": timing.median, "min": timing.min,
                        "max": timing.max, "runs": timing.runs,
                    }
                    for letter in ([name] if name else _FACTORS)
                ]  # fmt: skip
                progress.done()
    return points


def draw(path: Path, points: Sequence[Mapping[str, Any]]) -> None:
    """Draws measured points, a panel for each size, a line for each stage; both axes logarithmic.

    Args:
      path: the picture's file, PNG.
      points: of `sweep`.
    """
    from matplotlib.figure import Figure  # no pyplot: no global state, no display
    from matplotlib.ticker import NullFormatter, NullLocator

    figure = Figure(figsize=(13, 3.4), layout="constrained")
    panels = figure.subplots(1, len(_FACTORS), sharey=True)
    for axes, letter in zip(panels, _FACTORS, strict=True):
        own = [point for point in points if point["varied"] == letter]
        for number, (key, label) in enumerate(_STAGES.items()):
            line = sorted((p for p in own if p["stage"] == key), key=lambda p: p["value"])
            x, y = [p["value"] for p in line], [p["seconds"] * 1e3 for p in line]
            axes.plot(x, y, color=f"C{number}", marker="o", markersize=4, linewidth=1.4,
                      label=label)  # fmt: skip
        axes.set_xscale("log")
        axes.set_yscale("log")
        values = sorted({point["value"] for point in own})
        axes.set_xticks(values, [str(value) for value in values], fontsize=8)
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())
        (base,) = {point["value"] for point in own if point["base"]}
        axes.axvline(base, color="0.75", linewidth=0.8, zorder=0)
        axes.set_xlabel(_LABELS[letter])
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("milliseconds, median")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center",
                  ncols=len(_STAGES), frameon=False, fontsize=9)  # fmt: skip
    with atomic_output(path) as temporary:
        figure.savefig(temporary, format="png", dpi=160)
