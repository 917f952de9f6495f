"""What a brand's own places show and no other: notes, who wrote, who answers, where it stands."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.capabilities import Capabilities
from core.delivery import CardLine, Part, PartKind, Show, Verb
from core.events import (
    Event,
    FileAdded,
    Happening,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    Muted,
    PersonRemoved,
    PlaceClosed,
    PlaceOpened,
    ReactionAdded,
    RequestAccepted,
    RequestIgnored,
    StatusChanged,
    ThreadAssigned,
)
from core.files import FileId, FileRef
from core.ids import AccountId, BindingId, MessageId, MirrorId, PinId, RemoteId
from core.model import (
    Account,
    BindingKind,
    Identity,
    Mirror,
    Mode,
    Pin,
    Place,
    Placement,
    Status,
    Written,
)
from core.notices import sentence
from core.project import View, again, card, project
from core.text.content import Mention, Paragraph, Text, Timestamp, length
from tests.core.talk import ADA, AGENT, MIA, NOW, SHOP, TALK, THREAD

DESK = Pin(PinId("1"), "https://www.pinterest.com/pin/1/", "Oak desk")
NOTE = Written(
    MessageId("note"), THREAD, 4, SHOP.id, 1, "she asks a lot", only=SHOP.id, agent=AGENT
)
REPLY = Written(MessageId("reply"), THREAD, 5, SHOP.id, 1, "yes, in oak", agent=AGENT)
ASKED = Written(MessageId("asked"), THREAD, 3, MIA.id, 1, "in oak?")
OAK = FileRef(FileId("a" * 64), "oak.png", "image/png", 900)
VIEW = View(
    THREAD,
    DESK.id,
    MIA.id,
    (MIA.id, SHOP.id),
    {one.id: one for one in (MIA, SHOP, ADA)},
    {DESK.id: DESK},
    Capabilities(text=200, measure=length, file=1_000, threads_in_direct=False),
    {one.id: one for one in (NOTE, REPLY, ASKED)},
    agents={AGENT: "Ada"},
)


def mirror(account: Account, kind: BindingKind) -> Mirror:
    place = Place("slack", "T0", "C0")
    name = f"{account.id} {kind}"
    return Mirror(MirrorId(name), THREAD, TALK, BindingId(name), account.id, place, kind, 1, 0)


INBOX = replace(mirror(SHOP, BindingKind.INBOX), root=RemoteId("card"))
DIRECT = mirror(MIA, BindingKind.DIRECT)
SHARED = mirror(MIA, BindingKind.PROJECT)
OPEN_TO_ALL = mirror(SHOP, BindingKind.PROJECT)
OUTSIDE = [DIRECT, SHARED, OPEN_TO_ALL]


def event(what: Happening, seq: int = 9, actor: Account = SHOP, **more: Any) -> Event:
    return replace(Event(TALK, seq, THREAD, NOW, actor.id, what), **more)


def parts(show: Show | None) -> list[Part]:
    assert show
    return [step.part for step in show.steps if step.part]


def line(show: Show | None) -> str:
    first = parts(show)[0]
    assert first.kind is PartKind.NOTICE
    return first.text


def said(message: Written, **more: Any) -> Event:
    posted = MessagePosted(message.id, message.text)
    return event(posted, message.seq, only=message.only, hidden=message.hidden, **more)


# --- notes --------------------------------------------------------------------------------


def test_a_note_is_shown_in_the_brands_places_as_the_note_it_is() -> None:
    (part,) = parts(project(VIEW, said(NOTE), INBOX))
    assert part.note
    assert part.author
    assert (part.author.name, part.text) == ("🔒 Note by Ada", "she asks a lot")


def test_whose_note_it_is_may_be_unknown() -> None:
    (part,) = parts(project(replace(VIEW, agents={}), said(NOTE), INBOX))
    assert part.author
    assert part.author.name == "🔒 Note by Shop"


@pytest.mark.parametrize("place", OUTSIDE)
@pytest.mark.parametrize(
    "what",
    [
        MessagePosted(NOTE.id, NOTE.text),
        MessageEdited(NOTE.id, 2, "she asks"),
        MessageDeleted(NOTE.id),
        ReactionAdded(NOTE.id, "👍"),
        FileAdded(NOTE.id, OAK),
        ThreadAssigned(ADA.id),
        StatusChanged(Status.RESOLVED),
    ],
)
def test_nothing_of_a_note_or_of_the_brands_own_is_shown_outside(
    place: Mirror, what: Happening
) -> None:
    inside = event(what, only=SHOP.id)
    placed = {NOTE.id: (Placement(place.id, NOTE.id, 0, RemoteId("r"), "bot"),)}
    for view in (VIEW, replace(VIEW, placed=placed)):
        assert project(view, inside, place) is None
        assert again(view, inside, place) is None


def test_a_file_of_a_note_says_that_it_is_one() -> None:
    added = event(FileAdded(NOTE.id, OAK), only=SHOP.id)
    (part,) = parts(project(VIEW, added, INBOX))
    assert (part.kind, part.note) == (PartKind.FILE, True)
    assert part.author
    assert part.author.name == "🔒 Note by Ada"


def test_no_place_quotes_what_it_does_not_show() -> None:
    for hidden in (replace(NOTE, id=ASKED.id), replace(ASKED, hidden=(MIA.id,))):
        answer = replace(REPLY, answers=ASKED.id)
        view = replace(VIEW, written={answer.id: answer, ASKED.id: hidden})
        assert parts(project(view, said(answer), DIRECT))[0].answers == ""
        assert parts(project(view, said(answer), INBOX))[0].answers


def test_words_that_an_edit_has_hidden_from_a_member_since_are_not_posted_there() -> None:
    """They were blocked between the post, which is still to be delivered, and the edit."""
    posted = event(MessagePosted(ASKED.id, "Which oak?"), ASKED.seq)
    view = replace(VIEW, written={ASKED.id: replace(ASKED, hidden=(MIA.id,))})
    assert project(VIEW, posted, DIRECT) is not None
    assert project(view, posted, DIRECT) is None
    placed = {ASKED.id: (Placement(DIRECT.id, ASKED.id, 0, RemoteId("r"), "bot"),)}
    assert again(replace(view, placed=placed), posted, DIRECT) is None


def test_what_is_hidden_from_a_member_is_shown_where_others_read_too() -> None:
    unseen = replace(ASKED, hidden=(MIA.id,))
    view = replace(VIEW, written={unseen.id: unseen})
    assert project(view, said(unseen), DIRECT) is None
    assert project(view, said(unseen), SHARED)


# --- who wrote ----------------------------------------------------------------------------


def name_in(view: View, place: Mirror) -> str:
    (part,) = parts(project(view, said(REPLY), place))
    assert not part.note
    assert part.author
    return part.author.name


def test_outside_the_brand_speaks_and_inside_its_agent() -> None:
    assert name_in(VIEW, DIRECT) == "Shop"
    assert name_in(VIEW, INBOX) == "Ada (Shop)"
    assert name_in(replace(VIEW, agents={}), INBOX) == "Shop"
    assert name_in(replace(VIEW, signatures=True), DIRECT) == "Ada (Shop)"


def test_people_have_no_agents() -> None:
    view = replace(VIEW, agents={Identity("slack", "T0", "U9"): "Tom"}, signatures=True)
    (part,) = parts(project(view, said(ASKED, actor=MIA), INBOX))
    assert part.author
    assert part.author.name == "Mia"


# --- the card and its lines ---------------------------------------------------------------


def test_the_card_in_an_inbox_says_how_its_thread_stands() -> None:
    state = CardLine(Mode.RELAY, Status.SNOOZED, NOW, "Ada")
    (step,) = card(replace(VIEW, line=state), 1).steps
    assert step.part
    assert step.part.line == state


UNTIL = datetime(2026, 7, 3, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("what", "agent", "actor", "text"),
    [
        (ThreadAssigned(ADA.id), AGENT, SHOP, "Ada assigned this to Ada."),
        (ThreadAssigned(AccountId("gone")), None, SHOP, "Shop assigned this to Somebody."),
        (ThreadAssigned(None), AGENT, SHOP, "Ada unassigned this."),
        (StatusChanged(Status.RESOLVED), AGENT, SHOP, "Ada resolved this."),
        (
            StatusChanged(Status.SNOOZED, UNTIL),
            AGENT,
            SHOP,
            "Ada snoozed this until 2026-07-03 09:30 UTC.",
        ),
        (StatusChanged(Status.SNOOZED), AGENT, SHOP, "Ada snoozed this."),
        (StatusChanged(Status.OPEN), AGENT, SHOP, "Ada opened this again."),
        (StatusChanged(Status.OPEN), None, SHOP, "This is open again."),
        (StatusChanged(Status.OPEN), None, MIA, "Mia wrote again, so this is open."),
    ],
)
def test_what_becomes_of_a_thread_is_a_quiet_line_and_stands_on_its_card(
    what: Happening, agent: Identity | None, actor: Account, text: str
) -> None:
    state = CardLine(Mode.RELAY, Status.RESOLVED)
    view = replace(VIEW, line=state)
    changed = event(what, actor=actor, agent=agent, only=SHOP.id)
    show = project(view, changed, INBOX)
    assert line(show) == text
    assert show
    assert show.steps[0].part
    moments = [
        one.unix
        for block in show.steps[0].part.rich or ()
        if isinstance(block, Paragraph)
        for one in block.children
        if isinstance(one, Timestamp)
    ]
    assert moments == ([int(UNTIL.timestamp())] if "until" in text else [])
    assert [(step.verb, step.target) for step in show.steps] == [
        (Verb.POST, None),
        (Verb.EDIT, "card"),
    ]
    assert parts(show)[1].line == state


def test_without_a_card_or_its_state_the_line_stands_alone() -> None:
    resolved = event(StatusChanged(Status.RESOLVED), only=SHOP.id)
    bare = replace(INBOX, root=None)
    for view, place in ((VIEW, INBOX), (replace(VIEW, line=CardLine(Mode.RELAY)), bare)):
        show = project(view, resolved, place)
        assert show
        assert len(show.steps) == 1


@pytest.mark.parametrize("what", [RequestAccepted(), RequestIgnored()])
def test_a_card_in_an_inbox_offers_to_take_a_request_until_it_is_answered(what: Happening) -> None:
    state = CardLine(Mode.RELAY, Status.OPEN)
    answered = event(what, only=SHOP.id)
    show = project(replace(VIEW, line=state), answered, INBOX)
    assert show
    assert [(step.verb, step.target) for step in show.steps] == [(Verb.EDIT, "card")]
    assert parts(show)[0].line == state
    bare = replace(INBOX, root=None)
    assert project(replace(VIEW, line=state), answered, bare) is None


# --- pings --------------------------------------------------------------------------------


def test_new_words_of_others_ping_who_answers_and_edits_do_not() -> None:
    view = replace(VIEW, ping=("U0ADA",))
    first, *_ = parts(project(view, said(ASKED, actor=MIA), INBOX))
    assert first.ping == ("U0ADA",)
    assert parts(project(view, said(REPLY), INBOX))[0].ping == ()
    edited = replace(ASKED, revision=2)
    placed = {ASKED.id: (Placement(INBOX.id, ASKED.id, 0, RemoteId("r"), "bot"),)}
    changed = replace(view, written={ASKED.id: edited}, placed=placed)
    edit = event(MessageEdited(ASKED.id, 2, "in ash?"), actor=MIA)
    assert parts(project(changed, edit, INBOX))[0].ping == ()


def test_whom_the_words_mention_they_do_not_ping_twice() -> None:
    called = replace(ASKED, text="@Ada?", rich=(Paragraph((Mention(ADA.id, "Ada"), Text("?"))),))
    view = replace(
        VIEW,
        ping=("U0ADA", "U0BEN"),
        users={ADA.id: "U0ADA"},
        written={ASKED.id: called},
    )
    assert parts(project(view, said(called, actor=MIA), INBOX))[0].ping == ("U0BEN",)


def test_what_is_tried_again_pings_nobody() -> None:
    view = replace(VIEW, ping=("U0ADA",))
    assert parts(again(view, said(ASKED, actor=MIA), INBOX))[0].ping == ()


def test_whom_a_thread_is_assigned_to_is_pinged() -> None:
    view = replace(VIEW, ping=("U0ADA",))
    assigned = event(ThreadAssigned(ADA.id), only=SHOP.id)
    assert parts(project(view, assigned, INBOX))[0].ping == ("U0ADA",)
    free = event(ThreadAssigned(None), only=SHOP.id)
    assert parts(project(view, free, INBOX))[0].ping == ()


def test_a_message_with_nothing_to_show_pings_nobody() -> None:
    empty = replace(ASKED, text="")
    view = replace(VIEW, ping=("U0ADA",), written={ASKED.id: empty})
    assert project(view, said(empty, actor=MIA), INBOX) is None


# --- lines for everybody ------------------------------------------------------------------


def test_a_place_that_opens_says_who_can_read_and_who_may_end_it() -> None:
    opened = event(PlaceOpened(BindingId("kitchen"), "#kitchen"), actor=MIA)
    text = line(project(VIEW, opened, INBOX))
    assert text.startswith("Mia shows this conversation in #kitchen from here on")
    assert "/pin disconnect" in text
    assert project(VIEW, replace(opened, what=PlaceOpened(SHARED.binding, "#c")), SHARED) is None


def test_a_place_that_closes_and_a_member_who_is_removed_are_told_to_all() -> None:
    closed = event(PlaceClosed(BindingId("kitchen"), ""), actor=MIA)
    assert line(project(VIEW, closed, INBOX)) == "Mia ended this conversation in a channel."
    removed = event(PersonRemoved(ADA.id), actor=MIA)
    assert line(project(VIEW, removed, DIRECT)) == "Mia removed Ada."


@pytest.mark.parametrize("what", [RequestAccepted(), RequestIgnored(), Muted(on=True)])
def test_what_one_decides_for_oneself_is_no_line(what: Happening) -> None:
    assert project(VIEW, event(what, only=SHOP.id), INBOX) is None
    assert sentence(event(what), VIEW.accounts) == ""
