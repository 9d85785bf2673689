"""The highway CNN discriminator of SeqGAN and LeakGAN."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from leakgan_tf.models.highway import Highway
from leakgan_tf.models.layers import Configured, token_embedding
from leakgan_tf.models.precision import convolution
from leakgan_tf.utils.seeds import derive_int

REAL = 1  # class of real sentences


@keras.saving.register_keras_serializable("leakgan_tf")
class Discriminator(Configured, keras.Model):
    """Classifies whole sentences as real or generated; LeakGAN leaks its features.

    Layers: embedding, one convolution per window size, maximum over time, highway, dropout, two
    classes (Zhang & LeCun 2015; LeakGAN, section 3.1). Features are the output of the highway.

    Args:
      vocab_size: number of token ids, V.
      length: tokens in a sentence, T.
      embedding_size: width of the token embedding, D.
      windows: window sizes in tokens, each at most T.
      filters: number of filters of each window size; F is their sum.
      padding_row: whether padding, id -1, has a trained embedding, as in LeakGAN.
      dropout: dropout rate of the features, applied when a dropout seed is given.
      classifies: whether to output two logits; if not, the features are the output (RankGAN).
      precision: type of the products in convolutions and highway, one of `precision.PRECISIONS`.
      seed: seed of the initial weights.
    """

    def __init__(
        self,
        vocab_size: int,
        length: int,
        embedding_size: int,
        windows: Sequence[int],
        filters: Sequence[int],
        padding_row: bool = True,
        dropout: float = 0.0,
        classifies: bool = True,
        precision: str = "float32",
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.length = length
        self.embedding_size = embedding_size
        self.windows = tuple(windows)
        self.filters = tuple(filters)
        self.padding_row = padding_row
        self.dropout = dropout
        self.classifies = classifies
        self.precision = precision
        self.seed = seed
        self.feature_size = sum(self.filters)
        self.embedding = token_embedding(
            vocab_size + int(padding_row),
            embedding_size,
            keras.initializers.RandomUniform(-1.0, 1.0, derive_int(seed, "embedding")),
        )
        self.convolutions = [
            self._convolution(*pair) for pair in zip(self.windows, self.filters, strict=True)
        ]
        self.highway = Highway(
            self.feature_size, precision, derive_int(seed, "highway"), name="highway"
        )
        self.classifier: Any = self._classes() if classifies else None

    def _classes(self) -> keras.layers.Dense:
        return keras.layers.Dense(
            2,
            kernel_initializer=_truncated(derive_int(self.seed, "classifier")),
            bias_initializer=keras.initializers.Constant(0.1),
            name="classifier",
        )

    def _convolution(self, window: int, filters: int) -> keras.layers.Conv1D:
        return keras.layers.Conv1D(
            filters,
            window,
            kernel_initializer=_truncated(derive_int(self.seed, "conv", window)),
            bias_initializer=keras.initializers.Constant(0.1),
            name=f"conv_{window}",
        )

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""
        self.embedding.build((None, self.length))
        for each in self.convolutions:
            each.build((None, self.length, self.embedding_size))
        self.highway.build()
        if self.classifies:
            self.classifier.build((None, self.feature_size))
        self.built = True

    def embed(self, tokens: tf.Tensor) -> tf.Tensor:
        """Maps token ids (B, T), padding -1, to (B, T, D)."""
        return self.embedding(tokens + int(self.padding_row))

    def pool(self, embedded: tf.Tensor) -> tf.Tensor:
        """Returns each filter's largest response (B, F) to embeddings (B, T, D), before the ReLU.

        The ReLU commutes with the maximum: convolve, pool, and only then rectify.
        """
        pooled = [
            tf.reduce_max(convolution(embedded, each.kernel, each.bias, self.precision), axis=1)
            for each in self.convolutions
        ]
        return tf.concat(pooled, axis=-1)

    def features(self, tokens: tf.Tensor, dropout_seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the leaked features (B, F) of sentences (B, T).

        Args:
          tokens: ids in [0, V), or -1 for padding where there is a padding row.
          dropout_seed: stateless seed (2,) of the dropout; None disables dropout.
        """
        pooled = tf.nn.relu(self.pool(self.embed(tokens)))  # (B, F)
        mixed = self.highway(pooled)
        if dropout_seed is not None and self.dropout > 0.0:
            mixed = tf.nn.experimental.stateless_dropout(mixed, self.dropout, dropout_seed)
        return mixed

    def call(self, tokens: tf.Tensor, dropout_seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns logits (B, 2) of [generated, real] for sentences (B, T), or features (B, F)."""
        features = self.features(tokens, dropout_seed)
        return self.classifier(features) if self.classifies else features

    def probability_real(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns D's probability (B,) that sentences (B, T) are real."""
        return tf.nn.softmax(self(tokens))[:, REAL]

    def log_odds(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns D's log-odds (B,) that sentences (B, T) are real, exact for confident D."""
        logits = self(tokens)
        return logits[:, REAL] - logits[:, 1 - REAL]


def _truncated(seed: int) -> keras.initializers.Initializer:
    return keras.initializers.TruncatedNormal(stddev=0.1, seed=seed)
