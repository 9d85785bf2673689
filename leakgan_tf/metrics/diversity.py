"""Diversity of samples, and the share of copied training sentences."""

from collections import Counter
from collections.abc import Iterable, Sequence

from leakgan_tf.metrics.bleu import Sentence, ngrams

ORDERS = (1, 2, 3, 4)
# A model has collapsed if its share of distinct samples is below this fraction of the share among
# as many real sentences; `training.monitor` explains the value.
REPEATS = 0.8


def distinct_ngrams(
    sentences: Sequence[Sentence], orders: Sequence[int] = ORDERS
) -> dict[int, float]:
    """Returns distinct-n: different n-grams / all n-grams, counted over all sentences together.

    Li et al. (2016), "A diversity-promoting objective function for neural conversation models".
    The share falls with the number of sentences, so compare sets of one size only.

    Args:
        sentences: At least one sentence, each a sequence of hashable tokens.
        orders: The values of n.

    Returns:
        ``{n: share}``, each in [0, 1]; 0 if no sentence has n tokens.

    Raises:
        ValueError: If there is no sentence, or an order is below 1.
        TypeError: If a sentence is a string instead of a sequence of tokens.
    """
    _require(sentences)
    if not len(orders) or min(orders) < 1:
        raise ValueError(f"orders must be whole numbers from 1, got {orders!r}")
    shares = {}
    for order in orders:
        total = sum(max(0, len(sentence) - order + 1) for sentence in sentences)
        distinct = {ngram for sentence in sentences for ngram in ngrams(sentence, order)}
        shares[order] = len(distinct) / total if total else 0.0
    return shares


def known_ngrams(
    sentences: Sequence[Sentence], training: Iterable[Sentence], orders: Sequence[int] = ORDERS
) -> dict[int, float]:
    """Returns the share of the distinct n-grams of sentences that occur in training sentences.

    A metric of MaskGAN's program (Fedus et al. 2018, arXiv:1801.07736).

    Args:
        sentences: At least one sentence, each a sequence of hashable tokens.
        training: Training sentences in the same kind of tokens; iterated once.
        orders: The values of n.

    Returns:
        ``{n: share}``, each in [0, 1]; 0 if no sentence has n tokens.

    Raises:
        ValueError: If there is no sentence.
    """
    _require(sentences)
    own = {
        order: {ngram for sentence in sentences for ngram in ngrams(sentence, order)}
        for order in orders
    }
    missing = {order: set(found) for order, found in own.items()}
    for sentence in training:
        for order, left in missing.items():
            left.difference_update(ngrams(sentence, order))
    return {order: 1 - len(missing[order]) / max(len(own[order]), 1) if own[order] else 0.0
            for order in orders}  # fmt: skip


def distinct_sentences(sentences: Sequence[Sentence]) -> float:
    """Returns the number of different sentences / the number of sentences, in (0, 1].

    Raises:
        ValueError: If there is no sentence.
    """
    _require(sentences)
    return len(_distinct(sentences)) / len(sentences)


def copied_sentences(samples: Sequence[Sentence], training: Iterable[Sentence]) -> float:
    """Returns the share of samples that equal a training sentence, token for token.

    Every occurrence of a repeated sample counts.

    Args:
        samples: At least one sentence, each a sequence of hashable tokens.
        training: Training sentences in the same kind of tokens; iterated once.

    Raises:
        ValueError: If there is no sample.
    """
    _require(samples)
    waiting = Counter(map(tuple, samples))  # the training sentences are too many to be kept
    copied = sum(waiting.pop(tuple(sentence), 0) for sentence in training)
    return copied / len(samples)


def _distinct(sentences: Iterable[Sentence]) -> set[tuple]:
    return {tuple(sentence) for sentence in sentences}


def _require(sentences: Sequence[Sentence]) -> None:
    if not len(sentences):
        raise ValueError("no sentence to measure")
