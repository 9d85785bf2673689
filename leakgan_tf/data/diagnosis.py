"""Warns about likely mistakes in a prepared text, each with the flag that corrects it."""

import csv
import itertools
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from leakgan_tf.data.encoding import Encoded, PrepareSettings
from leakgan_tf.data.sources import Source
from leakgan_tf.data.text import is_unspaced
from leakgan_tf.data.units import guess_separator, is_json

_LOOKED_AT = 2000  # lines of a file that are examined
_CHARACTERS = 100_000  # characters of them that determine the script
_FEW = 5  # fewer lines do not show a file's format
_END_MARKS = frozenset(".!?:;…\"'”’)]»。！？」")
_SENTENCE_INSIDE = re.compile(r"[.!?][\"'”’)]* +[\"'“‘(]*[A-ZÀ-Þ]")  # a sentence boundary
UNKNOWN_SHARE = 0.1  # share of unknown test tokens that gives a warning


def diagnose(sources: Sequence[Source], encoded: Encoded, settings: PrepareSettings) -> list[str]:
    """Returns warnings about a prepared text and the files of its training part, one line each."""
    found = [
        f"warning: {source.name} {words}"
        for source in sources
        if (words := diagnose_lines(Path(source.name), _first_lines(source), settings))
    ]
    test, kept = encoded.test_account, len(encoded.test)
    if test.coverage < 1 - UNKNOWN_SHARE:
        found.append(
            f"warning: {1 - test.coverage:.0%} of the test tokens are unknown: give more text, "
            "--lowercase, or --tokenizer=bpe (subwords) or char"
        )
    if encoded.overlap:
        found.append(
            f"warning: {encoded.overlap:,} of {kept:,} test sentences also occur in training and "
            "raise every score: --deduplicate drops them"
        )
    return found


def diagnose_lines(path: Path, lines: Sequence[str], settings: PrepareSettings) -> str:
    """Returns the first problem of a file's lines with advice; "" if there is none."""
    full = [line for line in lines if line]
    checks: list[tuple[bool, Callable[[], str]]] = [
        (settings.split == "lines" and not settings.column, lambda: _fields(path, full)),
        (settings.split == "lines" and not settings.column, lambda: _wrapped(lines)),
        (settings.tokenizer in ("word", "whitespace"), lambda: _unspaced(full)),
    ]
    return next((words for applies, check in checks if applies and (words := check())), "")


def _first_lines(source: Source) -> list[str]:
    return [line for _, line in itertools.islice(source.read(), _LOOKED_AT)]


def _fields(path: Path, lines: Sequence[str]) -> str:
    """Returns advice for lines with fields, JSON or a regular number of separators; else ""."""
    if len(lines) < _FEW:
        return ""
    if sum(map(is_json, lines)) > 0.9 * len(lines):
        return "looks like JSON lines: give --column=NAME, the field with the text"
    separator = guess_separator(path, lines[0])
    # Each line by itself: a quote without its pair must not take in the lines after it.
    counts = [len(_split(line, separator)) for line in lines]
    usual = max(set(counts), key=counts.count)
    named = {".csv", ".tsv"} & set(path.suffixes)
    least = 2 if named or separator == "\t" else 3
    if usual < least or counts.count(usual) < (0.5 if named else 0.95) * len(counts):
        return ""
    header = _split(lines[0], separator)
    kind = "TSV" if separator == "\t" else "CSV"
    shown = ", ".join(name.strip() for name in header)
    return f"looks like {kind}: give --column=NAME or NUMBER (first row: {shown[:120]})"


def _split(line: str, separator: str) -> list[str]:
    """Returns the fields of a line; the line itself if a field is too long for a table."""
    try:
        return next(csv.reader([line], delimiter=separator))
    except csv.Error:
        return [line]


def _wrapped(lines: Sequence[str]) -> str:
    """Returns advice for hard-wrapped text, whose lines have about equal lengths; else ""."""
    following = [(a, b) for a, b in itertools.pairwise(lines) if a and b]
    if len(following) < _FEW:
        return ""
    goes_on = sum(a[-1] not in _END_MARKS and b[0].islower() for a, b in following)
    lengths = sorted(len(a) for a, _ in following)
    longest = lengths[int(0.95 * len(lengths))]
    alike = sum(length > 0.8 * longest for length in lengths)
    inside = sum(bool(_SENTENCE_INSIDE.search(a)) for a, _ in following)
    wrapped = goes_on >= 0.3 * len(following) and inside >= 0.1 * len(following)
    if not wrapped or alike < 0.5 * len(lengths):
        return ""
    return "looks hard-wrapped, with sentences across lines: give --split=sentences"


def _unspaced(lines: Sequence[str]) -> str:
    """Returns advice for scripts without spaces, where words would be whole clauses; else ""."""
    text = "\n".join(lines)[:_CHARACTERS]
    letters = [character for character in text if character.isalpha()]
    unspaced = sum(map(is_unspaced, letters))
    if unspaced < 0.3 * max(len(letters), 1) or len(letters) < 4 * len(text.split()):
        return ""
    return "is in a script without spaces between words: give --tokenizer=char"
