"""What a residual model takes from a run: weights of a generator, log-odds of a discriminator."""

from leakgan_tf.config.config import Config
from leakgan_tf.generation.residual import LogOdds
from leakgan_tf.runs import checkpoint
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.systems.base import Discriminating, System
from leakgan_tf.systems.residual_ebm import ResidualEBM
from leakgan_tf.utils.errors import UserError


def take_base_weights(system: System) -> None:
    """Gives a residual model the latest weights of its base run; other systems stay as they are.

    Raises:
      UserError: the run has no checkpoint yet, or it is damaged.
    """
    if isinstance(system, ResidualEBM) and system.base is not None:
        weights = RunFolder(system.config.own.base).weights()
        checkpoint.restore(weights, system.base.models, None)


def system_log_odds(system: System, config: Config) -> LogOdds:
    """Returns the log-odds of a system's own D.

    Raises:
      UserError: the system has none.
    """
    if not isinstance(system, Discriminating) or not system.discriminator_phases:
        raise UserError(f"resample needs the log-odds of a discriminator: {config.system} has none")
    return LogOdds(system.log_odds, config.length, config.batch_size)
