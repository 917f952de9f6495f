"""Each refusal between people, in each place: whom they may write to, groups, blocks, access.

The sentences are the core's. `Witness` looks that only the one refused is told, that nothing
was done, and that refused words stand nowhere else.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.commands import WHY
from adapters.discord.presses import NOT_KNOWN
from adapters.pinterest.addresses import BAD_PIN
from adapters.slack.retrying import _GONE
from bridge.operator.retrying import NOT_YOURS
from core.model import MOST_EMOJI
from core.rules import (
    ALONE,
    BANNED,
    EMPTY_MESSAGE,
    GROUP_FULL,
    NO_MESSAGE,
    NO_THREAD,
    NOBODY,
    NOT_A_MEMBER,
    NOT_AUTHOR,
    NOT_CREATOR,
    NOT_INVITED,
    PIN_REQUIRED,
    REQUEST_PENDING,
    TOO_MANY_EMOJI,
    YOURSELF,
    cannot_message,
    check_text,
    rate_limited,
    you_blocked,
)
from tests.program.hands import ADA, BO, CHAT, CLEO, GUILD, KAI, ROSA, direct, guest, mia
from tests.program.witness import Witness, sees, watched
from tests.program.world import PIN, ROOT

pytestmark = pytest.mark.slow
OTHER = "https://www.pinterest.com/pin/99360735500167752/"
GENERAL = "C0GENERAL"
NOBODY_THERE = cannot_message("@nobody")
SOON = [rate_limited(n) for n in range(1, 61)]


def to(*people: str, pin: str | None = PIN, text: str = "hello") -> dict[str, Any]:
    return {"to": [*people], "pin": pin, "text": text}


def cleo(**more: Any) -> dict[str, Any]:
    """Cleo, whom the operator knows; her conversations stand in #general, where others read."""
    place = {"platform": "slack", "workspace": "T0NORTHWIND", "channel": GENERAL}
    login = {"platform": "slack", "workspace": "T0NORTHWIND", "user": CLEO}
    return {
        "handle": "cleo-park",
        "name": "Cleo Park",
        "identities": [login],
        "channels": [{**place, "label": "#general"}],
        **more,
    }


def rosa() -> dict[str, Any]:
    """Rosa, whose conversations stand in #chat."""
    place = {"platform": "discord", "workspace": GUILD, "channel": CHAT, "label": "#chat"}
    login = {"platform": "discord", "user": ROSA}
    return {"handle": "rosa", "name": "Rosa", "identities": [login], "channels": [place]}


async def strangers(w: Witness) -> None:
    """An account for each, by an act of their own."""
    await w.slack.pin(CLEO, "follow @mia")
    await w.discord.ran(ROSA, CHAT, "people follow", who="@mia")
    await w.discord.ran(KAI, CHAT, "people follow", who="@northwind")


@sees(
    pin_required="slack typed, discord typed, api",
    nobody_to_talk_to="slack command, discord command, api",
    cannot_message="slack command, slack form, discord command, api",
    yourself="slack command, discord command, api",
    unknown_thread="slack command, discord command, api",
    unknown_message="slack button, api",
    bad_pin="slack command, discord command, api",
)
async def test_whom_and_what_there_is_not(tmp_path: Path) -> None:
    async with watched(tmp_path, ["mia", "kai"]) as w:
        await strangers(w)
        # Words that are gone meanwhile are not tried again.
        ts = (await w.slack.act("say", CLEO, channel=direct(CLEO), text="soon gone"))["ts"]
        told = await w.slack.told(CLEO, PIN_REQUIRED.sentence)
        await w.slack.act("delete", CLEO, channel=direct(CLEO), ts=ts)
        await w.slack_press(CLEO, _GONE, told, "Try again")
        # Nothing has begun that typed words could belong to.
        await w.slack_typed(CLEO, PIN_REQUIRED, "is anybody here?", channel=direct(CLEO))
        await w.discord_typed(ROSA, PIN_REQUIRED, "is anybody there?")
        await w.api("mia", PIN_REQUIRED, "POST", "/api/threads", to("rosa", pin=None))
        await w.slack_command(CLEO, NOBODY, f"send {PIN} to @cleo-park -- hello")
        await w.discord_command(ROSA, NOBODY, "send", pin=PIN, to="@rosa", text="hello")
        await w.api("mia", NOBODY, "POST", "/api/threads", to("mia"))
        for verb in (f"send {PIN} to @nobody -- hello", "follow @nobody", "unfollow @nobody"):
            await w.slack_command(CLEO, NOBODY_THERE, verb)
        await w.discord_command(ROSA, NOBODY_THERE, "send", pin=PIN, to="@nobody", text="hello")
        for act in ("follow", "unfollow", "block"):
            await w.discord_command(ROSA, NOBODY_THERE, f"people {act}", who="@nobody")
        await w.api("mia", NOBODY_THERE, "POST", "/api/threads", to("nobody"))
        for method in ("PUT", "DELETE"):
            await w.api("mia", NOBODY_THERE, method, "/api/people/nobody/follow")
        await w.slack_command(CLEO, YOURSELF, "follow @cleo-park")
        await w.discord_command(ROSA, YOURSELF, "people block", who="@rosa")
        await w.api("mia", YOURSELF, "PUT", "/api/people/mia/follow")
        for address in ("https://example.com/pin/1/", "https://www.pinterest.com.evil.org/pin/1/"):
            await w.slack_command(CLEO, BAD_PIN, f"preview {address}")
            await w.discord_command(ROSA, BAD_PIN, "preview", pin=address)
            await w.api("mia", BAD_PIN, "GET", f"/api/pins?address={address}")
        # A thread or a message of others is no other than one that there is not.
        started = (await w.web.call("mia", "POST", "/api/threads", to("rosa")))["thread"]
        (line,) = await messages(w, "mia", started["id"])
        for code in ("0123abcd", started["code"]):
            await w.slack_command(CLEO, NO_THREAD, f"open {code}")
            await w.slack_command(CLEO, NO_THREAD, f"reply {code} hello")
            await w.discord_command(KAI, NO_THREAD, "open", id=code)
            await w.discord_command(KAI, NO_THREAD, "thread leave", id=code)
            await w.api("kai", NO_THREAD, "GET", f"/api/threads/{code}")
            await w.api("kai", NO_THREAD, "POST", f"/api/threads/{code}/messages", {"text": "x"})
        own = (await w.web.call("kai", "POST", "/api/threads", to("mia")))["thread"]
        for message in ("0123456789abcdef", line["message"]):
            path = f"/api/threads/{own['id']}/messages/{message}"
            await w.api("kai", NO_MESSAGE, "PATCH", path, {"text": "x"})
            await w.api("kai", NO_MESSAGE, "DELETE", path)
        view = (await w.slack.act("shortcut", CLEO, callback_id="pin_start", wait=10))["views"][-1]
        await w.slack_fill(CLEO, NOBODY_THERE, view, pin=PIN, people=["@nobody"])


async def messages(w: Witness, who: str, thread: str) -> list[Any]:
    page = await w.web.call(who, "GET", f"/api/threads/{thread}/messages")
    return [one for one in page["lines"] if one["kind"] == "message"]


@sees(
    request_pending="slack typed, slack command, discord typed, discord command, api",
    empty_message="api",
    text_too_long="api",
    too_many_reactions="slack reaction, discord reaction, api",
    not_author="api",
    alone="slack typed, slack command, discord typed, discord command, api",
)
async def test_what_may_not_be_said(tmp_path: Path) -> None:
    long = "x" * 40_001
    too_long = check_text(long)
    assert too_long is not None
    async with watched(tmp_path, ["mia", "kai"]) as w:
        await strangers(w)
        await w.slack.pin(CLEO, f"send {PIN} to @kai -- first of Cleo")
        root = (await w.slack.shown("first of Cleo", direct(CLEO)))["thread_ts"]
        await w.slack_typed(CLEO, REQUEST_PENDING, "second of Cleo", root, direct(CLEO))
        await w.slack_command(CLEO, REQUEST_PENDING, f"send {OTHER} to @kai -- third of Cleo")
        await w.discord.ran(ROSA, CHAT, "send", pin=PIN, to="@kai", text="first of Rosa")
        card = await w.discord.shown("first of Rosa", direct(ROSA))
        await w.discord_typed(ROSA, REQUEST_PENDING, "second of Rosa", reply_to=card["id"])
        more = {"to": "@kai", "text": "third of Rosa"}
        await w.discord_command(ROSA, REQUEST_PENDING, "send", pin=OTHER, **more)
        started = await w.web.call("mia", "POST", "/api/threads", to("kai", text="of Mia"))
        path = f"/api/threads/{started['thread']['id']}"
        await w.api("mia", REQUEST_PENDING, "POST", f"{path}/messages", {"text": "second of Mia"})
        await w.api("mia", REQUEST_PENDING, "POST", "/api/threads", to("kai", pin=OTHER))
        # Ignored, it looks just as before; blocked too.
        await w.web.call("kai", "POST", f"{path}/ignore")
        await w.api("mia", REQUEST_PENDING, "POST", f"{path}/messages", {"text": "third of Mia"})
        await w.web.call("kai", "PUT", "/api/people/mia/block")
        await w.api("mia", REQUEST_PENDING, "POST", f"{path}/messages", {"text": "fourth of Mia"})
        await w.api("mia", REQUEST_PENDING, "POST", "/api/threads", to("kai", text="fifth of Mia"))
        await w.web.call("kai", "DELETE", "/api/people/mia/block")
        # Accepted, it is a conversation.
        with_cleo = await thread_with(w, "kai", "Cleo Park")
        with_rosa = await thread_with(w, "kai", "Rosa")
        for thread in (with_cleo, with_rosa):
            await w.web.call("kai", "POST", f"/api/threads/{thread}/messages", {"text": "Hello!"})
        await w.slack.shown("Hello!", direct(CLEO))
        await w.discord.shown("Hello!", direct(ROSA))
        posts = f"/api/threads/{with_cleo}/messages"
        await w.api("kai", EMPTY_MESSAGE, "POST", posts, {"text": " \n"})
        await w.api("kai", too_long, "POST", posts, {"text": long})
        theirs, mine = await messages(w, "kai", with_cleo)
        await w.api("kai", EMPTY_MESSAGE, "PATCH", f"{posts}/{mine['message']}", {"text": " "})
        await w.api("kai", too_long, "PATCH", f"{posts}/{mine['message']}", {"text": long})
        await w.api("kai", NOT_AUTHOR, "PATCH", f"{posts}/{theirs['message']}", {"text": "mine"})
        await w.api("kai", NOT_AUTHOR, "DELETE", f"{posts}/{theirs['message']}")
        await w.api("kai", NOT_YOURS, "POST", f"{posts}/{theirs['message']}/retry")
        await no_more_emoji(w, with_cleo, with_rosa)
        for thread in (with_cleo, with_rosa):
            await w.web.call("kai", "POST", f"/api/threads/{thread}/leave")
        await w.slack_typed(CLEO, ALONE, "fourth of Cleo", root, direct(CLEO))
        code = with_cleo[:8]
        await w.slack_command(CLEO, ALONE, f"reply {code} fifth of Cleo")
        await w.discord_typed(ROSA, ALONE, "fourth of Rosa", reply_to=card["id"])
        await w.discord_command(ROSA, ALONE, "reply", id=with_rosa[:8], text="fifth of Rosa")
        await w.web.call("mia", "POST", f"{path}/leave")
        await w.api("kai", ALONE, "POST", f"{path}/messages", {"text": "Mia?"})


async def thread_with(w: Witness, who: str, name: str) -> str:
    found = (await w.web.call(who, "GET", "/api/threads"))["threads"]
    return str(next(one["id"] for one in found if name in str(one["people"])))


async def no_more_emoji(w: Witness, with_cleo: str, with_rosa: str) -> None:
    """Fifty on Kai's words to each of them."""
    for thread in (with_cleo, with_rosa):
        mine = (await messages(w, "kai", thread))[-1]
        path = f"/api/threads/{thread}/messages/{mine['message']}/reactions"
        for n in range(MOST_EMOJI):
            await w.web.call("kai", "PUT", f"{path}/{chr(0x1F400 + n)}")
        await w.api("kai", TOO_MANY_EMOJI, "PUT", f"{path}/{chr(0x1F44D)}")
    said = await w.slack.shown("Hello!", direct(CLEO))
    await w.slack_reacts(CLEO, TOO_MANY_EMOJI, direct(CLEO), said["ts"], "+1")
    there = await w.discord.shown("Hello!", direct(ROSA))
    await w.discord_reacts(ROSA, TOO_MANY_EMOJI, "", there["id"], chr(0x1F44D))


@sees(
    group_full="slack typed, slack command, slack form, discord typed, discord command, api",
    not_creator="slack command, slack form, discord command, api",
    not_a_member="slack typed, slack command, discord typed, discord menu, discord command, api",
    cannot_message="slack command, discord command, api",
)
async def test_who_may_be_in_a_group(tmp_path: Path) -> None:
    everybody = ["mia", *(f"guest-{n}" for n in range(1, 9))]
    people = mia(cleo(), rosa())
    async with watched(tmp_path, everybody, people=people, rules={"contacts": "anyone"}) as w:
        for n in range(1, 9):
            await w.discord.ran(guest(n), CHAT, "people follow", who="@mia")
        others = ["cleo-park", "rosa", *(f"guest-{n}" for n in range(1, 7))]
        started = await w.web.call("mia", "POST", "/api/threads", to(*others, text="A kitchen?"))
        code, path = started["thread"]["code"], f"/api/threads/{started['thread']['id']}"
        root = (await w.slack.shown("A kitchen?", GENERAL))["thread_ts"]
        post = (await w.discord.card("", CHAT))["id"]
        await w.discord.shown("A kitchen?", post)
        # The tenth joins by speaking, twice, and is sent out again.
        await w.slack.say(ADA, "Ada is in", root, GENERAL)
        await w.web.read("mia", started["thread"]["id"], lambda said: "Ada is in" in said)
        await w.web.call("mia", "POST", f"{path}/people/remove", {"remove": ["ada-lind"]})
        await w.slack_typed(ADA, NOT_A_MEMBER, "Ada again", root, GENERAL)
        await w.discord.say(KAI, post, "Kai is in")
        await w.web.read("mia", started["thread"]["id"], lambda said: "Kai is in" in said)
        await w.web.call("mia", "POST", f"{path}/people/remove", {"remove": ["kai"]})
        await w.discord_typed(KAI, NOT_A_MEMBER, "Kai again", post)
        await with_closed_messages(w, post)
        # Nobody is added who is not there; the tenth may be, and the eleventh not.
        await w.slack_command(CLEO, NOBODY_THERE, f"add {code} @nobody")
        await w.discord_command(ROSA, NOBODY_THERE, "thread add", id=code, people="@nobody")
        await w.api("mia", NOBODY_THERE, "POST", f"{path}/people", {"add": ["nobody"]})
        await w.web.call("mia", "POST", f"{path}/people", {"add": ["guest-7"]})
        await w.slack_typed(BO, GROUP_FULL, "Bo knocks", root, GENERAL)
        await w.discord_typed(guest(8), GROUP_FULL, "A guest knocks", post)
        await w.slack_command(CLEO, GROUP_FULL, f"add {code} @guest-8")
        await w.discord_command(ROSA, GROUP_FULL, "thread add", id=code, people="@guest-8")
        await w.api("mia", GROUP_FULL, "POST", f"{path}/people", {"add": ["guest-8"]})
        eleven = [*others, "guest-7", "guest-8"]
        named = " ".join(f"@{name}" for name in eleven)
        await w.slack_command(CLEO, GROUP_FULL, f"send {OTHER} to @mia {named} -- all of us")
        more = {"to": f"@mia {named}", "text": "all of us"}
        await w.discord_command(ROSA, GROUP_FULL, "send", pin=OTHER, **more)
        await w.api("mia", GROUP_FULL, "POST", "/api/threads", to(*eleven, pin=OTHER))
        await w.slack_command(CLEO, NOT_CREATOR, f"remove {code} @guest-2")
        await w.discord_command(ROSA, NOT_CREATOR, "thread remove", id=code, people="@guest-2")
        remove = {"remove": ["guest-2"]}
        await w.api("guest-1", NOT_CREATOR, "POST", f"{path}/people/remove", remove)
        await by_forms(w, code)
        # Whoever has left reads what there was, and says nothing more.
        for name in ("guest-1", "guest-2"):
            await w.web.call(name, "POST", f"{path}/leave")
        await w.api("guest-1", NOT_A_MEMBER, "POST", f"{path}/messages", {"text": "and another"})
        await w.api("guest-1", NOT_A_MEMBER, "POST", f"{path}/people", {"add": ["guest-8"]})
        await w.discord_command(guest(2), NOT_A_MEMBER, "reply", id=code, text="and one more")
        await w.slack.press(CLEO, await leaving(w, code), "Leave")
        await w.slack_command(CLEO, NOT_A_MEMBER, f"reply {code} and one more")


async def with_closed_messages(w: Witness, post: str) -> None:
    """Kai takes no direct messages: a warning at his words, and a menu that answers only him."""
    await w.people.control("PUT", f"/discord/people/{KAI}", {"dms": False})
    said = await w.discord.say(KAI, post, "Kai once more")

    async def warned() -> bool:
        shown = await w.people.discord_messages(post)
        reactions = next(one["reactions"] for one in shown if one["id"] == said)
        return [one["name"][0] for one in reactions] == ["\u26a0"]

    await w.people.until(warned, bool)
    await w.discord_menu(KAI, NOT_A_MEMBER, WHY, post, said)
    body = {"user": ROSA, "channel": post, "name": WHY, "target": said}
    told = (await w.people.control("POST", "/discord/command", body))["answers"]
    assert [(one["content"], one["ephemeral"]) for one in told] == [(NOT_KNOWN, True)]
    await w.people.control("PUT", f"/discord/people/{KAI}", {"dms": True})


async def leaving(w: Witness, code: str) -> Any:
    body = {"channel": direct(CLEO), "command": "/pin", "text": f"leave {code}", "wait": 10}
    return (await w.slack.act("command", CLEO, **body))["answers"][-1]


async def by_forms(w: Witness, code: str) -> None:
    """Without a name, a form asks for it in Slack; Discord itself does."""
    for verb, refusal, who in (
        ("add", GROUP_FULL, "@guest-8"),
        ("remove", NOT_CREATOR, "@guest-2"),
    ):
        body = {"channel": direct(CLEO), "command": "/pin", "text": f"{verb} {code}", "wait": 10}
        (view,) = (await w.slack.act("command", CLEO, **body))["views"][-1:]
        await w.slack_fill(CLEO, refusal, view, people=[who])


@sees(
    cannot_message="slack command, discord command, api",
    you_blocked="slack typed, slack command, discord typed, discord command, api",
)
async def test_a_block_stops_both_and_tells_nobody(tmp_path: Path) -> None:
    """Whoever is blocked sees what there would be if the other had never been there."""
    acting = ["mia", "kai", "bo-reyes"]
    async with watched(tmp_path, acting, people=mia(cleo(channels=[]))) as w:
        await strangers(w)
        handles = {"mia": "Mia", "cleo-park": "Cleo Park", "rosa": "Rosa"}
        threads = {}
        for name in handles:
            started = await w.web.call("kai", "POST", "/api/threads", to(name, text="Hi of Kai"))
            threads[name] = started["thread"]["id"]
        root = (await w.slack.shown("Hi of Kai", direct(CLEO)))["thread_ts"]
        await w.slack.say(CLEO, "Hi of Cleo", root, direct(CLEO))
        card = await w.discord.shown("Hi of Kai", direct(ROSA))
        await w.discord.say(ROSA, direct(ROSA), "Hi of Rosa", reply_to=card["id"])
        path = f"/api/threads/{threads['mia']}/messages"
        await w.web.call("mia", "POST", path, {"text": "Hi of Mia"})
        assert "Sent to" in await w.slack.pin(BO, f"send {PIN} to @mia -- Hi of Bo")
        bos = (await w.slack.shown("Hi of Bo", direct(BO)))["thread_ts"]
        threads_of_bo = await thread_with(w, "mia", "Bo Reyes")
        await w.web.call("mia", "POST", f"/api/threads/{threads_of_bo}/accept")
        for name, hello in (("cleo-park", "Hi of Cleo"), ("rosa", "Hi of Rosa")):
            await w.web.read("kai", threads[name], lambda said, hello=hello: hello in said)  # type: ignore[misc]
        # Each blocks Kai in their own way, and is told so where they write.
        await w.web.call("mia", "PUT", "/api/people/kai/block")
        await w.web.call("mia", "PUT", "/api/people/bo-reyes/block")
        assert "not told" in await w.slack.pin(CLEO, "block @kai")
        assert (
            "not told" in (await w.discord.ran(ROSA, CHAT, "people block", who="@kai"))["content"]
        )
        blocked = you_blocked("@kai")
        await w.api("mia", blocked, "POST", path, {"text": "More of Mia"})
        await w.api("mia", blocked, "POST", "/api/threads", to("kai", pin=OTHER))
        await w.api("mia", blocked, "PUT", "/api/people/kai/follow")
        await w.slack_typed(CLEO, blocked, "More of Cleo", root, direct(CLEO))
        await w.slack_command(CLEO, blocked, f"send {OTHER} to @kai -- More of Cleo")
        await w.discord_typed(ROSA, blocked, "More of Rosa", reply_to=card["id"])
        await w.discord_command(ROSA, blocked, "send", pin=OTHER, to="@kai", text="More of Rosa")
        await as_if_there_were_nobody(w, threads)
        for user in (CLEO, ADA):
            assert "Are you there" not in str(await w.people.slack_messages(direct(user)))
        assert "Are you there" not in str(await w.people.discord_messages(direct(ROSA)))
        assert "Are you there" not in str(await w.web.said("mia", threads["mia"]))
        # In Slack too: in the old thread nothing is told, and Mia does not get it.
        await w.slack.say(BO, "More of Bo", bos, direct(BO))
        await w.web.read("bo-reyes", threads_of_bo, lambda said: "More of Bo" in said)
        gone = cannot_message("@mia")
        await w.slack_command(BO, gone, f"send {OTHER} to @mia @rosa -- More of Bo")
        for verb in ("follow", "unfollow", "block", "unblock"):
            await w.slack_command(BO, gone, f"{verb} @mia")
        code = threads_of_bo[:8]
        told = await w.slack.pin(BO, f"reply {code} And more of Bo")
        assert "Sent to Mia as Bo Reyes" in told
        shown = await w.people.control("GET", f"/slack/seen?user={BO}")
        assert "block" not in " ".join(one["text"] for one in shown["answers"])
        assert await w.web.said("mia", threads_of_bo) == ["Hi of Bo"]
        assert "More of Kai" not in str(await w.web.said("mia", threads["mia"]))


async def as_if_there_were_nobody(w: Witness, threads: dict[str, str]) -> None:
    """Kai, blocked by all of them, from Discord and at the API."""
    for name, thread in threads.items():
        gone = cannot_message(f"@{name}")
        # In the thread that there is, the words are taken and look sent.
        words = f"Are you there, {name}?"
        answer = await w.web.call("kai", "POST", f"/api/threads/{thread}/messages", {"text": words})
        assert answer["line"]["text"] == words
        # A new one, a group, a follow: what an unknown name would give, word for word.
        await w.api("kai", gone, "POST", "/api/threads", to(name, "ada-nobody"))
        other = next(one for one in threads if one != name)
        for first, second in ((name, other), (other, name)):
            options = {"pin": OTHER, "to": f"@{first} @{second}", "text": "hello"}
            await w.discord_command(KAI, cannot_message(f"@{first}"), "send", **options)
        for act in ("follow", "unfollow", "block", "unblock"):
            await w.discord_command(KAI, gone, f"people {act}", who=f"@{name}")
        for method in ("PUT", "DELETE"):
            for act in ("follow", "block"):
                await w.api("kai", gone, method, f"/api/people/{name}/{act}")
        found = await w.web.call("kai", "GET", f"/api/people?q={name}")
        assert found["people"] == []


@sees(cannot_message="api", you_blocked="slack command")
async def test_in_a_group_a_block_hides_each_from_the_other(tmp_path: Path) -> None:
    """Nobody is told, and the others go on seeing both."""
    rules = {"rules": {"contacts": "anyone"}, "people": mia(cleo(channels=[]))}
    async with watched(tmp_path, ["mia", "kai", "cleo-park"], **rules) as w:
        await strangers(w)
        started = await w.web.call("mia", "POST", "/api/threads", to("cleo-park", "kai"))
        thread = started["thread"]["id"]
        root = (await w.slack.shown("hello", direct(CLEO)))["thread_ts"]
        card = await w.discord.shown("hello", direct(KAI))
        await w.slack.pin(CLEO, "block @kai")
        await w.discord.say(KAI, direct(KAI), "of Kai", reply_to=card["id"])
        await w.slack.say(CLEO, "of Cleo", root, direct(CLEO))
        await w.web.read("mia", thread, lambda said: {"of Kai", "of Cleo"} <= {*said})
        await w.web.call("mia", "POST", f"/api/threads/{thread}/messages", {"text": "to both"})
        await w.slack.shown("to both", direct(CLEO))
        await w.discord.shown("to both", direct(KAI))
        assert "of Kai" not in str(await w.people.slack_messages(direct(CLEO)))
        assert "of Cleo" not in str(await w.people.discord_messages(direct(KAI)))
        assert "of Cleo" not in await w.web.said("kai", thread)
        assert "of Kai" not in await w.web.said("cleo-park", thread)
        # Kai begins anew with both: as if there were no Cleo.
        gone = cannot_message("@cleo-park")
        await w.api("kai", gone, "POST", "/api/threads", to("mia", "cleo-park", pin=OTHER))
        blocked = you_blocked("@kai")
        await w.slack_command(CLEO, blocked, f"send {OTHER} to @kai -- hello")


@sees(rate_limited="slack typed, slack command, discord typed, discord command, api")
async def test_who_sends_too_much_is_told_when_to_go_on(tmp_path: Path) -> None:
    rules = {"contacts": "anyone", "per_minute": 1}
    async with watched(tmp_path, ["mia"], rules=rules) as w:
        await strangers(w)
        await w.slack.pin(CLEO, f"send {PIN} to @mia -- first of Cleo")
        root = (await w.slack.shown("first of Cleo", direct(CLEO)))["thread_ts"]
        await w.slack_typed(CLEO, SOON, "second of Cleo", root, direct(CLEO))
        await w.slack_command(CLEO, SOON, f"send {OTHER} to @rosa -- third of Cleo")
        await w.discord.ran(ROSA, CHAT, "send", pin=PIN, to="@mia", text="first of Rosa")
        card = await w.discord.shown("first of Rosa", direct(ROSA))
        await w.discord_typed(ROSA, SOON, "second of Rosa", reply_to=card["id"])
        more = {"to": "@cleo-park", "text": "third of Rosa"}
        await w.discord_command(ROSA, SOON, "send", pin=OTHER, **more)
        started = await w.web.call("mia", "POST", "/api/threads", to("rosa", pin=OTHER))
        path = f"/api/threads/{started['thread']['id']}/messages"
        await w.api("mia", SOON, "POST", path, {"text": "second of Mia"})
        await w.api("mia", SOON, "POST", "/api/threads", to("cleo-park", text="third of Mia"))


@sees(
    not_invited="slack typed, slack command, discord typed, discord command, api",
    banned="slack typed, slack command, discord typed, discord command, api",
    cannot_message="slack command, discord command, api",
)
async def test_by_invitation_and_after_a_ban(tmp_path: Path) -> None:
    rules = {"contacts": "anyone", "access": "invited"}
    people = mia(cleo(), rosa())
    async with watched(tmp_path, ["mia", "kai", "rosa"], people=people, rules=rules) as w:
        started = await w.web.call("mia", "POST", "/api/threads", to("cleo-park", "rosa"))
        path = f"/api/threads/{started['thread']['id']}"
        root = (await w.slack.shown("hello", GENERAL))["thread_ts"]
        post = (await w.discord.card("", CHAT))["id"]
        await w.discord.shown("hello", post)
        await w.slack.pin(BO, "follow @mia")
        await w.discord.ran(KAI, CHAT, "people follow", who="@mia")
        await w.slack_typed(BO, NOT_INVITED, "Bo knocks", root, GENERAL)
        await w.slack_command(BO, NOT_INVITED, f"send {PIN} to @mia -- hello of Bo")
        await w.discord_typed(KAI, NOT_INVITED, "Kai knocks", post)
        await w.discord_command(KAI, NOT_INVITED, "send", pin=PIN, to="@mia", text="of Kai")
        await w.api("kai", NOT_INVITED, "POST", "/api/threads", to("mia"))
        # The operator bans three, each of whom knows only that.
        for handle in ("cleo-park", "rosa"):
            await operator(w, "ban", f"@{handle}")
        await w.slack_typed(CLEO, BANNED, "still of Cleo", root, GENERAL)
        await w.slack_command(CLEO, BANNED, f"send {OTHER} to @mia -- more of Cleo")
        await w.slack_command(CLEO, BANNED, "follow @kai")
        await w.discord_typed(ROSA, BANNED, "still of Rosa", post)
        await w.discord_command(ROSA, BANNED, "send", pin=OTHER, to="@mia", text="more of Rosa")
        await w.api("rosa", BANNED, "POST", f"{path}/messages", {"text": "and more of Rosa"})
        # To others they are not there.
        gone = cannot_message("@rosa")
        await w.api("mia", gone, "POST", "/api/threads", to("rosa", pin=OTHER))
        await w.api("mia", gone, "PUT", "/api/people/rosa/follow")
        await operator(w, "invite", "@kai")
        await w.discord_command(KAI, gone, "send", pin=PIN, to="@rosa", text="hello")
        await w.slack_command(BO, gone, "follow @rosa")


async def operator(w: Witness, *command: str) -> None:
    """A command of the operator's, beside the program that runs."""
    done = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bridge", *command, "--config", str(w.people.folder / "config.yaml")),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await done.communicate()
    assert done.returncode == 0, said.decode()
