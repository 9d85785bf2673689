"""Losses of MaskGAN, Fedus, Goodfellow and Dai 2018, arXiv:1801.07736.

The formulas are from the authors' program, read second hand, as the paper's body was not available.
Hence no equation numbers. All sums and means are over masked tokens only. D scores every token of a
filled sentence, given the previous tokens and the masked sentence m(x).
"""

import tensorflow as tf

from leakgan_tf.objectives import losses
from leakgan_tf.objectives.scratch import discounted_returns

LEAST_PROBABILITY = 1e-7  # added to D's probability in the reward (MaskGAN's program)


def fill_loss(log_prob: tf.Tensor, masked: tf.Tensor) -> tf.Tensor:
    """Returns the MaskMLE loss, the mean of -log G(x_t | x_<t, m(x)) over masked tokens.

    Args:
      log_prob: log G of real tokens, (B, T).
      masked: mask of the masked tokens, (B, T).
    """
    return losses.likelihood_loss(log_prob, masked)


def fill_discriminator_loss(
    real: tf.Tensor, filled: tf.Tensor, masked: tf.Tensor, own: tf.Tensor
) -> tf.Tensor:
    """Returns the mean over masked tokens of -½ log D(x_t) - ½ log(1 - D(x̂_t)).

    Args:
      real: logits of real sentences, (B, T).
      filled: logits of the same sentences with their masked tokens filled, (B, T).
      masked: mask of the masked tokens of real sentences, (B, T).
      own: mask of the masked tokens of filled sentences, which may have other ends, (B, T).
    """
    sides = losses.masked_mean(tf.nn.softplus(-real), masked)
    return 0.5 * (sides + losses.masked_mean(tf.nn.softplus(filled), own))


def fill_returns(logits: tf.Tensor, masked: tf.Tensor, gamma: float) -> tf.Tensor:
    """Returns R_t = Σ_{s≥t, masked} γ^{s-t} log(D_s + 1e-7), (B, T).

    The paper has γ^s. Distances s - t count all positions, masked or not.

    Args:
      logits: D's logits of filled sentences, (B, T).
      masked: which tokens are masked and count, (B, T).
      gamma: γ in [0, 1].
    """
    rewards = tf.math.log(tf.sigmoid(logits) + LEAST_PROBABILITY)
    return discounted_returns(tf.where(masked, rewards, 0.0), gamma)


def advantages(
    returns: tf.Tensor, baseline: tf.Tensor, masked: tf.Tensor, most: float
) -> tf.Tensor:
    """Returns R_t - b_t clipped to ±most, 0 for unmasked tokens, (B, T); stops the gradient.

    Args:
      returns: R, (B, T).
      baseline: b, (B, T) or ().
      masked: which tokens are masked and count, (B, T).
      most: largest absolute advantage (MaskGAN's program: 5).
    """
    clipped = tf.clip_by_value(returns - baseline, -most, most)
    return tf.stop_gradient(tf.where(masked, clipped, 0.0))


def half_batch_baseline(returns: tf.Tensor, masked: tf.Tensor) -> tf.Tensor:
    """Returns the baseline b_t (B, T): for each half of a batch, the mean R_t of the other half.

    The mean at t is over sentences with t masked, 0 if there are none; a mean per position is this
    project's choice. The baseline of a row does not depend on its own filling.

    Args:
      returns: R, (B, T).
      masked: which tokens are masked and count, (B, T).
    """
    weights, middle = tf.cast(masked, returns.dtype), returns.shape[0] // 2
    means = [
        tf.math.divide_no_nan(tf.reduce_sum(returns[rows] * weights[rows], 0, keepdims=True),
                              tf.reduce_sum(weights[rows], 0, keepdims=True))
        for rows in (slice(middle, None), slice(0, middle))
    ]  # fmt: skip
    return tf.repeat(tf.concat(means, 0), [middle, returns.shape[0] - middle], axis=0)


def critic_loss(values: tf.Tensor, returns: tf.Tensor, masked: tf.Tensor) -> tf.Tensor:
    """Returns the mean of (R_t - b_t)² over masked tokens; stops the gradient of R.

    Args:
      values: the critic's b, (B, T).
      returns: R, (B, T).
      masked: which tokens are masked and count, (B, T).
    """
    return losses.masked_mean(tf.square(tf.stop_gradient(returns) - values), masked)
