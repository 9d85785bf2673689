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
from leakgan_tf.runs.shapes import read_starts
from leakgan_tf.systems.registry import make_system

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
STARTS = ("peaceful", "killed in", "to the end")  # of the driver's lines
TIMES = {"seconds", "spent"}  # what a clock says is no result


def drive(*words):
    """Runs the driver; returns its output, errors among it."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE.parent}"}
    done = subprocess.run(
        [sys.executable, str(HERE / "kill_driver.py"), *map(str, words)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


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
    phases = last_of_each_kind(system).values()
    told = drive(tmp_path / "peaceful", tmp_path / "killed", system, *phases)
    statuses = [line.rpartition(" ") for line in told.splitlines() if line.startswith(STARTS)]
    assert [(name, int(status)) for name, _, status in statuses] == [
        ("peaceful", 0),
        *((f"killed in {phase}", -signal.SIGKILL) for phase in phases),
        ("to the end", 0),
    ], told
    starts = [start["position"] for start in read_starts(RunFolder(tmp_path / "killed").starts)]
    assert len(starts) == len(phases) + 1
    assert starts[0] == 0 < starts[-1] and starts == sorted(starts)

    expected_arrays, expected_figures, expected_records = results(tmp_path / "peaceful")
    arrays, figures, records = results(tmp_path / "killed")
    assert set(arrays) == set(expected_arrays)
    for name, array in expected_arrays.items():
        np.testing.assert_array_equal(arrays[name], array, err_msg=name)
    assert figures == expected_figures
    assert records == expected_records
