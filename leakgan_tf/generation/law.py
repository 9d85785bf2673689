"""The law that tokens are sampled from: temperature, top-k, top-p, or greedy decoding.

Published protocols of this field vary the temperature, or sample from the model itself. None uses
top-k (Fan et al. 2018, arXiv:1805.04833) or top-p (Holtzman et al. 2020, arXiv:1904.09751).
"""

from typing import NamedTuple

import tensorflow as tf

from leakgan_tf.generation.drawing import categorical


class Law(NamedTuple):
    """How the next token is sampled from the model's logits.

    Attributes:
      inverse_temperature: factors on the logits at each position, (T,); above 1 is sharper.
      top_k: keep only this many most likely tokens; 0 keeps all. Of equally likely tokens those
        with smaller ids are kept.
      top_p: of these, keep the smallest set of most likely tokens with at least this probability.
      greedy: take the most likely token instead of sampling.
    """

    inverse_temperature: tf.Tensor
    top_k: tf.Tensor | int = 0
    top_p: tf.Tensor | float = 1.0
    greedy: tf.Tensor | bool = False


def draw(
    logits: tf.Tensor, law: Law, seed: tf.Tensor, position: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Samples one token per row; without top-k, top-p and greedy as `sampling.generate` does.

    Args:
      logits: logits of the model, (B, V).
      law: the law to sample from.
      seed: stateless seed (2,); the position is folded in.
      position: position of the token, in [0, T).

    Returns:
      Tokens (B,) int32, and their log-probabilities (B,) under the law.
    """
    own = tf.random.experimental.stateless_fold_in(seed, position)
    scaled = logits * law.inverse_temperature[position]
    top_k, top_p = tf.convert_to_tensor(law.top_k), tf.convert_to_tensor(law.top_p)
    kept = tf.cond(
        (top_k > 0) | (top_p < 1.0), lambda: truncate(scaled, top_k, top_p), lambda: scaled
    )
    greedy = tf.convert_to_tensor(law.greedy)
    tokens = tf.cond(
        greedy,
        lambda: tf.argmax(scaled, axis=-1, output_type=tf.int32),
        lambda: categorical(kept, own),
    )
    log_probs = tf.where(greedy, 0.0, chosen_log_prob(kept, tokens))
    return tf.ensure_shape(tokens, [logits.shape[0]]), log_probs


def truncate(logits: tf.Tensor, top_k: tf.Tensor, top_p: tf.Tensor) -> tf.Tensor:
    """Returns logits (B, V), -inf for the tokens that top-k, then top-p, exclude."""
    order = tf.argsort(logits, axis=-1, direction="DESCENDING", stable=True)  # (B, V)
    size = logits.shape[-1]
    within = tf.range(size) < tf.where(top_k > 0, top_k, size)  # (V,)
    falling = tf.where(within, tf.gather(logits, order, batch_dims=1), float("-inf"))
    before = tf.cumsum(tf.nn.softmax(falling), axis=-1, exclusive=True)  # (B, V)
    kept = within & ((before < top_p) | (top_p >= 1.0))
    ranks = tf.argsort(order, axis=-1, stable=True)  # of each token
    return tf.where(tf.gather(kept, ranks, batch_dims=1), logits, float("-inf"))


def chosen_log_prob(logits: tf.Tensor, tokens: tf.Tensor) -> tf.Tensor:
    """Returns the log-probabilities (B,) of tokens (B,) under the softmax of logits (B, V)."""
    return tf.gather(tf.nn.log_softmax(logits), tokens, batch_dims=1)
