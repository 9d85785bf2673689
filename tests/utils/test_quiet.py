"""A command prints nothing of TensorFlow's unless something is wrong."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.kills import TENSORFLOWS
from leakgan_tf.cli import entry
from leakgan_tf.utils import quiet

ROOT = Path(__file__).parents[2]
NOISE = [
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
    "I0000 00:00:1795543804.762729     647 cudart_stub.cc:31] Could not find cuda drivers",
    "2025-01-01 10:00:00.123456: I tensorflow/core/util/port.cc:153] oneDNN custom operations",
    "E0000 00:00:1.2  7 cuda_dnn.cc:8579] Unable to register cuDNN factory: registered already",
    "E0000 00:00:1.2  7 util.cc:131] oneDNN supports DT_INT32 only on platforms with AVX-512.",
]
NO_GPU = "E0000 00:00:1795.3 647 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error"
WRONG = [
    "F0000 00:00:1.2 7 cpu_feature_guard.cc] TensorFlow was compiled to use AVX instructions",
    "E0000 00:00:1.2 7 executor.cc:1] out of memory",
    "Illegal instruction",
]


@pytest.mark.parametrize("has_gpu", [True, False])
def test_information_is_noise_and_errors_are_not(has_gpu):
    assert all(quiet.is_noise(line, has_gpu) for line in NOISE)
    assert not any(quiet.is_noise(line, has_gpu) for line in WRONG)


def test_a_gpu_that_does_not_start_is_worth_a_line():
    assert quiet.is_noise(NO_GPU, has_gpu=False)
    assert not quiet.is_noise(NO_GPU, has_gpu=True)


def run(*words):
    """Runs Python as a user does, without our variables; returns its output and errors."""
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    ended = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    return ended.stdout, ended.stderr


def run_code(code):
    """Runs a program that uses TensorFlow after `install`."""
    return run("-c", f"from leakgan_tf.utils import quiet; quiet.install(); import keras; {code}")


def test_only_the_programs_own_lines_are_seen():
    code = "import tensorflow as tf, sys; print('own', file=sys.stderr); print(int(tf.constant(1)))"
    assert run_code(code) == ("1\n", "own\n")


@pytest.mark.ci
def test_the_first_graph_is_quiet_too():
    code = (
        "import tensorflow as tf, sys; quiet.run_first_graph(); "
        "print(tf.function(tf.transpose)(tf.constant([[1, 2]])).numpy().tolist())"
    )
    assert run_code(code) == ("[[1], [2]]\n", "")


@pytest.mark.ci
def test_the_python_api_is_quiet_too():
    code = "import leakgan_tf; print(len(leakgan_tf.load('captions').generate(2)))"
    assert run("-c", code) == ("2\n", "")


def test_a_command_hides_warnings_of_retracing_and_no_others(caplog, monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    log = logging.getLogger("tensorflow")
    monkeypatch.setattr(log, "filters", [])
    log.addHandler(caplog.handler)

    def command(_):
        log.warning("5 out of the last 5 calls triggered tf.function retracing")
        log.warning("something is wrong")

    assert entry.run(command, entry.new_flags(), ["command"], "about") == 0
    log.removeHandler(caplog.handler)
    assert {line.getMessage() for line in caplog.records} == {"something is wrong"}


SMALL_SPEED = """
import runpy
from leakgan_tf.utils import quiet
quiet.install()
from benchmarks.speed import limits
measure = limits.measure_limits
limits.measure_limits = lambda: measure((8, 16), 1000)
runpy.run_module("benchmarks.speed", run_name="__main__")
"""


# Commands that train are looked at by `helpers.kills`.
@pytest.mark.ci
@pytest.mark.parametrize(
    "words",
    [
        ("-m", "leakgan_tf", "generate", "--run_dir=captions", "--num=2"),
        (
            "-c", SMALL_SPEED, "--preset=smoke", "--stages=sampling,adversarial_step",
            "--updates=", "--nostartup", "--repeats=1", "--samples=20",
        ),
    ],
)  # fmt: skip
def test_a_command_shows_none_of_tensorflows_lines(words):
    output, errors = run(*words)
    assert output
    assert TENSORFLOWS.findall(errors) == []
