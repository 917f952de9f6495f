"""Writes as API arguments: inert whatever people wrote, and inside Slack's limits."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack import cards
from adapters.slack.blocks import LIMIT
from adapters.slack.cards import Look
from adapters.slack.markup import name
from adapters.slack.mrkdwn import Known, read_text
from adapters.slack.outbound import NO_CONTROLS, post, revision, update
from core.asking import Button
from core.delivery import Author, CardLine, Part, PartKind
from core.ids import AccountId, PinId, RemoteId
from core.model import Account, AccountKind, Mode, Pin, Status
from core.notices import until
from core.text.content import (
    Bold,
    Channel,
    Code,
    CodeBlock,
    Content,
    Emoji,
    Heading,
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
from sandbox.slack.shapes import message_blocks
from tests.slack.fake_desk import PIN, line
from tests.slack.slack_world import KeptFiles, card, mirror, pings, shows, text, write

SPACE = "C0INBOX:1700000000.000100"
LOOK = Look()
UNTIL = datetime(2026, 7, 3, 9, 30, tzinfo=UTC)
MOMENT = "<!date^1783071000^{date_short_pretty} {time}|03 Jul 09:30 UTC>"
TOKENS = [
    "<!channel>", "<@U0ADA>", "<!subteam^S1>", "<", ">", "&", "|", "&lt;!here>", "@", "!",
    "https://x.example/<!here>", "http://", "*", "`", "\n", " ", "#", "<https://a|b>", "@channel",
    "<!everyone|x>", "&amp;lt;!here&amp;gt;", "\u2063[spoiler: ", "]\u2063", "```", "> ", "\u202e",
]  # fmt: skip
HOSTILE = st.one_of(st.text(), st.lists(st.sampled_from(TOKENS)).map("".join))


def assert_inert(sent: Any) -> None:
    assert not pings(json.loads(json.dumps(sent).replace(MOMENT, "")))


def within_limits(blocks: list[dict[str, Any]]) -> None:
    assert len(blocks) <= 50
    for block in blocks:
        if block["type"] == "section":
            assert 1 <= len(block["text"]["text"]) <= 3_000
            assert block["text"]["verbatim"] is True
        for element in block.get("elements", ()):
            if element["type"] == "mrkdwn":
                assert 1 <= len(element["text"]) <= 3_000
                assert element["verbatim"] is True
            if element["type"] == "button":
                assert 1 <= len(element["text"]["text"]) <= 75
                assert len(element.get("value", "")) <= 2_000


def parts(words: str, pin: Pin) -> Iterator[Part]:
    author = Author(words, f"https://i.example.com/{words}")
    yield Part(PartKind.CARD, author=author, pin=pin, people=(words, "Mia"), code="abcdef")
    yield Part(PartKind.TEXT, words, author)
    yield Part(PartKind.PIN, author=author, pin=pin)
    yield Part(PartKind.NOTICE, f"{words} joined.")
    yield Part(PartKind.NOTICE, words, rich=until(f"{words} snoozed this", UNTIL))
    file = KeptFiles(b"x").ref(0, words, alt=words)
    yield Part(PartKind.FILE, f"https://x.example/{words}", author, file=file)
    yield Part(PartKind.FILE, words, author, file=file)
    yield Part(PartKind.TEXT, words, author, answers=words)
    yield Part(PartKind.PIN, author=author, pin=pin, answers=words)
    yield Part(PartKind.TEXT, words, author, rich=normal(everything(words)))


def everything(words: str) -> Content:
    """Every node of the tree, with those words in it."""
    said = (Text(words),)
    row = (
        Text(words), Bold(said), Italic((Strike(said),)), Underline(said), Spoiler(said),
        Code(words), Link(f"https://x.example/{words}", said), Link(words, said),
        Mention(words, words), Channel(words, words), Emoji(words), Timestamp(1, "f", words),
    )  # fmt: skip
    items = ((Paragraph(row),), (Paragraph(said),))
    return (
        Paragraph(row), Heading(1, row), ListBlock(True, 1, items),
        Quote((Paragraph(row), CodeBlock(words, words))), CodeBlock(words, words),
    )  # fmt: skip


@given(HOSTILE, st.booleans())
def test_no_text_in_any_position_can_mention_anybody(words: str, authors: bool) -> None:
    pin = Pin(PinId("1"), f"https://x.example/{words}", words, words, words,
              f"https://i.example.com/{words}", words, words, words)  # fmt: skip
    look = Look(authors=authors)
    for part in parts(words, pin):
        arguments = post(write("d", mirror(space=SPACE), shows(part)), look, "C0INBOX")
        assert_inert(arguments)
        within_limits(arguments["blocks"])
        assert len(arguments["text"]) <= 4_000
        edited = write("d", mirror(space=SPACE), shows(part, RemoteId(SPACE)))
        assert_inert(update(edited, look))


def test_a_notice_shows_a_moment_in_the_zone_of_whoever_reads_it() -> None:
    words = until("<b> & Ada snoozed this", UNTIL)
    part = Part(PartKind.NOTICE, plain(words), rich=words)
    arguments = post(write("d", mirror(space=SPACE), shows(part)), Look(), "C0INBOX")
    [element] = arguments["blocks"][0]["elements"]
    assert element["text"] == f"&lt;b&gt; &amp; Ada snoozed this until {MOMENT}."
    assert arguments["text"].endswith("until 2026-07-03 09:30 UTC.")


def test_nobody_is_pinged_by_ten_thousand_hostile_texts() -> None:
    chance = random.Random(7)
    for _ in range(10_000):
        words = "".join(chance.choices(TOKENS, k=chance.randrange(1, 9)))
        file = KeptFiles(b"x").ref(0, words)
        part = chance.choice((
            Part(PartKind.TEXT, words, Author(words), answers=words),
            Part(PartKind.TEXT, words, Author(words), rich=normal(everything(words))),
            Part(PartKind.TEXT, words, Author(words), rich=read_text(words, Known())),
            Part(PartKind.FILE, f"https://x.example/{words}", Author(words), file=file),
            Part(PartKind.NOTICE, words),
        ))  # fmt: skip
        look = Look(authors=chance.random() < 0.5)
        assert_inert(post(write("d", mirror(space=SPACE), shows(part)), look, "C1"))


@given(HOSTILE)
def test_no_question_about_words_can_mention_anybody(words: str) -> None:
    pin = Pin(PinId("1"), f"https://x.example/{words}", words, words, creator=words)
    person = Account(AccountId("p"), AccountKind.PERSON, "p", words)
    lines = [replace(line(words, pin), people=(person,), last_by=person)] * 30
    for blocks in (cards.picker(lines, "D1:1.2"), cards.refusal(words)):
        assert_inert(blocks)
        within_limits(blocks)


def test_the_longest_text_fits_one_message_however_it_is_escaped() -> None:
    arguments = post(text("&" * LIMIT, SPACE), LOOK, "C1")
    assert len(arguments["text"]) <= 4_000
    within_limits(arguments["blocks"])


def test_an_answer_is_quoted_above_the_words() -> None:
    arguments = post(text("yes", SPACE, answers="Kai: is it <!here> oak?"), LOOK, "C1")
    quote, words = arguments["blocks"]
    assert quote["elements"][0]["type"] == "rich_text_quote"
    assert quote["elements"][0]["elements"][0]["text"] == "Kai: is it <!here> oak?"
    assert "yes" in json.dumps(words)
    assert arguments["text"] == "yes"


def test_only_those_who_are_to_be_mentioned_are() -> None:
    rich = (Paragraph((Mention("mia", "Mia"), Text(" and "), Mention("kai", "Kai"))),)
    arguments = post(text("@Mia and @Kai", SPACE, rich=rich, mentions={"mia": "U1"}), LOOK, "C1")
    assert pings(arguments) == ["U1"]
    assert "@Kai" in json.dumps(arguments["blocks"])


def test_custom_emoji_are_shown_where_they_are_known() -> None:
    rich = (Paragraph((Emoji("oak"), Text(" "), Emoji("elm"))),)
    arguments = post(text("x", SPACE, rich=rich), Look(emoji=frozenset({"oak"})), "C1")
    leaves = arguments["blocks"][0]["elements"][0]["elements"]
    assert leaves[0] == {"type": "emoji", "name": "oak"}
    assert leaves[-1]["text"] == ":elm:"


def test_nothing_is_parsed_unfurled_or_left_unmarked() -> None:
    arguments = post(text("hi", SPACE), LOOK, "C1")
    assert (arguments["parse"], arguments["link_names"]) == ("none", False)
    assert not arguments["unfurl_links"]
    assert not arguments["unfurl_media"]
    assert arguments["thread_ts"] == "1700000000.000100"
    assert arguments["metadata"]["event_payload"]["delivery_id"] == "d-text"
    assert len(json.dumps(arguments["metadata"])) < 1_000
    edit = update(text("hi", SPACE, replaces=RemoteId("C1:1.2")), LOOK)
    assert (edit["channel"], edit["ts"]) == ("C1", "1.2")
    assert (edit["parse"], edit["link_names"]) == ("none", False)
    assert "username" not in edit


def test_a_card_is_a_root_of_its_own() -> None:
    assert "thread_ts" not in post(card(), LOOK, "C1")
    assert "`/pin open abcdef`" in str(post(card(), LOOK, "C1")["blocks"])


def test_the_revision_changes_with_the_content_alone() -> None:
    first, again = text("a", SPACE), text("a", SPACE, delivery="other")
    assert revision(first, LOOK) == revision(again, LOOK) != revision(text("b", SPACE), LOOK)
    carried = post(first, LOOK, "C1")["metadata"]["event_payload"]["rev"]
    assert carried == revision(first, LOOK)


@pytest.mark.parametrize(
    ("address", "shown", "in_sandbox"),
    [
        ("https://i.example.com/a.png", True, True),
        ("http://i.example.com/a.png", True, True),
        ("http://127.0.0.1:8000/a.png", False, True),
        ("http://10.0.0.1/a.png", False, True),
        ("http://sandbox:8765/a.png", False, True),
        ("http://localhost/a.png", False, True),
        ("ftp://i.example.com/a.png", False, False),
        ("data:image/png;base64,AAAA", False, False),
        ("https://u:p@i.example.com/a.png", False, False),
        ("https://i.example.com/<!here>", False, False),
        ("https://[::1", False, False),
        ("", False, False),
        (None, False, False),
    ],
)
def test_only_pictures_that_slack_can_fetch_are_named(
    address: str | None, shown: bool, in_sandbox: bool
) -> None:
    assert (Look().picture(address) == address and address is not None) is shown or not address
    assert bool(Look().picture(address)) is shown
    assert bool(Look(private=True).picture(address)) is in_sandbox


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("Mia", "Mia"),
        ("Mia & <Kai>", "Mia &amp; &lt;Kai&gt;"),
        ("\u202eaiM\u202c", "aiM"),
        ("\u200b\u2060", "Somebody"),
        ("", "Somebody"),
        ("a\nb\u2028c\u200bd", "a b cd"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("\u200d\u200c", "Somebody"),
        ("x" * 300, "x" * 79 + "…"),
    ],
)
def test_names_are_one_visible_line(given_name: str, shown: str) -> None:
    assert name(given_name) == shown


def test_a_workspace_without_the_scope_says_who_wrote_it() -> None:
    arguments = post(text("hi", SPACE), Look(authors=False), "C1")
    assert "username" not in arguments
    assert arguments["blocks"][0]["elements"][-1]["text"] == "*Mia*"
    assert arguments["text"] == "Mia: hi"


@pytest.mark.parametrize("pin", [
    Pin(PinId("1"), "https://x.example/1"),
    Pin(PinId("1"), "https://x.example/1", "T", picture="https://i.example.com/p.png"),
    PIN,
])  # fmt: skip
def test_a_card_looks_right_with_whatever_is_known(pin: Pin) -> None:
    blocks = cards.card(pin, "Mia", ("Mia", "Kai"), "abcdef", LOOK)
    within_limits(blocks)
    assert blocks[0]["text"]["text"].startswith("*<https://x.example/1|" if pin.id == "1" else "*<")
    assert ("accessory" in blocks[0]) is (pin.picture is not None)
    assert blocks[-1]["elements"][0]["url"] == pin.url


CONTROLS = ("Replies here go to Mia · open · Ada answers", (Button("Reply", "reply", "t1"),))


def test_the_line_and_the_buttons_stand_under_the_card() -> None:
    for arguments in (
        post(card(), LOOK, "C1", CONTROLS),
        update(card(replaces=RemoteId(SPACE)), LOOK, CONTROLS),
    ):
        blocks = message_blocks(arguments["blocks"])
        assert blocks[-2]["elements"][0]["text"] == CONTROLS[0]
        (reply,) = blocks[-1]["elements"]
        assert (reply["action_id"], reply["value"]) == ("ask:0:reply", "t1")


def test_what_a_card_stands_at_counts_as_its_content_and_its_buttons_do_not() -> None:
    before = card()
    line = CardLine(Mode.RELAY, Status.OPEN)
    after = replace(before, step=shows(replace(before.part, line=line)))
    assert revision(before, LOOK) != revision(after, LOOK)
    metadata = [post(after, LOOK, "C1", c)["metadata"] for c in (CONTROLS, NO_CONTROLS)]
    assert metadata[0] == metadata[1]


def test_a_note_is_marked_as_one() -> None:
    part = replace(text("ask the shop", SPACE).part, note=True)
    arguments = post(write("d", mirror(space=SPACE), shows(part)), LOOK, "C1")
    assert "only your team sees it" in arguments["blocks"][0]["elements"][0]["text"]
    assert arguments["text"].startswith("🔒")


def test_a_ping_mentions_those_people_once_and_is_not_repeated_by_an_edit() -> None:
    part = replace(text("hello", SPACE).part, ping=("U0ADA", "U0BO", "<!here>"))
    posted = write("d", mirror(space=SPACE), shows(part))
    arguments = post(posted, LOOK, "C1")
    assert pings(arguments) == ["U0ADA", "U0BO"]
    edited = write("d", mirror(space=SPACE), shows(part, RemoteId(SPACE)))
    assert pings(update(edited, LOOK)) == []
    assert revision(posted, LOOK) == revision(text("hello", SPACE), LOOK)
