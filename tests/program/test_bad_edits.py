"""Edits to nothing and edits that make a text too long, from each of the three places.

An edit that cannot be is told to who made it and changes nothing anywhere; one that only a
place cannot show in one message stands there in parts, and in one again once it is short.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio

from tests.program.talk import ADA, PLACES, ROSA, Shown, Talk, talk
from tests.program.world import INBOX

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

REFUSED = {"empty_message": "nothing to send", "text_too_long": "40,000"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def found(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    free = {"limits_factor": 0}
    async with talk(tmp_path_factory.mktemp("edits"), slack=free, discord=free) as running:
        for platform in ("slack", "discord"):
            await running.people.control("PUT", f"/limits/{platform}", {"factor": 0})
        await running.say("discord", "Rosa is here")
        await running.find("slack", "Rosa is here")
        yield running


async def told(found: Talk, code: str) -> int:
    """How often Ada, and she alone, was told why her edit does not count."""
    seen = await found.people.control("GET", f"/slack/seen?user={ADA}")
    return sum(REFUSED[code] in str(one) for one in seen["answers"])


@pytest.mark.parametrize("code", REFUSED)
async def test_an_edit_on_the_web_that_cannot_be_is_answered_so(found: Talk, code: str) -> None:
    stays = f"stays as it is: {code[:4]}"
    message = await found.say("web", stays)
    text = "  " if code == "empty_message" else "x" * 40_001
    url = f"{found.people.web}/api/threads/{found.thread}/messages/{message}"
    headers = {"Authorization": f"Bearer {found.people.session}"}
    async with found.people.http.patch(url, json={"text": text}, headers=headers) as got:
        answer = await got.json()
    assert (got.status, answer["code"]) == (422, code)
    await unchanged(found, stays)


@pytest.mark.parametrize("code", REFUSED)
async def test_an_edit_in_slack_that_cannot_be_is_told_to_its_author_alone(
    found: Talk, code: str
) -> None:
    stays = f"in slack, stays as it is: {code[:4]}"
    message = await found.say("slack", stays)
    await found.find("discord", stays)
    if code == "empty_message":
        body = {"user": ADA, "channel": INBOX, "ts": message, "text": "", "blocks": []}
        await found.people.control("POST", "/slack/edit", body)
    else:
        await found.edit("slack", message, "x" * 40_001)
    await found.people.until(lambda: told(found, code), lambda times: times == 1)
    await unchanged(found, stays, "web", "discord")
    # The next edit that can be is taken.
    await found.edit("slack", message, f"taken: {code[:4]}")
    for place in ("web", "discord"):
        await found.find(place, f"taken: {code[:4]}")


async def unchanged(found: Talk, text: str, *places: str) -> None:
    for place in places or PLACES:
        await found.nowhere(place, "never said")
        assert [one.text for one in await found.shown(place)].count(text) == 1


async def test_discord_itself_refuses_an_edit_to_nothing_and_one_that_is_too_long(
    found: Talk,
) -> None:
    message = await found.say("discord", "stays in discord")
    for text in (" ", "x" * 2_001):
        body = {"user": ROSA, "message": message, "text": text}
        url = f"{found.people.sandbox}/_control/discord/edit"
        async with found.people.http.post(url, json=body) as got:
            assert got.status == 400
    await unchanged(found, "stays in discord")


@pytest.mark.parametrize("place", ["slack", "discord"])
async def test_the_words_beside_a_file_can_be_edited_to_nothing(found: Talk, place: str) -> None:
    name, words = f"{place}.txt", f"words beside a file in {place}"
    message = await found.send(place, words, (name, b"oak", "text/plain"))

    def with_file(shown: Sequence[Shown]) -> list[str]:
        return [one.text for one in shown if name in one.files]

    for other in PLACES:
        await found.find(other, words)
        await found.until(other, lambda shown: bool(with_file(shown)))
    body: dict[str, Any] = {"user": ROSA, "message": message, "text": ""}
    if place == "slack":
        body = {"user": ADA, "channel": INBOX, "ts": message, "text": "", "blocks": []}
    await found.people.control("POST", f"/{place}/edit", body)
    for other in PLACES:
        seen = await found.until(other, lambda shown: not any(one.text == words for one in shown))
        assert len(with_file(seen)) == 1
    await found.nowhere("slack", words)


LONG = {
    "web": " ".join(f"word{n}" for n in range(4_400)),
    "slack": " ".join(f"word{n}" for n in range(4_400)),
    "discord": "<&>" * 600 + " the end",
}
"""The longest that people can type: in Discord 2,000 characters, which Slack writes as more."""


@pytest.mark.parametrize("place", PLACES)
async def test_an_edit_that_a_place_cannot_show_in_one_message_stands_there_in_parts(
    found: Talk, place: str
) -> None:
    begins, ends = f"short in {place}", f"short again in {place}"
    message = await found.say(place, begins)
    for other in found.others(place):
        await found.find(other, begins)
    before = {other: await bodies(found, other) for other in PLACES}
    await found.edit(place, message, LONG[place])
    wanted = "".join(LONG[place].split())

    for other in found.others(place):

        async def added(other: str = other) -> str:
            old = [one for one in before[other] if one != begins]
            now = [one for one in await bodies(found, other) if one not in old]
            return "".join("".join(now).split())

        await found.people.until(added, lambda said: said == wanted)
    await found.edit(place, message, ends)
    for other in found.others(place):
        after = [ends if one == begins else one for one in before[other]]
        await found.people.until(
            lambda other=other: bodies(found, other), lambda seen, after=after: seen == after
        )


async def bodies(found: Talk, place: str) -> list[str]:
    """The words of every message there, in full: in Slack those of its blocks."""
    if place == "discord":
        messages = await found.people.discord_messages(found.post)
        return [
            _unescaped(one["content"] or one["embeds"][0].get("description", ""))
            for one in messages
            if one["content"] or (one["webhook_id"] and one["embeds"])
        ]
    if place == "web":
        return [one.text for one in await found.shown("web") if not one.deleted]
    return ["".join(_texts(one.raw["blocks"])) for one in await found.shown("slack")]


def _unescaped(text: str) -> str:
    return text.replace("\u200b", "").replace("\\", "")


def _texts(found: Any) -> list[str]:
    if isinstance(found, list):
        return [text for one in found for text in _texts(one)]
    if found.get("type") == "text":
        return [found["text"]]
    inner = found.get("elements", [])
    return [text for one in inner for text in _texts(one)]
