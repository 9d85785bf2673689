"""Policies: what the sampling loop meets at every position."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import small
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.models.masking import force_eos, valid_token_mask
from leakgan_tf.models.recurrence import CellState
from leakgan_tf.systems.leakgan import LeakGAN

ENDS = {"task": "text", "padding": "masked"}


def lstm_policy(ends):
    model = LSTMGenerator(7, 6, 3, 4, ends=ends)
    model.build()
    small.randomise(model)
    return LSTMPolicy(model)


def leakgan_policy(ends):
    system = LeakGAN(small.config(**(ENDS if ends else {})), task=None)
    for seed, model in enumerate(system.models.values()):
        small.randomise(model, seed)
    return system.policy()


@pytest.mark.parametrize("make", [lstm_policy, leakgan_policy])
@pytest.mark.parametrize("ends", [True, False])
def test_a_sentence_is_closed_by_its_first_token_already(make, ends):
    """But not by the start token, which has the same id."""
    policy = make(ends)
    state = policy.start(2)
    logits, state = policy.logits(state, tf.constant(0))
    assert (tf.nn.softmax(logits)[:, 1:].numpy() > 1e-6).all()
    state = policy.write(state, tf.constant([0, 3]), tf.constant(0))
    logits, _ = policy.logits(state, tf.constant(1))
    shares = tf.nn.softmax(logits).numpy()
    assert (shares[1] > 1e-6).all()
    if ends:
        np.testing.assert_array_equal(shares[0], [1, 0, 0, 0, 0, 0, 0])
    else:
        assert (shares[0] > 1e-6).all()


@pytest.mark.parametrize("make", [lstm_policy, leakgan_policy])
def test_padding_is_certain_when_a_sentence_is_scored(make):
    tokens = tf.constant([[3, 0, 0, 0, 0, 0], [1, 2, 3, 4, 5, 0], [0, 0, 0, 0, 0, 0]])
    chances = tf.nn.softmax(make(True).sequence_logits(tokens)).numpy()
    ended = ~valid_token_mask(tokens).numpy()
    # The softmax of processors without AVX-512 rounds a certain 1 down by a unit in the last place.
    np.testing.assert_allclose(chances[ended][:, 0], 1, rtol=2 * np.finfo(np.float32).eps)
    assert (chances[ended][:, 1:] == 0).all()
    assert (chances[~ended] > 1e-6).all()


@pytest.mark.parametrize("make", [lstm_policy, leakgan_policy])
def test_a_policy_has_its_models_length(make):
    policy = make(False)
    assert policy.length == policy.model.length == 6


@pytest.mark.parametrize("given", [False, True])
def test_sentences_are_scored_from_the_state_in_which_sampling_begins(given):
    model = lstm_policy(False).model
    cell = CellState(*(tf.constant(small.array(3, 4, seed=seed)) for seed in (1, 2)))
    policy = LSTMPolicy(model, cell if given else None)
    tokens = tf.constant(small.tokens(3, 6, 7, seed=3))
    state, steps = policy.start(3), []
    for position in range(6):
        logits, state = policy.logits(state, tf.constant(position))
        state = policy.write(state, tokens[:, position], tf.constant(position))
        steps.append(logits)
    found = policy.sequence_logits(tokens)
    np.testing.assert_allclose(found, tf.stack(steps, axis=1), rtol=1e-4, atol=1e-5)


def test_where_a_sentence_has_ended_the_end_symbol_is_certain():
    logits = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    closed = force_eos(logits, tf.constant([True, False])).numpy()
    np.testing.assert_array_equal(closed[1], logits[1])
    assert closed[0, 0] == 0 and (closed[0, 1:] <= -1e8).all() and np.isfinite(closed).all()


def test_tokens_are_written_up_to_the_first_end_symbol():
    tokens = tf.constant([[3, 0, 0, 4], [0, 1, 2, 3], [1, 2, 3, 0], [1, 2, 3, 4]])
    expected = [[1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1]]
    np.testing.assert_array_equal(valid_token_mask(tokens), np.array(expected, bool))
