"""What passes from D to the Manager and on to the Worker along sentences, as arrays."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from leakgan_tf.models.masking import valid_token_mask
from leakgan_tf.models.prefix_features import PrefixFeatures
from leakgan_tf.systems.leakgan import LeakGAN

_SMALL = 1e-12  # a length below which a vector has no direction


class Leaked(NamedTuple):
    """Along n sentences of T tokens.

    Attributes:
      features: that D leaks of the prefixes of 0..T tokens, (n, T+1, F).
      goals: that each token saw when it was sampled, (n, T, F).
      written: which tokens were chosen, not padding after the sentence's end, (n, T).
    """

    features: np.ndarray
    goals: np.ndarray
    written: np.ndarray


def leaked(system: LeakGAN, tokens: np.ndarray) -> Leaked:
    """Returns features and goals of sentences (n, T) under a system's present weights."""
    count, ids = len(tokens), whole_batches(system, tokens)
    features = PrefixFeatures(system.discriminator).all(ids)  # (n, T+1, F)
    goals = system.model.goals(features, "sampling").worker  # (n, T, F)
    ends = system.config.ends
    chosen = valid_token_mask(ids).numpy()[:count] if ends else np.ones(tokens.shape, bool)
    return Leaked(features.numpy()[:count], goals.numpy()[:count], chosen)


def whole_batches(system: LeakGAN, tokens: np.ndarray) -> tf.Tensor:
    """Returns ids (n, T) with the last row repeated up to a multiple of ``goal_init``'s rows."""
    missing = -len(tokens) % system.model.goal_init_rows
    return tf.constant(np.pad(tokens, [[0, missing], [0, 0]], mode="edge"), tf.int32)


def goal_cosines(found: Leaked, horizon: int) -> np.ndarray:
    """Returns how well each token's goal was met in the c tokens that followed.

    Args:
      found: along n sentences.
      horizon: c.

    Returns:
      (n, c, T): at [:, k-1, t] the cosine between the goal that token t saw and f_{t+k} - f_t, the
      change of the features by k tokens from t on. NaN after the sentence's end.
    """
    features, goals, chosen = found
    rows, length = chosen.shape
    cosines = np.full([rows, horizon, length], np.nan)
    for ahead in range(1, min(horizon, length) + 1):
        changes = features[:, ahead:] - features[:, :-ahead]  # (n, T+1-k, F)
        wanted = goals[:, : changes.shape[1]]
        lengths = np.linalg.norm(changes, axis=-1) * np.linalg.norm(wanted, axis=-1)
        products = np.sum(changes * wanted, axis=-1) / np.maximum(lengths, _SMALL)
        reached = chosen[:, ahead - 1 :]  # whether the last of the k tokens was chosen
        cosines[:, ahead - 1, : changes.shape[1]] = np.where(reached, products, np.nan)
    return cosines
