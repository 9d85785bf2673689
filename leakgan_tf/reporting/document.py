"""A report as a list of blocks, and that list as Markdown. `page.py` makes HTML of it."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from leakgan_tf.reporting.tables import markdown
from leakgan_tf.utils.printable import printable

_SPECIAL = re.compile(r"([\\`*|<>&\[\]])")  # what Markdown would not show as it is


@dataclass(frozen=True)
class Heading:
    """A title; level 1 is the page's."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """Plain text; `warning` emphasizes it."""

    text: str
    warning: bool = False


@dataclass(frozen=True)
class Listing:
    """Points, a line each."""

    items: Sequence[str]


def listed(items: Sequence[str]) -> list["Block"]:
    """Returns points as a block; none without points."""
    return [Listing(items)] if items else []


@dataclass(frozen=True)
class Links:
    """Addresses with what they lead to: (text, address)."""

    items: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Table:
    """Cells as plain text; `best` are emphasized: (row, column)."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    best: Collection[tuple[int, int]] = ()


def without_empty(table: Table) -> Table:
    """Returns a table without the columns in which every cell is empty; it has no best cells."""
    kept = [place for place in range(len(table.headers)) if any(row[place] for row in table.rows)]
    return Table(
        [table.headers[place] for place in kept],
        [[row[place] for place in kept] for row in table.rows],
    )


@dataclass(frozen=True)
class Code:
    """Text that is shown letter by letter: commands, samples."""

    text: str


@dataclass(frozen=True)
class Picture:
    """A PNG file, beside the Markdown and within the HTML."""

    path: Path
    caption: str


@dataclass(frozen=True)
class Folded:
    """A small section whose content the HTML shows when it is asked for."""

    title: str
    blocks: Sequence["Block"]


Block = Heading | Paragraph | Listing | Links | Table | Code | Picture | Folded


def to_markdown(blocks: Sequence[Block], pictures: str = "") -> str:
    """Returns the report as Markdown; `pictures` leads from its folder to theirs: "results/"."""
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
    """Returns text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _fence(text: str) -> str:
    """Returns a fence that is longer than any in the text: samples may hold anything."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(3, longest + 1)
