"""What a task gives to systems and trainer."""

from typing import Any, Protocol, runtime_checkable

import numpy as np

from leakgan_tf.data.reader import TextReader
from leakgan_tf.generation.generator import Generator
from leakgan_tf.utils.seeds import numpy_generator


@runtime_checkable
class Task(Protocol):
    """A source of real sentences, and measures of generators."""

    @property
    def train(self) -> np.ndarray:
        """The sentences to learn from, ids (n, T) int32."""

    @property
    def test(self) -> np.ndarray:
        """Held-out sentences, ids (m, T) int32."""

    @property
    def reader(self) -> TextReader | None:
        """How ids become text; None where they are no words."""

    @property
    def score(self) -> str:
        """Name of the figure by which the best weights are kept; lower is better."""

    def positives(self, count: int, seed: int) -> np.ndarray:
        """Returns real sentences for D's training, (count, T) int32."""

    def evaluate(self, generator: Generator, seed: int) -> dict[str, float]:
        """Returns the figures of a generator during training; changes no weight."""

    def measure(self, generator: Generator) -> dict[str, Any]:
        """Returns the figures of a finished generator; changes no weight."""

    def show(self, tokens: np.ndarray) -> list[str]:
        """Returns sentences (n, T) as text, one line each."""


def drawn_sentences(sentences: np.ndarray, count: int, seed: int, *path: str) -> np.ndarray:
    """Returns sentences chosen at random, (count, T); some twice only if they are too few.

    Args:
      sentences: ids (n, T).
      count: how many.
      seed: seed of the use named by ``path``.
    """
    generator = numpy_generator(seed, *path)
    rows = generator.choice(len(sentences), count, replace=count > len(sentences))
    return sentences[rows]
