"""The control API that belongs to no platform, the live stream, the disk, the command line."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from sandbox.disk import Disk
from sandbox.journal import Journal
from sandbox.live import KEPT
from tests.sandbox.slack_place import GENERAL, SlackPlace, running


@pytest.fixture
async def place() -> AsyncIterator[SlackPlace]:
    async with running() as opened:
        yield opened


async def test_the_world_names_all_that_a_configuration_needs(place: SlackPlace) -> None:
    world = await place.control("GET", "world")
    slack = world["slack"]
    assert slack["team"]["id"] == "T0NORTHWIND"
    assert slack["api_url"] == f"{place.kernel.base_url}/slack/api/"
    assert slack["bot_token"] == "xoxb-sandbox-bot"
    assert slack["app_token"] == "xapp-sandbox-app"
    assert slack["signing_secret"] == "sandbox-signing-secret"
    assert [person["id"] for person in slack["people"]] == ["U0ADA", "U0BO", "U0CLEO"]
    assert slack["channels"][0]["id"] == "C0INBOX"
    assert world["program"] == {"web": "", "slack_events": ""}
    assert world["power"] == {"slack": True, "discord": True}


@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        ("PUT", "power/slack", {"on": "yes"}),
        ("PUT", "power/irc", {"on": True}),
        ("PUT", "limits/slack", {"factor": -1}),
        ("PUT", "limits/slack", {}),
        ("PUT", "program", {"elsewhere": "x"}),
        ("POST", "faults", {"kind": "cut"}),
        ("POST", "faults", []),
        ("GET", "journal?after=x", None),
        ("GET", "nothing", None),
        ("DELETE", "world", None),
        ("POST", "slack/say", {"user": "U0NOBODY", "channel": GENERAL, "text": "x"}),
        ("POST", "slack/say", {"user": "U0ADA", "channel": "C0", "text": "x"}),
        ("POST", "slack/say", {"user": "U0ADA", "channel": "D0BO", "text": "x"}),
        ("POST", "slack/say", {"user": "U0ADA", "channel": GENERAL, "text": "  "}),
        ("POST", "slack/say", {"user": "U0ADA", "channel": GENERAL, "text": "x", "thread_ts": "9"}),
        ("POST", "slack/edit", {"user": "U0ADA", "channel": GENERAL, "ts": "9", "text": "x"}),
        ("POST", "slack/submit", {"user": "U0ADA", "view": "V", "values": {}}),
        ("GET", "slack/channels/C0", None),
        ("GET", "slack/seen?user=U0", None),
        ("PUT", "slack/delivery", {"retry_delays": "soon"}),
        ("POST", "slack/disconnect", {"reason": "boredom"}),
    ],
)
async def test_a_control_call_that_cannot_be_is_refused_with_a_sentence(
    place: SlackPlace, verb: str, path: str, body: object
) -> None:
    assert (await place.refused(verb, path, body)).endswith(".")


async def test_people_change_only_what_is_theirs(place: SlackPlace) -> None:
    ts = await place.say("mine")
    change = {"user": "U0BO", "channel": GENERAL, "ts": ts}
    await place.refused("POST", "slack/edit", {**change, "text": "his"})
    await place.refused("POST", "slack/delete", change)
    bos = await place.say("his", user="U0BO")
    await place.act("delete", user="U0ADA", channel=GENERAL, ts=bos)
    assert [m["text"] for m in await place.shown()] == ["mine"]


async def test_the_journal_tells_what_the_program_wrote_in_order(place: SlackPlace) -> None:
    waiting = asyncio.create_task(place.control("GET", "journal?after=0&wait=5"))
    ts = (await place.web.chat_postMessage(channel=GENERAL, text="a"))["ts"]
    told = await waiting
    assert told["next"] == 1
    assert told["entries"][0]["method"] == "chat.postMessage"
    assert told["entries"][0]["args"] == {"channel": GENERAL, "text": "a"}
    assert told["entries"][0]["result"]["ts"] == ts
    await place.web.chat_update(channel=GENERAL, ts=ts, text="b")
    await place.web.conversations_history(channel=GENERAL)
    told = await place.control("GET", "journal?after=1")
    assert [entry["method"] for entry in told["entries"]] == ["chat.update"]
    assert (await place.control("GET", "journal?after=2")) == {"entries": [], "next": 2}


def test_the_journal_is_bounded_and_keeps_its_numbers() -> None:
    journal = Journal(kept=3)
    for number in range(5):
        journal.record("slack", "m", {"n": number}, None)
    assert [entry["n"] for entry in journal.entries()] == [3, 4, 5]
    assert [entry["n"] for entry in journal.entries(after=4)] == [5]
    assert journal.entries(after=9) == []


async def test_live_tells_every_change_and_resumes_after_the_last(place: SlackPlace) -> None:
    url = f"{place.kernel.base_url}/_control/live"
    async with place.http.get(url) as stream:
        await place.say("a")
        await place.web.chat_postEphemeral(channel=GENERAL, user="U0ADA", text="b")
        first, second = await _line(stream), await _line(stream)
    assert (first["platform"], first["channel"], first["kind"]) == ("slack", GENERAL, "message")
    assert second["kind"] == "seen"
    headers = {"Last-Event-ID": str(first["n"])}
    async with place.http.get(url, headers=headers) as stream:
        assert await _line(stream) == second
    async with place.http.get(f"{url}?after=0") as stream:
        assert await _line(stream) == first
        await place.control("PUT", "power/slack", {"on": False})
        await _line(stream)
        assert (await _line(stream))["kind"] == "power"


async def test_live_tells_who_is_too_far_behind_to_read_all_again(place: SlackPlace) -> None:
    for _ in range(KEPT + 5):
        place.kernel.live.changed("slack", GENERAL, "message")
    async with place.http.get(f"{place.kernel.base_url}/_control/live?after=1") as stream:
        assert (await _line(stream))["kind"] == "reset"
    async with place.http.get(f"{place.kernel.base_url}/_control/live?after=99999") as stream:
        assert (await _line(stream))["kind"] == "reset"


async def _line(stream: aiohttp.ClientResponse) -> dict[str, object]:
    async with asyncio.timeout(30):
        async for line in stream.content:
            if line.startswith(b"data: "):
                return dict(json.loads(line[6:]))
    raise AssertionError("the stream has ended")


def test_the_disk_keeps_documents_in_the_order_of_their_first_put(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "disk.sqlite"
    disk = Disk(path)
    for key in ("b", "a", "c"):
        disk.put("kind", key, {"key": key})
    disk.put("kind", "b", {"key": "changed"})
    disk.put("other", "x", 1)
    disk.drop("kind", "a")
    disk.close()
    again = Disk(path)
    assert list(again.all("kind")) == [("b", {"key": "changed"}), ("c", {"key": "c"})]
    again.clear()
    assert list(again.all("other")) == []
    again.close()


def test_without_a_path_the_disk_keeps_nothing() -> None:
    disk = Disk(None)
    disk.put("kind", "key", 1)
    disk.drop("kind", "key")
    assert list(disk.all("kind")) == []
    disk.close()


async def test_the_command_prints_its_address_and_ends_on_sigterm(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", "--listen", "127.0.0.1:0", "--data", tmp_path,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    url = json.loads(await process.stdout.readline())["url"]
    async with aiohttp.ClientSession() as http, http.get(f"{url}/_control/live") as stream:
        assert stream.status == 200
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 30) == 0
    process._transport.close()  # type: ignore[attr-defined]


async def test_the_program_stays_known_over_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as place:
        await place.control("PUT", "program", {"web": "http://127.0.0.1:8080"})
        await place.control("PUT", "limits/slack", {"factor": 2})
    async with running(tmp_path) as place:
        world = await place.control("GET", "world")
        assert world["program"]["web"] == "http://127.0.0.1:8080"
        assert world["limits"]["slack"] == 2.0
