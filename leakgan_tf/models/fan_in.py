"""The fan-in initializer of RelGAN, MaskGAN and ScratchGAN, and linear layers with it."""

import math

import keras

from leakgan_tf.utils.seeds import derive_int


def fan_in_normal(fan_in: int, seed: int, *path: str | int) -> keras.initializers.Initializer:
    """Returns a truncated normal initializer, stddev 1/√fan_in; ``path`` names the weight."""
    return keras.initializers.TruncatedNormal(
        stddev=1.0 / math.sqrt(fan_in), seed=derive_int(seed, *path)
    )


def fan_in_dense(
    inputs: int, units: int, seed: int, name: str, bias: bool = True
) -> keras.layers.Dense:
    """Returns a linear layer (..., inputs) -> (..., units) with a fan-in kernel and bias 0."""
    return keras.layers.Dense(
        units, use_bias=bias, kernel_initializer=fan_in_normal(inputs, seed, name), name=name
    )
