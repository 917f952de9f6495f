"""Hostile texts through the whole program: the sandbox says whom each message would notify.

tests/formatting tries 10,000 of them on all that writes out; here a few hundred cross from
each place, as words, edits, names of people, titles of pins and names of files.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from core.tidy import of_text, whole
from tests.formatting.hostile import texts
from tests.program.talk import ROSA, Talk, talk
from tests.program.world import INBOX

pytestmark = pytest.mark.slow

EACH = 60
NAME = "<!channel> @everyone <@U0ADA>"


async def test_nobody_is_notified_by_hostile_texts_from_anywhere(tmp_path: Path) -> None:
    free = {"limits_factor": 0}
    people = [
        {
            "handle": "mia",
            "name": NAME,
            "identities": [{"platform": "discord", "user": "920000000000000003"}],
            "channels": [
                {
                    "platform": "discord",
                    "workspace": "910000000000000001",
                    "channel": "930000000000000001",
                    "label": "#plans",
                }
            ],
        }
    ]
    async with talk(tmp_path, slack=free, discord=free, people=people) as found:
        for platform in ("slack", "discord"):
            await found.people.control("PUT", f"/limits/{platform}", {"factor": 0})
        # What the platforms themselves would refuse, or cut, is not their people's to say.
        given = [text[:1_900] for text in map(whole, texts(4 * EACH, seed=5)) if of_text(text)]
        for n, place in enumerate(("slack", "discord", "web")):
            for text in given[n * EACH : (n + 1) * EACH]:
                await say(found, place, text)
        message = await found.say("web", "to be edited")
        for text in given[-EACH // 2 :]:
            await found.edit("web", message, text)
        await found.send("slack", "files", *((f"{n}{text[:80]}", b"x", "text/plain")
                         for n, text in enumerate(given[:3])))  # fmt: skip
        for place in ("slack", "discord"):
            await found.say(place, f"the end in {place}")
        for place in ("slack", "discord"):
            await found.find(place, f"the end in {'slack' if place == 'discord' else 'discord'}")
            await found.nowhere(place, "this was never said")
        in_slack = [m for m in await found.people.slack_messages(INBOX) if m["bot"]]
        in_discord = [
            m for m in await found.people.discord_messages(found.post) if m["author"] != ROSA
        ]
        assert min(len(in_slack), len(in_discord)) > 2 * EACH
        assert [m["pings"] for m in (*in_slack, *in_discord) if m["pings"]] == []
        assert any("everyone" in m["name"] for m in in_slack)
        # What people type there themselves does notify, and the sandbox says so.
        assert await pings(found, "slack", "<!channel> and <@U0BO>") == ["!channel", "U0BO"]
        assert await pings(found, "discord", f"hello <@{ROSA}>") == [ROSA]


@asynccontextmanager
async def pins_called(title: str) -> AsyncIterator[str]:
    """A Pinterest where every pin has this title, and its maker this name."""

    async def oembed(_: web.Request) -> web.Response:
        kind = {"version": "1.0", "type": "rich", "provider_name": "Pinterest"}
        return web.json_response({**kind, "title": title, "author_name": title})

    app = web.Application()
    app.router.add_get("/oembed.json", oembed)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/oembed.json"
    finally:
        await runner.cleanup()


async def test_nobody_is_notified_by_the_title_of_a_pin(tmp_path: Path) -> None:
    free = {"limits_factor": 0}
    async with (
        pins_called(f"{NAME} <@{ROSA}> <!here|x> @here") as address,
        talk(tmp_path, slack=free, discord=free, pinterest={"oembed_url": address}) as found,
    ):
        # The card of the thread in both places, and a pin sent from each to the other.
        await found.say("slack", "https://www.pinterest.com/pin/99360735500167752/")
        await found.say("discord", "https://www.pinterest.com/pin/99360735500167755/")

        async def cards() -> dict[str, list[dict[str, object]]]:
            slack = [m for m in await found.people.slack_messages(INBOX) if m["bot"]]
            discord = await found.people.discord_messages(found.post)
            shown = {"slack": slack, "discord": [m for m in discord if m["author"] != ROSA]}
            return {
                place: [m for m in messages if "everyone" in json.dumps(m)]
                for place, messages in shown.items()
            }

        def both(shown: dict[str, list[dict[str, object]]]) -> bool:
            return all(len(messages) >= 2 for messages in shown.values())

        seen = await found.people.until(cards, both)
        for messages in seen.values():
            assert [m["pings"] for m in messages if m["pings"]] == []


async def pings(found: Talk, place: str, text: str) -> list[str]:
    message = await found.say(place, text, **({"blocks": []} if place == "slack" else {}))
    key = {"slack": "ts", "discord": "id"}[place]
    shown = await found.shown(place)
    whom: list[str] = next(one.raw["pings"] for one in shown if one.raw[key] == message)
    return whom


async def say(found: Talk, place: str, text: str) -> None:
    if place == "slack":
        element = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
        block = {"type": "rich_text", "elements": [element]}
        await found.say("slack", text, blocks=[block])
    else:
        await found.say(place, text)
