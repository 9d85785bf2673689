"""The sampling loop with policies that are known exactly, and LeakGAN's paths through it."""

from typing import NamedTuple

import numpy as np
import pytest
import tensorflow as tf

from helpers import small
from leakgan_tf.config.semantics import ORIGINAL, PAPER
from leakgan_tf.generation import sampling
from leakgan_tf.generation.generator import Generator
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.objectives import losses
from leakgan_tf.systems.leakgan import LeakGAN
from leakgan_tf.tasks import synthetic, text_scores

LENGTH, VOCAB = 6, 7
NEUTRAL = tf.ones([LENGTH])
SEED = tf.constant([1, 2])


class Written(NamedTuple):
    first: tf.Tensor  # the first token of each sentence, -1 before it
    last: tf.Tensor  # the last token, likewise


class Policy:
    """Writes by a rule ``logits_of(state, position)``; remembers two tokens."""

    length = LENGTH

    def __init__(self, logits_of):
        self.logits_of = logits_of

    def start(self, rows):
        return Written(tf.fill([rows], -1), tf.fill([rows], -1))

    def logits(self, state, position):
        return self.logits_of(state, position), state

    def write(self, state, tokens, position):
        return Written(tf.where(position > 0, state.first, tokens), tokens)

    def force(self, state, tokens, position):
        return self.write(state, tokens, position)

    def resume(self, state, position):
        return state


def certain(tokens):
    return tf.one_hot(tokens, VOCAB, on_value=0.0, off_value=-1e9)


def counting():
    """From the last token to the next, through the vocabulary and round again."""
    return Policy(lambda state, position: certain((state.last + 1) % VOCAB))


def undecided(logits=(0.0,) * VOCAB):
    return Policy(lambda state, position: tf.tile([logits], [tf.shape(state.last)[0], 1]))


def test_sentences_follow_a_certain_policy():
    tokens = sampling.generate(counting(), 3, NEUTRAL, SEED)
    np.testing.assert_array_equal(tokens, [[0, 1, 2, 3, 4, 5]] * 3)


def test_a_policy_is_told_the_position():
    policy = Policy(lambda state, position: certain(tf.zeros_like(state.last) + 6 - position))
    tokens = sampling.generate(policy, 2, NEUTRAL, SEED)
    np.testing.assert_array_equal(tokens, [[6, 5, 4, 3, 2, 1]] * 2)


def test_writing_goes_on_from_a_state():
    policy = counting()
    state = Written(tf.constant([4, 2]), tf.constant([4, 2]))
    tokens, state = sampling.write_tokens(policy, state, 1, 4, NEUTRAL, SEED)
    np.testing.assert_array_equal(tokens, [[5, 6, 0], [3, 4, 5]])
    np.testing.assert_array_equal(state.last, [0, 5])


@pytest.mark.parametrize("rule", ["last", "first"])
def test_every_copy_of_a_prefix_is_continued_by_its_own_row(rule):
    rules = {
        "last": lambda state, position: certain((state.last + 1) % VOCAB),
        "first": lambda state, position: certain(state.first),
    }
    tokens = tf.constant(small.tokens(4, LENGTH, VOCAB))
    starts = (1, 3, 4)
    together = sampling.complete(Policy(rules[rule]), tokens, starts, 2, SEED)
    assert together.shape == (3, 2, 4, LENGTH)
    for index, begin in enumerate(starts):
        for row, sentence in enumerate(tokens.numpy()):
            expected = list(sentence[:begin])
            while len(expected) < LENGTH:
                follow = (expected[-1] + 1) % VOCAB if rule == "last" else expected[0]
                expected.append(follow)
            for copy in range(2):
                np.testing.assert_array_equal(together[index, copy, row], expected)


def test_prefixes_of_every_length_are_completed_in_a_graph():
    """One token apart: between two of them only the first token is sampled."""
    complete = tf.function(sampling.complete, autograph=False)
    tokens = tf.constant(small.tokens(4, LENGTH, VOCAB))
    found = complete(counting(), tokens, tuple(range(1, LENGTH)), 2, SEED)
    assert found.shape == (LENGTH - 1, 2, 4, LENGTH)
    for index in range(LENGTH - 1):
        rests = (tokens[:, index : index + 1] + np.arange(1, LENGTH - index)) % VOCAB
        expected = np.concatenate([tokens[:, : index + 1], rests], axis=1)
        np.testing.assert_array_equal(found[index], [expected, expected])


def test_prefixes_are_kept_and_copies_are_independent():
    tokens = tf.constant(small.tokens(4, LENGTH, VOCAB))
    together = sampling.complete(undecided(), tokens, (1, 4), 3, SEED).numpy()
    for index, begin in enumerate((1, 4)):
        for copy in range(3):
            np.testing.assert_array_equal(together[index, copy, :, :begin], tokens[:, :begin])
    rests = {tuple(row) for row in together[0, :, :, 1:].reshape(12, -1)}
    assert len(rests) == 12


def test_frequencies_follow_the_softmax_of_sharpened_logits():
    logits, inverse_temperature = np.linspace(-1, 1, VOCAB), np.array([1, 1.5, 0.5, 1, 3, 1])
    rows = 5000
    policy = undecided(tuple(logits.tolist()))
    tokens = sampling.generate(policy, rows, tf.constant(inverse_temperature, tf.float32), SEED)
    for position, factor in enumerate(inverse_temperature):
        odds = np.exp(factor * logits)
        expected = odds / odds.sum()
        counts = np.bincount(tokens[:, position], minlength=VOCAB) / rows
        deviation = np.sqrt(expected * (1 - expected) / rows)
        assert (np.abs(counts - expected) < 4 * deviation).all()


def test_positions_and_rows_draw_independently():
    tokens = sampling.generate(undecided(), 2000, NEUTRAL, SEED).numpy()
    for position in range(1, LENGTH):
        same = (tokens[:, position] == tokens[:, position - 1]).mean()
        assert abs(same - 1 / VOCAB) < 0.04
    assert abs((tokens[1:] == tokens[:-1]).mean() - 1 / VOCAB) < 0.02


# --- The generator that metrics see -------------------------------------------------------------


@pytest.fixture(scope="module")
def language_model():
    model = LSTMGenerator(VOCAB, LENGTH, 3, 4)
    model.build()
    small.randomise(model, scale=1.0)
    return model


@pytest.fixture(scope="module")
def generator(language_model):
    return Generator(lambda: LSTMPolicy(language_model), LENGTH, 4)


def test_the_seed_decides_the_tokens(generator):
    first, again = generator.sample(6, seed=(3, 4)), generator.sample(6, seed=(3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != generator.sample(6, seed=(3, 5))).any()
    assert (first != generator.sample(6, seed=(4, 4))).any()


def test_a_larger_count_begins_with_the_same_sentences(generator):
    many = generator.sample(10)
    assert many.shape == (10, LENGTH)
    np.testing.assert_array_equal(generator.sample(3), many[:3])
    assert generator.sample(0).shape == (0, LENGTH)
    assert (many[:4] != many[4:8]).any()


def test_without_prefix_and_options_continuations_are_the_samples(generator):
    drawn = next(generator.continuations([], seed=(3, 4))).tokens
    np.testing.assert_array_equal(drawn, generator.sample(4, seed=(3, 4)))


def test_scores_do_not_depend_on_the_batch_and_keep_their_order(generator, language_model):
    tokens = small.tokens(6, LENGTH, VOCAB)
    logits = language_model(tokens)
    direct = tf.gather(tf.nn.log_softmax(logits), tokens, axis=-1, batch_dims=2)
    np.testing.assert_allclose(generator.log_prob(tokens), direct, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(generator.log_prob(tokens[5:]), direct[5:], rtol=1e-5, atol=1e-6)
    assert generator.log_prob(tokens[:0]).shape == (0, LENGTH)


def test_temperature_divides_the_logits_when_scoring(generator, language_model):
    tokens, temperature = small.tokens(4, LENGTH, VOCAB), np.array([0.7, 0.7, 1, 1, 2, 1])
    logits = language_model(tokens) / temperature[:, np.newaxis]
    direct = tf.gather(tf.nn.log_softmax(logits), tokens, axis=-1, batch_dims=2)
    np.testing.assert_allclose(
        generator.log_prob(tokens, temperature), direct, rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("temperature", {*synthetic.SWEEP, *text_scores.SWEEP})
def test_a_reciprocal_temperature_is_its_factor_to_the_last_bit(generator, temperature):
    factor = round(1 / temperature, 2)  # what the logits are multiplied by
    factors, own = tf.fill([LENGTH], factor), tf.random.experimental.stateless_fold_in(SEED, 0)
    expected = sampling.generate(generator.policy(), 4, factors, own)
    np.testing.assert_array_equal(generator.sample(4, temperature, SEED), expected)
    logits = generator.policy().sequence_logits(expected) * tf.constant(factor)
    direct = -losses.cross_entropy(logits, expected)
    np.testing.assert_array_equal(generator.log_prob(expected.numpy(), temperature), direct)


def test_a_very_sharp_sample_is_the_likeliest_sentence(generator, language_model):
    sample = generator.sample(2, 1e-6)
    np.testing.assert_array_equal(sample, tf.argmax(language_model(sample), axis=-1))


def test_the_generator_completes_prefixes(generator):
    tokens = small.tokens(4, LENGTH, VOCAB)
    completed = generator.complete(tokens, 2, 3, (1, 2))
    assert completed.shape == (3, 4, LENGTH)
    np.testing.assert_array_equal(completed[:, :, :2], np.tile(tokens[:, :2], (3, 1, 1)))
    assert (completed[0] != completed[1]).any()


# --- LeakGAN: scoring and sampling ---------------------------------------------------------------


def walked(system, tokens):
    """The log-probability of each token as the sampling loop meets it."""
    policy = system.policy()
    state, found = policy.start(len(tokens)), []
    for t in range(tokens.shape[1]):
        logits, state = policy.logits(state, tf.constant(t))
        found.append(tf.gather(tf.nn.log_softmax(logits), tokens[:, t], axis=1, batch_dims=1))
        state = policy.write(state, tokens[:, t], tf.constant(t))
    return np.stack(found, axis=1)


@pytest.mark.parametrize("semantics", [PAPER, ORIGINAL], ids=["paper", "original"])
def test_the_paper_scores_what_it_samples_and_the_original_does_not(semantics):
    system = LeakGAN(small.config(semantics), task=None)
    for seed, model in enumerate(system.models.values()):
        small.randomise(model, seed)
    tokens = system.generator.sample(4)
    token_by_token = walked(system, tokens)
    sampled = system.generator.log_prob(tokens, path="sampling")
    scored = system.generator.log_prob(tokens)
    np.testing.assert_allclose(sampled, token_by_token, rtol=1e-4, atol=1e-5)
    if semantics is PAPER:
        np.testing.assert_allclose(scored, sampled, rtol=1e-5, atol=1e-6)
    else:
        np.testing.assert_allclose(scored[:, :3], sampled[:, :3], rtol=1e-4)  # goal_init
        assert np.abs(scored[:, 3:] - sampled[:, 3:]).max() > 1e-2


@pytest.mark.parametrize("semantics", [PAPER, ORIGINAL], ids=["paper", "original"])
def test_nothing_follows_the_end_symbol_and_it_costs_nothing(semantics):
    config = small.config(semantics, task="text", padding="masked", sampling_batch=16)
    system = LeakGAN(config, task=None)
    for seed, model in enumerate(system.models.values()):
        small.randomise(model, seed)
    tokens = system.generator.sample(16)
    ended = np.cumsum(tokens == 0, axis=1) - (tokens == 0) > 0  # an end symbol came before
    assert ended.any()
    assert not ended.all(axis=1).any()
    assert (tokens[ended] == 0).all()
    scored = system.generator.log_prob(tokens, path="sampling")
    np.testing.assert_array_equal(scored[ended], 0)
    assert (scored[~ended] < 0).all()
    np.testing.assert_allclose(scored, walked(system, tokens), rtol=1e-4, atol=1e-5)
