"""`pinthread run` without a configuration file: the sandbox as a child process.

The child is started, its address read, the environment for `sandbox/pinthread.yaml`
set, and the child ended by its process id on the way out. The program itself runs as
it does with any other configuration; nothing of the sandbox is imported.
"""

import asyncio
import ctypes
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bridge.failures import SandboxError, StartError

CONFIG = Path(__file__).parent.parent / "sandbox" / "pinthread.yaml"
SANDBOX_PORT = 8765
WEB_PORT = 8080
LAST = "demo.json"
START = 30.0
"""Seconds the sandbox may take until it listens."""
STOP = 5.0
"""Seconds it may take to end."""
RUNNING_ALREADY = 2
"""How it ends where another one has the same folder."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running child."""

    url: str
    process: asyncio.subprocess.Process

    async def introduce(self, web: str) -> None:
        """Tells the sandbox's page where the program's web part listens."""
        told = {"web": web, "slack_events": ""}
        limit = aiohttp.ClientTimeout(total=10)
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.put(f"{self.url}/_control/program", json=told) as answer,
        ):
            if answer.status != 200:
                raise SandboxError(f"The sandbox refused the program: status {answer.status}.")

    async def ended(self) -> SandboxError:
        """Returns when the child has ended by itself."""
        code = await self.process.wait()
        return SandboxError(f"The sandbox ended by itself (code {code}); see above.")


@asynccontextmanager
async def sandbox(data: Path) -> AsyncIterator[Sandbox]:
    """Runs the sandbox while the block runs; what it holds is kept under `data`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "sandbox", "--listen", f"127.0.0.1:{free_port(SANDBOX_PORT)}"),
        *("--data", str(data / "sandbox")),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        # Ctrl-C in a terminal goes to the program alone, which then ends the child.
        start_new_session=True,
        preexec_fn=_end_with_parent,
    )
    try:
        yield Sandbox(await _address(process), process)
    finally:
        await _end(process)


def environment(url: str, data: Path) -> Mapping[str, str]:
    """What `sandbox/pinthread.yaml` takes from the environment."""
    return {
        "SANDBOX_URL": url,
        "SANDBOX_WS_URL": url.replace("http", "ws", 1),
        "PINTHREAD_DATA": str(data),
        "PINTHREAD_WEB": f"127.0.0.1:{free_port(WEB_PORT)}",
    }


def remember(values: Mapping[str, str], data: Path) -> None:
    """Keeps the environment of a program that listens, for `last_environment`."""
    (data / LAST).write_text(json.dumps(dict(values), indent=2) + "\n")


def last_environment(data: Path) -> Mapping[str, str] | None:
    """What the program ran with last, so that `history`, `link` and `check` find it."""
    try:
        values: dict[str, str] = json.loads((data / LAST).read_text())
    except (OSError, ValueError):
        return None
    return values


def free_port(wanted: int) -> int:
    """`wanted` if nobody listens there, else one that is free now."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise SandboxError("No port is free on 127.0.0.1.")


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START):
            line = await process.stdout.readline()
    except TimeoutError:
        raise SandboxError(f"The sandbox did not listen within {START:.0f} s.") from None
    try:
        url: str = json.loads(line)["url"]
    except (ValueError, KeyError):
        failed = StartError if await process.wait() == RUNNING_ALREADY else SandboxError
        raise failed("The sandbox did not start; see above.") from None
    return url


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _end_with_parent() -> None:
    """Linux ends the child when the program is killed, so that no port stays taken."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
