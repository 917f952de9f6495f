"""What else the program needs of the world: wake-ups, budgets, pins, follows, words of the web."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.ids import PinId
from core.model import Pin, Refusal
from core.ports.reading import Change
from core.quick import quick
from core.standing import Edge
from core.text.content import Content


class Wakeups(Protocol):
    """Hints between parts of the program. One may be lost: the store is the truth."""

    def publish(self, change: Change) -> None: ...

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Calls `listener` at each change, until what this returned is called."""
        ...


@quick
@dataclass(frozen=True, slots=True)
class Cost:
    """One budget: at most `limit` calls in any `per` seconds, until answers teach better.

    `limit` 0: nothing is known of a limit, and only answers hold calls back. One that `refills`
    allows `limit` calls at once, and from then on one more after each part of `per`.
    """

    key: tuple[str, ...]
    limit: int
    per: float
    refills: bool = False

    @classmethod
    def scaled(
        cls, key: tuple[str, ...], limit: int, per: float, factor: float, *, refills: bool = False
    ) -> "Cost":
        """A documented limit times a configured factor; factor 0 starts without a limit."""
        return cls(key, max(1, int(limit * factor)) if factor else 0, per, refills)


class Budgets(Protocol):
    def try_take(self, costs: Sequence[Cost]) -> bool:
        """Takes all of them if nobody has to wait for any, else nothing."""
        ...

    async def take(
        self, costs: Sequence[Cost], *, backfill: bool = False, since: float = 0.0
    ) -> None:
        """Waits for a turn in all of them: people's live messages first, then the oldest.

        `since` is when what shall be said or done happened, in seconds since 1970.
        """
        ...

    def learn(self, cost: Cost, *, limit: int, remaining: int, reset_after: float) -> None:
        """What an answer said of a budget (`X-RateLimit-*`)."""
        ...

    def block(self, key: tuple[str, ...], seconds: float) -> None:
        """An answer said to wait (`Retry-After`)."""
        ...


class PinLookup(Protocol):
    """The world's knowledge of pins (`adapters/pinterest`)."""

    def pin_id(self, address: str) -> PinId | None:
        """The id in a long address, else nothing. Pure."""
        ...

    async def resolve(self, address: str) -> PinId | Refusal:
        """Follows a short link; a refusal where it does not lead to a pin."""
        ...

    async def look_up(self, pin: PinId) -> Pin:
        """All that can be learnt now; at worst the bare address. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class ToldEdge:
    """Who follows whom, or no longer, as a source tells it.

    `name` is the same whenever the same is told again, and of no other source.
    """

    name: str
    edge: Edge


class FollowSource(Protocol):
    """Who follows whom, as it is known elsewhere (`bridge/intake/following.py` takes it over)."""

    def tell(self) -> AsyncIterator[Sequence[ToldEdge]]:
        """What it knows, then what changes, oldest first, between accounts of the store.

        Ends where it can tell no more. May tell again what it told before a restart.
        """
        ...


class Markup(Protocol):
    """The markdown in which people write on the web. Pure; any text and any tree will do."""

    def read(self, text: str, before: Content | None = None) -> tuple[str, Content | None]:
        """The words, and their tree where there is more to them than words.

        `before` is the tree that the text was written from: whom that names can be named.
        """
        ...

    def write(self, text: str, rich: Content | None) -> str:
        """A message as the text that `read` makes the same message of."""
        ...
