"""Every kind of write, with every way to lose its outcome: done once in the end.

What a lane does is done by hand: an attempt, a search after an unclear one, another attempt
after a search in vain, and the removal of what turns up late.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.discord.adapter import DiscordAdapter
from core.delivery import (
    Absent,
    Author,
    Failure,
    FailureKind,
    Part,
    PartKind,
    Receipt,
    Step,
    Verb,
    Write,
)
from core.ids import RemoteId
from core.model import Mirror
from tests.discord.conftest import (
    CHAT,
    FORUM,
    GUILD,
    MIA,
    FreeBudgets,
    MemoryFiles,
    Sandbox,
    card,
    change,
    direct,
    mirror,
    posting,
    text,
)
from tests.discord.fake_desk import FakeDesk
from tests.discord.test_over_sockets import EXECUTE, POST, placed

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MARK = "0123456789abcdef01234567"
FAULTS: dict[str, dict[str, Any]] = {
    "answer lost": {"kind": "lost"},
    "connection cut": {"kind": "cut"},
    "server error": {"kind": "status", "status": 503},
    "answer unreadable": {"kind": "status", "status": 200, "body": "<html>"},
    "applied late": {"kind": "late", "seconds": 0.3},
}
ONE = "/channels/{channel_id}/messages/{message_id}"
MINE = ONE + "/reactions/{emoji}/@me"
HOOKED = "/webhooks/{webhook_id}/{token}/messages/{message_id}"


@pytest.fixture(autouse=True)
async def unlimited(sandbox: Sandbox) -> None:
    await sandbox.control("PUT", "limits/discord", {"factor": 0})


async def deliver(adapter: DiscordAdapter, write: Write) -> Receipt | Failure:
    """As a lane does it, without its pauses."""
    done = await adapter.write(write)
    for _ in range(5):
        if isinstance(done, Receipt) or done.certain:
            return done
        found = await adapter.find(write)
        if isinstance(found, Receipt):
            return found
        assert isinstance(found, Absent), found
        done = await adapter.write(write)
    raise AssertionError("it never became clear")


async def take_away(adapter: DiscordAdapter, desk: FakeDesk, at: Mirror, kept: set[str]) -> None:
    """What the desk does with strays that are not placed."""
    for _, _, remote, poster, _ in desk.strays:
        if remote not in kept:
            step = Step(Verb.DELETE, 0, None, remote)
            done = await adapter.write(Write(f"stray {remote}", at, step, "", poster=poster))
            assert isinstance(done, Receipt), done


@dataclass
class Case:
    """A write, the calls that the fault strikes, and what of it is there to be counted."""

    write: Write
    method: str
    count: Callable[[], Awaitable[int]]


class Cases:
    def __init__(self, adapter: DiscordAdapter, sandbox: Sandbox, files: MemoryFiles) -> None:
        self.adapter = adapter
        self.sandbox = sandbox
        self.files = files

    def ours(self, place: object, holds: Callable[[dict[str, Any]], Any]) -> Any:
        async def count() -> int:
            shown = await self.sandbox.messages(str(place))
            return len([one for one in shown if one["author"] != MIA and holds(one)])

        return count

    async def words(self) -> Case:
        at = await placed(self.adapter, mirror(FORUM))
        await self.adapter.write(text(at, "before"))
        write = text(at, "yes * and no", anchor=at.root)
        said = self.ours(at.space, lambda one: "yes" in one["content"])
        return Case(write, EXECUTE, said)

    async def file(self) -> Case:
        at = await placed(self.adapter, mirror(FORUM))
        await self.adapter.write(text(at, "before"))
        file = self.files.add(b"the oak", name="öak desk (1).png")
        part = Part(PartKind.FILE, author=Author("Mia"), file=file)
        write = posting("file", at, part, anchor=at.root)
        return Case(write, EXECUTE, self.ours(at.space, lambda one: one["files"]))

    async def pin(self) -> Case:
        at = await placed(self.adapter, mirror(FORUM))
        await self.adapter.write(text(at, "before"))
        part = replace(card(at).part, kind=PartKind.PIN)
        write = posting(MARK, at, part, anchor=at.root)
        is_pin = self.ours(at.space, lambda one: one["embeds"] and one["webhook_id"])
        return Case(write, EXECUTE, is_pin)

    async def notice(self) -> Case:
        at = await placed(self.adapter, mirror(CHAT))
        write = posting("notice", at, Part(PartKind.NOTICE, "Kai joined."), anchor=at.root)
        return Case(write, POST, self.ours(at.space, lambda one: "joined" in one["content"]))

    async def direct_words(self) -> Case:
        at = await placed(self.adapter, direct())
        write = text(at, "in oak?", Author("Kai"), anchor=at.root)
        return Case(write, POST, self.ours(f"dm:{MIA}", lambda one: "oak?" in one["content"]))

    async def direct_card(self) -> Case:
        return Case(card(direct()), POST, self.ours(f"dm:{MIA}", lambda one: one["embeds"]))

    async def channel_card(self) -> Case:
        return Case(card(mirror(CHAT)), POST, self.ours(CHAT, lambda one: one["embeds"]))

    async def thread(self) -> Case:
        first = await self.adapter.write(card(mirror(CHAT)))
        assert isinstance(first, Receipt)

        async def count() -> int:
            [message] = await self.sandbox.messages(CHAT)
            return int(message["thread"] == message["id"])

        write = card(mirror(CHAT), inner=1, data=first.data)
        return Case(write, f"POST {ONE}/threads", count)

    async def forum_post(self) -> Case:
        twin = await placed(self.adapter, mirror(FORUM))
        await self.sandbox.say("Mia", str(twin.space), "of the same title")

        async def count() -> int:
            listed = await self.adapter._rest.read(f"/guilds/{GUILD}/threads/active", dict)
            assert isinstance(listed, dict)
            return len([one for one in listed["threads"] if one["id"] != twin.space])

        return Case(card(mirror(FORUM), MARK), "POST /channels/{channel_id}/threads", count)

    async def _to_change(self, *, hooked: bool) -> tuple[Mirror, Receipt]:
        at = await placed(self.adapter, mirror(FORUM))
        notice = posting("notice", at, Part(PartKind.NOTICE, "Kai joined."))
        done = await self.adapter.write(text(at, "in ok") if hooked else notice)
        assert isinstance(done, Receipt)
        return at, done

    async def webhook_edit(self) -> Case:
        at, done = await self._to_change(hooked=True)
        write = text(at, "in oak", replaces=done.remote, poster=done.poster)
        shown = self.ours(at.space, lambda one: one["content"] == "in oak")
        return Case(write, f"PATCH {HOOKED}", shown)

    async def bot_edit(self) -> Case:
        at, done = await self._to_change(hooked=False)
        part = Part(PartKind.NOTICE, "Kai left.")
        write = posting("edit", at, part, replaces=done.remote, poster=done.poster)
        return Case(
            write, f"PATCH {ONE}", self.ours(at.space, lambda one: "left" in one["content"])
        )

    async def webhook_delete(self) -> Case:
        at, done = await self._to_change(hooked=True)
        write = change(at, Verb.DELETE, done.remote, poster=done.poster)

        async def count() -> int:
            return 2 - len(await self.sandbox.messages(str(at.space)))

        return Case(write, f"DELETE {HOOKED}", count)

    async def bot_delete(self) -> Case:
        at, done = await self._to_change(hooked=False)
        write = change(at, Verb.DELETE, done.remote, poster=done.poster)

        async def count() -> int:
            return 2 - len(await self.sandbox.messages(str(at.space)))

        return Case(write, f"DELETE {ONE}", count)

    async def react(self) -> Case:
        at, done = await self._to_change(hooked=True)
        write = change(at, Verb.REACT, done.remote, "👍", poster=done.poster)
        return Case(write, f"PUT {MINE}", self.ours(at.space, lambda one: one["reactions"]))

    async def unreact(self) -> Case:
        at, done = await self._to_change(hooked=True)
        await self.adapter.write(change(at, Verb.REACT, done.remote, "👍", poster=done.poster))
        write = change(at, Verb.UNREACT, done.remote, "👍", poster=done.poster)
        bare = self.ours(at.space, lambda one: one["webhook_id"] and not one["reactions"])
        return Case(write, f"DELETE {MINE}", bare)


POSTS = [
    "words",
    "file",
    "pin",
    "notice",
    "direct_words",
    "direct_card",
    "channel_card",
    "thread",
    "forum_post",
]
CHANGES = ["webhook_edit", "bot_edit", "webhook_delete", "bot_delete", "react", "unreact"]
WITHOUT_NONCE = ("words", "file", "pin", "forum_post")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", [*POSTS, *CHANGES])
async def test_it_is_done_once_whatever_becomes_of_its_answer(
    adapter: DiscordAdapter,
    desk: FakeDesk,
    sandbox: Sandbox,
    files: MemoryFiles,
    kind: str,
    fault: str,
) -> None:
    case: Case = await getattr(Cases(adapter, sandbox, files), kind)()
    # A change is repeated by the HTTP client itself where a kept connection was cut.
    times = 2 if FAULTS[fault]["kind"] in ("lost", "cut") and kind in CHANGES else 1
    await sandbox.fault(case.method, times=times, **FAULTS[fault])
    done = await deliver(adapter, case.write)
    assert isinstance(done, Receipt), done
    await sandbox.control("GET", "discord/late")
    late = fault == "applied late" and kind in WITHOUT_NONCE
    if late:
        assert await case.count() == 2
        await desk.until(lambda: {one[2] for one in desk.strays} - {done.remote})
    assert bool(desk.strays) is late
    await take_away(adapter, desk, case.write.mirror, {done.remote})
    assert await case.count() == 1
    assert isinstance(await adapter.find(case.write), Absent if kind in CHANGES else Receipt)


@pytest.mark.parametrize("kind", [*POSTS[:-2], "forum_post"])
async def test_the_gateway_tells_what_the_answer_did_not(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox, files: MemoryFiles, kind: str
) -> None:
    case: Case = await getattr(Cases(adapter, sandbox, files), kind)()
    await sandbox.fault(case.method, "lost")
    done = await adapter.write(case.write)
    assert isinstance(done, Failure)
    assert (done.kind, done.certain) == (FailureKind.TRANSIENT, False)
    await desk.until(lambda: desk.echoes)
    [(delivery, echoed)] = desk.echoes
    assert delivery == case.write.delivery
    assert echoed == await adapter.find(case.write)
    assert desk.strays == []


async def test_an_attempt_that_worked_after_all_is_not_made_again(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox, files: MemoryFiles
) -> None:
    case = await Cases(adapter, sandbox, files).words()
    await sandbox.fault(case.method, "late", seconds=0.1)
    assert isinstance(await adapter.write(case.write), Failure)
    assert await adapter.find(case.write) == Absent()
    await desk.until(lambda: desk.echoes)
    done = await adapter.write(case.write)
    assert done == desk.echoes[0][1]
    assert await case.count() == 1
    assert desk.strays == []


async def test_answers_echoes_and_what_is_told_to_people_are_no_strays(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox, files: MemoryFiles
) -> None:
    at, home = await placed(adapter, mirror(FORUM)), await placed(adapter, direct())
    assert isinstance(await adapter.write(card(mirror(CHAT), MARK)), Receipt)
    for n in range(5):
        assert isinstance(await adapter.write(text(at, f"words {n % 2}")), Receipt)
        assert isinstance(await adapter.write(text(home, f"words {n}", Author("Kai"))), Receipt)
    await sandbox.fault("events", "double", times=0)
    file = Part(PartKind.FILE, author=Author("Mia"), file=files.add(b"oak"))
    assert isinstance(await adapter.write(posting("f", at, file)), Receipt)
    channel = str(home.root).partition(":")[0]
    for words in ("Your message was not sent on: https://x.y/\nStart with a pin.", "Which one?"):
        await adapter._rest.call("POST", f"/channels/{channel}/messages", {"content": words})
    await sandbox.say("Mia", str(at.space), "behind all that")
    await desk.until(lambda: desk.intents)
    assert desk.strays == []


async def test_a_doubled_post_in_which_somebody_wrote_keeps_their_words(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at, twin = [await placed(adapter, mirror(FORUM)) for _ in range(2)]
    await sandbox.say("Mia", str(twin.space), "in the wrong one")
    assert twin.root is not None
    done = await adapter.write(change(at, Verb.DELETE, twin.root, poster="bot"))
    assert isinstance(done, Receipt)
    [left] = await sandbox.messages(str(twin.space))
    assert left["content"] == "in the wrong one"
    empty = await placed(adapter, mirror(FORUM))
    assert empty.root is not None
    for _ in range(2):
        done = await adapter.write(change(at, Verb.DELETE, empty.root, poster="bot"))
        assert isinstance(done, Receipt), "and a second time it is done already"
    own = await adapter.write(change(at, Verb.DELETE, RemoteId(str(at.root)), poster="bot"))
    assert isinstance(own, Receipt)
    assert (await sandbox.control("GET", f"discord/channels/{at.space}"))["messages"] == []


async def test_a_stray_of_before_a_restart_is_known_by_its_application(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    await adapter.write(text(at, "before"))
    await sandbox.fault(EXECUTE, "late", seconds=0.5)
    assert isinstance(await adapter.write(text(at, "late")), Failure)
    later = DiscordAdapter(sandbox.settings(), FreeBudgets(), MemoryFiles())
    desk = FakeDesk()
    await later.start(desk)
    await desk.until(lambda: desk.ups)
    await sandbox.control("GET", "discord/late")
    await desk.until(lambda: desk.strays)
    [(place, space, remote, poster, _)] = desk.strays
    last = (await sandbox.messages(str(at.space)))[-1]
    assert (place, space) == (at.place, at.space)
    assert remote == f"{at.space}:{last['id']}"
    assert poster == f"webhook:{last['webhook_id']}"
    step = Step(Verb.DELETE, 0, None, remote)
    done = await later.write(Write("stray", at, step, "", poster=poster))
    assert isinstance(done, Receipt)
    await later.stop()
    assert len(await sandbox.messages(str(at.space))) == 2


async def test_a_card_is_looked_for_beyond_the_newest_hundred_messages(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    write = card(mirror(CHAT))
    await sandbox.fault(POST, "lost")
    assert isinstance(await adapter.write(write), Failure)
    for n in range(205):
        await sandbox.say("Kai", CHAT, f"words {n}")
    later = DiscordAdapter(sandbox.settings(), FreeBudgets(), MemoryFiles())
    for one in (adapter, later):
        found = await one.find(write)
        assert isinstance(found, Receipt), found
    assert await later.find(replace(write, delivery=MARK)) == Absent()
    await later.stop()


async def test_a_forum_post_is_looked_for_among_the_archived_ones(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    write = card(mirror(FORUM), MARK)
    await sandbox.fault("POST /channels/{channel_id}/threads", "lost")
    assert isinstance(await adapter.write(write), Failure)
    [found] = [one async for page in adapter.roots(write.mirror.place, LONG_AGO) for one in page]
    await sandbox.control("POST", "discord/archive", {"thread": found.space})
    for n in range(120):
        post = {"user": "Mia", "channel": FORUM, "text": "x", "title": "Oak desk"}
        other = await sandbox.control("POST", "discord/say", post)
        if n % 2:
            await sandbox.control("POST", "discord/archive", {"thread": other["channel"]})
    later = DiscordAdapter(sandbox.settings(), FreeBudgets(), MemoryFiles())
    done = await later.find(write)
    assert isinstance(done, Receipt), done
    assert (done.space, done.poster) == (found.space, "bot")
    await later.stop()
