"""The vocabulary: words and their token ids."""

import difflib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

import numpy as np

from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.schema import check

EOS_ID = 0
UNK_ID = 1  # only in vocabularies with `unknown`
EOS_SYMBOL = "<eos>"
UNK_SYMBOL = "<unk>"


class VocabularyFile(TypedDict):
    """A vocabulary as JSON: the symbols of ids 0 and 1, and the ordinary words."""

    eos: str
    unk: str | None
    words: list[str]


class Vocabulary:
    """Words and their ids.

    Id 0 ends a sentence, pads it, and is the start symbol of generators. With ``unknown``, id 1
    represents every word outside the vocabulary. The other words follow. ``<eos>`` and ``<unk>``
    only display ids 0 and 1: where a text contains these strings, they are words with other ids.

    Args:
      words: the ordinary words in the order of their ids, without repetition.
      unknown: whether id 1 represents unknown words.

    Raises:
      UserError: a word occurs twice or is empty.
    """

    def __init__(self, words: Sequence[str], unknown: bool = False):
        self.words = tuple(words)
        self.unknown = bool(unknown)
        self.first_id = 2 if unknown else 1
        self._ids = {word: index for index, word in enumerate(self.words, self.first_id)}
        if len(self._ids) != len(self.words):
            raise UserError("a vocabulary contains a word twice")
        if "" in self._ids:
            raise UserError("a vocabulary contains an empty word")
        self._symbols = (EOS_SYMBOL, UNK_SYMBOL)[: self.first_id] + self.words

    @classmethod
    def from_counts(
        cls,
        counts: Mapping[str, int],
        min_count: int = 1,
        size: int | None = None,
        unknown: bool = False,
    ) -> "Vocabulary":
        """Returns the vocabulary of counted words by falling count, then by code points.

        Args:
          counts: number of occurrences of each word.
          min_count: minimum number of occurrences of a word.
          size: maximum number of ids, with <eos> and <unk>; None for no limit.
          unknown: whether id 1 represents unknown words.
        """
        frequent = [word for word, count in counts.items() if count >= max(min_count, 1)]
        frequent.sort(key=lambda word: (-counts[word], word))
        if size is not None:
            frequent = frequent[: max(size - (2 if unknown else 1), 0)]
        return cls(frequent, unknown)

    def __len__(self) -> int:
        """Returns V, the number of ids."""
        return len(self._symbols)

    def __eq__(self, other: object) -> bool:
        """Returns whether both assign the same ids to the same words."""
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return self.words == other.words and self.unknown == other.unknown

    def __hash__(self) -> int:
        return hash((self.words, self.unknown))

    @property
    def unknown_id(self) -> int | None:
        """Id of unknown words; None without `unknown`."""
        return UNK_ID if self.unknown else None

    def id_of(self, word: str) -> int | None:
        """Returns the id of a word, else the id of unknown words, else None."""
        return self._ids.get(word, self.unknown_id)

    def knows(self, word: str) -> bool:
        """Returns whether a word has an id of its own."""
        return word in self._ids

    def nearest(self, word: str, most: int = 3) -> list[str]:
        """Returns up to ``most`` known words with similar spelling, the most similar first."""
        cases = {word.lower(), word.upper(), word.capitalize()}
        same = [known for known in self.words if known in cases]
        similar = difflib.get_close_matches(word, self.words, most, cutoff=0.5)
        return list(dict.fromkeys([*same, *similar]))[:most]

    def symbol(self, index: int) -> str:
        """Returns the word of an id, or the symbol of id 0 or 1."""
        if not 0 <= index < len(self):
            raise ValueError(f"id {index} is not in 0 … {len(self) - 1}")
        return self._symbols[index]

    def encode(self, tokens: Sequence[str], length: int) -> np.ndarray:
        """Returns the ids (length,) int32 of a sentence, 0 after its end.

        A sentence of exactly ``length`` tokens has no end symbol.

        Raises:
          UserError: the sentence has more than ``length`` tokens, or a word without id.
        """
        if len(tokens) > length:
            raise UserError(f"the sentence has {len(tokens)} tokens, more than {length}")
        ids = np.zeros(length, np.int32)
        for place, word in enumerate(tokens):
            index = self.id_of(word)
            if index is None:
                raise UserError(f"the word {word!r} is not in the vocabulary")
            ids[place] = index
        return ids

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Returns the tokens before the first id 0; unknown words as ``<unk>``.

        Raises:
          ValueError: an id is not in the vocabulary.
        """
        return [self.symbol(int(i)) for i in itertools.takewhile(lambda i: i != EOS_ID, ids)]

    def to_json(self) -> dict[str, Any]:
        """Returns the vocabulary as a JSON value for ``from_json``."""
        return {
            "eos": EOS_SYMBOL,
            "unk": UNK_SYMBOL if self.unknown else None,
            "words": list(self.words),
        }

    @classmethod
    def from_json(cls, value: Any) -> "Vocabulary":
        """Returns the vocabulary that ``to_json`` stored; ``UserError`` for other values."""
        found = check(value, VocabularyFile, "a vocabulary")
        return cls(found["words"], found["unk"] is not None)
