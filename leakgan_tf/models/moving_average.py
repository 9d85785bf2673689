"""A checkpointed scalar: the moving-average baseline of ScratchGAN's returns."""

from typing import Any

import keras


@keras.saving.register_keras_serializable("leakgan_tf")
class MovingAverage(keras.Model):
    """A scalar weight, initially 0, without gradient, that checkpoints include."""

    def build(self, input_shape: Any = None) -> None:
        """Creates the weight; no data needed."""
        # All replicas compute the same value.
        self.value = self.add_weight(
            shape=(),
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
            name="value",
        )
        self.built = True
