"""Regenerates the regions of Markdown files that are made from committed results.

A region is between the lines ``<!-- results: NAME VIEW -->`` and ``<!-- end -->``. NAME is
a result, VIEW one of its tables (`tables.VIEWS`; by default the first). ``python -m
benchmarks.publish`` writes the text between these lines. Several results, separated by commas, give
one table with the rows of all; equal rows are shown once. ``columns: a; b`` selects columns,
``rows: a; b`` rows that begin with one of these:
``<!-- results: NAME figures columns: system; minutes rows: MLE -->``.
"""

import re
from collections.abc import Mapping

from benchmarks.reports.results import Result
from benchmarks.reports.tables import view
from leakgan_tf.reporting.document import Table, to_markdown
from leakgan_tf.utils.errors import UserError

_BEGIN = re.compile(r"^<!-- results: (\S+)(?: (\S+))?(?: columns: (.+?))?(?: rows: (.+?))? -->$")
_END = "<!-- end -->"


def renew(text: str, results: Mapping[str, Result], where: str) -> str:
    """Returns Markdown with every region regenerated; `where` names the file in messages.

    Raises:
      UserError: a region has no end, or names a result or a view that does not exist.
    """
    lines, kept = iter(text.split("\n")), []
    for line in lines:
        kept.append(line)
        found = _BEGIN.match(line)
        if not found and line.startswith("<!-- results:"):
            raise UserError(f"{where}: {line} cannot be read: <!-- results: NAME VIEW -->")
        if found:
            name, asked, columns, rows = found.groups()
            names = name.split(",")
            if unknown := [each for each in names if each not in results]:
                raise UserError(f"{where} names the result {unknown[0]}, which does not exist")
            if _END not in lines:  # consumes the old content
                raise UserError(f"{where}: {line} has no {_END}")
            tables = {each: view(results[each], asked or "") for each in names}
            kept += [*_markdown(_joined(tables), columns, rows, f"{where}: {line}"), _END]
    return "\n".join(kept)


def outside(text: str) -> str:
    """Returns Markdown without its generated regions."""
    kept, inside = [], False
    for line in text.split("\n"):
        inside = inside or bool(_BEGIN.match(line))
        if not inside:
            kept.append(line)
        inside = inside and line != _END
    return "\n".join(kept)


def _joined(tables: Mapping[str, Table]) -> Table:
    """Returns one table of several; its first column has the result of each row.

    Its columns are those of all tables; a cell is empty if its table has no such column.
    """
    if len(tables) == 1:
        return next(iter(tables.values()))
    headers = list(dict.fromkeys(header for table in tables.values() for header in table.headers))
    rows = [
        [name, *(cells.get(header, "") for header in headers)]
        for name, table in tables.items()
        for cells in (dict(zip(table.headers, row, strict=True)) for row in table.rows)
    ]
    return Table(["result", *headers], rows)


def _markdown(table: Table, columns: str | None, rows: str | None, where: str) -> list[str]:
    """Returns the lines of a table, with selected columns and rows."""
    headers, body = list(table.headers), [list(row) for row in table.rows]
    if rows:
        firsts = tuple(each.strip() for each in rows.split(";"))
        body = [row for row in body if any(cell.startswith(firsts) for cell in row[:2])]
    if columns:
        asked = [each.strip() for each in columns.split(";")]
        unknown = [each for each in asked if each not in headers]
        if unknown:
            raise UserError(f"{where}: no column {unknown[0]!r}; there are {'; '.join(headers)}")
        places = [headers.index(each) for each in asked]
        headers, body = asked, [[row[place] for place in places] for row in body]
    body = [list(row) for row in dict.fromkeys(map(tuple, body))]
    if not body:
        raise UserError(f"{where}: no row is selected")
    return to_markdown([Table(headers, body)]).rstrip("\n").split("\n")
