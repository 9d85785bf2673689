"""MaskGAN's filling: masks, sampling and scoring agree, present tokens stay, templates."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from helpers import small
from leakgan_tf.generation.filling import (
    FillingGenerator,
    FillPolicy,
    contiguous_masks,
    random_masks,
)
from leakgan_tf.generation.forcing import infill
from leakgan_tf.models.fill_generator import FillGenerator
from leakgan_tf.models.first_tokens import FirstTokens
from leakgan_tf.systems.registry import system_config

SEED = tf.constant([3, 4])
LENGTH, VOCAB = 5, 4


def models(ends=False, length=LENGTH, layers=1):
    model, first = FillGenerator(VOCAB, length, 3, layers, ends=ends), FirstTokens(VOCAB)
    model.build()
    first.build()
    small.randomise(model, 1, 1.0)
    first.count(np.array([[1], [1], [2], [3], [1]]))
    return model, first


def generator(**options):
    model, first = models(**options)
    return FillingGenerator(lambda *given: FillPolicy(model, first, *given), model.length, 8)


# --- Masks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "gap"), [(0.5, 9), (1.0, 19), (0.05, 0)])
def test_a_contiguous_mask_is_one_run_of_the_stated_length(rate, gap):
    own = system_config("maskgan")(masks="random", mask_rate=rate)
    assert own.gap(20) == gap
    present = contiguous_masks(400, 20, gap, SEED).numpy()
    assert present[:, 0].all()
    assert ((~present).sum(axis=1) == gap).all()
    begins = np.argmin(present, axis=1)
    for row, begin in zip(present, begins, strict=True):
        assert not row[begin : begin + gap].any()
    if gap:  # every place comes up, from 1 to T - gap
        assert set(begins) == set(range(1, 20 - gap + 1))


def test_a_random_mask_hides_its_share_and_never_the_first_token():
    present = random_masks(2000, 20, 0.3, SEED).numpy()
    assert present[:, 0].all()
    assert abs((~present[:, 1:]).mean() - 0.3) < 0.02
    assert (random_masks(2000, 20, 0.3, SEED + 1).numpy() != present).any()


# --- The policy -----------------------------------------------------------------------------------


@pytest.mark.parametrize("ends", [False, True])
def test_whole_sentences_have_a_likelihood_that_sums_to_one(ends):
    made = generator(ends=ends, length=4)
    sentences = np.array(list(itertools.product(range(VOCAB), repeat=4)), np.int32)
    log_probs = made.log_prob(sentences).sum(axis=1)
    assert np.exp(log_probs).sum() == pytest.approx(1.0, rel=1e-4)
    # Samples follow it: the law of second tokens after a first one.
    sampled = made.sample(4000, 1.0, (1, 2))
    likely = np.exp(made.log_prob(sentences)[:, 0])
    for token in range(VOCAB):
        share = (sampled[:, 0] == token).mean()
        assert share == pytest.approx(likely[sentences[:, 0] == token][0], abs=0.03)
    pairs = sentences[::16], np.exp(made.log_prob(sentences)[::16, :2].sum(axis=1))
    for row, expected in zip(*pairs, strict=True):
        share = (sampled[:, :2] == row[:2]).all(axis=1).mean()
        assert share == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize(("ends", "layers"), [(False, 2), (True, 1)])
def test_steps_and_sequences_have_the_same_logits(ends, layers):
    model, first = models(ends=ends, layers=layers)
    model.dropout = 0.4
    tokens = tf.constant([[1, 2, 3, 1, 2], [2, 3, 1, 0, 0], [0, 0, 0, 0, 0]])
    present = tf.constant([[1, 1, 0, 0, 1], [1, 0, 1, 0, 0], [0, 0, 0, 0, 0]]) > 0
    factors = model.dropout_factors(3, SEED)
    assert len(np.unique(factors)) == 2
    policy = FillPolicy(model, first, tokens, present, factors=factors)
    state, found = policy.start(3), []
    for position in range(LENGTH):
        logits, state = policy.logits(state, tf.constant(position))
        found.append(logits)
        state = policy.write(state, tokens[:, position], tf.constant(position))
    expected = policy.sequence_logits(tokens)
    np.testing.assert_allclose(tf.stack(found, axis=1), expected, rtol=1e-4, atol=1e-5)
    state = policy.start(3)
    for position in range(3):
        state = policy.force(state, tokens[:, position], tf.constant(position))
    logits, _ = policy.logits(policy.resume(state, tf.constant(3)), tf.constant(3))
    np.testing.assert_allclose(logits, expected[:, 3], rtol=1e-4, atol=1e-5)


def test_present_tokens_stay_and_a_gap_before_a_word_ends_nothing():
    model, first = models(ends=True)
    model.bias.assign([9.0, 0.0, 0.0, 0.0])  # it would end every sentence
    tokens = tf.constant(np.tile([[1, 2, 3, 1, 2], [1, 2, 3, 1, 0]], [50, 1]), tf.int32)
    present = tf.constant(np.tile([[1, 0, 1, 0, 0], [1, 1, 0, 0, 1]], [50, 1]) > 0)
    filled = infill(FillPolicy(model, first, tokens, present), tokens, present, SEED).numpy()
    np.testing.assert_array_equal(filled[present], tokens.numpy()[present])
    assert (filled[::2, 1] != 0).all() and (filled[::2, 3] == 0).any()
    ended = np.cumsum(filled == 0, axis=1) - (filled == 0) > 0
    assert not filled[ended].any()


def test_the_probabilities_of_a_gaps_tokens_sum_to_one():
    rows = np.array([[1, 2, token, 1, 2] for token in range(VOCAB)], np.int32)
    present = np.tile(np.arange(LENGTH) != 2, [VOCAB, 1])
    log_probs = generator().fill_log_prob(rows, present)[:, 2]
    assert np.exp(log_probs).sum() == pytest.approx(1.0, abs=1e-5)
    assert np.ptp(log_probs) > 0.1


def test_the_encoder_sees_what_comes_after_a_gap_and_nothing_masked():
    made = generator()
    present = np.array([[1, 0, 0, 1, 1]] * 3, bool)
    rows = np.array([[1, 2, 3, 1, 2], [1, 2, 3, 2, 2], [1, 2, 1, 1, 2]], np.int32)
    log_probs = made.fill_log_prob(rows, present)
    assert log_probs[0, 1] != log_probs[1, 1]  # another word after the gap
    assert log_probs[0, 1] == pytest.approx(log_probs[2, 1], abs=1e-6)  # within the gap


def test_a_template_is_filled_at_its_blanks_alone():
    made = generator(ends=True)
    drawn = next(made.fillings([1, None, 3, None], 1.0, seed=(1, 2)))
    assert drawn.tokens.shape == (8, LENGTH)
    np.testing.assert_array_equal(drawn.tokens[:, [0, 2, 4]], [[1, 3, 0]] * 8)
    assert drawn.tokens[:, [1, 3]].all()
    assert len(np.unique(drawn.tokens[:, 1])) > 1  # by default from all tokens
    assert (drawn.log_prob[:, [0, 2, 4]] == 0).all() and (drawn.log_prob[:, [1, 3]] < 0).all()
    greedy = next(made.fillings([1, None, 3, None], greedy=True)).tokens
    assert (greedy == greedy[0]).all()
    begun = next(made.fillings([None, 2], seed=(1, 2))).tokens
    assert begun[:, 0].all() and (begun[:, 1] == 2).all()
