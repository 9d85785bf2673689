"""The discriminator of the Gumbel-softmax GAN: an LSTM over ids or soft tokens."""

from typing import Any

import keras
import tensorflow as tf

from leakgan_tf.models import recurrence
from leakgan_tf.models.layers import Configured, token_embedding


@keras.saving.register_keras_serializable("leakgan_tf")
class SequenceDiscriminator(Configured, keras.Model):
    """Embedding, LSTM, one score per sentence from the last hidden vector.

    Kusner and Hernández-Lobato 2016, arXiv:1611.04051. Initial weights are N(0, 0.1²).

    Args:
      vocab_size: number of token ids, V.
      length: tokens in a sentence, T.
      embedding_size: width of the token embedding, E.
      hidden_size: state width of the LSTM, H.
      seed: seed of the initial weights.
    """

    def __init__(
        self,
        vocab_size: int,
        length: int,
        embedding_size: int,
        hidden_size: int,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.length = length
        self.embedding_size = embedding_size
        self.hidden_size = hidden_size
        self.seed = seed
        self.embedding = token_embedding(
            vocab_size, embedding_size, recurrence.normal(0.1, seed, "embedding")
        )
        self.cell = recurrence.lstm_cell(hidden_size, 0.1, seed, "lstm")
        self.projection = recurrence.linear(1, 0.1, seed, "output")

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""
        self.embedding.build((None,))
        self.cell.build((None, self.embedding_size))
        self.projection.build((None, self.hidden_size))
        self.built = True

    def call(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the scores (B,) of ids (B, T) or of soft tokens (B, T, V), before a sigmoid."""
        return self.scores(self.embed(tokens))

    def embed(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns embeddings (..., E): rows of ids (...), mixtures of rows of soft (..., V)."""
        if tf.as_dtype(tokens.dtype).is_integer:
            return self.embedding(tokens)
        return tf.tensordot(tokens, tf.convert_to_tensor(self.embedding.embeddings), 1)

    def scores(self, embedded: tf.Tensor) -> tf.Tensor:
        """Returns the scores (B,) of embedded sentences (B, T, E)."""
        return self.projection(self._last(embedded))[:, 0]

    def features(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the last hidden vectors (B, H) of ids (B, T); for plots."""
        return self._last(self.embed(tokens))

    def _last(self, embedded: tf.Tensor) -> tf.Tensor:
        return recurrence.unroll(self.cell, embedded)[:, -1]
