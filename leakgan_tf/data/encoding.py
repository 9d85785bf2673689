"""Encodes sentences as arrays of ids: length limits, vocabulary, rare words, test split."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, get_type_hints

import numpy as np

from leakgan_tf.config.fields import check_choice, setting
from leakgan_tf.data.bpe import DEFAULT_PIECES, BPETokenizer, Merge, learn_merges
from leakgan_tf.data.sources import Source
from leakgan_tf.data.text import TOKENIZER_NAMES, PitchTokenizer, get_tokenizer, normalize
from leakgan_tf.data.token_store import PADDING, Reading, TokenStore
from leakgan_tf.data.units import SPLITS
from leakgan_tf.data.vocabulary import EOS_ID, UNK_ID, Vocabulary
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.schema import check
from leakgan_tf.utils.seeds import numpy_generator

DEFAULT_SHARE = 0.99  # share of sentences within the default max_length
DEFAULT_CAP = 128  # tokens: largest default max_length, before rounding
DEFAULT_CHUNK = 32  # tokens of a chunk of running text
MOST_TOKENS = 65536  # T at most: every sentence is a row of T ids
_LENGTHS = ("max_length", "length_multiple")
_UNKNOWN = -2  # marks a word without id; differs from token_store.PADDING


@dataclass(frozen=True)
class PrepareSettings:
    """Settings of text preparation. None, where allowed, means no limit or the default."""

    tokenizer: str = setting(
        "word",
        "The tokenizer. bpe learns subwords from the text; it needs the package tokenizers.",
        (*TOKENIZER_NAMES, BPETokenizer.name),
    )
    lowercase: bool = setting(False, "Lowercase the text.")
    omit: str = setting("", "Tokens to leave out of every sentence, separated by spaces.")
    max_length: int | None = setting(
        None,
        "T: maximum tokens in a sentence, rounded up to a multiple of --length_multiple. "
        f"Default: the smallest T for {DEFAULT_SHARE:.0%} of the sentences, at most {DEFAULT_CAP}.",
    )
    length_multiple: int = setting(4, "T is a multiple of this: LeakGAN's goal horizon divides T.")
    long: str = setting("drop", "Sentences of more than T tokens: drop or cut.", ("drop", "cut"))
    min_count: int = setting(1, "Words with fewer occurrences in training are rare.")
    vocab_size: int | None = setting(
        None,
        "Maximum number of ids, with <eos> and <unk>; further words are rare. Default: no limit.",
    )
    rare: str = setting(
        "replace",
        "Rare words: replace them by <unk>, or drop the sentence.",
        ("replace", "drop"),
    )
    deduplicate: bool = setting(
        False, "Drop repeated sentences, and test sentences that occur in training."
    )
    test_fraction: float = setting(
        0.1, "Share of the sentences held out for testing without --test."
    )
    seed: int = setting(0, "Seed of the random choice of test sentences.")
    column: str = setting(
        "",
        "Column of the text in CSV, TSV or JSON lines: its name, or its number from 1 if there is "
        "no header.",
    )
    encoding: str = setting(
        "", "Encoding of the files by its name in Python, e.g. cp1252, utf-16. Default: utf-8."
    )
    split: str = setting(
        "lines",
        "Unit that becomes one sentence: lines; sentences or paragraphs of running text, also "
        f"hard-wrapped; or chunks of --max_length tokens (default {DEFAULT_CHUNK}).",
        SPLITS,
    )

    def __post_init__(self) -> None:
        kinds = get_type_hints(type(self))
        for own in fields(self):
            check(getattr(self, own.name), kinds[own.name], own.name)
            check_choice(own, getattr(self, own.name))
        for name in ("max_length", "length_multiple", "min_count", "vocab_size"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UserError(f"{name} must be at least 1, not {value}")
            if value is not None and name in _LENGTHS and value > MOST_TOKENS:
                raise UserError(f"{name} must be at most {MOST_TOKENS}, not {value}")
        if not -(2**63) <= self.seed < 2**63:  # what the record can keep
            raise UserError(f"seed must fit into 64 bits, but is {self.seed}")
        if self.tokenizer == PitchTokenizer.name and self.rare != "drop":
            raise UserError("tokenizer pitch needs rare=drop: <unk> would be no pitch")
        if not 0 < self.test_fraction < 1:
            raise UserError(f"test_fraction must be above 0 and below 1, not {self.test_fraction}")

    def to_json(self) -> dict[str, Any]:
        """Returns the values of all settings by name."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> "PrepareSettings":
        """Returns the settings that ``to_json`` wrote; ``UserError`` for anything else."""
        return check(value, cls, "the settings of a data folder")


@dataclass
class PartAccount:
    """Counts of sentences of the training or test part at each step of the preparation.

    ``lines`` and ``blank`` count lines of the files. They and ``too_long`` are 0 for a test part
    that is split off from the training files. ``set_aside`` is the number of sentences that this
    split adds (test) or, negative, removes (training). ``repeated`` sentences are dropped.
    ``with_rare`` sentences have rare words, and are changed or dropped. ``tokens`` and
    ``known_tokens`` count tokens before that.
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
        """Share of the tokens with an id in the vocabulary, in [0, 1]."""
        return self.known_tokens / max(self.tokens, 1)

    def to_json(self) -> dict[str, Any]:
        """Returns the counts by name."""
        return asdict(self)


@dataclass
class _Part:
    """The training or test part: its rows of the `TokenStore`, and its counts."""

    name: str
    rows: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    account: PartAccount = field(default_factory=PartAccount)


@dataclass(frozen=True)
class Encoded:
    """An encoded corpus.

    Attributes:
      vocabulary: words of the training part.
      train, test: ids (n, T) int32, 0 after the end of a sentence.
      train_account, test_account: counts of sentences and tokens.
      overlap: number of test sentences that also occur in training.
      merges: merges of the tokenizer ``bpe``; None for other tokenizers.
    """

    vocabulary: Vocabulary
    train: np.ndarray
    test: np.ndarray
    train_account: PartAccount
    test_account: PartAccount
    overlap: int
    merges: tuple[Merge, ...] | None = None

    @property
    def length(self) -> int:
        """Sequence length T, in tokens."""
        return self.train.shape[1]


def encode_corpus(
    train: Sequence[Source], test: Sequence[Source] | None, settings: PrepareSettings
) -> Encoded:
    """Returns the encoded corpus: reads, splits, counts and encodes the text.

    Without ``test`` a share of ``train`` is held out.

    Raises:
      UserError: a source cannot be used or has no sentence, or the vocabulary or a part is empty.
    """
    merges = _merges(train, settings)
    tokenizer = get_tokenizer(settings.tokenizer, settings.lowercase, merges)
    cut, chunk = settings.long == "cut", None
    if settings.split == "chunks":
        chunk = _round_up(settings.max_length or DEFAULT_CHUNK, settings)
    store = TokenStore(_round_up(settings.max_length or DEFAULT_CAP, settings), cut)
    omit = frozenset(normalize(settings.omit).split())
    readings = [
        [store.read(source, tokenizer, omit, chunk) for source in part]
        for part in (train, test or ())
    ]
    store.freeze()
    length = chunk or _round_up(settings.max_length or default_length(store.histogram), settings)
    parts = [
        _read_part(name, store, part, length, cut)
        for name, part in zip(("training", "test"), readings, strict=True)
    ]
    if test is None:
        _set_aside(parts[0], parts[1], settings)
    _refuse_empty(
        parts,
        f"the sentences have more than {length} tokens; --long=cut keeps their beginnings, and "
        "--split=sentences or --split=chunks split running text",
    )
    if settings.deduplicate:
        _drop_repeated(parts, store, length)
        _refuse_empty(
            parts, "all its sentences are in the training part; give a text with other sentences"
        )
    vocabulary, lookup = _choose_words(parts, store, length, settings)
    ids = [_encode(part, store, length, lookup) for part in parts]
    accounts = [part.account for part in parts]
    overlap = _overlap(parts, store, length)
    return Encoded(vocabulary, ids[0], ids[1], accounts[0], accounts[1], overlap, merges)


def _merges(train: Sequence[Source], settings: PrepareSettings) -> tuple[Merge, ...] | None:
    """Returns the merges that ``bpe`` learns from the training files; None for other tokenizers."""
    if settings.tokenizer != BPETokenizer.name:
        return None
    lines = (line for source in train for _, line in source.read())
    size = settings.vocab_size or DEFAULT_PIECES
    return tuple(learn_merges(lines, max(size - 2, 1), settings.lowercase))


def default_length(histogram: Counter[int]) -> int:
    """Returns the default ``max_length``, if ``histogram[n]`` sentences have n tokens."""
    wanted = DEFAULT_SHARE * histogram.total()
    seen = 0
    for length, count in sorted(histogram.items()):
        seen += count
        if seen >= wanted:
            return min(length, DEFAULT_CAP)
    raise ValueError("no sentence")


def _round_up(length: int, settings: PrepareSettings) -> int:
    multiple = settings.length_multiple
    return math.ceil(length / multiple) * multiple


def _read_part(
    name: str, store: TokenStore, readings: Sequence[Reading], length: int, cut: bool
) -> _Part:
    part = _Part(name)
    if not readings:
        return part
    first, stop = readings[0].first, readings[-1].stop
    too_long = store.lengths[first:stop] > length
    part.account.lines = sum(reading.lines for reading in readings)
    part.account.blank = sum(reading.blank for reading in readings)
    discarded = sum(reading.discarded for reading in readings)
    part.account.too_long = discarded + int(too_long.sum())
    part.rows = np.arange(first, stop)
    if not cut:
        part.rows = part.rows[~too_long]
    return part


def _set_aside(train: _Part, test: _Part, settings: PrepareSettings) -> None:
    count = len(train.rows)
    if count == 1:
        raise UserError(
            "one sentence cannot be split into training and test parts: give a test file, or for "
            "running text --split=sentences or --split=chunks"
        )
    share = min(max(round(settings.test_fraction * count), 1), max(count - 1, 0))
    order = numpy_generator(settings.seed, "test part").permutation(count)
    test.rows = train.rows[np.sort(order[:share])]
    train.rows = train.rows[np.sort(order[share:])]
    test.account.set_aside, train.account.set_aside = share, -share


def _refuse_empty(parts: Sequence[_Part], reason: str) -> None:
    for part in parts:
        if not len(part.rows):
            raise UserError(f"the {part.name} part is empty: {reason}")


def _drop_repeated(parts: Sequence[_Part], store: TokenStore, length: int) -> None:
    seen: set[bytes] = set()
    for part in parts:  # training first, so that test sentences that it contains are dropped
        fresh = np.zeros(len(part.rows), bool)
        for place, key in enumerate(store.keys(part.rows, length)):
            fresh[place] = key not in seen
            seen.add(key)
        part.account.repeated = int((~fresh).sum())
        part.rows = part.rows[fresh]


def _overlap(parts: Sequence[_Part], store: TokenStore, length: int) -> int:
    train, test = parts
    test_keys = Counter(store.keys(test.rows, length))
    common = {key for key in store.keys(train.rows, length) if key in test_keys}
    return sum(test_keys[key] for key in common)


def _choose_words(
    parts: Sequence[_Part], store: TokenStore, length: int, settings: PrepareSettings
) -> tuple[Vocabulary, np.ndarray]:
    """Chooses the vocabulary from training, and drops sentences with rare words if so set.

    Returns:
      The vocabulary, and the final id (or ``_UNKNOWN``) of every provisional id, (words,) int32.
    """
    words = store.words
    counts = _count(parts[0].rows, store, length)
    vocabulary = Vocabulary.from_counts(
        counts, settings.min_count, settings.vocab_size, settings.rare == "replace"
    )
    if not vocabulary.words:
        raise UserError(
            "the vocabulary is empty: no word of the training part occurs "
            f"{settings.min_count} times, or vocab_size {settings.vocab_size} is too small"
        )
    lookup = _lookup(words, vocabulary)
    unknown = [_unknown_tokens(part.rows, store, length, lookup) for part in parts]
    for part, missing in zip(parts, unknown, strict=True):
        part.account.with_rare = int((missing > 0).sum())
        part.account.tokens = int(np.minimum(store.lengths[part.rows], length).sum())
        part.account.known_tokens = part.account.tokens - int(missing.sum())
    if settings.rare == "replace":
        return vocabulary, lookup
    for part, missing in zip(parts, unknown, strict=True):
        part.rows = part.rows[missing == 0]
    _refuse_empty(parts, "every sentence has a rare word (see min_count, vocab_size)")
    return _drop_vanished(parts, store, length)


def _drop_vanished(
    parts: Sequence[_Part], store: TokenStore, length: int
) -> tuple[Vocabulary, np.ndarray]:
    """Returns the vocabulary of the remaining training sentences, and its final ids.

    The dropped sentences may have contained all training occurrences of a frequent word. Test
    sentences with such a word are dropped too.
    """
    vocabulary = Vocabulary.from_counts(_count(parts[0].rows, store, length))
    lookup = _lookup(store.words, vocabulary)
    test = parts[1]
    missing = _unknown_tokens(test.rows, store, length, lookup)
    test.account.with_rare += int((missing > 0).sum())
    test.rows = test.rows[missing == 0]
    _refuse_empty(parts, "every sentence has a rare word (see min_count, vocab_size)")
    return vocabulary, lookup


def _count(rows: np.ndarray, store: TokenStore, length: int) -> dict[str, int]:
    words = store.words
    counts = np.zeros(len(words), np.int64)
    for _, block in store.blocks(rows, length):
        counts += np.bincount(block[block != PADDING], minlength=len(words))
    return dict(zip(words, counts.tolist(), strict=True))


def _lookup(words: Sequence[str], vocabulary: Vocabulary) -> np.ndarray:
    final = dict(zip(vocabulary.words, range(vocabulary.first_id, len(vocabulary)), strict=True))
    return np.array([final.get(word, _UNKNOWN) for word in words], np.int32)


def _unknown_tokens(
    rows: np.ndarray, store: TokenStore, length: int, lookup: np.ndarray
) -> np.ndarray:
    """Returns the number of tokens without id in each row, (n,) int32."""
    missing = np.zeros(len(rows), np.int32)
    for piece, block in store.blocks(rows, length):
        missing[piece] = ((block != PADDING) & (lookup[block] == _UNKNOWN)).sum(axis=1)
    return missing


def _encode(part: _Part, store: TokenStore, length: int, lookup: np.ndarray) -> np.ndarray:
    ids = np.empty((len(part.rows), length), np.int32)
    for piece, block in store.blocks(part.rows, length):
        final = lookup[block]
        final[final == _UNKNOWN] = UNK_ID
        final[block == PADDING] = EOS_ID
        ids[piece] = final
    part.account.kept = len(ids)
    return ids
