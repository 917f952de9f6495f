"""What people and channels are called, remembered for an hour, and their direct messages.

Events name nobody, so a name costs a call the first time. A name that cannot be
had in time never holds up a message: an older one stands in, else an empty one.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from typing import Any

from adapters.slack.api import Api
from core.delivery import Failure, FailureKind
from core.intents import Person
from core.model import Identity, Profile
from core.ports.reading import PlaceLook
from core.text.tidy import whole

_KEPT_UNKNOWN = 60.0
_MOST = 20_000
_PATIENCE = 1.5
"""Seconds an event may wait for names: Slack wants its answer within three."""

UNKNOWN = Profile("")
"""Changes no name that the history knows."""

Ask = Callable[[], Awaitable[Mapping[str, str] | None]]
Spawn = Callable[[Coroutine[Any, Any, Any]], "asyncio.Task[Any]"]


class Listing:
    """Names of a whole workspace that come in one call, which others may wait for together."""

    def __init__(self, ask: Ask, spawn: Spawn, kept: float, patience: float) -> None:
        self._ask = ask
        self._spawn = spawn
        self._kept = kept
        self._patience = patience
        self._known: Mapping[str, str] | None = None
        self._until = 0.0
        self._asked: asyncio.Task[None] | None = None

    async def all(self) -> Mapping[str, str]:
        """At worst what was known."""
        if self._until < time.monotonic():
            if self._asked is None:
                self._asked = self._spawn(self._renew())
            await asyncio.wait({self._asked}, timeout=self._patience)
        return self._known or {}

    def forget(self) -> None:
        self._until = 0.0

    async def _renew(self) -> None:
        try:
            found = await self._ask()
        finally:
            self._asked = None
        self._known = self._known if found is None else found
        kept = _KEPT_UNKNOWN if found is None else self._kept
        self._until = time.monotonic() + kept


class Directory:
    """`spawn` runs a look-up on for others though the one who asked has stopped waiting."""

    def __init__(
        self, api: Api, spawn: Spawn, *, kept: float = 3_600.0, patience: float = _PATIENCE
    ) -> None:
        self._api = api
        self._spawn = spawn
        self._kept = kept
        self._patience = patience
        self._known: dict[str, tuple[float, Profile | None]] = {}
        self._asked: dict[str, asyncio.Task[Profile | None]] = {}
        self._members: dict[str, tuple[str, bool]] = {}
        self._overtaken: set[str] = set()
        """What has changed while it was asked for: that answer is asked for again."""
        self._direct: dict[str, str] = {}
        self._emoji = Listing(self._ask_emoji, spawn, kept, patience)
        self._groups = Listing(self._ask_groups, spawn, kept, patience)

    async def profile(self, user: str) -> Profile:
        return await self._find(user, self._user) or UNKNOWN

    async def person(self, identity: Identity, ours: str) -> Person:
        """Somebody with their name, of their home workspace; `ours` is the app's.

        A guest is whoever is not a full member here, or of whom that cannot be learnt.
        """
        profile = await self.profile(identity.user)
        team, guest = self._members.get(identity.user, (identity.workspace, True))
        if identity.workspace != ours:
            team, guest = identity.workspace, True
        return Person(replace(identity, workspace=team), profile, guest=guest or team != ours)

    async def names(self, users: Iterable[str], channels: Iterable[str]) -> Mapping[str, str]:
        """The names that are known by id; those that are not are left out."""
        wanted = [(user, self._user) for user in users] + [(c, self._channel) for c in channels]
        if not wanted:
            return {}
        found = await asyncio.gather(*(self._find(key, ask) for key, ask in wanted[:50]))
        return {key: hit.name for (key, _), hit in zip(wanted, found, strict=False) if hit}

    async def emoji(self) -> Mapping[str, str]:
        """The custom emoji: addresses of pictures, or `alias:<name>`. At worst what was known."""
        return await self._emoji.all()

    def forget_emoji(self) -> None:
        """Somebody added or removed one."""
        self._emoji.forget()

    async def groups(self) -> Mapping[str, str]:
        """How user groups are mentioned, by id. At worst what was known."""
        return await self._groups.all()

    async def _ask_emoji(self) -> Mapping[str, str] | None:
        answer = await self._api.read("emoji.list")
        found = None if isinstance(answer, Failure) else answer.get("emoji")
        if not isinstance(found, dict):
            return None
        return {str(name): str(target) for name, target in found.items()}

    async def _ask_groups(self) -> Mapping[str, str] | None:
        answer = await self._api.read("usergroups.list", include_disabled=True)
        found = None if isinstance(answer, Failure) else answer.get("usergroups")
        if not isinstance(found, list):
            return None
        named = [(one.get("id"), one.get("handle")) for one in found if isinstance(one, dict)]
        return {str(group): str(handle) for group, handle in named if group and handle}

    def forget(self, key: str) -> None:
        """A profile has changed, or what somebody is here."""
        self._known.pop(key, None)
        self._members.pop(key, None)
        if key in self._asked:
            self._overtaken.add(key)

    async def direct(self, user: str) -> str | Failure:
        """The direct messages of the bot with somebody. Opening them twice gives the same."""
        channel = self._direct.get(user)
        if channel:
            return channel
        answer = await self._api.write("conversations.open", {"users": user})
        if isinstance(answer, Failure):
            return answer
        opened = answer.get("channel")
        channel = str(opened.get("id") or "") if isinstance(opened, dict) else ""
        if not channel:
            return Failure(FailureKind.TRANSIENT, "unreadable_answer")
        self._direct[user] = channel
        return channel

    async def owner(self, channel: str) -> str:
        """Whose direct messages with the bot they are; empty where that cannot be had."""
        known = next((user for user, one in self._direct.items() if one == channel), "")
        if known:
            return known
        asked = {"channel": channel, "return_im": True}
        answer = await self._api.write("conversations.open", asked)
        opened = None if isinstance(answer, Failure) else answer.get("channel")
        return str(opened.get("user") or "") if isinstance(opened, dict) else ""

    async def _find(
        self, key: str, ask: Callable[[str], Awaitable[Profile | None]]
    ) -> Profile | None:
        known = self._known.get(key)
        if known and known[0] > time.monotonic():
            return known[1]
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = self._spawn(self._ask(key, ask))
        done, _ = await asyncio.wait({task}, timeout=self._patience)
        found = task.result() if done and not task.cancelled() else None
        return found or (known[1] if known else None)

    async def _ask(
        self, key: str, ask: Callable[[str], Awaitable[Profile | None]]
    ) -> Profile | None:
        try:
            found = await ask(key)
        finally:
            del self._asked[key]
        before = self._known.get(key)
        if len(self._known) >= _MOST:
            self._known.clear()
            self._members.clear()
        until = time.monotonic() + (self._kept if found else _KEPT_UNKNOWN)
        if key in self._overtaken:
            self._overtaken.discard(key)
            self._members.pop(key, None)
            until = 0.0
        self._known[key] = (until, found or (before[1] if before else None))
        return found

    async def _user(self, user: str) -> Profile | None:
        answer = await self._api.read("users.info", user=user)
        found = None if isinstance(answer, Failure) else answer.get("user")
        if not isinstance(found, dict):
            return None
        self._members[user] = _membership(found)
        shown = found.get("profile") or {}
        names = (shown.get("display_name"), shown.get("real_name"), found.get("real_name"))
        name = next((n for n in (*names, found.get("name")) if isinstance(n, str) and n), "")
        picture = next((p for k in ("image_192", "image_72") if (p := shown.get(k))), None)
        return Profile(whole(name), picture if isinstance(picture, str) else None) if name else None

    async def look(self, channel: str) -> PlaceLook | Failure:
        """A channel as it is right now, and who may read it."""
        answer = await self._api.read("conversations.info", channel=channel)
        if isinstance(answer, Failure):
            return answer
        found = answer.get("channel")
        found = found if isinstance(found, dict) else {}
        shared = any(found.get(key) for key in ("is_ext_shared", "is_pending_ext_shared"))
        private = bool(found.get("is_private") or found.get("is_im"))
        present = private or bool(found.get("is_member"))  # others' private ones are not told of
        return PlaceLook(f"#{found.get('name') or channel}", private, shared, present)

    async def _channel(self, channel: str) -> Profile | None:
        answer = await self._api.read("conversations.info", channel=channel)
        found = None if isinstance(answer, Failure) else answer.get("channel")
        name = found.get("name") if isinstance(found, dict) else None
        return Profile(name) if isinstance(name, str) and name else None


def _membership(user: Mapping[str, Any]) -> tuple[str, bool]:
    """Somebody's home workspace, and whether they are a guest, or a stranger from elsewhere."""
    guest = any(user.get(key) for key in ("is_restricted", "is_ultra_restricted", "is_stranger"))
    return str(user.get("team_id") or ""), guest
