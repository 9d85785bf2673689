"""D's step with one-dimensional convolutions equals the original program's two-dimensional form."""

import numpy as np
import tensorflow as tf

from helpers import small
from leakgan_tf.systems.leakgan import LeakGAN


def convolve_2d(embedded, kernel):
    """Returns responses (B, J, F_h) to a kernel (h, D, F_h) by a 2D convolution, one channel."""
    image, filters = embedded[..., tf.newaxis], kernel[:, :, tf.newaxis]
    return tf.squeeze(tf.nn.conv2d(image, filters, 1, "VALID"), 2)  # (B, J, 1, F_h)


def in_two_dimensions(model):
    """Replaces a discriminator's convolutions, bias and ReLU before the maximum."""

    def pool(embedded):
        responses = [
            convolve_2d(embedded, tf.convert_to_tensor(layer.kernel)) + layer.bias
            for layer in model.convolutions
        ]
        return tf.concat([tf.reduce_max(tf.nn.relu(each), axis=1) for each in responses], axis=-1)

    model.pool = pool


def test_a_step_of_the_discriminator():
    # Adam with a large ε moves weights by their gradients, not by the gradients' signs.
    config = small.config(adam_epsilon=1.0, discriminator_learning_rate=1.0)
    ours, twin = LeakGAN(config, task=None), LeakGAN(config, task=None)
    for system in (ours, twin):
        small.randomise(system.discriminator, 0)
    in_two_dimensions(twin.discriminator)
    tokens = tf.constant(small.tokens(config.batch_size, config.length, config.vocab_size))
    labels, seed = tf.constant([1, 0, 1, 0]), tf.constant([3, 4])
    before = ours.discriminator.get_weights()
    losses = [system.discriminator_step(tokens, labels, seed)["loss"] for system in (ours, twin)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)
    pairs = zip(ours.discriminator.weights, twin.discriminator.weights, before, strict=True)
    for mine, theirs, old in pairs:
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5, err_msg=mine.path)
        assert np.abs(mine - old).max() > 1e-4, mine.path
