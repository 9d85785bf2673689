"""Measures what a system's discriminator knows, after its rounds and at the end of a run."""

import numpy as np

from leakgan_tf.config.config import Config
from leakgan_tf.generation.generator import Generator
from leakgan_tf.generation.residual import LogOdds, base_generator
from leakgan_tf.metrics.discriminator_scores import discriminator_scores, residual_nll
from leakgan_tf.metrics.nll import counted_tokens, held_out_nll
from leakgan_tf.systems.base import Discriminating, System
from leakgan_tf.tasks.base import Task
from leakgan_tf.utils.seeds import derive

KIND = "discriminator_scores"  # of the seconds that measuring takes
_BATCHES = 4  # of `sampling_batch` sentences of each side after a round, at most
_AT_END = 10_000  # sentences of each side at the end, at most


class DiscriminatorMeasure:
    """Scores of D on held-out real sentences and fresh samples at temperature 1.

    It draws from seeds of its own, the same in every round: no draw of the training changes.

    Args:
      config: the run's.
      discriminating: the system's D.
      generator: the system's; of a residual model, the generator below it.
      task: whose held-out sentences are real.
    """

    def __init__(
        self, config: Config, discriminating: Discriminating, generator: Generator, task: Task
    ):
        self._config = config
        self._relativistic = discriminating.relativistic
        self._generator = base_generator(generator)
        self._log_odds = LogOdds(discriminating.log_odds, config.length, config.batch_size)
        self._task = task

    def after_round(self) -> dict[str, float]:
        """Returns `discriminator_scores` on a few batches."""
        held_out = self._held_out(_BATCHES * self._config.sampling_batch)
        return discriminator_scores(*self._scored(held_out), self._relativistic)

    def at_end(self) -> dict[str, float]:
        """Returns `discriminator_scores` and `residual_nll` on all held-out sentences."""
        held_out, config = self._held_out(_AT_END), self._config
        scored = self._scored(held_out)
        nll = held_out_nll(self._generator, held_out, 1.0, ends=config.ends, unknown=self._unknown)
        return discriminator_scores(*scored, self._relativistic) | residual_nll(nll, *scored)

    def _held_out(self, most: int) -> np.ndarray:
        return self._task.test[: min(most, self._config.evaluation_samples)]

    def _scored(self, held_out: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """Returns the log-odds of both sides, and the mean of a real sentence's counted tokens."""
        seed = derive(self._config.seed, KIND)
        generated = self._generator.sample(len(held_out), 1.0, seed)
        counted = counted_tokens(held_out, self._config.ends, self._unknown)
        tokens = max(float(counted.sum()) / len(held_out), 1.0)
        return self._log_odds(held_out), self._log_odds(generated), tokens

    @property
    def _unknown(self) -> int | None:
        reader = self._task.reader
        return reader.vocabulary.unknown_id if reader else None


def discriminator_figures(config: Config, system: System, task: Task) -> dict[str, float]:
    """Returns what the D of a finished run knows; nothing of a system without one."""
    if not isinstance(system, Discriminating) or not system.discriminator_phases:
        return {}
    return DiscriminatorMeasure(config, system, system.generator, task).at_end()
