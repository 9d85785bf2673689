"""The systems by name."""

from leakgan_tf.config import Config
from leakgan_tf.errors import UserError
from leakgan_tf.systems.base import System
from leakgan_tf.systems.leakgan import LeakGAN
from leakgan_tf.systems.mle import MLE
from leakgan_tf.systems.seqgan import SeqGAN
from leakgan_tf.tasks.base import Task

SYSTEMS = {"mle": MLE, "seqgan": SeqGAN, "leakgan": LeakGAN}


def make_system(config: Config, task: Task) -> System:
    """Returns the configured system; raises ``UserError`` if there is none of that name."""
    check_name(config.system)
    return SYSTEMS[config.system](config, task)


def check_name(name: str) -> str:
    """Returns a system's name, or raises ``UserError``."""
    if name not in SYSTEMS:
        raise UserError(f"unknown system {name!r}: one of {', '.join(SYSTEMS)}")
    return name
