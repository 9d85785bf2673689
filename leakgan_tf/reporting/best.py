"""Marks the best figures in a table of runs."""

import math
from collections.abc import Collection
from dataclasses import replace

from leakgan_tf.reporting.document import Table

BEST_NOTE = "Bold: the best of these runs in that column; no single figure decides."
# First words of columns in which a higher, or a lower, value is better.
_HIGHER = ("BLEU", "backward BLEU", "distinct", "grammatical")
_LOWER = ("Self-BLEU", "NLL", "MSE", "Fréchet", "reverse NLL", "copied")


def mark_best(table: Table, names: Collection[str]) -> Table:
    """Returns a table with the best figures of each column marked; ties are all marked.

    Args:
      table: figures, with names in the first column.
      names: rows that are compared: runs, not published figures. With a single one nothing is
        marked.
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
        found = {number: value for number, value in found.items() if not math.isnan(value)}
        if len(found) > 1:
            most = max(found.values())
            best |= {(number, place) for number, value in found.items() if value == most}
    return replace(table, best=frozenset(best))
