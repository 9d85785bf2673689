"""Trains and measures one run in its folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf

from leakgan_tf.config.config import Config, replace
from leakgan_tf.runs.base import take_base_weights
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.shapes import MadeBy
from leakgan_tf.systems.registry import make_system
from leakgan_tf.tasks.base import Task
from leakgan_tf.training import board
from leakgan_tf.training.discriminator import discriminator_figures
from leakgan_tf.training.distribution import Distribution
from leakgan_tf.training.filling import filling_figures
from leakgan_tf.training.placement import Placement
from leakgan_tf.training.processor import warn_if_slow
from leakgan_tf.training.trainer import Trainer
from leakgan_tf.utils import memory, quiet
from leakgan_tf.utils.files import atomic_output, write_json

_NEVER = 1e9  # seconds between checkpoints


def prepare_process(placement: Placement | None = None) -> Distribution:
    """Enables deterministic operations and sets up the devices.

    Call it at the beginning of a program: these are settings of the whole process.

    Args:
      placement: the requested devices and machines; default: one device.

    Raises:
      UserError, TrainingError: the devices cannot be used; see `Distribution`.
    """
    tf.config.experimental.enable_op_determinism()
    distribution = Distribution(placement)
    quiet.run_first_graph()
    return distribution


def train_run(
    config: Config,
    make_task: Callable[[], Task],
    path: str | Path,
    extra: MadeBy,
    distribution: Distribution | None = None,
) -> dict[str, Any]:
    """Trains a new or interrupted run to its end, and measures it.

    Args:
      config: the run's configuration.
      make_task: returns the run's task; not called if the run has been measured before.
      path: the run folder.
      extra: the run's origin, stored in config.json.
      distribution: result of `prepare_process`; default: one device.

    Returns:
      The figures of the trained system, with ``best`` (the best evaluation), ``seconds`` (durations
      by kind of work) and ``total_updates``.

    Raises:
      UserError: the folder or a file in it cannot be used; see `RunFolder.claim`.
      TrainingError: a loss is not finite, or another worker was lost.
    """
    distribution = distribution or Distribution()
    distribution.check(config)
    folder = RunFolder(path)
    folder.claim(config, extra)
    try:
        with distribution.loss_of_workers_reported(folder.checkpoint):
            config = _hand_over(distribution, config, folder)
            return _train_run(config, make_task, folder, distribution)
    finally:
        folder.release()
        memory.give_back()


def _hand_over(distribution: Distribution, config: Config, folder: RunFolder) -> Config:
    """Copies the chief's checkpoint and figures to other workers; returns the configuration."""
    if distribution.alone:
        return config
    distribution.check_same(config)
    for file in (folder.checkpoint, folder.measured):
        content = distribution.share(file.read_bytes() if file.exists() else b"")
        if distribution.placement.chief:
            continue
        if content:
            with atomic_output(file) as temporary:
                temporary.write_bytes(content)
        else:
            file.unlink(missing_ok=True)  # of an earlier run, which the chief does not have
    if distribution.placement.chief:
        return config
    return replace(config, checkpoint_seconds=_NEVER)  # only the chief's checkpoints are needed


def _train_run(
    config: Config,
    make_task: Callable[[], Task],
    folder: RunFolder,
    distribution: Distribution,
) -> dict[str, Any]:
    if folder.measured.exists():
        return folder.read_figures(config.task)
    warn_if_slow(config.precision)
    task = make_task()
    if task.reader is not None and not folder.reader.exists():
        write_json(folder.reader, task.reader.to_json())
    with distribution.scope():
        system = make_system(config, task)
        if not folder.checkpoint.exists():
            take_base_weights(system)
    progress = Trainer(config, system, task, folder, distribution).run()
    figures = task.measure(system.generator)
    if known := discriminator_figures(config, system, task):
        figures["discriminator"] = known
    if filled := filling_figures(config, system, task):
        figures["filling"] = filled
    figures |= {
        "best": progress.best,
        "seconds": progress.seconds,
        "total_updates": progress.updates,
    }
    board.finish(folder.tensorboard, config, figures, system, task)
    write_json(folder.measured, figures)
    return figures
