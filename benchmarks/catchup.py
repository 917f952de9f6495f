"""`catchup`: the requests that a sweep of 100,000 mirrors in 200 channels takes after a stop.

The whole program against the sandbox's Slack, over sockets. In one thread of a thousand
somebody has said something meanwhile. The least is a page for each 200 threads of each
channel, and one read of each thread that changed. The threads are put into the sandbox's
file and the program's database before either starts; rate limits are off, since the
documented 50 reads a minute would make it last for a quarter of an hour.
"""

import asyncio
import contextlib
import json
import sqlite3
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import program, world
from benchmarks.report import Result, judge
from bridge.store import open_store
from core.ids import RemoteId, SpaceId
from sandbox.disk import Disk
from sandbox.world import SLACK_APP, SLACK_BOT, SLACK_BOT_TOKEN, SLACK_BOT_USER, SLACK_TEAM

CHANNELS, THREADS = 200, 100_000
EVERY = 1_000
"""Of so many threads one has changed."""
PAGE = 200
READS = ("conversations.history", "conversations.replies", "reactions.get")
LONGEST = 600.0


def run() -> Result:
    with tempfile.TemporaryDirectory() as folder:
        made = world.build(Path(folder) / "program", threads=THREADS, channels=CHANNELS)
        roots: list[tuple[str, str]] = [(c, ts) for c, ts in json.loads(made.threads.read_text())]
        asyncio.run(_mark(made.database, roots))
        _fill(Path(folder) / "sandbox" / "sandbox.sqlite", roots)
        with _sandbox(Path(folder) / "sandbox") as sandbox, _counting(sandbox) as counting:
            seconds, found = _sweep(counting, made.database, Path(folder))
            counts: dict[str, int] = program.get(f"{counting}/_counts")
    changed = len(roots[::EVERY])
    least = CHANNELS * -(-(THREADS // CHANNELS) // PAGE) + changed
    requests = sum(counts.get(name, 0) for name in READS)
    figures = {
        "ratio": requests / least,
        "found": found,
        "requests": float(requests),
        "least": float(least),
        "pages_of_channels": float(counts.get("conversations.history", 0)),
        "other_calls": float(sum(counts.values()) - requests),
        "seconds": seconds,
    }
    return judge("catchup", figures, {"ratio": "<= 1.1", "found": f">= {changed}"})


async def _mark(database: Path, roots: list[tuple[str, str]]) -> None:
    """As the sweep before has left it: each thread was read up to its first answer."""
    store = open_store(f"sqlite:///{database}")
    await store.open()
    for start in range(0, len(roots), 1_000):
        some = roots[start : start + 1_000]
        spaces = [SpaceId(f"{channel}:{ts}") for channel, ts in some]
        marked = await store.marked("slack", spaces)
        await asyncio.gather(
            *(store.mark(one.mirror, RemoteId(_answer(space))) for space, one in marked.items())
        )
    await store.close()


def _answer(root: str) -> str:
    return root.removesuffix("100") + "200"


def _fill(file: Path, roots: list[tuple[str, str]]) -> None:
    """The channels with their threads, as the sandbox itself would have kept them."""
    Disk(file).close()
    db = sqlite3.connect(file)
    put = "INSERT INTO docs (kind, key, doc) VALUES (?, ?, ?)"
    for n in range(CHANNELS):
        channel = {
            "id": f"C{n}",
            "name": f"inbox-{n}",
            "kind": "group",  # an inbox that others could read would be paused
            "members": [SLACK_BOT_USER, "U0ADA"],
            "created": 1_700_000_000,
            "archived": False,
        }
        db.execute(put, ("slack.channel", f"C{n}", json.dumps(channel)))
    for n, (where, ts) in enumerate(roots):
        answers = [_answer(ts)]
        if n % EVERY == 0:
            answers.append(f"{int(time.time()) - 3_600}.{n:06d}")
        for message in _thread(ts, answers):
            key = f"{where}:{message['ts']}"
            db.execute(put, ("slack.message", key, json.dumps(message)))
    db.commit()
    db.close()


def _thread(ts: str, answers: list[str]) -> list[dict[str, Any]]:
    common = {"type": "message", "team": SLACK_TEAM, "thread_ts": ts}
    root = {
        **common,
        "ts": ts,
        "user": SLACK_BOT_USER,
        "bot_id": SLACK_BOT,
        "app_id": SLACK_APP,
        "text": "A pin",
        "reply_count": len(answers),
        "reply_users": ["U0ADA"],
        "reply_users_count": 1,
        "latest_reply": answers[-1],
    }
    said = [{**common, "ts": at, "user": "U0ADA", "text": f"said {at}"} for at in answers]
    return [root, *said]


@contextlib.contextmanager
def _sandbox(folder: Path) -> Iterator[str]:
    command = ("-m", "sandbox", "--listen", "127.0.0.1:0", "--data", str(folder))
    with program.started(*command) as process:
        url: str = program.first_line(process)["url"]
        _put(f"{url}/_control/limits/slack", {"factor": 0})
        yield url


def _put(url: str, body: object) -> None:
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data, method="PUT")  # noqa: S310 (loopback)
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310 (loopback)
        return


@contextlib.contextmanager
def _counting(sandbox: str) -> Iterator[str]:
    with program.started("-m", "benchmarks.counting", "--to", sandbox) as process:
        yield f"http://127.0.0.1:{program.first_line(process)['port']}"


def _sweep(slack: str, database: Path, folder: Path) -> tuple[float, float]:
    """The seconds that the program needs from its start, and how many words it has found."""
    web = program.free_port()
    config = folder / "config.yaml"
    whole = {
        "slack": {
            "mode": "http",
            "api_url": f"{slack}/slack/api/",
            "bot_token": SLACK_BOT_TOKEN,
            "signing_secret": "none comes in",
            "listen": f"127.0.0.1:{program.free_port()}",
            "limits_factor": 0,
            "history_limit": PAGE,
        },
        "store": {"url": f"sqlite:///{database}"},
        # What was said at the marks is not in the history here, and is not to be found again.
        "catch_up": {"overlap_seconds": 0},
        "web": {"listen": f"127.0.0.1:{web}"},
        "log": {"level": "warning"},
        **program.rules(database),
    }
    config.write_text(json.dumps(whole))
    began = time.monotonic()
    with program.started("-m", "bridge", "run", "--config", str(config)):
        while time.monotonic() - began < LONGEST:
            if _metric(web, "pinthread_sweeps_total{"):
                seconds = time.monotonic() - began
                return seconds, _metric(web, 'pinthread_sweep_found_total{platform="slack"')
            time.sleep(0.05)
    raise TimeoutError("the sweep did not come to its end")


def _metric(web: int, name: str) -> float:
    with contextlib.suppress(OSError):
        text = urllib.request.urlopen(f"http://127.0.0.1:{web}/metrics", timeout=10).read()
        lines = [line for line in text.decode().splitlines() if line.startswith(name)]
        return sum(float(line.rpartition(" ")[2]) for line in lines)
    return 0.0
