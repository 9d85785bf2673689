import dataclasses
import math
from typing import Annotated, Any, Literal, TypedDict

import pytest

from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.schema import DEPTH, Limits, check, parse_json


@dataclasses.dataclass(frozen=True)
class Inner:
    rate: float = 0.5
    names: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Outer:
    size: int
    inner: Inner = dataclasses.field(default_factory=Inner)
    limit: int | None = None
    by_name: dict[str, Inner] = dataclasses.field(default_factory=dict)


class Required(TypedDict):
    position: Annotated[int, Limits(least=0)]


class Line(Required, total=False):
    text: str


def test_a_dataclass_is_built_from_json_with_what_it_contains():
    value = {"size": 3, "inner": {"rate": 1, "names": ["a"]}, "by_name": {"b": {}}, "limit": None}
    found = check(value, Outer, "config")
    assert found == Outer(3, Inner(1.0, ("a",)), None, {"b": Inner()})
    assert type(found.inner.rate) is float
    assert check({"size": 3}, Outer, "config") == Outer(3)
    assert check({"size": 3, "inner": Inner(2.0)}, Outer, "config") == Outer(3, Inner(2.0))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "config must be an object, not a list"),
        ({}, "config has no 'size'"),
        ({"size": 3, "sise": 4}, "config: unknown field 'sise'"),
        ({"size": "3"}, "config.size must be a whole number, not '3'"),
        ({"size": True}, "config.size must be a whole number, not true"),
        ({"size": 3.0}, "config.size must be a whole number, not 3.0"),
        ({"size": None}, "config.size must be a whole number, not null"),
        ({"size": 3, "limit": "x"}, "config.limit must be a whole number, not 'x'"),
        ({"size": 3, "inner": {"rate": math.nan}}, "config.inner.rate must be a finite number"),
        ({"size": 3, "inner": {"names": "ab"}}, "config.inner.names must be a list, not 'ab'"),
        ({"size": 3, "inner": {"names": ["a", 2]}}, "config.inner.names[1] must be text, not 2"),
        ({"size": 3, "by_name": {"b": {"rate": "x" * 99}}}, "config.by_name.b.rate must be a numb"),
    ],
)
def test_a_wrong_item_is_named_by_its_path(value, message):
    with pytest.raises(UserError) as error:
        check(value, Outer, "config")
    assert str(error.value).startswith(message) and len(str(error.value)) < 150


def test_a_typed_dict_requires_its_keys_and_leaves_others_as_they_are():
    value = {"position": 2, "text": "x", "more": [1]}
    assert check(value, Line, "line 1") == value
    assert check({"position": 0}, Line, "line 1") == {"position": 0}
    for wrong, message in (
        ({"text": "x"}, "line 1 has no 'position'"),
        ({"position": -1}, "line 1.position must be at least 0, not -1"),
        ({"position": 1, "text": 2}, "line 1.text must be text, not 2"),
    ):
        with pytest.raises(UserError, match=message):
            check(wrong, Line, "line 1")


@pytest.mark.parametrize(
    ("value", "annotation", "accepted"),
    [
        ("a", Literal["a", "b"], True),
        ("c", Literal["a", "b"], False),
        (True, Literal[1], False),
        (1, bool, False),
        (1, int | str, True),
        ("1", int | str, True),
        (1.5, int | str, False),
        ([1, 2], tuple[int, int], True),
        ([1], tuple[int, int], False),
        ([1, "x"], list[int], False),
        ({"a": [1.5]}, dict[str, list[float]], True),
        ({"a": 1.5}, dict[str, list[float]], False),
        (math.inf, Annotated[float, Limits(finite=False)], True),
        (math.inf, float, False),
        (3, Annotated[float, Limits(most=2)], False),
        ([], Annotated[list[int], Limits(least=1)], False),
        ([1], Annotated[list[int], Limits(least=1)], True),
        (None, None, True),
        (0, None, False),
        ({"a": [None]}, Any, True),
    ],
)
def test_annotations(value, annotation, accepted):
    if accepted:
        found = check(value, annotation, "it")
        assert (list(found) if isinstance(found, tuple) else found) == value
    else:
        with pytest.raises(UserError, match="^(the length of )?it"):
            check(value, annotation, "it")


def test_an_annotation_without_a_check_is_a_defect():
    with pytest.raises(TypeError):
        check(1, complex, "it")


def test_json_is_read_as_it_is():
    assert parse_json(b'{"a": [1, 2.5, null, true, "\\ud83d\\ude00"]}', "x") == {
        "a": [1, 2.5, None, True, "😀"]
    }
    deepest = "[" * DEPTH + "]" * DEPTH
    assert parse_json(deepest, "x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x is not JSON"),
        ("{", "x is not JSON"),
        (b"\xff\xfe", "x is not JSON"),
        ("[" * 100_000, "x is nested too deep"),
        ('{"a":' * 100_000, "x is nested too deep"),
        ("[" * 65 + "]" * 65, "x is nested too deep"),
        ('{"a": ["\\ud800"]}', "x contains a lone surrogate"),
        ('{"\\udfff": 1}', "x contains a lone surrogate"),
        ("9" * 10_000, "x"),
        (str(2**63), "x contains a whole number of more than 64 bits"),
    ],
)
def test_text_that_no_file_of_the_project_holds_is_refused(text, message):
    with pytest.raises(UserError, match=f"^{message}"):
        parse_json(text, "x")
