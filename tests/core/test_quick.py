"""Quick dataclasses: everything but the check of writes at run time."""

from dataclasses import dataclass, field, replace

import pytest

from core.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2
    names: dict[str, int] = field(default_factory=dict, hash=False)


def test_it_takes_values_by_place_and_name_and_has_its_defaults() -> None:
    point = Point(1, names={"a": 1})
    assert (point.x, point.y, point.names) == (1, 2, {"a": 1})
    assert Point(1).names == {}
    assert Point(1).names is not Point(1).names


def test_a_field_without_a_default_must_be_given() -> None:
    with pytest.raises(TypeError, match="x"):
        Point()  # type: ignore[call-arg]


def test_equal_ones_are_equal_and_one_key() -> None:
    assert Point(1) == Point(1)
    assert Point(1) != Point(2)
    assert len({Point(1), Point(1), Point(2)}) == 2


def test_a_replaced_one_leaves_the_first_as_it_was() -> None:
    first = Point(1)
    assert replace(first, y=5) == Point(1, 5)
    assert first == Point(1, 2)


def test_it_has_no_other_fields() -> None:
    with pytest.raises(AttributeError):
        object.__setattr__(Point(1), "z", 3)
