"""RelGAN's discriminator: one CNN over several embedded representations of a sentence."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from leakgan_tf.models.fan_in import fan_in_dense, fan_in_normal
from leakgan_tf.models.layers import Configured, token_embedding
from leakgan_tf.utils.seeds import derive_int


@keras.saving.register_keras_serializable("leakgan_tf")
class RelationalDiscriminator(Configured, keras.Model):
    """Scores each of S representations of a sentence of ids or soft tokens (RelGAN, section 2.3).

    Each representation has its own columns of the embedding. All share the other layers:
    convolutions, maximum over time, highway without biases, dropout, two linear layers.

    Args:
      vocab_size: number of token ids, V.
      length: tokens in a sentence, T.
      embedding_size: total width of all representations; a multiple of `representations`.
      representations: number of representations, S.
      windows: window sizes in tokens, each at most T.
      filters: number of filters of each window size; F is their sum.
      hidden_size: width of the linear layer before the score.
      dropout: dropout rate of the highway's output, applied when a dropout seed is given.
      seed: seed of the initial weights.
    """

    def __init__(
        self,
        vocab_size: int,
        length: int,
        embedding_size: int,
        representations: int,
        windows: Sequence[int],
        filters: Sequence[int],
        hidden_size: int,
        dropout: float = 0.0,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.length = length
        self.embedding_size = embedding_size
        self.representations = representations
        self.windows = tuple(windows)
        self.filters = tuple(filters)
        self.hidden_size = hidden_size
        self.dropout = dropout
        self.seed = seed
        self.feature_size = sum(self.filters)
        self.embedding = token_embedding(
            vocab_size, embedding_size, fan_in_normal(vocab_size, seed, "embedding")
        )
        self.convolutions = [
            self._convolution(*pair) for pair in zip(self.windows, self.filters, strict=True)
        ]
        size = self.feature_size
        self.transform = fan_in_dense(size, size, seed, "transform", bias=False)
        self.gate = fan_in_dense(size, size, seed, "gate", bias=False)
        self.hidden = fan_in_dense(size, hidden_size, seed, "hidden")
        self.output_layer = fan_in_dense(hidden_size, 1, seed, "output")

    def _convolution(self, window: int, filters: int) -> keras.layers.Conv1D:
        channels = self.embedding_size // self.representations
        return keras.layers.Conv1D(
            filters,
            window,
            kernel_initializer=keras.initializers.TruncatedNormal(
                stddev=math.sqrt(2.0 / (window * channels)),
                seed=derive_int(self.seed, "conv", window),
            ),
            name=f"conv_{window}",
        )

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""
        self.embedding.build((None, self.length))
        channels = self.embedding_size // self.representations
        for convolution in self.convolutions:
            convolution.build((None, self.length, channels))
        for layer in (self.transform, self.gate, self.hidden):
            layer.build((None, self.feature_size))
        self.output_layer.build((None, self.hidden_size))
        self.built = True

    def embed(self, sentences: tf.Tensor) -> tf.Tensor:
        """Returns all representations (..., embedding_size) of ids (...) or soft (..., V)."""
        if tf.as_dtype(sentences.dtype).is_integer:
            return self.embedding(sentences)
        return tf.tensordot(sentences, tf.convert_to_tensor(self.embedding.embeddings), 1)

    def features(self, sentences: tf.Tensor) -> tf.Tensor:
        """Returns the mean features (B, F) over the representations of ids (B, T), for plots."""
        features = self.embedded_features(self.embed(sentences))
        return tf.reduce_mean(
            tf.reshape(features, [-1, self.representations, self.feature_size]), axis=1
        )

    def embedded_features(self, embedded: tf.Tensor) -> tf.Tensor:
        """Returns the highway's output (B·S, F) of embedded sentences (B, T, embedding_size)."""
        count = self.representations
        width = self.embedding_size // count
        split = tf.reshape(embedded, [-1, self.length, count, width])
        rows = tf.reshape(
            tf.transpose(split, [0, 2, 1, 3]), [-1, self.length, width]
        )  # (B·S, T, ·)
        # Bias and ReLU commute with the maximum: convolve, pool, and only then rectify.
        pooled = [tf.reduce_max(convolve(rows), axis=1) for convolve in self.convolutions]
        pooled = tf.nn.relu(tf.concat(pooled, axis=-1))  # (B·S, F)
        gate = tf.sigmoid(self.gate(pooled))
        return gate * tf.nn.relu(self.transform(pooled)) + (1.0 - gate) * pooled

    def head(self, features: tf.Tensor) -> tf.Tensor:
        """Returns the scores (n,) of features (n, F)."""
        return self.output_layer(self.hidden(features))[:, 0]

    def scores(self, embedded: tf.Tensor, dropout_seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the scores (B·S,) of embedded sentences, row b·S + s for representation s.

        Args:
          embedded: result of `embed`, (B, T, embedding_size).
          dropout_seed: stateless seed (2,) of the dropout; None disables dropout.
        """
        features = self.embedded_features(embedded)
        if dropout_seed is not None and self.dropout > 0.0:
            features = tf.nn.experimental.stateless_dropout(features, self.dropout, dropout_seed)
        return self.head(features)

    def call(self, sentences: tf.Tensor, dropout_seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the scores (B·S,) of ids (B, T) or soft sentences (B, T, V)."""
        return self.scores(self.embed(sentences), dropout_seed)
