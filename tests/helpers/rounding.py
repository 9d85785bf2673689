"""How far float32 results may differ where the same terms are summed in another order."""

import numpy as np

UNIT = 2.0**-23  # the unit in the last place of a float32 in [1, 2)


def assert_equal_but_rounding(actual, expected, terms: int, largest: float | None = None) -> None:
    """Asserts that sums of `terms` products are equal but for float32's rounding.

    Each addition may be off by a unit in the last place of the largest partial sum; without
    `largest`, the largest expected value is taken for it.
    """
    expected = np.asarray(expected)
    size = np.abs(expected).max() if largest is None else largest
    np.testing.assert_allclose(actual, expected, rtol=0, atol=terms * UNIT * size)
