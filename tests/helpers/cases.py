"""Cases of a test, most of which only CI runs."""

from collections.abc import Iterable

import pytest


def left_to_ci(names: Iterable[str], always: tuple[str, ...]) -> list:
    """Returns the cases of a test; all but `always` are marked ``ci``."""
    return [name if name in always else pytest.param(name, marks=pytest.mark.ci) for name in names]
