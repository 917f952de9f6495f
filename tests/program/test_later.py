"""What happens later, over real sockets: as people see it in Slack, in Discord and at the API.

One started program, which is killed once. Six hours pass while it is down (`clocks`), so that
nights end and shops open; nothing here waits longer than an answer takes.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest

from tests.program.clocks import Zones, kept
from tests.program.hands import (
    ADA,
    CHAT,
    KAI,
    LIMIT,
    STAFF,
    Discord,
    Slack,
    Web,
    direct,
    mia,
    northwind,
)
from tests.program.world import INBOX, Whole, whole

pytestmark = pytest.mark.slow

PINS = tuple(f"https://www.pinterest.com/pin/99360735500167{n}/" for n in range(700, 720))
HOME, EAST = "Test/Home", "Test/East"
"""It is three in the morning at home, and noon in the east; nine, and six in the evening then."""
HOURS = 6.0
NIGHT = f"all quiet 22:00-07:00 {HOME}"
ADDRESS = "my address is Elm Street 5"
ADAS = {"platform": "slack", "workspace": "T0NORTHWIND", "user": ADA}


def shop(handle: str, zone: str) -> dict[str, Any]:
    hours = {"zone": zone, "from": "09:00", "to": "17:00", "answer": f"{handle} is closed now."}
    hours["days"] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]  # type: ignore[assignment]
    return {"handle": handle, "name": handle.title(), "hours": hours}


@dataclass(slots=True)
class Hands:
    people: Whole
    zones: Zones
    slack: Slack
    discord: Discord
    web: Web

    @property
    def database(self) -> Path:
        return self.people.folder / "history.sqlite"

    async def ask(self, n: int, to: str, text: str) -> dict[str, str]:
        """Kai sends a pin to a brand; the thread's code and id."""
        sent = await self.discord.ran(KAI, CHAT, "send", pin=PINS[n], to=f"@{to}", text=text)
        assert "Sent to" in sent["content"], sent
        threads = (await self.web.call("kai", "GET", "/api/threads"))["threads"]
        return dict(threads[0])

    async def heard(self, words: str) -> list[dict[str, Any]]:
        shown = await self.people.discord_messages(direct(KAI))
        return [one for one in shown if words in one["content"]]


@asynccontextmanager
async def opened(folder: Path, patch: pytest.MonkeyPatch) -> AsyncIterator[Hands]:
    zones = Zones.made(folder / "zones", patch)
    zones.put(HOME, 3.0)
    zones.put(EAST, 12.0)
    brands = [
        # A little more than a second, and a reply that is held until the program is killed.
        northwind(owners=["ada"], first_response_minutes=0.02, hold_seconds=60),
        shop("fjord", HOME),
        shop("lumen", EAST),
    ]
    people = mia({"handle": "ada", "name": "Ada Lind", "identities": [ADAS]})
    demo = {"people": ["mia", "kai"], "origin": "http://127.0.0.1:9"}
    async with whole(folder, brands=brands, people=people, web={"demo": demo}) as running:
        yield Hands(running, zones, Slack(running), Discord(running), Web(running))


async def test_what_happens_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, monkeypatch) as hands:
        snoozed = await nobody_answers_and_it_is_put_away(hands)
        await a_closed_shop_answers(hands, closed="fjord", open_="lumen", first=2)
        root = await at_night_nobody_is_pinged(hands)
        held = await replies_are_held(hands, root)
        await hands.people.end(SIGKILL)
        await it_is_down(hands, held["own"])
        await hands.people.start()
        await held_replies_outlive_it(hands, held["asked"])
        await the_night_is_over(hands)
        await what_was_put_away_is_back(hands, *snoozed)
        await a_closed_shop_answers(hands, closed="lumen", open_="fjord", first=6)
        await hands.people.until(lambda: is_kept(hands), lambda still: not still, LIMIT)
        assert not [line for line in hands.people.log if '"level": "error"' in line]


async def nobody_answers_and_it_is_put_away(hands: Hands) -> tuple[str, str]:
    """The owner is told that nobody has answered, and snoozes it. Its code, its post in Discord."""
    slack, discord = hands.slack, hands.discord
    asked = await hands.ask(0, "northwind", "Does it fit 140?")
    line = await slack.shown("Nobody has answered")
    assert f"Nobody has answered {asked['code']} for 0.02 minutes" in line["text"]
    assert line["pings"] == [ADA]
    assert "fit" not in str(line), "no words of anybody's"
    assert "Nobody has answered" not in str(await hands.people.discord_messages(STAFF))
    assert "Kept." in await slack.pin(ADA, f"notify {NIGHT}")
    # In Ada's zone: when the night is over.
    told = await slack.pin(ADA, f"status {asked['code']} snooze 07:00", INBOX)
    assert "is snoozed for 4 hours" in told, told
    line = await slack.shown("snoozed this until")
    assert "<!date^" in str(line["blocks"])
    card = await discord.card("snoozed")
    line = await discord.shown("snoozed this until", card["id"])
    assert "until <t:" in line["content"]
    page = await hands.web.call("kai", "GET", f"/api/threads/{asked['id']}/messages")
    assert "snoozed" not in str(page)
    return str(asked["code"]), str(card["id"])


async def a_closed_shop_answers(hands: Hands, closed: str, open_: str, first: int) -> None:
    """By itself, and once; one that is open leaves that to its people."""
    before = len(await hands.heard(f"{open_} is closed now."))
    await hands.ask(first, open_, f"Is {open_} there?")
    asked = await hands.ask(first + 1, closed, f"Is {closed} there?")
    seen = await hands.discord.shown(f"{closed} is closed now.", direct(KAI))
    assert closed.title() in seen["content"]
    answer = f"{closed} is closed now."
    said = await hands.web.read("kai", asked["id"], lambda said: answer in said)
    await hands.web.call("kai", "POST", f"/api/threads/{asked['id']}/messages", {"text": "Hm"})
    # The timers of both have fired: they do so in order.
    await hands.ask(first + 2, closed, "And that one?")
    await hands.people.until(lambda: hands.heard(answer), lambda all_: len(all_) == 2, LIMIT)
    assert said.count(answer) == 1
    assert (await hands.web.said("kai", asked["id"])).count(answer) == 1
    assert len(await hands.heard(f"{open_} is closed now.")) == before


async def at_night_nobody_is_pinged(hands: Hands) -> str:
    """What Kai says in a thread that is Ada's mentions her by day alone. Another one's root."""
    slack, discord = hands.slack, hands.discord
    asked = await hands.ask(10, "northwind", "And in ash?")
    assert "You answer" in await slack.pin(ADA, f"assign {asked['code']} me", INBOX)
    path = f"/api/threads/{asked['id']}/messages"
    await hands.web.call("kai", "POST", path, {"text": "In white ash, I mean"})
    line = await slack.shown("In white ash, I mean")
    assert line["pings"] == []
    asked = await hands.ask(11, "northwind", "And in walnut?")
    root = str((await slack.shown("And in walnut?"))["thread_ts"])
    # Kai has a night too: what comes then arrives without a sound.
    done = await discord.ran(KAI, CHAT, "account notify", what="all", quiet=NIGHT.partition(" ")[2])
    assert "Kept." in done["content"], done
    await slack.pin(ADA, f"reply {asked['code']} In oak, yes", INBOX)
    seen = await discord.shown("In oak, yes", direct(KAI))
    assert seen["silent"]
    assert "While you were away" not in str(await hands.people.discord_messages(direct(KAI)))
    # Somebody writes what nobody is to keep, and takes it back.
    said = await discord.say(KAI, direct(KAI), ADDRESS, reply_to=seen["id"])
    await slack.shown(ADDRESS)
    await hands.people.control("POST", "/discord/delete", {"user": KAI, "message": said})
    await hands.people.until(
        hands.people.slack_messages, lambda all_: ADDRESS not in str(all_), LIMIT
    )
    assert kept(hands.database, ADDRESS)
    return root


async def replies_are_held(hands: Hands, root: str) -> dict[str, Any]:
    """Three of Ada's: two go by themselves later, the last one waits until it is confirmed."""
    slack = hands.slack
    await slack.say(ADA, "It is 120 cm wide", root)
    await slack.told(ADA, "Goes out at")
    own = await slack.say(ADA, "Nobody buys 45 cm", root)
    await slack.told(ADA, "Goes out at")
    await slack.say(ADA, "@bo says 72 cm high", root)
    asked = await slack.told(ADA, "mentions")
    assert not await hands.heard("cm")
    return {"asked": asked, "own": own}


async def it_is_down(hands: Hands, own: str) -> None:
    """The night passes, and Ada makes a note of what has not gone out yet.

    From now on deleted words are kept no longer at all.
    """
    hands.zones.hours_pass(hands.database, HOURS)
    hands.people.changes["history"] = {"keep_deleted_days": 0}
    edit = {"user": ADA, "channel": INBOX, "ts": own, "text": "note: Nobody buys 45 cm"}
    await hands.people.control("POST", "/slack/edit", edit)


async def held_replies_outlive_it(hands: Hands, asked: dict[str, Any]) -> None:
    """They go out as they were left, once, and wait for what they waited for."""
    seen = await hands.discord.shown("It is 120 cm wide", direct(KAI))
    assert "Northwind Home" in seen["content"]
    card = next(
        one
        for one in await hands.people.discord_messages(STAFF)
        if one["thread"] and PINS[11].rstrip("/").rpartition("/")[2] in str(one["embeds"])
    )
    note = await hands.discord.shown("Nobody buys 45 cm", card["id"])
    assert "A note, only for colleagues" in note["content"]
    assert not await hands.heard("45 cm")
    assert not await hands.heard("72 cm")
    await hands.slack.press(ADA, asked, "Send it")
    await hands.discord.shown("72 cm high", direct(KAI))
    assert len(await hands.heard(" cm wide")) == 1


async def the_night_is_over(hands: Hands) -> None:
    """What would have pinged is told in one line; what is nobody's, to all in the inbox."""
    line = await hands.discord.shown("While you were away", direct(KAI))
    assert "`/pin inbox waiting`" in line["content"]
    assert not line["silent"]
    assert not (await hands.discord.shown("fjord is closed now.", direct(KAI)))["silent"]
    line = await hands.slack.shown("While you were away")
    assert line["pings"] == [ADA]
    assert "`/pin inbox mine`" in line["text"]
    line = await hands.slack.shown("Nobody's yet")
    assert line["pings"] == []
    await hands.discord.shown("Nobody's yet", STAFF)


async def what_was_put_away_is_back(hands: Hands, code: str, post: str) -> None:
    await hands.discord.shown("This is open again", post)
    await hands.slack.shown("This is open again")
    assert "snoozed" not in str(await hands.people.discord_messages(STAFF))
    assert code in await hands.slack.pin(ADA, "inbox unassigned", INBOX)


async def is_kept(hands: Hands) -> bool:
    return kept(hands.database, ADDRESS)
