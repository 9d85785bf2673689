"""The CFG task: learn the sentences of a grammar (Kusner and Hernández-Lobato 2016)."""

from typing import Any

import numpy as np

from leakgan_tf.config.config import Config
from leakgan_tf.data.languages import Language
from leakgan_tf.data.reader import TextReader
from leakgan_tf.generation.generator import Generator
from leakgan_tf.metrics.nll import distinct_share, held_out_nll
from leakgan_tf.metrics.validity import length_distance, total_variation, validity
from leakgan_tf.utils.seeds import derive, derive_int

TEMPERATURE = 1.0  # the model's own distribution


class CFGTask:
    """Sentences of a grammar, and the evaluation of generators by it.

    Args:
      config: its `grammar`, `law`, seed and numbers of sentences are used.
    """

    reader: TextReader | None = None  # ids are symbols of the grammar

    def __init__(self, config: Config):
        self.config = config
        self.score = config.score
        self.language = Language(config.grammar, config.law)
        self.train = self.language.sample(
            config.training_sequences, derive_int(config.seed, "train")
        )
        self.test = self.language.sample(config.evaluation_samples, derive_int(config.seed, "test"))
        self._known = set(self.show(self.train))

    def positives(self, count: int, seed: int) -> np.ndarray:
        """Returns fresh sentences of the grammar, (count, T)."""
        return self.language.sample(count, derive_int(seed, "positives"))

    def evaluate(self, generator: Generator, seed: int) -> dict[str, float]:
        """Returns `figures` of `evaluation_samples` samples, and the held-out NLL.

        If all sentences of the language can be listed, also ``total_variation``, the distance
        between the model and the grammar's distribution over them.
        """
        samples = generator.sample(
            self.config.evaluation_samples, TEMPERATURE, derive(seed, "evaluate")
        )
        found = {
            "nll_test_1.0": held_out_nll(generator, self.test, TEMPERATURE),
            **self.figures(samples),
        }
        if self.language.sentences is not None:
            sentences, law = self.language.sentences
            log_probs = generator.log_prob(sentences).sum(axis=1, dtype=np.float64)
            found["total_variation"] = total_variation(law, np.exp(log_probs))
        return found

    def measure(self, generator: Generator) -> dict[str, Any]:
        """Returns the figures of `evaluate` for a trained generator."""
        return self.evaluate(generator, derive_int(self.config.seed, "measure"))

    def figures(self, samples: np.ndarray) -> dict[str, float]:
        """Returns `validity` of sentences (n, T), ``distinct`` and ``length_distance``."""
        sentences, log_prob = self.show(samples), self.language.log_prob
        return {
            **validity(sentences, log_prob, self._known),
            "distinct": distinct_share(samples),
            "length_distance": length_distance(sentences, log_prob, self.language.lengths),
        }

    def reference(self) -> dict[str, float]:
        """Returns the figures of the grammar itself, under the names of `measure`."""
        samples = self.language.sample(
            self.config.evaluation_samples, derive_int(self.config.seed, "own")
        )
        found = {
            "nll_test_1.0": self.language.grammar.derivation_entropy / self.language.length,
            **self.figures(samples),
        }
        return {**found, "total_variation": 0.0} if self.language.sentences else found

    def show(self, tokens: np.ndarray) -> list[str]:
        """Returns sentences (n, T) as text; padding within a sentence is kept as spaces."""
        return [self.language.text(row) for row in tokens]
