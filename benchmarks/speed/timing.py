"""Times repeated work, and measures the peak memory of the process."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Timing:
    """Seconds of the repeated runs of one piece of work.

    Attributes:
      median: of the runs.
      min: of the runs.
      max: of the runs.
      first: of the first call, which compiles and is no run.
      runs: how many.
      peak_bytes: peak memory of the process; None where the system does not say.
    """

    median: float
    min: float
    max: float
    first: float
    runs: int
    peak_bytes: int | None


def measure(
    work: Callable[[], object],
    repeats: int,
    budget: float,
    warm_up: Callable[[], object] | None = None,
) -> Timing:
    """Runs work repeatedly; each call must end only when its result is there.

    Args:
      work: what is timed.
      repeats: the most runs that are timed.
      budget: seconds after which no further run is begun; there is always one run.
      warm_up: what compiles everything that `work` uses, if that needs less work.
    """
    reset_peak()
    begin = time.perf_counter()
    (warm_up or work)()
    first = time.perf_counter() - begin
    if first < budget:
        (warm_up or work)()  # the second call still settles: threads, memory
    seconds: list[float] = []
    while len(seconds) < repeats and (not seconds or sum(seconds) < budget):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return Timing(
        statistics.median(seconds), min(seconds), max(seconds), first, len(seconds), peak_bytes()
    )


def reset_peak() -> None:
    """Resets the peak memory, where the system can (Linux)."""
    try:
        _CLEAR.write_text("5")  # proc(5): resets the peak resident set size
    except OSError:
        return  # the peak stays that of the whole process


def peak_bytes() -> int | None:
    """Returns the peak memory since `reset_peak`, where the system says it."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None
