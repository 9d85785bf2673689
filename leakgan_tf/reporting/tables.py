"""Formats tables as plain text and Markdown."""

from collections.abc import Sequence

import numpy as np
from tabulate import tabulate

from leakgan_tf.utils.printable import printable

WIDTH = 100  # most characters in a line of a printed table


def mean_and_spread(values: Sequence[float], digits: int = 3, sign: str = "") -> str:
    """Returns "mean", or "mean ± sample standard deviation" of more than one value.

    `sign` "+" shows the sign of a mean above 0, too.
    """
    mean = f"{np.mean(values):{sign}.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ± {np.std(values, ddof=1):.{digits}f}"


def markdown(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a Markdown table; cells are Markdown and are not escaped."""
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def plain(headers: Sequence[str], rows: Sequence[Sequence[str]], keys: int = 1) -> str:
    """Returns a table for the terminal; a wide table is split into several, one below another.

    Each part repeats the first `keys` columns, which identify a row.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    parts: list[str] = []
    shown = list(range(keys))
    for place in range(keys, len(headers)):
        wider = _plain(headers, cells, [*shown, place]).splitlines()
        if len(shown) > keys and max(map(len, wider)) > WIDTH:
            parts.append(_plain(headers, cells, shown))
            shown = list(range(keys))
        shown.append(place)
    return "\n\n".join([*parts, _plain(headers, cells, shown)])


def _plain(headers: Sequence[str], cells: Sequence[Sequence[str]], places: Sequence[int]) -> str:
    """Returns the columns at these places as one table."""
    return tabulate(
        [[row[place] for place in places] for row in cells],
        [headers[place] for place in places],
        tablefmt="simple",
        disable_numparse=True,
    )
