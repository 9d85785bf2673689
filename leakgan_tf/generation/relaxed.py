"""The differentiable sampling loop: soft tokens beside the hard ones.

A hard token is the argmax of logits + Gumbel noise, a draw from softmax(logits). Its soft
counterpart is softmax(β·(logits + noise)), through which a gradient passes (Gumbel-softmax, Kusner
and Hernández-Lobato 2016, arXiv:1611.04051). β is an inverse temperature; for β → ∞ both are equal.
Without noise it is the soft-argmax of TextGAN, β its L (Zhang et al. 2017, arXiv:1706.03850).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.generation.sampling import Policy, State

_LEAST = 1e-10  # added to the arguments of the logarithms, as in RelGAN's program

Noise = Callable[[Any, tf.Tensor], tf.Tensor]  # maps position, logits (B, V) to noise (B, V)
Relax = Callable[[tf.Tensor], tf.Tensor]  # maps noisy logits (B, V) to soft tokens (B, V)


class Relaxed(NamedTuple):
    """Sampled sentences as hard and soft tokens.

    Attributes:
      tokens: ids (B, T), without gradient.
      soft: soft tokens (B, T, V), or the outputs of `sample`'s `keep`.
    """

    tokens: tf.Tensor
    soft: tf.Tensor


def gumbel_noise(seed: tf.Tensor) -> Noise:
    """Returns a function that draws Gumbel noise -log(-log u) with a stateless seed (2,)."""

    def noise(position: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        own = tf.random.experimental.stateless_fold_in(seed, position)
        uniform = tf.random.stateless_uniform(tf.shape(logits), own)
        return -tf.math.log(-tf.math.log(uniform + _LEAST) + _LEAST)

    return noise


def gumbel_softmax(inverse_temperature: tf.Tensor | float) -> Relax:
    """Returns the relaxation of noisy logits, softmax(β·(logits + noise))."""
    return lambda noisy: tf.nn.softmax(inverse_temperature * noisy)


def no_noise(position: Any, logits: tf.Tensor) -> tf.Tensor:
    """Returns zeros: the hard token is then the most likely one, as in TextGAN."""
    return tf.zeros_like(logits)


def sample(
    policy: Policy,
    rows: int,
    relax: Relax,
    noise: Noise,
    feedback: str = "hard",
    keep: Callable[[tf.Tensor], tf.Tensor] = tf.identity,
) -> Relaxed:
    """Samples `rows` sentences as hard and soft tokens.

    Args:
      policy: the generator; soft feedback needs one with `write_soft`, such as `SoftPolicy`.
      rows: number of sentences, B.
      relax: the relaxation.
      noise: noise added to the logits, drawn once per token.
      feedback: the generator's next input. "hard": the hard token, without gradient (RelGAN).
        "soft": the mean embedding under the soft token (Gumbel-softmax GAN).
      keep: maps a soft token (B, V) to what is stored, such as its embedding in D; this saves
        memory, since (B, T, V) values are not stored.
    """
    if feedback not in ("hard", "soft"):
        raise ValueError(f"feedback must be 'hard' or 'soft', not {feedback!r}")

    def body(position: tf.Tensor, state: State, tokens: Any, soft: Any) -> tuple[Any, ...]:
        logits, state = policy.logits(state, position)
        noisy = logits + noise(position, logits)
        hard = tf.argmax(noisy, axis=-1, output_type=tf.int32)
        relaxed = relax(noisy)
        if feedback == "soft":
            state = policy.write_soft(  # type: ignore[attr-defined]
                state, hard, relaxed, position
            )
        else:
            state = policy.write(state, hard, position)
        return (
            position + 1,
            state,
            tokens.write(position, hard),
            soft.write(position, keep(relaxed)),
        )

    length = policy.length
    _, _, tokens, soft = tf.while_loop(
        lambda position, *_: position < length,
        body,
        (
            tf.constant(0),
            policy.start(rows),
            tf.TensorArray(tf.int32, length),
            tf.TensorArray(tf.float32, length),
        ),
    )
    hard = tf.ensure_shape(tf.transpose(tokens.stack()), [rows, length])
    return Relaxed(hard, tf.transpose(soft.stack(), [1, 0, 2]))


class SoftState(NamedTuple):
    """State of `SoftPolicy`: the generator's own state, and its next input, embeddings (B, E)."""

    inner: State
    vector: tf.Tensor


class SoftPolicy(LSTMPolicy):
    """An LSTM language model that can read a mixture of tokens."""

    def start(self, rows: int) -> Any:
        """Returns the state before the first token."""
        inner = super().start(rows)
        return SoftState(inner, self.model.embedding(inner.last))

    def logits(self, state: Any, position: tf.Tensor) -> tuple[tf.Tensor, Any]:
        """Returns the logits (B, V) of the next token, and the state."""
        hidden, inner = self.model.read(state.vector, state.inner)
        return self.next_logits(hidden, inner, position), state._replace(inner=inner)

    def write(self, state: Any, tokens: tf.Tensor, position: tf.Tensor) -> Any:
        """Returns the state after `tokens` (B,)."""
        return SoftState(state.inner._replace(last=tokens), self.model.embedding(tokens))

    def write_soft(
        self, state: SoftState, tokens: tf.Tensor, soft: tf.Tensor, position: tf.Tensor
    ) -> SoftState:
        """Returns the state after soft tokens (B, V); `tokens` (B,) decide which sentences end."""
        vector = soft @ tf.convert_to_tensor(self.model.embedding.embeddings)  # (B, E)
        return SoftState(state.inner._replace(last=tokens), vector)
