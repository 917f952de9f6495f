"""Moments as people write them."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.moments import LONGEST, MARK, left, marked, moment, quiet_hours

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("30m", (23, 12, 30)),
        ("2h", (23, 14, 0)),
        ("in 2 hours", (23, 14, 0)),
        ("1h30m", (23, 13, 30)),
        ("1H 30 min", (23, 13, 30)),
        ("3d", (26, 12, 0)),
        ("1w", (30, 12, 0)),
        ("for 1 day", (24, 12, 0)),
        ("tomorrow", (24, 9, 0)),
        ("Tomorrow, 9am", (24, 9, 0)),
        ("tomorrow at 9.30", (24, 9, 30)),
        ("until tomorrow 12am", (24, 0, 0)),
        ("today 5pm", (23, 17, 0)),
        ("friday", (27, 9, 0)),
        ("next wed 14:30", (25, 14, 30)),
        ("monday", (30, 9, 0)),
        ("2026-11-28 08:00", (28, 8, 0)),
        ("2026-11-28T08:00", (28, 8, 0)),
        ("17:00", (23, 17, 0)),
        ("9am", (24, 9, 0)),
    ],
)
def test_a_moment_is_understood(text: str, then: tuple[int, int, int]) -> None:
    day, hour, minute = then
    assert moment(text, NOW) == datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "x", "2", "0m", "today 9am", "13pm", "tomorrow 25:00", "2026-13-41", "2025-01-01", "400d",
     "99999h", "2h x", "2years"],
)  # fmt: skip
def test_what_is_no_moment_of_the_coming_year_is_none(text: str) -> None:
    assert moment(text, NOW) is None


def test_a_time_of_day_is_that_of_the_zone_of_now() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    found = moment("tomorrow 9am", NOW.astimezone(berlin))
    assert found is not None
    assert found.astimezone(UTC) == datetime(2026, 11, 24, 8, tzinfo=UTC)


@given(st.text(), st.integers(0, 100_000))
def test_nothing_typed_is_a_moment_long_ago_or_far_away(text: str, hours: int) -> None:
    now = NOW + timedelta(hours=hours)
    for words in (text, f"tomorrow {text}", f"{text}h", f"9{text}"):
        found = moment(words, now)
        assert found is None or now < found <= now + LONGEST


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("22:00-07:00", (22, 7)),
        ("10pm to 7am", (22, 7)),
        ("22 – 7", (22, 7)),
        ("22:00-22:00", None),
        ("22:00", None),
        ("x-7", None),
        ("22:00-x", None),
    ],
)
def test_quiet_hours_are_two_times_of_day(text: str, hours: tuple[int, int] | None) -> None:
    assert quiet_hours(text) == (hours and (time(hours[0]), time(hours[1])))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 seconds"), (1, "1 second"), (15, "15 seconds"), (60, "1 minute"), (90, "90 seconds"),
     (120, "2 minutes"), (3600, "1 hour"), (7300, "2 hours"), (86_400, "1 day"),
     (200_000, "2 days")],
)  # fmt: skip
def test_how_long_it_is_still(seconds: int, words: str) -> None:
    assert left(NOW + timedelta(seconds=seconds), NOW) == words


def test_a_marked_moment_is_found_again_in_a_line() -> None:
    assert MARK.split(f"until {marked(NOW)} · Ada") == ["until ", "1795435200", " · Ada"]
