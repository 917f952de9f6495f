"""The webhook of each channel, and calls of it.

A channel's webhook is found among those of our own application, else made, and kept
in memory. One that Discord says is gone is found or made anew, once within the same
delivery, which is safe because such an answer is a clear one. Tokens stay in here.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from adapters.discord.errors import GONE_WEBHOOK, Problem
from adapters.discord.rest import Rest, decoded
from adapters.discord.uploading import Upload
from core.ports.needs import Cost

NAME = "Pinthread"
_INCOMING = 1
UNKNOWN_WEBHOOK = 10015


class Hook(msgspec.Struct, frozen=True):
    """A webhook as Discord lists it. `token` is missing on those of other applications."""

    id: str
    type: int = _INCOMING
    token: str | None = None
    application_id: str | None = None


class Posted(msgspec.Struct):
    """What we need of a message that Discord has stored."""

    id: str


class _Application(msgspec.Struct):
    id: str
    flags: int = 0


class Webhooks:
    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._hooks: dict[str, Hook] = {}
        self._known: dict[str, Hook] = {}
        self._used: set[str] = set()
        self._busy: dict[str, asyncio.Future[Hook | Problem]] = {}
        self._application: str | None = None

    def ids(self) -> frozenset[str]:
        """Webhooks that we have used since the start, those that are gone included."""
        return frozenset(self._used)

    def learn(self, application: str) -> None:
        """The gateway has said which application we are."""
        self._application = application

    @property
    def known_application(self) -> str | None:
        """Our application's id, once it has been told or asked for."""
        return self._application

    async def application(self) -> str | Problem:
        """Our application's id."""
        if self._application is None:
            found = await self._rest.read("/oauth2/applications/@me", _Application)
            if isinstance(found, Problem):
                return found
            self._application = found.id
        return self._application

    async def post(
        self,
        channel: str,
        thread: str,
        body: Mapping[str, Any],
        cost: Cost,
        upload: Upload | None = None,
    ) -> tuple[Hook, Posted] | Problem:
        """Posts into a thread of a channel; the answer names the webhook that did it."""
        path = f"?wait=true&thread_id={thread}"
        for last in (False, True):
            hook = self._hooks.get(channel) or await self._provide(channel)
            if isinstance(hook, Problem):
                return hook
            address = f"/webhooks/{hook.id}/{hook.token}{path}"
            raw = await self._rest.call(
                "POST", address, body, cost=cost, as_bot=False, upload=upload
            )
            if not isinstance(raw, Problem):
                posted = decoded(raw, Posted)
                return posted if isinstance(posted, Problem) else (hook, posted)
            if raw.code not in GONE_WEBHOOK:
                return raw
            if self._hooks.get(channel) is hook:
                del self._hooks[channel]
            if last:
                return raw
        raise AssertionError("the second round always returns")

    async def change(
        self,
        method: str,
        channel: str,
        hook: str,
        path: str,
        body: Mapping[str, Any] | None,
        cost: Cost,
    ) -> bytes | Problem:
        """Edits or deletes a message of the webhook `hook`: no other one can."""
        found = await self._of(channel, hook)
        if isinstance(found, Problem):
            return found
        address = f"/webhooks/{found.id}/{found.token}{path}"
        raw = await self._rest.call(method, address, body, cost=cost, as_bot=False)
        if isinstance(raw, Problem) and raw.code in GONE_WEBHOOK:
            self._known.pop(hook, None)
        return raw

    async def _of(self, channel: str, hook: str) -> Hook | Problem:
        known = self._known.get(hook)
        if known is None:
            listed = await self.ours(channel)
            if isinstance(listed, Problem):
                return replace(listed, certain=True)
            self._known.update((one.id, one) for one in listed)
            known = self._known.get(hook)
        return known or Problem(404, UNKNOWN_WEBHOOK)

    async def _provide(self, channel: str) -> Hook | Problem:
        """One search for a channel at a time; its outcome is that of all who wait for it."""
        busy = self._busy.get(channel)
        if busy is not None:
            return await asyncio.shield(busy)
        busy = self._busy[channel] = asyncio.get_running_loop().create_future()
        found: Hook | Problem = Problem(0)
        try:
            found = await self._find_or_make(channel)
        finally:
            # Nothing was posted yet, so the delivery's own outcome is clear.
            found = replace(found, certain=True) if isinstance(found, Problem) else found
            del self._busy[channel]
            busy.set_result(found)
        if isinstance(found, Hook):
            self._hooks[channel] = self._known[found.id] = found
            self._used.add(found.id)
        return found

    async def ours(self, channel: str) -> tuple[Hook, ...] | Problem:
        """The webhooks of our application in a channel, the oldest first."""
        application = await self.application()
        if isinstance(application, Problem):
            return application
        listed = await self._rest.read(f"/channels/{channel}/webhooks", list[Hook])
        if isinstance(listed, Problem):
            return listed
        found = [
            hook
            for hook in listed
            if hook.application_id == application and hook.token and hook.type == _INCOMING
        ]
        return tuple(sorted(found, key=lambda hook: int(hook.id)))

    async def _find_or_make(self, channel: str) -> Hook | Problem:
        found = await self.ours(channel)
        if isinstance(found, Problem):
            return found
        if found:
            return found[0]
        return await self._rest.ask("POST", f"/channels/{channel}/webhooks", Hook, {"name": NAME})
