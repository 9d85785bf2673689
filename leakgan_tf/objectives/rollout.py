"""Scores of prefixes by Monte-Carlo rollouts: sums of D's scores over completions."""

from collections.abc import Callable

import tensorflow as tf


def prefix_scores(
    probability_real: Callable[[tf.Tensor], tf.Tensor],
    tokens: tf.Tensor,
    completions: tf.Tensor,
) -> tf.Tensor:
    """Returns D's score of each prefix, summed over its completions (SeqGAN, eq. 4).

    Args:
      probability_real: D's probability (n,) that sentences (n, T) are real. Each group of B rows
        has one completion of every sentence from the same prefix length, or the sentences.
      tokens: finished sentences (B, T).
      completions: N completions of each of P prefixes, (P, N, B, T).

    Returns:
      Sums over N, (B, P + 1): a column for each prefix, then N times the score of the finished
      sentence, so that all columns have the same scale.
    """
    prefixes, copies, rows, length = completions.shape
    finished = copies * probability_real(tokens)  # (B,)
    flat = tf.reshape(completions, [prefixes, copies * rows, length])
    # One prefix at a time, as D's activations for all prefixes do not fit into memory.
    scores = tf.map_fn(probability_real, flat, fn_output_signature=tf.float32)  # (P, N·B)
    sums = tf.reduce_sum(tf.reshape(scores, [prefixes, copies, rows]), axis=1)  # (P, B)
    return tf.concat([tf.transpose(sums), finished[:, tf.newaxis]], axis=1)
