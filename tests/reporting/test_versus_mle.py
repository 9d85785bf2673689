"""The comparison with MLE: which seed is set against which, and what the cells say."""

import json
from pathlib import Path

import pytest

from benchmarks.compare import effects
from benchmarks.runner import mle_frontier
from helpers.tiny import tiny
from leakgan_tf.metrics import significance
from leakgan_tf.metrics.frontier import BETTER, LESS_DIVERSE, MORE_DIVERSE, WORSE
from leakgan_tf.metrics.temperatures import temperature_key
from leakgan_tf.reporting import comparison, frontier_picture, versus_mle
from leakgan_tf.reporting.against import against_table, difference, distance_cell, significance_cell
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.record import RunRecord
from leakgan_tf.tasks import synthetic
from leakgan_tf.utils.errors import UserError

# MLE's sweep: (temperature, NLL_test, NLL_oracle). At 1.25 it is worse than at 1 in both.
POINTS = ((1.25, 4.05, 5.5), (1.0, 4.0, 5.0), (1 / 1.5, 4.5, 4.0), (0.5, 5.5, 3.0))


def run(system, seed, right=0.0, up=0.0, spread=0.5, sweep=True):
    """A run whose sweep is MLE's of seed 0, moved."""
    rows = [
        {
            "temperature": temperature,
            "nll_test": x + right,
            "distinct": 1.0,
            "nll_oracle": y + up,
            "nll_oracle_deviation": spread,
            "sentences": 400,
        }
        for temperature, x, y in POINTS
    ]
    return record(tiny(system, seed=seed), {"sweep": rows} if sweep else {})


def record(config, measured, records=()):
    name = f"{config.system}-seed{config.seed}"
    return RunRecord(name, Path(name), config, {}, list(records), measured, {})


def found(*measured, system="seqgan", temperature="1.0"):
    comparison = versus_mle.compare(measured)
    json.dumps(comparison, allow_nan=False)
    return comparison["systems"][system][temperature]


def test_mle_is_at_no_distance_from_its_own_sweep():
    runs = [run("mle", 0), run("mle", 1, right=0.3, up=-0.4)]
    for temperature in ("1.0", "0.667"):
        own = found(*runs, system="mle", temperature=temperature)
        assert [entry["distance"] for entry in own["frontier"]] == [0.0, 0.0]
        assert "sentences" not in own
    table = against_table(versus_mle.compare(runs))
    # No test and no difference of MLE with itself: no column of one.
    assert table.headers == ["against MLE", "T", "from the frontier", "from the envelope"]
    assert [row[2] for row in table.rows] == ["+0.000 ± 0.000"] * 2


def test_one_seed_has_no_column_of_a_test_over_seeds():
    headers = against_table(versus_mle.compare([run("mle", 0), run("seqgan", 0)])).headers
    assert "p (sentences)" in headers and "p (seeds)" not in headers
    seeds = [run("mle", 0), run("mle", 1), run("seqgan", 0, up=0.1), run("seqgan", 1, up=0.3)]
    assert "p (seeds)" in against_table(versus_mle.compare(seeds)).headers


def test_each_seed_meets_mle_of_its_own_seed():
    measured = [run("mle", 0), run("mle", 1, up=2.0), run("seqgan", 1, up=2.3), run("seqgan", 0)]
    own = found(*measured)
    assert own["seeds"] == own["paired_seeds"] == [1, 0]
    assert [entry["distance"] for entry in own["frontier"]] == [pytest.approx(0.3), 0.0]
    assert own["nll_oracle_differences"] == [pytest.approx(0.3), 0.0]


def test_a_seed_without_mle_meets_the_mean_of_mle_and_is_in_no_paired_test():
    own = found(run("mle", 0), run("mle", 1, up=2.0), run("seqgan", 5), run("seqgan", 1, up=2.0))
    assert own["seeds"] == [5, 1] and own["paired_seeds"] == [1]
    assert [entry["distance"] for entry in own["frontier"]] == [-1.0, 0.0]
    assert own["nll_oracle_differences"] == [0.0]
    assert own["across_seeds"] is None
    alone = found(run("mle", 0), run("seqgan", 5, up=-1.0))
    assert alone["sentences"] is None and alone["nll_oracle_differences"] == []
    assert alone["frontier"][0]["distance"] == -1.0


def test_what_is_compared_is_what_is_measured_and_marked():
    swept = {temperature_key(temperature) for temperature in synthetic.SWEEP}
    assert tuple(frontier_picture.MARKS) == versus_mle.KEYS
    assert set(versus_mle.KEYS) < swept
    assert {effects._COMPARED, effects._SHARPEST} < swept


def test_runs_without_a_sweep_are_left_out():
    assert versus_mle.compare([run("mle", 0, sweep=False), run("seqgan", 0)]) == {}
    assert versus_mle.compare([run("seqgan", 0)]) == {}
    assert against_table({}) is None
    systems = versus_mle.compare([run("mle", 0), run("seqgan", 0, sweep=False)])["systems"]
    assert list(systems) == ["mle"]


def test_the_tuned_mle_can_be_the_baseline():
    """Its own row is at no distance, and MLE is compared with it as every system is."""
    runs = [run("mle", 0, up=0.5), run("mle_tuned", 0), run("seqgan", 0, up=0.2)]
    tuned = versus_mle.compare(runs, baseline=versus_mle.TUNED)
    deltas = {
        system: rows["1.0"].get("nll_oracle_differences")
        for system, rows in tuned["systems"].items()
    }
    assert deltas == {
        "mle": [pytest.approx(0.5)], "mle_tuned": None, "seqgan": [pytest.approx(0.2)]
    }  # fmt: skip
    assert tuned["systems"]["mle_tuned"]["1.0"]["frontier"][0]["distance"] == 0.0
    assert against_table(tuned).headers[0] == "against MLE, tuned"
    assert versus_mle.compare(runs[:1], baseline=versus_mle.TUNED) == {}


def test_both_tests_are_of_the_right_numbers():
    measured = [run("mle", seed) for seed in (0, 1)]
    measured += [run("seqgan", 0, up=-0.3), run("seqgan", 1, up=-0.1)]
    own = found(*measured)
    rows = [{"nll_oracle": y, "nll_oracle_deviation": 0.5, "sentences": 400} for y in (4.9, 5.0)]
    expected = significance.between_sentences([(rows[0], rows[1])])
    assert own["sentences"] == {"direction": "lower", "p": pytest.approx(expected.p)}
    assert own["across_seeds"]["p"] == pytest.approx(significance.between_seeds([-0.3, -0.1]).p)
    assert own["frontier_p"]["p"] == pytest.approx(own["across_seeds"]["p"])


@pytest.mark.parametrize(
    ("moves", "tested"),
    [
        ([(0.1, 0.3), (0.2, 0.1)], True),
        ([(-0.1, -0.3), (-0.2, -0.1)], True),  # better in both: bounds on the safe side
        ([(-0.1, -0.3), (-0.2, 0.1)], False),  # more diverse and worse: nothing is certain
        ([(-0.1, -0.3), (0.1, 5.0)], False),  # a bound below zero proves nothing of a mean above
    ],
)
def test_distances_are_tested_where_bounds_cannot_mislead(moves, tested):
    measured = [run("mle", seed) for seed in range(len(moves))]
    measured += [run("seqgan", seed, *move) for seed, move in enumerate(moves)]
    assert (found(*measured)["frontier_p"] is not None) == tested


def entries(*pairs):
    return [
        {"bound": bound, "place": place, "distance": bound if place == "" else None}
        for bound, place in pairs
    ]


@pytest.mark.parametrize(
    ("given", "cell"),
    [
        (entries((-0.25, "")), "-0.250"),
        (entries((0.1, ""), (0.3, "")), "+0.200 ± 0.141"),
        (entries((-0.1, BETTER), (-0.3, "")), "≤ -0.200 ± 0.141"),
        (entries((0.1, WORSE)), "≥ +0.100"),
        (entries((0.1, MORE_DIVERSE)), "more diverse"),
        (entries((-1.0, LESS_DIVERSE), (-2.0, LESS_DIVERSE)), "less diverse"),
        (entries((0.1, ""), (0.2, MORE_DIVERSE)), "+0.100 (1 of 2); 1 more diverse"),
        (entries((0.1, WORSE), (-0.2, BETTER)), "1 worse in both; 1 better in both"),
    ],
)
def test_distances_as_cells(given, cell):
    assert distance_cell(given) == cell


def test_tests_as_cells():
    assert significance_cell(None) == ""
    assert significance_cell({"direction": "lower", "p": 1e-9}) == "better, <1e-6"
    assert significance_cell({"direction": "higher", "p": 0.03}) == "worse, 0.030"
    assert significance_cell({"direction": "lower", "p": 0.3}) == "0.30"
    assert significance_cell({"direction": "mixed", "p": 0.01}) == "seeds disagree"
    assert difference([0.5]) == "+0.500"
    assert difference([-1.0, 0.0]) == "-0.500 ± 0.707"


def test_the_page_says_by_which_rule_weights_were_kept_and_that_rewards_are_controls():
    measured = [run("mle", 0), run("seqgan", 0), run("leakgan", 0)]
    assert "lowest nll_oracle at T = 1 (MLE, SeqGAN, LeakGAN)" in comparison.kept_by(measured)
    by_test = record(tiny("seqgan", select="nll_test"), {})
    told = comparison.kept_by([measured[0], by_test])
    assert "lowest nll_oracle at T = 1 (MLE); lowest nll_test at T = 1 (SeqGAN)" in told
    assert comparison.control_blocks(measured) == []
    controlled = record(tiny("seqgan", reward="shuffled"), {})
    _, paragraph = comparison.control_blocks([measured[0], controlled])
    assert "--reward=shuffled" in paragraph.text


def test_mle_may_stop_at_any_evaluation():
    """Its last weights have overfitted: the envelope, and only it, knows of the better ones."""
    mle = run("mle", 0)
    records = [
        {"position": 4, "group": "mle", "loss": 3.0},
        {"position": 4, "group": "evaluation", "nll_test_1.0": 3.0, "nll_oracle_1.0": 5.0,
         "nll_test_0.667": 3.5, "nll_oracle_0.667": 4.0, "phase": "mle", "spent": 1.0},
    ]  # fmt: skip
    mle = record(mle.config, mle.measured, records)
    comparison = versus_mle.compare([mle, run("seqgan", 0, up=-0.2)])
    assert comparison["envelopes"]["0"]["nll_test"] == (3.0, 3.5, 5.5)
    seqgan, mle = (comparison["systems"][name]["1.0"] for name in ("seqgan", "mle"))
    assert seqgan["frontier"][0]["distance"] == pytest.approx(-0.2)
    # At NLL_test 4.0 the line from (3.5, 4.0) to (5.5, 3.0) is at 3.75.
    assert seqgan["envelope"][0]["distance"] == pytest.approx(4.8 - 3.75)
    assert mle["frontier"][0]["distance"] == 0.0
    assert mle["envelope"][0]["distance"] == pytest.approx(5.0 - 3.75)


def test_further_mle_runs_join_the_envelope_and_stand_for_mle_where_there_is_none():
    more = [{"temperature": 1.0, "nll_test": 3.9, "nll_oracle": 4.0}]
    with_mle = versus_mle.compare([run("mle", 0), run("seqgan", 0)], more)
    seqgan = with_mle["systems"]["seqgan"]["1.0"]
    assert seqgan["frontier"][0]["distance"] == 0.0
    # (4.0, 5.0) is above the line from (3.9, 4.0) to (5.5, 3.0).
    assert seqgan["envelope"][0]["distance"] == pytest.approx(5.0 - (4.0 - 0.1 / 1.6))
    alone = versus_mle.compare([run("seqgan", 0)], more)
    json.dumps(alone, allow_nan=False)
    table = against_table(alone)
    assert table.headers == ["against MLE", "T", "from the envelope"]
    assert table.rows[0][2].startswith("≥ +1.000")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"system": "seqgan"}, "which is a run of seqgan"),
        ({"training_sequences": 32}, "which has training_sequences 32"),
        ({}, "which is not finished"),
    ],
)
def test_further_runs_must_be_of_mle_finished_and_on_the_same_sentences(tmp_path, changes, told):
    other = tiny(changes.pop("system", "mle"), **changes)
    folder = RunFolder(tmp_path / "other")
    folder.claim(other, {})
    folder.release()
    if told != "which is not finished":
        folder.measured.write_text(
            json.dumps({"sweep": run("mle", 0).measured["sweep"], "total_updates": 3})
        )
    with pytest.raises(UserError, match=told):
        mle_frontier.further([str(folder.path)], tiny("leakgan"))


def test_further_sweeps_are_named_by_their_folders(tmp_path):
    folder = RunFolder(tmp_path / "early" / "mle-seed0")
    folder.claim(tiny("mle", mle_epochs=1), {})
    folder.release()
    rows = run("mle", 0).measured["sweep"]
    folder.measured.write_text(json.dumps({"sweep": rows, "total_updates": 3}))
    assert mle_frontier.further([str(folder.path)], tiny("leakgan")) == {"early/mle-seed0": rows}
