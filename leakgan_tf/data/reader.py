"""How token ids are read again: what a trained run keeps of its data set."""

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
    """text.json of a run."""

    merges: list[tuple[str, str]]


class TextReader:
    """Turns ids into tokens and text.

    Args:
      vocabulary: words by id.
      tokenizer: the one that made the tokens.
    """

    def __init__(self, vocabulary: Vocabulary, tokenizer: Tokenizer):
        self.vocabulary = vocabulary
        self.tokenizer = tokenizer

    def tokens(self, ids: Sequence[int]) -> list[str]:
        """Returns the words of a sentence (T,), without its end symbol and padding."""
        return self.vocabulary.decode(ids)

    def text(self, ids: Sequence[int]) -> str:
        """Returns a sentence (T,) as it would be written."""
        return self.tokenizer.detokenize(self.tokens(ids))

    def to_json(self) -> dict[str, Any]:
        """Returns what `from_json` reads."""
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
        """Reads `to_json`'s result; raises ``UserError`` for anything else."""
        known = check(value, ReaderFile, "a run's vocabulary")
        vocabulary = Vocabulary.from_json(known["vocabulary"])
        tokenizer = get_tokenizer(known["tokenizer"], known["lowercase"], known.get("merges"))
        if tokenizer.name == PitchTokenizer.name and not set(vocabulary.words) <= set(PITCHES):
            raise UserError("a vocabulary of melodies has a word that is no pitch")
        return cls(vocabulary, tokenizer)
