"""What people are told by the program, without any platform in it."""

from datetime import UTC, datetime, timedelta, timezone

from core.asking import Answer

AT = datetime(2026, 5, 1, 15, 28, 5, tzinfo=UTC)


def test_a_time_in_an_answer_is_said_in_utc_where_no_zone_is_known() -> None:
    there = AT.astimezone(timezone(timedelta(hours=2)))
    told = Answer("Goes out at {at} as {at}.", at=there)
    assert told.said == "Goes out at 15:28:05 UTC as {at}."
    assert Answer("Goes out at {at}.").said == "Goes out at {at}.", "it has none"
