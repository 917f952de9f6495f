"""The sandbox as a child process, one for the whole folder, reset before every test."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from tests.slack.fake_desk import FakeDesk
from tests.slack.slack_world import ROOT, World


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    child = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--listen", "127.0.0.1:0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    try:
        assert child.stdout is not None
        yield json.loads(child.stdout.readline())["url"]
    finally:
        child.terminate()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()


@pytest.fixture
async def world(sandbox_url: str) -> AsyncIterator[World]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as http:
        opened = World(sandbox_url, http)
        await opened.control("POST", "reset")
        await opened.control("DELETE", "faults")
        await opened.control("PUT", "limits/slack", {"factor": 0})
        await opened.control("PUT", "slack/delivery", {"retry_delays": [0, 60, 300]})
        yield opened


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()
