"""Reads one remote thread again, and hands on whatever the history lacks of it.

What a page says goes the way of events, under the same keys, so that what is known
changes nothing. Reactions are compared as sets. What the history has and the pages have
not is asked for singly before it counts as deleted. Which threads are read, and when,
is the matter of `bridge.catchup.sweeps`.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bridge.intake.finding import message_of
from bridge.telemetry import Metrics
from core.delivery import Absent
from core.events import ReactionAdded, ReactionRemoved
from core.ids import AccountId, MessageId, RemoteId, SpaceId
from core.intents import (
    DeleteMessage,
    EditMessage,
    Intent,
    ItsAuthor,
    Origin,
    Person,
    React,
    RemoteMessage,
)
from core.model import AUTHOR, Account, Identity, Mirror, Place, Placement, Refusal
from core.ports.adapter import Adapter
from core.ports.outcomes import Accepted, Ask, Outcome, Waiting
from core.ports.store import Store
from core.sweep import Seen

log = logging.getLogger("pinthread.catchup")

CHUNK = 200
"""Events of a thread whose placements are read together."""
TOLD_FOR = timedelta(days=1)
"""How old words may be whose author is still told that they were refused."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a reading works with. `overlap` is how far it reaches back before a mark.

    `stray` hears of messages of ours that nothing accounts for, `suspect` of those on which
    something may stand that a late call has set.
    """

    store: Store
    adapter: Adapter
    submit: Callable[[Intent], Awaitable[Outcome]]
    accounts: Callable[[Sequence[Identity]], Awaitable[tuple[Account | None, ...]]]
    stray: Callable[[Place, SpaceId, Seen], None]
    suspect: Callable[[str, Seen], None]
    metrics: Metrics
    now: Callable[[], datetime]
    overlap: timedelta

    def found(self, kind: str) -> None:
        self.metrics.sweep_found.add(self.adapter.name, kind)

    def asked(self, read: str) -> None:
        self.metrics.sweep_reads.add(self.adapter.name, read)


@dataclass(slots=True)
class Stretch:
    """What the history has of some mirrors since a moment. `after` is placed before that."""

    placed: dict[RemoteId, Placement] = field(default_factory=dict)
    after: RemoteId | None = None


async def stretch(
    store: Store,
    moment: Callable[[RemoteId], datetime],
    mirrors: Iterable[Mirror],
    since: datetime | None,
) -> Stretch:
    """With `since` None the whole mirrors. Their cards are not among it."""
    found = Stretch()
    for mirror in mirrors:
        before: int | None = None
        while True:
            placed, before = await store.placed_before(mirror.id, before, CHUNK)
            older = [one for one in placed if since is not None and moment(one.remote) <= since]
            old = {one.remote for one in older}
            found.placed |= {one.remote: one for one in placed if one.remote not in old}
            for one in older:
                if found.after is None or moment(one.remote) > moment(found.after):
                    found.after = one.remote
            if before is None or (placed and len(older) == len(placed)):
                break
    return found


class Reading:
    """One read of a remote thread, or of direct messages that hold several mirrors.

    `brand` is who everybody acts as there, in an inbox. `said_after` is where words count
    as new; older ones were seen by another sweep, and had their answer. `elsewhere` are
    remote messages known to stand outside these pages.
    """

    def __init__(
        self,
        means: Means,
        place: Place,
        mirrors: Mapping[str, Mirror],
        *,
        space: SpaceId,
        brand: AccountId | None,
        since: datetime | None,
        said_after: datetime | None,
        elsewhere: frozenset[RemoteId] = frozenset(),
    ) -> None:
        self._means = means
        self._place = place
        self._mirrors = mirrors
        self._space = space
        self._brand = brand
        self._since = since
        self._said_after = said_after
        self._elsewhere = elsewhere
        self._as_of = 0
        self._placed: dict[RemoteId, Placement] = {}
        self._reacted: dict[RemoteId, tuple[Placement, tuple[Intent, ...]]] = {}
        self._new: list[RemoteId] = []
        self.seen: set[RemoteId] = set()
        self.newest: RemoteId | None = None

    async def read(
        self, pages: Callable[[RemoteId | None], AsyncIterator[tuple[Seen, ...]]]
    ) -> None:
        """To its end. Raises SweepError; whatever was found till then has been handed on."""
        means = self._means
        self._as_of = await means.store.feed_end()
        found = await stretch(
            means.store, means.adapter.moment, self._mirrors.values(), self._since
        )
        self._placed = found.placed
        async for page in pages(found.after):
            means.asked("messages")
            for seen in page:
                await self._take(seen)
        await self._look_for_absent()
        waited = await self._waited()
        await self._compare_reactions()
        if waited:
            await self.read_singly(waited)

    async def read_singly(self, messages: Iterable[tuple[Mirror, RemoteId]]) -> None:
        """These alone, as they stand now; who is absent is left to others. Raises SweepError."""
        means = self._means
        self._as_of, self._reacted = await means.store.feed_end(), {}
        for mirror, remote in messages:
            means.asked("message")
            found = await means.adapter.message(mirror, remote)
            if not isinstance(found, Absent):
                await self._take(found)
        await self._compare_reactions()

    async def lacks(self, mirror: Mirror, listed: RemoteId) -> bool:
        """Whether that message stands, and the pages were too far behind to show it.

        Others that were said just before it may be lacking as well. Raises SweepError.
        """
        if listed == mirror.root or listed in self.seen:
            return False
        self._means.asked("message")
        return not isinstance(await self._means.adapter.message(mirror, listed), Absent)

    # --- words, edits, and messages of ours -----------------------------------------------

    async def _take(self, seen: Seen) -> None:
        moment = self._means.adapter.moment
        self.seen.add(seen.remote)
        if self.newest is None or moment(seen.remote) > moment(self.newest):
            self.newest = seen.remote
        placement = self._placed.get(seen.remote) or await self._look_up(seen.remote)
        if placement is None and seen.poster:
            self._means.stray(self._place, self._space, seen)
            return
        if placement is not None and (seen.ours or (seen.poster and placement.revision > 1)):
            self._means.suspect(self._place.platform, seen)
        said = seen.said
        if placement is not None:
            said = tuple(intent for intent in said if isinstance(intent.what, EditMessage))
        elif self._said_after is not None and moment(seen.remote) <= self._said_after:
            return
        await self._say(seen, said)
        if placement is None and said:
            placement = await self._look_up(seen.remote)
            self._new.append(seen.remote)
        if placement is not None and seen.reactions is not None:
            self._reacted[seen.remote] = placement, seen.reactions

    async def _say(self, seen: Seen, said: Sequence[Intent]) -> None:
        for intent in said:
            outcome = await self._submit(intent)
            if isinstance(outcome, Refusal | Ask | Waiting) and self._is_new(intent, seen):
                await self._means.adapter.tell(seen, intent, outcome)
            if not isinstance(outcome, Accepted):
                return

    def _is_new(self, intent: Intent, seen: Seen) -> bool:
        """Whether nobody can have heard yet what became of it, and wants to know still."""
        at = intent.at or self._means.adapter.moment(seen.remote)
        since = self._means.now() - TOLD_FOR
        return at > (since if self._said_after is None else max(since, self._said_after))

    async def _look_up(self, remote: RemoteId) -> Placement | None:
        found = await self._means.store.placement_at(self._place.platform, remote)
        return None if found is None else found[1]

    async def _submit(self, intent: Intent) -> Outcome:
        store = self._means.store
        before = await store.committed(intent.key)
        outcome = await self._means.submit(replace(intent, as_of=self._as_of))
        # What changes nothing is accepted too, and its key not kept.
        if before is None and isinstance(outcome, Accepted) and await store.committed(intent.key):
            self._means.found(_KINDS.get(type(intent.what), "post"))
        return outcome

    # --- deletes --------------------------------------------------------------------------

    async def _look_for_absent(self) -> None:
        """What was placed before the pages were read, and is not on them."""
        means = self._means
        for remote, placement in tuple(self._placed.items()):
            if placement.removed or remote in self.seen or remote in self._elsewhere:
                continue
            mirror = self._mirrors.get(placement.mirror)
            if mirror is None:
                continue
            means.asked("message")
            found = await means.adapter.message(mirror, remote)
            if isinstance(found, Absent):
                await self._gone(placement)
            else:
                await self._take(found)

    async def _gone(self, placement: Placement) -> None:
        """Its author deleted it, or somebody our copy: as the event would have said."""
        platform, remote = self._place.platform, placement.remote
        what = DeleteMessage(RemoteMessage(platform, remote))
        origin = Origin(self._place, remote)
        await self._submit(Intent(f"{platform}:{remote}:delete", ItsAuthor(), what, origin))
        if placement.poster != AUTHOR:
            self._means.found("hidden")

    # --- reactions ------------------------------------------------------------------------

    async def _waited(self) -> list[tuple[Mirror, RemoteId]]:
        """Words found here for which reactions had waited: those are older than the page.

        They are in the history from now on, as if they were newer. So these are read again.
        """
        found = []
        for remote in self._new:
            there = await self._means.store.placement_at(self._place.platform, remote)
            if there is None or remote not in self._reacted:
                continue
            about = there[0].thread.id, message_of(there[1].item)
            since = await self._means.store.touched(*about, self._as_of)
            if any(isinstance(event.what, ReactionAdded | ReactionRemoved) for event in since):
                del self._reacted[remote]
                mirror = there[0].mirror
                found.append((mirror if self._space else replace(mirror, space=None), remote))
        return found

    async def _compare_reactions(self) -> None:
        """Those of the place with those that the history has from it."""
        messages: dict[MessageId, list[tuple[Placement, tuple[Intent, ...]]]] = {}
        for placement, reactions in self._reacted.values():
            messages.setdefault(message_of(placement.item), []).append((placement, reactions))
        if not messages:
            return
        known = await self._means.store.reactions_of(tuple(messages))
        for message, parts in messages.items():
            before = known.get(message, ())
            placement = parts[0][0]
            here = await self._reactions([intent for _, each in parts for intent in each])
            there = {(str(account), emoji) for account, emoji, _ in before}
            for reaction, intent in here.items():
                if reaction not in there:
                    # A reaction may come, go and come again: each sweep that finds it says so.
                    await self._submit(replace(intent, key=f"{intent.key}:{self._as_of}"))
            for account, emoji, origin in before:
                gone = (str(account), emoji) not in here and origin == placement.mirror
                if gone and await self._is_whole(message, placement):
                    await self._taken_back(placement.remote, account, emoji)

    async def _reactions(self, intents: list[Intent]) -> dict[tuple[str, str], Intent]:
        """By whose account and emoji. Nobody's is who has never done anything here."""
        people = [one.actor.identity for one in intents if isinstance(one.actor, Person)]
        known = dict(zip(people, await self._means.accounts(people), strict=True))
        found: dict[tuple[str, str], Intent] = {}
        for intent in intents:
            if isinstance(intent.what, React) and isinstance(intent.actor, Person):
                account = known[intent.actor.identity]
                who = self._brand or (account.id if account else intent.actor.identity.user)
                found[str(who), intent.what.emoji] = intent
        return found

    async def _is_whole(self, message: MessageId, placement: Placement) -> bool:
        """Whether the pages told of every part of it that stands in the mirror."""
        parts = await self._means.store.remotes_of(placement.mirror, message)
        return parts <= self._reacted.keys()

    async def _taken_back(self, remote: RemoteId, account: AccountId, emoji: str) -> None:
        platform = self._place.platform
        await self._submit(
            Intent(
                f"{platform}:{remote}:unreact:{account}:{emoji}:{self._as_of}",
                account,
                React(RemoteMessage(platform, remote), emoji, on=False),
                Origin(self._place, remote),
            )
        )


_KINDS: Mapping[type, str] = {EditMessage: "edit", DeleteMessage: "delete", React: "reaction"}
