"""How token ids are read again: what a trained run keeps of its data set."""

from collections.abc import Sequence
from typing import Any

from leakgan_tf.data.text import Tokenizer, get_tokenizer
from leakgan_tf.data.vocabulary import Vocabulary


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
        """Returns the words of a sentence (T,), without its end symbol and filling."""
        return self.vocabulary.decode(ids)

    def text(self, ids: Sequence[int]) -> str:
        """Returns a sentence (T,) as it would be written."""
        return self.tokenizer.detokenize(self.tokens(ids))

    def to_json(self) -> dict[str, Any]:
        """Returns what `from_json` reads."""
        return {
            "vocabulary": self.vocabulary.to_json(),
            "tokenizer": self.tokenizer.name,
            "lowercase": self.tokenizer.lowercase,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "TextReader":
        """Reads `to_json`'s result."""
        tokenizer = get_tokenizer(value["tokenizer"], value["lowercase"])
        return cls(Vocabulary.from_json(value["vocabulary"]), tokenizer)
