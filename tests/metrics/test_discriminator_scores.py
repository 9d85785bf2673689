"""What a discriminator knows: the bound in closed form, calibration, pairs, the residual NLL."""

import math

import numpy as np
import pytest

from leakgan_tf.metrics.discriminator_scores import (
    BOUND,
    TEMPER,
    TEMPERED,
    calibration_error,
    discriminator_scores,
    donsker_varadhan_bound,
    residual_nll,
    tempered_bound,
)

# Two known laws of four sentences, in 16ths: samples in exactly these shares.
REAL, GENERATED = np.array([8, 4, 2, 2]), np.array([2, 2, 8, 4])
LOG_RATIO = np.log(REAL / GENERATED)
KL = float(np.sum(REAL / 16 * LOG_RATIO))


def sides(log_odds):
    return np.repeat(log_odds, REAL), np.repeat(log_odds, GENERATED)


@pytest.mark.parametrize("offset", [0.0, -700.0, 5.0])
def test_the_best_discriminators_bound_is_the_divergence(offset):
    """The log-odds log p/q give KL(p ‖ q) / T in closed form, whatever constant is added to it."""
    bound = donsker_varadhan_bound(*sides(LOG_RATIO + offset), tokens=5)
    assert bound == pytest.approx(KL / 5, abs=1e-12)


@pytest.mark.parametrize("factor", [0.5, 2.0, -1.0])
def test_any_other_discriminators_bound_is_lower(factor):
    """Closed form for f = a log p/q: a KL - log E_q[(p/q)^a]; and by loops."""
    log_odds = factor * LOG_RATIO
    found = donsker_varadhan_bound(*sides(log_odds), tokens=1)
    mean = sum(p / 16 * f for p, f in zip(REAL, log_odds, strict=True))
    partition = sum(q / 16 * math.exp(f) for q, f in zip(GENERATED, log_odds, strict=True))
    assert found == pytest.approx(mean - math.log(partition), abs=1e-12)
    assert found < KL - 0.05
    assert (found < 0) == (factor == -1.0)  # one that is wrong


@pytest.mark.parametrize("factor", [1.0, 2.0, 40.0])
def test_the_tempered_bound_of_an_overconfident_discriminator_is_the_divergence(factor):
    """With f = a log p/q, α = 1 / a is best; taken at its word it is below 0 from some a on."""
    bound, scale = tempered_bound(*sides(factor * LOG_RATIO), tokens=5)
    assert bound == pytest.approx(KL / 5, rel=1e-6)
    assert scale == pytest.approx(1 / factor, rel=1e-2)
    assert (donsker_varadhan_bound(*sides(factor * LOG_RATIO), tokens=5) < 0) == (factor == 40.0)


def test_the_tempered_bound_of_a_wrong_discriminator_is_zero():
    assert tempered_bound(*sides(-LOG_RATIO), tokens=5) == (0.0, 0.0)
    found = discriminator_scores(*sides(-LOG_RATIO), tokens=5)
    assert found[BOUND] < 0 and found[TEMPERED] == found[TEMPER] == 0.0


def test_calibration_is_the_gap_in_each_bin():
    """Two bins: 3 of 4 real where 0.75 is said; 1 of 2 where 0.25 is said: (4·0 + 2·0.25) / 6."""
    log_odds = np.array([math.log(3)] * 4 + [-math.log(3)] * 2)
    labels = np.array([1, 1, 1, 0, 1, 0])
    assert calibration_error(log_odds, labels) == pytest.approx(0.5 / 6)
    assert calibration_error(np.array([800.0, -800.0]), np.array([1, 0])) == 0.0
    assert calibration_error(np.array([800.0, -800.0]), np.array([0, 1])) == 1.0


def test_scores_of_both_sides():
    real, generated = np.array([2.0, 1.0, -1.0, 0.0]), np.array([-1.0, 3.0])
    found = discriminator_scores(real, generated, tokens=4)
    weights = np.exp(generated) / np.exp(generated).sum()
    assert found["held_out_accuracy"] == pytest.approx((2 + 0.5 + 1) / 6)  # f = 0 decides nothing
    assert found["effective_sample_share"] == pytest.approx(1 / np.sum(weights**2) / 2)
    expected = (0.5 - math.log((math.exp(-1) + math.exp(3)) / 2)) / 4
    assert found[BOUND] == pytest.approx(expected)


def test_of_a_relativistic_discriminator_only_differences_count():
    random = np.random.default_rng(0)
    real, generated = random.normal(1, 1, 50), random.normal(0, 1, 50)
    at, shifted = (
        discriminator_scores(real + shift, generated + shift, 4, relativistic=True)
        for shift in (0.0, 9.0)
    )
    assert shifted == pytest.approx(at)
    assert at["held_out_accuracy"] == np.mean(real > generated)
    plain = discriminator_scores(real + 9, generated + 9, 4)
    assert plain["held_out_accuracy"] == 0.5 and plain[BOUND] == pytest.approx(at[BOUND])


def test_the_residual_nll_is_the_generators_less_the_bound():
    real, generated = sides(LOG_RATIO)
    found = residual_nll(3.0, real, generated, tokens=5)
    assert found["nll_residual_lower"] == pytest.approx(3.0 - KL / 5, abs=1e-12)
    assert found["log_partition_lower"] == pytest.approx(0.0, abs=1e-12)  # E_q[p/q] = 1
    gap = found["log_partition_upper"] - found["log_partition_lower"]
    assert gap > 0
    assert found["nll_residual_upper"] - found["nll_residual_lower"] == pytest.approx(gap / 5)
