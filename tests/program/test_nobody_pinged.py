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

from core.text.tidy import of_text, whole
from tests.formatting.hostile import texts
from tests.program.talk import MIA, ROSA, Talk, talk
from tests.program.world import INBOX

pytestmark = pytest.mark.slow

EACH = 60
NAME = "<!channel> @everyone <@U0ADA>"
ROLE = "940000000000000001"


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


async def test_nobody_is_notified_wherever_a_text_can_stand(tmp_path: Path) -> None:
    """Text, name, file name, what a picture shows, link label, edited text: from each place."""
    free = {"limits_factor": 0}
    people = [
        {
            "handle": "mia",
            "name": NAME,
            "identities": [{"platform": "discord", "user": MIA}],
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
        control = found.people.control
        for platform in ("slack", "discord"):
            await control("PUT", f"/limits/{platform}", {"factor": 0})
        hostile = f"{NAME} <!here|x> @here <@{ROSA}> <@&{ROLE}>"
        # Names: of a colleague in Slack, and of Mia, who writes in Discord and on the web.
        made = await control("POST", "/slack/person", {"handle": "evil", "name": hostile})
        evil = {"user": made["id"], "channel": INBOX}
        await control("POST", "/slack/join", evil)
        evil["thread_ts"] = found.root
        file = {"name": f"{hostile}.txt", "alt": hostile, "content": "x"}
        label = {"type": "link", "url": "https://a.example/", "text": hostile}
        section = {"type": "rich_text_section", "elements": [label]}
        await control("POST", "/slack/say", {**evil, **rich(hostile)})
        await control("POST", "/slack/file", {**evil, "text": "a file", **file})
        await control("POST", "/slack/say", {**evil, **rich("a link", section)})
        first = await control("POST", "/slack/say", {**evil, "text": "slack, to be edited"})
        found.writer = MIA
        await found.say("discord", hostile)
        await found.say("discord", f"[{hostile}](https://a.example/)")
        await found.say("discord", "a file", files=[{**file, "name": f"{NAME} {ROSA}.txt"}])
        second = await found.say("discord", "discord, to be edited")
        await found.say("web", hostile)
        await found.say("web", f"[{hostile}](https://a.example/)", markup="markdown")
        await found.send("web", "a file", (f"{hostile}.txt", b"x", "text/plain"))
        third = await found.say("web", "web, to be edited")
        for other in ("slack", "discord"):
            await found.find(other, "web, to be edited")
        await found.find("discord", "slack, to be edited")
        await found.find("slack", "discord, to be edited")
        edit = {"user": evil["user"], "channel": INBOX, "ts": first["ts"], **rich(hostile)}
        await control("POST", "/slack/edit", edit)
        await found.edit("discord", second, hostile)
        await found.edit("web", third, hostile)
        for place in ("slack", "discord"):
            await found.until(
                place, lambda shown: not any("to be edited" in one.text for one in shown)
            )
            await found.until(place, lambda shown: sum(bool(one.files) for one in shown) == 3)
        in_slack = [m for m in await found.people.slack_messages(INBOX) if m["bot"]]
        in_discord = [
            m for m in await found.people.discord_messages(found.post) if m["author"] != MIA
        ]
        # Every one of them came: four from each other place, and what belongs to the thread.
        assert sum("everyone" in json.dumps(m) for m in in_slack) >= 8
        assert sum("everyone" in json.dumps(m) for m in in_discord) >= 8
        assert [m["pings"] for m in (*in_slack, *in_discord) if m["pings"]] == []


def rich(text: str, *elements: object) -> dict[str, object]:
    """What Slack makes of typed text that means no mention, or these elements."""
    words = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"text": text, "blocks": [{"type": "rich_text", "elements": [*elements] or [words]}]}


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
