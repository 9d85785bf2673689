"""Files of a run's folder that a kill, a disk or a hand has changed."""

import json

import pytest

from helpers.tiny import tiny
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.shapes import check_figures, check_record, read_records
from leakgan_tf.utils.errors import UserError

FIRST = {"position": 0, "group": "mle", "updates": 3, "loss": 2.5, "seconds": 0.5}
EVALUATION = {"position": 0, "group": "evaluation", "phase": "mle", "spent": 1.0, "nll_test": 2.0}
LINES = [
    json.dumps(line).encode() + b"\n" for line in (FIRST, EVALUATION, {**FIRST, "position": 1})
]
ROW = {
    "temperature": 1.0, "nll_oracle": 2.5, "nll_oracle_deviation": 0.4, "nll_test": 2.6,
    "distinct": 0.9, "sentences": 16,
}  # fmt: skip
ORDERS = {order: 0.5 for order in "2345"}
TEXT = {"bleu": ORDERS, "self_bleu": ORDERS, "backward_bleu": ORDERS, "distinct_sentences": 1.0}


@pytest.fixture
def run(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.claim(tiny("mle"), {})
    folder.release()
    return folder


@pytest.mark.parametrize("end", [b"", LINES[1][:20], LINES[1][:-1] + b"}", b"\xff"])
def test_half_a_line_at_the_end_is_of_what_is_run_again(run, end):
    run.metrics.write_bytes(LINES[0] + end)
    assert run.records() == [FIRST]
    run.forget_after(1)
    assert run.metrics.read_bytes() == LINES[0]


def test_a_whole_line_without_its_end_is_kept(run):
    run.metrics.write_bytes(LINES[0] + LINES[1][:-1])
    assert run.records() == [FIRST, EVALUATION]
    run.forget_after(1)
    assert run.metrics.read_bytes() == LINES[0] + LINES[1]


@pytest.mark.parametrize(
    "line",
    [b"half\n", b"\xff\n", b"\n", b"[]\n", b'{"position": 0}\n',
     b'{"position": "0", "group": "x"}\n',
     b'{"position": -1, "group": "x"}\n', b'{"position": 0, "group": "x", "loss": "high"}\n',
     b'{"position": 0, "group": "evaluation"}\n', b'{"position": 0, "group": "x", "loss": 1e99}\n',
     b'{"position": 0, "group": "\\ud800"}\n', b'{"a":' * 5000 + b"\n"],
)  # fmt: skip
def test_a_broken_line_in_between_is_named_and_nothing_is_dropped(run, line):
    content = LINES[0] + line + LINES[2]
    run.metrics.write_bytes(content)
    for use in (run.records, lambda: run.forget_after(1), lambda: read_records(run.metrics)):
        with pytest.raises(UserError, match=r"metrics\.jsonl line 2"):
            use()
    assert run.metrics.read_bytes() == content


def test_values_that_were_not_measured_are_no_damage():
    found = check_record({**FIRST, "loss": float("nan"), "gradient_norm": float("inf")}, "line 1")
    assert found["loss"] != found["loss"]


@pytest.mark.parametrize(
    ("task", "figures", "message"),
    [
        ("synthetic", [], "must be an object"),
        ("synthetic", {"nll_oracle_1.0": "low"}, "nll_oracle_1.0 must be a number"),
        ("synthetic", {"sweep": {}}, "sweep must be a list"),
        (
            "synthetic",
            {"sweep": [{**ROW, "distinct": None}]},
            r"sweep\[0\]\.distinct must be a num",
        ),
        ("synthetic", {"seconds": {"mle": -1}}, r"seconds\.mle must be at least 0"),
        ("synthetic", {"best": {"position": "x"}}, r"best\.position must be a number"),
        ("text", {}, "has no 'backward_bleu'"),
        ("text", {**TEXT, "bleu": {"2": 0.1}}, r"bleu has no '3'"),
        ("text", {**TEXT, "sweep": [ROW]}, r"sweep\[0\] has no"),
        ("text", {**TEXT, "distinct": 0.5}, "distinct must be an object"),
    ],
)
def test_figures_of_another_shape_are_refused(run, task, figures, message):
    run.measured.write_text(json.dumps(figures))
    with pytest.raises(UserError, match=rf"measured\.json.*{message}"):
        run.read_figures(task)


def test_figures_come_back_as_they_were(run):
    assert run.read_figures("synthetic") == {}
    for task, figures in (("synthetic", {"sweep": [ROW], "nll_test_1.0": 2.5}), ("text", TEXT)):
        figures = {**figures, "total_updates": 3}
        run.measured.write_text(json.dumps(figures))
        assert run.read_figures(task) == figures
        assert check_figures(figures, task, "figures") == figures
    run.measured.write_text("{}")
    with pytest.raises(UserError, match="total_updates"):
        run.read_figures("synthetic")
