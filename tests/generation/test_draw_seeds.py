"""From which seed every token is drawn: the caller's, the batch's number and the position."""

import numpy as np
import tensorflow as tf

from helpers import small
from leakgan_tf.generation import sampling
from leakgan_tf.generation.drawing import categorical
from leakgan_tf.generation.generator import Generator
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.models.lstm_generator import LSTMGenerator

LENGTH, VOCAB = 6, 5
SEED = tf.constant([3, 4])


def fold(seed, number):
    return tf.random.experimental.stateless_fold_in(seed, number)


def policy():
    model = LSTMGenerator(VOCAB, LENGTH, 3, 4)
    model.build()
    small.randomise(model, scale=1.0)
    return LSTMPolicy(model)


def direct(policy, rows, sharpness, seed):
    """The sampling loop, written out."""
    state, tokens = policy.start(rows), []
    for position in range(LENGTH):
        logits, state = policy.logits(state, position)
        tokens.append(categorical(logits * sharpness[position], fold(seed, position)))
        state = policy.write(state, tokens[-1], position)
    return np.stack(tokens, axis=1)


def test_each_position_folds_its_number_into_the_seed():
    own, sharpness = policy(), [1.5, 1.5, 0.5, 1.0, 2.0, 1.0]
    found = sampling.generate(own, 8, tf.constant(sharpness), SEED)
    np.testing.assert_array_equal(found, direct(own, 8, sharpness, SEED))


def test_each_batch_folds_its_number_into_the_seed():
    own = policy()
    found = Generator(lambda: own, LENGTH, 4).sample(10, 0.5, (3, 4))
    batches = [direct(own, 4, [2.0] * LENGTH, fold(SEED, number)) for number in range(3)]
    np.testing.assert_array_equal(found, np.concatenate(batches)[:10])


def test_a_default_sample_has_temperature_one_and_the_seed_zero():
    own = policy()
    generator = Generator(lambda: own, LENGTH, 4)
    np.testing.assert_array_equal(generator.sample(4), generator.sample(4, 1.0, (0, 0)))


def test_completions_of_one_prefix_are_drawn_like_samples():
    """All copies at a position from one seed, at temperature 1."""
    own, tokens = policy(), small.tokens(3, LENGTH, VOCAB)
    found = sampling.complete(own, tf.constant(tokens), (2,), 2, SEED).numpy()
    state = own.start(6)
    twice = np.tile(tokens, [2, 1])
    for position in range(LENGTH):
        logits, state = own.logits(state, position)
        written = twice[:, position]
        if position >= 2:
            written = categorical(logits, fold(SEED, position)).numpy()
            np.testing.assert_array_equal(found[0].reshape(6, LENGTH)[:, position], written)
        state = own.write(state, tf.constant(written), position)


def test_no_prefix_has_no_completion():
    found = sampling.complete(policy(), tf.constant(small.tokens(3, LENGTH, VOCAB)), (), 2, SEED)
    assert found.shape == (0, 2, 3, LENGTH)
    assert found.dtype == tf.int32
