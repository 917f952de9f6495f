"""Makes one call that puts something right: an edit, a delete, a reaction.

These may be made twice without harm, so that an unclear outcome is simply another try. They
wait behind people's live words. What is to be put right, and what it means that it could not
be, is the caller's matter.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bridge.delivery.course import Patience
from bridge.telemetry import Metrics
from core.delivery import Failure, FailureKind, Receipt, Write
from core.files import FileRef
from core.ports.adapter import Adapter
from core.ports.needs import Budgets
from core.ports.store import Store

PASSING = (FailureKind.RATE, FailureKind.TRANSIENT)
"""What another try may get over."""


@dataclass(frozen=True, slots=True)
class Means:
    """What comparing and mending work with. `copies` gives the address of a file's web copy."""

    store: Store
    adapters: Mapping[str, Adapter]
    budgets: Budgets
    metrics: Metrics
    secret: bytes
    patience: Patience
    copies: Callable[[FileRef], str]


async def mend(means: Means, write: Write, *, attempts: int) -> Receipt | Failure:
    """The receipt, or the clear refusal, or what the last of the attempts gave."""
    adapter = means.adapters[write.mirror.place.platform]
    for attempt in range(attempts):
        await means.budgets.take(adapter.costs(write), backfill=True)
        result = await adapter.write(write)
        if isinstance(result, Receipt) or (result.kind not in PASSING and result.certain):
            return result
        await asyncio.sleep(result.retry_after or means.patience.pause(attempt))
    return result
