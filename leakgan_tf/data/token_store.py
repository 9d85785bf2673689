"""Stores millions of sentences in memory as provisional word ids, 4 bytes a token."""

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from leakgan_tf.data.sources import Source
from leakgan_tf.data.text import Tokenizer
from leakgan_tf.utils.errors import UserError

PADDING = -1
_BLOCK_ROWS = 16384
_KEY_BYTES = 16  # hash size with negligible risk of collision among millions of sentences


@dataclass(frozen=True)
class Reading:
    """Counts and rows of one source in a `TokenStore`.

    Attributes:
      lines, blank: number of lines, and of lines without a token.
      discarded: number of sentences above the limit, which were not stored.
      first, stop: the source has the rows ``first … stop - 1``.
    """

    lines: int
    blank: int
    discarded: int
    first: int
    stop: int


class TokenStore:
    """Sentences as rows of provisional word ids, numbered by first occurrence.

    Args:
      limit: largest number of tokens of a sentence that is stored whole.
      cut: whether longer sentences are cut to ``limit`` + 1 tokens, which still marks them as too
        long, instead of discarded.
    """

    def __init__(self, limit: int, cut: bool):
        self._limit = limit
        self._cut = cut
        self._ids: Any = array("i")  # once frozen, an int32 array of NumPy
        self._lengths = array("i")
        self._starts = np.zeros(1, np.int64)
        self._word_ids: dict[str, int] = {}
        # {tokens: number of sentences}, with discarded sentences.
        self.histogram: Counter[int] = Counter()

    @property
    def words(self) -> list[str]:
        """Words in the order of their provisional ids."""
        return list(self._word_ids)

    def read(
        self,
        source: Source,
        tokenizer: Tokenizer,
        omit: Set[str] = frozenset(),
        chunk: int | None = None,
    ) -> Reading:
        """Adds the sentences of a source; ``UserError`` if it has none.

        Args:
          source: lines of text.
          tokenizer: splits lines into tokens.
          omit: tokens to leave out.
          chunk: number of tokens in each sentence, cut from all lines joined; None keeps lines.
        """
        lines = blank = discarded = 0
        first = len(self._lengths)
        rest: list[str] = []
        for _, line in source.read():
            lines += 1
            tokens = tokenizer.tokenize(line)
            if omit:
                tokens = [token for token in tokens if token not in omit]
            if not tokens:
                blank += 1
                continue
            if chunk is None:
                discarded += not self._add(tokens)
                continue
            rest += tokens
            whole = len(rest) - len(rest) % chunk
            for begin in range(0, whole, chunk):
                self._add(rest[begin : begin + chunk])
            rest = rest[whole:]
        if rest:
            self._add(rest)
        if lines == blank:
            what = f"{lines} blank lines" if lines else "the file is empty"
            raise UserError(f"{source.name} has no sentence: {what}; give one sentence a line")
        return Reading(lines, blank, discarded, first, len(self._lengths))

    def _add(self, tokens: list[str]) -> bool:
        """Stores a sentence unless it is too long; returns whether it was stored."""
        self.histogram[len(tokens)] += 1
        if len(tokens) > self._limit:
            if not self._cut:
                return False
            tokens = tokens[: self._limit + 1]
        word_ids = self._word_ids
        self._ids.extend([word_ids.setdefault(token, len(word_ids)) for token in tokens])
        self._lengths.append(len(tokens))
        return True

    def freeze(self) -> None:
        """Ends reading; call it before ``lengths``, `blocks` and `keys`."""
        ids = self._ids
        self._ids = np.frombuffer(ids, np.int32) if len(ids) else np.zeros(0, np.int32)
        lengths = np.frombuffer(self._lengths, np.int32) if self._lengths else np.zeros(0, np.int32)
        self.lengths = lengths
        self._starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])

    def blocks(self, rows: np.ndarray, length: int) -> Iterator[tuple[slice, np.ndarray]]:
        """Yields the sentences of ``rows`` (n,) in blocks of b rows.

        Yields:
          (slice of ``rows``, provisional ids (b, length) int32), cut at ``length`` and padded with
          ``PADDING``.
        """
        places = np.arange(length)
        for begin in range(0, len(rows), _BLOCK_ROWS):
            piece = slice(begin, min(begin + _BLOCK_ROWS, len(rows)))
            chosen = rows[piece]
            index = self._starts[chosen][:, None] + places
            inside = places < self.lengths[chosen][:, None]
            np.minimum(index, len(self._ids) - 1, out=index)
            yield piece, np.where(inside, self._ids[index], np.int32(PADDING))

    def keys(self, rows: np.ndarray, length: int) -> Iterator[bytes]:
        """Yields a key of each row cut at ``length``; equal sentences have equal keys."""
        for row in rows.tolist():
            start = self._starts[row]
            key = self._ids[start : min(start + length, self._starts[row + 1])].tobytes()
            if len(key) > _KEY_BYTES:
                # 17 bytes cannot equal a short key, whose size is a multiple of 4.
                key = hashlib.blake2b(key, digest_size=_KEY_BYTES + 1).digest()
            yield key
