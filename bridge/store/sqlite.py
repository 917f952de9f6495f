"""The SQLite engine behind `core.ports.store.Store`.

Writes go to the writer thread and return once they are on the disk. Small reads
by an index run right here on the event loop, for a hop to a thread costs more
than they do (docs/decisions/0002-reads-on-the-loop.md); long ones go to a pool.
Every read sees what any resolved write wrote.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Concatenate, ParamSpec, TypeVar

from bridge.store import (
    changes,
    erasing,
    filling,
    inboxes,
    lanes,
    linking,
    messages,
    people,
    pinging,
    places,
    reading,
    rows,
    sweeps,
    talking,
    timing,
)
from bridge.store.codec import intent_key, to_intent, to_time
from bridge.store.database import Database
from bridge.store.known import Known
from bridge.store.queries import load
from bridge.store.warm import WarmThreads
from bridge.store.writer import Writer, sentence
from core.delivery import Delivery, Sending
from core.events import Event
from core.files import FileId
from core.ids import (
    AccountId,
    BindingId,
    ConversationId,
    MessageId,
    MirrorId,
    PinId,
    RemoteId,
    SpaceId,
    ThreadId,
)
from core.model import (
    Account,
    Binding,
    BindingKind,
    Head,
    Identity,
    Mirror,
    MirrorState,
    Pin,
    Place,
    Placement,
    Profile,
    Role,
    Thread,
    Written,
)
from core.ports.needs import ToldEdge
from core.ports.reading import Involved, NewReport, Prefs, Report, ThreadLine, Timer, Which
from core.ports.rows import (
    Asked,
    Clearing,
    Commit,
    Committed,
    Due,
    Duplicate,
    FeedItem,
    Fetch,
    HeldIntent,
    LaneWork,
    Marked,
    Refused,
    Retry,
    Spot,
    Stale,
    StoreError,
    SweptPlace,
)
from core.standing import Edge

_SQL = load("conversations")
_PEOPLE = load("people")
_PINS = load("pins")
_LANES = load("lanes")
_OPERATOR = load("operator")
_MIRRORS_OF = load("reading")["mirrors_of"]

_READERS = 2
_MOST_INVOLVED = 20_000
"""Groups of accounts of which it is kept who follows whom."""
_SMALL = 100
"""Rows up to which a read may run on the event loop: some hundred microseconds."""

P = ParamSpec("P")
T = TypeVar("T")


def _reading_threads() -> Executor:
    return ThreadPoolExecutor(_READERS, thread_name_prefix="store-reader")


class SqliteStore:
    """One database file. All methods belong to the event loop that called `open`.

    `writer` and `readers` make what writes and what reads at length, `database` what opens
    the file: other ones in the simulation, which has neither threads nor files.
    """

    def __init__(
        self,
        path: Path,
        *,
        writer: Callable[[sqlite3.Connection], Writer] = Writer,
        readers: Callable[[], Executor] = _reading_threads,
        database: Callable[[Path], Database] = Database,
    ) -> None:
        self._path = path
        self._open_database = database
        self._make_writer = writer
        self._make_readers = readers
        self._database: Database | None = None

    async def open(self) -> None:
        database = self._database = self._open_database(self._path)
        self._db = database.connect(cache_kib=8_000)
        self._known = Known(self._db)
        self._warm = WarmThreads(self._db, self._known)
        self._writing = database.connect(cache_kib=16_000)
        self._writer = self._make_writer(self._writing)
        self._idle_readers: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        self._readers = [database.connect() for _ in range(_READERS)]
        for reader in self._readers:
            self._idle_readers.put(reader)
        self._pool = self._make_readers()
        self._awaited = changes.awaited(self._db)
        self._left = erasing.left(self._db)
        self._refused = lanes.awaiting_again(self._db)
        self._fetching = True
        self._standing = talking.Version()
        self._version = 0
        self._involved: dict[tuple[AccountId, ...], Involved] = {}
        self._agents = talking.agents(self._db)
        self._known.signing = talking.signing(self._db)

    def trouble(self) -> str | None:
        """Set by a write that failed, and cleared by `probe` alone: nobody can miss it."""
        return self._writer.trouble

    async def probe(self) -> None:
        await self._writer.put(_probe)
        await self._writer.put(_end_probe)
        self._writer.trouble = None

    async def close(self) -> None:
        if self._database is None:
            return
        await self._writer.close()
        self._pool.shutdown(wait=True)
        for db in (*self._readers, self._db, self._writing):
            db.close()
        self._database.close()
        self._database = None

    def _one(self, sql: str, args: Sequence[Any], read: Callable[[rows.Row], T]) -> T | None:
        try:
            row = self._db.execute(sql, args).fetchone()
        except sqlite3.Error as error:
            raise _unreadable(error) from error
        return None if row is None else read(row)

    def _all(
        self, sql: str, args: Sequence[Any] | Mapping[str, Any], read: Callable[[rows.Row], T]
    ) -> tuple[T, ...]:
        try:
            found = self._db.execute(sql, args).fetchall()
        except sqlite3.Error as error:
            raise _unreadable(error) from error
        return tuple([read(row) for row in found])

    async def _long(
        self,
        read: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        task = partial(self._with_reader, lambda db: read(db, *args, **kwargs))
        return await asyncio.get_running_loop().run_in_executor(self._pool, task)

    def _with_reader(self, read: Callable[[sqlite3.Connection], T]) -> T:
        reader = self._idle_readers.get()
        try:
            return _guarded(read, reader)
        finally:
            self._idle_readers.put(reader)

    # --- accounts and bindings ------------------------------------------------------------

    async def account(self, account: AccountId) -> Account | None:
        return _guarded(self._known.account, account)

    async def account_by_handle(self, handle: str) -> Account | None:
        return self._one(_PEOPLE["account_by_handle"], (handle,), rows.account)

    async def account_by_identity(self, identity: Identity) -> Account | None:
        return _guarded(self._known.by_identity, identity)

    async def accounts_like(
        self, prefix: str, limit: int, asker: AccountId | None = None
    ) -> tuple[Account, ...]:
        first = people.fold(prefix)
        bounds = {"first": first, "last": first + people.LAST, "limit": limit, "asker": asker or ""}
        return self._all(_PEOPLE["accounts_like"], bounds, rows.account)

    async def identities(self, account: AccountId) -> tuple[Identity, ...]:
        return self._all(_PEOPLE["identities"], (account,), lambda row: Identity(*row))

    async def ensure_person(self, identity: Identity, profile: Profile, now: datetime) -> Account:
        known = _guarded(self._known.by_identity, identity)
        if known is not None and people.with_profile(known, profile) == known:
            return known
        key = (identity.platform, identity.workspace, identity.user)
        if known is not None and not self._one(_PEOPLE["names"], key, lambda row: bool(row[0])):
            return known
        return await self._writer.put_then(
            self._known.forget_account, people.ensure_person, identity, profile
        )

    async def untold(self, account: AccountId) -> bool:
        return _guarded(self._known.untold, account)

    async def told(self, account: AccountId) -> bool:
        return await self.untold(account) and await self._writer.put(people.told, account)

    async def put_account(self, account: Account, identities: Sequence[Identity]) -> None:
        await self._writer.put_then(
            lambda _: self._known.forget_people(), people.put_account, account, tuple(identities)
        )

    async def put_binding(self, binding: Binding) -> None:
        def note(result: tuple[tuple[ThreadId, ...], int]) -> None:
            shown, version = result
            self._known.forget_binding(binding.id)
            self._stands(version)
            self._warm.forget(shown)

        known = None
        inbox = binding.kind is BindingKind.INBOX
        if inbox and await self.binding_at(binding.place) is None:
            known = await self._long(filling.newest, binding.account)
        await self._writer.put_then(note, places.put_binding, self._standing, binding, known)
        if inbox:
            await self._fill(binding.id)

    async def fill_inboxes(self) -> None:
        for binding in await self._long(filling.unfinished):
            await self._fill(binding)

    async def _fill(self, binding: BindingId) -> None:
        """In pieces, between which others write."""

        def note(made: tuple[ThreadId, ...] | None) -> None:
            self._warm.forget(made or ())

        while await self._writer.put_then(note, filling.go_on, binding) is not None:
            pass

    async def label_place(self, binding: BindingId, label: str) -> None:
        await self._writer.put_then(
            lambda _: self._known.forget_binding(binding), places.label, binding, label
        )

    async def pause_place(self, binding: BindingId, reason: str | None) -> None:
        note = partial(self._place_ended, binding)
        await self._writer.put_then(note, places.pause_place, self._standing, binding, reason)

    async def drop_binding(self, binding: BindingId) -> None:
        note = partial(self._place_ended, binding)
        await self._writer.put_then(note, places.drop_binding, self._standing, binding)

    def _place_ended(self, binding: BindingId, version: int) -> None:
        """It has, or it is paused, or is no more: its mirrors are read again."""
        self._known.forget_binding(binding)
        self._stands(version)
        self._warm.clear()

    async def bindings_of(self, accounts: Sequence[AccountId]) -> tuple[Binding, ...]:
        return self._all(_PEOPLE["bindings_of"], (rows.listed(accounts),), rows.binding)

    async def bindings(self) -> tuple[Binding, ...]:
        return self._all(_PEOPLE["bindings"], (), rows.binding)

    async def binding_at(self, place: Place) -> Binding | None:
        return _guarded(self._known.binding_at, place)

    async def binding(self, binding: BindingId) -> Binding | None:
        return _guarded(self._known.binding, binding)

    # --- conversations --------------------------------------------------------------------

    async def head(self, conversation: ConversationId) -> Head | None:
        return self._one(_SQL["head"], (conversation,), rows.head)

    async def head_of_people(self, people_key: str) -> Head | None:
        return self._one(_SQL["head_of_people"], (people_key,), rows.head)

    async def conversations_of(self, account: AccountId) -> tuple[Head, ...]:
        return await self._long(_conversations_of, account)

    async def thread(self, thread: ThreadId) -> Thread | None:
        return self._one(_SQL["thread"], (thread,), rows.thread)

    async def open_thread(self, conversation: ConversationId, pin: PinId) -> Thread | None:
        return self._one(_SQL["open_thread"], (conversation, pin), rows.thread)

    async def threads_of(self, conversation: ConversationId) -> tuple[Thread, ...]:
        return self._all(_SQL["threads_of"], (conversation,), rows.thread)

    async def threads_like(
        self, account: AccountId, prefix: str, limit: int = 2
    ) -> tuple[Thread, ...]:
        bounds = {
            "account": account,
            "first": prefix,
            "last": prefix + people.LAST,
            "limit": limit,
        }
        return self._all(_SQL["threads_like"], bounds, rows.thread)

    async def spot(self, platform: str, space: SpaceId) -> Spot | None:
        return _guarded(self._warm.spot, platform, space)

    async def spot_of_message(self, platform: str, remote: RemoteId) -> Spot | None:
        return self._one(_SQL["spot_of_message"], (platform, remote), rows.spot)

    async def placement_at(self, platform: str, remote: RemoteId) -> tuple[Spot, Placement] | None:
        return self._one(
            _SQL["placement_at"],
            (platform, remote),
            lambda row: (rows.spot(row), rows.placement(row[40:])),
        )

    async def written(self, message: MessageId) -> Written | None:
        return _guarded(messages.written, self._db, (message,)).get(message)

    async def written_in(
        self, thread: ThreadId, messages_: Sequence[MessageId], reader: AccountId | None = None
    ) -> Mapping[MessageId, Written]:
        if len(messages_) <= _SMALL:
            return _guarded(messages.written_in, self._db, thread, messages_, reader)
        return await self._long(messages.written_in, thread, tuple(messages_), reader)

    async def spots_at(self, place: Place, limit: int) -> tuple[Spot, ...]:
        where = (place.platform, place.workspace, place.channel, limit)
        return self._all(_SQL["spots_at"], where, rows.spot)

    async def spots_after(self, place: Place, after: ThreadId, limit: int) -> tuple[Spot, ...]:
        where = (place.platform, place.workspace, place.channel, after, limit)
        return self._all(_SQL["spots_after"], where, rows.spot)

    async def commit(self, commit: Commit) -> Committed | Duplicate | Stale:
        if not commit.events:
            raise ValueError("a commit needs at least one event")
        note = partial(self._note_commit, commit)
        return await self._writer.put_then(note, changes.commit, self._standing, commit)

    def _note_commit(self, commit: Commit, result: Committed | Duplicate | Stale) -> None:
        self._warm.committed(commit, result)
        if commit.fetches:
            self._fetching = True
        if not isinstance(result, Duplicate) and result.standing:
            self._stands(result.standing)

    async def committed(self, key: str) -> Duplicate | None:
        return self._one(_SQL["committed"], intent_key(key), rows.duplicate)

    async def hold(self, held: HeldIntent, platform: str) -> bool:
        def note(is_held: bool) -> None:
            if is_held:
                self._awaited.add((platform, held.waits_for))

        return await self._writer.put_then(note, changes.hold, held, platform)

    def awaits(self, platform: str, appeared: SpaceId | RemoteId) -> bool:
        return (platform, appeared) in self._awaited

    async def held_for(self, platform: str, appeared: SpaceId | RemoteId) -> tuple[HeldIntent, ...]:
        if not self.awaits(platform, appeared):
            return ()
        return self._all(_SQL["held_for"], (platform, appeared), _held)

    async def held_ready(self) -> tuple[tuple[str, SpaceId | RemoteId], ...]:
        return self._all(_SQL["held_ready"], (), lambda row: (row[0], RemoteId(row[1])))

    async def release(self, key: str) -> None:
        await self._writer.put_then(self._not_awaited, changes.release, key)

    async def drop_held(self, before: datetime) -> int:
        dropped, _ = await self._writer.put_then(
            lambda result: self._not_awaited(result[1]), changes.drop_held, before
        )
        return dropped

    def _not_awaited(self, left: Sequence[tuple[str, str]]) -> None:
        self._awaited.difference_update(left)

    # --- who may talk to whom -------------------------------------------------------------

    def _stands(self, version: int) -> None:
        """What was decided on an older version is decided again."""
        if version > self._version:
            self._version = version
            self._involved.clear()

    def involved(self, accounts: tuple[AccountId, ...]) -> Involved:
        found = self._involved.get(accounts)
        if found is None:
            known = self._known
            found = _guarded(talking.involved, self._db, known, self._version, accounts)
            if len(self._involved) >= _MOST_INVOLVED:
                self._involved.clear()
            self._involved[accounts] = found
        return found

    def asked(self, who: AccountId, whom: AccountId) -> frozenset[tuple[AccountId, AccountId]]:
        return _guarded(talking.asked, self._db, who, whom)

    def role_in(self, brand: AccountId, account: AccountId) -> Role | None:
        given = self._agents.get(brand, {}).get(account)
        return None if given is None else given[0]

    async def change(self, edges: Sequence[Edge], now: datetime) -> None:
        write = talking.change
        await self._writer.put_then(self._stands, write, self._standing, tuple(edges), now)

    async def take_over(self, told: Sequence[ToldEdge], now: datetime) -> None:
        write = talking.take_over
        await self._writer.put_then(self._stands, write, self._standing, tuple(told), now)

    async def follows_of(self, account: AccountId, limit: int) -> tuple[AccountId, ...]:
        return tuple(await self._long(talking.named, "follows_of", account, limit))

    async def followers_of(self, account: AccountId, limit: int) -> tuple[AccountId, ...]:
        return tuple(await self._long(talking.named, "followers_of", account, limit))

    async def blocked_by(self, account: AccountId, limit: int) -> tuple[AccountId, ...]:
        return tuple(await self._long(talking.named, "blocked_by", account, limit))

    async def brands(self, limit: int) -> tuple[AccountId, ...]:
        return tuple(_guarded(talking.brands, self._db, limit))

    async def grant(
        self, brand: AccountId, account: AccountId, role: Role | None, now: datetime
    ) -> None:
        def note(version: int) -> None:
            self._agents = talking.agents(self._db)
            self._stands(version)

        write = talking.grant
        await self._writer.put_then(note, write, self._standing, brand, account, role, now)

    async def note_agent(self, brand: AccountId, account: AccountId, now: datetime) -> None:
        given = self._agents.setdefault(brand, {})
        known = given.get(account)
        if known is None or (known[0] is None and now - known[1] > talking.NOTED_FOR):
            given[account] = None, now
            await self._writer.put(talking.note_agent, brand, account, now)

    async def forget_agent(self, brand: AccountId, account: AccountId) -> None:
        given = self._agents.get(brand, {})
        if account in given and given[account][0] is None:
            del given[account]
            write = talking.forget_agent
            await self._writer.put_then(self._stands, write, self._standing, brand, account)

    async def agents_of(self, brand: AccountId) -> tuple[tuple[AccountId, Role | None], ...]:
        given = self._agents.get(brand, {})
        return tuple((account, role) for account, (role, _) in given.items())

    async def brands_of(
        self, account: AccountId, now: datetime
    ) -> tuple[tuple[AccountId, Role | None], ...]:
        found = [(brand, given.get(account)) for brand, given in self._agents.items()]
        return tuple(
            (brand, known[0])
            for brand, known in found
            if known and (known[0] is not None or now - known[1] <= talking.TRUSTED_FOR)
        )

    async def sign(self, brands: Sequence[AccountId]) -> None:
        def note(_: None) -> None:
            self._known.signing = frozenset(brands)

        await self._writer.put_then(note, talking.sign, tuple(brands))

    async def invite(self, account: AccountId, now: datetime) -> None:
        await self._writer.put_then(self._stands, talking.invite, self._standing, account, now)

    async def ban(self, account: AccountId, *, on: bool) -> None:
        def note(version: int) -> None:
            self._known.forget_people()
            self._stands(version)

        await self._writer.put_then(note, talking.ban, self._standing, account, on=on)

    async def report(self, report: NewReport) -> None:
        await self._writer.put(talking.report, report)

    async def reports(self, limit: int) -> tuple[Report, ...]:
        return await self._long(talking.reports, limit)

    async def prefs(self, account: AccountId) -> Prefs:
        return _guarded(talking.prefs, self._db, account)

    async def put_prefs(self, account: AccountId, prefs: Prefs) -> None:
        await self._writer.put_then(
            lambda _: self._known.forget_prefs(account), talking.put_prefs, account, prefs
        )

    # --- logins that are tied together ----------------------------------------------------

    async def former(self, identity: Identity) -> tuple[AccountId, ...]:
        return _guarded(linking.former, self._db, identity)

    async def only_former(self, account: AccountId) -> tuple[AccountId, ...]:
        return _guarded(linking.only_former, self._db, account)

    async def attach_identity(self, identity: Identity, account: AccountId) -> None:
        await self._writer.put_then(
            lambda _: self._known.forget_people(), linking.attach, identity, account
        )

    async def detach_identity(self, identity: Identity, profile: Profile) -> Account | None:
        return await self._writer.put_then(
            lambda _: self._known.forget_people(), linking.detach, identity, profile
        )

    async def put_link(self, code: str, identity: Identity, until: datetime) -> None:
        await self._writer.put(linking.put_link, code, identity, until)

    async def take_link(self, code: str, now: datetime) -> Identity | None:
        return await self._writer.put(linking.take_link, code, now)

    # --- what happens later ---------------------------------------------------------------

    async def put_timer(self, timer: Timer, key: str = "") -> Timer | None:
        return await self._writer.put(timing.put, timer, key)

    async def timer(self, timer: str) -> Timer | None:
        return _guarded(timing.of_id, self._db, timer)

    async def timers_due(self, now: datetime, limit: int) -> tuple[Timer, ...]:
        return _guarded(timing.due, self._db, now, limit)

    async def timers_of(self, thread: ThreadId, kind: str) -> tuple[Timer, ...]:
        return _guarded(timing.of_thread, self._db, thread, kind)

    async def next_timer(self) -> datetime | None:
        return _guarded(timing.next_due, self._db)

    async def renew_timer(self, timer: Timer) -> None:
        await self._writer.put(timing.renew, timer)

    async def note_pings(self, limit: int = 1_000) -> int:
        if not _guarded(pinging.behind, self._db):
            return 0
        return await self._writer.put(pinging.note, limit)

    async def drop_timer(self, timer: str, settle: Duplicate | None = None, key: str = "") -> bool:
        return await self._writer.put(timing.drop, timer, settle, key)

    # --- reading --------------------------------------------------------------------------

    async def inbox(
        self,
        account: AccountId,
        limit: int,
        *,
        which: Which = Which.ALL,
        agent: AccountId | None = None,
        before: int | None = None,
    ) -> tuple[ThreadLine, ...]:
        await self._follow_all()
        found = await self._long(inboxes.page, account, which, agent, before, limit)
        return _guarded(inboxes.lines, self._known, found)

    async def follow_history(self, limit: int = 1_000) -> int:
        if not _guarded(inboxes.behind, self._db):
            return 0
        return await self._writer.put(inboxes.advance, limit)

    async def _follow_all(self) -> None:
        while await self.follow_history():
            pass

    async def holder(self, thread: ThreadId, pin: PinId) -> Written | None:
        return _guarded(messages.holder, self._db, thread, pin)

    async def open_places(self, conversation: ConversationId) -> frozenset[BindingId]:
        found = self._all(_SQL["open_places"], (conversation,), lambda row: BindingId(row[0]))
        return frozenset(found)

    async def shown_of(
        self, account: AccountId
    ) -> tuple[tuple[BindingId, ConversationId, ThreadId], ...]:
        return await self._long(reading.shown_of, account)

    async def spoken(self, thread: ThreadId, by: AccountId, agent: Identity | None) -> int:
        return _guarded(reading.spoken, self._db, thread, by, agent)

    async def events(
        self,
        thread: ThreadId,
        account: AccountId,
        stays: Sequence[tuple[int, int | None]],
        *,
        before: int | None,
        after: int | None,
        limit: int,
    ) -> tuple[Event, ...]:
        if limit <= _SMALL:
            return _guarded(
                reading.events,
                self._db,
                thread,
                account,
                stays,
                before=before,
                after=after,
                limit=limit,
            )
        return await self._long(
            reading.events, thread, account, tuple(stays), before=before, after=after, limit=limit
        )

    async def history(self, conversation: ConversationId) -> tuple[Event, ...]:
        return await self._long(reading.history, conversation)

    async def mirrors_of(self, thread: ThreadId) -> tuple[Mirror, ...]:
        return self._all(_MIRRORS_OF, (thread,), rows.mirror)

    async def deliveries(
        self,
        thread: ThreadId,
        messages: Sequence[tuple[int, MessageId]],
        reader: AccountId | None = None,
    ) -> Mapping[MessageId, tuple[Delivery, ...]]:
        if len(messages) <= _SMALL:
            return _guarded(reading.deliveries, self._db, thread, messages, reader)
        return await self._long(reading.deliveries, thread, tuple(messages), reader)

    async def placed_in(
        self, platform: str, channel: str, limit: int
    ) -> tuple[tuple[RemoteId, ThreadId, int, MessageId], ...]:
        return await self._long(reading.placed_in, platform, channel, limit)

    async def feed(
        self, account: AccountId, after: int, limit: int
    ) -> tuple[tuple[FeedItem, ...], int]:
        end = _guarded(reading.feed_end, self._db)
        if end - after <= _SMALL:
            return _guarded(reading.feed, self._db, account, after, end, limit)
        return await self._long(reading.feed, account, after, end, limit)

    async def feed_end(self) -> int:
        return _guarded(reading.feed_end, self._db)

    async def waiting(self) -> Mapping[str, int]:
        return await self._long(reading.waiting)

    # --- pins -----------------------------------------------------------------------------

    async def pin(self, pin: PinId) -> Pin | None:
        return _guarded(self._known.pin, pin)

    async def put_pin(self, pin: Pin, now: datetime) -> None:
        await self._writer.put_then(
            lambda _: self._known.forget_pin(pin.id), people.put_pin, pin, now
        )

    async def bare_pins(self, limit: int) -> tuple[PinId, ...]:
        return self._all(_PINS["bare_pins"], (limit,), lambda row: PinId(row[0]))

    async def threads_with(self, pin: PinId) -> tuple[ThreadId, ...]:
        return self._all(_PINS["threads_with"], {"pin": pin}, lambda row: ThreadId(row[0]))

    async def recent_pins(self, account: AccountId, limit: int) -> tuple[Pin, ...]:
        await self._follow_all()
        found = self._all(_PINS["recent_pins"], (account, limit), lambda row: PinId(row[0]))
        pins = _guarded(self._known.pins, found)
        return tuple(pins[pin] for pin in found)

    # --- lanes ----------------------------------------------------------------------------

    async def due(self) -> tuple[Due, ...]:
        return await self._long(lanes.due)

    async def due_of(self, thread: ThreadId) -> tuple[Due, ...]:
        return _guarded(self._warm.due_of, thread)

    async def lane(self, mirror: MirrorId, limit: int) -> LaneWork | None:
        if mirror in self._refused:
            found = _guarded(lanes.lane, self._db, self._known, mirror, limit, refused=True)
            if found is None or not found.again:
                self._refused.discard(mirror)
            return found
        known = _guarded(self._warm.lane, mirror, limit)
        return known or _guarded(lanes.lane, self._db, self._known, mirror, limit)

    def idle_lanes(
        self,
        event: Event,
        expected: int,
        typed_in: MirrorId | None,
        free: Callable[[Due], bool],
    ) -> tuple[LaneWork, ...]:
        return _guarded(self._warm.idle_lanes, event, expected, typed_in, free)

    async def begin(self, mirror: MirrorId, sending: Sending) -> None:
        await self._writer.put_then(
            lambda _: self._warm.begun(mirror), lanes.begin, mirror, sending
        )

    async def placed(
        self,
        mirror: MirrorId,
        placement: Placement | None,
        *,
        sending: Sending | None,
        cursor: int | None,
        root: RemoteId | None = None,
        space: SpaceId | None = None,
        reacted: tuple[MessageId, str, bool] | None = None,
    ) -> None:
        await self._writer.put_then(
            lambda new: self._warm.placed(mirror, placement, sending, cursor, root, space, new=new),
            lanes.placed,
            mirror,
            placement,
            sending=sending,
            cursor=cursor,
            root=root,
            space=space,
            reacted=reacted,
        )

    async def hide_copy(self, mirror: MirrorId, remote: RemoteId) -> None:
        await self._writer.put_then(
            lambda _: self._warm.drop(mirror), lanes.hide_copy, mirror, remote
        )

    async def pass_over(
        self, mirror: MirrorId, cursor: int, *, refused: Refused | None = None
    ) -> None:
        await self._writer.put_then(
            lambda _: self._warm.passed(mirror, cursor), lanes.pass_over, mirror, cursor, refused
        )

    async def park(
        self,
        mirror: MirrorId,
        *,
        attempts: int,
        retry_at: datetime | None,
        state: MirrorState = MirrorState.ACTIVE,
        reason: str | None = None,
        since: datetime | None = None,
    ) -> None:
        await self._writer.put_then(
            lambda _: self._warm.drop(mirror),
            lanes.park,
            mirror,
            attempts=attempts,
            retry_at=retry_at,
            state=state,
            reason=reason,
            since=since,
        )

    async def forgive(self, mirror: MirrorId, item: str) -> None:
        await self._writer.put(lanes.forgive, mirror, item)

    async def has_failed(self, thread: ThreadId) -> bool:
        return bool(self._one(_LANES["has_failed"], (thread,), lambda row: row[0]))

    async def retry(self, what: Retry) -> tuple[Due, ...]:
        def note(due: tuple[Due, ...]) -> None:
            self._warm.clear()
            self._refused |= {one.mirror for one in due}

        return await self._writer.put_then(note, lanes.retry, what)

    async def requests(self, kind: str) -> tuple[Asked, ...]:
        return self._all(_OPERATOR["requests"], (kind,), lambda row: Asked(*row))

    async def answer(self, request: Asked, answer: str, now: datetime) -> None:
        await self._writer.put(lanes.answer, request, answer, now)

    async def ask(self, kind: str, what: str, now: datetime) -> None:
        await self._writer.put(lanes.ask, kind, what, now)

    async def unpark(self, platform: str) -> None:
        await self._writer.put_then(lambda _: self._warm.clear(), lanes.unpark, platform)

    async def break_place(
        self, binding: BindingId, reason: str, since: datetime | None = None
    ) -> None:
        await self._writer.put_then(
            lambda _: self._warm.clear(), lanes.break_place, binding, reason, since
        )

    async def mend_place(self, binding: BindingId) -> None:
        await self._writer.put_then(lambda _: self._warm.clear(), lanes.mend_place, binding)

    # --- files, and texts that are past ---------------------------------------------------

    async def fetches(
        self, now: datetime, limit: int, platforms: Collection[str]
    ) -> tuple[Fetch, ...]:
        if not self._fetching:
            return ()
        found = _guarded(messages.fetches, self._db, now, limit, platforms)
        if not found:
            # A commit that is not told of yet sets it again.
            self._fetching = _guarded(messages.any_fetches, self._db)
        return found

    def fetching(self) -> bool:
        return self._fetching

    async def fetched(self, fetch: Fetch) -> None:
        await self._writer.put(messages.fetched, fetch)

    async def fetch_again(self, fetch: Fetch, retry_at: datetime) -> None:
        await self._writer.put(messages.fetch_again, fetch, retry_at)

    async def may_read(self, account: AccountId, file: str) -> bool:
        return _guarded(messages.may_read, self._db, account, file)

    async def was_taken_back(self, file: str) -> bool:
        return _guarded(messages.was_taken_back, self._db, file)

    async def erase(self, before: datetime) -> int:
        def note(_: None) -> None:
            self._left = erasing.left(self._db)

        await self._writer.put_then(note, erasing.left_long_ago, before)
        return await self._writer.put(messages.erase, before)

    async def unused_files(self, files: Sequence[FileId]) -> frozenset[FileId]:
        return await self._long(messages.unused_files, files)

    # --- accounts that leave for good ------------------------------------------------------

    async def own_messages(self, account: AccountId) -> tuple[MessageId, ...]:
        return await self._long(erasing.own_messages, account)

    async def own_reactions(self, account: AccountId) -> tuple[tuple[MessageId, str], ...]:
        return await self._long(erasing.own_reactions, account)

    async def own_threads(self, account: AccountId) -> tuple[tuple[ThreadId, PinId], ...]:
        return await self._long(erasing.own_threads, account)

    async def forget_person(
        self, account: AccountId, logins: Sequence[Identity], now: datetime
    ) -> None:
        def note(_: None) -> None:
            self._left = erasing.left(self._db)
            self._agents = talking.agents(self._db)
            self._known.forget_people()

        await self._writer.put_then(note, erasing.forget_person, account, tuple(logins), now)

    def has_left(self, login: Identity, done: datetime | None) -> bool:
        if not self._left:
            return False
        at = self._left.get(erasing.login_name(login))
        return at is not None and (done is None or done <= at)

    async def blank(self, account: AccountId, logins: Sequence[Identity]) -> tuple[int, ...]:
        posts = await self._writer.put(erasing.blank, account)
        after: int | None = 0
        while after is not None:
            after = await self._writer.put(erasing.blank_agent, account, tuple(logins), after)
        await self._writer.put(erasing.blank_waiting, tuple(logins))
        return posts

    async def clear(self, account: AccountId, now: datetime) -> None:
        await self._writer.put(erasing.clear, account, now)

    async def clear_now(self, account: AccountId, now: datetime) -> None:
        await self._writer.put(erasing.clear_now, account, now)

    async def clearings(self) -> tuple[Clearing, ...]:
        return await self._long(erasing.clearings)

    async def to_clear(self) -> Mapping[str, int]:
        return await self._long(erasing.to_clear)

    async def copies_left(self, clearing: Clearing) -> tuple[Placement, ...]:
        return await self._long(erasing.copies_left, clearing)

    async def answers_left(self, clearing: Clearing) -> tuple[tuple[int, MessageId], ...]:
        return await self._long(erasing.answers_left, clearing)

    async def cleared(self, clearing: Clearing) -> None:
        await self._writer.put(erasing.cleared, clearing)

    # --- sweeps ---------------------------------------------------------------------------

    async def swept_places(self, platform: str) -> tuple[SweptPlace, ...]:
        return await self._long(sweeps.places, platform)

    async def marked(self, platform: str, spaces: Sequence[SpaceId]) -> Mapping[SpaceId, Marked]:
        return await self._long(sweeps.marked, platform, tuple(spaces))

    async def recent(self, place: Place, since: datetime) -> tuple[Marked, ...]:
        return await self._long(sweeps.recent, place, since)

    async def placed_before(
        self, mirror: MirrorId, before: int | None, limit: int
    ) -> tuple[tuple[Placement, ...], int | None]:
        return await self._long(sweeps.placed_before, mirror, before, limit)

    async def reactions_of(
        self, messages_: Sequence[MessageId]
    ) -> Mapping[MessageId, tuple[tuple[AccountId, str, MirrorId | None], ...]]:
        return await self._long(sweeps.reactions, tuple(messages_))

    async def remotes_of(self, mirror: MirrorId, message: MessageId) -> frozenset[RemoteId]:
        return await self._long(sweeps.remotes_of, mirror, message)

    async def touched(self, thread: ThreadId, message: MessageId, after: int) -> tuple[Event, ...]:
        return _guarded(sweeps.touched, self._db, thread, message, after)

    async def mark(self, mirror: MirrorId, remote: RemoteId) -> None:
        await self._writer.put(sweeps.mark, mirror, remote)

    async def swept(self, place: Place, at: datetime, mark: RemoteId | None = None) -> None:
        await self._writer.put(sweeps.swept, place, at, mark)

    async def mirrors(self, after: MirrorId | None, limit: int) -> tuple[Mirror, ...]:
        return await self._long(sweeps.mirrors, after or "", limit)

    async def review(self, mirror: MirrorId, after: int, limit: int) -> LaneWork | None:
        return _guarded(lanes.lane, self._db, self._known, mirror, limit, after=after)

    async def refused_items(self, mirror: MirrorId) -> frozenset[str]:
        return await self._long(sweeps.refused_items, mirror)

    async def post_again(
        self, mirror: MirrorId, refused: Refused, lost: Sequence[RemoteId]
    ) -> None:
        def note(_: None) -> None:
            self._warm.drop(mirror)
            self._refused.add(mirror)

        await self._writer.put_then(note, sweeps.post_again, mirror, refused, tuple(lost))

    async def sendings(self, place: Place) -> Mapping[MirrorId, Sending]:
        return await self._long(sweeps.sendings, place)

    # --- sign-in and settings -------------------------------------------------------------

    async def secret(self, name: str) -> bytes:
        known = self._one(_PEOPLE["secret"], (name,), lambda row: bytes(row[0]))
        return await self._writer.put(people.secret, name) if known is None else known

    async def use_once(self, token: str, now: datetime) -> bool:
        return await self._writer.put(people.use_once, token, now)


def _guarded(read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The driver's errors become the store's."""
    try:
        return read(*args, **kwargs)
    except sqlite3.Error as error:
        raise _unreadable(error) from error


def _unreadable(error: sqlite3.Error) -> StoreError:
    return StoreError(f"The database could not read: {sentence(error)}")


def _probe(db: sqlite3.Connection) -> None:
    """Takes as much room as some messages do, which `_end_probe` gives back."""
    db.execute(_OPERATOR["probe"])


def _end_probe(db: sqlite3.Connection) -> None:
    db.execute(_OPERATOR["end_probe"])


def _held(row: rows.Row) -> HeldIntent:
    return HeldIntent(row[0], row[1], to_intent(row[2]), to_time(row[3]))


def _conversations_of(db: sqlite3.Connection, account: AccountId) -> tuple[Head, ...]:
    found = db.execute(_SQL["conversations_of"], (account,)).fetchall()
    return tuple([rows.head(row) for row in found])
