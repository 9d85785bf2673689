"""Intervals of shares, and agreement between judges."""

from itertools import permutations

import numpy as np
import pytest

from leakgan_tf.metrics.agreement import krippendorff_alpha, wilson_interval

# Krippendorff's example of three coders and 15 units, 0 where a coder said nothing.
CODERS = np.array([
    [0, 0, 0, 0, 0, 3, 4, 1, 2, 1, 1, 3, 3, 0, 3],
    [1, 0, 2, 1, 3, 3, 4, 3, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 2, 1, 3, 4, 4, 0, 2, 1, 1, 3, 3, 0, 4],
])  # fmt: skip


def counts(coders):
    return np.stack([(coders == each).sum(axis=0) for each in (1, 2, 3, 4)], axis=1)


def slow_alpha(coders):
    """Alpha by its definition: all pairs of answers within units, and of all answers."""
    units = [[each for each in unit if each] for unit in coders.T]
    units = [unit for unit in units if len(unit) > 1]
    answers = [each for unit in units for each in unit]
    observed = sum(
        (a != b) / (len(unit) - 1) for unit in units for a, b in permutations(unit, 2)
    ) / len(answers)
    pairs = list(permutations(answers, 2))
    return 1 - observed / np.mean([a != b for a, b in pairs])


def test_alpha_is_the_published_one_of_krippendorffs_example():
    assert krippendorff_alpha(counts(CODERS)) == pytest.approx(0.691, abs=5e-4)


@pytest.mark.parametrize("seed", range(3))
def test_alpha_is_that_of_the_definition(seed):
    coders = np.random.default_rng(seed).integers(0, 4, (4, 9))
    assert krippendorff_alpha(counts(coders)) == pytest.approx(slow_alpha(coders), abs=1e-12)


def test_alpha_of_full_agreement_and_of_nothing_to_compare():
    assert krippendorff_alpha(np.array([[3, 0], [0, 3], [0, 2]])) == 1.0
    assert krippendorff_alpha(np.array([[3, 0], [3, 0]])) is None  # no other answer to expect
    assert krippendorff_alpha(np.array([[1, 0], [0, 1]])) is None  # one judge


@pytest.mark.parametrize(("successes", "trials"), [(0, 7), (3, 7), (7, 7), (1, 1)])
def test_intervals_are_wilsons(successes, trials):
    z, share = 1.959964, successes / trials
    middle = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    spread = share * (1 - share) / trials + z**2 / (4 * trials**2)
    half = z * np.sqrt(spread) / (1 + z**2 / trials)
    found = wilson_interval(successes, trials)
    assert found == pytest.approx((middle - half, middle + half), abs=1e-6)
