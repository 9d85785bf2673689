"""Decodes token ids with the vocabulary and tokenizer that a trained run stores."""

from collections.abc import Sequence
from typing import Any, TypedDict

from leakgan_tf.data.bpe import BPETokenizer
from leakgan_tf.data.text import PITCHES, PitchTokenizer, Tokenizer, get_tokenizer
from leakgan_tf.data.vocabulary import Vocabulary, VocabularyFile
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.schema import check


class _ReaderRequired(TypedDict):
    vocabulary: VocabularyFile
    tokenizer: str
    lowercase: bool


class ReaderFile(_ReaderRequired, total=False):
    """Content of a run's text.json."""

    merges: list[tuple[str, str]]


class TextReader:
    """Decodes ids to tokens and to text."""

    def __init__(self, vocabulary: Vocabulary, tokenizer: Tokenizer):
        self.vocabulary = vocabulary
        self.tokenizer = tokenizer

    def tokens(self, ids: Sequence[int]) -> list[str]:
        """Returns the words of a sentence (T,), without its end symbol and padding."""
        return self.vocabulary.decode(ids)

    def text(self, ids: Sequence[int]) -> str:
        """Returns a sentence (T,) as detokenized text."""
        return self.tokenizer.detokenize(self.tokens(ids))

    def to_json(self) -> dict[str, Any]:
        """Returns the reader as a JSON value for `from_json`."""
        merges = {}
        if isinstance(self.tokenizer, BPETokenizer):
            merges["merges"] = [list(pair) for pair in self.tokenizer.merges]
        return {
            "vocabulary": self.vocabulary.to_json(),
            "tokenizer": self.tokenizer.name,
            "lowercase": self.tokenizer.lowercase,
            **merges,
        }

    @classmethod
    def from_json(cls, value: Any) -> "TextReader":
        """Returns the reader that `to_json` stored; raises ``UserError`` for other values."""
        known = check(value, ReaderFile, "a run's vocabulary")
        vocabulary = Vocabulary.from_json(known["vocabulary"])
        tokenizer = get_tokenizer(known["tokenizer"], known["lowercase"], known.get("merges"))
        if tokenizer.name == PitchTokenizer.name and not set(vocabulary.words) <= set(PITCHES):
            raise UserError("a vocabulary of melodies contains a word that is not a pitch")
        return cls(vocabulary, tokenizer)
