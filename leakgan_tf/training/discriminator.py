"""Evaluates a system's discriminator on held-out sentences, during and after training."""

from typing import NamedTuple, Protocol

import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.generation.generator import Generator
from leakgan_tf.generation.residual import LogOdds, base_generator
from leakgan_tf.metrics.discriminator_scores import discriminator_scores, residual_nll
from leakgan_tf.metrics.nll import counted_tokens, held_out_nll
from leakgan_tf.systems.base import Discriminating, FillDiscriminating, System
from leakgan_tf.tasks.base import Task
from leakgan_tf.training.filling import masked_nll, masked_tokens
from leakgan_tf.utils.seeds import derive

KIND = "discriminator_scores"  # name of this work in the recorded seconds
_BATCHES = 4  # after a round: limit of real and of generated batches of `sampling_batch`
_AT_END = 10_000  # at the end: limit of real and of generated sentences


class Scored(NamedTuple):
    """D's log-odds f of real and of generated sentences.

    Attributes:
      real: f of held-out sentences, (n,).
      generated: f of as many samples or fillings, (n,).
      tokens: mean number of tokens in a real sentence that count in the NLL, at least 1.
    """

    real: np.ndarray
    generated: np.ndarray
    tokens: float


class Measure(Protocol):
    """Scores of real and generated sentences under the current weights."""

    relativistic: bool

    def scored(self, held_out: np.ndarray) -> Scored:
        """Returns the log-odds of held-out sentences (n, T) and of as many generated ones."""

    def nll(self, held_out: np.ndarray) -> float:
        """Returns the generator's NLL of held-out sentences (n, T), in nats per counted token."""


class SentenceMeasure:
    """Compares held-out sentences with samples at temperature 1.

    Args:
      config: the run's configuration.
      discriminating: the system; its D is evaluated.
      generator: the system's generator; of a residual model, the base generator is used.
      task: provides the symbol of unknown words.
    """

    def __init__(
        self, config: Config, discriminating: Discriminating, generator: Generator, task: Task
    ):
        self.relativistic = discriminating.relativistic
        self._config = config
        self._generator = base_generator(generator)
        self._log_odds = LogOdds(discriminating.log_odds, config.length, config.batch_size)
        self._unknown = task.reader.vocabulary.unknown_id if task.reader else None

    def scored(self, held_out: np.ndarray) -> Scored:
        """Returns the log-odds of held-out sentences (n, T) and of as many samples."""
        seed = derive(self._config.seed, KIND)
        generated = self._generator.sample(len(held_out), 1.0, seed)
        counted = counted_tokens(held_out, self._config.ends, self._unknown)
        return Scored(self._log_odds(held_out), self._log_odds(generated), _mean_count(counted))

    def nll(self, held_out: np.ndarray) -> float:
        """Returns the generator's NLL of held-out sentences (n, T), in nats per token."""
        ends, unknown = self._config.ends, self._unknown
        return held_out_nll(self._generator, held_out, 1.0, ends=ends, unknown=unknown)


class FillMeasure:
    """Compares gaps of held-out sentences with fillings of them; figures are per masked token.

    Args:
      config: the run's configuration.
      filling: the system; its D is evaluated.
      task: provides the symbol of unknown words.
    """

    relativistic = False

    def __init__(self, config: Config, filling: FillDiscriminating, task: Task):
        self._config = config
        self._filling = filling
        self._task = task
        self._log_odds = tf.function(filling.fill_log_odds, autograph=False)

    def scored(self, held_out: np.ndarray) -> Scored:
        """Returns the log-odds of real tokens in gaps of sentences (n, T), and of fillings."""
        generator, present = self._filling.generator, self._present(held_out)
        filled = generator.fill(held_out, present, derive(self._config.seed, KIND, 1))
        real, generated = (
            generator.batched(lambda _, *batch: self._log_odds(*batch), tokens, present)
            for tokens in (held_out, filled)
        )
        counted = masked_tokens(self._config, self._task, held_out, present)
        return Scored(
            real.astype(np.float64), generated.astype(np.float64), _mean_count(counted)
        )  # fmt: skip

    def nll(self, held_out: np.ndarray) -> float:
        """Returns the NLL of masked tokens of sentences (n, T), in nats per masked token."""
        present = self._present(held_out)
        counted = masked_tokens(self._config, self._task, held_out, present)
        return masked_nll(self._filling.generator, held_out, present, counted)

    def _present(self, held_out: np.ndarray) -> np.ndarray:
        seed = tf.constant(derive(self._config.seed, KIND, 0))
        return self._filling.draw_masks(len(held_out), seed).numpy()


class DiscriminatorMeasure:
    """Computes scores of D on held-out sentences and generated ones.

    It uses its own seeds, the same in every round, so it does not affect training.

    Args:
      config: the run's configuration.
      measure: scores real and generated sentences.
      task: its held-out sentences are the real ones.
    """

    def __init__(self, config: Config, measure: Measure, task: Task):
        self._config = config
        self._measure = measure
        self._task = task

    def after_round(self) -> dict[str, float]:
        """Returns `discriminator_scores` on up to four batches of held-out sentences."""
        held_out = self._held_out(_BATCHES * self._config.sampling_batch)
        return discriminator_scores(*self._measure.scored(held_out), self._measure.relativistic)

    def at_end(self) -> dict[str, float]:
        """Returns `discriminator_scores` and `residual_nll` on up to 10,000 held-out sentences."""
        held_out, measure = self._held_out(_AT_END), self._measure
        scored = measure.scored(held_out)
        scores = discriminator_scores(*scored, measure.relativistic)
        return scores | residual_nll(measure.nll(held_out), *scored)

    def _held_out(self, most: int) -> np.ndarray:
        return self._task.test[: min(most, self._config.evaluation_samples)]


def discriminator_measures(
    config: Config, system: System, task: Task
) -> dict[str, DiscriminatorMeasure]:
    """Returns the measure of D for the name of each phase that trains D; empty without D."""
    measure: Measure
    if isinstance(system, FillDiscriminating):
        measure = FillMeasure(config, system, task)
    elif isinstance(system, Discriminating):
        measure = SentenceMeasure(config, system, system.generator, task)
    else:
        return {}
    own = DiscriminatorMeasure(config, measure, task)
    return dict.fromkeys(system.discriminator_phases, own)


def discriminator_figures(config: Config, system: System, task: Task) -> dict[str, float]:
    """Returns the scores of D in a finished run; empty for systems without D."""
    for measure in discriminator_measures(config, system, task).values():
        return measure.at_end()
    return {}


def _mean_count(counted: np.ndarray) -> float:
    """Returns the mean number of counted tokens (n, T) in a sentence, at least 1."""
    return max(float(counted.sum()) / len(counted), 1.0)
