"""Times repeated work, and measures the peak memory of the process."""

import contextlib
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
      median, min, max: of the runs.
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
    with contextlib.suppress(OSError):  # the peak stays that of the whole process
        _CLEAR.write_text("5")  # proc(5): resets the peak memory
    first = _seconds(warm_up or work)
    if first < budget:
        (warm_up or work)()  # the second call still settles: threads, memory
    seconds: list[float] = []
    while len(seconds) < repeats and (not seconds or sum(seconds) < budget):
        seconds.append(_seconds(work))
    median = statistics.median(seconds)
    return Timing(median, min(seconds), max(seconds), first, len(seconds), peak_bytes())


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def peak_bytes() -> int | None:
    """Returns the peak memory since it was reset, where the system says it (Linux)."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)
