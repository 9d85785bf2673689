"""ScratchGAN's returns, baseline and loss, against loops."""

import math

import numpy as np
import pytest
import tensorflow as tf

from helpers import small, twins
from leakgan_tf.objectives import scratch


@pytest.mark.parametrize("gamma", [0.0, 0.23, 1.0])
def test_returns_equal_their_twin(gamma):
    rewards = small.array(3, 5)
    expected = [
        [sum(gamma ** (s - t) * row[s] for s in range(t, 5)) for t in range(5)]
        for row in rewards.astype(float)
    ]
    np.testing.assert_allclose(
        scratch.discounted_returns(tf.constant(rewards), gamma), expected, rtol=1e-5, atol=1e-6
    )


def test_without_a_future_a_return_is_the_tokens_own_reward():
    rewards = small.array(3, 5)
    np.testing.assert_array_equal(scratch.discounted_returns(tf.constant(rewards), 0.0), rewards)


def test_rewards_are_between_minus_one_and_one_and_nothing_for_an_even_chance():
    found = scratch.token_rewards(tf.constant([[-100.0, 0.0, 100.0, math.log(3)]]))
    np.testing.assert_allclose(found, [[-1, 0, 1, 0.5]], atol=1e-6)


def test_the_baseline_is_almost_the_last_batchs_mean():
    returns = tf.constant(small.array(3, 5))
    mean, before = float(np.mean(returns)), tf.constant(0.0)
    first = scratch.moving_average(before, returns, 0.08)
    np.testing.assert_allclose(first, 0.92 * mean, rtol=1e-6)
    second = scratch.moving_average(first, 2 * returns, 0.08)
    np.testing.assert_allclose(second, 0.08 * 0.92 * mean + 0.92 * 2 * mean, rtol=1e-6)


def test_the_discriminators_loss_equals_its_twin():
    real, generated = small.array(3, 5), small.array(3, 5, seed=1)
    expected = [
        -0.5 * math.log(twins.sigmoid(a)) - 0.5 * math.log(1 - twins.sigmoid(b))
        for a, b in zip(real.ravel().astype(float), generated.ravel().astype(float), strict=True)
    ]
    found = scratch.token_discriminator_loss(tf.constant(real), tf.constant(generated))
    np.testing.assert_allclose(found, np.mean(expected), rtol=1e-5)
    nothing = tf.zeros([3, 5])
    np.testing.assert_allclose(scratch.token_discriminator_loss(nothing, nothing), math.log(2))
