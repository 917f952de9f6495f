"""Looks up what an intent names: who acts, in which thread, about which message.

Names are the payload's own (a handle, a remote thread, a remote message). What
is about something that is still on its way to its place is held here, and people
who act for the first time get their account here. Nothing is decided.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.decide import NO_MESSAGE, NO_THREAD, PIN_REQUIRED
from core.ids import AccountId, BindingId, MessageId, RemoteId, SpaceId, derive
from core.intents import (
    DeleteMessage,
    Handle,
    InDirect,
    InSpace,
    Intent,
    ItsAuthor,
    MessageRef,
    OnMessage,
    Person,
    PersonRef,
    PostMessage,
    React,
    RemoteMessage,
    Somebody,
    StartThread,
    Target,
)
from core.model import (
    AUTHOR,
    Account,
    Binding,
    BindingKind,
    Head,
    Identity,
    Mirror,
    Place,
    Placement,
    Refusal,
    Thread,
    Written,
)
from core.ports import Accepted, Ask, Duplicate, Held, HeldIntent, Ignored, Outcome, Spot, Store

CONFLICT = Refusal(
    "conflict", "This idempotency key was used for another message. Send it with a new key."
)


@dataclass(frozen=True, slots=True)
class Found:
    """What an intent's target turned out to be."""

    head: Head
    thread: Thread
    mirror: Mirror | None = None
    binding: Binding | None = None
    message: Written | None = None
    placement: Placement | None = None


class Finder:
    """Finds, or answers what there is to say where nothing is found."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def find(self, intent: Intent) -> Found | Outcome:
        """The thread that the intent is about, and the message where it names one."""
        what = intent.what
        assert not isinstance(what, StartThread)
        if isinstance(what, OnMessage):
            return await self._find_message(intent, what.message)
        found = await self._find_thread(intent, what.target)
        if isinstance(found, Found) and isinstance(what, PostMessage) and what.answers is not None:
            return replace(found, message=await self._answered(what.answers, found.thread))
        return found

    # --- messages -------------------------------------------------------------------------

    async def _answered(self, ref: MessageRef, thread: Thread) -> Written | None:
        """The message that is replied to, where it is one of this thread."""
        if isinstance(ref, RemoteMessage):
            there = await self._store.placement_at(ref.platform, ref.remote)
            if there is None:
                return None
            ref = message_of(there[1].item)
        message = await self._store.written(ref)
        return message if message is not None and message.thread == thread.id else None

    async def _find_message(self, intent: Intent, ref: MessageRef) -> Found | Outcome:
        if not isinstance(ref, RemoteMessage):
            message = await self._store.written(ref)
            found = await self._find_thread(intent, message.thread) if message else NO_MESSAGE
            return replace(found, message=message) if isinstance(found, Found) else found
        there = await self._store.placement_at(ref.platform, ref.remote)
        if there is None:
            return await self._hold(intent, ref.platform, ref.remote)
        spot, placement = there
        return await self._at_placement(intent, spot, placement)

    async def _at_placement(
        self, intent: Intent, spot: Spot, placement: Placement
    ) -> Found | Outcome:
        """What was done to a remote message of ours, or to one that was typed there."""
        ours = placement.poster != AUTHOR
        if ours and isinstance(intent.what, DeleteMessage):
            await self._store.hide_copy(placement.mirror, placement.remote)
            return Ignored()
        message = await self._store.written(message_of(placement.item))
        if message is None or (ours and not isinstance(intent.what, React)):
            return Ignored()
        return replace(_at(spot), message=message, placement=placement)

    async def _hold(
        self, intent: Intent, platform: str, missing: SpaceId | RemoteId
    ) -> Found | Outcome:
        """Keeps what is about something that is still on its way; others are not ours."""
        if intent.origin is None or not await self._store.binding_at(intent.origin.place):
            return Ignored()
        if await self._store.hold(HeldIntent(intent.key, missing, intent, self._now()), platform):
            return Held()
        return await self.find(intent)

    # --- threads --------------------------------------------------------------------------

    async def _find_thread(self, intent: Intent, target: Target) -> Found | Outcome:
        if isinstance(target, InSpace):
            spot = await self._store.spot(target.platform, target.space)
            if spot is None:
                return await self._hold(intent, target.platform, target.space)
            return _at(spot)
        if isinstance(target, InDirect):
            return await self._find_direct(intent, target)
        thread = await self._store.thread(target)
        head = await self._store.head(thread.conversation) if thread else None
        if thread is None or head is None:
            return NO_THREAD
        return Found(head, thread)

    async def _find_direct(self, intent: Intent, target: InDirect) -> Found | Outcome:
        platform = target.place.platform
        if target.answers is not None:
            spot = await self._store.spot_of_message(platform, target.answers)
            if spot is not None:
                return _at(spot)
        known = await self._store.committed(intent.key)
        if known is not None:
            return repeated(intent, known)
        spots = await self._store.spots_at(target.place, 25)
        if len(spots) == 1:
            return _at(spots[0])
        if not spots:
            return PIN_REQUIRED
        if target.answers is not None and await self._store.sendings(target.place):
            # It may answer one of ours whose receipt is still out.
            return await self._hold(intent, platform, target.answers)
        actor, _ = await self.actor(intent, None)
        wanted = {spot.thread.id for spot in spots}
        lines = await self._store.inbox(actor.id, 100)
        return Ask(tuple(line for line in lines if line.thread in wanted))

    # --- people ---------------------------------------------------------------------------

    async def actor(
        self, intent: Intent, binding: Binding | None, message: Written | None = None
    ) -> tuple[Account, Identity | None]:
        """Who acts, and which agent where it is a brand."""
        if binding is None and intent.origin is not None:
            binding = await self._store.binding_at(intent.origin.place)
        if isinstance(intent.actor, ItsAuthor):
            assert message is not None
            return await self._known(message.author), None
        if not isinstance(intent.actor, Person):
            return await self._known(intent.actor), None
        if binding is not None and binding.kind is BindingKind.INBOX:
            return await self._known(binding.account), intent.actor.identity
        return await self._person(intent.actor), None

    async def account(self, actor: Somebody, place: Place | None = None) -> Account:
        """Who acts there: in a brand's inbox the brand, else the person, made if unknown."""
        if place is not None:
            binding = await self._store.binding_at(place)
            if binding and binding.kind is BindingKind.INBOX:
                return await self._known(binding.account)
        if isinstance(actor, Person):
            return await self._person(actor)
        return await self._known(actor)

    async def people(
        self, refs: tuple[PersonRef, ...]
    ) -> tuple[tuple[Account, ...], tuple[str, ...]]:
        """The accounts, and the handles that belong to nobody."""
        found = await self.each(refs)
        people = tuple(account for account in found if account is not None)
        missing = tuple(
            f"@{ref.name}"
            for ref, account in zip(refs, found, strict=True)
            if account is None and isinstance(ref, Handle)
        )
        return people, missing

    async def each(self, refs: Sequence[PersonRef]) -> tuple[Account | None, ...]:
        return tuple([await self._lookup(ref) for ref in refs])

    async def _lookup(self, ref: PersonRef) -> Account | None:
        if isinstance(ref, Handle):
            return await self._store.account_by_handle(ref.name.lower())
        if isinstance(ref, Person):
            return await self._person(ref)
        return await self._store.account(ref)

    async def _person(self, person: Person) -> Account:
        known = await self._store.account_by_identity(person.identity)
        if known is not None and (known.name, known.picture) == (
            person.profile.name,
            person.profile.picture,
        ):
            return known
        account = await self._store.ensure_person(person.identity, person.profile, self._now())
        if known is None:
            await self._store.put_binding(direct_binding(account.id, person.identity))
        return account

    async def _known(self, account: AccountId) -> Account:
        found = await self._store.account(account)
        if found is None:
            raise LookupError(f"no account {account}")
        return found


def direct_binding(account: AccountId, identity: Identity) -> Binding:
    """A person's direct messages with the bot."""
    place = Place(identity.platform, identity.workspace, f"user:{identity.user}")
    name = derive("binding", f"{place.platform} {place.workspace} {place.channel}")
    return Binding(BindingId(name), account, place, BindingKind.DIRECT, "direct message")


def message_of(item: str) -> MessageId:
    """The message whose words or file a placement's item is."""
    return MessageId(item.partition("#")[0])


def repeated(intent: Intent, known: Duplicate) -> Outcome:
    """The first answer again, unless a client used the key for something else."""
    if known.fingerprint != intent.fingerprint:
        return CONFLICT
    return Accepted(known.conversation, known.thread, known.seq, known.message, repeated=True)


def _at(spot: Spot) -> Found:
    return Found(spot.head, spot.thread, spot.mirror, spot.binding)
