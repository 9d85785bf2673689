"""Negative log-likelihoods in nats per token: by default the mean over all n·T tokens."""

import math
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
    """Returns NLL_oracle: the mean NLL of samples (n, T) under the oracle, in nats per token.

    Lower is better (SeqGAN). It measures quality only: a model that repeats a few good sentences
    has a low NLL_oracle.
    """
    return float(np.mean(oracle_costs(oracle, samples)))


def oracle_costs(oracle: Oracle, samples: np.ndarray) -> np.ndarray:
    """Returns the NLL of each sample of (n, T) under the oracle, nats per token, (n,) float64."""
    return np.asarray(oracle.nll(samples), np.float64).mean(axis=1)


def held_out_costs(
    generator: Generator,
    sentences: np.ndarray,
    temperatures: Sequence[float],
    path: str = "scoring",
) -> np.ndarray:
    """Returns the NLL of each held-out sentence under the generator, in nats per token.

    Args:
      generator: the generator.
      sentences: ids (n, T); every token counts.
      temperatures: K temperatures.
      path: see `Generator.log_prob`.

    Returns:
      NLLs (n, K) float64.
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
    """Returns NLL_test: the mean NLL of held-out sentences under the generator, nats per token.

    Lower is better. It measures whether the model covers the real distribution.

    Args:
      generator: the generator.
      sentences: ids (n, T).
      temperature: temperature of the samples that it is reported with, so that both figures
        describe the same distribution.
      path: see `Generator.log_prob`.
      ends: whether only tokens up to the first end symbol count, the end symbol included.
      unknown: id of tokens that do not count. A model that never saw the symbol of unknown words in
        training gives it an arbitrarily small probability.
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
    """Returns `held_out_nll` at each temperature, from one pass through the model.

    NaN if no token counts: 0 would be the best NLL.
    """
    log_probs = generator.log_probs(sentences, temperatures, path)  # (n, K, T)
    mask = counted_tokens(sentences, ends, unknown)  # (n, T)
    count = mask.sum()
    if not count:
        return [math.nan] * len(temperatures)
    each = np.moveaxis(log_probs, 1, 0)
    return [float(-np.sum(log_prob[mask], dtype=np.float64) / count) for log_prob in each]


def counted_tokens(
    sentences: np.ndarray, ends: bool = False, unknown: int | None = None
) -> np.ndarray:
    """Returns the mask (n, T) of the tokens that count in `held_out_nll`."""
    mask = np.ones(sentences.shape, bool)
    if ends:
        mask = valid_token_mask(tf.constant(sentences)).numpy()
    return mask if unknown is None else mask & (sentences != unknown)


def distinct_share(samples: np.ndarray) -> float:
    """Returns the share of sentences (n, T) that are distinct, in (0, 1]."""
    return len(np.unique(samples, axis=0)) / len(samples)
