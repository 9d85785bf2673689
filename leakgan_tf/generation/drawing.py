"""Samples categorical distributions, with the same result on any number of threads."""

import math

import tensorflow as tf


def categorical(logits: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Samples one class per row.

    The cumulative distribution is inverted in two steps: for a block of about √V classes, then for
    a class in it, each with its own uniform number. A class of probability zero is never drawn.
    `tf.random.stateless_categorical` needs V random numbers per row, and on a CPU its result for a
    seed depends on the number of threads.

    Args:
      logits: (rows, V) float32; -inf excludes a class. Each row has at least one finite logit.
      seed: stateless seed (2,).

    Returns:
      Classes (rows,) int32.
    """
    size = logits.shape[1]
    width = math.isqrt(size - 1) + 1
    count = -(-size // width)
    weights = tf.exp(logits - tf.reduce_max(logits, axis=1, keepdims=True))
    weights = tf.pad(weights, [[0, 0], [0, count * width - size]])
    weights = tf.reshape(weights, [-1, count, width])  # (rows, blocks, width)
    uniform = tf.random.stateless_uniform([tf.shape(logits)[0], 2], seed)
    block = invert(tf.reduce_sum(weights, axis=2), uniform[:, 0])  # (rows,)
    inside = tf.gather(weights, block, batch_dims=1)  # (rows, width)
    drawn = block * width + invert(inside, uniform[:, 1])
    return tf.ensure_shape(drawn, [logits.shape[0]])


def invert(weights: tf.Tensor, uniform: tf.Tensor) -> tf.Tensor:
    """Returns the first class whose cumulative share of the weights exceeds `uniform`.

    Args:
      weights: non-negative weights (rows, n), with a positive sum in each row.
      uniform: (rows,) in [0, 1).

    Returns:
      Classes (rows,) int32.
    """
    below = tf.cumsum(weights, axis=1)
    # The largest float32 below 1, times the sum, still rounds to less than the sum.
    reached = uniform[:, tf.newaxis] * below[:, -1:]
    return tf.reduce_sum(tf.cast(below <= reached, tf.int32), axis=1)
