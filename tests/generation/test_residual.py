"""The residual model: weights, resampling, log Z and likelihood, on a law of three sentences."""

import numpy as np
import pytest
import tensorflow as tf

from leakgan_tf.generation.generator import Generator
from leakgan_tf.generation.importance import (
    effective_sample_size,
    log_mean_exp,
    log_partition_bounds,
    resampling_weights,
)
from leakgan_tf.generation.residual import LogOdds, ResidualGenerator, resample
from leakgan_tf.metrics.discriminator_scores import donsker_varadhan_bound
from leakgan_tf.metrics.nll import counted_tokens, held_out_nll
from leakgan_tf.utils.seeds import numpy_generator

LAW = np.array([0.5, 0.3, 0.2])
SENTENCES = np.array([[1, 2, 0, 0], [2, 1, 2, 0], [3, 3, 3, 3]], np.int32)
ENERGY = np.array([0.4, -1.0, 1.2])  # f of each sentence
SEED = (3, 4)


class Three(Generator):
    """Writes one of three sentences; its tokens that count have equal log-probabilities."""

    def __init__(self, ends=False):
        self.length, self.policy = 4, None
        self._counted = counted_tokens(SENTENCES, ends)

    def sample(self, count, temperature, seed):
        random = numpy_generator(int(seed[0]), "three", int(seed[1]))
        return SENTENCES[np.searchsorted(np.cumsum(LAW), random.random(count), side="right")]

    def log_probs(self, tokens, temperatures, path="scoring"):
        share = self._counted / self._counted.sum(axis=1, keepdims=True)
        each = (np.log(LAW)[:, np.newaxis] * share)[place(tokens)]
        return np.repeat(each[:, np.newaxis], len(temperatures), axis=1)


def place(tokens):
    return np.searchsorted(SENTENCES[:, 0], tokens[:, 0])


def energy(tokens):
    return ENERGY[place(tokens)]


def constant(tokens):
    return np.full([len(tokens)], 7.0)


def shares(tokens):
    return np.bincount(place(tokens), minlength=3) / len(tokens)


def test_weights_sum_to_one():
    log_odds = np.array([[0.0, 0.0, 0.0, 0.0], [800.0, 0.0, -800.0, 800.0]])
    weights = resampling_weights(log_odds)
    np.testing.assert_allclose(weights, [[0.25] * 4, [0.5, 0, 0, 0.5]], atol=1e-12)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-15)
    np.testing.assert_allclose(effective_sample_size(log_odds), [4.0, 2.0])


def test_a_constant_energy_leaves_the_law_unchanged():
    """Each candidate is as likely as another, and none has another weight."""
    found = resample(Three(), constant, 20_000, 4, 1.0, SEED)
    np.testing.assert_allclose(found.effective, 4.0)
    np.testing.assert_allclose(shares(found.tokens), LAW, atol=4 * np.sqrt(0.25 / 20_000))


def test_many_candidates_give_the_residual_law():
    expected = LAW * np.exp(ENERGY) / np.sum(LAW * np.exp(ENERGY))
    found = shares(resample(Three(), energy, 10_000, 32, 1.0, SEED).tokens)
    assert np.abs(expected - LAW).max() > 0.1
    np.testing.assert_allclose(found, expected, atol=0.03)


def test_more_sentences_begin_with_the_same_ones():
    few, many = (resample(Three(), energy, count, 5, 1.0, SEED).tokens for count in (7, 50))
    np.testing.assert_array_equal(many[:7], few)
    other = resample(Three(), energy, 50, 5, 1.0, (3, 5)).tokens
    assert not np.array_equal(other, many)


def test_bounds_of_log_z_by_loops():
    log_odds = np.random.default_rng(0).normal(0, 2, 9)
    whole = np.log(np.mean(np.exp(log_odds)))
    rest = np.mean([np.log(np.mean(np.exp(np.delete(log_odds, i)))) for i in range(9)])
    lower, upper = log_partition_bounds(log_odds)
    assert lower == pytest.approx(whole) == pytest.approx(log_mean_exp(log_odds))
    assert upper == pytest.approx(17 * whole - 16 * rest)


def test_the_bounds_enclose_log_z_in_the_mean():
    truth = np.log(np.sum(LAW * np.exp(ENERGY)))
    drawn = energy(Three().sample(20 * 2_000, 1.0, SEED)).reshape(-1, 20)
    lower, upper = np.mean([log_partition_bounds(each) for each in drawn], axis=0)
    assert truth - 0.02 < lower < truth - 0.005  # by v / 2n, v the variance of exp(f) / Z
    assert truth + 0.005 < upper < truth + 0.02


def test_equal_log_odds_leave_no_doubt_of_log_z():
    assert log_partition_bounds(np.full([5], 700.0)) == pytest.approx((700.0, 700.0))


@pytest.mark.parametrize("huge", [30.0, 36.0, 60.0, 400.0])
def test_the_upper_bound_is_exact_beside_a_single_huge_weight(huge):
    """The sum without the huge weight is not lost to rounding."""
    log_odds = np.zeros([100])
    log_odds[3] = huge
    rest = np.mean([log_mean_exp(np.delete(log_odds, i)) for i in range(100)])
    lower, upper = log_partition_bounds(log_odds)
    assert upper == pytest.approx(199 * lower - 198 * rest)


@pytest.mark.parametrize("ends", [False, True])
def test_the_held_out_nll_is_the_generators_less_the_bound(ends):
    """To rounding, and with the same samples for Z; of text only tokens up to the end count."""
    held_out = SENTENCES[[0, 0, 1, 2, 2, 2]]
    model = ResidualGenerator(Three(ends), energy, 8, 500, ends)
    generated = energy(Three().sample(500, 1.0, (20, 4)))
    tokens = counted_tokens(held_out, ends).sum() / len(held_out)
    bound = donsker_varadhan_bound(energy(held_out), generated, tokens)
    before = held_out_nll(Three(ends), held_out, 1.0, ends=ends)
    after = held_out_nll(model, held_out, 1.0, ends=ends)
    assert abs(bound) > 0.01
    assert after == pytest.approx(before - bound, abs=1e-12)


def test_log_odds_do_not_depend_on_the_batches():
    tokens = np.random.default_rng(0).integers(0, 9, (7, 4)).astype(np.int32)

    def logits(rows):
        return tf.reduce_sum(tf.cast(rows, tf.float32) * [1.0, 2.0, 3.0, 4.0], axis=1)

    found = LogOdds(logits, 4, 3)(tokens)
    np.testing.assert_array_equal(found, tokens @ [1, 2, 3, 4])
    assert len(LogOdds(logits, 4, 3)(tokens[:0])) == 0
