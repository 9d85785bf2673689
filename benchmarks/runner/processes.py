"""Runs commands in several processes at a time; if one fails, the others continue."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.hardware import cores
from leakgan_tf.utils.interruption import Interruption

_TAIL = 8192  # number of bytes read from the end of a log
_BAR = re.compile(r"\d+%\|")  # in a line of a tqdm bar


class Job(NamedTuple):
    """A command to run.

    Attributes:
      name: name of the job and of its log.
      command: the program and its arguments.
      after: names of jobs that must succeed before this one; unknown names are ignored. They come
        before this job in the list of jobs.
    """

    name: str
    command: tuple[str, ...]
    after: tuple[str, ...] = ()


def shared_environment(at_once: int) -> dict[str, str]:
    """Returns the environment of each of `at_once` processes, with its share of the cores.

    Variables set by the user are kept. With TensorFlow's defaults, each process would start a
    thread for each core, and the first process would reserve all memory of a GPU.
    """
    share = str(max((cores() or 1) // at_once, 1))
    own = {
        "TF_NUM_INTRAOP_THREADS": share,
        "TF_NUM_INTEROP_THREADS": share,
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "PYTHONUNBUFFERED": "1",  # keeps the last lines of the log if the process is killed
    }
    return {**own, **os.environ}


class Children:
    """Processes that write to logs, and can be stopped together.

    Args:
      logs: folder of the logs, NAME.log, which are appended to.
      environment: environment of the processes.
    """

    def __init__(self, logs: Path, environment: Mapping[str, str]):
        self._logs, self._environment = logs, dict(environment)
        self._lock = threading.Lock()
        self._running: dict[str, subprocess.Popen] = {}
        self._ended = False

    def run(self, job: Job) -> str:
        """Runs a job to its end; returns the reason of a failure, or ""."""
        log = self._logs / f"{job.name}.log"
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("ab") as stream, self._lock:
                if self._ended:
                    return "not started"
                offset = stream.tell()  # earlier text is of an earlier start
                # A new session: Ctrl-C reaches only the parent, which stops the children.
                process = self._running[job.name] = subprocess.Popen(
                    job.command,
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                    env=self._environment,
                    start_new_session=True,
                )
        except OSError as error:
            raise UserError(f"cannot start {job.name} (log: {log}): {error.strerror}") from error
        tqdm.write(f"{job.name} started; log: {log}")
        status = process.wait()
        with self._lock:
            del self._running[job.name]
        return _failure(status, log, offset)

    def end(self, number: int) -> list[str]:
        """Sends a signal to all running processes, and starts no more; returns their names."""
        with self._lock:
            self._ended = True
            for process in self._running.values():
                process.send_signal(number)
            return sorted(self._running)


def run_jobs(
    jobs: Sequence[Job], at_once: int, logs: Path, environment: Mapping[str, str]
) -> dict[str, str]:
    """Runs all jobs, `at_once` at a time, in order as far as `Job.after` allows.

    Returns:
      {job that failed: reason, one line}; empty if all ended with status 0.

    Raises:
      Interrupted: SIGINT, SIGTERM or SIGHUP came; all processes have ended.
      UserError: a log cannot be written or a command cannot be started; all have ended.
    """
    children = Children(logs, environment)
    futures: dict[str, Future[str]] = {}
    failed: dict[str, str] = {}

    def run(job: Job) -> str:
        # Jobs start in order, so that the jobs in `after` have already started.
        lost = [name for name in job.after if name in futures and futures[name].result()]
        return f"not started: it needs {' and '.join(lost)}" if lost else children.run(job)

    with (
        Interruption().signals(again=True),
        ThreadPoolExecutor(at_once) as pool,
        tqdm(total=len(jobs), unit="run") as bar,
    ):
        try:
            for job in jobs:
                futures[job.name] = pool.submit(run, job)
            names = {future: name for name, future in futures.items()}
            for future in as_completed(names):
                name, reason = names[future], future.result()
                if reason:
                    failed[name] = reason
                tqdm.write(f"{name} did not finish: {reason}" if reason else f"{name} finished")
                bar.update()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            _end(children, list(futures.values()), len(jobs))
            raise
    return failed


def _end(children: Children, futures: Sequence[Future], count: int) -> None:
    """Stops the processes with SIGTERM, or SIGKILL if the program is interrupted again."""
    names = children.end(signal.SIGTERM)
    tqdm.write(f"stopping {', '.join(names)}; a second Ctrl-C kills")
    try:
        for future in futures:
            if not future.cancelled():
                future.exception()  # waits
    except KeyboardInterrupt:
        children.end(signal.SIGKILL)
    good = [each for each in futures if each.done() and not each.cancelled()
            and not each.exception() and not each.result()]  # fmt: skip
    tqdm.write(f"stopped; the same command continues {count - len(good)} of {count} runs")


def _failure(status: int, log: Path, offset: int) -> str:
    """Returns the reason of a failure from a process's status and log; "" for status 0."""
    if status == 0:
        return ""
    if status < 0:
        known = -status in set(signal.Signals)
        name = signal.Signals(-status).name if known else f"signal {-status}"
        return f"killed by {name}" + " (too little memory?)" * (name == "SIGKILL")
    try:
        text = log.read_bytes()[offset:][-_TAIL:].decode("utf-8", "replace")
    except OSError:  # the log has been removed
        text = ""
    lines = [each.strip() for each in re.split(r"[\r\n]+", text)]
    lines = [each for each in lines if each and not _BAR.search(each)]
    errors = [each.removeprefix("error: ") for each in lines if each.startswith("error: ")]
    return [f"status {status}", *lines[-1:], *errors[-1:]][-1] + f" (log: {log})"
