"""RankGAN's ranks against loops, in both forms and both comparison sets."""

import math

import numpy as np
import pytest
import tensorflow as tf

from helpers import small, twins
from leakgan_tf.objectives.ranking import (
    log_rank_among,
    log_rank_within,
    ranker_loss,
    released_pairing,
    relevances,
)


def twin_relevances(sentences, references, gamma, summed):
    table = [[gamma * twins.cosine(s, u) for u in references] for s in sentences]
    return [[sum(row)] for row in table] if summed else table


def twin_log_rank(own, compared):
    """Log of the mean over references of exp(own) / Σ exp(compared)."""
    shares = [math.exp(a) / sum(math.exp(row[u]) for row in compared) for u, a in enumerate(own)]
    return math.log(sum(shares) / len(shares))


@pytest.mark.parametrize("summed", [False, True])
@pytest.mark.parametrize("gamma", [0.5, 16.0])
def test_ranks_equal_their_twins(gamma, summed):
    sets = [small.array(rows, 6, seed=rows).astype(np.float64) for rows in (6, 3, 4)]
    sentences, references, others = sets
    own, human = (relevances(each, references, gamma, summed) for each in (sentences, others))
    table = twin_relevances(sentences, references, gamma, summed)
    compared = twin_relevances(others, references, gamma, summed)
    expected = [twin_log_rank(row, [*compared, row]) for row in table]
    np.testing.assert_allclose(log_rank_among(own, human), expected, rtol=1e-9, atol=1e-14)
    groups = [table[:3], table[3:]]  # two of three sentences each
    expected = [twin_log_rank(row, group) for group in groups for row in group]
    found = log_rank_within(own, 3)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(np.exp(found).reshape(2, 3).sum(axis=1), 1.0, rtol=1e-9)


def test_a_rank_is_a_share():
    """Where all are alike each of C and s has the same; a steep γ leaves it all to the nearest."""

    def log_rank(sentences, references, comparisons, gamma):
        both = (relevances(each, references, gamma, False) for each in (sentences, comparisons))
        return log_rank_among(*both)

    ones = tf.ones([3, 4])
    np.testing.assert_allclose(log_rank(ones, ones, ones, 2.0), np.log([1 / 4] * 3), 1e-6)
    reference, away = tf.constant([[1.0, 0.0]]), tf.constant([[0.0, 1.0]])
    found = log_rank(tf.concat([reference, away], 0), reference, away, 1000.0)
    np.testing.assert_allclose(found, [0.0, math.log(0.5)], atol=1e-5)
    assert np.isfinite(log_rank(-reference, reference, reference, 1000.0)).all()


def test_the_programs_form_favors_the_sentence_near_all_references():
    """As steep as the other on one reference, but not the same function."""
    references = np.eye(3, dtype=np.float32)[:2]
    on_average, on_one, other = np.float32([[1, 1, 0]]), np.float32([[1, 0, 0]]), references * 0 + 1
    sentences = np.concatenate([on_average, on_one])
    found = []
    for gamma, summed in ((4.0, False), (2.0, True)):
        both = (relevances(each, references, gamma, summed) for each in (sentences, other))
        found.append(np.diff(log_rank_among(*both)).item())
    assert found[0] > found[1]  # what the second gains upon the first


def test_the_ranker_raises_the_real_and_lowers_the_generated():
    ranks = tf.constant([-1.0, -2.0, -3.0])
    with tf.GradientTape() as tape:
        tape.watch(ranks)
        loss = ranker_loss(ranks[:1], ranks[1:])
    np.testing.assert_allclose(loss, -2.5 + 1.0)
    np.testing.assert_allclose(tape.gradient(loss, ranks), [-1.0, 0.5, 0.5])


def test_the_released_step_pairs_rewards_with_other_tokens():
    """At B = 32, T = 20, two of 640 tokens get their own reward, 20 one of their own sentence."""
    rewards = tf.reshape(tf.range(640), [32, 20])
    found = released_pairing(rewards).numpy()
    flat = rewards.numpy().ravel()
    for sentence, token in ((0, 0), (3, 7), (31, 19)):
        assert found[sentence, token] == flat[token * 32 + sentence]
    assert np.sum(found == rewards) == 2
    assert np.sum(found // 20 == np.arange(32)[:, np.newaxis]) == 20
