"""Handles signals that ask a program to stop, without loss of work.

Python may call a handler anywhere, even in the callback of a weak reference, where it drops an
exception. The handler here therefore records the signal too, and work that can be resumed checks
for it between two steps.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STATUS = 128  # plus a signal's number: the exit status that shells report
_NOTICE = b"\nstopping after this step and a checkpoint; a second signal stops at once\n"


class Interrupted(KeyboardInterrupt):
    """Raised when a signal asks the program to stop.

    Attributes:
      exit_status: 128 plus the signal's number, as shells report it.
    """

    def __init__(self, number: int):
        super().__init__(f"signal {number}")
        self.exit_status = _STATUS + number


def end_quietly() -> None:
    """Makes Ctrl-C end this process with one line and status 130, without a traceback.

    For the start and the end of a program, outside `Interruption.signals`, when there is nothing to
    save. SIGTERM and SIGHUP keep their default action. An ignored SIGINT stays ignored (nohup).
    """

    def end(number: int, frame: object) -> None:
        with contextlib.suppress(OSError):  # print and exceptions are not safe in a handler
            os.write(2, b"error: interrupted\n")
        os._exit(_STATUS + number)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, end)


class Interruption:
    """Records whether a signal has asked this process to stop.

    Without `signals`, as in a notebook, no handler is installed and Ctrl-C has Python's default.
    """

    def __init__(self) -> None:
        self._number: int | None = None
        self._deferred = self._again = False

    @property
    def asked(self) -> bool:
        """Whether a stop was requested."""
        return self._number is not None

    def ask(self, number: int = signal.SIGINT) -> None:
        """Requests a stop, with the same effect as a recorded signal of this number."""
        self._number = number

    def raise_if_asked(self) -> None:
        """Raises `Interrupted` if a stop was requested."""
        if self._number is not None:
            raise Interrupted(self._number)

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """Makes signals in the block set `asked` without raising; the block must check it."""
        with self._deferring(True):
            yield

    @contextlib.contextmanager
    def immediate(self) -> Iterator[None]:
        """Makes signals raise within `deferred`, for a block that changes nothing.

        An exception that is lost (in the callback of a weak reference) leaves `asked` set.
        """
        with self._deferring(False):
            self.raise_if_asked()
            yield

    @contextlib.contextmanager
    def _deferring(self, value: bool) -> Iterator[None]:
        before, self._deferred = self._deferred, value
        try:
            yield
        finally:
            self._deferred = before

    @contextlib.contextmanager
    def signals(self, again: bool = False) -> Iterator[None]:
        """Handles SIGINT, SIGTERM and SIGHUP in the block; does nothing outside the main thread.

        The first signal raises `Interrupted`, or only sets `asked` inside `deferred`. The second
        has the default action: it ends the process at once, even in native code. Ignored signals
        stay ignored (nohup).

        Args:
          again: whether later signals raise too, for a block that must end child processes.
        """
        self._again = again
        before = {}
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    before[number] = signal.signal(number, self._handle)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            self._number = None

    def _handle(self, number: int, frame: object) -> None:
        for each in () if self._again else _SIGNALS:
            if signal.getsignal(each) == self._handle:
                signal.signal(each, signal.SIG_DFL)
        self.ask(number)
        if not self._deferred:
            self.raise_if_asked()
        with contextlib.suppress(OSError):  # print is not safe in a handler
            os.write(2, _NOTICE)


PROCESS = Interruption()  # signals are sent to a process, not to a run
