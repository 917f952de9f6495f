"""The Pinterest stand-in over a real socket: oEmbed, API v5, short links, pictures, faults."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from jsonschema import Draft202012Validator

from sandbox.disk import Disk
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.live import Live
from sandbox.pinterest.pins import PINS, SHORT_LINKS
from sandbox.pinterest.server import PICTURES, TOKEN, PinterestServer
from sandbox.server import Kernel

DESK = "99360735500167749"
QUILT = "844493675417722301"
SIGNED_IN = {"Authorization": f"Bearer {TOKEN}"}
SPEC = Path(__file__).resolve().parents[3] / "shared" / "specs" / "pinterest-v5-openapi.json"


@pytest.fixture
async def kernel() -> AsyncIterator[Kernel]:
    kernel = Kernel(Journal(), Faults(), Disk(None), Live())
    app = web.Application()
    PinterestServer(kernel).mount(app)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    kernel.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield kernel
    await runner.cleanup()


@pytest.fixture
async def http(kernel: Kernel) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(kernel.base_url) as session:
        yield session


def test_there_are_a_dozen_pins_and_half_of_them_are_northwinds():
    assert len({pin.id for pin in PINS}) == 12
    assert sum(pin.creator.username == "northwind" for pin in PINS) == 6
    assert PINS[0].id == DESK
    assert PINS[0].creator.name == "Northwind Home"


def test_every_pin_keeps_the_limits_of_a_card_and_has_a_small_picture_with_its_source():
    for pin in PINS:
        assert len(pin.title) <= 100
        assert len(pin.description) <= 800
        assert len(pin.alt_text) <= 500
        raster = (PICTURES / f"{pin.picture}.webp").read_bytes()
        assert raster[8:12] == b"WEBP"
        assert len(raster) < 60_000
        assert (PICTURES / f"{pin.picture}.svg").read_text().startswith("<svg")


@pytest.mark.parametrize(
    "address",
    [
        f"https://www.pinterest.com/pin/{QUILT}/",
        f"https://www.pinterest.com/pin/{QUILT}",
        f"https://pinterest.co.uk/pin/harvest-star--{QUILT}/?utm=1",
        f"https://de.pinterest.com/pin/{QUILT}/#details",
    ],
)
async def test_oembed_knows_every_public_pin_by_every_form_of_its_address(http, address):
    async with http.get("/pinterest/oembed.json", params={"url": address}) as answer:
        assert answer.status == 200
        told = await answer.json()
    assert told["title"] == "Harvest star quilt from a box of scraps"
    assert told["author_name"] == "Oda Patchwork"
    assert told["provider_name"] == "Pinterest"
    async with http.get(told["thumbnail_url"]) as got:
        assert got.status == 200
        assert got.content_type == "image/webp"


@pytest.mark.parametrize(
    "address", ["", "https://www.pinterest.com/pin/1/", f"https://evil.example/pin/{DESK}/"]
)
async def test_oembed_does_not_know_other_addresses(http, address):
    async with http.get("/pinterest/oembed.json", params={"url": address}) as answer:
        assert answer.status == 404


async def test_the_api_shows_northwinds_pins_only(http):
    async with http.get(f"/pinterest/v5/pins/{DESK}", headers=SIGNED_IN) as answer:
        assert answer.status == 200
        pin = await answer.json()
    assert pin["title"] == "Oak writing desk for a bright corner"
    assert pin["alt_text"].startswith("A light oak desk")
    assert pin["media"]["images"]["600x"]["url"].endswith("/pinterest/pictures/oak-desk.webp")
    async with http.get(f"/pinterest/v5/boards/{pin['board_id']}", headers=SIGNED_IN) as answer:
        assert (await answer.json())["name"] == "Rooms to work in"
    async with http.get(f"/pinterest/v5/pins/{QUILT}", headers=SIGNED_IN) as answer:
        assert answer.status == 404
        assert await answer.json() == {"code": 50, "message": "Pin not found."}


@pytest.mark.skipif(not SPEC.exists(), reason="the published description is not on this machine")
async def test_what_the_api_answers_fits_the_published_description(http):
    spec = json.loads(SPEC.read_text())
    validator = Draft202012Validator(
        {"$ref": "#/components/schemas/Pin", "components": spec["components"]}
    )
    for pin in PINS[:6]:
        async with http.get(f"/pinterest/v5/pins/{pin.id}", headers=SIGNED_IN) as answer:
            told = await answer.json()
        # Draft 2020-12 has no `nullable`: what is null is left out.
        shown = {key: value for key, value in told.items() if value is not None}
        assert [error.message for error in validator.iter_errors(shown)] == []


async def test_the_api_wants_its_token_and_a_number(http):
    async with http.get(f"/pinterest/v5/pins/{DESK}") as answer:
        assert answer.status == 401
        assert (await answer.json())["code"] == 2
    async with http.get("/pinterest/v5/pins/oak", headers=SIGNED_IN) as answer:
        assert answer.status == 400


@pytest.mark.parametrize("code", sorted(SHORT_LINKS))
async def test_a_short_link_redirects_where_the_table_says(http, code):
    async with http.get(f"/pinterest/it/{code}", allow_redirects=False) as answer:
        assert answer.status == 302
        assert answer.headers["Location"] == SHORT_LINKS[code]


async def test_an_unknown_short_link_or_picture_is_not_found(http):
    for path in ("/pinterest/it/nothing", "/pinterest/pictures/nothing.webp"):
        async with http.get(path, allow_redirects=False) as answer:
            assert answer.status == 404
    async with http.get("/pinterest/pictures/..%2Fpins.py") as answer:
        assert answer.status == 404


async def test_faults_strike_by_method_and_wear_off(http, kernel):
    desk = {"url": PINS[0].url}
    for kind, more, status in (
        ("status", {"status": 503}, 503),
        ("ratelimit", {"retry_after": 7}, 429),
        ("late", {"seconds": 0}, 500),
    ):
        kernel.faults.add(
            {"platform": "pinterest", "method": "GET /oembed.json", "kind": kind, **more}
        )
        async with http.get("/pinterest/oembed.json", params=desk) as answer:
            assert answer.status == status
        async with http.get("/pinterest/oembed.json", params=desk) as answer:
            assert answer.status == 200
    # The client asks again once by itself when a kept connection is cut: so for ever.
    cut = {"platform": "pinterest", "method": "GET /oembed.json", "kind": "cut", "times": 0}
    kernel.faults.add(cut)
    with pytest.raises(aiohttp.ClientError):
        await http.get("/pinterest/oembed.json", params=desk)


async def test_the_world_lists_the_pins_with_pictures_of_this_very_server(kernel):
    world = PinterestServer(kernel).world()
    assert world["pins"][0]["picture"] == f"{kernel.base_url}/pinterest/pictures/oak-desk.webp"
    assert world["oembed_url"] == f"{kernel.base_url}/pinterest/oembed.json"
