"""One run from configuration to measured figures: claimed, trained, released."""

import signal
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from leakgan_tf.config import Config
from leakgan_tf.files import read_json, write_json
from leakgan_tf.systems.base import System
from leakgan_tf.systems.registry import make_system
from leakgan_tf.tasks.base import Task
from leakgan_tf.training.run_folder import RunFolder
from leakgan_tf.training.trainer import Trainer

Measure = Callable[[System, Task], dict[str, Any]]


def prepare_process() -> None:
    """Makes results repeatable, and a SIGTERM end the run as Ctrl-C does.

    For a program's beginning: both are settings of the whole process.
    """
    tf.config.experimental.enable_op_determinism()
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(number, frame) -> None:
    raise KeyboardInterrupt


def train_and_measure(
    config: Config, make_task: Callable[[], Task], path, extra: dict[str, Any], measure: Measure
) -> dict[str, Any]:
    """Trains what is left of a run, and measures it once it is finished.

    Args:
      config: of the run.
      make_task: makes its task; not called if the run was measured before.
      path: its folder.
      extra: what else made the run, kept in config.json.
      measure: returns the figures of the finished system.

    Returns:
      The figures, with ``best`` (the best evaluation) and ``seconds`` (of training, by kind).

    Raises:
      UserError: the folder or a file in it cannot be used; see `RunFolder.claim`.
    """
    folder = RunFolder(path)
    folder.claim(config, extra)
    try:
        if folder.measured.exists():
            return read_json(folder.measured, "a run's figures")
        task = make_task()
        if task.reader is not None and not folder.reader.exists():
            write_json(folder.reader, task.reader.to_json())
        system = make_system(config, task)
        progress = Trainer(config, system, task, folder).run()
        figures = measure(system, task)
        figures |= {
            "best": progress.best,
            "seconds": progress.seconds,
            "total_updates": progress.updates,
        }
        write_json(folder.measured, figures)
        return figures
    finally:
        folder.release()
