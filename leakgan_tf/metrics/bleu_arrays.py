"""Sentence BLEU of arrays of token ids, thousands of sentences at a time: PG-BLEU's reward.

Scores equal those of `bleu.bleu` with smoothing method 1, sentence by sentence, to 1e-12; the tests
compare them. All sentences are counted together by sorting integers.
"""

import numpy as np

from leakgan_tf.metrics.bleu import METHOD1_EPSILON

_UNKNOWN = -1  # number of an n-gram that is in no reference, or extends beyond the sentence


class BleuTable:
    """References as arrays of ids, to score any number of sentences of the same length T.

    Args:
      references: ids (R, T), R at least 1.
      order: n of BLEU-n, from 1 to T; the n-gram orders 1..n have equal weights.
      end: id of the end symbol, excluded with all tokens after it; None if sentences have none.

    Raises:
      ValueError: there is no reference, or the order is not from 1 to T.
    """

    def __init__(self, references: np.ndarray, order: int, end: int | None = None):
        if not len(references):
            raise ValueError("BLEU needs at least one reference")
        length = references.shape[1]
        if not 1 <= order <= length:
            raise ValueError(f"the order must be from 1 to {length}, got {order}")
        self.order = order
        self._end = end
        self._base = int(references.max()) + 1  # above all known ids
        self._keys: list[np.ndarray] = []  # by order: the n-grams of all references, sorted
        self._most: list[np.ndarray] = []  # by order: the largest count of each in any reference
        tokens, lengths = self._measured(references)
        numbers = np.zeros_like(tokens)
        for n in range(1, order + 1):
            keys = self._extended(numbers, tokens, n)
            inside = keys != _UNKNOWN
            known, places = np.unique(keys[inside], return_inverse=True)
            self._keys.append(known)
            numbers = np.full_like(keys, _UNKNOWN)
            numbers[inside] = places
            _, seen, counts = _counted(numbers)
            most = np.zeros([len(known)], np.int64)
            np.maximum.at(most, seen, counts)
            self._most.append(most)
        self._closest = _closest_lengths(np.unique(lengths), length)

    def scores(self, sentences: np.ndarray) -> np.ndarray:
        """Returns the BLEU of each sentence of (n, T), (n,) float64 in [0, 1]."""
        tokens, lengths = self._measured(sentences)
        numbers, log_precisions = np.zeros_like(tokens), 0.0
        nothing = np.zeros([len(sentences)], bool)
        for n in range(1, self.order + 1):
            numbers = self._numbers(self._extended(numbers, tokens, n), n)
            rows, seen, counts = _counted(numbers)
            clipped = np.minimum(counts, self._most[n - 1][seen])
            matches = np.bincount(rows, clipped, minlength=len(sentences))
            nothing |= (matches == 0) & (n == 1)
            possible = np.maximum(lengths - n + 1, 1)
            precision = np.where(matches > 0, matches, METHOD1_EPSILON) / possible
            log_precisions = log_precisions + np.log(precision)
        closest = self._closest[lengths]
        brevity = np.minimum(1.0 - closest / np.maximum(lengths, 1), 0.0)
        return np.where(nothing, 0.0, np.exp(brevity + log_precisions / self.order))

    def _measured(self, sentences: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns int64 ids (n, T), -1 after the end and for unknown tokens, and lengths (n,)."""
        tokens = sentences.astype(np.int64)
        within = np.ones(tokens.shape, bool)
        if self._end is not None:
            within = np.cumprod(tokens != self._end, axis=1, dtype=np.int64) > 0
        return np.where(within & (tokens < self._base), tokens, -1), within.sum(axis=1)

    def _extended(self, numbers: np.ndarray, tokens: np.ndarray, n: int) -> np.ndarray:
        """Returns n-gram keys (rows, T-n+1), from numbers of (n-1)-grams and the last tokens."""
        last = tokens[:, n - 1 :]
        first = numbers[:, : last.shape[1]]
        known = (first != _UNKNOWN) & (last >= 0)
        return np.where(known, first * self._base + last, _UNKNOWN)

    def _numbers(self, keys: np.ndarray, n: int) -> np.ndarray:
        """Returns the index of each key among the references' n-grams, or -1."""
        known = self._keys[n - 1]
        if not len(known):
            return np.full_like(keys, _UNKNOWN)
        places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        return np.where(known[places] == keys, places, _UNKNOWN)


def _counted(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts the known n-grams in each row; returns rows, n-gram numbers and counts, (k,) each."""
    width = int(numbers.max(initial=0)) + 1
    rows = np.arange(len(numbers))[:, np.newaxis]
    keys, counts = np.unique((rows * width + numbers)[numbers != _UNKNOWN], return_counts=True)
    return keys // width, keys % width, counts


def _closest_lengths(lengths: np.ndarray, longest: int) -> np.ndarray:
    """Returns the nearest of `lengths` to each of 0..T; of two equally near, the shorter."""
    distance = np.abs(np.arange(longest + 1)[:, np.newaxis] - lengths)
    return lengths[np.argmin(distance, axis=1)]  # the first of equal ones is the shorter
