"""Answers that the sandbox does not give: unreadable, foreign, half, endless."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from aiohttp import web

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.settings import Settings
from core.delivery import Absent, Failure, FailureKind, Receipt
from core.ids import RemoteId
from core.intents import Person
from core.sweep import Seen, SweepError
from tests.discord.conftest import (
    BOT,
    FORUM,
    GUILD,
    FreeBudgets,
    MemoryFiles,
    card,
    direct,
    mirror,
    text,
)
from tests.discord.fake_desk import FakeDesk

AT = mirror(FORUM, root="5:5", space="5")
HOOK = {"id": "77", "type": 1, "token": "secret", "application_id": BOT}
FLAGS = 1 << 18


class Scripted:
    """A REST server whose answers are a table: `METHOD path` to status and body."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.headers: dict[str, str] = {}
        self.answers: dict[str, tuple[int, Any]] = {
            "GET /oauth2/applications/@me": (200, {"id": BOT}),
            "GET /applications/@me": (200, {"id": BOT, "flags": FLAGS}),
            "GET /users/@me": (200, {"id": BOT, "username": "pinthread"}),
            f"GET /channels/{FORUM}/webhooks": (200, [HOOK]),
            "POST /webhooks/77/secret": (200, {"id": "99"}),
        }

    async def answer(self, request: web.Request) -> web.Response:
        call = f"{request.method} {request.path}"
        self.calls[call] += 1
        status, body = self.answers.get(call, (404, {"code": 0, "message": "no"}))
        if callable(body):
            body = body(request)
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return web.Response(
            status=status, body=raw, content_type="application/json", headers=self.headers
        )


@pytest.fixture
async def scripted() -> AsyncIterator[Scripted]:
    scripted = Scripted()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", scripted.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    scripted.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield scripted
    await runner.cleanup()


@pytest.fixture
async def adapter(scripted: Scripted, budgets: FreeBudgets) -> AsyncIterator[DiscordAdapter]:
    adapter = DiscordAdapter(Settings(token="t", api_url=scripted.url), budgets, MemoryFiles())
    yield adapter
    await adapter.stop()


@pytest.mark.parametrize("body", [b"<html>", b"{}", b""])
async def test_a_success_that_cannot_be_read_is_unclear(
    adapter: DiscordAdapter, scripted: Scripted, body: bytes
) -> None:
    scripted.answers["POST /webhooks/77/secret"] = (200, body)
    done = await adapter.write(text(AT, "hello"))
    assert isinstance(done, Failure)
    assert (done.kind, done.certain) == (FailureKind.TRANSIENT, False)


@pytest.mark.parametrize(("header", "seconds"), [("30", 30.0), ("soon", 5.0)])
async def test_a_limit_that_is_not_from_discord_itself_stops_everything(
    adapter: DiscordAdapter,
    scripted: Scripted,
    budgets: FreeBudgets,
    header: str,
    seconds: float,
) -> None:
    scripted.answers["POST /webhooks/77/secret"] = (429, b"<html>slow down</html>")
    scripted.headers = {"Retry-After": header}
    done = await adapter.write(text(AT, "hello"))
    assert done == Failure(FailureKind.RATE, "discord_429", retry_after=seconds)
    assert budgets.blocked == [(("discord", "global"), seconds)]
    asked = scripted.calls.total()
    for held in (text(AT, "more"), card(mirror(FORUM)), card(direct())):
        done = await adapter.write(held)
        assert isinstance(done, Failure)
        assert (done.kind, done.certain) == (FailureKind.RATE, True)
        assert 0 < (done.retry_after or 0) <= seconds
    assert scripted.calls.total() == asked


async def test_nonsense_in_limit_headers_teaches_nothing(
    adapter: DiscordAdapter, scripted: Scripted, budgets: FreeBudgets
) -> None:
    scripted.headers = {"X-RateLimit-Remaining": "many"}
    assert isinstance(await adapter.write(text(AT, "hello")), Receipt)
    assert budgets.learnt == []


async def test_a_look_up_that_fails_leaves_the_delivery_clear(
    adapter: DiscordAdapter, scripted: Scripted
) -> None:
    for path in (f"/channels/{FORUM}/webhooks", "/oauth2/applications/@me", f"/channels/{FORUM}"):
        scripted.answers[f"GET {path}"] = (503, b"")
    scripted.answers["POST /users/@me/channels"] = (500, b"")
    for write in (text(AT, "x"), card(mirror(FORUM)), card(direct())):
        done = await adapter.write(write)
        assert isinstance(done, Failure)
        assert (done.kind, done.certain) == (FailureKind.TRANSIENT, True)


async def test_a_webhook_that_stays_refused_is_tried_twice_and_no_more(
    adapter: DiscordAdapter, scripted: Scripted
) -> None:
    scripted.answers["POST /webhooks/77/secret"] = (404, {"code": 10015})
    done = await adapter.write(text(AT, "hello"))
    assert done == Failure(FailureKind.TRANSIENT, "discord_10015")
    assert scripted.calls["POST /webhooks/77/secret"] == 2


async def test_webhooks_of_others_are_left_alone_and_a_full_channel_says_so(
    adapter: DiscordAdapter, scripted: Scripted
) -> None:
    others = [
        {**HOOK, "application_id": "1"},
        {**HOOK, "token": None},
        {**HOOK, "type": 2},
    ]
    scripted.answers[f"GET /channels/{FORUM}/webhooks"] = (200, others)
    scripted.answers[f"POST /channels/{FORUM}/webhooks"] = (400, {"code": 30007})
    done = await adapter.write(text(AT, "hello"))
    assert isinstance(done, Failure)
    assert done.kind is FailureKind.PLACE
    assert "15 webhooks" in done.remedy


async def test_many_lanes_of_a_channel_look_for_its_webhook_once(
    adapter: DiscordAdapter, scripted: Scripted
) -> None:
    import asyncio

    done = await asyncio.gather(*(adapter.write(text(AT, f"{n}")) for n in range(20)))
    assert all(isinstance(one, Receipt) for one in done)
    assert scripted.calls[f"GET /channels/{FORUM}/webhooks"] == 1


async def test_a_search_reads_on_until_it_has_seen_all(
    adapter: DiscordAdapter, scripted: Scripted
) -> None:
    write = text(AT, "needle", anchor=RemoteId("5:100"))
    body = {"content": "needle", "webhook_id": "77", "application_id": BOT}

    def page(request: web.Request) -> list[dict[str, Any]]:
        after = int(request.query["after"])
        found = [{"id": str(n), "content": "hay"} for n in range(after + 1, min(after + 101, 330))]
        if after + len(found) >= 329:
            found.append({"id": "329", **body, "author": {"username": "Mia"}})
        return found[::-1]

    scripted.answers["GET /channels/5/messages"] = (200, page)
    found = await adapter.find(write)
    assert found == Receipt(RemoteId("5:329"), "webhook:77")
    assert scripted.calls["GET /channels/5/messages"] == 3
    assert await adapter.find(replace(write, known=frozenset({found.remote}))) == Absent()


async def test_a_search_that_fails_is_a_failure(
    adapter: DiscordAdapter, scripted: Scripted
) -> None:
    for write in (text(AT, "x"), card(mirror(FORUM)), card(direct())):
        assert isinstance(await adapter.find(write), Failure)
    scripted.answers[f"GET /channels/{FORUM}"] = (200, {"id": FORUM, "type": 15})
    assert isinstance(await adapter.find(card(mirror(FORUM))), Failure)


async def test_an_edit_is_not_searched_for(adapter: DiscordAdapter) -> None:
    assert await adapter.find(card(AT, replaces=AT.root)) == Absent()


async def test_a_write_into_a_mirror_without_its_card_waits(adapter: DiscordAdapter) -> None:
    for write in (text(mirror(FORUM), "x"), card(mirror(FORUM), inner=1)):
        done = await adapter.write(write)
        assert isinstance(done, Failure)
        assert (done.kind, done.certain) == (FailureKind.TRANSIENT, True)
        assert await adapter.find(write) == Absent()


async def test_a_stopped_adapter_makes_no_calls(adapter: DiscordAdapter) -> None:
    await adapter.stop()
    assert await adapter.write(text(AT, "x")) == Failure(FailureKind.TRANSIENT, "discord_no_answer")


# --- preflight


def guild(**channel: Any) -> dict[str, tuple[int, Any]]:
    """A server in which the bot's role may do everything that is needed."""
    roles = [{"id": GUILD, "permissions": "1024"}, {"id": "2", "permissions": str(2**50 - 1 - 8)}]
    shown = {"id": FORUM, "type": 15, "name": "plans", "guild_id": GUILD, **channel}
    return {
        f"GET /guilds/{GUILD}": (
            200,
            {"id": GUILD, "name": "Friday", "owner_id": "1", "roles": roles},
        ),
        f"GET /guilds/{GUILD}/members/{BOT}": (200, {"roles": ["2"]}),
        f"GET /channels/{FORUM}": (200, shown),
    }


def overwrite(who: str, allow: int, deny: int) -> dict[str, Any]:
    return {"id": who, "type": 0, "allow": str(allow), "deny": str(deny)}


@pytest.mark.parametrize(
    ("channel", "remedy"),
    [
        ({}, None),
        ({"guild_id": "3"}, "another server"),
        ({"type": 2}, "text channels and forums"),
        ({"permission_overwrites": [overwrite(GUILD, 0, 1 << 29)]}, "Manage Webhooks"),
        ({"permission_overwrites": [overwrite("2", 0, 1 << 11)]}, "Send Messages"),
        (
            {"permission_overwrites": [overwrite("2", 0, 1 << 11), overwrite(BOT, 1 << 11, 0)]},
            None,
        ),
        ({"permission_overwrites": [overwrite("8", 0, 1 << 11)]}, None),
    ],
)
async def test_check_reads_permissions_as_discord_does(
    adapter: DiscordAdapter, scripted: Scripted, channel: dict[str, Any], remedy: str | None
) -> None:
    scripted.answers |= guild(**channel)
    found = (await adapter.check([AT.place]))[-1]
    assert found.ok == (remedy is None), found
    assert (remedy or "") in found.remedy


@pytest.mark.parametrize(
    ("call", "answer", "remedy"),
    [
        ("GET /applications/@me", (200, {"id": BOT, "flags": 0}), "Message Content Intent"),
        ("GET /applications/@me", (500, b""), "does not answer"),
        (f"GET /guilds/{GUILD}", (404, {"code": 10004}), "Invite it again"),
        (f"GET /guilds/{GUILD}/members/{BOT}", (404, {"code": 10007}), "Invite the bot"),
        (f"GET /channels/{FORUM}", (404, {"code": 10003}), "deleted"),
        ("GET /users/@me", (401, {"code": 0}), "discord.token"),
    ],
)
async def test_check_says_what_to_do(
    adapter: DiscordAdapter, scripted: Scripted, call: str, answer: Any, remedy: str
) -> None:
    scripted.answers |= {**guild(), call: answer}
    [wrong] = [finding for finding in await adapter.check([AT.place]) if not finding.ok]
    assert remedy in wrong.remedy


async def test_an_administrator_may_do_everything(
    adapter: DiscordAdapter, scripted: Scripted
) -> None:
    scripted.answers |= guild(permission_overwrites=[overwrite(GUILD, 0, 2**50 - 1)])
    known = scripted.answers[f"GET /guilds/{GUILD}"][1]
    known["roles"][1]["permissions"] = "8"
    assert (await adapter.check([AT.place]))[-1].ok


# --- sweeps

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
USER = {"id": "42", "username": "mia", "global_name": "Mia", "avatar": None, "discriminator": "0"}
SAID = {
    "id": "9",
    "channel_id": "5",
    "type": 0,
    "content": "hello",
    "author": USER,
    "timestamp": "2026-01-02T03:04:05+00:00",
    "edited_timestamp": None,
    "mention_everyone": False,
    "mentions": [],
    "mention_roles": [],
    "attachments": [],
    "embeds": [],
}


async def read(adapter: DiscordAdapter) -> list[Seen]:
    return [one async for page in adapter.messages(AT, None) for one in page]


async def test_a_message_that_cannot_be_read_does_not_end_the_sweep_and_is_not_absent(
    adapter: DiscordAdapter, scripted: Scripted
) -> None:
    await adapter.start(FakeDesk())
    listed = [{"id": "8", "channel_id": "5", "strange": True}, SAID]
    scripted.answers["GET /channels/5/messages"] = (200, listed)
    strange, said = await read(adapter)
    assert (strange.remote, strange.said, strange.reactions) == ("5:8", (), None)
    assert [one.key for one in said.said] == ["discord:5:9:post"]


async def test_before_a_start_messages_are_seen_and_say_nothing(
    adapter: DiscordAdapter, scripted: Scripted
) -> None:
    scripted.answers["GET /channels/5/messages"] = (200, [SAID])
    [said] = await read(adapter)
    assert (said.remote, said.said, said.poster) == ("5:9", (), "")


async def test_super_reactions_are_asked_for_apart_and_bots_and_lost_emoji_are_left_out(
    adapter: DiscordAdapter, scripted: Scripted
) -> None:
    row = {
        "emoji": {"id": None, "name": "x"},
        "count": 3,
        "count_details": {"burst": 1, "normal": 2},
        "me": True,
        "me_burst": False,
    }
    bot = {**USER, "id": "7", "bot": True}

    def users(request: web.Request) -> list[dict[str, Any]]:
        return [{**USER, "id": "43"}] if request.query.get("type") == "1" else [bot, USER]

    scripted.answers["GET /channels/5/messages/9/reactions/x"] = (200, users)
    scripted.answers["GET /channels/5/messages"] = (200, [{**SAID, "reactions": [row]}])
    [said] = await read(adapter)
    assert said.reactions is not None
    who = [one.actor.identity.user for one in said.reactions if isinstance(one.actor, Person)]
    assert who == ["42", "43"]
    lost = {**row, "emoji": {"id": "1", "name": None}}
    scripted.answers["GET /channels/5/messages"] = (200, [{**SAID, "reactions": [row, lost]}])
    assert [one.reactions for one in await read(adapter)] == [None]


async def test_lists_that_cannot_be_read_are_errors(
    adapter: DiscordAdapter, scripted: Scripted
) -> None:
    scripted.answers[f"GET /guilds/{GUILD}/threads/active"] = (200, {"threads": []})
    thread = {"id": "5", "parent_id": FORUM, "last_message_id": None}
    for body in (b"<html>", {"threads": [thread], "has_more": False}, {"messages": []}):
        scripted.answers[f"GET /channels/{FORUM}/threads/archived/public"] = (200, body)
        with pytest.raises(SweepError) as failed:
            [page async for page in adapter.roots(mirror(FORUM).place, LONG_AGO)]
        assert failed.value.failure.kind is FailureKind.TRANSIENT
    scripted.answers["POST /users/@me/channels"] = (403, {"code": 50007})
    with pytest.raises(SweepError) as failed:
        [page async for page in adapter.direct(direct().place, None)]
    assert failed.value.failure.code == "discord_50007"
