"""Moments as people write them: `2h`, `tomorrow 9am`, `mon 14:30`, `22:00-07:00`. Pure.

A moment lies in the future. Days and times of day are those of the time zone of `now`.
"""

import re
from datetime import datetime, time, timedelta

MORNING = time(9)
"""The time of a day that was named without one."""

MARK = re.compile(r"<t:(\d{1,11})>")
"""A moment in a line for several people: adapters show it in the zone of each who reads it."""

LONGEST = timedelta(days=366)

_SPANS = {"m": timedelta(minutes=1), "h": timedelta(hours=1)}
_DAYS = {"d": 1, "w": 7}
_SPAN = re.compile(
    r"(\d{1,5})\s*(m|min|mins|minutes?|h|hrs?|hours?|d|days?|w|weeks?)(?=[\d\s]|$)\s*"
)
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm|h)?")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = re.compile(
    r"(?:next\s+)?(mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?\b"
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_QUIET = re.compile(r"(.+?)\s*(?:-|–|—|\bto\b)\s*(.+)")


def marked(at: datetime) -> str:
    """The moment as `MARK` finds it, to the second."""
    return f"<t:{int(at.timestamp())}>"


def moment(text: str, now: datetime) -> datetime | None:
    """When that is, seen from `now`; None where it is no moment of the coming year."""
    words = " ".join(text.lower().replace(",", " ").split())
    words = words.removeprefix("in ").removeprefix("for ").removeprefix("until ")
    found = _after(words, now) or _at(words, now)
    return found if found is not None and now < found <= now + LONGEST else None


def quiet_hours(text: str) -> tuple[time, time] | None:
    """`22:00-07:00` or `10pm to 7am`: when they begin and end."""
    found = _QUIET.fullmatch(" ".join(text.lower().split()))
    if found is None:
        return None
    begin, end = _clock(found.group(1)), _clock(found.group(2))
    return (begin, end) if begin is not None and end is not None and begin != end else None


def left(until: datetime, now: datetime) -> str:
    """How long it is, in words: `15 seconds`, `2 hours`, `3 days`."""
    seconds = max(0, round((until - now).total_seconds()))
    for name, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * length or (seconds >= length and seconds % length == 0):
            return _count(round(seconds / length), name)
    return _count(seconds, "second")


def _count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def _after(words: str, now: datetime) -> datetime | None:
    """`2h`, `1h30m`, `3 days`. Days keep the time of day."""
    at, days, length = 0, 0, timedelta()
    while at < len(words):
        found = _SPAN.match(words, at)
        if found is None:
            return None
        number, unit = int(found.group(1)), found.group(2)[0]
        if unit in _DAYS:
            days += number * _DAYS[unit]
        else:
            length += number * _SPANS[unit]
        at = found.end()
    if not words or days > LONGEST.days or length > LONGEST:
        return None
    return now + timedelta(days=days) + length


def _at(words: str, now: datetime) -> datetime | None:
    """`tomorrow`, `tomorrow 9am`, `friday 14:30`, `2026-12-24 09:00`, `17:00`."""
    day, rest = _day(words, now)
    rest = rest.strip().removeprefix("at ").removeprefix("t")
    clock = _clock(rest) if rest else MORNING
    if clock is None or (day is None and (not rest or rest.isdigit())):
        return None  # a number alone may be minutes as well as an hour
    if day is not None:
        return datetime.combine(day, clock, now.tzinfo)
    today = datetime.combine(now, clock, now.tzinfo)
    return today if today > now else today + timedelta(days=1)


def _day(words: str, now: datetime) -> tuple[datetime | None, str]:
    for name, days in (("today", 0), ("tomorrow", 1)):
        if words.startswith(name):
            return now + timedelta(days=days), words.removeprefix(name)
    weekday = _WEEKDAY.match(words)
    if weekday is not None:
        ahead = (_WEEKDAYS.index(weekday.group(1)) - now.weekday() - 1) % 7 + 1
        return now + timedelta(days=ahead), words[weekday.end() :]
    date = _DAY.match(words)
    if date is not None:
        try:
            return datetime.fromisoformat(date.group()), words[date.end() :]
        except ValueError:
            return None, words
    return None, words


def _clock(text: str) -> time | None:
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    hour, minute, half = int(found.group(1)), int(found.group(2) or 0), found.group(3)
    if half in ("am", "pm"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None
