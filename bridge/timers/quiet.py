"""When somebody wants to be told: what they chose, and their quiet hours. Pure."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.ports.reading import Prefs


def wants(prefs: Prefs, at: datetime) -> bool:
    """Whether they want to be mentioned for something that happens then."""
    return prefs.notify != "none" and not is_quiet(prefs, at)


def is_quiet(prefs: Prefs, at: datetime) -> bool:
    if not prefs.quiet_from or not prefs.quiet_to:
        return False
    begin, end = time.fromisoformat(prefs.quiet_from), time.fromisoformat(prefs.quiet_to)
    local = at.astimezone(ZoneInfo(prefs.zone)).time()
    return begin <= local < end if begin < end else local >= begin or local < end


def quiet_until(prefs: Prefs, at: datetime) -> datetime:
    """When the quiet hours end; `at` itself where there are none then."""
    if not is_quiet(prefs, at):
        return at
    zone = ZoneInfo(prefs.zone)
    local = at.astimezone(zone)
    end = datetime.combine(local.date(), time.fromisoformat(prefs.quiet_to), zone)
    return (end if end > local else end + timedelta(days=1)).astimezone(at.tzinfo)
