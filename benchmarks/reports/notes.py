"""Reads the notes below the tables of reports from the sections of ``notes.md``."""

import functools
import re
from pathlib import Path

_FILE = Path(__file__).with_suffix(".md")


@functools.cache
def _sections() -> dict[str, list[str]]:
    found = {}
    for part in _FILE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, text = part.partition("\n")
        points = re.split(r"^- ", text, flags=re.MULTILINE)[1:]
        found[title] = [" ".join(point.split()) for point in points]
    return found


def notes(section: str, **values: object) -> list[str]:
    """Returns the notes of a section, with values inserted for names in braces."""
    return [point.format(**values) for point in _sections()[section]]
