"""Losses of LeakGAN (arXiv:1709.08624), SeqGAN (1609.05473) and MaliGAN (1702.07983).

Equation numbers refer to these papers. All are in nats and are minimized. With replicas, sums and
means are those of the whole batch (`utils.distributed`). Shapes: B batch, T length, V vocabulary,
F features, c horizon.
"""

import math
from typing import NamedTuple

import tensorflow as tf

from leakgan_tf.config.semantics import Semantics
from leakgan_tf.models.leakgan_generator import Goals
from leakgan_tf.utils import distributed

# Floor of log-probabilities, as in the original program: an almost impossible token costs 46 nats
# and has no gradient.
LEAST_LOG_PROBABILITY = math.log(1e-20)
# Relative difference of equal features from rounding: eight units in the last place.
_UNMOVED = 2.0**-20


def token_log_prob(logits: tf.Tensor, tokens: tf.Tensor) -> tf.Tensor:
    """Returns log p of tokens (B, T) from logits (B, T, V), floored at log 1e-20."""
    return tf.maximum(-cross_entropy(logits, tokens), LEAST_LOG_PROBABILITY)


def cross_entropy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Returns -log softmax(logits) of labels, ids (...), from logits (..., V).

    Calls the fused op, which is deterministic on a CPU. With op determinism TensorFlow's own
    function avoids that op because of GPUs, at several times the cost.
    """
    width = logits.shape[-1]
    loss, _ = tf.raw_ops.SparseSoftmaxCrossEntropyWithLogits(
        features=tf.reshape(logits, [-1, width]), labels=tf.reshape(labels, [-1])
    )
    return tf.reshape(loss, tf.shape(labels))


def likelihood_loss(log_prob: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
    """Returns the maximum-likelihood loss, the mean over tokens of -log p(x_t).

    Args:
      log_prob: log p of the tokens, (B, T).
      mask: tokens in the mean, (B, T); default: all.
    """
    return -masked_mean(log_prob, mask)


def masked_mean(values: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Returns the mean of values where `mask` (same shape) is true; None for all values."""
    if mask is None:
        return distributed.all_reduce_mean(tf.reduce_mean(values))
    weights = tf.cast(mask, values.dtype)
    number = distributed.all_reduce_sum(tf.reduce_sum(weights))
    return distributed.all_reduce_sum(tf.reduce_sum(values * weights)) / tf.maximum(number, 1.0)


def discriminator_loss(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Returns the cross-entropy of D (eq. 1), the mean over the batch.

    Args:
      logits: logits of [generated, real], (B, 2).
      labels: classes (B,), 1 for real.
    """
    return distributed.all_reduce_mean(tf.reduce_mean(cross_entropy(logits, labels)))


def l2_penalty(kernel: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    """Returns Σ w²/2 over the classifier's kernel and bias."""
    return tf.nn.l2_loss(kernel) + tf.nn.l2_loss(bias)


def policy_gradient_loss(logits: tf.Tensor, tokens: tf.Tensor, rewards: tf.Tensor) -> tf.Tensor:
    """Returns SeqGAN's REINFORCE loss (eq. 8), -Σ log p(x_t)·reward_t over batch and tokens."""
    return -distributed.all_reduce_sum(tf.reduce_sum(token_log_prob(logits, tokens) * rewards))


def importance_weights(logits: tf.Tensor) -> tf.Tensor:
    """Returns MaliGAN's weights n·r_j / Σ r_j, r = D / (1 - D), with mean 1 over n samples.

    Args:
      logits: D's logits of [generated, real], (n, B, 2).

    Returns:
      Weights (n, B), normalized over the first axis; callers stop the gradient.
    """
    count = tf.cast(tf.shape(logits)[0], logits.dtype)
    # log r is the difference of the logits, which cannot overflow for a confident D.
    return count * tf.nn.softmax(logits[..., 1] - logits[..., 0], axis=0)


class Pairs(NamedTuple):
    """Changes of features and their goals; the last axis is F.

    Attributes:
      changes: d = f_later - f_earlier, (..., F).
      goals: goals of these changes, (..., F).
    """

    changes: tf.Tensor
    goals: tf.Tensor


def cosine(pairs: Pairs) -> tf.Tensor:
    """Returns the cosines (...) between changes and goals; 0 for changes of 0."""
    changes = tf.math.l2_normalize(pairs.changes, axis=-1)
    return tf.reduce_sum(changes * tf.math.l2_normalize(pairs.goals, axis=-1), axis=-1)


def manager_pairs(features: tf.Tensor, goals: Goals, horizon: int, window: str) -> Pairs:
    """Returns the Manager's goals with the changes of features over the next c tokens.

    Block goals: S = T/c pairs, f_{(b+1)c} - f_{bc} against the goal of block b.
    Sliding goals: S = T-c+1 pairs, f_{t+c} - f_t against the sub-goal g_t (eq. 7).

    Args:
      features: leaked features of the prefixes of 0..T tokens, (B, T+1, F).
      goals: the goals along the sentences.
      horizon: c.
      window: "block" or "sliding".

    Returns:
      Pairs of shape (B, S, F).
    """
    if window == "block":
        corners = features[:, ::horizon]  # (B, T/c + 1, F)
        return Pairs(_changes(corners[:, 1:], corners[:, :-1]), goals.targets)
    return Pairs(_changes(features[:, horizon:], features[:, :-horizon]), goals.targets)


def _changes(later: tf.Tensor, earlier: tf.Tensor) -> tf.Tensor:
    """Returns later - earlier, (B, S, F); 0 for differences from rounding only.

    Libraries may compute equal rows of a product with different rounding. Normalizing such a
    difference would give an arbitrary direction that depends on the processor.
    """
    changes = later - earlier
    size = tf.reduce_sum(tf.square(later), axis=-1, keepdims=True)
    moved = tf.reduce_sum(tf.square(changes), axis=-1, keepdims=True) > _UNMOVED**2 * size
    return tf.where(moved, changes, 0.0)


def intrinsic_reward(features: tf.Tensor, goals: Goals, horizon: int, window: str) -> tf.Tensor:
    """Returns the intrinsic reward of each token, a cosine in [-1, 1], (B, T).

    Sliding goals: r_t = mean of cos(f_t - f_{t-i}, g_{t-i}) over i = 1..min(c, t) (eq. 8). Block
    goals: cosine of the change since the begin of the block and its goal. Arguments as in
    `manager_pairs`.
    """
    length = features.shape[1] - 1
    if window == "block":
        ends = range(1, length + 1)
        begins = [end - (end % horizon or horizon) for end in ends]
        changes = _changes(features[:, 1:], tf.gather(features, begins, axis=1))
        return cosine(Pairs(changes, goals.worker))
    total: tf.Tensor = 0.0
    count = tf.minimum(tf.range(1, length + 1), horizon)
    for back in range(1, min(horizon, length) + 1):
        changes = _changes(features[:, back:], features[:, :-back])  # f_t - f_{t-i}, t = i..T
        towards = cosine(Pairs(changes, goals.sub_goals[:, : changes.shape[1]]))
        total += tf.pad(towards, [[0, 0], [back - 1, 0]])  # (B, T)
    return total / tf.cast(count, total.dtype)


def pair_mask(mask: tf.Tensor | None, horizon: int, window: str) -> tf.Tensor | None:
    """Returns the mask (B, S) of `manager_pairs` within sentences, from a token mask (B, T)."""
    if mask is None:
        return None
    return mask[:, ::horizon] if window == "block" else mask[:, : mask.shape[1] - horizon + 1]


def manager_pretrain_loss(
    cosines: tf.Tensor,
    semantics: Semantics,
    length: int,
    horizon: int,
    mask: tf.Tensor | None = None,
) -> tf.Tensor:
    """Returns the Manager's pre-training loss on real sentences (section 3.4).

    Original program: -mean cosine / (T·B/c), whose small scale Adam cancels. Paper: -mean cosine.

    Args:
      cosines: cosines of `manager_pairs`, (B, S).
      semantics: uses the field `cosine`.
      length: T.
      horizon: c.
      mask: which pairs count, (B, S); all of them without it.
    """
    mean = masked_mean(cosines, mask)
    if semantics.cosine == "batch_mean":
        return -mean / _steps(cosines, length, horizon)
    return -mean


def manager_adversarial_loss(
    cosines: tf.Tensor,
    rewards: tf.Tensor,
    semantics: Semantics,
    length: int,
    horizon: int,
    mask: tf.Tensor | None = None,
) -> tf.Tensor:
    """Returns the Manager's policy-gradient loss, -Q(f_t, g_t)·cos(f_{t+c} - f_t, g_t) (eq. 7).

    Original program: -(Σ reward)·(mean cosine) / (T·B/c). Paper: mean over samples and steps.

    Args:
      cosines: cosines of `manager_pairs`, (B, S).
      rewards: Q after c, 2c, …, T tokens, (B, T/c). A sliding goal after t tokens uses the first
        of them after t, at most c tokens later.
      semantics: uses the fields `cosine` and `goal_window`.
      length: T.
      horizon: c.
      mask: pairs in the mean, (B, S), and with them their rewards; default: all.
    """
    if semantics.cosine == "batch_mean":
        if mask is not None:
            # Rewards of blocks that begin after the end of the sentence are 0.
            begun = mask if semantics.goal_window == "block" else mask[:, ::horizon]
            rewards *= tf.cast(begun, rewards.dtype)
        total = distributed.all_reduce_sum(tf.reduce_sum(rewards)) * masked_mean(cosines, mask)
        return -total / _steps(cosines, length, horizon)
    if semantics.goal_window == "sliding":
        rewards = tf.repeat(rewards, horizon, axis=1)[:, : cosines.shape[1]]
    return -masked_mean(rewards * cosines, mask)


def worker_adversarial_loss(
    log_prob: tf.Tensor,
    intrinsic: tf.Tensor,
    semantics: Semantics,
    mask: tf.Tensor | None = None,
) -> tf.Tensor:
    """Returns the Worker's REINFORCE loss, -r_t·log p(x_t), r_t the intrinsic reward (eq. 9).

    Original program: r is the mean over batch and steps. Paper: r_t of each sample and step.

    Args:
      log_prob: log p of the tokens, (B, T).
      intrinsic: intrinsic reward of the tokens, (B, T); its gradient is stopped.
      semantics: uses the field `cosine`.
      mask: which tokens count, (B, T); all of them without it.
    """
    intrinsic = tf.stop_gradient(intrinsic)
    if semantics.cosine == "batch_mean":
        intrinsic = masked_mean(intrinsic, mask)
    return -masked_mean(intrinsic * log_prob, mask)


def _steps(cosines: tf.Tensor, length: int, horizon: int) -> tf.Tensor:
    """Returns T·B/c with the batch size B of all replicas, the original program's divisor."""
    blocks = length // horizon * distributed.count()
    return tf.cast(tf.shape(cosines)[0] * blocks, cosines.dtype)
