"""A desk that writes down what it is asked and answers what the test put there."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from core.delivery import Delivery, Receipt
from core.ids import AccountId, ConversationId, MessageId, PinId, RemoteId, SpaceId, ThreadId
from core.intents import Actor, Handle, Intent, Person, PersonRef, StartThread
from core.model import Account, AccountKind, Identity, Mirror, Pin, Place, Refusal
from core.ports.outcomes import Accepted, Outcome
from core.ports.reading import Change, Line, Page, ThreadLine, ThreadView
from core.ports.rows import FeedItem
from core.sweep import Seen
from tests.slack.fake_office import FakeOffice

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


class FakeDesk:
    """Everything that is asked ends up in a queue that the test waits on."""

    def __init__(self) -> None:
        self.intents: asyncio.Queue[Intent] = asyncio.Queue()
        self.echoes: asyncio.Queue[tuple[str, Receipt]] = asyncio.Queue()
        self.states: asyncio.Queue[bool] = asyncio.Queue()
        self.gaps: asyncio.Queue[str] = asyncio.Queue()
        self.suspects: list[Seen] = []
        self.strays: asyncio.Queue[tuple[Place, SpaceId, RemoteId, str, str]] = asyncio.Queue()
        self.places: asyncio.Queue[tuple[Place, str | None, str | None]] = asyncio.Queue()
        self.office = FakeOffice()
        self.hints: asyncio.Queue[Change] = asyncio.Queue()
        self.exposures: asyncio.Queue[tuple[Place, bool]] = asyncio.Queue()
        self.known: dict[str, Account] = {}
        self.outcomes: list[Outcome | Exception] = []
        self.gate: asyncio.Event | None = None
        self.broken = False
        self.mirrors: tuple[Mirror, ...] = ()
        self.lines: tuple[Line, ...] = ()
        self.asked_places: list[Place | None] = []

    async def submit(self, intent: Intent) -> Outcome:
        if self.gate:
            await self.gate.wait()
        self.intents.put_nowait(intent)
        outcome = self.outcomes.pop(0) if self.outcomes else ACCEPTED
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def intent(self) -> Intent:
        async with asyncio.timeout(10):
            return await self.intents.get()

    async def account(self, actor: Actor, place: Place | None = None) -> Account:
        self.asked_places.append(place)
        if place is not None and place.channel == "C0INBOX":
            return BRAND
        name = actor.profile.name if isinstance(actor, Person) else str(actor)
        return Account(AccountId("caller"), AccountKind.PERSON, "caller", name)

    async def people(self, asker: AccountId, prefix: str, limit: int) -> tuple[Account, ...]:
        return tuple(a for a in (BRAND, MIA, KAI) if a.handle.startswith(prefix.lower()))[:limit]

    async def find_people(self, refs: Sequence[PersonRef]) -> tuple[Account | None, ...]:
        known = {account.handle: account for account in (BRAND, MIA, KAI)}
        return tuple(
            known.get(ref.name)
            if isinstance(ref, Handle)
            else next((a for a in known.values() if a.id == ref), None)
            for ref in refs
        )

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

    async def preview(self, address: str) -> Pin | Refusal:
        if self.gate:
            await self.gate.wait()
        return PIN if "/pin/" in address else NO_PIN

    async def pin_id(self, address: str) -> PinId | Refusal:
        if self.gate:
            await self.gate.wait()
        return PIN.id if "/pin/" in address else NO_PIN

    async def recent_pins(self, asker: AccountId, limit: int) -> tuple[Pin, ...]:
        return (PIN,)

    async def inbox(self, asker: AccountId, limit: int = 20) -> tuple[ThreadLine, ...]:
        if self.broken:
            raise RuntimeError("a secret word")
        return (line(),)

    async def open(self, asker: AccountId, code: str) -> ThreadView | Refusal:
        if not THREAD.startswith(code):
            return Refusal("unknown_thread", "There is no such thread among yours.")
        return ThreadView(THREAD, CONVERSATION, THREAD[:6], PIN, (BRAND, MIA), self.mirrors)

    async def page(
        self,
        asker: AccountId,
        thread: ThreadId,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> Page | Refusal:
        return Page(self.lines, False, False)

    async def feed(
        self, asker: AccountId, after: int, limit: int
    ) -> tuple[tuple[FeedItem, ...], int]:
        return (), after

    async def feed_end(self) -> int:
        return 0

    @asynccontextmanager
    async def changes(self) -> AsyncIterator[AsyncIterator[Change]]:
        async def each() -> AsyncIterator[Change]:
            while True:
                yield await self.hints.get()

        yield each()

    async def strips(
        self, platform: str, channel: str, limit: int = 200
    ) -> Mapping[RemoteId, tuple[Delivery, ...]]:
        return {}

    async def waiting(self) -> Mapping[str, int]:
        return {}

    async def secret(self, name: str) -> bytes:
        return bytes(32)

    async def retry(self, asker: AccountId, thread: ThreadId, message: MessageId) -> Refusal | None:
        return None

    async def use_once(self, token: str) -> bool:
        return True

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


def started(intent: Intent) -> StartThread:
    assert isinstance(intent.what, StartThread)
    return intent.what
