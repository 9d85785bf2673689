"""The models that come with the package: there, small, and what they say they are."""

import re
from pathlib import Path

import numpy as np
import pytest

from leakgan_tf.__main__ import main
from leakgan_tf.data import captions
from leakgan_tf.runs import shipped
from leakgan_tf.runs.load import load
from leakgan_tf.runs.shipped import NAMES, PRETRAINED, find_run

ROOT = Path(__file__).parent.parent.parent


def test_they_are_package_data_of_a_megabyte_at_most():
    files = [path for path in PRETRAINED.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 1e6
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (pattern,) = re.findall(r'"(pretrained/[^"]+)"', project)
    assert sorted(PRETRAINED.parent.glob(pattern)) == sorted(files)


@pytest.mark.parametrize(("name", "share"), list(list(zip(NAMES, (0.6, 0.8), strict=True))))
def test_they_write_captions(name, share):
    trained = load(name)
    tokens = [trained.reader.tokens(row) for row in trained.sample(200)]
    grammatical = [np.isfinite(captions.log_prob(each)) for each in tokens]
    assert np.mean(grammatical) > share
    assert trained.figures["total_updates"] > 0
    known = trained.training_sentences()
    assert len(known) == 10_000
    assert set(trained.generate(20, novel=True, prompt="a man")).isdisjoint(known)


def test_a_run_of_that_name_comes_first(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert find_run("captions") == PRETRAINED / "captions"
    (tmp_path / "captions").mkdir()  # a data folder, say
    assert find_run("captions") == PRETRAINED / "captions"
    (tmp_path / "captions" / "config.json").write_text("{}")
    assert find_run("captions") == Path("captions")
    assert main(["leakgan-tf", "generate", "--run=captions"]) == 2
    assert "captions is not a run folder" in capsys.readouterr().err


def test_a_data_folder_that_has_moved_is_named():
    with pytest.raises(shipped.UserError, match="not the data folder"):
        shipped.run_data(PRETRAINED / "captions", "another")
