"""From D's opinions to rewards: pure functions."""

import tensorflow as tf

from leakgan_tf import replicas
from leakgan_tf.semantics import Semantics


def rescale(scores: tf.Tensor, semantics: Semantics, rollouts: int) -> tf.Tensor:
    """Bootstrapped rescaled activation (LeakGAN, eq. 10) and what the original makes of it.

    Args:
      scores: D's opinion of each sentence at each step, (B, S), higher is more real. Where
        replicas share a batch, their own rows: they are ranked in the whole batch.
      semantics: `reward_rank`, `reward_delta` and `reward_per_rollout` are read.
      rollouts: completions behind each score, N.

    Returns:
      Rewards (B, S) in (0, 1), each column rescaled for itself.
    """
    scores = replicas.gather(scores)  # of the whole batch
    size = tf.cast(tf.shape(scores)[0], scores.dtype)  # B
    delta = semantics.reward_delta
    if semantics.reward_rank == "value":
        rewards = tf.sigmoid(delta * (0.5 - _rank(scores) / size))
    elif semantics.reward_rank == "arrival":
        rewards = tf.sigmoid(delta * (_arrival(scores) / size - 0.5))
    else:
        rewards = scores
    return replicas.own(rewards / rollouts if semantics.reward_per_rollout else rewards)


def _rank(scores: tf.Tensor) -> tf.Tensor:
    """Returns the rank in each column, 1 the best; equal scores share the better rank."""
    better = scores[tf.newaxis, :, :] > scores[:, tf.newaxis, :]  # [b, other, s]
    return 1.0 + tf.reduce_sum(tf.cast(better, scores.dtype), axis=1)


def _arrival(scores: tf.Tensor) -> tf.Tensor:
    """Returns the number, from 1, of each value among the distinct values as they appear.

    The original program numbers the keys of a dictionary, which it takes for ranks: the number
    says nothing about D's opinion.
    """
    same = scores[tf.newaxis, :, :] == scores[:, tf.newaxis, :]  # [b, other, s]
    first = tf.argmax(same, axis=1, output_type=tf.int32)  # (B, S): where the value came first
    rows = tf.range(tf.shape(scores)[0])[:, tf.newaxis]
    number = tf.cumsum(tf.cast(first == rows, scores.dtype), axis=0)
    # number[first[b, s], s]: gathered column by column
    return tf.transpose(tf.gather(tf.transpose(number), tf.transpose(first), batch_dims=1))
