"""Systems are found by their files; adding one is adding a file, as CONTRIBUTING.md shows."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from absl import flags

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf import systems
from leakgan_tf.cli.config_flags import define_settings, for_system, overrides
from leakgan_tf.config.presets import synthetic_preset
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.systems import registry
from leakgan_tf.systems.declared import declared
from leakgan_tf.utils.errors import UserError

ROOT = Path(__file__).parent.parent.parent
NAMES = [
    "cot", "gumbel_gan", "leakgan", "maligan", "maskgan", "mle", "mle_tuned", "pg_bleu", "rankgan",
    "relgan", "residual_ebm", "scheduled_sampling", "scratchgan", "seqgan", "tailr", "textgan",
]  # fmt: skip


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
        (["gan"], "'gan'.*maligan, maskgan, mle"),
        ([], "one or more"),
        (["mle", "mle"], "once"),
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
    config = tiny(added, mle_epochs=1, seqgan_steps=1, variety_power=3.0)
    trained = runs.train(config, tmp_path / "run")
    assert type(trained).__module__ == f"leakgan_tf.systems.{added}"
    groups = [line["group"] for line in runs.records(tmp_path / "run")]
    assert groups == ["mle", "evaluation", "adversarial/generator", "evaluation"]
    assert RunFolder(tmp_path / "run").read_config() == config
    sentences = np.array([[1, 1, 2, 3, 4, 5, 6, 7], [1] * 8], np.int32)
    rewards = np.asarray(trained.reward_function()(sentences))
    np.testing.assert_allclose(rewards, [(7 / 8) ** 3, (1 / 8) ** 3], rtol=1e-6)


def test_its_settings_are_its_own(added):
    """Its field has a flag and a preset's value, and no other system has either."""
    own = registry.system_config(added)
    assert synthetic_preset("smoke", 20, own).own.power == 2.0
    assert synthetic_preset("quick", 20, own).own.power == 1.0
    assert synthetic_preset("quick", 20, own).own.steps == 40  # SeqGAN's
    values = flags.FlagValues()
    define_settings(values)
    values(["program", f"--{added}_power=0.5"])
    assert overrides(values) == {f"{added}_power": 0.5}
    assert for_system(overrides(values), added, [added, "mle"]) == {f"{added}_power": 0.5}
    assert for_system(overrides(values), "mle", [added, "mle"]) == {}
    with pytest.raises(UserError, match=f"{added}_power must be above 0"):
        tiny(added, variety_power=0.0)


def test_reading_and_importing_a_file_give_the_same_class(added):
    """No second class of the same name is ever compared with the first."""
    read = registry.system_config(added)
    module = importlib.import_module(f"leakgan_tf.systems.{added}")
    assert module.VarietyConfig is read
    assert issubclass(read, importlib.import_module("leakgan_tf.systems.mle").MLEConfig)


def test_a_name_that_a_file_does_not_bind_is_an_error(added, tmp_path):
    for _ in range(2):  # only read, then imported
        with pytest.raises(KeyError, match="defines no Nothing"):
            declared(tmp_path / f"{added}.py", "Nothing")
        importlib.import_module(f"leakgan_tf.systems.{added}")


def test_flags_presets_and_figures_need_no_tensorflow():
    code = """
import sys
from absl import flags
from leakgan_tf.cli.config_flags import define_settings, overrides
from leakgan_tf.config.presets import synthetic_preset
from leakgan_tf.systems import registry
values = flags.FlagValues()
define_settings(values)
values(["program", "--rankgan_gamma=3"])
for name in registry.find_systems():
    config = synthetic_preset("quick", 20, registry.system_config(name))
    assert registry.read_config(config.to_json()) == config
print(overrides(values), "seqgan" in registry.published_figures(), "tensorflow" in sys.modules)
import leakgan_tf.systems.rankgan
assert leakgan_tf.systems.rankgan.RankGANConfig is registry.system_config("rankgan")
"""
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "{'rankgan_gamma': 3.0} True False"
