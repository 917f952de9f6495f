"""What one mirror shows of each event, and what it never shows."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.capabilities import Capabilities
from core.delivery import Author, Part, PartKind, Show, Step, Verb
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
from core.ids import (
    AccountId,
    BindingId,
    ConversationId,
    MessageId,
    MirrorId,
    PinId,
    RemoteId,
    ThreadId,
)
from core.model import (
    AUTHOR,
    CARD,
    Account,
    AccountKind,
    BindingKind,
    Mirror,
    Pin,
    Place,
    Placement,
    Written,
)
from core.project import NAMED_REACTIONS, View, card, in_words, project, quoting_anew, title
from core.text.content import Bold, Paragraph, Text, length

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
TALK, THREAD = ConversationId("talk"), ThreadId("threadid12345678")
DESK = Pin(
    PinId("99360735500167749"), "https://www.pinterest.com/pin/99360735500167749/", "Oak desk"
)
LAMP = Pin(PinId("2"), "https://www.pinterest.com/pin/2/", "Lamp")
PEOPLE = {
    AccountId(name): Account(
        AccountId(name), AccountKind.PERSON, name, name.title(), f"/{name}.png"
    )
    for name in ("mia", "nora", "ola")
}
MIA, NORA, OLA = PEOPLE
VIEW = View(
    THREAD,
    DESK.id,
    MIA,
    (MIA, NORA),
    PEOPLE,
    {DESK.id: DESK, LAMP.id: LAMP},
    Capabilities(text=20, measure=length, file=1_000, threads_in_direct=False),
)
MIRROR = Mirror(
    MirrorId("m"),
    THREAD,
    TALK,
    BindingId("b"),
    NORA,
    Place("slack", "T0", "C0"),
    BindingKind.PROJECT,
    from_seq=3,
    cursor=2,
)


EDITED = MessageEdited(MessageId("said"), 2, "in ash?")
GONE = MessageDeleted(MessageId("said"))


def event(what: Happening, seq: int = 5) -> Event:
    return Event(TALK, seq, THREAD, NOW, MIA, what)


def said(text: str = "", pin: PinId | None = None) -> MessagePosted:
    return MessagePosted(MessageId("said"), text, pin)


def written(text: str = "", pin: PinId | None = None, **more: object) -> Written:
    plain = Written(MessageId("said"), THREAD, 4, MIA, 1, text, pin=pin)
    return replace(plain, **more)  # type: ignore[arg-type]


def holding(*messages: Written, placed: tuple[Placement, ...] = (), **more: object) -> View:
    """A view of messages as they stand, and of what the place holds of them."""
    items: dict[str, tuple[Placement, ...]] = {}
    for one in placed:
        items[one.item] = (*items.get(one.item, ()), one)
    view = replace(VIEW, written={one.id: one for one in messages}, placed=items)
    return replace(view, **more)  # type: ignore[arg-type]


def copy(part: int = 0, item: str = "said", poster: str = "bot", **more: object) -> Placement:
    one = Placement(MIRROR.id, item, part, RemoteId(f"{item}/{part}"), poster)
    return replace(one, **more)  # type: ignore[arg-type]


def steps(show: Show | None) -> list[tuple[Verb, int, str | None, str]]:
    assert show
    return [
        (step.verb, step.index, step.target, step.part.text if step.part else step.emoji)
        for step in show.steps
    ]


def notice(text: str) -> Show:
    return Show("seq:5", 1, (Step(Verb.POST, 0, Part(PartKind.NOTICE, text)),))


def author(name: str) -> Author:
    return Author(name.title(), f"/{name}.png", AccountKind.PERSON)


def test_words_show_under_their_authors_name_and_picture() -> None:
    show = project(holding(written("in oak?")), event(said("in oak?")), MIRROR)
    part = Part(PartKind.TEXT, "in oak?", author("mia"))
    assert show == Show("said", 1, (Step(Verb.POST, 0, part),))


def test_a_long_text_shows_in_parts_that_the_place_can_hold() -> None:
    text = "one two three four five six seven"
    show = project(holding(written(text)), event(said(text)), MIRROR)
    assert steps(show) == [
        (Verb.POST, 0, None, "one two three four"),
        (Verb.POST, 1, None, "five six seven"),
    ]


def test_a_tree_shows_as_a_tree_with_the_user_ids_of_that_place() -> None:
    tree = (Paragraph((Bold((Text("in oak"),)),)),)
    view = holding(written("in oak", rich=tree), users={NORA: "U7"})
    show = project(view, event(said("in oak")), MIRROR)
    assert show
    [step] = show.steps
    assert step.part == Part(
        PartKind.TEXT, "in oak", author("mia"), rich=tree, mentions={NORA: "U7"}
    )


def test_a_further_pin_shows_after_its_words() -> None:
    show = project(holding(written("or this", LAMP.id)), event(said("or this", LAMP.id)), MIRROR)
    assert show
    assert [(step.part.kind, step.part.pin) for step in show.steps if step.part] == [
        (PartKind.TEXT, None),
        (PartKind.PIN, LAMP),
    ]


def test_a_pin_without_words_has_no_empty_part() -> None:
    show = project(holding(written("", LAMP.id)), event(said("", LAMP.id)), MIRROR)
    assert show
    assert [step.part.kind for step in show.steps if step.part] == [PartKind.PIN]


def test_a_message_of_files_alone_shows_nothing_itself() -> None:
    assert project(holding(written()), event(said()), MIRROR) is None


def test_what_stands_there_is_not_shown_there_again() -> None:
    view = holding(written("in oak?"), placed=(copy(poster=AUTHOR),))
    assert project(view, event(said("in oak?")), MIRROR) is None


def test_what_waits_is_shown_as_it_stands_now_or_not_at_all() -> None:
    edited = written("in ash?", revision=3)
    show = project(holding(edited), event(said("in oak?")), MIRROR)
    assert show
    assert (show.revision, steps(show)) == (3, [(Verb.POST, 0, None, "in ash?")])
    gone = holding(written("in oak?", deleted=True))
    assert project(gone, event(said("in oak?")), MIRROR) is None


@pytest.mark.parametrize(
    ("answered", "line"),
    [
        (Written(MessageId("before"), THREAD, 3, NORA, 1, "which\nwood?"), "Nora: which wood?"),
        (
            Written(MessageId("before"), THREAD, 3, NORA, 1, "x" * 300),
            f"Nora: {'x' * 119}…",
        ),
        (Written(MessageId("before"), THREAD, 3, AccountId("gone"), 1, "hm"), ": hm"),
        (Written(MessageId("before"), THREAD, 3, NORA, 1, "a slip", deleted=True), ""),
        (Written(MessageId("other"), THREAD, 3, NORA, 1, "not read"), ""),
    ],
)
def test_a_reply_shows_what_it_answers(answered: Written, line: str) -> None:
    reply = written("in oak", answers=MessageId("before"))
    part = Part(PartKind.TEXT, "in oak", author("mia"), answers=line)
    show = project(holding(reply, answered), event(said("in oak")), MIRROR)
    assert show
    assert show.steps == (Step(Verb.POST, 0, part),)
    edited = holding(replace(reply, revision=2), answered, placed=(copy(),))
    show = project(edited, event(EDITED), MIRROR)
    assert show
    assert show.steps == (Step(Verb.EDIT, 0, part, RemoteId("said/0")),)


def test_a_reply_quotes_nothing_from_before_the_place_was_there() -> None:
    before = Written(MessageId("before"), THREAD, 3, NORA, 1, "not for newcomers")
    reply = written("in oak", answers=before.id)
    show = project(replace(holding(reply, before), since=4), event(said("in oak")), MIRROR)
    assert show
    assert show.steps == (Step(Verb.POST, 0, Part(PartKind.TEXT, "in oak", author("mia"))),)


def test_a_reply_names_the_message_that_it_answers_where_that_stands_there() -> None:
    before = replace(written("oak?"), id=MessageId("before"))
    reply = written("in oak", answers=before.id)
    for placed, remote in (
        ((), None),
        ((copy(item="before"),), "before/0"),
        ((copy(item="before", removed=True),), None),
    ):
        show = project(holding(before, reply, placed=placed), event(said("in oak")), MIRROR)
        assert show
        assert show.steps[0].part
        assert show.steps[0].part.answers_to == remote


@pytest.mark.parametrize(("seq", "shown"), [(2, False), (3, True), (7, True), (8, False)])
def test_a_mirror_shows_its_own_range_only(seq: int, shown: bool) -> None:
    mirror = replace(MIRROR, until_seq=7)
    assert (project(holding(written("x")), event(said("x"), seq), mirror) is not None) is shown


@pytest.mark.parametrize("what", [ConversationStarted((MIA, NORA)), ThreadOpened(DESK.id)])
def test_the_card_stands_for_how_a_thread_began(what: Happening) -> None:
    assert project(VIEW, event(what), MIRROR) is None


@pytest.mark.parametrize(
    ("people", "sentence"),
    [
        ((NORA,), "Nora joined."),
        ((NORA, OLA), "Nora and Ola joined."),
        ((MIA, NORA, OLA), "Mia, Nora and Ola joined."),
    ],
)
def test_who_joined_is_a_notice(people: tuple[AccountId, ...], sentence: str) -> None:
    show = project(VIEW, event(PeopleAdded(people)), MIRROR)
    assert show == notice(sentence)


def test_who_joined_by_speaking_in_a_place_needs_no_notice_there() -> None:
    what = PeopleAdded((OLA,), BindingId("b"))
    assert project(VIEW, event(what), MIRROR) is None
    assert project(VIEW, event(what), replace(MIRROR, binding=BindingId("other"))) is not None


def test_who_left_is_a_notice() -> None:
    show = project(VIEW, event(PersonLeft()), MIRROR)
    assert show == notice("Mia left.")


def test_a_filled_card_replaces_the_card() -> None:
    mirror = replace(MIRROR, root=RemoteId("root"))
    show = project(VIEW, event(CardFilled(DESK.id)), mirror)
    assert show
    assert (show.item, show.revision, show.steps[0].verb) == (CARD, 5, Verb.EDIT)
    assert show.steps[0].target == "root"


@pytest.mark.parametrize(
    ("pin", "revision", "root"),
    [(LAMP.id, 0, "root"), (DESK.id, 5, "root"), (DESK.id, 0, None)],
    ids=["a pin that is not there", "an older filling", "nothing, where it does not stand yet"],
)
def test_a_card_is_not_replaced_by(pin: PinId, revision: int, root: str | None) -> None:
    view = replace(VIEW, card_revision=revision)
    mirror = replace(MIRROR, root=RemoteId(root) if root else None)
    assert project(view, event(CardFilled(pin)), mirror) is None


def test_a_further_pin_is_filled_in_where_it_stands() -> None:
    view = holding(
        written("or this", LAMP.id),
        written("", LAMP.id, id=MessageId("typed")),
        written("", LAMP.id, id=MessageId("removed")),
        written("", LAMP.id, id=MessageId("deleted"), deleted=True),
        written("", LAMP.id, id=MessageId("later"), seq=6),
        written("", DESK.id, id=MessageId("another")),
        placed=(
            copy(0),
            copy(1),
            copy(2),
            copy(0, "typed", AUTHOR),
            copy(0, "removed", removed=True),
            copy(0, "deleted"),
            copy(0, "later"),
            copy(0, "another"),
        ),
    )
    show = project(view, event(CardFilled(LAMP.id)), MIRROR)
    assert show
    assert (show.item, show.revision) == ("seq:5", 1)
    assert [(step.verb, step.index, step.target) for step in show.steps] == [
        (Verb.EDIT, 1, "said/1")
    ]


def test_a_card_names_pin_opener_people_and_code() -> None:
    part = Part(
        PartKind.CARD, author=author("mia"), pin=DESK, people=("Mia", "Nora"), code="thread"
    )
    assert card(VIEW, 2) == Show(CARD, 2, (Step(Verb.POST, 0, part),))


# --- edits and deletes --------------------------------------------------------------------


def test_an_edit_changes_the_copy() -> None:
    view = holding(written("in ash?", revision=2), placed=(copy(),))
    show = project(view, event(EDITED), MIRROR)
    assert show
    assert (show.item, show.revision) == ("said", 2)
    assert steps(show) == [(Verb.EDIT, 0, "said/0", "in ash?")]


@pytest.mark.parametrize(
    ("message", "placed"),
    [
        (written("in ash?", revision=2), ()),
        (written("in ash?", revision=2), (copy(revision=2),)),
        (written("in ash?", revision=2), (copy(removed=True),)),
        (written("in ash?", revision=2, deleted=True), (copy(),)),
        (written("in elm?", revision=3), (copy(),)),
    ],
    ids=["nothing there", "shown already", "removed there", "deleted", "edited again"],
)
def test_an_edit_does_nothing_with(message: Written, placed: tuple[Placement, ...]) -> None:
    assert project(holding(message, placed=placed), event(EDITED), MIRROR) is None


def test_an_edit_is_said_where_its_author_wrote() -> None:
    view = holding(written("in ash?", revision=2), placed=(copy(poster=AUTHOR),))
    assert project(view, event(EDITED), MIRROR) == notice("Mia edited: in ash?")


def test_an_edit_adds_parts_takes_parts_away_and_leaves_removed_ones() -> None:
    long = "one two three four five six seven eight nine ten"
    edit = MessageEdited(MessageId("said"), 2, long)
    view = holding(written(long, revision=2), placed=(copy(0, removed=True), copy(1)))
    shown = steps(project(view, event(edit), MIRROR))
    assert [(verb, index, target) for verb, index, target, _ in shown] == [
        (Verb.EDIT, 1, "said/1"),
        (Verb.POST, 2, None),
    ]
    freed = holding(written(long, revision=2), placed=(copy(0), copy(1, poster="", removed=True)))
    shown = steps(project(freed, event(edit), MIRROR))
    assert [(verb, index) for verb, index, _, _ in shown] == [
        (Verb.EDIT, 0),
        (Verb.POST, 1),
        (Verb.POST, 2),
    ]
    short = holding(written("short", revision=2), placed=(copy(0), copy(1), copy(2, removed=True)))
    assert steps(project(short, event(EDITED), MIRROR)) == [
        (Verb.EDIT, 0, "said/0", "short"),
        (Verb.DELETE, 1, "said/1", ""),
    ]


def test_an_edit_that_finds_only_removed_parts_does_nothing() -> None:
    long = "one two three four five six seven"
    edit = MessageEdited(MessageId("said"), 2, long)
    placed = (copy(0, removed=True), copy(1, revision=2))
    assert project(holding(written(long, revision=2), placed=placed), event(edit), MIRROR) is None
    short = (copy(0, removed=True), copy(1, removed=True, revision=2), copy(2, revision=2))
    view = holding(written(long, revision=2), placed=short)
    assert project(view, event(edit), MIRROR) is None


def test_a_delete_takes_every_part_and_file_away() -> None:
    view = holding(
        written(deleted=True),
        placed=(copy(0), copy(1, removed=True), copy(0, "said#6"), copy(0, "saidx")),
    )
    show = project(view, event(GONE), MIRROR)
    assert [(verb, target) for verb, _, target, _ in steps(show)] == [
        (Verb.DELETE, "said/0"),
        (Verb.DELETE, "said#6/0"),
    ]


def test_a_delete_of_what_is_not_there_does_nothing() -> None:
    assert project(holding(placed=(copy(removed=True),)), event(GONE), MIRROR) is None


def test_a_delete_is_said_where_its_author_wrote() -> None:
    view = holding(placed=(copy(poster=AUTHOR),))
    assert project(view, event(GONE), MIRROR) == notice("Mia deleted a message.")


ANSWER = Written(MessageId("reply"), THREAD, 5, NORA, 1, "in ash", answers=MessageId("said"))
UNQUOTED = Step(Verb.EDIT, 0, Part(PartKind.TEXT, "in ash", author("nora")), RemoteId("reply/0"))


def test_a_delete_takes_the_words_out_of_the_quotes_above_answers() -> None:
    gone = written("in oak?", deleted=True)
    copies = (copy(), copy(item="reply"), copy(1, "reply"))
    show = project(holding(gone, ANSWER, placed=copies), event(GONE, 6), MIRROR)
    assert show
    assert show.steps == (Step(Verb.DELETE, 0, None, RemoteId("said/0")), UNQUOTED)


def test_a_quote_goes_where_the_deleted_message_was_typed_or_does_not_stand() -> None:
    gone = written("in oak?", deleted=True)
    typed = (copy(poster=AUTHOR), copy(item="reply"))
    show = project(holding(gone, ANSWER, placed=typed), event(GONE), MIRROR)
    assert show == replace(
        notice("Mia deleted a message."),
        steps=(*notice("Mia deleted a message.").steps, UNQUOTED),
    )
    show = project(holding(gone, ANSWER, placed=(copy(item="reply"),)), event(GONE), MIRROR)
    assert show
    assert show.steps == (UNQUOTED,)


@pytest.mark.parametrize(
    ("answer", "there"),
    [
        (replace(ANSWER, deleted=True), copy(item="reply")),
        (replace(ANSWER, answers=MessageId("other")), copy(item="reply")),
        (replace(ANSWER, only=OLA), copy(item="reply")),
        (ANSWER, copy(item="reply", poster=AUTHOR)),
        (ANSWER, copy(item="reply", poster="")),
        (ANSWER, copy(item="reply", removed=True)),
        (replace(ANSWER, text=""), copy(item="reply")),
    ],
)
def test_a_delete_changes_no_quote_that_does_not_stand(answer: Written, there: Placement) -> None:
    gone = written("in oak?", deleted=True)
    assert project(holding(gone, answer, placed=(there,)), event(GONE), MIRROR) is None


def test_a_copy_of_an_answer_quotes_what_it_may_quote_now() -> None:
    told = written("in oak?")
    copies = (copy(item="reply"), copy(NAMED_REACTIONS, "reply"))
    view = holding(told, ANSWER, placed=copies)
    quoting = replace(
        UNQUOTED, part=Part(PartKind.TEXT, "in ash", author("nora"), answers="Mia: in oak?")
    )
    assert quoting_anew(view, ANSWER.id, MIRROR) == [quoting]
    view = holding(replace(told, deleted=True), ANSWER, placed=copies)
    assert quoting_anew(view, ANSWER.id, MIRROR) == [UNQUOTED]


def test_a_copy_whose_words_are_not_kept_goes_with_its_quote() -> None:
    gone = written("in oak?", deleted=True)
    pin = replace(ANSWER, text="", pin=LAMP.id)
    copies = (copy(item="reply"), copy(1, "reply"))
    deleted = Step(Verb.DELETE, 0, None, RemoteId("reply/0"))
    assert quoting_anew(holding(gone, pin, placed=copies), ANSWER.id, MIRROR) == [deleted]
    blank = holding(gone, replace(ANSWER, text=""), placed=(copy(item="reply", removed=True),))
    assert quoting_anew(blank, ANSWER.id, MIRROR) == []
    assert quoting_anew(holding(gone, ANSWER), ANSWER.id, MIRROR) == []


def test_only_a_change_of_words_is_said_in_words() -> None:
    assert in_words(VIEW, event(replace(EDITED, text="x" * 999))) == notice(
        f"Mia edited: {'x' * 299}…"
    )
    assert in_words(VIEW, event(PersonLeft())) is None


# --- reactions and files ------------------------------------------------------------------

ON, OFF = ReactionAdded(MessageId("said"), "👍"), ReactionRemoved(MessageId("said"), "👍")
THUMB = {MessageId("said"): frozenset({"👍"})}


@pytest.mark.parametrize(
    ("what", "wanted", "shown", "verb"),
    [
        (ON, THUMB, {}, Verb.REACT),
        (ON, THUMB, THUMB, None),
        (ON, {}, {}, None),
        (OFF, {}, THUMB, Verb.UNREACT),
        (OFF, THUMB, THUMB, None),
        (OFF, {}, {}, None),
    ],
)
def test_an_emoji_is_shown_while_somebody_elsewhere_has_it(
    what: Happening,
    wanted: dict[MessageId, frozenset[str]],
    shown: dict[MessageId, frozenset[str]],
    verb: Verb | None,
) -> None:
    view = holding(written("in oak?"), placed=(copy(),), wanted=wanted, shown=shown)
    show = project(view, event(what), MIRROR)
    if verb is None:
        assert show is None
    else:
        assert steps(show) == [(verb, 0, "said/0", "👍")]


def test_a_message_of_files_alone_takes_emoji_and_words_at_its_files() -> None:
    files = (copy(0, "said#5"), copy(0, "said#6"))
    view = holding(written("in ash?", revision=2), placed=files, wanted=THUMB)
    assert steps(project(view, event(ON), MIRROR)) == [(Verb.REACT, 0, "said#5/0", "👍")]
    assert steps(project(view, event(EDITED), MIRROR)) == [(Verb.POST, 0, None, "in ash?")]


def test_an_emoji_needs_a_message_to_stand_on() -> None:
    view = holding(written("in oak?"), placed=(copy(removed=True),), wanted=THUMB)
    assert project(view, event(ON), MIRROR) is None


OAK = FileRef(FileId("f"), "oak.png", "image/png", 900)


def test_a_file_shows_under_its_senders_name() -> None:
    show = project(holding(written()), event(FileAdded(MessageId("said"), OAK)), MIRROR)
    part = Part(PartKind.FILE, "", author("mia"), file=OAK)
    assert show == Show("said#5", 1, (Step(Verb.POST, 0, part),))


def test_a_file_too_large_for_the_place_shows_the_address_of_its_web_copy() -> None:
    large = replace(OAK, size=1_001)
    view = holding(written(), copies={"f": "https://pinthread.example/f"})
    show = project(view, event(FileAdded(MessageId("said"), large)), MIRROR)
    assert steps(show) == [(Verb.POST, 0, None, "https://pinthread.example/f")]


@pytest.mark.parametrize(
    "view",
    [
        holding(written(deleted=True)),
        holding(written(), placed=(copy(0, "said#5"),)),
        holding(written(), placed=(copy(poster=AUTHOR),)),
    ],
    ids=["its message is deleted", "it is there", "it was sent there"],
)
def test_a_file_is_not_shown_where(view: View) -> None:
    assert project(view, event(FileAdded(MessageId("said"), OAK)), MIRROR) is None


PARROT = ReactionAdded(MessageId("said"), ":parrot:")


def lacking(*placed: Placement, shown: str = "", **more: object) -> View:
    """Mia and Nora have reacted with emoji, of which the place has those that are `shown`."""
    had = frozenset({(MIA, ":parrot:"), (NORA, ":parrot:"), (NORA, ":birch:"), (NORA, "👍")})
    message = written("x", reactions=more.pop("had", had))
    wanted = {MessageId("said"): frozenset(emoji for _, emoji in message.reactions)}
    seen = {MessageId("said"): frozenset(filter(None, ("👍", shown)))}
    view = holding(message, placed=(copy(), *placed), wanted=wanted, shown=seen)
    return replace(view, **more)  # type: ignore[arg-type]


def line(verb: Verb, text: str = "", target: str | None = None) -> Show:
    part = Part(PartKind.NOTICE, text) if text else None
    remote = RemoteId(target) if target else None
    return Show("said", 1, (Step(verb, NAMED_REACTIONS, part, remote),))


def test_emoji_that_a_place_lacks_are_named_in_a_line_with_whose_they_are() -> None:
    there = copy(NAMED_REACTIONS)
    both = ":birch: Nora · :parrot: Mia, Nora"
    assert in_words(lacking(), event(PARROT)) == line(Verb.POST, both)
    assert in_words(lacking(there), event(PARROT)) == line(Verb.EDIT, both, "said/1000")
    assert in_words(lacking(shown=":birch:"), event(PARROT)) == line(
        Verb.POST, ":parrot: Mia, Nora"
    )
    # What is still to be tried is not lacking yet.
    later = (event(PARROT), event(ReactionAdded(MessageId("said"), ":birch:"), 6))
    found = in_words(lacking(events=later), event(PARROT))
    assert found == line(Verb.POST, ":parrot: Mia, Nora")
    # Nor is what comes after the batch.
    beyond = frozenset({(MessageId("said"), ":birch:"), (MessageId("other"), ":parrot:")})
    found = in_words(lacking(later=beyond), event(PARROT))
    assert found == line(Verb.POST, ":parrot: Mia, Nora")
    # Somebody who left is not known by name any more; and a moderator may remove the line.
    assert in_words(lacking(accounts={MIA: PEOPLE[MIA]}), event(PARROT)) == line(
        Verb.POST, ":parrot: Mia"
    )
    assert in_words(lacking(replace(there, removed=True)), event(PARROT)) is None
    freed = replace(there, removed=True, poster="")
    assert in_words(lacking(freed), event(PARROT)) == line(Verb.POST, both)
    assert in_words(lacking(had=frozenset()), event(PARROT)) is None


def test_the_line_changes_and_goes_with_the_last_emoji() -> None:
    there = copy(NAMED_REACTIONS)
    off = event(ReactionRemoved(MessageId("said"), ":parrot:"))
    left = {MessageId("said"): frozenset({":birch:", "👍"})}
    had = frozenset({(NORA, ":birch:"), (NORA, "👍")})
    view = lacking(there, had=had, wanted=left)
    assert project(view, off, MIRROR) == line(Verb.EDIT, ":birch: Nora", "said/1000")
    view = lacking(there, had=frozenset(), wanted={})
    assert project(view, off, MIRROR) == line(Verb.DELETE, "", "said/1000")
    assert project(lacking(had=frozenset(), wanted={}), off, MIRROR) is None
    thumb = event(ReactionAdded(MessageId("said"), "👍"))
    assert project(lacking(there), thumb, MIRROR) is None


def test_the_line_is_no_part_of_the_words_but_goes_with_them() -> None:
    there = copy(NAMED_REACTIONS)
    view = holding(written("in ash?", revision=2), placed=(copy(), there))
    assert [one[:3] for one in steps(project(view, event(EDITED), MIRROR))] == [
        (Verb.EDIT, 0, "said/0")
    ]
    deleted = project(holding(written(deleted=True), placed=(copy(), there)), event(GONE), MIRROR)
    assert [one[:3] for one in steps(deleted)] == [
        (Verb.DELETE, 0, "said/0"),
        (Verb.DELETE, NAMED_REACTIONS, "said/1000"),
    ]


def test_a_file_that_was_taken_off_again_is_not_shown() -> None:
    view = holding(written(removed=frozenset({"F1"})))
    assert project(view, event(FileAdded(MessageId("said"), OAK, "F1")), MIRROR) is None
    assert project(view, event(FileAdded(MessageId("said"), OAK, "F2")), MIRROR) is not None


def test_a_file_that_is_taken_off_goes_where_it_is_shown() -> None:
    off = event(FileRemoved(MessageId("said"), "F1", 4))
    there = holding(written(), placed=(copy(), copy(0, "said#4"), copy(0, "said#9")))
    shown = project(there, off, MIRROR)
    step = Step(Verb.DELETE, 0, None, RemoteId(there.placed["said#4"][0].remote))
    assert shown == Show("said#4", 5, (step,))
    gone = replace(there.placed["said#4"][0], removed=True)
    for placed in ((), (gone,)):
        view = replace(there, placed={"said#4": placed})
        assert project(view, off, MIRROR) is None


def test_a_file_that_could_not_be_had_is_told() -> None:
    show = project(VIEW, event(FileFailed(MessageId("said"), "oak.png", "gone")), MIRROR)
    assert show == notice("Mia sent a file that could not be fetched: oak.png")


@pytest.mark.parametrize(
    ("words", "called"),
    [
        ("  Oak \n desk ", "Oak desk"),
        (None, "Pin 99360735500167749"),
        ("   ", "Pin 99360735500167749"),
        ("x" * 300, "x" * 100),
    ],
)
def test_a_thread_is_called_after_its_pin(words: str | None, called: str) -> None:
    view = replace(VIEW, pins={DESK.id: replace(DESK, title=words)})
    assert title(view) == called


@pytest.mark.parametrize("what", [EDITED, GONE, FileFailed(MessageId("said"), "plan.pdf", "Gone.")])
def test_a_newcomer_sees_nothing_of_what_becomes_of_older_messages(what: Happening) -> None:
    file = Placement(MIRROR.id, "said#4", 0, RemoteId("C0:2"), "bot")
    view = holding(written("in ash?", seq=2, revision=2), placed=(file,))
    assert project(view, event(what, 6), MIRROR) is None
