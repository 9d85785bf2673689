"""Checkpoints: one file, written whole or not at all, that says what it is."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from leakgan_tf.errors import UserError
from leakgan_tf.files import atomic_output

KIND = "leakgan_tf checkpoint"
FORMAT = 1
_META = "meta"


@dataclass
class Progress:
    """How far a run has come.

    Attributes:
      position: phases done.
      total: phases in the schedule.
      updates: optimisation steps done.
      seconds: seconds of each kind of phase, evaluation among them.
      best: the best evaluation's figures, its phase in ``position``; empty before the first.
    """

    position: int = 0
    total: int = 0
    updates: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    best: dict[str, float] = field(default_factory=dict)


def save(
    path: Path,
    progress: Progress,
    models: dict[str, keras.Model],
    optimizers: dict[str, keras.optimizers.Optimizer],
) -> None:
    """Writes models, optimizers and progress; raises ``UserError`` if the disk is full, say."""
    arrays = {name: np.asarray(variable) for name, variable in _variables(models, optimizers)}
    meta = {"kind": KIND, "format": FORMAT, "progress": asdict(progress)}
    arrays[_META] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    with atomic_output(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **arrays)


def restore(
    path: Path,
    models: dict[str, keras.Model],
    optimizers: dict[str, keras.optimizers.Optimizer],
) -> Progress:
    """Reads what `save` wrote. Nothing is touched unless all of it fits.

    Raises:
      UserError: the file is damaged, is no checkpoint, or is one of other models.
    """
    arrays, meta = _read(path)
    pairs = []
    for name, variable in _variables(models, optimizers):
        if name not in arrays:
            raise UserError(f"{path} is a checkpoint of another system: it has no {name}")
        if arrays[name].shape != tuple(variable.shape):
            raise UserError(
                f"{path} is a checkpoint of other sizes: {name} is {arrays[name].shape}, "
                f"not {tuple(variable.shape)}"
            )
        pairs.append((variable, arrays[name]))
    for variable, array in pairs:
        variable.assign(array)
    return Progress(**meta["progress"])


def _read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    try:
        with np.load(path, allow_pickle=False) as stored:  # reading checks each array's CRC
            arrays = {name: stored[name] for name in stored.files}
        meta = json.loads(arrays.pop(_META).tobytes())
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{path} is damaged or is no checkpoint: {error}") from error
    if meta.get("kind") != KIND or meta.get("format") != FORMAT:
        raise UserError(f"{path} is no checkpoint of this version (format {FORMAT})")
    return arrays, meta


def _variables(
    models: dict[str, keras.Model], optimizers: dict[str, keras.optimizers.Optimizer]
) -> Iterator[tuple[str, keras.Variable]]:
    for kind, model in models.items():
        for variable in model.weights:  # not the states of random generators: none is used
            yield f"models/{kind}/{variable.path.split('/', 1)[1]}", variable
    for kind, optimizer in optimizers.items():
        for index, variable in enumerate(optimizer.variables):
            yield f"optimizers/{kind}/{index}", variable
