"""What is told of the machine, and what is not."""

import os
import platform
from pathlib import Path

from leakgan_tf.runs.folder import environment
from leakgan_tf.utils import hardware as module
from leakgan_tf.utils.hardware import describe_hardware, hardware

A100 = "Model: \t\t NVIDIA A100-SXM4-40GB\nIRQ:   \t\t 42\n"


def test_every_run_records_the_machine_but_not_whose_it_is():
    found = environment()["hardware"]
    assert found == hardware()
    assert found["processor"]
    assert 1 <= found["cores"] <= os.cpu_count()
    assert found["memory_gb"] > 0
    text = str(environment())
    assert platform.node() not in text
    assert str(Path.cwd()) not in text


def test_gpus_are_told_by_their_models(tmp_path, monkeypatch):
    for number in range(2):
        (tmp_path / f"0000:0{number}:00.0").mkdir()
        (tmp_path / f"0000:0{number}:00.0" / "information").write_text(A100)
    monkeypatch.setattr(module, "_GPUS", tmp_path)
    found = {**hardware(), "processor": "P", "cores": 4, "memory_gb": 8.0, "instructions": ["avx2"]}
    assert found["gpus"] == ["NVIDIA A100-SXM4-40GB"] * 2
    assert describe_hardware(found) == "P, 4 cores, 8 GB, avx2, 2 × NVIDIA A100-SXM4-40GB"
    monkeypatch.setattr(module, "_GPUS", tmp_path / "none")
    assert describe_hardware(hardware()).endswith("no GPU")


def test_older_records_are_no_error():
    assert describe_hardware({}) == "not recorded"
    assert describe_hardware({"processor": "P", "cores": 2}) == "P, 2 cores"
