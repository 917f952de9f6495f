"""`pinthread run`: starts the program, with its sandbox or alone, and stops it in bounded time."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.command.terminal import say
from bridge.failures import CommandError, ConfigError, Failed
from core.ports.rows import StoreError

if TYPE_CHECKING:
    from bridge.config import Config

CONFIG = Path("config.yaml")
STOP = 9.5
"""Seconds that a clean stop may take."""


def run(options: argparse.Namespace) -> int:
    file = options.config or (CONFIG if CONFIG.exists() else None)
    try:
        options.data.mkdir(parents=True, exist_ok=True)
    except OSError as failed:
        raise CommandError(f"Cannot start: {failed}") from failed
    if file is None:
        return serve(_run_demo(options.data.resolve()))
    return serve(_run_config(file, options.data))


async def _run_config(file: Path, data: Path) -> int:
    from bridge.config import load

    config = load(file, data)

    def ready(address: str) -> None:
        say(f"Pinthread runs. Its web part is {config.web.public_url or address}")
        say("Ctrl-C stops it.")

    return await _until_stopped(config, ready)


async def _run_demo(data: Path) -> int:
    """The program beside its sandbox; ends when either is told to or ends."""
    from bridge import demo
    from bridge.config import load

    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with demo.sandbox(data) as sandbox:
        values = demo.environment(sandbox.url, data)
        os.environ.update(values)
        config = load(demo.CONFIG, data)

        async def greet() -> None:
            await sandbox.introduce(await listening)
            demo.remember(values, data)
            say(f"Pinthread runs beside its sandbox. Open {sandbox.url}/")
            say("Ctrl-C stops both.")

        async def watch() -> None:
            raise await sandbox.ended()

        async with asyncio.TaskGroup() as tasks:
            others = [tasks.create_task(greet()), tasks.create_task(watch())]
            code = await _until_stopped(config, listening.set_result)
            for task in others:
                task.cancel()
    return code


async def _until_stopped(config: "Config", ready: Callable[[str], None]) -> int:
    """Runs the program until a signal, and gives it a bounded time to stop cleanly."""
    from bridge import app
    from bridge.telemetry import start_logging

    start_logging(config.log.level, config.log.format)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    program = asyncio.create_task(app.run(config, stop, ready))
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((program, stopped), return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:  # the sandbox is gone
        stop.set()
        await asyncio.wait((program,), timeout=STOP)
        program.cancel()
        raise
    stopped.cancel()
    done, _ = await asyncio.wait((program,), timeout=STOP)
    if not done:
        # Whatever was acknowledged is committed already; only calls under way are cut.
        program.cancel()
        say(f"It did not stop within {STOP:.0f} s and was ended.", sys.stderr)
        return 1
    await program
    return 0


def serve(running: Coroutine[Any, Any, int]) -> int:
    """Runs to the end; failures that a person can act on become one line."""
    import uvloop  # measured: docs/decisions/0007-uvloop.md

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(running)
    except KeyboardInterrupt:  # Ctrl-C before it ran; what was started has been ended
        return 130
    except BaseExceptionGroup as group:
        for failed in _leaves(group):
            if isinstance(failed, Failed | StoreError):
                raise failed from None
            if isinstance(failed, OSError):
                raise CommandError(f"Cannot start: {failed}") from None
        raise
    except OSError as failed:
        raise CommandError(f"Cannot start: {failed}") from failed


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for failed in group.exceptions:
        found += _leaves(failed) if isinstance(failed, BaseExceptionGroup) else [failed]
    return found


def load(options: argparse.Namespace) -> "Config":
    """The configuration that `run` would take, or took: the sandbox's, if there is no file."""
    from bridge import demo
    from bridge.config import load

    if options.config or CONFIG.exists():
        return load(options.config or CONFIG, options.data)
    last = demo.last_environment(options.data)
    if last is None:
        raise ConfigError(
            f"There is no {CONFIG} here. Copy config.example.yaml and fill it in, or start "
            "the sandbox with `pinthread run`."
        )
    os.environ.update(last)
    return load(demo.CONFIG, options.data)
