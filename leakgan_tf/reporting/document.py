"""The blocks of a report, and their form in Markdown. `page.py` has their form in HTML."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from leakgan_tf.reporting.tables import markdown
from leakgan_tf.utils.printable import printable

_SPECIAL = re.compile(r"([\\`*|<>&\[\]])")  # characters with a meaning in Markdown


@dataclass(frozen=True)
class Heading:
    """A title; level 1 is that of the page."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """Plain text; `warning` emphasizes it."""

    text: str
    warning: bool = False


@dataclass(frozen=True)
class Listing:
    """A bulleted list."""

    items: Sequence[str]


def listed(items: Sequence[str]) -> list["Block"]:
    """Returns [`Listing` of the items], or [] without items."""
    return [Listing(items)] if items else []


@dataclass(frozen=True)
class Links:
    """A list of links: (text, address)."""

    items: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Table:
    """A table of plain text; the cells in `best`, (row, column), are emphasized."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    best: Collection[tuple[int, int]] = ()


def without_empty(table: Table) -> Table:
    """Returns a table, which has no best cells, without its empty columns."""
    kept = [place for place in range(len(table.headers)) if any(row[place] for row in table.rows)]
    return Table(
        [table.headers[place] for place in kept],
        [[row[place] for place in kept] for row in table.rows],
    )


@dataclass(frozen=True)
class Code:
    """Preformatted text: commands, samples."""

    text: str


@dataclass(frozen=True)
class Picture:
    """A PNG file: a link in Markdown, embedded in HTML."""

    path: Path
    caption: str


@dataclass(frozen=True)
class Folded:
    """A small section, which is collapsed in HTML."""

    title: str
    blocks: Sequence["Block"]


Block = Heading | Paragraph | Listing | Links | Table | Code | Picture | Folded


def to_markdown(blocks: Sequence[Block], pictures: str = "") -> str:
    """Returns the report as Markdown; `pictures` is the path to its pictures, as "results/"."""
    return printable("\n\n".join(_markdown(block, pictures) for block in blocks) + "\n")


def _markdown(block: Block, pictures: str) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {_plain(text)}"
        case Paragraph(text, warning):
            return f"**{_plain(text)}**" if warning else _plain(text)
        case Listing(items):
            return "\n".join(f"- {_plain(item)}" for item in items)
        case Links(items):
            return "\n".join(f"- [{_plain(text)}]({address})" for text, address in items)
        case Table(headers, rows, best):
            cells = [
                [f"**{_plain(cell)}**" if (number, place) in best else _plain(cell)
                 for place, cell in enumerate(row)]
                for number, row in enumerate(rows)
            ]  # fmt: skip
            return markdown([_plain(header) for header in headers], cells)
        case Code(text):
            fence = _fence(text)
            return f"{fence}\n{text}\n{fence}"
        case Picture(path, caption):
            return f"![{_plain(caption)}]({pictures}{path.name})\n\n{_plain(caption)}"
        case Folded(title, blocks):
            parts = [Heading(title, 3), *blocks]
            return "\n\n".join(_markdown(each, pictures) for each in parts)
    raise TypeError(f"no block: {block!r}")


def _plain(text: str) -> str:
    """Returns text on one line, with the special characters of Markdown escaped."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _fence(text: str) -> str:
    """Returns a fence that is longer than any in the text: samples may contain anything."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(3, longest + 1)
