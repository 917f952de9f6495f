"""Bodies of answers come whole and in order, by either event loop, with and without TLS."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import pytest
import uvloop
from aiohttp import web

from adapters.receiving import LEAST, ROOM, body

Run = Callable[[Awaitable[None]], None]
Give = Callable[[web.Request], Awaitable[web.StreamResponse]]

LARGE = Random(5).randbytes(5 * ROOM + 1_234)


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Any:
    return request.param


@dataclass(slots=True)
class Far:
    """A server, and a session with it that has one connection. `peers` have connected to it."""

    url: str = ""
    session: aiohttp.ClientSession | None = None
    peers: set[object] = field(default_factory=set)

    def get(self, path: str = "/", **more: Any) -> Any:
        assert self.session is not None
        return self.session.get(self.url + path, **more)

    async def whole(self, path: str) -> bytes:
        async with self.get(path) as answer:
            return await whole(answer)

    async def read_into(self, found: bytearray, came: Callable[[], None] = lambda: None) -> None:
        async with self.get() as answer, aclosing(body(answer)) as pieces:
            async for piece in pieces:
                found += piece
                came()


async def whole(answer: aiohttp.ClientResponse) -> bytes:
    """The body, by a reader who takes its time with each piece."""
    found = b""
    async with aclosing(body(answer)) as pieces:
        async for piece in pieces:
            for _ in range(5):
                await asyncio.sleep(0)
            found += piece
    return found


@asynccontextmanager
async def served(
    give: Give, server: ssl.SSLContext | None = None, client: ssl.SSLContext | None = None
) -> AsyncIterator[Far]:
    far = Far()

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        far.peers.add(request.transport.get_extra_info("peername"))
        return await give(request)  # type: ignore[arg-type]

    runner = web.ServerRunner(web.Server(handle), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server).start()
    port = runner.addresses[0][1]
    far.url = f"{'https' if server else 'http'}://localhost:{port}"
    connector = aiohttp.TCPConnector(limit=1, ssl=client or True)
    try:
        async with aiohttp.ClientSession(connector=connector, auto_decompress=True) as far.session:
            yield far
    finally:
        await runner.cleanup()


SIZES = (0, 1, LEAST - 1, LEAST, 2 * ROOM, len(LARGE))


async def of_size(request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(body=LARGE[: int(request.path[1:])])


def test_bodies_of_all_sizes_come_whole_over_one_connection(run: Run) -> None:
    async def play() -> None:
        async with served(of_size) as far:
            for size in (*SIZES, *SIZES):
                assert await far.whole(f"/{size}") == LARGE[:size], size
            assert len(far.peers) == 1

    run(play())


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """For the server, and for a client that trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    _certify(key, certificate)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=str(certificate))


def _certify(key: Path, certificate: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)


def test_bodies_come_whole_over_one_connection_with_tls(
    run: Run, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    async def play() -> None:
        async with served(of_size, *contexts) as far:
            for size in (*SIZES, *SIZES):
                assert await far.whole(f"/{size}") == LARGE[:size], size
            assert len(far.peers) == 1

    run(play())


def test_what_has_come_is_given_though_the_rest_is_late(run: Run) -> None:
    async def play() -> None:
        had = asyncio.Event()

        async def give(request: web.Request) -> web.StreamResponse:
            answer = web.StreamResponse(headers={"Content-Length": str(len(LARGE))})
            await answer.prepare(request)
            for at in range(0, len(LARGE), 400_000):
                had.clear()
                await answer.write(LARGE[at : at + 400_000])
                await had.wait()
            return answer

        async with served(give) as far, far.get() as answer:
            found = b""
            async with aclosing(body(answer)) as pieces, asyncio.timeout(20):
                async for piece in pieces:
                    found += piece
                    if len(found) % 400_000 == 0:
                        had.set()
                had.set()
            assert found == LARGE

    run(play())


def test_a_body_that_is_cut_off_is_an_error_after_what_came(run: Run) -> None:
    async def give(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": str(len(LARGE))})
        await answer.prepare(request)
        await answer.write(LARGE[: 3 * ROOM])
        assert request.transport is not None
        request.transport.close()
        return answer

    async def play() -> None:
        found = bytearray()
        async with served(give) as far:
            with pytest.raises(aiohttp.ClientPayloadError):
                await far.read_into(found)
        assert found == LARGE[: 3 * ROOM]

    run(play())


def test_a_connection_that_is_closed_on_our_side_is_an_error_too(run: Run) -> None:
    async def play() -> None:
        async with (
            served(of_size) as far,
            far.get(f"/{len(LARGE)}") as answer,
            aclosing(body(answer)) as pieces,
        ):
            await anext(pieces)
            for _ in range(500):  # both buffers may be full then, and reading paused
                await asyncio.sleep(0)
            answer.close()
            with pytest.raises(aiohttp.ClientPayloadError):
                assert [piece async for piece in pieces] == []

    run(play())


def test_a_body_that_is_left_in_the_middle_leaves_the_session_usable(run: Run) -> None:
    async def play() -> None:
        async with served(of_size) as far:
            async with far.get(f"/{len(LARGE)}") as answer, aclosing(body(answer)) as pieces:
                await anext(pieces)
            assert await far.whole(f"/{len(LARGE)}") == LARGE
            assert len(far.peers) == 2  # what was left could not be told from an answer

    run(play())


def test_a_silence_after_the_beginning_can_be_cancelled(run: Run) -> None:
    async def play() -> None:
        over = asyncio.Event()

        async def give(request: web.Request) -> web.StreamResponse:
            answer = web.StreamResponse(headers={"Content-Length": str(len(LARGE))})
            await answer.prepare(request)
            await answer.write(LARGE[:ROOM])
            await over.wait()
            return answer

        async with served(give) as far:
            found, came = bytearray(), asyncio.Event()
            reading = asyncio.create_task(far.read_into(found, came.set))
            async with asyncio.timeout(20):
                while found != LARGE[:ROOM]:
                    await came.wait()
                    came.clear()
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            over.set()

    run(play())


@pytest.mark.parametrize("how", ["chunked", "gzip"])
def test_coded_bodies_are_left_to_the_library(run: Run, how: str) -> None:
    async def give(request: web.Request) -> web.StreamResponse:
        answer = web.Response(body=LARGE)
        if how == "chunked":
            answer.enable_chunked_encoding()
        else:
            answer.enable_compression(web.ContentCoding.gzip)
        return answer

    async def play() -> None:
        async with served(give) as far:
            assert await far.whole("/") == LARGE

    run(play())
