"""Measures how a finished system fills gaps: of systems that can (`SystemConfig.fills`)."""

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
_MOST = 2_000  # held-out sentences, and samples


def filling_figures(config: Config, system: System, task: Task) -> dict[str, float]:
    """Returns figures of gaps in held-out sentences; nothing of a system that cannot fill.

    ``masked_nll``: nats per masked token given m(x) and the real tokens before it, and
    ``masked_perplexity``, its exponential; ``discriminator_accuracy``: D's on masked tokens, the
    mean of real ones and G's; ``unique_N``: different N-grams / all N-grams, of whole samples;
    ``in_training_N``: the share of different ones that training has.
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
    """Returns which tokens (n, T) are masked and count in an NLL."""
    unknown = task.reader.vocabulary.unknown_id if task.reader else None
    return counted_tokens(tokens, config.ends, unknown) & ~present


def masked_nll(
    generator: FillingGenerator, tokens: np.ndarray, present: np.ndarray, counted: np.ndarray
) -> float:
    """Returns the NLL of the `counted` tokens of (n, T) given m(x), in nats per such token."""
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
