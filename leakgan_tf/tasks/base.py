"""What a task gives to systems and trainer."""

from typing import Protocol

import numpy as np

from leakgan_tf.data.reader import TextReader
from leakgan_tf.generation.generator import Generator


class Task(Protocol):
    """A source of real sentences.

    Attributes:
      train: the sentences to learn from, ids (n, T) int32.
      test: held-out sentences, ids (m, T) int32.
      reader: how ids become text; None where they are no words.
      score: name of the figure by which the best weights are kept; lower is better. An evaluation
        without it has none that could be kept for it.
    """

    train: np.ndarray
    test: np.ndarray
    reader: TextReader | None
    score: str

    def positives(self, count: int, seed: int) -> np.ndarray:
        """Returns real sentences for D's training, (count, T) int32."""

    def evaluate(self, generator: Generator, seed: int) -> dict[str, float]:
        """Measures a generator; changes no weight."""

    def show(self, tokens: np.ndarray) -> list[str]:
        """Returns sentences (n, T) as text, one line each."""
