"""Search over the history, within what the asker may see.

The index follows the history while nothing else goes on, and whoever searches brings it up
to date first: what was just said is found. Where very much is missing, as after an update
of the program, the answer tells how much of it is not in yet.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from bridge.store.codec import to_time
from bridge.store.rows import Row
from bridge.store.words import WordIndex
from core.ids import AccountId, short_code
from core.intents import PersonRef
from core.model import Account, Refusal
from core.ports.needs import Wakeups
from core.ports.reading import Change
from core.ports.rows import StoreError
from core.ports.store import Store
from core.search import Hit, Hits, SearchQuery, excerpt

log = logging.getLogger("pinthread.searching")

UNKNOWN_AUTHOR = Refusal(
    "unknown_author",
    "Nobody of the name after `from:` has written in your threads. Check it and search again.",
)

AT_ONCE = 500
"""Events in one transaction of the index: some milliseconds."""
_BEFORE_AN_ANSWER = 10_000
"""Events that somebody who searches waits for: some tenths of a second."""
_PAUSE = 0.02
"""Seconds between two transactions of the index: it takes a small part of a processor."""
_QUIET = 2.0
"""Seconds without news after which the index follows."""
_LONGEST = 60.0
"""Seconds after which it follows though there is no end of news."""

_NOBODY = AccountId("nobody")
"""Has said nothing: a name that is nobody's is looked for like any other."""

FindPeople = Callable[[Sequence[PersonRef]], Awaitable[tuple[Account | None, ...]]]

P = ParamSpec("P")
T = TypeVar("T")


class Searching:
    """Belongs to one event loop; its index to one thread."""

    def __init__(
        self, store: Store, history: Path, wakeups: Wakeups, find_people: FindPeople
    ) -> None:
        self._store = store
        self._find_people = find_people
        self._history = history
        self._wakeups = wakeups
        self._news = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="search")
        self._index: WordIndex | None = None

    async def search(
        self, asker: AccountId, query: SearchQuery, *, older: int | None = None, limit: int = 20
    ) -> Hits | Refusal:
        """A page of at most `limit` messages, newest first; StoreError where none can be read.

        `older` is the `more` of the page before.
        """
        author: AccountId | None = None
        if query.author is not None:
            (found,) = await self._find_people((query.author,))
            author = _NOBODY if found is None else found.id
        left = await self._do(_follow, _BEFORE_AN_ANSWER)
        if left:
            self._news.set()
        rows = await self._do(
            WordIndex.find,
            asker,
            query.words,
            author,
            query.after,
            query.before,
            older_than=older,
            limit=limit + 1,
        )
        if author is not None and not rows and not left and not await self._wrote(asker, author):
            return UNKNOWN_AUTHOR
        hits = [await self._hit(row, query) for row in rows[:limit]]
        more = rows[limit - 1][0] if len(rows) > limit else None
        return Hits(tuple(hits), more, left)

    async def _wrote(self, asker: AccountId, author: AccountId) -> bool:
        """Whether the asker sees anything of theirs; what they do not see tells of nobody."""
        rows = await self._do(
            WordIndex.find, asker, (), author, None, None, older_than=None, limit=1
        )
        return bool(rows)

    async def forget(self, posts: tuple[int, ...]) -> None:
        """The words of these posts, by position, were erased."""
        await self._do(WordIndex.forget, posts)

    async def run(self) -> None:
        """Follows the history until it is cancelled."""
        unsubscribe = self._wakeups.subscribe(self._heard)
        try:
            self._news.set()
            while True:
                await self._news.wait()
                await self._calm()
                left = 1
                while left and not self._news.is_set():
                    left = await self._do(_follow, AT_ONCE)
                    await asyncio.sleep(_PAUSE)
        finally:
            unsubscribe()

    async def stop(self) -> None:
        if self._index is not None:
            await self._do(WordIndex.close)
        self._index = None
        self._thread.shutdown()

    def _heard(self, change: Change) -> None:
        if change.kind == "event":
            self._news.set()

    async def _calm(self) -> None:
        """Waits until nothing has been said for a moment, but not for ever."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _LONGEST
        self._news.clear()
        while loop.time() < until:
            try:
                await asyncio.wait_for(self._news.wait(), _QUIET)
            except TimeoutError:
                return
            self._news.clear()

    async def _hit(self, row: Row, query: SearchQuery) -> Hit:
        _, thread, pin, message, seq, actor, at, text = row
        author, shown = await self._store.account(actor), await self._store.pin(pin)
        assert author is not None
        assert shown is not None
        words = excerpt(text, query.words)
        return Hit(thread, short_code(thread), shown, message, seq, author, to_time(at), words)

    async def _do(
        self, work: Callable[Concatenate[WordIndex, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        def in_thread() -> T:
            if self._index is None:
                self._index = WordIndex(self._history, index_of(self._history))
            return work(self._index, *args, **kwargs)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, in_thread)
        except sqlite3.Error as error:
            raise StoreError(f"The index for searching cannot be used: {error}") from error


def index_of(history: Path) -> Path:
    """The index stands beside the database; it may be deleted, and is made anew."""
    return history.with_name(f"{history.name}.words")


def _follow(index: WordIndex, most: int) -> int:
    """Reads up to so many events, a transaction at a time. How many are left."""
    left = 1
    while most > 0 and left:
        left = index.advance(min(most, AT_ONCE))
        most -= AT_ONCE
    return left
