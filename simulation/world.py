"""The small world of a simulation: who there is, where their conversations appear, and pins.

Everybody acts in one place of a platform and, as an account, on the web; so what one
person does in two places at once need not be put into an order that nobody promises.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.intake.finding import direct_binding
from bridge.intake.standing import Rules
from core.ids import AccountId, BindingId, PinId, derive
from core.intents import Person
from core.model import (
    Account,
    AccountKind,
    Binding,
    BindingKind,
    BrandRules,
    Contacts,
    Identity,
    Mode,
    Pin,
    PinSource,
    Place,
    Role,
)
from simulation.clock import EPOCH, Life, buried, run_virtually
from simulation.platforms.inbound import Names
from simulation.store import Disk, InlineStore

TEAM, GUILD = "T1", "1"
INBOX = Place("slack", TEAM, "C1")
PROJECT = Place("slack", TEAM, "C2")
FORUM = Place("discord", GUILD, "500")
PLANS = Place("discord", GUILD, "600")
STAFF = Place("discord", GUILD, "700")
"""Where the brand's own people may read along: connected for a while, and only read."""
KIM_DIRECT = Place("discord", "", "user:13")
LEE_DIRECT = Place("slack", TEAM, "user:U4")
QUIET = (
    Place("slack", TEAM, "user:U3"),
    Place("discord", "", "user:11"),
    Place("discord", "", "user:12"),
)
"""Where conversations appear that their channels show no longer; nobody answers there."""
CHANNELS = (INBOX, PROJECT, FORUM, PLANS, KIM_DIRECT, LEE_DIRECT, STAFF, *QUIET)
INSIDE = frozenset({INBOX, STAFF})
"""Where notes may be seen."""
SECRET = bytes(range(32))
"""The key of delivery ids, the same in every simulation."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person on a platform. `account` speaks on the web as well."""

    user: str
    name: str
    place: Place
    account: AccountId
    emoji: tuple[str, ...]


def _stranger(platform: str, workspace: str, user: str) -> AccountId:
    """The account that a person who is not known yet gets."""
    return AccountId(derive("account", "\0".join((platform, workspace, user))))


_NORTHWIND, _MIA, _JO = AccountId("northwind"), AccountId("mia"), AccountId("jo")
_ANA, _KIM, _LEE = AccountId("ana"), AccountId("kim"), AccountId("lee")
PEOPLE = (
    Somebody("U1", "Ada", INBOX, _NORTHWIND, ("👍", "🎉")),
    Somebody("U2", "Ben", INBOX, _NORTHWIND, ("👀", "✅")),
    Somebody("U3", "Mia", PROJECT, _MIA, ("👍", "🎉")),
    Somebody("U5", "Sam", PROJECT, _stranger("slack", TEAM, "U5"), ("👍", "👀")),
    Somebody("11", "Jo", FORUM, _JO, ("👍", "🎉")),
    Somebody("14", "Pia", FORUM, _stranger("discord", "", "14"), ("👍", "👀")),
    Somebody("12", "Ana", PLANS, _ANA, ("👍", "🎉")),
    Somebody("13", "Kim", KIM_DIRECT, _KIM, ("👍", "🎉")),
    Somebody("U4", "Lee", LEE_DIRECT, _LEE, ("👍", "🎉")),
)
LEAVING = (_KIM, _LEE, _ANA, _MIA)
"""Who may leave for good."""
BRAND = _NORTHWIND
AGENTS = tuple(one for one in PEOPLE if one.account == BRAND)
"""Who acts for the brand, all in its inbox."""
WEB_EMOJI = ("⭐", "🌱")
"""Used on the web alone: one person's reaction in two places has no order."""

ACCOUNTS: Mapping[AccountId, Account] = {
    account.id: account
    for account in (
        Account(_NORTHWIND, AccountKind.BRAND, "northwind", "Northwind Home"),
        Account(_MIA, AccountKind.PERSON, "mia", "Mia"),
        Account(_JO, AccountKind.PERSON, "jo", "Jo"),
        Account(_ANA, AccountKind.PERSON, "ana", "Ana"),
        Account(_KIM, AccountKind.PERSON, "kim", "Kim"),
        Account(_LEE, AccountKind.PERSON, "lee", "Lee"),
    )
}
HOLD = 6.0
"""Seconds in which a reply that was typed in the inbox can be taken back."""
RULES = Rules(
    contacts=Contacts.ANYONE, per_minute=0, other=BrandRules(hold=HOLD, staff_role=Role.AGENT)
)
"""Who may talk to whom is looked at elsewhere: here everybody may."""

GROUPS: tuple[tuple[AccountId, ...], ...] = (
    (_JO, _NORTHWIND),
    (_ANA, _NORTHWIND),
    (_MIA, _JO),
    (_MIA, _JO, _ANA),
    (_KIM, _NORTHWIND),
    (_LEE, _ANA),
    (_MIA, _KIM),
)
"""Who talks with whom; the first one starts."""

PINS = tuple(PinId(str(99_000 + n)) for n in range(12))
KNOWN_PINS = 6
"""So many of them are known from the beginning; the others are looked up."""

SLACK_NAMES = Names(TEAM, {p.user: p.name for p in PEOPLE if p.place.platform == "slack"})
DISCORD_NAMES = Names("", {p.user: p.name for p in PEOPLE if p.place.platform == "discord"})


def login(somebody: Somebody) -> Person:
    """As their platform names them."""
    names = SLACK_NAMES if somebody.place.platform == "slack" else DISCORD_NAMES
    return names.person(somebody.place.platform, somebody.user)


def pin_of(pin: PinId) -> Pin:
    """All that there is to know of a pin."""
    address = f"https://www.pinterest.com/pin/{pin}/"
    return Pin(pin, address, f"Idea {pin}", source=PinSource.API)


def inbox(place: Place, mode: Mode) -> Binding:
    """A channel of the brand's own; the same one has the same id again."""
    name = BindingId("inbox" if place == INBOX else "staff")
    return Binding(name, _NORTHWIND, place, BindingKind.INBOX, f"#{name}", mode)


def bindings() -> tuple[Binding, ...]:
    return (
        inbox(INBOX, Mode.RELAY),
        Binding(BindingId("project"), _MIA, PROJECT, BindingKind.PROJECT, "#project"),
        Binding(BindingId("forum"), _JO, FORUM, BindingKind.PROJECT, "#forum"),
        Binding(BindingId("plans"), _ANA, PLANS, BindingKind.PROJECT, "#plans"),
    )


def make_explicit(disk: Disk) -> None:
    """What is typed in the inbox is a note there."""
    disk.db.execute("UPDATE bindings SET mode = ? WHERE id = 'inbox'", (Mode.EXPLICIT,))


def new_history() -> Disk:
    """A database in which this world has been introduced, and nothing has happened yet."""
    disk = Disk()
    with buried():
        run_virtually(lambda _: _introduce(disk))
    disk.db.execute("INSERT INTO secrets VALUES ('deliveries', ?)", (SECRET,))
    return disk


async def _introduce(disk: Disk) -> None:
    store = InlineStore(disk, Life(0))
    await store.open()
    for account in ACCOUNTS.values():
        logins = tuple(
            Identity(
                p.place.platform, p.place.workspace if p.place.platform == "slack" else "", p.user
            )
            for p in PEOPLE
            if p.account == account.id and account.kind is AccountKind.PERSON
        )
        await store.put_account(account, logins)
        for login in logins:
            await store.put_binding(direct_binding(account.id, login))
    for binding in bindings():
        await store.put_binding(binding)
    for pin in PINS[:KNOWN_PINS]:
        await store.put_pin(pin_of(pin), EPOCH)
    await store.close()
