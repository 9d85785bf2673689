"""Tiny models, configurations and data for tests that need numbers, not learning."""

from typing import Any

import numpy as np

from leakgan_tf.config.config import Config, replace
from leakgan_tf.config.semantics import ORIGINAL, Semantics


def config(semantics: Semantics = ORIGINAL, **changes: Any) -> Config:
    """A valid configuration of six tokens out of seven; ``changes`` may name any field."""
    base = Config(
        length=6,
        vocab_size=7,
        generator_embedding=3,
        generator_hidden=4,
        goal_size=2,
        goal_horizon=3,
        discriminator_embedding=3,
        windows=(1, 2),
        filters=(2, 3),
        batch_size=4,
        sampling_batch=4,
        rollouts=2,
        semantics=semantics,
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
