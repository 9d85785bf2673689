"""What a system gives to the trainer: its models, and the phases that train them in order."""

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
    """A piece of the schedule; training can stop and go on between two updates of it.

    Attributes:
      name: what is trained, "pretrain/generator" say; the logs' tag.
      step: ``step(*batch, seed) -> scalars``: one update. A plain function; the trainer compiles.
      data: ``data(seed) -> arrays`` of equal length to be batched; None for a step without data.
      keeps_data: whether a checkpoint within the phase has to hold these arrays: the step changes
        weights that they are made with, so that they could not be made again.
      epochs: passes over the data.
      evaluate: whether the generator is measured afterwards.
      skipped: asked when the phase's turn comes: whether it is left out. It must depend on nothing
        but what a checkpoint holds.
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
    """A paper's models and schedule."""

    @property
    def model(self) -> keras.Model:
        """The generator's network."""

    @property
    def generator(self) -> Generator:
        """Samples and scores sequences under the present weights."""

    @property
    def models(self) -> dict[str, keras.Model]:
        """All networks by name; a checkpoint has them."""

    @property
    def optimizers(self) -> dict[str, FusedAdam]:
        """The optimizers by name; none if the system was built without training."""

    def phases(self) -> Iterator[Phase]:
        """Yields the whole schedule in order; the same every time."""


class Discriminating:
    """A system whose discriminator D says how likely a sentence is to be real.

    What D knows is measured after each phase that trains it (`metrics.discriminator_scores`), and
    the generator can be resampled by it (`generation.residual`). A new system gives `log_odds`.

    Attributes:
      discriminator_phases: names of the phases that train D.
    """

    discriminator_phases: tuple[str, ...] = ("pretrain/discriminator", "adversarial/discriminator")

    @property
    def relativistic(self) -> bool:
        """Whether only differences of `log_odds` between sentences have a meaning."""
        return False

    def log_odds(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns D's logit log D / (1 - D) of sentences (n, T), without dropout: (n,)."""
        raise NotImplementedError


class FillDiscriminating:
    """A system whose D says how likely the tokens that fill a sentence's gaps are to be real.

    What D knows is measured as of `Discriminating`, of gaps in held-out sentences: their own tokens
    are real, the generator's fillings of the same gaps are generated.

    Attributes:
      generator: fills gaps.
    """

    generator: FillingGenerator

    @property
    def discriminator_phases(self) -> tuple[str, ...]:
        """Names of the phases that train D."""
        raise NotImplementedError

    def draw_masks(self, rows: int, seed: tf.Tensor) -> tf.Tensor:
        """Returns which tokens are present, (rows, T), of a stateless seed (2,)."""
        raise NotImplementedError

    def token_log_odds(self, tokens: np.ndarray, present: np.ndarray) -> np.ndarray:
        """Returns D's logits (n, T) that tokens of filled sentences (n, T) are real."""
        raise NotImplementedError

    def fill_log_odds(self, tokens: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
        """Returns D's logit log D / (1 - D) of the fillings of sentences (n, T): (n,).

        Without dropout; 0 where nothing is filled.
        """
        raise NotImplementedError


def no_step(seed: tf.Tensor) -> Scalars:
    """Trains nothing: the step of a phase that only measures."""
    return {}
