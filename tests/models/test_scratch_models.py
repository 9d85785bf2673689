"""ScratchGAN's networks against direct computations, a sentence and a token at a time."""

import math

import numpy as np
import pytest
import tensorflow as tf

from helpers import small, twins
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.models.moving_average import MovingAverage
from leakgan_tf.models.stacked_generator import StackedGenerator
from leakgan_tf.models.token_discriminator import TokenDiscriminator, position_signals

LENGTH, VOCAB = 5, 7
TOKENS = small.tokens(3, LENGTH, VOCAB, seed=2)
TOKENS[0, 2] = 0  # a sentence that ends early, where sentences end


def made(kind, **changes):
    model = kind(VOCAB, LENGTH, 3, 4, **changes)
    model.build()
    small.randomise(model)
    return model


class NormalizedLSTM(twins.LSTM):
    """The cell with all four gates normalized together before their bias."""

    def __init__(self, named, gain):
        super().__init__(named)
        self.gain, self.bias = gain, named["lstm/bias"]
        self.kernel, self.recurrent = named["lstm/kernel"], named["lstm/recurrent_kernel"]

    def step(self, x):
        gates = x @ self.kernel + self.hidden @ self.recurrent
        gates = (gates - gates.mean()) / math.sqrt(gates.var() + 1e-5) * self.gain + self.bias
        admit, forget, candidate, emit = np.split(gates, 4)
        self.memory = twins.sigmoid(forget) * self.memory + twins.sigmoid(admit) * np.tanh(
            candidate
        )
        self.hidden = twins.sigmoid(emit) * np.tanh(self.memory)
        return self.hidden


def test_position_signals_equal_their_twin():
    found = position_signals(20)
    assert found.shape == (20, 8) and np.abs(found).max() <= 1
    for t in range(20):
        for wave in range(8):
            period = 2 * (20 / 2) ** (wave / 7)
            expected = math.cos(math.pi * (t / period + 2 * wave / 7))
            assert found[t, wave] == pytest.approx(expected, abs=1e-5)
    slowest = found[:, -1]  # half a wave: no two positions are the same
    assert (np.diff(slowest) < 0).all()


@pytest.mark.parametrize("layer_norm", [True, False])
@pytest.mark.parametrize("ends", [True, False])
def test_scores_of_tokens_equal_their_twin(ends, layer_norm):
    model = made(TokenDiscriminator, ends=ends, layer_norm=layer_norm)
    named = twins.weights(model)
    signals = position_signals(LENGTH).astype(float)
    found = model(TOKENS).numpy()
    for row, tokens in enumerate(TOKENS):
        gain = model.gain.numpy().astype(float) if layer_norm else None
        cell = NormalizedLSTM(named, gain) if layer_norm else twins.LSTM(named)
        ended = False
        for t, token in enumerate(tokens):
            read = np.concatenate([named["embedding/embeddings"][token], signals[t]])
            hidden = cell.step(read @ named["input/kernel"] + named["input/bias"])
            score = (hidden @ named["output/kernel"] + named["output/bias"])[0]
            assert found[row, t] == pytest.approx(0.0 if ends and ended else score, abs=1e-5)
            ended = ended or token == 0


def test_a_score_knows_nothing_of_later_tokens():
    model, changed = made(TokenDiscriminator), TOKENS.copy()
    changed[:, 3] = (changed[:, 3] + 1) % VOCAB
    before, after = model(TOKENS).numpy(), model(changed).numpy()
    np.testing.assert_array_equal(before[:, :3], after[:, :3])
    assert (before[:, 3:] != after[:, 3:]).all()


def test_dropout_is_of_the_table():
    """A token's dropped entries are the same wherever it stands, and others with another seed."""
    model = made(TokenDiscriminator, dropout=0.5)
    plain, first, again, other = (
        model(TOKENS, None if seed is None else tf.constant(seed)).numpy()
        for seed in (None, [1, 2], [1, 2], [3, 4])
    )
    np.testing.assert_array_equal(first, again)
    assert (np.abs(first - plain) > 0).any() and (np.abs(first - other) > 0).any()
    same = np.full([2, LENGTH], 4, np.int32)
    embedded = model.embed(same, tf.constant([1, 2])).numpy()
    assert (embedded == embedded[0, 0]).all() and 0 in embedded[0, 0]


def test_logits_equal_their_twin():
    """Two LSTMs, the second of which reads the first one's input, too; the embedding ties."""
    model = made(StackedGenerator, layers=2)
    named = twins.weights(model)
    table, (bias,) = named["embedding/embeddings"], model.output_bias.numpy().astype(float)

    def cell(number):
        parts = ("kernel", "recurrent_kernel", "bias")
        return twins.LSTM({f"lstm/{part}": named[f"lstm_{number}/{part}"] for part in parts})

    found = model(TOKENS).numpy()
    for row, tokens in enumerate(TOKENS):
        lower, upper = cell(0), cell(1)
        for t, before in enumerate([0, *tokens[:-1]]):
            read = table[before] @ named["input/kernel"]
            first = lower.step(read)
            second = upper.step(np.concatenate([read, first]))
            logits = np.concatenate([first, second]) @ named["output/kernel"] @ table.T + bias
            np.testing.assert_allclose(found[row, t], logits, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("ends", [True, False])
def test_token_by_token_and_whole_sentences_have_the_same_logits(ends):
    model = made(StackedGenerator, layers=3, ends=ends)
    tokens = np.where(np.cumsum(TOKENS == 0, axis=1) > 0, 0, TOKENS)
    policy = LSTMPolicy(model)
    state, whole = policy.start(3), model(tokens).numpy()
    for position in range(LENGTH):
        logits, state = policy.logits(state, position)
        np.testing.assert_allclose(logits, whole[:, position], rtol=1e-5, atol=1e-6)
        state = policy.write(state, tokens[:, position], position)


def test_a_moving_average_begins_at_nothing_and_no_gradient_moves_it():
    average = MovingAverage()
    average.build()
    assert float(average.value) == 0.0 and average.weights == [average.value]
    assert not average.trainable_variables
