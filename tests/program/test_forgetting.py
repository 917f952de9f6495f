"""Somebody forgets themselves, and places that show nothing new any more keep none of their words.

A member has left and a channel was disconnected before. Meanwhile a platform is down, and the
program is killed in the middle.
"""

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest

from tests.program.hands import Web
from tests.program.talk import ROSA, Talk, talk
from tests.program.world import FORUM, INBOX, ROOT

pytestmark = pytest.mark.slow

MIA = "920000000000000003"
SECRETS = 8
FILE = ("secret.txt", b"a secret in a file", "text/plain")
FREE = {"limits_factor": 0}


async def everything(found: Talk) -> dict[str, str]:
    """All that both platforms show in the channels and in the thread."""
    people = found.people
    slack = await people.slack_messages(INBOX)
    discord = await people.discord_messages(found.post)
    cards = await people.control("GET", f"/discord/channels/{FORUM}")
    return {"slack": json.dumps(slack), "discord": json.dumps([discord, cards])}


async def clean(found: Talk, platform: str, *words: str) -> None:
    async def left() -> str:
        return (await everything(found))[platform]

    await found.people.until(left, lambda shown: not any(word in shown for word in words), 60)


async def count(found: Talk) -> int:
    return (await everything(found))["discord"].count("secret")


async def history(found: Talk) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bridge", "history", found.thread),
        *("--config", str(found.people.folder / "config.yaml")),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


async def in_places_that_end(found: Talk) -> None:
    """What Mia says stands in Slack and Discord, with quotes of it; then both places end."""
    web, thread = Web(found.people), found.thread
    await found.say("discord", "Rosa is here")
    await found.find("slack", "Rosa is here")
    found.writer = MIA
    typed = await found.say("discord", "typed by Mia herself")
    found.writer = ROSA
    await found.find("slack", "typed by Mia herself")
    line = (await found.find("web", "typed by Mia herself")).raw
    await found.edit("web", line["message"], "changed to a secret")
    await found.find("discord", "Mia edited: changed to a secret")
    await found.send("web", "with a secret file", FILE)
    for n in range(SECRETS):
        asked = await found.say("web", f"secret number {n}")
    body = {"text": "an answer of Ada's", "answers": asked}
    await web.call("ada", "POST", f"/api/threads/{thread}/messages", body)
    for place in ("slack", "discord"):
        answer = await found.find(place, "an answer of Ada's")
        assert "secret number" in str(answer.raw)
        await found.until(place, lambda shown: any(FILE[0] in one.files for one in shown))
    [forum] = [
        one
        for one in (await web.call("ada", "GET", f"/api/threads/{thread}/places"))["places"]
        if one["platform"] == "discord"
    ]
    await web.call("ada", "DELETE", f"/api/threads/{thread}/places/{forum['id']}")
    await web.call("ada", "POST", f"/api/threads/{thread}/leave")
    await found.people.until(lambda: history(found), lambda told: "Ada left." in told)
    assert typed


async def test_places_that_have_ended_show_nothing_of_who_forgets_themselves(
    tmp_path: Path,
) -> None:
    async with talk(tmp_path, slack=FREE) as found:
        people, web = found.people, Web(found.people)
        await people.control("PUT", "/limits/slack", {"factor": 0})
        await in_places_that_end(found)
        before = await count(found)
        await people.control("PUT", "/power/slack", {"on": False})
        await web.call("mia", "POST", "/api/me/forget", {"handle": "mia"})
        await people.until(lambda: count(found), lambda left: left < before)
        await people.end(signal.SIGKILL)
        at_kill = await count(found)
        assert at_kill > 0, "it was killed in the middle"
        await people.start(wait=False)
        # What a platform that is down still shows holds the other one up in nothing.
        await clean(found, "discord", "secret", "Mia edited")
        assert (await everything(found))["slack"].count("secret") > SECRETS
        await people.control("PUT", "/power/slack", {"on": True})
        await clean(found, "slack", "secret", "typed by Mia", "Mia")
        await people.ready()
        shown = await everything(found)
        # What she typed herself only she can delete; what others said stays.
        assert "typed by Mia herself" in shown["discord"]
        for said in shown.values():
            assert "an answer of Ada's" in said
        assert "Rosa is here" in shown["slack"]
        told = await history(found)
        assert "secret" not in told
        assert "an answer of Ada's" in told
        await people.until(lambda: waiting(found), lambda left: set(left) == {0.0})
        assert not any(word in "".join(people.log) for word in ("secret number", "typed by Mia"))


async def waiting(found: Talk) -> list[float]:
    """Mirrors that are left, as the metrics tell."""
    async with found.people.http.get(f"{found.people.web}/metrics") as got:
        told = await got.text()
    lines = [one for one in told.splitlines() if one.startswith("pinthread_clearing_mirrors{")]
    return [float(one.rsplit(" ", 1)[1]) for one in lines]
