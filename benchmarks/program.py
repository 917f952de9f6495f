"""Starts what a benchmark needs as processes of their own, and ends them by id."""

import contextlib
import json
import os
import select
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.load import SECRET

ROOT = Path(__file__).parent.parent
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Far:
    """The receiver, with both platforms' addresses."""

    rest: int
    gateway: int

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.rest}/api"

    def notes(self) -> list[tuple[str, str, float]]:
        """Takes what has been received so far: thread, content, seconds."""
        found: list[tuple[str, str, float]] = get(f"http://127.0.0.1:{self.rest}/_notes")
        return found

    def refused(self) -> list[tuple[str, float]]:
        """Which rate limits were overstepped, and when."""
        found: list[tuple[str, float]] = get(f"http://127.0.0.1:{self.rest}/_refused")
        return found

    def wait_for(self, count: int, seconds: float = 120.0) -> list[tuple[str, str, float]]:
        """All that has been received, once there are `count` of them."""
        ends = time.monotonic() + seconds
        while get(f"http://127.0.0.1:{self.rest}/_count") < count:
            if time.monotonic() > ends:
                raise TimeoutError("the messages did not all arrive")
            time.sleep(0.05)
        return self.notes()


@dataclass(frozen=True, slots=True)
class Program:
    """The program under test. `events` is the port that takes Slack's events."""

    process: subprocess.Popen[str]
    events: int
    web: int = 0

    def cpu(self) -> float:
        """Seconds of CPU used so far, all threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def resident(self) -> int:
        """Bytes of resident memory."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 (loopback)
        return json.load(answer)


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


@contextlib.contextmanager
def started(*command: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def first_line(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], 30)
    if not ready:
        raise TimeoutError("a process did not say that it is ready")
    return json.loads(process.stdout.readline())


@contextlib.contextmanager
def receiver(delay: float = 0.0, factor: float = 0.0) -> Iterator[Far]:
    """`factor` times the documented rate limits hold there; at 0 none do."""
    command = ("-m", "benchmarks.receiver", "--delay", str(delay), "--factor", str(factor))
    with started(*command) as process:
        yield Far(**first_line(process))


@contextlib.contextmanager
def file_servers(size: int) -> Iterator[Far]:
    with started("-m", "benchmarks.file_servers", "--size", str(size)) as process:
        yield Far(**first_line(process))


@contextlib.contextmanager
def bare(far: Far, spaces: Path) -> Iterator[Program]:
    command = ("-m", "benchmarks.bare", "--rest", far.api, "--spaces", str(spaces))
    with started(*command) as process:
        yield Program(process, first_line(process)["port"])


@contextlib.contextmanager
def pinthread(
    far: Far,
    database: Path,
    *,
    platforms: tuple[str, ...] = ("slack", "discord"),
    factor: float = 0.0,
) -> Iterator[Program]:
    """The whole program, which begins with `factor` times the documented rate limits."""
    events, web = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        whole = _config(far, database, events, web)
        for name in ("slack", "discord"):
            # The receiver sends no events, and is not to be taken for a connection that is deaf.
            section = {**whole.pop(name), "limits_factor": factor, "deaf_after": 3_600}
            if name in platforms:
                whole[name] = section
        config.write_text(json.dumps(whole))
        with started("-m", "bridge", "run", "--config", str(config)) as process:
            _wait_ready(process, web)
            yield Program(process, events, web)


def _config(far: Far, database: Path, events: int, web: int) -> dict[str, Any]:
    slack = {
        "mode": "http",
        "api_url": f"http://127.0.0.1:{far.rest}/slack/api/",
        "bot_token": "xoxb-bench",
        "signing_secret": SECRET,
        "listen": f"127.0.0.1:{events}",
    }
    discord = {
        "token": "bench",
        "api_url": far.api,
        "gateway_url": f"ws://127.0.0.1:{far.gateway}/gateway",
        "cdn_url": f"http://127.0.0.1:{far.rest}/cdn",
    }
    return {
        "slack": slack,
        "discord": discord,
        "pinterest": {"api_url": far.api, "oembed_url": far.api},
        "store": {"url": f"sqlite:///{database}"},
        "web": {"listen": f"127.0.0.1:{web}"},
        "log": {"level": "warning"},
        **rules(database),
    }


def rules(database: Path) -> dict[str, Any]:
    """The product's own rules of who may write to whom; nobody waits for a limit or an undo."""
    return {
        "rules": {"contacts": "follow", "per_minute": 0},
        "brands": [
            {"handle": handle, "name": name, "staff_role": "agent", "hold_seconds": 0}
            for handle, name in _brands(database)
        ],
    }


def _brands(database: Path) -> list[tuple[str, str]]:
    """Those that the world was made with."""
    if not database.exists():
        return []
    with contextlib.closing(sqlite3.connect(database)) as db:
        return db.execute("SELECT handle, name FROM accounts WHERE kind = 'brand'").fetchall()


def _wait_ready(process: subprocess.Popen[str], web: int) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise RuntimeError(f"the program ended with {process.returncode}")
        with contextlib.suppress(OSError):
            if get(f"http://127.0.0.1:{web}/readyz")["ok"]:
                return
        time.sleep(0.02)
    raise TimeoutError("the program did not become ready")


def load(port: int, threads: Path, count: int, run: str, rate: float = 0.0) -> dict[str, Any]:
    """Sends `count` messages and gives when each left."""
    command = [sys.executable, "-m", "benchmarks.load", "--port", str(port)]
    command += ["--threads", str(threads), "--count", str(count), "--run", run]
    done = subprocess.run(
        [*command, "--rate", str(rate)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
