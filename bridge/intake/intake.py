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
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bridge.intake import later
from bridge.intake.finding import Actor, Finder, Found, repeated
from bridge.intake.reactions import Edits, Reactions, reaction_of
from bridge.intake.reporting import reported
from bridge.intake.standing import Rules, Standings
from bridge.presence import Presence
from core.apply import apply
from core.decide import Wait, decide
from core.events import (
    AboutMessage,
    AboutThread,
    Event,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    PeopleAdded,
    PlaceOpened,
    ThreadOpened,
)
from core.ids import (
    AccountId,
    BindingId,
    ConversationId,
    MessageId,
    MirrorId,
    RemoteId,
    SpaceId,
    ThreadId,
    derive,
)
from core.intents import (
    AddPeople,
    Assign,
    ClosePlace,
    Intent,
    OnMessage,
    OpenPlace,
    Person,
    PersonRef,
    PostMessage,
    RemoteMessage,
    Report,
    Somebody,
    Speech,
    StartThread,
)
from core.model import (
    AUTHOR,
    Account,
    AccountKind,
    Binding,
    BindingKind,
    Contacts,
    Head,
    Place,
    Placement,
    Refusal,
    Role,
    Standing,
    State,
    Thread,
    Written,
    people_key,
)
from core.ports.needs import Wakeups
from core.ports.outcomes import Accepted, Ignored, Outcome, Waiting
from core.ports.reading import Change, Timer
from core.ports.rows import Begun, Commit, Committed, Duplicate, Fetch, NewMirror, Stale
from core.ports.store import Store
from core.quick import quick
from core.standing import edges_of
from core.sweep import overtaken

log = logging.getLogger("pinthread.intake")

HELD_FOR = timedelta(hours=24)

_RECEIPT = 10.0
"""Seconds for which an answer to what is not known yet waits for the receipt of a post there."""

_USUAL = PostMessage | OnMessage
_SAYS = (PostMessage, StartThread)
_NAMES_A_PLACE = (OpenPlace, ClosePlace)
_NEED_HELP = (None, Role.VIEWER)
"""Roles to which much is refused, with the name of whom to ask."""

_IN_A_THREAD = MessagePosted | AboutMessage | AboutThread
"""What changes nothing in who is there."""


class Ahead(Protocol):
    """What delivers, as the intake sees it."""

    def begin(self, event: Event, expected: int, typed_in: MirrorId | None) -> tuple[Begun, ...]:
        """The deliveries of an event whose calls may be made as soon as it is committed."""
        ...

    async def settle(self, begun: Sequence[Begun], done: Sequence[MirrorId]) -> None:
        """Told after the commit, in whatever way it ended; `done` are those that did begin."""
        ...

    async def posted(self, mirror: MirrorId, seconds: float) -> bool:
        """Waits for the receipt of a post under way; False where there was none to wait for."""
        ...


class Clock(Protocol):
    """What fires timers, as the intake sees it."""

    def wake(self) -> None:
        """There is a new one."""
        ...


class Intake:
    """Takes intents, answers with outcomes, and wakes whoever waits for news."""

    def __init__(
        self,
        store: Store,
        wakeups: Wakeups,
        now: Callable[[], datetime],
        rules: Rules | None = None,
    ) -> None:
        self._store = store
        self._wakeups = wakeups
        self._now = now
        self.rules = rules or Rules()
        self.presence = Presence(now)
        self._finder = Finder(store, now, self.rules, self.presence)
        self._standings = Standings(store, self.rules, now)
        self._clock: Clock | None = None
        self._on_released: Callable[[Intent, Outcome], None] | None = None
        self._firing: dict[str, str] = {}
        """Keys of intents that timers fire just now, and those timers."""
        self._turns: dict[str, _Turn] = {}
        self._ahead: Ahead | None = None
        self._reactions = Reactions()
        self._edits = Edits()
        self._releasing: set[str] = set()

    def connect(self, ahead: "Ahead") -> None:
        """From now on deliveries may begin with the commit of what is delivered."""
        self._ahead = ahead

    def tell(self, clock: Clock) -> None:
        """Who is told of new timers."""
        self._clock = clock

    def on_released(self, told: Callable[[Intent, Outcome], None]) -> None:
        """Who is told what became of intents that had been held."""
        self._on_released = told

    async def fire(self, intent: Intent, timer: str) -> Outcome:
        """As `submit`, for the program itself; the timer goes with the commit."""
        self._firing[intent.key] = timer
        try:
            return await self.submit(intent)
        finally:
            del self._firing[intent.key]

    async def submit(self, intent: Intent) -> Outcome:
        """Commits before it returns; a repeated intent gives its first answer again."""
        outcome = await self._settle(intent)
        said = intent.origin if isinstance(intent.what, PostMessage) else None
        if isinstance(outcome, Refusal) and said is not None and said.message is not None:
            self._finder.refused(said.place.platform, said.message)
            await self.release(said.place.platform, said.message, PostMessage)
        if isinstance(outcome, Accepted) and not outcome.repeated:
            # What waited for these words comes first: a message that was deleted while it
            # was on its way here should not be seen anywhere.
            if said is not None and said.message is not None:
                await self.release(said.place.platform, said.message)
            self._wakeups.publish(Change(outcome.conversation, outcome.thread, "event"))
        return outcome

    async def account(self, actor: Somebody, place: Place | None = None) -> Account:
        """Who acts there: in a brand's inbox the brand, else the person, made if unknown."""
        return await self._finder.account(actor, place)

    async def acting(
        self, actor: Somebody, place: Place | None = None, *, away: bool = False
    ) -> Actor:
        """Who acts there, with their role in the brand that they act for.

        `away`: they do so from elsewhere, and being there gives the role only if they are.
        """
        return await self._finder.acting(actor, place, away=away)

    async def given_role(self, actor: Somebody, brand: AccountId) -> Role | None:
        """The role that an owner gave to whoever acts."""
        return await self._finder.given_role(actor, brand)

    async def standing(self, acting: Actor, other: Account | None) -> Standing:
        """What there is to know where one account acts on another one, outside conversations."""
        people = (acting.account.id, *(() if other is None else (other.id,)))
        standing, _ = self._standings.of(acting.account, acting.role, people)
        return await self._standings.in_full(standing, acting.account, (), None)

    async def may_still_say(self, intent: Intent) -> bool:
        """Whether who typed a held reply is an agent still, as it is to go out."""
        return await self._finder.may_still_say(intent)

    async def find_people(self, refs: Sequence[PersonRef]) -> tuple[Account | None, ...]:
        return await self._finder.each(refs)

    async def release(
        self, platform: str, appeared: SpaceId | RemoteId, kind: type[object] = object
    ) -> None:
        """A thread or message has appeared in its place: decides what waited for it, in order.

        With `kind` only intents of that kind: others may still come to what they wait for.
        """
        for held in await self._store.held_for(platform, appeared):
            if not isinstance(held.intent.what, kind):
                continue
            self._releasing.add(held.key)
            try:
                outcome = await self.submit(held.intent)
            finally:
                self._releasing.discard(held.key)
            await self._store.release(held.key)
            if self._on_released is not None:
                self._on_released(held.intent, outcome)
            log.info("held_released", extra={"outcome": type(outcome).__name__})

    async def release_all(self) -> None:
        """After a start: whatever appeared just before the stop."""
        for platform, appeared in await self._store.held_ready():
            await self.release(platform, appeared)

    # --- deciding and committing ----------------------------------------------------------

    async def _settle(self, intent: Intent) -> Outcome:
        who, at = intent.actor, intent.at
        if at is not None and isinstance(who, Person) and self._store.has_left(who.identity, at):
            return Ignored()  # heard late: whoever comes back with that login is somebody new
        if isinstance(intent.what, StartThread):
            return await self._start(intent, intent.what)
        found = await self._finder.find(intent)
        if isinstance(found, Found) and await self._has_come(intent, found):
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

    async def _has_come(self, intent: Intent, found: Found) -> bool:
        """Whether what somebody answers may be known by now: one of ours, just posted there.

        It can be read before its receipt is stored. Only words of the same thread wait, and
        those that were said there later come after them.
        """
        answers = intent.what.answers if isinstance(intent.what, PostMessage) else None
        if not isinstance(answers, RemoteMessage) or found.message is not None:
            return False
        if self._ahead is None or found.mirror is None:
            return False
        return await self._ahead.posted(found.mirror.id, _RECEIPT)

    async def _start(self, intent: Intent, what: StartThread) -> Outcome:
        actor = await self._finder.actor(intent, None)
        people, missing = await self._finder.people(what.people)
        key = people_key((actor.account.id, *(account.id for account in people)))
        via = await self._inbox_of(intent)
        async with self._turn(key):
            while True:
                head = await self._store.head_of_people(key) if not missing else None
                thread = None
                if head is not None and what.pin is not None:
                    thread = await self._store.open_thread(head.id, what.pin)
                at = _At(head, thread, via)
                state, version = await self._state(intent, actor, at, people, missing)
                if head is None:
                    outcome = await self._commit(intent, state, actor, None, version)
                else:
                    async with self._turn(head.id):
                        outcome = await self._commit(intent, state, actor, None, version)
                if outcome is not None:
                    return outcome

    async def _decide(self, intent: Intent, found: Found) -> Outcome:
        while True:
            actor = await self._finder.actor(
                intent, found.binding, found, accepted=intent.key in self._firing
            )
            if found.message is not None and await self._is_overtaken(intent, actor, found):
                return Ignored()
            named = _named(intent)
            people, missing = await self._finder.people(named) if named else ((), ())
            message = self._edits.known(intent, found.message)
            via = await self._via(intent, found)
            at = _At(found.head, found.thread, via, message, found.forwarded)
            state, version = await self._state(intent, actor, at, people, missing)
            outcome = await self._commit(intent, state, actor, found, version)
            if isinstance(outcome, Accepted):
                self._edits.accepted(intent, message)
            if outcome is not None:
                return outcome
            again = await self._finder.find(intent)
            if not isinstance(again, Found):
                return again
            found = again

    async def _is_overtaken(self, intent: Intent, actor: Actor, found: Found) -> bool:
        """Whether something newer was heard of than what a page or a late event says."""
        assert found.message is not None
        reaction = reaction_of(intent, actor.account, found.message)
        if reaction is not None and self._reactions.is_old(intent, reaction):
            return True
        if intent.as_of is None:
            return False
        if reaction is not None and self._reactions.is_newer_than(intent.as_of, reaction):
            return True
        touched = await self._store.touched(found.thread.id, found.message.id, intent.as_of)
        return overtaken(intent, actor.account.id, touched)

    async def _via(self, intent: Intent, found: Found) -> Binding | None:
        if isinstance(intent.what, _NAMES_A_PLACE):
            return found.named
        return found.binding or await self._inbox_of(intent)

    async def _inbox_of(self, intent: Intent) -> Binding | None:
        """The brand's inbox in which something was done that names its thread itself.

        No other place counts there: whoever speaks in a shared channel joins the thread that
        stands in it, and none that they name.
        """
        if intent.origin is None or isinstance(intent.what, OnMessage):
            return None
        binding = await self._store.binding_at(intent.origin.place)
        return binding if binding is not None and binding.kind is BindingKind.INBOX else None

    async def _state(
        self,
        intent: Intent,
        actor: Actor,
        at: "_At",
        people: tuple[Account, ...],
        missing: tuple[str, ...],
    ) -> tuple[State, int]:
        """What the decision looks at, and the version of who may talk to whom in it."""
        what, me = intent.what, actor.account
        head = at.head
        there = head.present() if head is not None else ()
        if people or me.id not in there:
            there = tuple(dict.fromkeys((me.id, *there, *(one.id for one in people))))
        standing, version = self._standings.of(me, actor.role, there)
        says = isinstance(what, _SAYS)
        needs_help = me.kind is AccountKind.BRAND and actor.role in _NEED_HELP
        if needs_help or not isinstance(what, _USUAL):
            standing = await self._in_full(standing, intent, actor, people)
        if says and intent.key not in self._firing:
            wait = self._standings.rates.wait(actor.sender, intent.at or self._now())
            if wait:
                standing = replace(standing, wait=wait)
        spoken = 0
        posts = isinstance(what, PostMessage)
        if isinstance(what, PostMessage) and what.seen is not None and at.thread is not None:
            spoken = await self._store.spoken(at.thread.id, me.id, actor.agent)
        return State(
            me,
            head,
            at.thread,
            people,
            missing,
            at.via,
            at.message,
            standing,
            spoken,
            () if posts else await self._shared_places(what, head, people, me),
            at.forwarded,
        ), version

    async def _in_full(
        self, standing: Standing, intent: Intent, actor: Actor, people: tuple[Account, ...]
    ) -> Standing:
        refs = {ref: ref for ref in _named(intent) if isinstance(ref, Person)}
        named: list[tuple[Account, Person | None]] = []
        for account in people:
            by = [one for one in refs if await self._finder.is_of(one, account)]
            named.append((account, by[0] if by else None))
        starts = isinstance(intent.what, StartThread) and len(people) == 1
        other = people[0].id if starts else None
        return await self._standings.in_full(standing, actor.account, named, other)

    async def _shared_places(
        self, what: object, head: Head | None, people: tuple[Account, ...], me: Account
    ) -> tuple[Binding, ...]:
        """Channels in which others will read a conversation from now on, which it says.

        In a closed installation, where anyone may write to anyone, nobody has to be told.
        """
        if self.rules.contacts is Contacts.ANYONE:
            return ()
        if isinstance(what, AddPeople):
            wanted = tuple(one.id for one in people)
        elif isinstance(what, StartThread) and head is None:
            wanted = (me.id, *(one.id for one in people))
        else:
            return ()
        found = await self._store.bindings_of(wanted)
        return tuple(
            one
            for one in found
            if one.kind is BindingKind.PROJECT
            and one.conversation in (None, head.id if head else None)
        )

    async def _commit(
        self, intent: Intent, state: State, actor: Actor, found: Found | None, version: int
    ) -> Outcome | None:
        """None: something changed under the decision, decide again."""
        now = self._now()
        events = decide(state, intent, now, actor.agent)
        if isinstance(events, Refusal):
            known = await self._store.committed(intent.key)
            return events if known is None else repeated(intent, known)
        if isinstance(events, Wait):
            return await self._wait(intent, state, actor, events, now)
        if not events:
            assert state.head is not None
            assert state.thread is not None
            if isinstance(intent.what, Report):
                await self._store.report(await reported(self._store, state, intent, now))
            # What had been held is older than any page.
            live = intent.as_of is None and intent.key not in self._releasing
            reaction = state.message and reaction_of(intent, state.actor, state.message)
            if live and reaction:
                self._reactions.left_unchanged(reaction, await self._store.feed_end())
            return Accepted(state.head.id, state.thread.id, state.head.seq)
        commit = await self._prepare(intent, state, events, found, version)
        result = await self._write(commit)
        if isinstance(result, Stale):
            return None
        if isinstance(result, Duplicate):
            return repeated(intent, result)
        if commit.timers and self._clock is not None:
            self._clock.wake()
        said = isinstance(intent.what, _SAYS)
        if said and intent.key not in self._firing:
            self._standings.rates.sent(actor.sender, intent.at or now)
        last = events[-1]
        newcomer = said and await self._is_newcomer(intent, state, actor)
        message = _message_of(events)
        note = message is not None and events[0].only is not None
        return Accepted(
            last.conversation, last.thread, result.seq, message, newcomer=newcomer, note=note
        )

    async def _is_newcomer(self, intent: Intent, state: State, actor: Actor) -> bool:
        """Whether somebody has just spoken for the first time, in a channel that others read.

        The office tells them then. Elsewhere they know who reads them, and are told no more.
        """
        live = intent.as_of is None and intent.key not in self._releasing
        who = (actor.person or actor.account).id
        if not live or _is_machine(intent) or not await self._store.untold(who):
            return False
        project = state.via is not None and state.via.kind is BindingKind.PROJECT
        if project and isinstance(intent.what, PostMessage):
            return True
        await self._store.told(who)
        return False

    async def _wait(
        self, intent: Intent, state: State, actor: Actor, wait: Wait, now: datetime
    ) -> Outcome:
        """Keeps a reply that can still be taken back. Nobody else sees anything of it."""
        assert isinstance(intent.what, PostMessage)
        assert state.thread is not None
        due = None if wait.seconds is None else now + timedelta(seconds=wait.seconds)
        reply = replace(intent, what=replace(intent.what, speech=Speech.REPLY))
        new = later.held_reply(reply, due, state.thread.id, state.actor.id, wait.reason)
        kept = await self._store.put_timer(new, intent.key)
        if kept is None:
            known = await self._store.committed(intent.key)
            assert known is not None
            return repeated(intent, known)
        if kept is new:
            self._standings.rates.sent(actor.sender, intent.at or now)
            if self._clock is not None:
                self._clock.wake()
        return Waiting(kept.id, kept.due, later.reason_of(kept))

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
        self,
        intent: Intent,
        state: State,
        events: tuple[Event, ...],
        found: Found | None,
        version: int,
    ) -> Commit:
        head = _head_after(state, events)
        mirror = found.mirror if found is not None else None
        mirrors: tuple[NewMirror, ...] = ()
        if head is not state.head:
            mirrors = await self._new_mirrors(state, head, intent, events)
        timers, dropped = self._later(state, intent, events)
        expected = state.head.seq if state.head else 0
        here = _here(intent, events, found)
        says = isinstance(events[0].what, MessagePosted)
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
            standing=version,
            edges=edges_of(state, events) if len(events) > 1 or not says else (),
            timers=timers,
            drop_timers=dropped,
        )

    def _later(
        self, state: State, intent: Intent, events: tuple[Event, ...]
    ) -> tuple[tuple[Timer, ...], tuple[str, ...]]:
        """What the events bring about later, and what they make needless."""
        firing = self._firing.get(intent.key)
        timers, dropped = later.following(state, intent, events, self._now())
        return timers, (*dropped, firing) if firing is not None else dropped

    async def _new_mirrors(
        self, state: State, head: Head, intent: Intent, events: tuple[Event, ...]
    ) -> tuple[NewMirror, ...]:
        """A new thread appears with everybody in it; whoever joins sees what comes from then on.

        A channel that others read shows a conversation that has been opened to it.
        """
        made: list[NewMirror] = []
        for event in events:
            what = event.what
            if isinstance(what, ThreadOpened):
                shared = None if state.head is None else await self._store.open_places(head.id)
                places = await self._places(head.id, head.present(), shared)
                made += _mirrors((event.thread,), places, event.seq)
            elif isinstance(what, PeopleAdded) and what.via is None:
                threads = [t.id for t in await self._store.threads_of(head.id)]
                made += _mirrors(threads, await self._places(head.id, what.people), event.seq)
            elif isinstance(what, PlaceOpened) and isinstance(intent.what, OpenPlace) and state.via:
                threads = [t.id for t in await self._store.threads_of(head.id)]
                made += _mirrors(threads, (state.via,), event.seq)
        return tuple(made)

    async def _places(
        self,
        conversation: ConversationId,
        accounts: tuple[AccountId, ...],
        shared: frozenset[BindingId] | None = None,
    ) -> tuple[Binding, ...]:
        found = await self._store.bindings_of(accounts)
        return places_of(
            [
                one
                for one in found
                if one.conversation in (None, conversation)
                and (one.kind is not BindingKind.PROJECT or shared is None or one.id in shared)
            ]
        )

    def _turn(self, name: str) -> "_Turn":
        """One at a time for a name, first come first served. Tells whether it had to wait."""
        turn = self._turns.get(name)
        if turn is None:
            turn = self._turns[name] = _Turn(self._turns, name)
        return turn


@quick
@dataclass(frozen=True, slots=True)
class _At:
    """Where an intent belongs; of one that starts a conversation only `via`."""

    head: Head | None
    thread: Thread | None
    via: Binding | None
    message: Written | None = None
    forwarded: tuple[AccountId, ...] = ()


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


def _mirrors(
    threads: Sequence[ThreadId], bindings: Sequence[Binding], from_seq: int
) -> list[NewMirror]:
    return [
        NewMirror(mirror_id(thread, binding, from_seq), thread, binding, from_seq)
        for thread in threads
        for binding in bindings
    ]


def mirror_id(thread: ThreadId, binding: Binding, from_seq: int) -> MirrorId:
    return MirrorId(derive("mirror", f"{thread} {binding.id} {from_seq}"))


def _named(intent: Intent) -> tuple[PersonRef, ...]:
    """Those whom the intent names."""
    what = intent.what
    if isinstance(what, Assign):
        return () if what.to is None else (what.to,)
    found: tuple[PersonRef, ...] = getattr(what, "people", ())
    return found


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
