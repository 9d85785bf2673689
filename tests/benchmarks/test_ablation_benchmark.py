"""``python -m benchmarks.ablation``: its rows, its differences, and what it refuses."""

import dataclasses
import json
import re

import numpy as np
import pytest

import runs
from benchmarks import ablation, ablation_report, ablation_rows
from leakgan_tf.commandline import entry
from leakgan_tf.config import differences, flatten
from leakgan_tf.semantics import ORIGINAL, PAPER

SIZES = (
    "--preset=smoke", "--vocab_size=12", "--evaluation_samples=16", "--training_sequences=16",
    "--batch_size=8", "--sampling_batch=16", "--discriminator_samples=16",
    "--discriminator_epochs=1", "--windows=1,20", "--filters=2,2", "--pretrain_rounds=1",
    "--pretrain_generator_epochs=1", "--adversarial_steps=1", "--rollouts=1",
    "--goal_horizon=10", "--checkpoint_seconds=1e-6",
)  # fmt: skip
ROWS = ["original", "paper", "paper-constant"]
METRICS = ["nll_oracle_1.0", "nll_test_1.0", "distinct_1.0"]


def benchmark(*words):
    argv = ["ablation", *map(str, words)]
    return entry.run(ablation.run, ablation.define_flags(), argv, ablation.ABOUT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of an ablation of some rows that has ended."""
    folder = tmp_path_factory.mktemp("save") / "ablation"
    words = ["--rows=paper-constant,paper", "--seeds=3", f"--run_dir={folder}"]
    with runs.as_a_program():
        assert benchmark(*SIZES, *words) == 0
    return folder


def configs(*words):
    values = ablation.define_flags()
    values(["ablation", *words])
    return ablation.make_configs(values, "")


def test_every_row_changes_what_it_says_and_nothing_else():
    made = configs("--preset=smoke", "--seeds=5")
    base = made["original-seed5"]
    assert base.semantics == ORIGINAL and base.reward == "discriminator" and base.seed == 5
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
    assert made["paper-seed5"].semantics == PAPER
    # All that the two differ in has a row, but for what concerns text only.
    varied = {name for name in made if name.removesuffix("-seed5") in fields}
    known = {f for f in fields if getattr(PAPER, f) != getattr(ORIGINAL, f)}
    assert varied == {f"{name}-seed5" for name in known - {"padding"}}
    assert len(made) == len(varied) + 2 + 6


def test_rows_are_trained_for_every_seed_the_original_always_among_them():
    made = configs("--preset=smoke", "--rows=cosine", "--seeds=1,0")
    assert list(made) == ["original-seed1", "original-seed0", "cosine-seed1", "cosine-seed0"]
    assert [config.seed for config in made.values()] == [1, 0, 1, 0]


def cells(page, second):
    """The rows of the table whose second column has some words above it, by their first cell."""
    (table,) = [part for part in page.split("\n\n") if re.match(rf"\| row +\| {second}", part)]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    return {line[0]: line[1:] for line in lines[2:]}


def test_the_table_has_figures_and_differences(folder):
    stored = json.loads((folder / "report.json").read_text())
    figures = {run["row"]: run["figures"] for run in stored["runs"]}
    assert list(figures) == ROWS
    page = (folder / "report.md").read_text()
    assert "1 seed" in page and "python -m benchmarks.ablation" in page
    table = cells(page, "what differs")
    assert list(table) == ROWS
    for name, (differs, *row) in table.items():
        assert differs == stored["rows"][name]["differs"]
        assert row[::2] == [f"{figures[name][metric]:.3f}" for metric in METRICS]
        for metric, cell in zip(METRICS, row[1::2], strict=True):
            delta = figures[name][metric] - figures["original"][metric]
            assert cell == ("" if name == "original" else f"{delta:+.3f}")
            assert stored["differences"][name][metric] == [pytest.approx(delta)]
    own = cells(page, "less")
    assert list(own) == ["paper-constant"]
    parent, *deltas = own["paper-constant"]
    assert parent == "paper"
    expected = [figures["paper-constant"][m] - figures["paper"][m] for m in METRICS]
    assert deltas == [f"{delta:+.3f}" for delta in expected]


def test_differences_are_taken_seed_by_seed():
    """A shift that all seeds share has no spread, however much the seeds differ."""
    base = [{metric: value for metric in METRICS} for value in (1.0, 5.0, 9.0)]
    shifted = [{metric: value - 0.25 for metric in METRICS} for value in (1.0, 5.0, 9.0)]
    figures = {"original": base, "cosine": shifted}
    assert ablation_report.differences(figures, "cosine", "original", METRICS[0]) == [-0.25] * 3
    _, (first, second) = ablation_report.against_the_baseline(figures, ablation_rows.rows())
    assert first[2:4] == ["5.000 ± 4.000", ""]
    assert second[2:4] == ["4.750 ± 4.000", "-0.250 ± 0.000"]


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
    assert "another benchmark's" in capsys.readouterr().err
