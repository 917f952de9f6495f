"""A platform as the program sees it. Every method belongs to one event loop."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.capabilities import Capabilities
from core.delivery import Absent, Failure, Receipt, Write
from core.ids import RemoteId
from core.intents import Intent, RemoteFile
from core.model import Mirror, Place, Refusal
from core.ports.desk import Desk
from core.ports.files import Piece
from core.ports.needs import Cost
from core.ports.outcomes import Ask, Waiting
from core.ports.reading import PlaceLook
from core.sweep import Root, Seen


class Adapter(Protocol):
    """A platform, as the program sees it."""

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can do anywhere."""
        ...

    def capabilities_at(self, place: Place) -> Capabilities:
        """What it can do in that place, as far as that is known now."""
        ...

    async def start(self, desk: Desk) -> None:
        """Returns once connecting has begun; connections are kept up until `stop`."""
        ...

    async def connect(self, desk: Desk) -> None:
        """Instead of `start`: to read and to write, with nothing coming in. Ends with `stop`."""
        ...

    async def stop(self) -> None:
        """Stops taking input first; every task and connection has ended on return."""
        ...

    def connected(self) -> bool: ...

    def costs(self, write: Write) -> tuple[Cost, ...]:
        """The budgets that the call will draw on, the narrowest (a channel's) first."""
        ...

    async def write(self, write: Write) -> Receipt | Failure:
        """Makes exactly one attempt, within its own time limit. Never raises for a failed call."""
        ...

    async def find(self, write: Write) -> Receipt | Absent | Failure:
        """Looks for a write whose outcome is unclear."""
        ...

    def fetch(self, file: RemoteFile) -> AbstractAsyncContextManager[AsyncIterator[Piece]]:
        """The bytes of a file that came in with a message; raises FetchError."""
        ...

    def link(self, mirror: Mirror) -> str | None:
        """An address that opens the mirrored thread in the platform's own program."""
        ...

    async def describe(self, place: Place) -> PlaceLook | None:
        """Asks now who reads a channel; None where the bot is not in it, or cannot tell."""
        ...

    # What nobody told us. All of these raise SweepError, obey the budgets of reads, and
    # wait behind live traffic.

    def moment(self, remote: RemoteId) -> datetime:
        """When a remote message was made, as its id tells. Pure."""
        ...

    def roots(self, place: Place, since: datetime) -> AsyncIterator[tuple[Root, ...]]:
        """Pages of remote threads of a bound place: all in which something was said after `since`.

        Quieter ones may be among them. Costs the pages of listings alone, however many
        threads there are. Direct messages that know no threads have none.
        """
        ...

    def messages(self, mirror: Mirror, after: RemoteId | None) -> AsyncIterator[tuple[Seen, ...]]:
        """Pages of the messages in a mirrored thread made after `after`, oldest first.

        With `after` None all of them; the card itself is not among them.
        """
        ...

    def direct(self, place: Place, after: RemoteId | None) -> AsyncIterator[tuple[Seen, ...]]:
        """Pages of what stands straight in direct messages, outside any thread, oldest first."""
        ...

    async def message(self, mirror: Mirror, remote: RemoteId) -> Seen | Absent:
        """One message as it stands now."""
        ...

    def shows(self, write: Write, seen: Seen) -> bool:
        """Whether a message of ours shows just what the write would make. Pure."""
        ...

    async def tell(self, seen: Seen, intent: Intent, outcome: Refusal | Ask | Waiting) -> None:
        """Tells the author of words that a sweep has found what they need to know of them.

        As it is told of words that are heard: to them alone, and once.
        """
        ...

    async def members(self, place: Place) -> frozenset[str] | None:
        """Asks now which users are in a channel, by their ids; None where it cannot be told.

        Obeys the budgets of reads. Platforms on which a role makes an agent need not know.
        """
        ...

    async def say(self, place: Place, text: str, mentions: Sequence[str] = ()) -> bool:
        """A line of the program's own in a bound place, outside any thread: a digest, a reminder.

        `mentions` are user ids there that are to be pinged. False where it could not be said;
        it is not tried again.
        """
        ...

    async def check(self, places: Sequence[Place]) -> tuple["Finding", ...]:
        """Preflight, without `start`: token, scopes, intents, access to these bound channels."""
        ...


class FetchError(Exception):
    """A file cannot be had. `again` says whether a later attempt may succeed."""

    def __init__(self, reason: str, *, again: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `pinthread check`."""

    ok: bool
    what: str
    remedy: str = ""
