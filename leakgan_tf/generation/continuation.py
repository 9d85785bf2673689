"""Continues given prefixes under any sampling law, with the log-probability of each token.

As in rollouts (`sampling.complete`), the policy is forced along the prefix, then resumes. Here each
row has its own prefix length, known only at run time.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from leakgan_tf.generation.law import Law, chosen_log_prob, draw
from leakgan_tf.generation.policies import LatentPolicy
from leakgan_tf.generation.sampling import Policy, State


class Drawn(NamedTuple):
    """Sampled sentences and the log-probabilities of their tokens.

    For a `LatentPolicy`, log-probabilities are conditional on the noise drawn for the sentence.

    Attributes:
      tokens: ids (B, T), given and sampled.
      log_prob: log-probability of each token under the model at temperature 1, (B, T), in nats; 0
        for given tokens.
      law_log_prob: log-probability of each token under the law it was sampled from, (B, T), in
        nats; 0 for given tokens.
    """

    tokens: tf.Tensor
    log_prob: tf.Tensor
    law_log_prob: tf.Tensor


def continue_prefixes(
    policy: Policy | LatentPolicy, prefixes: tf.Tensor, given: tf.Tensor, law: Law, seed: tf.Tensor
) -> Drawn:
    """Completes prefixes to sentences of T tokens.

    Args:
      policy: the generator.
      prefixes: ids (B, T), with B known when tracing; read up to `given` only.
      given: lengths of the prefixes, (B,) int32, in [0, T).
      law: the law that tokens are sampled from.
      seed: stateless seed (2,). Without prefix, and with a law that only sets the temperature, the
        tokens are those of `sampling.generate`.
    """
    rows, length = prefixes.shape[0], policy.length
    if isinstance(policy, LatentPolicy):  # noise as `sampling.generate` draws it
        policy = policy.drawn(rows, tf.random.experimental.stateless_fold_in(seed, length))
    longest = tf.reduce_max(given)

    def body(
        position: tf.Tensor, state: State, tokens: Any, log_probs: Any, law_log_probs: Any
    ) -> tuple[Any, ...]:
        ready = tf.cond(
            position <= longest,
            lambda: _choose(
                (position == given) & (given > 0), policy.resume(state, position), state
            ),
            lambda: state,
        )
        logits, after = policy.logits(ready, position)
        drawn, law_log_prob = draw(logits, law, seed, position)
        after = policy.write(after, drawn, position)
        here = prefixes[:, position]
        forced = position < given  # (B,)
        after = tf.cond(
            position < longest,
            lambda: _choose(forced, policy.force(state, here, position), after),
            lambda: after,
        )
        return (
            position + 1,
            after,
            tokens.write(position, tf.where(forced, here, drawn)),
            log_probs.write(position, tf.where(forced, 0.0, chosen_log_prob(logits, drawn))),
            law_log_probs.write(position, tf.where(forced, 0.0, law_log_prob)),
        )

    arrays = [
        tf.TensorArray(dtype, length, element_shape=[rows])
        for dtype in (tf.int32, tf.float32, tf.float32)
    ]
    _, _, *written = tf.while_loop(
        lambda position, *_: position < length, body, (tf.constant(0), policy.start(rows), *arrays)
    )
    return Drawn(*(tf.transpose(array.stack()) for array in written))


def _choose(which: tf.Tensor, first: State, second: State) -> State:
    """Returns rows (B, ...) of the first state where `which` (B,) is true, else of the second."""

    def choose(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
        return tf.where(tf.reshape(which, [-1] + [1] * (a.shape.rank - 1)), a, b)

    return tf.nest.map_structure(choose, first, second)
