"""One update of a model by a loss, and its comparison with recorded arrays."""

import keras
import numpy as np
import tensorflow as tf

from helpers import references
from leakgan_tf.models.optimizers import FusedAdam, clipped_gradients, dense_gradients

VALUE, GRADIENT = 1e-5, 1e-4  # tolerances, absolute and relative


def check(actual, expected, tolerance=VALUE, name=""):
    np.testing.assert_allclose(
        np.asarray(actual), expected, rtol=tolerance, atol=tolerance, err_msg=name
    )


def clipped_by_sparse_norm(tape, loss, variables, clip):
    """`clipped_gradients` by a norm that counts each use of an embedding's row by itself.

    Programs written for TensorFlow 1 may clip so.
    """
    gradients = tape.gradient(loss, variables)
    rows = [getattr(gradient, "values", gradient) for gradient in gradients]
    dense = [tf.convert_to_tensor(gradient) for gradient in gradients]
    return tf.clip_by_global_norm(dense, clip, use_norm=tf.linalg.global_norm(rows))


def update(model: keras.Model, loss, rate, clip=None, sparse_norm=False, **adam):
    """Makes one step of a fresh Adam; returns the loss, the gradients and their norm."""
    variables = model.trainable_variables
    with tf.GradientTape() as tape:
        value = loss()
    if clip is None:
        gradients = dense_gradients(tape, value, variables)
        norm = tf.linalg.global_norm(gradients)
    else:
        clipped = clipped_by_sparse_norm if sparse_norm else clipped_gradients
        gradients, norm = clipped(tape, value, variables, clip)
    optimizer = FusedAdam(rate, epsilon=1e-8, **adam)
    optimizer.apply(gradients, variables)
    return value, gradients, norm


def compare(values, prefix: str, arrays, model: keras.Model, found) -> bool:
    """Compares arrays of a model's variables with those below a prefix; False if none are there.

    Args:
      values: of a reference file.
      prefix: such as "grads/generator".
      arrays: orders the arrays below the prefix as the model's variables.
      model: whose variables they are.
      found: what is compared, in that order.
    """
    recorded = references.below(values, prefix)
    if not recorded:
        return False
    for variable, mine, theirs in zip(
        model.trainable_variables, found, arrays(recorded, model), strict=True
    ):
        check(mine, theirs, GRADIENT, f"{prefix} {variable.path}")
    return True


def compare_step(values, name: str, arrays, model: keras.Model, gradients, rate: float) -> bool:
    """Compares the weights after one step of Adam with the recorded ones, as `compare` does.

    Where a gradient is nothing but rounding, as that of the keys' bias under a softmax is, Adam
    scales the rounding up to a step: there the weights agree to the size of a step only.
    """
    recorded = references.below(values, f"after_one_step/{name}")
    if not recorded:
        return False
    for variable, theirs, gradient in zip(
        model.trainable_variables, arrays(recorded, model), gradients, strict=True
    ):
        rounding = (np.abs(gradient) < 1e-6) & (np.asarray(gradient) != 0.0)
        difference = np.abs(variable.numpy() - theirs)
        allowed = np.where(rounding, 2.0 * rate, GRADIENT * (1.0 + np.abs(theirs)))
        assert (difference <= allowed).all(), f"{name} {variable.path} {difference.max()}"
    return True
