"""The sampling loop of all generators: whole sentences, or completions of given prefixes.

It is independent of the model: a `Policy` returns the logits of the next token.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import tensorflow as tf

from leakgan_tf.generation.drawing import categorical
from leakgan_tf.generation.policies import LatentPolicy

State = Any  # a nested structure of tensors defined by the policy, rows first


class NextToken(Protocol):
    """A policy that can sample whole sentences. All rows of a state are at the same position."""

    length: int

    def start(self, rows: int) -> State:
        """Returns the state before the first token."""

    def logits(self, state: State, position: tf.Tensor) -> tuple[tf.Tensor, State]:
        """Returns the logits (rows, V) of the token at `position`, and the state."""

    def write(self, state: State, tokens: tf.Tensor, position: tf.Tensor) -> State:
        """Returns the state after `tokens` (rows,) at `position`."""


class Policy(NextToken, Protocol):
    """A policy that can also continue given prefixes."""

    def force(self, state: State, tokens: tf.Tensor, position: tf.Tensor) -> State:
        """Returns the state after a given token, as `logits` and `write` would leave it."""

    def resume(self, state: State, position: tf.Tensor) -> State:
        """Returns the state from which sampling continues after a given prefix."""


def write_tokens(
    policy: NextToken,
    state: State,
    first: tf.Tensor | int,
    last: tf.Tensor | int,
    inverse_temperature: tf.Tensor,
    seed: tf.Tensor,
    before: tf.Tensor | None = None,
) -> tuple[tf.Tensor, State]:
    """Samples the tokens at positions `first` to `last` - 1.

    Args:
      policy: the generator.
      state: its state before token `first`.
      first: first position to sample.
      last: position after the last one, at most T.
      inverse_temperature: factors on the logits at each position, (T,); above 1 is sharper.
      seed: stateless seed (2,); the position is folded in.
      before: tokens (rows,) at position `first` - 1, prepended to the result.

    Returns:
      Token ids (rows, last - first), with one more column if `before` is given, and the state
      after them.
    """
    rows = tf.nest.flatten(state)[0].shape[0]
    begin = first if before is None else first - 1
    written = tf.TensorArray(tf.int32, last - begin, element_shape=[rows])
    if before is not None:
        written = written.write(0, before)

    def body(position: tf.Tensor, state: Any, written: tf.TensorArray) -> tuple[Any, ...]:
        logits, state = policy.logits(state, position)
        tokens = _draw(logits, inverse_temperature, seed, position)
        state = policy.write(state, tokens, position)
        return position + 1, state, written.write(position - begin, tokens)

    _, state, written = tf.while_loop(
        lambda position, *_: position < last,
        body,
        (tf.convert_to_tensor(first), state, written),
    )
    return tf.transpose(written.stack()), state


def _draw(
    logits: tf.Tensor, inverse_temperature: tf.Tensor, seed: tf.Tensor, position: tf.Tensor
) -> tf.Tensor:
    """Samples the tokens (rows,) at a position from logits (rows, V)."""
    own = tf.random.experimental.stateless_fold_in(seed, position)
    return categorical(logits * inverse_temperature[position], own)


def generate(
    policy: NextToken, rows: int, inverse_temperature: tf.Tensor, seed: tf.Tensor
) -> tf.Tensor:
    """Samples `rows` sentences; returns ids (rows, T). See `write_tokens`.

    The initial states of a `LatentPolicy` are drawn with the same seed.
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
    """Completes prefixes of given sentences at temperature 1, in one growing batch.

    Each sentence is read once. All completions advance together: the copies of a longer prefix join
    the batch at the position where that prefix ends.

    TensorFlow loops run over prefixes and tokens, so the size of the graph does not depend on
    their numbers.

    Args:
      policy: the generator.
      tokens: sentences (B, T), with B known when tracing.
      starts: lengths of the prefixes to complete, increasing, in [1, T).
      copies: completions per prefix, N.
      seed: stateless seed (2,).

    Returns:
      Ids (len(starts), N, B, T): at [i, n, b] the first starts[i] tokens are those of sentence b.
    """
    rows, length = tokens.shape[0], policy.length
    if not starts:
        return tf.zeros([0, copies, rows, length], tf.int32)
    neutral, sentences = tf.ones([length]), tf.tile(tokens, [copies, 1])  # (N·B, T)
    stops = tf.constant([0, *starts, length])

    def join(index: tf.Tensor, state: Any, running: Any, done: Any) -> Any:
        """Adds the completions of prefix `index`, and advances all to the length of the next."""
        begin, end = stops[index + 1], stops[index + 2]
        state = _force_tokens(policy, state, tokens, stops[index], begin)
        # Copies are equal up to here: the next logits are computed once for all of them.
        logits, fresh = policy.logits(_stack_rows(running, policy.resume(state, begin)), begin)
        logits, fresh = (_copy_last(part, rows, copies) for part in (logits, fresh))
        first = _draw(logits, neutral, seed, begin)
        running = policy.write(fresh, first, begin)
        more, running = write_tokens(policy, running, begin + 1, end, neutral, seed, first)
        done = tf.concat([done, sentences], axis=0)  # ((i+1)·N·B, T)
        done = tf.concat([done[:, :begin], more, done[:, end:]], axis=1)
        return index + 1, state, running, tf.ensure_shape(done, [None, length])

    state = policy.start(rows)
    growing = tf.nest.map_structure(lambda part: part[:0], (state, tokens))
    *_, done = tf.while_loop(
        lambda index, *_: index < len(starts),
        join,
        (tf.constant(0), state, *growing),
        (tf.TensorShape([]), _shapes(state), *_shapes(growing, rows_known=False)),
    )
    return tf.reshape(done, [len(starts), copies, rows, length])


def _force_tokens(
    policy: Policy, state: State, tokens: tf.Tensor, first: tf.Tensor, last: tf.Tensor
) -> State:
    """Returns the state after the tokens of (B, T) at positions `first` to `last` - 1."""
    _, state = tf.while_loop(
        lambda position, _: position < last,
        lambda position, state: (
            position + 1,
            policy.force(state, tokens[:, position], position),
        ),
        (first, state),
    )
    return state


def _shapes(state: State, rows_known: bool = True) -> State:
    """Returns the shapes of a state's tensors; the number of rows is None if it may change."""
    return tf.nest.map_structure(
        lambda part: part.shape if rows_known else tf.TensorShape([None, *part.shape[1:]]), state
    )


def _stack_rows(first: State, second: State) -> State:
    return tf.nest.map_structure(lambda a, b: tf.concat([a, b], axis=0), first, second)


def _copy_last(state: State, rows: int, copies: int) -> State:
    """Returns a state with its last `rows` rows repeated `copies` times."""

    def copied(part: tf.Tensor) -> tf.Tensor:
        last = tf.tile(part[-rows:], [copies] + [1] * (part.shape.rank - 1))
        return tf.concat([part[:-rows], last], axis=0)

    return tf.nest.map_structure(copied, state)
