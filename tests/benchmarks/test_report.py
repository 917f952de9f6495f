"""The form of the figures, not the figures."""

import json

import pytest

from benchmarks.__main__ import NAMES, main
from benchmarks.report import judge, line, table, within


@pytest.mark.parametrize(
    ("value", "bound", "holds"),
    [
        (1.0, ">= 1.0", True),
        (0.99, ">= 1.0", False),
        (1.5, "<= 1.5", True),
        (1.6, "<= 1.5", False),
        (3.0, "< 3", False),
        (200.0, "< 200", False),
        (3.1, "> 3", True),
    ],
)
def test_a_bound_is_a_sign_and_a_number(value: float, bound: str, holds: bool) -> None:
    assert within(value, bound) is holds


def test_another_bound_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="a sign and a number"):
        within(1.0, "about 3")


def test_one_line_of_json_holds_the_result() -> None:
    result = judge("relay", {"ratio": 1.23456789, "count": 5.0}, {"ratio": ">= 1.0"})
    assert result.holds
    assert json.loads(line(result)) == {
        "name": "relay",
        "figures": {"ratio": 1.234568, "count": 5.0},
        "bounds": {"ratio": ">= 1.0"},
        "holds": True,
    }
    assert "\n" not in line(result)


def test_the_table_names_what_does_not_hold() -> None:
    result = judge("slow", {"ratio": 0.5, "per_second": 1234.0}, {"ratio": ">= 0.9"})
    assert not result.holds
    heading, _, first, second = table([result]).splitlines()
    assert heading.split() == ["benchmark", "figure", "value", "bound"]
    assert first.split() == ["slow", "ratio", "0.5", ">=", "0.9", "DOES", "NOT", "HOLD"]
    assert second.split() == ["slow", "per_second", "1,234"]


def test_an_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["speed"])
    assert ended.value.code == 2
    assert ", ".join(NAMES) in capsys.readouterr().err
