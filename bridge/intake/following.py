"""Takes over who follows whom from where else it is known: the configuration, one day Pinterest.

What was told once counts once: whoever unfollows here afterwards does not follow again because
the source tells it again.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

from core.ports.needs import FollowSource, ToldEdge
from core.ports.store import Store
from core.standing import Edge


class FollowsWritten:
    """`core.ports.needs.FollowSource` of a list that the operator has written."""

    def __init__(self, edges: Sequence[Edge]) -> None:
        self._edges = edges

    async def tell(self) -> AsyncIterator[Sequence[ToldEdge]]:
        yield [ToldEdge(f"follow {edge.who} {edge.whom}", edge) for edge in self._edges]


async def take_over(store: Store, source: FollowSource, now: Callable[[], datetime]) -> None:
    """Runs as long as the source tells."""
    async for told in source.tell():
        if told:
            await store.take_over(told, now())
