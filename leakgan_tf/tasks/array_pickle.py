"""Reads a pickled list of NumPy arrays without executing code from the pickle.

Python's C unpickler allocates as much memory as a memo index demands, and NumPy's constructors
accept flags that turn an array of bytes into one of objects. This reader supports only the
operations that a list of arrays needs, and creates plain records in place of NumPy's objects. It
converts records to arrays at the end, if their dtype is numeric and their size matches their bytes.
"""

import io
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import read_bytes

_MOST_BYTES = 2**27  # largest file; the published one has 4 MB
_MOST_READS = 100_000  # about one per operation; the published file needs 526
_DTYPES = frozenset({"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"})
_OPERATIONS = b"".join(
    (
        pickle.PROTO, pickle.STOP, pickle.MARK, pickle.GLOBAL, pickle.STACK_GLOBAL, pickle.REDUCE,
        pickle.BUILD, pickle.TUPLE, pickle.EMPTY_TUPLE, pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3,
        pickle.LIST, pickle.EMPTY_LIST, pickle.APPEND, pickle.APPENDS, pickle.NONE, pickle.NEWTRUE,
        pickle.NEWFALSE, pickle.INT, pickle.BININT, pickle.BININT1, pickle.BININT2, pickle.LONG,
        pickle.LONG1, pickle.STRING, pickle.BINSTRING, pickle.SHORT_BINSTRING, pickle.UNICODE,
        pickle.BINUNICODE, pickle.SHORT_BINUNICODE, pickle.BINUNICODE8, pickle.BINBYTES,
        pickle.SHORT_BINBYTES, pickle.BINBYTES8, pickle.PUT, pickle.BINPUT, pickle.LONG_BINPUT,
        pickle.MEMOIZE, pickle.GET, pickle.BINGET, pickle.LONG_BINGET,
    )
)  # fmt: skip


def read_pickled_arrays(path: Path, count: int) -> list[np.ndarray]:
    """Returns the numeric arrays in a pickled list or tuple, of any protocol up to 4.

    Args:
      path: the file.
      count: expected number of arrays.

    Raises:
      UserError: the file is missing, damaged, or contains anything else.
    """
    content = read_bytes(path, "pickled arrays", _MOST_BYTES)
    try:
        values = _ArraysOnly(_Counted(content), encoding="latin-1").load()
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    except KeyError as error:  # an unsupported operation, or a missing memo entry
        raise UserError(f"{path} contains something other than arrays of numbers") from error
    except Exception as error:  # damaged files raise nearly anything
        reason = str(error) or type(error).__name__
        raise UserError(f"{path} cannot be read as pickled arrays: {reason}") from error
    if not isinstance(values, list | tuple) or len(values) != count:
        raise UserError(f"{path} is not a pickled list of {count} arrays")
    return [_array(value, f"{path}: item {place}") for place, value in enumerate(values)]


class _Counted(io.BytesIO):
    """A file with a limited number of reads, which bounds the number of operations."""

    reads = 0

    def _count(self) -> None:
        self.reads += 1
        if self.reads > _MOST_READS:
            raise UserError("the pickle has too many operations for a list of arrays")

    def read(self, size: int | None = -1) -> bytes:
        self._count()
        return super().read(size)

    def readline(self, size: int | None = -1) -> bytes:
        self._count()
        return super().readline(size)


class _Record:
    """The arguments of a constructor in the pickle, and the state that is set afterwards."""

    state: Any = None

    def __init__(self, *arguments: Any):
        self.arguments = arguments

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _ArrayRecord(_Record):
    pass


class _DtypeRecord(_Record):
    pass


class _BytesRecord(_Record):
    """Bytes as Python 3 pickles them for protocol 2: text to be encoded."""


_CONSTRUCTORS = {
    ("numpy", "ndarray"): _Record,
    ("numpy", "dtype"): _DtypeRecord,
    ("numpy.core.multiarray", "_reconstruct"): _ArrayRecord,
    ("numpy._core.multiarray", "_reconstruct"): _ArrayRecord,
    ("_codecs", "encode"): _BytesRecord,
}


class _ArraysOnly(pickle._Unpickler):
    """Python's unpickler, limited to the operations and constructors of a list of arrays."""

    dispatch = {code: pickle._Unpickler.dispatch[code] for code in _OPERATIONS}  # noqa: RUF012

    def _skip_frame(self) -> None:
        self.read(8)  # type: ignore[attr-defined]  # its length: the whole file is in memory

    dispatch[pickle.FRAME[0]] = _skip_frame  # type: ignore[assignment]

    def find_class(self, module: str, name: str) -> type:
        """Returns the record of a NumPy constructor; raises ``UserError`` for any other name."""
        if (module, name) not in _CONSTRUCTORS:
            raise UserError(f"the pickle contains {module}.{name}, not only arrays of numbers")
        return _CONSTRUCTORS[module, name]


def _array(value: Any, where: str) -> np.ndarray:
    """Returns the array that a record describes; raises ``UserError`` if it is not numeric."""
    if not isinstance(value, _ArrayRecord):
        raise UserError(f"{where} is not an array")
    try:
        _, shape, dtype, fortran, data = value.state
        dtype = _dtype(dtype)
        if isinstance(data, _BytesRecord):
            data = data.arguments[0]
        raw = data.encode("latin-1") if isinstance(data, str) else data
        sizes = [int(size) for size in shape]
        if min(sizes, default=0) < 0 or math.prod(sizes) * dtype.itemsize != len(raw):
            raise UserError(f"it has {len(raw):,} bytes, which do not fit {dtype} {shape}")
        flat = np.frombuffer(raw, dtype)
        return flat.reshape(sizes, order="F" if fortran else "C")
    except UserError as error:
        raise UserError(f"{where}: {error}") from error
    except (TypeError, ValueError, IndexError, AttributeError) as error:
        raise UserError(f"{where} is not an array of numbers: {error}") from error


def _dtype(record: Any) -> np.dtype:
    """Returns the dtype that a record describes; its state may only set the byte order."""
    if not isinstance(record, _DtypeRecord) or record.arguments[0] not in _DTYPES:
        raise UserError("it contains an array of something other than numbers")
    _, order, *rest = record.state
    if order not in ("<", ">", "|", "=") or tuple(rest) != (None, None, None, -1, -1, 0):
        raise UserError("it contains an array of something other than numbers")
    return np.dtype(record.arguments[0]).newbyteorder(order)
