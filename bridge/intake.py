"""The only way into the history.

Looks up what an intent names, lets the core decide, commits, and only then
answers. Intents of one conversation run one after another, in the order in
which they came; different conversations run side by side. Words for a thread
that is still on its way to its place are held, and decided again when it is
there.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from bridge.finding import Finder, Found, repeated
from core.apply import apply
from core.decide import decide
from core.events import (
    AboutMessage,
    Event,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    PeopleAdded,
    ThreadOpened,
)
from core.ids import AccountId, MessageId, MirrorId, RemoteId, SpaceId, ThreadId, derive
from core.intents import Intent, Person, PersonRef, PostMessage, React, Somebody, StartThread
from core.model import (
    AUTHOR,
    Account,
    Binding,
    BindingKind,
    Head,
    Identity,
    Place,
    Placement,
    Refusal,
    State,
    Written,
    people_key,
)
from core.ports import (
    Accepted,
    Begun,
    Change,
    Commit,
    Committed,
    Duplicate,
    Fetch,
    Ignored,
    NewMirror,
    Outcome,
    Stale,
    Store,
    Wakeups,
)
from core.sweep import overtaken

log = logging.getLogger("pinthread.intake")

HELD_FOR = timedelta(hours=24)

_UNCHANGED = 10_000
"""Reactions remembered for the sake of sweeps under way."""
_Reaction = tuple[str, str, str]

_IN_A_THREAD = MessagePosted | AboutMessage
"""What changes nothing in who is there."""


class Ahead(Protocol):
    """What delivers, as the intake sees it."""

    def begin(self, event: Event, expected: int, typed_in: MirrorId | None) -> tuple[Begun, ...]:
        """The deliveries of an event whose calls may be made as soon as it is committed."""
        ...

    async def settle(self, begun: Sequence[Begun], done: Sequence[MirrorId]) -> None:
        """Told after the commit, in whatever way it ended; `done` are those that did begin."""
        ...


class Intake:
    """Takes intents, answers with outcomes, and wakes whoever waits for news."""

    def __init__(self, store: Store, wakeups: Wakeups, now: Callable[[], datetime]) -> None:
        self._store = store
        self._wakeups = wakeups
        self._now = now
        self._finder = Finder(store, now)
        self._turns: dict[str, _Turn] = {}
        self._ahead: Ahead | None = None
        self._unchanged: dict[_Reaction, int] = {}
        """Reactions set or taken back as they were before, and how far the feed was then."""
        self._releasing: set[str] = set()

    def connect(self, ahead: "Ahead") -> None:
        """From now on deliveries may begin with the commit of what is delivered."""
        self._ahead = ahead

    async def submit(self, intent: Intent) -> Outcome:
        """Commits before it returns; a repeated intent gives its first answer again."""
        outcome = await self._settle(intent)
        if isinstance(outcome, Accepted) and not outcome.repeated:
            # What waited for these words comes first: a message that was deleted while it
            # was on its way here should not be seen anywhere.
            said = intent.origin if isinstance(intent.what, PostMessage) else None
            if said is not None and said.message is not None:
                await self.release(said.place.platform, said.message)
            self._wakeups.publish(Change(outcome.conversation, outcome.thread, "event"))
        return outcome

    async def account(self, actor: Somebody, place: Place | None = None) -> Account:
        """Who acts there: in a brand's inbox the brand, else the person, made if unknown."""
        return await self._finder.account(actor, place)

    async def find_people(self, refs: Sequence[PersonRef]) -> tuple[Account | None, ...]:
        return await self._finder.each(refs)

    async def release(self, platform: str, appeared: SpaceId | RemoteId) -> None:
        """A thread or message has appeared in its place: decides what waited for it, in order."""
        for held in await self._store.held_for(platform, appeared):
            self._releasing.add(held.key)
            try:
                outcome = await self.submit(held.intent)
            finally:
                self._releasing.discard(held.key)
            await self._store.release(held.key)
            log.info("held_released", extra={"outcome": type(outcome).__name__})

    async def release_all(self) -> None:
        """After a start: whatever appeared just before the stop."""
        for platform, appeared in await self._store.held_ready():
            await self.release(platform, appeared)

    # --- deciding and committing ----------------------------------------------------------

    async def _settle(self, intent: Intent) -> Outcome:
        if isinstance(intent.what, StartThread):
            return await self._start(intent, intent.what)
        found = await self._finder.find(intent)
        if not isinstance(found, Found):
            return found
        if _is_machine(intent) and found.binding and found.binding.kind is BindingKind.INBOX:
            return Ignored()  # what a brand's own tools say there is not for its followers
        async with self._turn(found.head.id) as waited:
            if waited:
                found = await self._finder.find(intent)
                if not isinstance(found, Found):
                    return found
            return await self._decide(intent, found)

    async def _start(self, intent: Intent, what: StartThread) -> Outcome:
        actor, agent = await self._finder.actor(intent, None)
        people, missing = await self._finder.people(what.people)
        key = people_key((actor.id, *(account.id for account in people)))
        async with self._turn(key):
            while True:
                head = await self._store.head_of_people(key) if not missing else None
                thread = None
                if head is not None and what.pin is not None:
                    thread = await self._store.open_thread(head.id, what.pin)
                state = State(actor, head, thread, people, missing)
                if head is None:
                    outcome = await self._commit(intent, state, agent, None)
                else:
                    async with self._turn(head.id):
                        outcome = await self._commit(intent, state, agent, None)
                if outcome is not None:
                    return outcome

    async def _decide(self, intent: Intent, found: Found) -> Outcome:
        while True:
            actor, agent = await self._finder.actor(intent, found.binding, found.message)
            if intent.as_of is not None and found.message is not None:
                about = found.thread.id, found.message.id
                if self._unchanged.get(_reaction(intent, actor, found.message), -1) >= intent.as_of:
                    return Ignored()
                if overtaken(intent, actor.id, await self._store.touched(*about, intent.as_of)):
                    return Ignored()
            named = getattr(intent.what, "people", ())
            people, missing = await self._finder.people(named) if named else ((), ())
            state = State(
                actor, found.head, found.thread, people, missing, found.binding, found.message
            )
            outcome = await self._commit(intent, state, agent, found)
            if outcome is not None:
                return outcome
            again = await self._finder.find(intent)
            if not isinstance(again, Found):
                return again
            found = again

    async def _commit(
        self, intent: Intent, state: State, agent: Identity | None, found: Found | None
    ) -> Outcome | None:
        """None: something changed under the decision, decide again."""
        now = self._now()
        events = decide(state, intent, now, agent)
        if isinstance(events, Refusal):
            known = await self._store.committed(intent.key)
            return events if known is None else repeated(intent, known)
        if not events:
            assert state.head is not None
            assert state.thread is not None
            # What had been held is older than any page.
            live = intent.as_of is None and intent.key not in self._releasing
            if live and isinstance(intent.what, React) and state.message:
                await self._note_unchanged(_reaction(intent, state.actor, state.message))
            return Accepted(state.head.id, state.thread.id, state.head.seq)
        commit = await self._prepare(intent, state, events, found)
        result = await self._write(commit)
        if isinstance(result, Stale):
            return None
        if isinstance(result, Duplicate):
            return repeated(intent, result)
        last = events[-1]
        return Accepted(last.conversation, last.thread, result.seq, _message_of(events))

    async def _note_unchanged(self, reaction: "_Reaction") -> None:
        """Somebody left it as the history has it: a page read before must not change that."""
        self._unchanged.pop(reaction, None)
        if len(self._unchanged) >= _UNCHANGED:
            del self._unchanged[next(iter(self._unchanged))]
        self._unchanged[reaction] = await self._store.feed_end()

    async def _write(self, commit: Commit) -> Committed | Duplicate | Stale:
        done: tuple[MirrorId, ...] = ()
        try:
            result = await self._store.commit(commit)
            if isinstance(result, Committed):
                done = result.begun
        finally:
            if self._ahead is not None and commit.begun:
                await self._ahead.settle(commit.begun, done)
        return result

    async def _prepare(
        self, intent: Intent, state: State, events: tuple[Event, ...], found: Found | None
    ) -> Commit:
        head = _head_after(state, events)
        mirror = found.mirror if found is not None else None
        mirrors = () if head is state.head else await self._new_mirrors(head, events)
        expected = state.head.seq if state.head else 0
        here = _here(intent, events, found)
        # From here to the commit nothing may come between: deliveries begin with it.
        begun: tuple[Begun, ...] = ()
        if self._ahead is not None and len(events) == 1:
            begun = self._ahead.begin(events[0], expected, here.mirror if here else None)
        return Commit(
            key=intent.key,
            fingerprint=intent.fingerprint,
            conversation=events[0].conversation,
            expected=expected,
            events=events,
            people_key="" if head is state.head else people_key(head.present()),
            mirrors=mirrors,
            here=here,
            origin=mirror.id if mirror is not None else None,
            fetches=_fetches(intent, _message_of(events)),
            begun=begun,
        )

    async def _new_mirrors(self, head: Head, events: tuple[Event, ...]) -> tuple[NewMirror, ...]:
        """A new thread appears with everybody in it; whoever joins sees what comes from then on."""
        made: list[NewMirror] = []
        for event in events:
            if isinstance(event.what, ThreadOpened):
                made += await self._mirrors((event.thread,), head.present(), event.seq)
            elif isinstance(event.what, PeopleAdded) and event.what.via is None:
                threads = [t.id for t in await self._store.threads_of(head.id)]
                made += await self._mirrors(tuple(threads), event.what.people, event.seq)
        return tuple(made)

    async def _mirrors(
        self, threads: tuple[ThreadId, ...], accounts: tuple[AccountId, ...], from_seq: int
    ) -> list[NewMirror]:
        bindings = places_of(await self._store.bindings_of(accounts))
        return [
            NewMirror(mirror_id(thread, binding, from_seq), thread, binding, from_seq)
            for thread in threads
            for binding in bindings
        ]

    def _turn(self, name: str) -> "_Turn":
        """One at a time for a name, first come first served. Tells whether it had to wait."""
        turn = self._turns.get(name)
        if turn is None:
            turn = self._turns[name] = _Turn(self._turns, name)
        return turn


class _Turn:
    """The line of those who want to decide on one conversation; gone when nobody does."""

    __slots__ = ("_lock", "_name", "_turns", "_users")

    def __init__(self, turns: "dict[str, _Turn]", name: str) -> None:
        self._turns = turns
        self._name = name
        self._lock = asyncio.Lock()
        self._users = 0

    async def __aenter__(self) -> bool:
        waited = self._users > 0
        self._users += 1
        try:
            await self._lock.acquire()
        except BaseException:
            self._leave()
            raise
        return waited

    async def __aexit__(self, *_: object) -> None:
        self._lock.release()
        self._leave()

    def _leave(self) -> None:
        self._users -= 1
        if not self._users:
            del self._turns[self._name]


def places_of(bindings: Sequence[Binding]) -> tuple[Binding, ...]:
    """Where threads appear: in an account's channels, and in direct messages if it has none."""
    housed = {b.account for b in bindings if b.kind is not BindingKind.DIRECT}
    return tuple(b for b in bindings if b.kind is not BindingKind.DIRECT or b.account not in housed)


def mirror_id(thread: ThreadId, binding: Binding, from_seq: int) -> MirrorId:
    return MirrorId(derive("mirror", f"{thread} {binding.id} {from_seq}"))


def _reaction(intent: Intent, actor: Account, message: Written) -> _Reaction:
    """Whose, on what, and with which emoji; none of an intent about anything else."""
    what = intent.what
    return (str(message.id), str(actor.id), what.emoji) if isinstance(what, React) else ("", "", "")


def _is_machine(intent: Intent) -> bool:
    return isinstance(intent.actor, Person) and intent.actor.machine


def _head_after(state: State, events: tuple[Event, ...]) -> Head:
    """Who is in the conversation once the events have happened; most change nothing in that."""
    if state.head is not None and all(isinstance(event.what, _IN_A_THREAD) for event in events):
        return state.head
    for event in events:
        state = apply(state, event)
    assert state.head is not None
    return state.head


def _here(intent: Intent, events: tuple[Event, ...], found: Found | None) -> Placement | None:
    """The remote message that shows already what has just been done, where it was done there."""
    if found is None or found.mirror is None or intent.origin is None:
        return None
    for event in events:
        what = event.what
        if isinstance(what, MessagePosted) and intent.origin.message is not None:
            return Placement(found.mirror.id, what.message, 0, intent.origin.message, AUTHOR)
        if found.placement is None:
            continue
        if isinstance(what, MessageEdited):
            return replace(found.placement, revision=what.revision)
        if isinstance(what, MessageDeleted):
            return replace(found.placement, removed=True)
    return None


def _fetches(intent: Intent, message: MessageId | None) -> tuple[Fetch, ...]:
    what, origin = intent.what, intent.origin
    if not isinstance(what, PostMessage) or message is None or origin is None:
        return ()
    return tuple(
        Fetch(message, n, origin.place.platform, file) for n, file in enumerate(what.files)
    )


def _message_of(events: tuple[Event, ...]) -> MessageId | None:
    for event in events:
        if isinstance(event.what, MessagePosted):
            return event.what.message
    return None
