"""The interface of trained systems for metrics and users: `sample`, `log_prob`, `complete`."""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from leakgan_tf.generation import sampling
from leakgan_tf.generation.continuation import Drawn, continue_prefixes
from leakgan_tf.generation.law import Law
from leakgan_tf.generation.policies import LatentPolicy
from leakgan_tf.objectives import losses
from leakgan_tf.utils import distributed
from leakgan_tf.utils.status import steps

# One number for all positions, or one per position.
Temperature = float | Sequence[float] | np.ndarray
_LAW_TYPES = (tf.int32, tf.float32, tf.bool)  # of top_k, top_p, greedy


class Generator:
    """A policy under its current weights, compiled, for any number of sentences.

    Sentences are processed in batches of one size, so neither memory nor results depend on their
    number. In the scope of a distribution strategy each replica processes its own batch; the
    results are the same.

    Attributes:
      length: tokens in a sentence, T.
      policy: returns the policy under the current weights.

    Args:
      policy: returns the policy; called when tracing, so weights may change between calls.
      length: tokens in a sentence, T.
      batch_size: sentences per batch.
    """

    def __init__(self, policy: Callable[[], Any], length: int, batch_size: int):
        self.length = length
        self.policy = policy
        self._batch_size = batch_size
        strategy = distributed.strategy_in_scope()
        self._replicas = strategy.num_replicas_in_sync if strategy else 1
        tokens = tf.TensorSpec([self._replicas * batch_size, length], tf.int32)
        factors = tf.TensorSpec([length], tf.float32)
        seed = tf.TensorSpec([2], tf.int32)
        self._sample = tf.function(
            lambda *args: distributed.run(strategy, self._sample_batch, *args),
            input_signature=[factors, seed, tf.TensorSpec([], tf.int32)],
            autograph=False,
        )
        self._continue = tf.function(
            lambda *args: distributed.run(strategy, self._continue_batch, *args),
            input_signature=[
                tf.TensorSpec([length], tf.int32),
                tf.TensorSpec([], tf.int32),
                Law(factors, *(tf.TensorSpec([], kind) for kind in _LAW_TYPES)),
                seed,
                tf.TensorSpec([], tf.int32),
            ],
            autograph=False,
        )
        # One compiled function per path; see `log_prob`.
        self._score = {
            path: tf.function(
                lambda *args, path=path: distributed.run(strategy, self._score_batch, *args, path),
                input_signature=[tokens, tf.TensorSpec([None, length], tf.float32)],
                autograph=False,
            )
            for path in ("scoring", "sampling")
        }
        self._complete = tf.function(
            lambda batch, seed, starts, copies: sampling.complete(
                self.policy(), batch, starts, copies, seed
            ),
            autograph=False,
        )

    def sample(
        self, count: int, temperature: Temperature = 1.0, seed: Sequence[int] | np.ndarray = (0, 0)
    ) -> np.ndarray:
        """Samples sentences: ids (count, T) int32.

        Args:
          count: number of sentences; a larger number begins with the same sentences.
          temperature: divides the logits, so below 1 is sharper; one number, or one per position.
          seed: stateless seed, two integers.
        """
        factors, seed = inverse_factors(temperature, self.length), tf.constant(seed, tf.int32)
        batches = [np.zeros([0, self.length], np.int32)]
        numbers = range(0, -(-count // self._batch_size), self._replicas)
        for number in steps(numbers, "sampling"):
            batches.append(self._sample(factors, seed, tf.constant(number)).numpy())
        return np.concatenate(batches)[:count]

    def continuations(
        self,
        prefix: Sequence[int],
        temperature: Temperature = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        greedy: bool = False,
        seed: Sequence[int] | np.ndarray = (0, 0),
    ) -> Iterator[Drawn]:
        """Yields batches of sentences that begin with a prefix, without end.

        Without prefix, top-k, top-p and greedy the tokens are those of `sample`, in order.

        Args:
          prefix: ids that every sentence begins with, fewer than T.
          temperature: as in `sample`.
          top_k: sample from this many most likely tokens; 0: from all.
          top_p: sample from the smallest set of most likely tokens with at least this probability.
          greedy: take the most likely token instead of sampling.
          seed: stateless seed, two integers.

        Yields:
          NumPy arrays (R · batch_size, T), R the number of replicas.
        """
        given = np.zeros(self.length, np.int32)
        given[: len(prefix)] = prefix
        law = Law(
            inverse_factors(temperature, self.length),
            *(tf.constant(v, t) for v, t in zip((top_k, top_p, greedy), _LAW_TYPES, strict=True)),
        )
        start = (tf.constant(given), tf.constant(len(prefix)), law, tf.constant(seed, tf.int32))
        for number in itertools.count(0, self._replicas):
            yield Drawn(*(part.numpy() for part in self._continue(*start, tf.constant(number))))

    def log_prob(
        self,
        tokens: np.ndarray,
        temperature: Temperature = 1.0,
        path: str = "scoring",
    ) -> np.ndarray:
        """Returns the log-probability of each token given the previous ones, (n, T), in nats.

        Args:
          tokens: ids (n, T).
          temperature: divides the logits, as in `sample`.
          path: "scoring" for teacher forcing as in the losses, "sampling" for the probabilities
            that `sample` draws from. They differ for LeakGAN under the split alignment only.
        """
        return self.log_probs(tokens, [temperature], path)[:, 0]

    def log_probs(
        self,
        tokens: np.ndarray,
        temperatures: Sequence[Temperature],
        path: str = "scoring",
    ) -> np.ndarray:
        """Returns `log_prob` at K temperatures, (n, K, T), from one pass through the model."""
        factors = tf.stack([inverse_factors(each, self.length) for each in temperatures])
        rows, size = len(tokens), self._replicas * self._batch_size
        padded = np.pad(tokens, [[0, -rows % size], [0, 0]], mode="edge")
        batches = [
            self._score[path](tf.constant(batch, tf.int32), factors).numpy()
            for batch in steps(np.split(padded, max(len(padded) // size, 1)), "scoring")
            if len(batch)
        ]
        empty = np.zeros([0, len(temperatures), self.length], np.float32)
        return np.concatenate([empty, *batches])[:rows]

    def complete(
        self, tokens: np.ndarray, given: int, copies: int, seed: Sequence[int]
    ) -> np.ndarray:
        """Completes prefixes of sentences at temperature 1.

        Args:
          tokens: ids (B, T).
          given: length of the prefixes, in [1, T).
          copies: completions per prefix.
          seed: stateless seed, two integers.

        Returns:
          Ids (copies, B, T).
        """
        result = self._complete(
            tf.constant(tokens, tf.int32), tf.constant(seed, tf.int32), (given,), copies
        )
        return result.numpy()[0]

    def _sample_batch(
        self, inverse_temperature: tf.Tensor, seed: tf.Tensor, number: tf.Tensor
    ) -> tf.Tensor:
        """Samples batch `number` on the first replica, the following ones on the others."""
        own = tf.random.experimental.stateless_fold_in(seed, number + distributed.index())
        sampled = sampling.generate(self.policy(), self._batch_size, inverse_temperature, own)
        return distributed.gather(sampled)

    def _continue_batch(
        self, prefix: tf.Tensor, given: tf.Tensor, law: Law, seed: tf.Tensor, number: tf.Tensor
    ) -> Drawn:
        own = tf.random.experimental.stateless_fold_in(seed, number + distributed.index())
        rows = self._batch_size
        drawn = continue_prefixes(
            self.policy(), tf.tile(prefix[tf.newaxis], [rows, 1]), tf.fill([rows], given), law, own
        )
        return Drawn(*map(distributed.gather, drawn))

    def _score_batch(
        self, tokens: tf.Tensor, inverse_temperature: tf.Tensor, path: str
    ) -> tf.Tensor:
        own = distributed.local_rows(tokens)
        log_prob = (
            latent_log_prob if isinstance(policy := self.policy(), LatentPolicy) else _log_prob
        )
        found = log_prob(policy, own, inverse_temperature, path)  # (K, B, T)
        return distributed.gather(tf.transpose(found, [1, 0, 2]))


def _log_prob(
    policy: Any, tokens: tf.Tensor, inverse_temperature: tf.Tensor, path: str
) -> tf.Tensor:
    """Returns the log-probability of each token of (B, T) at K temperatures, (K, B, T)."""
    logits = policy.sequence_logits(tokens, path)  # (B, T, V)
    costs = tf.map_fn(
        lambda factors: losses.cross_entropy(logits * factors[:, tf.newaxis], tokens),
        inverse_temperature,
        parallel_iterations=1,  # one (B, T, V) at a time
    )
    return -costs


def latent_log_prob(
    policy: LatentPolicy, tokens: tf.Tensor, inverse_temperature: tf.Tensor, path: str
) -> tf.Tensor:
    """Returns `_log_prob` under the equal mixture over the policy's N fixed states, (K, B, T).

    Each token has log Σ_i p(x_1..t | z_i) - log Σ_i p(x_1..t-1 | z_i), so a sentence has
    log (1/N) Σ_i p(x | z_i).
    """
    rows = tokens.shape[0]
    each = tf.map_fn(
        lambda state: _log_prob(policy.component(state, rows), tokens, inverse_temperature, path),
        policy.states(),
        fn_output_signature=tf.float32,
        parallel_iterations=1,
    )  # (N, K, B, T)
    prefixes = tf.reduce_logsumexp(tf.cumsum(each, axis=-1), axis=0) - math.log(policy.draws)
    return prefixes - tf.pad(prefixes[..., :-1], [[0, 0], [0, 0], [1, 0]])


def inverse_factors(temperature: Temperature, length: int) -> tf.Tensor:
    """Returns the inverse temperature at each position, (length,) float32.

    The division is in float64, so temperature 1/f gives exactly f.
    """
    factors = (1.0 / np.asarray(temperature, np.float64)).astype(np.float32)
    return tf.constant(np.broadcast_to(factors, [length]))
