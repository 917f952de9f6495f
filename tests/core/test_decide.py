"""What each intent makes of each state: events, or a refusal with its code."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.apply import apply
from core.decide import NO_THREAD, decide
from core.events import (
    CardFilled,
    ConversationStarted,
    Event,
    FileAdded,
    FileFailed,
    FileRemoved,
    Happening,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    PeopleAdded,
    PersonLeft,
    ReactionAdded,
    ReactionRemoved,
    ThreadOpened,
)
from core.files import FileId, FileRef
from core.ids import AccountId, BindingId, ConversationId, MessageId, PinId, ThreadId, derive
from core.intents import (
    AddFile,
    AddPeople,
    DeleteMessage,
    EditMessage,
    FillCard,
    Handle,
    Intent,
    Leave,
    PostMessage,
    React,
    RemoteFile,
    StartThread,
    What,
)
from core.model import (
    MOST_CHARACTERS,
    MOST_EMOJI,
    Account,
    AccountKind,
    Attached,
    Binding,
    BindingKind,
    Contacts,
    Head,
    Identity,
    Member,
    Place,
    Refusal,
    Standing,
    State,
    Thread,
    Written,
)
from core.text.content import Bold, Paragraph, Text

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
PIN = PinId("99360735500167749")
TALK = ConversationId("talk")
THREAD = ThreadId("thread")


OAK = FileRef(FileId("a" * 64), "oak.png", "image/png", 900)
RICH = (Paragraph((Bold((Text("in oak"),)),)),)
WORDS = Written(MessageId("words"), THREAD, 3, AccountId("mia"), 1, "in oak?")


def account(name: str) -> Account:
    return Account(AccountId(name), AccountKind.PERSON, name, name.title())


MIA, NORA, OLA = account("mia"), account("nora"), account("ola")


def intent(what: What, key: str = "key") -> Intent:
    return Intent(key, MIA.id, what)


def start(text: str = "", pin: PinId | None = PIN) -> Intent:
    return intent(StartThread((Handle("nora"),), pin, text))


def among(*people: Account, actor: Account = MIA) -> State:
    """A state with one thread between `people`, as it stands after two events."""
    members = tuple(Member(person.id, 1) for person in people)
    head = Head(TALK, people[0].id, members, 2)
    kinds = {person.id: person.kind for person in (*people, actor)}
    return State(actor, head, Thread(THREAD, TALK, PIN, 2), standing=replace(ANYONE, kinds=kinds))


ANYONE = Standing(contacts=Contacts.ANYONE, invited=True)


def fresh(*people: Account, missing: tuple[str, ...] = ()) -> State:
    """A state without a conversation, in which Mia names these people."""
    kinds = {one.id: one.kind for one in people}
    return State(MIA, people=people, missing=missing, standing=replace(ANYONE, kinds=kinds))


def events(state: State, wanted: Intent) -> tuple[Event, ...]:
    found = decide(state, wanted, NOW)
    assert not isinstance(found, Refusal)
    return found


def code(state: State, wanted: Intent) -> str:
    found = decide(state, wanted, NOW)
    assert isinstance(found, Refusal)
    assert found.sentence.endswith(".")
    return found.code


def test_a_pin_and_words_start_a_conversation_a_thread_and_a_message() -> None:
    found = events(fresh(*(NORA,)), start("  does this come in oak? "))
    assert [event.seq for event in found] == [1, 2, 3]
    assert [event.what for event in found] == [
        ConversationStarted((MIA.id, NORA.id)),
        ThreadOpened(PIN),
        MessagePosted(found[2].what.message, "does this come in oak?"),  # type: ignore[union-attr]
    ]
    assert {event.conversation for event in found} == {derive("conversation", "key")}
    assert {event.thread for event in found} == {derive("thread", "key")}
    assert {event.at for event in found} == {NOW}


def test_a_pin_alone_starts_a_thread_without_a_message() -> None:
    found = events(fresh(*(NORA,)), start("   "))
    assert [type(event.what) for event in found] == [ConversationStarted, ThreadOpened]


def test_the_same_people_and_another_pin_open_a_thread_in_their_conversation() -> None:
    state = replace(among(MIA, NORA), thread=None, people=(NORA,))
    found = events(state, start("and this?"))
    assert [type(event.what) for event in found] == [ThreadOpened, MessagePosted]
    assert [event.seq for event in found] == [3, 4]
    assert {event.conversation for event in found} == {TALK}


def test_the_same_people_and_the_same_pin_go_on_in_the_open_thread() -> None:
    (said,) = events(replace(among(MIA, NORA), people=(NORA,)), start("again"))
    assert said.thread == THREAD
    assert isinstance(said.what, MessagePosted)
    assert (said.what.text, said.what.pin) == ("again", None)


def test_the_same_pin_without_words_shows_the_pin_again() -> None:
    (said,) = events(replace(among(MIA, NORA), people=(NORA,)), start())
    assert isinstance(said.what, MessagePosted)
    assert said.what.pin == PIN


def test_without_a_pin_nothing_starts() -> None:
    assert code(fresh(*(NORA,)), start(pin=None)) == "pin_required"


def test_an_unknown_name_starts_nothing_and_is_named() -> None:
    found = decide(fresh(missing=("@nobody",)), start(), NOW)
    assert isinstance(found, Refusal)
    assert found.code == "cannot_message"
    assert "@nobody" in found.sentence


def test_one_cannot_talk_to_oneself() -> None:
    assert code(fresh(*(MIA,)), start()) == "nobody_to_talk_to"


def test_ten_people_may_start_and_eleven_may_not() -> None:
    others = tuple(account(f"p{n}") for n in range(10))
    started = events(fresh(*others[:9]), start())[0].what
    assert isinstance(started, ConversationStarted)
    assert len(started.people) == 10
    assert code(fresh(*others), start()) == "group_full"


def test_a_name_given_twice_counts_once() -> None:
    started = events(fresh(*(NORA, MIA, NORA)), start())[0].what
    assert started == ConversationStarted((MIA.id, NORA.id))


@pytest.mark.parametrize("wanted", [start, lambda text: intent(PostMessage(THREAD, text))])
def test_a_text_that_is_too_long_is_refused_with_its_length(wanted: object) -> None:
    assert callable(wanted)
    state = replace(among(MIA, NORA), people=(NORA,))
    assert len(events(state, wanted("x" * MOST_CHARACTERS))) == 1
    found = decide(state, wanted("x" * 40_001), NOW)
    assert isinstance(found, Refusal)
    assert found.code == "text_too_long"
    assert "40,001" in found.sentence


def test_a_reply_is_numbered_on_from_the_head() -> None:
    (said,) = events(among(MIA, NORA), intent(PostMessage(THREAD, "yes")))
    assert (said.seq, said.thread, said.actor) == (3, THREAD, MIA.id)


def test_a_further_pin_needs_no_words() -> None:
    (said,) = events(among(MIA, NORA), intent(PostMessage(THREAD, pin=PIN)))
    assert isinstance(said.what, MessagePosted)
    assert (said.what.text, said.what.pin) == ("", PIN)


def test_the_agent_who_wrote_for_a_brand_is_noted() -> None:
    ada = Identity("slack", "T0", "U0ADA")
    found = decide(among(MIA, NORA), intent(PostMessage(THREAD, "yes")), NOW, ada)
    assert not isinstance(found, Refusal)
    assert found[0].agent == ada


def test_nothing_at_all_is_not_a_message() -> None:
    assert code(among(MIA, NORA), intent(PostMessage(THREAD, " \n"))) == "empty_message"


def test_who_is_not_a_member_cannot_write() -> None:
    state = among(NORA, OLA, actor=MIA)
    assert code(state, intent(PostMessage(THREAD, "hello"))) == "not_a_member"


def bound(kind: BindingKind, owner: Account = NORA) -> Binding:
    return Binding(BindingId("b"), owner.id, Place("discord", "g", "c"), kind)


def test_who_speaks_in_a_members_project_channel_joins_by_speaking() -> None:
    state = replace(among(NORA, OLA, actor=MIA), via=bound(BindingKind.PROJECT))
    joined, said = events(state, intent(PostMessage(THREAD, "hello")))
    assert joined.what == PeopleAdded((MIA.id,), BindingId("b"))
    assert isinstance(said.what, MessagePosted)
    assert (joined.seq, said.seq) == (3, 4)


@pytest.mark.parametrize(
    "via",
    [bound(BindingKind.INBOX), bound(BindingKind.DIRECT), bound(BindingKind.PROJECT, MIA)],
    ids=["a brand's inbox", "direct messages", "a stranger's channel"],
)
def test_nobody_joins_by_speaking_elsewhere(via: Binding) -> None:
    state = replace(among(NORA, OLA, actor=MIA), via=via)
    assert code(state, intent(PostMessage(THREAD, "hello"))) == "not_a_member"


def test_an_eleventh_person_does_not_join_by_speaking() -> None:
    ten = tuple(account(f"p{n}") for n in range(10))
    state = replace(among(*ten, actor=MIA), via=bound(BindingKind.PROJECT, ten[0]))
    assert code(state, intent(PostMessage(THREAD, "hello"))) == "group_full"


def test_who_is_left_alone_is_told_so() -> None:
    assert code(among(MIA), intent(PostMessage(THREAD, "hello?"))) == "alone"


def test_people_are_added_once() -> None:
    state = replace(among(MIA, NORA), people=(OLA, NORA, OLA))
    (added,) = events(state, intent(AddPeople(THREAD, (Handle("ola"),))))
    assert added.what == PeopleAdded((OLA.id,))


def test_adding_who_is_there_changes_nothing() -> None:
    state = replace(among(MIA, NORA), people=(NORA,))
    assert events(state, intent(AddPeople(THREAD, (Handle("nora"),)))) == ()


def test_the_tenth_is_added_and_the_eleventh_is_not() -> None:
    nine = (MIA, *(account(f"p{n}") for n in range(8)))
    adding = intent(AddPeople(THREAD, ()))
    assert len(events(replace(among(*nine), people=(OLA,)), adding)) == 1
    assert code(replace(among(*nine), people=(OLA, NORA)), adding) == "group_full"


def test_only_a_member_adds_people() -> None:
    state = replace(among(NORA, OLA, actor=MIA), people=(MIA,))
    assert code(state, intent(AddPeople(THREAD, ()))) == "not_a_member"


def test_an_unknown_name_is_not_added() -> None:
    state = replace(among(MIA, NORA), missing=("@nobody",))
    assert code(state, intent(AddPeople(THREAD, ()))) == "cannot_message"


def test_a_member_leaves_and_cannot_leave_again() -> None:
    state = among(MIA, NORA)
    (left,) = events(state, intent(Leave(THREAD)))
    assert left.what == PersonLeft()
    assert code(apply(state, left), intent(Leave(THREAD))) == "not_a_member"


def test_more_is_known_of_a_pin() -> None:
    (filled,) = events(among(MIA, NORA), intent(FillCard(THREAD, PIN)))
    assert filled.what == CardFilled(PIN)


@pytest.mark.parametrize(
    "what",
    [
        PostMessage(THREAD, "x"),
        AddPeople(THREAD, ()),
        Leave(THREAD),
        FillCard(THREAD, PIN),
        EditMessage(WORDS.id, "x"),
    ],
)
def test_without_its_thread_an_intent_is_refused(what: What) -> None:
    assert decide(State(MIA), intent(what), NOW) == NO_THREAD
    assert decide(replace(among(MIA, NORA), thread=None), intent(what), NOW) == NO_THREAD


# --- what happens to messages -------------------------------------------------------------


def about(message: Written | None = WORDS, actor: Account = MIA) -> State:
    return replace(among(MIA, NORA, actor=actor), message=message)


def test_a_message_keeps_its_tree_what_it_answers_and_its_files() -> None:
    what = PostMessage(THREAD, " yes ", rich=RICH, stored=(OAK,))
    said, added = events(about(), intent(what))
    assert isinstance(said.what, MessagePosted)
    assert (said.what.text, said.what.rich, said.what.answers) == ("yes", RICH, WORDS.id)
    assert added.what == FileAdded(said.what.message, OAK)


@pytest.mark.parametrize(
    "what",
    [
        PostMessage(THREAD, files=(RemoteFile("oak.png", "F1"),)),
        PostMessage(THREAD, stored=(OAK,)),
    ],
)
def test_a_file_needs_no_words(what: PostMessage) -> None:
    assert isinstance(events(among(MIA, NORA), intent(what))[0].what, MessagePosted)


def test_an_edit_is_the_next_revision() -> None:
    (edited,) = events(about(), intent(EditMessage(WORDS.id, " in ash? ", RICH)))
    assert edited.what == MessageEdited(WORDS.id, 2, "in ash?", RICH)
    assert edited.at == NOW


@pytest.mark.parametrize(
    "message",
    [
        replace(WORDS, deleted=True),
        replace(WORDS, text="in ash?"),
        replace(WORDS, edited_at=NOW),
    ],
    ids=["it is deleted", "it says so already", "a later edit was here first"],
)
def test_an_edit_changes_nothing_where(message: Written) -> None:
    older = NOW - timedelta(seconds=1)
    wanted = replace(intent(EditMessage(WORDS.id, "in ash?")), at=older)
    assert events(about(message), wanted) == ()


def test_an_edit_counts_from_when_it_was_done_and_never_from_later_than_now() -> None:
    wanted = intent(EditMessage(WORDS.id, "in ash?"))
    for at in (NOW - timedelta(hours=1), NOW + timedelta(hours=1)):
        (edited,) = events(about(), replace(wanted, at=at))
        assert edited.at == min(at, NOW)
    same = replace(WORDS, edited_at=NOW)
    assert len(events(about(same), replace(wanted, at=NOW))) == 1
    assert len(events(about(same), wanted)) == 1


def test_only_its_author_edits_or_deletes_a_message() -> None:
    for what in (EditMessage(WORDS.id, "x"), DeleteMessage(WORDS.id)):
        assert code(about(actor=NORA), intent(what)) == "not_author"


def test_an_edit_to_nothing_or_to_too_much_is_refused() -> None:
    assert code(about(), intent(EditMessage(WORDS.id, "  "))) == "empty_message"
    long = intent(EditMessage(WORDS.id, "x" * (MOST_CHARACTERS + 1)))
    assert code(about(), long) == "text_too_long"


@pytest.mark.parametrize(
    "message",
    [
        replace(WORDS, pin=PIN),
        replace(WORDS, attached=(Attached(OAK, 4),)),
        replace(WORDS, coming=("F1",)),
    ],
)
def test_the_words_beside_a_pin_or_a_file_may_go(message: Written) -> None:
    (edited,) = events(about(message), intent(EditMessage(WORDS.id, "")))
    assert edited.what == MessageEdited(WORDS.id, 2, "")


def test_a_message_is_deleted_once() -> None:
    (deleted,) = events(about(), intent(DeleteMessage(WORDS.id)))
    assert deleted.what == MessageDeleted(WORDS.id)
    assert events(about(replace(WORDS, deleted=True)), intent(DeleteMessage(WORDS.id))) == ()


def test_a_reaction_is_set_once_and_taken_back_once() -> None:
    on, off = React(WORDS.id, "👍", on=True), React(WORDS.id, "👍", on=False)
    done = replace(WORDS, reactions=frozenset({(MIA.id, "👍")}))
    cases: list[tuple[Written, React, tuple[Happening, ...]]] = [
        (WORDS, on, (ReactionAdded(WORDS.id, "👍"),)),
        (done, on, ()),
        (done, off, (ReactionRemoved(WORDS.id, "👍"),)),
        (WORDS, off, ()),
        (replace(WORDS, deleted=True), on, ()),
    ]
    for message, what, expected in cases:
        found = events(about(message), intent(what))
        assert tuple(event.what for event in found) == expected


def test_only_a_member_reacts() -> None:
    assert code(about(actor=OLA), intent(React(WORDS.id, "x", on=True))) == "not_a_member"


def test_a_message_takes_only_so_many_different_emoji() -> None:
    full = replace(WORDS, reactions=frozenset((NORA.id, f"{n}") for n in range(MOST_EMOJI)))
    assert code(about(full), intent(React(WORDS.id, "new", on=True))) == "too_many_reactions"
    assert len(events(about(full), intent(React(WORDS.id, "7", on=True)))) == 1


def test_a_file_is_added_or_its_failure_is_told() -> None:
    for file, expected in (
        (OAK, FileAdded(WORDS.id, OAK)),
        (None, FileFailed(WORDS.id, "oak.png", "gone")),
    ):
        what = AddFile(WORDS.id, "oak.png", file, "gone")
        (found,) = events(about(), intent(what))
        assert found.what == expected
        assert events(about(replace(WORDS, deleted=True)), intent(what)) == ()


def test_whoever_has_left_still_edits_and_deletes_what_they_wrote() -> None:
    left = replace(about(), head=replace(about().head, members=(Member(NORA.id, 1),)))  # type: ignore[type-var]
    for what in (EditMessage(WORDS.id, "in ash?"), DeleteMessage(WORDS.id)):
        assert len(events(left, intent(what))) == 1
    assert code(left, intent(React(WORDS.id, "x", on=True))) == "not_a_member"


def test_files_that_hang_on_a_message_no_longer_are_taken_off() -> None:
    two = (Attached(OAK, 4, "F1"), Attached(OAK, 5, "F2"), Attached(OAK, 6))
    message = replace(WORDS, attached=two, coming=("F2", "F3", ""))
    cases: list[tuple[Written, tuple[str, ...] | None, tuple[Happening, ...]]] = [
        (message, None, ()),
        (message, ("F1", "F2", "F3", "F4"), ()),
        (message, ("F1", "F3"), (FileRemoved(WORDS.id, "F2", 5),)),
        (message, ("F2", "F1"), (FileRemoved(WORDS.id, "F3"),)),
        (replace(message, deleted=True), (), ()),
    ]
    for message, files, expected in cases:
        what = EditMessage(WORDS.id, message.text, message.rich, files)
        found = events(about(message), intent(what))
        assert tuple(event.what for event in found) == expected


def test_a_file_that_was_taken_off_on_its_way_does_not_come() -> None:
    late = AddFile(WORDS.id, "oak.png", OAK, remote="F3")
    (came,) = events(about(), intent(late))
    assert came.what == FileAdded(WORDS.id, OAK, "F3")
    assert replace(WORDS, attached=(Attached(OAK, came.seq, "F3"),)).files == (OAK,)
    for what in (late, replace(late, file=None)):
        assert events(about(replace(WORDS, removed=frozenset({"F3"}))), intent(what)) == ()


def test_words_and_files_change_together_and_an_old_edit_changes_files_alone() -> None:
    message = replace(WORDS, text="", attached=(Attached(OAK, 4, "F1"),))
    new = EditMessage(WORDS.id, "new", None, ())
    found = events(about(message), intent(new))
    assert [type(event.what) for event in found] == [FileRemoved, MessageEdited]
    later = replace(message, edited_at=NOW + timedelta(seconds=1))
    (off,) = events(about(later), replace(intent(new), at=NOW))
    assert off.what == FileRemoved(WORDS.id, "F1", 4)
    # The last file of a message without words goes too.
    (off,) = events(about(message), intent(EditMessage(WORDS.id, "", None, ())))
    assert off.what == FileRemoved(WORDS.id, "F1", 4)


def test_a_message_that_is_not_here_is_said_to_be_so() -> None:
    assert code(about(None), intent(DeleteMessage(WORDS.id))) == "unknown_message"
