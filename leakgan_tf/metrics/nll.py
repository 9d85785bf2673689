"""Likelihoods, in nats per token: divided by all T·n tokens, as the original programs report."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import tensorflow as tf

from leakgan_tf.generation.generator import Generator
from leakgan_tf.models.masking import valid_token_mask


class Oracle(Protocol):
    """A known distribution over sequences."""

    def nll(self, tokens: np.ndarray) -> np.ndarray:
        """Returns -log p of each token of (n, T) given those before it: (n, T), in nats."""


def oracle_nll(oracle: Oracle, samples: np.ndarray) -> float:
    """Returns the mean NLL of samples (n, T) under the oracle: are they like real ones?

    SeqGAN's NLL_oracle. A model that repeats a few good sentences does well here.
    """
    return float(np.mean(oracle_costs(oracle, samples)))


def oracle_costs(oracle: Oracle, samples: np.ndarray) -> np.ndarray:
    """Returns the NLL of each sample of (n, T) under the oracle, per token: (n,) float64."""
    return np.asarray(oracle.nll(samples), np.float64).mean(axis=1)


def held_out_costs(
    generator: Generator,
    sentences: np.ndarray,
    temperatures: Sequence[float],
    path: str = "scoring",
) -> np.ndarray:
    """Returns the NLL of each held-out sentence of (n, T) under the generator, per token.

    Returns:
      (n, K) float64, at each of K temperatures. Every token counts.
    """
    return -np.mean(generator.log_probs(sentences, temperatures, path), axis=2, dtype=np.float64)


def held_out_nll(
    generator: Generator,
    sentences: np.ndarray,
    temperature: float,
    path: str = "scoring",
    ends: bool = False,
    unknown: int | None = None,
) -> float:
    """Returns the mean NLL of held-out real sentences (n, T) under the generator.

    Does the model know all of the real distribution? The temperature is that of the samples it is
    reported beside, so that both figures speak of one distribution. ``path``: see `Generator`.
    With ``ends`` the mean is over the tokens up to each sentence's end symbol, which counts. Tokens
    of the id ``unknown`` do not count: a model that never met the symbol for unknown words would be
    measured by how impossible it finds it.
    """
    return held_out_nlls(generator, sentences, [temperature], path, ends, unknown)[0]


def held_out_nlls(
    generator: Generator,
    sentences: np.ndarray,
    temperatures: Sequence[float],
    path: str = "scoring",
    ends: bool = False,
    unknown: int | None = None,
) -> list[float]:
    """Returns `held_out_nll` at each temperature, for one pass through the model."""
    log_probs = generator.log_probs(sentences, temperatures, path)  # (n, K, T)
    mask = counted_tokens(sentences, ends, unknown)  # (n, T)
    count = max(mask.sum(), 1)
    each = np.moveaxis(log_probs, 1, 0)
    return [float(-np.sum(log_prob[mask], dtype=np.float64) / count) for log_prob in each]


def counted_tokens(
    sentences: np.ndarray, ends: bool = False, unknown: int | None = None
) -> np.ndarray:
    """Returns which tokens (n, T) count in `held_out_nll`."""
    mask = np.ones(sentences.shape, bool)
    if ends:
        mask = valid_token_mask(tf.constant(sentences)).numpy()
    return mask if unknown is None else mask & (sentences != unknown)


def distinct_share(samples: np.ndarray) -> float:
    """Returns the share of sentences (n, T) that are distinct, in (0, 1]."""
    return len(np.unique(samples, axis=0)) / len(samples)
