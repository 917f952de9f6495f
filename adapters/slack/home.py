"""App Home: somebody's inbox, drawn when they open it and kept up while it may be open.

After a start those of agents are drawn anew, since what they show may be theirs no more.

Slack does not say when the page is closed. The homes that were opened last are drawn again
when a conversation changes, one after another and only where they look different.
"""

import asyncio
import logging
from collections import OrderedDict
from hashlib import blake2b
from weakref import WeakValueDictionary

import msgspec

from adapters.slack import sheets
from adapters.slack.api import Api
from adapters.slack.callers import Callers
from adapters.slack.gestures import Host
from core.asking import Caller
from core.delivery import Failure
from core.ports.desk import Desk

log = logging.getLogger("pinthread.slack")

MOST = 30
"""Homes that are kept up; those opened longer ago are drawn when they are opened again."""
PAUSE = 1.0
"""Seconds between two rounds."""


class Homes:
    def __init__(self, host: Host, desk: Desk, api: Api, callers: Callers) -> None:
        self._host = host
        self._desk = desk
        self._api = api
        self._callers = callers
        self._drawn: OrderedDict[str, str] = OrderedDict()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._is_recalled = False
        self._changed = asyncio.Event()

    async def opened(self, user: str) -> None:
        """They look at it now."""
        self._drawn.pop(user, None)
        while len(self._drawn) >= MOST:
            self._drawn.popitem(last=False)
        self._drawn[user] = ""
        await self.draw(user)

    async def draw(self, user: str) -> None:
        """Publishes it, if it is one of those that are kept up and looks different.

        One after another for each person: a page that is older must not come last.
        """
        turn = self._turns.setdefault(user, asyncio.Lock())
        async with turn:
            if user in self._drawn:
                await self._draw(user)

    async def _draw(self, user: str) -> None:
        answer = await self._desk.office.home(await self._caller(user))
        view = sheets.home(answer, self._host.look, self._host.link)
        mark = blake2b(msgspec.json.encode(view), digest_size=8).hexdigest()
        if mark == self._drawn.get(user):
            return
        told = await self._api.write("views.publish", {"user_id": user, "view": view})
        if isinstance(told, Failure):
            log.warning("slack.home_not_drawn", extra={"code": told.code})
        elif user in self._drawn:
            self._drawn[user] = mark

    def doubt(self) -> None:
        """Something that they show may have changed without news of it."""
        self._changed.set()

    async def _caller(self, user: str) -> Caller:
        return Caller(await self._callers.person(user), key=f"slack:home:{user}")

    # --- keeping them up ------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled: hears of changes, and draws what they may have changed."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hear())
            tasks.create_task(self._keep_up())

    async def _hear(self) -> None:
        async with self._desk.changes() as changes:
            async for _ in changes:
                if self._drawn:
                    self._changed.set()

    async def _recalled(self) -> bool:
        try:
            await self._recall()
        except Exception as error:  # noqa: BLE001 - tried again at the next change
            log.error("slack.homes_not_recalled", extra={"error": type(error).__name__})
            return False
        return True

    async def _recall(self) -> None:
        """After a start: what agents see may be from before it, and theirs no more."""
        ours = self._host.ours
        logins = [
            login.user
            for brand in await self._desk.brands()
            for agent, _ in await self._desk.agents(brand.id)
            for login in await self._desk.identities(agent.id)
            if ours is not None and (login.platform, login.workspace) == ("slack", ours.team)
        ]
        for user in logins[: MOST - len(self._drawn)]:
            self._drawn.setdefault(user, "")

    async def _keep_up(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if not self._is_recalled:
                self._is_recalled = await self._recalled()
            for user in tuple(self._drawn):
                try:
                    await self.draw(user)
                except Exception as error:  # noqa: BLE001 - one page must not end the others
                    log.error("slack.home_failed", extra={"error": type(error).__name__})
            await asyncio.sleep(PAUSE)
