"""Creates and replaces folders atomically.

Two renames replace a folder: the old one is set aside, the new one takes its name. A process that
is killed between them leaves no folder of that name; `recover_folder` restores the old one.
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

    An existing folder ``path`` is replaced. After any failure ``path`` is unchanged.

    Raises:
      UserError: the folder cannot be created, for example because the disk is full.
    """
    mark = uuid.uuid4().hex[:8]
    temporary, retired = _beside(path, mark, "part"), _beside(path, mark, "old")
    new_parents = [parent for parent in path.parents if not parent.exists()]
    lock = None
    try:
        temporary.mkdir(parents=True)
        with contextlib.suppress(OSError):  # a file system without locks
            lock = _lock(temporary)  # tells `recover_folder` that the folder is in use
        yield temporary
        _replace(path, temporary, retired)
    except OSError as error:
        raise UserError(f"cannot create {path}: {error.strerror or error}") from error
    finally:
        if path.exists() or not retired.exists():
            shutil.rmtree(temporary, ignore_errors=True)
            shutil.rmtree(retired, ignore_errors=True)
        if lock is not None:
            os.close(lock)
        for parent in new_parents:
            with contextlib.suppress(OSError):  # not empty: it contains ``path`` now
                parent.rmdir()


def recover_folder(path: Path) -> None:
    """Restores a folder that a killed process set aside, and removes its temporary folders.

    Folders of a running process are locked, and stay. Without write access it has no effect.
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
    except OSError:  # in use, or read-only
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
    """Locks a folder and returns its descriptor; ``OSError`` if another process has the lock."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(handle)
        raise
    return handle
