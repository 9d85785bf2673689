"""A run that is killed in each of its phases ends with the numbers of one that never was."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from helpers.tiny import tiny
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.systems.registry import make_system

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TIMES = {"seconds", "spent"}  # what a clock says is no result


def drive(folder, system, phase):
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE.parent}"}
    command = [sys.executable, str(HERE / "kill_driver.py"), str(folder), system, str(phase)]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )


def last_of_each_kind(system):
    """The number of the last phase of each kind; kinds that train nothing are left out."""
    kinds = {}
    for number, phase in enumerate(make_system(tiny(system), task=None).phases()):
        if phase.epochs:
            kinds[phase.name] = number
    return dict(sorted(kinds.items(), key=lambda item: item[1]))


def results(folder):
    """Everything a run leaves behind but times."""
    run = RunFolder(folder)
    with np.load(run.checkpoint) as stored:
        arrays = {name: stored[name] for name in stored.files if name != "meta"}
    figures = json.loads(run.measured.read_text())
    records = [{k: v for k, v in line.items() if k not in TIMES} for line in run.records()]
    return arrays, {k: v for k, v in figures.items() if k not in TIMES}, records


@pytest.mark.ci
@pytest.mark.parametrize("system", ["leakgan", "mle"])
def test_killed_in_each_phase(tmp_path, system):
    peaceful = drive(tmp_path / "peaceful", system, -1)
    assert peaceful.returncode == 0, peaceful.stderr

    kinds = last_of_each_kind(system)
    for name, number in kinds.items():
        killed = drive(tmp_path / "killed", system, number)
        assert killed.returncode == -signal.SIGKILL, f"{name}: {killed.stderr}"
        assert not RunFolder(tmp_path / "killed").measured.exists()
    last = drive(tmp_path / "killed", system, -1)
    assert last.returncode == 0, last.stderr
    assert "going on from phase" in last.stdout + last.stderr

    expected_arrays, expected_figures, expected_records = results(tmp_path / "peaceful")
    arrays, figures, records = results(tmp_path / "killed")
    assert set(arrays) == set(expected_arrays)
    for name, array in expected_arrays.items():
        np.testing.assert_array_equal(arrays[name], array, err_msg=name)
    assert figures == expected_figures
    assert records == expected_records
