"""Every write to Slack, as it goes over the wire, against what Slack has published.

The published description is of 2021: what came later is taken from the arguments of the
methods of Slack's own SDK.
"""

import asyncio
import inspect
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import SlackAdapter
from core.asking import Answer, Button, File, Form, Input, Item
from core.delivery import Author, Part, PartKind, Receipt, Step, Verb
from core.ids import RemoteId
from core.model import Refusal
from core.text.content import Bold, Paragraph, Text
from tests.slack.conftest import desk, sandbox_url, world
from tests.slack.fake_desk import PIN, FakeDesk
from tests.slack.slack_world import (
    INBOX,
    KeptFiles,
    World,
    about,
    card,
    mirror,
    shows,
    text,
    write,
)

__all__ = ["desk", "sandbox_url", "world"]

FILE = Path(__file__).resolve().parents[3] / "shared" / "specs" / "slack-web-openapi-2021.json"
FILES = KeptFiles(b"hello")
WRITTEN = {
    "chat.postMessage",
    "chat.update",
    "chat.delete",
    "chat.postEphemeral",
    "reactions.add",
    "reactions.remove",
    "files.getUploadURLExternal",
    "files.completeUploadExternal",
    "files.delete",
    "conversations.open",
    "views.open",
    "views.push",
    "views.update",
    "views.publish",
}

pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="Slack's description is not here")


@pytest.fixture
async def adapter(world: World, desk: FakeDesk) -> AsyncIterator[SlackAdapter]:
    async with world.adapter("http", desk, files=FILES) as opened:
        yield opened


async def act(adapter: SlackAdapter, world: World, user: FakeDesk) -> None:
    """One of every write that there is."""
    root = await adapter.write(card())
    assert isinstance(root, Receipt)
    space = str(root.space)
    await adapter.write(card("d-direct", channel="user:U0BO"))
    rich = (Paragraph((Bold((Text("oak"),)),)),)
    words = await adapter.write(text("oak", space, rich=rich, answers="Kai: oak?"))
    assert isinstance(words, Receipt)
    at = mirror(INBOX, space)
    for part in (
        Part(PartKind.PIN, author=Author("Mia"), pin=PIN),
        Part(PartKind.NOTICE, "Kai joined."),
        Part(PartKind.FILE, "https://x.example/", Author("Mia"), file=FILES.ref(0, "a.txt")),
    ):
        assert isinstance(await adapter.write(write("d", at, shows(part))), Receipt)
    await adapter.write(text("ash", space, replaces=words.remote))
    for verb in (Verb.REACT, Verb.UNREACT):
        await adapter.write(about(verb, words.remote, space, "👍🏽"))
    part = Part(PartKind.FILE, author=Author("Mia"), file=FILES.ref(0, "a.txt", alt="an oak"))
    begun = write("d-file", at, Step(Verb.POST, 0, part), anchor=RemoteId(space))
    sent = await adapter.write(begun)
    while isinstance(sent, Receipt) and sent.inner is not None:
        sent = await adapter.write(replace(begun, inner=sent.inner, data=sent.data))
    assert isinstance(sent, Receipt)
    await adapter.write(about(Verb.DELETE, sent.remote, space, poster=sent.poster))
    await adapter.write(about(Verb.DELETE, words.remote, space))
    for _ in range(2):  # what became of our own copies is heard too
        await user.intent()
    user.outcomes.append(Refusal("group_full", "This one is full."))
    await world.say("me too", thread_ts=space.partition(":")[2])
    await world.until_seen()
    await adapter.say(mirror(INBOX).place, "3 threads wait.", ("U0ADA",))
    await gestures(world, user)


FORM = Form("Reply", "Send", "replied", "t1", (Input("text", "Words", "long"),), "Seen by Mia")
SHEET = Answer("Inbox", (Item("hi", pin=PIN),), (Button("Reply", "reply", "t1"),))


async def gestures(world: World, desk: FakeDesk) -> None:
    """A page, a sheet, a form on top of it that is slow, and a file."""
    office = desk.office
    office.answers += [SHEET, Answer("Write it.", form=FORM), Answer("Sent.")]
    await world.act("home", user="U0ADA")
    await world.act("shortcut", user="U0ADA", callback_id="pin_inbox", wait=5)
    sheet = (await world.seen())["views"][-1]
    await world.act("press", user="U0ADA", view=sheet["id"], action_id="ask:0:reply", wait=5)
    form = (await world.seen())["views"][-1]
    assert form["title"]["text"] == "Reply", form
    office.gate = asyncio.Event()
    filled = {"text": {"field": "72 cm"}}
    await world.act("submit", user="U0ADA", view=form["id"], values=filled)
    office.gate.set()
    await world.until(lambda seen: "Sent." in str(seen["views"]))
    office.answers.append(Answer("There.", file=File("mine.json", b"{}")))
    await world.pin("export")
    await world.until(lambda seen: "There." in str(seen["answers"]))


def known_arguments(method: str, paths: dict[str, Any]) -> tuple[set[str], set[str]]:
    """All arguments of a method, and those that must be there."""
    described = paths.get(f"/{method}", {}).values()
    given = [one for call in described for one in call["parameters"] if one["name"] != "token"]
    sdk = inspect.signature(getattr(AsyncWebClient, method.replace(".", "_"))).parameters
    names = {one["name"] for one in given} | set(sdk) - {"self", "kwargs"}
    # `blocks` came after the SDK's method, which passes on whatever else it is given.
    names |= {"blocks"} if method == "files.completeUploadExternal" else set()
    return names, {one["name"] for one in given if one.get("required")}


async def test_every_write_has_arguments_that_slack_has_published(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    await act(adapter, world, desk)
    paths = json.loads(FILE.read_bytes())["paths"]
    entries = (await world.control("GET", "journal?after=0"))["entries"]
    entries = [e for e in entries if e["platform"] == "slack"]
    # An answer's own address takes what a message takes, and is no method.
    sent = [(e["method"], e["args"]) for e in entries if e["method"] != "response_url"]
    assert {method for method, _ in sent} == WRITTEN
    for method, arguments in sent:
        names, required = known_arguments(method, paths)
        assert set(arguments) - {"token"} <= names, method
        assert required <= set(arguments), method
