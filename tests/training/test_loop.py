"""The compiled loop makes the planned updates, all of them, and is traced once."""

import gc
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from helpers import runs, small
from helpers.cases import left_to_ci
from helpers.tiny import tiny
from leakgan_tf.systems.leakgan import LeakGAN
from leakgan_tf.training.loop import CompiledLoop, pipeline
from leakgan_tf.training.trainer import Trainer


def plan(*rows):
    return [
        (np.array(each, np.int32), np.array([number, 7], np.int32))
        for number, each in enumerate(rows)
    ]


class Adder:
    """A step that keeps a running sum in a variable, so that order and number can be seen."""

    def __init__(self):
        self.total = tf.Variable(0.0)

    def step(self, values, seed):
        self.total.assign(self.total * 2.0 + tf.reduce_sum(values))
        return {"total": self.total.read_value(), "seed": tf.cast(seed[0], tf.float32)}


@pytest.mark.parametrize("chunks", [(5,), (1, 4), (2, 2, 1)])
def test_updates_follow_each_other_however_they_are_cut_into_calls(chunks):
    adder, values = Adder(), np.array([1.0, 10.0, 100.0, 1000.0], np.float32)
    batches = pipeline([values], plan([0, 1], [3, 0], [2, 2], [1, 3], [0, 2]))
    loop = CompiledLoop(adder.step)
    parts = [loop.run(batches, count) for count in chunks]
    reported = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    expected, total = [], 0.0
    for batch in (11.0, 1001.0, 200.0, 1010.0, 101.0):
        total = 2.0 * total + batch
        expected.append(total)
    np.testing.assert_array_equal(reported["total"], expected)
    np.testing.assert_array_equal(reported["seed"], range(5))
    assert float(adder.total) == total


def test_a_step_without_data_gets_its_seed():
    loop = CompiledLoop(lambda seed: {"seed": tf.cast(seed[0], tf.float32)})
    batches = pipeline([], plan([], [], []))
    np.testing.assert_array_equal(loop.run(batches, 3)["seed"], [0, 1, 2])


def test_more_updates_than_batches_is_an_error():
    loop = CompiledLoop(lambda seed: {"seed": tf.cast(seed[0], tf.float32)})
    with pytest.raises(tf.errors.OutOfRangeError):
        loop.run(pipeline([], plan([])), 2)


def test_other_data_and_other_numbers_of_updates_trace_nothing_anew():
    loop = CompiledLoop(Adder().step)
    for rows, count in ((4, 1), (9, 2), (50, 3)):
        values = np.arange(rows, dtype=np.float32)
        loop.run(pipeline([values], plan(*[[0, 1]] * count)), count)
    assert loop.traces == 1
    loop.run(pipeline([np.zeros(4, np.float32)], plan([0, 1, 2])), 1)  # another batch size
    assert loop.traces == 2  # so the count does count


class Watched(Trainer):
    """A trainer that keeps its compiled functions in sight."""

    last = None

    def run(self):
        type(self).last = self
        return super().run()


@pytest.mark.parametrize("system", left_to_ci(["leakgan", "seqgan"], ("seqgan",)))
def test_a_whole_run_traces_each_function_once(tmp_path, system):
    with runs.as_a_program():
        trained = runs.train(tiny(system, seqgan_steps=2), tmp_path, Watched)
    loops = Watched.last._loops
    assert len(loops) >= 3
    assert {step.__name__: loop.traces for step, loop in loops.items()} == {
        step.__name__: 1 for step in loops
    }
    generator = trained.generator
    functions = [generator._sample, *generator._score.values()]
    assert max(each.experimental_get_tracing_count() for each in functions) == 1


@pytest.mark.ci
def test_the_graphs_of_a_trained_system_are_forgotten():
    """TensorFlow keeps each gradient that is registered, and the graph that it belongs to."""

    def train():
        system = LeakGAN(small.config(), task=None)
        tokens, labels = small.tokens(4, 6, 7), np.array([0, 1, 0, 1], np.int32)
        once = plan([0, 1, 2, 3])
        CompiledLoop(system.discriminator_step).run(pipeline([tokens, labels], once), 1)
        CompiledLoop(
            lambda batch, rewards, seed: system.adversarial_gradient_step(batch, rewards)
        ).run(pipeline([tokens, np.ones([4, 2], np.float32)], once), 1)

    held = []
    for _ in range(3):
        train()
        gc.collect()
        held.append(sum(issubclass(type(each), tf.Graph) for each in gc.get_objects()))
    assert held[1:] == held[:1] * 2


def test_a_pipeline_and_its_data_are_forgotten():
    """TensorFlow keeps what a pipeline captures: features of a gigabyte, epoch after epoch."""
    loop = CompiledLoop(Adder().step)
    values = np.ones([1 << 22, 4], np.float32)  # 64 MiB
    held = []
    for _ in range(6):
        loop.run(pipeline([values], plan([0, 1])), 1)
        held.append(resident_mebibytes())
    assert held[-1] - held[1] < 64


def resident_mebibytes():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024
