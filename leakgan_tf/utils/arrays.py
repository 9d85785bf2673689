"""Reads NumPy's ``.npz`` archives from untrusted files.

On a damaged archive, ``numpy.load`` may raise any exception, and it allocates the size that a
header declares. `read_arrays` first compares every header with the size of its member.
"""

import math
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

from leakgan_tf.utils.errors import UserError

_NUMBERS = "biuf"  # dtype.kind: booleans, integers, floats
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # numpy.savez, savez_compressed
_ENCRYPTED = 0x1  # bit of a ZIP member's flags
_MOST_MEMBERS = 10_000
_HARMLESS_BYTES = 2**28  # unpacked size that is always accepted
_MOST_PACKED = 100  # largest ratio of unpacked to packed size; zeros reach 1000, data 2 to 20


def read_arrays(
    path: str | Path, what: str, names: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """Returns the numeric arrays of an ``.npz`` file by name.

    Args:
      path: the file.
      what: the expected content, for error messages, such as "a checkpoint".
      names: arrays to read, all of which must exist; None reads every array.

    Raises:
      UserError: the file is missing, damaged or not an ``.npz`` archive, or lacks an array.
    """
    path = Path(path)
    try:
        if not path.exists():
            raise UserError(f"{path} is missing: not {what}")
        if not path.is_file():
            raise UserError(f"{path} cannot be read as {what}: not a regular file")
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, path.stat().st_size)
            missing = [name for name in names or () if name not in members]
            if missing:
                raise UserError(f"{path} lacks the array {missing[0]!r}: not {what}")
            chosen = members if names is None else {name: members[name] for name in names}
            return {name: _read(archive, member) for name, member in chosen.items()}
    except UserError:
        raise
    except Exception as error:  # damaged files raise nearly anything
        reason = str(error) or type(error).__name__
        raise UserError(f"{path} is damaged or is not {what}: {reason}") from error


def _members(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """Returns the ZIP members by array name; ``ValueError`` if NumPy cannot have written one."""
    found: dict[str, zipfile.ZipInfo] = {}
    infos = archive.infolist()
    if len(infos) > _MOST_MEMBERS:
        raise ValueError(f"more than {_MOST_MEMBERS:,} members")
    for info in infos:
        name = info.filename.removesuffix(".npy")
        if name == info.filename or name in found:
            raise ValueError(f"member {info.filename!r} is not an array or occurs twice")
        if info.flag_bits & _ENCRYPTED or info.compress_type not in _COMPRESSIONS:
            raise ValueError(f"member {info.filename!r} is encrypted or has an unknown compression")
        found[name] = info
    unpacked = sum(info.file_size for info in infos)
    if unpacked > max(_HARMLESS_BYTES, _MOST_PACKED * size):
        raise ValueError(f"its {size:,} bytes declare {unpacked:,} unpacked bytes")
    return found


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """Returns the array of a member; ``ValueError`` if its header contradicts its size."""
    with archive.open(member) as stream:
        shape, dtype = _header(stream)
        declared = math.prod(shape) * dtype.itemsize
        if min(shape, default=0) < 0 or stream.tell() + declared != member.file_size:
            raise ValueError(
                f"array {member.filename!r} declares {dtype} {shape}: not its {member.file_size:,} "
                "bytes"
            )
    with archive.open(member) as stream:
        array = np.lib.format.read_array(stream, allow_pickle=False)
        stream.read(1)  # zipfile compares the checksum at the end of the member
    return array


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(stream)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError(f"array format version {version} is not supported")
    shape, _, dtype = readers[version](stream)
    if dtype.kind not in _NUMBERS or dtype.hasobject or dtype.subdtype is not None:
        raise ValueError(f"an array has the dtype {dtype}, not numbers")
    return shape, dtype
