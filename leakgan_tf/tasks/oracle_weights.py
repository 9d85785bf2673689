"""The published oracle's weights, read from their file without running anything in it."""

import hashlib
import pickle
from pathlib import Path

import numpy as np

from leakgan_tf.utils.errors import UserError

GATES = ("input", "forget", "output", "cell")
KERAS_GATES = ("input", "forget", "cell", "output")  # the order of the columns in LSTMCell
# The order in which the authors' pickle lists its arrays.
NAMES = (
    "embedding",
    *(f"lstm/{gate}/{part}" for gate in GATES for part in ("kernel", "recurrent", "bias")),
    "output/kernel",
    "output/bias",
)


def read_parameters(path: str | Path) -> tuple[dict[str, np.ndarray], str]:
    """Reads published oracle weights from ``.npz``, or from their authors' Python 2 pickle.

    Returns:
      The arrays by `NAMES`, and the SHA-256 of the weights, whatever file they came in.

    Raises:
      UserError: the file is missing, is neither, lacks an array, or has wrong shapes.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"oracle file {path} does not exist")
    try:
        arrays = _read_pickle(path) if path.suffix == ".pkl" else _read_npz(path)
    except UserError:
        raise
    except Exception as error:  # damaged files raise nearly anything
        raise UserError(f"oracle file {path} cannot be read: {error}") from error
    _check_shapes(path, arrays)
    digest = hashlib.sha256()
    for name in NAMES:
        digest.update(np.ascontiguousarray(arrays[name], "<f4").tobytes())
    return arrays, digest.hexdigest()


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        missing = [name for name in NAMES if name not in stored.files]
        if missing:
            raise UserError(f"oracle file {path} lacks the array {missing[0]!r}")
        return {name: np.asarray(stored[name], np.float32) for name in NAMES}


class _ArraysOnly(pickle.Unpickler):
    """An unpickler that knows arrays of numbers and nothing that could run."""

    def find_class(self, module: str, name: str):
        """Returns NumPy's constructors of arrays; refuses all else."""
        if (module, name) == ("numpy", "ndarray"):
            return np.ndarray
        if (module, name) == ("numpy", "dtype"):
            return _numeric_dtype
        if name == "_reconstruct" and module in (
            "numpy.core.multiarray", "numpy._core.multiarray",
        ):  # fmt: skip
            return _empty_array
        if (module, name) == ("_codecs", "encode"):  # how Python 3 pickles bytes for protocol 2
            return _latin_bytes
        raise UserError(f"the pickle holds {module}.{name}, not only arrays of numbers")


def _empty_array(subtype, shape, code) -> np.ndarray:
    return np.ndarray.__new__(np.ndarray, (0,), "b")


def _numeric_dtype(code, *_) -> np.dtype:
    dtype = np.dtype(code)
    if dtype.kind not in "fiu":
        raise UserError("the pickle holds arrays of something other than numbers")
    return dtype


def _latin_bytes(text: str, encoding: str) -> bytes:
    return text.encode("latin-1")


def _read_pickle(path: Path) -> dict[str, np.ndarray]:
    with path.open("rb") as stream:
        values = _ArraysOnly(stream, encoding="latin-1").load()
    if not isinstance(values, list | tuple) or len(values) != len(NAMES):
        raise UserError(f"oracle file {path} does not hold a list of {len(NAMES)} arrays")
    return {name: np.asarray(value, np.float32) for name, value in zip(NAMES, values, strict=True)}


def _check_shapes(path: Path, arrays: dict[str, np.ndarray]) -> None:
    if arrays["embedding"].ndim != 2 or arrays["output/kernel"].ndim != 2:
        raise UserError(f"oracle file {path}: embedding and output/kernel must be matrices")
    vocab_size, embedding = arrays["embedding"].shape
    hidden = arrays["output/kernel"].shape[0]
    expected = {"embedding": (vocab_size, embedding), "output/kernel": (hidden, vocab_size),
                "output/bias": (vocab_size,)}  # fmt: skip
    for gate in GATES:
        expected[f"lstm/{gate}/kernel"] = (embedding, hidden)
        expected[f"lstm/{gate}/recurrent"] = (hidden, hidden)
        expected[f"lstm/{gate}/bias"] = (hidden,)
    for name, shape in expected.items():
        if arrays[name].shape != shape:
            raise UserError(f"oracle file {path}: {name} is {arrays[name].shape}, not {shape}")
        if not np.isfinite(arrays[name]).all():
            raise UserError(f"oracle file {path}: {name} has values that are not finite")
