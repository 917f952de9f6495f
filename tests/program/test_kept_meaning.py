"""Emoji of every kind, pictures and films, and words changed elsewhere than they were typed."""

import base64
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio

from tests.files.films import webm
from tests.files.pictures import png
from tests.program.hands import KAI, Web
from tests.program.talk import ADA, MIA, PLACES, ROSA, Shown, Talk, talk
from tests.program.world import INBOX

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

KINDS = {
    "skin tone": ("+1::skin-tone-4", "\U0001f44d\U0001f3fd"),
    "flag": ("de", "\U0001f1e9\U0001f1ea"),
    "variation selector": ("heart", "\u2764\ufe0f"),
    "joined": ("rainbow-flag", "\U0001f3f3\ufe0f\u200d\U0001f308"),
    "custom": ("oak", ":oak:"),
}
"""What Slack calls each, and what Discord calls it."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def found(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    free = {"limits_factor": 0}
    async with talk(tmp_path_factory.mktemp("emoji"), slack=free, discord=free) as running:
        for platform in ("slack", "discord"):
            await running.people.control("PUT", f"/limits/{platform}", {"factor": 0})
        running.writer = MIA
        yield running


def plain(emoji: str) -> str:
    """Without what only says how it is drawn."""
    return emoji.replace("\ufe0f", "")


@pytest.mark.parametrize("place", ["slack", "discord"])
@pytest.mark.parametrize("kind", KINDS)
async def test_an_emoji_that_both_places_have_is_the_same_in_both(
    found: Talk, kind: str, place: str
) -> None:
    named, sign = KINDS[kind]
    text = f"react with a {kind} in {place}"
    await found.say("web", text)
    names = {other: await found.name(other, text) for other in ("slack", "discord")}
    made = await found.people.control("PUT", "/discord/emojis", {"names": ["oak"]})
    there = f"oak:{made['emojis'][0]['id']}" if kind == "custom" else sign
    body: dict[str, Any] = {"user": MIA, "message": names["discord"], "emoji": there}
    if place == "slack":
        body = {"user": ADA, "channel": INBOX, "ts": names["slack"], "name": named}
    wanted = {"slack": named, "discord": plain(there), "web": plain(sign)}
    for on in (True, False):
        await found.people.control("POST", f"/{place}/react", {**body, "remove": not on})
        for other in PLACES:
            await found.until(
                other,
                lambda shown, other=other, on=on: any(
                    one.text == text and _signs(other, one) == ([wanted[other]] if on else [])
                    for one in shown
                ),
            )


def _signs(place: str, message: Shown) -> list[str]:
    if place == "web":
        return [plain(str(one["emoji"])) for one in message.raw["reactions"]]
    return [plain(str(one["name"])) for one in message.raw["reactions"]]


@pytest.mark.parametrize("place", PLACES)
async def test_pictures_keep_their_order_their_names_and_what_they_show(
    found: Talk, place: str
) -> None:
    alts = {f"{place}-{n}.png": f"desk {n} in {place}" for n in (2, 1)}
    if place == "web":
        tickets = [
            (
                await found.people.call(
                    "POST",
                    f"/api/files?name={name}&alt={alt.replace(' ', '%20')}",
                    data=png(10, 10 + n),
                    headers={"Content-Type": "image/png"},
                )
            )["ticket"]
            for n, (name, alt) in enumerate(alts.items())
        ]
        await found.say("web", "two desks", files=[{"ticket": one} for one in tickets])
    else:
        files = [
            {"name": name, "alt": alt, "type": "image/png",
             "base64": base64.b64encode(png(10, 10 + n)).decode()}
            for n, (name, alt) in enumerate(alts.items())
        ]  # fmt: skip
        if place == "discord":
            await found.say("discord", "two desks", files=files)
        else:
            body = {"user": ADA, "channel": INBOX, "thread_ts": found.root, "text": "two desks"}
            await found.people.control("POST", "/slack/file", {**body, "files": files})
    for other in PLACES:
        seen = await found.until(
            other,
            lambda shown: set(alts) <= {name for one in shown for name in one.files},
        )
        shown = [file for one in seen for file in one.raw["files"] if _name(file) in alts]
        assert [_name(file) for file in shown] == list(alts)
        key = {"web": "alt", "slack": "alt_txt", "discord": "description"}[other]
        assert [file[key] for file in shown] == list(alts.values())


@pytest.mark.parametrize("place", PLACES)
async def test_a_film_arrives_whole_with_its_own_type(found: Talk, place: str) -> None:
    name, film, kind = f"drawers in {place}.webm", webm(), "video/webm"
    await found.send(place, f"a film from {place}", (name, film, kind))
    stored = name.replace(" ", "_")  # as Discord keeps names
    for other in PLACES:
        seen = await found.until(
            other,
            lambda shown: any({name, stored} & set(one.files) for one in shown),
        )
        [file] = [
            file for one in seen for file in one.raw["files"] if _name(file) in (name, stored)
        ]
        if other == "web":
            assert (file["media"], file["inline"]) == ("video", True)
        address = file["url_private"] if other == "slack" else file["url"]
        base = found.people.web if other == "web" else ""
        token = {"Authorization": "Bearer xoxb-sandbox-bot"} if other == "slack" else {}
        async with found.people.http.get(base + address, headers=token) as got:
            assert (got.status, await got.read()) == (200, film), other
            assert got.content_type == kind, other


def _name(file: dict[str, Any]) -> str:
    return str(file.get("filename") or file.get("title") or file.get("name"))


@pytest.mark.parametrize(("place", "who"), [("slack", "ada"), ("discord", "mia")])
async def test_what_is_changed_elsewhere_than_it_was_typed_is_a_quiet_line_there(
    found: Talk, place: str, who: str
) -> None:
    name = who.title()
    await found.say(place, f"typed in {place}")
    message = (await found.find("web", f"typed in {place}")).raw["message"]
    at = f"/api/threads/{found.thread}/messages/{message}"
    web = Web(found.people)
    await web.call(who, "PATCH", at, {"text": f"changed on the web by {who}"})
    other = "discord" if place == "slack" else "slack"
    await found.find(other, f"changed on the web by {who}")
    await found.find(place, f"{name} edited: changed on the web by {who}")
    await web.call(who, "DELETE", at)
    await found.find(place, f"{name} deleted a message.")

    def gone(shown: Sequence[Shown]) -> bool:
        return not any(one.text == f"changed on the web by {who}" for one in shown)

    await found.until(other, gone)
    # The person's own words are not the bot's to change.
    assert f"typed in {place}" in [one.text for one in await found.shown(place)]


async def test_an_emoji_that_discord_lacks_is_named_in_a_line_there(found: Talk) -> None:
    emoji = {"name": "birch", "url": "https://e.example/birch"}
    await found.people.control("PUT", "/slack/emoji", emoji)
    text = "is birch better?"
    await found.say("web", text)
    names = {other: await found.name(other, text) for other in ("slack", "discord")}
    body = {"user": ADA, "channel": INBOX, "ts": names["slack"], "name": "birch"}
    await found.people.control("POST", "/slack/react", body)
    line = await found.find("discord", ":birch:")
    assert "Ada" in line.text
    counted = (await found.find("web", text)).reactions
    assert counted == {":birch:": 1}
    await found.people.control("POST", "/slack/react", {**body, "remove": True})
    await found.until("discord", lambda shown: not any(":birch:" in one.text for one in shown))


UPDATES = {
    "slack": "chat.update",
    "discord": "PATCH /webhooks/{webhook_id}/{token}/messages/{message_id}",
}


@pytest.mark.parametrize("place", ["slack", "discord"])
async def test_a_preview_a_counter_and_our_own_update_are_no_edits(found: Talk, place: str) -> None:
    began = (await found.people.control("GET", "/journal?after=0"))["next"]
    text = f"look at https://oak.example/{place}"
    said = await found.say(place, text)
    other = "discord" if place == "slack" else "slack"
    copy = await found.name(other, text)
    # A preview under the original and under our copy of it, and the counter of replies that
    # Slack keeps in the card; of Discord's messages a thread begun on one says that it has one.
    url = {"url": f"https://oak.example/{place}"}
    names = {place: said, other: copy}
    slack = {"channel": INBOX, "ts": names["slack"], **url}
    await found.people.control("POST", "/slack/unfurl", slack)
    discord = {"message": names["discord"], **url}
    await found.people.control("POST", "/discord/unfurl", discord)
    # Our own updates of the copies, of other words of hers.
    mine = await found.say("web", f"ash to {place}")
    for each in ("slack", "discord"):
        await found.find(each, f"ash to {place}")
    await found.edit("web", mine, f"birch to {place}")
    for each in ("slack", "discord"):
        await found.find(each, f"birch to {place}")
    # What is heard later comes later out of the same line.
    for each in ("slack", "discord"):
        await found.say(each, f"and so on from {each} after {place}")
        await found.find("discord" if each == "slack" else "slack", f"and so on from {each}")
    line = (await found.find("web", text)).raw
    assert (line["edited"], line["text"]) == (False, text)
    made = (await found.people.control("GET", f"/journal?after={began}"))["entries"]
    updates = [one for one in made if one["method"] in UPDATES.values()]
    shown = [str(one["args"]) for one in updates]
    assert sorted(one["platform"] for one in updates) == ["discord", "slack"], shown
    assert all(f"birch to {place}" in one for one in shown)


async def test_each_message_stands_under_the_name_and_picture_of_whoever_wrote_it(
    found: Talk,
) -> None:
    world = found.people.world
    people = [
        ("slack", "U0BO", "Bo Reyes"), ("discord", ROSA, "Rosa"), ("slack", "U0CLEO", "Cleo Park"),
        ("discord", KAI, "Kai"), ("slack", "U0BO", "Bo Reyes"),
    ]  # fmt: skip
    for n, (place, user, name) in enumerate(people):
        text = f"line {n} of {name}"
        await found.say(place, text, user=user)
        [known] = [one for one in world[place]["people"] if one["id"] == user]
        # Each is seen everywhere before the next is said, so that the order is theirs.
        for other in found.others(place):
            copy = (await found.find(other, text)).raw
            author = copy["author"] if other == "web" else copy
            shown = str(author["picture"]).partition("?")[0]  # Discord's may ask for a size
            assert (author["name"], shown) == (name, known["picture"]), (other, text)
