"""Reads lines of text files, and converts sentences to tokens and back."""

import codecs
import gzip
import io
import itertools
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from leakgan_tf.data.binary import HEAD, is_binary, known_format
from leakgan_tf.data.bpe import BPETokenizer, Merge
from leakgan_tf.utils.errors import UserError

MAX_LINE_BYTES = 1_000_000
_GUESSED = 1 << 16  # bytes used to guess an encoding
_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)
_GZIP_MAGIC = b"\x1f\x8b"
_NO_TEXT = "this is not a text file: give the text, saved as UTF-8"
PITCHES = tuple(str(number) for number in range(21, 109))  # MIDI numbers of a piano's 88 keys


def normalize(text: str) -> str:
    r"""Returns text in Unicode's composed form, NFC, so that equal words have equal characters.

    >>> normalize("cafe\u0301") == "caf\u00e9"
    True
    """
    return unicodedata.normalize("NFC", text)


def read_sentences(path: str | Path, encoding: str = "") -> Iterator[tuple[int, str]]:
    """Yields ``(line number, stripped line)`` of a text file, plain or gzip; see `read_lines`.

    A blank line is ``""``, so that the caller can count it.
    """
    return ((number, line.strip()) for number, line in read_lines(path, encoding))


def read_lines(
    path: str | Path, encoding: str = "", most: int = MAX_LINE_BYTES
) -> Iterator[tuple[int, str]]:
    """Yields ``(line number, line)`` of a text file, plain or gzip.

    Numbers start at 1. Lines end with a line feed, or with a carriage return where these are more
    (old Macintosh). They include it, and are in Unicode's form NFC (`normalize`).
    The content, not the name, decides whether a file is compressed. Only one line is in memory at a
    time.

    Args:
      path: the file; a byte order mark at its start is skipped.
      encoding: name of the encoding in Python; "" is UTF-8.
      most: length of the longest allowed line, in bytes for UTF-8, in characters otherwise.

    Raises:
      UserError: the file is unreadable, not text (a PDF, a picture, a NUL byte), not in the
        encoding, a damaged gzip file, or has a longer line. The message names the file, the line
        and a remedy.
    """
    path = Path(path)
    try:
        with open(path, "rb") as raw:
            # peek instead of read and seek, as pipes cannot seek.
            head = raw.peek(HEAD)[:HEAD]
            if found := known_format(head):
                raise UserError(f"{path} is {found}")
            compressed = head.startswith(_GZIP_MAGIC)
            with gzip.GzipFile(fileobj=raw) if compressed else raw as stream:
                for number, line in _lines(stream, path, encoding, most):
                    yield number, normalize(line)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error


def _lines(
    stream: io.BufferedReader | gzip.GzipFile, path: Path, encoding: str, most: int
) -> Iterator[tuple[int, str]]:
    """Returns the lines of a stream by its encoding and its line ends."""
    utf8 = _is_utf8(encoding)
    try:
        returns = _ends_with_returns(stream.peek(_GUESSED), encoding)
    except _DAMAGED as error:
        raise _damaged(path, 1, error) from error
    if returns:
        return _encoded_lines(stream, path, "utf-8-sig" if utf8 else encoding, most, newline="")
    if utf8:
        return _utf8_lines(stream, path, most)
    return _encoded_lines(stream, path, encoding, most)


def _is_utf8(encoding: str) -> bool:
    """Returns whether an encoding is UTF-8; raises ``UserError`` for an unknown encoding."""
    try:
        info = codecs.lookup(encoding or "utf-8")
        text = info._is_text_encoding
    except (LookupError, ValueError):  # ValueError: a NUL character
        text = False
    if not text:
        raise UserError(
            f"unknown encoding {encoding!r}: give utf-8, utf-16, cp1252, shift_jis, gb18030, …"
        )
    return info.name in ("utf-8", "utf-8-sig")


def _ends_with_returns(head: bytes, encoding: str) -> bool:
    """Returns whether lines end with carriage returns, by the first bytes of a file.

    Returns directly before a line feed, as of Windows, do not count. What is not text in this
    encoding is refused where lines are read, with better advice.
    """
    try:
        text = codecs.getincrementaldecoder(encoding or "utf-8")().decode(head)
    except UnicodeError:
        return False
    *lines, rest = text.split("\n")
    returns = sum(line.rstrip("\r").count("\r") for line in lines) + rest.count("\r")
    return "\0" not in text and returns > len(lines)


def _damaged(path: Path, number: int, error: Exception) -> UserError:
    return UserError(f"{path} line {number}: damaged gzip file: {error}")


def _utf8_lines(
    stream: BinaryIO | io.BufferedIOBase, path: Path, most: int
) -> Iterator[tuple[int, str]]:
    seen = bytearray()  # first bytes, to guess the encoding
    for number in itertools.count(1):
        try:
            line = stream.readline(most + 1)
        except _DAMAGED as error:
            raise _damaged(path, number, error) from error
        if not line:
            return
        seen += line[: _GUESSED - len(seen)] if len(seen) < _GUESSED else b""
        if len(line) > most:
            raise UserError(_too_long(path, number, most, "bytes"))
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if b"\0" in line:
            advice = _advice(bytes(seen)) or _NO_TEXT
            raise UserError(f"{path} line {number}: a NUL byte; {advice}")
        try:
            yield number, line.decode("utf-8")
        except UnicodeDecodeError as error:
            where = f"byte {error.start + 1} of the line"
            advice = (
                _NO_TEXT if is_binary(bytes(seen)) else _advice(bytes(seen[-len(line) :]) or line)
            )
            more = advice or "save the text as UTF-8"
            raise UserError(f"{path} line {number}: not UTF-8 ({where}); {more}") from error


def _encoded_lines(
    stream: BinaryIO | io.BufferedIOBase, path: Path, encoding: str, most: int, newline: str = "\n"
) -> Iterator[tuple[int, str]]:
    with io.TextIOWrapper(stream, encoding, newline=newline) as text:  # type: ignore[type-var]
        for number in itertools.count(1):
            try:
                line = text.readline(most + 1)
            except _DAMAGED as error:
                raise _damaged(path, number, error) from error
            except UnicodeError as error:
                reason = getattr(error, "reason", error)
                raise UserError(
                    f"{path} line {number} or after: not {encoding} ({reason}); give another "
                    "--encoding, or save the text as UTF-8"
                ) from error
            if not line:
                return
            if len(line) > most:
                raise UserError(_too_long(path, number, most, "characters"))
            if "\0" in line:
                raise UserError(f"{path} line {number}: a NUL character; this is not {encoding}")
            yield number, line


def _too_long(path: Path, number: int, most: int, unit: str) -> str:
    return (
        f"{path} line {number}: longer than {most:,} {unit}; running text in one line is "
        "split by --split=sentences or --split=chunks"
    )


def _advice(content: bytes) -> str:
    found = guess_encoding(content)
    return f"it looks like {found}: give --encoding={found}" if found else ""


def guess_encoding(content: bytes) -> str:
    """Returns the likely encoding of text that is not UTF-8; "" if unknown.

    >>> guess_encoding("häßlich, aber schön".encode("cp1252"))
    'cp1252'
    """
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if content.startswith(mark):
            return name
    zeros = [content[start::2].count(0) for start in (0, 1)]
    if max(zeros) > len(content) // 8:
        return (
            ("utf-16-be", "utf-16-le")[zeros[1] > zeros[0]] if min(zeros) < max(zeros) / 4 else ""
        )
    high = sum(byte >= 0x80 for byte in content)
    pairs = sum(a >= 0x80 and b >= 0x80 for a, b in itertools.pairwise(content))
    if b"\0" in content or not high:
        return ""
    if pairs < high / 3:  # accented letters rarely follow each other
        return "cp1252"
    for name, least in (("euc_jp", 0.2), ("shift_jis", 0.2), ("euc_kr", 0.5), ("gb18030", 0.0)):
        text = content.decode(name, errors="replace")
        letters = [c for c in text if c > "\x7f"]
        kana = sum("\u3040" <= c <= "\u30ff" or "\uac00" <= c <= "\ud7af" for c in letters)
        if text.count("\ufffd") <= 2 and kana >= least * len(letters):
            ideographs = sum("\u3000" <= c <= "\u9fff" or c >= "\uff00" for c in letters)
            if name != "gb18030" or ideographs > 0.9 * len(letters):
                return name
    return "cp1251"


class Tokenizer(Protocol):
    """Interface of tokenizers: splits sentences into non-empty tokens, and joins tokens.

    Attributes:
      name: name for ``get_tokenizer``.
      lowercase: whether ``tokenize`` converts to lower case first.
    """

    name: str
    lowercase: bool

    def tokenize(self, line: str) -> list[str]:
        """Returns the tokens of one line; an empty list for a blank line."""
        ...

    def detokenize(self, tokens: Sequence[str]) -> str:
        """Returns the line of text that ``tokens`` form."""
        ...


class WordTokenizer:
    """NLTK's Penn-Treebank-like words: punctuation and clitics are tokens of their own.

    ``detokenize`` attaches punctuation again. As in the treebank, straight double quotes become the
    tokens `` and ''; ``detokenize`` restores them.
    """

    name = "word"

    def __init__(self, lowercase: bool = False):
        # Imported here, as NLTK takes a second and every command imports this module.
        from nltk.tokenize.destructive import NLTKWordTokenizer
        from nltk.tokenize.treebank import TreebankWordDetokenizer

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
    """Splits at white space, for text that is tokenized already.

    ``detokenize`` joins by one space, and ``tokenize`` always restores the same tokens.
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
    """Splits a melody into pitches, MIDI numbers 21 to 108, one for each time step.

    This tokenizer's name marks a data set or run as music.
    """

    name = "pitch"

    def tokenize(self, line: str) -> list[str]:
        """Returns the MIDI numbers in ``line``; raises ``UserError`` for other tokens."""
        tokens = super().tokenize(line)
        for token in tokens:
            if token not in PITCHES:
                raise UserError(f"{token!r} is not a pitch: give whole numbers from 21 to 108")
        return tokens


class CharTokenizer:
    """Splits into characters; a run of white space is one space.

    White space beside a character of a script without spaces (Chinese, Japanese) is dropped, as
    corpora use it to separate tokens. ``detokenize`` joins without spaces, and ``tokenize`` always
    restores the same tokens.
    """

    name = "char"

    def __init__(self, lowercase: bool = False):
        self.lowercase = lowercase

    def tokenize(self, line: str) -> list[str]:
        """Returns the characters of ``line``."""
        words = (line.lower() if self.lowercase else line).split()
        tokens: list[str] = []
        for word in words:
            if tokens and not (is_unspaced(tokens[-1]) or is_unspaced(word[0])):
                tokens.append(" ")
            tokens.extend(word)
        return tokens

    def detokenize(self, tokens: Sequence[str]) -> str:
        """Returns the characters joined without spaces."""
        return "".join(tokens)


# First and last code points of blocks whose scripts put no spaces between words.
UNSPACED_BLOCKS = (
    (0x25A1, 0x25A1),  # white square, the mark for a lost character
    (0x2E80, 0x312F),  # radicals, CJK punctuation, kana, bopomofo
    (0x31A0, 0x9FFF),  # bopomofo and kana extensions, CJK symbols, ideographs
    (0xF900, 0xFAFF),  # compatibility ideographs
    (0xFE30, 0xFE4F),  # vertical punctuation forms
    (0xFF00, 0xFF9F),  # full-width forms, half-width kana
    (0x20000, 0x3FFFF),  # supplementary ideographs
)


def is_unspaced(character: str) -> bool:
    """Returns whether a character's script puts no spaces between words."""
    code = ord(character)
    return any(first <= code <= last for first, last in UNSPACED_BLOCKS)


_TOKENIZERS = {
    kind.name: kind for kind in (WordTokenizer, WhitespaceTokenizer, CharTokenizer, PitchTokenizer)
}
TOKENIZER_NAMES = tuple(_TOKENIZERS)  # tokenizers without training


def get_tokenizer(
    name: str, lowercase: bool = False, merges: Sequence[Merge] | None = None
) -> Tokenizer:
    """Returns the tokenizer ``word``, ``whitespace``, ``char``, ``pitch``, or ``bpe`` with merges.

    Raises:
      UserError: the name is unknown, or is ``bpe`` without merges.
    """
    if name == BPETokenizer.name and merges is not None:
        return BPETokenizer(lowercase, merges)
    if name not in _TOKENIZERS:
        raise UserError(f"unknown tokenizer {name!r}: one of {', '.join(TOKENIZER_NAMES)}")
    return _TOKENIZERS[name](lowercase)
