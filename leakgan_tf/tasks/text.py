"""The text task: learn the sentences of a prepared data folder."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from leakgan_tf.config.config import Config
from leakgan_tf.data.dataset import TextDataset
from leakgan_tf.data.reader import TextReader
from leakgan_tf.generation.generator import Generator
from leakgan_tf.metrics.bleu import bleu, self_bleu
from leakgan_tf.metrics.diversity import distinct_sentences
from leakgan_tf.metrics.nll import held_out_nll
from leakgan_tf.models.masking import END
from leakgan_tf.tasks.base import drawn_sentences
from leakgan_tf.tasks.text_scores import score_generator, temperature_sweep
from leakgan_tf.utils.seeds import derive

TEMPERATURE = 1.0  # the model's own distribution


class TextTask:
    """Sentences of a data folder, and the evaluation of generators on its held-out sentences.

    Args:
      config: the run's configuration; `evaluation_samples` limits the samples and held-out
        sentences of an evaluation during training.
      dataset: the sentences.
    """

    def __init__(self, config: Config, dataset: TextDataset):
        self.config = config
        self.dataset = dataset
        # Lower must be better, and no single BLEU score decides which weights are best.
        self.score = config.score
        self.reader = TextReader(dataset.vocabulary, dataset.tokenizer)
        self.train = dataset.train
        self.test = dataset.test

    def positives(self, count: int, seed: int) -> np.ndarray:
        """Returns training sentences chosen at random, (count, T); see `drawn_sentences`."""
        return drawn_sentences(self.train, count, seed, "positives")

    def evaluate(self, generator: Generator, seed: int) -> dict[str, float]:
        """Returns held-out NLL, BLEU-2..5, Self-BLEU-2..5 and the share of distinct sentences.

        The held-out NLL is in nats per token. The references of BLEU are `evaluation_samples`
        held-out sentences, its tokens those of the data folder, its smoothing method 1. Empty
        samples count as sentences without words, and unknown held-out words match no sample.
        """
        count = self.config.evaluation_samples
        samples = generator.sample(max(count, 2), TEMPERATURE, derive(seed, "evaluate"))
        held_out = self.test[:count]
        unknown = self.reader.vocabulary.unknown_id
        known = held_out if unknown is None else np.where(held_out == unknown, -1, held_out)
        sentences, references = strip(samples), strip(known)
        nll = held_out_nll(generator, held_out, TEMPERATURE, ends=self.config.ends, unknown=unknown)
        figures = {"nll_test_1.0": nll}
        for order, value in bleu(sentences, references).items():
            figures[f"bleu_{order}"] = value
        for order, value in self_bleu(sentences).items():
            figures[f"self_bleu_{order}"] = value
        figures["distinct"] = distinct_sentences(sentences)
        return figures

    def measure(self, generator: Generator) -> dict[str, Any]:
        """Returns `score_generator` at temperature 1, with `temperature_sweep` under ``sweep``."""
        scored = (generator, self.config, self.dataset, self.reader)
        return {**score_generator(*scored, TEMPERATURE), "sweep": temperature_sweep(*scored)}

    def show(self, tokens: np.ndarray) -> list[str]:
        """Returns sentences (n, T) as text."""
        return [self.reader.text(row) for row in tokens]


def strip(tokens: np.ndarray) -> list[Sequence[int]]:
    """Returns the ids of each sentence of (n, T) up to its end symbol."""
    return [row[: row.index(END)] if END in row else row for row in tokens.tolist()]
