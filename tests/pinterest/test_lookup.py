"""Looking pins up and following short links, with real servers on this machine."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from adapters.pinterest.lookup import PinterestLookup, PublicResolver, is_public
from adapters.pinterest.settings import Settings
from core.ids import PinId
from core.model import Pin, PinSource, Refusal

ID = PinId("99360735500167749")
URL = f"https://www.pinterest.com/pin/{ID}/"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Pinterest:
    """A server whose answers a test sets, and what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: dict[str, Handler] = {}
        self.asked: list[str] = []
        self.tokens: list[str | None] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        self.tokens.append(request.headers.get("Authorization"))
        handler = self.answers.get(request.path)
        return await handler(request) if handler else web.Response(status=404)

    def json(self, path: str, answer: Any, status: int = 200) -> None:
        async def handler(_: web.Request) -> web.Response:
            return web.json_response(answer, status=status)

        self.answers[path] = handler

    def redirect(self, code: str, target: str, status: int = 302) -> None:
        async def handler(_: web.Request) -> web.Response:
            return web.Response(status=status, headers={"Location": target})

        self.answers[f"/it/{code}"] = handler


@pytest.fixture
async def pinterest() -> AsyncIterator[Pinterest]:
    found = Pinterest()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", found.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


class Names(AbstractResolver):
    """A name service that gives one answer after another, and counts the questions."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.questions = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        answer = self._answers[min(self.questions, len(self._answers) - 1)]
        self.questions += 1
        return [
            {
                "hostname": host,
                "host": ip,
                "port": port,
                "family": socket.AF_INET6 if ":" in ip else socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
            for ip in answer
        ]

    async def close(self) -> None: ...


@asynccontextmanager
async def lookup(
    at: Pinterest, names: AbstractResolver | None = None, **more: Any
) -> AsyncIterator[PinterestLookup]:
    settings = Settings(
        **{
            "api_url": f"{at.url}/v5",
            "oembed_url": f"{at.url}/oembed.json",
            "short_url": f"{at.url}/it/",
            "timeout": 2.0,
            **more,
        }
    )
    found = PinterestLookup(settings, names or Names(["127.0.0.1"]))
    await found.start()
    try:
        yield found
    finally:
        await found.stop()


async def resolve(at: Pinterest, code: str, **more: Any) -> PinId | Refusal:
    async with lookup(at, **more) as found:
        return await found.resolve(f"https://pin.it/{code}")


async def look_up(at: Pinterest, **more: Any) -> Pin:
    async with lookup(at, **more) as found:
        return await found.look_up(ID)


# short links


async def test_a_short_link_leads_to_its_pin(pinterest: Pinterest) -> None:
    pinterest.redirect("oak", f"{URL}sent/?sender=1")
    assert await resolve(pinterest, "oak") == ID
    assert pinterest.asked == ["/it/oak"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_every_kind_of_redirect_is_followed(pinterest: Pinterest, status: int) -> None:
    pinterest.redirect("oak", URL, status)
    assert await resolve(pinterest, "oak") == ID


async def test_a_long_address_is_not_asked_about(pinterest: Pinterest) -> None:
    async with lookup(pinterest) as found:
        assert await found.resolve(URL) == ID
        assert found.pin_id(URL) == ID
    assert pinterest.asked == []


async def test_five_hops_are_followed_and_a_sixth_is_not(pinterest: Pinterest) -> None:
    for hop in range(1, 6):
        pinterest.redirect(f"hop{hop}", f"/it/hop{hop + 1}")
    pinterest.redirect("hop5", URL)
    assert await resolve(pinterest, "hop1") == ID
    pinterest.redirect("hop5", "/it/hop6")
    pinterest.redirect("hop6", URL)
    refused = await resolve(pinterest, "hop1")
    assert isinstance(refused, Refusal)
    assert refused.code == "bad_pin"


async def test_a_loop_ends(pinterest: Pinterest) -> None:
    pinterest.redirect("loop", "/it/loop")
    assert isinstance(await resolve(pinterest, "loop"), Refusal)
    assert len(pinterest.asked) == 5


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/secret",
        "https://127.0.0.1:{port}/secret",
        "http://localhost:{port}/secret",
        "http://[::1]:{port}/secret",
        "//127.0.0.1:{port}/secret",
        "/secret",
        "/it/../secret",
        "http://169.254.169.254/latest/meta-data/",
        "https://evil.example/pin/1/",
        "https://www.pinterest.com.evil.example/pin/1/",
        "https://user@www.pinterest.com/pin/1/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://[",
        "",
    ],
)
async def test_no_link_leads_off_the_list(pinterest: Pinterest, target: str) -> None:
    pinterest.redirect("bad", target.format(port=pinterest.url.rpartition(":")[2]))
    refused = await resolve(pinterest, "bad")
    assert isinstance(refused, Refusal)
    assert refused.code == "bad_pin"
    assert pinterest.asked == ["/it/bad"]


@pytest.mark.parametrize(
    "ip", ["127.0.0.1", "10.0.0.8", "192.168.1.1", "169.254.169.254", "::1", "fe80::1"]
)
async def test_an_allowed_name_with_a_private_address_is_not_connected_to(
    pinterest: Pinterest, ip: str
) -> None:
    pinterest.redirect("in", "https://api.pinterest.com/url_shortener/in/redirect/")
    names = Names([ip])
    refused = await resolve(pinterest, "in", names=names)
    assert isinstance(refused, Refusal)
    assert names.questions == 1


async def test_only_the_addresses_that_were_checked_are_connected_to() -> None:
    names = Names(["127.0.0.1", "151.101.0.84", "10.0.0.1", "2a04:4e42::84"])
    found = await PublicResolver(names).resolve("api.pinterest.com", 443)
    assert [each["host"] for each in found] == ["151.101.0.84", "2a04:4e42::84"]


async def test_without_a_stand_in_nothing_private_is_trusted() -> None:
    names = Names(["127.0.0.1"])
    found = PinterestLookup(Settings(timeout=2.0), names)
    await found.start()
    refused = await found.resolve("https://pin.it/oak")
    await found.stop()
    assert isinstance(refused, Refusal)
    assert names.questions == 1


async def test_a_slow_short_link_is_given_up(pinterest: Pinterest) -> None:
    released = asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        await released.wait()
        return web.Response(status=302, headers={"Location": URL})

    pinterest.answers["/it/slow"] = slow
    async with asyncio.timeout(30):
        refused = await resolve(pinterest, "slow", timeout=0.2)
    released.set()
    assert isinstance(refused, Refusal)
    assert "try again" in refused.sentence


async def test_a_page_instead_of_a_redirect_is_no_pin(pinterest: Pinterest) -> None:
    pinterest.json("/it/page", {})
    assert isinstance(await resolve(pinterest, "page"), Refusal)
    assert isinstance(await resolve(pinterest, "nothing"), Refusal)


@pytest.mark.parametrize(
    ("ip", "public"),
    [
        ("151.101.0.84", True),
        ("2a04:4e42::84", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fc00::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:151.101.0.84", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::9765:54", True),
        ("2002:7f00:1::", False),
    ],
)
def test_public_addresses_are_told_from_the_rest(ip: str, public: bool) -> None:
    assert is_public(ip) is public


# look-ups

API = {"id": ID, "title": "Oak desk", "board_id": "5", "board_owner": {"username": "northwind"}}
OEMBED = {"title": "Oak desk", "thumbnail_url": "https://i.example/a.jpg", "author_name": "N"}


async def test_without_a_token_oembed_is_asked(pinterest: Pinterest) -> None:
    pinterest.json(f"/v5/pins/{ID}", API)
    pinterest.json("/oembed.json", OEMBED)
    pin = await look_up(pinterest)
    assert (pin.source, pin.title) == (PinSource.OEMBED, "Oak desk")
    assert (pin.picture, pin.creator, pin.url) == ("https://i.example/a.jpg", "N", URL)
    assert pinterest.asked == [f"/oembed.json?url={URL}"]
    assert pinterest.tokens == [None]


async def test_with_a_token_the_api_comes_first(pinterest: Pinterest) -> None:
    pinterest.json(f"/v5/pins/{ID}", API)
    pinterest.json("/v5/boards/5", {"id": "5", "name": "Rooms"})
    pinterest.json("/oembed.json", OEMBED)
    pin = await look_up(pinterest, token="t")
    assert (pin.source, pin.board, pin.creator) == (PinSource.API, "Rooms", "northwind")
    assert pinterest.asked == [f"/v5/pins/{ID}", "/v5/boards/5"]
    assert pinterest.tokens == ["Bearer t", "Bearer t"]


async def test_a_pin_is_known_without_its_board(pinterest: Pinterest) -> None:
    pinterest.json(f"/v5/pins/{ID}", API)
    pin = await look_up(pinterest, token="t")
    assert (pin.source, pin.board) == (PinSource.API, None)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 302])
async def test_when_the_api_refuses_oembed_is_asked_without_the_token(
    pinterest: Pinterest, status: int
) -> None:
    pinterest.json(f"/v5/pins/{ID}", {"code": 50}, status)
    pinterest.json("/oembed.json", OEMBED)
    assert (await look_up(pinterest, token="t")).source is PinSource.OEMBED
    assert pinterest.tokens == ["Bearer t", None]


async def test_an_answer_about_another_pin_is_not_taken(pinterest: Pinterest) -> None:
    pinterest.json(f"/v5/pins/{ID}", {**API, "id": "1"})
    assert await look_up(pinterest, token="t") == Pin(ID, URL)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"null",
        b"\xff",
        b"<html>",
        b"[" * 100_000,
        b'{"title": "\\ud800"}',
    ],
)
async def test_rubbish_leaves_the_bare_address(pinterest: Pinterest, raw: bytes) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=raw, content_type="application/json")

    pinterest.answers["/oembed.json"] = handler
    assert await look_up(pinterest) == Pin(ID, URL)


async def test_a_huge_answer_is_not_read_to_its_end(pinterest: Pinterest) -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        while sent < 64 * 1024 * 1024:
            await answer.write(b" " * 65_536)
            sent += 65_536
        return answer

    pinterest.answers["/oembed.json"] = endless
    assert await look_up(pinterest) == Pin(ID, URL)
    assert sent < 64 * 1024 * 1024


async def test_a_slow_answer_leaves_the_bare_address(pinterest: Pinterest) -> None:
    released = asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        await released.wait()
        return web.json_response(OEMBED)

    pinterest.answers["/oembed.json"] = slow
    async with asyncio.timeout(30):
        assert await look_up(pinterest, timeout=0.2) == Pin(ID, URL)
    released.set()


async def test_a_cut_connection_and_a_refused_one_leave_the_bare_address(
    pinterest: Pinterest,
) -> None:
    async def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    pinterest.answers["/oembed.json"] = cut
    assert await look_up(pinterest) == Pin(ID, URL)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}/oembed.json"
        assert await look_up(pinterest, oembed_url=nowhere) == Pin(ID, URL)


@pytest.mark.parametrize("name", ["api_url", "oembed_url", "short_url"])
def test_an_address_that_is_none_is_refused_in_the_settings(name: str) -> None:
    with pytest.raises(ValueError, match=rf"pinterest\.{name}"):
        msgspec.convert({name: "pinterest.com"}, Settings)
