"""Masks for sentences of variable length: only the end symbol can follow the end symbol.

Token 0 ends a sentence and pads it to T positions. A generator with ``ends=True`` gives padding the
probability 1. Padding then adds nothing to losses and gradients, and sampling generates it.
"""

import tensorflow as tf

END = 0
_IMPOSSIBLE = -1e9  # a finite logit, so that 0 times it is not NaN


def force_eos(logits: tf.Tensor, ended: tf.Tensor) -> tf.Tensor:
    """Returns logits that make the end symbol certain where a sentence has ended.

    Args:
      logits: (..., V).
      ended: whether an earlier token is the end symbol, (...).
    """
    only_end = tf.one_hot(END, logits.shape[-1], on_value=0.0, off_value=_IMPOSSIBLE)
    return tf.where(ended[..., tf.newaxis], only_end, logits)


def forbid_eos(logits: tf.Tensor, closed: tf.Tensor) -> tf.Tensor:
    """Returns logits (..., V) that make the end symbol impossible where `closed` (...)."""
    only_end = tf.one_hot(END, logits.shape[-1], on_value=True, off_value=False, dtype=tf.bool)
    return tf.where(closed[..., tf.newaxis] & only_end, _IMPOSSIBLE, logits)


def last_value(values: tf.Tensor, chosen: tf.Tensor) -> tf.Tensor:
    """Returns the last value (B,) of each row of (B, T) where `chosen` (B, T); 0 if none."""
    places = tf.where(chosen, tf.range(tf.shape(values)[1]), -1)
    last = tf.reduce_max(places, axis=1)  # (B,)
    found = tf.gather(values, tf.maximum(last, 0), batch_dims=1)
    return tf.where(last >= 0, found, 0.0)


def valid_token_mask(tokens: tf.Tensor) -> tf.Tensor:
    """Returns the mask (B, T) of tokens up to and with the first end symbol."""
    unended = tf.cast(tokens[:, :-1] != END, tf.int32)
    before = tf.pad(unended, [[0, 0], [1, 0]], constant_values=1)
    return tf.math.cumprod(before, axis=1) > 0
