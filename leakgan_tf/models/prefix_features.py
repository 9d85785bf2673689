"""Leaked features of every prefix of a sentence, for about the price of one sentence.

The direct form runs the CNN T+1 times over padded prefixes. Here each token is projected once onto
every window, offset and filter, as its difference from padding: ``q[t, m] = (e_t - pad) · W[m]``.
The window starting at j then has, at prefix length t, the value

    all_pad + Σ_m q[j + m, m]  over the m with j + m < t.

Bias and ReLU commute with the maximum over windows, so they come after pooling. The two forms
below, all prefixes at once and one token at a time, equal the direct form up to rounding.
No gradient is meant to pass: G's losses never train D.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from leakgan_tf.models.discriminator import Discriminator
from leakgan_tf.models.highway import mix
from leakgan_tf.models.precision import product

_NOTHING = float("-inf")  # the maximum over no windows


class ShortWindow(NamedTuple):
    """What has been seen of the prefix by a window of h tokens that has h starts or more.

    Attributes:
      finished: maximum over the windows that lie wholly in the prefix, (B, F_h).
      partial: sums of the windows that end later, newest first, (B, (h-1)·F_h).
    """

    finished: tf.Tensor
    partial: tf.Tensor


class LongWindow(NamedTuple):
    """The same of a window that has fewer starts J than tokens: one sum for each start.

    Attributes:
      sums: of the tokens seen so far, (B, J·F_h); 0 for a window that is still all padding.
    """

    sums: tf.Tensor


PrefixState = tuple[ShortWindow | LongWindow, ...]  # one for each window size


class PrefixFeatures:
    """Features of prefixes under a discriminator's present weights.

    Reads the weights where a method is called: inside a compiled loop, build it outside the loop.

    Args:
      discriminator: a built discriminator with a padding row.
    """

    def __init__(self, discriminator: Discriminator):
        self._highway = discriminator.highway.read()
        self._length = discriminator.length
        table = tf.stop_gradient(tf.convert_to_tensor(discriminator.embedding.embeddings))
        padding = table[0]  # (D,)
        self._differences = table[1:] - padding  # (V, D)
        self._windows: list[Any] = [  # each with a state of its own kind
            (_Long if 2 * size > self._length + 1 else _Short)(
                self._length, padding, convolution, discriminator.precision
            )
            for size, convolution in zip(
                discriminator.windows, discriminator.convolutions, strict=True
            )
        ]
        # One product for all short windows; of each first the first offset, then the others.
        short = [window for window in self._windows if isinstance(window, _Short)]
        self._parts = [part for window in short for part in window.parts]
        if short:
            self._projection = tf.concat([window.projection for window in short], axis=1)

    def start(self, rows: int) -> PrefixState:
        """Returns the state of `rows` empty prefixes."""
        return tuple(window.start(rows) for window in self._windows)

    def advance(self, state: PrefixState, tokens: tf.Tensor, position: tf.Tensor) -> PrefixState:
        """Adds one token to each prefix.

        Args:
          state: prefixes of `position` tokens.
          tokens: ids (B,).
          position: how many tokens the prefixes have, in [0, T).
        """
        difference = tf.gather(self._differences, tokens)  # (B, D)
        projected: list[tf.Tensor] = []
        if self._parts:
            projected = tf.split(product(difference, self._projection), self._parts, axis=1)
        pairs = zip(projected[::2], projected[1::2], strict=True)
        return tuple(
            window.advance(seen, *next(pairs), position)
            if isinstance(seen, ShortWindow)
            else window.advance(seen, difference, position)
            for window, seen in zip(self._windows, state, strict=True)
        )

    def read(self, state: PrefixState, position: tf.Tensor) -> tf.Tensor:
        """Returns the leaked features (B, F) of prefixes of `position` tokens."""
        pooled = [
            window.all_padding + window.read(seen, position)  # (B, F_h)
            for window, seen in zip(self._windows, state, strict=True)
        ]
        return self._mix(tf.concat(pooled, axis=-1))

    def all(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the features (B, T+1, F) of the prefixes of 0, 1, …, T tokens of (B, T) ids."""
        differences = tf.gather(self._differences, tokens)  # (B, T, D)
        pooled = [
            window.all_padding + window.pool_prefixes(differences)  # (B, T+1, F_h)
            for window in self._windows
        ]
        return self._mix(tf.concat(pooled, axis=-1))  # (B, T+1, F)

    def _mix(self, pooled: tf.Tensor) -> tf.Tensor:
        return tf.stop_gradient(mix(tf.nn.relu(pooled), self._highway))


class _Window:
    """One window size: its kernel, and what it makes of padding alone.

    Attributes:
      all_padding: the value of a window of padding only, (F_h,).

    Args:
      length: tokens in a sentence, T.
      padding: the embedding of padding, (D,).
      convolution: the discriminator's, of this window size.
      precision: of the products; see `precision`.
    """

    def __init__(self, length: int, padding: tf.Tensor, convolution: Any, precision: str):
        self.length = length
        self.kernel = tf.stop_gradient(tf.convert_to_tensor(convolution.kernel))  # (h, D, F_h)
        self.size, self.depth, self.width = self.kernel.shape  # h, D, F_h
        self.starts = length - self.size + 1  # J
        self.precision = precision
        bias = tf.convert_to_tensor(convolution.bias)
        self.all_padding = tf.einsum("d,hdf->f", padding, self.kernel) + bias

    def pool_prefixes(self, differences: tf.Tensor) -> tf.Tensor:
        """Returns the maximum over windows (B, T+1, F_h), less `all_padding`, for each prefix.

        Args:
          differences: embedded tokens less padding, (B, T, D).
        """
        kernel = self._side_by_side(self.kernel)  # (D, h·F_h)
        projected = tf.split(product(differences, kernel), self.size, axis=-1)  # h × (B, T, F_h)
        untouched = tf.where(tf.range(self.length + 1) < self.starts, 0.0, _NOTHING)  # (T+1,)
        best = untouched[tf.newaxis, :, tf.newaxis]
        sums = 0.0
        for offset in range(self.size):
            sums += projected[offset][:, offset : offset + self.starts]  # (B, J, F_h)
            # The window starting at j holds these tokens when the prefix has j + offset + 1.
            room = [[0, 0], [offset + 1, self.size - 1 - offset], [0, 0]]
            at_prefix = tf.pad(sums, room, constant_values=_NOTHING)  # (B, T+1, F_h)
            if offset == self.size - 1:
                at_prefix = _running_maximum(at_prefix)
            best = tf.maximum(best, at_prefix)
        return best

    def _side_by_side(self, kernel: tf.Tensor) -> tf.Tensor:
        """Returns (n, D, F_h) as (D, n·F_h), n known when tracing, in the precision."""
        columns = kernel.shape[0] * self.width
        flat = tf.reshape(tf.transpose(kernel, [1, 0, 2]), [self.depth, columns])
        return tf.cast(flat, self.precision)


class _Short(_Window):
    """Windows with as many starts as tokens: all sums shift by one offset with each token."""

    def __init__(self, *args: Any):
        super().__init__(*args)
        self.projection = self._side_by_side(self.kernel)  # (D, h·F_h), offset by offset
        self.parts = (self.width, (self.size - 1) * self.width)

    def start(self, rows: int) -> ShortWindow:
        nothing = tf.fill([rows, self.size * self.width], _NOTHING)
        return ShortWindow(nothing[:, : self.width], nothing[:, self.width :])

    def advance(
        self, seen: ShortWindow, begun: tf.Tensor, going_on: tf.Tensor, position: tf.Tensor
    ) -> ShortWindow:
        # A window may start here only if it ends within the sentence.
        begun += self._possible(position)  # (B, F_h)
        if self.size == 1:
            return ShortWindow(tf.maximum(seen.finished, begun), seen.partial)
        sums = seen.partial + going_on  # (B, (h-1)·F_h)
        kept, finished = tf.split(sums, [(self.size - 2) * self.width, self.width], axis=1)
        finished = tf.maximum(seen.finished, finished)
        return ShortWindow(finished, tf.concat([begun, kept], axis=1))

    def read(self, seen: ShortWindow, position: tf.Tensor) -> tf.Tensor:
        best = tf.maximum(seen.finished, self._possible(position))  # those still all padding
        if self.size == 1:
            return best
        partial = tf.reshape(seen.partial, [-1, self.size - 1, self.width])
        return tf.maximum(best, tf.reduce_max(partial, axis=1))

    def _possible(self, position: tf.Tensor) -> tf.Tensor:
        return tf.where(position < self.starts, 0.0, _NOTHING)


class _Long(_Window):
    """Windows with fewer starts than tokens: a token is added to the sums of all J starts.

    It is at offset ``position - j`` of the window starting at j; where that is outside the
    window, its kernel is 0 here.
    """

    def __init__(self, *args: Any):
        super().__init__(*args)
        # Offsets fall as j rises, so the kernel runs backwards.
        room = [[self.starts, self.starts], [0, 0], [0, 0]]
        self._backwards = tf.pad(tf.reverse(self.kernel, [0]), room)  # (h + 2J, D, F_h)

    def start(self, rows: int) -> LongWindow:
        return LongWindow(tf.zeros([rows, self.starts * self.width]))

    def advance(self, seen: LongWindow, difference: tf.Tensor, position: tf.Tensor) -> LongWindow:
        first = self.size - 1 - position + self.starts
        size = [self.starts, self.depth, self.width]
        kernel = tf.slice(self._backwards, [first, 0, 0], size)  # (J, D, F_h)
        return LongWindow(seen.sums + product(difference, self._side_by_side(kernel)))

    def read(self, seen: LongWindow, position: tf.Tensor) -> tf.Tensor:
        return tf.reduce_max(tf.reshape(seen.sums, [-1, self.starts, self.width]), axis=1)


def _running_maximum(values: tf.Tensor) -> tf.Tensor:
    """Returns the maximum over all earlier positions of (B, L, F), by doubling steps."""
    length, step = values.shape[1], 1
    while step < length:
        shifted = tf.pad(values[:, :-step], [[0, 0], [step, 0], [0, 0]], constant_values=_NOTHING)
        values = tf.maximum(values, shifted)
        step *= 2
    return values
