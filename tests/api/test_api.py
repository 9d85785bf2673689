"""The Python API: its examples, what it records, and that nothing heavy is imported early."""

import doctest
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import leakgan_tf
from helpers import runs
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.request import Request, make_request
from leakgan_tf.training.logs import Bar
from leakgan_tf.training.trainer import Trainer
from leakgan_tf.utils.errors import UserError

ROOT = Path(__file__).parent.parent.parent
VERBS = ["runs", "sits", "sleeps", "eats", "waits", "hides", "plays", "jumps", "walks", "turns",
         "looks", "stays"]  # fmt: skip
SMALL = {"mle_epochs": 2, "batch_size": 16}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The current folder of the examples."""
    folder = tmp_path_factory.mktemp("examples")
    lines = [f"{a} {b} {c}." for a in ("a", "the") for b in ("dog", "cat", "bird") for c in VERBS]
    (folder / "cats.txt").write_text("\n".join(lines) + "\n")
    with pytest.MonkeyPatch.context() as patch, runs.as_a_program():
        patch.chdir(folder)
        yield folder


@pytest.fixture(scope="module")
def examples(folder, request):
    """What every function's example prints that it should not, by the function's name."""
    failures = {}
    patch = pytest.MonkeyPatch()
    request.addfinalizer(patch.undo)
    patch.setattr(Bar, "line", lambda bar, text: None)  # progress is no result
    for name in ("prepare", "train", "load", "evaluate"):  # each uses what the one before made
        lines = []
        runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
        (test,) = doctest.DocTestFinder(recurse=False).find(getattr(leakgan_tf, name), name)
        runner.run(test, out=lines.append)
        failures[name] = "".join(lines)
        assert runner.tries > 1
    return failures


@pytest.mark.parametrize("name", ["prepare", "train", "load", "evaluate"])
def test_the_example_gives_what_it_shows(examples, name):
    assert examples[name] == ""


def test_a_run_from_python_says_so_and_the_same_call_loads_it(examples, folder, monkeypatch):
    made_by = RunFolder("runs/cats").read()["made_by"]
    assert made_by["command"].startswith("leakgan_tf.train(data='cats', system='mle'")
    assert "mle_epochs=2" in made_by["command"] and Path(made_by["data"]) == folder / "cats"
    monkeypatch.setattr(Trainer, "run", None)  # nothing is trained again
    again = leakgan_tf.train("cats", "mle", "smoke", "runs/cats", **SMALL)
    assert again.generate(3) == leakgan_tf.load("runs/cats").generate(3)
    assert again.figures["bleu"] == json.loads(Path("runs/cats/measured.json").read_text())["bleu"]


def test_a_stopped_run_is_resumed_by_the_same_call(examples, folder, monkeypatch):
    arguments = (leakgan_tf.Dataset("cats"), "mle", "smoke", "runs/stopped")
    whole = Trainer._run_phase

    def stop_after_one(trainer, index):
        if index:
            raise KeyboardInterrupt
        whole(trainer, index)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_run_phase", stop_after_one)
        with pytest.raises(KeyboardInterrupt):
            leakgan_tf.train(*arguments, **SMALL, checkpoint_seconds=1e-6)
    assert leakgan_tf.load("runs/stopped").position == 1
    resumed = leakgan_tf.train(*arguments, **SMALL, checkpoint_seconds=1e-6)
    assert resumed.position == 2
    assert resumed.generate(5) == leakgan_tf.load("runs/cats").generate(5)


def test_the_oracle_task_is_trained_too(folder):
    trained = leakgan_tf.train(
        task="synthetic", system="mle", preset="smoke", run_dir="runs/oracle", mle_epochs=1
    )
    assert "sentences of an oracle" in repr(trained)
    assert {"nll_oracle_1.0", "nll_oracle_0.667", "sweep"} <= set(trained.figures)
    scores = leakgan_tf.Scores({"oracle": trained.figures["sweep"]})
    assert "T = 1/1.5 (logits × 1.5)" in repr(scores)


def test_text_files_are_scored_with_their_protocol(folder):
    scores = leakgan_tf.evaluate(samples="cats.txt", references="cats.txt")
    assert scores["bleu"]["4"] == pytest.approx(1.0)
    assert "Self-BLEU" in repr(scores) and "Protocol" in repr(scores)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: leakgan_tf.train(), "data is missing"),
        (lambda: leakgan_tf.train("cats", task="synthetic"), "takes no data"),
        (lambda: leakgan_tf.train("cats", task="music"), "text or synthetic"),
        (lambda: leakgan_tf.train("cats", length=20), "length goes with"),
        (lambda: leakgan_tf.train(task="synthetic", batch=3), "batch"),
        (lambda: leakgan_tf.train(task="synthetic", select="frontier"), "frontier"),
        (lambda: leakgan_tf.prepare("cats.txt", "out", size=3), "no setting 'size'"),
        (lambda: leakgan_tf.prepare("cats.txt", "out", step=0.5), "step does not go with text"),
        (lambda: leakgan_tf.prepare("captions", "out", test="cats.txt"), "test does not go"),
        (lambda: leakgan_tf.evaluate(), "samples is missing"),
        (lambda: leakgan_tf.evaluate("runs", samples="cats.txt"), "either runs"),
        (lambda: leakgan_tf.evaluate([]), "one or more runs"),
        (lambda: leakgan_tf.evaluate("runs", smoothing="none"), "smoothing applies to samples"),
        (lambda: leakgan_tf.evaluate(samples="a", num=5), "num applies to runs"),
        (lambda: leakgan_tf.evaluate("runs", temperatures=[0.0]), "temperatures must be"),
        (lambda: leakgan_tf.evaluate("runs", temperatures=[1.0, 0.7, 0.7004]), "0.7 and 0.7004 ar"),
        (lambda: leakgan_tf.evaluate("runs", temperatures=[1 / 1.5, 0.667]), "equal to 3 decimals"),
        (lambda: leakgan_tf.evaluate("runs", temperatures=[1, 1.0]), "temperatures: 1 and 1 are"),
        (lambda: leakgan_tf.evaluate("runs", num=1), "at least 2"),
        (lambda: leakgan_tf.evaluate("runs", reverse_lm=True), "language_model"),
    ],
)
def test_bad_arguments_are_refused(folder, call, words):
    with pytest.raises(UserError, match=words):
        call()
    assert not Path("out").exists()


_PATHS = "must be a path or a list of paths, not"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: leakgan_tf.prepare(None, "out"), f"source {_PATHS} None"),
        (lambda: leakgan_tf.prepare(3, "out"), f"source {_PATHS} 3"),
        (lambda: leakgan_tf.prepare(["cats.txt", 3], "out"), r"source\[1\] must be a path, not 3"),
        (lambda: leakgan_tf.prepare("cats.txt", None), "out must be a path, not None"),
        (lambda: leakgan_tf.prepare("cats.txt", "out", test=3), f"test {_PATHS} 3"),
        (
            lambda: leakgan_tf.prepare("cats.txt", "out", overwrite="no"),
            "overwrite must be True or",
        ),
        (lambda: leakgan_tf.prepare("cats.txt", "out", step="a"), "step must be a number, not 'a'"),
        (lambda: leakgan_tf.prepare("captions", "out", data_dir=3), "data_dir must be a path"),
        (lambda: leakgan_tf.Dataset(None), "path must be a path, not None"),
        (lambda: leakgan_tf.train(None), "data is missing"),
        (lambda: leakgan_tf.train(3), "data must be a path, not 3"),
        (lambda: leakgan_tf.train(["cats"]), r"data must be a path, not \['cats'\]"),
        (lambda: leakgan_tf.train("cats", None), "system must be text, not None"),
        (lambda: leakgan_tf.train("cats", "mle", "smoke", 3), "run_dir must be a path, not 3"),
        (lambda: leakgan_tf.train("cats", seed=None), "seed must be a whole number, not None"),
        (lambda: leakgan_tf.train("cats", seed=True), "seed must be a whole number, not True"),
        (
            lambda: leakgan_tf.train(task="synthetic", batch_size="a"),
            "batch_size must be a whole number",
        ),
        (
            lambda: leakgan_tf.train(task="synthetic", windows=3),
            "windows must be a list of whole numbers",
        ),
        (
            lambda: leakgan_tf.train(task="synthetic", rollouts="a"),
            "rollouts must be a whole number",
        ),
        (
            lambda: leakgan_tf.train(task="synthetic", oracle_params=3),
            "oracle_params must be a path",
        ),
        (lambda: leakgan_tf.train("cats", placement="gpu"), "placement must be a Placement"),
        (lambda: leakgan_tf.load(3), "run_dir must be a path, not 3"),
        (lambda: leakgan_tf.load(None), "run_dir must be a path, not None"),
        (lambda: leakgan_tf.load("runs", best="no"), "best must be True or False, not 'no'"),
        (lambda: leakgan_tf.evaluate(None), "samples is missing"),
        (lambda: leakgan_tf.evaluate(3), f"run {_PATHS} 3"),
        (lambda: leakgan_tf.evaluate([3]), r"run\[0\] must be a path, not 3"),
        (
            lambda: leakgan_tf.evaluate("runs", temperatures=1.0),
            "must be a list of numbers, not 1.0",
        ),
        (
            lambda: leakgan_tf.evaluate("runs", temperatures="1"),
            "must be a list of numbers, not '1'",
        ),
        (
            lambda: leakgan_tf.evaluate("runs", temperatures=[None]),
            r"temperatures\[0\] must be a n",
        ),
        (lambda: leakgan_tf.evaluate("runs", num="a"), "num must be a whole number, not 'a'"),
        (lambda: leakgan_tf.evaluate("runs", data=3), "data must be a path, not 3"),
        (lambda: leakgan_tf.evaluate("runs", language_model=3), "language_model must be a path"),
        (lambda: leakgan_tf.evaluate(samples=3, references="cats.txt"), "samples must be a path"),
        (
            lambda: leakgan_tf.evaluate(samples="a", references="b", encoding=3),
            "encoding must be t",
        ),
        (lambda: leakgan_tf.evaluate(samples="a", references="b", smoothing="x"), "one of method1"),
    ],
)
def test_arguments_of_other_types_are_refused_by_name(folder, call, words):
    with pytest.raises(UserError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert not Path("out").exists()


def test_numbers_of_numpy_are_numbers(folder):
    data = leakgan_tf.prepare("cats.txt", "numbers", max_length=8, test=None, overwrite=np.True_)
    assert data.contents.length == 8
    Request(np.int64(3), np.float32(0.5), np.int32(7), top_k=np.int8(2), greedy=np.False_)
    with pytest.raises(UserError, match="num must be a whole number, not 2.5"):
        Request(2.5)
    with pytest.raises(UserError, match="prompt must be text, not 3"):
        make_request(2, prompt=3)


def test_importing_the_package_imports_no_tensorflow():
    code = (
        "import sys, leakgan_tf; print(sorted(set(leakgan_tf.__all__) - set(dir(leakgan_tf))));"
        "print(leakgan_tf.prepare.__name__, leakgan_tf.train.__name__, leakgan_tf.Scores.__name__);"
        "print([name for name in ('tensorflow', 'keras') if name in sys.modules])"
    )
    words = [sys.executable, "-W", "error", "-c", code]
    result = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split("\n")[:3] == ["[]", "prepare train Scores", "[]"]
