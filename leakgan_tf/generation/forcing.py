"""Samples sentences of which some tokens are given.

Unlike in `sampling.complete`, each row has its own given tokens, known only at run time and at any
positions: MaliGAN's prefixes, the coin flips of scheduled sampling.
"""

import tensorflow as tf

from leakgan_tf.generation import sampling
from leakgan_tf.generation.sampling import Policy, State


class PartiallyForcedPolicy:
    """A policy that reads given tokens in place of the sampled ones.

    Args:
      policy: the policy that samples all other tokens.
      tokens: ids (B, T), read where `given`.
      given: mask (B, T) of the given tokens.
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
    """Samples the tokens that are not given, each conditioned on all previous tokens.

    Args:
      policy: the generator; the temperature is 1.
      tokens: ids (B, T), with B known when tracing; read only where `given`.
      given: mask (B, T) of the given tokens.
      seed: stateless seed (2,).

    Returns:
      Ids (B, T), without gradient.
    """
    neutral = tf.ones([policy.length])
    sampled = sampling.generate(
        PartiallyForcedPolicy(policy, tokens, given), tokens.shape[0], neutral, seed
    )
    return tf.where(given, tokens, sampled)
