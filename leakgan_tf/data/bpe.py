"""Byte-pair encoding: subwords learned from the text (Sennrich et al. 2016, arXiv:1508.07909).

Only learning the merges needs Hugging Face's ``tokenizers``; a trained run works without it.
"""

import functools
import json
from collections.abc import Iterable, Iterator, Sequence

from leakgan_tf.utils.errors import UserError

SPACE = "▁"  # begins each word, in place of the space
DEFAULT_PIECES = 4000  # ids, with <eos> and <unk>

Merge = tuple[str, str]


class BPETokenizer:
    """Tokenizer of subwords; the first piece of each word begins with `SPACE`.

    ``detokenize`` turns each run of white space, and the character `SPACE` itself, into one space.

    Attributes:
      merges: pairs of pieces to join, in the order in which they were learned.
    """

    name = "bpe"

    def __init__(self, lowercase: bool = False, merges: Sequence[Merge] = ()):
        self.lowercase = lowercase
        self.merges = tuple((first, second) for first, second in merges)
        self._ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        self._pieces = functools.lru_cache(maxsize=65536)(self._split_word)

    def tokenize(self, line: str) -> list[str]:
        """Returns the pieces of ``line``."""
        return [piece for word in words(line, self.lowercase) for piece in self._pieces(word)]

    def detokenize(self, tokens: Sequence[str]) -> str:
        """Returns the line of text that the pieces form."""
        return "".join(tokens).replace(SPACE, " ").strip(" ")

    def _split_word(self, word: str) -> tuple[str, ...]:
        pieces = list(word)
        while len(pieces) > 1:
            pairs = list(zip(pieces, pieces[1:], strict=False))
            best = min(pairs, key=lambda pair: self._ranks.get(pair, len(self._ranks)))
            if best not in self._ranks:
                break
            merged: list[str] = []
            for piece in pieces:
                if merged and (merged[-1], piece) == best:
                    merged[-1] += piece
                else:
                    merged.append(piece)
            pieces = merged
        return tuple(pieces)


def words(line: str, lowercase: bool) -> Iterator[str]:
    """Yields the words of a line, each with `SPACE` before it."""
    for word in (line.lower() if lowercase else line).replace(SPACE, " ").split():
        yield SPACE + word


def learn_merges(lines: Iterable[str], size: int, lowercase: bool) -> list[Merge]:
    """Learns and returns the merges of a vocabulary of at most ``size`` pieces.

    Raises:
      UserError: the package ``tokenizers`` is not installed.
    """
    try:
        import tokenizers
        from tokenizers import models, pre_tokenizers, trainers
    except ImportError as error:
        raise UserError(
            "the tokenizer bpe needs the package tokenizers: pip install tokenizers"
        ) from error
    learner = tokenizers.Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False)
    learner.train_from_iterator((" ".join(words(line, lowercase)) for line in lines), trainer)
    return [(first, second) for first, second in json.loads(learner.to_str())["model"]["merges"]]
