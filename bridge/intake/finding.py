"""Looks up what an intent names: who acts, in which thread, about which message.

Names are the payload's own (a handle, a remote thread, a remote message). What
is about something that is still on its way to its place is held here, and people
who act for the first time get their account here. Nothing is decided.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bridge.intake.standing import Rules, role_of
from bridge.presence import Presence
from core.ids import AccountId, BindingId, MessageId, RemoteId, SpaceId, derive
from core.intents import (
    ClosePlace,
    DeleteMessage,
    EditMessage,
    FillCard,
    Handle,
    InDirect,
    InSpace,
    Intent,
    InThread,
    ItsAuthor,
    MessageRef,
    OnMessage,
    OpenPlace,
    Person,
    PersonRef,
    PostMessage,
    React,
    RemoteMessage,
    Report,
    Somebody,
    StartThread,
    Target,
)
from core.model import (
    AUTHOR,
    Account,
    AccountKind,
    Binding,
    BindingKind,
    Head,
    Identity,
    Mirror,
    Place,
    Placement,
    Refusal,
    Role,
    Thread,
    Written,
)
from core.ports.outcomes import Accepted, Ask, Held, Ignored, Outcome
from core.ports.rows import Duplicate, HeldIntent, Spot
from core.ports.store import Store
from core.quick import quick
from core.rules import NO_MESSAGE, NO_THREAD, PIN_REQUIRED

_REFUSED = 10_000
"""Refused words remembered, so that nothing waits for them."""

CONFLICT = Refusal(
    "conflict", "This idempotency key was used for another message. Send it with a new key."
)


@quick
@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `agent` is who it is where it is a brand, `role` their role in that.

    `sender` is who sends too much, if anybody does: one agent, not the whole brand.
    """

    account: Account
    agent: Identity | None = None
    role: Role | None = None
    person: Account | None = None
    paused: bool = False
    """It would be done in a brand's inbox that others can read now."""

    @property
    def sender(self) -> object:
        return self.agent or self.account.id


@quick
@dataclass(frozen=True, slots=True)
class Found:
    """What an intent's target turned out to be. `binding` is where it was done, if it was done
    in a mirrored thread; `named` the place that it is about, `forwarded` whose notes it shows."""

    head: Head
    thread: Thread
    mirror: Mirror | None = None
    binding: Binding | None = None
    message: Written | None = None
    placement: Placement | None = None
    named: Binding | None = None
    forwarded: tuple[AccountId, ...] = ()


class Finder:
    """Finds, or answers what there is to say where nothing is found."""

    def __init__(
        self, store: Store, now: Callable[[], datetime], rules: Rules, presence: Presence
    ) -> None:
        self._store = store
        self._now = now
        self._rules = rules
        self._presence = presence
        self._refused: dict[tuple[str, RemoteId], None] = {}
        """Words that people typed and that went nowhere; what answers them has no thread."""

    def refused(self, platform: str, remote: RemoteId) -> None:
        """Nobody need wait for these words."""
        if len(self._refused) >= _REFUSED:
            del self._refused[next(iter(self._refused))]
        self._refused[platform, remote] = None

    async def find(self, intent: Intent) -> Found | Outcome:
        """The thread that the intent is about, and the message where it names one."""
        what = intent.what
        assert not isinstance(what, StartThread)
        if isinstance(what, OnMessage):
            return await self._find_message(intent, what.message)
        found = await self._find_thread(intent, what.target)
        if not isinstance(found, Found):
            return found
        if isinstance(what, PostMessage):
            if what.forwards:
                found = replace(found, forwarded=await self._inside(what.forwards))
            if what.answers is not None:
                return replace(found, message=await self._answered(what.answers, found.thread))
            return found
        return await self._with_what_it_names(found, what)

    async def _with_what_it_names(self, found: Found, what: InThread) -> Found:
        if isinstance(what, Report) and what.message is not None:
            return replace(found, message=await self._answered(what.message, found.thread))
        if isinstance(what, ClosePlace):
            shown = await self._store.open_places(found.head.id)
            if what.binding not in shown:  # or its label would be told to strangers
                return found
        if isinstance(what, OpenPlace | ClosePlace):
            return replace(found, named=await self._store.binding(what.binding))
        if isinstance(what, FillCard) and what.pin != found.thread.pin:
            return replace(found, message=await self._store.holder(found.thread.id, what.pin))
        return found

    # --- messages -------------------------------------------------------------------------

    async def _answered(self, ref: MessageRef, thread: Thread) -> Written | None:
        """The message that is replied to, where it is one of this thread."""
        message = await self._written(ref)
        return message if message is not None and message.thread == thread.id else None

    async def _written(self, ref: MessageRef) -> Written | None:
        """The message as it stands, of any thread; None of what no mirror holds."""
        if isinstance(ref, RemoteMessage):
            there = await self._store.placement_at(ref.platform, ref.remote)
            if there is None:
                return None
            ref = message_of(there[1].item)
        return await self._store.written(ref)

    async def _inside(self, refs: Sequence[RemoteMessage]) -> tuple[AccountId, ...]:
        """Whose notes these are; of other messages nothing."""
        found = [await self._written(ref) for ref in refs]
        return tuple([note.only for note in found if note is not None and note.only is not None])

    async def _find_message(self, intent: Intent, ref: MessageRef) -> Found | Outcome:
        if not isinstance(ref, RemoteMessage):
            message = await self._store.written(ref)
            found = await self._find_thread(intent, message.thread) if message else NO_MESSAGE
            return replace(found, message=message) if isinstance(found, Found) else found
        there = await self._store.placement_at(ref.platform, ref.remote)
        if there is None:
            held = await self._hold(intent, ref.platform, ref.remote)
            if held is not None:
                return held
            there = await self._store.placement_at(ref.platform, ref.remote)
            if there is None:
                return Ignored()  # it stands in a place that is nobody's any more
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
    ) -> Outcome | None:
        """Keeps what is about something that is still on its way; None where it has come.

        Others are not ours. Nor is anything kept of who has left for good, where nobody knows
        when it was done, or where it can only be about what they had said before.
        """
        if intent.origin is None or not await self._store.binding_at(intent.origin.place):
            return Ignored()
        if isinstance(intent.actor, Person) and await self._is_of_who_left(intent.actor, intent):
            return Ignored()
        if await self._store.hold(HeldIntent(intent.key, missing, intent, self._now()), platform):
            return Held()
        return None

    async def _is_of_who_left(self, who: Person, intent: Intent) -> bool:
        if self._store.has_left(who.identity, intent.at):
            return True
        # Nobody new has come back with that login, so whatever they edit is from before.
        return (
            isinstance(intent.what, EditMessage)
            and self._store.has_left(who.identity, None)
            and await self._store.account_by_identity(who.identity) is None
        )

    # --- threads --------------------------------------------------------------------------

    async def _find_thread(self, intent: Intent, target: Target) -> Found | Outcome:
        if isinstance(target, InSpace):
            spot = await self._store.spot(target.platform, target.space)
            if spot is None:
                held = await self._hold(intent, target.platform, target.space)
                if held is not None:
                    return held
                spot = await self._store.spot(target.platform, target.space)
            return NO_THREAD if spot is None else _at(spot)
        if isinstance(target, InDirect):
            return await self._find_direct(intent, target)
        thread = await self._store.thread(target)
        head = await self._store.head(thread.conversation) if thread else None
        if thread is None or head is None:
            return NO_THREAD
        return Found(head, thread)

    async def _find_direct(self, intent: Intent, target: InDirect) -> Found | Outcome:
        platform, answers = target.place.platform, target.answers
        if answers is not None:
            spot = await self._store.spot_of_message(platform, answers)
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
        if (
            answers is not None
            and (platform, answers) not in self._refused
            and await self._store.sendings(target.place)
        ):
            # It may answer one of ours whose receipt is still out.
            held = await self._hold(intent, platform, answers)
            if held is not None:
                return held
            spot = await self._store.spot_of_message(platform, answers)
            if spot is not None:
                return _at(spot)
        actor = (await self.actor(intent, None)).account
        wanted = {spot.thread.id for spot in spots}
        lines = await self._store.inbox(actor.id, 100)
        return Ask(tuple(line for line in lines if line.thread in wanted))

    # --- people ---------------------------------------------------------------------------

    async def actor(
        self,
        intent: Intent,
        binding: Binding | None,
        found: Found | None = None,
        *,
        accepted: bool = False,
    ) -> Actor:
        """Who acts, and which agent where it is a brand; `accepted`: it was decided before."""
        if binding is None and intent.origin is not None:
            binding = await self._store.binding_at(intent.origin.place)
        who = intent.actor
        if isinstance(who, ItsAuthor):
            # Nobody says who it was: whoever may, in that place.
            assert found is not None
            assert found.message is not None
            return self._itself(await self._known(found.message.author))
        if not isinstance(who, Person):
            return self._itself(await self._known(who))
        if binding is not None and binding.kind is BindingKind.INBOX:
            away = intent.origin is not None and intent.origin.away
            return await self.agent(who, binding, away=away, accepted=accepted)
        person = await self._person(who)
        if found is not None and person.id not in found.head.present():
            person = await self._as_before(who, person, found.head)
        return Actor(person)

    def _itself(self, account: Account) -> Actor:
        """Whoever acts as a brand without anybody in between has every right in it."""
        role = Role.OWNER if account.kind is AccountKind.BRAND else None
        return Actor(account, role=role)

    async def agent(
        self, who: Person, binding: Binding, *, away: bool = False, accepted: bool = False
    ) -> Actor:
        """Whoever acts in a brand's inbox acts as the brand.

        Who does so from elsewhere (`away`) without a role that was given must have acted
        there before, and be there still; it is noted of nobody, or they would stay agents by
        being agents. What was accepted before says nothing of where they are now. Nobody else
        decides that: every way in asks here.
        """
        brand = await self._known(binding.account)
        if who.machine:
            return Actor(brand, who.identity)
        person = await self._person(who)
        given = self._store.role_in(brand.id, person.id)
        # To be in a channel that others can join makes nobody an agent.
        known = given is not None or not binding.paused
        role = self._role(brand.id, who, person, given) if known else None
        if role is not None and given is None and not accepted:
            if not away:
                await self._store.note_agent(brand.id, person.id, self._now())
            elif not await self._is_still_there(who, person, binding):
                role = None
        return Actor(brand, who.identity, role, person, binding.paused)

    async def may_still_say(self, intent: Intent) -> bool:
        """Whether who typed a reply in a brand's channel is an agent there now, as it goes out.

        Where the platform cannot say who is in the channel, they are, unless it has told that
        they left.
        """
        who = intent.actor
        place = None if intent.origin is None else intent.origin.place
        binding = None if place is None else await self._store.binding_at(place)
        if not isinstance(who, Person) or place is None or binding is None:
            return True
        person = await self._person(who)
        if self._store.role_in(binding.account, person.id) is not None:
            return True
        there = await self._presence.has(place, who.identity.user)
        if there is not None:
            return there
        return await self._has_acted(person, binding.account)

    async def given_role(self, who: Somebody, brand: AccountId) -> Role | None:
        """What an owner gave them, which holds wherever they act."""
        if not isinstance(who, Person):
            return None
        person = await self._person(who)
        given = self._store.role_in(brand, person.id)
        return None if given is None else self._role(brand, who, person, given)

    def _role(
        self, brand: AccountId, who: Person, person: Account, given: Role | None
    ) -> Role | None:
        return None if person.banned else role_of(self._rules.of(brand), given, who)

    async def _is_still_there(self, who: Person, person: Account, binding: Binding) -> bool:
        """Whether somebody has their role for more than a note's sake."""
        brand, place = binding.account, binding.place
        if not await self._has_acted(person, brand) or who.identity.platform != place.platform:
            return False
        if place.platform == "discord" and self._rules.of(brand).agent_role:
            return True  # the gesture itself has told that they hold the role
        there = await self._presence.has(place, who.identity.user)
        if there is False:
            await self._store.forget_agent(brand, person.id)
        return bool(there)

    async def _has_acted(self, person: Account, brand: AccountId) -> bool:
        """Whether somebody is noted as an agent, and has not been told to have left since."""
        noted = await self._store.brands_of(person.id, self._now())
        return any(one == brand for one, _ in noted)

    async def _as_before(self, who: Person, person: Account, head: Head) -> Account:
        """A login that was tied to another account goes on in the old one's conversations."""
        present = head.present()
        for account in reversed(await self._store.former(who.identity)):
            if account in present:
                return await self._known(account)
        return person

    async def acting(self, actor: Somebody, place: Place | None, *, away: bool = False) -> Actor:
        """As `actor`, where nothing is done yet."""
        binding = None if place is None else await self._store.binding_at(place)
        if not isinstance(actor, Person):
            return self._itself(await self._known(actor))
        if binding is not None and binding.kind is BindingKind.INBOX:
            return await self.agent(actor, binding, away=away)
        return Actor(await self._person(actor))

    async def is_of(self, person: Person, account: Account) -> bool:
        return await self._store.account_by_identity(person.identity) == account

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
