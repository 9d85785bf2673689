"""Tables and JSON of the speed benchmark."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from benchmarks.speed.limits import measure_limits
from benchmarks.speed.results import Result, floor_seconds, to_json
from leakgan_tf.config.config import Config
from leakgan_tf.reporting.tables import plain
from leakgan_tf.runs.folder import environment
from leakgan_tf.utils.files import write_json
from leakgan_tf.utils.hardware import hardware

_MEGA = 1e6
_NOTES = """\
floor: FLOPs of the products / the best rate of a product + bytes that must move / the best traffic
  (their sum: an optimizer cannot overlap the products it waits for; formulas: speed/counts.py).
direct: the same numbers computed as the original program does; ~ a part was run and scaled up.
peak: most memory that the process held meanwhile, TensorFlow itself included."""


class Report:
    """What was measured, held against limits that are measured before and after it.

    Args:
      command: that made it.
    """

    def __init__(self, command: str):
        self._command = command
        devices = [device.name for device in tf.config.list_physical_devices()]
        self._machine = {**hardware(), "devices": devices, "tensorflow": tf.__version__}
        self._limits = measure_limits()
        self._sizes: list[tuple[str, Config, Mapping[str, Result]]] = []
        self._points: list[Mapping[str, Any]] = []
        self._startup: Mapping[str, float] = {}

    def add_startup(self, startup: Mapping[str, float]) -> None:
        """Takes the seconds of `speed_start.measure_start`."""
        self._startup = startup

    def add_size(self, name: str, config: Config, results: Mapping[str, Result]) -> None:
        """Takes a size's results by key."""
        self._sizes.append((name, config, results))

    def add_scaling(self, points: Sequence[Mapping[str, Any]]) -> None:
        """Takes the points of `speed_scaling.sweep`."""
        self._points += points

    def finish(self) -> None:
        """Measures the limits again, and prints the machine and a table of each size."""
        self._limits = self._limits.best_of(measure_limits())
        machine, limits = self._machine, self._limits
        rates = [f"{name} products {rate:.0f} GFLOP/s" for name, rate in limits.gflops.items()]
        print(
            f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
            f"{' '.join(machine['instructions'])}; TensorFlow {machine['tensorflow']}\n"
            f"{', '.join(rates)}, memory {limits.bandwidth:.0f} GB/s"
        )
        for name, config, results in self._sizes:
            print(
                f"\n{name}, preset {config.preset}: B = {config.batch_size}, T = {config.length}, "
                f"V = {config.vocab_size}, F = {config.feature_size}, "
                f"H = {config.generator_hidden}, {precision_of(config)} products\n\n"
                f"{self._stages(results, precision_of(config))}\n"
            )
            if any(result.direct for result in results.values()):
                print(f"{_direct_table(results)}\n")
        if self._startup:
            moments = [f"{name} {seconds:.1f} s" for name, seconds in self._startup.items()]
            print(f"A fresh process of the first size until: {', '.join(moments)}\n")
        print(_NOTES)

    def write(self, path: str) -> None:
        """Writes everything as JSON; to be called when it is finished."""
        sizes = {
            name: {
                "precision": precision_of(config),
                "config": config.to_json(),
                "stages": {
                    key: to_json(result, self._limits, precision_of(config))
                    for key, result in results.items()
                },
            }
            for name, config, results in self._sizes
        }
        made_by = {"command": self._command, **environment(), "hardware": self._machine}
        content = {
            "benchmark": "speed",
            "made_by": made_by,
            "limits": self._limits.to_json(),
            "sizes": sizes,
        }
        if self._startup:
            content["startup_seconds"] = dict(self._startup)
        if self._points:
            content["scaling"] = self._points
        write_json(path, content)

    def _stages(self, results: Mapping[str, Result], precision: str) -> str:
        headers = ["stage", "ms", "min-max", "runs", "GFLOP", "MB", "floor ms", "times floor",
                   "direct ms", "gain", "peak MB"]  # fmt: skip
        rows = []
        for result in results.values():
            floor = floor_seconds(result, self._limits, precision)
            spread, runs, peak = "", "composed", ""
            if result.own:
                timing = result.own.timing
                spread, runs = f"{_ms(timing.min)}-{_ms(timing.max)}", str(timing.runs)
                peak = f"{timing.peak_bytes / _MEGA:.0f}" if timing.peak_bytes else ""
            direct = result.direct_seconds
            rows.append([
                result.title, _ms(result.seconds), spread, runs, _short(result.cost.flops / 1e9),
                _short(result.cost.bytes / _MEGA), _ms(floor), f"{result.seconds / floor:.1f}",
                _ms(direct) if direct else "", f"{direct / result.seconds:.1f}" if direct else "",
                peak,
            ])  # fmt: skip
        return plain(headers, rows)


def precision_of(config: Config) -> str:
    """Returns the precision of a configuration's products."""
    return getattr(config, "precision", "float32")


def _direct_table(results: Mapping[str, Result]) -> str:
    headers = ["stage", "direct form", "ms", "run", "gain", "peak MB"]
    rows = []
    for result in results.values():
        for each in result.direct:
            peak = each.timing.peak_bytes
            whole = not each.piece
            rows.append([
                result.title, each.name, ("" if whole else "~") + _ms(each.timing.median),
                "whole" if whole else f"{each.piece}, × {_short(each.times)}",
                f"{each.timing.median / result.seconds:.1f}", f"{peak / _MEGA:.0f}" if peak else "",
            ])  # fmt: skip
    return plain(headers, rows)


def _ms(seconds: float) -> str:
    return _short(seconds * 1e3)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
