"""Sentences to arrays of ids: which are kept, which words have an id, what becomes of the rest.

One pass over the text collects provisional ids, 4 bytes a token; everything after that is done on
arrays, in blocks of rows. Padding is a provisional id of -1.
"""

import math
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np

from leakgan_tf.data.sources import Source
from leakgan_tf.data.text import TOKENIZER_NAMES, Tokenizer, get_tokenizer
from leakgan_tf.data.vocabulary import Vocabulary
from leakgan_tf.errors import UserError
from leakgan_tf.seeds import numpy_generator
from leakgan_tf.settings import check_choice, setting

DEFAULT_SHARE = 0.99  # of the sentences that the default max_length does not touch
DEFAULT_CAP = 128  # tokens; the greatest default max_length before rounding
_BLOCK_ROWS = 16384
_PADDING = -1


@dataclass(frozen=True)
class PrepareSettings:
    """How text becomes ids. ``None`` where it is allowed means that no limit was given."""

    tokenizer: str = setting("word", "What a token is.", TOKENIZER_NAMES)
    lowercase: bool = setting(False, "Lower all text first.")
    max_length: int | None = setting(
        None,
        "T, tokens of the longest sentence, rounded up to --length_multiple. Default: the shortest "
        f"that holds {DEFAULT_SHARE:.0%} of the sentences, at most {DEFAULT_CAP}.",
    )
    length_multiple: int = setting(4, "T is a multiple of this; LeakGAN's goal horizon divides T.")
    long: str = setting("drop", "Sentences of more than T tokens: dropped, or cut.", ("drop", "cut"))
    min_count: int = setting(1, "Words that the training part has less often are rare.")
    vocab_size: int | None = setting(None, "The greatest vocabulary, <eos> and <unk> included.")
    rare: str = setting(
        "replace",
        "Sentences with rare words: words replaced by <unk>, or sentence dropped.",
        ("replace", "drop"),
    )
    deduplicate: bool = setting(
        False, "Drop repeated sentences, and test sentences that training has."
    )
    test_fraction: float = setting(0.1, "Share of the sentences for testing, if there is no file.")
    seed: int = setting(0, "Chooses the sentences for testing.")

    def __post_init__(self):
        for field in fields(self):
            check_choice(field, getattr(self, field.name))
        for name in ("max_length", "length_multiple", "min_count", "vocab_size"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UserError(f"{name} must be at least 1, not {value}")
        if not 0 < self.test_fraction < 1:
            raise UserError(f"test_fraction must be between 0 and 1, not {self.test_fraction}")

    def to_json(self) -> dict:
        """Returns the settings as JSON has them."""
        return asdict(self)


@dataclass(frozen=True)
class PartAccount:
    """What became of the lines of one part; counts of lines or sentences unless said otherwise.

    ``lines``, ``blank`` and ``too_long`` are of the files read, so all zero for a test part that
    was ``set_aside`` from the training files. ``with_rare`` sentences were dropped under the policy
    ``drop``. ``tokens`` are those of the sentences that the vocabulary was asked about, before
    that, and ``known_tokens`` those of them that it has.
    """

    lines: int = 0
    blank: int = 0
    too_long: int = 0
    set_aside: int = 0
    repeated: int = 0
    with_rare: int = 0
    kept: int = 0
    tokens: int = 0
    known_tokens: int = 0

    @property
    def coverage(self) -> float:
        """Share of the tokens that are in the vocabulary."""
        return self.known_tokens / self.tokens if self.tokens else 1.0


@dataclass(frozen=True)
class Encoded:
    """A corpus as ids.

    Attributes:
      vocabulary: counted on the training part.
      train, test: ids (n, T) int32, 0 after the end of a sentence.
      train_account, test_account: what was kept of what.
      overlap: kept test sentences that training has too, word for word.
    """

    vocabulary: Vocabulary
    train: np.ndarray
    test: np.ndarray
    train_account: PartAccount
    test_account: PartAccount
    overlap: int


def encode_corpus(
    train: Sequence[Source], test: Sequence[Source] | None, settings: PrepareSettings
) -> Encoded:
    """Reads, splits, counts and encodes.

    Args:
      train: text to learn from.
      test: held-out text; without it a share of ``train`` is set aside.
      settings: lengths and policies.

    Raises:
      UserError: a source cannot be used or has no sentence, the vocabulary or a part ends empty.
    """
    tokenizer = get_tokenizer(settings.tokenizer, settings.lowercase)
    store = _TokenStore(_read_limit(settings), settings.long)
    reads = [store.read(sources, tokenizer) for sources in (train, test or ())]
    corpus = _Corpus(store, _length(store.histogram, settings), settings.long)
    parts = [_Part(read, rows) for read, rows in zip(reads, corpus.split(reads), strict=True)]
    if test is None:
        _set_aside(parts, settings)
    for part, name in zip(parts, ("training", "test"), strict=True):
        _refuse_empty(part, name, f"longer than {corpus.length} tokens")
    if settings.deduplicate:
        _drop_repeated(corpus, parts)
        _refuse_empty(parts[1], "test", "repeated or also in the training part")
    vocabulary, lookup = _choose_words(corpus, parts, settings)
    overlap = len(set(map(corpus.key, parts[1].rows)) & set(map(corpus.key, parts[0].rows)))
    if overlap:
        common = set(map(corpus.key, parts[0].rows))
        overlap = sum(corpus.key(row) in common for row in parts[1].rows)
    arrays = [corpus.encode(part.rows, lookup) for part in parts]
    accounts = [part.account() for part in parts]
    return Encoded(vocabulary, *arrays, *accounts, overlap)
