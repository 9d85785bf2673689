"""MaskGAN's discriminator: whether each token of a filled sentence is real, and a critic."""

from typing import Any

import keras
import tensorflow as tf

from leakgan_tf.models.encoder_decoder import EncoderDecoder
from leakgan_tf.models.fan_in import fan_in_dense


@keras.saving.register_keras_serializable("leakgan_tf")
class FillDiscriminator(EncoderDecoder):
    """The encoder reads m(x), the decoder the filled sentence; a logit for each token.

    Without m(x) it could not tell a wrong filling beside a right word from the reverse. The critic
    is a linear layer on the decoder's LSTMs, run without encoder and attention on what comes before
    each token.

    Args: those of `EncoderDecoder`.
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
          factors: of `dropout_factors`.
        """
        return self.logit_layer(self._outputs(tokens, shown, factors))[..., 0]

    def _outputs(
        self, tokens: tf.Tensor, shown: tf.Tensor, factors: tf.Tensor | None = None
    ) -> tf.Tensor:
        return self.decode(self.embedding(tokens), self.encode(shown, factors), factors)

    def features(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the mean output (B, H) over sentences (B, T) that are masked but for the first
        token; for plots.
        """
        first = tf.broadcast_to(tf.range(self.length) == 0, tf.shape(tokens))
        return tf.reduce_mean(self._outputs(tokens, self.hide(tokens, first)), axis=1)

    def values(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the critic's b_t (B, T) of the tokens before each; moves its own layer only."""
        vectors = self.embedding(tokens)[:, :-1]
        outputs, _ = self.run(self.decoder, tf.pad(vectors, [[0, 0], [1, 0], [0, 0]]))
        return self.critic_layer(tf.stop_gradient(outputs))[..., 0]

    @property
    def judging_variables(self) -> list[keras.Variable]:
        """The weights that D's loss moves: all but the critic's layer."""
        critic = {id(variable) for variable in self.critic_layer.trainable_variables}
        return [each for each in self.trainable_variables if id(each) not in critic]
