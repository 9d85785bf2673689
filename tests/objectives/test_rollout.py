"""Scores of completions, brought to the prefixes they belong to."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import small
from leakgan_tf.models.discriminator import Discriminator
from leakgan_tf.objectives.rollout import prefix_scores

PREFIXES, COPIES, ROWS, LENGTH = 3, 2, 4, 5


def identity(tokens):
    """A stub discriminator: the score of a sentence is its first token."""
    return tf.cast(tokens[:, 0], tf.float32)


def numbered(*shape):
    """Sentences whose first token is their own number, from 100."""
    count = int(np.prod(shape))
    numbers = np.arange(100, 100 + count).reshape(*shape, 1)
    return tf.constant(np.concatenate([numbers, np.zeros([*shape, LENGTH - 1], int)], -1), tf.int32)


def test_scores_are_summed_over_copies_and_keep_batch_and_prefix_order():
    completions, tokens = numbered(PREFIXES, COPIES, ROWS), numbered(ROWS) - 50
    result = prefix_scores(identity, tokens, completions)
    expected = completions.numpy()[..., 0].sum(axis=1).T  # (B, P)
    np.testing.assert_array_equal(result[:, :-1], expected)


def test_the_finished_sentence_is_the_last_column_and_counts_for_every_copy():
    tokens = numbered(ROWS)
    result = prefix_scores(identity, tokens, tf.zeros([PREFIXES, COPIES, ROWS, LENGTH], tf.int32))
    assert result.shape == (ROWS, PREFIXES + 1)
    np.testing.assert_array_equal(result[:, -1], COPIES * tokens.numpy()[:, 0])


@pytest.mark.parametrize("compiled", [False, True])
def test_without_prefixes_only_the_finished_sentence_counts(compiled):
    scored = tf.function(prefix_scores) if compiled else prefix_scores
    result = scored(identity, numbered(ROWS), tf.zeros([0, 3, ROWS, LENGTH], tf.int32))
    np.testing.assert_array_equal(result[:, 0], 3 * np.arange(100, 104))
    assert result.shape == (ROWS, 1)


def test_a_real_discriminator_is_asked_for_the_probability_of_real():
    model = Discriminator(6, LENGTH, 3, (1, 2), (2, 2))
    model.build()
    small.randomise(model)
    tokens = small.tokens(ROWS, LENGTH, 6)
    completions = small.tokens(2 * 3 * ROWS, LENGTH, 6, seed=1).reshape(2, 3, ROWS, LENGTH)
    result = prefix_scores(model.probability_real, tf.constant(tokens), tf.constant(completions))

    def real(sentences):
        logits = np.asarray(model(sentences))
        return np.exp(logits[:, 1]) / np.exp(logits).sum(axis=1)

    expected = [sum(real(completions[p, n]) for n in range(3)) for p in range(2)]
    np.testing.assert_allclose(result, np.stack([*expected, 3 * real(tokens)], 1), rtol=1e-5)
