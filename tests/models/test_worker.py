"""The Worker's factored logits against the direct form, and its LSTM against its twin."""

import numpy as np
import pytest

from helpers import small, twins
from helpers.rounding import assert_equal_but_rounding
from leakgan_tf.models.worker import Worker

ROWS, LENGTH, VOCAB, FEATURES, HIDDEN, GOAL = 2, 4, 7, 5, 3, 2


def random_worker(normalise=True):
    worker = Worker(VOCAB, FEATURES, 3, HIDDEN, GOAL, normalise)
    worker.build()
    small.randomise(worker)
    return worker


@pytest.mark.parametrize("normalise", [True, False])
def test_factored_logits_equal_the_direct_form(normalise):
    worker = random_worker(normalise)
    hidden = small.array(ROWS, LENGTH, HIDDEN)
    goals = small.array(ROWS, LENGTH, FEATURES, seed=1)
    logits = worker(hidden, goals)
    assert logits.shape == (ROWS, LENGTH, VOCAB)
    for row in range(ROWS):
        direct = twins.worker_logits(twins.weights(worker), hidden[row], goals[row], normalise)
        np.testing.assert_allclose(logits[row], direct, rtol=1e-5, atol=1e-6)
    terms = (HIDDEN + 1) * GOAL  # of a logit
    assert_equal_but_rounding(worker(hidden[:, 1], goals[:, 1]), logits[:, 1], terms)


def test_only_a_goal_that_is_not_normalized_has_a_length():
    hidden, goals = small.array(ROWS, HIDDEN), small.array(ROWS, FEATURES, seed=1)
    normalized, plain = random_worker(True), random_worker(False)
    np.testing.assert_allclose(
        normalized(hidden, 3 * goals), normalized(hidden, goals), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(plain(hidden, 3 * goals), 3 * plain(hidden, goals), rtol=1e-5)


def test_reading_equals_the_twin_all_at_once_and_token_by_token():
    worker = random_worker()
    tokens = small.tokens(ROWS, LENGTH, VOCAB)
    named = twins.weights(worker)
    direct = np.stack([twins.worker_hidden(named, row) for row in tokens])
    np.testing.assert_allclose(worker.read(tokens), direct, rtol=1e-5, atol=1e-6)
    state = worker.start(ROWS)
    for position in range(LENGTH):
        hidden, state = worker.step(tokens[:, position], state)
        np.testing.assert_allclose(hidden, direct[:, position], rtol=1e-5, atol=1e-6)


def test_initial_weights_are_small_and_no_gate_is_favoured():
    worker = Worker(VOCAB, FEATURES, 8, 64, GOAL)
    worker.build()
    for variable in worker.trainable_variables:
        assert np.abs(variable).max() < 0.6, variable.path
    forget = worker.cell.bias.numpy()[64:128]
    assert 0.05 < forget.std() < 0.15
    assert abs(forget.mean()) < 0.05
