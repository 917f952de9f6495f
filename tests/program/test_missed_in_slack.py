"""What Slack did not tell us is found, however it came to that, and shown everywhere once.

A post that Slack makes late, when it has been made again, is taken away.
"""

import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.program.talk import HEART, THUMB, Shown, Talk, talk

FAST = {"limits_factor": 0, "deaf_after": 0.5}


async def fault(on: Talk, kind: str) -> None:
    body = {"platform": "slack", "method": "events", "kind": kind, "times": 0}
    await on.people.control("POST", "/faults", body)


async def hear_again(on: Talk) -> None:
    await on.people.control("DELETE", "/faults")


async def power(on: Talk, *, up: bool) -> None:
    await on.people.control("PUT", "/power/slack", {"on": up})


def first_of(shown: list[Shown] | tuple[Shown, ...], text: str) -> Shown | None:
    return next((one for one in shown if one.text == text), None)


@pytest.mark.parametrize("how", ["stopped", "killed", "disconnected", "deaf"])
async def test_what_was_missed_is_found(tmp_path: Path, how: str) -> None:
    async with talk(tmp_path, slack=FAST) as on:
        people = on.people
        await people.control("PUT", "/limits/slack", {"factor": 0})
        kept = await on.say("slack", "kept as it is")
        edited = await on.say("slack", "first words")
        doomed = await on.say("slack", "deleted meanwhile")
        await on.react("slack", kept, HEART)
        for text in ("kept as it is", "first words", "deleted meanwhile"):
            await on.find("discord", text)
        await on.until("web", lambda shown: any(HEART in one.reactions for one in shown))
        if how in ("stopped", "killed"):
            await people.end(signal.SIGKILL if how == "killed" else signal.SIGTERM)
        await fault(on, "deaf" if how == "deaf" else "withhold")
        await on.say("slack", "said meanwhile")
        await on.edit("slack", edited, "second words")
        await on.delete("slack", doomed)
        await on.react("slack", kept, HEART, on=False)
        await on.react("slack", kept, THUMB)
        await hear_again(on)
        if how == "disconnected":
            await power(on, up=False)
            await power(on, up=True)
        elif how == "deaf":
            await on.say("web", "a canary")
        else:
            await people.start()
        for place in ("web", "discord"):
            await on.find(place, "said meanwhile")
            await on.find(place, "second words")
            shown = await on.until(
                place,
                lambda shown: (
                    not any(one.text == "deleted meanwhile" for one in shown)
                    and (found := first_of(list(shown), "kept as it is")) is not None
                    and found.reactions == {THUMB: 1}
                ),
            )
            words = Counter(one.text for one in shown if one.text)
            assert not any(words[text] > 1 for text in words), words
        # The live way works again, and what was swept is not said a second time.
        await on.say("slack", "after all that")
        await on.find("discord", "after all that")
        texts = [one.text for one in await on.shown("discord")]
        assert texts.count("said meanwhile") == texts.count("second words") == 1
        mine = [one.text for one in await on.shown("slack")]
        assert len(mine) == len(set(mine)), mine


async def test_a_post_that_slack_makes_late_is_taken_away_again(tmp_path: Path) -> None:
    async with talk(tmp_path, slack=FAST) as on:
        # Longer than both looks take.
        late = {"platform": "slack", "method": "chat.postMessage", "kind": "late", "seconds": 2}
        await on.people.control("POST", "/faults", late)
        await on.say("web", "only once")
        await on.find("slack", "only once")

        async def said() -> int:
            made = (await on.people.control("GET", "/journal?after=0"))["entries"]
            posts = [e for e in made if e["method"] == "chat.postMessage"]
            return sum("only once" in e["args"]["text"] for e in posts)

        await on.people.until(said, lambda count: count == 2)
        await on.until("slack", lambda shown: sum(one.text == "only once" for one in shown) == 1)
        await on.say("slack", "and on it goes")
        await on.find("web", "and on it goes")
        assert [one.text for one in await on.shown("slack")].count("only once") == 1
