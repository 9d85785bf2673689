"""Committed results in one plane: which are drawn, and which are refused."""

import os
import subprocess
import sys

import pytest

from benchmarks.publish import __main__ as publish
from benchmarks.publish import tradeoff_plot
from leakgan_tf.cli import entry
from leakgan_tf.reporting import path_picture

STOPPED, EARLY = "synthetic-short-20-original", "synthetic-short-20-mle-5epochs"


def called(*words):
    argv = ["tradeoff_plot", *map(str, words)]
    return entry.run(
        tradeoff_plot.run, tradeoff_plot.define_flags(), argv, tradeoff_plot.ABOUT, "results"
    )


def test_sweeps_of_mle_and_paths_of_the_others_are_drawn(tmp_path, monkeypatch):
    drawn = {}
    monkeypatch.setattr(
        tradeoff_plot, "draw_paths", lambda path, *parts: drawn.update(path=path, parts=parts)
    )
    assert called(EARLY, STOPPED, f"--out={tmp_path / 'a.png'}") == 0
    sweeps, paths, published, _ = drawn["parts"]
    assert list(sweeps) == ["MLE, 5 epochs, sweep", "MLE, 120 epochs, sweep"]
    assert [len(seeds) for seeds in sweeps.values()] == [1, 1]
    ((name, records),) = paths.items()
    assert name == f"LeakGAN, original semantics, seed 0 ({STOPPED})"
    assert {line["group"] for line in records} == {"evaluation"}
    assert len(published) == 3


def test_every_seed_has_its_sweep(tmp_path, monkeypatch):
    drawn = {}
    monkeypatch.setattr(tradeoff_plot, "draw_paths", lambda path, *parts: drawn.update(parts=parts))
    assert called("synthetic-short-20-mle-tuned", f"--out={tmp_path / 'a.png'}") == 0
    ((name, seeds),) = drawn["parts"][0].items()
    assert name == "MLE, at most 120 epochs, dropout 0.5, sweep"
    assert len(seeds) == 3 and seeds[0] != seeds[1] != seeds[2]


def test_every_run_has_a_path(tmp_path, monkeypatch):
    drawn = {}
    monkeypatch.setattr(tradeoff_plot, "draw_paths", lambda path, *parts: drawn.update(parts=parts))
    new, seed1 = "synthetic-short-20-leakgan", "synthetic-short-20-leakgan-seed1"
    assert called(STOPPED, new, seed1, f"--out={tmp_path / 'a.png'}") == 0
    title = "LeakGAN, original semantics, seed"
    wanted = [f"{title} 0 ({STOPPED})", f"{title} 0 ({new})", f"{title} 1 ({seed1})"]
    assert list(drawn["parts"][1]) == wanted


def test_on_text_the_sweep_of_every_run_is_drawn(tmp_path, monkeypatch):
    drawn = {}
    monkeypatch.setattr(
        tradeoff_plot, "draw_sweep", lambda path, sweeps, vectors: drawn.update(sweeps)
    )
    assert called("text-coco-quick-seeds", f"--out={tmp_path / 'a.png'}") == 0
    systems = ("mle", "mle_tuned", "leakgan")
    assert list(drawn) == [f"{system}-seed{seed}" for system in systems for seed in range(3)]
    assert all("bleu" in row and "self_bleu" in row for sweep in drawn.values() for row in sweep)
    assert drawn["mle-seed0"] != drawn["mle-seed1"]


@pytest.mark.parametrize("names", [(EARLY, STOPPED), ("text-coco-quick-seeds",)])
def test_the_picture_and_nothing_else_is_written(tmp_path, names):
    assert called(*names, f"--out={tmp_path / 'a.png'}") == 0
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.ci
def test_it_starts_no_tensorflow_and_says_only_what_it_wrote(tmp_path):
    command = [sys.executable, "-X", "importtime", "-m", "benchmarks.publish.tradeoff_plot", EARLY]
    ended = subprocess.run(
        [*command, f"--out={tmp_path / 'a.png'}"],
        cwd=publish.ROOT, capture_output=True, text=True, check=True,
        env={k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"},
    )  # fmt: skip
    assert ended.stdout == f"{tmp_path / 'a.png'}\n"
    lines = ended.stderr.splitlines()
    assert all(line.startswith("import time:") for line in lines)
    assert not any(line.endswith("| tensorflow") for line in lines)


def test_a_path_needs_no_sweep_and_no_adversarial_phase(tmp_path):
    records = [
        {"phase": "pretrain/generator", "nll_test_1.0": x, "nll_oracle_1.0": 5 - x,
         "nll_test_0.667": x, "nll_oracle_0.667": 4 - x}
        for x in (1.0, 2.0)
    ]  # fmt: skip
    path_picture.draw_paths(tmp_path / "a.png", {}, {"one": records}, {}, "")
    assert (tmp_path / "a.png").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name one or more results"),
        ([EARLY], "--out=FILE.png"),
        (["nothing", "--out=a.png"], "nothing is not a committed result on the oracle task"),
        (["speed-oracle20", "--out=a.png"], "speed-oracle20 is not a committed result"),
        ([EARLY, "synthetic-quick-20-all", "--out=a.png"], "of several oracles"),
        (["text-coco-quick-seeds", EARLY, "--out=a.png"], "several oracles or texts"),
        (["text-coco-quick", "text-speeches-quick", "--out=a.png"], "several oracles or texts"),
        (["text-coco-quick", "text-coco-quick-seeds", "--out=a.png"], "a name of its own"),
    ],
)
def test_bad_words_are_refused(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert called(*words) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
