"""Masked means, which of the Manager's pairs count, and losses small enough to write out."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from leakgan_tf.config.semantics import ORIGINAL
from leakgan_tf.models.leakgan_generator import Goals
from leakgan_tf.models.masking import last_value
from leakgan_tf.objectives import losses

VALUES = tf.constant([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]])


def test_the_last_chosen_value_of_each_row():
    chosen = tf.constant([[1, 0, 0], [1, 0, 1], [0, 0, 0]]) > 0
    values = tf.concat([VALUES, VALUES[:1]], axis=0)
    np.testing.assert_array_equal(last_value(values, chosen), [1.0, 32.0, 0.0])


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


@pytest.mark.parametrize(
    ("window", "pairs"), [("block", [[1, 1], [1, 0]]), ("sliding", [[1, 1, 1, 1], [1, 1, 0, 0]])]
)
def test_in_the_originals_loss_a_reward_counts_if_its_block_began(window, pairs):
    """-(Σ reward) · mean cosine / (T·B/c), with T = 6, B = 2 and c = 3; 16 is not counted."""
    cosines = tf.cast(pairs, tf.float32) * 0.5
    rewards = tf.constant([[1.0, 2.0], [4.0, 16.0]])
    semantics = dataclasses.replace(ORIGINAL, goal_window=window)
    mask = tf.cast(pairs, tf.bool)
    loss = losses.manager_adversarial_loss(cosines, rewards, semantics, 6, 3, mask)
    assert float(loss) == pytest.approx(-(1 + 2 + 4) * 0.5 / 4)


def test_the_sliding_intrinsic_reward_by_hand():
    """r_1 = cos(f_1 - f_0, g_0); r_2 is the mean of cos(f_2 - f_1, g_1) and cos(f_2 - f_0, g_0)."""
    features = tf.constant([[[1.0, 0.0], [1.0, 1.0], [3.0, 1.0]]])
    goals = Goals(tf.constant([[[0.0, 1.0], [0.0, 2.0], [5.0, 5.0]]]), None, None)
    found = losses.intrinsic_reward(features, goals, 2, "sliding")
    np.testing.assert_allclose(found, [[1.0, 0.5 / np.sqrt(5)]], rtol=1e-5)
