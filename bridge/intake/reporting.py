"""Reports: what was reported, as it stood then, for the operator."""

from datetime import datetime

import msgspec

from core.audience import shown_to
from core.events import MessagePosted
from core.ids import MessageId
from core.intents import Intent, Report
from core.model import State, Written
from core.ports.reading import NewReport
from core.ports.store import Store

_MOST = 50
"""Messages that are kept of a reported thread, the newest."""


async def reported(store: Store, state: State, intent: Intent, now: datetime) -> NewReport:
    """The message that is named, else what the reporter sees of the thread."""
    assert isinstance(intent.what, Report)
    assert state.head is not None
    assert state.thread is not None
    found = [state.message] if state.message is not None else await _newest(store, state)
    lines = [await _line(store, one) for one in found]
    return NewReport(
        state.actor.id,
        state.head.id,
        state.thread.id,
        intent.what.reason,
        msgspec.json.encode(lines).decode(),
        intent.key,
        now,
    )


async def _newest(store: Store, state: State) -> list[Written]:
    assert state.head is not None
    assert state.thread is not None
    me, thread = state.actor.id, state.thread.id
    stays = [(m.since, m.until) for m in state.head.members if m.account == me]
    events = await store.events(thread, me, stays, before=None, after=None, limit=_MOST)
    names: list[MessageId] = [e.what.message for e in events if isinstance(e.what, MessagePosted)]
    found = await store.written_in(thread, names, me)
    return [found[name] for name in names if name in found and shown_to(found[name], me)]


async def _line(store: Store, message: Written) -> dict[str, object]:
    author = await store.account(message.author)
    return {
        "message": message.id,
        "author": author.handle if author is not None else "",
        "text": message.text,
        "deleted": message.deleted,
        "files": [file.name for file in message.files],
    }
