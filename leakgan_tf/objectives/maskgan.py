"""Losses of MaskGAN, Fedus, Goodfellow and Dai 2018, arXiv:1801.07736.

The paper's body was not at hand: the formulas are those of the authors' program, which others read,
and the paper's equations have no numbers here. All sums and means are over masked tokens alone. D
scores every token of a filled sentence, given those before it and the masked sentence m(x).
"""

import tensorflow as tf

from leakgan_tf.objectives import losses
from leakgan_tf.objectives.scratch import discounted_returns

LEAST_PROBABILITY = 1e-7  # added to D's probability in the reward (its program)


def fill_loss(log_prob: tf.Tensor, masked: tf.Tensor) -> tf.Tensor:
    """MaskMLE: returns the mean of -log G(x_t | x_<t, m(x)) over masked tokens.

    Args:
      log_prob: of real tokens, (B, T).
      masked: which of them are masked and count, (B, T).
    """
    return losses.likelihood_loss(log_prob, masked)


def fill_discriminator_loss(
    real: tf.Tensor, filled: tf.Tensor, masked: tf.Tensor, own: tf.Tensor
) -> tf.Tensor:
    """Returns the mean over masked tokens of -½ log D(x_t) - ½ log(1 - D(x̂_t)).

    Args:
      real: logits of real sentences, (B, T).
      filled: logits of the same sentences with their masked tokens filled, (B, T).
      masked: which tokens of real sentences are masked and count, (B, T).
      own: which tokens of filled sentences do; they may end earlier or later.
    """
    sides = losses.masked_mean(tf.nn.softplus(-real), masked)
    return 0.5 * (sides + losses.masked_mean(tf.nn.softplus(filled), own))


def fill_returns(logits: tf.Tensor, masked: tf.Tensor, gamma: float) -> tf.Tensor:
    """Returns R_t = Σ_{s≥t, masked} γ^{s-t} log(D_s + 1e-7), (B, T).

    The paper has γ^s. Distances s - t count all positions, masked or not.

    Args:
      logits: D's of filled sentences, (B, T).
      masked: which tokens are masked and count, (B, T).
      gamma: γ in [0, 1].
    """
    rewards = tf.math.log(tf.sigmoid(logits) + LEAST_PROBABILITY)
    return discounted_returns(tf.where(masked, rewards, 0.0), gamma)


def advantages(
    returns: tf.Tensor, baseline: tf.Tensor, masked: tf.Tensor, most: float
) -> tf.Tensor:
    """Returns R_t - b_t within ±most, 0 where nothing is masked, (B, T); passes no gradient.

    Args:
      returns: R, (B, T).
      baseline: b, (B, T) or ().
      masked: which tokens are masked and count, (B, T).
      most: the largest size of an advantage (its program: 5).
    """
    clipped = tf.clip_by_value(returns - baseline, -most, most)
    return tf.stop_gradient(tf.where(masked, clipped, 0.0))


def half_batch_baseline(returns: tf.Tensor, masked: tf.Tensor) -> tf.Tensor:
    """Returns b_t (B, T): of each half of a batch, the mean R_t over the other half.

    The mean is over the other half's sentences in which t is masked; 0 where there is none. That it
    is of each place by itself is this project's choice. A row's own filling is in no b that it is
    compared with.

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
    """Returns the mean of (R_t - b_t)² over masked tokens; R passes no gradient.

    Args:
      values: the critic's b, (B, T).
      returns: R, (B, T).
      masked: which tokens are masked and count, (B, T).
    """
    return losses.masked_mean(tf.square(tf.stop_gradient(returns) - values), masked)
