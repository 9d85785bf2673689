"""Checks the types of arguments of the Python API, which no flag has parsed."""

import os
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np

from leakgan_tf.utils.errors import UserError

PATH, TEXT, NUMBER, WHOLE = "a path", "text", "a number", "a whole number"
SWITCH = "True or False"
# NumPy's numbers are numbers; a bool is none.
_TYPES: dict[str, tuple[type, ...]] = {
    PATH: (str, os.PathLike),
    TEXT: (str,),
    NUMBER: (Real,),
    WHOLE: (Integral,),
    SWITCH: (bool, np.bool_),
}
_SHOWN = 60  # characters of a wrong value in a message


def check_type(kind: str, *, optional: bool = False, **arguments: object) -> None:
    """Raises ``UserError`` that names the first argument of another type.

    >>> check_type(WHOLE, num=3, seed=0)
    >>> check_type(PATH, optional=True, data=None)

    Args:
      kind: one of the constants of this module.
      optional: whether an argument may be None.
      **arguments: values by name.
    """
    for name, value in arguments.items():
        if not (_fits(kind, value) or (optional and value is None)):
            raise UserError(f"{name} must be {kind}, not {_shown(value)}")


def as_list(kind: str, name: str, value: Any, alone: bool = True) -> list[Any]:
    """Returns an argument as a list; raises ``UserError`` that names it if it is of another type.

    >>> as_list(PATH, "source", "a.txt"), as_list(PATH, "source", ("a.txt", "b.txt"))
    (['a.txt'], ['a.txt', 'b.txt'])

    Args:
      kind: one of the constants of this module.
      name: name of the argument.
      value: its value.
      alone: whether one value without a list is allowed.
    """
    if alone and _fits(kind, value):
        return [value]
    several = f"a list of {kind.partition(' ')[2]}s"
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        wanted = f"{kind} or {several}" if alone else several
        raise UserError(f"{name} must be {wanted}, not {_shown(value)}")
    values = list(value)
    for place, each in enumerate(values):
        check_type(kind, **{f"{name}[{place}]": each})
    return values


def _fits(kind: str, value: object) -> bool:
    return isinstance(value, _TYPES[kind]) and (
        kind == SWITCH or not isinstance(value, _TYPES[SWITCH])
    )


def _shown(value: object) -> str:
    text = repr(value)
    return " ".join(text.split()) if len(text) <= _SHOWN else f"a {type(value).__name__}"
