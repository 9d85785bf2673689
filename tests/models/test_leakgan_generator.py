"""The goals that tokens see on every path, and what is written under them, against twins."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from helpers import small, twins
from leakgan_tf.generation.policies import LeakGANPolicy
from leakgan_tf.models.leakgan_generator import LeakGANGenerator

ROWS, VOCAB, FEATURES = 4, 6, 5
LENGTHS = {1: 3, 3: 9, 4: 12, 5: 10}  # T for each horizon c
KINDS = [  # window, alignment, c, rows of goal_init
    (window, alignment, horizon, rows)
    for window, alignment in itertools.product(("block", "sliding"), ("split", "single"))
    for horizon, rows in ((1, 1), (3, 1), (3, 2), (4, 2), (5, 1))
]


class GivenFeatures:
    """Leaked features that do not depend on the tokens."""

    def __init__(self, features):
        self.features = features

    def start(self, rows):
        return ()

    def read(self, state, position):
        return self.features[:, int(position)]

    def advance(self, state, tokens, position):
        return state

    def all(self, tokens):
        return self.features


class Case:
    """A random generator with given features, and the twin's view of it."""

    def __init__(self, window, alignment, horizon, initial_rows, normalise=True):
        self.window, self.alignment, self.horizon = window, alignment, horizon
        self.length, self.normalise = LENGTHS[horizon], normalise
        self.model = LeakGANGenerator(
            VOCAB, self.length, FEATURES, 3, 4, 2, horizon, window, alignment, initial_rows,
            normalise,
        )  # fmt: skip
        self.model.build()
        small.randomise(self.model)
        self.manager = twins.weights(self.model.manager)
        self.worker = twins.weights(self.model.worker)
        self.features = small.array(ROWS, self.length + 1, FEATURES)
        self.tokens = small.tokens(ROWS, self.length, VOCAB)
        self.policy = LeakGANPolicy(self.model, GivenFeatures(tf.constant(self.features)))

    def initial(self, row):
        return self.manager["goal_init"][row % len(self.manager["goal_init"])]

    def goals(self, path):
        return np.stack(
            [
                twins.path_goals(
                    twins.sub_goals(self.manager, self.features[row]),
                    self.initial(row), self.horizon, self.window, self.alignment, path,
                )
                for row in range(ROWS)
            ]
        )  # fmt: skip

    def logits(self, hidden, goals):
        return np.stack(
            [
                twins.worker_logits(self.worker, *pair, self.normalise)
                for pair in zip(hidden, goals, strict=True)
            ]
        )

    def hidden(self):
        return [twins.worker_hidden(self.worker, twins.worker_inputs(row)) for row in self.tokens]

    def walk(self, state, first):
        """The goals and logits that sampling would meet along the tokens from `first` on."""
        goals, logits = [], []
        for t in range(first, self.length):
            present, state = self.policy.logits(state, tf.constant(t))
            goals.append(state.goal)
            logits.append(present)
            state = self.policy.write(state, self.tokens[:, t], tf.constant(t))
        return np.stack(goals, axis=1), np.stack(logits, axis=1)


def check(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_goals_equal_the_twin_on_both_paths(kind):
    case = Case(*kind)
    for path in ("scoring", "sampling"):
        goals = case.model.goals(case.features, path)
        check(goals.worker, case.goals(path))
    check(goals.sub_goals[1], twins.sub_goals(case.manager, case.features[1]))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind[2] < 4], ids=str)
def test_sampling_token_by_token_meets_the_twins_goals_and_logits(kind):
    case = Case(*kind)
    goals, logits = case.walk(case.policy.start(ROWS), 0)
    check(goals, case.goals("sampling"))
    check(logits, case.logits(case.hidden(), goals))
    check(case.policy.sequence_logits(case.tokens, "sampling"), logits)


@pytest.mark.parametrize("normalise", [True, False])
@pytest.mark.parametrize("alignment", ["split", "single"])
def test_teacher_forcing_gives_the_twins_logits(alignment, normalise):
    case = Case("block", alignment, 3, 1, normalise)
    expected = case.logits(case.hidden(), case.goals("scoring"))
    check(case.policy.sequence_logits(case.tokens), expected)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind[2] == 3], ids=str)
@pytest.mark.parametrize("given", [3, 6])
def test_rollouts_go_on_with_the_twins_goals(kind, given):
    case = Case(*kind)
    state = case.policy.start(ROWS)
    for t in range(given):
        state = case.policy.force(state, case.tokens[:, t], t)
    goals, logits = case.walk(case.policy.resume(state, given), given)
    for row in range(ROWS):
        expected = twins.rollout_goals(
            case.manager, case.features[row], case.initial(row), given, 3, *kind[:2]
        )
        check(goals[row], expected)
        inputs = twins.worker_inputs(case.tokens[row])
        if case.alignment == "split":  # the step in front of token g is taken twice
            inputs.insert(given, inputs[given])
        hidden = twins.worker_hidden(case.worker, inputs)[-len(expected) :]
        check(logits[row], twins.worker_logits(case.worker, hidden, expected, True))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind[2] == 3], ids=str)
def test_a_given_prefix_sees_the_goals_of_scoring(kind):
    case = Case(*kind)
    state, goals = case.policy.start(ROWS), []
    for t in range(case.length):
        state = case.policy.force(state, case.tokens[:, t], t)
        goals.append(state.goal)
    check(np.stack(goals, axis=1), case.goals("scoring"))


@pytest.mark.parametrize("window", ["block", "sliding"])
def test_paths_differ_under_the_split_alignment_only(window):
    split, single = Case(window, "split", 3, 1), Case(window, "single", 3, 1)
    differ = split.goals("scoring") - split.goals("sampling")
    assert np.abs(differ[:, -1]).max() > 0.1
    paths = [single.model.goals(single.features, path).worker for path in ("scoring", "sampling")]
    np.testing.assert_array_equal(*paths)


def test_every_row_begins_with_its_own_initial_goal():
    case = Case("block", "split", 3, 2)
    first = case.model.goals(case.features).worker[:, 0]
    check(first, np.tile(case.manager["goal_init"], (ROWS // 2, 1)))
    assert np.abs(first[0] - first[1]).max() > 0.1


def test_no_token_sees_itself_or_what_follows():
    case = Case("sliding", "split", 3, 1)
    goals = tf.constant(small.array(ROWS, case.length, FEATURES))
    changed = case.tokens.copy()
    changed[:, 4:] = (changed[:, 4:] + 1) % VOCAB
    before, after = case.model(case.tokens, goals), case.model(changed, goals)
    np.testing.assert_array_equal(before[:, :5], after[:, :5])
    assert np.abs(before[:, 5:] - after[:, 5:]).max() > 1e-3


def test_a_length_that_the_horizon_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="length 10 is not divisible by goal_horizon 4"):
        LeakGANGenerator(VOCAB, 10, FEATURES, 3, 4, 2, 4)
