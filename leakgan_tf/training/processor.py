"""Measures whether matrix products are faster in bfloat16 on this machine."""

import sys
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from leakgan_tf.models import precision as products

_SIZE, _RUNS = 1024, 7


def bfloat16_gain(clock: Callable[[], float] = time.perf_counter) -> float:
    """Returns the measured speed of a large matrix product in bfloat16, relative to float32.

    This takes a tenth of a second, more on a processor without bfloat16 instructions.
    """
    values = np.linspace(-1, 1, _SIZE * _SIZE, dtype=np.float32).reshape(_SIZE, _SIZE)
    seconds = {}
    for kind in (tf.float32, tf.bfloat16):
        matrix, times = tf.cast(values, products.factor_type(kind)), []
        for _ in range(_RUNS + 1):
            begin = clock()
            tf.matmul(matrix, matrix)[0, 0].numpy()
            times.append(clock() - begin)
        seconds[kind] = float(np.median(times[1:]))  # without the warm-up run
    return seconds[tf.float32] / seconds[tf.bfloat16]


def warn_if_slow(precision: str, gain: Callable[[], float] = bfloat16_gain) -> None:
    """Prints a warning if `precision` is bfloat16 but not faster on this machine."""
    if precision != "bfloat16":
        return
    if not products.sums_in_float32():
        print(
            "warning: this machine has no bfloat16 products, or they round partial sums, so they "
            "are computed in float32 from rounded factors: --precision=float32 is faster here",
            file=sys.stderr,
        )
        return
    times = gain()
    if times < 1:
        print(
            f"warning: products in bfloat16 take {1 / times:.1f} times as long as in float32 on "
            "this machine: --precision=float32 is faster here",
            file=sys.stderr,
        )
