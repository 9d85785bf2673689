"""Configuration fields as flags: ``--batch_size=32``, ``--goal_window=sliding``."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from absl import flags

from leakgan_tf.config.config import UNREWARDED, Config
from leakgan_tf.config.fields import parse_setting
from leakgan_tf.config.semantics import Semantics
from leakgan_tf.utils.errors import UserError

# What has a flag of its own, or is filled in by the program.
_OWN = {"preset", "task", "system", "seed", "oracle_params", "dataset", "semantics", "length"}

BEST = "Take the best evaluation's weights, by the run's --select, not the last."  # of --best
_MOST_SEEDS = 100  # more, without a comma, are taken for a seed that was meant


def _fields() -> list[dataclasses.Field]:
    both = [*dataclasses.fields(Config), *dataclasses.fields(Semantics)]
    return [field for field in both if field.name not in _OWN]


def define_settings(values: flags.FlagValues) -> None:
    """Adds a flag for every field of the configuration that has none of its own."""
    for field in _fields():
        flags.DEFINE_string(
            field.name,
            None,
            f"Configuration: {field.metadata['about']} Default: the preset's.",
            flag_values=values,
        )


def overrides(values: flags.FlagValues) -> dict[str, Any]:
    """Returns the configuration fields that were given; raises ``UserError`` on a bad value."""
    return {
        field.name: parse_setting(field, values[field.name].value)
        for field in _fields()
        if values[field.name].value is not None
    }


def for_system(changes: Mapping[str, Any], system: str, systems: Sequence[str]) -> dict[str, Any]:
    """Returns the changes that one of several systems takes.

    What is meant for the others, it is spared: a control of rewards where there are none, and MLE
    the choice by the frontier, which is its own. Alone, it is refused them by `Config`.
    """
    own = dict(changes)
    if system in UNREWARDED and not UNREWARDED.issuperset(systems):
        own.pop("reward", None)
    if system == "mle" and own.get("select") == "frontier":
        del own["select"]
    return own


def parse_seeds(text: str) -> list[int]:
    """Reads ``--seeds``: "3" is the seeds 0, 1 and 2; "0,1,5" are these, and "7," is 7 alone.

    Args:
      text: the flag's value.

    Raises:
      UserError: that is neither a number of seeds nor a list of different ones.
    """
    parts = text.removesuffix(",").split(",")
    try:
        numbers = [int(part) for part in parts]
    except ValueError as error:
        raise UserError(
            f"--seeds takes a number of seeds or a list of them (0,1,5), integers, not {text!r}"
        ) from error
    if "," not in text:
        count = numbers[0]
        if count < 1:
            raise UserError(f"--seeds={text}: the number of seeds must be 1 or more")
        if count > _MOST_SEEDS:
            raise UserError(
                f"--seeds={text} would be {count} seeds: with a comma, --seeds={text}, it is that "
                "seed alone"
            )
        return list(range(count))
    if min(numbers) < 0:
        raise UserError(f"--seeds={text}: a seed must be 0 or more")
    if len(set(numbers)) != len(numbers):
        raise UserError(f"--seeds={text}: seeds must be different ones")
    return numbers
