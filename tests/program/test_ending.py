"""Conversations that others read in a channel: whoever is in one ends that, from anywhere."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.program.hands import CHAT, CLEO, LIMIT, MIA, ROSA, Discord, Slack, Web, direct, mia
from tests.program.hands import BO as BO_
from tests.program.world import Whole, whole

pytestmark = pytest.mark.slow

PIN = "https://www.pinterest.com/pin/99360735500167749/"
BOT = "U0PINTHREAD"


class Hands:
    def __init__(self, people: Whole) -> None:
        self.people = people
        self.slack, self.discord, self.web = Slack(people), Discord(people), Web(people)

    async def notices(self, who: str, thread: str) -> list[str]:
        page = await self.web.call(who, "GET", f"/api/threads/{thread}/messages?limit=200")
        return [line["text"] for line in page["lines"] if line["kind"] == "notice"]

    async def ended(self, who: str, thread: str) -> None:
        await self.people.until(
            lambda: self.notices(who, thread),
            lambda found: any("no longer shows this" in one for one in found),
            LIMIT,
        )
