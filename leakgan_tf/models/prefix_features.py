"""Leaked features of every prefix of a sentence, for about the price of one sentence.

The direct form runs the CNN T+1 times over padded prefixes. Here each token is projected once onto
every window, offset and filter, as its difference from padding: ``q[t, m] = (e_t - pad) · W[m]``.
The window starting at j then has, at prefix length t, the value

    all_pad + Σ_m q[j + m, m]  over the m with j + m < t.

Bias and ReLU commute with the maximum over windows, so they come after pooling. The two forms
below, all prefixes at once and one token at a time, equal the direct form up to rounding.
No gradient is meant to pass: G's losses never train D.
"""

from typing import NamedTuple

import tensorflow as tf

from leakgan_tf.models.discriminator import Discriminator

_NOTHING = float("-inf")  # the maximum over no windows


class PrefixState(NamedTuple):
    """What has been seen of the prefix: a tensor for each window size h.

    Attributes:
      finished: maximum over the windows that lie wholly in the prefix, (B, F_h) each.
      partial: sums of the windows that end later, newest first, (B, h-1, F_h) each.
    """

    finished: tuple[tf.Tensor, ...]
    partial: tuple[tf.Tensor, ...]


class PrefixFeatures:
    """Features of prefixes under a discriminator's present weights.

    Reads the weights where a method is called: inside a compiled loop, build it outside the loop.

    Args:
      discriminator: a built discriminator with a padding row.
    """

    def __init__(self, discriminator: Discriminator):
        self._highway = discriminator.highway
        self._length = discriminator.length
        self._windows = discriminator.windows
        self._filters = discriminator.filters
        table = tf.stop_gradient(tf.convert_to_tensor(discriminator.embedding.embeddings))
        padding = table[0]  # (D,)
        self._differences = table[1:] - padding  # (V, D)
        kernels = [tf.convert_to_tensor(conv.kernel) for conv in discriminator.convolutions]
        self._kernels = [tf.stop_gradient(kernel) for kernel in kernels]  # (h, D, F_h) each
        # (D, Σ h·F_h), the columns of one window size together, its offsets in order
        self._projection = tf.concat(
            [
                tf.reshape(tf.transpose(kernel, [1, 0, 2]), [kernel.shape[1], -1])
                for kernel in self._kernels
            ],
            axis=-1,
        )
        biases = [tf.convert_to_tensor(conv.bias) for conv in discriminator.convolutions]
        self._all_padding = [
            tf.einsum("d,hdf->f", padding, kernel) + bias  # (F_h,): a window of padding only
            for kernel, bias in zip(self._kernels, biases, strict=True)
        ]

    def start(self, rows: int) -> PrefixState:
        """Returns the state of `rows` empty prefixes."""
        return PrefixState(
            finished=tuple(tf.fill([rows, width], _NOTHING) for width in self._filters),
            partial=tuple(
                tf.fill([rows, window - 1, width], _NOTHING)
                for window, width in zip(self._windows, self._filters, strict=True)
            ),
        )

    def advance(self, state: PrefixState, tokens: tf.Tensor, position: tf.Tensor) -> PrefixState:
        """Adds one token to each prefix.

        Args:
          state: prefixes of `position` tokens.
          tokens: ids (B,).
          position: how many tokens the prefixes have, in [0, T).
        """
        projected = tf.gather(self._differences, tokens) @ self._projection  # (B, Σ h·F_h)
        sizes = [window * width for window, width in zip(self._windows, self._filters, strict=True)]
        finished, partial = [], []
        for part, window, width, best, sums in zip(
            tf.split(projected, sizes, axis=-1), self._windows, self._filters, *state, strict=True
        ):
            by_offset = tf.reshape(part, [-1, window, width])  # (B, h, F_h)
            # A window may start here only if it ends within the sentence.
            opening = tf.where(position <= self._length - window, 0.0, _NOTHING)
            begun = tf.fill([tf.shape(sums)[0], 1, width], opening)
            sums = tf.concat([begun, sums], axis=1) + by_offset  # (B, h, F_h)
            finished.append(tf.maximum(best, sums[:, -1]))
            partial.append(sums[:, :-1])
        return PrefixState(tuple(finished), tuple(partial))

    def read(self, state: PrefixState, position: tf.Tensor) -> tf.Tensor:
        """Returns the leaked features (B, F) of prefixes of `position` tokens."""
        pooled = []
        for window, empty, best, sums in zip(self._windows, self._all_padding, *state, strict=True):
            untouched = tf.where(position <= self._length - window, 0.0, _NOTHING)
            best = tf.maximum(tf.maximum(best, tf.reduce_max(sums, axis=1)), untouched)
            pooled.append(empty + best)  # (B, F_h)
        return self._mix(tf.concat(pooled, axis=-1))

    def all(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the features (B, T+1, F) of the prefixes of 0, 1, …, T tokens of (B, T) ids."""
        differences = tf.gather(self._differences, tokens)  # (B, T, D)
        pooled = [
            empty + self._pool_prefixes(differences, kernel)  # (B, T+1, F_h)
            for empty, kernel in zip(self._all_padding, self._kernels, strict=True)
        ]
        return self._mix(tf.concat(pooled, axis=-1))  # (B, T+1, F)

    def _pool_prefixes(self, differences: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Returns the maximum over windows (B, T+1, F_h), less `all_pad`, for each prefix."""
        length, window = self._length, kernel.shape[0]
        starts = length - window + 1  # J
        projected = tf.einsum("btd,hdf->hbtf", differences, kernel)  # (h, B, T, F_h)
        untouched = tf.where(tf.range(length + 1) < starts, 0.0, _NOTHING)  # (T+1,)
        best = untouched[tf.newaxis, :, tf.newaxis]
        sums = 0.0
        for offset in range(window):
            sums += projected[offset, :, offset : offset + starts]  # (B, J, F_h)
            # The window starting at j holds these tokens when the prefix has j + offset + 1.
            room = [[0, 0], [offset + 1, window - 1 - offset], [0, 0]]
            at_prefix = tf.pad(sums, room, constant_values=_NOTHING)  # (B, T+1, F_h)
            if offset == window - 1:
                at_prefix = _running_maximum(at_prefix)
            best = tf.maximum(best, at_prefix)
        return best

    def _mix(self, pooled: tf.Tensor) -> tf.Tensor:
        return tf.stop_gradient(self._highway(tf.nn.relu(pooled)))


def _running_maximum(values: tf.Tensor) -> tf.Tensor:
    """Returns the maximum over all earlier positions of (B, L, F), by doubling steps."""
    length, step = values.shape[1], 1
    while step < length:
        shifted = tf.pad(values[:, :-step], [[0, 0], [step, 0], [0, 0]], constant_values=_NOTHING)
        values = tf.maximum(values, shifted)
        step *= 2
    return values
