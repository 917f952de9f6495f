"""Channels and threads renamed, archived, locked, forbidden and deleted; the bot sent away.

Each place breaks and is repaired while people go on in the other two: who is in the thread
reads where their words do not stand and what to do about it, and after the repair all of
them stand there once and in order. What goes for good is said to, and harms no other place.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest
import pytest_asyncio

from tests.program.hands import Web
from tests.program.talk import ADA, HEART, THUMB, Shown, Talk, talk
from tests.program.world import FORUM, INBOX, ROOT, Whole

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

BOT = "U0PINTHREAD"
CHANNELS = {"slack": INBOX, "discord": FORUM}
FREE = {"limits_factor": 0}
Act = Callable[[Talk], Awaitable[Any]]


def texts(shown: Sequence[Shown]) -> list[str]:
    return [one.text for one in shown if not one.deleted]


def the_other(place: str) -> str:
    return "slack" if place == "discord" else "discord"


async def free(found: Talk) -> None:
    for platform in CHANNELS:
        await found.people.control("PUT", f"/limits/{platform}", {"factor": 0})
    await found.say("discord", "Rosa is here")
    await found.find("slack", "Rosa is here")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def found(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    """One program, whose places are good again after each test."""
    async with talk(tmp_path_factory.mktemp("places"), slack=FREE, discord=FREE) as running:
        await free(running)
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def lost(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    """A program of its own, for what cannot be undone."""
    async with talk(tmp_path_factory.mktemp("lost"), slack=FREE, discord=FREE) as running:
        await free(running)
        yield running


def slack(name: str, **body: Any) -> Act:
    return lambda found: found.people.control(
        "POST", f"/slack/{name}", {"user": ADA, "channel": INBOX, **body}
    )


def discord(method: str, name: str, **body: Any) -> Act:
    return lambda found: found.people.control(method, f"/discord/{name}", body)


def locked(*, on: bool) -> Act:
    return lambda found: found.people.control(
        "POST", "/discord/archive", {"thread": found.post, "archived": on, "locked": on}
    )


BREAKS: dict[str, tuple[str, Act, str, Act]] = {
    "archived channel": (
        "slack", slack("archive"), "Unarchive", slack("archive", archived=False),
    ),
    "bot removed": (
        "slack", slack("leave", user=BOT), "/invite", slack("join", user=BOT),
    ),
    "no right to post": (
        "discord",
        discord("PUT", "permissions", channel=FORUM, deny=str(1 << 29)),
        "Give the bot in #plans: Manage Webhooks.",
        discord("PUT", "permissions", channel=FORUM, deny="0"),
    ),
    "bot sent away": (
        "discord",
        discord("PUT", "bot", present=False),
        "Invite it again",
        discord("PUT", "bot", present=True),
    ),
    "locked thread": ("discord", locked(on=True), "locked", locked(on=False)),
}  # fmt: skip
"""Where, what happens there, what is said to do about it, and how it is repaired."""


@pytest.mark.parametrize("case", BREAKS)
async def test_a_broken_place_says_what_to_do_and_gets_everything_after_its_repair(
    found: Talk, case: str
) -> None:
    place, breaks, remedy, repairs = BREAKS[case]
    other = the_other(place)
    people = found.people
    before = await found.say("web", f"before: {case}")
    await found.find(place, f"before: {case}")
    await breaks(found)
    words = [f"{case}, from web", f"{case}, from {other}", f"{case}, again from web"]
    gone = await found.say("web", f"{case}, taken back")
    await people.until(lambda: _mirror(found, place), lambda told: remedy in told)
    for where, text in zip(("web", other, "web"), words, strict=True):
        await found.say(where, text)
        await found.find("web", text)
        await found.find(other, text)
    await found.edit("web", before, f"changed: {case}")
    await found.find(other, f"changed: {case}")
    await found.delete("web", gone)
    # Who said it and who owns the place see what helps, and so do the page's strips.
    await people.until(lambda: _reasons(found, words[0], place), lambda told: remedy in told)
    await people.until(lambda: _strip(found, other, words[0], place), lambda told: remedy in told)
    assert not set(words) & set(texts(await found.shown(place)))
    await repairs(found)
    # What had begun when the place broke is finished, and what followed it comes after.
    seen = await found.until(
        place, lambda shown: [text for text in texts(shown) if text.startswith(case)] == words
    )
    assert f"before: {case}" not in texts(seen)
    await found.find(place, f"changed: {case}")
    await people.until(lambda: _mirror(found, place), lambda told: told == "active")
    await people.until(
        lambda: _strip(found, other, words[0], place), lambda told: told == "delivered"
    )
    # And back the other way.
    await found.say(place, f"{case} is over")
    await found.find(other, f"{case} is over")


async def _delivery(found: Talk, text: str, place: str) -> dict[str, Any]:
    line = (await found.find("web", text)).raw
    return dict(next(one for one in line["deliveries"] if one["platform"] == place))


async def _reasons(found: Talk, text: str, place: str) -> str:
    one = await _delivery(found, text, place)
    return f"{one['state']}: {one['reason']}"


async def _mirror(found: Talk, place: str) -> str:
    """How its owner's page says that the thread stands there."""
    owner = {"slack": "ada", "discord": "mia"}[place]
    view = await Web(found.people).call(owner, "GET", f"/api/threads/{found.thread}")
    mirror = next(one for one in view["mirrors"] if one["platform"] == place)
    return str(mirror["reason"] or mirror["state"])


async def _strip(found: Talk, here: str, text: str, place: str) -> str:
    """What stands under the message in the page's pane `here` about the other place."""
    message = await found.name(here, text)
    asked = f"{found.people.web}/api/demo/deliveries?platform={here}&channel={CHANNELS[here]}"
    async with found.people.http.get(asked, headers=found.people.here) as got:
        strips = (await got.json())["messages"]
    states = [one for one in strips.get(message, ()) if one["platform"] == place]
    return " ".join(str(one["reason"] or one["state"]) for one in states)


@pytest.mark.parametrize("place", CHANNELS)
async def test_a_renamed_channel_is_called_so_and_goes_on(found: Talk, place: str) -> None:
    name = f"{place}-ideas"
    await found.people.control("POST", f"/{place}/rename", {"channel": CHANNELS[place],
                                                            "name": name})  # fmt: skip
    text = f"after {place} was renamed"
    await found.say(the_other(place), text)
    await found.find(place, text)

    async def label() -> str:
        return str((await _delivery(found, text, place))["place"])

    await found.people.until(label, lambda shown: shown == f"#{name}")
    await found.say(place, f"heard in {name}")
    await found.find(the_other(place), f"heard in {name}")


async def test_a_renamed_and_an_archived_thread_go_on_by_themselves(found: Talk) -> None:
    await found.people.control("POST", "/discord/rename", {"channel": found.post, "name": "Desk"})
    await found.say("slack", "after the thread was renamed")
    await found.find("discord", "after the thread was renamed")
    message = await found.name("slack", "after the thread was renamed")
    for n, act in enumerate(("post", "edit", "react", "delete")):
        await found.people.control("POST", "/discord/archive", {"thread": found.post})
        if act == "post":
            await found.say("slack", f"into an archived thread {n}")
            await found.find("discord", f"into an archived thread {n}")
        elif act == "edit":
            await found.edit("slack", message, "edited in an archived thread")
            await found.find("discord", "edited in an archived thread")
        elif act == "react":
            await found.react("slack", message, THUMB)
            await found.until("discord", lambda shown: any(THUMB in s.reactions for s in shown))
        else:
            await found.delete("slack", message)
            await found.until(
                "discord", lambda shown: "edited in an archived thread" not in texts(shown)
            )
    await found.say("discord", "and out of it")
    await found.find("slack", "and out of it")


@pytest.mark.parametrize("place", CHANNELS)
async def test_a_deleted_card_keeps_its_replies_and_the_thread_goes_on(
    lost: Talk, place: str
) -> None:
    other = the_other(place)
    await lost.delete(place, lost.root if place == "slack" else lost.post)
    await lost.say("web", "after the card was deleted")
    for there in CHANNELS:
        await lost.find(there, "after the card was deleted")
    assert "does this come in oak?" in texts(await lost.shown(place))
    await lost.say(place, "under no card")
    await lost.find(other, "under no card")
    asked = await lost.name("web", "does this come in oak?")
    await lost.react("web", asked, HEART)
    await lost.until(place, lambda shown: any(HEART in one.reactions for one in shown))


async def _gone(found: Talk, place: str, remedy: str) -> None:
    """A place that has gone says so, and the others do not notice."""
    other = the_other(place)
    for where in ("web", other):
        await found.say(where, f"{place} is gone, from {where}")
        for there in ("web", other):
            await found.find(there, f"{place} is gone, from {where}")
    await found.people.until(
        lambda: _reasons(found, f"{place} is gone, from web", place),
        lambda told: told.startswith("failed") and remedy in told,
    )
    assert remedy in await _mirror(found, place)
    stuck = f"{found.people.folder / 'config.yaml'}"
    assert "Broken places" in await _stuck(found.people, stuck)


async def _stuck(people: Whole, config: str) -> str:
    """What the operator reads."""
    asked = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bridge", "stuck", "--config", config),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await asked.communicate()
    return told.decode()


async def test_a_deleted_channel_in_slack_is_said_to_be_gone(lost: Talk) -> None:
    await slack("remove")(lost)
    await _gone(lost, "slack", "deleted")


async def test_a_deleted_forum_is_said_to_be_gone(lost: Talk) -> None:
    await lost.people.control("DELETE", f"/discord/channels/{FORUM}")
    await _gone(lost, "discord", "Connect another one")


async def test_a_deleted_thread_in_discord_is_said_to_be_gone(lost: Talk) -> None:
    await lost.people.control("DELETE", f"/discord/channels/{lost.post}")
    await _gone(lost, "discord", "deleted")
