"""CoT's losses on enumerable distributions: by hand, by differences, and as a bound of the JSD."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from helpers import small, twins
from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.models.mediator import Mediator
from leakgan_tf.models.optimizers import adam
from leakgan_tf.objectives import cooperative, losses

VOCAB, LENGTH = 4, 2
SENTENCES = np.array(list(itertools.product(range(VOCAB), repeat=LENGTH)), np.int32)
# Two distributions as multisets of sentences: 32 equally likely rows each.
FIRST = np.array([1, 2, 3, 2])
SECOND = np.array([[1, 1, 1, 1], [2, 1, 1, 0], [1, 0, 1, 2], [0, 2, 1, 1]])
MODEL = np.repeat(SENTENCES, (FIRST[:, None] * SECOND).ravel(), axis=0)
REAL = np.repeat(SENTENCES, [4, 3, 0, 1, 2, 2, 2, 2, 0, 0, 4, 4, 1, 1, 6, 0], axis=0)


def law(rows):
    """The probability of each of the 16 sentences."""
    index = rows[:, 0] * VOCAB + rows[:, 1]
    return np.bincount(index, minlength=len(SENTENCES)) / len(rows)


def entropy(probabilities):
    positive = probabilities[probabilities > 0]
    return -np.sum(positive * np.log(positive))


def divergence(real, model):
    """The Jensen-Shannon divergence of two laws."""
    return entropy((real + model) / 2) - (entropy(real) + entropy(model)) / 2


def log_conditionals(probabilities, rows):
    """The log-probability of each token of some sentences, (n, 2), under a law."""
    table = probabilities.reshape(VOCAB, VOCAB)
    first = table.sum(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        second = table / first[:, None]
        return np.log(np.stack([first[rows[:, 0]], second[rows[:, 0], rows[:, 1]]], axis=1))


def mediator_loss(probabilities):
    sides = (tf.constant(log_conditionals(probabilities, rows)) for rows in (REAL, MODEL))
    return float(cooperative.mediator_loss(*sides))


def mediated_bound(loss, real, model):
    """T·L_M - ½[H(p) + H(G)], at least the divergence for any mediator, in nats per sentence."""
    return LENGTH * loss - 0.5 * (entropy(real) + entropy(model))


def test_the_bound_is_the_divergence_where_the_mediator_is_the_mixture():
    real, model = law(REAL), law(MODEL)
    exact = mediated_bound(mediator_loss((real + model) / 2), real, model)
    np.testing.assert_allclose(exact, divergence(real, model), rtol=1e-12)
    other = mediated_bound(mediator_loss(0.6 * real + 0.4 * model), real, model)
    assert other > exact + 1e-3


def test_a_trained_mediator_comes_near_the_bound():
    mediator = Mediator(VOCAB, LENGTH, 8, 8, seed=1)
    mediator.build()
    variables = mediator.trainable_variables
    optimizer = adam(0.03, 1e-8, variables, "mediator")

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            log_probs = [losses.token_log_prob(mediator(rows), rows) for rows in (REAL, MODEL)]
            loss = cooperative.mediator_loss(*log_probs)
        gradients = tape.gradient(loss, variables)
        optimizer.apply([tf.convert_to_tensor(each) for each in gradients], variables)
        return loss

    first = float(step())
    for _ in range(300):
        last = float(step())
    assert last < first
    real, model = law(REAL), law(MODEL)
    bound = mediated_bound(last, real, model)
    assert 0 <= bound - divergence(real, model) + 1e-5 < 0.01


def model_logits(first, second):
    """Logits along `MODEL` of a generator that is two tables."""
    return tf.stack(
        [tf.tile(first[tf.newaxis], [len(MODEL), 1]), tf.gather(second, MODEL[:, 0])], axis=1
    )


def test_its_gradient_descends_the_divergence():
    real, model = law(REAL), law(MODEL)
    mixture = ((real + model) / 2).reshape(VOCAB, VOCAB)
    first = tf.constant(np.log(FIRST / FIRST.sum()))
    second = tf.constant(np.log(np.maximum(SECOND, 1e-9) / SECOND.sum(1, keepdims=True)))
    mediator = model_logits(
        tf.constant(np.log(mixture.sum(1))), tf.constant(np.log(np.maximum(mixture, 1e-12)))
    )

    def moved(size):
        tables = [table - size * slope for table, slope in zip(at, slopes, strict=True)]
        probabilities = tf.nn.softmax(tables[0])[:, tf.newaxis] * tf.nn.softmax(tables[1])
        return divergence(real, probabilities.numpy().ravel())

    at = [first, second]
    with tf.GradientTape() as tape:
        tape.watch(at)
        loss = cooperative.generator_loss(model_logits(*at), mediator)
    slopes = [tf.convert_to_tensor(slope) for slope in tape.gradient(loss, at)]
    assert moved(0.1) < moved(0.0) - 1e-4
    assert moved(-0.1) > moved(0.0) + 1e-4


def test_the_generators_loss_equals_its_twin():
    given, target = small.array(2, 2, 3, seed=1), small.array(2, 2, 3, seed=2)
    expected = []
    for row, other in zip(given.reshape(-1, 3), target.reshape(-1, 3), strict=True):
        log_g, log_m = twins.log_softmax(row), twins.log_softmax(other)
        expected.append(sum(np.exp(g) * (g - m) for g, m in zip(log_g, log_m, strict=True)))
    found = cooperative.generator_loss(tf.constant(given), tf.constant(target))
    np.testing.assert_allclose(found, np.mean(expected), rtol=1e-5)
    assert float(found) > 0
    # A constant on all logits of a prefix changes neither model.
    np.testing.assert_allclose(
        cooperative.generator_loss(tf.constant(given), tf.constant(given + 1.0)), 0.0, atol=1e-6
    )


def test_no_gradient_reaches_the_mediator():
    given, target = tf.constant(small.array(2, 2, 3)), tf.constant(small.array(2, 2, 3, seed=1))
    with tf.GradientTape() as tape:
        tape.watch([given, target])
        loss = cooperative.generator_loss(given, target)
    to_given, to_target = tape.gradient(loss, [given, target])
    assert to_target is None
    assert np.abs(to_given).max() > 0.01


def test_its_gradient_agrees_with_finite_differences():
    """Prefixes held fixed; V = 4, T = 2."""
    model = LSTMGenerator(VOCAB, LENGTH, 3, 3)
    model.build()
    small.randomise(model, 3)
    target = tf.constant(small.array(len(MODEL), LENGTH, VOCAB, seed=4))

    def loss():
        return cooperative.generator_loss(model(MODEL), target)

    with tf.GradientTape() as tape:
        value = loss()
    random, step = np.random.default_rng(0), 1e-2
    gradients = tape.gradient(value, model.trainable_variables)
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        direction = random.normal(size=variable.shape).astype(np.float32)
        at, sides = variable.numpy(), []
        for sign in (1, -1):
            variable.assign(at + sign * step * direction)
            sides.append(float(loss()))
        variable.assign(at)
        mine = np.sum(tf.convert_to_tensor(gradient) * direction)
        np.testing.assert_allclose(
            mine, (sides[0] - sides[1]) / (2 * step), rtol=2e-2, atol=2e-4, err_msg=variable.path
        )


@pytest.mark.parametrize("length", [2, 5])
def test_padding_after_an_end_costs_nothing(length):
    """Both models are certain of it, so longer padding changes the sum over a sentence by 0."""
    tokens = tf.constant([[3, 0] + [0] * (length - 2), [0, 0] + [0] * (length - 2)])
    sums = []
    for seed in (1, 2):
        generator = LSTMGenerator(VOCAB, length, 3, 3, ends=True, seed=seed)
        mediator = Mediator(VOCAB, length, 3, 3, ends=True, seed=seed)
        generator.build()
        mediator.build()
        per_token = cooperative.generator_loss(generator(tokens), mediator(tokens))
        two = cooperative.generator_loss(generator(tokens)[:, :2], mediator(tokens)[:, :2])
        sums.append((float(per_token) * length, float(two) * 2))
    np.testing.assert_allclose(*np.transpose(sums), rtol=1e-5)
