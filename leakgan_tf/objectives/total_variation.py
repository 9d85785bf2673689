"""The weighted likelihood of TaiLr, Ji et al. 2023. From memory: neither paper nor program read."""

import tensorflow as tf

from leakgan_tf.objectives.losses import masked_mean


def tailr_weights(log_prob: tf.Tensor, gamma: float) -> tf.Tensor:
    """Returns p / (γ + (1 - γ) p), of the shape of `log_prob`; no gradient passes.

    γ = 0 gives 1, maximum likelihood; γ = 1 gives p, an estimate of the total variation distance.

    Args:
      log_prob: log p of the tokens.
      gamma: γ in [0, 1].
    """
    # Divided through by p: a token that is all but impossible has no p / p.
    inverse = tf.exp(-tf.stop_gradient(log_prob))
    return 1.0 / (gamma * inverse + 1.0 - gamma)


def tailr_loss(log_prob: tf.Tensor, gamma: float, mask: tf.Tensor | None = None) -> tf.Tensor:
    """Returns the mean over tokens of -w·log p(x_t), w as in `tailr_weights`.

    Args:
      log_prob: of the tokens, (B, T).
      gamma: γ in [0, 1].
      mask: which tokens count, (B, T); all of them without it.
    """
    return -masked_mean(tailr_weights(log_prob, gamma) * log_prob, mask)
