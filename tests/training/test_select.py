"""The best weights are kept by the rule asked for, and the rule changes nothing else."""

import json
import math

import numpy as np
import pytest

from benchmarks import synthetic
from benchmarks.runner import mle_frontier as frontiers
from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.cli import entry
from leakgan_tf.metrics.frontier import Frontier
from leakgan_tf.runs import checkpoint
from leakgan_tf.runs.checkpoint import Progress
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.load import load
from leakgan_tf.systems.registry import make_system, read_config
from leakgan_tf.tasks.synthetic import SyntheticTask, frontier_distances, make_oracle
from leakgan_tf.training.trainer import Trainer
from leakgan_tf.utils.errors import UserError

FRONTIER = Frontier.of_sweep(
    [{"nll_test": x, "nll_oracle": y} for x, y in ((2.0, 4.0), (2.4, 3.0), (3.0, 2.0))]
)


@pytest.fixture(scope="module", autouse=True)
def program():
    with runs.as_a_program():
        yield


# --- The rule in the configuration -------------------------------------------------------------


def test_each_task_has_a_rule_of_its_own():
    assert tiny().score == "nll_oracle_1.0"
    assert tiny(task="text").score == "nll_test_1.0"
    assert tiny(select="nll_test").score == "nll_test_1.0"
    assert tiny(task="text", select="nll_test").score == "nll_test_1.0"
    assert tiny(select="frontier").score == "frontier"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"task": "text", "select": "nll_oracle"}, "on text give nll_test"),
        ({"task": "text", "select": "frontier"}, "on text give nll_test"),
        ({"system": "mle", "select": "frontier"}, "mle"),
        ({"select": "bleu"}, "must be one of task, nll_oracle, nll_test, frontier"),
    ],
)
def test_impossible_rules_are_refused(changes, told):
    with pytest.raises(UserError, match=told):
        tiny(**{"system": "leakgan", **changes})


def test_a_configuration_from_before_there_was_a_choice_is_still_read(tmp_path):
    old = tiny("mle").to_json()
    del old["select"]
    assert read_config(old) == tiny("mle")
    run = RunFolder(tmp_path)
    run.claim(tiny("mle"), {})
    run.release()
    run.refuse_others(tiny("mle"))
    with pytest.raises(UserError, match="select: task -> nll_test"):
        run.refuse_others(tiny("mle", select="nll_test"))


# --- In a run ----------------------------------------------------------------------------------


def trained(folder, frontier=None, **changes):
    # A learning rate at which the two figures disagree on the best evaluation.
    epochs = {"scheduled_sampling_epochs": 8, "mle_learning_rate": 0.05}
    config = tiny("scheduled_sampling", **epochs, **changes)
    task = SyntheticTask(config, make_oracle(config), frontier)
    system, run = make_system(config, task), RunFolder(folder)
    run.claim(config, {})
    try:
        Trainer(config, system, task, run).run()
    finally:
        run.release()
    return run


@pytest.fixture(scope="module")
def by_rule(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return {
        "task": trained(folder / "task"),
        "nll_test": trained(folder / "test", select="nll_test"),
        "frontier": trained(folder / "frontier", FRONTIER, select="frontier"),
    }


@pytest.mark.parametrize(
    ("rule", "score"),
    [("task", "nll_oracle_1.0"), ("nll_test", "nll_test_1.0"), ("frontier", "frontier")],
)
def test_the_evaluation_with_the_least_figure_is_kept(by_rule, rule, score):
    lines = [line for line in by_rule[rule].records() if line["group"] == "evaluation"]
    least = min(lines, key=lambda line: line.get(score, np.inf))
    best = runs.progress(by_rule[rule].best)["best"]
    assert (best["rule"], best["position"]) == (score, least["position"] + 1)
    assert best[score] == least[score]


def test_the_rules_disagree_here(by_rule):
    kept = {runs.progress(run.best)["best"]["position"] for run in by_rule.values()}
    assert len(kept) > 1


@pytest.mark.parametrize("rule", ["nll_test", "frontier"])
def test_the_rule_changes_no_other_number(by_rule, rule):
    def without_distances(run):
        lines = runs.records(run.path)
        return [{k: v for k, v in line.items() if "frontier" not in k} for line in lines]

    assert without_distances(by_rule[rule]) == without_distances(by_rule["task"])
    found = runs.arrays(by_rule[rule].checkpoint)
    for name, array in runs.arrays(by_rule["task"].checkpoint).items():
        assert found[name].tobytes() == array.tobytes(), name


# --- The distance from the frontier ------------------------------------------------------------


def row(temperature, nll_test, nll_oracle, distinct=1.0):
    return {
        "temperature": temperature,
        "nll_test": nll_test,
        "nll_oracle": nll_oracle,
        "distinct": distinct,
        "nll_oracle_deviation": 0.5,
        "sentences": 4,
    }


def test_the_least_distance_of_the_temperatures_counts():
    found = frontier_distances(FRONTIER, [row(1.0, 2.4, 3.25), row(1 / 1.5, 3.0, 1.75)])
    assert found == {"frontier_1.0": 0.25, "frontier_0.667": -0.25, "frontier": -0.25}


def test_a_model_less_varied_than_the_whole_frontier_has_no_distance():
    """It would look better and better the more it collapses."""
    assert frontier_distances(FRONTIER, [row(1.0, 3.1, 0.1), row(1 / 1.5, 9.0, 0.1)]) == {}
    found = frontier_distances(FRONTIER, [row(1.0, 2.4, 3.0), row(1 / 1.5, 3.1, 0.1)])
    assert found == {"frontier_1.0": 0.0, "frontier": 0.0}


def test_a_model_that_repeats_itself_has_no_distance():
    rows = [row(1.0, 2.4, 3.25, distinct=0.8), row(1 / 1.5, 3.0, 1.0, distinct=0.79)]
    assert frontier_distances(FRONTIER, rows) == {"frontier_1.0": 0.25, "frontier": 0.25}


def test_a_model_more_varied_than_the_whole_frontier_has_the_least_that_is_sure():
    assert frontier_distances(FRONTIER, [row(1.0, 1.0, 3.5)])["frontier"] == -0.5


def test_without_a_frontier_the_task_is_refused():
    config = tiny("seqgan", select="frontier")
    with pytest.raises(UserError, match="mle"):
        SyntheticTask(config, make_oracle(config))


def test_an_evaluation_without_the_figure_is_kept_only_before_there_is_one_with_it(tmp_path):
    """A score that is no number at first, rises above its first value, and is missing at times."""

    class Scored(SyntheticTask):
        distances = iter([math.nan, None, 3.0, None, 2.0, 2.5, None, 4.0])

        def evaluate(self, generator, seed):
            distance = next(self.distances)
            return {"nll": 1.0} if distance is None else {"nll": 1.0, "frontier": distance}

    best = []

    class Tells(Trainer):
        def _keep_if_best(self, figures):
            super()._keep_if_best(figures)
            best.append(runs.progress(RunFolder(tmp_path).best)["best"]["position"])

    config = tiny("seqgan", mle_epochs=8, seqgan_steps=0, seqgan_discriminator_rounds=0,
                  select="frontier")  # fmt: skip
    task, run = Scored(config, make_oracle(config), FRONTIER), RunFolder(tmp_path)
    run.claim(config, {})
    try:
        Tells(config, make_system(config, task), task, run).run()
    finally:
        run.release()
    assert best == [1, 1, 3, 3, 5, 5, 5, 5]


# --- What tells of it --------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["nll_test_1.0", None])
def test_weights_say_which_they_are(tmp_path, rule):
    system = runs.begun(tiny("mle"), tmp_path)
    best = {"position": 2, "nll_oracle_1.0": 4.0, "nll_test_1.0": 2.5}
    if rule:
        best["rule"] = rule
    saved = Progress(position=2, total=9, best=best)
    checkpoint.save(RunFolder(tmp_path).best, saved, system.models, {})
    expected = "nll_test_1.0, 2.500" if rule else "nll_oracle_1.0, 4.000"  # before: the task's
    told = f"best weights after 2 of 9 phases: the evaluation with the least {expected}"
    assert load(tmp_path, best=True).chosen == told
    assert load(tmp_path).chosen == "weights after 3 of 9 phases"


# --- The benchmark -----------------------------------------------------------------------------


def flags(*words):
    values = synthetic.define_flags()
    values(["program", *words])
    return values


def test_mle_itself_is_kept_by_the_tasks_rule():
    values = flags("--systems=mle,seqgan", "--select=frontier", "--preset=smoke")
    assert [(each.system, each.select) for each in synthetic.make_configs(values, "").values()] == [
        ("mle", "task"),
        ("seqgan", "frontier"),
    ]
    values = flags("--systems=mle,seqgan", "--select=nll_test", "--preset=smoke")
    assert {each.select for each in synthetic.make_configs(values, "").values()} == {"nll_test"}


def test_without_mle_the_benchmark_is_refused_before_anything_is_made(tmp_path, capsys):
    words = ["program", "--systems=seqgan", "--select=frontier", f"--run_dir={tmp_path / 'new'}"]
    assert entry.run(synthetic.run, synthetic.define_flags(), words, "") == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "mle-seed0, which is not finished: add mle to --systems" in error
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("changes", "figures", "told"),
    [
        ({}, {"sweep": [row(1.0, 2.0, 4.0)]}, ""),
        ({}, {"nll_oracle_1.0": 4.0}, "without a sweep"),
        ({"oracle_seed": 1}, {"sweep": [row(1.0, 2.0, 4.0)]}, "which has oracle_seed 1"),
    ],
)
def test_a_finished_mle_run_in_the_folder_is_the_frontier(tmp_path, changes, figures, told):
    run = RunFolder(tmp_path / "mle-seed3")
    run.claim(tiny("mle", seed=3, **changes), {})
    run.release()
    run.measured.write_text(json.dumps({"total_updates": 3, **figures}))
    config, path = tiny("seqgan", seed=3, select="frontier"), tmp_path / "seqgan-seed3"
    if told:
        with pytest.raises(UserError, match=told):
            frontiers.check({path: config})
        return
    frontiers.check({path: config})
    assert frontiers.frontier(path, config) == Frontier((2.0,), (4.0,))
    other = tiny("seqgan", seed=4, select="frontier")
    with pytest.raises(UserError, match="mle-seed4"):
        frontiers.check({path: config, tmp_path / "seqgan-seed4": other})


def test_other_rules_need_no_mle(tmp_path):
    config = tiny("seqgan", select="nll_test")
    frontiers.check({tmp_path / "seqgan-seed0": config})
    assert frontiers.frontier(tmp_path / "seqgan-seed0", config) is None
