"""Tables and JSON of the speed benchmark."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from benchmarks.speed.limits import Limits
from benchmarks.speed.measure import Result
from leakgan_tf.config.config import Config
from leakgan_tf.reporting.tables import plain
from leakgan_tf.runs.folder import environment
from leakgan_tf.utils.hardware import hardware

_MEGA = 1e6
_NOTES = """\
floor: FLOPs of the products / the best rate of a product + bytes that must move / the best traffic
  (their sum: an optimizer cannot overlap the products it waits for; formulas: counts.py).
direct: the same numbers computed as the original program does; ~ a part was run and scaled up.
peak: peak memory of the process, TensorFlow included."""

Sizes = Mapping[str, tuple[Config, Mapping[str, Result]]]  # by name


def print_report(limits: Limits, sizes: Sizes, startup: Mapping[str, float]) -> None:
    """Prints the machine and a table of each size.

    Args:
      limits: of the machine.
      sizes: the results of each size.
      startup: seconds of `start.measure_start`; none if they were not measured.
    """
    machine = hardware()
    rates = [f"{name} products {rate:.0f} GFLOP/s" for name, rate in limits.gflops.items()]
    print(
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
        f"{' '.join(machine['instructions'])}; TensorFlow {tf.__version__}\n"
        f"{', '.join(rates)}, memory {limits.bandwidth:.0f} GB/s"
    )
    for name, (config, results) in sizes.items():
        print(
            f"\n{name}, preset {config.preset}: B = {config.batch_size}, T = {config.length}, "
            f"V = {config.vocab_size}, {config.precision} products\n\n"
            f"{_stages(results, limits, config.precision)}\n"
        )
        if any(result.direct for result in results.values()):
            print(f"{_direct_table(results)}\n")
    if startup:
        moments = [f"{name} {seconds:.1f} s" for name, seconds in startup.items()]
        print(f"A fresh process of the first size until: {', '.join(moments)}\n")
    print(_NOTES)


def to_json(
    command: str, limits: Limits, sizes: Sizes, startup: Mapping[str, float]
) -> dict[str, Any]:
    """Returns everything as JSON."""
    devices = [device.name for device in tf.config.list_physical_devices()]
    made_by = {"command": command, **environment()}
    made_by["hardware"] |= {"devices": devices, "tensorflow": tf.__version__}
    return {
        "benchmark": "speed",
        "made_by": made_by,
        "limits": limits.to_json(),
        "sizes": {
            name: {
                "precision": config.precision,
                "config": config.to_json(),
                "stages": {
                    key: result.to_json(limits, config.precision) for key, result in results.items()
                },
            }
            for name, (config, results) in sizes.items()
        },
        **({"startup_seconds": dict(startup)} if startup else {}),
    }


def _stages(results: Mapping[str, Result], limits: Limits, precision: str) -> str:
    headers = ["stage", "ms", "min-max", "runs", "GFLOP", "MB", "floor ms", "times floor",
               "direct ms", "gain", "peak MB"]  # fmt: skip
    rows = []
    for result in results.values():
        floor = result.floor_seconds(limits, precision)
        spread, runs, peak = "", "composed", ""
        if result.own:
            timing = result.own.timing
            spread, runs = f"{_ms(timing.min)}-{_ms(timing.max)}", str(timing.runs)
            peak = _megabytes(timing.peak_bytes)
        direct = result.direct_seconds
        rows.append([
            result.title, _ms(result.seconds), spread, runs, _short(result.cost.flops / 1e9),
            _short(result.cost.bytes / _MEGA), _ms(floor), f"{result.seconds / floor:.1f}",
            _ms(direct) if direct else "", f"{direct / result.seconds:.1f}" if direct else "",
            peak,
        ])  # fmt: skip
    return plain(headers, rows)


def _direct_table(results: Mapping[str, Result]) -> str:
    headers = ["stage", "direct form", "ms", "run", "gain", "peak MB"]
    rows = [
        [
            result.title, each.name, "~" * bool(each.piece) + _ms(each.timing.median),
            f"{each.piece}, × {_short(each.times)}" if each.piece else "whole",
            f"{each.timing.median / result.seconds:.1f}", _megabytes(each.timing.peak_bytes),
        ]
        for result in results.values()
        for each in result.direct
    ]  # fmt: skip
    return plain(headers, rows)


def _megabytes(count: int | None) -> str:
    return f"{count / _MEGA:.0f}" if count else ""


def _ms(seconds: float) -> str:
    return _short(seconds * 1e3)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
