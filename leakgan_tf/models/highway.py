"""The highway layer of the discriminator."""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from leakgan_tf.models.layers import Configured
from leakgan_tf.models.precision import product
from leakgan_tf.utils.seeds import derive_int


class HighwayWeights(NamedTuple):
    """Weights of a `Highway`: kernels (F, F) in the type of products, biases (F,)."""

    transform: tf.Tensor
    transform_bias: tf.Tensor
    gate: tf.Tensor
    gate_bias: tf.Tensor


def mix(inputs: tf.Tensor, weights: HighwayWeights) -> tf.Tensor:
    """Returns the output (..., F) of a highway layer for inputs (..., F)."""
    gate = product(inputs, weights.gate, weights.gate_bias, tf.sigmoid)
    transform = product(inputs, weights.transform, weights.transform_bias, tf.nn.relu)
    return gate * transform + (1.0 - gate) * inputs


@keras.saving.register_keras_serializable("leakgan_tf")
class Highway(Configured):
    """Highway layer ``t·relu(A p + a) + (1 - t)·p`` with gate ``t = σ(G p + c)``.

    Srivastava et al. 2015. Kernels and biases are Glorot-uniform, as in LeakGAN's program.

    Args:
      width: width of input and output, F.
      precision: type of the products, one of `precision.PRECISIONS`.
      seed: seed of the initial weights.
    """

    def __init__(self, width: int, precision: str = "float32", seed: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.width = width
        self.precision = precision
        self.seed = seed
        self.transform = self._dense("transform")
        self.gate = self._dense("gate")

    def _dense(self, name: str) -> keras.layers.Dense:
        return keras.layers.Dense(
            self.width,
            kernel_initializer=keras.initializers.GlorotUniform(derive_int(self.seed, name, "w")),
            bias_initializer=keras.initializers.GlorotUniform(derive_int(self.seed, name, "b")),
            name=name,
        )

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""
        self.transform.build((None, self.width))
        self.gate.build((None, self.width))
        self.built = True

    def read(self) -> HighwayWeights:
        """Returns the current weights as tensors; call it outside loops over positions."""
        return HighwayWeights(
            tf.cast(self.transform.kernel, self.precision),
            tf.convert_to_tensor(self.transform.bias),
            tf.cast(self.gate.kernel, self.precision),
            tf.convert_to_tensor(self.gate.bias),
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Returns the output (..., F) for inputs (..., F)."""
        return mix(inputs, self.read())
