"""From a user's text file to a trained generator, its sentences, scores and export."""

import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.__main__ import main
from leakgan_tf.config.config import flatten
from leakgan_tf.data.dataset import load_dataset
from leakgan_tf.generation.generator import Generator
from leakgan_tf.metrics.text_scores import bleu_signature
from leakgan_tf.reporting.figure_tables import protocol_lines
from leakgan_tf.reporting.tables import WIDTH
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.load import load
from leakgan_tf.training.trainer import Trainer

ROOT = Path(__file__).parent.parent.parent
SYSTEMS = ("mle", "leakgan")
_SHARED = (
    "--preset=smoke", "--batch_size=8", "--sampling_batch=16", "--windows=1,2", "--filters=2,2",
    "--padding=token", "--evaluation_samples=16", "--evaluate_every=6", "--checkpoint_seconds=1e-6",
)  # fmt: skip
SIZES = {
    "mle": (*_SHARED, "--mle_epochs=12", "--mle_learning_rate=0.02"),
    "leakgan": (
        *_SHARED, "--discriminator_samples=8", "--rollouts=1", "--adversarial_steps=1",
        "--mle_every=1",
    ),
}  # fmt: skip
CHARACTERS = "春花秋月何時了往事知多少"


def command(*words):
    return main(["leakgan-tf", *map(str, words)])


def text(lines, seed, who=("the baker", "my uncle", "a tired fox")):
    """Lines of a language of its own: none of the corpora."""
    pick = random.Random(seed).choice
    what = (("paints", "sells"), ("warm bread", "the garden", "two letters"), ("", " , slowly"))
    return "".join(
        f"{pick(who)} {' '.join(map(pick, what[:2]))}{pick(what[2])} .\n" for _ in range(lines)
    )


@pytest.fixture(scope="module", autouse=True)
def program():
    with runs.as_a_program():
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with two text files, the data folder, and a finished run of each system."""
    folder = tmp_path_factory.mktemp("text")
    (folder / "train.txt").write_text(text(200, 0))
    # Held-out sentences have a word that training has not.
    (folder / "test.txt").write_text(text(40, 1, who=("the baker", "a zebra")))
    out = f"--out={folder / 'data'}"
    given = (f"--input={folder / 'train.txt'}", f"--test={folder / 'test.txt'}")
    assert command("prepare", *given, out, "--max_length=12") == 0
    for system in SYSTEMS:
        words = [f"--data={folder / 'data'}", f"--run_dir={folder / system}"]
        assert command("train", *words, f"--system={system}", *SIZES[system]) == 0
    return folder


def measured(run_dir):
    return json.loads(RunFolder(run_dir).measured.read_text())


def test_the_run_is_that_of_the_flags_and_the_data(folder):
    dataset = load_dataset(folder / "data")
    for system in SYSTEMS:
        config = RunFolder(folder / system).read_config()
        assert (config.system, config.preset, config.task) == (system, "smoke", "text")
        assert (config.length, config.vocab_size) == (dataset.length, len(dataset.vocabulary))
        assert config.windows == (1, 2)
        assert load(folder / system).position == load(folder / system).total
    assert flatten(RunFolder(folder / "leakgan").read_config())["mle_every"] == 1


def test_training_on_text_interleaves_likelihood(folder):
    groups = [record["group"] for record in RunFolder(folder / "leakgan").records()]
    assert "adversarial/likelihood" in groups[groups.index("adversarial/generator") :]


def test_the_language_is_learned(folder):
    """Much better than by chance; sentences are scored against all of both parts."""
    figures = measured(folder / "mle")
    chance = np.log(len(load_dataset(folder / "data").vocabulary))
    assert figures["nll_test"] < chance / 3
    assert figures["bleu"]["2"] > 0.5
    assert figures["protocol"]["train"] == {"available": 200, "used": 200}
    assert figures["protocol"]["references"] == {"available": 40, "used": 40}
    assert "filling counts" in figures["protocol"]["nll_test"]


def test_the_same_command_again_trains_nothing(folder, monkeypatch, capsys):
    def run(trainer):
        raise AssertionError("it trains")

    monkeypatch.setattr(Trainer, "run", run)
    before = runs.files(folder)
    words = [f"--data={folder / 'data'}", f"--run_dir={folder / 'mle'}", "--system=mle"]
    assert command("train", *words, *SIZES["mle"]) == 0
    assert f"{measured(folder / 'mle')['nll_test']:.3f}" in capsys.readouterr().out
    assert runs.files(folder) == before


@pytest.mark.ci
def test_a_new_process_generates_the_same_sentences(folder):
    result = subprocess.run(
        [sys.executable, "-m", "leakgan_tf", "generate", f"--run_dir={folder / 'leakgan'}",
         "--num=20", "--seed=4"],
        cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == load(folder / "leakgan").generate(20, seed=4)


def test_generated_english_has_its_punctuation_attached(folder, capsys):
    assert command("generate", f"--run_dir={folder / 'mle'}", "--num=100", "--temperature=0.5") == 0
    sentences = capsys.readouterr().out.splitlines()
    assert len(sentences) == 100
    assert any(", slowly." in sentence for sentence in sentences)
    assert not any(" ." in sentence or " ," in sentence for sentence in sentences)
    known = {
        line.strip().replace(" .", ".").replace(" ,", ",") for line in text(500, 9).split("\n")
    }
    assert sum(sentence in known for sentence in sentences) > 50


# --- evaluate -------------------------------------------------------------------------------------


def evaluate(folder, out, *words, systems=SYSTEMS, temperatures="2,1,0.5"):
    run_dirs = ",".join(str(folder / system) for system in systems)
    given = [f"--run_dir={run_dirs}", f"--temperatures={temperatures}", f"--json={out}"]
    assert command("evaluate", *given, *words) == 0
    return json.loads(out.read_text())["runs"]


@pytest.fixture(scope="module")
def evaluated(folder, tmp_path_factory):
    """Both runs at three temperatures, with a picture."""
    out = tmp_path_factory.mktemp("scores")
    return evaluate(folder, out / "scores.json", f"--picture={out / 'sweep.png'}"), out


def test_a_sweep_goes_from_variety_to_quality(evaluated):
    sweeps, out = evaluated
    assert list(sweeps) == list(SYSTEMS)
    for figures in sweeps.values():
        assert [each["temperature"] for each in figures] == [2.0, 1.0, 0.5]
    flat, _, sharp = sweeps["mle"]
    assert flat["bleu"]["4"] < sharp["bleu"]["4"]
    assert flat["self_bleu"]["4"] < sharp["self_bleu"]["4"]
    assert flat["distinct_sentences"] > sharp["distinct_sentences"]
    lines = protocol_lines(sweeps["mle"]).splitlines()
    divided = "; ".join(f"logits divided by {value}" for value in ("2", "1", "0.5"))
    assert f"temperature: {divided}" in lines
    assert (out / "sweep.png").read_bytes().startswith(b"\x89PNG\r\n")
    assert {path.name for path in out.iterdir()} == {"scores.json", "sweep.png"}
    stored = json.loads((out / "scores.json").read_text())
    assert stored["benchmark"] == "sweep"  # what `python -m benchmarks.publish` takes it for
    assert {"command", "versions", "hardware", "commit"} <= set(stored["made_by"])


def test_metrics_are_equal_when_measured_again(folder, evaluated, tmp_path):
    weights = {system: RunFolder(folder / system).checkpoint.read_bytes() for system in SYSTEMS}
    assert evaluate(folder, tmp_path / "again.json") == evaluated[0]
    for system in SYSTEMS:
        assert RunFolder(folder / system).checkpoint.read_bytes() == weights[system]


def test_a_loaded_run_has_the_figures_it_ended_with(folder, evaluated):
    for system in SYSTEMS:
        loaded, ended = evaluated[0][system][1], measured(folder / system)
        assert loaded == {name: ended[name] for name in loaded}


def test_temperature_is_that_of_samples_and_likelihood_alike(folder, evaluated):
    trained, dataset = load(folder / "mle"), load_dataset(folder / "data")
    for figures in evaluated[0]["mle"]:
        costs = -trained.generator.log_prob(dataset.test, figures["temperature"])
        known = dataset.test != dataset.vocabulary.unknown_id
        assert not known.all()
        expected = costs[known].mean(dtype=np.float64)
        assert figures["nll_test"] == pytest.approx(expected, rel=1e-5)


def test_the_table_and_the_protocol_are_printed(folder, tmp_path, capsys):
    figures = evaluate(folder, tmp_path / "a.json", "--num=20", systems=["mle"], temperatures="0.5")
    printed = capsys.readouterr().out
    rows = [line.split() for line in printed.splitlines() if line.startswith("mle")]
    (scores,) = figures["mle"]
    assert {tuple(row[:2]) for row in rows} == {("mle", "0.5")}
    cells = [cell for row in rows for cell in row[2:]]  # of a table too wide for one part
    assert cells[:4] == [f"{scores['bleu'][order]:.3f}" for order in "2345"]
    assert cells[4:8] == [f"{scores['self_bleu'][order]:.3f}" for order in "2345"]
    assert bleu_signature(scores["protocol"]) in printed.splitlines()
    assert max(map(len, printed.partition("tokenizer:")[0].splitlines())) <= WIDTH
    assert scores["protocol"]["references"] == {"available": 40, "used": 20}
    for name, value in scores["protocol"].items():
        assert f"{name}: {value}" in printed


def test_the_best_weights_are_used_and_named_on_request(folder, tmp_path, capsys):
    best = runs.progress(RunFolder(folder / "leakgan").best)["best"]
    assert best["rule"] == "nll_test_1.0"
    told = f"least nll_test_1.0, {best['nll_test_1.0']:.3f}"
    words = ("--best", "--num=16")
    (scores,) = evaluate(
        folder, tmp_path / "a.json", *words, systems=["leakgan"], temperatures="1"
    )["leakgan"]
    assert scores["nll_test"] == pytest.approx(best["nll_test_1.0"], rel=1e-5)
    assert told in scores["weights"]
    assert f"leakgan: {scores['weights']}" in capsys.readouterr().out
    assert command("generate", f"--run_dir={folder / 'leakgan'}", *words) == 0
    printed = capsys.readouterr()
    assert printed.err == f"{scores['weights']}\n"
    assert printed.out.splitlines() == load(folder / "leakgan", best=True).generate(16)


def test_runs_of_one_name_stay_apart(folder, tmp_path):
    shutil.copytree(folder / "mle", tmp_path / "mle")
    both = f"--run_dir={folder / 'mle'},{tmp_path / 'mle'}"
    assert command("evaluate", both, f"--json={tmp_path / 'scores.json'}", "--num=4") == 0
    found = json.loads((tmp_path / "scores.json").read_text())["runs"]
    assert list(found) == [str(folder / "mle"), str(tmp_path / "mle")]


def test_a_held_out_word_without_an_id_matches_no_sample(folder, monkeypatch, tmp_path):
    """Were samples nothing but <unk>, held-out <unk> would not make them good."""

    def sample(generator, count, temperature, seed):
        return np.ones([count, generator.length], np.int32)

    monkeypatch.setattr(Generator, "sample", sample)
    (figures,) = evaluate(folder, tmp_path / "a.json", systems=["mle"], temperatures="1")["mle"]
    assert figures["bleu"]["2"] == 0.0
    assert set(figures["backward_bleu"].values()) == {0.0}
    assert figures["self_bleu"]["2"] == 1.0


# --- export, and Chinese --------------------------------------------------------------------------


def test_export_writes_what_generate_writes(folder, tmp_path):
    out = tmp_path / "model"
    assert command("export", f"--run_dir={folder / 'leakgan'}", f"--out={out}") == 0
    model = tf.saved_model.load(str(out))
    made = model.generate("", count=20, temperature=1 / 1.5, seed=3)["text"].numpy()
    expected = load(folder / "leakgan").generate(20, 1 / 1.5, seed=3)
    assert [line.decode() for line in made] == expected


def test_chinese_characters_come_out_as_they_went_in(tmp_path, capsys):
    """And the run's folder has a name of its own when none is given."""
    pick = random.Random(0)
    lines = ["".join(pick.sample(CHARACTERS, 5)) + "，" for _ in range(60)]
    (tmp_path / "poems.txt").write_text("\n".join(" ".join(line) for line in lines))
    with as_folder(tmp_path):
        assert command("prepare", "--input=poems.txt", "--out=poems", "--tokenizer=char") == 0
        assert (
            command("train", "--data=poems", "--system=mle", *SIZES["mle"], "--padding=masked") == 0
        )
        capsys.readouterr()
        assert command("generate", "--run_dir=save/mle-poems", "--num=50", "--seed=1") == 0
    vocabulary = load_dataset(tmp_path / "poems").vocabulary
    assert set(vocabulary.words) == set(CHARACTERS + "，")
    sentences = capsys.readouterr().out.splitlines()
    assert len(sentences) == 50
    assert {len(sentence) for sentence in sentences} > {6}  # they end, most as the poems do
    assert set("".join(sentences).replace("<unk>", "")) == set(CHARACTERS + "，")
    protocol = measured(tmp_path / "save" / "mle-poems")["protocol"]
    assert protocol["tokenizer"] == "char"
    assert "the filling not" in protocol["nll_test"]


@contextlib.contextmanager
def as_folder(path):
    before = Path.cwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)


# --- refusals -------------------------------------------------------------------------------------


def refuses(capsys, folder, *words, names=()):
    """Exit status 2 and one line on standard error; nothing below the folder changes."""
    before = runs.files(folder)
    capsys.readouterr()
    assert command(*words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert len(printed.err.splitlines()) == 1
    for name in names:
        assert str(name) in printed.err
    assert runs.files(folder) == before


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--data="], ["--data"]),
        (["--data={folder}/none"], ["none", "prepare"]),
        (["--data={folder}/mle"], ["mle", "prepare"]),
        (["--system=gan"], ["'gan'", "leakgan, maligan, maskgan, mle"]),
        (["--preset=huge"], ["huge", "paper, quick, smoke"]),
        (["--semantics=mine"], ["mine", "original, paper"]),
        (["--vocab_size=100"], ["vocab_size", "prepare"]),
        (["--padding=none"], ["padding", "masked"]),
        (["--windows=1,99", "--filters=2,2"], ["window 99"]),
        (["--batch_size=many"], ["batch_size", "many"]),
        (["--batch_size=201"], ["batch_size 201", "200 training sentences"]),
        (["--length=8"], ["length"]),
        (["--seed=x"], ["seed"]),
        (["data"], ["data"]),
    ],
)
def test_train_refuses_bad_flags(folder, tmp_path, capsys, words, names):
    given = [word.format(folder=folder) for word in words]
    run_dir = f"--run_dir={tmp_path / 'run'}"
    own = [f"--data={folder / 'data'}", run_dir, "--system=mle", *SIZES["mle"]]
    refuses(capsys, folder, "train", *own, *given, names=names)
    assert list(tmp_path.iterdir()) == []


def damaged(folder, tmp_path, name):
    data = tmp_path / "data"
    shutil.copytree(folder / "data", data)
    content = bytearray((data / name).read_bytes())
    content[len(content) // 2] ^= 1
    (data / name).write_bytes(content)
    return data


@pytest.mark.parametrize("name", ["train.npz", "test.npz", "vocabulary.json"])
def test_a_damaged_data_folder_is_refused(folder, tmp_path, capsys, name):
    data = damaged(folder, tmp_path, name)
    words = [f"--data={data}", f"--run_dir={tmp_path / 'run'}", *SIZES["leakgan"]]
    refuses(capsys, tmp_path, "train", *words, names=[data / name, "checksum"])
    words = [f"--data={data}", f"--run_dir={folder / 'mle'}"]
    refuses(capsys, folder, "evaluate", *words, names=[data / name, "checksum"])
    (data / name).unlink()
    refuses(capsys, tmp_path, "train", f"--data={data}", names=[data / name])


@pytest.fixture(scope="module")
def other_data(tmp_path_factory):
    """A data folder of the same sizes, but other sentences."""
    folder = tmp_path_factory.mktemp("other")
    (folder / "train.txt").write_text(text(200, 5))
    given = (f"--input={folder / 'train.txt'}", f"--out={folder / 'data'}", "--max_length=12")
    assert command("prepare", *given) == 0
    return folder / "data"


def test_other_data_than_the_runs_is_refused(folder, other_data, capsys):
    run = f"--run_dir={folder / 'mle'}"
    names = [other_data, folder / "mle", "trained on"]
    refuses(capsys, folder, "evaluate", run, f"--data={other_data}", names=names)
    words = [f"--data={other_data}", run, "--system=mle", *SIZES["mle"]]
    refuses(capsys, folder, "train", *words, names=["another configuration", "dataset"])
    words[0] = f"--data={folder / 'data'}"
    refuses(capsys, folder, "train", *words, "--seed=1", names=["seed: 0 -> 1"])


def test_a_data_folder_that_has_gone_is_refused_until_named(folder, evaluated, tmp_path, capsys):
    shutil.copytree(folder / "mle", tmp_path / "mle")
    config = json.loads((tmp_path / "mle" / "config.json").read_text())
    assert config["made_by"]["data"] == str(folder / "data")
    config["made_by"]["data"] = str(tmp_path / "gone")
    (tmp_path / "mle" / "config.json").write_text(json.dumps(config))
    run = f"--run_dir={tmp_path / 'mle'}"
    refuses(capsys, tmp_path, "evaluate", run, names=[tmp_path / "gone"])
    moved, out = f"--data={folder / 'data'}", tmp_path / "scores.json"
    found = evaluate(tmp_path, out, moved, systems=["mle"], temperatures="1")
    assert found["mle"] == evaluated[0]["mle"][1:2]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], ["--samples", "--run_dir"]),
        (["--run_dir={run}", "--samples={here}/s.txt"], ["--run_dir", "--samples"]),
        (["--run_dir={run}", "--references={here}/s.txt"], ["--run_dir", "--samples"]),
        (["--run_dir={run}", "--temperatures=1,x"], ["temperatures", "1,x"]),
        (["--run_dir={run}", "--temperatures=1,0"], ["temperatures"]),
        (["--run_dir={run}", "--temperatures=0.5,1,0.5004"], ["temperatures", "0.5 and 0.5004"]),
        (["--run_dir={run}", "--temperatures=-1"], ["temperatures"]),
        (["--run_dir={run}", "--temperatures=nan"], ["temperatures"]),
        (["--run_dir={run}", "--temperatures=inf"], ["temperatures"]),
        (["--run_dir={run}", "--temperatures="], ["temperatures"]),
        (["--run_dir={run}", "--num=1"], ["num", "2"]),
        (["--run_dir={run}", "--json={here}/s.txt"], ["s.txt", "exists"]),
        (["--run_dir={run}", "--picture={here}/s.txt"], ["s.txt", "exists"]),
        (["--run_dir={run}", "--json={here}/x", "--picture={here}/x"], ["the same file"]),
        (["--run_dir={run}", "--smoothing=none"], ["--smoothing", "--samples"]),
        (["--run_dir={run}", "--train={here}/s.txt"], ["--train", "--samples"]),
        (["--run_dir={run},{here}/none"], ["none"]),
        (["--run_dir={here}"], ["here"]),
        (
            ["--samples={here}/s.txt", "--references={here}/s.txt", "--temperatures=1"],
            ["--temperatures", "--run_dir"],
        ),
        (
            ["--samples={here}/s.txt", "--references={here}/s.txt", "--reverse_lm"],
            ["--reverse_lm", "--run_dir"],
        ),
    ],
)
def test_evaluate_refuses_bad_flags(folder, tmp_path, capsys, words, names):
    here = tmp_path / "here"
    here.mkdir()
    (here / "s.txt").write_text("a b\nb a\n")
    given = [word.format(run=folder / "mle", here=here) for word in words]
    refuses(capsys, tmp_path, "evaluate", *given, names=names)


def test_a_run_on_the_oracle_task_is_refused(tmp_path, capsys):
    runs.begun(tiny("mle"), tmp_path / "oracle")
    names = ["oracle", "benchmarks.synthetic"]
    refuses(capsys, tmp_path, "evaluate", f"--run={tmp_path / 'oracle'}", names=names)
