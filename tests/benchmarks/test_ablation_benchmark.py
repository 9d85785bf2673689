"""``python -m benchmarks.ablation``: its rows, its differences, and what it refuses."""

import dataclasses
import json
import re

import numpy as np
import pytest

from benchmarks import ablation
from benchmarks.compare import ablation_rows
from helpers import runs
from leakgan_tf.cli import entry
from leakgan_tf.config.config import differences, flatten
from leakgan_tf.config.semantics import ORIGINAL, PAPER

pytestmark = pytest.mark.ci  # trains several runs

SIZES = (
    "--preset=smoke", "--vocab_size=12", "--evaluation_samples=16", "--training_sequences=16",
    "--batch_size=8", "--sampling_batch=16", "--discriminator_samples=16",
    "--discriminator_epochs=1", "--windows=1,20", "--filters=2,2", "--pretrain_rounds=1",
    "--pretrain_generator_epochs=1", "--adversarial_steps=1", "--rollouts=1",
    "--goal_horizon=10", "--checkpoint_seconds=1e-6",
)  # fmt: skip
ROWS = ["original", "paper", "paper-constant"]
METRICS = {
    "NLL_oracle, T = 1": "nll_oracle_1.0",
    "NLL_test, T = 1": "nll_test_1.0",
    "distinct, T = 1": "distinct_1.0",
}


def benchmark(*words):
    argv = ["ablation", *map(str, words)]
    return entry.run(ablation.run, ablation.define_flags(), argv, ablation.ABOUT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of an ablation of some rows that has ended."""
    folder = tmp_path_factory.mktemp("save") / "ablation"
    words = ["--rows=paper-constant,paper", "--seeds=3,", f"--run_dir={folder}"]
    with runs.as_a_program():
        assert benchmark(*SIZES, *words) == 0
    return folder


def configs(*words):
    values = ablation.define_flags()
    values(["ablation", *words])
    return ablation.make_configs(values, "")


def test_every_row_changes_what_it_says_and_nothing_else():
    made = configs("--preset=smoke", "--seeds=5,")
    base = made["original-seed5"]
    assert base.own.semantics == ORIGINAL and base.reward == "discriminator" and base.seed == 5
    assert base.system == "leakgan"
    fields = [field.name for field in dataclasses.fields(ORIGINAL)]
    for name, row in ablation_rows.rows().items():
        found = differences(base, made[f"{name}-seed5"])
        if name in fields:
            assert [row.differs] == found
            assert flatten(made[f"{name}-seed5"])[name] == getattr(PAPER, name)
        elif name.startswith("original-"):
            assert found == [f"reward: discriminator -> {name.split('-')[1]}"]
        elif name.startswith("paper-"):
            of_paper = differences(made["paper-seed5"], made[f"{name}-seed5"])
            assert of_paper == [f"reward: discriminator -> {name.split('-')[1]}"]
    assert made["paper-seed5"].own.semantics == PAPER
    # All that the two differ in has a row.
    varied = {name for name in made if name.removesuffix("-seed5") in fields}
    known = {f for f in fields if getattr(PAPER, f) != getattr(ORIGINAL, f)}
    assert varied == {f"{name}-seed5" for name in known}
    assert len(made) == len(varied) + 2 + 6


def test_rows_are_trained_for_every_seed_the_original_always_among_them():
    made = configs("--preset=smoke", "--rows=cosine", "--seeds=1,0")
    assert list(made) == ["original-seed1", "original-seed0", "cosine-seed1", "cosine-seed0"]
    assert [config.seed for config in made.values()] == [1, 0, 1, 0]


def cells(page, first):
    """The rows of the table that begins with some columns, by their first cell, unescaped."""
    (table,) = [part for part in page.split("\n\n") if re.match(first, part)]
    lines = [
        [cell.strip().replace("\\", "") for cell in line.strip("|").split("|")]
        for line in table.splitlines()
    ]
    return {line[0]: line[1:] for line in lines[2:]}


def test_the_page_has_figures_and_differences(folder):
    stored = json.loads((folder / "report.json").read_text())
    figures = {run["row"]: run["figures"] for run in stored["runs"]}
    assert list(figures) == ROWS
    assert (folder / "report.html").exists() and (folder / "differences.png").exists()
    page = (folder / "report.md").read_text()
    assert "1 seed" in page and "python -m benchmarks.ablation" in page
    varying = [
        (name, key)
        for name, key in METRICS.items()
        if len({each[key] for each in figures.values()}) > 1
    ]
    assert varying[0][0] == "NLL_oracle, T = 1"
    overview = cells(page, r"\| row +\| what differs")
    deltas = {
        name: [figures[name][key] - figures["original"][key] for _, key in varying]
        for name in ("paper", "paper-constant")
    }
    assert list(overview) == sorted(deltas, key=lambda name: -abs(deltas[name][0]))
    for name, (differs, *row) in overview.items():
        assert differs == stored["rows"][name]["differs"]
        assert row[: len(varying)] == [f"{delta:+.3f}" for delta in deltas[name]]
        assert row[-1] == "one seed: open"
        for (metric, _), delta in zip(varying, deltas[name], strict=True):
            found = stored["effects"][metric][name]
            assert found["differences"] == {"3": pytest.approx(delta)}
            assert found["own"] is None and found["shared"] is None
    own = cells(page, r"\| control ")
    assert list(own) == ["paper-constant"]
    parent, *cells_of_deltas = own["paper-constant"]
    assert parent == "paper"
    expected = [figures["paper-constant"][key] - figures["paper"][key] for _, key in varying]
    shown = [f"{delta:+.3f}" for delta in expected if delta]  # no column where nothing differs
    assert shown and cells_of_deltas[: len(shown)] == shown


def test_the_controls_make_another_generator(folder):
    stored = json.loads((folder / "report.json").read_text())
    of = {run["row"]: run["config"] for run in stored["runs"]}
    assert of["paper-constant"]["reward"] == "constant"
    weights = {}
    for name in ("paper", "paper-constant"):
        with np.load(folder / f"{name}-seed3" / "checkpoint.npz") as file:
            weights[name] = {key: file[key] for key in file.files if key != "meta"}
    assert any((weights["paper"][k] != v).any() for k, v in weights["paper-constant"].items())


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--rows=cosine,magic"], ["magic", "cosine"]),
        (["--rows=cosine,cosine"], ["rows"]),
        (["--rows="], ["rows"]),
        (["--rows=padding"], ["padding"]),
        (["--cosine=per_step"], ["--cosine", "--rows"]),
        (["--reward=random"], ["--reward", "--rows"]),
        (["--seeds=1,1"], ["seeds"]),
        (["--preset=huge"], ["huge"]),
        (["--systems=mle"], ["systems"]),
    ],
)
def test_bad_flags_are_refused(capsys, tmp_path, words, names):
    assert benchmark("--preset=smoke", f"--run_dir={tmp_path / 'run'}", *words) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("error: ") and len(printed.err.splitlines()) == 1
    for name in names:
        assert name in printed.err
    assert not (tmp_path / "run").exists()


def test_a_synthetic_benchmarks_folder_is_refused(capsys, tmp_path):
    (tmp_path / "report.json").write_text('{"benchmark": "synthetic"}')
    assert benchmark(*SIZES, f"--run_dir={tmp_path}") == 2
    assert "report of another benchmark" in capsys.readouterr().err
