"""Timing: what is repeated, and what the process needs of memory meanwhile."""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from tqdm import tqdm

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
      peak_bytes: most memory that the process held meanwhile; None where it cannot be told.
    """

    median: float
    min: float
    max: float
    first: float
    runs: int
    peak_bytes: int | None

    def scaled(self, times: float) -> "Timing":
        """Returns the timing of `times` as much work; the first call stays as it was."""
        changed = {name: getattr(self, name) * times for name in ("median", "min", "max")}
        return Timing(**{**asdict(self), **changed})


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
      budget: seconds after which no further run is begun; one run there always is.
      warm_up: what compiles everything that `work` uses, if that is less work.
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


class Progress:
    """A bar over pieces of work that names the present one; quiet where nobody watches.

    Args:
      total: pieces.
      title: in front of the bar.
    """

    def __init__(self, total: int, title: str):
        self._watched = sys.stderr.isatty()
        pause = 0.1 if self._watched else 60.0  # seconds
        self._bar = tqdm(total=total, desc=title, unit="piece", leave=False, mininterval=pause)

    def begin(self, name: str) -> None:
        """Shows what runs now."""
        self._bar.set_postfix_str(name, refresh=self._watched)

    def done(self, told: str = "") -> None:
        """Counts a piece; prints a line above the bar if there is something to tell."""
        if told:
            tqdm.write(told)
        self._bar.update()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()


def reset_peak() -> None:
    """Lets the count of the most memory begin anew, where the system can (Linux)."""
    try:
        _CLEAR.write_text("5")  # proc(5): resets the peak resident set size
    except OSError:
        return  # the peak stays that of the whole process


def peak_bytes() -> int | None:
    """Returns the most memory that the process held since `reset_peak`, if the system tells."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None
