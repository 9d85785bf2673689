"""From D's scores to rewards, and the rewards of control experiments: pure functions."""

import numpy as np
import tensorflow as tf

from leakgan_tf.config.semantics import Semantics
from leakgan_tf.utils import distributed


def rescale(scores: tf.Tensor, semantics: Semantics, rollouts: int) -> tf.Tensor:
    """Bootstrapped rescaled activation (LeakGAN, eq. 10) and what the original makes of it.

    Args:
      scores: D's score of each sentence at each step, (B, S), higher is more real. Where
        replicas share a batch, their own rows: they are ranked in the whole batch.
      semantics: `reward_rank`, `reward_delta` and `reward_per_rollout` are read.
      rollouts: completions behind each score, N.

    Returns:
      Rewards (B, S) in (0, 1), each column rescaled for itself.
    """
    scores = distributed.gather(scores)  # of the whole batch
    size = tf.cast(tf.shape(scores)[0], scores.dtype)  # B
    delta = semantics.reward_delta
    if semantics.reward_rank == "value":
        rewards = tf.sigmoid(delta * (0.5 - _rank(scores) / size))
    elif semantics.reward_rank == "arrival":
        rewards = tf.sigmoid(delta * (_arrival(scores) / size - 0.5))
    else:
        rewards = scores
    return distributed.local_rows(rewards / rollouts if semantics.reward_per_rollout else rewards)


def control(
    rewards: tf.Tensor, kind: str, usual: float, seed: tf.Tensor, spread: bool = True
) -> tf.Tensor:
    """Returns the rewards that a control experiment gives in the place of a system's own.

    No control depends on the quality of a sentence.

    Args:
      rewards: the system's own, (B, S). Where replicas share a batch, their own rows.
      kind: "discriminator", the rewards as they are; "constant", all of them `usual`; "random",
        uniform between 0 and 2·`usual`, so that `usual` is their mean; "shuffled", each column
        permuted for itself over the whole batch.
      usual: a reward's mean size, known without D; may be negative.
      seed: stateless seed (2,), used for nothing else. Replicas have one each.
      spread: whether the rows are spread over replicas; if not, each permutes its own.

    Returns:
      Rewards (B, S).
    """
    if kind == "constant":
        return tf.fill(rewards.shape, tf.cast(usual, rewards.dtype))
    if kind == "discriminator":
        return rewards
    draws = tf.random.stateless_uniform(rewards.shape, seed, dtype=rewards.dtype)
    if kind == "random":
        return 2.0 * usual * draws
    if spread:
        # Every replica sorts the draws of all, so that all agree on one permutation.
        rewards, draws = distributed.gather(rewards), distributed.gather(draws)
    order = tf.argsort(draws, axis=0, stable=True)  # (B, S): a permutation in each column
    shuffled = _by_column(rewards, order)
    return distributed.local_rows(shuffled) if spread else shuffled


def control_mean(semantics: Semantics, rows: int, rollouts: int) -> float:
    """Returns the mean of `rescale` where all scores differ; without a rank, that of D = 1/2.

    Args:
      semantics: those of `rescale`.
      rows: sentences in the whole batch, B.
      rollouts: completions behind each score, N.
    """
    if semantics.reward_rank == "none":
        mean = rollouts / 2.0
    else:
        sign = -1.0 if semantics.reward_rank == "value" else 1.0  # rank 1 is the best, or the first
        ranks = np.arange(1, rows + 1) / rows
        mean = float(np.mean(1.0 / (1.0 + np.exp(-sign * semantics.reward_delta * (ranks - 0.5)))))
    return mean / rollouts if semantics.reward_per_rollout else mean


def _rank(scores: tf.Tensor) -> tf.Tensor:
    """Returns the rank in each column, 1 the best; equal scores share the better rank."""
    better = scores[tf.newaxis, :, :] > scores[:, tf.newaxis, :]  # [b, other, s]
    return 1.0 + tf.reduce_sum(tf.cast(better, scores.dtype), axis=1)


def _arrival(scores: tf.Tensor) -> tf.Tensor:
    """Returns the number, from 1, of each value among the distinct values as they appear.

    The original program numbers the keys of a dictionary, which it takes for ranks: the number
    does not depend on D's score.
    """
    same = scores[tf.newaxis, :, :] == scores[:, tf.newaxis, :]  # [b, other, s]
    first = tf.argmax(same, axis=1, output_type=tf.int32)  # (B, S): where the value came first
    rows = tf.range(tf.shape(scores)[0])[:, tf.newaxis]
    number = tf.cumsum(tf.cast(first == rows, scores.dtype), axis=0)
    return _by_column(number, first)


def _by_column(values: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
    """Returns values[rows[b, s], s], (B, S)."""
    return tf.transpose(tf.gather(tf.transpose(values), tf.transpose(rows), batch_dims=1))
