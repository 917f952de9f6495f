"""Files and changes that no place should trust, through the whole program and both libraries.

One program for all. Each comes from Slack and from Discord, and is looked at in the other
places; what is refused is said there, and the words always arrive.
"""

import base64
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio

from tests.files.pictures import GPS, clean_jpeg, jpeg, png
from tests.program.talk import ADA, Shown, Talk, talk
from tests.program.world import INBOX

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

PLACES = ("slack", "discord")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
PNG = "image/png"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def found(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    free = {"limits_factor": 0}
    async with talk(tmp_path_factory.mktemp("files"), slack=free, discord=free) as running:
        for platform in PLACES:
            await running.people.control("PUT", f"/limits/{platform}", {"factor": 0})
        await running.say("discord", "Rosa is here")
        await running.find("slack", "Rosa is here")
        yield running


async def sent(found: Talk, place: str, words: str, name: str, data: bytes, **more: Any) -> str:
    """Sends one file with words; what the place calls the message."""
    file = {"name": name, "base64": base64.b64encode(data).decode(), **more}
    if place == "discord":
        return await found.say("discord", words, files=[file])
    body = {"user": ADA, "channel": INBOX, "thread_ts": found.root, "text": words}
    return str((await found.people.control("POST", "/slack/file", {**body, "files": [file]}))["ts"])


async def in_web(found: Talk, words: str) -> dict[str, Any]:
    """The file of the message with these words, as the page gets it."""

    def good(shown: Sequence[Shown]) -> bool:
        return any(one.text == words and one.raw["files"] for one in shown)

    seen = await found.until("web", good)
    file: dict[str, Any] = next(one.raw["files"][0] for one in seen if one.text == words)
    return file


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("page.png", HTML),
        ("drawing.svg", SVG),
        ("bomb.png", png(60_000, 60_000, pixels=b"")),
    ],
    ids=["HTML named png", "SVG with a script", "picture of 3,600 megapixels"],
)
async def test_what_could_run_or_burst_is_a_download_everywhere(
    found: Talk, place: str, name: str, data: bytes
) -> None:
    words = f"{name} from {place}"
    await sent(found, place, words, name, data, type=PNG)
    file = await in_web(found, words)
    assert (file["name"], file["inline"]) == (name, False)
    async with found.people.http.get(found.people.web + file["url"]) as got:
        assert got.headers["Content-Disposition"].startswith("attachment")
        assert got.headers["Content-Type"] == "application/octet-stream"
        assert "sandbox" in got.headers["Content-Security-Policy"]
        assert await got.read() == data
    other = next(one for one in PLACES if one != place)
    await found.until(other, lambda shown: any(name in one.files for one in shown))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "-..-etc-passwd"),
        ("..\\a\\b.txt", "-a-b.txt"),
        ("\u202egnp.exe", "gnp.exe"),
    ],
)
async def test_a_name_reads_as_it_is_and_leads_nowhere(
    found: Talk, place: str, name: str, kept: str
) -> None:
    words = f"named {kept} by {place}"
    await sent(found, place, words, name, b"x")
    assert (await in_web(found, words))["name"] == kept
    assert not (found.people.folder / "etc").exists()


@pytest.mark.parametrize("place", PLACES)
async def test_a_name_of_4000_characters_is_cut_before_its_ending(found: Talk, place: str) -> None:
    words = f"long from {place}"
    await sent(found, place, words, "n" * 4_000 + ".txt", b"x")
    name = (await in_web(found, words))["name"]
    assert (len(name), name[-5:]) == (255, "n.txt")
    other = next(one for one in PLACES if one != place)
    await found.until(other, lambda shown: any(name in one.files for one in shown))


@pytest.mark.parametrize("place", PLACES)
async def test_an_empty_file_is_said_to_be_empty_and_its_words_arrive(
    found: Talk, place: str
) -> None:
    words = f"empty from {place}"
    await sent(found, place, words, f"{place}.empty", b"")
    other = next(one for one in PLACES if one != place)
    for where in (other, "web"):
        await found.find(where, words)
        await found.find(where, f"could not be fetched: {place}.empty")


@pytest.mark.parametrize("place", PLACES)
async def test_a_file_that_changes_while_it_is_read_is_taken_as_it_is_by_the_second_look(
    found: Talk, place: str
) -> None:
    words = f"changing from {place}"
    await sent(found, place, words, "changing.txt", b"what it is now", size=900)
    other = next(one for one in PLACES if one != place)
    await found.find(other, words)
    file = await in_web(found, words)
    async with found.people.http.get(found.people.web + file["url"]) as got:
        assert await got.read() == b"what it is now"


@pytest.mark.parametrize("place", PLACES)
async def test_a_picture_leaves_its_location_and_its_address_behind(
    found: Talk, place: str
) -> None:
    name, words = f"garden-{place}.jpg", f"taken at home, from {place}"
    taken = jpeg()
    assert GPS in taken
    await sent(found, place, words, name, taken, type="image/jpeg")
    other = next(one for one in PLACES if one != place)
    for where in (other, "web"):
        seen = await found.until(where, lambda shown: any(name in one.files for one in shown))
        message = next(one.raw for one in seen if name in one.files)
        file = next(f for f in message["files"] if name in f.values())
        address = file[{"web": "url", "slack": "url_private", "discord": "url"}[where]]
        base = found.people.web if where == "web" else ""
        headers = {"Sec-Fetch-Site": "same-origin"}
        async with found.people.http.get(base + address, headers=headers) as got:
            kept = await got.read()
        assert kept == clean_jpeg()
        assert GPS not in kept
        # Where it stood before is told to nobody: that address is signed for one place.
        begins = {"slack": "/slack/files/", "discord": "/cdn/attachments/"}[place]
        assert not [one.text for one in seen if begins in str(one.raw)]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("*_" * 250, "_*" * 250),
        ("~*" * 250, "*~" * 250),
        ("> " * 500, ""),
        ("(*" * 250, "*)" * 250),
        ("*_" * 500, ""),
    ],
    ids=["bold and italic", "struck and bold", "quotes", "in brackets", "never closed"],
)
async def test_marks_nested_500_deep_cross_both_ways(
    found: Talk, place: str, left: str, right: str
) -> None:
    if place == "discord":
        left, right = left.replace("~", "~~"), right.replace("~", "~~")
    else:
        left = left.replace(">", "&gt;")
    deep = f"deep{place}{'-'.join(str(ord(sign)) for sign in left[:2])}x{len(left)}"
    await found.say(place, left + deep + right, **({"blocks": []} if place == "slack" else {}))
    for other in found.others(place):
        seen = await found.find(other, deep)
        # One message, with its marks as styles or as they are: nothing is lost, nothing doubled.
        assert seen.text.count(deep) == 1
