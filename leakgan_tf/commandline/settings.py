"""Configuration fields as flags: ``--batch_size=32``, ``--goal_window=sliding``."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from absl import flags

from leakgan_tf.config import Config
from leakgan_tf.errors import UserError
from leakgan_tf.semantics import Semantics
from leakgan_tf.settings import parse_setting

# What has a flag of its own, or is filled in by the program.
_OWN = {"preset", "task", "system", "seed", "oracle_params", "dataset", "semantics", "length"}


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


def parse_integers(text: Sequence[str], flag: str) -> list[int]:
    """Reads a list of integers, each once; raises ``UserError`` naming the flag."""
    try:
        numbers = [int(part) for part in text]
    except ValueError as error:
        raise UserError(f"--{flag} takes integers, not {','.join(text)!r}") from error
    if not numbers or len(set(numbers)) != len(numbers):
        raise UserError(f"--{flag} takes one or more different integers")
    return numbers
