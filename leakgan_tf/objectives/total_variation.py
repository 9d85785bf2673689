"""The weighted likelihood of TaiLr, Ji et al. 2023, from memory (paper and program not read)."""

import tensorflow as tf

from leakgan_tf.objectives.losses import masked_mean


def tailr_weights(log_prob: tf.Tensor, gamma: float) -> tf.Tensor:
    """Returns the weights p / (γ + (1 - γ) p) in the shape of `log_prob`; stops the gradient.

    γ = 0 gives 1 (maximum likelihood), γ = 1 gives p (total variation distance).

    Args:
      log_prob: log p of the tokens.
      gamma: γ in [0, 1].
    """
    # Divided by p, as p / p is undefined if p underflows to 0.
    inverse = tf.exp(-tf.stop_gradient(log_prob))
    return 1.0 / (gamma * inverse + 1.0 - gamma)


def tailr_loss(log_prob: tf.Tensor, gamma: float, mask: tf.Tensor | None = None) -> tf.Tensor:
    """Returns the mean over tokens of -w·log p(x_t), w as in `tailr_weights`.

    Args:
      log_prob: log p of the tokens, (B, T).
      gamma: γ in [0, 1].
      mask: tokens in the mean, (B, T); default: all.
    """
    return -masked_mean(tailr_weights(log_prob, gamma) * log_prob, mask)
