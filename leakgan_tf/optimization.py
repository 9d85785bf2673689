"""Gradients and optimizers as the original programs use them."""

from collections.abc import Sequence

import keras
import tensorflow as tf


def adam(
    learning_rate: float, epsilon: float, variables: Sequence[keras.Variable], name: str
) -> keras.optimizers.Optimizer:
    """Returns Adam (β 0.9 / 0.999), its slots made, for `variables`."""
    optimizer = keras.optimizers.Adam(learning_rate, epsilon=epsilon, name=name)
    optimizer.build(variables)
    return optimizer


def dense_gradients(
    tape: tf.GradientTape, loss: tf.Tensor, variables: Sequence[keras.Variable]
) -> list[tf.Tensor]:
    """Returns d loss / d variable for each variable, embeddings' sparse gradients made dense.

    Zero where the loss does not depend on a variable: under sliding goals nothing trains the
    Manager's ``goal_init``.
    """
    return [
        tf.zeros(variable.shape) if gradient is None else tf.convert_to_tensor(gradient)
        for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True)
    ]


def clipped_gradients(
    tape: tf.GradientTape,
    loss: tf.Tensor,
    variables: Sequence[keras.Variable],
    clip: float,
) -> tuple[list[tf.Tensor], tf.Tensor]:
    """Returns the gradients scaled to a global norm of at most `clip`, and their norm before."""
    return tf.clip_by_global_norm(dense_gradients(tape, loss, variables), clip)
