"""Fields of settings dataclasses that know their meaning, and what may stand in them."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from leakgan_tf.utils.errors import UserError


def setting(default: Any, about: str, choices: Sequence[str] = ()) -> Any:
    """Returns a dataclass field with its meaning, unit and source in ``metadata``.

    Args:
      default: the value where nothing else is said.
      about: what it is, its unit and where the value comes from; the flag's help.
      choices: the values that are allowed, if they are few.
    """
    return dataclasses.field(default=default, metadata={"about": about, "choices": tuple(choices)})


def check_choice(field: dataclasses.Field, value: Any) -> None:
    """Raises ``UserError`` unless ``value`` is one of the field's choices (if it has any)."""
    choices = field.metadata.get("choices")
    if choices and value not in choices:
        raise UserError(f"{field.name} must be one of {', '.join(choices)}; not {value!r}")


def parse_setting(field: dataclasses.Field, text: str) -> Any:
    """Reads one field's value as the command line gives it.

    Args:
      field: the field; its default says which type is meant. Tuples are comma-separated.
      text: the flag's value.

    Raises:
      UserError: ``text`` is not of the field's type, or not among its choices.
    """
    example = field.default
    try:
        if isinstance(example, bool):
            value: Any = {"true": True, "false": False}[text.lower()]
        elif isinstance(example, tuple):
            value = tuple(int(part) for part in text.split(",") if part.strip())
        else:
            value = type(example)(text)
    except (KeyError, ValueError) as error:
        kind = "comma-separated int" if isinstance(example, tuple) else type(example).__name__
        raise UserError(f"--{field.name} takes a {kind}, not {text!r}") from error
    check_choice(field, value)
    return value
