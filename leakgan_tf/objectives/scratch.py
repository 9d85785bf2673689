"""Returns, baseline and D's loss of ScratchGAN, de Masson d'Autume et al. 2019, arXiv:1905.09922.

The formulas are from the authors' program, as the paper's body was not available. D scores every
token, given the previous ones. Positions after the end of a sentence have the logit 0.
"""

import numpy as np
import tensorflow as tf

from leakgan_tf.utils import distributed


def token_rewards(logits: tf.Tensor) -> tf.Tensor:
    """Returns r_t = 2·σ(D_t) - 1 in (-1, 1) from D's logits (B, T); 0 after the end."""
    return 2.0 * tf.sigmoid(logits) - 1.0


def discounted_returns(rewards: tf.Tensor, gamma: float) -> tf.Tensor:
    """Returns R_t = Σ_{s≥t} γ^{s-t} r_s, (B, T).

    Args:
      rewards: r, (B, T).
      gamma: γ in [0, 1]; 0 gives R_t = r_t.
    """
    length = rewards.shape[1]
    ahead = np.arange(length)[:, np.newaxis] - np.arange(length)  # s - t at [s, t]
    weights = np.where(ahead >= 0, float(gamma) ** np.maximum(ahead, 0), 0.0)
    return tf.matmul(rewards, tf.constant(weights, rewards.dtype))


def moving_average(before: tf.Tensor, returns: tf.Tensor, decay: float) -> tf.Tensor:
    """Returns the next baseline, decay·b + (1 - decay)·mean R.

    Args:
      before: b, a scalar.
      returns: R, (B, T), with positions after the end.
      decay: share of the old value.
    """
    mean = distributed.all_reduce_mean(tf.reduce_mean(returns))
    return decay * before + (1.0 - decay) * mean


def token_discriminator_loss(real: tf.Tensor, generated: tf.Tensor) -> tf.Tensor:
    """Returns -½ mean log σ(D(s⁺)) - ½ mean log(1 - σ(D(s⁻))), means over batch and tokens.

    Positions after an end count as a constant, log 2.

    Args:
      real: logits of real sentences, (B, T).
      generated: logits of generated sentences, (B, T).
    """
    sides = tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(tf.nn.softplus(generated))
    return distributed.all_reduce_mean(0.5 * sides)
