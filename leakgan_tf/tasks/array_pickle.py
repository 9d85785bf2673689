"""Reads a pickled list of NumPy arrays without running, or allocating, what the pickle asks for.

Python's own unpickler in C reserves as much memory as a memo's index says, and NumPy's
constructors take flags that make an array of bytes one of objects. So this reader knows only the
operations of a list of arrays, puts plain records in the place of NumPy's objects, and makes
arrays of them at the end, where each is one of numbers whose bytes are there.
"""

import io
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import read_bytes

_MOST_BYTES = 2**27  # of the file; the published one has 4 MB
_MOST_READS = 100_000  # about one an operation; the published file takes 526
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
    """Returns the arrays of numbers in a pickled list or tuple of them, of any protocol to 4.

    Args:
      path: the file.
      count: how many arrays it must hold.

    Raises:
      UserError: it is damaged, or holds anything else.
    """
    content = read_bytes(path, "pickled arrays", _MOST_BYTES)
    try:
        values = _ArraysOnly(_Counted(content), encoding="latin-1").load()
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    except KeyError as error:  # an operation that is not in `dispatch`, or in no memo
        raise UserError(f"{path} contains something other than arrays of numbers") from error
    except Exception as error:  # damaged files raise nearly anything
        reason = str(error) or type(error).__name__
        raise UserError(f"{path} cannot be read as pickled arrays: {reason}") from error
    if not isinstance(values, list | tuple) or len(values) != count:
        raise UserError(f"{path} is not a list of {count} arrays")
    return [_array(value, f"{path}: item {place}") for place, value in enumerate(values)]


class _Counted(io.BytesIO):
    """A file that can be read so often only: operations cost time."""

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
    """What the pickle calls a constructor with, and the state that it sets."""

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
    """How Python 3 pickles bytes for protocol 2: text, to be encoded."""


_CONSTRUCTORS = {
    ("numpy", "ndarray"): _Record,
    ("numpy", "dtype"): _DtypeRecord,
    ("numpy.core.multiarray", "_reconstruct"): _ArrayRecord,
    ("numpy._core.multiarray", "_reconstruct"): _ArrayRecord,
    ("_codecs", "encode"): _BytesRecord,
}


class _ArraysOnly(pickle._Unpickler):
    """The unpickler in Python, with the operations and constructors of a list of arrays."""

    dispatch = {code: pickle._Unpickler.dispatch[code] for code in _OPERATIONS}  # noqa: RUF012

    def _skip_frame(self) -> None:
        self.read(8)  # type: ignore[attr-defined]  # its length: the whole file is in memory

    dispatch[pickle.FRAME[0]] = _skip_frame  # type: ignore[assignment]

    def find_class(self, module: str, name: str) -> type:
        """Returns the record for one of NumPy's constructors; refuses all else."""
        if (module, name) not in _CONSTRUCTORS:
            raise UserError(f"the pickle contains {module}.{name}, not only arrays of numbers")
        return _CONSTRUCTORS[module, name]


def _array(value: Any, where: str) -> np.ndarray:
    """Returns the array that a record describes; ``UserError`` if it is none of numbers."""
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
            raise UserError(f"it has {len(raw):,} bytes, not those of {dtype} {shape}")
        flat = np.frombuffer(raw, dtype)
        return flat.reshape(sizes, order="F" if fortran else "C")
    except UserError as error:
        raise UserError(f"{where}: {error}") from error
    except (TypeError, ValueError, IndexError, AttributeError) as error:
        raise UserError(f"{where} is not an array of numbers: {error}") from error


def _dtype(record: Any) -> np.dtype:
    """Returns the dtype that a record describes, if its state only gives the byte order."""
    if not isinstance(record, _DtypeRecord) or record.arguments[0] not in _DTYPES:
        raise UserError("it contains an array of something other than numbers")
    _, order, *rest = record.state
    if order not in ("<", ">", "|", "=") or tuple(rest) != (None, None, None, -1, -1, 0):
        raise UserError("it contains an array of something other than numbers")
    return np.dtype(record.arguments[0]).newbyteorder(order)
