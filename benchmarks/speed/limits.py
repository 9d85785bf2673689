"""Measures the machine's limits: rate of matrix products and memory bandwidth."""

import gc
from dataclasses import dataclass

import tensorflow as tf

from benchmarks.speed.timing import measure
from leakgan_tf.models.precision import factor_type

SIZES = (512, 1024, 2048, 4096)  # of square matrices; the best rate is used
STREAM_WORDS = 64 * 2**20  # arrays of 256 MB: larger than any cache
_REPEATS, _BUDGET = 9, 2.0


@dataclass(frozen=True)
class Limits:
    """Limits of the machine.

    Attributes:
      gflops: {precision: best rate of a matrix product, 10⁹ operations per second}.
      bandwidth: best memory traffic, 10⁹ bytes per second.
    """

    gflops: dict[str, float]
    bandwidth: float


def measure_limits(sizes: tuple[int, ...] = SIZES, words: int = STREAM_WORDS) -> Limits:
    """Measures the machine with TensorFlow and its threads.

    Args:
      sizes: sizes of the square matrices.
      words: number of float32 values in an array for the bandwidth.
    """
    products = {
        dtype.name: max(_product_gflops(dtype, size) for size in sizes)
        for dtype in (tf.float32, tf.bfloat16)
    }
    bandwidth = _bandwidth(words)
    gc.collect()  # functions keep their arrays in reference cycles; frees the memory for the stages
    return Limits(products, bandwidth)


def _product_gflops(dtype: tf.DType, size: int) -> float:
    """Returns the rate of products in a precision, in the type that is used on this machine."""
    dtype = factor_type(dtype)
    left = tf.cast(tf.random.stateless_normal([size, size], [0, 1]), dtype)
    right = tf.cast(tf.random.stateless_normal([size, size], [0, 2]), dtype)
    multiply = tf.function(tf.matmul, autograph=False)
    # Copying a number waits for the product.
    timing = measure(lambda: multiply(left, right)[0, 0].numpy(), _REPEATS, _BUDGET)
    return 2 * size**3 / timing.min / 1e9


def _bandwidth(words: int) -> float:
    """Returns the better GB/s of reading an array, and of adding it to another in place."""
    source, target = tf.ones([words]), tf.Variable(tf.zeros([words]))
    read = tf.function(lambda: tf.reduce_sum(source), autograph=False)
    update = tf.function(lambda: target.assign_add(source)[0], autograph=False)
    reading = measure(lambda: read().numpy(), _REPEATS, _BUDGET)
    adding = measure(lambda: update().numpy(), _REPEATS, _BUDGET)  # two arrays read, one written
    return 4 * words * max(1 / reading.min, 3 / adding.min) / 1e9
