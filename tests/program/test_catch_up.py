"""What happened while the program did not listen arrives, in order and once."""

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.program.talk import THUMB, Shown, Talk, talk

FIRST = "does this come in oak?"


def texts(shown: Sequence[Shown]) -> list[str]:
    return [one.text for one in shown]


async def missed(thread: Talk, place: str) -> None:
    """Everything that people can do there."""
    name = {kind: await thread.name(place, f"{place} {kind}") for kind in ("edited", "deleted")}
    first = await thread.name(place, FIRST)
    for n in range(3):
        await thread.say(place, f"{place} missed {n}")
    await thread.edit(place, name["edited"], f"{place} as it should be")
    await thread.delete(place, name["deleted"])
    await thread.react(place, first)


async def arrived(thread: Talk, place: str, other: str) -> None:
    """What was missed in `place` is in `other`, once and in order."""
    wanted = [f"{place} missed {n}" for n in range(3)]

    def good(shown: Sequence[Shown]) -> bool:
        said = texts(shown)
        changed = f"{place} as it should be" in said and f"{place} deleted" not in said
        reacted = any(one.text == FIRST and one.reactions.get(THUMB) for one in shown)
        return changed and reacted and [text for text in said if text in wanted] == wanted

    shown = await thread.until(other, good)
    assert len(texts(shown)) == len(set(texts(shown)))


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
async def test_what_was_done_while_the_program_was_away_arrives_in_order_once(
    tmp_path: Path, sign: signal.Signals
) -> None:
    async with talk(tmp_path) as thread:
        for place in ("slack", "discord"):
            for kind in ("edited", "deleted"):
                await thread.say(place, f"{place} {kind}")
                await thread.find("web", f"{place} {kind}")
        for place, other in (("slack", "discord"), ("discord", "slack")):
            await thread.find(other, f"{place} deleted")
        await thread.people.end(sign)
        for platform in ("slack", "discord"):
            # Nothing that waits to be delivered again helps: sweeps find it all.
            await thread.people.control("POST", "/faults", _withheld(platform))
            await missed(thread, platform)
            await thread.people.control("DELETE", "/faults")
        await thread.people.start()
        await arrived(thread, "slack", "discord")
        await arrived(thread, "discord", "slack")
        await _nothing_twice(thread)


async def test_what_platforms_withhold_is_found_by_and_by(tmp_path: Path) -> None:
    often = {"every_minutes": 0.02}
    async with talk(tmp_path, catch_up=often) as thread:
        for place, other in (("slack", "discord"), ("discord", "slack")):
            for kind in ("edited", "deleted"):
                await thread.say(place, f"{place} {kind}")
                await thread.find(other, f"{place} {kind}")
            await thread.people.control("POST", "/faults", _withheld(place))
            await missed(thread, place)
            await thread.people.control("DELETE", "/faults")
            await arrived(thread, place, other)
        found = await _metrics(thread)
        for place in ("slack", "discord"):
            for kind, count in (("post", 3), ("edit", 1), ("delete", 1), ("reaction", 1)):
                name = f'pinthread_sweep_found_total{{platform="{place}",kind="{kind}"}}'
                assert f"{name} {count}\n" in found
        await _nothing_twice(thread)


@pytest.mark.parametrize("place", ["slack", "discord"])
async def test_what_was_said_while_a_connection_was_lost_is_found(
    tmp_path: Path, place: str
) -> None:
    other = "slack" if place == "discord" else "discord"
    async with talk(tmp_path) as thread:
        await thread.people.control("POST", "/faults", _withheld(place))
        for n in range(3):
            await thread.say(place, f"missed {n}")
        await thread.people.control("DELETE", "/faults")
        lost = {"platform": place, "method": "*", "kind": "drop_session", "resume": False}
        await thread.people.control("POST", "/faults", {**lost, "times": 2})
        # The links end with the next events.
        for n in range(2):
            await thread.say(place, f"the last {n}")
            await asyncio.sleep(0.2)
        await thread.find(other, "missed 2")
        said = texts(await thread.shown(other))
        assert [text for text in said if text.startswith("missed")] == [
            f"missed {n}" for n in range(3)
        ]
        await _nothing_twice(thread)


def _withheld(platform: str) -> dict[str, object]:
    return {"platform": platform, "method": "*", "kind": "withhold", "times": 0}


async def _metrics(thread: Talk) -> str:
    async with thread.people.http.get(f"{thread.people.web}/metrics") as got:
        return await got.text()


async def _nothing_twice(thread: Talk) -> None:
    for place in ("web", "slack", "discord"):
        await thread.nowhere(place, f"nothing more for {place}")
        shown = [one.text for one in await thread.shown(place) if not one.deleted]
        said = [text for text in shown if "nothing more" not in text]
        assert len(said) == len(set(said)), place
