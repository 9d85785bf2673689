"""Lines of a text file, and sentences as tokens and back."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from nltk.tokenize.destructive import NLTKWordTokenizer
from nltk.tokenize.treebank import TreebankWordDetokenizer

from leakgan_tf.utils.errors import UserError

MAX_LINE_BYTES = 1_000_000
_GZIP_MAGIC = b"\x1f\x8b"
PITCHES = tuple(str(number) for number in range(21, 109))  # MIDI numbers of a piano's 88 keys


def read_sentences(path: str | Path) -> Iterator[tuple[int, str]]:
    """Yields ``(line number, line)`` of a UTF-8 text file, plain or gzip.

    Numbers start at 1. Lines come without the white space around them; a blank line comes as
    ``""``, so that the caller can count it. Compression is recognised by content, not by name.
    One line is in memory at a time.

    Args:
      path: the file; a byte order mark at its start is skipped.

    Raises:
      UserError: the file cannot be read, is binary (a NUL byte), is not UTF-8, has a line of more
        than ``MAX_LINE_BYTES``, or is a damaged gzip file. Names the file and the line.
    """
    path = Path(path)
    try:
        with open(path, "rb") as raw:
            # peek, not read and seek: a pipe has no way back.
            compressed = raw.peek(2)[:2] == _GZIP_MAGIC
            with gzip.GzipFile(fileobj=raw) if compressed else raw as stream:
                yield from _decoded_lines(stream, path)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error


def _decoded_lines(stream: BinaryIO | io.BufferedIOBase, path: Path) -> Iterator[tuple[int, str]]:
    number = 0
    while True:
        number += 1
        try:
            line = stream.readline(MAX_LINE_BYTES + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UserError(f"{path} line {number}: damaged gzip file: {error}") from error
        if not line:
            return
        if len(line) > MAX_LINE_BYTES:
            raise UserError(f"{path} line {number}: longer than {MAX_LINE_BYTES:,} bytes")
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if b"\0" in line:
            raise UserError(f"{path} line {number}: a NUL byte; this is not a UTF-8 text file")
        try:
            yield number, line.decode("utf-8").strip()
        except UnicodeDecodeError as error:
            where = f"byte {error.start + 1} of the line"
            raise UserError(f"{path} line {number}: not UTF-8 ({where})") from error


class Tokenizer(Protocol):
    """Takes a sentence apart and puts it together again.

    Tokens are never empty.

    Attributes:
      name: as given to ``get_tokenizer``.
      lowercase: whether ``tokenize`` lowers the case first.
    """

    name: str
    lowercase: bool

    def tokenize(self, line: str) -> list[str]:
        """Returns the tokens of one line; none for a blank line."""
        ...

    def detokenize(self, tokens: Sequence[str]) -> str:
        """Returns the line that reads as ``tokens``."""
        ...


class WordTokenizer:
    """NLTK's Penn-Treebank-like words: punctuation and clitics are tokens of their own.

    ``detokenize`` attaches punctuation again. Straight double quotes become the tokens two
    backquotes and two apostrophes, as in the treebank, and come out straight.
    """

    name = "word"

    def __init__(self, lowercase: bool = False):
        self.lowercase = lowercase
        self._tokenizer = NLTKWordTokenizer()
        self._detokenizer = TreebankWordDetokenizer()

    def tokenize(self, line: str) -> list[str]:
        """Returns the words and punctuation marks of ``line``."""
        return self._tokenizer.tokenize(line.lower() if self.lowercase else line)

    def detokenize(self, tokens: Sequence[str]) -> str:
        """Returns the words joined by spaces, punctuation attached."""
        return self._detokenizer.detokenize(tokens)


class WhitespaceTokenizer:
    """Tokens are what white space separates, for text that is tokenised already.

    ``detokenize`` joins by one space, so that ``tokenize`` gives back the same tokens always.
    """

    name = "whitespace"

    def __init__(self, lowercase: bool = False):
        self.lowercase = lowercase

    def tokenize(self, line: str) -> list[str]:
        """Returns the parts of ``line`` between white space."""
        return (line.lower() if self.lowercase else line).split()

    def detokenize(self, tokens: Sequence[str]) -> str:
        """Returns the tokens joined by spaces."""
        return " ".join(tokens)


class PitchTokenizer(WhitespaceTokenizer):
    """Tokens are the pitches of a melody, one a step of time, as the numbers of a piano's keys.

    By this name, programs know that a vocabulary's words can be played.
    """

    name = "pitch"

    def tokenize(self, line: str) -> list[str]:
        """Returns the MIDI numbers in ``line``; ``UserError`` if anything else is in it."""
        tokens = super().tokenize(line)
        for token in tokens:
            if token not in PITCHES:
                raise UserError(f"{token!r} is no pitch: a whole number, 21 to 108")
        return tokens


class CharTokenizer:
    """A token per character; a run of white space is one space.

    White space beside a character of a script that is written without spaces (Chinese, Japanese)
    is dropped: corpora put it there to separate the tokens. ``detokenize`` joins without spaces,
    and ``tokenize`` gives back the same tokens always.
    """

    name = "char"

    def __init__(self, lowercase: bool = False):
        self.lowercase = lowercase

    def tokenize(self, line: str) -> list[str]:
        """Returns the characters of ``line``."""
        words = (line.lower() if self.lowercase else line).split()
        tokens: list[str] = []
        for word in words:
            if tokens and not (_is_unspaced(tokens[-1]) or _is_unspaced(word[0])):
                tokens.append(" ")
            tokens.extend(word)
        return tokens

    def detokenize(self, tokens: Sequence[str]) -> str:
        """Returns the characters in one string."""
        return "".join(tokens)


# First and last code points of blocks whose scripts put no spaces between words.
UNSPACED_BLOCKS = (
    (0x25A1, 0x25A1),  # the mark for a lost character
    (0x2E80, 0x312F),  # radicals, CJK punctuation, kana, bopomofo
    (0x31A0, 0x9FFF),  # bopomofo and kana extensions, CJK symbols, ideographs
    (0xF900, 0xFAFF),  # compatibility ideographs
    (0xFE30, 0xFE4F),  # vertical punctuation forms
    (0xFF00, 0xFF9F),  # full-width forms, half-width kana
    (0x20000, 0x3FFFF),  # supplementary ideographs
)


def _is_unspaced(character: str) -> bool:
    code = ord(character)
    return any(first <= code <= last for first, last in UNSPACED_BLOCKS)


_TOKENIZERS = {
    kind.name: kind for kind in (WordTokenizer, WhitespaceTokenizer, CharTokenizer, PitchTokenizer)
}
TOKENIZER_NAMES = tuple(_TOKENIZERS)


def get_tokenizer(name: str, lowercase: bool = False) -> Tokenizer:
    """Returns the tokenizer ``word``, ``whitespace``, ``char`` or ``pitch``.

    Raises:
      UserError: there is no tokenizer of that name.
    """
    if name not in _TOKENIZERS:
        raise UserError(f"no tokenizer {name!r}; there are {', '.join(TOKENIZER_NAMES)}")
    return _TOKENIZERS[name](lowercase)
