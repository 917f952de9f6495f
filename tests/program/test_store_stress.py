"""The whole program over a disk that fills up, and over databases that it must not start with."""

import asyncio
import json
import os
import resource
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.program import free_port
from tests.program.world import INBOX, PIN, ROOT, Whole, whole

MIA = "920000000000000003"


@pytest.fixture
async def people(tmp_path: Path) -> AsyncIterator[Whole]:
    """The program hears of Slack over HTTP, so that what it answers can be seen."""
    port = free_port()
    slack = {
        "mode": "http",
        "signing_secret": "sandbox-signing-secret",
        "listen": f"127.0.0.1:{port}",
        "limits_factor": 0,
    }
    async with whole(tmp_path, slack=slack, discord={"limits_factor": 0}) as running:
        for platform in ("slack", "discord"):
            await running.control("PUT", f"/limits/{platform}", {"factor": 0})
        address = f"http://127.0.0.1:{port}/slack/events"
        await running.control("PUT", "/program", {"slack_events": address})
        yield running


@contextmanager
def full_disk(people: Whole) -> Iterator[None]:
    """No file of the program may grow any more, which is what a full disk does to it."""
    soft, hard = resource.prlimit(people.pid, resource.RLIMIT_FSIZE)
    log = people.folder / "history.sqlite-wal"
    resource.prlimit(people.pid, resource.RLIMIT_FSIZE, (log.stat().st_size, hard))
    try:
        yield
    finally:
        resource.prlimit(people.pid, resource.RLIMIT_FSIZE, (soft, hard))


async def readiness(people: Whole) -> tuple[int, dict[str, Any]]:
    async with people.http.get(f"{people.web}/readyz") as got:
        return got.status, await got.json()


async def say_on_web(people: Whole, text: str) -> int:
    body = {"as": "mia", "to": ["northwind"], "pin": PIN, "text": text}
    url = f"{people.web}/api/demo/say"
    async with people.http.post(url, json=body, headers=people.here) as got:
        return got.status


async def test_a_full_disk_stops_what_cannot_be_kept_and_all_goes_on_when_there_is_room(
    people: Whole,
) -> None:
    await people.ask("start")
    root = (await people.card_in_slack())["ts"]
    thread = await people.thread_in_discord()
    words = {"user": "U0ADA", "channel": INBOX, "thread_ts": root}
    pid = people.pid
    with full_disk(people):
        statuses = [await say_on_web(people, f"{'x' * 3_000} {n}") for n in range(12)]
        assert 503 in statuses
        kept = [n for n, status in enumerate(statuses) if status < 300]
        status, told = await people.until(
            lambda: readiness(people), lambda found: not found[1]["parts"]["store"]
        )
        assert status == 503
        assert "disk" in told["troubles"]["store"]
        await people.control("POST", "/slack/say", {**words, "text": "said on a full disk"})
        waiting = await people.control("GET", "/slack/delivery")
        assert waiting["waiting"] > 0
        await people.control(
            "POST", "/discord/say", {"user": MIA, "channel": thread, "text": "and in Discord"}
        )
    await people.until(lambda: readiness(people), lambda found: found[0] == 200)
    assert await say_on_web(people, "room again") == 201
    wanted = {"said on a full disk", "and in Discord", "room again"}

    async def in_discord() -> list[str]:
        return [m["content"] for m in await people.discord_messages(thread)]

    shown = await people.until(
        in_discord, lambda texts: {"said on a full disk", "room again"} <= set(texts)
    )
    assert sum(text.startswith("xxx") for text in shown) >= len(kept)

    async def in_slack() -> list[str]:
        return [m["text"] for m in await people.slack_messages()]

    seen = await people.until(in_slack, lambda texts: wanted <= set(texts))
    assert all(seen.count(text) == 1 for text in wanted)
    assert people.pid == pid


# --- databases that it must not start with ------------------------------------------------


async def started(folder: Path) -> tuple[int, str]:
    """Runs the program until it ends by itself."""
    (folder / "config.yaml").write_text(
        f'web: {{listen: "127.0.0.1:{free_port()}"}}\n'
        f"store: {{url: 'sqlite:///{folder / 'history.sqlite'}'}}\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bridge", "run", "--config", str(folder / "config.yaml")),
        *("--data", str(folder)),
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(40):
        _, told = await process.communicate()
    assert process.returncode is not None
    return process.returncode, told.decode()


async def used(folder: Path) -> Path:
    """A database that a program has used, made by the one that is under test."""
    from bridge.store import open_store
    from tests.store.world import World

    path = folder / "history.sqlite"
    store = open_store(f"sqlite:///{path}")
    await store.open()
    world = World(store)
    mia, ola = await world.account("mia"), await world.account("ola")
    said = await world.start("one", (mia, ola))
    for n in range(100):
        said = await world.say(f"say {n}", said, mia, "x" * 500)
    await store.close()
    return path


def only_line(told: str) -> str:
    (line,) = told.splitlines()
    assert line.startswith("pinthread: ")
    return line


async def test_a_cut_off_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = await used(tmp_path)
    cut = path.read_bytes()[:20_000]
    path.write_bytes(cut)
    code, told = await started(tmp_path)
    assert code == 2
    assert "damaged" in only_line(told)
    assert "backup" in told
    assert path.read_bytes() == cut


async def test_an_emptied_file_is_refused_and_not_begun_anew(tmp_path: Path) -> None:
    path = await used(tmp_path)
    os.truncate(path, 0)
    code, told = await started(tmp_path)
    assert (code, path.stat().st_size) == (2, 0)
    assert "gone or empty" in only_line(told)


async def test_a_lock_that_another_program_holds_is_named(tmp_path: Path) -> None:
    path = await used(tmp_path)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    code, told = await started(tmp_path)
    db.execute("ROLLBACK")
    db.close()
    assert code == 2
    assert "Another program holds it" in only_line(told)


async def test_a_second_program_is_refused_and_the_first_goes_on(people: Whole) -> None:
    await people.ask("start")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bridge", "run", "--config", str(people.folder / "config.yaml")),
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await process.communicate()
    assert process.returncode == 2
    assert "Another program has the database" in only_line(told.decode())
    assert (await readiness(people))[0] == 200


# --- the operator, beside it --------------------------------------------------------------


async def pinthread(people: Whole, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bridge", *words, "--config", str(people.folder / "config.yaml")),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


async def test_stuck_and_retry_beside_the_running_program(people: Whole) -> None:
    """A message that Discord refuses once, and once more, and then takes."""
    await people.ask("start")
    await people.card_in_slack()
    thread = await people.thread_in_discord()
    await people.until(
        lambda: people.discord_messages(thread),
        lambda shown: any(m["content"] == "start" for m in shown),
    )
    refusal = {
        "platform": "discord",
        "method": "POST /webhooks/{id}/{token}",
        "kind": "status",
        "status": 400,
        "body": {"code": 200000, "message": "AutoMod"},
        "times": 2,
    }
    await people.control("POST", "/faults", refusal)
    await people.ask("an unlucky word")

    async def stuck() -> list[dict[str, Any]]:
        code, out = await pinthread(people, "stuck", "--json")
        assert code == 0
        found: list[dict[str, Any]] = json.loads(out)
        return found

    (entry,) = await people.until(stuck, bool)
    assert (entry["kind"], entry["place"]) == ("refused", "#plans (Discord)")
    code, out = await pinthread(people, "retry", "--thread", entry["code"])
    assert (code, out.splitlines()[-1][:12]) == (1, "Failed again")
    code, out = await pinthread(people, "retry", "--mirror", entry["mirror"][:8])
    assert (code, out.splitlines()[-1]) == (0, "1 of 1 done, 0 under way, 0 failed")
    shown = await people.discord_messages(thread)
    assert [m["content"] for m in shown].count("an unlucky word") == 1
    assert await stuck() == []
    assert (await pinthread(people, "stuck"))[1] == "Nothing is stuck.\n"
    code, out = await pinthread(people, "retry", "--all")
    assert (code, out) == (
        1,
        "pinthread: Nothing that failed is named so. `pinthread stuck` lists it.\n",
    )
