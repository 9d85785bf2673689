"""Writes what TensorBoard shows besides curves: restarts, hyperparameters and projector.

A finished run has a sub-run ``final``. It contains a row of the hyperparameters tab (the
configuration and the figures of the last weights), and D's features of real and generated sentences
for the projector. docs/tensorboard.md explains both.
"""

import contextlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config, flatten
from leakgan_tf.systems.base import System
from leakgan_tf.tasks.base import Task
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import write_text
from leakgan_tf.utils.seeds import derive

FINAL = "final"  # name of the sub-run
_SENTENCES = 200  # real and generated each; the projector is smooth with some hundred points
_AT_ONCE = 64  # sentences per batch of D
_LABEL = 80  # characters of a sentence in its label
_LEFT_OUT = {"best", "seconds", "sweep", "protocol", "total_updates"}  # not shown


def begin_again(folder: Path, position: int) -> None:
    """Marks that a run resumes at a phase, so that TensorBoard discards later events.

    At a session START, TensorBoard discards earlier events from its step on, but only if it has
    seen a START before. So two are written, to a separate file, since TensorFlow 2 writes no
    session log. TensorBoard reads files in the order of their names; this file's name is between
    those of the previous and the next writer.

    Args:
      folder: the run's TensorBoard folder.
      position: number of the phase.

    Raises:
      OpError: the file cannot be written; see `tensorboard_errors`.
    """
    start = tf.compat.v1.SessionLog(status=tf.compat.v1.SessionLog.START)
    now = time.time()
    events = [tf.compat.v1.Event(wall_time=now, step=0, file_version="brain.Event:2")]
    events += [tf.compat.v1.Event(wall_time=now, step=position, session_log=start)] * 2
    with tf.io.TFRecordWriter(str(folder / f"events.out.tfevents.{int(now):010}.-again")) as writer:
        for event in events:
            writer.write(event.SerializeToString())


def finish(
    folder: Path, config: Config, figures: Mapping[str, Any], system: System, task: Task
) -> None:
    """Writes the hyperparameters and the projector of a finished run; does not change weights.

    Args:
      folder: the run's TensorBoard folder.
      config: the run's configuration.
      figures: figures of the last weights, as in `measured.json`.
      system: the trained system.
      task: its held-out sentences are the real ones.

    Raises:
      UserError: the folder cannot be written.
    """
    final = folder / FINAL
    _write_settings(final, config, final_figures(figures))
    discriminator = system.models.get("discriminator")
    if discriminator is not None:
        count = min(_SENTENCES, len(task.test))
        made = system.generator.sample(count, 1.0, derive(config.seed, "projector"))
        sides = {"real": task.test[:count], "generated": made}
        points, labels = [], ["side\tsentence"]
        for side, tokens in sides.items():
            for begin in range(0, count, _AT_ONCE):
                points.append(discriminator.features(tokens[begin : begin + _AT_ONCE]).numpy())
            labels += sentence_labels(side, tokens, task)
        _write_projector(final, np.concatenate(points), labels)


def sentence_labels(side: str, tokens: np.ndarray, task: Task) -> list[str]:
    """Returns the projector's label of each sentence of (n, T): its side, and its beginning."""
    return [f"{side}\t{' '.join(line.split())[:_LABEL]}" for line in task.show(tokens)]


def final_figures(figures: Mapping[str, Any]) -> dict[str, float]:
    """Returns the scalar figures of a finished run by name; those of groups as ``group_name``."""
    found = {}
    for name, value in figures.items():
        if name in _LEFT_OUT:
            continue
        parts = value.items() if isinstance(value, Mapping) else [(None, value)]
        for part, number in parts:
            if isinstance(number, int | float) and not isinstance(number, bool):
                found[name if part is None else f"{name}_{part}"] = float(number)
    return found


def _write_settings(folder: Path, config: Config, figures: Mapping[str, float]) -> None:
    from tensorboard.plugins.hparams import api

    settings = {
        name: value if isinstance(value, bool | int | float | str) else str(value)
        for name, value in flatten(config).items()
    }
    with tensorboard_errors(folder):
        writer = tf.summary.create_file_writer(str(folder))
        with writer.as_default(step=0):
            api.hparams(settings, trial_id=_name(folder))
            for name, value in figures.items():
                tf.summary.scalar(f"{FINAL}/{name}", value)
        writer.close()


def _name(folder: Path) -> str:
    """Returns the run's name in the tab: its folder and the parent folder."""
    return "/".join(folder.resolve().parts[-4:-2])


def _write_projector(folder: Path, points: np.ndarray, labels: list[str]) -> None:
    """Writes points (n, F), a header and n labels, and TensorBoard's configuration for them."""
    from google.protobuf import text_format
    from tensorboard.plugins import projector

    description = projector.ProjectorConfig()
    shown = description.embeddings.add()
    shown.tensor_name = "discriminator/features"
    shown.tensor_path, shown.metadata_path = "features.tsv", "sentences.tsv"
    rows = ("\t".join(f"{value:.5g}" for value in row) for row in points)
    write_text(folder / shown.tensor_path, "\n".join(rows) + "\n")
    write_text(folder / shown.metadata_path, "\n".join(labels) + "\n")
    write_text(folder / "projector_config.pbtxt", text_format.MessageToString(description))


@contextlib.contextmanager
def tensorboard_errors(folder: Path) -> Iterator[None]:
    """Raises ``UserError`` in place of TensorFlow's errors about files in `folder`."""
    try:
        yield
    except tf.errors.OpError as error:  # "{{node}} FILE; REASON [Op:...]", then more lines
        reason = error.message.splitlines()[0].rpartition("}} ")[2].partition(" [Op:")[0]
        reason = reason.rpartition("; ")[2]
        raise UserError(f"cannot write {folder}: {reason}") from error
