"""Rescaled rewards against twins, and what a rank must do."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

import twins
from leakgan_tf.rewards import rescale
from leakgan_tf.semantics import ORIGINAL, PAPER, Semantics

TIED = np.array(
    [[0.5, 0.1], [0.9, 0.1], [0.5, 0.3], [0.2, 0.2], [0.9, 0.1], [0.7, 0.3]], np.float32
)


def scores(rows, columns, seed=0):
    return np.random.default_rng(seed).random((rows, columns)).astype(np.float32)


@pytest.mark.parametrize("semantics", [ORIGINAL, PAPER], ids=["original", "paper"])
@pytest.mark.parametrize("values", [TIED, scores(7, 3), scores(1, 2)], ids=["tied", "7", "1"])
def test_rewards_equal_the_twin(semantics, values):
    divisor = 4 if semantics.reward_per_rollout else 1
    expected = twins.rescale(values, semantics.reward_rank, semantics.reward_delta, divisor)
    np.testing.assert_allclose(rescale(tf.constant(values), semantics, 4), expected, rtol=1e-5)


def test_value_ranks_rise_with_the_discriminators_opinion():
    values = scores(8, 3)
    rewards = rescale(tf.constant(values), PAPER, 4).numpy()
    for column in range(3):
        assert (np.diff(rewards[np.argsort(values[:, column]), column]) > 0).all()
    best = 1 / (1 + np.exp(-12 * (0.5 - 1 / 8)))
    np.testing.assert_allclose(rewards.max(axis=0), [best] * 3, rtol=1e-5)


def test_equal_scores_have_equal_rewards():
    for semantics in (ORIGINAL, PAPER):
        rewards = rescale(tf.constant(TIED), semantics, 4).numpy()
        for column in range(TIED.shape[1]):
            for score in np.unique(TIED[:, column]):
                equal = rewards[TIED[:, column] == score, column]
                np.testing.assert_allclose(equal, equal[0], rtol=1e-6)


@pytest.mark.parametrize("rank", ["arrival", "value"])
def test_columns_are_rescaled_each_for_itself(rank):
    semantics = dataclasses.replace(PAPER, reward_rank=rank)
    values = scores(6, 3)
    together = rescale(tf.constant(values), semantics, 4).numpy()
    alone = [rescale(tf.constant(values[:, [c]]), semantics, 4).numpy() for c in range(3)]
    np.testing.assert_allclose(together, np.concatenate(alone, axis=1), rtol=1e-6)


def test_value_ranks_follow_their_rows():
    values, order = scores(6, 2), [3, 0, 5, 1, 4, 2]
    np.testing.assert_allclose(
        rescale(tf.constant(values[order]), PAPER, 4),
        rescale(tf.constant(values), PAPER, 4).numpy()[order],
        rtol=1e-6,
    )


def test_the_originals_mean_reward_is_a_constant_and_knows_nothing_of_the_opinions():
    first, second = scores(64, 5), scores(64, 5, seed=1)
    rewards = rescale(tf.constant(first), ORIGINAL, 4).numpy()
    np.testing.assert_allclose(rewards.mean(), 0.126952, atol=1e-6)
    np.testing.assert_array_equal(rewards, rescale(tf.constant(second), ORIGINAL, 4))


def test_without_a_rank_the_scores_are_the_rewards():
    semantics = Semantics(reward_rank="none", reward_per_rollout=False)
    np.testing.assert_array_equal(rescale(tf.constant(TIED), semantics, 4), TIED)
    semantics = Semantics(reward_rank="none", reward_per_rollout=True)
    np.testing.assert_allclose(rescale(tf.constant(TIED), semantics, 4), TIED / 4)
