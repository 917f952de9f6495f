"""A brand's inbox: notes and replies, the held reply, roles, who answers, and where it stands."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.audience import shown_to
from core.decide import Wait, decide
from core.events import (
    FileAdded,
    FileFailed,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    Muted,
    PersonLeft,
    ReactionAdded,
    StatusChanged,
    ThreadAssigned,
)
from core.files import FileId, FileRef
from core.ids import AccountId
from core.intents import (
    Accept,
    AddFile,
    AddPeople,
    Assign,
    ClosePlace,
    DeleteMessage,
    EditMessage,
    Handle,
    Ignore,
    Intent,
    ItsAuthor,
    Leave,
    Mute,
    OpenPlace,
    PostMessage,
    React,
    RemovePeople,
    Report,
    SetStatus,
    Speech,
    What,
)
from core.model import (
    BrandRules,
    Contacts,
    Identity,
    Mode,
    Refusal,
    Request,
    Role,
    State,
    Status,
)
from core.rights import RIGHTS, Act, may
from core.text.content import Mention, Paragraph, Text
from tests.core.talk import (
    ADA,
    AGENT,
    MIA,
    NORA,
    NOW,
    SHOP,
    THREAD,
    after,
    channel,
    code,
    events,
    happened,
    inbox,
    intent,
    meeting,
    refused,
    say,
    send,
    talk,
    waits,
    written,
)

OAK = FileRef(FileId("a" * 64), "oak.png", "image/png", 900)
MUTUAL = "mia>shop shop>mia"
REPLY = written(SHOP, agent=AGENT)
NOTE = written(SHOP, only=SHOP.id, agent=AGENT)
AT_ONCE = BrandRules(hold=0.0)


def desk(mode: Mode = Mode.RELAY, **more: object) -> State:
    """An agent of the shop speaks in its inbox, in a thread with Mia."""
    given = {"follows": MUTUAL, "brand": AT_ONCE, "via": inbox(mode), **more}
    return talk(SHOP, MIA, **given)  # type: ignore[arg-type]


def only_of(state: State, wanted: Intent | What) -> set[AccountId | None]:
    return {event.only for event in events(state, wanted)}


# --- what words are -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "text", "speech", "note"),
    [
        (Mode.EXPLICIT, "hello", Speech.TYPED, True),
        (Mode.EXPLICIT, "hello", Speech.REPLY, False),
        (Mode.EXPLICIT, "hello", Speech.NOTE, True),
        (Mode.RELAY, "hello", Speech.TYPED, False),
        (Mode.RELAY, "hello", Speech.REPLY, False),
        (Mode.RELAY, "hello", Speech.NOTE, True),
        (Mode.RELAY, "note: hello", Speech.TYPED, True),
        (Mode.RELAY, "🔒 hello", Speech.TYPED, True),
        (Mode.EXPLICIT, "NOTE: hello", Speech.TYPED, True),
    ],
)
def test_the_mode_the_words_and_the_button_say_what_is_a_note(
    mode: Mode, text: str, speech: Speech, note: bool
) -> None:
    (said,) = events(desk(mode), say(text, speech))
    assert (said.only == SHOP.id) is note
    assert isinstance(said.what, MessagePosted)
    assert said.what.text == "hello"
    assert shown_to(said, MIA.id) is not note


@pytest.mark.parametrize("speech", [Speech.TYPED, Speech.REPLY])
def test_what_forwards_a_note_is_a_note_and_goes_nowhere_else(speech: Speech) -> None:
    state = replace(desk(), forwarded=(SHOP.id,))
    assert only_of(state, say("see this", speech)) == {SHOP.id}
    assert code(replace(state, forwarded=(SHOP.id, ADA.id)), say()) == "not_a_brand"
    theirs = replace(talk(MIA, SHOP, follows=MUTUAL), forwarded=(SHOP.id,))
    assert code(theirs, say()) == "not_a_brand"


@pytest.mark.parametrize(("seconds", "note"), [(-1, True), (0, False), (1, False)])
def test_words_that_come_in_after_the_mode_was_changed_are_what_they_were_when_typed(
    seconds: int, note: bool
) -> None:
    """From explicit to relay: whoever typed before that was writing a note."""
    via = replace(inbox(Mode.RELAY), mode_since=NOW - timedelta(minutes=1))
    typed = replace(say(), at=NOW - timedelta(minutes=1) + timedelta(seconds=seconds))
    assert only_of(desk(via=via), typed) == {SHOP.id if note else None}
    assert only_of(desk(via=via), say()) == {None}, "of words from elsewhere nobody knows when"


def test_what_is_marked_as_a_note_is_not_sent_by_a_form_or_with_a_pin() -> None:
    for mode in (Mode.RELAY, Mode.EXPLICIT):
        assert code(desk(mode), say("note: hello", Speech.REPLY)) == "marked_as_note"
    state = meeting(SHOP, MIA, follows=MUTUAL)
    assert code(state, send(Handle("mia"), text="🔒 hello")) == "marked_as_note"
    assert happened(meeting(MIA, SHOP, follows=MUTUAL), send(Handle("shop"), text="note: hello"))


def test_words_of_a_brand_that_were_typed_nowhere_are_just_said() -> None:
    assert only_of(desk(via=None), say()) == {None}


def test_in_a_channel_of_others_and_as_oneself_a_mark_marks_nothing() -> None:
    (said,) = happened(talk(MIA, NORA, via=channel(NORA)), say("note: paint"))
    assert isinstance(said, MessagePosted)
    assert said.text == "note: paint"


def test_a_person_writes_no_notes() -> None:
    assert code(talk(MIA, NORA), say(speech=Speech.NOTE)) == "not_a_brand"


def test_an_answer_to_a_note_is_a_note_in_every_mode_and_however_it_is_sent() -> None:
    for speech in Speech:
        (said,) = events(desk(message=NOTE), say("yes", speech))
        assert said.only == SHOP.id


def test_an_answer_to_a_note_by_somebody_outside_quotes_nothing() -> None:
    (said,) = events(talk(MIA, SHOP, message=NOTE, follows=MUTUAL), say("yes"))
    assert said.only is None
    assert isinstance(said.what, MessagePosted)
    assert said.what.answers is None


def test_the_files_of_a_note_are_the_brands_own() -> None:
    found = events(desk(), say("note:", stored=(OAK,)))
    assert [type(one.what) for one in found] == [MessagePosted, FileAdded]
    assert {one.only for one in found} == {SHOP.id}


def test_a_mark_alone_is_nothing_to_say() -> None:
    assert code(desk(), say("note: ")) == "empty_message"


def test_notes_are_written_where_nothing_can_be_sent_any_more() -> None:
    for state in (
        desk(follows=""),
        desk(blocks="shop>mia"),
        desk(requests={SHOP: Request.PENDING}),
    ):
        assert happened(state, say("note: ask Ada"))
    gone = replace(desk(), head=replace(desk().head, members=desk().head.members[:1]))  # type: ignore[arg-type, union-attr]
    assert happened(gone, say("note: she left"))
    assert code(gone, say()) == "alone"


def test_a_note_accepts_no_request_and_opens_no_thread() -> None:
    state = desk(requests={SHOP: Request.PENDING}, thread={"status": Status.RESOLVED})
    assert [type(one) for one in happened(state, say("note: later"))] == [MessagePosted]


# --- the held reply -----------------------------------------------------------------------


def test_a_typed_reply_is_held_and_an_explicit_one_is_not() -> None:
    held = desk(brand=BrandRules())
    assert waits(held, say()) == Wait(15.0, "hold")
    assert happened(held, say(speech=Speech.REPLY))
    assert happened(held, say("note: hello"))
    assert happened(desk(brand=None), say())


def test_what_would_be_refused_is_not_held() -> None:
    assert code(desk(brand=BrandRules(), follows=""), say()) == "follow_not_mutual"


@pytest.mark.parametrize(
    ("text", "called", "reason"),
    [
        ("@Ada, is this right?", "ada", "mention"),
        ("@Bob, is this right?", None, "mention"),
        ("@Mia, here it is", "mia", "hold"),
        ("write to a@b.example", None, "hold"),
    ],
)
def test_a_reply_that_calls_a_colleague_waits_until_it_is_confirmed(
    text: str, called: str | None, reason: str
) -> None:
    name, _, rest = text.partition(",")
    row = (Mention(called, name[1:]), Text(f",{rest}")) if called else (Text(text),)
    found = waits(desk(brand=BrandRules()), say(text, rich=(Paragraph(row),)))
    assert found == Wait(None if reason == "mention" else 15.0, reason)


def test_words_without_a_tree_that_call_somebody_wait_too() -> None:
    assert waits(desk(brand=BrandRules()), say("@ada?")).seconds is None


# --- edits and the rest -------------------------------------------------------------------


def test_an_edit_of_a_note_stays_a_note_with_or_without_its_mark() -> None:
    for text in ("note: in ash", "in ash"):
        (edited,) = events(desk(message=NOTE), EditMessage(NOTE.id, text))
        assert edited.only == SHOP.id
        assert edited.what == MessageEdited(NOTE.id, 2, "in ash")


def test_a_reply_that_is_edited_into_a_note_is_refused() -> None:
    assert code(desk(message=REPLY), EditMessage(REPLY.id, "Note: she pays")) == "already_sent"
    assert only_of(desk(message=REPLY), EditMessage(REPLY.id, "in ash")) == {None}


def test_whatever_becomes_of_a_note_stays_inside() -> None:
    state = desk(message=NOTE)
    whats: tuple[What, ...] = (
        React(NOTE.id, "👍", on=True),
        DeleteMessage(NOTE.id),
        AddFile(NOTE.id, "oak.png", OAK),
        AddFile(NOTE.id, "oak.png", None, "gone"),
    )
    for what in whats:
        assert only_of(state, what) == {SHOP.id}
    kinds = [type(happened(state, what)[0]) for what in whats]
    assert kinds == [ReactionAdded, MessageDeleted, FileAdded, FileFailed]


def test_a_note_is_not_there_for_anybody_outside() -> None:
    state = talk(MIA, SHOP, message=NOTE, follows=MUTUAL)
    for what in (React(NOTE.id, "👍", on=True), EditMessage(NOTE.id, "x"), DeleteMessage(NOTE.id)):
        assert code(state, what) == "unknown_message"
    assert code(state, Report(THREAD, NOTE.id)) == "unknown_message"


def test_only_the_agent_who_wrote_edits_and_every_agent_deletes() -> None:
    other = Identity("slack", "T0", "U0TOM")
    state = desk(message=REPLY)
    edit = intent(EditMessage(REPLY.id, "in ash"))
    found = decide(state, edit, NOW, other)
    assert isinstance(found, Refusal)
    assert found.code == "not_author"
    assert isinstance(decide(state, edit, NOW, AGENT), tuple)
    assert isinstance(decide(state, intent(DeleteMessage(REPLY.id)), NOW, other), tuple)


def test_a_message_that_vanished_on_its_platform_needs_no_right() -> None:
    viewer = desk(message=REPLY, role=Role.VIEWER)
    assert code(viewer, DeleteMessage(REPLY.id)) == "not_allowed"
    gone = Intent("key", ItsAuthor(), DeleteMessage(REPLY.id))
    assert happened(viewer, gone) == [MessageDeleted(REPLY.id)]


def test_two_agents_who_answer_at_once_learn_of_it() -> None:
    assert code(desk(spoken=2), say(speech=Speech.REPLY, seen=1)) == "conversation_moved"
    assert happened(desk(spoken=2), say(speech=Speech.REPLY, seen=2))
    assert happened(desk(spoken=2), say(speech=Speech.REPLY))
    assert happened(desk(spoken=2), say(speech=Speech.NOTE, seen=1))


def test_the_agent_who_wrote_is_noted_and_of_what_followers_do_nobody() -> None:
    state = desk(requests={SHOP: Request.PENDING}, follows="mia>shop")
    assert {one.agent for one in events(state, say(), AGENT)} == {AGENT}


# --- rights -------------------------------------------------------------------------------

_NEEDS: tuple[tuple[What, Act], ...] = (
    (PostMessage(THREAD, "hello", speech=Speech.REPLY), Act.REPLY),
    (PostMessage(THREAD, "hello", speech=Speech.NOTE), Act.NOTE),
    (send(Handle("mia")).what, Act.REPLY),
    (EditMessage(REPLY.id, "in ash"), Act.REPLY),
    (DeleteMessage(REPLY.id), Act.REPLY),
    (React(REPLY.id, "👍", on=True), Act.REPLY),
    (AddPeople(THREAD, ()), Act.REPLY),
    (RemovePeople(THREAD, ()), Act.BLOCK),
    (Leave(THREAD), Act.BLOCK),
    (Accept(THREAD), Act.ACCEPT),
    (Ignore(THREAD), Act.ACCEPT),
    (Mute(THREAD, on=True), Act.STATUS),
    (Report(THREAD), Act.REPORT),
    (Assign(THREAD, None), Act.ASSIGN),
    (SetStatus(THREAD, Status.RESOLVED), Act.STATUS),
    (OpenPlace(THREAD, inbox().id), Act.CONNECT),
    (ClosePlace(THREAD, inbox().id), Act.CONNECT),
)


@pytest.mark.parametrize("role", [*Role, None])
@pytest.mark.parametrize(("what", "act"), _NEEDS)
def test_what_a_role_may_not_is_refused_with_whom_to_ask(
    what: What, act: Act, role: Role | None
) -> None:
    state = desk(message=REPLY, role=role, named=(MIA,), owner="ada")
    found = decide(state, intent(what), NOW)
    allowed = role is not None and act in RIGHTS[role]
    refusal = found if isinstance(found, Refusal) and found.code == "not_allowed" else None
    assert (refusal is None) is allowed
    if refusal is not None:
        assert refusal == may(role, act, "ada")
        assert "@ada" in refusal.sentence


@pytest.mark.parametrize(("what", "act"), _NEEDS)
def test_in_a_paused_inbox_nothing_is_done(what: What, act: Act) -> None:
    state = desk(message=REPLY, role=Role.OWNER, named=(MIA,), via=inbox(paused=True))
    assert code(state, what) == "place_paused"


def test_notes_need_the_right_to_notes_whatever_is_done_to_them() -> None:
    viewer = desk(message=NOTE, role=Role.VIEWER)
    for what in (EditMessage(NOTE.id, "x"), React(NOTE.id, "👍", on=True), DeleteMessage(NOTE.id)):
        assert "write notes" in refused(viewer, what).sentence


# --- who answers, and where it stands -----------------------------------------------------


def test_a_thread_is_assigned_and_nobody_outside_is_told() -> None:
    state = desk(named=(ADA,), agents=frozenset({ADA.id}))
    (event,) = events(state, Assign(THREAD, ADA.id))
    assert event.what == ThreadAssigned(ADA.id)
    assert event.only == SHOP.id
    taken = after(state, Assign(THREAD, ADA.id))
    assert taken.thread
    assert taken.thread.assignee == ADA.id
    assert happened(taken, Assign(THREAD, ADA.id)) == []
    assert happened(taken, Assign(THREAD, None)) == [ThreadAssigned(None)]


def test_only_agents_are_assigned() -> None:
    assert code(desk(named=(NORA,)), Assign(THREAD, NORA.id)) == "not_an_agent"
    assert code(desk(), Assign(THREAD, AccountId("gone"))) == "not_an_agent"
    unknown = refused(desk(missing=("@zed",)), Assign(THREAD, Handle("zed")))
    assert unknown == refused(desk(named=(NORA,)), Assign(THREAD, Handle("nora")))


@pytest.mark.parametrize("what", [Assign(THREAD, None), SetStatus(THREAD, Status.RESOLVED)])
def test_a_person_neither_assigns_nor_resolves(what: What) -> None:
    assert code(talk(MIA, SHOP, follows=MUTUAL), what) == "not_a_brand"


def test_a_thread_is_snoozed_resolved_and_opened() -> None:
    until = NOW + timedelta(hours=2)
    state = desk()
    for status, given, kept in (
        (Status.SNOOZED, until, until),
        (Status.RESOLVED, until, None),
        (Status.OPEN, None, None),
    ):
        (event,) = events(state, SetStatus(THREAD, status, given))
        assert event.what == StatusChanged(status, kept)
        assert event.only == SHOP.id
        state = after(state, SetStatus(THREAD, status, given))
        assert state.thread
        assert (state.thread.status, state.thread.until) == (status, kept)
        assert happened(state, SetStatus(THREAD, status, given)) == []


@pytest.mark.parametrize("until", [None, NOW, NOW - timedelta(hours=1)])
def test_a_snooze_needs_a_time_to_come(until: object) -> None:
    assert code(desk(), SetStatus(THREAD, Status.SNOOZED, until)) == "bad_time"  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [Status.SNOOZED, Status.RESOLVED])
def test_a_followers_message_opens_the_thread_again_inside_the_brand(status: Status) -> None:
    state = talk(MIA, SHOP, follows=MUTUAL, thread={"status": status})
    said, opened = events(state, say())
    assert isinstance(said.what, MessagePosted)
    assert (opened.what, opened.only) == (StatusChanged(Status.OPEN), SHOP.id)
    again = events(replace(state, people=(SHOP,)), send(Handle("shop")))
    assert [type(one.what) for one in again] == [MessagePosted, StatusChanged]


def test_a_brands_own_words_and_those_of_the_blocked_open_nothing() -> None:
    resolved = {"status": Status.RESOLVED}
    assert len(happened(desk(thread=resolved), say())) == 1
    state = talk(MIA, SHOP, follows=MUTUAL, thread=resolved, blocks="shop>mia")
    assert len(happened(state, say())) == 1


def test_where_the_brand_has_left_there_is_nothing_to_open() -> None:
    assert len(happened(talk(MIA, NORA, thread={"status": Status.RESOLVED}), say())) == 1


def test_mute_is_known_to_whoever_muted() -> None:
    state = talk(MIA, NORA)
    (event,) = events(state, Mute(THREAD, on=True))
    assert (event.what, event.only) == (Muted(on=True), MIA.id)
    muted = after(state, Mute(THREAD, on=True))
    assert muted.head
    assert muted.head.members[0].muted
    assert happened(muted, Mute(THREAD, on=True)) == []
    assert happened(muted, Mute(THREAD, on=False)) == [Muted(on=False)]


def test_a_brand_that_leaves_is_gone() -> None:
    assert happened(desk(role=Role.MANAGER), Leave(THREAD)) == [PersonLeft()]


def test_a_brand_among_anyone_still_needs_a_role() -> None:
    assert code(desk(contacts=Contacts.ANYONE, role=None), say()) == "not_allowed"
    state = meeting(SHOP, MIA, contacts=Contacts.ANYONE, role=Role.VIEWER)
    assert code(state, send(Handle("mia"))) == "not_allowed"


def test_a_note_is_shown_to_its_brand_and_never_in_a_channel_of_others() -> None:
    assert not shown_to(NOTE, NORA.id)
    assert not shown_to(NOTE, SHOP.id, shared=True)
    assert shown_to(NOTE, SHOP.id)
