"""`pinthread run` without a configuration file: the program and its sandbox, over sockets."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.program.world import Whole

pytestmark = pytest.mark.usefixtures("demo_ports")

ROOT = Path(__file__).parent.parent.parent


class Running:
    """A started program, what it has printed, and its sandbox."""

    def __init__(self, process: asyncio.subprocess.Process, data: Path, lines: list[str]) -> None:
        self.process = process
        self.data = data
        self.lines = lines
        told = json.loads((data / "demo.json").read_text())
        self.sandbox: str = told["SANDBOX_URL"]
        self.web = f"http://{told['PINTHREAD_WEB']}"

    async def stop(self) -> tuple[int, float]:
        """Exit code and seconds."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return await self.process.wait(), time.monotonic() - started

    def child(self) -> int:
        """The process id of the sandbox."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                except OSError:
                    continue
                if parent == str(self.process.pid):
                    return int(entry.name)
        raise AssertionError("the sandbox is not there")


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "run", "--data", str(folder / "data")),
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(40):
            lines = [(await process.stdout.readline()).decode() for _ in range(2)]
        if not lines[-1]:
            assert process.stderr is not None
            raise AssertionError((await process.stderr.read()).decode())
        yield Running(process, folder / "data", lines)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def get(url: str) -> Any:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return await answer.json()


async def ask(folder: Path, *argv: str) -> str:
    """The output of a command beside the running program."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", *argv),
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


async def test_one_address_is_printed_and_the_sandbox_knows_the_program(tmp_path: Path) -> None:
    async with running(tmp_path) as program:
        said = "".join(program.lines)
        assert said.count("http") == 1
        assert f"Open {program.sandbox}/\n" in said
        assert "Ctrl-C" in said
        world = await get(f"{program.sandbox}/_control/world")
        assert world["program"]["web"] == program.web
        assert (await get(f"{program.web}/healthz")) == {"ok": True}
        child = program.child()
        code, seconds = await program.stop()
        assert code == 0
        assert seconds < 10
        assert not Path(f"/proc/{child}").exists()


async def test_what_was_said_is_there_after_a_restart(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as http:
        async with running(tmp_path) as program:
            people = Whole(tmp_path, http, program.sandbox, {}, program.web, {})
            asked = await people.ask("does this come in oak?")
            card = await people.card_in_slack()
            beside = await ask(tmp_path, "history", asked["thread"][:6])
            assert "Mia: does this come in oak?" in beside
            assert (await ask(tmp_path, "link", "@mia")).startswith(f"{program.web}/link/")
            assert "All is well." in await ask(tmp_path, "check")
            await program.stop()
        async with running(tmp_path) as program:
            assert "Mia: does this come in oak?" in await ask(
                tmp_path, "history", asked["thread"][:6]
            )
            people = Whole(tmp_path, http, program.sandbox, {}, program.web, {})
            assert (await people.card_in_slack())["ts"] == card["ts"]


async def test_the_program_ends_when_its_sandbox_does_and_says_so(tmp_path: Path) -> None:
    async with running(tmp_path) as program:
        os.kill(program.child(), signal.SIGKILL)
        async with asyncio.timeout(30):
            _, errors = await program.process.communicate()
        assert program.process.returncode == 1
        assert "The sandbox ended by itself (code -9)" in errors.decode().splitlines()[-1]


async def test_the_sandbox_ends_with_a_program_that_was_killed(tmp_path: Path) -> None:
    async with running(tmp_path) as program:
        child = os.pidfd_open(program.child())
        ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(child, ended.set)
        program.process.kill()
        async with asyncio.timeout(30):
            await ended.wait()
        asyncio.get_running_loop().remove_reader(child)
        os.close(child)


async def test_a_second_one_in_the_same_folder_says_where_the_first_one_is(tmp_path: Path) -> None:
    async with running(tmp_path) as first:
        second = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bridge", "run", "--data", str(tmp_path / "data")),
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(40):
            said, errors = await second.communicate()
        assert second.returncode == 2
        assert said == b""
        told, last = errors.decode().splitlines()
        assert "running already" in told
        assert f"at {first.sandbox}/ Open that, or end it first." in told
        assert "did not start" in last
        # The first one is none the worse, and the folder is free once it has ended.
        assert (await get(f"{first.web}/healthz")) == {"ok": True}
        assert json.loads((first.data / "demo.json").read_text())["SANDBOX_URL"] == first.sandbox
        await first.stop()
    async with running(tmp_path) as again:
        assert (await get(f"{again.web}/healthz")) == {"ok": True}
