"""RankGAN's ranks as its authors' program computes them: one softmax over the batch.

github.com/cookielee77/RankGan-NIPS2017. The paper's form, a mean of softmaxes against a comparison
set, is `losses.log_rank`.
"""

import tensorflow as tf

from leakgan_tf.objectives.losses import masked_mean


def relevance(sentences: tf.Tensor, references: tf.Tensor, gamma: float) -> tf.Tensor:
    """Returns γ·Σ cos(y_s, y_u) over the references u: (n,) of features (n, F) and (U, F)."""
    towards = tf.reduce_sum(tf.math.l2_normalize(references, axis=-1), axis=0)  # (F,)
    return gamma * tf.linalg.matvec(tf.math.l2_normalize(sentences, axis=-1), towards)


def batch_log_rank(sentences: tf.Tensor, references: tf.Tensor, gamma: float) -> tf.Tensor:
    """Returns log R of sentences among each other: ΣR = 1.

    Args:
      sentences: features, (n, F).
      references: features of human sentences, (U, F).
      gamma: γ, the steepness; it multiplies the sum over all references.
    """
    return tf.nn.log_softmax(relevance(sentences, references, gamma))


def batch_ranker_loss(log_rank: tf.Tensor, real: tf.Tensor) -> tf.Tensor:
    """Returns -(mean over real of log R - mean over generated of log R).

    Args:
      log_rank: log R of real and generated sentences in one batch, (n,).
      real: which of them are real, (n,) bool.
    """
    return masked_mean(log_rank, ~real) - masked_mean(log_rank, real)
