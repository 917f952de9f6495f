"""Whatever a brand, its follower and others do: no part of a note is seen outside the brand.

Every text, file, pin and emoji of a story is its own word, so that a word of a note that
turns up anywhere outside is found. Outside is every account but the brand, on private
surfaces and in channels, through `project` into places that hold all they might, and
through `shown_to`, by which the store filters all that people read, search and export.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from core.apply import apply
from core.audience import shown_to
from core.capabilities import Capabilities
from core.decide import decide
from core.delivery import CardLine
from core.events import Event, FileAdded, FileFailed, MessagePosted
from core.files import FileId, FileRef
from core.ids import AccountId, BindingId, MessageId, MirrorId, PinId, RemoteId
from core.intents import (
    AddFile,
    AddPeople,
    Assign,
    ClosePlace,
    DeleteMessage,
    EditMessage,
    FillCard,
    Intent,
    Leave,
    OpenPlace,
    PostMessage,
    React,
    SetStatus,
    Speech,
    StartThread,
    What,
)
from core.lines import Wait
from core.model import (
    Account,
    Binding,
    BindingKind,
    BrandRules,
    Head,
    Mirror,
    Mode,
    Pin,
    Place,
    Placement,
    Refusal,
    Role,
    State,
    Status,
    Thread,
    Written,
)
from core.project import View, again, card, in_words, project
from core.text.content import Bold, Paragraph, Text, length
from tests.core.talk import (
    ADA,
    AGENT,
    MIA,
    NORA,
    NOW,
    OLA,
    PIN,
    SHOP,
    THREAD,
    channel,
    inbox,
    keep,
    standing,
)

EVERYONE = {one.id: one for one in (MIA, NORA, OLA, ADA, SHOP)}
OUTSIDE = (MIA, NORA, OLA, ADA)
ROOM = Capabilities(text=30, measure=length, file=10, threads_in_direct=False)

follows = st.sampled_from(["mia>shop shop>mia", "mia>shop", "shop>mia", ""])
blocks = st.sampled_from(["", "", "", "shop>mia", "mia>shop", "nora>mia"])
marks = st.sampled_from(["", "note: ", "NOTE:", "🔒"])
index = st.integers(0, 4)
people = st.sampled_from([SHOP, SHOP, MIA, MIA, NORA])
speeches = st.sampled_from(Speech)
_words = [
    st.tuples(st.just("say"), people, speeches, marks, st.none() | index),
    st.tuples(st.just("file"), people, speeches, marks, index),
    st.tuples(st.just("pin"), people, speeches, marks, index),
]
_touches = [
    st.tuples(st.just("edit"), people, index, marks),
    st.tuples(st.just("delete"), people, index),
    st.tuples(st.just("react"), people, index, st.booleans()),
    st.tuples(st.just("fetched"), index, st.booleans()),
    st.tuples(st.just("filled"), index),
]
_settings = st.one_of(
    st.tuples(st.just("again"), people, marks),
    st.tuples(st.just("mode"), st.sampled_from(Mode)),
    st.tuples(st.just("standing"), follows, blocks),
    st.tuples(st.just("shared"), st.booleans()),
    st.tuples(st.just("add"), people, st.sampled_from([NORA, OLA])),
    st.tuples(st.just("assign"), st.booleans()),
    st.tuples(st.just("status"), st.sampled_from(Status)),
    st.tuples(st.just("leave"), people),
)
step = st.one_of(_words[0], *_words, *_touches, _settings)
stories = st.lists(step, min_size=4, max_size=30)


@dataclass
class World:
    """One conversation that begins with Mia and the shop, and all that it has become."""

    head: Head | None = None
    thread: Thread | None = None
    history: list[Event] = field(default_factory=list)
    messages: dict[MessageId, Written] = field(default_factory=dict)
    said: dict[MessageId, set[str]] = field(default_factory=dict)
    """All words that ever belonged to a message."""
    meant: set[str] = field(default_factory=set)
    """Words that were written as a note, whatever has become of them."""
    mode: Mode = Mode.RELAY
    follows: str = "mia>shop shop>mia"
    blocks: str = ""
    shared: bool = False
    count: int = 0

    def word(self) -> str:
        self.count += 1
        return f"w{self.count}w"

    def nth(self, n: int) -> Written | None:
        known = sorted(self.messages.values(), key=lambda one: one.seq)
        return known[n % len(known)] if known else None

    def where(self, actor: Account) -> Binding | None:
        """The shop's agents type in its inbox, others in Mia's channel if it is shown there."""
        if actor is SHOP:
            return inbox(self.mode)
        return channel(MIA) if self.shared else None

    def do(
        self, actor: Account, what: What, message: Written | None = None, words: str = ""
    ) -> None:
        """Decides and keeps it; a reply that waits is released at once."""
        self.count += 1
        named = [EVERYONE[one] for one in getattr(what, "people", ()) if isinstance(one, str)]
        if isinstance(what, Assign) and isinstance(what.to, str):
            named = [EVERYONE[AccountId(what.to)]]
        state = State(
            actor,
            self.head,
            self.thread,
            tuple(named),
            via=self.where(actor),
            message=message,
            standing=standing(
                self.follows,
                self.blocks,
                role=Role.OWNER,
                agents=frozenset({ADA.id}),
                brand=BrandRules(hold=15.0),
            ),
        )
        if isinstance(what, OpenPlace | ClosePlace):
            state = replace(state, via=channel(MIA))
        at = NOW + timedelta(seconds=self.count)
        agent = AGENT if actor is SHOP else None
        found = decide(state, Intent(f"key{self.count}", actor.id, what), at, agent)
        if isinstance(found, Wait):
            assert isinstance(what, PostMessage)
            self.do(actor, replace(what, speech=Speech.REPLY), message, words)
            return
        if isinstance(found, Refusal):
            return
        for event in found:
            state = apply(state, event)
            self.history.append(event)
            keep(self.messages, event)
            about = getattr(event.what, "message", None)
            if about is not None:
                self.said.setdefault(about, set()).update(words.split())
        self.head, self.thread = state.head, state.thread


def play(story: list[tuple[object, ...]]) -> World:
    world = World()
    world.do(MIA, StartThread((SHOP.id,), PIN, "hello"))
    for one in story:
        act(world, one)
    return world


def act(world: World, one: tuple[object, ...]) -> None:
    match one:
        case ("mode", Mode() as mode):
            world.mode = mode
        case ("standing", str(follows), str(blocks)):
            world.follows, world.blocks = follows, blocks
        case ("shared", bool(on)):
            world.shared = on
            place = OpenPlace if on else ClosePlace
            world.do(MIA, place(THREAD, BindingId("kitchen")))
        case ("add", Account() as actor, Account() as other):
            world.do(actor, AddPeople(THREAD, (other.id,)))
        case ("leave", Account() as actor):
            world.do(actor, Leave(THREAD))
        case ("assign" | "status", how):
            tomorrow = NOW + timedelta(days=1)
            assigned = Assign(THREAD, ADA.id if how is True else None)
            world.do(
                SHOP, SetStatus(THREAD, how, tomorrow) if isinstance(how, Status) else assigned
            )
        case ("again", Account() as actor, str(mark)):
            word = world.word()
            other = MIA if actor is SHOP else SHOP
            world.do(actor, StartThread((other.id,), PIN, f"{mark}{word}"), words=word)
        case ("say" | "file" | "pin", Account() as actor, Speech() as speech, str(mark), n):
            speak(world, str(one[0]), actor, speech, mark, n if isinstance(n, int) else None)
        case (str(kind), *rest):
            touch(world, kind, rest)


def speak(
    world: World, kind: str, actor: Account, speech: Speech, mark: str, n: int | None
) -> None:
    word, other = world.word(), world.word()
    text = f"{mark}{word}"
    what = PostMessage(
        THREAD,
        text,
        PinId(other) if kind == "pin" else None,
        (Paragraph((Bold((Text(text),)),)),) if kind == "say" else None,
        stored=(file(other),) if kind == "file" else (),
        speech=speech,
    )
    answered = world.nth(n) if kind == "say" and n is not None else None
    inside = speech is Speech.NOTE or (answered is not None and answered.only is not None)
    typed = speech is Speech.TYPED and (mark != "" or world.mode is Mode.EXPLICIT)
    if actor is SHOP and (inside or typed):
        world.meant |= {word, other}
    world.do(actor, what, answered, f"{word} {other}")


def touch(world: World, kind: str, rest: list[object]) -> None:
    actor = rest.pop(0) if isinstance(rest[0], Account) else None
    assert isinstance(rest[0], int)
    message = world.nth(rest[0])
    if message is None:
        return
    word = world.word()
    author = EVERYONE[message.author]
    who = actor if isinstance(actor, Account) else author
    if kind == "edit":
        world.do(who, EditMessage(message.id, f"{rest[1]}{word}"), message, word)
    elif kind == "delete":
        world.do(who, DeleteMessage(message.id), message)
    elif kind == "react":
        emoji = f"{message.id}-{who.id}"
        world.do(who, React(message.id, emoji, on=bool(rest[1])), message, emoji)
    elif kind == "fetched":
        got = file(word) if rest[1] else None
        world.do(author, AddFile(message.id, word, got, "gone"), message, word)
    elif message.pin is not None:
        world.do(MIA, FillCard(THREAD, message.pin), message, str(message.pin))


def file(word: str) -> FileRef:
    return FileRef(FileId(word), f"{word}.png", "image/png", 900)


# --- what is seen outside -----------------------------------------------------------------


def secrets(world: World) -> set[str]:
    """The words of notes, and their ids."""
    notes = [one.id for one in world.messages.values() if one.only is not None]
    words = {word for note in notes for word in world.said.get(note, ())}
    return words | world.meant | {str(note) for note in notes}


def mirrors() -> Iterator[Mirror]:
    for account in OUTSIDE:
        for kind in (BindingKind.DIRECT, BindingKind.PROJECT):
            yield a_mirror(account, kind)
    yield a_mirror(SHOP, BindingKind.PROJECT)


def a_mirror(account: Account, kind: BindingKind) -> Mirror:
    name = f"{account.id} {kind}"
    place = Place("slack", "T0", name)
    binding = BindingId(name)
    talk = EVERY_TALK
    return Mirror(MirrorId(name), THREAD, talk, binding, account.id, place, kind, 1, 0, root=CARD)


EVERY_TALK, CARD = "talk", RemoteId("card")


def views(world: World, mirror: Mirror) -> Iterator[View]:
    """What a place may hold: nothing yet, or all that it was ever shown."""
    assert world.thread
    known = {one.pin for one in world.messages.values() if one.pin} | {PIN}
    bare = View(
        world.thread.id,
        PIN,
        MIA.id,
        (MIA.id, SHOP.id),
        EVERYONE,
        {pin: Pin(pin, f"https://pin/{pin}") for pin in known},
        ROOM,
        world.messages,
        wanted={one.id: frozenset(e for _, e in one.reactions) for one in world.messages.values()},
        events=tuple(world.history),
        agents={AGENT: "Ada"},
        signatures=True,
    )
    yield bare
    shared = mirror.kind is BindingKind.PROJECT
    placed = {
        str(one.id): (Placement(mirror.id, one.id, 0, RemoteId(f"r{one.seq}"), "bot"),)
        for one in world.messages.values()
        if shown_to(one, mirror.account, shared=shared)
    }
    yield replace(bare, placed=placed)


@settings(max_examples=250, deadline=None)
@given(stories)
def test_no_part_of_a_note_is_shown_in_any_place_outside_the_brand(
    story: list[tuple[object, ...]],
) -> None:
    world = play(story)
    hidden = secrets(world)
    for mirror in mirrors():
        for view in views(world, mirror):
            shown: list[object] = [card(view, 1)]
            for event in world.history:
                show = project(view, event, mirror)
                if show is not None:
                    shown.append(in_words(view, event))
                shown += [show, again(view, event, mirror)]
            text = repr(shown)
            assert not [word for word in hidden if word in text]
            assert CardLine.__name__ not in text


@settings(max_examples=250, deadline=None)
@given(stories)
def test_no_part_of_a_note_is_in_what_others_read_search_or_export(
    story: list[tuple[object, ...]],
) -> None:
    world = play(story)
    hidden = secrets(world)
    for account in OUTSIDE:
        for shared in (False, True):
            read = [one for one in world.history if shown_to(one, account, shared=shared)]
            seen = [one for one in world.messages.values() if shown_to(one, account, shared=shared)]
            text = repr((read, seen))
            assert not [word for word in hidden if word in text]
            inner = ("ThreadAssigned", "StatusChanged", "RequestAccepted(), agent")
            assert not [word for word in inner[:2] if word in text]


@settings(deadline=None)
@given(stories)
def test_the_brand_sees_all_of_its_notes_and_a_note_stays_one(
    story: list[tuple[object, ...]],
) -> None:
    world = play(story)
    only: dict[MessageId, AccountId | None] = {}
    for event in world.history:
        about = getattr(event.what, "message", None)
        if isinstance(event.what, MessagePosted):
            only[event.what.message] = event.only
        elif about is not None:
            assert event.only == only[about]
        if event.only == SHOP.id:
            assert shown_to(event, SHOP.id)
        if isinstance(event.what, FileAdded | FileFailed):
            assert event.hidden == world.messages[event.what.message].hidden


@settings(deadline=None)
@given(stories)
def test_nobody_ever_joins_a_brand_and_its_follower(story: list[tuple[object, ...]]) -> None:
    state = State(MIA)
    for event in play(story).history:
        state = apply(state, event)
        assert state.head
        present = set(state.head.present())
        assert SHOP.id not in present or present <= {MIA.id, SHOP.id}


@settings(deadline=None)
@given(stories)
def test_a_history_with_all_that_a_brand_does_gives_its_state_again(
    story: list[tuple[object, ...]],
) -> None:
    world = play(story)
    state = State(MIA)
    for event in world.history:
        state = apply(state, event)
    assert (state.head, state.thread) == (world.head, world.thread)
    assert [event.seq for event in world.history] == list(range(1, len(world.history) + 1))
