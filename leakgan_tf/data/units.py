"""Splits a text file into sentences: lines, a column, or parts of running text."""

import csv
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

from leakgan_tf.data.text import MAX_LINE_BYTES, normalize, read_lines
from leakgan_tf.utils.errors import UserError

SPLITS = ("lines", "sentences", "paragraphs", "chunks")
_MOST_LINE_BYTES = 2**28  # for running text, which may be one line
_PIECE = 10_000  # characters of a line that are tokenized at once, for chunks
Numbered = tuple[int, str]
_SURROGATE = re.compile("[\ud800-\udfff]")  # JSON may escape half a character

# End of a sentence: a mark with closing quotes and brackets, then white space and a possible begin
# of a sentence. In scripts without spaces the mark alone is enough.
_END = re.compile(
    r"(?:[.!?…]+[\"'”’»)\]]*\s+(?=[\"'“‘«(\[¿¡—–-]*[\w])|[。！？]+[」』”’）]*\s*)", re.UNICODE
)
_ABBREVIATIONS = frozenset(
    ("mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "vs", "e.g", "i.e", "no", "vol", "fig",
     "cf", "capt", "col", "gen", "lt", "rev", "messrs")
)  # fmt: skip


def read_units(path: str | Path, column: str, encoding: str, split: str) -> Iterator[Numbered]:
    """Yields (number from 1, text without white space around it) of a file, plain or gzip.

    Args:
      path: the file.
      column: column of a CSV, TSV or JSON lines file: its name in the header, or its number from 1
        without a header; "" for plain text.
      encoding: name of the encoding in Python; "" is UTF-8.
      split: "lines"; "paragraphs", separated by blank lines; "sentences" of paragraphs; "chunks":
        pieces of lines, which the caller joins.

    Raises:
      UserError: the file or a line of it is unreadable or malformed.
    """
    most = MAX_LINE_BYTES if split == "lines" else _MOST_LINE_BYTES
    lines = read_lines(path, encoding, most)
    if column:
        units: Iterator[Numbered] = _read_column(Path(path), lines, normalize(column))
    elif split in ("sentences", "paragraphs"):
        units = _paragraphs(lines)
    else:
        units = lines
    if split == "chunks":
        pieces = (piece for _, text in units for piece in _pieces(text))
        return iter(enumerate(pieces, 1))
    if split == "sentences":
        parts = (part for _, text in units for part in split_sentences(text))
        return iter(enumerate(parts, 1))
    return ((number, " ".join(text.split()) if column else text.strip()) for number, text in units)


def split_sentences(text: str) -> list[str]:
    """Returns the sentences of a paragraph.

    >>> split_sentences('Mr. Fox ate. "Why?" asked she. No. 5 is 3.5 m long!')
    ['Mr. Fox ate.', '"Why?" asked she.', 'No. 5 is 3.5 m long!']
    """
    found, begin = [], 0
    for end in _END.finditer(text):
        word = text[begin : end.start()].rpartition(" ")[2].lstrip("\"'“‘(").lower()
        mark = end[0].strip()
        begins_small = text[end.end() : end.end() + 1].islower()
        abbreviated = mark == "." and (word in _ABBREVIATIONS or re.fullmatch(r"[^\W\d_]", word))
        if abbreviated or (begins_small and mark[0] in ".!?…"):
            continue
        found.append(text[begin : end.end()].strip())
        begin = end.end()
    return [part for part in (*found, text[begin:].strip()) if part]


def _paragraphs(lines: Iterator[Numbered]) -> Iterator[Numbered]:
    blocks = itertools.groupby(lines, key=lambda line: bool(line[1].strip()))
    texts = (" ".join(text.strip() for _, text in block) for full, block in blocks if full)
    return iter(enumerate(texts, 1))


def _pieces(text: str) -> Iterator[str]:
    """Yields a line in pieces of at most 10,000 characters, cut at spaces if possible."""
    text, begin = text.strip(), 0
    while len(text) - begin > _PIECE:
        cut = text.rfind(" ", begin, begin + _PIECE)
        cut = begin + _PIECE if cut <= begin else cut
        yield text[begin:cut].strip()
        begin = cut
    yield text[begin:].strip()


def _read_column(path: Path, lines: Iterator[Numbered], column: str) -> Iterator[Numbered]:
    first = next(lines, None)
    if first is None:
        return iter(())
    whole = itertools.chain([first], lines)
    if is_json(first[1]):
        return _json_column(path, whole, column)
    if re.match(r"\s*\[\s*(\{|$)", first[1]):
        raise UserError(f"{path} is a JSON array: give one object a line, as `jq -c '.[]'` writes")
    separator = guess_separator(path, first[1])
    return _csv_column(path, whole, column, separator)


def is_json(line: str) -> bool:
    """Returns whether a line begins and ends with the braces of a JSON object."""
    return line.strip()[:1] == "{" and line.strip()[-1:] == "}"


def guess_separator(path: Path, line: str) -> str:
    """Returns the likely separator of fields, by a file's name and its first line."""
    if ".tsv" in path.suffixes or "\t" in line:
        return "\t"
    return ";" if line.count(";") > line.count(",") else ","


def _json_column(path: Path, lines: Iterator[Numbered], column: str) -> Iterator[Numbered]:
    for number, line in lines:
        if not line.strip():
            continue
        try:
            content = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UserError(f"{path} line {number}: not JSON: {error}") from error
        if not isinstance(content, dict) or not isinstance(content.get(column), str):
            names = ", ".join(map(str, content)) if isinstance(content, dict) else "no fields"
            raise UserError(f"{path} line {number}: no text in {column!r}; it has {names}")
        if not content[column].isascii() and _SURROGATE.search(content[column]):
            raise UserError(f"{path} line {number}: a lone surrogate in {column!r}: not Unicode")
        yield number, normalize(content[column])  # escapes may be decomposed


def _csv_column(
    path: Path, lines: Iterator[Numbered], column: str, separator: str
) -> Iterator[Numbered]:
    last, begin = [0], 1

    def texts() -> Iterator[str]:
        for last[0], text in lines:
            yield text

    # Strict: a quote without its pair would silently join the rows up to the next quote.
    rows = csv.reader(texts(), delimiter=separator, strict=True)
    place = -1
    try:
        for row in rows:
            begin = last[0] + 1
            if not row:
                continue
            if place < 0:
                place, header = _find_column(path, row, column)
                if header:
                    continue
            if place >= len(row):
                raise UserError(f"{path} line {last[0]}: {len(row)} fields, no column {column}")
            yield last[0], row[place]
    except csv.Error as error:
        advice = 'a quote within a quoted field is written twice: ""'
        raise UserError(f"{path} line {begin}: not CSV: {error}; {advice}") from error


def _find_column(path: Path, row: list[str], column: str) -> tuple[int, bool]:
    """Returns (index of the column from 0, whether the first row is a header)."""
    names = [name.strip() for name in row]
    if names.count(column) > 1:
        raise UserError(f"{path} has {names.count(column)} columns {column!r}: rename the others")
    if column in names:
        return names.index(column), True
    if column.isdecimal() and 1 <= int(column) <= len(row):
        return int(column) - 1, False
    shown = ", ".join(names)
    raise UserError(f"{path} has no column {column!r}: it has {shown[:200]} (or a number from 1)")
