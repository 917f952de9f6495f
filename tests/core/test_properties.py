"""Whatever people do, in whatever order and however often their platform repeats it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.apply import apply
from core.capabilities import Capabilities
from core.decide import decide
from core.events import (
    CardFilled,
    Event,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    PeopleAdded,
    ThreadOpened,
)
from core.ids import (
    AccountId,
    BindingId,
    ConversationId,
    MessageId,
    MirrorId,
    PinId,
    ThreadId,
)
from core.intents import (
    AddPeople,
    DeleteMessage,
    EditMessage,
    FillCard,
    Intent,
    Leave,
    OnMessage,
    PostMessage,
    React,
    StartThread,
    What,
)
from core.model import (
    MOST_PEOPLE,
    Account,
    AccountKind,
    Binding,
    BindingKind,
    Contacts,
    Head,
    Mirror,
    Pin,
    Place,
    Refusal,
    Standing,
    State,
    Thread,
    Written,
    people_key,
)
from core.project import View, project
from core.text.content import length
from tests.core.talk import keep

Story = list[tuple[tuple[object, ...], str, bool]]
"""Steps; how their key ends (`!`: said in a shared channel); whether they arrive twice."""

BEGIN = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
PEOPLE = {
    AccountId(f"p{n}"): Account(AccountId(f"p{n}"), AccountKind.PERSON, f"p{n}", f"P{n}")
    for n in range(13)
}
PINS = {PinId(f"{n}"): Pin(PinId(f"{n}"), f"https://www.pinterest.com/pin/{n}/") for n in range(3)}
SHARED = Binding(BindingId("b"), AccountId("p0"), Place("discord", "g", "c"), BindingKind.PROJECT)


ANYONE = Standing(
    kinds={one.id: one.kind for one in PEOPLE.values()}, contacts=Contacts.ANYONE, invited=True
)


class Model:
    """Intake in memory: finds what an intent names, decides, and keeps the events."""

    def __init__(self) -> None:
        self.histories: dict[ConversationId, list[Event]] = {}
        self.heads: dict[ConversationId, Head] = {}
        self.threads: dict[ThreadId, Thread] = {}
        self.messages: dict[MessageId, Written] = {}
        self.committed: dict[str, tuple[Event, ...]] = {}

    def submit(self, intent: Intent, at: datetime) -> tuple[Event, ...] | Refusal:
        if intent.key in self.committed:
            return self.committed[intent.key]
        state = self._state(intent)
        found = decide(state, intent, at)
        assert found == decide(state, intent, at)
        if isinstance(found, Refusal):
            return found
        for event in found:
            state = apply(state, event)
            self.histories.setdefault(event.conversation, []).append(event)
            keep(self.messages, event)
        if found and state.head:
            self.heads[state.head.id] = state.head
            if state.thread:
                self.threads[state.thread.id] = state.thread
            self.committed[intent.key] = found
        return found

    def _state(self, intent: Intent) -> State:
        assert isinstance(intent.actor, str)
        state = State(
            PEOPLE[intent.actor],
            via=SHARED if intent.key.endswith("!") else None,
            standing=ANYONE,
        )
        what = intent.what
        if isinstance(what, OnMessage):
            assert isinstance(what.message, str)
            message = self.messages.get(what.message)
            if message is None:
                return state
            on = self.threads[message.thread]
            head = self.heads[on.conversation]
            return replace(state, message=message, thread=on, head=head)
        if isinstance(what, StartThread | AddPeople):
            named = tuple(PEOPLE[ref] for ref in what.people if isinstance(ref, str))
            state = replace(state, people=named)
        if isinstance(what, StartThread):
            key = people_key((state.actor.id, *(one.id for one in state.people)))
            for head in self.heads.values():
                if people_key(head.present()) == key:
                    state = replace(state, head=head)
                    for thread in self.threads.values():
                        if thread.conversation == head.id and thread.pin == what.pin:
                            state = replace(state, thread=thread)
            return state
        assert isinstance(what.target, str)
        thread_ = self.threads.get(what.target)
        return (
            replace(state, thread=thread_, head=self.heads[thread_.conversation])
            if thread_
            else state
        )


people = st.sampled_from(sorted(PEOPLE))
pins = st.sampled_from(sorted(PINS))
words = st.sampled_from(["", "yes", " in oak? ", "x" * 30])
step = st.one_of(
    st.tuples(st.just("start"), people, st.lists(people, max_size=11), st.none() | pins, words),
    st.tuples(st.just("post"), people, st.integers(0, 5), st.none() | pins, words),
    st.tuples(st.just("add"), people, st.integers(0, 5), st.lists(people, max_size=6)),
    st.tuples(st.just("leave"), people, st.integers(0, 5)),
    st.tuples(st.just("fill"), people, st.integers(0, 5), pins),
    st.tuples(st.just("edit"), people, st.integers(0, 5), words),
    st.tuples(st.just("delete"), people, st.integers(0, 5)),
    st.tuples(st.just("react"), people, st.integers(0, 5), st.sampled_from("ab"), st.booleans()),
)
stories = st.lists(st.tuples(step, st.sampled_from(["", "!"]), st.booleans()), max_size=40)


def on_message(model: Model, kind: object, rest: list[object]) -> OnMessage:
    """What is done to one of the messages that exist by now, or to none."""
    index, *more = rest
    assert isinstance(index, int)
    known = sorted(model.messages)
    message = known[index] if index < len(known) else MessageId("nothing")
    if kind == "edit":
        return EditMessage(message, str(more[0]))
    if kind == "delete":
        return DeleteMessage(message)
    return React(message, str(more[0]), bool(more[1]))


def to_intent(model: Model, n: int, step: tuple[object, ...], mark: str) -> Intent:
    """An intent about one of the threads that exist by now, or about none."""

    def target(index: object) -> ThreadId:
        assert isinstance(index, int)
        known = sorted(model.threads)
        return known[index] if index < len(known) else ThreadId("nowhere")

    match step:
        case ("edit" | "delete" | "react", actor, *rest):
            what: What = on_message(model, step[0], rest)
        case ("start", actor, list(named), pin, str(text)):
            what = StartThread(tuple(named), pin, text)  # type: ignore[arg-type]
        case ("post", actor, index, pin, str(text)):
            what = PostMessage(target(index), text, pin)  # type: ignore[arg-type]
        case ("add", actor, index, list(named)):
            what = AddPeople(target(index), tuple(named))
        case ("leave", actor, index):
            what = Leave(target(index))
        case ("fill", actor, index, str(pin)):
            what = FillCard(target(index), PinId(pin))
        case _:
            raise AssertionError(step)
    return Intent(f"key{n}{mark}", AccountId(str(actor)), what)


def play(story: Story) -> Model:
    """Acts a story; some of its intents arrive twice."""
    model = Model()
    for n, (one, mark, again) in enumerate(story):
        intent = to_intent(model, n, one, mark)
        first = model.submit(intent, BEGIN + timedelta(seconds=n))
        if again and not isinstance(first, Refusal) and first:
            lengths = {talk: len(events) for talk, events in model.histories.items()}
            assert model.submit(intent, BEGIN + timedelta(days=1)) == first
            assert lengths == {talk: len(events) for talk, events in model.histories.items()}
    return model


@given(stories)
def test_replaying_a_history_gives_its_state(
    story: Story,
) -> None:
    model = play(story)
    for talk, history in model.histories.items():
        state = State(PEOPLE[AccountId("p0")])
        tails: dict[ThreadId, Thread] = {}
        for event in history:
            state = replace(state, thread=tails.get(event.thread))
            state = apply(state, event)
            if state.thread and state.thread.id == event.thread:
                tails[event.thread] = state.thread
        assert state.head == model.heads[talk]
        assert tails == {t.id: t for t in model.threads.values() if t.conversation == talk}


@given(stories)
def test_a_history_is_numbered_from_one_without_gaps(
    story: Story,
) -> None:
    for talk, history in play(story).histories.items():
        assert [event.seq for event in history] == list(range(1, len(history) + 1))
        assert {event.conversation for event in history} == {talk}


@given(stories)
def test_no_two_messages_share_an_id(story: Story) -> None:
    ids = [
        event.what.message
        for history in play(story).histories.values()
        for event in history
        if isinstance(event.what, MessagePosted)
    ]
    assert len(ids) == len(set(ids))


@given(stories)
def test_there_is_never_an_eleventh_person_nor_one_twice(
    story: Story,
) -> None:
    for history in play(story).histories.values():
        state = State(PEOPLE[AccountId("p0")])
        for event in history:
            state = apply(state, event)
            assert state.head
            present = state.head.present()
            assert len(present) <= MOST_PEOPLE
            assert len(present) == len(set(present))


@given(stories, st.integers(0, 12), st.none() | st.integers(0, 12))
def test_a_mirror_never_shows_an_event_outside_its_range(
    story: Story, first: int, last: int | None
) -> None:
    model = play(story)
    messages = model.messages
    for history in model.histories.values():
        for event in history:
            opened = next(
                e for e in history if e.thread == event.thread and isinstance(e.what, ThreadOpened)
            )
            assert isinstance(opened.what, ThreadOpened)
            view = View(
                event.thread,
                opened.what.pin,
                opened.actor,
                (),
                PEOPLE,
                PINS,
                Capabilities(text=10, measure=length, file=1, threads_in_direct=False),
                messages,
            )
            mirror = Mirror(
                MirrorId("m"),
                event.thread,
                event.conversation,
                BindingId("b"),
                AccountId("p0"),
                SHARED.place,
                BindingKind.PROJECT,
                first,
                first - 1,
                last,
            )
            show = project(view, event, mirror)
            inside = event.seq >= first and (last is None or event.seq <= last)
            assert inside or show is None
            message = messages.get(getattr(event.what, "message", MessageId("")))
            if inside and isinstance(event.what, MessagePosted) and message and message.deleted:
                assert show is None
            elif inside and isinstance(event.what, MessagePosted) and message:
                assert show
                assert show.revision == message.revision
                parts = [step.part for step in show.steps if step.part]
                shown = "".join("".join(part.text.split()) for part in parts)
                assert shown == "".join(message.text.split())
                assert any(part.pin for part in parts) is (event.what.pin is not None)
            if inside and isinstance(event.what, PeopleAdded):
                assert (show is None) is (event.what.via == mirror.binding)
            if isinstance(event.what, CardFilled) and event.what.pin != view.pin:
                assert show is None


@given(stories)
def test_only_authors_change_messages_and_deleted_ones_stay_as_they_are(story: Story) -> None:
    for history in play(story).histories.values():
        messages: dict[MessageId, Written] = {}
        for event in history:
            before = messages.get(getattr(event.what, "message", MessageId("")))
            if isinstance(event.what, MessageEdited | MessageDeleted):
                assert before
                assert (before.author, before.deleted) == (event.actor, False)
            if isinstance(event.what, MessageEdited):
                assert before
                assert event.what.revision == before.revision + 1
            keep(messages, event)
