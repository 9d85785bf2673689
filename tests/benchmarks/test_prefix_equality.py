"""Controls are compared with the real reward's run record by record, up to the first reward."""

from pathlib import Path

import pytest

from benchmarks.compare import prefix_equality
from benchmarks.compare.ablation_rows import rows
from helpers.tiny import tiny
from leakgan_tf.runs.record import RunRecord

BEFORE = [
    {"position": 0, "group": "pretrain/discriminator", "loss": 0.7, "seconds": 1.0},
    {"position": 1, "group": "pretrain/generator", "worker_loss": 3.25, "seconds": 2.0},
    {"position": 1, "group": "evaluation", "nll_test_1.0": 3.5, "spent": 3.0},
]
AFTER = {"position": 2, "group": "adversarial/generator", "reward_mean": 0.5, "seconds": 1.0}


def run(name, before, **after):
    lines = [*before, {**AFTER, **after}, {**before[-1], "position": 2, "nll_test_1.0": 9.0}]
    return RunRecord(name, Path(name), tiny("leakgan"), {}, lines, {}, {})


def later(before):
    """The same at another time of day."""
    return [{**line, "seconds": 9.0, "spent": 9.0} for line in before]


def test_times_and_what_follows_the_first_reward_make_no_difference():
    runs = [
        run("original-seed0", BEFORE),
        run("original-constant-seed0", later(BEFORE), reward_mean=0.1),
        run("cosine-seed0", later(BEFORE)[:1]),  # no control: not compared
        run("paper-random-seed0", BEFORE),  # nothing to compare it with
    ]
    found = prefix_equality.compare(runs, rows())
    expected = {"against": "original-seed0", "records": 3, "same": True}
    assert found == {"original-constant-seed0": expected}
    assert "all 1 runs with a control" in prefix_equality.describe(found)


@pytest.mark.parametrize(
    "changed",
    [BEFORE[:2], [], [*BEFORE[:1], {**BEFORE[1], "worker_loss": 3.25 + 2**-20}, BEFORE[2]]],
)
def test_a_record_less_or_a_bit_more_is_told(changed):
    runs = [
        run("paper-seed3", BEFORE),
        run("paper-shuffled-seed3", changed or [AFTER]),
    ]
    found = prefix_equality.compare(runs, rows())
    assert not found["paper-shuffled-seed3"]["same"]
    assert "Different from the run with D's reward before" in prefix_equality.describe(found)
    assert "paper-shuffled-seed3" in prefix_equality.describe(found)


def test_nothing_to_compare_is_nothing_said():
    assert prefix_equality.describe(prefix_equality.compare([], rows())) == ""
