"""Prints the figures of the speed benchmark."""

from collections.abc import Mapping
from typing import Any

from benchmarks.reports.results import Result
from benchmarks.reports.tables import short, view
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
    table = view(result := Result("speed", content))
    stages = [each for size in content["sizes"].values() for each in size["stages"].values()]
    rows = [[*row, *_spread(stage)] for row, stage in zip(table.rows, stages, strict=True)]
    print(plain([*table.headers, "min-max", "runs", "peak MB"], rows, keys=2))
    if any(size["phases"] for size in content["sizes"].values()):
        timed = view(result, "phases")
        print(f"\n{plain(timed.headers, timed.rows, keys=2)}")
    if "startup_seconds" in content:
        moments = view(result, "start")
        print(f"\nA fresh process:\n\n{plain(moments.headers, moments.rows, keys=1)}")
    print(f"\n{_NOTES}")


def _spread(stage: Mapping[str, Any]) -> list[str]:
    if "runs" not in stage:
        return ["", "composed", ""]
    runs, peak = stage["runs"], stage["runs"]["peak_bytes"]
    spread = f"{short(1e3 * runs['min'])}-{short(1e3 * runs['max'])}"
    return [spread, str(runs["runs"]), f"{peak / 1e6:.0f}" if peak else ""]
