"""Folders that are made whole or not at all, and replaced without a moment of loss.

Two renames replace a folder: the old one is set aside, the new one takes its name. A process that
is killed between them leaves no folder of that name; `recover_folder` puts the old one back.
"""

import contextlib
import fcntl
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from leakgan_tf.utils.errors import UserError


@contextlib.contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yields a temporary folder beside ``path``; it takes that name if the block succeeds.

    A folder that has the name is replaced. After any failure ``path`` is as it was.

    Raises:
      UserError: the folder cannot be made: the disk is full, say.
    """
    mark = uuid.uuid4().hex[:8]
    temporary, retired = _beside(path, mark, "part"), _beside(path, mark, "old")
    new_parents = [parent for parent in path.parents if not parent.exists()]
    lock = None
    try:
        temporary.mkdir(parents=True)
        with contextlib.suppress(OSError):  # a file system without locks
            lock = _lock(temporary)  # as long as it is held, the folder is no leftover
        yield temporary
        _replace(path, temporary, retired)
    except OSError as error:
        raise UserError(f"cannot make {path}: {error.strerror or error}") from error
    finally:
        if path.exists() or not retired.exists():
            shutil.rmtree(temporary, ignore_errors=True)
            shutil.rmtree(retired, ignore_errors=True)
        if lock is not None:
            os.close(lock)
        for parent in new_parents:
            with contextlib.suppress(OSError):  # not empty: it holds ``path`` now
                parent.rmdir()


def recover_folder(path: Path) -> None:
    """Puts a folder back that a killed process had set aside, and removes what it has left.

    Nothing of a running process is touched. Does nothing where nothing can be written.
    """
    pattern = re.compile(rf"\.{re.escape(path.name)}\.([0-9a-f]{{8}})\.(part|old)", re.DOTALL)
    with contextlib.suppress(OSError):
        names = [found for each in path.parent.iterdir() if (found := pattern.fullmatch(each.name))]
        for mark in {found[1] for found in names}:
            _recover(path, _beside(path, mark, "part"), _beside(path, mark, "old"))


def _recover(path: Path, temporary: Path, retired: Path) -> None:
    lock = None
    try:
        if temporary.is_dir():
            lock = _lock(temporary)
        if retired.is_dir() and not path.exists():
            retired.rename(path)
        for folder in (temporary, retired):
            if not folder.is_symlink():
                shutil.rmtree(folder, ignore_errors=True)
    except OSError:  # in use, or not to be written
        pass
    finally:
        if lock is not None:
            os.close(lock)


def _replace(path: Path, temporary: Path, retired: Path) -> None:
    if path.exists():
        path.rename(retired)
    try:
        temporary.rename(path)
    except OSError:
        if retired.exists():
            retired.rename(path)
        raise


def _beside(path: Path, mark: str, ending: str) -> Path:
    return path.with_name(f".{path.name}.{mark}.{ending}")


def _lock(folder: Path) -> int:
    """Returns a descriptor that holds a folder's lock; raises ``OSError`` if another has it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(handle)
        raise
    return handle
