"""A recurrent discriminator that scores every token, given those before it (ScratchGAN)."""

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from leakgan_tf.models import recurrence
from leakgan_tf.models.fan_in import fan_in_dense, fan_in_normal
from leakgan_tf.models.layers import Configured, token_embedding
from leakgan_tf.models.masking import last_value, valid_token_mask

SIGNALS = 8  # signals for each position, as in ScratchGAN's program
EMBEDDING_STDDEV = 0.3836  # that of GloVe vectors, as in ScratchGAN's program


def position_signals(length: int) -> np.ndarray:
    """Returns cos(π (t / period + shift)) of positions t from 0, (T, 8) in [-1, 1].

    The 8 periods are spaced logarithmically from 2 to T, the shifts linearly from 0 to 2.

    Args:
      length: number of positions, T.
    """
    periods = np.exp(np.linspace(math.log(2.0), math.log(length), SIGNALS))
    shifts = np.linspace(0.0, 2.0, SIGNALS)
    waves = np.arange(length)[:, np.newaxis] / periods + shifts
    return np.cos(math.pi * waves).astype(np.float32)


@keras.saving.register_keras_serializable("leakgan_tf")
class TokenDiscriminator(Configured, keras.Model):
    """Embedding and position signals, linear layer, LSTM with layer norm, one score per token.

    Dropout applies to the embedding table: a dropped entry is 0 wherever its token occurs. The
    layer norm is over all four gates before the bias, with a trained gain and the bias as offset.
    The initial forget bias is 1.

    Args:
      vocab_size: number of token ids, V.
      length: tokens in a sentence, T.
      embedding_size: width of the token embedding, E.
      hidden_size: width of the linear layer and of the LSTM's state, H.
      layer_norm: whether the gates are normalized.
      dropout: dropout rate of the embedding table, applied when a dropout seed is given.
      ends: whether token 0 ends a sentence; later positions have the score 0.
      seed: seed of the initial weights.
    """

    def __init__(
        self,
        vocab_size: int,
        length: int,
        embedding_size: int,
        hidden_size: int,
        layer_norm: bool = True,
        dropout: float = 0.0,
        ends: bool = False,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.length = length
        self.embedding_size = embedding_size
        self.hidden_size = hidden_size
        self.layer_norm = layer_norm
        self.dropout = dropout
        self.ends = ends
        self.seed = seed
        self.embedding = token_embedding(
            vocab_size, embedding_size, recurrence.normal(EMBEDDING_STDDEV, seed, "embedding")
        )
        self.input_layer = fan_in_dense(embedding_size + SIGNALS, hidden_size, seed, "input")
        # ScratchGAN's program has one kernel for input and state, with the fan-in of both.
        self.cell = keras.layers.LSTMCell(
            hidden_size,
            kernel_initializer=fan_in_normal(2 * hidden_size, seed, "lstm", "kernel"),
            recurrent_initializer=fan_in_normal(2 * hidden_size, seed, "lstm", "recurrent"),
            name="lstm",
        )
        self.output_layer = fan_in_dense(hidden_size, 1, seed, "output")

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""
        self.embedding.build((None,))
        self.input_layer.build((None, self.embedding_size + SIGNALS))
        self.cell.build((None, self.hidden_size))
        self.output_layer.build((None, self.hidden_size))
        self.gain = None
        if self.layer_norm:
            shape = (4 * self.hidden_size,)
            self.gain = self.add_weight(shape=shape, initializer="ones", name="gain")
        self.built = True

    def call(self, tokens: tf.Tensor, dropout_seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the logits (B, T) that each token is real; 0 after the end of a sentence.

        Args:
          tokens: ids (B, T).
          dropout_seed: stateless seed (2,) of the dropout; None disables dropout.
        """
        return self.scores(tokens, self.embed(tokens, dropout_seed))

    def log_odds(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the logit at the last token of sentences (n, T), without dropout: (n,).

        Only this logit depends on the whole sentence. With `ends` it is at the end symbol, or at
        token T of a sentence without one.
        """
        valid = valid_token_mask(tokens) if self.ends else tf.ones_like(tokens, tf.bool)
        return last_value(self(tokens), valid)

    def embed(self, tokens: tf.Tensor, dropout_seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the embeddings (B, T, E) of tokens (B, T); see `call`."""
        table = tf.convert_to_tensor(self.embedding.embeddings)  # (V, E)
        if dropout_seed is not None and self.dropout > 0.0:
            table = tf.nn.experimental.stateless_dropout(table, self.dropout, dropout_seed)
        return tf.gather(table, tokens)

    def scores(self, tokens: tf.Tensor, embedded: tf.Tensor) -> tf.Tensor:
        """Returns the logits (B, T) of tokens (B, T) with embeddings (B, T, E)."""
        logits = self.output_layer(self.hidden(embedded))[..., 0]
        return tf.where(valid_token_mask(tokens), logits, 0.0) if self.ends else logits

    def hidden(self, embedded: tf.Tensor) -> tf.Tensor:
        """Returns the hidden vectors (B, T, H) after each token, of embeddings (B, T, E)."""
        signals = tf.constant(position_signals(self.length))
        signals = tf.tile(signals[tf.newaxis], [tf.shape(embedded)[0], 1, 1])  # (B, T, 8)
        inputs = self.input_layer(tf.concat([embedded, signals], axis=-1))
        return recurrence.unroll(self.cell, inputs, gain=self.gain)

    def features(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the mean hidden vector (B, H) up to the end of each sentence, for plots."""
        valid = valid_token_mask(tokens) if self.ends else tf.ones_like(tokens, tf.bool)
        weights = tf.cast(valid, tf.float32)[..., tf.newaxis]
        return tf.reduce_sum(self.hidden(self.embed(tokens)) * weights, 1) / tf.reduce_sum(
            weights, 1
        )
