"""Sources of raw sentences with checksums: files, or lists in memory."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from leakgan_tf.data.units import read_units
from leakgan_tf.utils.errors import UserError

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Source:
    """Numbered lines of text.

    Attributes:
      name: name in messages and records.
      read: returns a new iterator of (line number from 1, stripped line) at each call.
      sha256: hexadecimal checksum of the content.
      notes: remarks for the record, one line each, such as files left out and the reason.
    """

    name: str
    read: Callable[[], Iterator[tuple[int, str]]]
    sha256: str
    notes: tuple[str, ...] = ()


def file_sha256(path: str | Path) -> str:
    """Returns the hexadecimal SHA-256 of a file; ``UserError`` if it cannot be read."""
    digest = hashlib.sha256()
    if Path(path).exists() and not Path(path).is_file():  # reading a pipe could block
        raise UserError(f"{path} cannot be read: not a regular file")
    try:
        with open(path, "rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                digest.update(block)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    return digest.hexdigest()


def file_source(
    path: str | Path, column: str = "", encoding: str = "", split: str = "lines"
) -> Source:
    """Returns a text file, plain or gzip, as a source; arguments as in `read_units`.

    Raises:
      UserError: the file is missing, unreadable, or not a regular file (it is read twice).
    """
    if Path(path).is_dir():
        raise UserError(f"{path} is a folder: give its files, one by one")
    return Source(str(path), lambda: read_units(path, column, encoding, split), file_sha256(path))


def generated_source(name: str, sentences: Sequence[str], notes: tuple[str, ...] = ()) -> Source:
    """Returns sentences in memory as a source; its checksum is that of the same text file."""
    digest = hashlib.sha256("".join(f"{line}\n" for line in sentences).encode("utf-8"))
    return Source(name, lambda: iter(enumerate(sentences, 1)), digest.hexdigest(), notes)
