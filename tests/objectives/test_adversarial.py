"""Losses of a D that scores, their directions, and the paths of the inverse temperature."""

import math

import numpy as np
import pytest
import tensorflow as tf

from helpers import small
from leakgan_tf.objectives.adversarial import LOSSES, adversarial_losses, gradient_penalty
from leakgan_tf.objectives.annealing import PATHS, annealed


def slopes(name, which, real, generated):
    with tf.GradientTape() as tape:
        tape.watch([real, generated])
        loss = adversarial_losses(name, real, generated)[which]
    return tape.gradient(loss, [real, generated])


def test_a_relativistic_d_that_cannot_decide():
    """Equal scores cost log 2 on both sides; the pull on both scores is equal and opposite."""
    scores = tf.constant([0.3, -1.0])
    for loss in adversarial_losses("rsgan", scores, scores):
        np.testing.assert_allclose(loss, math.log(2.0), rtol=1e-6)
    real, generated = tf.constant([1.0, -2.0]), tf.constant([0.5, 3.0])
    up, down = slopes("rsgan", 0, real, generated)
    np.testing.assert_allclose(up, -down, rtol=1e-6)
    assert (up.numpy() < 0).all()


@pytest.mark.parametrize("name", LOSSES)
def test_directions(name):
    """D raises real scores and lowers generated ones; G raises its own."""
    real, generated = tf.constant([0.2, -0.4]), tf.constant([0.1, -0.3])
    up, down = slopes(name, 0, real, generated)
    assert (up.numpy() < 0).all() and (down.numpy() > 0).all()
    assert (slopes(name, 1, real, generated)[1].numpy() < 0).all()


@pytest.mark.parametrize("name", LOSSES)
def test_large_scores_cost_no_more_than_they_must(name):
    large = tf.constant([90.0, -90.0])
    for loss in adversarial_losses(name, large, -large):
        assert np.isfinite(loss)


def test_the_penalty_of_a_linear_score():
    """Its gradient is its own kernel: the penalty is (‖w‖ - 1)²."""
    kernel = small.array(3, 5)
    real, soft = tf.constant(small.array(2, 3, 5)), tf.constant(small.array(2, 3, 5, seed=1))
    penalty = gradient_penalty(
        lambda mixed: tf.reduce_sum(mixed * kernel, axis=[1, 2]), real, soft, tf.ones([2, 1, 1]) / 3
    )
    np.testing.assert_allclose(penalty, (np.linalg.norm(kernel) - 1.0) ** 2, rtol=1e-5)


def test_beta_begins_at_1_and_ends_at_its_maximum():
    np.testing.assert_allclose(annealed("exponential", tf.constant([0, 50]), 7.0, 50), [1.0, 7.0])
    for path in ("linear", "logarithmic", "quadratic", "square_root"):
        ends = annealed(path, tf.constant([0, 49]), 7.0, 50)
        np.testing.assert_allclose(ends, [1.0, 7.0], rtol=1e-5, err_msg=path)


@pytest.mark.parametrize("path", PATHS)
def test_beta_never_falls(path):
    betas = annealed(path, tf.range(50), 7.0, 50).numpy()
    assert (np.diff(betas) >= 0).all() and betas[0] >= 1 and betas[-1] <= 7 + 1e-5
