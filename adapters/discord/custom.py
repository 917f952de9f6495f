"""The custom emoji of a server by name, read from Discord and remembered for minutes."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from adapters.discord.errors import Problem
from adapters.discord.rest import Rest

_AGE = 300.0
"""Seconds for which a server is not asked again."""


class _Emoji(msgspec.Struct):
    id: str
    name: str
    available: bool = True
    animated: bool = False


@dataclass(frozen=True, slots=True)
class Custom:
    """One emoji as a reaction (`name:id`) and within words (`<:name:id>`)."""

    reaction: str
    token: str


class CustomEmoji:
    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._known: dict[str, tuple[float, Mapping[str, Custom]]] = {}

    async def of(self, guild: str) -> Mapping[str, Custom] | Problem:
        """The server's emoji by name; the oldest of a name wins. Direct messages have none."""
        if not guild:
            return {}
        if guild in self._known:
            read_at, known = self._known[guild]
            if time.monotonic() - read_at < _AGE:
                return known
        listed = await self._rest.read(f"/guilds/{guild}/emojis", list[_Emoji])
        if isinstance(listed, Problem):
            return replace(listed, certain=True)
        found: dict[str, Custom] = {}
        for one in sorted(listed, key=lambda one: int(one.id)):
            if one.available:
                named = f"{one.name}:{one.id}"
                token = f"<{'a' if one.animated else ''}:{named}>"
                found.setdefault(one.name, Custom(named, token))
        self._known[guild] = (time.monotonic(), found)
        return found
