"""Scheduled sampling: which tokens are read, what is learned from them, how ε falls."""

import math

import numpy as np
import pytest
import tensorflow as tf

from helpers import small, twins
from leakgan_tf.systems.mle import MLE
from leakgan_tf.systems.scheduled_sampling import ScheduledSampling, true_share

SEED = tf.constant([5, 6])
ENDS = {"task": "text", "padding": "masked"}


def system(kind=ScheduledSampling, **changes):
    made = kind(small.config(system="scheduled_sampling", **changes), task=None)
    small.randomise(made.model)
    return made


def sentences():
    tokens = small.tokens(4, 6, 7, seed=3)
    tokens[0, 2:], tokens[1, 4:] = 0, 0
    tokens[2:] = np.maximum(tokens[2:], 1)
    return tokens


def shares(value):
    return tf.fill([4], np.float32(value))


@pytest.mark.parametrize("changes", [{}, ENDS], ids=["tokens", "ends"])
def test_reading_true_tokens_only_is_maximum_likelihood(changes):
    tokens = tf.constant(sentences())
    scheduled, plain = system(**changes), system(MLE, **changes)
    found = scheduled.mixed_step(tokens, shares(1.0), SEED)
    expected = plain.step(tokens, SEED)
    assert float(found["true_share"]) == 1
    assert float(found["loss"]) == pytest.approx(float(expected["loss"]), rel=1e-6)
    for one, other in zip(scheduled.model.get_weights(), plain.model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def twin_loss(named, read, tokens):
    """-log p of every true token, in front of which the read ones stand, (B, T)."""
    costs = []
    for own, true in zip(read, tokens, strict=True):
        hidden = twins.worker_hidden(named, twins.worker_inputs(own))
        logits = hidden @ named["output/kernel"] + named["output/bias"]
        costs.append(-twins.token_log_prob(logits, true))
    return np.array(costs)


@pytest.mark.parametrize("changes", [{}, ENDS], ids=["tokens", "ends"])
def test_loss_and_gradient_are_those_of_true_tokens_behind_what_was_read(changes, monkeypatch):
    """The twin reads the same tokens; its slopes say that nothing passes through sampling."""
    import leakgan_tf.systems.scheduled_sampling as module

    made, tokens, seen, gradients = system(**changes), sentences(), [], []
    infill = module.infill
    monkeypatch.setattr(module, "infill", lambda *a: seen.append(infill(*a)) or seen[-1])
    optimizer = made.optimizers["generator"]
    monkeypatch.setattr(optimizer, "apply", lambda given, variables: gradients.extend(given))
    named = twins.weights(made.model)
    mask = made.loss_mask(tf.constant(tokens))
    mask = np.ones(tokens.shape, bool) if mask is None else mask.numpy()
    loss = float(made.mixed_step(tf.constant(tokens), shares(0.3), SEED)["loss"])
    read = seen[0].numpy()
    assert loss == pytest.approx(twin_loss(named, read, tokens)[mask].mean(), rel=1e-5)
    assert abs(loss - twin_loss(named, tokens, tokens)[mask].mean()) > 1e-3  # not teacher forcing
    random, step = np.random.default_rng(2), 1e-5
    for key, gradient in zip(named, gradients, strict=True):
        direction = random.normal(size=named[key].shape)
        above, below = (
            twin_loss({**named, key: named[key] + sign * step * direction}, read, tokens)
            for sign in (1, -1)
        )
        slope = (above - below)[mask].mean() / (2 * step)
        np.testing.assert_allclose(np.sum(gradient * direction), slope, rtol=2e-3, atol=1e-5)


def test_each_row_has_its_own_coins_and_each_step_its_own(monkeypatch):
    import leakgan_tf.systems.scheduled_sampling as module

    seen = []
    monkeypatch.setattr(
        module, "infill", lambda policy, tokens, given, seed: seen.append(given) or tokens
    )
    made = system(batch_size=200, training_sequences=200)
    tokens = tf.constant(small.tokens(200, 6, 7))
    share = tf.constant([0.0] * 50 + [1.0] * 50 + [0.4] * 100)
    for seed in (1, 2):
        made.mixed_step(tokens, share, tf.constant([seed, 0]))
    first, second = (given.numpy() for given in seen)
    assert not first[:50].any() and first[50:100].all()
    assert first[100:].mean() == pytest.approx(0.4, abs=4 * 0.5 / math.sqrt(600))
    assert (first[100:].mean(0) > 0.2).all()
    assert (first != second).any()


def test_filling_behind_the_end_teaches_nothing():
    tokens = sentences()
    other = tokens.copy()
    other[0, 3:], other[1, 5:] = 5, 6
    results = []
    for each in (tokens, other):
        made = system(**ENDS)
        loss = float(made.mixed_step(tf.constant(each), shares(1.0), SEED)["loss"])
        results.append((loss, made.model.get_weights()))
    assert results[0][0] == pytest.approx(results[1][0], rel=1e-6)
    for one, two in zip(results[0][1], results[1][1], strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)


def falling(schedule, rate, epochs, **changes):
    config = small.config(
        system="scheduled_sampling",
        scheduled_sampling_schedule=schedule,
        scheduled_sampling_rate=rate,
        **changes,
    )
    return [true_share(config, epoch) for epoch in epochs]


def test_the_decays():
    """Section 2.4 of Bengio et al., i from 0; the linear one at SeqGAN's rate."""
    np.testing.assert_allclose(falling("linear", 0.002, [1, 2, 121]), [1, 0.998, 0.76])
    assert falling("linear", 0.3, [1, 3, 9], scheduled_sampling_least=0.25) == [1, 0.4, 0.25]
    np.testing.assert_allclose(falling("exponential", 0.9, [1, 2, 11]), [1, 0.9, 0.9**10])
    expected = [5 / (5 + math.exp(i / 5)) for i in (0, 1, 20)]
    np.testing.assert_allclose(falling("inverse_sigmoid", 5.0, [1, 2, 21]), expected)
    assert falling("inverse_sigmoid", 1.0, [10**6])[0] == pytest.approx(0, abs=1e-300)


def test_every_epoch_hands_its_share_to_every_sentence():
    class Task:
        train = small.tokens(9, 6, 7)

    config = small.config(
        system="scheduled_sampling", scheduled_sampling_rate=0.1, scheduled_sampling_epochs=3
    )
    phases = list(ScheduledSampling(config, Task()).phases())
    for phase, share in zip(phases, (1.0, 0.9, 0.8), strict=True):
        tokens, each = phase.data(0)
        np.testing.assert_array_equal(tokens, Task.train)
        np.testing.assert_allclose(each, np.full(9, share), rtol=1e-6)
    assert [phase.evaluate for phase in phases] == [False, False, True]
