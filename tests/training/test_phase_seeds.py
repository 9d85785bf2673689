"""Which seeds the trainer gives to data, updates and evaluations: a resumed run needs the same."""

import numpy as np
import tensorflow as tf

from helpers.tiny import tiny
from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.systems.base import Phase, no_step
from leakgan_tf.training.trainer import Trainer
from leakgan_tf.utils.seeds import derive, derive_int, numpy_generator

SEED = 3


class Recorder:
    """A system and a task that keep the seeds that they were given, in order."""

    score, reader = "nll", None
    test = np.zeros([1, 2], np.int32)

    def __init__(self):
        model = LSTMGenerator(2, 2, 1, 1)
        model.build()
        self.models, self.optimizers, self.generator = {"generator": model}, {}, self
        self.seen = []

    def phases(self):
        yield Phase("one", self.step, self.data, epochs=2)
        yield Phase("none", no_step, epochs=0, evaluate=True)
        yield Phase("two", self.step, self.data, evaluate=True)

    def data(self, seed):
        self.seen.append(("data", seed))
        return (np.arange(20),)

    def step(self, rows, seed):
        def keep(rows, seed):
            self.seen.append(("update", rows.tolist(), seed.tolist()))

        tf.numpy_function(keep, [rows, seed], [])
        return {"loss": tf.constant(0.0)}

    def evaluate(self, generator, seed):
        self.seen.append(("evaluation", seed))
        return {"nll": 0.0}

    def sample(self, count, temperature, seed):
        self.seen.append(("shown", temperature, list(seed)))
        return np.zeros([count, 2], np.int32)

    def show(self, tokens):
        return ["a line"]


def updates(seed, epochs):
    """Two batches of eight of twenty rows in each epoch."""
    for epoch in range(epochs):
        order = numpy_generator(seed, "order", epoch).permutation(20)
        for number in range(2):
            rows = order[8 * number :][:8]
            yield ("update", rows.tolist(), derive(seed, "update", epoch, number).tolist())


def evaluation(index):
    seed = derive_int(SEED, "evaluation", index)
    return [("evaluation", seed), ("shown", 1.0, derive(seed, "shown").tolist())]


def test_every_seed_is_the_runs_the_phases_number_and_a_name(tmp_path):
    recorder, folder, config = Recorder(), RunFolder(tmp_path), tiny(seed=SEED)
    folder.claim(config, {})
    try:
        Trainer(config, recorder, recorder, folder).run()
    finally:
        folder.release()
    first, third = derive_int(SEED, "phase", 0), derive_int(SEED, "phase", 2)
    assert recorder.seen == [
        ("data", first),
        *updates(first, 2),
        *evaluation(1),
        ("data", third),
        *updates(third, 1),
        *evaluation(2),
    ]
