"""Exact BLEU of many sentences against many references, in seconds.

Sentence BLEU (Papineni et al. 2002) depends on the references only through the largest count of
each n-gram in any one of them, and their lengths. Both are collected once, so N hypotheses and R
references take N + R passes over a sentence instead of N * R. Scores equal
``nltk.translate.bleu_score.sentence_bleu`` with uniform weights to 1e-12; the tests compare them.

A score of order n weights the n-gram orders 1..n by 1/n. Smoothing applies to an order without any
match:

* ``"method1"`` (Chen & Cherry 2014): the number of matches becomes 0.1.
* ``"none"``: the score is 0. NLTK's method 0 warns here and replaces the precision by the smallest
  normal float, so the score is at most 1e-61 for the orders up to 5.

A hypothesis shorter than n has no n-gram, which counts as 0 matches of 1. One without a matching
token scores 0 under either smoothing.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from leakgan_tf.metrics.bleu_counts import clipped_matches, matches_of_others

Sentence = Sequence[Hashable]

ORDERS = (2, 3, 4, 5)
SMOOTHINGS = ("method1", "none")
METHOD1_EPSILON = 0.1  # Chen & Cherry (2014), method 1, with the value NLTK uses


class BleuReferences:
    """References of BLEU, counted once, to score hypotheses one at a time.

    Example::

        references = BleuReferences([["a", "red", "bus"], ["a", "dog", "on", "a", "bed"]])
        references.sentence_scores(["a", "red", "dog"], orders=(2,))  # {2: 0.7071...}

    Args:
        references: At least one sentence, each a sequence of hashable tokens; sentences may be
            empty or repeated.
        max_order: Largest order of the scores, at least 1.

    Raises:
        ValueError: If there is no reference or ``max_order`` is below 1.
        TypeError: If a reference is a string instead of a sequence of tokens.
    """

    def __init__(self, references: Sequence[Sentence], max_order: int = max(ORDERS)):
        if not len(references):
            raise ValueError("BLEU needs at least one reference")
        if max_order < 1:
            raise ValueError(f"max_order must be at least 1, got {max_order}")
        self.max_order = max_order
        self._largest: list[dict[tuple, int]] = [{} for _ in range(max_order)]
        for reference in references:
            for order, largest in enumerate(self._largest, start=1):
                for ngram, count in Counter(ngrams(reference, order)).items():
                    if count > largest.get(ngram, 0):
                        largest[ngram] = count
        self._lengths = sorted({len(reference) for reference in references})

    def sentence_scores(
        self, hypothesis: Sentence, orders: Sequence[int] = ORDERS, smoothing: str = "method1"
    ) -> dict[int, float]:
        """Returns the sentence BLEU of one hypothesis, by order, each in [0, 1].

        Args:
            hypothesis: A sequence of hashable tokens, which may be empty.
            orders: Orders of the scores, from 1 to ``max_order``.
            smoothing: One of ``SMOOTHINGS``.

        Raises:
            ValueError: If an order is out of range or the smoothing is unknown.
            TypeError: If the hypothesis is a string instead of a sequence of tokens.
        """
        _check(orders, smoothing, self.max_order)
        matches = [
            sum(
                min(count, largest.get(ngram, 0))
                for ngram, count in Counter(ngrams(hypothesis, order)).items()
            )
            for order, largest in enumerate(self._largest[: max(orders)], start=1)
        ]
        length = len(hypothesis)
        position = bisect_left(self._lengths, length)
        closest = _closest(self._lengths[max(0, position - 1) : position + 1], length)
        return _scores(matches, length, closest, orders, smoothing)


def bleu(
    hypotheses: Sequence[Sentence],
    references: Sequence[Sentence],
    orders: Sequence[int] = ORDERS,
    smoothing: str = "method1",
) -> dict[int, float]:
    """Returns the mean sentence BLEU of ``hypotheses``, each against all ``references``, by order.

    Args:
        hypotheses: At least one sentence, each a sequence of hashable tokens.
        references: At least one sentence; every hypothesis is compared with all of them.
        orders: Orders n of the scores; BLEU-n weights the n-gram orders 1..n equally.
        smoothing: One of ``SMOOTHINGS``.

    Returns:
        ``{order: score}``, each score in [0, 1]; higher is closer to the references.

    Raises:
        ValueError: If there is no hypothesis, no reference or no order; an unknown smoothing.
        TypeError: If a sentence is a string instead of a sequence of tokens.
    """
    _check(orders, smoothing)
    if not len(references):
        raise ValueError("BLEU needs at least one reference")
    if not len(hypotheses):
        raise ValueError("BLEU needs at least one hypothesis")
    for sentence in (*hypotheses, *references):
        _refuse_text(sentence)
    matches = list(clipped_matches(hypotheses, references, max(orders)))
    lengths, own = {len(reference) for reference in references}, _lengths(hypotheses)
    closest = {length: _closest(lengths, length) for length in set(own.tolist())}
    return _mean_scores(matches, own, closest, orders, smoothing)


def backward_bleu(
    samples: Sequence[Sentence],
    references: Sequence[Sentence],
    orders: Sequence[int] = ORDERS,
    smoothing: str = "method1",
) -> dict[int, float]:
    """Returns the mean BLEU of the *references*, each against all ``samples``, by order.

    This measures recall: it is low if the samples do not cover the references (Shi et al. 2018,
    "Toward diverse text generation with inverse reinforcement learning"). Arguments, result and
    errors are those of ``bleu``.
    """
    return bleu(references, samples, orders, smoothing)


def self_bleu(
    samples: Sequence[Sentence], orders: Sequence[int] = ORDERS, smoothing: str = "method1"
) -> dict[int, float]:
    """Returns the mean BLEU of each sample against all *other* samples (Self-BLEU), by order.

    Texygen (Zhu et al. 2018): 1 if all samples are equal, lower for more diverse samples. Only the
    sample itself is excluded; another copy of it is a reference.

    Args:
        samples: At least two sentences, each a sequence of hashable tokens.
        orders: Orders n of the scores; BLEU-n weights the n-gram orders 1..n equally.
        smoothing: One of ``SMOOTHINGS``.

    Raises:
        ValueError: If there are fewer than two samples or no order, or the smoothing is unknown.
        TypeError: If a sample is a string instead of a sequence of tokens.
    """
    _check(orders, smoothing)
    if len(samples) < 2:
        raise ValueError(f"self-BLEU needs at least two samples, got {len(samples)}")
    for sentence in samples:
        _refuse_text(sentence)
    matches = list(matches_of_others(samples, max(orders)))
    own = _lengths(samples)
    counts = Counter(own.tolist())
    closest = {
        length: length if count > 1 else _closest(counts.keys() - {length}, length)
        for length, count in counts.items()
    }
    return _mean_scores(matches, own, closest, orders, smoothing)


def ngrams(sentence: Sentence, order: int) -> Iterator[tuple]:
    """Returns the n-grams of ``sentence`` from left to right, each a tuple of ``order`` tokens.

    Raises:
        TypeError: If ``sentence`` is a string: its characters would be taken for tokens.
    """
    _refuse_text(sentence)
    return zip(*(sentence[start:] for start in range(order)), strict=False)


def _refuse_text(sentence: Sentence) -> None:
    if isinstance(sentence, (str, bytes)):
        raise TypeError(f"a sentence must be a sequence of tokens, not the text {sentence!r}")


def _check(orders: Sequence[int], smoothing: str, max_order: int | None = None) -> None:
    if not len(orders) or min(orders) < 1:
        raise ValueError(f"orders must be whole numbers from 1, got {orders!r}")
    if max_order is not None and max(orders) > max_order:
        raise ValueError(f"order {max(orders)} is above max_order {max_order} of these references")
    if smoothing not in SMOOTHINGS:
        raise ValueError(f"unknown smoothing {smoothing!r}; known are {', '.join(SMOOTHINGS)}")


def _closest(lengths: Iterable[int], length: int) -> int:
    """Returns the one of ``lengths`` nearest to ``length``, the shorter of two equally near."""
    return min(lengths, key=lambda other: (abs(other - length), other))


def _scores(
    matches: Sequence[int], length: int, closest: int, orders: Sequence[int], smoothing: str
) -> dict[int, float]:
    """Returns the BLEU of one hypothesis, by order (Papineni et al. 2002, section 2.3).

    Args:
        matches: Clipped count of matching n-grams of the orders 1, 2, ...
        length: Tokens in the hypothesis.
        closest: Tokens in the reference of the closest length.
        orders: Orders of the scores.
        smoothing: One of ``SMOOTHINGS``.
    """
    if not matches[0]:
        return {order: 0.0 for order in orders}
    unmatched = METHOD1_EPSILON if smoothing == "method1" else 0.0
    logs = []
    for order, matched in enumerate(matches, start=1):
        precision = (matched or unmatched) / max(1, length - order + 1)
        logs.append(math.log(precision) if precision else -math.inf)
    brevity = 1.0 if length > closest else math.exp(1 - closest / length)
    return {order: brevity * math.exp(math.fsum(logs[:order]) / order) for order in orders}


def _lengths(sentences: Sequence[Sentence]) -> np.ndarray:
    return np.array([len(sentence) for sentence in sentences])


def _mean_scores(
    matches: Sequence[np.ndarray],
    lengths: np.ndarray,
    closest: Mapping[int, int],
    orders: Sequence[int],
    smoothing: str,
) -> dict[int, float]:
    """Returns the mean of `_scores` over hypotheses, by order, vectorized.

    Args:
        matches: Clipped counts of matching n-grams of each hypothesis, of the orders 1, 2, ...
        lengths: Tokens in each hypothesis.
        closest: Tokens in the reference of the closest length, by the length of the hypothesis.
        orders: Orders of the scores.
        smoothing: One of ``SMOOTHINGS``.
    """
    nearest = np.array([closest[length] for length in lengths.tolist()])
    brevity = np.minimum(1.0 - nearest / np.maximum(lengths, 1), 0.0)
    unmatched = METHOD1_EPSILON if smoothing == "method1" else 0.0
    logs, means = np.zeros(len(lengths)), {}
    for order, matched in enumerate(matches, start=1):
        precision = np.where(matched > 0, matched, unmatched) / np.maximum(lengths - order + 1, 1)
        with np.errstate(divide="ignore"):  # log 0: no match, not smoothed
            logs = logs + np.log(precision)
        scores = np.where(matches[0] > 0, np.exp(brevity + logs / order), 0.0)
        means[order] = math.fsum(scores) / len(scores)
    return {order: means[order] for order in orders}
