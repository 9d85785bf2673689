"""Exports a trained generator as a SavedModel, which needs only TensorFlow."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

from leakgan_tf.generation.filling import FillingGenerator
from leakgan_tf.generation.residual import ResidualGenerator
from leakgan_tf.runs.exported import Exported
from leakgan_tf.runs.exported_filling import ExportedFilling
from leakgan_tf.runs.load import TrainedGenerator
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.status import stage


def export(
    trained: TrainedGenerator, out: str | Path, training: Sequence[str] | None = None
) -> None:
    """Writes a SavedModel atomically: `Exported`, or `ExportedFilling` if the system fills gaps.

    The input `novel` needs the training sentences.

    Raises:
      UserError: `out` exists or cannot be written, or the run is a residual model.
    """
    out = Path(out)
    if out.exists():
        raise UserError(f"{out} exists; give another name")
    if isinstance(trained.generator, ResidualGenerator):
        raise UserError(
            "a residual model cannot be exported, since it resamples whole sentences: export its "
            "base run"
        )
    fills = isinstance(trained.generator, FillingGenerator)
    module = (ExportedFilling if fills else Exported)(trained, training)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    except OSError as error:
        raise UserError(f"cannot write {out}: {error.strerror or error}") from error
    try:
        with stage("tracing the model"):
            tf.saved_model.save(module, str(temporary), signatures=module.signatures)
        temporary.chmod(0o755)
        temporary.rename(out)
    except (OSError, tf.errors.OpError) as error:
        raise UserError(f"cannot write {out}: {error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
