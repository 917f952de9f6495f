"""Pins on the network: following short links, and learning what can be known (rules 20, 22).

Following a link goes only to allowed hosts, and only to public addresses: the
connection is made to the very address that was checked. Looking a pin up asks
the official API where a token is set, then oEmbed; it never raises, and what
fails leaves the bare address.
"""

import asyncio
import logging
import socket
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urljoin

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult

from adapters.pinterest.addresses import BAD_PIN, CODE, may_visit, pin_id, pin_url, short_code
from adapters.pinterest.cards import Answer, bare, from_api, from_oembed
from adapters.pinterest.settings import SHORT_URL, Settings
from core.ids import PinId
from core.model import Pin, Refusal

log = logging.getLogger("pinthread.pinterest")

MOST_HOPS = 5
MOST_BYTES = 256 * 1024
REDIRECTS = (301, 302, 303, 307, 308)

LEADS_ELSEWHERE = Refusal(
    "bad_pin",
    "That short link does not lead to a pin. Open it in a browser and paste the long address.",
)
NO_ANSWER = Refusal(
    "bad_pin",
    "That short link could not be followed just now. Open it in a browser and paste the long "
    "address, or try again.",
)

_FAILED = (aiohttp.ClientError, TimeoutError, OSError, ValueError, RecursionError)
_EMBEDS_IPV4 = ip_network("64:ff9b::/96")


class PublicResolver(AbstractResolver):
    """Gives only public addresses, so that what is connected to is what was checked."""

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        public = [each for each in found if is_public(each["host"])]
        if not public:
            raise OSError(f"{host} has no public address")
        return public

    async def close(self) -> None:
        await self._inner.close()


class PinterestLookup:
    """`core.ports.needs.PinLookup` over HTTP. `start` and `stop` open and close its sessions."""

    def __init__(self, settings: Settings, resolver: AbstractResolver | None = None) -> None:
        self._settings = settings
        self._resolver = resolver
        self._short = settings.short_url.rstrip("/") + "/"
        self._trusted = self._short != SHORT_URL
        self._limit = aiohttp.ClientTimeout(total=settings.timeout)
        self._asking: aiohttp.ClientSession | None = None
        self._following: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        jar = aiohttp.DummyCookieJar
        resolver = PublicResolver(self._resolver or aiohttp.ThreadedResolver())
        careful = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, force_close=True)
        self._following = aiohttp.ClientSession(
            connector=careful, timeout=self._limit, cookie_jar=jar()
        )
        self._asking = aiohttp.ClientSession(timeout=self._limit, cookie_jar=jar())

    async def stop(self) -> None:
        for session in (self._following, self._asking):
            if session is not None:
                await session.close()
        self._following = self._asking = None

    def pin_id(self, address: str) -> PinId | None:
        return pin_id(address)

    async def resolve(self, address: str) -> PinId | Refusal:
        known = pin_id(address)
        code = short_code(address)
        if known is not None:
            return known
        if code is None:
            return BAD_PIN
        try:
            async with asyncio.timeout(self._settings.timeout):
                return await self._follow(self._short + code)
        except _FAILED as error:
            log.info("short_link_failed", extra={"error": type(error).__name__})
            return NO_ANSWER

    async def look_up(self, pin: PinId) -> Pin:
        found = await self._from_api(pin) if self._settings.token else None
        return found or await self._from_oembed(pin) or bare(pin)

    async def _follow(self, url: str) -> PinId | Refusal:
        for _ in range(MOST_HOPS):
            target = await self._redirect(url)
            if target is None:
                return LEADS_ELSEWHERE
            url = urljoin(url, target)
            pin = pin_id(url)
            if pin is not None:
                return pin
            if not may_visit(url) and not self._is_stand_in(url):
                return LEADS_ELSEWHERE
        return LEADS_ELSEWHERE

    async def _redirect(self, url: str) -> str | None:
        """Where an address points to. A stand-in is the operator's own and needs no check."""
        session = self._asking if self._is_stand_in(url) else self._following
        assert session is not None, "started"
        async with session.get(url, allow_redirects=False) as answer:
            return (answer.headers.get("Location") or None) if answer.status in REDIRECTS else None

    def _is_stand_in(self, url: str) -> bool:
        """Its short links alone: nothing else on that host is any of a link's business."""
        return (
            self._trusted
            and url.startswith(self._short)
            and CODE.fullmatch(url.removeprefix(self._short)) is not None
        )

    async def _from_api(self, pin: PinId) -> Pin | None:
        answer = await self._ask(f"/pins/{pin}")
        if answer is None or answer.get("id") != pin:
            return None
        board = answer.get("board_id")
        known = isinstance(board, str) and board.isascii() and board.isdigit()
        return from_api(pin, answer, (known and await self._ask(f"/boards/{board}")) or {})

    async def _ask(self, path: str) -> Answer | None:
        headers = {"Authorization": f"Bearer {self._settings.token}"}
        return await self._get(self._settings.api_url.rstrip("/") + path, headers=headers)

    async def _from_oembed(self, pin: PinId) -> Pin | None:
        answer = await self._get(self._settings.oembed_url, params={"url": pin_url(pin)})
        return None if answer is None else from_oembed(pin, answer)

    async def _get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Answer | None:
        """A JSON object, or nothing for whatever reason."""
        assert self._asking is not None, "started"
        try:
            async with self._asking.get(
                url, headers=headers, params=params, allow_redirects=False
            ) as answer:
                if answer.status != 200:
                    log.debug("pin_not_found_out", extra={"status": answer.status})
                    return None
                found: Any = msgspec.json.decode(await _read(answer))
        except _FAILED as error:
            log.info("pin_not_found_out", extra={"error": type(error).__name__})
            return None
        return found if isinstance(found, dict) else None


def is_public(host: str) -> bool:
    """Whether an address is one that anybody can reach: not private, loopback or link-local."""
    ip = ip_address(host.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _EMBEDS_IPV4:
            inner = ip_address(int(ip) & 0xFFFFFFFF)  # type: ignore[assignment]
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(16 * 1024):
        body += chunk
        if len(body) > MOST_BYTES:
            raise ValueError("the answer is too large")
    return bytes(body)
