"""Interface of the systems: models, optimizers, and the phases of the training schedule."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import keras
import numpy as np
import tensorflow as tf

from leakgan_tf.generation.filling import FillingGenerator
from leakgan_tf.generation.generator import Generator
from leakgan_tf.models.optimizers import FusedAdam

Scalars = dict[str, tf.Tensor]


@dataclass(frozen=True)
class Phase:
    """One phase of the schedule. Training can stop and resume between any two of its updates.

    Attributes:
      name: the trained part, for example "pretrain/generator"; the tag of its logs.
      step: ``step(*batch, seed) -> scalars``: one update. A plain function; the trainer compiles.
      data: ``data(seed) -> arrays`` of equal length to be batched; None for a step without data.
      keeps_data: whether a checkpoint within the phase stores these arrays. It must if the step
        changes weights that generated them.
      epochs: number of passes over the data.
      evaluate: whether the generator is evaluated after the phase.
      skipped: called before the phase starts; the phase is left out if it returns True. The result
        may depend only on state that a checkpoint stores.
    """

    name: str
    step: Callable[..., Scalars]
    data: Callable[[int], tuple[np.ndarray, ...]] | None = None
    epochs: int = 1
    evaluate: bool = False
    keeps_data: bool = False
    skipped: Callable[[], bool] | None = None


@runtime_checkable
class System(Protocol):
    """Models and training schedule of one paper."""

    @property
    def model(self) -> keras.Model:
        """The generator's network."""

    @property
    def generator(self) -> Generator:
        """Samples and scores sequences with the current weights."""

    @property
    def models(self) -> dict[str, keras.Model]:
        """All networks by name, as checkpoints store them."""

    @property
    def optimizers(self) -> dict[str, FusedAdam]:
        """The optimizers by name; empty if the system was built with ``training=False``."""

    def phases(self) -> Iterator[Phase]:
        """Yields all phases in order; every call yields the same ones."""


class Discriminating:
    """A system whose discriminator D gives the log-odds that a sentence is real.

    D is evaluated on held-out sentences after each phase that trains it
    (`metrics.discriminator_scores`), and can resample the generator (`generation.residual`).
    Subclasses implement `log_odds`.

    Attributes:
      discriminator_phases: names of the phases that train D.
    """

    discriminator_phases: tuple[str, ...] = ("pretrain/discriminator", "adversarial/discriminator")

    @property
    def relativistic(self) -> bool:
        """Whether only differences of `log_odds` between sentences are meaningful."""
        return False

    def log_odds(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns D's logit log D / (1 - D) of sentences (n, T), without dropout: (n,)."""
        raise NotImplementedError


class FillDiscriminating:
    """A system whose D gives the log-odds that the tokens in a sentence's gaps are real.

    D is evaluated as in `Discriminating`, on gaps of held-out sentences. The sentences' own tokens
    are the real ones, the generator's fillings of the same gaps the generated ones.

    Attributes:
      generator: samples fillings of the gaps.
    """

    generator: FillingGenerator

    @property
    def discriminator_phases(self) -> tuple[str, ...]:
        """Names of the phases that train D."""
        raise NotImplementedError

    def draw_masks(self, rows: int, seed: tf.Tensor) -> tf.Tensor:
        """Returns random masks (rows, T), True for present tokens; ``seed`` is stateless (2,)."""
        raise NotImplementedError

    def token_log_odds(self, tokens: np.ndarray, present: np.ndarray) -> np.ndarray:
        """Returns D's log-odds (n, T) that each token of filled sentences (n, T) is real."""
        raise NotImplementedError

    def fill_log_odds(self, tokens: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
        """Returns D's logit log D / (1 - D) of the fillings of sentences (n, T): (n,).

        Without dropout; 0 where nothing is filled.
        """
        raise NotImplementedError


def no_step(seed: tf.Tensor) -> Scalars:
    """Returns no scalars and trains nothing: the step of a phase that only evaluates."""
    return {}
