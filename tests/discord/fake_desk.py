"""A desk that notes what an adapter wants of it, and answers as a test says."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

from core.delivery import Delivery, Receipt
from core.ids import AccountId, ConversationId, MessageId, PinId, RemoteId, SpaceId, ThreadId
from core.intents import Actor, Handle, Intent, Person, PersonRef, RemoteMessage
from core.model import Account, AccountKind, Identity, Pin, Place, Refusal
from core.ports import (
    Accepted,
    Change,
    FeedItem,
    Line,
    Outcome,
    Page,
    ThreadLine,
    ThreadView,
)
from core.sweep import Seen

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


class FakeDesk:
    """Keeps what it is told in lists; `outcome` gives the answer to each intent."""

    def __init__(self) -> None:
        self.intents: list[Intent] = []
        self.echoes: list[tuple[str, Receipt]] = []
        self.ups: list[bool] = []
        self.gaps: list[str] = []
        self.suspects: list[Seen] = []
        self.strays: list[tuple[Place, SpaceId, RemoteId, str, str]] = []
        self.outcome: Callable[[Intent], Outcome] = lambda _: ACCEPTED
        self.lines: tuple[ThreadLine, ...] = ()
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

    async def people(self, asker: AccountId, prefix: str, limit: int) -> tuple[Account, ...]:
        return (BRAND,) if BRAND.handle.startswith(prefix) else ()

    async def find_people(self, refs: Sequence[PersonRef]) -> tuple[Account | None, ...]:
        return tuple(
            BRAND if isinstance(ref, Handle) and ref.name == BRAND.handle else None for ref in refs
        )

    async def accounts_of(self, identities: Sequence[Identity]) -> tuple[Account | None, ...]:
        return tuple(self.accounts.get(identity.user) for identity in identities)

    async def reactions(self, message: RemoteMessage) -> tuple[tuple[AccountId, str], ...]:
        return self.reacted.get(message, ())

    async def place_changed(
        self, place: Place, *, label: str | None = None, trouble: str | None = None
    ) -> None:
        self.places.append((place, label, trouble))
        self._tell()

    async def preview(self, address: str) -> Pin | Refusal:
        found = await self.pin_id(address)
        return found if isinstance(found, Refusal) else OAK

    async def pin_id(self, address: str) -> PinId | Refusal:
        if address != OAK.url:
            return Refusal("not_a_pin", "This is not the address of a pin.")
        return OAK.id

    async def recent_pins(self, asker: AccountId, limit: int) -> tuple[Pin, ...]:
        return (OAK,)

    async def inbox(self, asker: AccountId, limit: int = 20) -> tuple[ThreadLine, ...]:
        return self.lines

    async def open(self, asker: AccountId, code: str) -> ThreadView | Refusal:
        return self.view

    async def page(
        self,
        asker: AccountId,
        thread: ThreadId,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> Page | Refusal:
        return Page(self.page_lines, older=False, newer=False)

    async def feed(
        self, asker: AccountId, after: int, limit: int
    ) -> tuple[tuple[FeedItem, ...], int]:
        return (), 0

    async def feed_end(self) -> int:
        return 0

    def changes(self) -> AbstractAsyncContextManager[AsyncIterator[Change]]:
        raise AssertionError("an adapter listens to no changes")

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
