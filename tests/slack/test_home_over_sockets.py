"""App Home: drawn when it is opened, kept up, and worked with."""

import asyncio
from typing import Any

import pytest

from adapters.slack import Settings
from adapters.slack import home as home_module
from adapters.slack.api import Api
from core.asking import Answer, Button, Form, Input, Item
from core.intents import Person
from core.model import Identity
from core.ports.reading import Change
from tests.slack.fake_desk import CONVERSATION, PIN, THREAD, FakeDesk
from tests.slack.slack_world import TEAM, World

LINE = Item("How high?", "2 min ago", PIN, (Button("Open", "open", "t1"),))
INBOX = Answer("Northwind Home: 1 thread", (LINE,), (Button("Mine", "list", "mine"),))
FORM = Form("Reply", "Send", "replied", "t1", (Input("text", "Words", "long"),))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home_module, "PAUSE", 0.05)


async def shown(world: World, words: str, user: str = "U0ADA") -> dict[str, Any]:
    """Somebody's App Home, once it holds these words."""
    async with asyncio.timeout(30):
        while True:
            page = (await world.seen(user))["home"]
            if page and words in str(page):
                return dict(page)
            await asyncio.sleep(0.05)


async def press(world: World, page: dict[str, Any], words: str) -> None:
    buttons = [e for b in page["blocks"] for e in b.get("elements", ()) if e["type"] == "button"]
    (found,) = [one for one in buttons if one["text"]["text"] == words]
    await world.act("press", user="U0ADA", view=page["id"], action_id=found["action_id"], wait=5)


def changed(desk: FakeDesk) -> None:
    desk.hints.put_nowait(Change(CONVERSATION, THREAD, "event"))


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_the_home_tab_is_the_inbox_of_who_opens_it(
    world: World, desk: FakeDesk, mode: str
) -> None:
    desk.office.page = INBOX
    async with world.adapter(mode, desk):
        await world.act("home", user="U0ADA")
        page = await shown(world, "How high?")
        assert "Oak desk" in str(page)
        caller = (await desk.office.call()).caller
        assert isinstance(caller.person, Person)
        assert (caller.person.identity.user, caller.place) == ("U0ADA", None)
        assert (await world.seen("U0BO"))["home"] is None


async def test_the_messages_tab_draws_nothing(world: World, desk: FakeDesk) -> None:
    async with world.adapter("http", desk):
        await world.act("home", user="U0ADA", tab="messages")
        await world.act("home", user="U0BO")
        await shown(world, "Your inbox", "U0BO")
        assert (await world.seen("U0ADA"))["home"] is None


async def test_it_is_drawn_again_when_something_has_changed_and_only_then(
    world: World, desk: FakeDesk
) -> None:
    before = len(await world.journal("views.publish"))
    async with world.adapter("http", desk):
        await world.act("home", user="U0ADA")
        await shown(world, "Your inbox")
        await desk.office.call()
        changed(desk)
        await desk.office.call()
        desk.office.page = INBOX
        changed(desk)
        await shown(world, "How high?")
        published = (await world.journal("views.publish"))[before:]
        assert len(published) == 2
        assert all(one["args"]["user_id"] == "U0ADA" for one in published)


class SlowApi(Api):
    """Slack, to which the first call is long on its way."""

    def __init__(self) -> None:
        super().__init__(Settings(bot_token="x"), lambda _: None)
        self.arrive = asyncio.Event()
        self.begun = asyncio.Event()
        self.shows: list[str] = []

    async def write(self, method: str, arguments: Any) -> Any:
        if not self.begun.is_set():
            self.begun.set()
            await self.arrive.wait()
        self.shows.append(str(arguments["view"]))
        return {"ok": True}


async def test_a_slow_page_does_not_come_in_the_place_of_a_newer_one(
    world: World, desk: FakeDesk
) -> None:
    api = SlowApi()
    async with world.adapter("http", desk) as adapter:
        homes = adapter._homes
        assert homes is not None
        homes._api = api
        older = asyncio.create_task(homes.opened("U0ADA"))
        await api.begun.wait()
        desk.office.page = INBOX
        newer = asyncio.create_task(homes.opened("U0ADA"))
        await asyncio.wait({newer}, timeout=0.2)
        api.arrive.set()
        await asyncio.gather(older, newer)
        assert "How high?" in api.shows[-1]


async def test_after_a_start_the_pages_of_agents_are_drawn_anew(
    world: World, desk: FakeDesk
) -> None:
    """What they showed before the stop may not be theirs any more."""
    desk.staff = (Identity("slack", TEAM, "U0BO"), Identity("discord", "", "7"))
    async with world.adapter("http", desk):
        await shown(world, "Your inbox", "U0BO")
        assert (await world.seen("U0ADA"))["home"] is None


async def test_a_page_that_cannot_be_drawn_ends_nothing(world: World, desk: FakeDesk) -> None:
    async with world.adapter("http", desk):
        await world.act("home", user="U0ADA")
        await shown(world, "Your inbox")
        await world.fault("views.publish", "status", status=503)
        desk.office.page = INBOX
        changed(desk)
        for _ in range(2):  # as it was opened, and what could not be published
            await desk.office.call()
        changed(desk)
        await shown(world, "How high?")


async def test_only_the_homes_opened_last_are_kept_up(
    world: World, desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home_module, "MOST", 1)
    async with world.adapter("http", desk):
        for user in ("U0ADA", "U0BO"):
            await world.act("home", user=user)
            await shown(world, "Your inbox", user)
        desk.office.page = INBOX
        changed(desk)
        await shown(world, "How high?", "U0BO")
        assert "How high?" not in str((await world.seen("U0ADA"))["home"])
        await world.act("home", user="U0ADA")
        await shown(world, "How high?")


async def test_a_button_there_is_answered_on_a_sheet_or_by_the_page_itself(
    world: World, desk: FakeDesk
) -> None:
    desk.office.page = INBOX
    async with world.adapter("http", desk):
        await world.act("home", user="U0ADA")
        page = await shown(world, "How high?")
        desk.office.answers += [Answer("The thread", (LINE,)), Answer("Resolved.", done=True)]
        await press(world, page, "Open")
        (view,) = (await world.until_seen())["views"]
        assert "The thread" in str(view)
        await world.act("close", user="U0ADA", view=view["id"])
        desk.office.page = Answer("Northwind Home: no threads")
        await press(world, page, "Mine")
        page = await shown(world, "no threads")
        assert not (await world.seen())["views"]


async def test_a_form_opened_there_is_answered_on_a_sheet(world: World, desk: FakeDesk) -> None:
    desk.office.page = INBOX
    async with world.adapter("http", desk):
        await world.act("home", user="U0ADA")
        page = await shown(world, "How high?")
        desk.office.answers += [Answer("Write it.", form=FORM), Answer("Sent.")]
        await press(world, page, "Open")
        (view,) = (await world.until_seen())["views"]
        desk.office.page = Answer("Northwind Home: all is answered")
        told = await world.act("submit", user="U0ADA", view=view["id"],
                               values={"text": {"field": "72 cm"}})  # fmt: skip
        assert "Sent." in str(told["views"][-1])
        await shown(world, "all is answered")
