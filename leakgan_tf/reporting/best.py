"""Which figures of a table are the best of the runs in it."""

from collections.abc import Collection
from dataclasses import replace

from leakgan_tf.reporting.document import Table

BEST_NOTE = "Bold: the best of these runs in one figure; no single figure decides."
# How the titles of columns begin in which higher, or lower, is better.
_HIGHER = ("BLEU", "backward BLEU", "distinct", "grammatical")
_LOWER = ("Self-BLEU", "NLL", "MSE", "Fréchet", "reverse NLL", "copied")


def mark_best(table: Table, names: Collection[str]) -> Table:
    """Returns a table with the best figure of each column marked, all of them if several are equal.

    Args:
      table: of figures; the first column has names.
      names: the rows that compete: runs that can be compared, not published figures. One alone is
        not the best of anything.
    """
    best: set[tuple[int, int]] = set()
    for place, header in enumerate(table.headers):
        if not header.startswith((*_HIGHER, *_LOWER)):
            continue
        sign = 1 if header.startswith(_HIGHER) else -1
        found = {
            number: sign * float(row[place].split()[0].replace(",", ""))
            for number, row in enumerate(table.rows)
            if row[0] in names and row[place]
        }
        if len(found) > 1:
            most = max(found.values())
            best |= {(number, place) for number, value in found.items() if value == most}
    return replace(table, best=frozenset(best))
