"""10,000 hostile texts in every position where a text can stand, through all that writes out.

Slack: no element that notifies, no token in any text that is parsed, every such text
verbatim, and parsing off. Discord: `allowed_mentions` that name nobody, in every message.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.discord import answers as discord_answers
from adapters.discord import outbound as discord
from adapters.discord import telling as discord_telling
from adapters.discord.richtext import read as read_discord
from adapters.slack import answers as slack_answers
from adapters.slack import cards as slack_cards
from adapters.slack import outbound as slack
from adapters.slack.cards import Look
from adapters.slack.gestures import refused
from adapters.slack.mrkdwn import Known, read_text
from core.asking import Answer, Item
from core.delivery import Author, Part, PartKind, Step, Verb, Write
from core.files import FileId, FileRef, clean_alt, clean_name
from core.ids import (
    AccountId,
    BindingId,
    ConversationId,
    MirrorId,
    PinId,
    RemoteId,
    SpaceId,
    ThreadId,
)
from core.model import Account, AccountKind, BindingKind, Mirror, Pin, Place, Refusal
from core.ports.reading import ThreadLine
from core.text.content import (
    Bold,
    Channel,
    Code,
    CodeBlock,
    Content,
    Emoji,
    Heading,
    Link,
    ListBlock,
    Mention,
    Paragraph,
    Quote,
    Spoiler,
    Text,
    Timestamp,
)
from core.text.tidy import normal, of_text, whole
from tests.formatting.hostile import texts
from tests.formatting.trees import DISCORD_KNOWN

pytestmark = pytest.mark.slow

COUNT = 10_000
AT = datetime(2026, 7, 1, tzinfo=UTC)
LOOKS = (Look(), Look(authors=False))
NOBODY = {"parse": []}
_TOKEN = re.compile(r"<(?!https?://[^<>|\s]*(?:\|[^<>]*)?>)")
"""A sign that opens anything but a link of ours."""
_IN_CONTENT = re.compile(r"@everyone|@here|<@[!&]?\d|<#\d")
"""Code keeps its characters, so texts with backticks are left out of this."""


def mirror(platform: str, kind: BindingKind) -> Mirror:
    workspace = {"slack": "T0", "discord": "9" if kind is not BindingKind.DIRECT else ""}[platform]
    channel = "user:7" if kind is BindingKind.DIRECT else "C1"
    return Mirror(
        MirrorId("m"), ThreadId("thread0123456789"), ConversationId("c"), BindingId("b"),
        AccountId("mia"), Place(platform, workspace, channel), kind, 1, 0,
        root=RemoteId("C1:1.0"), space=SpaceId("C1:1.0"),
    )  # fmt: skip


SLACK = mirror("slack", BindingKind.INBOX)
DISCORD = (mirror("discord", BindingKind.PROJECT), mirror("discord", BindingKind.DIRECT))


def trees(text: str) -> Iterator[Content]:
    """The text as somebody typed it anywhere, and in each place of a tree."""
    yield of_text(text)
    yield read_discord(text, DISCORD_KNOWN)
    yield read_text(text, Known())
    row = (Text(text),)
    yield normal(
        (
            Heading(1, row),
            Paragraph((Bold(row), Spoiler(row), Link("https://a.example", row), Code(text))),
            Paragraph((Link(f"https://a.example/{text}"), Emoji(text), Channel(text, text))),
            Paragraph((Mention(text, text), Timestamp(1, "f", text))),
            CodeBlock(text, text),
            Quote((Paragraph(row),)),
            ListBlock(True, 1, ((Paragraph(row),),)),
        )
    )


def parts(text: str) -> Iterator[Part]:
    """What a lane may be told to show, with the text wherever people's words can stand."""
    text = whole(text)  # as every entrance leaves it
    author = Author(text, f"https://a.example/{text}")
    pin = pin_of(text)
    people = (text, "Northwind", text)
    file = FileRef(FileId("a"), clean_name(text), text, 9, clean_alt(text))
    yield Part(PartKind.CARD, text, author, pin, people, "code")
    yield Part(PartKind.TEXT, text, author, answers=text)
    for rich in trees(text):
        yield Part(PartKind.TEXT, text, author, rich=rich, answers=text)
    yield Part(PartKind.PIN, text, author, pin, answers=text)
    yield Part(PartKind.NOTICE, text)
    yield Part(PartKind.FILE, "", author, file=file)
    yield Part(PartKind.FILE, "https://a.example/f", author, file=file)


def pin_of(text: str) -> Pin:
    return Pin(
        PinId("1"), f"https://www.pinterest.com/pin/1/{text}", text, text, text,
        f"https://i.example/{text}", f"https://a.example/{text}", text, text, "#ffffff",
    )  # fmt: skip


def writes(part: Part, at: Mirror) -> Iterator[Write]:
    title = part.pin.title or "" if part.pin else ""
    yield Write("delivery", at, Step(Verb.POST, 0, part), title)
    if part.kind in (PartKind.TEXT, PartKind.CARD, PartKind.PIN):
        yield Write("delivery", at, Step(Verb.EDIT, 0, part, RemoteId("C1:2.0")), title)


def test_slack_notifies_nobody() -> None:
    for text in texts(COUNT):
        for part in parts(text):
            for write in writes(part, SLACK):
                edit = write.step.verb is Verb.EDIT
                for look in LOOKS[:1] if edit else LOOKS:
                    sent = slack.update(write, look) if edit else slack.post(write, look, "C1")
                    assert (sent["parse"], sent["link_names"]) == ("none", False)
                    assert "<" not in sent.get("username", "")
                    check_slack(sent["text"], sent["blocks"])
        name = slack.file_name(clean_name(text))
        assert not set(name) & set("<>")


def check_slack(text: str, blocks: Any) -> None:
    assert "<" not in text, text
    waiting = [blocks]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting += found
        elif isinstance(found, dict):
            kind = found.get("type")
            assert kind not in ("user", "usergroup", "broadcast", "channel"), found
            if kind == "mrkdwn":
                assert found["verbatim"], found
                assert not _TOKEN.search(found["text"]), found
            elif kind == "plain_text":
                assert "<" not in found["text"], found
            else:
                waiting += found.values()


def test_discord_notifies_nobody() -> None:
    for text in texts(COUNT):
        for part in parts(text):
            for at in DISCORD:
                for write in writes(part, at):
                    for body in bodies(write):
                        assert body["allowed_mentions"] == NOBODY, body
                        if part.rich is None and "`" not in text:
                            assert not _IN_CONTENT.search(body.get("content", "")), body
                        assert body.get("username", "").lower() not in ("everyone", "here")


def bodies(write: Write) -> Iterator[dict[str, Any]]:
    """As the bot in direct messages, else under the author's name."""
    edit = write.step.verb is Verb.EDIT
    if discord.is_direct(write) or write.part.kind is PartKind.NOTICE:
        yield discord.bot_edit(write) if edit else discord.bot_post(write)
    elif write.part.kind is PartKind.CARD:
        yield discord.bot_edit(write) if edit else discord.forum_post(write)["message"]
    elif edit:
        yield discord.webhook_edit(write)
    else:
        yield discord.webhook_post(write)
        if write.part.rich is None:
            yield discord.webhook_post(write, neutral=True)


def test_answers_notify_nobody() -> None:
    """What only one person sees names others too, by names and titles that they chose."""
    for text in map(whole, texts(COUNT // 5, seed=4)):
        somebody = Account(AccountId("a"), AccountKind.PERSON, "a", text)
        pin = pin_of(text)
        thread = ThreadLine(
            ThreadId("t"), ConversationId("c"), "code", pin, (somebody,), AT, somebody, text
        )
        item = Item(text, text, pin, title=text)
        look = Look()
        answers = (
            slack_answers.message(Answer(text, (item, item)), look, lambda _: None),
            slack_answers.message(Answer(text, (Item(pin=pin),)), look, lambda _: None),
            slack_cards.picker((thread,), "key"),
        )
        for blocks in answers:
            check_slack("", blocks)
        body = refused(Refusal("x", text)).body()
        check_slack(body["text"], body["blocks"])
        pin = replace(pin, url="https://www.pinterest.com/pin/1/")
        item = Item(text, text, pin, title=text)
        for body in (
            discord_answers.message(Answer(text, (item, item))),
            discord_answers.message(Answer(text, (Item(pin=pin),))),
        ):
            assert body["allowed_mentions"] == NOBODY
            assert "`" in text or not _IN_CONTENT.search(body["content"]), body
            for embed in body["embeds"]:
                shown = f"{embed.get('title', '')} {embed.get('description', '')}"
                assert "`" in text or not _IN_CONTENT.search(shown), shown
    assert discord_telling.NOBODY == NOBODY
