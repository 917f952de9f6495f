"""One mirror as it stands on its platform, beside what the history says it should show.

What should stand there comes from the same projection that lanes follow, made of a place
that has nothing yet but what was typed there. Reads alone: what is done about a
difference is in `bridge.catchup.verify`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations

from bridge.catchup.mending import Means
from bridge.catchup.sweeping import stretch
from bridge.catchup.twins import Twins
from bridge.delivery.course import view_of
from bridge.intake.finding import message_of
from core.delivery import Absent, PartKind, Step, Write
from core.events import Event, FileAdded, FileRemoved, MessageDeleted, MessagePosted
from core.ids import RemoteId, delivery_id, short_code
from core.model import AUTHOR, CARD, Mirror, MirrorState, Placement
from core.notes import SIGN
from core.ports.rows import LaneWork
from core.project import View, card, project, title
from core.sweep import Seen
from core.text.content import Mention
from core.text.mentions import named

CHUNK = 200
"""Events that are projected together."""

MISSING, DOUBLED, STALE, FOREIGN = "missing", "doubled", "stale", "foreign"
_CHANGEABLE = (PartKind.TEXT, PartKind.PIN, PartKind.CARD)
"""What can be edited; a line or a file stays as it was posted."""
_MOST_MENTIONED = 4
"""Of more people in one message: all of them, none, or whoever wants to be just now."""


class WaitsError(Exception):
    """Something is still to be delivered there, so that nothing can be said."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One remote message that is not as the history says. `seq` is that of its event.

    `missing`: it does not stand there. `stale`: it shows something else, or what has been
    deleted. `doubled`: another one stands for the same. `foreign`: a message of ours that
    belongs to nothing.
    """

    kind: str
    thread: str
    mirror: str
    platform: str
    place: str
    item: str
    part: int
    seq: int
    remote: str
    mended: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """A difference, with what should be there, and what is."""

    difference: Difference
    write: Write | None = None
    there: Placement | None = None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a part should show, and where it is noted to stand; or what it may show as well."""

    item: str
    seq: int
    write: Write
    there: Placement | None
    also: Write | None = None
    users: Mapping[str, str] = field(default_factory=dict)
    """Who may be mentioned there, whether they want to be just now or not."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What is wrong with one message: emoji of ours that nobody wants there, and its words."""

    surplus: frozenset[str] = frozenset()
    wrong: Wrong | None = None


class Comparison:
    """Made for one reading of one mirror, or of one message in it."""

    def __init__(self, means: Means, mirror: Mirror) -> None:
        self._means = means
        self._store = means.store
        self._adapter = means.adapters[mirror.place.platform]
        self._mirror = mirror
        self._seen: dict[RemoteId, Seen] = {}
        self._placed: dict[RemoteId, Placement] = {}
        self._wanted: dict[tuple[str, int], _Wanted] = {}
        self._seqs: dict[str, int] = {}
        self._deleted: set[str] = set()
        self._wrong: list[Wrong] = []
        self._twins: Twins | None = None

    async def compare(self) -> list[Wrong]:
        """Raises SweepError, and WaitsError where something is still to be delivered."""
        before = await self._work(0)
        await self._read()
        await self._project()
        for wanted in self._wanted.values():
            await self._one(wanted)
        for remote, placement in self._placed.items():
            if (placement.item, placement.part) not in self._wanted and not placement.removed:
                await self._other(remote, placement)
        for seen in tuple(self._seen.values()):
            if seen.poster and seen.remote not in self._placed:
                await self._unplaced(seen)
        if (await self._work(0)).thread != before.thread:
            raise WaitsError  # something happened meanwhile
        return self._wrong

    async def one(self, placement: Placement, seen: Seen) -> Copy:
        """A single message that is placed. Raises WaitsError as `compare`; reads nothing there.

        Where `seen` holds no message, nothing is said of its words.
        """
        message = await self._store.written(message_of(placement.item))
        seq = 0 if message is None else message.seq
        work = await self._work(seq - 1, limit=1)
        shown = frozenset[str]() if message is None else work.shown.get(message.id, frozenset())
        surplus = (seen.ours or frozenset()) - shown
        if message is not None and message.only is not None and placement.poster == AUTHOR:
            surplus -= {SIGN}
        self._seen = {seen.remote: seen}
        self._placed = {placement.remote: placement}
        if seen.raw is None or not seen.poster:
            return Copy(surplus)
        # A mirror that has ended stays as it was then.
        stands = message if message is None else work.written.get(message.id, message)
        if stands is not None and stands.deleted:
            self._differs(STALE, placement.item, placement.part, seq, placement)
        elif not placement.removed:
            await self._take(work, frozenset(), with_card=placement.item == CARD)
            wanted = self._wanted.get((placement.item, placement.part))
            if wanted is not None:
                await self._one(wanted)
            if self._wrong and placement.item in await self._store.refused_items(self._mirror.id):
                self._wrong.clear()
        return Copy(surplus, self._wrong[0] if self._wrong else None)

    # --- both sides -----------------------------------------------------------------------

    async def _work(self, after: int, limit: int = CHUNK) -> LaneWork:
        work = await self._store.review(self._mirror.id, after, limit)
        if work is None or work.sending is not None or work.mirror.cursor < _end(work):
            raise WaitsError
        if work.mirror.state is not MirrorState.ACTIVE:
            raise WaitsError
        return work

    async def _read(self) -> None:
        adapter, mirror = self._adapter, self._mirror
        found = await stretch(self._store, adapter.moment, [mirror], None)
        self._placed = found.placed
        async for page in adapter.messages(mirror, None):
            self._seen |= {seen.remote: seen for seen in page}

    async def _project(self) -> None:
        refused = await self._store.refused_items(self._mirror.id)
        after = self._mirror.from_seq - 1
        while True:
            work = await self._work(after)
            await self._take(work, refused)
            if len(work.events) < CHUNK:
                return
            after = work.events[-1].seq

    async def _take(
        self, work: LaneWork, refused: frozenset[str], *, with_card: bool = True
    ) -> None:
        typed = {
            item: parts
            for item, parts in work.placed.items()
            if any(part.poster == AUTHOR for part in parts)
        }
        can = self._adapter.capabilities_at(self._mirror.place)
        view = view_of(work, can, self._means.copies, typed, {})
        if with_card and not self._wanted:
            await self._want_card(view, work)
        until = self._mirror.until_seq
        for event in work.events:
            if until is not None and event.seq > until:
                break
            self._note(event)
            # Of other events it depends on the moment whether they were shown.
            if isinstance(event.what, MessagePosted | FileAdded):
                self._want(view, event, refused, {**work.users, **work.quiet})

    def _want(
        self, view: View, event: Event, refused: frozenset[str], users: Mapping[str, str]
    ) -> None:
        show = project(view, event, self._mirror)
        if show is None or show.item in refused:
            return
        for step in show.steps:
            there = self._at(show.item, step.index)
            if there is not None and there.removed and there.poster:
                continue  # somebody took it away there
            write = self._write(show.item, show.revision, step)
            wanted = _Wanted(show.item, self._seqs[show.item], write, there, users=users)
            self._wanted[show.item, step.index] = wanted

    async def _want_card(self, view: View, work: LaneWork) -> None:
        """It names who was there when it was written: who comes later is told in a line."""
        root, revision = self._mirror.root, work.card_revision
        head = await self._store.head(self._mirror.conversation)
        assert root is not None
        assert head is not None
        then = tuple(
            m.account
            for m in head.members
            if m.since <= revision and (m.until is None or m.until > revision)
        )
        gone = [await self._store.account(one) for one in then if one not in view.accounts]
        named = {one.id: one for one in gone if one is not None}
        as_then = replace(view, people=then, accounts={**view.accounts, **named})
        there = Placement(self._mirror.id, CARD, 0, root, "", revision)
        now, before = [
            replace(self._write(CARD, revision, show.steps[0]), title=title(view))
            for show in (card(view, revision), card(as_then, revision))
        ]
        self._wanted[CARD, 0] = _Wanted(CARD, 0, now, there, before)

    def _note(self, event: Event) -> None:
        """Of which event an item is, and what is gone by now."""
        what = event.what
        self._seqs[f"seq:{event.seq}"] = event.seq
        if isinstance(what, MessagePosted):
            self._seqs[what.message] = event.seq
        elif isinstance(what, FileAdded):
            self._seqs[f"{what.message}#{event.seq}"] = self._seqs.get(what.message, event.seq)
        elif isinstance(what, FileRemoved):
            self._deleted.add(f"{what.message}#{what.added}")
        elif isinstance(what, MessageDeleted):
            self._deleted.add(what.message)

    def _at(self, item: str, part: int) -> Placement | None:
        for one in self._placed.values():
            if (one.item, one.part) == (item, part):
                return one
        return None

    def _write(self, item: str, revision: int, step: Step) -> Write:
        delivery = delivery_id(self._means.secret, self._mirror.id, item, step.index)
        return Write(delivery, self._mirror, step, "", revision=revision)

    # --- differences ----------------------------------------------------------------------

    async def _one(self, wanted: _Wanted) -> None:
        """What should stand there: does it, and does it show that?"""
        there, write = wanted.there, wanted.write
        seen = None if there is None else await self._stands(there.remote)
        if there is None or seen is None:
            self._differs(MISSING, wanted.item, write.step.index, wanted.seq, there, write)
        elif not self._shows(wanted, seen):
            there = replace(there, poster=seen.poster)
            self._differs(STALE, wanted.item, write.step.index, wanted.seq, there, write)

    def _shows(self, wanted: _Wanted, seen: Seen) -> bool:
        if wanted.write.part.kind not in _CHANGEABLE:
            return True
        written = (wanted.write, *_mentioning(wanted), *((wanted.also,) if wanted.also else ()))
        return any(self._adapter.shows(write, seen) for write in written)

    async def _other(self, remote: RemoteId, one: Placement) -> None:
        """What is noted to stand there, and would not be posted today."""
        if not one.poster:
            return
        deleted = one.item in self._deleted or message_of(one.item) in self._deleted
        stands = await self._stands(remote) is not None
        if stands is not deleted or (deleted and one.poster == AUTHOR):
            return
        seq = self._seqs.get(one.item, 0)
        self._differs(STALE if deleted else MISSING, one.item, one.part, seq, one)

    async def _unplaced(self, seen: Seen) -> None:
        """A message of ours that no mirror is known to hold."""
        platform = self._mirror.place.platform
        if await self._store.placement_at(platform, seen.remote) is not None:
            return
        there = Placement(self._mirror.id, "", 0, seen.remote, seen.poster)
        if seen.delivery and seen.delivery == self._wanted[CARD, 0].write.delivery:
            self._differs(DOUBLED, CARD, 0, 0, there)
            return
        if self._twins is None:
            self._twins = Twins(self._means, self._mirror)
            await self._twins.read()
        twin = self._twins.of(seen)
        if twin is None:
            self._differs(FOREIGN, "", 0, 0, there)
            return
        self._differs(DOUBLED, twin.item, twin.part, self._seqs.get(twin.item, 0), there)

    async def _stands(self, remote: RemoteId) -> Seen | None:
        """What is not on the pages is asked for singly; the card never is on them."""
        if remote not in self._seen:
            found = await self._adapter.message(self._mirror, remote)
            if isinstance(found, Absent):
                return None
            self._seen[remote] = found
        return self._seen[remote]

    def _differs(
        self,
        kind: str,
        item: str,
        part: int,
        seq: int,
        there: Placement | None,
        write: Write | None = None,
    ) -> None:
        mirror = self._mirror
        place = mirror.place
        remote = there.remote if there is not None else ""
        where = (short_code(mirror.thread), mirror.id, place.platform, place.channel)
        found = Difference(kind, *where, item, part, seq, remote)
        self._wrong.append(Wrong(found, write, there))


def _mentioning(wanted: _Wanted) -> Iterator[Write]:
    """The same words with other mentions: what people wanted when it was written is not kept."""
    write, users = wanted.write, wanted.users
    if write.part.rich is None:
        return
    there = [one.account for one in named(write.part.rich) if isinstance(one, Mention)]
    mentioned = sorted({one for one in there if one in users})
    most = len(mentioned) if len(mentioned) <= _MOST_MENTIONED else 0
    others = {ref: user for ref, user in write.part.mentions.items() if ref not in mentioned}
    chosen = [each for count in range(most + 1) for each in combinations(mentioned, count)]
    for some in (*chosen, tuple(mentioned)):
        mentions = {**others, **{one: users[one] for one in some}}
        part = replace(write.part, mentions=mentions)
        yield replace(write, step=replace(write.step, part=part))


def _end(work: LaneWork) -> int:
    """The last event that concerns the mirror."""
    until = work.mirror.until_seq
    return work.thread.tail if until is None else min(work.thread.tail, until)
