"""Monte-Carlo rollouts: D's scores of whole sentences, averaged for their prefixes."""

from collections.abc import Callable

import tensorflow as tf


def prefix_scores(
    probability_real: Callable[[tf.Tensor], tf.Tensor],
    tokens: tf.Tensor,
    completions: tf.Tensor,
) -> tf.Tensor:
    """Returns D's score of each prefix, summed over its completions (SeqGAN, eq. 4).

    Args:
      probability_real: D's probability (n,) that sentences (n, T) are real. Every B rows are a
        group: one completion of the same prefix length of each sentence, or the sentences.
      tokens: finished sentences (B, T).
      completions: (P, N, B, T), N completions of each of P prefixes.

    Returns:
      Sums over N, (B, P + 1): a column for each prefix, then the finished sentence, whose
      score counts N times so that all columns have one scale.
    """
    prefixes, copies, rows, length = completions.shape
    finished = copies * probability_real(tokens)  # (B,)
    if prefixes == 0:
        return finished[:, tf.newaxis]
    flat = tf.reshape(completions, [prefixes, copies * rows, length])
    # A prefix at a time: D's inner layers would not fit into memory for all of them.
    scores = tf.map_fn(probability_real, flat, fn_output_signature=tf.float32)  # (P, N·B)
    sums = tf.reduce_sum(tf.reshape(scores, [prefixes, copies, rows]), axis=1)  # (P, B)
    return tf.concat([tf.transpose(sums), finished[:, tf.newaxis]], axis=1)
