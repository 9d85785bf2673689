"""What the ablation says of a row: differences, tests, conclusions."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.compare import ablation_rows
from benchmarks.compare import effects as effects_module
from benchmarks.compare.effects import compare, effects, metrics
from benchmarks.reports import ablation as ablation_report
from benchmarks.runner.benchmark_run import BenchmarkRun
from helpers.tiny import tiny
from leakgan_tf.metrics import significance
from leakgan_tf.reporting import report
from leakgan_tf.reporting.document import Heading, Table
from leakgan_tf.runs.record import RunRecord

METRIC = "NLL_oracle, T = 1"


def done(folder, runs, missing=()):
    return BenchmarkRun(
        "ablation", folder, runs, "python -m benchmarks.ablation", {}, dict(missing)
    )


def of_seeds(*values):
    return dict(enumerate(values))


def figures(level, seed, distinct=1.0):
    """Of a run whose sweep is a straight line, `level` above that of level 0 of the same seed."""
    sweep = [
        {"temperature": t, "nll_test": 3 + 1 / t + seed, "nll_oracle": 6 - 1 / t + level + seed,
         "distinct": distinct}
        for t in (1.0, 1 / 1.5, 1 / 2.5)
    ]  # fmt: skip
    return {
        "nll_oracle_1.0": 5 + level + seed,
        "nll_test_1.0": 4 + seed,
        "distinct_1.0": 1.0,
        "sweep": sweep,
    }


def test_differences_are_taken_seed_by_seed():
    """A shift that all seeds share has no spread, however much the seeds differ."""
    values = {"original": of_seeds(1.0, 5.0, 9.0), "cosine": of_seeds(0.75, 4.75, 8.75)}
    found = effects(values)["cosine"]
    assert found.differences == of_seeds(-0.25, -0.25, -0.25)
    assert found.mean == -0.25 and found.share == pytest.approx(-0.25 / 4)
    assert found.own is None and found.shared is None
    swapped = {"original": values["original"], "cosine": {2: 8.75, 0: 0.75, 1: 4.75}}
    assert effects(swapped)["cosine"].differences == found.differences


def test_rows_stand_in_the_order_of_their_effect():
    values = {"original": of_seeds(1.0), "l2": of_seeds(1.1), "cosine": of_seeds(0.5)}
    assert list(effects(values)) == ["cosine", "l2"]
    assert {effect.conclusion() for effect in effects(values).values()} == {"one seed: open"}


def noisy(shifts, seeds=3, spread=0.1):
    random = np.random.default_rng(0)
    base = random.normal(0, 1, seeds)
    rows = {"original": 0.0, **shifts}
    return {
        name: of_seeds(*(base + shift + random.normal(0, spread, seeds)))
        for name, shift in rows.items()
    }


def test_large_effects_move_and_small_ones_are_not_seen():
    shifts = {"cosine": 1.0, "l2": -1.0, **{f"row{number}": 0.0 for number in range(6)}}
    found = effects(noisy(shifts))
    assert {name: each.moves for name, each in found.items()} == {
        name: abs(shift) == 1.0 for name, shift in shifts.items()
    }
    assert found["cosine"].conclusion() == "moves"
    assert found["row1"].conclusion() == "not seen with 3 seeds"


def test_p_is_corrected_for_the_number_of_rows():
    values = noisy({"cosine": 0.3, "l2": 0.2, "dropout": 0.0})
    found = effects(values)
    spread = effects_module.shared_spread(values)
    raw = {
        name: significance.between_rows(list(each.differences.values()), spread).p
        for name, each in found.items()
    }
    smallest = min(raw, key=raw.get)
    assert found[smallest].shared.p == pytest.approx(3 * raw[smallest])
    assert found[smallest].own.p == pytest.approx(
        significance.between_seeds(list(found[smallest].differences.values())).p
    )


def test_a_row_whose_seeds_disagree_does_not_move():
    values = {
        "original": of_seeds(0.0, 0.0, 0.01),
        "cosine": of_seeds(3.0, 3.0, -0.1),
        **{f"row{number}": of_seeds(0.0, 0.01, 0.0) for number in range(20)},
    }
    found = effects(values)["cosine"]
    assert found.shared.p < effects_module.LEVEL and not found.moves


def test_a_row_that_lacks_a_seed_is_in_no_common_test():
    values = noisy({"cosine": 1.0, "l2": 0.0})
    del values["cosine"][1]
    found = effects(values)
    assert list(found["cosine"].differences) == [0, 2]
    assert found["cosine"].shared is None and found["cosine"].conclusion() == "no common test: open"
    assert found["l2"].shared is not None
    assert compare(values, [("cosine", "l2")])["cosine", "l2"].shared is None
    assert effects({"original": of_seeds(1.0), "cosine": {7: 2.0}}) == {}


def test_the_last_metric_is_the_distance_from_the_sweep_of_the_original_of_the_same_seed():
    runs = {
        "original": {seed: figures(0.0, seed) for seed in (0, 4)},
        "cosine": {seed: figures(0.5, seed, distinct=0.75) for seed in (0, 4)},
    }
    found = metrics(runs)
    assert found["from the frontier, T = 1/1.5"]["original"] == {0: 0.0, 4: 0.0}
    assert found["from the frontier, T = 1/1.5"]["cosine"] == {
        0: pytest.approx(0.5),
        4: pytest.approx(0.5),
    }
    assert found["distinct, T = 1/2.5"]["cosine"] == {0: 0.75, 4: 0.75}
    del runs["cosine"][4]["sweep"]
    assert list(metrics(runs)) == [METRIC, "NLL_test, T = 1", "distinct, T = 1"]


def measured(shifts, seeds=2):
    random = np.random.default_rng(0)
    known = ablation_rows.rows()
    return [
        RunRecord(f"{name}-seed{seed}", Path(f"{name}-seed{seed}"),
                  tiny(seed=seed, reward=known[name].reward), {}, [],
                  figures(shift + random.normal(0, 0.01), seed), {})
        for name, shift in shifts.items()
        for seed in range(seeds)
    ]  # fmt: skip


def test_the_report_has_tables_a_picture_and_the_controls(tmp_path, monkeypatch):
    written = {}
    monkeypatch.setattr(
        report, "write_report",
        lambda runs, out, *rest: written.update(runs=runs, first=rest[-1]) or (out, out),
    )  # fmt: skip
    shifts = {"original": 0.0, "cosine": 0.7, "paper": -1.0, "paper-random": -0.3}
    ablation_report.write(done(tmp_path, measured(shifts), {"l2": "died"}))
    assert written["runs"] == []  # a page of every row and seed would not be read
    assert (tmp_path / "differences.png").read_bytes().startswith(b"\x89PNG")
    tables = [block for block in written["first"] if isinstance(block, Table)]
    overview, controls, first_metric = tables[0], tables[1], tables[2]
    assert [row[0] for row in overview.rows] == ["paper", "cosine", "paper-random"]
    assert [row[:2] for row in controls.rows] == [["paper-random", "paper"]]
    assert controls.rows[0][2].startswith("+0.7")
    assert [row[0] for row in first_metric.rows] == ["original", "paper", "cosine", "paper-random"]
    assert first_metric.rows[1][-1] == "moves"
    headings = [block.text for block in written["first"] if isinstance(block, Heading)]
    assert METRIC in headings and "distinct, T = 1" not in headings  # the same in all runs
    told = " ".join(getattr(block, "text", "") for block in written["first"])
    assert "l2 did not finish" in told
    stored = json.loads((tmp_path / "report.json").read_text())
    assert stored["missing"] == ["l2"] and "missing" not in stored["made_by"]
    effect = stored["effects"][METRIC]["cosine"]
    assert effect["conclusion"] == "moves" and len(effect["differences"]) == 2
    control = stored["controls"][METRIC]["paper-random"]
    assert control["against"] == "paper" and control["conclusion"] == "moves"
    assert sum(control["differences"].values()) == pytest.approx(1.4, abs=0.1)
    assert stored["effects"]["distinct, T = 1"]["paper"]["differences"] == {"0": 0.0, "1": 0.0}


@pytest.mark.parametrize("rows", [{"cosine": 0.7}, {"original": 0.0}])
def test_where_a_side_is_missing_nothing_is_compared(tmp_path, rows):
    ablation_report.write(done(tmp_path, measured(rows)))
    page = (tmp_path / "report.md").read_text()
    assert "Nothing to compare" in page
    assert not any(json.loads((tmp_path / "report.json").read_text())["effects"].values())
