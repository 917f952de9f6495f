"""Lines of words: in order in a channel, side by side across channels, gone when idle."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from adapters.discord.client import Gateway
from adapters.discord.custom import CustomEmoji
from adapters.discord.following import Follower
from adapters.discord.listening import Listener
from adapters.discord.meaning import Meaning
from adapters.discord.ours import Ourselves
from adapters.discord.pending import Pending
from adapters.discord.people import People
from adapters.discord.quiet import Quiet
from adapters.discord.rest import Rest
from adapters.discord.settings import Settings
from adapters.discord.speaking import Speaker
from adapters.discord.telling import Teller
from adapters.discord.webhooks import Webhooks
from adapters.discord.writing import Costs, Writer
from core.intents import Intent
from core.ports.outcomes import Outcome
from tests.discord.conftest import FORUM, FreeBudgets, MemoryFiles, mirror, text
from tests.discord.fake_desk import FakeDesk
from tests.discord.test_inbound import SAID

AWAY = Settings(token="t", api_url="http://127.0.0.1:9/api")


class SlowDesk(FakeDesk):
    """Takes the words `a0` in only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = asyncio.Event()

    async def submit(self, intent: Intent) -> Outcome:
        if intent.what.text == "a0":
            await self.let.wait()
        return await super().submit(intent)


@asynccontextmanager
async def listening(desk: FakeDesk) -> AsyncIterator[Listener]:
    rest = Rest(AWAY, FreeBudgets())
    webhooks, costs = Webhooks(rest), Costs(1.0)
    writer = Writer(rest, webhooks, costs, MemoryFiles(), CustomEmoji(rest))
    speaker, people = Speaker(rest, costs), People(rest)
    teller = Teller(desk, writer, speaker, Quiet(desk, rest, speaker))
    meaning = Meaning(desk, people)
    follower = Follower(desk, meaning, writer, people, teller)
    ourselves = Ourselves(rest, webhooks)
    listener = Listener(desk, meaning, writer, ourselves, Pending(), teller, follower)
    async with asyncio.TaskGroup() as group:
        listener.begin(group)
        yield listener
    await rest.close()


def words(desk: FakeDesk) -> list[str]:
    return [intent.what.text for intent in desk.intents]


async def test_a_channel_keeps_its_order_and_holds_up_no_other() -> None:
    desk = SlowDesk()
    async with listening(desk) as listener:
        for n in range(3):
            listener.heard(replace(SAID, message=str(n), content=f"a{n}"))
        listener.heard(replace(SAID, channel="6", message="9", content="b"))
        await desk.until(lambda: desk.intents)
        assert words(desk) == ["b"]
        desk.let.set()
        await desk.until(lambda: len(desk.intents) == 4)
        assert words(desk) == ["b", "a0", "a1", "a2"]


async def test_stopping_takes_in_what_was_heard_and_nothing_more() -> None:
    desk = FakeDesk()
    async with listening(desk) as listener:
        for n in range(3):
            listener.heard(replace(SAID, message=str(n), content=f"a{n}"))
        await listener.end(5.0)
        assert words(desk) == ["a0", "a1", "a2"]
        listener.heard(replace(SAID, message="4", content="late"))
    assert words(desk) == ["a0", "a1", "a2"]


async def test_stopping_waits_no_longer_than_it_is_told() -> None:
    desk = SlowDesk()
    async with listening(desk) as listener:
        listener.heard(replace(SAID, content="a0"))
        await listener.end(0.0)
    assert desk.intents == []


async def test_a_line_that_is_worked_off_is_gone() -> None:
    desk = FakeDesk()
    async with listening(desk) as listener:
        listener.heard(SAID)
        assert listener.busy == 1
        await listener.end(5.0)
        assert (listener.busy, len(desk.intents)) == (0, 1)


async def test_our_own_words_are_echoes_and_only_those_still_out() -> None:
    desk = FakeDesk()
    pending = Pending()
    write = text(mirror(FORUM, root="5:5", space="5"), "hello", delivery="d1")
    pending.add(write)
    mine = replace(SAID, webhook="77", bot=True, name="Mia", content="hello")
    assert pending.match(replace(mine, content="other")) is None
    found = pending.match(mine)
    assert found is not None
    assert (found[0], found[1].remote, found[1].poster) == (write, "5:9", "webhook:77")
    assert pending.match(mine) is None
    pending.done(write)
    assert pending.match(mine) is None
    assert desk.intents == []


async def test_sign_ins_are_spread_once_many_were_made_within_an_hour() -> None:
    now = time.monotonic()
    known = deque([now - 4000, *(now - 3599.9 + n / 1000 for n in range(40))])
    gateway = Gateway(None, known)  # type: ignore[arg-type]
    await gateway.before_identify_hook(None, initial=True)
    assert len(known) == 41
    assert known[-1] - known[0] >= 3600


async def test_words_in_a_channel_that_cannot_be_looked_up_are_passed_over() -> None:
    desk = FakeDesk()
    async with listening(desk) as listener:
        listener.heard(replace(SAID, parent=None, unknown_thread=True))
        await listener.end(5.0)
    assert desk.intents == []
