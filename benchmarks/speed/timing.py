"""Times repeated work, with the peak memory of the process."""

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
    """Times of repeated runs in seconds.

    Attributes:
      median, min, max: times of the runs.
      first: time of the first call, which compiles and is not a run.
      runs: number of runs.
      peak_bytes: peak memory of the process; None if the system does not report it.
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
    """Times repeated calls of a function that waits for its result.

    Args:
      work: the function to time.
      repeats: largest number of timed runs.
      budget: seconds after which no further run starts; there is at least one run.
      warm_up: function with less work that compiles everything `work` uses.
    """
    with contextlib.suppress(OSError):  # else the peak is that of the whole process
        _CLEAR.write_text("5")  # proc(5): resets the peak memory
    first = _seconds(warm_up or work)
    if first < budget:
        (warm_up or work)()  # the second call still starts threads and allocates memory
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
    """Returns the peak memory since its reset, if the system reports it (Linux)."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)
