"""Tiny models, configurations and data for tests that need numbers, not learning."""

from typing import Any

import numpy as np

from leakgan_tf.config.config import Config, applicable, replace
from leakgan_tf.config.own import replace_own
from leakgan_tf.config.semantics import ORIGINAL, Semantics
from leakgan_tf.systems.registry import system_config


def config(semantics: Semantics = ORIGINAL, system: str = "leakgan", **changes: Any) -> Config[Any]:
    """A valid configuration of six tokens out of seven; ``changes`` may name any field."""
    own = system_config(system)
    sizes = {
        "goal_size": 2,
        "goal_horizon": 3,
        "rollouts": 2,
        "rankgan_references": 4,
        **vars(semantics),
    }
    base = Config(
        length=6,
        vocab_size=7,
        generator_embedding=3,
        generator_hidden=4,
        discriminator_embedding=3,
        windows=(1, 2),
        filters=(2, 3),
        batch_size=4,
        sampling_batch=4,
        own=replace_own(own(), applicable(sizes, own)),
    )
    return replace(base, **changes)


def randomise(layer, seed: int = 0, scale: float = 0.5) -> None:
    """Gives every weight N(0, scale²), so that no initial value hides a mistake."""
    random = np.random.default_rng(seed)
    for variable in layer.trainable_variables:
        variable.assign(random.normal(0, scale, variable.shape))


def tokens(rows: int, length: int, vocab_size: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, vocab_size, (rows, length)).astype(np.int32)


def array(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)
