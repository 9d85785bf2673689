"""Draws from categorical distributions: the same ones on any number of threads."""

import math

import tensorflow as tf

_BELOW_ONE = 1.0 - 2.0**-23  # the product with a float32 is below it


def categorical(logits: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Draws one class of each row.

    By inverting the distribution function in two steps: a block of about √V classes, then a class
    in it, each by a uniform number of its own. A class of probability zero is never drawn.
    `tf.random.stateless_categorical` on a CPU draws other classes from the same seed on another
    number of threads, and needs V random numbers for each row.

    Args:
      logits: (rows, V) float32; -inf excludes a class, but not all of a row.
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
    """Returns the first class whose cumulated share of the weights exceeds a number, (rows,) int32.

    Args:
      weights: (rows, n), none negative, not all zero in a row.
      uniform: (rows,) in [0, 1).
    """
    below = tf.cumsum(weights, axis=1)
    total = below[:, -1:]
    reached = tf.minimum(uniform[:, tf.newaxis] * total, total * _BELOW_ONE)
    return tf.reduce_sum(tf.cast(below <= reached, tf.int32), axis=1)
