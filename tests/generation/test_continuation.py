"""Sentences with given beginnings, drawn by a law: rollouts' tokens, exact log-probabilities."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import small
from leakgan_tf.config.semantics import ORIGINAL, PAPER
from leakgan_tf.generation import sampling
from leakgan_tf.generation.continuation import continue_prefixes
from leakgan_tf.generation.law import Law, truncate
from leakgan_tf.systems.registry import make_models

ROWS, LENGTH, VOCAB = 4, 6, 7
SEED = tf.constant([3, 4])
NEUTRAL = tf.ones([LENGTH])
CASES = [("mle", ORIGINAL), ("leakgan", ORIGINAL), ("leakgan", PAPER)]


def traced(system, semantics):
    """The policy and `continue_prefixes` under it, traced once for every law."""
    made = make_models(small.config(semantics, system))
    for number, model in enumerate(made.models.values()):
        small.randomise(model, number, 1.0)  # so that other goals are other tokens
    policy = made.generator.policy

    @tf.function(autograph=False)
    def go_on(prefixes, given, law):
        return continue_prefixes(policy(), prefixes, given, law, SEED)

    def call(prefixes, given, temperature=1.0, top_k=0, top_p=1.0, greedy=False):
        law = Law(NEUTRAL / temperature, *map(tf.constant, (top_k, top_p, greedy)))
        drawn = go_on(tf.constant(prefixes), tf.constant(given, tf.int32), law)
        return [part.numpy() for part in drawn]

    return made, policy, call


@pytest.fixture(scope="module", params=CASES, ids=["mle", "leakgan original", "leakgan paper"])
def continued(request):
    return traced(*request.param)


PREFIXES = small.tokens(ROWS, LENGTH, VOCAB, seed=9)


def test_without_options_they_are_the_sampled_sentences(continued):
    made, policy, call = continued
    wanted = sampling.generate(policy(), ROWS, NEUTRAL / 0.7, SEED)
    np.testing.assert_array_equal(call(PREFIXES, [0] * ROWS, temperature=0.7)[0], wanted)


def test_a_prefix_is_continued_as_a_rollout_continues_it(continued):
    made, policy, call = continued
    for given in (1, 3, 5):
        wanted = sampling.complete(policy(), tf.constant(PREFIXES), (given,), 1, SEED)[0, 0]
        np.testing.assert_array_equal(call(PREFIXES, [given] * ROWS)[0], wanted)


def test_every_row_has_a_prefix_of_its_own_length(continued):
    made, policy, call = continued
    lengths = [0, 2, 5, 3]
    mixed = call(PREFIXES, lengths)
    for row, given in enumerate(lengths):
        alone = call(PREFIXES, [given] * ROWS)
        for part, whole in zip(mixed, alone, strict=True):
            np.testing.assert_allclose(part[row], whole[row], rtol=1e-5)


def test_log_probabilities_are_those_of_scoring(continued):
    made, policy, call = continued
    tokens, log_prob, law_log_prob = call(PREFIXES, [0] * ROWS, temperature=0.5)
    path = "sampling"
    for found, temperature in ((log_prob, 1.0), (law_log_prob, 0.5)):
        wanted = made.generator.log_prob(tokens, temperature, path)
        np.testing.assert_allclose(found, wanted, atol=1e-5)
    given = call(PREFIXES, [2] * ROWS)[1]
    assert (given[:, :2] == 0).all() and (given[:, 2:] < 0).all()


def test_greedy_and_top_1_take_the_likeliest_token_and_cost_nothing_under_their_law(continued):
    made, policy, call = continued
    greedy, top = call(PREFIXES, [1] * ROWS, greedy=True), call(PREFIXES, [1] * ROWS, top_k=1)
    for one, other in zip(greedy, top, strict=True):
        np.testing.assert_array_equal(one, other)
    assert (greedy[2] == 0).all() and (greedy[1][:, 1:] < 0).all()


def kept(probabilities, top_k=0, top_p=1.0):
    logits = np.log(np.array([probabilities], np.float32))
    return np.isfinite(truncate(tf.constant(logits), tf.constant(top_k), tf.constant(top_p)))[0]


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"top_k": 2}, [0, 1, 0, 1]),
        ({"top_k": 9}, [1, 1, 1, 1]),
        ({"top_p": 0.35}, [0, 1, 0, 0]),
        ({"top_p": 0.7}, [0, 1, 0, 1]),
        ({"top_p": 0.001}, [0, 1, 0, 0]),
        ({"top_k": 3, "top_p": 0.85}, [1, 1, 0, 1]),  # 0.4 + 0.3 of 0.9 are less than 0.85
        ({"top_k": 2, "top_p": 0.5}, [0, 1, 0, 0]),  # 0.4 of 0.7 is more than a half
    ],
)
def test_truncation_keeps_the_likeliest(options, wanted):
    assert kept([0.2, 0.4, 0.1, 0.3], **options).tolist() == list(map(bool, wanted))


def test_of_equally_likely_tokens_the_first_are_kept():
    assert kept([0.25] * 4, top_k=2).tolist() == [True, True, False, False]


def test_truncated_draws_follow_the_law():
    """A χ² of 4,000 draws from the two likeliest of four tokens, against 0.4 : 0.3."""
    probabilities = tf.constant([[0.2, 0.4, 0.1, 0.3]])
    from leakgan_tf.generation.law import draw

    logits = tf.tile(tf.math.log(probabilities), [4000, 1])
    law = Law(tf.ones([1]), tf.constant(2))
    tokens, log_probs = draw(logits, law, SEED, tf.constant(0))
    counts = np.bincount(tokens, minlength=4)
    expected = 4000 * np.array([0.4, 0.3]) / 0.7
    assert counts[[0, 2]].tolist() == [0, 0]
    assert ((counts[[1, 3]] - expected) ** 2 / expected).sum() < 10.8  # p = 0.001
    np.testing.assert_allclose(log_probs[tokens == 1], np.log(4 / 7), rtol=1e-5)
