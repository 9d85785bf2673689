"""MaskGAN's losses: their NumPy twins, closed forms, and what carries no gradient."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import small, twins
from leakgan_tf.objectives import maskgan

LOGITS, VALUES = small.array(3, 6), small.array(3, 6, seed=1)
MASKED = np.array([[0, 1, 1, 0, 1, 0], [0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 0, 1]]) > 0


def test_returns_equal_their_twin():
    expected = np.zeros([3, 6])
    for row in range(3):
        for t in range(6):
            for s in range(t, 6):
                if MASKED[row, s]:
                    reward = np.log(twins.sigmoid(float(LOGITS[row, s])) + 1e-7)
                    expected[row, t] += 0.9 ** (s - t) * reward
    found = maskgan.fill_returns(tf.constant(LOGITS), tf.constant(MASKED), 0.9)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_returns_of_a_d_that_cannot_tell_have_a_closed_form():
    """They are log ½·(1 - γ^n)/(1 - γ), n the masked positions from t on, in a contiguous mask."""
    gamma, masked = 0.89072, np.arange(8)[None] >= 3
    found = maskgan.fill_returns(tf.zeros([1, 8]), tf.constant(masked), gamma).numpy()[0]
    left = 8 - np.arange(3, 8)
    expected = np.log(0.5) * (1 - gamma**left) / (1 - gamma)
    np.testing.assert_allclose(found[3:], expected, rtol=1e-5)
    sure = maskgan.fill_returns(tf.fill([1, 8], -200.0), tf.constant(masked), 0.0).numpy()
    np.testing.assert_allclose(sure[0, 3:], np.log(1e-7), rtol=1e-5)  # no worse


def test_ds_loss_is_half_of_each_side_over_masked_tokens():
    real, filled = LOGITS[MASKED], VALUES[MASKED]
    wanted = -np.mean(np.log(twins.sigmoid(real)) + np.log(1 - twins.sigmoid(filled))) / 2
    found = maskgan.fill_discriminator_loss(*map(tf.constant, (LOGITS, VALUES, MASKED, MASKED)))
    assert float(found) == pytest.approx(wanted, rel=1e-5)


def test_advantages_are_clipped_masked_and_constant():
    returns = tf.Variable(10 * LOGITS)
    with tf.GradientTape() as tape:
        found = maskgan.advantages(returns, tf.constant(VALUES), tf.constant(MASKED), 5.0)
    wanted = np.where(MASKED, np.clip(10 * LOGITS - VALUES, -5, 5), 0)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    assert np.abs(wanted).max() == 5
    assert tape.gradient(found, returns) is None


def test_the_critics_loss_moves_the_critic_alone():
    returns, values = tf.Variable(LOGITS), tf.Variable(VALUES)
    with tf.GradientTape() as tape:
        loss = maskgan.critic_loss(values, returns, tf.constant(MASKED))
    wanted = np.mean((LOGITS - VALUES)[MASKED] ** 2)
    assert float(loss) == pytest.approx(wanted, rel=1e-5)
    gradients = tape.gradient(loss, [values, returns])
    assert gradients[1] is None
    np.testing.assert_array_equal(gradients[0].numpy() != 0, MASKED)


def test_maskmle_counts_masked_tokens():
    found = maskgan.fill_loss(tf.constant(LOGITS), tf.constant(MASKED))
    assert float(found) == pytest.approx(-LOGITS[MASKED].mean(), rel=1e-5)


def test_the_baseline_of_a_half_is_the_other_halfs_mean_at_each_place():
    """Of three rows the first is one half; places that nobody there has masked have 0."""
    found = maskgan.half_batch_baseline(tf.constant(LOGITS), tf.constant(MASKED)).numpy()
    expected = np.zeros([3, 6])
    expected[0, 2:5] = LOGITS[1, 2:5]
    expected[0, 5] = LOGITS[1:, 5].mean()
    expected[1:] = LOGITS[0] * MASKED[0]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    # No row is compared with itself.
    changed = LOGITS.copy()
    changed[0] += 3
    other = maskgan.half_batch_baseline(tf.constant(changed), tf.constant(MASKED)).numpy()
    np.testing.assert_array_equal(other[0], found[0])


def test_four_rows_are_two_halves():
    returns = np.arange(8, dtype=np.float32).reshape(4, 2) ** 2
    found = maskgan.half_batch_baseline(tf.constant(returns), tf.ones([4, 2], tf.bool))
    means = [returns[2:].mean(axis=0), returns[:2].mean(axis=0)]
    np.testing.assert_allclose(found, np.repeat(means, 2, axis=0))
