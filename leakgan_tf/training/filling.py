"""Evaluates a trained system that fills gaps (`SystemConfig.fills`) on held-out sentences."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.generation.filling import FillingGenerator
from leakgan_tf.metrics.bleu import Sentence
from leakgan_tf.metrics.diversity import distinct_ngrams, known_ngrams
from leakgan_tf.metrics.nll import counted_tokens
from leakgan_tf.systems.base import FillDiscriminating, System
from leakgan_tf.tasks.base import Task
from leakgan_tf.tasks.text import strip
from leakgan_tf.utils.seeds import derive

ORDERS = (2, 3, 4)  # of n-grams, as in MaskGAN's paper
_MOST = 2_000  # limit of held-out sentences and of samples


def filling_figures(config: Config, system: System, task: Task) -> dict[str, float]:
    """Returns figures on masked tokens of held-out sentences; empty for other systems.

    ``masked_nll`` is the NLL of masked tokens given m(x) and the previous real tokens, in nats per
    masked token; ``masked_perplexity`` is its exponential. ``discriminator_accuracy`` is D's
    accuracy on masked tokens, the mean of its accuracies on real tokens and on G's.

    ``unique_N`` is the number of distinct N-grams over that of all N-grams in whole samples;
    ``in_training_N`` is the share of the distinct ones that occur in the training sentences.
    """
    if not isinstance(system, FillDiscriminating):
        return {}
    seed = derive(config.seed, "filling")
    tokens = task.test[: min(_MOST, config.evaluation_samples)]
    present = system.draw_masks(len(tokens), tf.constant(seed)).numpy()
    return {
        **_masked_figures(config, system, task, tokens, present),
        **_ngram_figures(config, task, system.generator.sample(len(tokens), 1.0, seed)),
    }


def masked_tokens(
    config: Config, task: Task, tokens: np.ndarray, present: np.ndarray
) -> np.ndarray:
    """Returns the mask (n, T) of the masked tokens that count in the NLL."""
    unknown = task.reader.vocabulary.unknown_id if task.reader else None
    return counted_tokens(tokens, config.ends, unknown) & ~present


def masked_nll(
    generator: FillingGenerator, tokens: np.ndarray, present: np.ndarray, counted: np.ndarray
) -> float:
    """Returns the NLL of the `counted` masked tokens of (n, T), in nats per masked token."""
    log_prob = generator.fill_log_prob(tokens, present)[counted]
    return float(-np.sum(log_prob, dtype=np.float64) / max(len(log_prob), 1))


def _masked_figures(
    config: Config,
    system: FillDiscriminating,
    task: Task,
    tokens: np.ndarray,
    present: np.ndarray,
) -> dict[str, float]:
    nll = masked_nll(
        system.generator, tokens, present, masked_tokens(config, task, tokens, present)
    )
    filled = system.generator.fill(tokens, present, derive(config.seed, "fillings"))
    right = [
        side[counted_tokens(rows, config.ends) & ~present]
        for rows in (tokens, filled)
        for side in [(system.token_log_odds(rows, present) > 0) == (rows is tokens)]
    ]
    return {
        "masked_nll": nll,
        "masked_perplexity": float(np.exp(nll)),
        "discriminator_accuracy": float(np.mean([side.mean() for side in right])),
    }


def _ngram_figures(config: Config, task: Task, samples: np.ndarray) -> dict[str, float]:
    def sentences(tokens: np.ndarray) -> Sequence[Sentence]:
        return strip(tokens) if config.task == "text" else tokens.tolist()

    own = sentences(samples)
    known = known_ngrams(own, sentences(task.train), ORDERS)
    unique = distinct_ngrams(own, ORDERS)
    return {
        **{f"unique_{order}": unique[order] for order in ORDERS},
        **{f"in_training_{order}": known[order] for order in ORDERS},
    }
