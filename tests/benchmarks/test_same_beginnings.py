"""Controls are compared with the real reward's run record by record, up to the first reward."""

import json

import pytest

from benchmarks import same_beginnings
from benchmarks.ablation_rows import rows
from helpers.tiny import tiny

BEFORE = [
    {"position": 0, "group": "pretrain/discriminator", "loss": 0.7, "seconds": 1.0},
    {"position": 1, "group": "pretrain/generator", "worker_loss": 3.25, "seconds": 2.0},
    {"position": 1, "group": "evaluation", "nll_test_1.0": 3.5, "spent": 3.0},
]
AFTER = {"position": 2, "group": "adversarial/generator", "reward_mean": 0.5, "seconds": 1.0}


def run(folder, name, before, **after):
    path = folder / name
    path.mkdir()
    lines = [*before, {**AFTER, **after}, {**before[-1], "position": 2, "nll_test_1.0": 9.0}]
    (path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tiny("leakgan"), path, {}


def later(before):
    """The same at another time of day."""
    return [{**line, "seconds": 9.0, "spent": 9.0} for line in before]


def test_times_and_what_follows_the_first_reward_make_no_difference(tmp_path):
    runs = [
        run(tmp_path, "original-seed0", BEFORE),
        run(tmp_path, "original-constant-seed0", later(BEFORE), reward_mean=0.1),
        run(tmp_path, "cosine-seed0", later(BEFORE)[:1]),  # no control: not compared
        run(tmp_path, "paper-random-seed0", BEFORE),  # nothing to compare it with
    ]
    found = same_beginnings.compare(runs, rows())
    expected = {"against": "original-seed0", "records": 3, "same": True}
    assert found == {"original-constant-seed0": expected}
    assert "all 1 runs with a control" in same_beginnings.describe(found)


@pytest.mark.parametrize(
    "changed",
    [BEFORE[:2], [], [*BEFORE[:1], {**BEFORE[1], "worker_loss": 3.25 + 2**-20}, BEFORE[2]]],
)
def test_a_record_less_or_a_bit_more_is_told(tmp_path, changed):
    runs = [
        run(tmp_path, "paper-seed3", BEFORE),
        run(tmp_path, "paper-shuffled-seed3", changed or [AFTER]),
    ]
    found = same_beginnings.compare(runs, rows())
    assert not found["paper-shuffled-seed3"]["same"]
    assert "Not the same run before the first reward" in same_beginnings.describe(found)
    assert "paper-shuffled-seed3" in same_beginnings.describe(found)


def test_nothing_to_compare_is_nothing_said(tmp_path):
    assert same_beginnings.describe(same_beginnings.compare([], rows())) == ""
