"""The two losses of cooperative training (CoT), Lu et al. 2019, arXiv:1804.03782.

The equations are from the authors' program, as the paper's text was not available.

Losses are in nats per token and are minimized. Means are over all B·T tokens. Padding after the end
of a sentence has probability 1 in both models and adds 0.
"""

import tensorflow as tf

from leakgan_tf.utils import distributed


def mediator_loss(real: tf.Tensor, generated: tf.Tensor) -> tf.Tensor:
    """Returns -½[mean log M(s⁺) + mean log M(s⁻)], by which M estimates ½(p + G).

    Args:
      real: log M of the tokens of real sentences, (B, T).
      generated: log M of the tokens of generated sentences, (B, T).
    """
    mean = 0.5 * (tf.reduce_mean(real) + tf.reduce_mean(generated))
    return -distributed.all_reduce_mean(mean)


def generator_loss(generator_logits: tf.Tensor, mediator_logits: tf.Tensor) -> tf.Tensor:
    """Returns the mean over prefixes s_t of KL(G(·|s_t) ‖ M(·|s_t)), exact over the vocabulary.

    Prefixes are from samples of G. The gradient passes through G(·|s_t) only.

    Args:
      generator_logits: logits of G along its own samples, (B, T, V).
      mediator_logits: logits of M along the same samples, (B, T, V).
    """
    log_g = tf.nn.log_softmax(generator_logits)
    log_m = tf.stop_gradient(tf.nn.log_softmax(mediator_logits))
    divergence = tf.reduce_sum(tf.exp(log_g) * (log_g - log_m), axis=-1)  # (B, T)
    return distributed.all_reduce_mean(tf.reduce_mean(divergence))
