"""Clipped n-gram matches of many sentences against many references, by sorting integers.

Used by `bleu.bleu` and `bleu.self_bleu`.
"""

from collections.abc import Hashable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np


class _Tokens(NamedTuple):
    """The concatenated tokens of several sentences.

    Attributes:
      ids: ids of all tokens, (N,); -1 for a token that is in no reference.
      rows: index of each token's sentence, (N,).
      left: number of tokens from each token to the end of its sentence, itself included, (N,).
    """

    ids: np.ndarray
    rows: np.ndarray
    left: np.ndarray


def clipped_matches(
    hypotheses: Sequence[Sequence[Hashable]],
    references: Sequence[Sequence[Hashable]],
    order: int,
) -> Iterator[np.ndarray]:
    """Yields the number of matching n-grams of each hypothesis, for n = 1, 2, …, order.

    An n-gram counts at most as often as it occurs in any one reference (Papineni et al. 2002).
    """
    flat = list(chain.from_iterable(references))
    known_ids = {token: number for number, token in enumerate(dict.fromkeys(flat))}
    base = len(known_ids) + 1
    of_references = _tokens([known_ids[token] for token in flat], references)
    found = [known_ids.get(token, -1) for token in chain.from_iterable(hypotheses)]
    of_hypotheses = _tokens(found, hypotheses)
    # Key of an n-gram: the number of its first n - 1 tokens, and its last token. () has number 0.
    begins, ends = np.arange(len(of_references.ids)), np.arange(len(of_hypotheses.ids))
    numbers, own = np.zeros_like(begins), np.zeros_like(ends)
    for n in range(1, order + 1):
        begins, keys = _extend(of_references, begins, numbers, n, base)
        ngrams, numbers = np.unique(keys, return_inverse=True)
        most = _most(of_references.rows[begins], numbers, len(ngrams))
        ends, keys = _extend(of_hypotheses, ends, own, n, base)
        own = np.minimum(np.searchsorted(ngrams, keys), max(len(ngrams) - 1, 0))
        matching = ngrams[own] == keys if len(ngrams) else np.zeros(len(keys), bool)
        ends, own = ends[matching], own[matching]
        rows, seen, counts = _counted(of_hypotheses.rows[ends], own, len(ngrams))
        clipped = np.minimum(counts, most[seen])
        yield np.bincount(rows, clipped, minlength=len(hypotheses))


def matches_of_others(samples: Sequence[Sequence[Hashable]], order: int) -> Iterator[np.ndarray]:
    """Yields the number of each sample's n-grams that match other samples, for n = 1, 2, …, order.

    An n-gram's largest count among the other samples is its largest count of all. If the sample
    itself has the largest count, it is the second largest one, which is equal in case of a tie.
    """
    flat = list(chain.from_iterable(samples))
    ids = {token: number for number, token in enumerate(dict.fromkeys(flat))}
    tokens = _tokens([ids[token] for token in flat], samples)
    begins = np.arange(len(flat))
    numbers = np.zeros_like(begins)
    for n in range(1, order + 1):
        begins, keys = _extend(tokens, begins, numbers, n, len(ids) + 1)
        ngrams, numbers = np.unique(keys, return_inverse=True)
        rows, seen, counts = _counted(tokens.rows[begins], numbers, len(ngrams))
        sorting = np.lexsort((counts, seen))  # by n-gram, the largest count last
        rows, seen, counts = rows[sorting], seen[sorting], counts[sorting]
        last = np.append(seen[1:] != seen[:-1], True)[: len(seen)]
        before = np.append(0, counts[:-1])[: len(seen)]
        alone = np.append(True, seen[1:] != seen[:-1])[: len(seen)]
        # Sorted, every count but the last is followed by one that is at least as large.
        clipped = np.where(last, np.where(alone, 0, before), counts)
        yield np.bincount(rows, clipped, minlength=len(samples))


def _tokens(ids: list[int], sentences: Sequence[Sequence[Hashable]]) -> _Tokens:
    lengths = np.fromiter(map(len, sentences), np.int64, len(sentences))
    rows = np.repeat(np.arange(len(sentences)), lengths)
    left = np.cumsum(lengths)[rows] - np.arange(len(ids))
    return _Tokens(np.array(ids, np.int64), rows, left)


def _extend(
    tokens: _Tokens, begins: np.ndarray, numbers: np.ndarray, n: int, base: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the positions of n-grams and their keys, from the numbers of (n-1)-grams there."""
    inside = tokens.left[begins] >= n
    begins, numbers = begins[inside], numbers[inside]
    last = tokens.ids[begins + n - 1]
    heard = last >= 0
    return begins[heard], numbers[heard] * base + last[heard]


def _most(rows: np.ndarray, numbers: np.ndarray, count: int) -> np.ndarray:
    """Returns the largest count of each of `count` n-grams in any one sentence."""
    _, seen, counts = _counted(rows, numbers, count)
    most = np.ones(count, np.int64)
    repeated = counts > 1
    np.maximum.at(most, seen[repeated], counts[repeated])
    return most


def _counted(
    rows: np.ndarray, numbers: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts the n-grams in each row; returns rows, n-gram numbers and counts, (k,) each."""
    keys, counts = np.unique(rows * count + numbers, return_counts=True)
    return (keys // max(count, 1)), (keys % max(count, 1)), counts
