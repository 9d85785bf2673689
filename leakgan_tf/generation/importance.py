"""Samples of one law reweighted to represent another: weights exp(f), in NumPy."""

import numpy as np


def log_mean_exp(values: np.ndarray) -> float:
    """Returns the logarithm of the mean of exp(values), values (n,)."""
    most = np.max(values)
    return float(most + np.log(np.mean(np.exp(values - most))))


def resampling_weights(log_odds: np.ndarray) -> np.ndarray:
    """Returns exp(f) normalized along the last axis, (..., M); each row sums to 1."""
    weights = np.exp(log_odds - np.max(log_odds, axis=-1, keepdims=True))
    return weights / np.sum(weights, axis=-1, keepdims=True)


def effective_sample_size(log_odds: np.ndarray) -> np.ndarray:
    """Returns 1 / Σ w² along the last axis: M for equal weights, 1 if one sentence has them all."""
    return 1.0 / np.sum(np.square(resampling_weights(log_odds)), axis=-1)


def log_partition_bounds(log_odds: np.ndarray) -> tuple[float, float]:
    """Returns bounds of log Z that hold in expectation, from f of n > 1 samples of the generator.

    The lower one is T_n = log (1/n) Σ exp(f) (Jensen's inequality). The upper one is
    (2n - 1) T_n - 2 (n - 1) T_{n-1}, T_{n-1} in the mean over the samples left out; it holds from
    some n on (Deng et al. 2020, theorem 2, from memory).
    """
    count = len(log_odds)
    shifted = np.exp(log_odds - np.max(log_odds))
    # Each sum without one sample; a single huge weight must not leave a negative rest.
    rest = np.maximum(shifted.sum() - shifted, np.finfo(np.float64).tiny)
    left_out = float(np.mean(np.log(rest / (count - 1))) + np.max(log_odds))
    lower = log_mean_exp(log_odds)
    return lower, (2 * count - 1) * lower - 2 * (count - 1) * left_out
