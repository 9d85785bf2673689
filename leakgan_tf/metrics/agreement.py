"""Intervals of proportions, and agreement between annotators."""

import numpy as np
import scipy


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Returns the 95 % confidence interval of a proportion (Wilson 1927), within [0, 1].

    >>> low, high = wilson_interval(8, 10)
    >>> f"{low:.3f} {high:.3f}"
    '0.490 0.943'
    """
    found = scipy.stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return float(found.low), float(found.high)


def krippendorff_alpha(counts: np.ndarray) -> float | None:
    """Returns Krippendorff's alpha of nominal answers: 1 for full agreement, 0 for chance.

    Krippendorff, "Content Analysis" (2004), section 11.3: α = 1 - D_o / D_e, observed over expected
    disagreement, from the coincidence matrix. Unlike Fleiss' kappa it allows units that not all
    annotators answered. Units with fewer than two answers are ignored.

    Args:
      counts: number of annotators who gave each unit each answer, (units, classes).

    Returns:
      Alpha; None if no unit has two answers, or all answers are the same.
    """
    table = np.asarray(counts, np.float64)
    table = table[table.sum(axis=1) >= 2]
    sizes, classes = table.sum(axis=1), table.sum(axis=0)
    total = sizes.sum()
    if np.count_nonzero(classes) < 2:
        return None
    # Each unit's ordered pairs of answers, weighted by 1 / (its answers - 1).
    agreeing = ((table * (table - 1)).sum(axis=1) / (sizes - 1)).sum()
    observed = 1 - agreeing / total
    expected = 1 - (classes * (classes - 1)).sum() / (total * (total - 1))
    return float(1 - observed / expected)
