"""No request of ours violates Discord's published description.

Two sources: what `outbound` makes of generated content, and what goes over the wire in a
run of the real adapter, discord.py's own requests included, recorded by a proxy.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import ANY

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord import outbound
from adapters.discord.adapter import DiscordAdapter
from core.asking import Answer, Button, Choice, File, Form, Input, Item, Picker
from core.delivery import Author, CardLine, Part, PartKind, Receipt, Verb, Write
from core.files import FileId, FileRef, clean_name
from core.ids import PinId
from core.intents import PostMessage, React
from core.model import BindingKind, Mirror, Mode, Pin
from core.ports.outcomes import Ask, Outcome, Waiting
from core.text.content import Bold, Content, Emoji, Link, Mention, Paragraph, Text
from core.text.tidy import normal
from tests.contract.discord_description import FILE, Description, Sent
from tests.discord.conftest import (
    CHAT,
    FORUM,
    KAI,
    MIA,
    MIA_AUTHOR,
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
from tests.discord.fake_desk import ACCEPTED, OAK, THREAD, FakeDesk
from tests.discord.test_gateway import LINE, NO, choices, command, shown
from tests.discord.test_names import MEAN, refused

pytestmark = pytest.mark.skipif(
    not FILE.exists(), reason=f"Discord's API description is not at {FILE}"
)


@pytest.fixture(scope="module")
def description() -> Description:
    return Description()


# --- what we make of anything

MARKUP = "*_~|`[]()<>#-@!:&\\ \n\r\t.1"
HOSTILE = st.one_of(
    st.text(max_size=300),
    st.text(alphabet=MARKUP, max_size=300),
    st.sampled_from(MEAN),
    st.sampled_from(MEAN).map(lambda name: f"{name} {name}"),
)
ADDRESSES = st.one_of(
    st.none(), HOSTILE, st.just("https://pictures.test/a.png"), st.just("https://x.y/" + "a" * 3000)
)
PINS = st.builds(
    Pin,
    id=st.just(PinId("99360735500167749")),
    url=st.just(OAK.url),
    title=st.none() | HOSTILE.map(lambda title: title[:100]),
    description=st.none() | st.text(max_size=800) | st.just("*" * 800),
    picture=ADDRESSES,
    link=ADDRESSES,
    board=st.none() | HOSTILE,
    creator=st.none() | HOSTILE,
    color=st.none() | HOSTILE | st.just("#12ab9F"),
)
AUTHORS = st.builds(Author, name=HOSTILE, picture=ADDRESSES)
TREES = st.lists(
    st.one_of(
        HOSTILE.map(Text),
        HOSTILE.map(lambda text: Bold((Text(text),))),
        HOSTILE.map(lambda text: Mention("kai", text)),
        HOSTILE.map(lambda text: Link("https://x.y/(a)", (Text(text),))),
    ),
    min_size=1,
    max_size=5,
).map(lambda nodes: normal((Paragraph(tuple(nodes)),)))
FILES = st.builds(
    FileRef,
    id=st.just(FileId("a" * 64)),
    name=HOSTILE.map(clean_name),
    media_type=st.just("image/png"),
    size=st.just(9),
    alt=HOSTILE,
)
PARTS = st.builds(
    Part,
    kind=st.sampled_from(PartKind),
    text=st.one_of(HOSTILE, st.text(alphabet=MARKUP, min_size=1900, max_size=1900)),
    author=st.none() | AUTHORS,
    pin=st.none() | PINS,
    people=st.lists(HOSTILE, max_size=10).map(tuple),
    code=st.just("oakoak"),
    rich=st.none() | TREES,
    file=st.none() | FILES,
    answers=HOSTILE,
    mentions=st.sampled_from([{}, {"kai": KAI}]),
    note=st.booleans(),
    ping=st.sampled_from([(), (KAI,)]),
)
MIRRORS: tuple[Mirror, ...] = (
    mirror(FORUM, root="5:5", space="5"),
    mirror(CHAT, root=f"{CHAT}:6", space="6"),
    direct(root="7:8", space="7:8"),
)
WRITES = st.builds(
    posting, delivery=st.just("a1b2c3"), at=st.sampled_from(MIRRORS), part=PARTS, title=HOSTILE
)


def requests(write: Write) -> list[Sent]:
    """All that may go out for a write, wherever it may stand."""
    hook = "/webhooks/1/token"
    return [
        Sent("POST", hook, {"wait": "true", "thread_id": "5"}, outbound.webhook_post(write)),
        Sent("POST", hook, {"wait": "true"}, outbound.webhook_post(write, neutral=True)),
        Sent("PATCH", f"{hook}/messages/9", {"thread_id": "5"}, outbound.webhook_edit(write)),
        Sent("POST", "/channels/5/messages", {}, outbound.bot_post(write)),
        Sent("PATCH", "/channels/5/messages/9", {}, outbound.bot_edit(write)),
        Sent("POST", f"/channels/{FORUM}/threads", {}, outbound.forum_post(write, ("12",))),
        Sent("POST", "/channels/5/messages/9/threads", {}, outbound.thread_start(write)),
    ]


@given(WRITES)
@settings(max_examples=150, deadline=None)
def test_whatever_is_written_the_request_is_one_that_discord_describes(
    description: Description, write: Write
) -> None:
    for sent in requests(write):
        assert description.violations(sent) == []


@given(WRITES)
@settings(max_examples=300, deadline=None)
def test_whatever_is_written_nobody_is_mentioned_and_no_name_refused(write: Write) -> None:
    for sent in requests(write):
        json.dumps(sent.body).encode()
        if sent.path.endswith("9/threads"):
            continue
        body = sent.body.get("message", sent.body)
        allowed = body["allowed_mentions"]
        assert allowed in ({"parse": []}, {"parse": [], "users": [KAI]})
        assert "users" not in allowed or write.part.mentions or write.part.ping
        assert len(body.get("content", "")) <= 2000
        assert "username" not in body or not refused(body["username"])


# --- what goes over the wire


class Recorder:
    """Stands before the sandbox's REST interface and notes every request."""

    def __init__(self, target: str) -> None:
        self.sent: list[Sent] = []
        self.url = ""
        self._news = asyncio.Event()
        self._target = target

    async def __aenter__(self) -> "Recorder":
        self._http = aiohttp.ClientSession()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._pass_on)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._http.close()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits until what has been sent makes it true."""
        async with asyncio.timeout(10):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        told = _payload(raw) if request.content_type.startswith("multipart/") else raw
        body = json.loads(told) if told else None
        agent = request.headers["User-Agent"]
        self._news.set()
        self.sent.append(Sent(request.method, request.path, dict(request.query), body, agent))
        headers = {
            key: request.headers[key]
            for key in ("Authorization", "User-Agent", "Content-Type")
            if key in request.headers
        }
        async with self._http.request(
            request.method, self._target + request.raw_path, data=raw or None, headers=headers
        ) as answer:
            given_back = {
                key: value
                for key, value in answer.headers.items()
                if key.startswith("X-RateLimit") or key in ("Content-Type", "Via", "Retry-After")
            }
            return web.Response(status=answer.status, body=await answer.read(), headers=given_back)


def _payload(raw: bytes) -> bytes:
    """The JSON of a form, which names the one file beside it."""
    head, _, rest = raw.partition(b"\r\n\r\n")
    assert b'name="payload_json"' in head
    payload, _, file = rest.partition(b"\r\n--")
    assert b'name="files[0]"; filename="' in file
    assert [one["id"] for one in json.loads(payload)["attachments"]] == ["0"]
    return payload


@pytest.fixture
async def recorder(sandbox: Sandbox) -> AsyncIterator[Recorder]:
    async with Recorder(f"{sandbox.url}/discord/api/v10") as recorder:
        yield recorder


async def write_all(adapter: DiscordAdapter, files: MemoryFiles) -> None:
    """Every kind of part, edited, reacted to, looked for and deleted, in every kind of place."""
    file = files.add(b"oak" * 1000, "oak desk.png", "A desk of oak")
    marked: Content = (Paragraph((Bold((Text("oak"),)), Emoji("oak_leaf"), Mention("kai", "Kai"))),)
    for place in (mirror(FORUM), mirror(CHAT), direct()):
        name = f"card-{place.place.channel.replace(':', '-')}"
        await adapter.find(card(place, name))
        done = await adapter.write(card(place, name))
        if isinstance(done, Receipt) and done.inner is not None:
            step = card(place, name, inner=done.inner, data=done.data)
            await adapter.find(step)
            done = await adapter.write(step)
        assert isinstance(done, Receipt), done
        at = mirror(place.place.channel, root=done.remote, space=done.space, kind=place.kind)
        for part in (
            Part(PartKind.TEXT, "does it come in *oak*?", Author("Kai", "https://x.test/k.png")),
            Part(PartKind.PIN, author=Author("Kai"), pin=OAK),
            Part(PartKind.NOTICE, "Kai joined."),
            Part(PartKind.TEXT, "as words", MIA_AUTHOR, rich=marked, mentions={"kai": KAI}),
            Part(PartKind.TEXT, "yes", MIA_AUTHOR, answers="Kai: does it?"),
            Part(PartKind.FILE, "", MIA_AUTHOR, file=file),
            Part(PartKind.FILE, "https://pins.test/files/1", MIA_AUTHOR, file=file),
        ):
            write = posting(f"{name}-{part.kind}-{len(part.text)}", at, part)
            posted = await adapter.write(write)
            assert isinstance(posted, Receipt), posted
            await adapter.find(text(at, "never said", anchor=posted.remote))
            on = posted.remote
            if place.kind is not BindingKind.DIRECT:
                await adapter._rest.call("PATCH", f"/channels/{at.space}", {"archived": True})
            if part.kind is not PartKind.FILE:
                again = posting(write.delivery, at, part, replaces=on, poster=posted.poster)
                assert isinstance(await adapter.write(again), Receipt)
            for emoji in ("❤", "👍🏽", ":oak_leaf:"):
                for verb in (Verb.REACT, Verb.UNREACT):
                    await adapter.write(change(at, verb, on, emoji, posted.poster))
            gone = await adapter.write(change(at, Verb.DELETE, on, poster=posted.poster))
            assert gone == replace(posted, space=None)


async def sweep_all(adapter: DiscordAdapter, sandbox: Sandbox) -> None:
    """Lists, pages, single messages, who reacted; and a doubled forum post is taken away."""
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    for n in range(101):
        post = {"user": "Mia", "channel": FORUM, "text": "x", "title": f"Post {n}"}
        made = await sandbox.control("POST", "discord/say", post)
        await sandbox.control("POST", "discord/archive", {"thread": made["channel"]})
    found = [root async for page in adapter.roots(mirror(FORUM).place, long_ago) for root in page]
    assert len(found) > 100
    twin = await adapter.write(card(mirror(FORUM), "twin"))
    assert isinstance(twin, Receipt)
    at = mirror(FORUM, root=twin.remote, space=twin.space)
    said = await sandbox.say("Mia", str(twin.space), "hello")
    await sandbox.control("POST", "discord/react", {"user": "Kai", "message": said, "emoji": "👍"})
    for after in (None, twin.remote):
        [seen] = [one async for page in adapter.messages(at, after) for one in page]
        assert seen.reactions
    assert await adapter.message(at, seen.remote) == replace(seen, reactions=(ANY,), raw=ANY)
    assert [one async for page in adapter.direct(direct().place, None) for one in page]
    await sandbox.control("POST", "discord/delete", {"user": "Mia", "message": said})
    gone = await adapter.write(change(mirror(FORUM), Verb.DELETE, twin.remote, poster="bot"))
    assert isinstance(gone, Receipt)


FORM = Form(
    "Reply as Northwind",
    "Send",
    "replied",
    "3fa9c1",
    (
        Input("text", "Your words", "long", value="hello"),
        Input("to", "People", "people", optional=True),
        Input("way", "How", "choice", (Choice("Now", "now", "at once"),), value="now"),
        Input("where", "Where", "channel", value=CHAT, optional=True),
    ),
    "The follower will see this as Northwind",
)
ITEMS = tuple(
    Item(
        "does it come in oak?",
        "2 minutes ago",
        OAK,
        (Button("Open", "open", f"t{n}"), Button("Reply", "reply", f"t{n}")),
        title="Mia",
    )
    for n in range(2)
)
ANSWERS = (
    Answer("Well."),
    Answer("", (Item(pin=OAK, buttons=(Button("Pinterest", url=OAK.url),)),)),
    Answer("Your threads", ITEMS, (Button("More", "inbox", "all", "primary"),)),
    Answer("Which?", picker=Picker("w", Input("t", "Which?", "choice", (Choice("A", "a"),)))),
    Answer("Where?", picker=Picker("w", Input("c", "Where?", "channel", value=CHAT))),
    Answer(form=FORM),
    Answer("All that is yours", file=File("all.json", b"{}")),
)


async def act_all(sandbox: Sandbox, desk: FakeDesk) -> None:
    """Every kind of answer to a command, a menu, a button and a form."""
    press: dict[str, Any] = {"user": "Mia", "channel": CHAT}
    said = await sandbox.say("Mia", CHAT, OAK.url)
    for answer in ANSWERS:
        desk.office.answer = Answer("Choose", buttons=(Button("Go", "go", "1"),))
        [shown] = (await command(sandbox, "inbox"))["answers"]
        desk.office.answer = answer
        await command(sandbox, "send", pin=OAK.url, to=f"@northwind <@{KAI}>", text="**oak**")
        on = {**press, "name": "pin", "target": said}
        for name in ("Reply to follower", "Send this pin", "Why was this not sent?"):
            await sandbox.control("POST", "discord/command", {**on, "name": name})
        on = {**press, "message": shown["id"], "custom_id": "a:go:1"}
        told = await sandbox.control("POST", "discord/press", on)
        if "modal" in told:
            desk.office.answer = Answer("Sent.", done=True)
            values = {"people.to": f"@northwind <@{KAI}>"}
            body = {"user": "Mia", "modal": told["modal"]["id"], "values": values}
            await sandbox.control("POST", "discord/submit", body)
    body = {**press, "name": "Pin conversations", "target": KAI}
    await sandbox.control("POST", "discord/command", body)
    await choices(sandbox, "send", "to", pin=OAK.url, to="@no")


async def answer_late(recorder: Recorder, sandbox: Sandbox, desk: FakeDesk) -> None:
    """What is announced first, for a command and for a button, and filled in afterwards."""
    desk.office.answer = Answer("Choose", buttons=(Button("Go", "go", "1"),))
    [shown] = (await command(sandbox, "inbox"))["answers"]
    press = {"user": "Mia", "channel": CHAT, "message": shown["id"], "custom_id": "a:go:1"}
    for done in (False, True):
        desk.office.answer = Answer("At last.", done=done)
        for path, body in (
            ("command", {"user": "Mia", "channel": CHAT, "name": "pin", "subcommand": "help"}),
            ("press", press),
        ):
            desk.office.wait = asyncio.Event()
            before = len(recorder.sent)
            told = asyncio.create_task(sandbox.control("POST", f"discord/{path}", body))
            await recorder.until(lambda before=before: len(recorder.sent) > before)
            desk.office.wait.set()
            await told
            desk.office.wait = None


async def staff_all(adapter: DiscordAdapter, sandbox: Sandbox, desk: FakeDesk) -> None:
    """A brand's inbox: a card with its line, held words, lines outside threads."""
    desk.office.on_card = ("Replies here are notes", (Button("Reply", "reply", "t"),))
    for channel in (CHAT, FORUM):
        at = replace(mirror(channel), kind=BindingKind.INBOX)
        part = replace(card(at).part, line=CardLine(Mode.EXPLICIT))
        write = posting(f"{channel}0123456789ab"[-24:], at, part)
        done = await adapter.write(write)
        assert isinstance(done, Receipt), done
        edit = posting(write.delivery, at, part, replaces=done.remote, poster="bot")
        assert isinstance(await adapter.write(edit), Receipt)
        assert await adapter.say(at.place, "3 threads wait", (KAI,))
        assert await adapter.describe(at.place)
    at = replace(at, root=done.remote, space=done.space)
    for kind in (PartKind.TEXT, PartKind.NOTICE, PartKind.PIN):
        part = Part(kind, "ask *first*", MIA_AUTHOR, pin=OAK, note=True, ping=(KAI,))
        assert isinstance(await adapter.write(posting(f"note-{kind}", at, part)), Receipt)
    desk.office.answer = Answer("Goes out soon.", buttons=(Button("Undo", "undo", "t1"),))
    desk.outcome = lambda _: Waiting("t1", None, "mention")
    await sandbox.say("Mia", str(at.space), "72 cm")
    line = await shown(sandbox, str(at.space), "Goes out")
    desk.office.answer = Answer("Taken back.", done=True)
    body = {"user": "Mia", "channel": str(at.space), "message": line["id"]}
    await sandbox.control("POST", "discord/press", {**body, "custom_id": "q:undo:t1"})


async def speak(sandbox: Sandbox, desk: FakeDesk) -> None:
    """Words that are refused, and words that belong nowhere yet."""

    async def answered(outcome: Outcome, start: str) -> dict[str, Any]:
        desk.outcome = lambda _: outcome
        await sandbox.say("Mia", "dm", "does it come in oak?")
        return await shown(sandbox, f"dm:{MIA}", start)

    await answered(NO, NO.sentence)
    menu = await answered(Ask((LINE,)), "Which thread")
    custom_id = menu["components"][0]["components"][0]["custom_id"]
    body = {"user": "Mia", "channel": "dm", "message": menu["id"], "custom_id": custom_id}
    desk.outcome = lambda _: ACCEPTED
    await sandbox.control("POST", "discord/press", {**body, "values": [THREAD]})
    await shown(sandbox, f"dm:{MIA}", "Sent.")


async def react_and_show(adapter: DiscordAdapter, sandbox: Sandbox, desk: FakeDesk) -> None:
    """A reaction by somebody unknown, and a file that is fetched."""
    desk.intents.clear()
    body = {"user": "Noor", "channel": "dm", "files": [{"name": "a.txt", "content": "a"}]}
    said = (await sandbox.control("POST", "discord/say", body))["id"]
    await sandbox.control("POST", "discord/react", {"user": "Noor", "message": said, "emoji": "👍"})
    await desk.until(lambda: any(isinstance(one.what, React) for one in desk.intents))
    [file] = [
        file for one in desk.intents if isinstance(one.what, PostMessage) for file in one.what.files
    ]
    async with adapter.fetch(file) as chunks:
        assert [chunk async for chunk in chunks] == [b"a"]


def spoken(sent: Sent) -> list[dict[str, Any]]:
    """The messages that a request makes or changes."""
    body = sent.body if isinstance(sent.body, dict) else {}
    inner = (body, body.get("message"), body.get("data"))
    return [one for one in inner if isinstance(one, dict) and {"content", "embeds"} & one.keys()]


async def test_all_that_goes_over_the_wire_is_described(
    description: Description, sandbox: Sandbox, recorder: Recorder
) -> None:
    files = MemoryFiles()
    settings = sandbox.settings(api_url=recorder.url, patience=0.2)
    adapter = DiscordAdapter(settings, FreeBudgets(), files)
    desk = FakeDesk()
    await sandbox.control("PUT", "limits/discord", {"factor": 0})
    try:
        await adapter.start(desk)
        await desk.until(lambda: desk.ups)
        await adapter.check([mirror(FORUM).place, mirror(CHAT).place])
        await sandbox.control("PUT", "discord/emojis", {"names": ["oak_leaf"]})
        await write_all(adapter, files)
        await sweep_all(adapter, sandbox)
        await act_all(sandbox, desk)
        await answer_late(recorder, sandbox, desk)
        await staff_all(adapter, sandbox, desk)
        await speak(sandbox, desk)
        await react_and_show(adapter, sandbox, desk)
    finally:
        await adapter.stop()
        await sandbox.control("PUT", "limits/discord", {"factor": 1})
    found = {one for sent in recorder.sent for one in description.violations(sent)}
    assert sorted(found) == []
    messages = [message for sent in recorder.sent for message in spoken(sent)]
    assert len(messages) > 20
    allowed = [one.get("allowed_mentions") for one in messages]
    named = {"parse": [], "users": [KAI]}
    assert [one for one in allowed if one not in ({"parse": []}, named)] == []
    assert named in allowed
    calls = {(sent.method, sent.path.split("/")[1]) for sent in recorder.sent}
    assert {("POST", "interactions"), ("PUT", "applications"), ("POST", "webhooks")} <= calls
    assert {("PATCH", "webhooks"), ("DELETE", "webhooks"), ("GET", "users")} <= calls
    assert ("DELETE", "channels", 3) in {
        (sent.method, *sent.path.split("/")[1:2], len(sent.path.split("/")))
        for sent in recorder.sent
    }
    said = {(sent.method, "reactions" in sent.path) for sent in recorder.sent}
    assert {("PUT", True), ("DELETE", True)} <= said


def test_the_description_itself_finds_what_is_wrong(description: Description) -> None:
    def judge(path: str, body: Any, **query: str) -> list[str]:
        return description.violations(Sent("POST", path, query, body))

    assert judge("/channels/5/messages", {"content": "x"}) == []
    assert judge("/channels/5/messages", {"content": "x" * 4001})
    assert judge("/channels/5/messages", {"contents": "x"})
    assert judge("/channels/x/messages", {"content": "x"})
    assert judge("/webhooks/1/t", {"username": "x" * 81, "content": "x"})
    assert judge("/webhooks/1/t", {"content": "x"}, wait="maybe")
    assert judge("/channels/5/nothing", {})
