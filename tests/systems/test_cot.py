"""CoT: where its updates move both models, and what an iteration is made of."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import small
from leakgan_tf.objectives import cooperative, losses
from leakgan_tf.systems.cot import CoT

SEED = tf.constant([1, 2])
TEXT = {"task": "text", "padding": "masked"}


class Task:
    train = small.tokens(11, 6, 7, seed=4)
    train[np.cumsum(train == 0, axis=1) > 0] = 0  # nothing after an end


def system(**changes):
    made = CoT(small.config(system="cot", **{"cot_samples": 5, **changes}), Task())
    for seed, model in enumerate(made.models.values()):
        small.randomise(model, seed)
    return made


@pytest.mark.parametrize("text", [{}, TEXT], ids=["oracle", "text"])
def test_the_generator_moves_towards_the_mediator(text):
    made = system(cot_learning_rate=0.01, **text)
    samples, mediator = made.samples(SEED), [v.numpy() for v in made.mediator.weights]
    assert samples.shape == (5, 6)
    log_m = losses.cross_entropy(made.mediator(samples), samples)
    history = [made.generator_update(samples) for _ in range(5)]
    values = [float(scalars["loss"]) for scalars in history]
    assert values[-1] < values[0]
    for before, after in zip(mediator, made.mediator.weights, strict=True):
        np.testing.assert_array_equal(before, after)
    # At the first token, the same for all: what M finds likelier than G does becomes likelier.
    fresh = system(cot_learning_rate=0.01, **text)
    advantage, gained = np.zeros(7), np.zeros(7)
    g, m = (tf.nn.log_softmax(model(samples))[0, 0] for model in (fresh.model, fresh.mediator))
    fresh.generator_update(samples)
    gained = (tf.nn.log_softmax(fresh.model(samples))[0, 0] - g).numpy()
    advantage = (m - g).numpy()
    assert gained[advantage.argmax()] > gained[advantage.argmin()]
    assert np.isfinite(log_m).all()


@pytest.mark.parametrize("text", [{}, TEXT], ids=["oracle", "text"])
def test_the_mediator_learns_the_mixture(text):
    made = system(cot_mediator_learning_rate=0.01, **text)
    real, generated = tf.constant(Task.train[:4]), made.samples(SEED)

    def loss():
        sides = (losses.token_log_prob(made.mediator(each), each) for each in (real, generated))
        return [-float(tf.reduce_mean(side)) for side in sides]

    generator, before = [v.numpy() for v in made.model.weights], loss()
    history = [made.mediator_update(real, generated) for _ in range(10)]
    assert float(history[-1]["mediator_loss"]) < float(history[0]["mediator_loss"])
    assert sum(loss()) < sum(before)
    for one, other in zip(generator, made.model.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_dropout_is_for_the_mediators_updates_only():
    made = system(cot_mediator_dropout=0.5)
    real, generated = tf.constant(Task.train[:4]), made.samples(SEED)
    at = [v.numpy() for v in made.mediator.weights]
    found = []
    for seed in (None, [1, 2], [3, 4]):
        for variable, value in zip(made.mediator.weights, at, strict=True):
            variable.assign(value)
        seed = None if seed is None else tf.constant(seed)
        found.append(float(made.mediator_update(real, generated, seed)["mediator_loss"]))
    assert len(set(found)) == 3
    target = cooperative.generator_loss(made.model(generated), made.mediator(generated))
    np.testing.assert_allclose(made.generator_update(generated)["loss"], target, rtol=1e-6)


def test_an_iteration_is_one_update_of_g_and_some_of_m():
    made = system(cot_mediator_steps=3, cot_steps=5, cot_phase_steps=2, evaluate_every=2)
    phases = list(made.phases())
    assert {phase.name for phase in phases} == {"cooperative/generator"}
    assert [phase.evaluate for phase in phases] == [False, True, True]
    rows = [len(phase.data(7)[0]) for phase in phases]
    assert rows == [8, 8, 4]  # batches of 4: two, two, and one
    (real,) = phases[0].data(7)
    assert real.shape == (8, 3, 6)
    known = {tuple(row) for row in Task.train}
    assert {tuple(row) for row in real.reshape(-1, 6)} <= known
    scalars = made.cooperative_step(tf.constant(real[:4]), SEED)
    assert int(made.optimizers["generator"].iterations) == 1
    assert int(made.optimizers["mediator"].iterations) == 3
    assert set(scalars) == {
        "loss", "gradient_norm", "mediator_loss", "mediator_gradient_norm"
    }  # fmt: skip
