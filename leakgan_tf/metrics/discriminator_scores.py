"""Scores of a discriminator on sentences that it was not trained on.

f is its log-odds that a sentence is real. The Donsker-Varadhan bound

    (E_real[f] - log E_generated[exp f]) / T

in nats per token is a lower bound of KL(real ‖ generated) / T for any f. It is also the amount by
which the residual model G(x) exp(f(x)) / Z lowers the generator's held-out NLL
(`generation.residual`). Above zero, D has information that the generator lacks. Below zero, using f
as an energy makes the generator worse: D is overconfident, or has overfitted its training
sentences. The tempered bound, the maximum over α f with α in [0, 1], separates these cases: it is
above zero if D is informative but overconfident. Rewards that use only ranks of D's scores do not
depend on α.
"""

import numpy as np
import scipy

from leakgan_tf.generation.importance import (
    effective_sample_size,
    log_mean_exp,
    log_partition_bounds,
)

BOUND = "donsker_varadhan_bound"
TEMPERED, TEMPER = "tempered_bound", "tempering"  # the largest bound of α f, and its α
BINS = 10  # of the calibration error


def donsker_varadhan_bound(real: np.ndarray, generated: np.ndarray, tokens: float) -> float:
    """Returns the Donsker-Varadhan bound, in nats per token; higher means a more informative D.

    Args:
      real: log-odds of real sentences, (n,).
      generated: log-odds of generated sentences, (m,).
      tokens: mean number of tokens in a real sentence that count in the NLL.
    """
    return (float(np.mean(real)) - log_mean_exp(generated)) / tokens


def tempered_bound(real: np.ndarray, generated: np.ndarray, tokens: float) -> tuple[float, float]:
    """Returns the largest `donsker_varadhan_bound` of α f with α in [0, 1], and its α.

    It is at least 0, the bound at α = 0. α is fitted to the sentences that the bound is computed
    on: a single parameter on hundreds of sentences.

    Args:
      real: log-odds f of real sentences, (n,).
      generated: log-odds of generated sentences, (m,).
      tokens: as in `donsker_varadhan_bound`.
    """

    def bound(scale: float) -> float:
        return donsker_varadhan_bound(scale * real, scale * generated, tokens)

    # Concave in α, as log E exp is convex. The bounded search excludes both ends.
    inside = float(
        scipy.optimize.minimize_scalar(
            lambda scale: -bound(scale), bounds=(0, 1), method="bounded"
        ).x
    )
    return max((bound(scale), scale) for scale in (0.0, inside, 1.0))


def calibration_error(log_odds: np.ndarray, labels: np.ndarray, bins: int = BINS) -> float:
    """Returns the expected calibration error, in [0, 1]; 0 is calibrated.

    It is the mean over sentences of |share of real sentences - mean probability of "real"| in the
    sentence's bin, with bins of equal width in the probability (Naeini et al. 2015).

    Args:
      log_odds: log-odds that a sentence is real, (n,).
      labels: 1 for real sentences, 0 for others, (n,).
      bins: number of bins.
    """
    probability = 0.5 * (1.0 + np.tanh(0.5 * log_odds))  # logistic, without overflow
    place = np.minimum((probability * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weights=labels - probability, minlength=bins)
    return float(np.sum(np.abs(gaps)) / len(log_odds))


def discriminator_scores(
    real: np.ndarray, generated: np.ndarray, tokens: float, relativistic: bool = False
) -> dict[str, float]:
    """Returns the held-out scores of a discriminator, by name.

    Args:
      real: log-odds of held-out real sentences, (n,).
      generated: log-odds of fresh samples, (n,).
      tokens: mean number of tokens in a real sentence that count in the NLL.
      relativistic: whether only differences of f are meaningful. Accuracy and calibration are then
        those of identifying the real sentence in a pair of a real and a generated one.

    Returns:
      ``held_out_accuracy`` in [0, 1]; ``calibration_error`` in [0, 1]; ``donsker_varadhan_bound``
      in nats per token; ``tempered_bound`` and its α, ``tempering``; ``effective_sample_share`` in
      (0, 1], the effective sample size of samples weighted by exp f over their number.
    """
    sides = [real - generated, generated - real] if relativistic else [real, generated]
    labels = np.repeat([1.0, 0.0], [len(side) for side in sides])
    log_odds = np.concatenate(sides)
    right = np.where(labels > 0, log_odds > 0, log_odds < 0)
    tempered, scale = tempered_bound(real, generated, tokens)
    return {
        "held_out_accuracy": float(np.mean(np.where(log_odds == 0, 0.5, right))),
        "calibration_error": calibration_error(log_odds, labels),
        BOUND: donsker_varadhan_bound(real, generated, tokens),
        TEMPERED: tempered,
        TEMPER: scale,
        "effective_sample_share": float(effective_sample_size(generated)) / len(generated),
    }


def residual_nll(
    nll: float, real: np.ndarray, generated: np.ndarray, tokens: float
) -> dict[str, float]:
    """Returns bounds of the residual model's held-out NLL and of its log Z.

    Args:
      nll: NLL of the generator on the same real sentences, in nats per token.
      real: log-odds of these sentences, (n,).
      generated: log-odds of samples of the generator, (m,).
      tokens: mean number of tokens in a real sentence that count in the NLL.

    Returns:
      ``log_partition_lower`` and ``log_partition_upper`` in nats per sentence; ``nll_generator``,
      ``nll_residual_lower`` and ``nll_residual_upper`` in nats per token, lower is better.
      ``nll_residual_lower`` is the NLL less the Donsker-Varadhan bound.
    """
    bounds = log_partition_bounds(generated)
    lower, upper = (nll + (bound - float(np.mean(real))) / tokens for bound in bounds)
    return {
        "log_partition_lower": bounds[0],
        "log_partition_upper": bounds[1],
        "nll_generator": nll,
        "nll_residual_lower": lower,
        "nll_residual_upper": upper,
    }
