"""The leaked features of prefixes, fast forms against the CNN on padded sentences."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers import small, twins
from leakgan_tf.models.discriminator import Discriminator
from leakgan_tf.models.prefix_features import PrefixFeatures

VOCAB = 6


def random_discriminator(length, windows, filters, seed=0):
    model = Discriminator(VOCAB, length, 3, windows, filters)
    model.build()
    small.randomise(model, seed)
    return model


def one_at_a_time(leak, tokens):
    state = leak.start(len(tokens))
    features = []
    for position in range(tokens.shape[1]):
        features.append(leak.read(state, tf.constant(position)))
        state = leak.advance(state, tokens[:, position], tf.constant(position))
    features.append(leak.read(state, tf.constant(tokens.shape[1])))
    return tf.stack(features, axis=1)


@st.composite
def shapes(draw):
    length = draw(st.integers(1, 8))
    windows = draw(st.lists(st.integers(1, length), min_size=1, max_size=3, unique=True))
    filters = draw(st.lists(st.integers(1, 3), min_size=len(windows), max_size=len(windows)))
    return length, windows, filters, draw(st.integers(0, 1000))


@example((5, [5], [2], 0))
@example((5, [1], [2], 1))
@example((6, [6, 1, 4], [1, 3, 2], 2))
@example((1, [1], [1], 3))
@settings(deadline=None, derandomize=True, max_examples=12, database=None)
@given(shapes())
def test_both_fast_forms_equal_the_cnn_on_every_padded_prefix(shape):
    length, windows, filters, seed = shape
    model = random_discriminator(length, windows, filters, seed)
    tokens = small.tokens(2, length, VOCAB, seed)
    named, leak = twins.weights(model), PrefixFeatures(model)
    direct = np.stack([twins.prefix_features(named, windows, row) for row in tokens])
    np.testing.assert_allclose(leak.all(tokens), direct, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(one_at_a_time(leak, tokens), direct, rtol=1e-5, atol=1e-5)


def test_the_last_prefix_is_what_the_discriminator_sees_of_the_sentence():
    model = random_discriminator(5, (1, 3, 5), (2, 2, 2))
    tokens = small.tokens(3, 5, VOCAB)
    leaked = PrefixFeatures(model).all(tokens)[:, -1]
    np.testing.assert_allclose(leaked, model.features(tokens), rtol=1e-5, atol=1e-6)


def test_later_tokens_do_not_show_in_earlier_features():
    model = random_discriminator(5, (1, 3, 5), (2, 2, 2))
    tokens = small.tokens(2, 5, VOCAB)
    changed = tokens.copy()
    changed[:, 3:] = (changed[:, 3:] + 1) % VOCAB
    leak = PrefixFeatures(model)
    before, after = leak.all(tokens).numpy(), leak.all(changed).numpy()
    np.testing.assert_array_equal(before[:, :4], after[:, :4])
    assert np.abs(before[:, 4:] - after[:, 4:]).max() > 1e-3


@pytest.mark.parametrize("padding_row", [True, False])
def test_discriminator_features_equal_the_direct_cnn(padding_row):
    model = Discriminator(VOCAB, 5, 3, (1, 2, 5), (2, 3, 1), padding_row=padding_row)
    model.build()
    small.randomise(model)
    tokens = small.tokens(3, 5, VOCAB)
    named = twins.weights(model)
    direct = [twins.cnn_features(named, (1, 2, 5), row, padding_row) for row in tokens]
    np.testing.assert_allclose(model.features(tokens), direct, rtol=1e-5, atol=1e-6)


def test_features_pass_no_gradient_to_the_discriminator():
    model = random_discriminator(4, (1, 2), (2, 2))
    with tf.GradientTape() as tape:
        leak = PrefixFeatures(model)
        tokens = small.tokens(2, 4, VOCAB)
        total = tf.reduce_sum(leak.all(tokens)) + tf.reduce_sum(one_at_a_time(leak, tokens))
    assert tape.gradient(total, model.trainable_variables) == [None] * len(model.weights)
