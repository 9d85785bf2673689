"""Rewards from D's scores, and rewards of control experiments, as pure functions."""

import numpy as np
import tensorflow as tf

from leakgan_tf.config.semantics import Semantics
from leakgan_tf.utils import distributed


def rescale(scores: tf.Tensor, semantics: Semantics, rollouts: int) -> tf.Tensor:
    """Returns rewards by bootstrapped rescaled activation (LeakGAN, eq. 10, or its program).

    Args:
      scores: D's score of each sentence at each step, (B, S), higher is more real. With replicas,
        local rows, which are ranked in the whole batch.
      semantics: uses `reward_rank`, `reward_delta` and `reward_per_rollout`.
      rollouts: number of completions summed in each score, N.

    Returns:
      Rewards (B, S), each column rescaled separately: in (0, 1) unless `reward_rank` is "none".
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
    """Returns the rewards of a control experiment, which replace a system's own rewards.

    Control rewards do not depend on the quality of a sentence.

    Args:
      rewards: the system's own rewards, (B, S); with replicas, local rows.
      kind: "discriminator", unchanged; "constant", all equal to `usual`; "random", uniform
        between 0 and 2·`usual`; "shuffled", each column permuted over the whole batch.
      usual: mean of the control rewards (`control_mean`); may be negative.
      seed: stateless seed (2,) for this use only, different on each replica.
      spread: whether to permute over all replicas, instead of over local rows.

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
        # Every replica sorts the same gathered draws, and so gets the same permutation.
        rewards, draws = distributed.gather(rewards), distributed.gather(draws)
    order = tf.argsort(draws, axis=0, stable=True)  # (B, S): a permutation in each column
    shuffled = _by_column(rewards, order)
    return distributed.local_rows(shuffled) if spread else shuffled


def control_mean(semantics: Semantics, rows: int, rollouts: int) -> float:
    """Returns the mean reward of `rescale` for distinct scores; without rank, for D = 1/2.

    Args:
      semantics: semantics of `rescale`.
      rows: number of sentences in the whole batch, B.
      rollouts: number of completions summed in each score, N.
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
    """Returns the number, from 1, of each value in the order of first occurrence, (B, S).

    The original program uses such numbers of dictionary keys as ranks, which therefore do not
    depend on the order of D's scores.
    """
    same = scores[tf.newaxis, :, :] == scores[:, tf.newaxis, :]  # [b, other, s]
    first = tf.argmax(same, axis=1, output_type=tf.int32)  # (B, S): row of the first occurrence
    rows = tf.range(tf.shape(scores)[0])[:, tf.newaxis]
    number = tf.cumsum(tf.cast(first == rows, scores.dtype), axis=0)
    return _by_column(number, first)


def _by_column(values: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
    """Returns values[rows[b, s], s], (B, S)."""
    return tf.transpose(tf.gather(tf.transpose(values), tf.transpose(rows), batch_dims=1))
