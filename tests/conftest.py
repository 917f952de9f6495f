"""What tests of several folders use: a real Chromium, and the sandbox as a child process."""

import asyncio
import fcntl
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

ROOT = Path(__file__).parent.parent
GATE = os.environ.get("CI") == "true" or os.environ.get("PINTHREAD_GATE") == "1"
CHROMIUM = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars"]

expect.set_options(timeout=30_000)  # where processors are shared, its own 5 s are too few


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than processors: half of what a worker does is waiting for other processes."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that no processor is idle while the last of them ends.

    The simulation comes before all: it only wants processors, and takes those that are idle.
    """

    def turn(item: pytest.Item) -> int:
        folder = item.path.parent.name
        if folder == "simulation":
            return 0
        if item.path in slow:
            return 1
        return 2 if folder in ("program", "discord", "slack", "sandbox") else 3

    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=turn)


def chromium() -> str | None:
    """The Chromium of this machine; tests/get-chromium installs one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("PINTHREAD_CHROMIUM") or next(
        filter(None, map(shutil.which, names)), None
    )


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium. Without one the test is skipped, but fails at the gate."""
    path = chromium()
    if path is None:
        missing = "There is no Chromium here: apt-get install chromium"
        if GATE:
            pytest.fail(missing)
        pytest.skip(missing)
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield found
        await found.close()


@pytest.fixture
def demo_ports() -> Iterator[None]:
    """The demonstration has ports of its own: tests in several processes take turns."""
    with (Path(tempfile.gettempdir()) / "pinthread-demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture
async def sandbox_url(tmp_path: Path) -> AsyncIterator[str]:
    """The address of a sandbox in a process of its own, which ends with the test."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "sandbox", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "sandbox")),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert child.stdout is not None
        async with asyncio.timeout(30):
            line = await child.stdout.readline()
        yield json.loads(line)["url"]
    finally:
        if child.returncode is None:
            child.terminate()
        await child.wait()
