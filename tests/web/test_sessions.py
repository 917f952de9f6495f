"""Tokens, and signing in with a link."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.ids import AccountId
from web.sessions import SECRET, Purpose, link_url, read, sign, sign_link
from web.settings import Settings

KEY = b"k" * 32
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MIA = AccountId("id-of-mia")


def test_a_link_names_its_account_for_15_minutes() -> None:
    token = sign_link(KEY, MIA, NOW)
    found = read(KEY, Purpose.LINK, token, NOW + timedelta(minutes=14, seconds=59))
    assert found is not None
    assert found.account == MIA
    assert read(KEY, Purpose.LINK, token, NOW + timedelta(minutes=15)) is None


def test_a_token_is_worth_nothing_for_another_purpose_or_key() -> None:
    token = sign_link(KEY, MIA, NOW)
    assert read(KEY, Purpose.SESSION, token, NOW) is None
    assert read(b"x" * 32, Purpose.LINK, token, NOW) is None


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-1], lambda t: "A" + t, lambda t: t + ".", str.upper]
)
def test_a_changed_token_is_refused(spoil: Callable[[str], str]) -> None:
    assert read(KEY, Purpose.LINK, spoil(sign_link(KEY, MIA, NOW)), NOW) is None


@pytest.mark.parametrize("token", ["", ".", "a.b", "é.é", "a" * 5_000])
def test_rubbish_is_no_token(token: str) -> None:
    assert read(KEY, Purpose.SESSION, token, NOW) is None


def test_the_link_stands_under_the_public_address() -> None:
    assert link_url(Settings(), "t") == "http://127.0.0.1:8080/link/t"
    assert link_url(Settings(public_url="https://x.test/"), "t") == "https://x.test/link/t"


async def test_a_previewers_get_uses_nothing_up_and_the_button_signs_in_once(world: Any) -> None:
    token = sign_link(await world.desk.secret(SECRET), MIA, datetime.now(UTC))
    client = await world.client()
    for _ in range(2):
        status, html, headers = await client("GET", f"/link/{token}")
        assert status == 200
        assert "Sign in as Mia" in html
        assert "Set-Cookie" not in headers
    status, _, headers = await client("POST", f"/link/{token}")
    assert (status, headers["Location"]) == (303, "/")
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Max-Age=2592000" in cookie
    status, body, _ = await client("GET", "/api/me", headers={"Cookie": cookie.split(";")[0]})
    assert (status, body["me"]["handle"]) == (200, "mia")
    status, html, headers = await client("POST", f"/link/{token}")
    assert status == 410
    assert "has been used" in html
    assert "Set-Cookie" not in headers


async def test_a_forged_link_is_gone(world: Any) -> None:
    client = await world.client()
    token = sign_link(b"other key" * 4, MIA, datetime.now(UTC))
    assert (await client("GET", f"/link/{token}"))[0] == 410
    assert (await client("POST", f"/link/{token}"))[0] == 410


async def test_another_site_cannot_press_the_button(world: Any) -> None:
    token = sign_link(await world.desk.secret(SECRET), MIA, datetime.now(UTC))
    client = await world.client()
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.test"}):
        status, body, _ = await client("POST", f"/link/{token}", headers=headers)
        assert (status, body["code"]) == (403, "foreign_origin")
    own = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
    assert (await client("POST", f"/link/{token}", headers=own))[0] == 303


async def test_signing_out_takes_the_cookie_away(world: Any) -> None:
    status, _, headers = await (await world.client("mia"))("POST", "/sign-out")
    assert status == 303
    assert "Max-Age=0" in headers["Set-Cookie"]


async def test_nobody_is_known_by_a_link_or_demo_token(world: Any) -> None:
    key = await world.desk.secret(SECRET)
    client = await world.client()
    for purpose in (Purpose.LINK, Purpose.DEMO):
        token = sign(key, purpose, MIA, datetime.now(UTC))
        for headers in ({"Cookie": f"pinthread={token}"}, {"Authorization": f"Bearer {token}"}):
            status, body, _ = await client("GET", "/api/me", headers=headers)
            assert (status, body["code"]) == (401, "sign_in")
