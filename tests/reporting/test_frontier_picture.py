"""What the pictures of frontier and differences are drawn from."""

import pytest

from leakgan_tf.metrics.frontier import Frontier
from leakgan_tf.reporting.difference_picture import Panel, draw_differences
from leakgan_tf.reporting.frontier_picture import beyond, distances, draw_frontier

PNG = b"\x89PNG"


def sweep(right=0.0, up=0.0):
    points = ((1 / 1.5, 4.5, 4.0), (1.0, 4.0, 5.0), (0.5, 5.5, 3.0))
    return [{"temperature": t, "nll_test": x + right, "nll_oracle": y + up} for t, x, y in points]


def test_distances_are_from_the_frontier_of_the_same_seed():
    frontiers = {0: Frontier.of_sweep(sweep()), None: Frontier.of_sweep(sweep(up=1.0))}
    found = distances({0: sweep(up=0.25), 7: sweep()}, frontiers)
    assert found[0] == [(1.0, 4.0, 0.25), (1 / 1.5, 4.5, 0.25), (0.5, 5.5, 0.25)]
    assert [distance for *_, distance in found[7]] == [-1.0] * 3


def test_beside_the_frontier_only_what_is_certain_is_drawn():
    frontiers = {None: Frontier.of_sweep(sweep())}
    better = distances({0: sweep(right=-0.2, up=-0.1)}, frontiers)[0]
    assert better[0] == (1.0, pytest.approx(3.8), pytest.approx(-0.1))  # wins in both
    more_diverse = distances({0: sweep(right=-0.2, up=0.1)}, frontiers)[0]
    assert [temperature for temperature, *_ in more_diverse] == [1 / 1.5, 0.5]
    less_diverse = distances({0: sweep(right=0.2, up=-0.1)}, frontiers)[0]
    assert [temperature for temperature, *_ in less_diverse] == [1.0, 1 / 1.5]


def test_a_system_far_less_diverse_than_the_baseline_is_outside():
    means = {"mle": sweep(), "seqgan": sweep(right=4.0), "gumbel_gan": sweep(right=4.6)}
    assert beyond(means, "mle") == ["gumbel_gan"]  # 4 + 3 · 1.5 < 4 + 4.6
    assert beyond(means, "cot") == []


def test_pictures_are_drawn_with_and_without_a_baseline(tmp_path):
    sweeps = {"mle": {0: sweep(), 1: sweep(up=0.1)}, "seqgan": {0: sweep(up=-0.2)}}
    draw_frontier(
        tmp_path / "with.png",
        sweeps,
        references={"the oracle itself": (3.0, 3.0)},
        published={"mle, published": [(7.6, 9.4), (7.8, 8.7)], "leakgan, published": [(11, 10)]},
        title="title",
    )
    draw_frontier(tmp_path / "without.png", {"seqgan": sweeps["seqgan"]})
    starts = {".png": PNG, ".svg": b"<?xml", ".pdf": b"%PDF"}
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"{name}{suffix}" for name in ("with", "without") for suffix in starts}
    for path in tmp_path.iterdir():
        assert path.read_bytes().startswith(starts[path.suffix])


def test_differences_are_drawn_where_rows_or_intervals_are_missing(tmp_path):
    panels = [
        Panel("Δ NLL_oracle", {"cosine": [0.1, 0.3], "l2": [-0.1]}, 0.2, frozenset({"cosine"})),
        Panel("Δ NLL_test", {"l2": [0.0, 0.0]}, None, frozenset()),
    ]
    draw_differences(tmp_path / "a.png", panels, "title")
    assert (tmp_path / "a.png").read_bytes().startswith(PNG)
