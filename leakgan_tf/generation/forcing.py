"""Sentences that are partly given and partly the model's own, written by the sampling loop.

Unlike `sampling.complete` each row has its own given tokens, known only when it runs, anywhere in
the sentence: the prefixes of MaliGAN, the coins of scheduled sampling.
"""

import tensorflow as tf

from leakgan_tf.generation import sampling
from leakgan_tf.generation.sampling import Policy, State


class PartiallyForcedPolicy:
    """A policy that reads a given token, where there is one, instead of the one it sampled.

    Args:
      policy: whose own tokens fill the rest.
      tokens: ids (B, T).
      given: which of them are to be read, (B, T).
    """

    def __init__(self, policy: Policy, tokens: tf.Tensor, given: tf.Tensor):
        self._policy = policy
        self._tokens = tokens
        self._given = given
        self.length = policy.length

    def start(self, rows: int) -> State:
        """Returns the state before the first token."""
        return self._policy.start(rows)

    def logits(self, state: State, position: tf.Tensor) -> tuple[tf.Tensor, State]:
        """Returns the logits (B, V) of the next token, and the state."""
        return self._policy.logits(state, position)

    def write(self, state: State, tokens: tf.Tensor, position: tf.Tensor) -> State:
        """Returns the state after the given token, or the sampled one of `tokens` (B,)."""
        read = tf.where(self._given[:, position], self._tokens[:, position], tokens)
        return self._policy.write(state, read, position)

    def force(self, state: State, tokens: tf.Tensor, position: tf.Tensor) -> State:
        """Returns the state after a given token of a prefix."""
        return self._policy.force(state, tokens, position)

    def resume(self, state: State, position: tf.Tensor) -> State:
        """Returns the state from which sampling continues after a given prefix."""
        return self._policy.resume(state, position)


def infill(policy: Policy, tokens: tf.Tensor, given: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Samples what is not given of sentences, each token after all those before it.

    Args:
      policy: the generator; temperature 1.
      tokens: ids (B, T), with B known when tracing; read only where `given`.
      given: (B, T).
      seed: stateless seed (2,).

    Returns:
      Ids (B, T). No gradient passes through them.
    """
    neutral = tf.ones([policy.length])
    sampled = sampling.generate(
        PartiallyForcedPolicy(policy, tokens, given), tokens.shape[0], neutral, seed
    )
    return tf.where(given, tokens, sampled)
