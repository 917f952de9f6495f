"""`pinthread verify` on both platforms: what is wrong is found, told, and mended."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from tests.program.talk import ADA, ROSA, Talk, talk
from tests.program.world import FORUM, INBOX, ROOT


async def verify(thread: Talk, *options: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, the report, and what was said beside it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bridge", "verify", "--json", *options),
        *("--config", str(thread.people.folder / "config.yaml")),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, beside = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(out) if out else {}, beside.decode()


def found(report: dict[str, Any]) -> list[tuple[str, str, bool]]:
    return sorted((d["platform"], d["kind"], d["mended"]) for d in report["differences"])


async def said_everywhere(thread: Talk) -> None:
    for place in ("slack", "discord", "web"):
        await thread.say(place, f"words of {place}")
    await thread.say("web", "a *long* one " * 400)
    for place in ("slack", "discord"):
        for other in ("slack", "discord", "web"):
            await thread.find(place, f"words of {other}")
        await thread.until(place, lambda shown: sum("long" in one.text for one in shown) >= 2)
    await asyncio.sleep(0.5)  # until the last receipts are written


async def take_away(thread: Talk, place: str, text: str) -> None:
    """Somebody with the rights to do it removes a copy."""
    name = await thread.name(place, text)
    if place == "slack":
        body = {"user": ADA, "channel": INBOX, "ts": name}
        await thread.people.control("POST", "/slack/delete", body)
    else:
        await thread.people.control("POST", "/discord/delete", {"user": ROSA, "message": name})


async def test_a_program_that_runs_keeps_verify_away(tmp_path: Path) -> None:
    async with talk(tmp_path) as thread:
        code, _, beside = await verify(thread)
        assert code == 1
        assert "Another program has the database" in beside


async def test_mirrors_that_are_as_they_should_be_are_good(tmp_path: Path) -> None:
    async with talk(tmp_path) as thread:
        await said_everywhere(thread)
        await thread.people.end()
        code, report, _ = await verify(thread)
        assert (report["differences"], report["unread"]) == ([], [])
        assert code == 0
        assert (report["mirrors"], report["waiting"]) == (2, 0)


async def as_bot(thread: Talk, place: str, method: str, path: str, body: Any = None) -> Any:
    """What somebody else who has the bot's token does there."""
    given = thread.people.world[place]
    token = given["bot_token"] if place == "slack" else given["token"]
    address = f"{given['api_url'].rstrip('/')}/{path}"
    headers = {
        "Authorization": f"{'Bearer' if place == 'slack' else 'Bot'} {token}",
        "User-Agent": "DiscordBot (https://example.org, 1)",
    }
    async with thread.people.http.request(method, address, json=body, headers=headers) as got:
        answer = await got.json()
        assert got.status < 300, answer
        assert place == "discord" or answer["ok"], answer
        return answer


async def copy_in_slack(thread: Talk, text: str) -> dict[str, Any]:
    query = f"conversations.replies?channel={INBOX}&ts={thread.root}&include_all_metadata=true"
    found = await as_bot(thread, "slack", "GET", query)
    message: dict[str, Any] = next(m for m in found["messages"] if text in m["text"])
    return message


async def test_what_is_doubled_or_stale_is_mended(tmp_path: Path) -> None:
    async with talk(tmp_path) as thread:
        await said_everywhere(thread)
        await thread.people.end()
        # Slack: a second copy under the same delivery id, and one that says something else.
        first, second = [await copy_in_slack(thread, f"words of {x}") for x in ("discord", "web")]
        again = {key: first[key] for key in ("text", "blocks", "metadata")}
        again |= {"channel": INBOX, "thread_ts": thread.root}
        await as_bot(thread, "slack", "POST", "chat.postMessage", again)
        other = {"channel": INBOX, "ts": second["ts"], "text": "something else"}
        metadata = {**second["metadata"]}
        metadata["event_payload"] = {**metadata["event_payload"], "rev": "another"}
        await as_bot(thread, "slack", "POST", "chat.update", {**other, "metadata": metadata})
        # Discord: the same, by the webhook that lanes post with.
        [hook] = await as_bot(thread, "discord", "GET", f"channels/{FORUM}/webhooks")
        posted = await thread.find("discord", "words of slack")
        at = f"webhooks/{hook['id']}/{hook['token']}"
        words = {"content": posted.text, "username": posted.raw["name"]}
        await as_bot(thread, "discord", "POST", f"{at}?wait=true&thread_id={thread.post}", words)
        stale = await thread.name("discord", "words of web")
        where = f"{at}/messages/{stale}?thread_id={thread.post}"
        await as_bot(thread, "discord", "PATCH", where, {"content": "something else"})
        code, report, _ = await verify(thread)
        wrong = [
            (place, kind, False) for place in ("discord", "slack") for kind in ("doubled", "stale")
        ]
        assert found(report) == wrong
        assert code == 1
        code, report, _ = await verify(thread, "--repair")
        assert found(report) == [(place, kind, True) for place, kind, _ in wrong]
        assert code == 0
        for place in ("slack", "discord"):
            shown = [one.text for one in await thread.shown(place)]
            for origin in ("slack", "discord", "web"):
                assert sum(f"words of {origin}" in text for text in shown) == 1
        assert (await verify(thread))[0] == 0


async def test_what_is_missing_is_posted_again(tmp_path: Path) -> None:
    async with talk(tmp_path) as thread:
        await said_everywhere(thread)
        await thread.people.end()
        for place in ("slack", "discord"):
            await take_away(thread, place, "words of web")
        code, report, _ = await verify(thread)
        missing = [("discord", "missing", False), ("slack", "missing", False)]
        assert (code, found(report)) == (1, missing)
        code, report, beside = await verify(thread, "--repair")
        assert (code, found(report)) == (0, [(place, kind, True) for place, kind, _ in missing])
        assert "at the ends of their threads" in beside
        for place in ("slack", "discord"):
            shown = [one.text for one in await thread.shown(place)]
            assert shown[-1] == "words of web"
            assert shown.count("words of web") == 1
        assert (await verify(thread))[0] == 0
        await thread.people.start()
        await thread.nowhere("slack", "twice")
        assert [one.text for one in await thread.shown("slack")].count("words of web") == 1
