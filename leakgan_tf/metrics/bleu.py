"""Exact BLEU of many sentences against many references, in seconds.

Sentence BLEU (Papineni et al. 2002) needs of its references only the largest count of each n-gram
in any one of them and their lengths. Both are collected once, so N hypotheses against R references
cost N + R passes over a sentence instead of N * R. Scores equal
``nltk.translate.bleu_score.sentence_bleu`` with uniform weights to 1e-12; the tests compare them.

A score of order n uses the weights 1/n for the n-gram orders 1..n. Smoothing decides what a
hypothesis gets for an order without a single match:

* ``"method1"`` (Chen & Cherry 2014): the count of matches becomes 0.1.
* ``"none"``: the score is 0. NLTK's method 0 warns here and puts the smallest normal float in the
  place of the precision, which leaves at most 1e-61 of a score for the orders up to 5.

A hypothesis shorter than n has no n-gram, which counts as 0 matches of 1; one without a matching
token scores 0 under either smoothing.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

Sentence = Sequence[Hashable]

ORDERS = (2, 3, 4, 5)
SMOOTHINGS = ("method1", "none")
METHOD1_EPSILON = 0.1  # Chen & Cherry (2014), method 1, with the value NLTK uses


class BleuReferences:
    """The references of BLEU, counted once, to score any number of hypotheses.

    Example::

        references = BleuReferences([["a", "red", "bus"], ["a", "dog", "on", "a", "bed"]])
        references.sentence_scores(["a", "red", "dog"], orders=(2,))  # {2: 0.7071...}

    Args:
        references: Sentences, each a sequence of hashable tokens; may be empty or repeated. They
            are copied.
        max_order: The largest order that can be asked for, at least 1.

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
            orders: The orders wanted, from 1 to ``max_order``.
            smoothing: One of ``SMOOTHINGS``.

        Raises:
            ValueError: If an order or the smoothing is not known.
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

    def mean_scores(
        self,
        hypotheses: Sequence[Sentence],
        orders: Sequence[int] = ORDERS,
        smoothing: str = "method1",
    ) -> dict[int, float]:
        """Returns the mean sentence BLEU of ``hypotheses``, by order.

        This is the mean of the sentences' scores, as Texygen (Zhu et al. 2018) reports it, not the
        corpus BLEU of Papineni et al., which adds up the counts first.

        Raises:
            ValueError: If there is no hypothesis, or an order or the smoothing is not known.
        """
        return _means(
            lambda hypothesis: self.sentence_scores(hypothesis, orders, smoothing), hypotheses
        )


class _OtherSamples:
    """Every sample's references are all samples but itself.

    The largest count of an n-gram among the others is the largest of all, unless the sample itself
    holds it: then it is the second largest, which is the same number if another sample ties.
    """

    def __init__(self, samples: Sequence[Sentence], max_order: int):
        self._largest: list[dict[tuple, int]] = [{} for _ in range(max_order)]
        self._second: list[dict[tuple, int]] = [{} for _ in range(max_order)]
        for sample in samples:
            for order, (largest, second) in enumerate(
                zip(self._largest, self._second, strict=True), start=1
            ):
                for ngram, count in Counter(ngrams(sample, order)).items():
                    best = largest.get(ngram, 0)
                    if count > best:
                        largest[ngram] = count
                        second[ngram] = best
                    elif count > second[ngram]:
                        second[ngram] = count
        self._length_counts = Counter(len(sample) for sample in samples)
        self._lengths = sorted(self._length_counts)

    def sentence_scores(
        self, sample: Sentence, orders: Sequence[int], smoothing: str
    ) -> dict[int, float]:
        """Returns the sentence BLEU of one of the samples against all others, by order."""
        matches = []
        for order in range(1, max(orders) + 1):
            largest, second = self._largest[order - 1], self._second[order - 1]
            matched = 0
            for ngram, count in Counter(ngrams(sample, order)).items():
                # Where the sample's own count is below the largest, all its occurrences match.
                matched += count if count < largest[ngram] else second[ngram]
            matches.append(matched)
        return _scores(matches, len(sample), self._closest_other(len(sample)), orders, smoothing)

    def _closest_other(self, length: int) -> int:
        if self._length_counts[length] > 1:
            return length
        position = bisect_left(self._lengths, length)
        neighbours = self._lengths[max(0, position - 1) : position]
        neighbours += self._lengths[position + 1 : position + 2]
        return _closest(neighbours, length)


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
        orders: The orders n wanted; BLEU-n weighs the n-gram orders 1..n equally.
        smoothing: One of ``SMOOTHINGS``.

    Returns:
        ``{order: score}``, each score in [0, 1]; higher is closer to the references.

    Raises:
        ValueError: If there is no hypothesis, no reference or no order; an unknown smoothing.
        TypeError: If a sentence is a string instead of a sequence of tokens.
    """
    _check(orders, smoothing)
    return BleuReferences(references, max(orders)).mean_scores(hypotheses, orders, smoothing)


def backward_bleu(
    samples: Sequence[Sentence],
    references: Sequence[Sentence],
    orders: Sequence[int] = ORDERS,
    smoothing: str = "method1",
) -> dict[int, float]:
    """Returns the mean BLEU of the *references*, each against all ``samples``, by order.

    BLEU with the roles changed: it falls when the samples miss what the references say (a measure
    of recall, Shi et al. 2018, "Toward diverse text generation with inverse reinforcement
    learning"). Arguments, result and errors are those of ``bleu``.
    """
    return bleu(references, samples, orders, smoothing)


def self_bleu(
    samples: Sequence[Sentence], orders: Sequence[int] = ORDERS, smoothing: str = "method1"
) -> dict[int, float]:
    """Returns the mean BLEU of each sample against all *other* samples (Self-BLEU), by order.

    Texygen (Zhu et al. 2018): 1 for samples that all repeat one another, lower for more diverse
    ones. Exactly the sample's own position is left out, so a second copy of it is a reference.

    Args:
        samples: At least two sentences, each a sequence of hashable tokens.
        orders: The orders n wanted; BLEU-n weighs the n-gram orders 1..n equally.
        smoothing: One of ``SMOOTHINGS``.

    Raises:
        ValueError: If there are fewer than two samples or no order, or the smoothing is unknown.
        TypeError: If a sample is a string instead of a sequence of tokens.
    """
    _check(orders, smoothing)
    if len(samples) < 2:
        raise ValueError(f"self-BLEU needs at least two samples, got {len(samples)}")
    others = _OtherSamples(samples, max(orders))
    return _means(lambda sample: others.sentence_scores(sample, orders, smoothing), samples)


def ngrams(sentence: Sentence, order: int) -> Iterator[tuple]:
    """Returns the n-grams of ``sentence`` from left to right, each a tuple of ``order`` tokens.

    Raises:
        TypeError: If ``sentence`` is a string: its characters would pass for tokens unnoticed.
    """
    if isinstance(sentence, (str, bytes)):
        raise TypeError(f"a sentence must be a sequence of tokens, not the text {sentence!r}")
    return zip(*(sentence[start:] for start in range(order)), strict=False)


def _check(orders: Sequence[int], smoothing: str, max_order: int | None = None) -> None:
    if not len(orders) or min(orders) < 1:
        raise ValueError(f"orders must be whole numbers from 1, got {orders!r}")
    if max_order is not None and max(orders) > max_order:
        raise ValueError(f"order {max(orders)} is above the {max_order} that were counted")
    if smoothing not in SMOOTHINGS:
        raise ValueError(f"unknown smoothing {smoothing!r}; known are {', '.join(SMOOTHINGS)}")


def _closest(lengths: Iterable[int], length: int) -> int:
    """Returns the one of ``lengths`` nearest to ``length``, the shorter of two equally near."""
    return min(lengths, key=lambda other: (abs(other - length), other))


def _scores(
    matches: Sequence[int], length: int, closest: int, orders: Sequence[int], smoothing: str
) -> dict[int, float]:
    """Papineni et al. (2002), section 2.3, for one hypothesis.

    Args:
        matches: Clipped count of matching n-grams of the orders 1, 2, ...
        length: Tokens in the hypothesis.
        closest: Tokens in the reference of the closest length.
        orders: The orders wanted.
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


def _means(
    score: Callable[[Sentence], dict[int, float]], sentences: Sequence[Sentence]
) -> dict[int, float]:
    if not len(sentences):
        raise ValueError("BLEU needs at least one hypothesis")
    scores = [score(sentence) for sentence in sentences]
    return {
        order: math.fsum(of_sentence[order] for of_sentence in scores) / len(scores)
        for order in scores[0]
    }
