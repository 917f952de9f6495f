"""Security headers and same-origin checks."""

from typing import Any

import pytest

from web.settings import Settings


@pytest.mark.parametrize(
    "path", ["/", "/api/me", "/api/openapi.json", "/static/app.css", "/nothing"]
)
async def test_every_answer_carries_the_security_headers(world: Any, path: str) -> None:
    _, _, headers = await (await world.client())("GET", path)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"


async def test_a_stream_carries_them_too(world: Any) -> None:
    client = await world.client("mia")
    cookie = {"Cookie": f"pinthread={await world.session('mia')}"}
    async with client.http.get(f"{world.url}/api/live", headers=cookie) as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Origin": ""},
    ],
)
async def test_another_sites_page_changes_nothing(world: Any, headers: dict[str, str]) -> None:
    mia = await world.client("mia")
    body = {"to": ["northwind"], "pin": "https://www.pinterest.com/pin/1/"}
    status, answer, _ = await mia("POST", "/api/threads", body, headers=headers)
    assert (status, answer["code"]) == (403, "foreign_origin")
    assert not world.desk.intents


async def test_our_own_page_and_programs_may_write(world: Any) -> None:
    mia = await world.client("mia")
    body = {"to": ["northwind"], "pin": "https://www.pinterest.com/pin/1/"}
    for headers in ({}, {"Origin": world.url}, {"Sec-Fetch-Site": "same-origin"}):
        assert (await mia("POST", "/api/threads", body, headers=headers))[0] == 201


async def test_without_a_demo_there_is_none(world: Any) -> None:
    client = await world.client()
    assert (await client("GET", "/api/demo/people"))[0] == 404
    assert (await client("POST", "/api/demo/say", {"as": "mia"}))[0] == 404
    _, html, _ = await client("GET", "/?embed=1&as=mia")
    assert 'name="pinthread-session" content=""' in html


@pytest.mark.parametrize("listen", ["8080", "host:", "host:x", "host:70000", ""])
def test_an_unfit_address_to_listen_on_is_refused(listen: str) -> None:
    with pytest.raises(ValueError, match=r"web\.listen"):
        Settings(listen=listen)


def test_an_unfit_public_address_is_refused() -> None:
    with pytest.raises(ValueError, match=r"web\.public_url"):
        Settings(public_url="pinthread.example")
