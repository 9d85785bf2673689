"""The t-tests: against SciPy on whole samples, and what they claim."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from leakgan_tf.metrics import significance
from leakgan_tf.metrics.significance import HIGHER, LOWER, MIXED

SEEDS = st.lists(st.floats(-5, 5).map(lambda v: round(v, 3)), min_size=2, max_size=6)


def row(values):
    return {
        "nll_oracle": float(np.mean(values)),
        "nll_oracle_deviation": float(np.std(values, ddof=1)),
        "sentences": len(values),
    }


def sentences(mean, spread=1.0, count=50, seed=0):
    return np.random.default_rng(seed).normal(mean, spread, count)


def test_sentences_are_tested_as_welch_did():
    own, other = sentences(4.0, 0.5), sentences(4.3, 1.5, 80, seed=1)
    test = significance.between_sentences([(row(own), row(other))])
    assert test.p == pytest.approx(stats.ttest_ind(own, other, equal_var=False).pvalue)
    assert test.direction == LOWER
    assert significance.between_sentences([(row(other), row(own))]).direction == HIGHER


def test_of_several_seeds_the_largest_p_counts():
    near = (row(sentences(4.0)), row(sentences(4.2, seed=1)))
    far = (row(sentences(2.0, seed=2)), row(sentences(4.0, seed=3)))
    alone = significance.between_sentences([near])
    assert significance.between_sentences([far]).p < alone.p
    assert significance.between_sentences([near, far]) == alone
    against = significance.between_sentences([far, far[::-1]])
    assert against.direction == MIXED


def test_without_spread_or_pairs_there_is_no_test():
    assert significance.between_sentences([]) is None
    same = row(np.full(5, 3.0))
    assert significance.between_sentences([(same, same)]) is None
    assert significance.between_sentences([(row(sentences(1.0)), {**same, "sentences": 1})]) is None


@given(SEEDS)
def test_seeds_are_tested_in_pairs(differences):
    test = significance.between_seeds(differences)
    if len(set(differences)) == 1:
        assert test is None
        return
    base = np.arange(len(differences)) * 7.0  # however much the seeds themselves differ
    assert test.p == pytest.approx(stats.ttest_rel(base + differences, base).pvalue, rel=1e-6)
    assert test.direction == (LOWER if np.mean(differences) < 0 else HIGHER)


def test_one_seed_is_no_test():
    assert significance.between_seeds([0.5]) is None
    assert significance.between_seeds([]) is None


@given(SEEDS, st.floats(-3, 3))
def test_two_rows_share_the_spread_of_the_paired_test(differences, level):
    base = np.linspace(level, level + 1, len(differences))
    spread = significance.shared_spread({"base": base, "row": base + differences})
    expected = significance.between_seeds(differences)
    if expected is None or np.ptp(differences) < 1e-2:
        return
    found = significance.between_rows(differences, spread)
    assert found.p == pytest.approx(expected.p, rel=1e-6, abs=1e-12)
    assert found.direction == expected.direction


def test_the_shared_spread_is_the_residual_of_rows_and_seeds():
    """Recovered by least squares on a dummy for each row and seed."""
    random = np.random.default_rng(0)
    table = random.normal(size=(5, 3)) + 10 * random.normal(size=(1, 3))
    spread = significance.shared_spread(dict(enumerate(table.tolist())))
    rows, seeds = np.indices(table.shape).reshape(2, -1)
    design = np.concatenate([np.eye(5)[rows], np.eye(3)[seeds]], axis=1)
    residual = table.ravel() - design @ np.linalg.lstsq(design, table.ravel(), rcond=None)[0]
    assert spread.freedom == 8 and spread.seeds == 3
    assert spread.variance == pytest.approx((residual**2).sum() / 8)
    assert spread.half_width == pytest.approx(stats.t.ppf(0.975, 8) * spread.error)
    test = significance.between_rows((table[1] - table[0]).tolist(), spread)
    t = (table[1] - table[0]).mean() / np.sqrt(2 * spread.variance / 3)
    assert test.p == pytest.approx(2 * stats.t.sf(abs(t), 8))


def test_false_alarms_are_as_rare_as_the_level_says():
    """Under no effect, five in a hundred; a wrong number of degrees of freedom would show."""
    random, alarms = np.random.default_rng(0), 0
    for _ in range(2000):
        table = random.normal(size=(4, 3)) + random.normal(size=(1, 3))
        spread = significance.shared_spread(dict(enumerate(table.tolist())))
        alarms += significance.between_rows((table[1] - table[0]).tolist(), spread).p < 0.05
    assert 0.035 < alarms / 2000 < 0.065


def test_nothing_that_varies_is_no_test():
    assert significance.shared_spread({"base": [1.0, 2.0]}) is None
    assert significance.shared_spread({"base": [1.0], "row": [2.0]}) is None
    assert significance.shared_spread({"base": [1.0, 2.0], "row": [1.3, 2.3]}) is None
    assert significance.between_rows([0.3, 0.3], None) is None


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_by_its_definition(ps):
    corrected = significance.holm(ps)
    for level in (0.01, 0.05, 0.3):
        rejected, left = set(), sorted(range(len(ps)), key=lambda i: ps[i])
        while left and ps[left[0]] * len(left) <= level:
            rejected.add(left.pop(0))
        assert {i for i, p in enumerate(corrected) if p <= level} == rejected


@pytest.mark.parametrize(
    ("p", "told"),
    [
        (0.0, "<1e-6"), (9.9e-7, "<1e-6"), (2.3e-6, "2e-6"), (2.34e-4, "2e-4"), (0.0012, "0.001"),
        (0.0312, "0.031"), (0.0496, "0.050"), (0.412, "0.41"), (1.0, "1.00"),
    ],
)  # fmt: skip
def test_p_values_are_told_shortly(p, told):
    assert significance.format_p_value(p) == told
