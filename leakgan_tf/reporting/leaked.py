"""Returns what D leaks to the Manager, and the Manager's goals, along sentences."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from leakgan_tf.models.masking import valid_token_mask
from leakgan_tf.models.prefix_features import PrefixFeatures
from leakgan_tf.systems.leakgan import LeakGAN

_SMALL = 1e-12  # lower limit of lengths in a denominator


class Leaked(NamedTuple):
    """Leaked features and goals along n sentences of T tokens.

    Attributes:
      features: leaked features of the prefixes of 0..T tokens, (n, T+1, F).
      goals: goals with which each token was sampled, (n, T, F).
      written: mask of the tokens that were sampled, not padding after the end, (n, T).
    """

    features: np.ndarray
    goals: np.ndarray
    written: np.ndarray


def leaked(system: LeakGAN, tokens: np.ndarray) -> Leaked:
    """Returns features and goals of sentences (n, T) under a system's current weights."""
    count, ids = len(tokens), whole_batches(system, tokens)
    features = PrefixFeatures(system.discriminator).all(ids)  # (n, T+1, F)
    goals = system.model.goals(features, "sampling").worker  # (n, T, F)
    ends = system.config.ends
    chosen = valid_token_mask(ids).numpy()[:count] if ends else np.ones(tokens.shape, bool)
    return Leaked(features.numpy()[:count], goals.numpy()[:count], chosen)


def whole_batches(system: LeakGAN, tokens: np.ndarray) -> tf.Tensor:
    """Returns ids (n, T), padded with the last row to a multiple of the rows of ``goal_init``."""
    missing = -len(tokens) % system.model.goal_init_rows
    return tf.constant(np.pad(tokens, [[0, missing], [0, 0]], mode="edge"), tf.int32)


def goal_cosines(found: Leaked, horizon: int) -> np.ndarray:
    """Returns how well each token's goal was met by the next 1 to c tokens, c the horizon.

    Returns:
      (n, c, T): [:, k-1, t] is the cosine of the goal of token t and f_{t+k} - f_t, the change of
      the features over the k tokens from t on. NaN after the sentence's end.
    """
    features, goals, chosen = found
    rows, length = chosen.shape
    cosines = np.full([rows, horizon, length], np.nan)
    for ahead in range(1, min(horizon, length) + 1):
        changes = features[:, ahead:] - features[:, :-ahead]  # (n, T+1-k, F)
        wanted = goals[:, : changes.shape[1]]
        lengths = np.linalg.norm(changes, axis=-1) * np.linalg.norm(wanted, axis=-1)
        products = np.sum(changes * wanted, axis=-1) / np.maximum(lengths, _SMALL)
        reached = chosen[:, ahead - 1 :]  # whether the last of the k tokens was sampled
        cosines[:, ahead - 1, : changes.shape[1]] = np.where(reached, products, np.nan)
    return cosines
