"""The highway layer of the discriminator."""

import keras
import tensorflow as tf

from leakgan_tf.seeds import derive_int


@keras.saving.register_keras_serializable("leakgan_tf")
class Highway(keras.layers.Layer):
    """Mixes its input with a transform of it: ``t·relu(A p + a) + (1 - t)·p``.

    The gate is ``t = σ(G p + c)`` (Srivastava et al. 2015). Kernels and biases are Glorot-uniform,
    as the original program has them.

    Args:
      width: width of input and output, F.
      seed: seed of the initial weights.
    """

    def __init__(self, width: int, seed: int = 0, **kwargs):
        super().__init__(**kwargs)
        self.width = width
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

    def build(self, input_shape=None) -> None:
        """Creates the weights; no data needed."""
        self.transform.build((None, self.width))
        self.gate.build((None, self.width))
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps (..., F) to (..., F)."""
        gate = tf.sigmoid(self.gate(inputs))
        return gate * tf.nn.relu(self.transform(inputs)) + (1.0 - gate) * inputs

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "width": self.width, "seed": self.seed}
