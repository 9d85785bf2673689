"""Rescaled rewards against twins, and what a rank must do."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from helpers import twins
from leakgan_tf.config.semantics import ORIGINAL, PAPER, Semantics
from leakgan_tf.objectives.rewards import control, control_mean, rescale

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


# --- Controls -------------------------------------------------------------------------------------

SEED = tf.constant([5, 6])


def test_the_systems_own_rewards_are_left_as_they_are():
    own = tf.constant(scores(6, 3))
    np.testing.assert_array_equal(control(own, "discriminator", 0.5, SEED), own)


@pytest.mark.parametrize("usual", [0.5, 0.126952, -4.2])
def test_constant_rewards_are_all_the_usual_one(usual):
    rewards = control(tf.constant(scores(6, 3)), "constant", usual, SEED)
    np.testing.assert_array_equal(rewards, np.full([6, 3], usual, np.float32))


@pytest.mark.parametrize("usual", [0.5, 0.126952, -4.2])
def test_random_rewards_know_nothing_and_have_the_usual_mean(usual):
    first, second = tf.constant(scores(2000, 3)), tf.constant(scores(2000, 3, seed=1))
    rewards = control(first, "random", usual, SEED).numpy()
    np.testing.assert_array_equal(rewards, control(second, "random", usual, SEED))
    assert (rewards != control(first, "random", usual, SEED + 1).numpy()).any()
    shares = rewards / usual  # uniform in [0, 2)
    assert shares.min() >= 0 and shares.max() < 2
    np.testing.assert_allclose(shares.mean(axis=0), 1, atol=0.05)
    np.testing.assert_allclose(shares.std(axis=0), 2 / np.sqrt(12), atol=0.03)
    assert np.abs(np.corrcoef(np.concatenate([rewards, first], axis=1).T)[:3, 3:]).max() < 0.1


def test_shuffled_rewards_equal_their_twin():
    values = scores(7, 3)
    draws = tf.random.stateless_uniform([7, 3], SEED).numpy()
    expected = np.empty_like(values)
    for column in range(3):
        for row, source in enumerate(sorted(range(7), key=lambda b, c=column: draws[b, c])):
            expected[row, column] = values[source, column]
    np.testing.assert_array_equal(control(tf.constant(values), "shuffled", 0.5, SEED), expected)


@pytest.mark.parametrize("values", [TIED, scores(64, 5), scores(1, 2)], ids=["tied", "64", "1"])
def test_shuffled_columns_keep_their_values_and_nothing_else(values):
    shuffled = control(tf.constant(values), "shuffled", 0.5, SEED).numpy()
    np.testing.assert_array_equal(np.sort(shuffled, axis=0), np.sort(values, axis=0))
    if len(values) == 64:
        orders = [shuffled[:, c].argsort().argsort() for c in range(5)]
        assert len({tuple(order) for order in orders}) == 5  # each column in its own order
        found = [
            np.corrcoef(control(tf.constant(values), "shuffled", 0.5, [7, i])[:, 0], values[:, 0])
            for i in range(100)
        ]
        assert abs(np.mean([each[0, 1] for each in found])) < 0.05


@pytest.mark.parametrize("kind", ["constant", "random", "shuffled"])
def test_controls_compile_to_what_they_are(kind):
    own = tf.constant(scores(6, 3))
    compiled = tf.function(lambda x, seed: control(x, kind, 0.5, seed), autograph=False)
    np.testing.assert_array_equal(compiled(own, SEED), control(own, kind, 0.5, SEED))


@pytest.mark.parametrize("rows", [1, 7, 64])
@pytest.mark.parametrize(
    "semantics",
    [ORIGINAL, PAPER, dataclasses.replace(PAPER, reward_per_rollout=True)],
    ids=["original", "paper", "divided"],
)
def test_the_usual_reward_is_the_mean_that_rescaling_gives(semantics, rows):
    rewards = rescale(tf.constant(scores(rows, 4)), semantics, 4)
    usual = control_mean(semantics, rows, 4)
    assert usual == pytest.approx(float(tf.reduce_mean(rewards)), rel=1e-5)


def test_the_usual_reward_without_a_rank_is_that_of_a_discriminator_in_doubt():
    for per_rollout in (False, True):
        semantics = Semantics(reward_rank="none", reward_per_rollout=per_rollout)
        in_doubt = tf.fill([5, 2], 4 * 0.5)  # summed over four completions
        usual = control_mean(semantics, 5, 4)
        assert usual == pytest.approx(float(tf.reduce_mean(rescale(in_doubt, semantics, 4))))
