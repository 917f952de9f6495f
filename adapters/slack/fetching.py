"""Bytes of a file that Slack keeps, streamed.

The bot's token goes to Slack's own hosts and nowhere else, whatever an address says.
Without the right to read, Slack answers with a page to sign in: that is no file.
"""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urljoin, urlsplit

import aiohttp

from adapters.receiving import body
from adapters.slack.api import Api
from adapters.slack.settings import Settings
from core.delivery import Failure, FailureKind
from core.intents import RemoteFile
from core.ports.adapter import FetchError
from core.ports.files import Piece

_CHUNK = 262_144
"""Bytes that are read ahead."""
_SILENCE = 30.0
_LONGEST = 1_800.0
_MOST_MOVES = 3

_PAGE = "Slack showed a sign-in page instead of the file: the app may not read files there."
_NOWHERE = "Slack does not give this file to apps."
_BROKEN = "The connection to Slack broke while the file was read."
_AWAY = "Slack could not give the file."


@asynccontextmanager
async def fetch(
    file: RemoteFile, api: Api, settings: Settings
) -> AsyncIterator[AsyncIterator[Piece]]:
    """The content, while it is open; FetchError here or on the way."""
    handle = json.loads(file.handle)
    address = handle.get("url") or await _ask(str(handle.get("id", "")), api)
    try:
        for _ in range(_MOST_MOVES):
            async with _get(address, api, settings) as answer:
                moved = answer.headers.get("Location") if answer.status in _MOVED else None
                if moved is None:
                    _check(answer, file)
                    yield _pieces(answer)
                    return
                address = urljoin(address, moved)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise FetchError(_BROKEN, again=True) from error
    raise FetchError(_NOWHERE, again=False)


_MOVED = (301, 302, 303, 307, 308)


def _get(address: str, api: Api, settings: Settings) -> "aiohttp.client._RequestContextManager":
    if api.session is None:
        raise FetchError(_AWAY, again=True)
    if not _trusted(address, settings.api_url):
        raise FetchError(_NOWHERE, again=False)
    timeout = aiohttp.ClientTimeout(
        _LONGEST, sock_connect=settings.connect_timeout, sock_read=_SILENCE
    )
    headers = {"Authorization": f"Bearer {settings.bot_token}", "Accept-Encoding": "identity"}
    return api.session.get(
        address, headers=headers, timeout=timeout, allow_redirects=False, read_bufsize=_CHUNK
    )


def _trusted(address: str, api_url: str) -> bool:
    """Slack's own hosts, or the very server that the calls go to."""
    try:
        asked, known = urlsplit(address), urlsplit(api_url)
        host, port = asked.hostname or "", asked.port
    except ValueError:
        return False
    if (asked.scheme, host, port) == (known.scheme, known.hostname, known.port):
        return True
    return asked.scheme == "https" and (host == "slack.com" or host.endswith(".slack.com"))


def _check(answer: aiohttp.ClientResponse, file: RemoteFile) -> None:
    if answer.status == 429 or answer.status >= 500:
        raise FetchError(_AWAY, again=True)
    if answer.status != 200:
        raise FetchError(_NOWHERE, again=False)
    if answer.content_type == "text/html" and file.media_type != "text/html":
        raise FetchError(_PAGE, again=False)
    length = answer.content_length
    if answer.content_type == "text/html" and file.size not in (None, length):
        raise FetchError(_PAGE, again=False)


async def _pieces(answer: aiohttp.ClientResponse) -> AsyncIterator[Piece]:
    ends = time.monotonic() + _LONGEST
    try:
        async for piece in body(answer):
            if time.monotonic() > ends:
                raise FetchError(_BROKEN, again=True)
            yield piece
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise FetchError(_BROKEN, again=True) from error


async def _ask(file: str, api: Api) -> str:
    """Where the file is; files shared from other workspaces do not say so themselves."""
    answer = await api.read("files.info", file=file)
    if isinstance(answer, Failure):
        waits = answer.kind in (FailureKind.RATE, FailureKind.TRANSIENT)
        raise FetchError(_AWAY if waits else _NOWHERE, again=waits)
    info = answer.get("file")
    info = info if isinstance(info, dict) else {}
    address = info.get("url_private_download") or info.get("url_private")
    if not isinstance(address, str):
        raise FetchError(_NOWHERE, again=False)
    return address
