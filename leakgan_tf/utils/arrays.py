"""Reads NumPy's ``.npz`` archives from anywhere: nothing is run, allocated or returned unchecked.

``numpy.load`` returns a bare array or raises nearly anything on a damaged archive, and allocates
what a header declares. Here, every header is compared with the bytes that are there first.
"""

import math
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

from leakgan_tf.utils.errors import UserError

_NUMBERS = "biuf"  # kinds of dtype: booleans, whole numbers, floats
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # of numpy.savez, savez_compressed
_ENCRYPTED = 0x1  # a member's flag
_MOST_MEMBERS = 10_000
_HARMLESS_BYTES = 2**28  # once unpacked
_MOST_PACKED = 100  # bytes unpacked from one; zeros pack 1000 to one, data 2 to 20


def read_arrays(
    path: str | Path, what: str, names: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """Returns the arrays of numbers in an ``.npz`` file by name.

    Args:
      path: the file.
      what: what it should be, for messages: "a checkpoint".
      names: arrays that are read, and must be there; all of the file without it.

    Raises:
      UserError: the file is missing or damaged, is something else, or lacks an array.
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
    """Returns the members by their arrays' names; ``ValueError`` if one cannot be of NumPy's."""
    found: dict[str, zipfile.ZipInfo] = {}
    infos = archive.infolist()
    if len(infos) > _MOST_MEMBERS:
        raise ValueError(f"more than {_MOST_MEMBERS:,} members")
    for info in infos:
        name = info.filename.removesuffix(".npy")
        if name == info.filename or name in found:
            raise ValueError(f"member {info.filename!r} is no array, or is there twice")
        if info.flag_bits & _ENCRYPTED or info.compress_type not in _COMPRESSIONS:
            raise ValueError(f"member {info.filename!r} is encrypted or compressed otherwise")
        found[name] = info
    unpacked = sum(info.file_size for info in infos)
    if unpacked > max(_HARMLESS_BYTES, _MOST_PACKED * size):
        raise ValueError(f"its {size:,} bytes declare {unpacked:,}")
    return found


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """Returns a member's array; ``ValueError`` if its header and its bytes contradict."""
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
        stream.read(1)  # at the end, the checksum is compared
    return array


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(stream)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError(f"an array of format version {version}")
    shape, _, dtype = readers[version](stream)
    if dtype.kind not in _NUMBERS or dtype.hasobject or dtype.subdtype is not None:
        raise ValueError(f"an array of {dtype}, not of numbers")
    return shape, dtype
