"""The highway layer of the discriminator."""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from leakgan_tf.models.layers import Configured
from leakgan_tf.models.precision import product
from leakgan_tf.utils.seeds import derive_int


class HighwayWeights(NamedTuple):
    """The weights as tensors: kernels (F, F) in the precision of the products, biases (F,)."""

    transform: tf.Tensor
    transform_bias: tf.Tensor
    gate: tf.Tensor
    gate_bias: tf.Tensor


def mix(inputs: tf.Tensor, weights: HighwayWeights) -> tf.Tensor:
    """Maps (..., F) to (..., F); see `Highway`."""
    gate = product(inputs, weights.gate, weights.gate_bias, tf.sigmoid)
    transform = product(inputs, weights.transform, weights.transform_bias, tf.nn.relu)
    return gate * transform + (1.0 - gate) * inputs


@keras.saving.register_keras_serializable("leakgan_tf")
class Highway(Configured):
    """Mixes its input with a transform of it: ``t·relu(A p + a) + (1 - t)·p``.

    The gate is ``t = σ(G p + c)`` (Srivastava et al. 2015). Kernels and biases are Glorot-uniform,
    as the original program has them.

    Args:
      width: width of input and output, F.
      precision: of the products; see `precision`.
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
        """Returns the present weights: to be read once, outside of a loop over positions."""
        return HighwayWeights(
            tf.cast(self.transform.kernel, self.precision),
            tf.convert_to_tensor(self.transform.bias),
            tf.cast(self.gate.kernel, self.precision),
            tf.convert_to_tensor(self.gate.bias),
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps (..., F) to (..., F)."""
        return mix(inputs, self.read())
