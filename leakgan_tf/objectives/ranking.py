"""RankGAN's ranks, Lin et al. 2017, arXiv:1705.11001; equation numbers are from memory.

α(s | u) = cos(y_s, y_u) is the relevance of a sentence to a reference (eq. 3); a rank is a softmax
of γα (eq. 4), in the mean over the references (eq. 5). The authors' program
(github.com/cookielee77/RankGan-NIPS2017) instead has one softmax of the summed relevances,
and compares the sentences of a batch with each other.
"""

import tensorflow as tf

from leakgan_tf.utils import distributed


def relevances(
    sentences: tf.Tensor, references: tf.Tensor, gamma: float, summed: bool
) -> tf.Tensor:
    """Returns γ·cos(y_s, y_u) for each reference, (n, U), or their sum over references, (n, 1).

    Args:
      sentences: features y_s, (n, F).
      references: features y_u of human sentences, (U, F).
      gamma: γ, the steepness.
      summed: whether the cosines with all references are added, as in the program.
    """
    towards = tf.math.l2_normalize(references, axis=-1)
    unit = tf.math.l2_normalize(sentences, axis=-1)
    found = gamma * tf.matmul(unit, towards, transpose_b=True)
    return tf.reduce_sum(found, axis=1, keepdims=True) if summed else found


def log_rank_among(own: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Returns log R(s | U, C) of each sentence, ranked among a comparison set C and itself.

    Args:
      own: relevances of the sentences, (n, U).
      others: relevances of the comparison set, (C, U).

    Returns:
      Log-ranks (n,), at most 0; higher is better.
    """
    total = tf.reduce_logsumexp(others, axis=0)  # (U,)
    # log P = own - log(exp own + exp others)
    return _log_mean(-tf.nn.softplus(total - own))


def log_rank_within(own: tf.Tensor, rows: int) -> tf.Tensor:
    """Returns log R of each sentence, ranked within its group; ΣR = 1 in each group.

    Args:
      own: relevances, (n, U); every `rows` rows are a group. With replicas, this replica's rows
        of each group.
      rows: number of sentences of a group on this replica.

    Returns:
      Log-ranks (n,), at most 0; higher is better.
    """
    groups = tf.reshape(own, [-1, rows, own.shape[1]])  # (n/rows, rows, U)
    whole = distributed.gather(tf.transpose(groups, [1, 0, 2]))
    total = tf.reduce_logsumexp(whole, axis=0)  # (n/rows, U)
    return _log_mean(tf.reshape(groups - total[:, tf.newaxis], [-1, own.shape[1]]))


def _log_mean(log_share: tf.Tensor) -> tf.Tensor:
    """Returns the log of the mean over references of exp(log_share), (n, U) to (n,)."""
    count = tf.cast(tf.shape(log_share)[1], log_share.dtype)
    return tf.reduce_logsumexp(log_share, axis=1) - tf.math.log(count)


def ranker_loss(real: tf.Tensor, made: tf.Tensor) -> tf.Tensor:
    """Returns the ranker's loss, -E log R(real) + E log R(generated), as in the authors' program.

    The paper's first objective (eq. 1) has -E log(1 - R(generated)) as second term.

    Args:
      real: log R of human sentences, (n,).
      made: log R of generated sentences, (m,).
    """
    return distributed.all_reduce_mean(tf.reduce_mean(made) - tf.reduce_mean(real))


def released_pairing(rewards: tf.Tensor) -> tf.Tensor:
    """Returns rewards (B, T) reordered as in the released program's generator step.

    The program multiplies losses flattened from (T, B) with rewards flattened from (B, T). Token t
    of sentence b gets entry t·B + b of the flattened rewards.
    """
    whole = distributed.gather(rewards)
    size, length = whole.shape
    return distributed.local_rows(tf.transpose(tf.reshape(whole, [length, size])))
