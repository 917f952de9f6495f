"""Formatting and mentions both ways, and the rest of what people and other apps say."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.slack import SlackAdapter
from adapters.slack.blocks import There
from adapters.slack.mrkdwn import Known
from adapters.slack.richtext import read
from core.delivery import Receipt
from core.intents import InSpace, Person, PostMessage
from core.model import Identity
from core.text.content import (
    Bold,
    Channel,
    Code,
    CodeBlock,
    Content,
    Emoji,
    Italic,
    Link,
    ListBlock,
    Mention,
    Paragraph,
    Quote,
    Spoiler,
    Strike,
    Text,
    Timestamp,
    Underline,
    plain,
)
from core.text.tidy import normal
from tests.slack.fake_desk import KAI, MIA, FakeDesk
from tests.slack.slack_world import INBOX, TEAM, World, card, pings, text, texts


@pytest.fixture(params=["http", "socket"])
async def adapter(
    request: pytest.FixtureRequest, world: World, desk: FakeDesk
) -> AsyncIterator[SlackAdapter]:
    async with world.adapter(request.param, desk) as opened:
        yield opened


@pytest.fixture
async def over_http(world: World, desk: FakeDesk) -> AsyncIterator[SlackAdapter]:
    async with world.adapter("http", desk) as opened:
        yield opened


async def thread(adapter: SlackAdapter) -> str:
    receipt = await adapter.write(card())
    assert isinstance(receipt, Receipt), receipt
    return str(receipt.space)


async def heard(desk: FakeDesk) -> PostMessage:
    what = (await desk.intent()).what
    assert isinstance(what, PostMessage)
    return what


def paragraph(*children: Any) -> Content:
    return (Paragraph(children),)


async def test_words_alone_have_no_tree_and_formatted_ones_do(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = (await thread(adapter)).partition(":")[2]
    for words in ("just <b>words</b> & more 👍", "see https://x.example/a?b=1", "it is 10:30:45"):
        await world.say(words, thread_ts=root)
        what = await heard(desk)
        assert (what.text, what.rich) == (words, None)
    await world.say("*bold* _and_ ~more~ `code`", thread_ts=root)
    what = await heard(desk)
    assert what.text == "bold and more code"
    assert what.rich == paragraph(
        Bold((Text("bold"),)), Text(" "), Italic((Text("and"),)), Text(" "),
        Strike((Text("more"),)), Text(" "), Code("code"),
    )  # fmt: skip


async def test_only_people_with_an_account_are_mentioned_and_none_is_made(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    desk.known["U0BO"] = KAI
    root = (await thread(adapter)).partition(":")[2]
    await world.say("@bo and @cleo in #general @here :oak-tree:", thread_ts=root)
    what = await heard(desk)
    assert what.text == "@Bo Reyes and @Cleo Park in #general @here :oak:"
    assert what.rich == paragraph(
        Mention("kai", "Bo Reyes"), Text(" and @Cleo Park in "),
        Channel("general", "slack:T0NORTHWIND:C0GENERAL"),
        Text(" @here "), Emoji("oak"),
    )  # fmt: skip


async def test_an_edit_brings_its_formatting(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = (await thread(adapter)).partition(":")[2]
    ts = await world.say("plain", thread_ts=root)
    await desk.intent()
    await world.act("edit", user="U0ADA", channel=INBOX, ts=ts, text="*loud*")
    what = (await desk.intent()).what
    assert what.rich == paragraph(Bold((Text("loud"),)))  # type: ignore[union-attr]


async def test_a_preview_is_no_edit(over_http: SlackAdapter, world: World, desk: FakeDesk) -> None:
    root = (await thread(over_http)).partition(":")[2]
    ts = await world.say("https://x.example/", thread_ts=root)
    await desk.intent()
    await world.act("unfurl", channel=INBOX, ts=ts, url="https://x.example/")
    async with asyncio.timeout(30):
        while (await world.control("GET", "slack/delivery"))["waiting"]:
            pass
    await world.say("after", thread_ts=root)
    assert (await heard(desk)).text == "after"
    assert over_http.ignored["no_edit"]


async def test_what_people_say_with_me_is_italic(
    over_http: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = (await thread(over_http)).partition(":")[2]
    await world.say("waves", thread_ts=root, me=True)
    assert (await heard(desk)).rich == paragraph(Italic((Text("waves"),)))


async def test_a_reply_that_is_also_sent_to_the_channel_is_one_message(
    over_http: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    space = await thread(over_http)
    ts = await world.say("look", thread_ts=space.partition(":")[2], broadcast=True)
    intent = await desk.intent()
    assert intent.key == f"slack:{INBOX}:{ts}:post"
    assert intent.what == PostMessage(InSpace("slack", space), "look")  # type: ignore[arg-type]
    await world.act("edit", user="U0ADA", channel=INBOX, ts=ts, text="look here")
    assert ":edit:" in (await desk.intent()).key
    assert desk.intents.empty()


async def test_a_forwarded_message_is_quoted_with_a_link_and_its_files(
    over_http: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    space = await thread(over_http)
    told = await world.act(
        "file", user="U0BO", channel="C0GENERAL", text="*oak* only", name="a.txt", content="hello"
    )
    where = {"from": "C0GENERAL", "ts": told["ts"], "thread_ts": space.partition(":")[2]}
    await world.act("share", user="U0ADA", channel=INBOX, text="see this", **where)
    what = await heard(desk)
    assert what.rich is not None
    words, quote = what.rich
    assert plain((words,)) == "see this"
    assert isinstance(quote, Quote)
    assert plain((quote,)) == "> Bo Reyes\n> oak only\n> see it in Slack"
    address = f"archives/C0GENERAL/p{told['ts'].replace('.', '')}"
    assert address in str(quote)
    async with over_http.fetch(what.files[0]) as content:
        assert b"".join([piece async for piece in content]) == b"hello"


BLOCKS = [
    {"type": "header", "text": {"type": "plain_text", "text": "Ticket 12"}},
    {"type": "section", "text": {"type": "mrkdwn", "text": "*Oak* is <https://x.example/|late>"}},
    {"type": "image", "image_url": "https://x.example/a.png", "alt_text": "a chart"},
]


@pytest.mark.parametrize(
    ("post", "words"),
    [
        ({"text": "*done*"}, "done"),
        (
            {"text": "fallback", "blocks": BLOCKS},
            "Ticket 12\nOak is late\na chart\nsee it in Slack",
        ),
        (
            {"attachments": [{
                "title": "Oak desk", "title_link": "https://x.example/12", "text": "is _late_",
                "fields": [{"title": "Who", "value": "<@U0BO>"}], "fallback": "no"}]},
            "Oak desk\nis late\nWho\n@Bo Reyes\nsee it in Slack",
        ),
        ({"attachments": [{"fallback": "only this"}]}, "only this\nsee it in Slack"),
        ({"attachments": [{"color": "#fff"}]}, "A message of another app\nsee it in Slack"),
    ],
)  # fmt: skip
async def test_what_another_app_says_is_readable(
    over_http: SlackAdapter, world: World, desk: FakeDesk, post: dict[str, Any], words: str
) -> None:
    root = (await thread(over_http)).partition(":")[2]
    await world.act("bot", channel=INBOX, thread_ts=root, name="Tickets & co", **post)
    intent = await desk.intent()
    assert isinstance(intent.what, PostMessage)
    assert intent.what.text == words
    assert isinstance(intent.actor, Person)
    assert intent.actor.identity == Identity("slack", TEAM, "U0TICKETS")
    assert intent.actor.profile.name == "Tickets & co"


RICH = normal((
    Paragraph((
        Text("literal *not bold* <!channel> & "), Bold((Italic((Text("both"),)),)), Text(" "),
        Underline((Text("under"),)), Text(" "), Spoiler((Text("hidden"),)), Text(" "),
        Link("https://x.example/a(b)", (Text("label"),)), Text(" "), Timestamp(1392734382, "D"),
    )),
    ListBlock(True, 3, ((Paragraph((Text("three"),)),), (Paragraph((Text("four"),)),))),
    Quote((Paragraph((Text("said"),)),)),
    CodeBlock("*x y*\n```", ""),
))  # fmt: skip


async def test_a_tree_stands_in_slack_as_it_was_and_reads_back_the_same(
    adapter: SlackAdapter, world: World
) -> None:
    space = await thread(adapter)
    reply = await adapter.write(text(plain(RICH), space, rich=RICH))
    assert isinstance(reply, Receipt), reply
    shown = (await world.shown())[1]
    assert read(shown, Known()) == RICH
    assert not pings(shown)
    edited = text("less", space, rich=paragraph(Bold((Text("less"),))), replaces=reply.remote)
    assert await adapter.write(edited) == reply
    assert read((await world.shown())[1], Known()) == paragraph(Bold((Text("less"),)))


async def test_a_mention_pings_that_person_alone(adapter: SlackAdapter, world: World) -> None:
    space = await thread(adapter)
    rich = paragraph(Mention(str(MIA.id), "Mia"), Text(" and "), Mention(str(KAI.id), "Kai"),
                     Text(" "), Emoji("oak"), Text(" "), Emoji("elm"))  # fmt: skip
    receipt = await adapter.write(text("x", space, rich=rich, mentions={str(MIA.id): "U0BO"}))
    assert isinstance(receipt, Receipt), receipt
    shown = (await world.shown())[1]
    assert pings(shown) == ["U0BO"]
    assert "@Kai" in texts(shown)
    there = There(emoji=lambda name: name)
    assert there.emoji("oak") == "oak"
    assert '{"type": "emoji", "name": "oak"}' in texts(shown)
    assert ":elm:" in texts(shown)


async def test_an_answer_quotes_what_it_answers(adapter: SlackAdapter, world: World) -> None:
    space = await thread(adapter)
    receipt = await adapter.write(text("yes", space, answers="Kai: is it <!here> *oak*?"))
    assert isinstance(receipt, Receipt), receipt
    shown = (await world.shown())[1]
    assert plain(read(shown, Known())) == "> Kai: is it <!here> *oak*?\nyes"
    assert not pings(shown)
