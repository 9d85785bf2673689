"""The CFG task: its figures of a known generator, and runs on it."""

import json

import numpy as np
import pytest
import tensorflow as tf

from benchmarks import cfg
from benchmarks.publish.export_result import export_result
from benchmarks.reports import results
from helpers import runs
from leakgan_tf.cli import entry
from leakgan_tf.data.languages import Language
from leakgan_tf.runs.cfg_config import cfg_config
from leakgan_tf.runs.export import export
from leakgan_tf.runs.load import load
from leakgan_tf.tasks.cfg import CFGTask
from leakgan_tf.utils.errors import UserError

LANGUAGE = Language("operators")


class Law:
    """The law itself as a generator; a share of its samples is spoilt."""

    def __init__(self, spoilt=0.0):
        self.ids, self.law = LANGUAGE.sentences
        self.spoilt = spoilt

    def sample(self, count, temperature, seed):
        samples = LANGUAGE.sample(count, int(seed[0]) & 0xFFFF)
        samples[: int(self.spoilt * count), 0] = 0  # padding first
        return samples

    def log_prob(self, tokens, *_):
        known = {row.tobytes(): p for row, p in zip(self.ids, self.law, strict=True)}
        total = np.log([known[row.tobytes()] * (1.0 - self.spoilt) for row in tokens])
        return np.repeat(total[:, None] / tokens.shape[1], tokens.shape[1], axis=1)


@pytest.fixture(scope="module")
def task():
    return CFGTask(cfg_config("quick", "operators", "levels", "mle", 0, {}))


def test_the_law_itself_is_valid_and_at_no_distance(task):
    found, reference = task.evaluate(Law(), 3), task.reference()
    assert found["valid"] == reference["valid"] == 1.0
    np.testing.assert_allclose(found["total_variation"], 0.0, atol=1e-9)
    assert found["length_distance"] < 0.05 and reference["length_distance"] < 0.05
    for name in ("valid_new", "valid_distinct", "law_nll", "nll_test_1.0"):
        np.testing.assert_allclose(found[name], reference[name], rtol=0.15, err_msg=name)
    assert 0.0 < found["valid_new"] < 0.2  # most of the language was seen
    assert task.evaluate(Law(), 3) == found


def test_padding_inside_a_sentence_spoils_it(task):
    found = task.evaluate(Law(0.25), 3)
    np.testing.assert_allclose([found["valid"], found["total_variation"]], [0.75, 0.25], atol=1e-3)


def test_train_and_test_are_of_the_law_and_differ(task):
    assert task.train.shape == (5000, 12) and task.test.shape == (2048, 12)
    assert not np.array_equal(task.train[:2048], task.test)
    assert set(task.show(task.train)) <= set(map(LANGUAGE.text, LANGUAGE.sentences[0]))
    assert task.positives(7, 3).shape == (7, 12)


def test_the_grammars_sizes_are_not_to_be_changed():
    with pytest.raises(UserError, match="length is the grammar's"):
        cfg_config("quick", "operators", "levels", "mle", 0, {"length": 13})
    with pytest.raises(UserError, match="unknown preset 'short'"):
        cfg_config("short", "operators", "levels", "mle", 0, {})
    config = cfg_config("smoke", "brackets", "derivation", "seqgan", 0, {})
    assert (config.length, config.vocab_size, config.own.steps) == (20, 9, 2)


# --- The benchmark --------------------------------------------------------------------------------


def benchmark(*words):
    return entry.run(cfg.run, cfg.define_flags(), ["cfg", *map(str, words)], cfg.ABOUT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("save") / "cfg"
    with runs.as_a_program():
        assert benchmark(
            "--preset=smoke", "--mle_epochs=2", f"--run_dir={folder}", "--evaluation_samples=32"
        ) == 0  # fmt: skip
    return folder


def test_the_report(folder):
    report = json.loads((folder / "report.json").read_text())
    assert [run["folder"] for run in report["runs"]] == ["mle-seed0", "gumbel_gan-seed0"]
    for run in report["runs"]:
        assert {"valid", "valid_new", "total_variation"} <= set(run["figures"])
        assert len(run["samples"]) == 20 and run["config"]["grammar"] == "operators"
    page = (folder / "report.md").read_text()
    assert "the grammar itself" in page and "total variation" in page
    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG\r\n")
    content = export_result(folder)
    results.check(content, "report")
    assert all(run["records"] for run in content["runs"])


def test_a_run_is_read_back_exported_and_goes_on(folder, tmp_path):
    trained = load(folder / "gumbel_gan-seed0")
    assert trained.position == trained.total and "grammar" in repr(trained)
    lines = trained.generate(5)
    assert set("".join(lines)) <= set("x+-*/ ")
    export(trained, tmp_path / "exported")
    generate = tf.saved_model.load(str(tmp_path / "exported")).signatures["generate"]
    found = generate(count=tf.constant(5), temperature=tf.constant(1.0), seed=tf.constant(0))
    np.testing.assert_array_equal(found["ids"], trained.sample(5))


def test_bad_flags_are_one_line(tmp_path, capsys):
    assert benchmark("--grammar=none", f"--run_dir={tmp_path / 'a'}") != 0
    assert benchmark("--select=nll_oracle", f"--run_dir={tmp_path / 'b'}") != 0
    assert "on cfg it is nll_test" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()
