"""What Discord did not tell us arrives all the same, through the whole program, once.

A post that Discord makes late, when it has been made again, is taken away.
"""

import signal
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.program.talk import HEART, THUMB, Shown, Talk, talk
from tests.program.world import whole

pytestmark = pytest.mark.slow
FAST = {"limits_factor": 0, "deaf_after": 0.5}
POSTS = "POST /channels/{channel_id}/threads"
EXECUTE = "POST /webhooks/{webhook_id}/{token}"
MIA = "920000000000000003"
WOODS = {
    "oak": "https://www.pinterest.com/pin/99360735500167749/",
    "ash": "https://www.pinterest.com/pin/99360735500167750/",
}
"""What is asked, and of which pin."""


async def fault(on: Talk, method: str, kind: str, **more: Any) -> None:
    body = {"platform": "discord", "method": method, "kind": kind, **more}
    await on.people.control("POST", "/faults", body)


def texts(shown: Sequence[Shown]) -> Counter[str]:
    return Counter(one.text for one in shown if one.text and not one.deleted)


@pytest.mark.parametrize("how", ["stopped", "killed", "not resumed", "deaf", "outage"])
async def test_what_was_missed_is_found(tmp_path: Path, how: str) -> None:
    async with talk(tmp_path, discord=FAST) as on:
        people = on.people
        await people.control("PUT", "/limits/discord", {"factor": 0})
        kept = await on.say("discord", "kept as it is")
        edited = await on.say("discord", "first words")
        doomed = await on.say("discord", "deleted meanwhile")
        await on.react("discord", kept, HEART)
        for text in ("kept as it is", "first words", "deleted meanwhile"):
            await on.find("slack", text)
        await on.until("web", lambda shown: any(HEART in one.reactions for one in shown))
        if how in ("stopped", "killed"):
            await people.end(signal.SIGKILL if how == "killed" else signal.SIGTERM)
        elif how == "outage":
            await people.control("PUT", "/discord/outage", {"out": True})
        else:
            kind = "deaf" if how == "deaf" else "withhold"
            await fault(on, "events", kind, times=0 if kind == "withhold" else 1)
        await on.say("discord", "said meanwhile")
        await on.edit("discord", edited, "second words")
        await on.delete("discord", doomed)
        await on.react("discord", kept, HEART, on=False)
        await on.react("discord", kept, THUMB)
        await people.control("DELETE", "/faults")
        if how in ("stopped", "killed"):
            await people.start()
        elif how == "outage":
            await people.control("PUT", "/discord/outage", {"out": False})
        elif how == "deaf":
            await on.say("web", "a canary")
        else:
            await fault(on, "events", "drop_session", resume=False)
            await on.say("discord", "lost with the session")
        for place in ("web", "slack"):
            await on.find(place, "said meanwhile")
            await on.find(place, "second words")
            await on.until(
                place,
                lambda shown: (
                    not any("deleted meanwhile" in one.text for one in shown)
                    and any(
                        one.text == "kept as it is" and one.reactions == {THUMB: 1} for one in shown
                    )
                ),
            )
        # The live way works again, and what was swept is not said a second time.
        await on.say("discord", "after all that")
        for place in ("web", "slack"):
            await on.find(place, "after all that")
            assert max(texts(await on.shown(place)).values()) == 1
        assert max(texts(await on.shown("discord")).values()) == 1


async def test_words_that_discord_makes_late_are_taken_away_again(tmp_path: Path) -> None:
    async with talk(tmp_path, discord=FAST) as on:
        await on.say("web", "before")
        await on.find("discord", "before")
        # Longer than both looks take.
        await fault(on, EXECUTE, "late", seconds=2)
        await on.say("web", "only once")
        await on.find("discord", "only once")

        async def said() -> int:
            made = (await on.people.control("GET", "/journal?after=0"))["entries"]
            posts = [e for e in made if e["method"] == EXECUTE]
            return sum("only once" in str(e["args"]["body"]["content"]) for e in posts)

        await on.people.until(said, lambda count: count == 2)
        await on.until("discord", lambda shown: texts(shown)["only once"] == 1)
        await on.say("discord", "and on it goes")
        await on.find("web", "and on it goes")
        assert texts(await on.shown("discord"))["only once"] == 1


async def test_a_forum_post_that_discord_makes_late_is_taken_away_again(tmp_path: Path) -> None:
    async with talk(tmp_path, discord=FAST) as on:
        await fault(on, POSTS, "late", seconds=2)
        other = "https://www.pinterest.com/pin/99360735500167750/"
        await on.people.ask("and in ash?", other)

        async def posts() -> list[str]:
            return [one["id"] for one in await on.people.forum_threads()]

        await on.people.until(posts, lambda found: len(found) == 2)
        placed = set(await posts())
        await on.people.control("GET", "/discord/late")

        async def made() -> int:
            entries = (await on.people.control("GET", "/journal?after=0"))["entries"]
            return sum(entry["method"] == POSTS for entry in entries)

        assert await made() == 3
        await on.people.until(posts, lambda found: len(found) == 2)
        assert set(await posts()) == placed
        [second] = placed - {on.post}
        shown = await on.people.discord_messages(second)
        assert [one["content"] for one in shown if one["content"]] == ["and in ash?"]


async def test_a_forum_post_that_was_made_late_while_we_were_stopped_is_taken_away(
    tmp_path: Path,
) -> None:
    async with talk(tmp_path, discord=FAST) as on:
        await fault(on, POSTS, "late", seconds=4)
        other = "https://www.pinterest.com/pin/99360735500167750/"
        await on.people.ask("and in ash?", other)

        async def posts() -> list[str]:
            return [one["id"] for one in await on.people.forum_threads()]

        await on.people.until(posts, lambda found: len(found) == 2)
        placed = set(await posts())
        [second] = placed - {on.post}
        await on.people.until(
            lambda: on.people.discord_messages(second), lambda shown: len(shown) == 2
        )
        await on.people.end(signal.SIGKILL)
        await on.people.control("GET", "/discord/late")
        assert len(await posts()) == 3
        await on.people.start()
        await on.people.until(posts, lambda found: len(found) == 2)
        assert set(await posts()) == placed


async def test_who_wrote_into_direct_messages_while_we_were_stopped_is_asked_which_thread(
    tmp_path: Path,
) -> None:
    mia = {"handle": "mia", "name": "Mia", "identities": [{"platform": "discord", "user": MIA}]}
    async with whole(tmp_path, people=[mia], discord=FAST) as people:
        threads = [(await people.ask(f"{wood}?", pin))["thread"] for wood, pin in WOODS.items()]

        async def direct() -> list[dict[str, Any]]:
            return await people.discord_messages(f"dm:{MIA}")

        async def cards() -> list[dict[str, Any]]:
            return [one for one in await direct() if one["embeds"]]

        await people.until(cards, lambda shown: len(shown) == 2)
        await people.end(signal.SIGTERM)
        typed = {"user": MIA, "channel": "dm", "text": "how wide is it"}
        await people.control("POST", "/discord/say", typed)
        await people.start()
        seen = await people.until(direct, lambda shown: any(m["components"] for m in shown))
        menus = [one for one in seen if one["components"]]
        [menu] = menus
        assert menu["content"].startswith("Which thread is this for?")
        custom_id = menu["components"][0]["components"][0]["custom_id"]
        press = {"user": MIA, "channel": "dm", "message": menu["id"], "custom_id": custom_id}
        await people.control("POST", "/discord/press", {**press, "values": [threads[0]]})
        await people.until(
            people.slack_messages, lambda shown: any(m["text"] == "how wide is it" for m in shown)
        )
