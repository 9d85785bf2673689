"""Schedules of the inverse temperature β from 1 to β_max, as in RelGAN's program."""

import math
from collections.abc import Callable

import tensorflow as tf

# {name: function of (n, β_max, N) that returns β after n of N iterations}.
PATHS: dict[str, Callable[[tf.Tensor, float, int], tf.Tensor]] = {
    "exponential": lambda n, most, total: most ** (n / total),
    "constant": lambda n, most, total: most * tf.ones_like(n),
    "linear": lambda n, most, total: 1.0 + (most - 1.0) * n / (total - 1),
    "logarithmic": lambda n, most, total: 1.0 + (most - 1.0) * tf.math.log(n + 1) / math.log(total),
    "sigmoid": lambda n, most, total: 1.0 + (most - 1.0) * tf.sigmoid(20.0 * (n / total - 0.5)),
    "quadratic": lambda n, most, total: 1.0 + (most - 1.0) * tf.square(n / (total - 1)),
    "square_root": lambda n, most, total: 1.0 + (most - 1.0) * tf.sqrt(n / (total - 1)),
}


def annealed(path: str, iteration: tf.Tensor, most: float, total: int) -> tf.Tensor:
    """Returns the inverse temperature β_n, in the shape of ``iteration``.

    Args:
      path: one of `PATHS`; "exponential" is RelGAN's β_n = β_max^{n/N}.
      iteration: n, from 0; any shape.
      most: β_max.
      total: N, at least 2. Later iterations continue the same curve.
    """
    return PATHS[path](tf.cast(iteration, tf.float32), most, total)
