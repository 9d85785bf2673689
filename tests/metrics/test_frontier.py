"""The frontier of MLE's sweep, and how far a model lies from it."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.metrics.frontier import (
    BETTER,
    LESS_DIVERSE,
    MORE_DIVERSE,
    WORSE,
    Frontier,
    mean_sweep,
)
from leakgan_tf.metrics.temperatures import TEMPERATURES
from leakgan_tf.tasks.synthetic import SyntheticTask, make_oracle

FIGURES = st.floats(0.5, 20).map(lambda value: round(value, 3))
POINTS = st.lists(st.tuples(FIGURES, FIGURES), min_size=1, max_size=12)
SHIFTS = st.floats(-3, 3).map(lambda value: round(value, 3))


def rows(points):
    return [{"nll_test": x, "nll_oracle": y} for x, y in points]


def frontier(points):
    return Frontier.of_sweep(rows(points))


def unbeaten(points):
    """By definition: no other point is as low in both figures."""
    points = set(points)
    return sorted(
        (x, y)
        for x, y in points
        if not any(a <= x and b <= y for a, b in points if (a, b) != (x, y))
    )


LINE = frontier([(4.0, 5.0), (5.0, 3.0), (7.0, 2.0), (4.5, 5.5), (6.0, 3.0)])


def test_by_hand():
    assert list(zip(*LINE, strict=True)) == [(4.0, 5.0), (5.0, 3.0), (7.0, 2.0)]
    assert LINE.distance(4.5, 4.0) == pytest.approx(0.0)
    assert LINE.distance(6.0, 3.0) == pytest.approx(0.5)
    assert LINE.distance(6.0, 2.0) == pytest.approx(-0.5)


@pytest.mark.parametrize(
    ("point", "place", "bound"),
    [
        ((3.9, 4.0), BETTER, -1.0),  # more diverse, and better than the most varied point
        ((3.9, 5.0), BETTER, 0.0),
        ((3.9, 5.5), MORE_DIVERSE, 0.5),
        ((7.5, 2.5), WORSE, 0.5),
        ((7.5, 2.0), WORSE, 0.0),
        ((7.5, 1.0), LESS_DIVERSE, -1.0),
    ],
)
def test_beside_the_frontier(point, place, bound):
    assert LINE.distance(*point) is None
    assert LINE.place(*point) == place
    assert LINE.bound(*point) == pytest.approx(bound)


@given(POINTS)
def test_the_points_are_those_that_no_other_beats(points):
    assert list(zip(*frontier(points), strict=True)) == unbeaten(points)


@given(POINTS)
def test_a_sweep_lies_on_its_own_frontier_or_above(points):
    line, best = frontier(points), unbeaten(points)
    for point in points:
        distance = line.distance(*point)
        if point in best:
            assert distance == 0.0
        elif distance is None:  # to the right of all that is unbeaten
            assert line.place(*point) == WORSE
        else:
            assert distance >= 0.0


@given(POINTS, st.randoms(use_true_random=False))
def test_the_order_of_rows_makes_no_difference(points, random):
    shuffled = points.copy()
    random.shuffle(shuffled)
    assert frontier(shuffled) == frontier(points)


@given(POINTS, st.integers(0, 11), FIGURES, FIGURES)
def test_a_point_that_is_beaten_changes_nothing(points, which, right, up):
    x, y = points[which % len(points)]
    assert frontier([*points, (x + right, y + up)]) == frontier(points)


@given(POINTS, FIGURES, FIGURES, SHIFTS)
def test_a_point_that_moves_up_moves_away(points, x, y, shift):
    line = frontier(points)
    assume(line.distance(x, y) is not None)
    assert line.distance(x, y + shift) == pytest.approx(line.distance(x, y) + shift)


@given(POINTS, FIGURES, FIGURES)
def test_who_wins_in_both_beats_some_of_the_frontier_and_is_beaten_by_none(points, x, y):
    line, best = frontier(points), unbeaten(points)
    beaten = any(a <= x and b <= y for a, b in best)
    beats = any(x <= a and y <= b for a, b in best)
    place, distance = line.place(x, y), line.distance(x, y)
    assert (distance is None) == (place != "")
    if place == BETTER:
        assert beats and not beaten and line.bound(x, y) <= 0
    elif place == WORSE:
        assert beaten and line.bound(x, y) >= 0
    elif place:
        assert not beats and not beaten
    else:
        assert line.bound(x, y) == distance
        assert distance >= 0 if beaten else True


def test_a_coin_between_two_temperatures_reaches_the_line_between_them():
    """Why points are joined by straight lines: the mixture is no worse than the line says."""
    random = np.random.default_rng(0)
    truth, first, second = random.dirichlet(np.ones(5), size=3)
    judged = random.uniform(1, 5, 5)  # what the oracle says of each sentence
    mixture = 0.3 * first + 0.7 * second
    x, y = (
        [-(truth * np.log(each)).sum() for each in (first, second, mixture)],
        [(each * judged).sum() for each in (first, second, mixture)],
    )
    assert y[2] == pytest.approx(0.3 * y[0] + 0.7 * y[1])
    assert x[2] < 0.3 * x[0] + 0.7 * x[1]


@pytest.mark.parametrize("points", [[], [(np.nan, 1.0)], [(1.0, np.inf)]])
def test_no_points_are_no_frontier(points):
    with pytest.raises(ValueError, match="finite"):
        frontier(points)


def test_sweeps_are_averaged_where_all_have_a_temperature():
    first = [
        {"temperature": 1.0, "nll_test": 4.0, "nll_oracle": 5.0},
        {"temperature": 1 / 1.5, "nll_test": 5.0, "nll_oracle": 3.0},
    ]
    second = [{"temperature": 1.0, "nll_test": 4.5, "nll_oracle": 6.0}]
    mean = {"temperature": 1.0, "nll_test": 4.25, "nll_oracle": 5.5}
    assert mean_sweep([first, second]) == mean_sweep([second, first]) == [mean]


def test_noise_in_the_weights_of_a_trained_mle_moves_it_away(tmp_path):
    config = tiny("mle", mle_epochs=40, training_sequences=256, evaluation_samples=512,
                  mle_learning_rate=0.05, evaluate_every=40, checkpoint_seconds=60)  # fmt: skip
    system = runs.train(config, tmp_path)
    task = SyntheticTask(config, make_oracle(config))
    sweep = task.sweep(system.generator, 1)
    line = Frontier.of_sweep(sweep)
    own = [line.distance(row["nll_test"], row["nll_oracle"]) for row in sweep]
    assert own.count(0.0) == len(line.nll_test) >= 4
    variables = system.models["generator"].trainable_variables
    trained = [variable.numpy() for variable in variables]
    bounds = []
    for seed in range(1, 4):
        random = np.random.default_rng(seed)
        for variable, value in zip(variables, trained, strict=True):
            variable.assign(value + random.normal(0, 0.5, value.shape))
        for row in task.sweep(system.generator, 1, TEMPERATURES):
            assert row["nll_test"] > line.nll_test[0]
            # The distance or, of a point that is less diverse than the sweep, what it is at least.
            bounds.append(line.bound(row["nll_test"], row["nll_oracle"]))
    # Rounding decides on single draws. In six trainings the mean was at least 0.33, the least 0.08.
    assert np.mean(bounds) > 0.2 and min(bounds) > 0
