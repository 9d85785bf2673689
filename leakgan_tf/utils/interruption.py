"""Signals that ask a program to stop: noticed at once, obeyed where nothing is lost.

A handler that raises may be called in the middle of anything, in the callback of a weak reference
too, where Python drops the exception. The handler here keeps the signal in mind, and work that can
be stopped and resumed looks for it between two steps.
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
    """A signal asked the program to end.

    Attributes:
      exit_status: 128 and the signal's number, as shells report it.
    """

    def __init__(self, number: int):
        super().__init__(f"signal {number}")
        self.exit_status = _STATUS + number


def end_quietly() -> None:
    """Lets Ctrl-C end this process with one line and status 130 wherever it is, from now on.

    For a program's first and last moments, outside `Interruption.signals`, when there is nothing to
    save: Python's own handler would print where it was. SIGTERM and SIGHUP end it as they are.
    A SIGINT that is ignored stays so, as nohup has it.
    """

    def end(number: int, frame: object) -> None:
        with contextlib.suppress(OSError):  # no print and no exception: it may be anywhere
            os.write(2, b"error: interrupted\n")
        os._exit(_STATUS + number)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, end)


class Interruption:
    """Whether a signal has asked this process to stop.

    Without `signals`, in a notebook say, nothing is installed and Ctrl-C is Python's own.
    """

    def __init__(self) -> None:
        self._number: int | None = None
        self._deferred = self._again = False

    @property
    def asked(self) -> bool:
        """Whether a signal came."""
        return self._number is not None

    def ask(self, number: int = signal.SIGINT) -> None:
        """Asks to stop, as a signal of this number does."""
        self._number = number

    def raise_if_asked(self) -> None:
        """Raises `Interrupted` if a signal came."""
        if self._number is not None:
            raise Interrupted(self._number)

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """Lets signals in the block set `asked` only: the block has to look at it."""
        before, self._deferred = self._deferred, True
        try:
            yield
        finally:
            self._deferred = before

    @contextlib.contextmanager
    def signals(self, again: bool = False) -> Iterator[None]:
        """Handles SIGINT, SIGTERM and SIGHUP in the block; does nothing outside the main thread.

        The first raises `Interrupted`, or sets `asked` where that is deferred. The second ends the
        process as if it had no handler: at once, even while no Python runs. Signals that are
        ignored stay so, as nohup has it.

        Args:
          again: whether the second raises as the first did, for a block that has children to end.
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
        with contextlib.suppress(OSError):  # no print: it may be in the middle of one
            os.write(2, _NOTICE)


PROCESS = Interruption()  # signals come to a process, not to a run
