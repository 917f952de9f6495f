"""Edits, deletes and reactions: what counts as one, and what it is to the program."""

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.slack import changes, reactions
from adapters.slack.changes import Deleted, Echo, Edited, OwnReaction, Reacted
from adapters.slack.inbound import read
from adapters.slack.marks import Nothing, Ours
from core.delivery import Receipt
from core.ids import RemoteId, SpaceId
from core.intents import (
    DeleteMessage,
    EditMessage,
    ItsAuthor,
    Origin,
    Person,
    React,
    RemoteMessage,
)
from core.model import Identity, Place, Profile
from core.text.content import Paragraph, Text

OURS = Ours("T1", "UBOT", "B1", "A1")
NAME = RemoteId("C1:1700000000.000200")
PLACE = Place("slack", "T1", "C1")
SAID = {"type": "message", "user": "U1", "ts": "1700000000.000200", "text": "hello",
        "thread_ts": "1700000000.000100"}  # fmt: skip
EDITED = {"user": "U1", "ts": "1700000300.000000"}


def found(event: dict[str, Any]) -> Any:
    base = {"type": "message", "channel": "C1", "event_ts": "1700000400.000300"}
    return read({"team_id": "T1", "api_app_id": "A1", "event": base | event}, OURS)


def changed(message: dict[str, Any], before: dict[str, Any] | None = None) -> Any:
    event: dict[str, Any] = {"subtype": "message_changed", "message": SAID | message}
    if before is not None:
        event["previous_message"] = SAID | before
    return found(event)


def test_an_edit_is_its_authors_and_happened_when_slack_says() -> None:
    edit = changed({"text": "bye", "edited": EDITED}, {})
    assert isinstance(edit, Edited)
    rich = (Paragraph((Text("bye"),)),)
    ada = Person(edit.identity, Profile("Ada"))
    intent = changes.edit(edit, ada, "bye", rich, ("F1",))
    assert edit.identity == Identity("slack", "T1", "U1")
    assert intent.actor == ada
    assert intent.what == EditMessage(RemoteMessage("slack", NAME), "bye", rich, ("F1",))
    assert intent.origin == Origin(PLACE, NAME)
    assert intent.at == datetime(2023, 11, 14, 22, 18, 20, tzinfo=UTC)


def test_the_key_of_an_edit_is_its_time_and_its_content() -> None:
    """Slack's edit time has whole seconds."""
    first = changed({"text": "bye", "edited": EDITED}, {})
    assert changed({"text": "bye", "edited": EDITED}, {"text": "other"}).key == first.key
    assert changed({"text": "later", "edited": EDITED}, {}).key != first.key
    later = EDITED | {"ts": "1700000301.000000"}
    assert changed({"text": "bye", "edited": later}, {}).key != first.key


def test_an_update_without_a_mark_is_an_edit_where_the_words_differ() -> None:
    edit = changed({"text": "bye"}, {})
    assert isinstance(edit, Edited)
    assert edit.at.microsecond == 300


@pytest.mark.parametrize(
    ("message", "before"),
    [
        ({"attachments": [{"from_url": "https://x.example"}]}, {}),
        ({"reply_count": 2, "latest_reply": "1700000000.000300"}, {}),
        ({"edited": EDITED, "attachments": [{"id": 1}]}, {"edited": EDITED}),
        ({"language": {"locale": "de"}}, {}),
        ({}, None),
    ],
)
def test_previews_and_counters_are_no_edits(
    message: dict[str, Any], before: dict[str, Any] | None
) -> None:
    assert changed(message, before) == Nothing("no_edit")


def test_an_edit_of_words_outside_any_thread_is_none_of_ours() -> None:
    assert changed({"text": "bye", "thread_ts": None}, {"thread_ts": None}) == Nothing("top_level")


def test_our_own_update_is_an_echo() -> None:
    mark = {"event_type": "pinthread_message", "event_payload": {"delivery_id": "d", "rev": "r"}}
    ours = {"bot_id": "B1", "app_id": "A1", "text": "bye", "metadata": mark}
    thread = SpaceId("C1:1700000000.000100")
    assert changed(ours, {}) == Echo("d", Receipt(NAME, "B1"), thread, post=False)
    card = ours | {"thread_ts": SAID["ts"]}
    receipt = Receipt(NAME, "B1", SpaceId(NAME))
    assert changed(card, {}) == Echo("d", receipt, SpaceId(NAME), post=False)
    file = {"bot_id": "B1", "files": [{"id": "F1"}]}
    assert changed(file, {}) == Nothing("own")


def test_a_deleted_message_names_itself_and_nobody() -> None:
    event = {"subtype": "message_deleted", "deleted_ts": SAID["ts"], "previous_message": SAID}
    deleted = found(event)
    assert isinstance(deleted, Deleted)
    assert deleted.intent.key == f"slack:{NAME}:delete"
    assert deleted.intent.actor == ItsAuthor()
    assert deleted.intent.what == DeleteMessage(RemoteMessage("slack", NAME))
    assert deleted.intent.origin == Origin(PLACE, NAME)


def test_a_deleted_root_with_replies_is_a_tombstone_and_still_a_delete() -> None:
    card = {"bot_id": "B1", "app_id": "A1", "thread_ts": SAID["ts"]}
    deleted = changed({"subtype": "tombstone", "user": "USLACKBOT"}, card)
    assert isinstance(deleted, Deleted)
    assert deleted.intent.key == f"slack:{NAME}:delete"


def test_a_deleted_word_outside_any_thread_is_none_of_ours() -> None:
    loose = SAID | {"thread_ts": None}
    event = {"subtype": "message_deleted", "deleted_ts": SAID["ts"], "previous_message": loose}
    assert found(event) == Nothing("top_level")


def react(**more: Any) -> Any:
    item = {"type": "message", "channel": "C1", "ts": SAID["ts"]}
    return found({"type": "reaction_added", "user": "U2", "reaction": "+1", "item": item} | more)


def test_a_reaction_is_told_by_person_emoji_and_time() -> None:
    reacted = react()
    assert isinstance(reacted, Reacted)
    assert reacted.key == f"slack:{NAME}:react:U2:+1:1700000400.000300"
    intent = changes.reaction(reacted, Person(reacted.identity, Profile("Bo")), "👍")
    assert intent.what == React(RemoteMessage("slack", NAME), "👍", True)
    assert intent.actor == Person(Identity("slack", "T1", "U2"), Profile("Bo"))
    assert intent.origin == Origin(PLACE, NAME)
    taken = react(type="reaction_removed")
    assert taken.key != reacted.key
    assert not taken.on


def test_our_own_reactions_and_those_to_files_are_not_input() -> None:
    assert react(user="UBOT") == OwnReaction(NAME, "+1")
    assert react(user="UBOT", type="reaction_removed") == Nothing("own")
    assert react(item={"type": "file", "file": "F1"}) == Nothing("not_a_message")


@pytest.mark.parametrize(
    ("name", "emoji"),
    [
        ("+1", "👍"),
        ("thumbsup", "👍"),
        ("wave::skin-tone-3", "👋🏼"),
        ("heart", "❤"),
        ("flag-de", "🇩🇪"),
        ("point_up::skin-tone-6", "☝🏿"),
        ("woman-shrugging::skin-tone-2", "🤷🏻‍♀"),
        ("party_parrot", ":party_parrot:"),
        ("shipit", ":squirrel_real:"),
        ("okay", "👌"),
        ("okay::skin-tone-4", "👌🏽"),
        ("loop", ":loop2:"),
    ],
)
def test_names_of_emoji_become_characters(name: str, emoji: str) -> None:
    custom = {"shipit": "alias:squirrel_real", "okay": "alias:ok_hand", "loop2": "alias:loop",
              "loop": "alias:loop2", "squirrel_real": "https://e.example/s.png"}  # fmt: skip
    found = reactions.inside(name, custom.get)
    assert found == emoji or name == "loop"


@pytest.mark.parametrize(
    ("emoji", "name"),
    [
        ("👍", "+1"),
        ("❤️", "heart"),
        ("❤", "heart"),
        ("👋🏼", "wave::skin-tone-3"),
        ("🤷🏻‍♀️", "woman-shrugging::skin-tone-2"),
        ("👩🏻‍🤝‍👨🏿", "man_and_woman_holding_hands::skin-tone-2-6"),
        ("👪🏽", "family"),
        (":party_parrot:", "party_parrot"),
        ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", "flag-scotland"),
        ("hello", None),
        ("", None),
        ("<!channel>", None),
        (":a b:", None),
    ],
)
def test_characters_become_names_of_emoji(emoji: str, name: str | None) -> None:
    assert reactions.outside(emoji) == name
