"""A page of a sweep may be older than the events that came while it was read."""

from datetime import UTC, datetime, timedelta

import pytest

from core.delivery import Failure, FailureKind
from core.events import Event, Happening, MessageDeleted, MessageEdited
from core.events import ReactionAdded as Added
from core.events import ReactionRemoved as Removed
from core.ids import AccountId, ConversationId, MessageId, ThreadId
from core.intents import DeleteMessage, EditMessage, Intent, OnMessage, React
from core.sweep import SweepError, overtaken

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
MIA, JO = AccountId("mia"), AccountId("jo")
WORDS = MessageId("m1")


def happened(what: Happening, actor: AccountId = MIA, at: datetime = NOW) -> Event:
    return Event(ConversationId("c"), 7, ThreadId("t"), at, actor, what)


def found(what: OnMessage, at: datetime | None = NOW) -> Intent:
    return Intent("k", MIA, what, at=at, as_of=3)


@pytest.mark.parametrize("since", [Added(WORDS, "👍"), Removed(WORDS, "👍")])
def test_a_reaction_is_overtaken_by_a_newer_one_of_the_same_person_and_emoji(
    since: Happening,
) -> None:
    on = found(React(WORDS, "👍", on=True))
    assert overtaken(on, MIA, [happened(since)])
    assert not overtaken(on, MIA, [happened(since, JO)])
    assert not overtaken(found(React(WORDS, "🎉", on=True)), MIA, [happened(since)])


def test_an_edit_is_overtaken_by_one_that_was_made_no_earlier() -> None:
    edit = found(EditMessage(WORDS, "in ash"))
    newer = MessageEdited(WORDS, 2, "in elm")
    assert overtaken(edit, MIA, [happened(Added(WORDS, "👍")), happened(newer)])
    assert not overtaken(edit, MIA, [happened(newer, at=NOW - timedelta(seconds=1))])
    assert overtaken(found(EditMessage(WORDS, "in ash"), at=None), MIA, [happened(newer)])


def test_a_delete_is_never_overtaken() -> None:
    since = [happened(MessageEdited(WORDS, 2, "in elm")), happened(Added(WORDS, "👍"))]
    assert not overtaken(found(DeleteMessage(WORDS)), MIA, since)


def test_nothing_overtakes_where_nothing_has_happened_since() -> None:
    assert not overtaken(found(EditMessage(WORDS, "in ash")), MIA, [])
    assert not overtaken(found(React(WORDS, "👍", on=True)), MIA, [happened(MessageDeleted(WORDS))])


def test_a_failed_read_says_how_it_failed() -> None:
    failure = Failure(FailureKind.RATE, "ratelimited", retry_after=3.0)
    assert SweepError(failure).failure == failure
    assert str(SweepError(failure)) == "ratelimited"
