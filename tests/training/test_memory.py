"""Runs in one process keep nothing of each other."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.mark.ci  # three whole runs
def test_the_third_run_in_a_process_holds_no_more_than_the_first(tmp_path):
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE.parent}"}
    done = subprocess.run(
        [sys.executable, str(HERE / "memory_driver.py"), str(tmp_path), "3"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    first, _, third = (float(line[1]) for line in lines if line[:1] == ["resident"])
    assert third < 1.05 * first
