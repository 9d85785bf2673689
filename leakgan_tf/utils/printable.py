"""Makes untrusted text safe to print: file names, samples, content of files."""

import unicodedata

# Controls (ESC moves a terminal's cursor), surrogates (no UTF-8), line and paragraph separators.
_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Embeddings, overrides and isolates: they change the direction of the following text.
_DIRECTIONS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_MARKS = frozenset("\u200e\u200f\u061c")  # invisible direction marks
_KEPT = frozenset("\n\t")


def printable(text: object) -> str:
    r"""Returns text with control and bidirectional characters as escapes such as ``\x1b``.

    Line feeds, tabs and the letters of all scripts, right-to-left ones included, stay.
    """
    shown = str(text)
    return shown.translate({ord(each): _escaped(each) for each in set(shown) if _hidden(each)})


def _hidden(character: str) -> bool:
    return character not in _KEPT and (
        unicodedata.category(character) in _CATEGORIES
        or unicodedata.bidirectional(character) in _DIRECTIONS
        or character in _MARKS
    )


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # Python's surrogate for a non-UTF-8 byte in a file name
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
