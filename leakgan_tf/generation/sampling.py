"""The one loop that writes sentences: from nothing, or on from given prefixes.

It knows no model: a `Policy` says what the next token's logits are.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import tensorflow as tf

from leakgan_tf.generation.drawing import categorical
from leakgan_tf.generation.policies import LatentPolicy

State = Any  # a policy's own nested structure of tensors, rows first


class NextToken(Protocol):
    """What sampling whole sentences needs. All rows of a state are at the same position."""

    length: int

    def start(self, rows: int) -> State:
        """Returns the state before the first token."""

    def logits(self, state: State, position: tf.Tensor) -> tuple[tf.Tensor, State]:
        """Returns the logits (rows, V) of the token at `position`, and the state."""

    def write(self, state: State, tokens: tf.Tensor, position: tf.Tensor) -> State:
        """Returns the state after `tokens` (rows,) were written at `position`."""


class Policy(NextToken, Protocol):
    """What the loop asks of a generator: prefixes can be given to it, too."""

    def force(self, state: State, tokens: tf.Tensor, position: tf.Tensor | int) -> State:
        """Returns the state after a given token, as `logits` and `write` would leave it."""

    def resume(self, state: State, position: tf.Tensor | int) -> State:
        """Returns the state from which sampling continues after a given prefix."""


def write_tokens(
    policy: NextToken,
    state: State,
    first: int,
    last: int,
    inverse_temperature: tf.Tensor,
    seed: tf.Tensor,
) -> tuple[tf.Tensor, State]:
    """Samples the tokens at positions `first` to `last` - 1.

    Args:
      policy: the generator.
      state: its state before token `first`.
      first: a position.
      last: a later position, at most T.
      inverse_temperature: factors on the logits at each position, (T,); above 1 is sharper.
      seed: stateless seed (2,); each position folds its number in.

    Returns:
      Token ids (rows, last - first), and the state after them.
    """
    rows = tf.nest.flatten(state)[0].shape[0]

    def body(position, state, written):
        logits, state = policy.logits(state, position)
        tokens = _draw(logits, inverse_temperature, seed, position)
        state = policy.write(state, tokens, position)
        return position + 1, state, written.write(position - first, tokens)

    written = tf.TensorArray(tf.int32, last - first, element_shape=[rows])
    _, state, written = tf.while_loop(
        lambda position, *_: position < last,
        body,
        (tf.constant(first), state, written),
    )
    return tf.transpose(written.stack()), state


def _draw(
    logits: tf.Tensor, inverse_temperature: tf.Tensor, seed: tf.Tensor, position
) -> tf.Tensor:
    """Samples the tokens (rows,) at a position from logits (rows, V)."""
    own = tf.random.experimental.stateless_fold_in(seed, position)
    return categorical(logits * inverse_temperature[position], own)


def generate(
    policy: NextToken, rows: int, inverse_temperature: tf.Tensor, seed: tf.Tensor
) -> tf.Tensor:
    """Samples `rows` sentences; returns ids (rows, T). See `write_tokens`.

    A `LatentPolicy` draws the noise that sentences begin in from the same seed.
    """
    if isinstance(policy, LatentPolicy):
        policy = policy.drawn(rows, tf.random.experimental.stateless_fold_in(seed, policy.length))
    tokens, _ = write_tokens(
        policy, policy.start(rows), 0, policy.length, inverse_temperature, seed
    )
    return tokens


def complete(
    policy: Policy, tokens: tf.Tensor, starts: Sequence[int], copies: int, seed: tf.Tensor
) -> tf.Tensor:
    """Completes prefixes of given sentences, all of them in one growing batch.

    The prefix runs once. Every copy of every prefix then advances together: the copies of a
    longer prefix join when the others have come to its length. Temperature 1.

    Args:
      policy: the generator.
      tokens: sentences (B, T), with B known when tracing.
      starts: lengths of the prefixes to complete, rising, in [1, T).
      copies: completions of each prefix, N.
      seed: stateless seed (2,).

    Returns:
      Ids (len(starts), N, B, T): at [i, n, b] the first starts[i] tokens are those of sentence b.
    """
    rows, length = tokens.shape[0], policy.length
    if not starts:
        return tf.zeros([0, copies, rows, length], tf.int32)
    neutral = tf.ones([length])
    state, running, done = policy.start(rows), None, None
    given = 0
    for index, begin in enumerate(starts):
        for position in range(given, begin):
            state = policy.force(state, tokens[:, position], position)
        given = begin
        joining = policy.resume(state, begin)
        # Copies are equal up to here: the next logits are computed once for all of them.
        fresh = joining if running is None else _stack_rows(running, joining)
        logits, fresh = policy.logits(fresh, begin)
        logits, fresh = (_copy_last(part, rows, copies) for part in (logits, fresh))
        first = _draw(logits, neutral, seed, begin)
        prefix = tf.tile(tokens[:, :begin], [copies, 1])  # (N·B, begin)
        done = prefix if done is None else tf.concat([done, prefix], axis=0)
        end = starts[index + 1] if index + 1 < len(starts) else length
        running = policy.write(fresh, first, begin)
        more, running = write_tokens(policy, running, begin + 1, end, neutral, seed)
        done = tf.concat([done, first[:, tf.newaxis], more], axis=1)  # ((i+1)·N·B, end)
    return tf.reshape(done, [len(starts), copies, rows, length])


def _stack_rows(first: State, second: State) -> State:
    return tf.nest.map_structure(lambda a, b: tf.concat([a, b], axis=0), first, second)


def _copy_last(state: State, rows: int, copies: int) -> State:
    """Returns a state whose last `rows` rows are there `copies` times."""

    def copied(part: tf.Tensor) -> tf.Tensor:
        last = tf.tile(part[-rows:], [copies] + [1] * (part.shape.rank - 1))
        return tf.concat([part[:-rows], last], axis=0)

    return tf.nest.map_structure(copied, state)
