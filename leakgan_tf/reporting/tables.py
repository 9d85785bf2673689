"""Tables in plain text and Markdown."""

from collections.abc import Sequence

import numpy as np
from tabulate import tabulate

from leakgan_tf.utils.printable import printable


def mean_and_spread(values: Sequence[float], digits: int = 3) -> str:
    """Returns "mean", or "mean ± sample standard deviation" of more than one value."""
    mean = f"{np.mean(values):.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ± {np.std(values, ddof=1):.{digits}f}"


def markdown(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a Markdown table; cells are text already, and stay as they are."""
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def plain(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table for the terminal."""
    cells = [[printable(cell) for cell in row] for row in rows]
    return tabulate(cells, headers, tablefmt="simple", disable_numparse=True)
