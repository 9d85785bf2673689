"""The direct form of D's update computes what the project's computes: else it were no baseline."""

import numpy as np
import tensorflow as tf

from benchmarks.speed.direct import DirectLeakGAN
from helpers import small
from leakgan_tf.systems.leakgan import LeakGAN


def test_a_step_of_the_discriminator():
    # Adam with a large ε moves weights by their gradients, not by the gradients' signs.
    config = small.config(adam_epsilon=1.0, discriminator_learning_rate=1.0)
    system = LeakGAN(config, task=None)
    for number, model in enumerate(system.models.values()):
        small.randomise(model, number)
    direct = DirectLeakGAN(system)
    before = [weight.numpy() for weight in system.discriminator.weights]
    tokens = tf.constant(small.tokens(config.batch_size, config.length, config.vocab_size))
    labels, seed = tf.constant([1, 0, 1, 0]), tf.constant([3, 4])
    slow = direct.discriminator_step(tokens, labels, seed)["loss"]
    for old, weight in zip(before, system.discriminator.weights, strict=True):
        np.testing.assert_array_equal(weight, old)  # the copy leaves the system alone
    fast = system.discriminator_step(tokens, labels, seed)["loss"]
    np.testing.assert_allclose(slow, fast, rtol=1e-5)
    for mine, theirs in zip(
        direct.discriminator.weights, system.discriminator.weights, strict=True
    ):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5, err_msg=theirs.path)
