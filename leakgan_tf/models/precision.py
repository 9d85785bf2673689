"""Matrix products and convolutions in float32 or bfloat16; weights and results are float32.

bfloat16 rounds the factors of the large products (D, leaked features, Worker logits) to 8 bits of
mantissa. Sums inside a product are float32; the result is rounded once and cast to float32. Some
devices have no bfloat16 products, or round partial sums too. There the rounded factors are
multiplied in float32, which gives the same accuracy without a speedup.
"""

import functools
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

PRECISIONS = ("float32", "bfloat16")
# oneDNN's names of instruction sets without bfloat16 products on some processors.
_WITHOUT_BFLOAT16 = ("SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2")


def product(
    inputs: tf.Tensor,
    kernel: tf.Tensor,
    bias: tf.Tensor | None = None,
    activation: Callable[[tf.Tensor], tf.Tensor] | None = None,
) -> tf.Tensor:
    """Returns activation(inputs (..., n) @ kernel (n, m) + bias (m,)) as float32.

    The kernel's type is the type of the product. TensorFlow can fuse product, bias and activation,
    so the result is rounded once.
    """
    kind = kernel.dtype
    flat = _factor(tf.reshape(inputs, [-1, inputs.shape[-1]]), kind)
    result = _matmul(flat, _factor(kernel, kind), kind.name)
    if bias is not None:
        result = tf.nn.bias_add(result, _factor(bias, kind))
    if activation is not None:
        result = activation(result)
    result = _rounded(result, kind)
    if inputs.shape.rank == 2:
        return result
    return tf.reshape(result, tf.concat([tf.shape(inputs)[:-1], [kernel.shape[-1]]], axis=0))


def convolution(inputs: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, precision: str) -> tf.Tensor:
    """Returns inputs (B, T, D) convolved with kernel (h, D, F), plus bias (F,), as float32.

    Padding is VALID: the result is (B, T-h+1, F).
    """
    kind = tf.as_dtype(precision)
    result = tf.nn.convolution(_factor(inputs, kind), _factor(kernel, kind), padding="VALID")
    return _rounded(result + _factor(bias, kind), kind)


@functools.cache
def sums_in_float32() -> bool:
    """Measures once whether bfloat16 products exist and round only their result.

    On processors without bfloat16 units, libraries add blocks in bfloat16 at some sizes. If an
    environment variable hides these units from oneDNN, a bfloat16 product would abort the process,
    so this function returns False without measuring.
    """
    if _without_units(os.environ):
        return False
    random = np.random.default_rng(0)
    with tf.init_scope():
        return all(
            rounds_once(random.normal(size=(rows, terms)), random.normal(size=(terms, columns)))
            for rows, terms, columns in ((16, 2048, 16), (1, 2048, 16), (64, 256, 64), (3, 300, 5))
        )


def _without_units(environment: Mapping[str, str]) -> bool:
    """Returns whether an environment variable of oneDNN disables all bfloat16 products."""
    names = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")  # the first one set applies
    limit = next((environment[name] for name in names if name in environment), "")
    return limit.upper() in _WITHOUT_BFLOAT16


def rounds_once(left: np.ndarray, right: np.ndarray) -> bool:
    """Returns whether left (n, k) @ right (k, m) in bfloat16 rounds only factors and result.

    Tests the product, the products with a transposed factor (gradients), and a convolution.
    """
    first, second = tf.cast(left, tf.bfloat16), tf.cast(right, tf.bfloat16)
    exact_first, exact_second = (tf.cast(each, tf.float64).numpy() for each in (first, second))
    exact = exact_first @ exact_second
    # Half a unit in the last of 8 bits, plus the error of float32 sums of k terms.
    sums = np.sqrt(left.shape[1]) * 2.0**-24 * (np.abs(exact_first) @ np.abs(exact_second))
    allowed = 2.0**-8 * np.abs(exact) + sums
    forms = (
        tf.matmul(first, second),
        tf.matmul(first, tf.transpose(second), transpose_b=True),
        tf.matmul(tf.transpose(first), second, transpose_a=True),
        tf.nn.convolution(first[:, tf.newaxis], second[tf.newaxis], padding="VALID")[:, 0],
    )
    found = (tf.cast(form, tf.float64).numpy() for form in forms)
    return all(bool((np.abs(each - exact) <= allowed).all()) for each in found)


def factor_type(kind: tf.DType) -> tf.DType:
    """Returns the type for multiplying factors rounded to `kind` on this device."""
    return tf.float32 if kind == tf.bfloat16 and not sums_in_float32() else kind


def _factor(values: tf.Tensor, kind: tf.DType) -> tf.Tensor:
    """Returns values rounded to `kind`, in the type for multiplication (`factor_type`)."""
    return tf.cast(tf.cast(tf.convert_to_tensor(values), kind), factor_type(kind))


def _rounded(result: tf.Tensor, kind: tf.DType) -> tf.Tensor:
    """Returns a result rounded to `kind`, as float32."""
    return tf.cast(tf.cast(result, kind), tf.float32)


# TensorFlow never frees a registered gradient and its graph. In a function of its own this is the
# small graph of the product, one for each pair of shapes, instead of the training graph.
@tf.function(autograph=False)
def _matmul(inputs: tf.Tensor, kernel: tf.Tensor, kind: str) -> tf.Tensor:
    """Returns inputs (B, n) @ kernel (n, m); both are factors of the type `kind`."""

    @tf.custom_gradient
    def multiply(inputs: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Any]:
        def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            upstream = _factor(upstream, tf.as_dtype(kind))
            for_kernel = tf.matmul(inputs, upstream, transpose_a=True)
            if (inputs.shape[0] or kernel.shape[0]) < kernel.shape[0]:
                # Few rows, as in D's highway: faster without transposing the kernel.
                return tf.transpose(tf.matmul(kernel, upstream, transpose_b=True)), for_kernel
            return tf.matmul(upstream, kernel, transpose_b=True), for_kernel

        return tf.matmul(inputs, kernel), gradient

    return multiply(inputs, kernel)
