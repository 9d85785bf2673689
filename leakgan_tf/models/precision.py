"""Matrix products in float32 or bfloat16; weights, results and everything else stay float32.

bfloat16 rounds the factors of the large products (D, leaked features, Worker logits) to 8 bits of
mantissa. Sums inside a product are float32, its result is rounded once and continues in float32.
"""

from collections.abc import Callable

import keras
import tensorflow as tf

PRECISIONS = ("float32", "bfloat16")


def layer_policy(precision: str) -> keras.DTypePolicy:
    """Returns the Keras policy of a layer with float32 weights that computes in `precision`."""
    return keras.DTypePolicy("mixed_bfloat16" if precision == "bfloat16" else "float32")


def product(
    inputs: tf.Tensor,
    kernel: tf.Tensor,
    bias: tf.Tensor | None = None,
    activation: Callable[[tf.Tensor], tf.Tensor] | None = None,
) -> tf.Tensor:
    """Returns activation(inputs (..., n) @ kernel (n, m) + bias (m,)) as float32.

    It is computed in the kernel's precision; bias and activation belong to the same kernel, which
    rounds its result once.
    """
    flat = tf.cast(tf.reshape(inputs, [-1, inputs.shape[-1]]), kernel.dtype)
    result = _matmul(flat, kernel)
    if bias is not None:
        result = tf.nn.bias_add(result, tf.cast(bias, kernel.dtype))
    if activation is not None:
        result = activation(result)
    result = tf.cast(result, tf.float32)
    if inputs.shape.rank == 2:
        return result
    return tf.reshape(result, tf.concat([tf.shape(inputs)[:-1], [kernel.shape[-1]]], axis=0))


@tf.custom_gradient
def _matmul(inputs: tf.Tensor, kernel: tf.Tensor):
    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        for_kernel = tf.matmul(inputs, upstream, transpose_a=True)
        if (inputs.shape[0] or kernel.shape[0]) < kernel.shape[0]:
            # Few rows, as in D's highway: it is quicker not to transpose the kernel.
            return tf.transpose(tf.matmul(kernel, upstream, transpose_b=True)), for_kernel
        return tf.matmul(upstream, kernel, transpose_b=True), for_kernel

    return tf.matmul(inputs, kernel), gradient
