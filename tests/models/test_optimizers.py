"""Adam against its formula, and gradients as the optimizers take them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from leakgan_tf.models.optimizers import adam, clipped_gradients, dense_gradients


def test_adam_equals_its_formula():
    """Kingma & Ba 2015, in the form with ε̂ that TensorFlow has; three steps."""
    variable = keras.Variable([0.5, -2.0], dtype="float32")
    optimizer = adam(0.1, 1e-3, [variable], "name")
    assert optimizer.name == "name"
    value, first, second = np.array([0.5, -2.0]), np.zeros(2), np.zeros(2)
    for step, gradient in enumerate(([1.0, -0.2], [0.5, 0.1], [-2.0, 0.3]), 1):
        optimizer.apply([tf.constant(gradient)], [variable])
        first = 0.9 * first + 0.1 * np.array(gradient)
        second = 0.999 * second + 0.001 * np.square(gradient)
        rate = 0.1 * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        value = value - rate * first / (np.sqrt(second) + 1e-3)
        np.testing.assert_allclose(variable, value, rtol=1e-5)
    assert int(optimizer.iterations.numpy()) == 3


def variables():
    return [keras.Variable(np.ones([3, 2], np.float32)), keras.Variable([2.0]), keras.Variable(5.0)]


def test_gradients_are_dense_and_zero_where_the_loss_does_not_depend():
    table, factor, unused = variables()
    with tf.GradientTape() as tape:
        rows = tf.gather(table.value, [2, 2, 0])
        loss = tf.reduce_sum(rows) * factor.value[0]
    found = dense_gradients(tape, loss, [table, factor, unused])
    for each, expected in zip(found, ([[2, 2], [0, 0], [4, 4]], [6], 0), strict=True):
        np.testing.assert_array_equal(each, np.array(expected, np.float32))


@pytest.mark.parametrize(("clip", "scale"), [(10.0, 0.5), (40.0, 1.0)])
def test_gradients_are_clipped_by_their_global_norm(clip, scale):
    one, two = keras.Variable([1.0]), keras.Variable([1.0])
    with tf.GradientTape() as tape:
        loss = 12.0 * one.value[0] + 16.0 * two.value[0]  # a norm of 20
    found, norm = clipped_gradients(tape, loss, [one, two], clip)
    assert float(norm) == pytest.approx(20)
    np.testing.assert_allclose(found, [[12 * scale], [16 * scale]], rtol=1e-6)
