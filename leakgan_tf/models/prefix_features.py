"""Leaked features of every prefix of a sentence, at about the cost of one sentence.

The direct form runs the CNN T+1 times over padded prefixes. Here each token's difference from
padding is projected once onto every offset and filter: ``q[t, m] = (e_t - pad) · W[m]``. The
window starting at j then has, at prefix length t, the value

    all_pad + Σ_m q[j + m, m]  over the m with j + m < t.

Bias and ReLU commute with the maximum over windows, so they come after pooling. Both forms below,
all prefixes at once and one token at a time, equal the direct form up to rounding. No gradient
passes, as G's losses do not train D.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from leakgan_tf.models.discriminator import Discriminator
from leakgan_tf.models.highway import mix
from leakgan_tf.models.precision import product

_NOTHING = float("-inf")  # the maximum over no windows


class ShortWindow(NamedTuple):
    """State of a window size h with at least h possible starts.

    Attributes:
      finished: maximum over the windows inside the prefix, (B, F_h).
      partial: sums of the windows that end later, newest first, (B, (h-1)·F_h).
    """

    finished: tf.Tensor
    partial: tf.Tensor


class LongWindow(NamedTuple):
    """State of a window size h with J < h possible starts: one sum for each start.

    Attributes:
      sums: sums over the tokens of the prefix, (B, J·F_h); 0 for a window of padding only.
    """

    sums: tf.Tensor


PrefixState = tuple[ShortWindow | LongWindow, ...]  # one for each window size


class PrefixFeatures:
    """Features of prefixes under a discriminator's current weights.

    The constructor reads the weights: create the object outside compiled loops.

    Args:
      discriminator: a built discriminator with a padding row.
    """

    def __init__(self, discriminator: Discriminator):
        self._highway = discriminator.highway.read()
        self._length = discriminator.length
        table = tf.stop_gradient(tf.convert_to_tensor(discriminator.embedding.embeddings))
        padding = table[0]  # (D,)
        self._differences = table[1:] - padding  # (V, D)
        self._windows: list[Any] = [  # with states of different types
            (_Long if 2 * size > self._length + 1 else _Short)(
                self._length, padding, convolution, discriminator.precision
            )
            for size, convolution in zip(
                discriminator.windows, discriminator.convolutions, strict=True
            )
        ]
        # One product for all short windows: for each, the first offset, then the others.
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
          position: length of the prefixes in tokens, in [0, T).
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
    """One window size: its kernel and its value for padding.

    Attributes:
      all_padding: the value of a window of padding only, (F_h,).

    Args:
      length: tokens in a sentence, T.
      padding: the embedding of padding, (D,).
      convolution: the discriminator's convolution of this window size.
      precision: type of the products, one of `precision.PRECISIONS`.
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
        """Returns each prefix's maximum over windows minus `all_padding`, (B, T+1, F_h).

        Args:
          differences: embedded tokens minus the embedding of padding, (B, T, D).
        """
        kernel = self._side_by_side(self.kernel)  # (D, h·F_h)
        projected = tf.split(product(differences, kernel), self.size, axis=-1)  # h × (B, T, F_h)
        untouched = tf.where(tf.range(self.length + 1) < self.starts, 0.0, _NOTHING)  # (T+1,)
        best = untouched[tf.newaxis, :, tf.newaxis]
        sums = 0.0
        for offset in range(self.size):
            sums += projected[offset][:, offset : offset + self.starts]  # (B, J, F_h)
            # The window starting at j includes this token from prefix length j + offset + 1 on.
            room = [[0, 0], [offset + 1, self.size - 1 - offset], [0, 0]]
            at_prefix = tf.pad(sums, room, constant_values=_NOTHING)  # (B, T+1, F_h)
            if offset == self.size - 1:
                at_prefix = _running_maximum(at_prefix)
            best = tf.maximum(best, at_prefix)
        return best

    def _side_by_side(self, kernel: tf.Tensor) -> tf.Tensor:
        """Returns a kernel (n, D, F_h) as (D, n·F_h) in the precision; n is static."""
        columns = kernel.shape[0] * self.width
        flat = tf.reshape(tf.transpose(kernel, [1, 0, 2]), [self.depth, columns])
        return tf.cast(flat, self.precision)


class _Short(_Window):
    """Window sizes with J >= h starts: each token shifts all partial sums by one offset."""

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
        # A window can start here only if it ends within the sentence.
        begun += self._possible(position)  # (B, F_h)
        if self.size == 1:
            return ShortWindow(tf.maximum(seen.finished, begun), seen.partial)
        sums = seen.partial + going_on  # (B, (h-1)·F_h)
        kept, finished = tf.split(sums, [(self.size - 2) * self.width, self.width], axis=1)
        finished = tf.maximum(seen.finished, finished)
        return ShortWindow(finished, tf.concat([begun, kept], axis=1))

    def read(self, seen: ShortWindow, position: tf.Tensor) -> tf.Tensor:
        best = tf.maximum(seen.finished, self._possible(position))  # windows of padding only
        if self.size == 1:
            return best
        partial = tf.reshape(seen.partial, [-1, self.size - 1, self.width])
        return tf.maximum(best, tf.reduce_max(partial, axis=1))

    def _possible(self, position: tf.Tensor) -> tf.Tensor:
        return tf.where(position < self.starts, 0.0, _NOTHING)


class _Long(_Window):
    """Window sizes with J < h starts: each token is added to the sums of all J starts.

    A token is at offset ``position - j`` of the window starting at j. The kernel is padded with 0
    for offsets outside the window.
    """

    def __init__(self, *args: Any):
        super().__init__(*args)
        # Offsets fall as j rises, so the kernel is reversed.
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
    """Returns the running maximum over positions of (B, L, F), in log₂ L steps."""
    length, step = values.shape[1], 1
    while step < length:
        shifted = tf.pad(values[:, :-step], [[0, 0], [step, 0], [0, 0]], constant_values=_NOTHING)
        values = tf.maximum(values, shifted)
        step *= 2
    return values
