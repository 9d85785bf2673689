"""Whole runs of tiny systems in this process, and what they leave behind."""

import contextlib
import json

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.config import disable_op_determinism

from leakgan_tf.runs import checkpoint
from leakgan_tf.runs.checkpoint import Progress
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.systems.registry import make_system
from leakgan_tf.tasks.synthetic import SyntheticTask, make_oracle
from leakgan_tf.training.trainer import Trainer

TIMES = {"seconds", "spent"}  # what a clock says is no result


@contextlib.contextmanager
def as_a_program():
    """Undoes what a program sets for its whole process: determinism."""
    tf.config.experimental.enable_op_determinism()
    try:
        yield
    finally:
        disable_op_determinism()


def train(config, folder, trainer=Trainer):
    """Trains what is left of a run, with a system of its own; returns the system."""
    task = SyntheticTask(config, make_oracle(config))
    system = make_system(config, task)
    run = RunFolder(folder)
    run.claim(config, {})
    try:
        trainer(config, system, task, run).run()
    finally:
        run.release()
    return system


def begun(config, folder, position=3, total=9, made_by=None):
    """Makes the folder of an interrupted run whose weights are random; returns its system."""
    system = make_system(config, task=None)
    random = np.random.default_rng(0)
    for model in system.models.values():
        for variable in model.trainable_variables:
            variable.assign(random.normal(0, 0.5, variable.shape))
    run = RunFolder(folder)
    run.claim(config, made_by or {})
    run.release()
    progress = Progress(position=position, total=total)
    checkpoint.save(run.checkpoint, progress, system.models, system.optimizers)
    return system


def arrays(path):
    """Everything that a checkpoint holds but its description."""
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files if name != "meta"}


def progress(path):
    with np.load(path) as stored:
        return json.loads(stored["meta"].tobytes())["progress"]


def state(system):
    """The bytes of every weight and optimizer slot."""
    variables = [v for model in system.models.values() for v in model.weights]
    variables += [v for optimizer in system.optimizers.values() for v in optimizer.variables]
    return [np.asarray(variable).tobytes() for variable in variables]


def records(folder):
    """The lines of metrics.jsonl without times."""
    lines = RunFolder(folder).records()
    return [{key: value for key, value in line.items() if key not in TIMES} for line in lines]


def files(folder):
    """Every file below a folder with its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
