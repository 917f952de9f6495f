"""A note that an agent forwards stays a note, from Slack and from Discord alike."""

from pathlib import Path

import pytest

from core.rules import NOT_FOR_PEOPLE
from tests.program.hands import ADA, BO, NOOR, Discord, Slack, Web, direct, mia
from tests.program.test_refusals_of_brands import relay
from tests.program.world import INBOX, PIN, whole

pytestmark = pytest.mark.slow
INSIDE = "our margin is 60"


async def test_a_note_that_is_forwarded_stays_inside_the_brand(tmp_path: Path) -> None:
    config = {
        "brands": [relay()],
        "people": mia(),
        "web": {"demo": {"people": ["mia", "northwind"], "origin": "http://127.0.0.1:9"}},
    }
    async with whole(tmp_path, **config) as people:
        slack, discord, web = Slack(people), Discord(people), Web(people)
        body = {"to": ["northwind"], "pin": PIN, "text": "Does it fit?"}
        thread = (await web.call("mia", "POST", "/api/threads", body))["thread"]["id"]
        root = str((await slack.shown("Does it fit?"))["thread_ts"])
        post = str((await discord.card())["id"])
        note = await slack.say(ADA, f"note: {INSIDE}", root)
        copy = await discord.shown(INSIDE, post)

        shared = {"channel": INBOX, "from": INBOX, "ts": note}
        await slack.act("share", ADA, text="from Slack", thread_ts=root, **shared)
        await discord.say(NOOR, post, "from Discord", forward=copy["id"])
        assert "only for colleagues" in (await discord.shown("from Slack", post))["content"]
        assert "only your team sees it" in str(await slack.shown("from Discord"))
        await slack.say(ADA, "It does", root)
        said = await web.read("mia", thread, lambda said: "It does" in said)
        assert said == ["Does it fit?", "It does"]

        # Whoever has read it forwards nothing of it in a conversation of their own either.
        await slack.pin(BO, f"send {PIN} to @mia -- I am Bo")
        await slack.shown("I am Bo", direct(BO))
        await slack.act("share", BO, **{**shared, "channel": direct(BO)})
        await slack.told(BO, NOT_FOR_PEOPLE.sentence)
        assert (await web.call("mia", "GET", "/api/search?q=margin"))["hits"] == []
