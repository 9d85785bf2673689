"""Recognizes files that are not text by their first bytes."""

import codecs

_OFFICE = "a ZIP archive or an office document: give its text, saved as a plain file"
_PICTURE = "a picture: give a text file"
_PACKED = "compressed: decompress it first (only gzip is read directly)"
# First bytes of common formats, and the advice in the error message.
_FORMATS = {
    b"%PDF-": "a PDF: give its text, which `pdftotext FILE.pdf FILE.txt` saves",
    b"PK\x03\x04": _OFFICE,
    b"\xd0\xcf\x11\xe0": _OFFICE,
    b"{\\rtf": "an RTF document: give its text, saved as a plain file",
    b"\x89PNG": _PICTURE,
    b"\xff\xd8\xff": _PICTURE,
    b"GIF8": _PICTURE,
    b"MThd": "a MIDI file: give its folder to --midi",
    b"BZh": _PACKED,
    b"\xfd7zXZ": _PACKED,
    b"7z\xbc\xaf": _PACKED,
    b"\x28\xb5\x2f\xfd": _PACKED,
}  # fmt: skip
HEAD = max(map(len, _FORMATS))  # bytes that `known_format` needs
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\v\f\r\x1b")  # ISO-2022 text contains ESC
_MOST_CONTROLS = 0.01  # largest share of control bytes in text


def known_format(head: bytes) -> str:
    """Returns the format of a file with these first bytes, and advice; "" if unknown.

    >>> known_format(b"%PDF-1.4")
    'a PDF: give its text, which `pdftotext FILE.pdf FILE.txt` saves'
    """
    return next((words for magic, words in _FORMATS.items() if head.startswith(magic)), "")


def is_binary(content: bytes) -> bool:
    """Returns whether bytes have too many control characters for text; False for UTF-16.

    >>> is_binary(bytes(range(256))), is_binary("häßlich".encode("cp1252"))
    (True, False)
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return False
    return sum(map(content.count, _CONTROLS)) > _MOST_CONTROLS * len(content)
