"""Each loss with its equation. Equation numbers: LeakGAN, arXiv:1709.08624; SeqGAN, 1609.05473;
MaliGAN, 1702.07983.

All are in nats and are minimised. Where replicas share a batch, sums and means are those of the
whole batch (`utils.distributed`). Shapes: B batch, T length, V vocabulary, F features, c horizon.
"""

import math
from typing import NamedTuple

import tensorflow as tf

from leakgan_tf.config.semantics import Semantics
from leakgan_tf.models.leakgan_generator import Goals
from leakgan_tf.utils import distributed

# Probabilities are floored here, as in the original program: a token that was all but impossible
# costs 46 nats and has no gradient.
LEAST_LOG_PROBABILITY = math.log(1e-20)
# Features that differ by less than this share of their norm, eight units in the last place, are
# the same but for rounding.
_UNMOVED = 2.0**-20


def token_log_prob(logits: tf.Tensor, tokens: tf.Tensor) -> tf.Tensor:
    """Returns log p of each token, floored at log 1e-20: (B, T) of logits (B, T, V)."""
    return tf.maximum(-cross_entropy(logits, tokens), LEAST_LOG_PROBABILITY)


def cross_entropy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Returns -log softmax(logits) of the labels: (...) of logits (..., V) and ids (...).

    The fused op: under op determinism TensorFlow's own function avoids it, for the sake of GPUs,
    at several times the cost; on a CPU it is deterministic.
    """
    width = logits.shape[-1]
    loss, _ = tf.raw_ops.SparseSoftmaxCrossEntropyWithLogits(
        features=tf.reshape(logits, [-1, width]), labels=tf.reshape(labels, [-1])
    )
    return tf.reshape(loss, tf.shape(labels))


def likelihood_loss(log_prob: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
    """Maximum likelihood: the mean over tokens of -log p(x_t); pre-trains the Worker.

    Args:
      log_prob: of the tokens, (B, T).
      mask: which tokens count, (B, T); all of them without it.
    """
    return -masked_mean(log_prob, mask)


def masked_mean(values: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Returns the mean of values, of those only where `mask`, of the same shape, is true."""
    if mask is None:
        return distributed.all_reduce_mean(tf.reduce_mean(values))
    weights = tf.cast(mask, values.dtype)
    number = distributed.all_reduce_sum(tf.reduce_sum(weights))
    return distributed.all_reduce_sum(tf.reduce_sum(values * weights)) / tf.maximum(number, 1.0)


def discriminator_loss(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Cross-entropy of D (eq. 1), the mean over the batch.

    Args:
      logits: (B, 2).
      labels: classes (B,), 1 for real.
    """
    return distributed.all_reduce_mean(tf.reduce_mean(cross_entropy(logits, labels)))


def l2_penalty(kernel: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    """Returns Σ w²/2 over the classifier's kernel and bias."""
    return tf.nn.l2_loss(kernel) + tf.nn.l2_loss(bias)


def policy_gradient_loss(logits: tf.Tensor, tokens: tf.Tensor, rewards: tf.Tensor) -> tf.Tensor:
    """REINFORCE of SeqGAN (eq. 8): -Σ log p(x_t)·reward_t, a sum over batch and tokens."""
    return -distributed.all_reduce_sum(tf.reduce_sum(token_log_prob(logits, tokens) * rewards))


def importance_weights(logits: tf.Tensor) -> tf.Tensor:
    """Returns MaliGAN's weights n·r_j / Σ r_j with r = D / (1 - D), of the mean 1 over n samples.

    Args:
      logits: D's of [generated, real], (n, B, 2).

    Returns:
      (n, B), normalized over the first axis; no gradient is meant to pass.
    """
    count = tf.cast(tf.shape(logits)[0], logits.dtype)
    # log r is the difference of the logits, so this cannot overflow where D is certain.
    return count * tf.nn.softmax(logits[..., 1] - logits[..., 0], axis=0)


class Pairs(NamedTuple):
    """Feature changes and the goals that were to bring them about; the last axis is F.

    Attributes:
      changes: d = f_later - f_earlier.
      goals: of the same shape.
    """

    changes: tf.Tensor
    goals: tf.Tensor


def cosine(pairs: Pairs) -> tf.Tensor:
    """Returns the cosine between changes and goals; 0 where nothing has changed."""
    changes = tf.math.l2_normalize(pairs.changes, axis=-1)
    return tf.reduce_sum(changes * tf.math.l2_normalize(pairs.goals, axis=-1), axis=-1)


def manager_pairs(features: tf.Tensor, goals: Goals, horizon: int, window: str) -> Pairs:
    """Returns what the Manager wanted, and what came of it c tokens later.

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
    """Returns later - earlier, (B, S, F); 0 where they differ by rounding only.

    Equal rows of a product may differ in the last place, as libraries compute some rows together.
    Normalized, such a difference would be a direction of its own on each kind of processor.
    """
    changes = later - earlier
    size = tf.reduce_sum(tf.square(later), axis=-1, keepdims=True)
    moved = tf.reduce_sum(tf.square(changes), axis=-1, keepdims=True) > _UNMOVED**2 * size
    return tf.where(moved, changes, 0.0)


def intrinsic_reward(features: tf.Tensor, goals: Goals, horizon: int, window: str) -> tf.Tensor:
    """Returns how far each token moved the features towards its goals, (B, T) in [-1, 1].

    Sliding goals: r_t = mean of cos(f_t - f_{t-i}, g_{t-i}) over i = 1..c (eq. 8), over the i
    that exist where t < c. Block goals: the change since the block began, against its goal.
    Arguments as in `manager_pairs`.
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
    """Returns which of `manager_pairs` begin within their sentence, (B, S), from (B, T)."""
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
    """Makes the Manager's goals those that real sentences follow (section 3.4).

    Original: -mean / (T·B/c), a tiny gradient that Adam scales up again. Paper: -mean.

    Args:
      cosines: of `manager_pairs`, (B, S).
      semantics: `cosine` is read.
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
    """The Manager's policy gradient, -Q(f_t, g_t)·cos(f_{t+c} - f_t, g_t) (eq. 7).

    Original: -(Σ reward)·mean / (T·B/c). Paper: the mean over samples and steps.

    Args:
      cosines: of `manager_pairs`, (B, S).
      rewards: Q after c, 2c, …, T tokens, (B, T/c). A sliding goal set after t tokens takes the
        first of them that comes later, at most c tokens on.
      semantics: `cosine` and `goal_window` are read.
      length: T.
      horizon: c.
      mask: which pairs count, (B, S); all of them without it. Rewards count with their pairs.
    """
    if semantics.cosine == "batch_mean":
        if mask is not None:
            # A column's reward counts where its block begins within the sentence.
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
    """The Worker's REINFORCE, -r_t·log p(x_t), r_t the intrinsic reward (eq. 9).

    Original: one r, its mean over batch and steps. Paper: each sample's and step's own.

    Args:
      log_prob: of the tokens, (B, T).
      intrinsic: of the tokens, (B, T); passes no gradient.
      semantics: `cosine` is read.
      mask: which tokens count, (B, T); all of them without it.
    """
    intrinsic = tf.stop_gradient(intrinsic)
    if semantics.cosine == "batch_mean":
        intrinsic = masked_mean(intrinsic, mask)
    return -masked_mean(intrinsic * log_prob, mask)


def _steps(cosines: tf.Tensor, length: int, horizon: int) -> tf.Tensor:
    """Returns T·B/c, by which the original program divides."""
    blocks = length // horizon * distributed.count()
    return tf.cast(tf.shape(cosines)[0] * blocks, cosines.dtype)
