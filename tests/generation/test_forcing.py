"""Sentences that are partly given: what is given stays, and what follows it has read it."""

import numpy as np
import tensorflow as tf

from helpers import small
from leakgan_tf.generation.forcing import infill
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.models.lstm_generator import LSTMGenerator

ROWS, LENGTH, VOCAB = 5, 6, 8
SEED = tf.constant([3, 4])


class Successor:
    """A policy that writes the last token plus one, surely."""

    length = LENGTH

    def start(self, rows):
        return tf.zeros([rows], tf.int32)

    def logits(self, state, position):
        return 99.0 * tf.one_hot((state + 1) % VOCAB, VOCAB), state

    def write(self, state, tokens, position):
        return tokens


def test_every_own_token_has_read_what_was_given_before_it():
    tokens = small.tokens(ROWS, LENGTH, VOCAB)
    given = np.random.default_rng(1).random((ROWS, LENGTH)) < 0.4
    found = infill(Successor(), tf.constant(tokens), tf.constant(given), SEED).numpy()
    for row in range(ROWS):
        last = 0
        for place in range(LENGTH):
            last = tokens[row, place] if given[row, place] else (last + 1) % VOCAB
            assert found[row, place] == last
    assert given.any(axis=1).all() and not given.all(axis=1).any()


def model(ends=False):
    made = LSTMGenerator(VOCAB, LENGTH, 3, 4, ends=ends)
    made.build()
    small.randomise(made, scale=1.5)
    return made


def test_the_model_fills_in_by_its_own_distribution():
    """The share of each continuation of one prefix is its probability."""
    own, rows = model(), 4000
    tokens = tf.tile(tf.constant([[5, 2, 0, 0, 0, 0]]), [rows, 1])
    given = tf.tile(tf.constant([[True, True, False, False, True, True]]), [rows, 1])
    found = infill(LSTMPolicy(own), tokens, given, SEED).numpy()
    np.testing.assert_array_equal(found[:, [0, 1, 4, 5]], tokens.numpy()[:, [0, 1, 4, 5]])
    probabilities = tf.nn.softmax(own(found[:1])).numpy()[0, 2]
    shares = np.bincount(found[:, 2], minlength=VOCAB) / rows
    np.testing.assert_allclose(shares, probabilities, atol=4 * 0.5 / np.sqrt(rows))
    assert len(np.unique(found[:, 3])) > 2


def test_nothing_given_is_a_sample_and_all_given_stays():
    own, tokens = LSTMPolicy(model()), tf.constant(small.tokens(ROWS, LENGTH, VOCAB))
    nothing, everything = tf.zeros(tokens.shape, tf.bool), tf.ones(tokens.shape, tf.bool)
    np.testing.assert_array_equal(infill(own, tokens, everything, SEED), tokens)
    first, again = (infill(own, tokens + i, nothing, SEED) for i in range(2))
    np.testing.assert_array_equal(first, again)  # what is not given is not read
    assert (first.numpy() != tokens.numpy()).any()


def test_behind_a_given_end_nothing_is_written():
    tokens = tf.constant([[3, 0, 5, 5, 5, 5]] * ROWS)
    given = tf.constant([[True, True] + [False] * 4] * ROWS)
    found = infill(LSTMPolicy(model(ends=True)), tokens, given, SEED).numpy()
    assert not found[:, 1:].any()
