"""Files: written whole or not at all, and checked when they are read."""

import contextlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.schema import check, parse_json

MOST_BYTES = 2**28  # of a file that is read at once


def refuse_existing(path: str | Path, overwrite: bool = False) -> Path:
    """Returns ``path``; raises ``UserError`` if it exists and may not be overwritten."""
    path = Path(path)
    if path.is_dir():
        raise UserError(f"{path} is a folder, not a file")
    if path.exists() and not overwrite:
        raise UserError(f"{path} exists; give another name or --overwrite")
    return path


@contextlib.contextmanager
def atomic_output(path: str | Path) -> Iterator[Path]:
    """Yields a temporary path beside ``path``; it takes the name ``path`` if the block succeeds.

    After any failure the temporary file is gone and ``path`` is as it was. A full disk, a missing
    permission and the like become a ``UserError`` that names ``path``.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        os.close(handle)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from error
    temporary = Path(name)
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


def write_text(path: str | Path, text: str) -> None:
    """Writes UTF-8 text, whole or not at all."""
    with atomic_output(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | Path, value: Any) -> None:
    """Writes ``value`` as indented JSON, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_bytes(path: str | Path, what: str, most: int = MOST_BYTES) -> bytes:
    """Returns the content of a regular file.

    Args:
      path: the file.
      what: what it should be, for messages: "a run folder".
      most: bytes; a larger file is not read.

    Raises:
      UserError: it is missing, no regular file (a pipe would be waited for), larger, or cannot be
        read.
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
    """Returns the JSON of a file as the annotated type; see `schema.check`.

    Raises:
      UserError: as `read_bytes`, or the file is not JSON of this type.
    """
    return check(parse_json(read_bytes(path, what), str(path)), annotation, str(path))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
