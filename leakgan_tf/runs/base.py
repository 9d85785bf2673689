"""The parts of a run that residual models use: base weights, and a discriminator's log-odds."""

from leakgan_tf.config.config import Config
from leakgan_tf.generation.residual import LogOdds
from leakgan_tf.runs import checkpoint
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.systems.base import Discriminating, System
from leakgan_tf.systems.residual_ebm import ResidualEBM
from leakgan_tf.utils.errors import UserError


def take_base_weights(system: System) -> None:
    """Loads the latest weights of a residual model's base run; does nothing for other systems.

    Raises:
      UserError: the base run has no checkpoint yet, or a damaged one.
    """
    if isinstance(system, ResidualEBM) and system.base is not None:
        weights = RunFolder(system.config.own.base).weights()
        checkpoint.restore(weights, system.base.models, None)


def system_log_odds(system: System, config: Config) -> LogOdds:
    """Returns the log-odds of a system's discriminator.

    Raises:
      UserError: the system has no discriminator, or none of whole sentences.
    """
    if not isinstance(system, Discriminating) or not system.discriminator_phases:
        raise UserError(
            f"resample needs a discriminator that scores sentences: {config.system} has none"
        )
    return LogOdds(system.log_odds, config.length, config.batch_size)
