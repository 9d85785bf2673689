"""The distribution of first tokens, from which MaskGAN's sentences begin."""

from typing import Any

import keras
import numpy as np

SMOOTHING = 0.01  # added to each count, so that no first token is impossible


@keras.saving.register_keras_serializable("leakgan_tf")
class FirstTokens(keras.Model):
    """Holds log p of each id as first token, from counts; checkpointed, not trained.

    Args:
      vocab_size: number of token ids, V.
    """

    def __init__(self, vocab_size: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size

    def build(self, input_shape: Any = None) -> None:
        """Creates the weight, a uniform distribution; no data needed."""
        self.logits = self.add_weight(
            (self.vocab_size,), "zeros", trainable=False, aggregation="only_first_replica",
            name="logits",
        )  # fmt: skip
        self.built = True

    def count(self, sentences: np.ndarray) -> None:
        """Sets the distribution to the smoothed shares of first tokens in sentences (n, T)."""
        counts = np.bincount(sentences[:, 0], minlength=self.vocab_size) + SMOOTHING
        self.logits.assign(np.log(counts / counts.sum()).astype(np.float32))

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "vocab_size": self.vocab_size}
