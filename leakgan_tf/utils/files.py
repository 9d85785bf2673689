"""Reads and writes files: writes are atomic, reads are checked."""

import contextlib
import fcntl
import json
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.schema import check, parse_json

MOST_BYTES = 2**28  # largest file that `read_bytes` reads

_LEFTOVER = re.compile(r"\.(.+)\.[a-z0-9_]{8}\.part", re.DOTALL)  # as `tempfile.mkstemp` names it


def refuse_existing(
    path: str | Path, overwrite: bool = False, inputs: Iterable[tuple[str, str]] = ()
) -> Path:
    """Returns ``path``; raises ``UserError`` if it exists, or no file can be written there.

    Args:
      path: an output file.
      overwrite: whether an existing file may be replaced.
      inputs: (flag, file) for each file that is read: these are never replaced.
    """
    path = Path(path)
    for name, given in inputs:
        if os.path.realpath(path) == os.path.realpath(given):  # a loop of links: refused when read
            raise UserError(f"{path} would replace the --{name} file")
    if path.is_dir():
        raise UserError(f"{path} is a folder, not a file")
    if path.exists() and not path.is_file():  # a device would be replaced by a file
        raise UserError(f"{path} is not a regular file; give another name")
    if path.exists() and not overwrite:
        raise UserError(f"{path} exists; give another name or --overwrite")
    ancestor = next(parent for parent in path.absolute().parents if parent.exists())
    if not ancestor.is_dir() or not os.access(ancestor, os.W_OK | os.X_OK):
        reason = f"{ancestor} is not a folder that can be written to"
        raise UserError(f"cannot write {path}: {reason}")
    return path


@contextlib.contextmanager
def atomic_output(path: str | Path) -> Iterator[Path]:
    """Yields a temporary path beside ``path``; it takes the name ``path`` if the block succeeds.

    After any failure the temporary file is removed and ``path`` is unchanged. An ``OSError`` (disk
    full, no permission) becomes a ``UserError`` that names ``path``. A killed process leaves its
    temporary file; the next output to ``path`` removes it, and so does `remove_leftovers`.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path.parent, lambda name: name == path.name)
        lock, temporary = _temporary(path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from error
    try:
        yield temporary
        with open(temporary, "rb+") as stream:
            os.fsync(stream.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)
        os.close(lock)


def _temporary(path: Path) -> tuple[int, Path]:
    """Returns (open descriptor with a lock, path) of a temporary file for ``path``."""
    while True:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        with contextlib.suppress(OSError):  # a file system without locks never loses its leftovers
            fcntl.flock(handle, fcntl.LOCK_EX)
        if Path(name).exists():
            return handle, Path(name)
        os.close(handle)  # another process took it for a leftover before it was locked


def leftover_of(path: Path) -> str | None:
    """Returns the final name of a temporary file of `atomic_output`; None for other files."""
    found = _LEFTOVER.fullmatch(path.name)
    return found[1] if found else None


def remove_leftovers(folder: Path, of: Callable[[str], bool]) -> None:
    """Removes the temporary files of `atomic_output` that killed processes left in a folder.

    Temporary files of a running process are locked, and stay.

    Args:
      folder: the folder to clean.
      of: maps a file's final name to whether its temporary files are removed.
    """
    with contextlib.suppress(OSError):  # a folder whose files cannot be listed
        for path in list(folder.iterdir()):
            name = leftover_of(path)
            if name is not None and of(name) and path.is_file() and not path.is_symlink():
                _remove_unlocked(path)


def _remove_unlocked(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()


def write_text(path: str | Path, text: str) -> None:
    """Writes UTF-8 text atomically."""
    with atomic_output(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | Path, value: Any) -> None:
    """Writes ``value`` as indented JSON atomically."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_bytes(path: str | Path, what: str, most: int = MOST_BYTES) -> bytes:
    """Returns the content of a regular file.

    Args:
      path: the file.
      what: the expected content, for error messages, such as "a run folder".
      most: largest size in bytes.

    Raises:
      UserError: the file is missing, too large, unreadable, or not a regular file (reading a pipe
        could block).
    """
    try:
        found = Path(path).stat()
        if not stat.S_ISREG(found.st_mode):
            raise UserError(f"{path} cannot be read as {what}: not a regular file")
        if found.st_size > most:
            raise UserError(
                f"{path} cannot be read as {what}: {found.st_size:,} bytes, more than {most:,}"
            )
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise UserError(f"{path} is missing: not {what}") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{path} cannot be read as {what}: {reason}") from error


def read_json(path: str | Path, what: str, annotation: Any = Any) -> Any:
    """Returns the JSON content of a file as the annotated type (`schema.check`).

    Raises:
      UserError: the file cannot be read (`read_bytes`) or is not JSON of this type.
    """
    return check(parse_json(read_bytes(path, what), str(path)), annotation, str(path))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
