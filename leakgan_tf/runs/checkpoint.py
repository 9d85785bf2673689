"""Checkpoints: one file, written whole or not at all, that says what it is."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import atomic_output

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
      best: the best evaluation's figures, its phase in ``position``, in ``rule`` the name of the
        figure that was least (runs from before there was a choice have no such entry); empty before
        the first.
    """

    position: int = 0
    total: int = 0
    updates: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    best: dict[str, Any] = field(default_factory=dict)


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
    optimizers: dict[str, keras.optimizers.Optimizer] | None,
) -> Progress:
    """Reads what `save` wrote, without the optimizers if they are None.

    Nothing is touched unless all of it fits.

    Raises:
      UserError: the file is damaged, is no checkpoint, or is one of other models.
    """
    arrays, progress = _read(path)
    variables = dict(_variables(models, optimizers or {}))
    for name, variable in variables.items():
        if name not in arrays:
            raise UserError(f"{path} is a checkpoint of another system: it has no {name}")
        found, wanted = arrays[name], np.asarray(variable)
        if (found.shape, found.dtype) != (wanted.shape, wanted.dtype):
            raise UserError(
                f"{path} is a checkpoint of other sizes: {name} is {found.dtype} {found.shape}, "
                f"not {wanted.dtype} {wanted.shape}"
            )
    for name in arrays:
        if name not in variables and (optimizers is not None or name.startswith("models/")):
            raise UserError(f"{path} is a checkpoint of another system: it has {name}")
    for name, variable in variables.items():
        variable.assign(arrays[name])
    return progress


def _read(path: Path) -> tuple[dict[str, np.ndarray], Progress]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}  # checks each array's CRC
        meta = json.loads(arrays.pop(_META).tobytes())
        fits = meta["kind"] == KIND and meta["format"] == FORMAT
        progress = Progress(**meta["progress"]) if fits else Progress()
    except Exception as error:  # damaged files raise nearly anything
        raise UserError(f"{path} is damaged or is no checkpoint: {error}") from error
    if not fits:
        raise UserError(f"{path} is no checkpoint of this version (format {FORMAT})")
    return arrays, progress


def _variables(
    models: dict[str, keras.Model], optimizers: dict[str, keras.optimizers.Optimizer]
) -> Iterator[tuple[str, keras.Variable]]:
    for kind, model in models.items():
        for variable in model.weights:  # not the states of random generators: none is used
            yield f"models/{kind}/{variable.path.split('/', 1)[1]}", variable
    for kind, optimizer in optimizers.items():
        for index, variable in enumerate(optimizer.variables):
            yield f"optimizers/{kind}/{index}", variable
