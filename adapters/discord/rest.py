"""Our own calls of Discord's REST interface: one attempt each, with a time limit.

All writes go this way and none through discord.py, whose client repeats calls by
itself (docs/decisions/0004-own-writes-to-discord.md). Budgets learn from every
answer. Nothing of a request, an answer or an address is ever logged.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, TypeVar

import aiohttp
import msgspec
from multidict import CIMultiDict
from yarl import URL

from adapters.discord.errors import Problem
from adapters.discord.guarding import Guard
from adapters.discord.settings import USER_AGENT, Settings
from adapters.discord.uploading import CONTENT_TYPE, Upload, frame, stream
from core.ports.needs import Budgets, Cost

GLOBAL = ("discord", "global")
_SLOWEST = 50_000
"""Bytes a second at which an upload is still waited for."""

T = TypeVar("T")
_encoder = msgspec.json.Encoder()


class _Trouble(msgspec.Struct):
    code: int = 0
    retry_after: float | None = None
    errors: Any = None


@lru_cache(maxsize=16_384)
def _url(address: str) -> URL:
    """A parsed address keeps what a call needs of it; parsing anew costs 20 us a call."""
    return URL(address, encoded=True)


class Rest:
    """A session with Discord, opened at the first call; `close` ends it."""

    def __init__(
        self,
        settings: Settings,
        budgets: Budgets,
        on_taken: Callable[[], None] = lambda: None,
    ) -> None:
        self._base = settings.api_url.rstrip("/")
        self._budgets = budgets
        self._bot = CIMultiDict({"Authorization": f"Bot {settings.token}"})
        self._none: CIMultiDict[str] = CIMultiDict()
        self._timeout = aiohttp.ClientTimeout(total=settings.timeout, sock_connect=5)
        self._session: aiohttp.ClientSession | None = None
        self._closed = False
        self._guard = Guard(on_taken=on_taken)
        self._global = Cost.scaled(GLOBAL, 50, 1.0, settings.limits_factor)

    @property
    def invalid_requests(self) -> int:
        """Those of the last ten minutes that count towards Discord's ban of an address."""
        return self._guard.invalid

    async def close(self) -> None:
        self._closed = True
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            headers={"User-Agent": USER_AGENT, "Content-Type": "application/json"},
            timeout=self._timeout,
            connector=aiohttp.TCPConnector(limit=512, keepalive_timeout=30),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self._session

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | Sequence[Any] | None = None,
        *,
        cost: Cost | None = None,
        as_bot: bool = True,
        upload: Upload | None = None,
    ) -> bytes | Problem:
        """The body of a 2xx answer, or what went wrong. `cost` is the budget it teaches."""
        if self._closed:
            return Problem(0)
        refused = self._guard.refuses(as_bot=as_bot)
        if refused is not None:
            return refused
        data: Any = None if body is None else _encoder.encode(body)
        sent, timeout = self._bot if as_bot else self._none, self._timeout
        if upload is not None:
            head, tail = frame(body if isinstance(body, Mapping) else {}, upload)
            data = stream(head, upload, tail)
            sent = sent.copy()
            sent["Content-Type"] = CONTENT_TYPE
            sent["Content-Length"] = str(len(head) + upload.size + len(tail))
            timeout = self._longer(upload.size)
        try:
            async with (self._session or self._open()).request(
                method,
                _url(self._base + path),
                data=data,
                headers=sent,
                timeout=timeout,
            ) as answer:
                raw = await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return Problem(0)  # no connection was made, so nothing was asked
        except (aiohttp.ClientError, TimeoutError, OSError):
            return Problem(0, certain=False)
        headers = answer.headers
        shared = headers.get("X-RateLimit-Scope") == "shared"
        self._guard.answered(answer.status, as_bot=as_bot, shared=shared)
        if cost is not None and "X-RateLimit-Remaining" in headers:
            self._learn(cost, headers)
        if answer.status < 300:
            return raw
        return self._problem(answer.status, raw, headers, cost)

    @asynccontextmanager
    async def download(self, url: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """A file at a signed address, which takes no token and no budget."""
        if self._closed:
            raise aiohttp.ClientConnectionError("closed")
        session = self._session or self._open()
        address = URL(url, encoded=True)
        async with session.get(address, headers=self._none, timeout=self._longer(None)) as answer:
            yield answer

    def _longer(self, size: int | None) -> aiohttp.ClientTimeout:
        """A file may take its time, as long as bytes flow."""
        patience = self._timeout.total or 15.0
        total = None if size is None else patience + size / _SLOWEST
        return aiohttp.ClientTimeout(total=total, sock_connect=5, sock_read=patience)

    async def read(
        self, path: str, kind: type[T], *, cost: Cost | None = None, backfill: bool = False
    ) -> T | Problem:
        """What a GET answers, decoded. It waits its turn, as `ask` does."""
        return await self.ask("GET", path, kind, cost=cost, backfill=backfill)

    async def ask(
        self,
        method: str,
        path: str,
        kind: type[T],
        body: Mapping[str, Any] | Sequence[Any] | None = None,
        *,
        cost: Cost | None = None,
        backfill: bool = False,
    ) -> T | Problem:
        """A call beside the lanes' own: it takes its turn, in `cost` and in the whole budget.

        With `backfill` it waits behind people's live messages.
        """
        costs = (self._global,) if cost is None else (cost, self._global)
        await self._budgets.take(costs, backfill=backfill)
        raw = await self.call(method, path, body, cost=cost)
        return raw if isinstance(raw, Problem) else decoded(raw, kind)

    def _learn(self, cost: Cost, headers: Mapping[str, str]) -> None:
        try:
            self._budgets.learn(
                cost,
                limit=int(headers["X-RateLimit-Limit"]),
                remaining=int(headers["X-RateLimit-Remaining"]),
                reset_after=float(headers["X-RateLimit-Reset-After"]),
            )
        except (KeyError, ValueError):
            return

    def _problem(
        self, status: int, raw: bytes, headers: Mapping[str, str], cost: Cost | None
    ) -> Problem:
        try:
            trouble = msgspec.json.decode(raw, type=_Trouble)
        except msgspec.DecodeError:
            trouble = _Trouble()
        wait = trouble.retry_after
        if status == 429:
            wait = wait if wait is not None else _seconds(headers.get("Retry-After"))
            # A 429 that is not Discord's own JSON comes from the network before it: stop all.
            foreign = not raw.startswith(b"{")
            scope = headers.get("X-RateLimit-Scope")
            if foreign or scope == "global" or "X-RateLimit-Global" in headers:
                wait = self._guard.block(wait, foreign=foreign)
                self._budgets.block(GLOBAL, wait)
            elif cost is not None:
                self._budgets.block(cost.key, wait)
        fields = refused_fields(trouble.errors)
        return Problem(status, trouble.code, status < 500, wait, fields)


def decoded(raw: bytes, kind: type[T]) -> T | Problem:
    """A success that cannot be read is an unclear one."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return Problem(200, certain=False)


def refused_fields(tree: Any) -> frozenset[str]:
    """The field names in a 50035 tree."""
    fields: set[str] = set()
    open_branches = [tree]
    while open_branches:
        branch = open_branches.pop()
        if not isinstance(branch, dict):
            continue
        for key, value in branch.items():
            if key != "_errors":
                fields.add(str(key))
                open_branches.append(value)
    return frozenset(fields)


def _seconds(header: str | None) -> float:
    try:
        return float(header or 5.0)
    except ValueError:
        return 5.0
