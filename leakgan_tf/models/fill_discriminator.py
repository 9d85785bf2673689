"""MaskGAN's discriminator, which scores each token of a filled sentence, and its critic."""

from typing import Any

import keras
import tensorflow as tf

from leakgan_tf.models.encoder_decoder import EncoderDecoder
from leakgan_tf.models.fan_in import fan_in_dense


@keras.saving.register_keras_serializable("leakgan_tf")
class FillDiscriminator(EncoderDecoder):
    """Scores each token as real or filled: encodes m(x), decodes the filled sentence.

    Without m(x) it could not distinguish filled from given tokens. The critic is a linear layer on
    the decoder's LSTMs. It runs without encoder and attention on the tokens before each position.

    Args: as in `EncoderDecoder`.
    """

    def __init__(
        self,
        vocab_size: int,
        length: int,
        width: int,
        layers: int = 1,
        dropout: float = 0.0,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(vocab_size, length, width, layers, dropout, seed, **kwargs)
        self.logit_layer = fan_in_dense(width, 1, seed, "logit")
        self.critic_layer = fan_in_dense(width, 1, seed, "critic")

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""
        super().build()
        self.logit_layer.build((None, self.width))
        self.critic_layer.build((None, self.width))

    def call(
        self, tokens: tf.Tensor, shown: tf.Tensor, factors: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns the logit (B, T) that each token is real, given those before it and m(x).

        Args:
          tokens: filled or real sentences, ids (B, T).
          shown: m(x), (B, T): V where a token is masked.
          factors: dropout factors from `dropout_factors`.
        """
        return self.logit_layer(self._outputs(tokens, shown, factors))[..., 0]

    def _outputs(
        self, tokens: tf.Tensor, shown: tf.Tensor, factors: tf.Tensor | None = None
    ) -> tf.Tensor:
        return self.decode(self.embedding(tokens), self.encode(shown, factors), factors)

    def features(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the mean decoder output (B, H) of sentences (B, T) for plots.

        All tokens but the first are masked for the encoder.
        """
        first = tf.broadcast_to(tf.range(self.length) == 0, tf.shape(tokens))
        return tf.reduce_mean(self._outputs(tokens, self.hide(tokens, first)), axis=1)

    def values(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the critic's b_t (B, T) from tokens before t; its loss trains its layer only."""
        vectors = self.embedding(tokens)[:, :-1]
        outputs, _ = self.run(self.decoder, tf.pad(vectors, [[0, 0], [1, 0], [0, 0]]))
        return self.critic_layer(tf.stop_gradient(outputs))[..., 0]

    @property
    def judging_variables(self) -> list[keras.Variable]:
        """Weights that D's loss trains: all except the critic's layer."""
        critic = {id(variable) for variable in self.critic_layer.trainable_variables}
        return [each for each in self.trainable_variables if id(each) not in critic]
