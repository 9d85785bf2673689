"""Measuring a generator trains nothing, and speaks of one distribution at a time."""

import numpy as np
import pytest

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.metrics.nll import held_out_nll
from leakgan_tf.metrics.temperatures import TEMPERATURES, temperature_key
from leakgan_tf.systems import registry
from leakgan_tf.systems.registry import make_system
from leakgan_tf.tasks.synthetic import SWEEP, SyntheticTask, make_oracle
from leakgan_tf.utils.seeds import derive


@pytest.fixture(scope="module")
def task():
    return SyntheticTask(tiny(), make_oracle(tiny()))


def randomized(name, task, **changes):
    """A system in which every weight and slot has a number of its own."""
    system, random = make_system(tiny(name, **changes), task), np.random.default_rng(0)
    for model in system.models.values():
        for variable in model.trainable_variables:
            variable.assign(random.normal(0, 0.5, variable.shape))
    for optimizer in system.optimizers.values():
        for variable in optimizer.variables:
            variable.assign(random.integers(1, 1000, variable.shape))
    return system


@pytest.mark.parametrize("name", registry.find_systems())
def test_no_weight_and_no_slot_changes(task, name):
    # TextGAN's likeliest sentence can be the same for every z that begins it.
    system = randomized(name, task, textgan_decoding="drawn")
    before, oracle = runs.state(system), [w.numpy().tobytes() for w in task.oracle.model.weights]
    first = task.evaluate(system.generator, seed=3)
    task.measure(system.generator)
    assert runs.state(system) == before
    assert [w.numpy().tobytes() for w in task.oracle.model.weights] == oracle
    assert task.evaluate(system.generator, seed=3) == first
    assert task.evaluate(system.generator, seed=4) != first


class Recorder:
    """A generator that writes down what it is asked."""

    def __init__(self):
        self.samples, self.scored = [], []

    def sample(self, count, temperature, seed):
        self.samples.append((count, temperature))
        return np.full([count, 8], len(self.samples), np.int32)

    def log_probs(self, tokens, temperatures, path="scoring"):
        self.scored.append((tokens, list(temperatures), path))
        rows, length = tokens.shape
        return np.broadcast_to(-np.float32(temperatures)[:, np.newaxis], (rows, 2, length))


def test_held_out_sentences_are_scored_not_training_ones(task):
    assert not {tuple(row) for row in task.train} & {tuple(row) for row in task.test}
    generator = Recorder()
    task.evaluate(generator, seed=0)
    assert len(generator.scored) == 1  # one pass for all temperatures
    np.testing.assert_array_equal(generator.scored[0][0], task.test)


def test_samples_and_held_out_nll_have_the_same_temperature(task):
    generator = Recorder()
    figures = task.evaluate(generator, seed=0)
    count = tiny().evaluation_samples
    assert generator.samples == [(count, 1.0), (count, 1 / 1.5)]
    assert [temperatures for _, temperatures, _ in generator.scored] == [[1.0, 1 / 1.5]]
    assert (figures["nll_test_1.0"], figures["nll_test_0.667"]) == (1.0, np.float32(1 / 1.5))
    assert figures["distinct_1.0"] == 1 / count


def twin_nll(system, tokens, temperature):
    """The mean NLL by NumPy from the logits, divided by all tokens."""
    logits = system.model(tokens).numpy().astype(np.float64) / temperature
    logits -= np.log(np.exp(logits).sum(-1, keepdims=True))
    return -np.take_along_axis(logits, tokens[..., np.newaxis], -1).mean()


def test_held_out_nll_is_the_models_at_that_temperature(task):
    system = randomized("mle", task)
    found = {t: held_out_nll(system.generator, task.test, t) for t in TEMPERATURES}
    for temperature, nll in found.items():
        assert nll == pytest.approx(twin_nll(system, task.test, temperature), abs=1e-5)
    assert abs(found[1.0] - found[1 / 1.5]) > 0.01
    figures = task.evaluate(system.generator, seed=0)
    assert [figures["nll_test_1.0"], figures["nll_test_0.667"]] == pytest.approx(
        list(found.values()), rel=1e-12
    )
    on_training = twin_nll(system, task.train, 1.0)
    assert abs(on_training - found[1.0]) > 1e-3


def test_the_finished_measure_adds_the_sampling_path(task):
    """LeakGAN's split alignment samples from other probabilities than it is scored with."""
    system = randomized("leakgan", task, goal_alignment="split", goal_window="block")
    figures = task.measure(system.generator)
    for temperature in TEMPERATURES:
        sampling = held_out_nll(system.generator, task.test, temperature, "sampling")
        assert figures[f"nll_test_sampling_path_{temperature_key(temperature)}"] == pytest.approx(
            sampling, rel=1e-12
        )
        assert sampling != figures[f"nll_test_{temperature_key(temperature)}"]


def test_the_sweep_has_every_sentences_spread(task):
    system = randomized("mle", task)
    rows = task.sweep(system.generator, seed=5)
    assert tuple(row["temperature"] for row in rows) == SWEEP and set(TEMPERATURES) <= set(SWEEP)
    for row in rows:
        alpha = row["temperature"]
        samples = system.generator.sample(row["sentences"], alpha, derive(5, "evaluate"))
        judged = task.oracle.nll(samples).astype(np.float64).mean(axis=1)
        own = -system.generator.log_prob(task.test, alpha).astype(np.float64).mean(axis=1)
        assert row["nll_oracle"] == pytest.approx(judged.mean())
        assert row["nll_oracle_deviation"] == pytest.approx(judged.std(ddof=1))
        assert row["nll_test"] == pytest.approx(own.mean())
        assert row["nll_test_deviation"] == pytest.approx(own.std(ddof=1))
