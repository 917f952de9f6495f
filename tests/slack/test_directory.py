"""Names that cost a call: kept, shared, renewed, and never in a message's way."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from adapters.slack import Settings
from adapters.slack.api import Answer, Api
from adapters.slack.directory import UNKNOWN, Directory
from core.delivery import Failure, FailureKind
from core.model import Identity, Profile

ADA = Identity("slack", "T1", "U1")
AWAY = Failure(FailureKind.TRANSIENT, "connection_refused")


class Books(Api):
    """An API that answers from what the test put in."""

    def __init__(self) -> None:
        super().__init__(Settings(bot_token="x"), lambda _: None)
        self.users: dict[str, dict[str, Any]] = {}
        self.listed: dict[str, Any] = {}
        self.asked: list[str] = []
        self.gate: asyncio.Event | None = None

    async def read(self, method: str, **arguments: Any) -> Answer | Failure:
        if method.endswith(".list"):
            self.asked.append(method)
            return {"ok": True, **self.listed} if self.listed else AWAY
        key = str(arguments.get("user") or arguments.get("channel"))
        self.asked.append(key)
        if self.gate:
            await self.gate.wait()
        kind = "user" if method == "users.info" else "channel"
        return {"ok": True, kind: self.users[key]} if key in self.users else AWAY

    async def write(self, method: str, arguments: Any) -> Answer | Failure:
        self.asked.append(method)
        return {"ok": True, "channel": {"id": "D1"}} if arguments["users"] == "U1" else {}


def spawn(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    return asyncio.create_task(work)


@pytest.fixture
def books() -> Books:
    found = Books()
    found.users["U1"] = {
        "name": "ada",
        "team_id": "T1",
        "real_name": "Ada Lind",
        "profile": {"display_name": "Ada", "image_192": "https://i.example.com/a.png"},
    }
    found.users["C1"] = {"name": "plans"}
    return found


async def test_a_name_is_asked_for_once(books: Books) -> None:
    names = Directory(books, spawn)
    ada = Profile("Ada", "https://i.example.com/a.png")
    assert await asyncio.gather(*(names.profile("U1") for _ in range(5))) == [ada] * 5
    assert await names.names(["U1", "U9"], ["C1"]) == {"U1": "Ada", "C1": "plans"}
    assert sorted(books.asked) == ["C1", "U1", "U9"]


async def test_a_name_that_changed_is_asked_for_again(books: Books) -> None:
    names = Directory(books, spawn)
    await names.profile("U1")
    books.users["U1"] = {"name": "ada", "profile": {"display_name": "", "real_name": "Ada L."}}
    names.forget("U1")
    assert await names.profile("U1") == Profile("Ada L.")


async def test_what_somebody_is_in_the_workspace_is_forgotten_with_their_name(
    books: Books,
) -> None:
    names = Directory(books, spawn)
    assert not (await names.person(ADA, "T1")).guest
    del books.users["U1"]
    names.forget("U1")
    assert (await names.person(ADA, "T1")).guest, "whether they are one now cannot be learnt"


async def test_an_answer_that_a_change_has_overtaken_is_not_believed(books: Books) -> None:
    names = Directory(books, spawn)
    books.gate = asyncio.Event()
    first = asyncio.create_task(names.person(ADA, "T1"))
    while not books.asked:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0)
    names.forget("U1")
    books.gate.set()
    assert (await first).guest
    assert not (await names.person(ADA, "T1")).guest
    assert books.asked == ["U1", "U1"]


async def test_an_unknown_name_is_empty_and_is_not_asked_for_at_every_word(books: Books) -> None:
    names = Directory(books, spawn)
    assert await names.profile("U9") == UNKNOWN == Profile("")
    assert await names.profile("U9") == UNKNOWN
    assert books.asked == ["U9"]


async def test_a_slow_look_up_holds_nothing_up_and_goes_on(books: Books) -> None:
    books.gate = asyncio.Event()
    names = Directory(books, spawn, patience=0.01)
    assert await names.profile("U1") == UNKNOWN
    books.gate.set()
    assert (await names.profile("U1")).name == "Ada"
    assert books.asked == ["U1"]


async def test_an_old_name_stands_in_while_slack_is_away(books: Books) -> None:
    names = Directory(books, spawn, kept=0.0)
    assert (await names.profile("U1")).name == "Ada"
    del books.users["U1"]
    assert (await names.profile("U1")).name == "Ada"
    assert (await names.profile("U1")).name == "Ada"
    assert books.asked == ["U1", "U1"]


async def test_user_groups_are_asked_for_once_and_called_by_their_handle(books: Books) -> None:
    names = Directory(books, spawn)
    assert await names.groups() == {}
    assert await names.groups() == {}, "what cannot be had is not asked for at every word"
    books.listed["usergroups"] = [
        {"id": "S1", "handle": "design"},
        {"id": "S2", "handle": ""},
        "odd",
    ]
    fresh = Directory(books, spawn)
    assert await asyncio.gather(*(fresh.groups() for _ in range(3))) == [{"S1": "design"}] * 3
    assert books.asked == ["usergroups.list"] * 2


async def test_custom_emoji_are_asked_for_again_when_one_has_changed(books: Books) -> None:
    books.listed["emoji"] = {"oak": "https://e.example/oak"}
    names = Directory(books, spawn)
    assert await names.emoji() == await names.emoji() == {"oak": "https://e.example/oak"}
    books.listed["emoji"] = {}
    names.forget_emoji()
    assert await names.emoji() == {}
    assert books.asked == ["emoji.list"] * 2


async def test_direct_messages_are_opened_once(books: Books) -> None:
    names = Directory(books, spawn)
    assert await names.direct("U1") == "D1"
    assert await names.direct("U1") == "D1"
    assert books.asked == ["conversations.open"]
    assert isinstance(await names.direct("U2"), Failure)
