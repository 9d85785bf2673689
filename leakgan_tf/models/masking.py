"""Sentences that end: after the end symbol nothing but the end symbol can follow.

Where sentences have their own lengths, token 0 ends one and fills the rest of its T places. A
generator that knows this (``ends=True``) gives the padding the probability 1, so it costs nothing,
teaches nothing, and is written by itself when sampling.
"""

import tensorflow as tf

END = 0
_IMPOSSIBLE = -1e9  # a logit; finite, so that products with it stay numbers


def force_eos(logits: tf.Tensor, ended: tf.Tensor) -> tf.Tensor:
    """Makes the end symbol certain where a sentence has ended.

    Args:
      logits: (..., V).
      ended: whether the end symbol came before, (...).
    """
    only_end = tf.one_hot(END, logits.shape[-1], on_value=0.0, off_value=_IMPOSSIBLE)
    return tf.where(ended[..., tf.newaxis], only_end, logits)


def forbid_eos(logits: tf.Tensor, closed: tf.Tensor) -> tf.Tensor:
    """Makes the end symbol impossible where `closed` (...), of logits (..., V)."""
    only_end = tf.one_hot(END, logits.shape[-1], on_value=True, off_value=False, dtype=tf.bool)
    return tf.where(closed[..., tf.newaxis] & only_end, _IMPOSSIBLE, logits)


def last_value(values: tf.Tensor, chosen: tf.Tensor) -> tf.Tensor:
    """Returns the last of values (B, T) that is `chosen` (B, T) in each row; 0 where none is."""
    places = tf.where(chosen, tf.range(tf.shape(values)[1]), -1)
    last = tf.reduce_max(places, axis=1)  # (B,)
    found = tf.gather(values, tf.maximum(last, 0), batch_dims=1)
    return tf.where(last >= 0, found, 0.0)


def valid_token_mask(tokens: tf.Tensor) -> tf.Tensor:
    """Returns which tokens (B, T) the generator had to choose: up to the first end symbol."""
    unended = tf.cast(tokens[:, :-1] != END, tf.int32)
    before = tf.pad(unended, [[0, 0], [1, 0]], constant_values=1)
    return tf.math.cumprod(before, axis=1) > 0
