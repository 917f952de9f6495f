"""Makes one call that puts something right: an edit, a delete, a reaction.

These may be made twice without harm, so that an unclear outcome is simply another try. They
wait behind people's live words. What is to be put right, and what it means that it could not
be, is the caller's matter.
"""

import asyncio

from bridge.delivery.course import Patience
from core.delivery import Failure, FailureKind, Receipt, Write
from core.ports.adapter import Adapter
from core.ports.needs import Budgets

PASSING = (FailureKind.RATE, FailureKind.TRANSIENT)
"""What another try may get over."""


async def mend(
    write: Write, adapter: Adapter, budgets: Budgets, patience: Patience, *, attempts: int
) -> Receipt | Failure:
    """The receipt, or the clear refusal, or what the last of the attempts gave."""
    for attempt in range(attempts):
        await budgets.take(adapter.costs(write), backfill=True)
        result = await adapter.write(write)
        if isinstance(result, Receipt) or (result.kind not in PASSING and result.certain):
            return result
        await asyncio.sleep(result.retry_after or patience.pause(attempt))
    return result
