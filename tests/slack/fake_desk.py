"""A desk that writes down what it is asked and answers what the test put there."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.delivery import Receipt
from core.ids import AccountId, ConversationId, PinId, RemoteId, SpaceId, ThreadId
from core.intents import Intent
from core.model import Account, AccountKind, Identity, Pin, Place, Refusal, Role
from core.ports.outcomes import Accepted, Outcome
from core.ports.reading import Change, ThreadLine
from core.sweep import Seen
from tests.slack.fake_office import FakeOffice

if TYPE_CHECKING:  # what it has is checked against the port; adapters ask for no more
    from core.ports.desk import Desk as _Desk
else:
    _Desk = object

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
THREAD = ThreadId("abcdef0123456789")
CONVERSATION = ConversationId("conversation0001")
BRAND = Account(AccountId("brand"), AccountKind.BRAND, "northwind", "Northwind Home")
MIA = Account(AccountId("mia"), AccountKind.PERSON, "mia", "Mia")
KAI = Account(AccountId("kai"), AccountKind.PERSON, "kai", "Kai")
PIN = Pin(
    PinId("99360735500167749"),
    "https://www.pinterest.com/pin/99360735500167749/",
    "Oak desk",
    "A desk of solid oak.",
    picture="https://i.example.com/oak.png",
    creator="Northwind Home",
)
NO_PIN = Refusal("bad_address", "That is not the address of a pin.")
ACCEPTED = Accepted(CONVERSATION, THREAD, 3)


class FakeDesk(_Desk):
    """Everything that is asked ends up in a queue that the test waits on."""

    def __init__(self) -> None:
        self.intents: asyncio.Queue[Intent] = asyncio.Queue()
        self.echoes: asyncio.Queue[tuple[str, Receipt]] = asyncio.Queue()
        self.states: asyncio.Queue[bool] = asyncio.Queue()
        self.gaps: asyncio.Queue[str] = asyncio.Queue()
        self.suspects: list[Seen] = []
        self.strays: asyncio.Queue[tuple[Place, SpaceId, RemoteId, str, str]] = asyncio.Queue()
        self.places: asyncio.Queue[tuple[Place, str | None, str | None]] = asyncio.Queue()
        self._office = FakeOffice()
        self.hints: asyncio.Queue[Change] = asyncio.Queue()
        self.exposures: asyncio.Queue[tuple[Place, bool]] = asyncio.Queue()
        self.left: asyncio.Queue[tuple[Place, Identity]] = asyncio.Queue()
        self.known: dict[str, Account] = {}
        self.staff: tuple[Identity, ...] = ()
        self.outcomes: list[Outcome | Exception] = []
        self.gate: asyncio.Event | None = None
        self.broken = False

    @property
    def office(self) -> FakeOffice:
        return self._office

    async def submit(self, intent: Intent) -> Outcome:
        if self.gate:
            await self.gate.wait()
        self.intents.put_nowait(intent)
        outcome = self.outcomes.pop(0) if self.outcomes else ACCEPTED
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def intent(self) -> Intent:
        async with asyncio.timeout(30):
            return await self.intents.get()

    async def brands(self, limit: int = 100) -> tuple[Account, ...]:
        return (BRAND,) if self.staff else ()

    async def agents(self, brand: AccountId) -> tuple[tuple[Account, Role], ...]:
        return ((BRAND, Role.AGENT),)

    async def identities(self, account: AccountId) -> tuple[Identity, ...]:
        return self.staff

    async def accounts_of(self, identities: Sequence[Identity]) -> tuple[Account | None, ...]:
        return tuple(self.known.get(one.user) for one in identities)

    async def place_changed(
        self,
        place: Place,
        *,
        label: str | None = None,
        trouble: str | None = None,
        exposed: bool | None = None,
    ) -> None:
        if exposed is not None:
            self.exposures.put_nowait((place, exposed))
        else:
            self.places.put_nowait((place, label, trouble))
        if self.broken:
            raise RuntimeError("the disk is full")

    async def person_left(self, place: Place, identity: Identity) -> None:
        self.left.put_nowait((place, identity))

    async def pin_id(self, address: str) -> PinId | Refusal:
        if self.gate:
            await self.gate.wait()
        return PIN.id if "/pin/" in address else NO_PIN

    @asynccontextmanager
    async def changes(self) -> AsyncIterator[AsyncIterator[Change]]:
        async def each() -> AsyncIterator[Change]:
            while True:
                yield await self.hints.get()

        yield each()

    def echo(self, delivery: str, receipt: Receipt) -> None:
        self.echoes.put_nowait((delivery, receipt))

    def online(self, platform: str, *, up: bool) -> None:
        assert platform == "slack"
        self.states.put_nowait(up)

    def gap(self, platform: str, reason: str) -> None:
        assert platform == "slack"
        self.gaps.put_nowait(reason)

    async def gap_told(self) -> str:
        async with asyncio.timeout(20):
            return await self.gaps.get()

    def stray(
        self, place: Place, space: SpaceId, remote: RemoteId, poster: str, delivery: str = ""
    ) -> None:
        self.strays.put_nowait((place, space, remote, poster, delivery))

    def suspect(self, platform: str, seen: Seen) -> None:
        assert platform == "slack"
        self.suspects.append(seen)

    async def stray_told(self) -> tuple[Place, SpaceId, RemoteId, str, str]:
        async with asyncio.timeout(20):
            return await self.strays.get()

    async def state(self, *, up: bool) -> None:
        """Waits until the adapter has said that it is up, or down."""
        async with asyncio.timeout(20):
            while await self.states.get() is not up:
                pass


def line(text: str = "does this come in oak?", pin: Pin = PIN) -> ThreadLine:
    return ThreadLine(THREAD, CONVERSATION, THREAD[:6], pin, (MIA,), NOON, MIA, text)
