"""Fields of settings dataclasses: help text, choices, limits, and the parser of flags."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from leakgan_tf.utils.arguments import NUMBER, SWITCH, TEXT, WHOLE, as_list, check_type
from leakgan_tf.utils.errors import UserError

_KINDS = {bool: SWITCH, int: WHOLE, float: NUMBER, str: TEXT}


def setting(
    default: Any,
    about: str,
    choices: Sequence[str] = (),
    zero: bool = False,
    most: float = math.inf,
) -> Any:
    """Returns a dataclass field with help text, choices and limits in ``metadata``.

    Args:
      default: the default value; its type is the type of the flag.
      about: meaning, unit and source of the value; also the help text of the flag.
      choices: the allowed values; empty for any.
      zero: whether a number may be 0. Numbers must be finite and above 0 otherwise.
      most: the largest allowed number.
    """
    metadata = {"about": about, "choices": tuple(choices), "zero": zero, "most": most}
    return dataclasses.field(default=default, metadata=metadata)


def check_choice(field: dataclasses.Field[Any], value: Any, name: str = "") -> None:
    """Raises ``UserError`` unless ``value`` is one of the field's choices (if it has any).

    Args:
      field: created by `setting`.
      value: the value to check.
      name: name of the field in the message; default: its own name.
    """
    choices = field.metadata.get("choices")
    if choices and value not in choices:
        raise UserError(f"{name or field.name} must be one of {', '.join(choices)}, not {value!r}")


def check_setting(name: str, field: dataclasses.Field[Any], value: Any) -> None:
    """Raises ``UserError`` for a value of another type, outside the choices or beyond the limits.

    Args:
      name: name of the field in the message.
      field: created by `setting`.
      value: the value to check.
    """
    if isinstance(field.default, tuple):
        as_list(WHOLE, name, value, alone=False)
    elif type(field.default) in _KINDS:
        check_type(_KINDS[type(field.default)], **{name: value})
    check_choice(field, value, name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return
    zero, most = field.metadata["zero"], field.metadata["most"]
    if not 0 <= value < math.inf or (value == 0 and not zero):
        raise UserError(f"{name} must be {'0 or more' if zero else 'above 0'}, not {value}")
    if value > most:
        raise UserError(f"{name} must be at most {most:g}, not {value}")


def parse_setting(name: str, field: dataclasses.Field[Any], text: str) -> Any:
    """Returns the value of a field, parsed from the text of its flag.

    Args:
      name: name of the flag.
      field: the field; the type of its default is the type of the value.
      text: value of the flag; comma-separated for a tuple.

    Raises:
      UserError: ``text`` does not have the field's type, or is not among its choices.
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
