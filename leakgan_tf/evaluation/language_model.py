"""Scores by a language model trained with this project: an MLE run on the same data folder.

Unlike pre-trained encoders, it needs no download. Scores are comparable only between runs scored by
the same language model, not with figures of papers.
"""

import math
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config, replace
from leakgan_tf.data.dataset import TextDataset
from leakgan_tf.generation.generator import Generator
from leakgan_tf.metrics.frechet import embed, frechet_distance
from leakgan_tf.metrics.nll import counted_tokens, held_out_nll
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.load import TrainedGenerator, load
from leakgan_tf.systems.base import FillDiscriminating
from leakgan_tf.systems.mle import MLE
from leakgan_tf.tasks.text import TextTask
from leakgan_tf.training.trainer import Trainer
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.seeds import derive


def load_language_model(run_dir: str | Path, dataset_digest: str) -> TrainedGenerator:
    """Returns the language model of an MLE run on this data; raises ``UserError`` for others."""
    trained = load(run_dir)
    if trained.config.system != "mle":
        raise UserError(
            f"{run_dir} is a run of {trained.config.system}: give a run of mle as language model"
        )
    if trained.config.dataset != dataset_digest:
        raise UserError(
            f"the language model {run_dir} was trained on another data folder than the scored run"
        )
    return trained


def language_model_scores(
    scorer: TrainedGenerator, dataset: TextDataset, samples: np.ndarray, reverse: bool
) -> dict[str, float]:
    """Returns the scores of samples (n, T) by a language model; lower is better.

    Returns:
      ``frechet``: Fréchet distance between the samples and up to n held-out sentences, embedded by
      the language model; ``frechet_train``: the same for training sentences, a reference value;
      ``nll_language_model``: NLL of the samples under the language model, in nats per token; with
      `reverse` also ``reverse_nll``: NLL of held-out sentences under a language model of the same
      configuration trained on the samples, in nats per token.

    Raises:
      UserError: there are too few samples to train on.
    """
    model, config = scorer.system.model, scorer.config
    held_out = dataset.test[: len(samples)]
    real = embed(model, held_out)
    scores = {
        "frechet": frechet_distance(embed(model, samples), real),
        "frechet_train": frechet_distance(embed(model, dataset.train[: len(samples)]), real),
        "nll_language_model": held_out_nll(scorer.generator, samples, 1.0, ends=config.ends),
    }
    if reverse:
        scores["reverse_nll"] = _reverse_nll(config, dataset, samples)
    return scores


def filling_scores(
    scorer: TrainedGenerator, dataset: TextDataset, trained: TrainedGenerator, num: int
) -> dict[str, float]:
    """Returns a language model's scores of fillings of up to `num` held-out sentences.

    Returns:
      ``nll_filled_language_model``: NLL of the fillings, at temperature 1, under the language model
      given the previous tokens, in nats per masked token; ``nll_masked_language_model``: the same
      for the real tokens in the gaps. Unknown words do not count; without other words it is NaN.
      Empty if the system does not fill gaps.
    """
    filling, ends = trained.system, scorer.config.ends
    if not isinstance(filling, FillDiscriminating):
        return {}
    real, seed = dataset.test[:num], trained.config.seed
    present = filling.draw_masks(len(real), tf.constant(derive(seed, "filling"))).numpy()
    filled = filling.generator.fill(real, present, derive(seed, "fillings"))
    scores = {}
    for name, tokens in (("filled", filled), ("masked", real)):
        counted = counted_tokens(tokens, ends, dataset.vocabulary.unknown_id) & ~present
        log_prob = scorer.generator.log_prob(tokens)[counted]
        cost = -np.mean(log_prob, dtype=np.float64) if len(log_prob) else math.nan
        scores[f"nll_{name}_language_model"] = float(cost)
    return scores


class _Samples(TextTask):
    """The text task with samples as training sentences, evaluated by the held-out NLL only."""

    def __init__(self, config: Config, dataset: TextDataset, samples: np.ndarray):
        super().__init__(config, dataset)
        self.train = samples

    def evaluate(self, generator: Generator, seed: int) -> dict[str, float]:
        """Returns the held-out NLL."""
        unknown = self.reader.vocabulary.unknown_id
        nll = held_out_nll(generator, self.test, 1.0, ends=self.config.ends, unknown=unknown)
        return {self.score: nll}


def _reverse_nll(config: Config, dataset: TextDataset, samples: np.ndarray) -> float:
    """Returns the best held-out NLL, over epochs, of a language model trained on samples."""
    batches = 1 + bool(config.own.patience)  # early stopping holds out another
    if len(samples) < batches * config.batch_size:
        what = "two batches" if batches > 1 else "a batch"
        raise UserError(
            f"reverse_lm needs at least {batches * config.batch_size} samples, {what} of the "
            f"language model (got {len(samples)})"
        )
    config = replace(config, evaluate_every=1)
    task = _Samples(config, dataset, samples)
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder(Path(folder) / "reverse")
        run.claim(config, {})
        try:
            return Trainer(config, MLE(config, task), task, run).run().best[task.score]
        finally:
            run.release()
