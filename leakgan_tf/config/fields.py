"""Fields of settings dataclasses: meaning, choices, limits, and how a flag's text is read."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from leakgan_tf.utils.errors import UserError


def setting(
    default: Any,
    about: str,
    choices: Sequence[str] = (),
    zero: bool = False,
    most: float = math.inf,
) -> Any:
    """Returns a dataclass field with its meaning, unit and source in ``metadata``.

    Args:
      default: the value where nothing else is said.
      about: what it is, its unit and where the value comes from; the flag's help.
      choices: the values that are allowed, if they are few.
      zero: whether a number may be 0; it must be finite and above 0 otherwise.
      most: the largest number that is allowed.
    """
    metadata = {"about": about, "choices": tuple(choices), "zero": zero, "most": most}
    return dataclasses.field(default=default, metadata=metadata)


def check_choice(field: dataclasses.Field[Any], value: Any, name: str = "") -> None:
    """Raises ``UserError`` unless ``value`` is one of the field's choices (if it has any).

    Args:
      field: made by `setting`.
      value: of the field.
      name: what the message calls the field; default: its own name.
    """
    choices = field.metadata.get("choices")
    if choices and value not in choices:
        raise UserError(f"{name or field.name} must be one of {', '.join(choices)}; not {value!r}")


def check_setting(name: str, field: dataclasses.Field[Any], value: Any) -> None:
    """Raises ``UserError`` unless a value is among the field's choices or within its limits.

    Args:
      name: what the message calls the field.
      field: made by `setting`.
      value: of the field.
    """
    check_choice(field, value, name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return
    zero, most = field.metadata["zero"], field.metadata["most"]
    if not 0 <= value < math.inf or (value == 0 and not zero):
        raise UserError(f"{name} must be {'0 or more' if zero else 'above 0'}, not {value}")
    if value > most:
        raise UserError(f"{name} must be at most {most:g}, not {value}")


def parse_setting(name: str, field: dataclasses.Field[Any], text: str) -> Any:
    """Reads one field's value as the command line gives it.

    Args:
      name: the flag's.
      field: the field; its default says which type is meant. Tuples are comma-separated.
      text: the flag's value.

    Raises:
      UserError: ``text`` is not of the field's type, or not among its choices.
    """
    example: Any = field.default
    try:
        if isinstance(example, bool):
            value: Any = {"true": True, "false": False}[text.lower()]
        elif isinstance(example, tuple):
            value = tuple(int(part) for part in text.split(",") if part.strip())
        else:
            value = type(example)(text)
    except (KeyError, ValueError) as error:
        kind = "comma-separated int" if isinstance(example, tuple) else type(example).__name__
        raise UserError(f"--{name} takes a {kind}, not {text!r}") from error
    check_choice(field, value, name)
    return value
