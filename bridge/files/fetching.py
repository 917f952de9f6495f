"""Brings the files of messages here, after their words have long been delivered.

What is to be fetched stands in the store, so that nothing is forgotten by a stop. Files
of one message come one after another, in their order; several messages at once. Bytes
go from the platform into the files' store in pieces, never whole through memory. A file
that cannot be had is said to be missing: its message stands either way.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from datetime import datetime, timedelta

from core.files import CHANGED_FILE, FileRef
from core.ids import MessageId
from core.intents import AddFile, Intent
from core.model import Refusal
from core.ports.adapter import Adapter, FetchError
from core.ports.files import Files, FilesError, Piece
from core.ports.needs import Wakeups
from core.ports.outcomes import Outcome
from core.ports.reading import Change
from core.ports.rows import Fetch
from core.ports.store import Store

log = logging.getLogger("pinthread.fetching")

MOST_AT_ONCE = 8
"""Files whose bytes come at the same time."""
MOST_IN_HAND = 24
"""Messages that are looked after at the same time: those that wait to be committed, too."""
BATCH = 100
PAUSES = (5, 10, 20, 40, 80, 160, 320, 640, 1_200, 1_200)
"""Seconds before each further attempt, about an hour together; then it is given up."""
LOOK_AGAIN = 5.0
"""Seconds between looks for attempts that have come due."""
GATHER = 0.05
"""Seconds after a wake-up in which further ones are put together; the first counts at once."""
PATIENCE = 60.0
"""Seconds that a platform may send nothing."""

GIVEN_UP = "It could not be fetched for an hour. Send it again."


class Fetching:
    """Runs until it is cancelled; what it was doing is done again after the next start."""

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, Adapter],
        files: Files,
        submit: Callable[[Intent], Awaitable[Outcome]],
        wakeups: Wakeups,
        *,
        now: Callable[[], datetime],
        limit: int,
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._files = files
        self._submit = submit
        self._wakeups = wakeups
        self._now = now
        self._limit = limit
        self._news = asyncio.Event()
        self._gathering: asyncio.TimerHandle | None = None
        self._more = False
        self._active: set[MessageId] = set()
        self._places = asyncio.Semaphore(MOST_AT_ONCE)

    async def run(self) -> None:
        unsubscribe = self._wakeups.subscribe(self._wake)
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    self._news.clear()
                    for message, fetches in (await self._due()).items():
                        if len(self._active) >= MOST_IN_HAND:
                            break
                        self._active.add(message)
                        tasks.create_task(self._message(message, fetches))
                    await self._wait()
        finally:
            unsubscribe()
            if self._gathering:
                self._gathering.cancel()

    def _wake(self, change: Change) -> None:
        if change.kind != "event" or not self._store.fetching():
            return
        if self._gathering is None:
            self._gather()
        else:
            self._more = True

    def _gather(self) -> None:
        self._news.set()
        self._gathering = asyncio.get_running_loop().call_later(GATHER, self._gathered)

    def _gathered(self) -> None:
        self._gathering = None
        if self._more:
            self._more = False
            self._gather()

    async def _wait(self) -> None:
        """Until there may be something to fetch, or room for it."""
        if not self._store.fetching():
            await self._news.wait()
            return
        again = asyncio.get_running_loop().call_later(LOOK_AGAIN, self._news.set)
        try:
            await self._news.wait()
        finally:
            again.cancel()

    async def _due(self) -> dict[MessageId, list[Fetch]]:
        """What nobody fetches yet, by message, oldest first."""
        found: dict[MessageId, list[Fetch]] = {}
        if len(self._active) < MOST_IN_HAND:
            for fetch in await self._store.fetches(self._now(), BATCH, self._adapters.keys()):
                if fetch.message not in self._active:
                    found.setdefault(fetch.message, []).append(fetch)
        return found

    async def _message(self, message: MessageId, fetches: list[Fetch]) -> None:
        try:
            for fetch in sorted(fetches, key=lambda each: each.n):
                await self._one(fetch)
        except Exception:
            # The boundary of a message's files: one that fails must not end the others.
            log.exception("fetch_failed", extra={"message_id": message})
            for fetch in fetches:
                if not await self._again(fetch):
                    await self._store.fetched(fetch)
        finally:
            self._active.discard(message)
            self._news.set()

    async def _one(self, fetch: Fetch) -> None:
        message = await self._store.written(fetch.message)
        if message is None or message.deleted:
            await self._store.fetched(fetch)
            return
        try:
            found = await self._bring(fetch)
        except FetchError as failed:
            if failed.again and await self._again(fetch):
                return
            reason = GIVEN_UP if failed.again else failed.reason
            what = AddFile(fetch.message, fetch.file.name, None, reason, fetch.file.id)
        except FilesError:
            log.exception("file_not_stored")
            if await self._again(fetch):
                return
            what = AddFile(fetch.message, fetch.file.name, None, GIVEN_UP, fetch.file.id)
        else:
            if isinstance(found, Refusal):
                reason = found.sentence
                what = AddFile(fetch.message, fetch.file.name, None, reason, fetch.file.id)
            else:
                what = AddFile(fetch.message, found.name, found, remote=fetch.file.id)
        await self._submit(Intent(f"file:{fetch.message}:{fetch.n}", message.author, what))
        await self._store.fetched(fetch)

    async def _bring(self, fetch: Fetch) -> FileRef | Refusal:
        file = fetch.file
        async with aclosing(self._pieces(fetch)) as pieces:
            found = await self._files.put(
                pieces,
                name=file.name,
                declared_type=file.media_type or "",
                # One that has changed is taken as it is by the second attempt.
                declared_size=None if fetch.attempts else file.size,
                limit=self._limit,
                alt=file.alt,
            )
        if found == CHANGED_FILE:
            raise FetchError(CHANGED_FILE.sentence, again=True)
        return found

    async def _pieces(self, fetch: Fetch) -> AsyncGenerator[Piece, None]:
        """The bytes. Their place is free once all have come, so that the next file comes
        while this one becomes durable.
        """
        async with (
            self._places,
            self._adapters[fetch.platform].fetch(fetch.file) as source,
            aclosing(_patiently(source)) as pieces,
        ):
            async for data in pieces:
                yield data

    async def _again(self, fetch: Fetch) -> bool:
        """Notes a further attempt; False where there have been enough."""
        if fetch.attempts >= len(PAUSES):
            return False
        pause = timedelta(seconds=PAUSES[fetch.attempts])
        log.info("fetch_again", extra={"platform": fetch.platform, "attempts": fetch.attempts + 1})
        await self._store.fetch_again(fetch, self._now() + pause)
        return True


async def _patiently(source: AsyncIterator[Piece]) -> AsyncGenerator[Piece, None]:
    """`source`, given up where nothing comes for a while."""
    now = asyncio.get_running_loop().time
    try:
        # One for all pieces; it rests while nobody asks for one.
        async with asyncio.timeout(PATIENCE) as limit:
            async for data in source:
                limit.reschedule(None)
                yield data
                limit.reschedule(now() + PATIENCE)
    except TimeoutError:
        raise FetchError("Nothing more of it came.", again=True) from None
