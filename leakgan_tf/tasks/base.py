"""Interface of the tasks for systems and the trainer."""

from typing import Any, Protocol, runtime_checkable

import numpy as np

from leakgan_tf.data.reader import TextReader
from leakgan_tf.generation.generator import Generator
from leakgan_tf.utils.seeds import numpy_generator


@runtime_checkable
class Task(Protocol):
    """Real sentences to learn from, and the evaluation of generators."""

    @property
    def train(self) -> np.ndarray:
        """Training sentences, ids (n, T) int32."""

    @property
    def test(self) -> np.ndarray:
        """Held-out sentences, ids (m, T) int32."""

    @property
    def reader(self) -> TextReader | None:
        """Converts ids to text; None if ids are not words."""

    @property
    def score(self) -> str:
        """Name of the figure that selects the best weights; lower is better."""

    def positives(self, count: int, seed: int) -> np.ndarray:
        """Returns real sentences for D's training, (count, T) int32."""

    def evaluate(self, generator: Generator, seed: int) -> dict[str, float]:
        """Returns the figures of a generator during training; does not change weights."""

    def measure(self, generator: Generator) -> dict[str, Any]:
        """Returns the figures of a trained generator; does not change weights."""

    def show(self, tokens: np.ndarray) -> list[str]:
        """Returns sentences (n, T) as text, one line each."""


def drawn_sentences(sentences: np.ndarray, count: int, seed: int, *path: str) -> np.ndarray:
    """Returns sentences chosen at random, (count, T); with replacement only if count > n.

    Args:
      sentences: ids (n, T).
      count: number of sentences to choose.
      seed: seed; random numbers also depend on ``path``.
      *path: names the use of the random numbers.
    """
    generator = numpy_generator(seed, *path)
    rows = generator.choice(len(sentences), count, replace=count > len(sentences))
    return sentences[rows]
