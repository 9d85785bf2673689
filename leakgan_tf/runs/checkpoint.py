"""Saves and restores checkpoints: one file, written atomically, with a format and a digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from leakgan_tf.runs.shapes import Count, Seconds
from leakgan_tf.utils.arrays import read_arrays
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import atomic_output
from leakgan_tf.utils.schema import check, parse_json

if TYPE_CHECKING:  # reading the progress does not import TensorFlow
    import keras

    from leakgan_tf.models.optimizers import FusedAdam

KIND = "leakgan_tf checkpoint"
FORMAT = 2
_META = "meta"
_DATA = "phase/"  # prefix of the names of a phase's arrays


class _Meta(TypedDict):
    kind: str
    format: int


@dataclass
class PartialPhase:
    """Progress within the current phase of a run.

    Attributes:
      done: number of updates done.
      sums: sums of their scalars, by name.
      seconds: their duration.
      data: the phase's arrays if its checkpoints store them (`Phase.keeps_data`); else empty.
    """

    done: Count = 0
    sums: dict[str, float] = field(default_factory=dict)
    seconds: Seconds = 0.0
    data: tuple[np.ndarray, ...] = ()

    def add(self, reported: Mapping[str, np.ndarray], count: int) -> None:
        """Adds the scalars of `count` further updates, (count,) by name.

        Values are added one by one, so the sums do not depend on the number of updates per call.
        """
        for name, values in reported.items():
            total = self.sums.get(name, 0.0)
            for value in values.tolist():
                total += value
            self.sums[name] = total
        self.done += count

    def means(self) -> dict[str, float]:
        """Returns the mean of each scalar over the updates done."""
        return {name: total / self.done for name, total in self.sums.items()}


@dataclass
class Progress:
    """Progress of a run.

    Attributes:
      position: number of phases done.
      total: number of phases in the schedule.
      updates: number of updates done.
      seconds: duration of each kind of work, evaluation included.
      best: figures of the best evaluation, with the number of phases done in ``position`` and the
        name of the figure that selected it in ``rule``; empty before the first evaluation.
      partial: progress within the phase at ``position``.
    """

    position: Count = 0
    total: Count = 0
    updates: Count = 0
    seconds: dict[str, Seconds] = field(default_factory=dict)
    best: dict[str, Any] = field(default_factory=dict)
    partial: PartialPhase = field(default_factory=PartialPhase)


def save(
    path: Path,
    progress: Progress,
    models: dict[str, keras.Model],
    optimizers: dict[str, FusedAdam],
) -> None:
    """Writes models, optimizers and progress; raises ``UserError`` if this is not possible."""
    variables = _variables(models, optimizers)
    arrays = {name: np.asarray(variable) for name, variable in variables.items()}
    arrays |= {f"{_DATA}{i}": np.asarray(each) for i, each in enumerate(progress.partial.data)}
    arrays[_META] = _describe(arrays, progress)
    with atomic_output(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]


def save_small(path: Path, progress: Progress, models: dict[str, keras.Model]) -> None:
    """Writes a compressed checkpoint for sampling only: float16 weights, without optimizers."""
    variables = _variables(models, {})
    arrays = {name: np.asarray(each).astype(np.float16) for name, each in variables.items()}
    arrays[_META] = _describe(arrays, progress)
    with atomic_output(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]


def _describe(arrays: Mapping[str, np.ndarray], progress: Progress) -> np.ndarray:
    """Returns format, progress and digest of a checkpoint, as JSON in an array of bytes."""
    stored = asdict(replace(progress, partial=replace(progress.partial, data=())))
    del stored["partial"]["data"]
    digest = _digest(arrays, stored)
    meta = {"kind": KIND, "format": FORMAT, "progress": stored, "digest": digest}
    return np.frombuffer(json.dumps(meta).encode(), np.uint8)


def restore(
    path: Path,
    models: dict[str, keras.Model],
    optimizers: dict[str, FusedAdam] | None,
) -> Progress:
    """Restores models and optimizers from a checkpoint; changes nothing unless all variables fit.

    Args:
      path: a file written by `save`; if `optimizers` is None, also one written by `save_small`.
      models: models by name.
      optimizers: optimizers by name; None restores the models only.

    Returns:
      The progress of the run.

    Raises:
      UserError: the file is damaged, is not a checkpoint, or belongs to other models.
    """
    arrays, progress = _read(path)
    variables = _variables(models, optimizers or {})
    for name, variable in variables.items():
        if name not in arrays:
            raise UserError(f"{path} is a checkpoint of another system: it has no {name}")
        found, wanted = arrays[name], np.asarray(variable)
        kinds = {wanted.dtype} | ({np.dtype(np.float16)} if optimizers is None else set())
        if found.shape != wanted.shape or found.dtype not in kinds:
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


def read_progress(path: Path) -> Progress:
    """Returns the progress stored in a checkpoint.

    Raises:
      UserError: the file is damaged, or is not a checkpoint.
    """
    return _read(path)[1]


def _read(path: Path) -> tuple[dict[str, np.ndarray], Progress]:
    """Returns the arrays of models and optimizers by name, and the progress."""
    arrays = read_arrays(path, "a checkpoint")
    if _META not in arrays:
        raise UserError(f"{path} is not a checkpoint")
    meta = check(parse_json(arrays.pop(_META).tobytes(), str(path)), _Meta, str(path))
    if (meta["kind"], meta["format"]) != (KIND, FORMAT):
        raise UserError(f"{path} is not a checkpoint of this version (format {FORMAT})")
    if "progress" not in meta or meta.get("digest") != _digest(arrays, meta["progress"]):
        raise UserError(f"{path} is damaged: its content does not match its digest")
    progress = check(meta["progress"], Progress, str(path))
    names = sorted((name for name in arrays if name.startswith(_DATA)), key=lambda n: (len(n), n))
    progress.partial.data = tuple(arrays.pop(name) for name in names)
    return arrays, progress


def _digest(arrays: Mapping[str, np.ndarray], progress: dict[str, Any]) -> str:
    """Returns the SHA-256 of the arrays' names, dtypes, shapes and contents and the progress."""
    digest = hashlib.sha256(json.dumps(progress, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        digest.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _variables(
    models: dict[str, keras.Model], optimizers: dict[str, FusedAdam]
) -> dict[str, keras.Variable]:
    """Returns all variables by names that do not depend on the order of creation."""
    named = list(_model_variables(models))
    names = {id(variable): name for name, variable in named}
    named = [(f"models/{name}", variable) for name, variable in named]
    for kind, optimizer in optimizers.items():
        state = list(optimizer.named_variables(names))
        if len(state) != len(optimizer.variables):
            raise ValueError(f"the optimizer {kind} has variables without a name")
        named += [(f"optimizers/{kind}/{name}", variable) for name, variable in state]
    variables = dict(named)
    if len(variables) < len(named):
        raise ValueError("two variables have the same name: name their layers")
    return variables


def _model_variables(models: dict[str, keras.Model]) -> Iterator[tuple[str, keras.Variable]]:
    for kind, model in models.items():
        for variable in model.weights:  # without states of random generators, which are not used
            # Without the model's own name, which may contain a counter.
            yield f"{kind}/{variable.path.split('/', 1)[1]}", variable
