"""Masked means, and which of the Manager's pairs count."""

import numpy as np
import pytest
import tensorflow as tf

from leakgan_tf.objectives import losses

VALUES = tf.constant([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]])


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ([[1, 0, 1], [0, 1, 0]], 7.0),
        ([[0, 0, 0], [0, 0, 1]], 32.0),
        ([[0, 0, 0], [0, 0, 0]], 0.0),  # not 0 / 0
        (None, 10.5),
    ],
)
def test_the_mean_is_that_of_the_counted_values(mask, expected):
    mask = None if mask is None else tf.cast(mask, tf.bool)
    assert float(losses.masked_mean(VALUES, mask)) == pytest.approx(expected)


def test_a_pair_counts_if_it_begins_within_its_sentence():
    mask = tf.cast([[1, 1, 1, 1, 0, 0], [1, 1, 0, 0, 0, 0]], tf.bool)
    block, sliding = (losses.pair_mask(mask, 3, window) for window in ("block", "sliding"))
    np.testing.assert_array_equal(block, [[True, True], [True, False]])
    np.testing.assert_array_equal(sliding, [[True] * 4, [True, True, False, False]])
    assert losses.pair_mask(None, 3, "block") is None


def test_a_horizon_as_long_as_the_sentence_has_one_pair():
    mask = tf.cast([[1, 1, 0]], tf.bool)
    for window in ("block", "sliding"):
        np.testing.assert_array_equal(losses.pair_mask(mask, 3, window), [[True]])
