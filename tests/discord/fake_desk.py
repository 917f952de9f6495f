"""A desk that notes what an adapter wants of it, and answers as a test says."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.asking import Answer, Button, Caller, Choice, Command, Fields
from core.delivery import Receipt
from core.ids import AccountId, ConversationId, MessageId, PinId, RemoteId, SpaceId, ThreadId
from core.intents import Actor, Handle, Intent, Person, PersonRef, RemoteMessage
from core.model import Account, AccountKind, Binding, Identity, Mirror, Pin, Place, Refusal
from core.ports.outcomes import Accepted, Outcome
from core.ports.reading import Line, ThreadView
from core.sweep import Seen

if TYPE_CHECKING:  # what it has is checked against the port; adapters ask for no more
    from core.ports.desk import Desk as _Desk
else:
    _Desk = object

AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
THREAD = ThreadId("oakoakoakoakoako")
OAK = Pin(
    PinId("99360735500167749"),
    "https://www.pinterest.com/pin/99360735500167749/",
    "Oak desk",
    "A desk of oak.",
    picture="https://pictures.test/oak.png",
    color="#aa8855",
)
BRAND = Account(AccountId("northwind"), AccountKind.BRAND, "northwind", "Northwind Home")
ACCEPTED = Accepted(ConversationId("c1"), THREAD, 3, MessageId("m1"))


@dataclass(frozen=True, slots=True)
class Asked:
    """One call of the office: which method, who asked, and with what."""

    how: str
    caller: Caller
    what: tuple[Any, ...]


class FakeOffice:
    """Notes what it is asked, and answers as a test says; `wait` holds its answers back."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self.asked: list[Asked] = []
        self.answer: Answer | Exception = Answer("Well.")
        self.offered: tuple[Choice, ...] = ()
        self.on_card: tuple[str, tuple[Button, ...]] = ("", ())
        self.wait: asyncio.Event | None = None
        self._tell = tell

    async def _answer(self, how: str, caller: Caller, *what: Any) -> Answer:
        self.asked.append(Asked(how, caller, what))
        self._tell()
        if self.wait is not None:
            await self.wait.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def run(self, caller: Caller, command: Command) -> Answer:
        return await self._answer("run", caller, command)

    async def press(self, caller: Caller, action: str, value: str) -> Answer:
        return await self._answer("press", caller, action, value)

    async def submit(self, caller: Caller, action: str, value: str, fields: Fields) -> Answer:
        return await self._answer("submit", caller, action, value, dict(fields))

    async def choices(
        self, caller: Caller, verb: str, option: str, prefix: str
    ) -> tuple[Choice, ...]:
        await self._answer("choices", caller, verb, option, prefix)
        return self.offered

    async def home(self, caller: Caller) -> Answer:
        return await self._answer("home", caller)

    async def card(self, mirror: Mirror) -> tuple[str, tuple[Button, ...]]:
        return self.on_card

    async def waiting(
        self, caller: Caller, timer: str, until: datetime | None, reason: str
    ) -> Answer:
        return await self._answer("waiting", caller, timer, until, reason)

    async def welcome(self, caller: Caller) -> Answer | None:
        return await self._answer("welcome", caller)


class FakeDesk(_Desk):
    """Keeps what it is told in lists; `outcome` gives the answer to each intent."""

    def __init__(self) -> None:
        self._office = FakeOffice(self._tell)
        self.bound: dict[Place, Binding] = {}
        self.exposed: dict[str, bool | None] = {}
        self.intents: list[Intent] = []
        self.echoes: list[tuple[str, Receipt]] = []
        self.ups: list[bool] = []
        self.gaps: list[str] = []
        self.suspects: list[Seen] = []
        self.strays: list[tuple[Place, SpaceId, RemoteId, str, str]] = []
        self.outcome: Callable[[Intent], Outcome] = lambda _: ACCEPTED
        self.view: ThreadView | Refusal = Refusal("unknown_thread", "There is no such thread.")
        self.page_lines = (Line(2, "message", AT, BRAND, "Yes, *in* oak.", None, MessageId("m1")),)
        self.places: list[tuple[Place, str | None, str | None]] = []
        self.accounts: dict[str, Account] = {}
        self.reacted: dict[RemoteMessage, tuple[tuple[AccountId, str], ...]] = {}
        self._news = asyncio.Event()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def until(self, holds: Callable[[], Any]) -> None:
        """Waits until something that the desk was told makes it true."""
        async with asyncio.timeout(10):
            while not holds():
                await self._news.wait()

    @property
    def office(self) -> FakeOffice:
        return self._office

    async def submit(self, intent: Intent) -> Outcome:
        self.intents.append(intent)
        self._tell()
        return self.outcome(intent)

    async def account(self, actor: Actor, place: Place | None = None) -> Account:
        assert isinstance(actor, Person)
        return Account(
            AccountId(f"u{actor.identity.user}"),
            AccountKind.PERSON,
            actor.profile.name.lower(),
            actor.profile.name,
        )

    async def find_people(self, refs: Sequence[PersonRef]) -> tuple[Account | None, ...]:
        return tuple(
            self.accounts.get(ref.identity.user)
            if isinstance(ref, Person)
            else BRAND
            if isinstance(ref, Handle) and ref.name == BRAND.handle
            else None
            for ref in refs
        )

    async def accounts_of(self, identities: Sequence[Identity]) -> tuple[Account | None, ...]:
        return tuple(self.accounts.get(identity.user) for identity in identities)

    async def reactions(self, message: RemoteMessage) -> tuple[tuple[AccountId, str], ...]:
        return self.reacted.get(message, ())

    async def binding_at(self, place: Place) -> Binding | None:
        return self.bound.get(place)

    async def place_changed(
        self,
        place: Place,
        *,
        label: str | None = None,
        trouble: str | None = None,
        exposed: bool | None = None,
    ) -> None:
        self.places.append((place, label, trouble))
        if exposed is not None:
            self.exposed[place.channel] = exposed
        self._tell()

    async def pin_id(self, address: str) -> PinId | Refusal:
        if address != OAK.url:
            return Refusal("not_a_pin", "This is not the address of a pin.")
        return OAK.id

    async def open(self, asker: AccountId, code: str) -> ThreadView | Refusal:
        return self.view

    def echo(self, delivery: str, receipt: Receipt) -> None:
        self.echoes.append((delivery, receipt))
        self._tell()

    def online(self, platform: str, *, up: bool) -> None:
        assert platform == "discord"
        self.ups.append(up)
        self._tell()

    def gap(self, platform: str, reason: str) -> None:
        assert platform == "discord"
        self.gaps.append(reason)
        self._tell()

    def stray(
        self, place: Place, space: SpaceId, remote: RemoteId, poster: str, delivery: str = ""
    ) -> None:
        self.strays.append((place, space, remote, poster, delivery))
        self._tell()

    def suspect(self, platform: str, seen: Seen) -> None:
        assert platform == "discord"
        self.suspects.append(seen)
        self._tell()
