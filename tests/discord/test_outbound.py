"""Bodies of requests: what they hold, and how they are known again."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord import outbound
from adapters.discord.cards import pin_embed, thread_menu
from adapters.discord.errors import Problem, failure
from adapters.discord.rest import refused_fields
from adapters.discord.writing import Channel, Costs
from core.delivery import Author, FailureKind, Part, PartKind, Write
from core.ids import PinId, RemoteId, ThreadId
from core.model import Pin
from core.notices import until
from core.ports.needs import Cost
from core.text.content import Mention, Paragraph, Text, plain
from tests.discord.conftest import CHAT, FORUM, card, direct, mirror, posting, text
from tests.discord.fake_desk import BRAND, OAK
from tests.discord.test_gateway import LINE

THREAD = mirror(FORUM, root="5:5", space="5")
DM = direct(root="7:8", space="7:8")


def notice(words: str, delivery: str = "n") -> Write:
    return posting(delivery, THREAD, Part(PartKind.NOTICE, words))


def test_a_card_shows_all_that_is_known_and_carries_the_delivery() -> None:
    embed = outbound.forum_post(card(THREAD, "a1b2"))["message"]["embeds"][0]
    assert embed["title"] == "Oak desk"
    assert embed["url"] == f"{OAK.url}#a1b2"
    assert embed["image"] == {"url": OAK.picture}
    assert embed["color"] == 0xAA8855
    assert embed["author"]["name"] == "Mia"
    assert embed["footer"]["text"] == "Mia, Northwind Home · oakoak"


def test_a_card_of_which_only_the_address_is_known_is_a_card() -> None:
    embed = pin_embed(Pin(PinId("123"), "https://www.pinterest.com/pin/123/"))
    assert embed == {
        "title": "Pin 123",
        "url": "https://www.pinterest.com/pin/123/",
        "color": 0xE60023,
    }


@pytest.mark.parametrize("color", ["-12345", "#12", "red", "#1234567", "", None])
def test_a_color_that_is_none_becomes_the_usual_one(color: str | None) -> None:
    assert pin_embed(replace(OAK, color=color))["color"] == 0xE60023


@pytest.mark.parametrize(
    "picture", ["javascript:x", "https://a b", "ftp://x", "https://" + "x" * 2000]
)
def test_pictures_that_discord_would_refuse_are_left_out(picture: str) -> None:
    assert "image" not in pin_embed(replace(OAK, picture=picture))
    assert "avatar_url" not in outbound.webhook_post(text(THREAD, "x", Author("Mia", picture)))


def test_words_that_grow_beyond_a_message_go_into_an_embed_whole() -> None:
    most = "*" * outbound.TEXT_LIMIT
    body = outbound.bot_post(text(DM, most, Author("*" * 80)))
    assert body["content"] == "**" + "\\*" * 80 + ":**"
    assert body["embeds"] == [{"description": "\\*" * outbound.TEXT_LIMIT}]
    plain = outbound.webhook_post(text(THREAD, "x" * outbound.TEXT_LIMIT))
    assert plain["content"] == "x" * outbound.TEXT_LIMIT


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_nonce_tells_deliveries_apart_in_25_characters(one: str, other: str) -> None:
    assert len(outbound.nonce(one)) == 25
    assert outbound.nonce(one).isalnum()
    assert (outbound.nonce(one) == outbound.nonce(other)) == (one == other)


def test_an_edit_takes_away_what_the_new_words_do_not_have() -> None:
    body = outbound.webhook_edit(text(THREAD, "short"))
    assert body == {"content": "short", "embeds": [], "allowed_mentions": {"parse": []}}


def seen(write: Write, **changes: object) -> dict[str, object]:
    """The message as Discord shows it, after a post of the write."""
    if not outbound.by_webhook(write):
        return {**outbound.bot_post(write), "author": {"username": "pinthread"}, **changes}
    body = outbound.webhook_post(write)
    return {**body, "author": {"username": body["username"]}, **changes}


def test_what_was_posted_is_known_again_even_where_discord_has_trimmed_it() -> None:
    words = text(THREAD, "yes,  it does *now* ")
    assert outbound.is_same(words, seen(words))
    assert outbound.is_same(words, seen(words, content="yes, it does *now*"))
    assert not outbound.is_same(words, seen(words, content="yes, it does"))
    assert not outbound.is_same(words, seen(words, author={"username": "Kai"}))


def test_words_without_letters_are_known_by_their_signs() -> None:
    heart = text(THREAD, "❤️")
    assert outbound.is_same(heart, seen(heart))
    assert not outbound.is_same(heart, seen(text(THREAD, "👍")))


def test_words_under_the_neutral_name_are_known_again() -> None:
    words = text(THREAD, "hello", Author("Therese"))
    body = outbound.webhook_post(words, neutral=True)
    assert (body["username"], body["content"]) == ("Someone", "**Therese:** hello")
    assert outbound.is_same(words, {**body, "author": {"username": "Someone"}})


def test_cards_and_pins_are_known_by_their_marker_alone() -> None:
    assert outbound.is_same(card(THREAD, "a"), seen(card(THREAD, "a"), content="anything"))
    assert not outbound.is_same(card(THREAD, "a"), seen(card(THREAD, "b")))


def test_a_notice_shows_a_moment_in_the_zone_of_whoever_reads_it() -> None:
    words = until("<t:1:f> *Ada* snoozed this", datetime(2026, 7, 3, 9, 30, tzinfo=UTC))
    part = Part(PartKind.NOTICE, plain(words), rich=words)
    shown = outbound.bot_post(posting("n", THREAD, part))["content"]
    assert shown.endswith(" snoozed this until <t:1783071000:f>.")
    assert shown.count("<t:") == 1, "a name is no moment"
    assert shown.startswith("-# ")


def test_a_notice_is_known_by_its_nonce_or_by_its_words() -> None:
    joined = notice("Kai joined.")
    assert outbound.is_same(joined, seen(joined))
    assert outbound.is_same(joined, seen(joined, nonce=None))
    assert not outbound.is_same(joined, seen(notice("Kai joined.", "other")))
    assert not outbound.is_same(joined, seen(notice("Kai left."), nonce=None))


def test_a_forum_that_asks_for_a_tag_gets_the_first_free_one() -> None:
    import msgspec

    raw = (
        '{"id":"1","type":15,"flags":16,"available_tags":[{"id":"2","moderated":true},{"id":"3"}]}'
    )
    forum = msgspec.json.decode(raw, type=Channel)
    assert forum.needed_tags() == ("3",)
    forum.flags = 0
    assert forum.needed_tags() == ()


def test_costs_are_scaled_and_belong_to_the_channel_that_counts() -> None:
    costs = Costs(10.0)
    assert costs.of(text(THREAD, "x"))[0] == Cost(("discord", "webhook", FORUM), 50, 2.0)
    assert costs.of(card(mirror(CHAT)))[0].key == ("discord", "message", CHAT)
    assert costs.of(card(mirror(CHAT), inner=1))[0].key == ("discord", "thread", CHAT)
    assert costs.of(notice("x"))[0].key == ("discord", "message", "5")
    assert costs.of(card(THREAD, replaces=THREAD.root))[0].key == ("discord", "edit", "5")
    assert Costs(0.001).of(notice("x"))[0].limit == 1


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (0, 0, FailureKind.TRANSIENT),
        (502, 0, FailureKind.TRANSIENT),
        (429, 0, FailureKind.RATE),
        (400, 50035, FailureKind.EVENT),
        (400, 50006, FailureKind.EVENT),
        (400, 200000, FailureKind.EVENT),
        (413, 40005, FailureKind.EVENT),
        (400, 20016, FailureKind.RATE),
        (401, 0, FailureKind.PLACE),
        (403, 50013, FailureKind.PLACE),
        (403, 50007, FailureKind.PLACE),
        (404, 10003, FailureKind.PLACE),
        (404, 10008, FailureKind.EVENT),
        (404, 10015, FailureKind.TRANSIENT),
        (400, 30007, FailureKind.PLACE),
        (400, 160005, FailureKind.PLACE),
    ],
)
def test_every_answer_has_its_meaning(status: int, code: int, kind: FailureKind) -> None:
    found = failure(Problem(status, code))
    assert found.kind is kind
    assert (kind is FailureKind.PLACE) <= bool(found.remedy)
    assert (kind is FailureKind.RATE) == (found.retry_after is not None)


def test_refused_fields_are_read_out_of_the_tree() -> None:
    tree = {"embeds": {"0": {"title": {"_errors": [{"code": "A"}]}}}, "username": {"_errors": []}}
    assert refused_fields(tree) == {"embeds", "0", "title", "username"}
    assert refused_fields(None) == set()


def test_a_menu_of_threads_has_as_many_as_discord_takes() -> None:
    long = replace(LINE, pin=replace(OAK, title="*" * 100), last_text="_" * 4000)
    lines = tuple(replace(long, thread=ThreadId(str(n)), people=(BRAND,) * 9) for n in range(40))
    assert len(thread_menu("open", lines)[0]["components"][0]["options"]) == 25


def test_an_answer_in_direct_messages_is_a_real_reply() -> None:
    """Where a webhook posts, which cannot reply, a quoted line says what is answered."""
    part = Part(
        PartKind.TEXT, "yes", Author("Mia"), answers="Ada: oak?", answers_to=RemoteId("D1:7")
    )
    body = outbound.bot_post(posting("d", DM, part))
    assert body["message_reference"] == {"message_id": "7", "fail_if_not_exists": False}
    assert body["content"] == "**Mia:** yes"
    edited = outbound.bot_edit(posting("d", DM, part, replaces=RemoteId("D1:8"), poster="bot"))
    assert edited["content"] == "**Mia:** yes"
    unknown = outbound.bot_post(posting("d", DM, replace(part, answers_to=None)))
    assert unknown["message_reference"]["message_id"] == "8"
    assert unknown["content"] == "> Ada: oak?\n**Mia:** yes"
    server = outbound.webhook_post(posting("d", THREAD, part))
    assert server["content"] == "> Ada: oak?\nyes"
    assert "message_reference" not in server


# --- what makes a noise -------------------------------------------------------------------


def test_a_direct_message_makes_a_noise_only_for_who_wants_to_be_pinged() -> None:
    said = text(DM, "does this come in oak?")
    assert outbound.bot_post(said)["flags"] == outbound.SILENT
    pings = replace(said, step=replace(said.step, part=replace(said.part, ping=("920",))))
    body = outbound.bot_post(pings)
    assert "flags" not in body
    assert "<@920>" not in str(body), "whose messages these are is no news there"
    rich = (Paragraph((Mention("mia", "Mia"), Text(" you too?"))),)
    part = replace(said.part, rich=rich, mentions={"mia": "920"})
    body = outbound.bot_post(replace(said, step=replace(said.step, part=part)))
    assert "flags" not in body
    assert body["allowed_mentions"]["users"] == ["920"]
    assert "flags" not in outbound.bot_post(notice("joined"))
