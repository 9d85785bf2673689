"""Checks JSON from a file against a declared type.

`parse_json` accepts plain JSON with limits on depth, integers and text. `check` then compares the
value with a type: a dataclass, a ``TypedDict``, or a standard annotation. Code that uses a file's
content therefore gets only values of the declared types.

    class Line(TypedDict):
        position: Annotated[int, Limits(least=0)]
        group: str

    line = check(parse_json(text, "line 3"), Line, "line 3")
"""

import dataclasses
import json
import math
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from leakgan_tf.utils.errors import UserError

DEPTH = 64  # nested lists and objects; the project's own files have at most 8 levels
_WHOLE = 2**63  # exclusive limit of integers: int64 must hold them
_SHOWN = 60  # characters of a wrong value in a message
_NAMES = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}
T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Limits:
    """Range of a number, or of the length of a text or list, as in ``Annotated[int, Limits(0)]``.

    Attributes:
      least, most: the bounds, inclusive.
      finite: whether NaN and infinity are refused; if not, the bounds do not apply to them.
    """

    least: float = -math.inf
    most: float = math.inf
    finite: bool = True


def parse_json(text: str | bytes, where: str) -> Any:
    """Returns JSON text as lists, dictionaries, strings, numbers, booleans and None.

    Raises:
      UserError: the text is not JSON, is nested too deep, or contains an integer of more than 64
        bits or a lone surrogate.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise UserError(f"{where} is nested too deep") from None
    except ValueError as error:
        raise UserError(f"{where} is not JSON: {error}") from error
    _check_plain(value, where, DEPTH)
    return value


def _check_plain(value: Any, where: str, depth: int) -> None:
    """Raises ``UserError`` for too deep nesting, too large integers and lone surrogates."""
    if isinstance(value, str):
        if not value.isascii():
            try:
                value.encode("utf-8")
            except UnicodeEncodeError:
                raise UserError(f"{where} contains a lone surrogate: not Unicode text") from None
    elif isinstance(value, int) and not -_WHOLE <= value < _WHOLE:
        raise UserError(f"{where} contains a whole number of more than 64 bits")
    elif isinstance(value, list | dict):
        if not depth:
            raise UserError(f"{where} is nested too deep: more than {DEPTH} levels")
        for each in value:
            _check_plain(each, where, depth - 1)
        if isinstance(value, dict):
            for each in value.values():
                _check_plain(each, where, depth - 1)


def check(value: Any, annotation: Any, where: str) -> Any:
    """Returns a JSON value as the annotated type.

    Three conversions follow the annotation: lists to tuples, objects to dataclasses, integers to
    floats. Numbers must be finite unless `Limits` allow others. Objects for a dataclass have its
    fields and no others; fields with a default may be missing. A ``TypedDict`` may have more keys.

    Args:
      value: the result of `parse_json`.
      annotation: the expected type.
      where: begins each error message; the path of the wrong item is appended.

    Raises:
      UserError: the value, or an item of it, has another type or is outside its limits.
    """
    limits = None
    if _annotated(annotation):
        annotation, *notes = typing.get_args(annotation)
        limits = next((note for note in notes if isinstance(note, Limits)), None)
    origin = typing.get_origin(annotation) or annotation
    if annotation is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        return _check_union(value, typing.get_args(annotation), where)
    if origin is typing.Literal:
        allowed = typing.get_args(annotation)
        if not any(type(value) is type(each) and value == each for each in allowed):
            raise _wrong(value, f"one of {', '.join(map(str, allowed))}", where)
        return value
    if origin in _NAMES:
        result = _check_number_or_text(value, origin, limits or Limits(), where)
    elif origin in (None, types.NoneType):
        if value is not None:
            raise _wrong(value, "null", where)
        return None
    else:
        result = _checker(origin)(value, annotation, where)
    if limits is not None and hasattr(result, "__len__"):
        _check_limits(len(result), limits, f"the length of {where}")
    return result


def _annotated(annotation: Any) -> bool:
    return typing.get_origin(annotation) is typing.Annotated


def _checker(origin: Any) -> Callable[[Any, Any, str], Any]:
    if dataclasses.is_dataclass(origin):
        return _check_dataclass
    if typing.is_typeddict(origin):
        return _check_typed_dict
    if origin is tuple:
        return _check_tuple
    if origin in (list, Sequence):
        return _check_list
    if origin in (dict, Mapping):
        return _check_dict
    raise TypeError(f"no check for {origin!r}")


def _check_number_or_text(value: Any, kind: type, limits: Limits, where: str) -> Any:
    accepted: Any = (int, float) if kind is float else kind
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise _wrong(value, _NAMES[kind], where)
    if kind is float:
        value = float(value)  # an int, too
        if limits.finite and not math.isfinite(value):
            raise _wrong(value, "a finite number", where)
    if kind is int or (kind is float and math.isfinite(value)):
        _check_limits(value, limits, where)
    return value


def _check_limits(value: float, limits: Limits, where: str) -> None:
    if value < limits.least or value > limits.most:
        bounds = [
            f"{word} {bound:g}"
            for word, bound in (("at least", limits.least), ("at most", limits.most))
            if math.isfinite(bound)
        ]
        raise UserError(f"{where} must be {' and '.join(bounds)}, not {value}")


def _check_union(value: Any, members: Sequence[Any], where: str) -> Any:
    """Returns the value as the first member that accepts it; ``T | None`` keeps T's own error."""
    others = [member for member in members if member is not types.NoneType]
    if value is None and len(others) < len(members):
        return None
    if len(others) == 1:
        return check(value, others[0], where)
    for member in others:
        try:
            return check(value, member, where)
        except UserError:
            continue
    plain = [typing.get_args(each)[0] if _annotated(each) else each for each in others]
    names = " or ".join(_NAMES.get(member, str(member)) for member in plain)
    raise _wrong(value, names, where)


def _check_list(value: Any, annotation: Any, where: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise _wrong(value, "a list", where)
    (kind,) = typing.get_args(annotation) or (Any,)
    return [check(each, kind, f"{where}[{place}]") for place, each in enumerate(value)]


def _check_tuple(value: Any, annotation: Any, where: str) -> tuple[Any, ...]:
    kinds = typing.get_args(annotation)
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_check_list(value, list[kinds[0]], where))  # type: ignore[valid-type]
    if not isinstance(value, list | tuple) or len(value) != len(kinds):
        raise _wrong(value, f"a list of {len(kinds)} items", where)
    return tuple(
        check(each, kind, f"{where}[{place}]")
        for place, (each, kind) in enumerate(zip(value, kinds, strict=True))
    )


def _check_dict(value: Any, annotation: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(value, "an object", where)
    _, kind = typing.get_args(annotation) or (str, Any)
    return {name: check(each, kind, f"{where}.{name}") for name, each in value.items()}


def _check_typed_dict(value: Any, annotation: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(value, "an object", where)
    hints = typing.get_type_hints(annotation, include_extras=True)
    for name in sorted(annotation.__required_keys__ - set(value)):
        raise UserError(f"{where} has no {name!r}")
    return {
        name: check(each, hints[name], f"{where}.{name}") if name in hints else each
        for name, each in value.items()
    }


def _check_dataclass(value: Any, annotation: Any, where: str) -> Any:
    if isinstance(value, annotation):
        return value
    if not isinstance(value, Mapping):
        raise _wrong(value, "an object", where)
    fields = {field.name: field for field in dataclasses.fields(annotation) if field.init}
    for name in value:
        if name not in fields:
            raise UserError(f"{where}: unknown field {_shown(name)}")
    for name, field in fields.items():
        missing = dataclasses.MISSING
        if name not in value and field.default is missing and field.default_factory is missing:
            raise UserError(f"{where} has no {name!r}")
    hints = typing.get_type_hints(annotation, include_extras=True)
    return annotation(
        **{name: check(each, hints[name], f"{where}.{name}") for name, each in value.items()}
    )


def _wrong(value: Any, wanted: str, where: str) -> UserError:
    return UserError(f"{where} must be {wanted}, not {_shown(value)}")


def _shown(value: Any) -> str:
    """Returns a short form of a value for messages; lists and objects without content."""
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, Mapping):
        return "an object"
    text = json.dumps(value) if value is None or isinstance(value, bool) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
