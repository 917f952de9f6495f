"""Payload in, meaning out."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack import richtext
from adapters.slack.attached import said
from adapters.slack.changes import Echo
from adapters.slack.inbound import Words, files_of, intent, lone_address, read
from adapters.slack.marks import Nothing, Ours, parse_remote
from adapters.slack.markup import escape
from adapters.slack.mrkdwn import Known
from adapters.slack.reading import only_words
from core.delivery import Receipt
from core.ids import PinId, RemoteId, SpaceId, ThreadId
from core.intents import (
    InDirect,
    InSpace,
    Intent,
    Origin,
    Person,
    PostMessage,
    RemoteFile,
    RemoteMessage,
)
from core.model import Identity, Place, Profile
from core.text.content import plain as plain_words
from core.text.tidy import of_text

OURS = Ours("T1", "UBOT", "B1", "A1")
MARK = {"event_type": "pinthread_message", "event_payload": {"delivery_id": "d1", "rev": "r"}}


def payload(**event: Any) -> dict[str, Any]:
    base = {"type": "message", "channel": "C1", "ts": "1700000000.000200", "user": "U1",
            "text": "hello"}  # fmt: skip
    return {
        "type": "event_callback",
        "team_id": "T1",
        "api_app_id": "A1",
        "event": {key: value for key, value in (base | event).items() if value is not None},
    }


def meaning(**event: Any) -> Words | Echo | Nothing:
    return read(payload(**event), OURS)


ADA = Person(Identity("slack", "T1", "U1"), Profile("Ada"))


def test_a_reply_belongs_to_the_space_of_its_thread() -> None:
    words = meaning(thread_ts="1700000000.000100")
    assert isinstance(words, Words)
    place, message = Place("slack", "T1", "C1"), RemoteId("C1:1700000000.000200")
    assert intent(words, ADA, "hello") == Intent(
        "slack:C1:1700000000.000200:post",
        ADA,
        PostMessage(InSpace("slack", SpaceId("C1:1700000000.000100")), "hello"),
        Origin(place, message),
        at=datetime.fromtimestamp(1700000000.0002, UTC),
    )


def test_a_message_that_forwards_others_names_them() -> None:
    forward = {"is_share": True, "channel_id": "C9", "ts": "1.5", "text": "inside"}
    preview = {"channel_id": "C8", "ts": "2.5", "text": "only a preview"}
    words = meaning(thread_ts="1700000000.000100", attachments=[preview, forward])
    assert isinstance(words, Words)
    what = intent(words, ADA, "see this").what
    assert isinstance(what, PostMessage)
    assert what.forwards == (RemoteMessage("slack", RemoteId("C9:1.5")),)


def test_a_word_in_direct_messages_names_its_place() -> None:
    words = meaning(channel="D1", channel_type="im")
    assert isinstance(words, Words)
    place = Place("slack", "T1", "user:U1")
    assert intent(words, ADA, "hello").what == PostMessage(InDirect(place), "hello")
    picked = intent(words, ADA, "hello", picked=ThreadId("t"))
    assert picked.what == PostMessage(ThreadId("t"), "hello")


def test_a_message_that_is_only_an_address_may_be_a_pin() -> None:
    assert lone_address("https://x.example/pin/1/") == "https://x.example/pin/1/"
    assert lone_address("see https://x.example/pin/1/") is None
    assert lone_address("https://x.example/pin/1/ and more") is None
    words = meaning(thread_ts="1.0")
    assert isinstance(words, Words)
    sent = intent(words, ADA, "https://x.example/pin/1/", pin=PinId("1"))
    assert sent.what == PostMessage(InSpace("slack", SpaceId("C1:1.0")), "", PinId("1"))


def test_the_home_workspace_of_a_guest_from_elsewhere_is_theirs() -> None:
    words = meaning(thread_ts="1.0", user_team="T2")
    assert isinstance(words, Words)
    assert (words.workspace, words.user) == ("T2", "U1")


@pytest.mark.parametrize("subtype", [None, "thread_broadcast", "file_share", "me_message"])
def test_these_subtypes_are_words(subtype: str | None) -> None:
    assert isinstance(meaning(thread_ts="1.0", subtype=subtype), Words)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({}, "top_level"),
        ({"thread_ts": "1700000000.000200"}, "top_level"),
        ({"thread_ts": "1.0", "subtype": "message_changed"}, "malformed"),
        ({"thread_ts": "1.0", "subtype": "message_deleted"}, "malformed"),
        ({"thread_ts": "1.0", "subtype": "channel_join"}, "subtype"),
        ({"channel": "D1", "bot_id": "B2", "app_id": "A2"}, "other_app"),
        ({"thread_ts": "1.0", "user": "USLACKBOT"}, "other_app"),
        ({"thread_ts": "1.0", "bot_id": "B1"}, "own"),
        ({"thread_ts": "1.0", "user": None}, "no_author"),
        ({"thread_ts": "1.0", "ts": "soon"}, "no_time"),
        ({"thread_ts": "1.0", "ts": "1e400"}, "no_time"),
        ({"type": "reaction_added"}, "not_a_message"),
    ],
)
def test_what_is_not_input_says_why(event: dict[str, Any], reason: str) -> None:
    assert meaning(**event) == Nothing(reason)


def test_other_workspaces_and_other_apps_are_not_ours() -> None:
    assert read(payload() | {"team_id": "T2"}, OURS) == Nothing("unknown_workspace")
    assert read(payload() | {"api_app_id": "A2"}, OURS) == Nothing("unknown_app")
    assert read({"type": "event_callback"}, OURS) == Nothing("no_event")


@pytest.mark.parametrize(
    "ours",
    [
        {"bot_id": "B9", "app_id": "A1"},
        {"bot_id": "B9", "bot_profile": {"app_id": "A1"}},
        {"bot_id": "B1", "subtype": "bot_message", "user": None},
    ],
)
def test_our_own_posts_are_echoes(ours: dict[str, Any]) -> None:
    name = RemoteId("C1:1700000000.000200")
    root = meaning(metadata=MARK, **ours)
    assert root == Echo("d1", Receipt(name, "B1", SpaceId(name)), SpaceId(name))
    reply = meaning(metadata=MARK, thread_ts="1700000000.000100", **ours)
    thread = SpaceId("C1:1700000000.000100")
    assert reply == Echo("d1", Receipt(name, "B1"), thread)
    file = meaning(files=[{"id": "F1"}], thread_ts="1700000000.000100", **ours)
    assert file == Echo("", Receipt(name, "B1 F1"), thread)
    assert meaning(**ours) == Nothing("own")


NAMES = st.sampled_from(
    ("type", "elements", "text", "indent", "offset", "url", "fields", "is_share", "message_blocks",
     "message", "blocks", "is_external", "title")
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
KEYS = ( "user", "bot_id", "app_id", "bot_profile", "metadata", "channel", "ts",
        "thread_ts", "text", "blocks", "channel_type", "user_team", "message", "previous_message",
        "deleted_ts", "item", "reaction", "files", "edited")  # fmt: skip


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_no_shape_of_an_event_breaks_the_reading(event: dict[str, Any]) -> None:
    kinds = (None, "message_changed", "message_deleted")
    for more in (
        *({"type": "message", "subtype": kind} for kind in kinds),
        {"type": "reaction_added"},
    ):
        found = read(payload() | {"event": event | more}, OURS)
        if isinstance(found, Words):
            intent(found, ADA, "")


BLOCK = st.dictionaries(NAMES, JSON).map(lambda block: block | {"type": "rich_text"})


@given(JSON, JSON | st.lists(BLOCK))
def test_no_shape_of_a_text_breaks_the_reading(text: Any, blocks: Any) -> None:
    for more in ({}, {"attachments": blocks}, {"bot_id": "B2", "attachments": blocks}):
        found = meaning(thread_ts="1.0", text=text, blocks=blocks, files=blocks, **more)
        assert isinstance(found, Words)
        only_words(found.event)
        assert isinstance(plain_words(said(found.event, Known(), "https://x.example/")), str)


def typed(text: str) -> dict[str, Any]:
    leaf = {"type": "text", "text": text}
    section = {"type": "rich_text_section", "elements": [leaf]}
    return {"text": escape(text), "blocks": [{"type": "rich_text", "elements": [section]}]}


@given(st.text() | st.text(alphabet="a :/\r\n\0\u2063<&*").map(lambda end: f"https{end}"))
def test_the_short_way_for_words_alone_says_what_the_long_one_does(text: str) -> None:
    message = typed(text)
    words, content = only_words(message), richtext.read(message, Known())
    if words is not None:
        assert content == of_text(words)
        assert words == plain_words(content)


@pytest.mark.parametrize(
    "more",
    [{"subtype": "me_message"}, {"files": []}, {"attachments": []}, {"bot_id": "B2"},
     {"blocks": None}, {"blocks": []}],
)  # fmt: skip
def test_what_is_more_than_words_goes_the_long_way(more: dict[str, Any]) -> None:
    assert only_words(typed("oak")) == "oak"
    assert only_words(typed("oak") | more) is None
    assert only_words(typed("see https://x.example")) is None


def test_only_files_that_slack_keeps_are_fetched() -> None:
    given_files = [
        {"id": "F1", "name": "a.png", "size": 5, "mimetype": "image/png", "alt_txt": "an oak",
         "url_private_download": "https://files.slack.com/a"},
        {"id": "F2", "mode": "tombstone"},
        {"id": "F3", "is_external": True, "url_private": "https://elsewhere.example/"},
        {"id": "F4", "file_access": "check_file_info"},
        {"name": "no id"},
        "F5",
    ]  # fmt: skip
    handle = '{"id": "F1", "url": "https://files.slack.com/a"}'
    assert files_of({"files": given_files}) == (
        RemoteFile("a.png", handle, 5, "image/png", "an oak", "F1"),
        RemoteFile("file", '{"id": "F4"}', id="F4"),
    )
    assert len(files_of({"files": [{"id": f"F{n}"} for n in range(50)]})) == 20


def test_remote_ids_are_read_back() -> None:
    assert parse_remote("C0INBOX:1700000000.000100") == ("C0INBOX", "1700000000.000100")
