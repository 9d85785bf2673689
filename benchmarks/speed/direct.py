"""D's update in the form of the original program, a baseline for the project's form.

It is compiled, has convolutions over (B, T, D, 1), and computes the same numbers
(`tests/benchmarks/test_speed_direct.py`). Its cost depends on the processor: see `docs/speed.md`.
"""

import tensorflow as tf

from leakgan_tf.models.discriminator import Discriminator
from leakgan_tf.systems.leakgan import LeakGAN


def convolve_2d(embedded: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Returns responses (B, J, F_h) to a kernel (h, D, F_h) by a 2D convolution, one channel."""
    image, filters = embedded[..., tf.newaxis], kernel[:, :, tf.newaxis]
    responses = tf.nn.conv2d(image, filters, 1, "VALID")  # (B, J, 1, F_h)
    return tf.squeeze(responses, 2)


def cnn_features(
    discriminator: Discriminator, tokens: tf.Tensor, dropout_seed: tf.Tensor | None = None
) -> tf.Tensor:
    """Returns D's features (B, F) of sentences (B, T), padding -1."""
    embedded = discriminator.embed(tokens)  # (B, T, D)
    pooled = []
    for layer in discriminator.convolutions:
        responses = convolve_2d(embedded, tf.convert_to_tensor(layer.kernel)) + layer.bias
        pooled.append(tf.reduce_max(tf.nn.relu(responses), axis=1))  # (B, F_h)
    mixed = discriminator.highway(tf.concat(pooled, axis=-1))
    if dropout_seed is not None and discriminator.dropout > 0.0:
        mixed = tf.nn.experimental.stateless_dropout(mixed, discriminator.dropout, dropout_seed)
    return mixed


class DirectLeakGAN(LeakGAN):
    """LeakGAN with two-dimensional convolutions in D, and a copy of a system's weights.

    Args:
      system: system whose configuration and weights are copied; it is not changed.
    """

    def __init__(self, system: LeakGAN):
        super().__init__(system.config)
        for name, model in system.models.items():
            self.models[name].set_weights(model.get_weights())
        self.discriminator.features = (  # type: ignore[method-assign]
            lambda tokens, dropout_seed=None: cnn_features(self.discriminator, tokens, dropout_seed)
        )
