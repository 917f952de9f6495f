"""The near side of a relay: Slack's signed message events over HTTP.

A process of its own. All requests are made and signed before the clock starts.
Every connection is one worker; a thread belongs to one worker, which sends its
next message when the last one has been acknowledged, so that order in a thread is
known. With `--rate` messages leave at that pace, whatever the answers do.

    python -m benchmarks.load --port 3000 --threads threads.json --count 6400
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from zlib import crc32

SECRET = "bench-signing-secret"
WORKERS = 64


def event(
    channel: str, thread_ts: str, n: int, run: str, files: Sequence[Mapping[str, object]] = ()
) -> bytes:
    """A reply as Slack sends it. `n` numbers the messages of the whole run."""
    # Each run has a stretch of time of its own: Slack never gives a timestamp twice.
    began = 1_700_000_000 + crc32(run.encode()) % 100_000 * 1_000
    ts = f"{began + n // 1000}.{n % 1000:06d}"
    text = f"{run} {n} does this one come in oak as well?"
    return json.dumps(
        {
            "token": "x",
            "team_id": "T1",
            "api_app_id": "APP",
            "type": "event_callback",
            "event_id": f"Ev{run}{n}",
            "event_time": began + n // 1000,
            "authorizations": [{"team_id": "T1", "user_id": "UBOT", "is_bot": True}],
            "is_ext_shared_channel": False,
            "event": {
                "type": "message",
                "channel": channel,
                "channel_type": "channel",
                "user": "UADA",
                "text": text,
                "ts": ts,
                "event_ts": ts,
                "thread_ts": thread_ts,
                "parent_user_id": "UBOT",
                **({"files": list(files), "subtype": "file_share"} if files else {}),
                "client_msg_id": f"{run}-{n}",
                "team": "T1",
                "blocks": [
                    {
                        "type": "rich_text",
                        "block_id": "b",
                        "elements": [
                            {
                                "type": "rich_text_section",
                                "elements": [{"type": "text", "text": text}],
                            }
                        ],
                    }
                ],
            },
        }
    ).encode()


def request(port: int, body: bytes, *, age: int = 0) -> bytes:
    stamp = str(int(time.time()) - age)
    base = b"v0:" + stamp.encode() + b":" + body
    signature = "v0=" + hmac.new(SECRET.encode(), base, hashlib.sha256).hexdigest()
    head = (
        f"POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: application/json\r\nX-Slack-Request-Timestamp: {stamp}\r\n"
        f"X-Slack-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Worker(asyncio.Protocol):
    """One connection: writes a request, waits for its answer."""

    def __init__(self) -> None:
        self._answered: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._buffer) < end + 4 + length:
            return
        self._buffer = b""
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(head)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(exc or ConnectionError("closed"))

    async def send(self, whole: bytes) -> None:
        assert self._transport is not None
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(whole)
        head = await self._answered
        if b" 200 " not in head.split(b"\r\n", 1)[0] + b" ":
            raise RuntimeError(head[:100].decode(errors="replace"))


async def drive(args: argparse.Namespace, threads: list[list[str]]) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    workers = []
    for _ in range(min(WORKERS, len(threads))):
        _, worker = await loop.create_connection(Worker, "127.0.0.1", args.port)
        workers.append(worker)
    piles: list[list[tuple[int, bytes]]] = [[] for _ in workers]
    for n in range(args.count):
        channel, thread_ts = threads[n % len(threads)]
        whole = request(args.port, event(channel, thread_ts, n, args.run))
        piles[(n % len(threads)) % len(workers)].append((n, whole))
    sent: dict[int, float] = {}
    started = time.monotonic()

    async def work(worker: Worker, pile: list[tuple[int, bytes]]) -> None:
        for n, whole in pile:
            if args.rate:
                await asyncio.sleep(max(0.0, started + n / args.rate - time.monotonic()))
            sent[n] = time.monotonic()
            await worker.send(whole)

    await asyncio.gather(*(work(w, p) for w, p in zip(workers, piles, strict=True)))
    return {"started": started, "ended": time.monotonic(), "sent": sent}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--threads", required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--run", default="r")
    given = parser.parse_args()
    known = json.loads(Path(given.threads).read_text())
    print(json.dumps(asyncio.run(drive(given, known))), flush=True)
