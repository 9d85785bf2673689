"""``--help``: groups in order, presets' values as defaults, an example; before TensorFlow loads."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import cfg, music
from leakgan_tf.cli import entry, evaluate, help_page, train
from leakgan_tf.cli.config_flags import preset_values
from leakgan_tf.config.presets import PAPER_CFG, PAPER_MUSIC
from leakgan_tf.systems.registry import find_systems

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def text(capsys):
    assert entry.run(train.run, train.define_flags(), ["train", "--help"], train.ABOUT) == 0
    return capsys.readouterr().out


def test_what_most_users_need_comes_first_and_each_system_has_a_group(text):
    titles = [line.split(" (")[0].rstrip(":") for line in text.splitlines() if line.endswith(":")]
    assert titles[:3] == ["Most used", "Training", "Models"]
    # MLETuned has no setting of its own.
    assert set(titles[3:-1]) == set(find_systems().values()) - {"MLETuned"}
    assert titles[-1] == "Devices"
    groups = text.split(":\n")
    assert "--data\n" in groups[1] and "--batch_size" not in groups[1]
    assert "Example: python -m leakgan_tf train" in groups[0]
    assert help_page.SOURCES in groups[0] and text.count("D is the discriminator") == 1


def test_a_command_without_settings_explains_no_sources(capsys):
    assert entry.run(evaluate.run, evaluate.define_flags(), ["x", "--help"], evaluate.ABOUT) == 0
    assert "its program" not in capsys.readouterr().out


def test_defaults_are_the_presets():
    values = train.define_flags()
    values(["train", "--preset=quick"])
    found = preset_values(values)
    assert found["mle_epochs"] == "10"
    assert found["rankgan_gamma"] == "16.0"
    assert found["goal_window"] == "sliding"
    assert found["windows"] == "1,2,3,4,5,8,16"
    values(["train", "--preset=paper"])
    found = preset_values(values)
    assert found["mle_epochs"] == "120"
    assert found["goal_window"] == "block"
    assert "vocab_size" not in found  # the data folder's
    values(["train", "--preset=quick", "--task=synthetic"])
    found = preset_values(values)
    assert (found["vocab_size"], found["windows"]) == ("200", "1,2,3,4,5,10,20")


def test_defaults_of_a_benchmark_are_its_tasks():
    values = cfg.define_flags()
    values(["cfg", "--preset=paper", "--grammar=brackets"])
    assert preset_values(values)["windows"] == ",".join(map(str, PAPER_CFG.windows))
    values = music.define_flags()
    values(["music", "--preset=paper"])
    found = preset_values(values)
    assert found["windows"] == ",".join(map(str, PAPER_MUSIC.windows))
    assert found["training_sequences"] == str(PAPER_MUSIC.training_sequences)


def test_the_preset_that_was_given_is_shown(capsys):
    words = ["train", "--preset=smoke", "--help"]
    assert entry.run(train.run, train.define_flags(), words, train.ABOUT) == 0
    assert "--rankgan_references=4\n" in capsys.readouterr().out
    words = ["train", "--preset=tiny", "--help"]
    assert entry.run(train.run, train.define_flags(), words, train.ABOUT) == 2
    assert capsys.readouterr().err == "error: unknown preset 'tiny': one of paper, quick, smoke\n"


@pytest.mark.parametrize("command", ["leakgan_tf.cli.train", "benchmarks.synthetic"])
def test_help_imports_nothing_large(command):
    code = (
        f"import sys; from leakgan_tf.cli import entry; import {command} as it; "
        "entry.run(it.run, it.define_flags(), ['it', '--help'], it.ABOUT); "
        "large = {'tensorflow', 'matplotlib', 'nltk', 'scipy.stats', 'scipy.optimize'}; "
        "print(sorted(large & sys.modules.keys()))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1] == "[]"
