"""Configuration fields as flags: ``--batch_size=32``, ``--rankgan_gamma=8``."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from absl import flags

from leakgan_tf.api.training import ORACLE_TASK
from leakgan_tf.cli.device_flags import DEVICES
from leakgan_tf.config.config import Config, applicable, flatten
from leakgan_tf.config.fields import parse_setting
from leakgan_tf.config.own import OwnField, own_fields
from leakgan_tf.config.presets import Own, cfg_preset, synthetic_preset, text_preset
from leakgan_tf.config.shared import SharedConfig
from leakgan_tf.data.languages import Language
from leakgan_tf.systems.registry import find_systems, system_config
from leakgan_tf.utils.errors import UserError

TRAINING, MODEL = "Training", "Models"  # groups in --help; the others are systems
_OF_MODELS = {
    "generator_embedding", "generator_hidden", "discriminator_embedding", "windows", "filters",
    "precision", "padding", "oracle_embedding", "oracle_hidden",
}  # fmt: skip
# Fields that have a flag elsewhere, or are set by the program.
_ELSEWHERE = {"preset", "task", "seed", "oracle_params", "dataset", "length", "grammar", "law"}

# Descriptions of flags that several commands have.
BEST = "Use the weights of the best evaluation (by the run's --select), not the last."
SEMANTICS = (
    "original or paper: LeakGAN's choices where its program and paper differ, and --padding. "
    "Default: the preset's."
)
ORACLE_PARAMS = "The published oracle, T = 20: .npz, or its authors' .pkl."
RUNS = "The runs, separated by commas; --run_dir= may be left out."
_MOST_SEEDS = 100  # a larger number without a comma is probably meant as one seed


def setting_flags() -> dict[str, OwnField]:
    """Returns {flag: configuration field}: shared fields, then each system's own."""
    shared = [each for each in dataclasses.fields(SharedConfig) if each.name not in _ELSEWHERE]
    found = {each.name: OwnField((each.name,), each, "") for each in shared}
    for system in find_systems():
        found |= own_fields(system_config(system))
    return found


def define_settings(values: flags.FlagValues) -> None:
    """Defines the flags of `setting_flags`, grouped by system in ``--help``."""
    titles = _titles()
    for name, setting in setting_flags().items():
        group = setting.group or (MODEL if name in _OF_MODELS else TRAINING)
        flags.DEFINE_string(
            name,
            None,
            setting.field.metadata["about"],
            flag_values=values,
            module_name=titles.get(group, group),
        )


def help_groups() -> list[str]:
    """Returns the titles of the flag groups in ``--help``, in order."""
    groups = [setting.group for setting in setting_flags().values() if setting.group]
    titles = _titles()
    return [TRAINING, MODEL, *(titles[group] for group in dict.fromkeys(groups)), DEVICES]


def _titles() -> dict[str, str]:
    """Returns {system: group title}: its class, and the systems that inherit its fields."""
    named = find_systems()
    heirs: dict[str, list[str]] = {group: [] for group in named}
    for name in named:
        for group in {each.group for each in own_fields(system_config(name)).values()} - {name}:
            heirs[group].append(name)
    return {
        group: f"{named[group]} (also {', '.join(found)})" if found else named[group]
        for group, found in heirs.items()
    }


def preset_values(values: flags.FlagValues) -> dict[str, str]:
    """Returns the values of the command's preset by flag, as text.

    Where they differ between systems, the value is that of the system in the flag's name.

    Raises:
      UserError: there is no such preset.
    """
    if "preset" not in values or "batch_size" not in values:
        return {}
    oracle = "length" in values or "sizes" in values
    if "task" in values:  # the command has both tasks
        oracle = values.task == ORACLE_TASK
    found: dict[str, Any] = {}
    for system in find_systems():
        own = system_config(system)
        for flag, value in flatten(_preset(values, oracle, own)).items():
            field = own_fields(own).get(flag)
            if flag not in found or (field is not None and field.group == system):
                found[flag] = value
    if not oracle:
        del found["vocab_size"]  # the data folder's, or the grammar's
    known = setting_flags()
    return {
        flag: ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        for flag, value in found.items()
        if flag in known
    }


def _preset(values: flags.FlagValues, oracle: bool, own: type[Own]) -> Config[Own]:
    """Returns a system's preset for the task that the command's flags select."""
    if oracle:
        length = 40 if "length" in values and values.length == 40 else 20
        return synthetic_preset(values.preset, length, own)
    if "grammar" in values:
        language = Language(values.grammar)
        return cfg_preset(values.preset, len(language.symbols), language.length, own)
    return text_preset(values.preset, 5000, 32, own, melodies="midi" in values)


def overrides(values: flags.FlagValues) -> dict[str, Any]:
    """Returns the fields given on the command line; raises ``UserError`` on a bad value."""
    return {
        name: parse_setting(name, setting.field, values[name].value)
        for name, setting in setting_flags().items()
        if values[name].value is not None
    }


def for_system(changes: Mapping[str, Any], system: str, systems: Sequence[str]) -> dict[str, Any]:
    """Returns the changes that apply to one of several systems.

    Changes that apply only to others of these systems are left out: their own settings, and a
    control of rewards. Changes that apply to none of them are kept, so that `Config` refuses them.
    The system that sets the frontier has no ``select=frontier``.
    """
    own, every = system_config(system), [system_config(each) for each in systems]
    others: dict[str, Any] = {}
    for each in every:
        others |= applicable(changes, each)
    known = applicable(changes, own)
    kept = {name: changes[name] for name in changes if name in known or name not in others}
    if not own.rewarded and any(each.rewarded for each in every):
        kept.pop("reward", None)
    if own.sets_frontier and kept.get("select") == "frontier":
        del kept["select"]
    return kept


def parse_seeds(text: str) -> list[int]:
    """Parses ``--seeds``: "3" is seeds 0, 1 and 2; "0,1,5" is these three; "7," is seed 7 alone.

    Raises:
      UserError: the text is neither a number of seeds nor a list of different seeds.
    """
    parts = text.removesuffix(",").split(",")
    try:
        numbers = [int(part) for part in parts]
    except ValueError as error:
        raise UserError(
            f"--seeds takes a number of seeds (3) or a list of seeds (0,1,5), not {text!r}"
        ) from error
    if "," not in text:
        count = numbers[0]
        if count < 1:
            raise UserError(f"--seeds={text}: the number of seeds must be 1 or more")
        if count > _MOST_SEEDS:
            raise UserError(
                f"--seeds={text} means {count} seeds; for seed {text} alone, write --seeds={text},"
            )
        return list(range(count))
    if min(numbers) < 0:
        raise UserError(f"--seeds={text}: a seed must be 0 or more")
    if len(set(numbers)) != len(numbers):
        raise UserError(f"--seeds={text}: give each seed once")
    return numbers
