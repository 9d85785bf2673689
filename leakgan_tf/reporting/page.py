"""Formats a report as one self-contained HTML page: no network, no script, no other file."""

import base64
import re
from collections.abc import Iterator, Sequence
from html import escape

from leakgan_tf.reporting.document import (
    Block,
    Code,
    Folded,
    Heading,
    Links,
    Listing,
    Paragraph,
    Picture,
    Table,
)
from leakgan_tf.utils.printable import printable

_STYLE = """\
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff;
       max-width: 1100px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.7em; } h2 { font-size: 1.35em; border-bottom: 1px solid #ccc; margin-top: 2em; }
h3 { font-size: 1.1em; margin-top: 1.6em; }
.wide { overflow-x: auto; margin: 1em 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.9em; }
th, td { border: 1px solid #ccc; padding: 0.25em 0.6em; text-align: left; vertical-align: top; }
th { background: #f2f2f2; }
td:first-child { white-space: nowrap; }
.many table { font-size: 0.76em; } .many th, .many td { padding: 0.25em 0.35em; }
pre { background: #f6f6f6; padding: 0.7em; white-space: pre-wrap; overflow-wrap: anywhere; }
nav ul { columns: 20em; padding-left: 1.2em; } nav li { break-inside: avoid; }
details { margin: 1em 0; } summary { cursor: pointer; font-weight: bold; }
figure { margin: 1em 0; } img { max-width: 100%; height: auto; }
figcaption { color: #555; font-size: 0.9em; }
.warning { border-left: 4px solid #b00; padding-left: 0.7em; font-weight: bold; }
@media print {
  body { max-width: none; margin: 0; font-size: 10pt; }
  .wide { overflow: visible; } .short { break-inside: avoid; }
  table { font-size: 7.5pt; } .many table { font-size: 6.3pt; } a { color: inherit; }
  td:first-child { white-space: normal; }
  details::details-content { content-visibility: visible; block-size: auto; }
  th, td, .many th, .many td { padding: 0.15em 0.3em; }
  figure, tr, pre { break-inside: avoid; } h2, h3 { break-after: avoid; }
}
"""

_COLUMNS = 40  # number of columns that can be aligned to the right
_STYLE += "".join(
    f".r{place} :is(th, td):nth-child({place}) {{ text-align: right; }}\n"
    for place in range(1, _COLUMNS + 1)
)
_NUMBER = re.compile(r"[<+-]?\d[\d,.e-]*( ?%)?( ± \d[\d,.]*)?")
_CONTENTS = 4  # least number of sections for a table of contents
_SHORT = 12  # most rows of a table that print keeps on one page
_MANY = 12  # most columns of a table in normal font size


def to_html(blocks: Sequence[Block]) -> str:
    """Returns the whole page, with its pictures embedded."""
    title = next((block.text for block in blocks if isinstance(block, Heading)), "Report")
    body = "\n".join(_with_contents(blocks))
    return printable(
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _with_contents(blocks: Sequence[Block]) -> Iterator[str]:
    """Yields each block as HTML, and below the title a table of contents."""
    sections = [each for each in blocks if isinstance(each, Heading) and each.level == 2]
    number = 0
    for block in blocks:
        if isinstance(block, Heading) and block.level == 2:
            number += 1
            yield f'<h2 id="section-{number}">{escape(block.text)}</h2>'
            continue
        yield _html(block)
        if isinstance(block, Heading) and block.level == 1 and len(sections) >= _CONTENTS:
            links = (
                f'<li><a href="#section-{place}">{escape(each.text)}</a></li>'
                for place, each in enumerate(sections, 1)
            )
            yield "<nav>\n<ul>\n" + "\n".join(links) + "\n</ul>\n</nav>"


def _html(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Paragraph(text, warning):
            kind = ' class="warning"' if warning else ""
            return f"<p{kind}>{escape(text)}</p>"
        case Listing(items):
            return f"<ul>\n{_lines('li', items)}\n</ul>"
        case Links(items):
            links = (f'<li><a href="{escape(to)}">{escape(text)}</a></li>' for text, to in items)
            return "<ul>\n" + "\n".join(links) + "\n</ul>"
        case Table():
            return _table(block)
        case Code(text):
            return f"<pre>{escape(text)}</pre>"
        case Picture(path, caption):
            data = base64.b64encode(path.read_bytes()).decode()
            image = f'<img alt="{escape(caption)}" src="data:image/png;base64,{data}">'
            return f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>"
        case Folded(title, blocks):
            content = "\n".join(_html(each) for each in blocks)
            return f"<details><summary>{escape(title)}</summary>\n{content}\n</details>"
    raise TypeError(f"no block: {block!r}")


def _table(table: Table) -> str:
    """Returns a table, with columns of numbers aligned to the right and best figures bold."""
    headers, rows = table.headers, table.rows
    lines = "\n".join(
        "<tr>" + "".join(
            f"<td><b>{escape(cell)}</b></td>" if (number, place) in table.best
            else f"<td>{escape(cell)}</td>"
            for place, cell in enumerate(row)
        ) + "</tr>"
        for number, row in enumerate(rows)
    )  # fmt: skip
    head = f"<thead><tr>{_lines('th', headers, '')}</tr></thead>"
    columns = [[row[place] for row in rows if row[place]] for place in range(len(headers))]
    right = " ".join(
        f"r{place}"
        for place, cells in enumerate(columns, 1)
        if cells and all(_NUMBER.fullmatch(cell) for cell in cells)
    )
    opened = f'<table class="{right}">' if right else "<table>"
    kinds = "wide" + " short" * (len(rows) <= _SHORT) + " many" * (len(headers) > _MANY)
    return f'<div class="{kinds}">{opened}\n{head}\n<tbody>\n{lines}\n</tbody>\n</table></div>'


def _lines(tag: str, texts: Sequence[str], between: str = "\n") -> str:
    return between.join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)
