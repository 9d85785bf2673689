"""Commands run as several processes at a time; one that dies leaves the others alone.

Knows nothing of what the commands do, but for the percentage that a progress bar in their output
shows. No pool of workers: a child that is killed breaks such a pool, with all that waits in it.
"""

import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from leakgan_tf.utils.errors import UserError

_LOOK = 0.1  # seconds between two looks at the children
_PAUSE = 0.5  # seconds between two looks of the bar on a terminal
_PAUSE_IN_FILES = 30.0  # and where its every look is a line of a file
_TAIL = 8192  # bytes of a log's end that are read
_PERCENT = re.compile(rb"(\d+)%\|")  # as tqdm writes it


@dataclass(frozen=True)
class Job:
    """A command to be run.

    Attributes:
      name: names its log, and is how it is told of.
      command: the program and its words.
      kind: jobs of one kind are taken to need about the same time.
      after: names of jobs that must have ended well before; others than those run count as done.
    """

    name: str
    command: tuple[str, ...]
    kind: str = ""
    after: tuple[str, ...] = ()


def cores() -> int:
    """Returns how many of the machine's cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def shared_environment(at_once: int) -> dict[str, str]:
    """Returns the environment of each of `at_once` children: its share of the cores.

    What the user has set stays. TensorFlow's threads would else be as many as there are cores in
    every child; and the first child would take all of a GPU's memory.
    """
    share = str(max(cores() // at_once, 1))
    own = {
        "TF_NUM_INTRAOP_THREADS": share,
        "TF_NUM_INTEROP_THREADS": share,
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "PYTHONUNBUFFERED": "1",  # else a kill would take the log's last lines with it
    }
    return {**own, **os.environ}


def run_jobs(
    jobs: Sequence[Job], at_once: int, logs: Path, environment: Mapping[str, str]
) -> dict[str, str]:
    """Runs all jobs, in order as far as `Job.after` allows, and tells how they fare.

    Args:
      jobs: what is run; names differ.
      at_once: the most at a time.
      logs: the folder of their outputs, NAME.log each, appended to.
      environment: of the children.

    Returns:
      Why a job failed, a line each by name; empty if all ended with status 0.

    Raises:
      KeyboardInterrupt: SIGINT, SIGTERM or SIGHUP came; all children have ended.
      UserError: a log cannot be written or a command cannot be started; likewise.
    """
    with _Stop() as stop:
        crew = _Crew(jobs, at_once, logs, environment)
        try:
            while crew.busy() and not stop.asked:
                crew.look()
                time.sleep(_LOOK)
        finally:
            crew.end(stop)
        if stop.asked:
            raise KeyboardInterrupt
    return crew.failed


class _Stop:
    """Counts the signals that ask the program to end, instead of raising wherever it is."""

    def __init__(self):
        self.asked = 0
        self._before = {}

    def __enter__(self) -> "_Stop":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:  # as nohup has it
                self._before[number] = signal.signal(number, self._count)
        return self

    def _count(self, number, frame) -> None:
        self.asked += 1

    def __exit__(self, *exception) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


class _Child:
    """A job's process and its log."""

    def __init__(self, job: Job, logs: Path, environment: Mapping[str, str]):
        self.job = job
        self.log = logs / f"{job.name}.log"
        self._begin = time.monotonic()
        try:
            logs.mkdir(parents=True, exist_ok=True)
            with self.log.open("ab") as stream:
                self._offset = stream.tell()  # what stands before is of an earlier start
                # A session of its own: Ctrl-C reaches the parent, which tells its children.
                self._process = subprocess.Popen(
                    job.command,
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                    env=dict(environment),
                    start_new_session=True,
                )
        except OSError as error:
            raise UserError(
                f"cannot start {job.name}, whose log is {self.log}: {error.strerror}"
            ) from error

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begin

    def done(self) -> float:
        """Returns the share of its work that its own progress bar has shown last."""
        found = _PERCENT.findall(self._tail())
        return int(found[-1]) / 100 if found else 0.0

    def tell(self, number: int) -> None:
        """Sends a signal."""
        self._process.send_signal(number)  # does nothing if it has ended

    def failure(self) -> str:
        """Returns why it failed, "" if it did not."""
        status = self._process.returncode
        if status == 0:
            return ""
        if status < 0:
            name = _signal_name(-status)
            return f"killed by {name}" + " (too little memory?)" * (name == "SIGKILL")
        lines = [
            line.decode("utf-8", "replace").strip()
            for line in re.split(rb"[\r\n]+", self._tail())
            if line.strip() and not _PERCENT.search(line)
        ]
        errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
        return [f"status {status}", *lines[-1:], *errors[-1:]][-1]

    def _tail(self) -> bytes:
        try:
            with self.log.open("rb") as stream:
                size = stream.seek(0, os.SEEK_END)
                stream.seek(max(self._offset, size - _TAIL))
                return stream.read()
        except OSError:  # somebody has removed the log
            return b""


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # one of the nameless ones
        return f"signal {number}"


class _Crew:
    """Jobs that wait, run, and have ended."""

    def __init__(
        self, jobs: Sequence[Job], at_once: int, logs: Path, environment: Mapping[str, str]
    ):
        self._jobs = list(jobs)
        self._waiting = list(jobs)
        self._running: list[_Child] = []
        self._took: dict[str, float] = {}  # seconds of those that ended well
        self.failed: dict[str, str] = {}
        self._at_once, self._logs, self._environment = at_once, logs, environment
        self._bar = tqdm(
            total=len(self._jobs),
            unit="run",
            bar_format="{percentage:3.0f}%|{bar}| {desc}",
        )
        self._pause = _PAUSE if sys.stderr.isatty() else _PAUSE_IN_FILES
        self._shown = float("-inf")

    def busy(self) -> bool:
        """Returns whether anything is left to do."""
        return bool(self._waiting or self._running)

    def look(self) -> None:
        """Takes in those that have ended, starts as many as may run, shows the bar."""
        for child in [child for child in self._running if not child.running]:
            self._running.remove(child)
            self._ended(child)
        while len(self._running) < self._at_once and (job := self._next()):
            self._running.append(_Child(job, self._logs, self._environment))
            tqdm.write(f"{job.name} begins; its log: {self._running[-1].log}")
        if time.monotonic() - self._shown >= self._pause:
            self._show()

    def end(self, stop: _Stop) -> None:
        """Ends what still runs: with SIGTERM, with SIGKILL if asked for a second time."""
        asked = stop.asked
        if self._running:
            names = ", ".join(child.job.name for child in self._running)
            tqdm.write(f"stopping {names}; a second Ctrl-C kills")
        for child in self._running:
            child.tell(signal.SIGTERM)
        while any(child.running for child in self._running):
            if stop.asked > asked:
                for child in self._running:
                    child.tell(signal.SIGKILL)
            time.sleep(_LOOK)
        if stop.asked:
            left = len(self._jobs) - len(self._took)
            tqdm.write(f"stopped; the same command goes on with {left} of {len(self._jobs)} runs")
        self._show(last=True)
        self._bar.close()

    def _next(self) -> Job | None:
        """Takes out the first job that can be started now; those that never can be, fail."""
        for job in list(self._waiting):
            lost = [name for name in job.after if name in self.failed]
            if lost:
                self._waiting.remove(job)
                self._fail(job, f"not started: it needs {' and '.join(lost)}")
            elif not self._unfinished().intersection(job.after):
                self._waiting.remove(job)
                return job
        return None

    def _unfinished(self) -> set[str]:
        return {job.name for job in [*self._waiting, *(child.job for child in self._running)]}

    def _ended(self, child: _Child) -> None:
        reason = child.failure()
        if reason:
            self._fail(child.job, reason, f"; its log: {child.log}")
            return
        self._took[child.job.name] = child.seconds
        tqdm.write(f"{child.job.name} has ended after {tqdm.format_interval(child.seconds)}")

    def _fail(self, job: Job, reason: str, more: str = "") -> None:
        self.failed[job.name] = reason
        tqdm.write(f"{job.name} did not finish: {reason}{more}")

    def _show(self, last: bool = False) -> None:
        self._shown = time.monotonic()
        shares = {child.job.name: (child.seconds, child.done()) for child in self._running}
        ended = len(self._took) + len(self.failed)
        self._bar.n = ended + sum(share for _, share in shares.values())
        told = f"{ended}/{len(self._jobs)} runs"
        if not last:
            left = time_left(self._jobs, self._took, self.failed, shares, self._at_once)
            told += f", {len(shares)} running, {left} left"
        self._bar.set_description_str(told, refresh=False)
        self._bar.refresh()


def time_left(
    jobs: Sequence[Job],
    took: Mapping[str, float],
    failed: Mapping[str, str],
    running: Mapping[str, tuple[float, float]],
    at_once: int,
) -> str:
    """Returns the time that jobs will take, by those of their kind; "?" before any can be guessed.

    Args:
      jobs: all of them.
      took: seconds of those that have ended well, by name.
      failed: those that have failed, by name.
      running: seconds so far and the share done of those that run, by name.
      at_once: how many run at a time.
    """
    whole = {**took, **{name: s / share for name, (s, share) in running.items() if share > 0}}
    kinds: dict[str, list[float]] = {}
    for job in jobs:
        if job.name in whole:
            kinds.setdefault(job.kind, []).append(whole[job.name])
    if not kinds:
        return "?"
    medians = {kind: statistics.median(seconds) for kind, seconds in kinds.items()}
    unknown = statistics.fmean(medians.values())
    left = []
    for job in jobs:
        if job.name not in took and job.name not in failed:
            guess = whole.get(job.name, medians.get(job.kind, unknown))
            left.append(max(guess - running.get(job.name, (0.0, 0.0))[0], 0.0))
    # No schedule is shorter than its longest job, nor than its work evenly shared.
    return tqdm.format_interval(max([sum(left) / at_once, *left], default=0.0))
