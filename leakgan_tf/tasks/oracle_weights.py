"""Reads the weights of the published oracle, without executing code from their file."""

import hashlib
from pathlib import Path

import numpy as np

from leakgan_tf.config.config import Config, replace
from leakgan_tf.tasks.array_pickle import read_pickled_arrays
from leakgan_tf.utils.arrays import read_arrays
from leakgan_tf.utils.errors import UserError

GATES = ("input", "forget", "output", "cell")
KERAS_GATES = ("input", "forget", "cell", "output")  # order of the columns in LSTMCell
# The order in which the authors' pickle lists its arrays.
NAMES = (
    "embedding",
    *(f"lstm/{gate}/{part}" for gate in GATES for part in ("kernel", "recurrent", "bias")),
    "output/kernel",
    "output/bias",
)


def read_parameters(path: str | Path) -> tuple[dict[str, np.ndarray], str]:
    """Reads published oracle weights from an ``.npz`` file, or the authors' Python 2 pickle.

    Args:
      path: the file; a name with the suffix ``.pkl`` is read as a pickle.

    Returns:
      The arrays by `NAMES`, and the SHA-256 of the weights, which is the same for both formats.

    Raises:
      UserError: the file is missing or has another format, or an array is missing, not finite or
        of a wrong shape.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"oracle file {path} does not exist or is not a file")
    if path.suffix == ".pkl":
        arrays = dict(zip(NAMES, read_pickled_arrays(path, len(NAMES)), strict=True))
    else:
        arrays = read_arrays(path, "an oracle's weights", NAMES)
    with np.errstate(over="ignore"):  # infinity is refused below
        arrays = {name: np.asarray(array, np.float32) for name, array in arrays.items()}
    _check_shapes(path, arrays)
    digest = hashlib.sha256()
    for name in NAMES:
        digest.update(np.ascontiguousarray(arrays[name], "<f4").tobytes())
    return arrays, digest.hexdigest()


def check_vocab_size(arrays: dict[str, np.ndarray], vocab_size: int) -> None:
    """Raises ``UserError`` if the oracle's vocabulary has another size."""
    found = len(arrays["embedding"])
    if found != vocab_size:
        raise UserError(
            f"the oracle has {found} tokens in its vocabulary, the configuration {vocab_size}: "
            f"give --vocab_size={found}"
        )


def with_sizes(config: Config, arrays: dict[str, np.ndarray]) -> Config:
    """Returns a configuration whose oracle has the widths of the weights.

    Raises:
      UserError: the oracle's vocabulary has another size.
    """
    check_vocab_size(arrays, config.vocab_size)
    embedding, hidden = arrays["embedding"].shape[1], len(arrays["output/kernel"])
    return replace(config, oracle_embedding=embedding, oracle_hidden=hidden)


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
            raise UserError(
                f"oracle file {path}: {name} has shape {arrays[name].shape}, not {shape}"
            )
        if not np.isfinite(arrays[name]).all():
            raise UserError(f"oracle file {path}: {name} has values that are not finite")
