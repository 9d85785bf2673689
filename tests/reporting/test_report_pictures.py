"""What the report's pictures are drawn from: components, cosines, stages, curves."""

import numpy as np
import pytest

from helpers import small
from helpers.tiny import tiny
from leakgan_tf.models.prefix_features import PrefixFeatures
from leakgan_tf.reporting.feature_path import draw_feature_path, principal_axes
from leakgan_tf.reporting.goal_map import draw_goal_map
from leakgan_tf.reporting.leaked import Leaked, goal_cosines, leaked
from leakgan_tf.reporting.phase_curves import Panel, draw_phase_curves, phase_spans, series
from leakgan_tf.systems.registry import make_system

PNG = b"\x89PNG"
RECORDS = [
    {"position": 0, "group": "pretrain/discriminator", "accuracy": 0.5, "loss": 1.0},
    {"position": 1, "group": "pretrain/generator", "worker_loss": 2.0},
    {"position": 1, "group": "evaluation", "phase": "pretrain/generator", "nll_test_1.0": 3.0},
    {"position": 2, "group": "adversarial/generator", "worker_loss": 1.5, "reward_mean": 0.4},
    {"position": 3, "group": "adversarial/discriminator", "accuracy": 0.75, "loss": 0.5},
]


def test_components_are_the_eigenvectors_of_the_covariance():
    points = small.array(40, 5) * np.array([3.0, 0.1, 1.0, 0.2, 0.1])
    found = principal_axes(points)
    values, vectors = np.linalg.eigh(np.cov(points.T))
    for place in range(2):
        agreement = abs(found.directions[place] @ vectors[:, -1 - place])
        assert agreement == pytest.approx(1, abs=1e-5)
        assert found.shares[place] == pytest.approx(values[-1 - place] / values.sum(), rel=1e-4)
    np.testing.assert_allclose(found.project(points).mean(axis=0), 0, atol=1e-5)


def test_features_that_do_not_vary_are_no_error(tmp_path):
    assert principal_axes(np.ones([6, 3])).shares == (0.0, 0.0)
    draw_feature_path(tmp_path / "a.png", {"generated": np.ones([2, 4, 3])})
    assert (tmp_path / "a.png").read_bytes().startswith(PNG)


def test_cosines_are_those_of_the_definition(tmp_path):
    features, goals = small.array(3, 7, 4), small.array(3, 6, 4, seed=1)
    written = np.ones([3, 6], bool)
    written[1, 4:] = False  # the second sentence ends with its fourth token
    found = goal_cosines(Leaked(features, goals, written), 2)
    assert found.shape == (3, 2, 6)
    for row in range(3):
        for ahead in (1, 2):
            for token in range(6):
                value = found[row, ahead - 1, token]
                if token + ahead > written[row].sum():
                    assert np.isnan(value)
                    continue
                change, goal = (
                    features[row, token + ahead] - features[row, token],
                    goals[row, token],
                )
                norms = np.linalg.norm(change) * np.linalg.norm(goal)
                assert value == pytest.approx(change @ goal / norms, abs=1e-6)
    draw_goal_map(tmp_path / "goals.png", found)
    assert (tmp_path / "goals.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize("window", ["block", "sliding"])
def test_goals_are_those_that_sampling_saw(window):
    """Token by token, as the sampling loop has them."""
    config = tiny("leakgan", goal_window=window, goal_alignment="split")
    system = make_system(config, task=None)
    tokens = small.tokens(3, 8, 12)
    found = leaked(system, tokens)
    policy, leak = system.policy(), PrefixFeatures(system.discriminator)
    state = policy.start(3)
    for position in range(8):
        _, state = policy.logits(state, position)
        np.testing.assert_allclose(found.goals[:, position], state.goal, atol=1e-4)
        np.testing.assert_allclose(
            found.features[:, position], leak.read(state.prefix, position), atol=1e-4
        )
        state = policy.write(state, tokens[:, position], position)


def test_stages_and_points_are_those_of_the_records(tmp_path):
    assert phase_spans(RECORDS) == [("pre-training", 0, 1), ("adversarial", 2, 3)]
    worker = series(RECORDS, Panel("", "generator", ("worker_loss",)))
    assert worker == {
        ("pretrain/generator", "worker_loss"): ([2], [2.0]),
        ("adversarial/generator", "worker_loss"): ([3], [1.5]),
    }
    held_out = series(RECORDS, Panel("", "evaluation", ("nll_test_1.0",)))
    assert held_out == {("evaluation", "nll_test_1.0"): ([2], [3.0])}
    assert draw_phase_curves(tmp_path / "curves.png", [RECORDS, RECORDS[:2]])
    assert (tmp_path / "curves.png").read_bytes().startswith(PNG)
    assert not draw_phase_curves(tmp_path / "none.png", [[]])
    assert not (tmp_path / "none.png").exists()
