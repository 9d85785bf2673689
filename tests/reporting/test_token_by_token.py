"""What the explore page shows: probabilities, D's scores of prefixes, and the page's data."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import small
from helpers.tiny import tiny
from leakgan_tf.reporting.explore_page import LIKELIEST, likeliest, page_data
from leakgan_tf.reporting.feature_path import principal_axes
from leakgan_tf.reporting.leaked import Leaked, leaked
from leakgan_tf.reporting.token_by_token import mean_goal, prefix_scores, read_tokens
from leakgan_tf.systems.registry import make_system

ROLLOUTS = 3


class Certain:
    """A policy that writes token (position + 1) at each position, and nothing else."""

    length = 8

    def start(self, rows):
        return tf.zeros([rows])

    def logits(self, state, position):
        row = tf.one_hot(position + 1, 12, on_value=0.0, off_value=-1e9)
        return tf.tile(row[tf.newaxis], [state.shape[0], 1]), state

    def write(self, state, tokens, position):
        return state


def a_system(**changes):
    system = make_system(tiny("leakgan", **changes), task=None)
    for model in system.models.values():
        small.randomise(model)
    return system


def test_a_prefix_is_scored_by_its_completions(monkeypatch):
    system, tokens = a_system(), small.tokens(2, 8, 12)
    monkeypatch.setattr(system, "policy", Certain)
    means, errors = prefix_scores(system, tokens, ROLLOUTS, seed=0)
    assert means.shape == errors.shape == (2, 9)
    for row in range(2):
        for given in range(9):
            whole = np.concatenate([tokens[row, :given], np.arange(given + 1, 9)])
            score = system.discriminator.probability_real(tf.constant(whole[np.newaxis]))
            assert means[row, given] == pytest.approx(float(score[0]), abs=1e-5)
    np.testing.assert_allclose(errors, 0, atol=1e-6)


def test_probabilities_are_those_that_sampling_draws_from():
    """With goals of zeros all words are alike (eq. 6), so that another goal stands for none."""
    system = a_system(goal_init="per_row", goal_alignment="split")
    tokens = system.generator.sample(5, 0.7, (1, 2))
    found = read_tokens(system, tokens, np.zeros(7), 0.7, 2, seed=0)
    chosen = np.take_along_axis(found.with_goal, tokens[..., np.newaxis], axis=2)[..., 0]
    wanted = system.generator.log_prob(tokens, 0.7, path="sampling")
    np.testing.assert_allclose(chosen, wanted, atol=1e-4)
    np.testing.assert_allclose(found.without_goal, -np.log(12), atol=1e-5)
    assert found.intrinsic.shape == (5, 8)


def test_the_mean_goal_is_of_chosen_tokens():
    goals, written = small.array(3, 4, 5), np.tri(3, 4, dtype=bool)
    found = mean_goal(Leaked(small.array(3, 5, 5), goals, written))
    wanted = np.mean([goals[row, token] for row in range(3) for token in range(row + 1)], axis=0)
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_the_likeliest_words_fall():
    log_probs = np.log(np.random.default_rng(0).dirichlet(np.ones(30), size=4))
    for row, found in zip(np.exp(log_probs), likeliest(log_probs), strict=True):
        assert [index for index, _ in found] == list(np.argsort(-row)[:LIKELIEST])
        assert [share for _, share in found] == pytest.approx(sorted(row)[::-1][:LIKELIEST], 5e-3)


def test_the_page_has_each_sentence_up_to_its_end():
    system = a_system()
    tokens = small.tokens(2, 8, 12)
    background = leaked(system, small.tokens(4, 8, 12, seed=1))
    found = read_tokens(system, tokens, mean_goal(background), 1.0, 2, seed=0)
    assert (found.errors[:, :-1] > 0).any() and (found.errors[:, -1] == 0).all()
    found.leaked.written[1, 5:] = False  # the second sentence has five tokens
    page = page_data(tokens, ["generated", "real"], found, {"real": background}, 4, "w{}".format)
    assert [row["kind"] for row in page["sentences"]] == ["generated", "real"]
    for row, size in zip(page["sentences"], (8, 5), strict=True):
        assert row["tokens"] == tokens[page["sentences"].index(row), :size].tolist()
        per_token = ("with", "without", "chosen", "divergence", "goal", "met", "intrinsic")
        assert all(len(row[name]) == size for name in per_token)
        assert len(row["path"]) == len(row["score"]) == size + 1
        assert all(value >= -1e-4 for value in row["divergence"])
        assert all(np.hypot(*goal) <= 1.0001 for goal in row["goal"])
    ended = page["sentences"][1]
    assert ended["score"][-1] == [pytest.approx(found.scores[1, -1], abs=1e-4), 0.0]
    assert ended["met"][4][1:] == [None] * 3  # one token of c = 4 is left
    everything = np.concatenate([part.features.reshape(-1, 7) for part in
                                 (found.leaked, background)])  # fmt: skip
    projected = principal_axes(everything).project(found.leaked.features[1, :6])
    np.testing.assert_allclose(ended["path"], projected, atol=1e-4)
    named = {index for row in page["sentences"] for each in row["with"] for index, _ in each}
    assert {str(index) for index in named} <= set(page["words"])
    assert page["words"]["3"] == "w3"
