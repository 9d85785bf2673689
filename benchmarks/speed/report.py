"""Prints the figures of the speed benchmark."""

from collections.abc import Mapping
from typing import Any

from benchmarks.reports.results import Result
from benchmarks.reports.tables import view
from leakgan_tf.reporting.tables import plain

_NOTES = """\
floor: FLOPs of the products / best rate of a product + least memory traffic / best bandwidth (the
  sum, as an optimizer cannot overlap the products that it waits for; formulas: counts.py).
D step: its parts are timed alone; the rest is classifier, norm and embeddings.
peak MB: peak memory of the process, TensorFlow included.
phase / updates: a phase's time without data and checkpoints over that of its updates."""


def print_report(content: Mapping[str, Any]) -> None:
    """Prints the machine, the tables and the notes of a result."""
    hardware, limits = content["made_by"]["hardware"], content["limits"]
    rates = [f"{name} products {rate:.0f} GFLOP/s" for name, rate in limits["gflops"].items()]
    print(
        f"{hardware['processor']}, {hardware['cores']} cores, {hardware['memory_gb']} GB, "
        f"{' '.join(hardware['instructions'])}; TensorFlow {hardware['tensorflow']}\n"
        f"{', '.join(rates)}, memory {limits['bandwidth']:.0f} GB/s\n"
    )
    table = view(Result("speed", content))
    stages = [each for size in content["sizes"].values() for each in size["stages"].values()]
    rows = [[*row, *_spread(stage)] for row, stage in zip(table.rows, stages, strict=True)]
    print(plain([*table.headers, "min-max", "runs", "peak MB"], rows, keys=2))
    headers = [
        "phase", "updates", "s", "in updates", "making data", "checkpoints", "outside",
        "phase / updates",
    ]  # fmt: skip
    for size, found in content["sizes"].items():
        lines = [
            [
                each["name"], str(each["updates"]), _short(each["seconds"]),
                _short(each["in_updates"]), _short(each["making_data"]),
                _short(each["checkpoints"]),
                f"{each['share_outside']:.1%}", f"{each['times_its_updates']:.3f}",
            ]
            for each in found["phases"]
        ]  # fmt: skip
        if lines:
            print(f"\nPhases of {size}:\n\n{plain(headers, lines, keys=2)}")
    if moments := content.get("startup_seconds"):
        done = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in moments.items())
        print(f"\nTime from the start of a new process, first size: {done}")
    print(f"\n{_NOTES}")


def _spread(stage: Mapping[str, Any]) -> list[str]:
    if "runs" not in stage:
        return ["", "composed", ""]
    runs, peak = stage["runs"], stage["runs"]["peak_bytes"]
    spread = f"{_short(1e3 * runs['min'])}-{_short(1e3 * runs['max'])}"
    return [spread, str(runs["runs"]), f"{peak / 1e6:.0f}" if peak else ""]


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
