"""What discriminators knew, in the picture, in the tables, and where it is below zero."""

import pytest

from leakgan_tf.reporting import bound_picture
from leakgan_tf.reporting.bound_picture import bounds_of, draw_bounds
from leakgan_tf.reporting.figure_tables import KNOWN, figure_table

ROUNDS = [
    {"group": "pretrain/discriminator", "donsker_varadhan_bound": 0.2},
    {"group": "adversarial/generator", "loss": 1.0},
    {"group": "adversarial/discriminator", "donsker_varadhan_bound": -0.1},
]


def test_only_rounds_of_a_discriminator_are_drawn(tmp_path):
    assert [each[:2] for each in bounds_of(ROUNDS)] == [(False, 0.2), (True, -0.1)]
    assert draw_bounds(tmp_path / "bounds.png", {"a": ROUNDS, "b": ROUNDS[1:2]})
    assert (tmp_path / "bounds.png").read_bytes().startswith(b"\x89PNG")
    assert not draw_bounds(tmp_path / "none.png", {"b": ROUNDS[1:2]})
    assert not (tmp_path / "none.png").exists()


def test_tempered_bounds_are_drawn_where_they_were_recorded(tmp_path, monkeypatch):
    figures = []
    monkeypatch.setattr(bound_picture, "save_picture", lambda figure, *_: figures.append(figure))
    known = [{**line, "tempered_bound": 0.5} for line in ROUNDS]
    draw_bounds(tmp_path / "a.png", {"a": ROUNDS})
    draw_bounds(tmp_path / "a.png", {"a": ROUNDS, "b": known})
    (without,), (both,) = (figure.axes for figure in figures)
    texts = [[text.get_text() for text in axes.get_legend().texts] for axes in (without, both)]
    assert ["tempered" in each for each in texts] == [False, True]
    dashed = [line for line in both.lines if line.get_linestyle() == "--" and len(line.get_ydata())]
    assert [list(line.get_ydata()) for line in dashed[1:]] == [[0.5, 0.5]]
    assert both.get_ylim()[1] > 0.5 > without.get_ylim()[1]


@pytest.mark.parametrize(
    ("bounds", "cell"),
    [
        ([0.01], "0.0100"),
        ([-0.01], "-0.0100 (below 0)"),
        ([0.02, -0.01], "0.0050 ± 0.0212 (1 of 2 below 0)"),
        ([-0.02, -0.01], "-0.0150 ± 0.0071 (below 0)"),
    ],
)
def test_a_table_says_which_bound_is_below_zero(bounds, cell):
    rows = [("a", [{"discriminator": {"donsker_varadhan_bound": bound}} for bound in bounds])]
    table = figure_table("system", KNOWN, [*rows, ("mle", [{}])])
    assert table.headers == ["system", "D knows, nats per token"]
    assert table.rows == [["a", cell], ["mle", ""]]
