"""``train --task=synthetic``: the oracle task by the command that trains on text."""

import pytest

from helpers import runs
from leakgan_tf.__main__ import main
from leakgan_tf.runs.folder import RunFolder

SMOKE = ("--system=mle", "--preset=smoke", "--mle_epochs=1")


def test_a_run_on_the_oracle_is_trained_and_its_sweep_printed(tmp_path, capsys):
    words = ["leakgan_tf", "train", "--task=synthetic", *SMOKE, f"--run_dir={tmp_path / 'run'}"]
    with runs.as_a_program():
        assert main(words) == 0
    printed = capsys.readouterr().out
    assert "NLL_oracle" in printed and "T = 1/1.5 (logits × 1.5)" in printed
    config = RunFolder(tmp_path / "run").read_config()
    assert (config.task, config.system, config.own.epochs) == ("synthetic", "mle", 1)
    made_by = RunFolder(tmp_path / "run").read()["made_by"]
    assert made_by["command"].startswith("python -m leakgan_tf train")
    assert "data" not in made_by


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], ["--data", "--task=synthetic"]),
        (["--task=synthetic", "--data=folder"], ["takes no data"]),
        (["--task=synthetic", "--length=21"], ["length"]),
        (["--task=synthetic", "--oracle_params=none.npz"], ["none.npz"]),
        (["--task=music"], ["--task"]),
    ],
)
def test_bad_flags_are_refused_in_one_line(words, names, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["leakgan_tf", "train", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert all(name in line for name in names)
    assert not list(tmp_path.iterdir())
