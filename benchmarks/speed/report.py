"""Tables and JSON of the speed benchmark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from benchmarks.speed.limits import Limits
from benchmarks.speed.measure import Result
from benchmarks.speed.phases import PhaseTime
from leakgan_tf.config.config import Config
from leakgan_tf.reporting.tables import plain
from leakgan_tf.runs.folder import environment
from leakgan_tf.utils.hardware import hardware

_MEGA = 1e6
_NOTES = """\
floor: FLOPs of the products / the best rate of a product + bytes that must move / the best traffic
  (their sum: an optimizer cannot overlap the products it waits for; formulas: counts.py).
direct: the same numbers computed as the original program does.
peak: peak memory of the process, TensorFlow included.
phase / updates: a phase's time without its data over that of its updates."""


@dataclass(frozen=True)
class Measured:
    """What was measured of one size.

    Attributes:
      config: the sizes.
      results: the stages by key.
      phases: as the trainer runs them; none if they were not measured.
    """

    config: Config
    results: Mapping[str, Result]
    phases: Sequence[PhaseTime] = ()


def print_report(
    limits: Limits, sizes: Mapping[str, Measured], startup: Mapping[str, float]
) -> None:
    """Prints the machine and the tables of each size.

    Args:
      limits: of the machine.
      sizes: what was measured, by name.
      startup: seconds of `start.measure_start`; none if they were not measured.
    """
    machine = hardware()
    rates = [f"{name} products {rate:.0f} GFLOP/s" for name, rate in limits.gflops.items()]
    print(
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
        f"{' '.join(machine['instructions'])}; TensorFlow {tf.__version__}\n"
        f"{', '.join(rates)}, memory {limits.bandwidth:.0f} GB/s"
    )
    for name, size in sizes.items():
        config = size.config
        print(
            f"\n{name}, preset {config.preset}: B = {config.batch_size}, T = {config.length}, "
            f"V = {config.vocab_size}, {config.precision} products\n\n"
            f"{_stages(size.results, limits, config.precision)}\n"
        )
        if size.phases:
            print(f"{_phases(size.phases)}\n")
    if startup:
        moments = [f"{name} {seconds:.1f} s" for name, seconds in startup.items()]
        print(f"A fresh process of the first size until: {', '.join(moments)}\n")
    print(_NOTES)


def to_json(
    command: str, limits: Limits, sizes: Mapping[str, Measured], startup: Mapping[str, float]
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
                "precision": size.config.precision,
                "config": size.config.to_json(),
                "stages": {
                    key: result.to_json(limits, size.config.precision)
                    for key, result in size.results.items()
                },
                "phases": [phase.to_json() for phase in size.phases],
            }
            for name, size in sizes.items()
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
        if timing := result.timing:
            spread, runs = f"{_ms(timing.min)}-{_ms(timing.max)}", str(timing.runs)
            peak = f"{timing.peak_bytes / _MEGA:.0f}" if timing.peak_bytes else ""
        direct = result.direct.median if result.direct else None
        rows.append([
            result.title, _ms(result.seconds), spread, runs, _short(result.cost.flops / 1e9),
            _short(result.cost.bytes / _MEGA), _ms(floor), f"{result.seconds / floor:.1f}",
            _ms(direct) if direct else "", f"{direct / result.seconds:.1f}" if direct else "",
            peak,
        ])  # fmt: skip
    return plain(headers, rows)


def _phases(phases: Sequence[PhaseTime]) -> str:
    headers = ["phase", "updates", "s", "in updates", "making data", "outside", "phase / updates"]
    rows = [
        [
            phase.name, str(phase.updates), _short(phase.seconds), _short(phase.in_updates),
            _short(phase.making_data), f"{phase.to_json()['share_outside']:.1%}",
            f"{phase.times_its_updates:.3f}",
        ]
        for phase in phases
    ]  # fmt: skip
    return plain(headers, rows)


def _ms(seconds: float) -> str:
    return _short(seconds * 1e3)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
