"""Builds the configuration of a run on the CFG task. Does not import TensorFlow."""

from collections.abc import Mapping
from typing import Any

from leakgan_tf.config.config import Config, replace
from leakgan_tf.config.presets import cfg_preset
from leakgan_tf.data.languages import Language
from leakgan_tf.systems.registry import system_config
from leakgan_tf.utils.errors import UserError


def cfg_config(
    preset: str, grammar: str, law: str, system: str, seed: int, changes: Mapping[str, Any]
) -> Config[Any]:
    """Returns the configuration of a run on a grammar; `changes` replace the preset's values.

    Raises:
      UserError: a name is unknown or a value is impossible.
    """
    language = Language(grammar, law)
    for name in ("vocab_size", "length"):
        if name in changes:
            raise UserError(f"{name} is the grammar's and cannot be changed")
    base = cfg_preset(preset, len(language.symbols), language.length, system_config(system))
    return replace(base, **{**changes, "seed": seed, "grammar": grammar, "law": law})
