"""A run's generator, read back from its folder, in another process too."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.runs import checkpoint
from leakgan_tf.runs.checkpoint import Progress
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.load import load
from leakgan_tf.utils.errors import UserError

ROOT = Path(__file__).parent.parent.parent
SYSTEMS = ("mle", "seqgan", "leakgan")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with an interrupted run of every system, each with its system."""
    folder = tmp_path_factory.mktemp("runs")
    return folder, {name: runs.begun(tiny(name), folder / name) for name in SYSTEMS}


@pytest.mark.ci
def test_a_fresh_process_generates_the_same_sentences(folder):
    code = """
import json, sys
from leakgan_tf.runs.load import load
for run in sys.argv[1:]:
    print(json.dumps([load(run).generate(5, 1.5, seed=3), load(run).sample(3).tolist()]))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    paths = [str(folder[0] / name) for name in SYSTEMS]
    result = subprocess.run(
        [sys.executable, "-c", code, *paths],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    for line, path in zip(result.stdout.splitlines(), paths, strict=True):
        here = load(path)
        assert json.loads(line) == [here.generate(5, 1.5, seed=3), here.sample(3).tolist()]


@pytest.mark.parametrize("name", SYSTEMS)
def test_it_is_the_generator_that_was_saved(folder, name):
    path, systems = folder
    trained = load(path / name)
    assert (trained.position, trained.total) == (3, 9)
    assert trained.config == tiny(name)
    tokens = np.random.default_rng(0).integers(0, 12, (4, 8)).astype(np.int32)
    expected = systems[name].generator.log_prob(tokens)
    np.testing.assert_array_equal(trained.generator.log_prob(tokens), expected)


@pytest.fixture(scope="module")
def trained(folder):
    return load(folder[0] / "mle")


def test_sentences_are_token_ids_as_text(trained):
    sentences = trained.generate(7, seed=1)
    assert [[int(word) for word in line.split()] for line in sentences] == trained.sample(
        7, seed=1
    ).tolist()
    assert trained.sample(7).shape == (7, 8)


def test_seed_and_temperature_matter_and_more_begin_with_the_same(trained):
    first = trained.generate(20, seed=1)
    assert trained.generate(20, seed=1) == first
    assert trained.generate(20, seed=2) != first
    assert trained.generate(20, temperature=3.0, seed=1) != first
    assert trained.generate(5, seed=1) == first[:5]
    assert trained.generate(0) == []


def test_a_lower_temperature_is_sharper(trained):
    likelihood = {
        temperature: trained.generator.log_prob(trained.sample(400, temperature)).mean()
        for temperature in (10.0, 1.0, 0.05)
    }
    assert likelihood[10.0] < likelihood[1.0] < likelihood[0.05]


@pytest.mark.parametrize("temperature", [0, -1.0, float("nan"), float("inf")])
def test_impossible_temperatures_are_refused(trained, temperature):
    with pytest.raises(UserError, match="temperature"):
        trained.generate(1, temperature)


def test_a_negative_number_is_refused(trained):
    with pytest.raises(UserError, match="num"):
        trained.generate(-1)


def test_the_best_weights_on_request(tmp_path):
    system = runs.begun(tiny("mle"), tmp_path)
    system.model.projection.bias.assign([9.0] + [0.0] * 11)
    run = RunFolder(tmp_path)
    checkpoint.save(run.best, Progress(position=1, total=9), system.models, {})
    best, latest = load(tmp_path, best=True), load(tmp_path)
    assert (best.position, latest.position) == (1, 3)
    assert (best.sample(50) == 0).mean() > 0.9 > (latest.sample(50) == 0).mean()


def refuses(path, *words, **arguments):
    with pytest.raises(UserError) as caught:
        load(path, **arguments)
    for word in words:
        assert word in str(caught.value)


def test_folders_that_are_no_run_are_refused(tmp_path, folder):
    refuses(tmp_path / "missing", str(tmp_path / "missing"), "not a folder")
    refuses(tmp_path, str(tmp_path), "not a run folder")
    refuses(folder[0], "several runs", "leakgan, mle, seqgan")
    (tmp_path / "file").write_text("")
    refuses(tmp_path / "file", "not a folder")
    (tmp_path / "config.json").write_text('{"kind": "other"}')
    refuses(tmp_path, "not a run folder")


def test_a_run_without_a_checkpoint_is_refused(tmp_path):
    runs.begun(tiny("mle"), tmp_path)
    refuses(tmp_path, "no checkpoint yet", "best.npz", best=True)
    RunFolder(tmp_path).checkpoint.unlink()
    refuses(tmp_path, "no checkpoint yet", "checkpoint.npz")


def test_another_runs_checkpoint_is_refused(tmp_path, folder):
    runs.begun(tiny("mle"), tmp_path)
    other = RunFolder(folder[0] / "seqgan").checkpoint
    RunFolder(tmp_path).checkpoint.write_bytes(other.read_bytes())
    refuses(tmp_path, str(RunFolder(tmp_path).checkpoint), "another system")
