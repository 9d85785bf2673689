"""TextGAN's distances and losses beside their twins, and where they are least."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import small, twins
from leakgan_tf.models.running_moments import RunningMoments
from leakgan_tf.objectives import matching

REAL, FALSE = np.tanh(small.array(5, 3, seed=1)), np.tanh(small.array(4, 3, seed=2))


def mmd(real, generated, width):
    """MMD², every pair by itself."""

    def mean(one, other):
        return np.mean([np.exp(-np.sum((a - b) ** 2) / (2 * width**2)) for a in one for b in other])

    return mean(real, real) + mean(generated, generated) - 2 * mean(real, generated)


@pytest.mark.parametrize("width", [0.3, 2.0, 20.0])
def test_mmd_equals_its_twin(width):
    expected = mmd(REAL.astype(float), FALSE.astype(float), width)
    np.testing.assert_allclose(matching.squared_mmd(REAL, FALSE, width), expected, rtol=1e-3)
    root = matching.mmd(tf.constant(REAL), tf.constant(FALSE), width, True)
    np.testing.assert_allclose(root, expected**0.5, rtol=1e-3)


def test_mmd_of_a_batch_with_itself_is_0_and_small_differences_are_not_rounded_away():
    assert float(matching.squared_mmd(REAL, REAL, 1.0)) == 0.0
    near = 1e-3 * REAL.astype(float) + 0.5, 1e-3 * REAL[::-1][:4].astype(float) + 0.5
    found = matching.squared_mmd(*(each.astype(np.float32) for each in near), 20.0)
    # k is 1 - d²/(2σ²) here: MMD² is the squared distance of the means over σ².
    expected = np.sum((near[0].mean(0) - near[1].mean(0)) ** 2) / 20.0**2
    np.testing.assert_allclose(found, expected, rtol=2e-2)


def test_mmds_slope_is_finite_at_equal_batches():
    features = tf.constant(REAL)
    with tf.GradientTape() as tape:
        tape.watch(features)
        loss = matching.mmd(tf.constant(REAL), features, 1.0, True)
    assert np.isfinite(tape.gradient(loss, features)).all()


def moments(features):
    return features.mean(axis=0), np.cov(features.T, bias=True) + 0.1 * np.eye(3)


def test_the_gaussian_term_equals_its_twin_and_is_least_at_equal_moments():
    (real, first), (mean, second) = moments(REAL), moments(FALSE)
    one, other, apart = np.linalg.inv(first), np.linalg.inv(second), mean - real
    expected = np.trace(other @ first + one @ second) + apart @ (one + other) @ apart
    given = [tf.constant(each, tf.float32) for each in (real, first, mean, second)]
    found = matching.gaussian_term(*given)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert expected > 6.01
    same = matching.gaussian_term(*given[:2], *given[:2])
    np.testing.assert_allclose(same, 6.0, rtol=1e-5)


def test_mean_matching_is_the_squared_distance_of_the_means():
    expected = np.sum((REAL.mean(axis=0) - FALSE.mean(axis=0)) ** 2)
    np.testing.assert_allclose(matching.mean_distance(REAL, FALSE), expected, rtol=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.25])
def test_running_moments_are_weighted_means_of_the_batches(share):
    kept = RunningMoments(3)
    kept.build()
    mean, second = np.zeros(3), np.eye(3)
    for seen, batch in enumerate((REAL, FALSE), 1):
        part = share or 1 / (seen + 1)
        mean = (1 - part) * mean + part * batch.mean(axis=0)
        second = (1 - part) * second + part * batch.T @ batch / len(batch)
        before = kept.first.numpy()
        found = kept.with_batch(tf.constant(batch), share)
        np.testing.assert_array_equal(kept.first, before)  # not kept yet
        np.testing.assert_allclose(found[0], mean, rtol=1e-5)
        np.testing.assert_allclose(found[1], second - np.outer(mean, mean), rtol=1e-4, atol=1e-6)
        kept.keep(tf.constant(batch), share)
    np.testing.assert_allclose(kept.second, second, rtol=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.01])
def test_the_smoothed_loss_equals_its_twin(smoothing):
    real, false = REAL[:4, 0], 3 * FALSE[:, 0]

    def p(score):
        return (1 - 2 * smoothing) * twins.sigmoid(score.astype(float)) + smoothing

    expected = -np.log(p(real)) - np.log(1 - p(false))
    found = matching.smoothed_loss(tf.constant(real), tf.constant(false), smoothing)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_reconstruction_equals_its_twins():
    noise, found = FALSE, 2 * REAL[:4]
    guess = np.tanh(found)

    def loss(kind, bounded):
        return matching.reconstruction_loss(kind, tf.constant(noise), tf.constant(found), bounded)

    np.testing.assert_allclose(
        loss("square", True), np.sum((noise - guess) ** 2, axis=1), rtol=1e-5
    )
    np.testing.assert_allclose(
        loss("square", False), np.sum((noise - found) ** 2, axis=1), rtol=1e-5
    )
    target, share = (noise + 1) / 2, (guess + 1) / 2
    expected = -np.sum(target * np.log(share) + (1 - target) * np.log(1 - share), axis=1)
    np.testing.assert_allclose(loss("cross_entropy", True), expected, rtol=1e-4)
