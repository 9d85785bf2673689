"""A number that training keeps between updates: the baseline of ScratchGAN's returns."""

from typing import Any

import keras


@keras.saving.register_keras_serializable("leakgan_tf")
class MovingAverage(keras.Model):
    """One weight that no gradient moves, 0 at first; a checkpoint has it as it has networks."""

    def build(self, input_shape: Any = None) -> None:
        """Creates the weight; no data needed."""
        # Replicas that share a batch agree on it.
        self.value = self.add_weight(
            shape=(),
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
            name="value",
        )
        self.built = True
