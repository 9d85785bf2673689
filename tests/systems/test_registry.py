"""Systems are found by their files; adding one is adding a file, as CONTRIBUTING.md shows."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf import systems
from leakgan_tf.systems import registry
from leakgan_tf.utils.errors import UserError

ROOT = Path(__file__).parent.parent.parent
NAMES = ["leakgan", "maligan", "mle", "pg_bleu", "rankgan", "scheduled_sampling", "seqgan"]


def test_every_systems_file_is_found_and_shared_parts_are_not():
    assert list(registry.find_systems()) == NAMES
    assert registry.describe_systems() == ", ".join(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_system_is_made_by_its_name(name):
    made = registry.make_system(tiny(name), task=None)
    assert type(made).__module__ == f"leakgan_tf.systems.{name}"
    assert type(made).__name__ == registry.find_systems()[name]
    assert set(made.models) >= {"generator"}


def test_naming_them_imports_no_tensorflow():
    code = (
        "import sys; from leakgan_tf.systems import registry; "
        "print(registry.check_names(['all']), 'tensorflow' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == f"{NAMES} False"


def test_names_are_checked():
    assert registry.check_names(["seqgan", "mle"]) == ["seqgan", "mle"]
    assert registry.check_names(["all"]) == NAMES


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["gan"], "'gan'.*maligan, mle"),
        ([], "one or more"),
        (["mle", "mle"], "different"),
        (["base"], "'base'"),
        (["policy_gradient"], "'policy_gradient'"),
        (["all", "mle"], "'all'"),
    ],
)
def test_other_names_are_refused(names, words):
    with pytest.raises(UserError, match=words):
        registry.check_names(names)


# --- Adding one -------------------------------------------------------------------------------


@pytest.fixture
def added(tmp_path, monkeypatch):
    """The example of CONTRIBUTING.md, as a file of the package."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    name, code = re.search(
        r"`leakgan_tf/systems/(\w+)\.py`:\n\n```python\n(.*?)```", text, re.DOTALL
    ).groups()
    (tmp_path / f"{name}.py").write_text(code, "utf-8")
    monkeypatch.setattr(systems, "__path__", [*systems.__path__, str(tmp_path)])
    yield name
    sys.modules.pop(f"leakgan_tf.systems.{name}", None)


def test_a_file_is_enough(added, tmp_path):
    """It is listed, trained, resumed and rewarded by what its file says."""
    assert added in registry.find_systems()
    assert added in registry.describe_systems()
    config = tiny(added, mle_epochs=1, seqgan_steps=1)
    trained = runs.train(config, tmp_path / "run")
    assert type(trained).__module__ == f"leakgan_tf.systems.{added}"
    groups = [line["group"] for line in runs.records(tmp_path / "run")]
    assert groups == ["mle", "evaluation", "adversarial/generator", "evaluation"]
    sentences = np.array([[1, 1, 2, 3, 4, 5, 6, 7], [1] * 8], np.int32)
    rewards = np.asarray(trained.reward_function()(sentences))
    np.testing.assert_allclose(rewards, [7 / 8, 1 / 8], rtol=1e-6)
