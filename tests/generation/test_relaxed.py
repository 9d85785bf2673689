"""The differentiable loop: its limit, the discrete loop's tokens, and where gradients pass."""

from typing import NamedTuple

import numpy as np
import pytest
import tensorflow as tf

from helpers import small
from leakgan_tf.generation import relaxed, sampling
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.models.relational_discriminator import RelationalDiscriminator
from leakgan_tf.models.relational_memory import RelationalMemoryGenerator

VOCAB, LENGTH, ROWS = 6, 5, 7
SEED = tf.constant([3, 4])


def made(kind, **changes):
    sizes = (3, 2) if kind is LSTMGenerator else (3, 2, 2, 2)
    model = kind(VOCAB, LENGTH, *sizes, **changes)
    model.build()
    small.randomise(model, 1, 1.0)
    return model


@pytest.fixture(params=[LSTMGenerator, RelationalMemoryGenerator], ids=["lstm", "memory"])
def kind(request):
    return request.param


def sample(policy, beta=1.0, **options):
    relax, noise = relaxed.gumbel_softmax(beta), relaxed.gumbel_noise(SEED)
    return relaxed.sample(policy, ROWS, relax, noise, **options)


@pytest.mark.parametrize("feedback", ["hard", "soft"])
def test_its_limit_is_the_token(kind, feedback):
    sampled = sample(relaxed.SoftPolicy(made(kind)), 1e5, feedback=feedback)
    np.testing.assert_allclose(sampled.soft, tf.one_hot(sampled.tokens, VOCAB), atol=1e-3)
    soft = sample(relaxed.SoftPolicy(made(kind)), 1.0, feedback=feedback).soft
    np.testing.assert_allclose(tf.reduce_sum(soft, axis=2), 1.0, rtol=1e-5)
    assert np.max(soft, axis=2).min() < 0.9


def test_tokens_are_those_of_the_discrete_loop(kind, monkeypatch):
    """Where that draws by the same noise."""
    model = made(kind)

    def gumbel_max(logits, seed):
        uniform = tf.random.stateless_uniform(tf.shape(logits), seed)
        return tf.argmax(logits - tf.math.log(-tf.math.log(uniform)), 1, output_type=tf.int32)

    monkeypatch.setattr(sampling, "categorical", gumbel_max)
    discrete = sampling.generate(LSTMPolicy(model), ROWS, tf.ones([LENGTH]), SEED)
    assert len({tuple(row) for row in discrete.numpy()}) > 1
    for policy in (LSTMPolicy(model), relaxed.SoftPolicy(model)):
        np.testing.assert_array_equal(sample(policy).tokens, discrete)
    limit = sample(relaxed.SoftPolicy(model), 1e5, feedback="soft")
    np.testing.assert_array_equal(limit.tokens, discrete)


def test_tokens_do_not_depend_on_beta(kind):
    policy = LSTMPolicy(made(kind))
    np.testing.assert_array_equal(sample(policy, 0.1).tokens, sample(policy, 100.0).tokens)


def test_draws_follow_the_softmax():
    logits = tf.tile(tf.constant([[0.0, 1.0, 2.0]]), [20000, 1])
    noisy = logits + relaxed.gumbel_noise(SEED)(0, logits)
    shares = np.bincount(np.argmax(noisy, axis=1)) / 20000
    np.testing.assert_allclose(shares, tf.nn.softmax([0.0, 1.0, 2.0]), atol=3 * 0.5 / 20000**0.5)


class Reading(NamedTuple):
    vector: tf.Tensor


class Table:
    """Logits of the first token are a table, those of the second what was read of the first."""

    length = 2

    def __init__(self, first):
        self.first = first

    def start(self, rows):
        return Reading(tf.zeros([rows, 3]))

    def logits(self, state, position):
        first = tf.cast(position == 0, tf.float32)
        return first * self.first + (1.0 - first) * state.vector, state

    def write(self, state, tokens, position):
        return Reading(tf.one_hot(tokens, 3))

    def write_soft(self, state, tokens, soft, position):
        return Reading(soft)


@pytest.mark.parametrize("feedback", ["hard", "soft"])
def test_which_gradients_reach_the_first_token(feedback):
    """Those of the second token through soft feedback only; those of its own soft token always."""
    first, weights = tf.constant([[0.5, -0.2, 0.1]]), tf.constant([1.0, 2.0, -1.0])
    for token, passes in ((0, True), (1, feedback == "soft")):
        with tf.GradientTape() as tape:
            tape.watch(first)
            soft = relaxed.sample(
                Table(first),
                2,
                relaxed.gumbel_softmax(1.0),
                relaxed.gumbel_noise(SEED),
                feedback,
            ).soft
            value = tf.reduce_sum(soft[:, token] * weights)
        gradient = tape.gradient(value, first)
        moved = 0.0 if gradient is None else np.abs(gradient).max()
        assert (moved > 1e-3) == passes


@pytest.mark.parametrize("feedback", ["hard", "soft"])
def test_nothing_follows_an_end(kind, feedback):
    sampled = sample(relaxed.SoftPolicy(made(kind, ends=True)), 1.0, feedback=feedback)
    tokens = sampled.tokens.numpy()
    ended = np.cumsum(tokens == 0, axis=1) - (tokens == 0) > 0
    assert ended.any() and not ended.all()
    assert (tokens[ended] == 0).all()
    np.testing.assert_allclose(sampled.soft.numpy()[ended][:, 0], 1.0)


def test_what_is_kept():
    discriminator = RelationalDiscriminator(VOCAB, LENGTH, 4, 2, (2,), (3,), 2)
    discriminator.build()
    policy = LSTMPolicy(made(LSTMGenerator))
    kept = sample(policy, keep=discriminator.embed).soft
    np.testing.assert_allclose(kept, discriminator.embed(sample(policy).soft), rtol=1e-5, atol=1e-7)


def test_in_a_graph_the_gradients_are_the_same(kind):
    model = made(kind)

    def gradients():
        with tf.GradientTape() as tape:
            soft = sample(LSTMPolicy(model)).soft
            value = tf.reduce_sum(soft * small.array(ROWS, LENGTH, VOCAB))
        return [tf.convert_to_tensor(g) for g in tape.gradient(value, model.trainable_variables)]

    for one, other in zip(gradients(), tf.function(gradients)(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_other_feedback_is_refused():
    with pytest.raises(ValueError, match="feedback must be"):
        sample(LSTMPolicy(made(LSTMGenerator)), feedback="none")
