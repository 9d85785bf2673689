"""What the machine can do at best, measured: matrix products and memory traffic."""

import gc
from dataclasses import dataclass

import tensorflow as tf

from benchmarks.speed.timing import measure
from leakgan_tf.models.precision import factor_type

SIZES = (512, 1024, 2048, 4096)  # of square matrices; the best counts
STREAM_WORDS = 64 * 2**20  # 256 MB an array: beyond any cache
_REPEATS, _BUDGET = 9, 2.0


@dataclass(frozen=True)
class Limits:
    """What a measured stage is compared with.

    Attributes:
      gflops: best rate of a matrix product, 10⁹ operations a second, by its precision.
      bandwidth: best traffic with the memory, GB (10⁹ bytes) a second.
    """

    gflops: dict[str, float]
    bandwidth: float


def measure_limits(sizes: tuple[int, ...] = SIZES, words: int = STREAM_WORDS) -> Limits:
    """Measures the machine through TensorFlow, on the threads that TensorFlow uses.

    Args:
      sizes: of the square matrices.
      words: float32 numbers in an array of the memory's test.
    """
    products = {
        dtype.name: max(_product_gflops(dtype, size) for size in sizes)
        for dtype in (tf.float32, tf.bfloat16)
    }
    bandwidth = _bandwidth(words)
    gc.collect()  # functions hold their arrays in circles; stages are to have the memory
    return Limits(products, bandwidth)


def _product_gflops(dtype: tf.DType, size: int) -> float:
    """Returns the rate of products in a precision, in the type in which it multiplies here."""
    dtype = factor_type(dtype)
    left = tf.cast(tf.random.stateless_normal([size, size], [0, 1]), dtype)
    right = tf.cast(tf.random.stateless_normal([size, size], [0, 2]), dtype)
    multiply = tf.function(tf.matmul, autograph=False)
    # A copied number waits for the product.
    timing = measure(lambda: multiply(left, right)[0, 0].numpy(), _REPEATS, _BUDGET)
    return 2 * size**3 / timing.min / 1e9


def _bandwidth(words: int) -> float:
    """Returns the best GB/s of reading one array, and of adding it to another in place."""
    source, target = tf.ones([words]), tf.Variable(tf.zeros([words]))
    read = tf.function(lambda: tf.reduce_sum(source), autograph=False)
    update = tf.function(lambda: target.assign_add(source)[0], autograph=False)
    reading = measure(lambda: read().numpy(), _REPEATS, _BUDGET)
    adding = measure(lambda: update().numpy(), _REPEATS, _BUDGET)  # two arrays read, one written
    return 4 * words * max(1 / reading.min, 3 / adding.min) / 1e9
