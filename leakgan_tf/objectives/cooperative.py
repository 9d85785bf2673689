"""The two losses of cooperative training (CoT), Lu et al. 2019, arXiv:1804.03782.

The paper's text was not at hand: the equations are those of the authors' program.

All are in nats and are minimized. Means are taken over all B·T tokens. Where sentences end, what
follows the end is certain in both models and adds nothing, so that a mean is a sum over the tokens
of each sentence, divided by T.
"""

import tensorflow as tf

from leakgan_tf.utils import distributed


def mediator_loss(real: tf.Tensor, generated: tf.Tensor) -> tf.Tensor:
    """Returns -½[mean log M(s⁺) + mean log M(s⁻)]: M learns ½(p + G) by maximum likelihood.

    Args:
      real: log M of the tokens of real sentences, (B, T).
      generated: log M of the tokens of generated sentences, (B, T).
    """
    mean = 0.5 * (tf.reduce_mean(real) + tf.reduce_mean(generated))
    return -distributed.all_reduce_mean(mean)


def generator_loss(generator_logits: tf.Tensor, mediator_logits: tf.Tensor) -> tf.Tensor:
    """Returns the mean over prefixes s_t of KL(G(·|s_t) ‖ M(·|s_t)), exact over the vocabulary.

    The prefixes are those of G's own samples and are constants, as M is: the gradient passes
    through G(·|s_t) only.

    Args:
      generator_logits: of G along its own samples, (B, T, V).
      mediator_logits: of M along the same sentences, (B, T, V).
    """
    log_g = tf.nn.log_softmax(generator_logits)
    log_m = tf.stop_gradient(tf.nn.log_softmax(mediator_logits))
    divergence = tf.reduce_sum(tf.exp(log_g) * (log_g - log_m), axis=-1)  # (B, T)
    return distributed.all_reduce_mean(tf.reduce_mean(divergence))
