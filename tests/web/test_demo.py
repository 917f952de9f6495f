"""The demonstration: acting as listed people, for one page."""

from typing import Any

import aiohttp
import pytest

from bridge.reading.markup import Markdown
from core.delivery import Delivery, DeliveryState
from core.ids import RemoteId
from web.server import Server
from web.settings import Demo, Settings

OAK = "https://www.pinterest.com/pin/99360735500167749/"
SANDBOX = "http://127.0.0.1:8765"
FROM_PAGE = {"Origin": SANDBOX, "Sec-Fetch-Site": "cross-site"}


@pytest.fixture
def settings() -> Settings:
    return Settings(listen="127.0.0.1:0", demo=Demo(people=("mia", "kai"), origin=SANDBOX))


@pytest.mark.parametrize(
    "listen", ["0.0.0.0:8080", "192.168.1.5:8080", "example.test:80", "[::]:1"]
)
def test_a_demo_off_loopback_is_refused(listen: str) -> None:
    with pytest.raises(ValueError, match=r"web\.demo"):
        Settings(listen=listen, demo=Demo(people=("mia",), origin=SANDBOX))


@pytest.mark.parametrize("origin", ["", "*", "null", "http://127.0.0.1:8765/", "ftp://x"])
def test_an_origin_that_is_none_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match=r"web\.demo\.origin"):
        Demo(people=("mia",), origin=origin)


async def session_of(world: Any, query: str) -> str:
    _, html, _ = await (await world.client())("GET", f"/?{query}")
    return str(html.partition('name="pinthread-session" content="')[2].partition('"')[0])


async def test_the_page_carries_a_session_for_listed_people_alone(world: Any) -> None:
    client = await world.client()
    headers = {"Authorization": f"Bearer {await session_of(world, 'embed=1&as=mia')}"}
    status, body, _ = await client("GET", "/api/me", headers=headers)
    assert status == 200
    assert body["me"]["handle"] == "mia"
    assert [person["handle"] for person in body["demo"]] == ["mia", "kai"]
    for query in ("as=rosa", "as=northwind", "as=", "embed=1"):
        assert await session_of(world, query) == ""


async def test_only_the_page_of_the_demo_may_frame_it(world: Any) -> None:
    _, _, headers = await (await world.client())("GET", "/?embed=1&as=mia")
    assert f"frame-ancestors {SANDBOX}" in headers["Content-Security-Policy"]
    assert f"img-src 'self' https: data: blob: {SANDBOX}" in headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in headers


async def test_it_is_not_reached_under_a_rebound_name(world: Any) -> None:
    client = await world.client()
    for path in ("/?as=mia", "/api/demo/people"):
        status, body, _ = await client("GET", path, headers={"Host": "evil.test"})
        assert (status, body["code"]) == (403, "foreign_origin")


async def test_the_page_says_things_as_somebody(world: Any) -> None:
    client = await world.client()
    body = {"as": "mia", "to": "@northwind", "pin": OAK, "text": "does this come in oak?"}
    status, said, headers = await client("POST", "/api/demo/say", body, headers=FROM_PAGE)
    assert status == 201
    assert said["message"]
    assert headers["Access-Control-Allow-Origin"] == SANDBOX
    more = {"as": "mia", "thread": said["thread"], "text": "or in ash?"}
    status, again, _ = await client("POST", "/api/demo/say", more, headers=FROM_PAGE)
    assert (status, again["thread"]) == (201, said["thread"])
    _, inbox, _ = await (await world.client("northwind"))("GET", "/api/threads")
    assert inbox["threads"][0]["last_text"] == "or in ash?"


@pytest.mark.parametrize("who", ["rosa", "northwind", "nobody", ""])
async def test_nobody_else_can_be_acted_as(world: Any, who: str) -> None:
    client = await world.client()
    body = {"as": who, "to": ["kai"], "pin": OAK, "text": "hi"}
    status, answer, _ = await client("POST", "/api/demo/say", body, headers=FROM_PAGE)
    assert (status, answer["code"]) == (422, "cannot_act")
    assert not world.desk.intents


async def test_a_refusal_reaches_the_page(world: Any) -> None:
    client = await world.client()
    body = {"as": "mia", "to": ["kai"], "text": "no pin"}
    status, answer, headers = await client("POST", "/api/demo/say", body, headers=FROM_PAGE)
    assert (status, answer["code"]) == (422, "pin_required")
    assert headers["Access-Control-Allow-Origin"] == SANDBOX


async def test_another_origin_gets_no_leave(world: Any) -> None:
    client = await world.client()
    other = {"Origin": "https://evil.test"}
    status, _, headers = await client("GET", "/api/demo/people", headers=other)
    assert status == 200
    assert "Access-Control-Allow-Origin" not in headers
    body = {"as": "mia", "to": ["kai"], "pin": OAK}
    status, _, _ = await client("POST", "/api/demo/say", body, headers=other)
    assert status == 403
    _, _, headers = await client("GET", "/api/me", headers=FROM_PAGE)
    assert "Access-Control-Allow-Origin" not in headers


async def test_a_preflight_is_answered(world: Any) -> None:
    asks = {"Access-Control-Request-Method": "POST", **FROM_PAGE}
    status, _, headers = await (await world.client())("OPTIONS", "/api/demo/say", headers=asks)
    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == SANDBOX
    assert "POST" in headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in headers["Access-Control-Allow-Headers"]


async def test_strips_are_keyed_without_the_channel(world: Any) -> None:
    world.desk.strip = {
        RemoteId("C0INBOX:1700.1"): (
            Delivery("discord", "#plans", DeliveryState.FAILED, "too long for the place"),
        ),
        RemoteId("C0OTHER:1700.2"): (),
    }
    world.desk.counts = {"slack": 0, "discord": 3}
    _, body, _ = await (await world.client())(
        "GET", "/api/demo/deliveries?platform=slack&channel=C0INBOX", headers=FROM_PAGE
    )
    assert body == {
        "messages": {
            "1700.1": [
                {
                    "platform": "discord",
                    "place": "#plans",
                    "state": "failed",
                    "reason": "too long for the place",
                }
            ]
        },
        "waiting": {"slack": 0, "discord": 3},
        "catching_up": [],
    }


async def test_every_change_is_told(world: Any) -> None:
    from contextlib import AsyncExitStack

    client = await world.client()
    async with AsyncExitStack() as stack:
        answer = await stack.enter_async_context(
            client.http.get(f"{world.url}/api/demo/live", headers=FROM_PAGE)
        )
        assert answer.headers["Access-Control-Allow-Origin"] == SANDBOX
        events = world.events(answer)
        assert (await events.next())[0] == "ready"
        body = {"as": "mia", "to": ["kai"], "pin": OAK, "text": "hi"}
        _, said, _ = await client("POST", "/api/demo/say", body, headers=FROM_PAGE)
        change = ("change", {"thread": said["thread"], "kind": "event"})
        assert await events.next() == change
        delivered = Delivery("discord", "#plans", DeliveryState.DELIVERED)
        world.desk.deliver(said["message"], delivered)
        assert await events.next() == ("change", {"thread": said["thread"], "kind": "delivery"})


async def test_pins_to_start_with_stand_behind_those_of_ones_threads(desk: Any) -> None:
    lamp = "https://www.pinterest.com/pin/22/"
    demo = Demo(people=("mia",), origin=SANDBOX, pins=(lamp, "nonsense", OAK))
    server = Server(desk, Settings(listen="127.0.0.1:0", demo=demo), Markdown())
    await server.start()
    async with aiohttp.ClientSession() as http:
        body = {"as": "mia", "to": "kai", "pin": OAK}
        async with http.post(f"{server.url}/api/demo/say", json=body) as answer:
            assert answer.status == 201
        async with http.get(f"{server.url}/?as=mia") as answer:
            html = await answer.text()
        token = html.partition('name="pinthread-session" content="')[2].partition('"')[0]
        headers = {"Authorization": f"Bearer {token}"}
        async with http.get(f"{server.url}/api/pins/recent", headers=headers) as answer:
            found = [pin["id"] for pin in (await answer.json())["pins"]]
    await server.stop()
    assert found == ["99360735500167749", "22"]


async def test_files_have_addresses_that_pictures_can_carry(world: Any) -> None:
    client = await world.client()
    _, html, _ = await client("GET", "/?as=mia")
    token = html.partition('name="pinthread-session" content="')[2].partition('"')[0]
    bearer = {"Authorization": f"Bearer {token}"}
    kind = {"Content-Type": "text/plain", **bearer}
    status, file, _ = await client("POST", "/api/files?name=a.txt", data=b"words", headers=kind)
    assert status == 201
    body = {"to": ["kai"], "pin": OAK}
    _, started, _ = await client("POST", "/api/threads", body, headers=bearer)
    at = f"/api/threads/{started['thread']['id']}/messages"
    sent = {"files": [{"ticket": file["ticket"]}]}
    _, posted, _ = await client("POST", at, sent, headers=bearer)
    address = posted["line"]["files"][0]["url"]
    status, words, _ = await client("GET", address)
    assert (status, words) == (200, "words")
    status, _, _ = await client("GET", address.partition("?")[0])
    assert status == 401
