"""TaiLr's weighted likelihood: its limits, its twin, and its gradient."""

import numpy as np
import pytest
import tensorflow as tf

from leakgan_tf.objectives import losses
from leakgan_tf.objectives.total_variation import tailr_loss, tailr_weights

LOG_PROB = tf.constant([[-0.1, -2.0, -7.0], [-0.5, -45.0, -1.0]])
MASK = tf.constant([[True, True, False], [True, True, True]])


def gradient(loss):
    with tf.GradientTape() as tape:
        tape.watch(LOG_PROB)
        value = loss()
    return value, tape.gradient(value, LOG_PROB)


@pytest.mark.parametrize("mask", [None, MASK])
def test_gamma_0_is_maximum_likelihood(mask):
    mine, theirs = (
        gradient(lambda: tailr_loss(LOG_PROB, 0.0, mask)),
        gradient(lambda: losses.likelihood_loss(LOG_PROB, mask)),
    )
    for one, other in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_gamma_1_weights_with_the_probability():
    np.testing.assert_allclose(tailr_weights(LOG_PROB, 1.0), np.exp(LOG_PROB), rtol=1e-5)


@pytest.mark.parametrize("gamma", [1e-4, 0.3])
def test_loss_and_gradient_equal_their_twins(gamma):
    p = np.exp(LOG_PROB.numpy().astype(np.float64))
    weights = p / (gamma + (1 - gamma) * p)
    weights[0, 2] = 0.0  # masked
    value, slope = gradient(lambda: tailr_loss(LOG_PROB, gamma, MASK))
    np.testing.assert_allclose(value, -np.sum(weights * LOG_PROB) / 5, rtol=1e-5)
    np.testing.assert_allclose(slope, -weights / 5, rtol=1e-5)  # none through the weights


def test_unlikely_tokens_count_less():
    weights = tailr_weights(tf.constant([-1.0, -5.0, -20.0]), 0.01).numpy()
    assert (np.diff(weights) < 0).all() and (weights > 0).all() and (weights < 1).all()
