"""Tells people of words that were held, and refused when what they waited for had come.

Nobody listens any more when they are decided: the message is read once more where it was
typed, and its author is told as of words that a sweep has found. In memory: what a stop
overtakes is told to nobody.
"""

import asyncio
import logging
from collections.abc import Mapping

from core.delivery import Absent
from core.intents import EditMessage, InDirect, InSpace, Intent, PostMessage, RemoteMessage
from core.model import Mirror, Refusal
from core.ports.adapter import Adapter
from core.ports.outcomes import Ask, Outcome, Waiting
from core.ports.store import Store
from core.sweep import SweepError

log = logging.getLogger("pinthread.telling")

_PAUSES = (0.0, 1.0, 5.0, 20.0, 60.0)
"""Seconds before each try: just after a start platforms are not connected yet."""


class Telling:
    """One for the program."""

    def __init__(self, store: Store, adapters: Mapping[str, Adapter]) -> None:
        self._store = store
        self._adapters = adapters
        self._news: asyncio.Queue[tuple[Intent, Refusal | Ask | Waiting]] = asyncio.Queue()

    def add(self, intent: Intent, outcome: Outcome) -> None:
        """What became of something that had been held."""
        if isinstance(outcome, Refusal | Ask | Waiting):
            self._news.put_nowait((intent, outcome))

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            while True:
                tasks.create_task(self._surely(*await self._news.get()))

    async def _surely(self, intent: Intent, outcome: Refusal | Ask | Waiting) -> None:
        for pause in _PAUSES:
            await asyncio.sleep(pause)
            try:
                await self._tell(intent, outcome)
            except SweepError as failed:
                log.info("not_told_yet", extra={"code": failed.failure.code})
            except Exception:
                # The boundary of one message: what fails here must not end the program.
                log.exception("not_told")
                return
            else:
                return

    async def _tell(self, intent: Intent, outcome: Refusal | Ask | Waiting) -> None:
        origin, mirror = intent.origin, await self._mirror(intent)
        if origin is None or origin.message is None or mirror is None:
            return
        adapter = self._adapters.get(origin.place.platform)
        if adapter is None:
            return
        seen = await adapter.message(mirror, origin.message)
        if not isinstance(seen, Absent):
            await adapter.tell(seen, intent, outcome)

    async def _mirror(self, intent: Intent) -> Mirror | None:
        """In which it was typed, now that it is known."""
        what = intent.what
        if isinstance(what, EditMessage) and isinstance(what.message, RemoteMessage):
            there = await self._store.placement_at(what.message.platform, what.message.remote)
            return None if there is None else there[0].mirror
        if not isinstance(what, PostMessage):
            return None
        spot = None
        if isinstance(what.target, InSpace):
            spot = await self._store.spot(what.target.platform, what.target.space)
        elif isinstance(what.target, InDirect) and what.target.answers is not None:
            platform = what.target.place.platform
            spot = await self._store.spot_of_message(platform, what.target.answers)
        return None if spot is None else spot.mirror
