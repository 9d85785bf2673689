"""The smallest configurations that still run every piece of code."""

from typing import Any

from leakgan_tf.config.config import Config, applicable, replace
from leakgan_tf.config.presets import synthetic_preset
from leakgan_tf.systems.registry import system_config

SIZES = {
    "length": 8,
    "vocab_size": 12,
    "windows": (1, 2, 8),
    "filters": (2, 3, 2),
    "batch_size": 8,
    "sampling_batch": 16,
    "training_sequences": 24,
    "discriminator_samples": 16,
    "discriminator_epochs": 1,
    "evaluation_samples": 16,
    "pretrain_rounds": 1,
    "pretrain_generator_epochs": 2,
    "adversarial_steps": 2,
    "rollouts": 2,
    "mle_epochs": 2,
    "mle_every": 1,
    "evaluate_every": 1,
    "checkpoint_seconds": 1e-6,
}


def tiny(system: str = "leakgan", **changes: Any) -> Config[Any]:
    """A system's configuration; ``changes`` may name any of its fields."""
    own = system_config(system)
    return replace(synthetic_preset("smoke", 20, own), **{**applicable(SIZES, own), **changes})
