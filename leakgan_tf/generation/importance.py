"""Importance weights exp(f) of samples from a proposal distribution, in NumPy."""

import numpy as np


def log_mean_exp(values: np.ndarray) -> float:
    """Returns log((1/n) Σ exp(values)) of values (n,)."""
    most = np.max(values)
    return float(most + np.log(np.mean(np.exp(values - most))))


def resampling_weights(log_odds: np.ndarray) -> np.ndarray:
    """Returns exp(f) normalized along the last axis, (..., M); each row sums to 1."""
    weights = np.exp(log_odds - np.max(log_odds, axis=-1, keepdims=True))
    return weights / np.sum(weights, axis=-1, keepdims=True)


def effective_sample_size(log_odds: np.ndarray) -> np.ndarray:
    """Returns 1 / Σ w² along the last axis: M for equal weights, 1 if one sample has all weight."""
    return 1.0 / np.sum(np.square(resampling_weights(log_odds)), axis=-1)


def log_partition_bounds(log_odds: np.ndarray) -> tuple[float, float]:
    """Returns a lower and an upper bound of log Z that hold in expectation.

    The lower bound is T_n = log (1/n) Σ exp(f) (Jensen's inequality). The upper bound is
    (2n - 1) T_n - 2 (n - 1) T_{n-1}, with T_{n-1} averaged over the sample left out; it holds for
    sufficiently large n (Deng et al. 2020, theorem 2, quoted from memory).

    Args:
      log_odds: f of n > 1 samples of the generator, (n,).
    """
    count = len(log_odds)
    shifted = np.exp(log_odds - np.max(log_odds))
    rest = shifted.sum() - shifted  # sums without one sample each
    largest = int(np.argmax(shifted))
    rest[largest] = np.delete(shifted, largest).sum()  # the difference would be rounded away
    rest = np.maximum(rest, np.finfo(np.float64).tiny)
    left_out = float(np.mean(np.log(rest / (count - 1))) + np.max(log_odds))
    lower = log_mean_exp(log_odds)
    return lower, (2 * count - 1) * lower - 2 * (count - 1) * left_out
