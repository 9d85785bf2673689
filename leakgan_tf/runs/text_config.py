"""Builds the configuration of a run on text. Does not import TensorFlow."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from leakgan_tf.config.config import Config, applicable, replace
from leakgan_tf.config.presets import text_preset
from leakgan_tf.config.semantics import variant_changes
from leakgan_tf.data.dataset import TextDataset
from leakgan_tf.data.text import PitchTokenizer
from leakgan_tf.systems.registry import system_config
from leakgan_tf.utils.errors import UserError


def dataset_digest(dataset: TextDataset) -> str:
    """Returns the SHA-256 of a data folder's contents; it does not depend on the path."""
    parts = json.dumps(dataset.record["sha256"], sort_keys=True)
    return hashlib.sha256(parts.encode()).hexdigest()


def text_config(
    dataset: TextDataset,
    preset: str,
    semantics: str | None,
    system: str,
    seed: int,
    changes: Mapping[str, Any],
) -> Config[Any]:
    """Returns the configuration of a run on a data folder; `changes` replace the preset's values.

    `semantics` is "original" or "paper"; None for the preset's.

    Raises:
      UserError: a name is unknown, a value is impossible, or there are fewer training sentences
        than a batch has.
    """
    melodies = dataset.tokenizer.name == PitchTokenizer.name
    own = system_config(system)
    base = text_preset(preset, len(dataset.vocabulary), dataset.length, own, melodies)
    changed = dict(changes)
    if semantics:
        changed = {**applicable(variant_changes(semantics), own), **changed}
    changed |= {"seed": seed, "dataset": dataset_digest(dataset)}
    changed.setdefault("evaluation_samples", min(base.evaluation_samples, len(dataset.test)))
    for name, flag in (("vocab_size", "vocab_size"), ("length", "max_length")):
        if name in changes:
            raise UserError(f"{name} is the data folder's: prepare it with another --{flag}")
    config = replace(base, **changed)
    if len(dataset.train) < config.batch_size:  # no batch would be full, and nothing learned
        raise UserError(
            f"the data folder has {len(dataset.train)} training sentences, fewer than batch_size "
            f"{config.batch_size}: give a smaller --batch_size, or more text"
        )
    return config
