"""Fréchet distance between sets of sentences, embedded by an LSTM language model.

The metric of ScratchGAN (de Masson d'Autume et al. 2019) with another embedding. Theirs is a
pre-trained encoder that must be downloaded. Here it is the mean hidden state of an LSTM trained by
MLE on the same corpus. Values are comparable only between runs scored by the same language model.
"""

import numpy as np
import tensorflow as tf

from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.models.masking import valid_token_mask

_BATCH = 256  # sentences embedded together


def embed(model: LSTMGenerator, sentences: np.ndarray) -> np.ndarray:
    """Returns the mean hidden state of each sentence of (n, T) up to its end symbol, (n, H)."""
    parts = []
    for begin in range(0, len(sentences), _BATCH):
        tokens = tf.constant(sentences[begin : begin + _BATCH], tf.int32)
        weights = tf.cast(valid_token_mask(tokens), tf.float32)[..., tf.newaxis]  # (B, T, 1)
        hidden = model.hidden(tokens) * weights  # (B, T, H)
        parts.append((tf.reduce_sum(hidden, 1) / tf.reduce_sum(weights, 1)).numpy())
    return np.concatenate(parts)


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Returns the Fréchet distance between normal distributions fitted to two sets of vectors.

    ``|μ₁ - μ₂|² + tr(Σ₁ + Σ₂ - 2 (Σ₁^½ Σ₂ Σ₁^½)^½)`` (Dowson & Landau 1982).

    Args:
      first: vectors (n, H), n at least 2.
      second: vectors (m, H), m at least 2.
    """
    difference = first.mean(0) - second.mean(0)
    cov_first = np.atleast_2d(np.cov(first, rowvar=False))
    cov_second = np.atleast_2d(np.cov(second, rowvar=False))
    root = _root(cov_first)
    crossed = np.linalg.eigvalsh(root @ cov_second @ root)
    cross = np.sqrt(np.clip(crossed, 0, None)).sum()
    return float(difference @ difference + np.trace(cov_first) + np.trace(cov_second) - 2 * cross)


def _root(matrix: np.ndarray) -> np.ndarray:
    """Returns the square root of a positive semi-definite matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
