"""TextGAN's discriminator: CNN features, a score, and a reconstruction of the noise."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from leakgan_tf.models.latent_generator import uniform
from leakgan_tf.models.layers import Configured, token_embedding

_BIAS = 0.01  # initial bias of the heads (TextGAN's program)
_TABLE = 0.05  # bound of the embedding's uniform weights (TextGAN's program)


@keras.saving.register_keras_serializable("leakgan_tf")
class MatchingDiscriminator(Configured, keras.Model):
    """CNN features f (B, F) with two heads: a score, and an estimate of the generator's noise.

    Zhang et al. 2017, arXiv:1706.03850. Layers: embedding, convolutions, tanh, maximum over time;
    each head has one hidden sigmoid layer.

    Args:
      vocab_size: number of token ids, V.
      length: tokens in a sentence, T.
      embedding_size: width of the token embedding, E.
      windows: window sizes in tokens, each at most T.
      filters: number of filters of each window size; F is their sum.
      hidden_size: width of the layer before the score.
      noise_size: width of the noise, Z.
      bound: bound of the uniform initial weights, except the embedding's.
      seed: seed of the initial weights.
    """

    def __init__(
        self,
        vocab_size: int,
        length: int,
        embedding_size: int,
        windows: Sequence[int],
        filters: Sequence[int],
        hidden_size: int,
        noise_size: int,
        bound: float = 0.01,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.length = length
        self.embedding_size = embedding_size
        self.windows = tuple(windows)
        self.filters = tuple(filters)
        self.hidden_size = hidden_size
        self.noise_size = noise_size
        self.bound = bound
        self.seed = seed
        self.feature_size = sum(self.filters)
        self.embedding = token_embedding(
            vocab_size, embedding_size, uniform(_TABLE, seed, "embedding")
        )
        self.convolutions = [
            keras.layers.Conv1D(
                count, window, kernel_initializer=uniform(bound, seed, "conv", str(window)),
                name=f"conv_{window}",
            )
            for window, count in zip(self.windows, self.filters, strict=True)
        ]  # fmt: skip
        self.head = [self._dense(hidden_size, "head", "sigmoid"), self._dense(1, "score")]
        self.back = [
            self._dense(self.feature_size, "back", "sigmoid"),
            self._dense(noise_size, "noise"),
        ]

    def _dense(self, units: int, name: str, activation: str | None = None) -> keras.layers.Dense:
        return keras.layers.Dense(
            units,
            activation,
            kernel_initializer=uniform(self.bound, self.seed, name),
            bias_initializer=keras.initializers.Constant(_BIAS),
            name=name,
        )

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""
        self.embedding.build((None,))
        for each in self.convolutions:
            each.build((None, self.length, self.embedding_size))
        for first, last, width in ((*self.head, self.hidden_size), (*self.back, self.feature_size)):
            first.build((None, self.feature_size))
            last.build((None, width))
        self.built = True

    def call(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the scores (B,) of ids (B, T) or soft tokens (B, T, V), before a sigmoid."""
        return self.scores(self.features(tokens))

    def features(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the features (B, F) of ids (B, T) or soft tokens (B, T, V)."""
        return self.pool(self.embed(tokens))

    def embed(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns embeddings (..., E): rows of ids (...), mixtures of rows of soft (..., V)."""
        if tf.as_dtype(tokens.dtype).is_integer:
            return self.embedding(tokens)
        return tf.tensordot(tokens, tf.convert_to_tensor(self.embedding.embeddings), 1)

    def pool(self, embedded: tf.Tensor) -> tf.Tensor:
        """Returns the features (B, F) of embedded sentences (B, T, E)."""
        # tanh is monotonic, so the maximum may come first.
        pooled = [tf.reduce_max(each(embedded), axis=1) for each in self.convolutions]
        return tf.tanh(tf.concat(pooled, axis=-1))

    def scores(self, features: tf.Tensor) -> tf.Tensor:
        """Returns the scores (B,) of features (B, F), before a sigmoid."""
        return self.head[1](self.head[0](features))[:, 0]

    def noise(self, features: tf.Tensor) -> tf.Tensor:
        """Returns the noise (B, Z) estimated from features (B, F), before a tanh if bounded."""
        return self.back[1](self.back[0](features))

    @property
    def encoder_variables(self) -> list[keras.Variable]:
        """Weights of the path from tokens to the estimated noise."""
        layers = [self.embedding, *self.convolutions, *self.back]
        return [variable for layer in layers for variable in layer.trainable_variables]
