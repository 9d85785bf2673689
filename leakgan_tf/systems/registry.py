"""The systems by name; each is imported, with TensorFlow, when it is made."""

import importlib

from leakgan_tf.config import Config
from leakgan_tf.errors import UserError

# Module and class of each.
SYSTEMS = {
    "mle": ("leakgan_tf.systems.mle", "MLE"),
    "seqgan": ("leakgan_tf.systems.seqgan", "SeqGAN"),
    "leakgan": ("leakgan_tf.systems.leakgan", "LeakGAN"),
}


def make_system(config: Config, task):
    """Returns the configured system (`systems.base.System`) for a task (`tasks.base.Task`).

    Raises:
      UserError: there is no system of that name.
    """
    module, name = SYSTEMS[check_name(config.system)]
    return getattr(importlib.import_module(module), name)(config, task)


def check_name(name: str) -> str:
    """Returns a system's name, or raises ``UserError``."""
    if name not in SYSTEMS:
        raise UserError(f"unknown system {name!r}: one of {', '.join(SYSTEMS)}")
    return name
