"""The bot's own words to people, outside the lanes: said at most once, and tried some times."""

import asyncio
from collections.abc import Mapping
from typing import Any

from adapters.discord.errors import Problem
from adapters.discord.rest import Rest
from adapters.discord.webhooks import Posted
from adapters.discord.writing import Costs


class Speaker:
    def __init__(self, rest: Rest, costs: Costs) -> None:
        self._rest = rest
        self._costs = costs

    async def once(self, channel: str, body: Mapping[str, Any]) -> Posted | Problem:
        """Posts as the bot; nothing is tried again."""
        path, cost = f"/channels/{channel}/messages", self._costs.message(channel)
        return await self._rest.ask("POST", path, Posted, body, cost=cost)

    async def say(self, channel: str, body: Mapping[str, Any]) -> Posted | Problem:
        """Posts as the bot. The body's nonce makes it safe to try again after anything unclear."""
        path = f"/channels/{channel}/messages"
        cost = self._costs.message(channel)
        said = await self._rest.ask("POST", path, Posted, body, cost=cost)
        for pause in (1.0, 3.0):
            if not isinstance(said, Problem) or 400 <= said.status < 429:
                break
            await asyncio.sleep(said.retry_after or pause)
            said = await self._rest.ask("POST", path, Posted, body, cost=cost)
        return said
