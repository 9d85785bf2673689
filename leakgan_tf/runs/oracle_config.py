"""Builds the configuration of a run on the oracle task. Does not import TensorFlow."""

from collections.abc import Mapping
from typing import Any

from leakgan_tf.config.config import Config, applicable, replace
from leakgan_tf.config.presets import synthetic_preset
from leakgan_tf.config.semantics import variant_changes
from leakgan_tf.systems.registry import system_config


def oracle_config(
    preset: str,
    length: int,
    semantics: str | None,
    system: str,
    seed: int,
    changes: Mapping[str, Any],
    oracle_digest: str = "",
) -> Config[Any]:
    """Returns the configuration of a run on the oracle task; `changes` replace the preset's values.

    `semantics` is "original" or "paper"; None for the preset's. `oracle_digest`, the SHA-256 of the
    published oracle's weights, is "" for a random oracle.

    Raises:
      UserError: a name is unknown or a value is impossible.
    """
    own = system_config(system)
    base = synthetic_preset(preset, length, own)
    variant = applicable(variant_changes(semantics), own) if semantics else {}
    return replace(base, **{**variant, **changes, "seed": seed, "oracle_params": oracle_digest})
