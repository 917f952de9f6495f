"""Who is in a conversation: the creator removes, anyone leaves and reports; and its places."""

from dataclasses import replace

import pytest

from core.apply import apply
from core.audience import shown_to
from core.events import (
    CardFilled,
    ConversationStarted,
    MessagePosted,
    PeopleAdded,
    PersonRemoved,
    PlaceClosed,
    PlaceOpened,
    ThreadOpened,
)
from core.ids import BindingId, MessageId, PinId, RemoteId
from core.intents import (
    AddPeople,
    ClosePlace,
    FillCard,
    Handle,
    Leave,
    OpenPlace,
    RemoteMessage,
    RemovePeople,
    Report,
    What,
)
from core.model import Contacts, Role
from core.rules import cannot_message
from tests.core.talk import (
    MIA,
    NORA,
    OLA,
    PIN,
    SHOP,
    THREAD,
    after,
    channel,
    code,
    events,
    happened,
    inbox,
    meeting,
    refused,
    say,
    send,
    talk,
    written,
)

KITCHEN = BindingId("kitchen")


# --- removing, leaving, reporting ---------------------------------------------------------


def test_the_creator_removes_members_and_nobody_else_does() -> None:
    state = talk(MIA, NORA, OLA, named=(OLA, OLA))
    assert happened(state, RemovePeople(THREAD, (Handle("ola"),))) == [PersonRemoved(OLA.id)]
    other = replace(state, actor=NORA)
    assert code(other, RemovePeople(THREAD, (Handle("ola"),))) == "not_creator"


def test_only_who_is_there_is_removed_and_never_oneself() -> None:
    assert happened(talk(MIA, NORA, named=(OLA, MIA)), RemovePeople(THREAD, ())) == []
    unknown = talk(MIA, NORA, missing=("@zed",))
    assert refused(unknown, RemovePeople(THREAD, (Handle("zed"),))) == cannot_message("@zed")
    stranger = talk(MIA, NORA, named=(OLA,))
    told = refused(stranger, RemovePeople(THREAD, (Handle("Ola"),)))
    assert told == cannot_message("@Ola"), "as if there were nobody of that name"
    again = after(talk(MIA, NORA, OLA, named=(OLA,)), RemovePeople(THREAD, ()))
    assert happened(again, RemovePeople(THREAD, (Handle("ola"),))) == [], "who is out stays out"


def test_who_was_removed_does_not_come_back_by_speaking_and_may_be_added() -> None:
    state = after(talk(MIA, NORA, OLA, named=(OLA,)), RemovePeople(THREAD, ()))
    assert state.head
    assert state.head.present() == (MIA.id, NORA.id)
    theirs = replace(state, actor=OLA, via=channel(MIA))
    assert code(theirs, say()) == "not_a_member"
    assert happened(replace(state, people=(OLA,)), AddPeople(THREAD, ()))


def test_who_left_comes_back_by_speaking() -> None:
    state = after(talk(OLA, MIA, NORA), Leave(THREAD))
    back = happened(replace(state, via=channel(MIA)), say())
    assert back[0] == PeopleAdded((OLA.id,), KITCHEN)


@pytest.mark.parametrize(
    "via",
    [channel(MIA, paused=True), channel(MIA, conversation="another")],
    ids=["paused", "for another conversation"],
)
def test_nobody_joins_where_the_conversation_does_not_live(via: object) -> None:
    state = replace(talk(MIA, NORA), actor=OLA, via=via)  # type: ignore[arg-type]
    assert code(state, say()) == "not_a_member"


def test_a_report_changes_nothing_in_the_history_and_may_be_made_after_leaving() -> None:
    what = Report(THREAD, reason="rude")
    state = talk(MIA, NORA, message=written(NORA))
    assert happened(state, what) == []
    assert happened(after(state, Leave(THREAD)), what) == []
    assert code(replace(state, actor=OLA), what) == "not_a_member"


def test_an_id_that_is_nobodys_is_reported_like_one_that_they_may_not_see() -> None:
    state = talk(MIA, NORA)
    assert code(state, Report(THREAD, MessageId("0" * 16))) == "unknown_message"
    assert code(after(state, Leave(THREAD)), Report(THREAD, MessageId("0"))) == "unknown_message"
    # What stands in a channel and is no message of ours: the thread is reported.
    assert happened(state, Report(THREAD, RemoteMessage("slack", RemoteId("C1:1.0")))) == []


def test_what_was_said_before_somebody_came_or_after_they_left_is_reported_as_nobodys() -> None:
    before = talk(MIA, NORA, OLA, message=replace(written(NORA), seq=3))
    assert before.head
    since = [replace(one, since=4) if one.account == MIA.id else one for one in before.head.members]
    late = replace(before, head=replace(before.head, members=tuple(since)))
    assert code(late, Report(THREAD, MessageId("words"))) == "unknown_message"
    assert happened(replace(late, via=channel(OLA)), Report(THREAD)) == [], "they read it there"
    left = after(before, Leave(THREAD))
    assert happened(left, Report(THREAD)) == []
    assert left.message
    later = replace(left, message=replace(left.message, seq=99))
    assert code(later, Report(THREAD)) == "unknown_message"


def test_a_message_in_a_channel_can_be_reported_though_hidden_elsewhere() -> None:
    state = talk(MIA, NORA, OLA, message=written(NORA, hidden=(MIA.id,)))
    assert code(state, Report(THREAD)) == "unknown_message"
    assert happened(replace(state, via=channel(OLA)), Report(THREAD)) == []


# --- places that others read --------------------------------------------------------------


def test_a_place_that_others_read_is_told_to_all_and_any_member_ends_it() -> None:
    state = replace(talk(MIA, NORA), via=channel(MIA))
    (opened,) = events(state, OpenPlace(THREAD, KITCHEN))
    assert opened.what == PlaceOpened(KITCHEN, "#kitchen")
    assert shown_to(opened, NORA.id)
    other = replace(state, actor=NORA)
    assert happened(other, ClosePlace(THREAD, KITCHEN)) == [PlaceClosed(KITCHEN, "#kitchen")]


@pytest.mark.parametrize(
    "via",
    [None, channel(NORA), channel(MIA, paused=True)],
    ids=["none", "another's", "paused"],
)
def test_only_ones_own_connected_channel_is_opened(via: object) -> None:
    state = replace(talk(MIA, NORA), via=via)  # type: ignore[arg-type]
    assert code(state, OpenPlace(THREAD, KITCHEN)) == "not_connected"


def test_a_brands_own_inbox_needs_no_line_and_is_closed_elsewhere() -> None:
    state = talk(SHOP, MIA, via=inbox(), role=Role.MANAGER)
    assert happened(state, OpenPlace(THREAD, BindingId("inbox"))) == []
    assert code(state, ClosePlace(THREAD, BindingId("inbox"))) == "not_connected"
    nowhere = replace(state, via=None)
    assert code(nowhere, ClosePlace(THREAD, BindingId("inbox"))) == "not_connected"


def test_who_is_banned_opens_no_place() -> None:
    state = replace(talk(MIA, NORA), actor=replace(MIA, banned=True), via=channel(MIA))
    assert code(state, OpenPlace(THREAD, KITCHEN)) == "banned"


def test_a_conversation_that_starts_in_a_members_channel_says_so_first() -> None:
    seen = (channel(MIA), channel(NORA, paused=True), inbox())
    state = replace(meeting(MIA, NORA, contacts=Contacts.ANYONE), places=seen)
    found = happened(state, send(Handle("nora")))
    assert [type(one) for one in found] == [
        ConversationStarted,
        ThreadOpened,
        PlaceOpened,
        MessagePosted,
    ]
    added = replace(talk(MIA, NORA, named=(OLA,), follows="ola>mia"), places=(channel(OLA),))
    assert happened(added, AddPeople(THREAD, ())) == [
        PeopleAdded((OLA.id,)),
        PlaceOpened(KITCHEN, "#kitchen"),
    ]


# --- more is known of a pin ---------------------------------------------------------------


def test_what_is_known_of_a_pin_is_told_to_those_who_have_it_before_them() -> None:
    lamp = PinId("2")
    in_note = talk(SHOP, MIA, message=written(SHOP, pin=lamp, only=SHOP.id))
    (filled,) = events(in_note, FillCard(THREAD, lamp))
    assert (filled.what, filled.only) == (CardFilled(lamp), SHOP.id)
    for_all = talk(MIA, NORA, OLA, message=written(pin=lamp, hidden=(NORA.id,)))
    (filled,) = events(for_all, FillCard(THREAD, lamp))
    assert (filled.only, filled.hidden) == (None, (NORA.id,))


def test_where_nobody_knows_who_has_a_pin_the_brand_alone_is_told() -> None:
    lamp = PinId("2")
    assert events(talk(MIA, SHOP), FillCard(THREAD, lamp))[0].only == SHOP.id
    assert events(talk(MIA, NORA), FillCard(THREAD, lamp))[0].only is None
    assert events(talk(MIA, SHOP), FillCard(THREAD, PIN))[0].only is None


# --- who may at all -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "what", [AddPeople(THREAD, ()), RemovePeople(THREAD, ()), ClosePlace(THREAD, KITCHEN)]
)
def test_who_is_no_member_does_nothing_in_it(what: What) -> None:
    assert code(replace(talk(MIA, NORA), actor=OLA, via=channel(MIA)), what) == "not_a_member"


def test_events_of_all_kinds_follow_each_other() -> None:
    state = replace(talk(MIA, NORA, OLA, named=(OLA,)), via=channel(MIA))
    for what in (OpenPlace(THREAD, KITCHEN), RemovePeople(THREAD, ()), ClosePlace(THREAD, KITCHEN)):
        for event in events(state, what):
            state = apply(state, event)
    assert state.head
    assert state.thread
    assert (state.head.seq, state.thread.tail) == (5, 5)
