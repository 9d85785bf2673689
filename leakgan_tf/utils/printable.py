"""Text from elsewhere, made safe to show: file names, samples, what a file says."""

import unicodedata

# Controls (ESC moves a terminal's cursor), surrogates (no UTF-8), line and paragraph separators.
_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Embeddings, overrides and isolates, which turn the direction of the text that follows.
_DIRECTIONS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_MARKS = frozenset("\u200e\u200f\u061c")  # invisible, of one direction each
_KEPT = frozenset("\n\t")


def printable(text: object) -> str:
    r"""Returns text with control and bidirectional characters as escapes, ``\x1b`` say.

    Line feeds and tabs stay. Letters of all scripts stay, those written from right to left, too.
    """
    shown = str(text)
    if shown.isascii() and shown.isprintable():
        return shown
    return "".join(_escaped(character) if _hidden(character) else character for character in shown)


def _hidden(character: str) -> bool:
    return character not in _KEPT and (
        unicodedata.category(character) in _CATEGORIES
        or unicodedata.bidirectional(character) in _DIRECTIONS
        or character in _MARKS
    )


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file's name that is no UTF-8, as Python has it
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
