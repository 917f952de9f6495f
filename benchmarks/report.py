"""What a benchmark hands back: its figures, the bounds it is held against, and whether they hold.

A figure that matters is a ratio to a baseline of the same run, so that it says the same
on a slow machine as on a fast one.
"""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Result:
    """`bounds` name figures, such as `{"throughput_ratio": ">= 1.0"}`; other figures tell more."""

    name: str
    figures: dict[str, float]
    bounds: dict[str, str]
    holds: bool


def judge(name: str, figures: dict[str, float], bounds: dict[str, str]) -> Result:
    """A result that holds if every bound does. A bound is `>= x`, `<= x`, `> x` or `< x`."""
    holds = all(within(figures[figure], bound) for figure, bound in bounds.items())
    return Result(name, figures, bounds, holds)


def within(value: float, bound: str) -> bool:
    sign, limit = bound.split()
    number = float(limit)
    if sign == ">=":
        return value >= number
    if sign == "<=":
        return value <= number
    if sign == ">":
        return value > number
    if sign == "<":
        return value < number
    raise ValueError(f"a bound is a sign and a number, not {bound!r}")


def line(result: Result) -> str:
    """One line of JSON."""
    figures = {key: round(value, 6) for key, value in result.figures.items()}
    return json.dumps({**asdict(result), "figures": figures})


def table(results: list[Result]) -> str:
    """All figures of all results; those with a bound say whether it holds."""
    rows = [("benchmark", "figure", "value", "bound", "")]
    for result in results:
        for figure, value in result.figures.items():
            bound = result.bounds.get(figure, "")
            verdict = ("holds" if _holds(value, bound) else "DOES NOT HOLD") if bound else ""
            rows.append((result.name, figure, _short(value), bound, verdict))
    widths = [max(len(row[n]) for row in rows) for n in range(5)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


def _holds(value: float, bound: str) -> bool:
    try:
        return within(value, bound)
    except ValueError:  # a bound in words; the result as a whole says whether it holds
        return True


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"
