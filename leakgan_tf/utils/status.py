"""Shows on a terminal what a command is doing; writes nothing if standard error is a file."""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from typing import TypeVar

from tqdm import tqdm

_Item = TypeVar("_Item")


@contextlib.contextmanager
def stage(work: str) -> Iterator[None]:
    """Shows what is being done while the block runs, on a line that is cleared after it."""
    _show(work)
    try:
        yield
    finally:
        _show("")


def bar(total: int, work: str) -> tqdm:
    """Returns a bar with the time left, which disappears when it is closed; for ``with``."""
    return tqdm(total=total, desc=work, file=sys.stderr, leave=False, disable=None)


def steps(items: Sequence[_Item], work: str) -> Iterator[_Item]:
    """Yields items with a bar and the time left, which disappears at the end."""
    return iter(tqdm(items, work, file=sys.stderr, leave=False, disable=None))


def _show(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text} …" if text else "\r\x1b[K")
        sys.stderr.flush()
