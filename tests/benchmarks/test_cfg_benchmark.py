"""``python -m benchmarks.cfg``: its report, its runs read back, and what it refuses."""

import json

import numpy as np
import pytest
import tensorflow as tf

from benchmarks import cfg
from benchmarks.publish.export_result import export_result
from benchmarks.reports import results
from helpers import runs
from leakgan_tf.cli import entry
from leakgan_tf.runs.export import export
from leakgan_tf.runs.load import load


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
    loaded = tf.saved_model.load(str(tmp_path / "exported"))
    found = loaded.generate("", count=5)
    np.testing.assert_array_equal(found["ids"], trained.sample(5))


def test_bad_flags_are_one_line(tmp_path, capsys):
    assert benchmark("--grammar=none", f"--run_dir={tmp_path / 'a'}") != 0
    assert benchmark("--select=nll_oracle", f"--run_dir={tmp_path / 'b'}") != 0
    assert "on cfg give nll_test" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()
