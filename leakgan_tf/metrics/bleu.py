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
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from leakgan_tf.metrics.bleu_counts import clipped_matches, matches_of_others

Sentence = Sequence[Hashable]

ORDERS = (2, 3, 4, 5)
SMOOTHINGS = ("method1", "none")
METHOD1_EPSILON = 0.1  # Chen & Cherry (2014), method 1, with the value NLTK uses


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


def _check(orders: Sequence[int], smoothing: str) -> None:
    if not len(orders) or min(orders) < 1:
        raise ValueError(f"orders must be whole numbers from 1, got {orders!r}")
    if smoothing not in SMOOTHINGS:
        raise ValueError(f"unknown smoothing {smoothing!r}; known are {', '.join(SMOOTHINGS)}")


def _closest(lengths: Iterable[int], length: int) -> int:
    """Returns the one of ``lengths`` nearest to ``length``, the shorter of two equally near."""
    return min(lengths, key=lambda other: (abs(other - length), other))


def _lengths(sentences: Sequence[Sentence]) -> np.ndarray:
    return np.array([len(sentence) for sentence in sentences])


def _mean_scores(
    matches: Sequence[np.ndarray],
    lengths: np.ndarray,
    closest: Mapping[int, int],
    orders: Sequence[int],
    smoothing: str,
) -> dict[int, float]:
    """Returns the mean score of the hypotheses, by order (Papineni et al. 2002, section 2.3).

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
