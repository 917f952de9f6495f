"""Who is in a brand's channels now, as their platform says: for agents who act from elsewhere.

Being in the channel is what makes them agents, and nobody may have heard that they left. So
the platform is asked, at most once in some minutes for each channel, and again after news of
somebody who left and after every gap. What it cannot say counts as no.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from core.model import Place
from core.ports.adapter import Adapter

log = logging.getLogger("pinthread.presence")

KEPT = timedelta(minutes=5)
"""How long an answer is believed."""
SILENT = timedelta(seconds=10)
"""How long a channel that could not be asked is not asked again."""
PATIENCE = 10.0
"""Seconds that one question may take."""

_Known = tuple[datetime, frozenset[str] | None]


class Presence:
    """Belongs to one event loop. Until `ask`, nobody is anywhere."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._adapters: Mapping[str, Adapter] = {}
        self._known: dict[Place, _Known] = {}
        self._locks: dict[Place, asyncio.Lock] = {}
        self._news = 0
        """Counts what makes an answer old that is still on its way."""

    def ask(self, adapters: Mapping[str, Adapter]) -> None:
        self._adapters = adapters

    async def has(self, place: Place, user: str) -> bool | None:
        """Whether a user of the place's platform is there; None where it cannot be told."""
        async with self._locks.setdefault(place, asyncio.Lock()):
            known = self._known.get(place)
            if known is None or known[0] <= self._now():
                known = await self._asked(place)
        return None if known[1] is None else user in known[1]

    def forget(self, place: Place) -> None:
        """Somebody has left it."""
        self._news += 1
        self._known.pop(place, None)

    def forget_all(self, platform: str) -> None:
        """News of it may have been missed."""
        self._news += 1
        self._known = {one: of for one, of in self._known.items() if one.platform != platform}

    async def _asked(self, place: Place) -> _Known:
        """An answer that was overtaken by news is one that cannot be told."""
        adapter, news = self._adapters.get(place.platform), self._news
        people = None
        if adapter is not None:
            try:
                async with asyncio.timeout(PATIENCE):
                    people = await adapter.members(place)
            except TimeoutError:
                log.warning("members_not_told", extra={"platform": place.platform})
        if news != self._news:
            return self._now(), None
        known = self._now() + (SILENT if people is None else KEPT), people
        self._known[place] = known
        return known
