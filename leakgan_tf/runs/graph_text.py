"""Tokenizes and detokenizes text in a TensorFlow graph, equivalent to the Python tokenizers.

NLTK's word tokenizer and detokenizer are lists of regular expressions. They are taken from the
installed version and rewritten for RE2, which has neither lookaround nor Unicode word boundaries.
Tests compare both on random text.
"""

import re
from collections.abc import Iterable

import tensorflow as tf
from nltk.tokenize.destructive import NLTKWordTokenizer
from nltk.tokenize.treebank import TreebankWordDetokenizer

from leakgan_tf.data.bpe import SPACE, BPETokenizer
from leakgan_tf.data.text import UNSPACED_BLOCKS, Tokenizer
from leakgan_tf.utils.errors import UserError

Rule = tuple[str, str]  # a pattern of RE2 and its replacement

_NEVER = 2**31 - 1  # the rank of a pair of pieces that is never merged
_MARK = "\x01"  # temporarily replaces a character for later rules; never in text
_WORD = r"\pL\pM\p{Nd}\p{Nl}\p{Pc}"  # \w of the package regex, which NLTK uses for most
_OTHER = f"[^{_WORD}]"
_PYTHONS_OTHER = r"[^\pL\pN_]"  # \W of Python's re
# White space as in `str.split`.
_SPACES = r"[\t-\r\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]+"  # noqa: E501

# Rules for NLTK's patterns with lookaround or possessive repetition, by pattern.
_REWRITTEN: dict[str, list[Rule]] = {
    # A final full stop with closing marks after it: the repetition need not be possessive.
    r"""([^\.])(\.)([\]\)}>"\'»”’ ]*+)\s*$""": [
        (r"""([^\.])(\.)([\]\)}>"'»”’ ]*)\s*$""", r"\1 \2 \3 ")
    ],
    # A quote before a word, but not before a clitic. Those are marked first, twice, since a match
    # may consume the quote of the next.
    r"(?i)(?<!\w)(\')(?!(?:re|ve|ll|m|t|s|d|n)\b)(?=\w)": [
        *[(rf"(?i)'(re|ve|ll|m|t|s|d|n)({_OTHER}|$)", rf"{_MARK}\1\2")] * 2,
        (rf"(^|{_OTHER})'([{_WORD}])", r"\1' \2"),
        (_MARK, "'"),
    ],
    # "wanna" before white space.
    r"(?i)\b(wan)(na)(?=\s)": [(rf"(?i)(^|{_PYTHONS_OTHER})(wan)(na) ", r"\1 \2 \3  ")] * 2,
    r"(?i)\b(wan)\s(na)(?=\s)": [(rf"(?i)(^|{_OTHER})(wan) (na) ", r"\1\2\3 ")] * 2,
    # A full stop that is not followed by another: the last of several is marked.
    r"""([^\.])\s(\.)(?!\.)([\]\)}>"\']*)""": [
        (r"(\.*)\.", rf"\1{_MARK}"),
        (rf"""([^.{_MARK}])\s{_MARK}([\])}}>"']*)""", rf"\1{_MARK}\2"),
        (_MARK, "."),
    ],
}


def _rules(patterns: Iterable[tuple[re.Pattern, str]]) -> list[Rule]:
    """Returns rules for RE2 that are equivalent to NLTK's patterns and replacements."""
    found: list[Rule] = []
    for pattern, replacement in patterns:
        other = _PYTHONS_OTHER if isinstance(pattern, re.Pattern) else _OTHER
        plain = pattern.pattern.replace("(?#X)", "")  # a comment that marks where to split
        found += _REWRITTEN.get(plain) or _rule(plain, replacement, other)
    return found


def _rule(pattern: str, replacement: str, other: str) -> list[Rule]:
    """Returns rules for a pattern without lookaround; `other` matches non-word characters."""
    if re.search(r"\(\?[=!<]|[*+?]\+", pattern):
        raise UserError(
            f"this version of NLTK has a pattern that TensorFlow cannot run, {pattern!r}: install "
            "nltk 3.10.4 or newer"
        )
    pattern = re.sub(r"\\u([0-9a-f]{4})", r"\\x{\1}", pattern.replace(r"[^\d]", r"[^\p{Nd}]"))
    replacement = re.sub(r"\\g<(\d)>", r"\\\1", replacement)
    if r"\b" not in pattern:
        return [(pattern, replacement)]
    # A word boundary becomes a character that is kept. Applied twice, as matches may share it.
    flags = "(?i)" * pattern.startswith("(?i)")
    rest = pattern.removeprefix(flags)
    first, last = rest.startswith(r"\b"), rest.endswith(r"\b")
    rest = rest.removeprefix(r"\b").removesuffix(r"\b")
    groups = re.compile(rest).groups + first
    if first:
        replacement = re.sub(r"\\(\d)", lambda found: rf"\{int(found[1]) + 1}", replacement)
        rest, replacement = rf"(^|{other}){rest}", rf"\1{replacement}"
    if last:
        rest, replacement = rf"{rest}({other}|$)", rf"{replacement}\{groups + 1}"
    return [(flags + rest, replacement)] * 2


def _apply(text: tf.Tensor, rules: Iterable[Rule]) -> tf.Tensor:
    for pattern, replacement in rules:
        text = tf.strings.regex_replace(text, pattern, replacement)
    return text


def join_words(words: tf.Tensor) -> tf.Tensor:
    """Returns `WordTokenizer.detokenize` of words joined by spaces, (n,) strings."""
    nltk = TreebankWordDetokenizer
    joined = [(each, r"\1\2") for each in (*nltk.CONTRACTIONS3, *nltk.CONTRACTIONS2)]
    text = _apply(tf.strings.join([" ", words, " "]), _rules(joined + nltk.ENDING_QUOTES))
    text = tf.strings.strip(text)
    after = [nltk.DOUBLE_DASHES, *nltk.PARENS_BRACKETS, *nltk.PUNCTUATION, *nltk.STARTING_QUOTES]
    return tf.strings.strip(_apply(text, _rules(after)))


def split_words(text: tf.Tensor) -> tf.Tensor:
    """Returns the words of `WordTokenizer.tokenize`, (n,) strings to (n,) joined by spaces."""
    nltk = NLTKWordTokenizer
    before = [*nltk.STARTING_QUOTES, *nltk.PUNCTUATION, nltk.PARENS_BRACKETS, nltk.DOUBLE_DASHES]
    text = tf.strings.join([" ", _apply(text, _rules(before)), " "])
    parted = [(each, r" \1 \2 ") for each in (*nltk.CONTRACTIONS2, *nltk.CONTRACTIONS3)]
    return _apply(text, _rules([*nltk.ENDING_QUOTES, *parted]))


def tokenize(
    text: tf.Tensor,
    tokenizer: Tokenizer | None,
    ranks: tf.lookup.StaticHashTable | None = None,
) -> tf.RaggedTensor:
    """Returns the tokens of strings (n,) as a tokenizer splits them, (n, tokens).

    Without a tokenizer they are split at spaces. ``bpe`` needs the ranks of `merge_ranks`.
    """
    name = tokenizer.name if tokenizer else ""
    if tokenizer and tokenizer.lowercase:
        text = tf.strings.lower(text, "utf-8")
    text = tf.strings.strip(tf.strings.regex_replace(text, _SPACES, " "))
    if name == "char":
        blocks = "".join(rf"\x{{{first:x}}}-\x{{{last:x}}}" for first, last in UNSPACED_BLOCKS)
        text = tf.strings.regex_replace(text, f"([{blocks}]) ", r"\1")
        text = tf.strings.regex_replace(text, f" ([{blocks}])", r"\1")
        return tf.strings.unicode_split(text, "UTF-8")
    if ranks is not None:
        words = tf.strings.split(tf.strings.regex_replace(text, SPACE, " "))
        pieces = tf.ragged.map_flat_values(lambda each: _split_pieces(each, ranks), words)
        return pieces.merge_dims(1, 2)
    return tf.strings.split(split_words(text) if name == "word" else text)


def merge_ranks(tokenizer: Tokenizer | None) -> tf.lookup.StaticHashTable | None:
    """Returns the ranks of the merges of ``bpe``; None for other tokenizers.

    A module with a function that reads the table must keep a reference to it.
    """
    if not isinstance(tokenizer, BPETokenizer):
        return None
    pairs = tf.constant([f"{first} {second}" for first, second in tokenizer.merges], tf.string)
    ranks = tf.lookup.KeyValueTensorInitializer(pairs, tf.range(len(tokenizer.merges)))
    return tf.lookup.StaticHashTable(ranks, _NEVER)


def _split_pieces(words: tf.Tensor, table: tf.lookup.StaticHashTable) -> tf.RaggedTensor:
    """Returns the pieces of words (n,) as `BPETokenizer` splits them, (n, pieces)."""

    def best(pieces: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the position of the pair with the lowest rank, and its rank."""
        found = table.lookup(tf.strings.join([pieces[:-1], pieces[1:]], " "))
        found = tf.concat([found, [_NEVER]], axis=0)  # a word of one piece has no pair
        return tf.argmin(found, output_type=tf.int32), tf.reduce_min(found)

    def merge(pieces: tf.Tensor) -> tuple[tf.Tensor]:
        place, _ = best(pieces)
        joined = tf.strings.reduce_join(pieces[place : place + 2])[tf.newaxis]
        return (tf.concat([pieces[:place], joined, pieces[place + 2 :]], axis=0),)

    def split(word: tf.Tensor) -> tf.Tensor:
        letters = tf.strings.unicode_split(tf.strings.join([SPACE, word]), "UTF-8")
        (pieces,) = tf.while_loop(
            lambda pieces: best(pieces)[1] < _NEVER, merge, (letters,), (tf.TensorShape([None]),)
        )
        return tf.strings.reduce_join(pieces, separator=" ")

    return tf.strings.split(tf.map_fn(split, words))


def detokenize(tokens: tf.Tensor, tokenizer: Tokenizer | None) -> tf.Tensor:
    """Returns the text of tokens as a tokenizer joins them, strings (n,).

    Args:
      tokens: strings (n, T), "" after the end of a sentence.
      tokenizer: the tokenizer; None joins with spaces.
    """
    name = tokenizer.name if tokenizer else ""
    if name in ("char", "bpe"):
        text = tf.strings.reduce_join(tokens, axis=1)
        spaced = tf.strings.regex_replace(text, SPACE, " ")
        return tf.strings.regex_replace(spaced, "^ +| +$", "") if name == "bpe" else text
    spaced = tf.where(tokens == "", "", tf.strings.join([" ", tokens]))
    text = tf.strings.regex_replace(tf.strings.reduce_join(spaced, axis=1), "^ ", "")
    return join_words(text) if name == "word" else text
