"""What a decision must know of who may do what, put together from store and configuration.

Most messages are said where nothing of the kind has changed since the last one: what was
put together then is kept, and thrown away by the store's version. Nothing is decided here.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from core.ids import AccountId
from core.intents import Person
from core.model import (
    Account,
    AccountKind,
    BrandRules,
    Contacts,
    Role,
    Standing,
)
from core.ports.reading import Involved
from core.ports.store import Store

_MOST = 20_000
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator has set for everybody, and for each brand by its account.

    `other` are the rules of brands that are not named. `per_minute` 0: no limit.
    """

    contacts: Contacts = Contacts.FOLLOW
    open: bool = True
    """Anybody in the connected places may start."""
    per_minute: int = 30
    brands: Mapping[AccountId, BrandRules] = field(default_factory=dict)
    other: BrandRules = field(default_factory=BrandRules)

    def of(self, brand: AccountId) -> BrandRules:
        return self.brands.get(brand, self.other)


def role_of(rules: BrandRules, given: Role | None, person: Person) -> Role | None:
    """The role of whoever acts in a brand's place: what an owner gave, else the brand's own.

    Guests and machines have none, and on Discord agents hold the brand's named role. Of a brand
    that has been taken out of the configuration nobody knows any more which role that is.
    """
    if person.guest or person.machine or rules.closed:
        return None
    if given is not None:
        return given
    needs_role = person.identity.platform == "discord" and rules.agent_role
    if needs_role and rules.agent_role not in person.roles:
        return None
    return rules.staff_role


@dataclass(frozen=True, slots=True)
class _Kept:
    involved: Involved
    standing: Standing


_Key = tuple[AccountId, Role | None, tuple[AccountId, ...]]


class Standings:
    """Puts them together, and counts what accounts send."""

    def __init__(self, store: Store, rules: Rules, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self.rules = rules
        self.rates = Rates(rules.per_minute)
        self._kept: dict[_Key, _Kept] = {}

    def of(
        self, actor: Account, role: Role | None, people: tuple[AccountId, ...]
    ) -> tuple[Standing, int]:
        """Of an actor among people, and the version that a commit of it names."""
        involved = self._store.involved(people)
        key = actor.id, role, people
        kept = self._kept.get(key)
        if kept is None or kept.involved is not involved:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            kept = self._kept[key] = _Kept(involved, self._made(actor, role, involved))
        return kept.standing, involved.version

    def _made(self, actor: Account, role: Role | None, involved: Involved) -> Standing:
        brands = [one for one, kind in involved.kinds.items() if kind is AccountKind.BRAND]
        brand = actor.id if actor.id in brands else next(iter(brands), None)
        return Standing(
            kinds=involved.kinds,
            handles=involved.handles,
            role=role,
            follows=involved.follows,
            blocks=involved.blocks,
            contacts=self.rules.contacts,
            invited=self.rules.open or actor.id in involved.invited,
            brand=None if brand is None else self.rules.of(brand),
        )

    async def in_full(
        self,
        standing: Standing,
        actor: Account,
        named: Sequence[tuple[Account, Person | None]],
        other: AccountId | None,
    ) -> Standing:
        """With what only rare intents ask for: named agents, whom to ask, who asked whom."""
        agents: list[AccountId] = []
        owner = ""
        if actor.kind is AccountKind.BRAND:
            given = dict(await self._store.agents_of(actor.id))
            agents = [one.id for one, who in named if self._acts(actor.id, one, who, given)]
            first = next((one for one, role in given.items() if role is Role.OWNER), None)
            known = None if first is None else await self._store.account(first)
            owner = "" if known is None else known.handle
        asked = self._store.asked(actor.id, other) if other is not None else standing.asked
        return replace(standing, agents=frozenset(agents), owner=owner, asked=asked)

    def _acts(
        self,
        brand: AccountId,
        account: Account,
        person: Person | None,
        given: Mapping[AccountId, Role | None],
    ) -> bool:
        if account.kind is not AccountKind.PERSON:
            return False
        if person is None:
            return account.id in given
        role = given.get(account.id)
        return role_of(self.rules.of(brand), role, person) is not None


class Rates:
    """How much everybody has sent in the last minute, in memory: a start forgives."""

    def __init__(self, per_minute: int) -> None:
        self._most = per_minute
        self._sent: dict[object, deque[datetime]] = {}

    def wait(self, who: object, at: datetime) -> float:
        """Seconds until they may send again; what is found late counts when it was said."""
        if not self._most:
            return 0.0
        sent = self._sent.get(who)
        if sent is None or len(sent) < self._most:
            return 0.0
        return max(0.0, (sent[0] + _MINUTE - at).total_seconds())

    def sent(self, who: object, at: datetime) -> None:
        if not self._most:
            return
        sent = self._sent.get(who)
        if sent is None:
            if len(self._sent) >= _MOST:
                self._forget(at)
            sent = self._sent[who] = deque(maxlen=self._most)
        sent.append(at)

    def _forget(self, now: datetime) -> None:
        self._sent = {who: sent for who, sent in self._sent.items() if sent[-1] + _MINUTE > now}
