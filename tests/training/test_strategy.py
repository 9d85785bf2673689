"""Several devices or processes share a batch, and make of it what one device makes."""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import strategy_cases

from helpers import runs
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.training.distribution import Distribution

pytestmark = pytest.mark.ci  # starts pairs of processes

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FLAGS = (
    "--preset=smoke", "--systems=mle", "--vocab_size=12", "--batch_size=8", "--sampling_batch=16",
    "--training_sequences=24", "--evaluation_samples=16", "--mle_epochs=3", "--evaluate_every=1",
    "--checkpoint_seconds=1e-6",
)  # fmt: skip
SECONDS = 300  # after which a process hangs: on a busy machine all of them are slow
IN_PEACE = ("-1", "0")


@pytest.fixture(scope="module")
def expected(rewritten_graphs):
    """The cases on one device."""
    return strategy_cases.results(Distribution())


def start(script, *words, **environment):
    return subprocess.Popen(
        [sys.executable, str(HERE / script), *map(str, words)],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE.parent}",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process):
    """The output and the exit status of a process; it must end by itself."""
    try:
        told, _ = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
    return told, process.returncode


def clusters(size):
    """TF_CONFIG for each of several workers on this machine."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("", 0))) for _ in range(size)]
        workers = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    tasks = [{"type": "worker", "index": index} for index in range(size)]
    return [json.dumps({"cluster": {"worker": workers}, "task": task}) for task in tasks]


def assert_equal(file, expected):
    with np.load(file) as found:
        assert set(found.files) == set(expected)
        for name, value in expected.items():
            scale = max(float(np.abs(value).max(initial=0.0)), 1e-3)
            exact = name.endswith(("sample", "log_prob"))
            tolerance = 0.0 if exact else 1e-5 * scale
            np.testing.assert_allclose(found[name], value, rtol=0, atol=tolerance, err_msg=name)


def test_two_devices_equal_one(tmp_path, expected):
    told, status = ended(start("strategy_cases.py", tmp_path / "two.npz", "mirrored", 2))
    assert status == 0, told
    assert_equal(tmp_path / "two.npz", expected)


def test_two_processes_equal_one(tmp_path, expected):
    wanted = ("original", "seqgan")
    words = "multi_worker", 0, *wanted
    processes = [
        start("strategy_cases.py", tmp_path / f"{i}.npz", *words, TF_CONFIG=each)
        for i, each in enumerate(clusters(2))
    ]
    for told, status in map(ended, processes):
        assert status == 0, told
    of_these = {k: value for k, value in expected.items() if k.startswith(wanted)}
    for i in range(2):
        assert_equal(tmp_path / f"{i}.npz", of_these)


def train_on_two(folder, ends, *flags):
    """Trains with two workers, which end themselves as said; returns outputs and statuses."""
    processes = [
        start(
            "strategy_driver.py", *end, *FLAGS, f"--run_dir={folder}",
            "--strategy=multi_worker", *flags, TF_CONFIG=cluster,
        )
        for end, cluster in zip(ends, clusters(2), strict=True)
    ]  # fmt: skip
    return [ended(process) for process in processes]


def errors(told):
    return [line for line in told.splitlines() if line.startswith("error: ")]


def test_a_killed_worker_ends_the_run_which_goes_on_with_any_number_of_workers(tmp_path):
    kill = ("1", str(int(signal.SIGKILL)))
    chief, other = train_on_two(tmp_path / "shared", [IN_PEACE, kill])
    assert other[1] == -signal.SIGKILL
    assert chief[1] == 1, chief[0]
    run = RunFolder(tmp_path / "shared" / "mle-seed0")
    (line,) = errors(chief[0])
    assert "worker 1 (127.0.0.1:" in line and f"goes on from {run.checkpoint}" in line
    assert "Traceback" not in chief[0]
    assert runs.progress(run.checkpoint)["position"] == 1

    chief, other = train_on_two(tmp_path / "shared", [("2", kill[1]), IN_PEACE])
    assert (chief[1], other[1]) == (-signal.SIGKILL, 1), other[0]
    (line,) = errors(other[0])
    assert "worker 0 (127.0.0.1:" in line and "what the chief has kept" in line
    assert runs.progress(run.checkpoint)["position"] == 2

    driver = "strategy_driver.py"
    for folder in ("shared", "alone"):
        told, status = ended(start(driver, *IN_PEACE, *FLAGS, f"--run_dir={tmp_path / folder}"))
        assert status == 0, told
    alone = RunFolder(tmp_path / "alone" / "mle-seed0")
    found, expected = runs.arrays(run.checkpoint), runs.arrays(alone.checkpoint)
    assert list(found) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-5, err_msg=name)
    assert len(run.records()) == len(alone.records())


def test_workers_with_other_flags_or_that_never_come_are_named(tmp_path):
    folder, (first, second) = tmp_path / "run", clusters(2)
    words = (*IN_PEACE, *FLAGS, f"--run_dir={folder}", "--strategy=multi_worker")
    processes = [
        start("strategy_driver.py", *words, TF_CONFIG=first),
        start("strategy_driver.py", *words, "--seeds=1,", TF_CONFIG=second),
        start(
            "strategy_driver.py", *words, "--worker_timeout=1", TF_CONFIG=clusters(2)[0],
            PYTHONWARNINGS="ignore",
        ),
    ]  # fmt: skip
    (_, status), (other, other_status), (lonely, lonely_status) = map(ended, processes)
    assert (status, other_status, lonely_status) == (1, 2, 1)
    (line,) = errors(other)
    assert "worker 1 was started with another configuration" in line and "seed: 0 -> 1" in line
    (line,) = errors(lonely)
    assert "worker 1 (127.0.0.1:" in line and "no connection to" in line and "within 1 s" in line
    assert not RunFolder(folder / "mle-seed1").path.exists()  # only the chief keeps a folder
