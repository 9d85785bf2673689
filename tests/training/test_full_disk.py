"""A checkpoint that the system will not write whole ends the run in one line, and harms nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.load import load
from leakgan_tf.training.logs import Records
from leakgan_tf.utils.errors import UserError

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@pytest.mark.ci
def test_a_run_on_a_full_disk_ends_in_one_line_and_can_go_on(tmp_path):
    run = RunFolder(tmp_path / "run")
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE.parent}"}
    command = [sys.executable, str(HERE / "full_disk_driver.py"), str(run.path), "2"]
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert result.returncode == 2, result.stderr
    assert len(errors) == 1
    assert errors[0].startswith(f"error: cannot write {run.path}")
    assert errors[0].endswith("File too large")
    assert "Traceback" not in result.stderr
    assert not list(run.path.glob(".*"))  # no temporary file
    assert load(run.path).position == 2
    assert load(run.path).sample(3).shape == (3, 8)
    runs.train(tiny("mle", mle_epochs=4, evaluate_every=4), run.path)  # there is room again
    assert load(run.path).position == 4


def test_records_that_cannot_be_written_are_the_users_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match="not a directory") as caught:
        Records(tmp_path / "metrics.jsonl", tmp_path / "file" / "tensorboard")
    assert str(tmp_path / "file" / "tensorboard") in str(caught.value)
    records = Records(tmp_path / "file" / "metrics.jsonl", tmp_path / "tensorboard")
    with pytest.raises(UserError, match="Not a directory"):
        records.scalars(0, "mle", {"loss": 1.0})
    records.close()
