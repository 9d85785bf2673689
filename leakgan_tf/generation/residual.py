"""The residual model p(x) = G(x) exp(f(x)) / Z on top of a generator G.

f is a discriminator's log-odds that a sentence is real, log(D(x) / (1 - D(x))); -f is the energy of
Deng et al. 2020 (arXiv:2004.11714). Only its abstract was read; the rest is quoted from memory.
The model is sampled by importance resampling: one of M sentences of G is drawn with weights exp(f).
Adding a constant to f has no effect.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from leakgan_tf.generation.generator import Generator, Temperature
from leakgan_tf.generation.importance import effective_sample_size, log_mean_exp
from leakgan_tf.models.masking import valid_token_mask
from leakgan_tf.utils.seeds import numpy_generator

PARTITION_SEED = (20, 4)  # of the samples that estimate Z

Logits = Callable[[tf.Tensor], tf.Tensor]  # maps ids (n, T) to log-odds (n,)


class LogOdds:
    """A discriminator's log-odds under its current weights, compiled, for any number of sentences.

    Args:
      logits: maps ids (n, T) to log-odds (n,).
      length: tokens in a sentence, T.
      batch_size: sentences per batch.
    """

    def __init__(self, logits: Logits, length: int, batch_size: int):
        self._batch_size = batch_size
        signature = [tf.TensorSpec([batch_size, length], tf.int32)]
        self._logits = tf.function(logits, input_signature=signature, autograph=False)

    def __call__(self, tokens: np.ndarray) -> np.ndarray:
        """Returns the log-odds (n,) float64 that sentences (n, T) are real."""
        rows, size = len(tokens), self._batch_size
        if not rows:
            return np.zeros([0])
        padded = np.pad(tokens, [[0, -rows % size], [0, 0]], mode="edge").astype(np.int32)
        batches = np.split(padded, len(padded) // size)
        scored = [self._logits(tf.constant(batch)).numpy() for batch in batches]
        return np.concatenate(scored)[:rows].astype(np.float64)


class Resampled(NamedTuple):
    """Samples of a residual model.

    Attributes:
      tokens: ids (n, T) int32.
      effective: effective sample size of each sentence's candidates, (n,), from 1 to M.
    """

    tokens: np.ndarray
    effective: np.ndarray


def resample(
    generator: Generator,
    log_odds: Callable[[np.ndarray], np.ndarray],
    count: int,
    candidates: int,
    temperature: Temperature,
    seed: Sequence[int] | np.ndarray,
) -> Resampled:
    """Samples sentences of the residual model by importance resampling.

    Args:
      generator: G.
      log_odds: f, maps ids (n, T) to (n,).
      count: number of sentences; a larger number begins with the same sentences.
      candidates: samples of G per sentence, M; the distribution approaches p as M grows.
      temperature: temperature of G; f does not depend on it.
      seed: stateless seed, two integers.
    """
    drawn = generator.sample(count * candidates, temperature, seed)
    scores = log_odds(drawn).reshape(count, candidates)
    random = numpy_generator(int(seed[0]), "resample", int(seed[1]))
    chosen = np.argmax(scores + random.gumbel(size=scores.shape), axis=1)  # Gumbel-max
    rows = np.arange(count) * candidates + chosen
    return Resampled(drawn[rows], effective_sample_size(scores))


class ResidualGenerator(Generator):
    """Samples and scores sentences of the residual model as if it were a generator.

    Args:
      base: G.
      log_odds: f, maps ids (n, T) to (n,).
      candidates: samples of G per sentence, M of `resample`.
      partition_samples: number of samples of G that estimate Z; they are the same in every call.
      ends: whether an end symbol ends sentences; tokens after it get no share in `log_probs`.
    """

    def __init__(
        self,
        base: Generator,
        log_odds: Callable[[np.ndarray], np.ndarray],
        candidates: int,
        partition_samples: int,
        ends: bool = False,
    ):
        self.base = base
        self.length = base.length
        self.policy = base.policy
        self.log_odds = log_odds
        self._candidates = candidates
        self._partition_samples = partition_samples
        self._ends = ends

    def sample(
        self, count: int, temperature: Temperature = 1.0, seed: Sequence[int] | np.ndarray = (0, 0)
    ) -> np.ndarray:
        """Samples sentences by importance resampling: ids (count, T) int32; see `resample`."""
        own = (self.base, self.log_odds, count, self._candidates)
        return resample(*own, temperature, seed).tokens

    def log_probs(
        self, tokens: np.ndarray, temperatures: Sequence[Temperature], path: str = "scoring"
    ) -> np.ndarray:
        """Returns log p(x) split into one term per token, at K temperatures, (n, K, T), in nats.

        Each token up to the end symbol has G's log-probability plus an equal share of f(x) - log Z,
        with log Z from `log_partition`. Only sums over a sentence are meaningful: p has no
        tractable next-token probabilities.
        """
        correction = self.log_odds(tokens)[:, np.newaxis] - np.array(
            [self.log_partition(each) for each in temperatures]
        )  # (n, K)
        counted = np.ones(tokens.shape, bool)
        if self._ends:
            counted = valid_token_mask(tf.constant(tokens)).numpy()
        share = counted / counted.sum(axis=1, keepdims=True)  # (n, T)
        added = correction[:, :, np.newaxis] * share[:, np.newaxis, :]
        return self.base.log_probs(tokens, temperatures, path) + added

    def log_partition(self, temperature: Temperature = 1.0) -> float:
        """Returns the estimate T_n of log Z; see `importance.log_partition_bounds`."""
        samples = self.base.sample(self._partition_samples, temperature, PARTITION_SEED)
        return log_mean_exp(self.log_odds(samples))

    def complete(
        self, tokens: np.ndarray, given: int, copies: int, seed: Sequence[int]
    ) -> np.ndarray:
        """Completes sentences by G alone; see `Generator.complete`."""
        return self.base.complete(tokens, given, copies, seed)


def base_generator(generator: Generator) -> Generator:
    """Returns the base generator of a residual model; any other generator unchanged."""
    return generator.base if isinstance(generator, ResidualGenerator) else generator
