"""The part of the desk about people: who acts, follows, blocks, has roles and which logins.

What is allowed is decided by the core (`decide_account`, `rights`); here it is looked up,
asked for and written down.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bridge.intake.finding import Actor, direct_binding
from bridge.intake.intake import Intake
from core.ids import AccountId, BindingId, ConversationId
from core.intents import Block, Follow, Handle, Person, PersonRef, Somebody
from core.model import (
    Account,
    AccountKind,
    Binding,
    BindingKind,
    BrandRules,
    FollowBack,
    Identity,
    Place,
    Refusal,
    Role,
)
from core.ports.reading import Acting, Prefs, Shown
from core.ports.rows import StoreError
from core.ports.store import Store
from core.rights import Act, may
from core.rules import NOT_FOR_PEOPLE, PAUSED, cannot_message
from core.standing import Edge, EdgeKind, decide_account

LINK_LASTS = timedelta(minutes=15)
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of codes that are read aloud or typed: none looks like another one."""
_CODE = 8

BAD_CODE = Refusal(
    "bad_code", "That code is not good any more. Ask for a new one with `/pin link`."
)
ONE_LOGIN = Refusal(
    "one_login", "This login is not tied to another one. `/pin link` ties two together."
)
YOUR_OWN = Refusal(
    "already_linked", "Both logins have the same account already. There is nothing to do."
)
NOT_YOURS = Refusal(
    "not_linkable", "A login can only be tied to a person's account, by that person."
)


class People:
    """Answers for `core.ports.desk.Desk`, which inherits it."""

    def __init__(self, store: Store, intake: Intake, now: Callable[[], datetime]) -> None:
        self._store = store
        self._intake = intake
        self._now = now
        self.presence = intake.presence
        self.configured: frozenset[BindingId] = frozenset()
        """The channels that the operator's configuration binds."""

    # --- who ------------------------------------------------------------------------------

    async def standing(
        self, actor: Somebody, place: Place | None = None, *, away: bool = False
    ) -> Acting:
        found = await self._intake.acting(actor, place, away=away)
        binding = None if place is None else await self._store.binding_at(place)
        brand = found.account.kind is AccountKind.BRAND
        return Acting(
            found.account,
            found.person or found.account,
            found.role,
            self.rules(found.account.id) if brand else None,
            binding,
        )

    async def is_there(self, actor: Somebody, place: Place) -> bool:
        if not isinstance(actor, Person) or actor.identity.platform != place.platform:
            return False
        return bool(await self.presence.has(place, actor.identity.user))

    async def person_left(self, place: Place, identity: Identity) -> None:
        self.presence.forget(place)
        binding = await self._store.binding_at(place)
        account = await self._store.account_by_identity(identity)
        if binding is not None and account is not None:
            await self._store.forget_agent(binding.account, account.id)

    def rules(self, brand: AccountId) -> BrandRules | None:
        return self._intake.rules.of(brand)

    # --- following and blocking -----------------------------------------------------------

    async def follow(
        self,
        actor: Somebody,
        who: PersonRef,
        *,
        on: bool,
        place: Place | None = None,
        away: bool = False,
    ) -> Account | Refusal:
        return await self._change(actor, Follow(who, on), place, away=away)

    async def block(
        self,
        actor: Somebody,
        who: PersonRef,
        *,
        on: bool,
        place: Place | None = None,
        away: bool = False,
    ) -> Account | Refusal:
        return await self._change(actor, Block(who, on), place, away=away)

    async def _change(
        self, actor: Somebody, what: Follow | Block, place: Place | None, *, away: bool
    ) -> Account | Refusal:
        acting = await self._intake.acting(actor, place, away=away)
        if acting.paused:
            return PAUSED
        (other,) = await self._intake.find_people((what.who,))
        standing = await self._intake.standing(acting, other)
        edges = decide_account(acting.account, what, other, standing)
        if isinstance(edges, Refusal):
            return edges
        assert other is not None
        if edges:
            await self._store.change((*edges, *self._back(edges, other)), self._now())
        return other

    def _back(self, edges: Sequence[Edge], other: Account) -> tuple[Edge, ...]:
        """A brand that follows back by itself."""
        if other.kind is not AccountKind.BRAND:
            return ()
        if self._intake.rules.of(other.id).follow_back is not FollowBack.AUTO:
            return ()
        return tuple(
            Edge(edge.whom, edge.who) for edge in edges if edge.kind is EdgeKind.FOLLOW and edge.on
        )

    async def follows(self, account: AccountId, limit: int = 100) -> tuple[Account, ...]:
        return await self._accounts(await self._store.follows_of(account, limit))

    async def does_follow(self, who: AccountId, whom: AccountId) -> bool:
        return (who, whom) in self._store.involved((who, whom)).follows

    async def followers(self, account: AccountId, limit: int = 100) -> tuple[Account, ...]:
        return await self._accounts(await self._store.followers_of(account, limit))

    async def blocked(self, account: AccountId, limit: int = 100) -> tuple[Account, ...]:
        return await self._accounts(await self._store.blocked_by(account, limit))

    async def brands(self, limit: int = 100) -> tuple[Account, ...]:
        return await self._accounts(await self._store.brands(limit))

    async def _accounts(self, ids: Sequence[AccountId]) -> tuple[Account, ...]:
        found = [await self._store.account(one) for one in ids]
        return tuple([one for one in found if one is not None])

    # --- roles ----------------------------------------------------------------------------

    async def grant(
        self,
        actor: Somebody,
        place: Place | None,
        who: PersonRef,
        role: Role | None,
        *,
        away: bool = False,
    ) -> Account | Refusal:
        acting = await self._intake.acting(actor, place, away=away)
        brand = acting.account
        if brand.kind is not AccountKind.BRAND:
            return NOT_FOR_PEOPLE
        standing = await self._intake.standing(acting, None)
        refusal = PAUSED if acting.paused else may(acting.role, Act.GRANT, standing.owner)
        if refusal is not None:
            return refusal
        (other,) = await self._intake.find_people((who,))
        if other is None or other.kind is not AccountKind.PERSON or self._hides(acting, who, other):
            return cannot_message(f"@{who.name}" if isinstance(who, Handle) else "of that name")
        await self._store.grant(brand.id, other.id, role, self._now())
        return other

    def _hides(self, acting: Actor, who: PersonRef, other: Account) -> bool:
        """Whether a typed name looks like nobody's to an owner; not that of an agent."""
        brand, person = acting.account.id, (acting.person or acting.account).id
        if not isinstance(who, Handle) or self._store.role_in(brand, other.id) is not None:
            return False
        blocks = self._store.involved((brand, person, other.id)).blocks
        return other.banned or bool(blocks & {(other.id, brand), (other.id, person)})

    async def agents(self, brand: AccountId) -> tuple[tuple[Account, Role], ...]:
        own = self._intake.rules.of(brand).staff_role
        found = []
        for one, role in await self._store.agents_of(brand):
            account = await self._store.account(one)
            if account is not None:
                found.append((account, role or own))
        return tuple(found)

    async def given_role(self, actor: Somebody, brand: AccountId) -> Role | None:
        return await self._intake.given_role(actor, brand)

    async def brands_of(self, account: AccountId) -> tuple[tuple[Account, Role], ...]:
        """Roles that were given; and where somebody acted in the brand's channel of late."""
        found = []
        for one, role in await self._store.brands_of(account, self._now()):
            brand = await self._store.account(one)
            if brand is not None:
                found.append((brand, role or self._intake.rules.of(one).staff_role))
        return tuple(found)

    async def invite(self, account: AccountId) -> None:
        await self._store.invite(account, self._now())

    # --- logins and settings --------------------------------------------------------------

    async def prefs(self, account: AccountId) -> Prefs:
        return await self._store.prefs(account)

    async def put_prefs(self, account: AccountId, prefs: Prefs) -> None:
        await self._store.put_prefs(account, prefs)

    async def identities(self, account: AccountId) -> tuple[Identity, ...]:
        return await self._store.identities(account)

    async def told(self, account: AccountId) -> bool:
        return await self._store.told(account)

    async def link_code(self, person: Somebody) -> str:
        if not isinstance(person, Person):
            raise TypeError("only a login of a platform can be tied to another one")
        await self._intake.account(person)
        code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE))
        await self._store.put_link(code, person.identity, self._now() + LINK_LASTS)
        return code

    async def use_link(self, person: Somebody, code: str) -> Account | Refusal:
        if not isinstance(person, Person):
            return NOT_YOURS
        mine = await self._intake.account(person)
        identity = await self._store.take_link(code.strip().lower(), self._now())
        theirs = None if identity is None else await self._store.account_by_identity(identity)
        if theirs is None:
            return BAD_CODE
        if theirs.id == mine.id:
            return YOUR_OWN
        if AccountKind.BRAND in (theirs.kind, mine.kind) or theirs.banned or mine.banned:
            return NOT_YOURS
        await self._store.attach_identity(person.identity, theirs.id)
        await self._store.put_binding(direct_binding(theirs.id, person.identity))
        return theirs

    async def unlink(self, person: Somebody) -> Account | Refusal:
        if not isinstance(person, Person):
            return NOT_YOURS
        mine = await self._intake.account(person)
        if mine.banned:
            return ONE_LOGIN
        own = await self._store.detach_identity(person.identity, person.profile)
        if own is None:
            return ONE_LOGIN
        await self._store.put_binding(direct_binding(own.id, person.identity))
        return own

    # --- channels -------------------------------------------------------------------------

    async def binding_at(self, place: Place) -> Binding | None:
        return await self._store.binding_at(place)

    async def bindings(self, account: AccountId) -> tuple[Binding, ...]:
        return await self._store.bindings_of((account,))

    async def shown(self, asker: AccountId) -> tuple[Shown, ...]:
        found = []
        for place, conversation, thread in await self._store.shown_of(asker):
            binding = await self._store.binding(place)
            head = await self._store.head(conversation)
            if binding is not None and head is not None:
                people = await self._accounts([one for one in head.present() if one != asker])
                found.append(Shown(binding, conversation, thread, people))
        return tuple(found)

    async def shown_in(self, conversation: ConversationId) -> tuple[Binding, ...]:
        places = sorted(await self._store.open_places(conversation))
        found = [await self._store.binding(place) for place in places]
        return tuple([one for one in found if one is not None])

    def is_configured(self, binding: BindingId) -> bool:
        return binding in self.configured

    async def connect_place(self, binding: Binding) -> Refusal | None:
        known = await self._store.binding_at(binding.place)
        if known is not None:
            if known.account != binding.account:
                return Refusal(
                    "place_taken",
                    "This channel is connected for somebody else. They can let it go with "
                    "`/pin disconnect`.",
                )
            since = known.mode_since if known.mode is binding.mode else self._now()
            label = binding.label or known.label
            binding = replace(binding, id=known.id, label=label, mode_since=since)
        elif binding.kind is BindingKind.INBOX:
            binding = replace(binding, mode_since=self._now())
        try:
            await self._store.put_binding(binding)
        except StoreError as failed:
            return Refusal("place_taken", str(failed))
        return None

    async def disconnect_place(self, binding: BindingId) -> None:
        await self._store.drop_binding(binding)
