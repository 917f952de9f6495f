"""`python -m sandbox`: run the sandbox until SIGTERM.

Prints one line of JSON, `{"url": ...}`, once it listens. All else it has to say goes to
standard error. One folder of data is for one sandbox at a time: a second one says where the
first one is, and ends with code 2.
"""

import argparse
import asyncio
import fcntl
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from sandbox.disk import Disk
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.live import Live
from sandbox.server import Kernel, start

RUNNING = "running"
"""The file beside the data that is locked while a sandbox runs on it, and says where."""


class RunningError(Exception):
    """Another sandbox has that folder; the message is a line for a person."""


def main(argv: list[str] | None = None) -> int:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="A local Slack workspace, Discord server and small Pinterest on one address.",
    )
    parser.add_argument(
        "--listen",
        type=_address,
        default=("127.0.0.1", 8765),
        metavar="HOST:PORT",
        help="where to listen; port 0 takes a free one (default: 127.0.0.1:8765)",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="where to keep what it holds (default: in memory only)",
    )
    options = parser.parse_args(argv)
    try:
        with _held(options.data) as held:
            asyncio.run(_serve(options.listen, options.data, held))
    except RunningError as running:
        print(running, file=sys.stderr)  # noqa: T201
        return 2
    except OSError as failed:
        print(f"The sandbox cannot start: {failed}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _address(value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{value!r} is not HOST:PORT")
    return host.strip("[]"), int(port)


@contextmanager
def _held(data: Path | None) -> Iterator[TextIO | None]:
    """Holds the folder; the kernel lets go of it however the process ends."""
    if data is None:
        yield None
        return
    data.mkdir(parents=True, exist_ok=True)
    with (data / RUNNING).open("a+") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.seek(0)
            at = held.read().strip()
            where = f"at {at} Open that" if at else "and just starting. Wait for it"
            raise RunningError(
                f"A sandbox is running already on {data}, {where}, or end it first."
            ) from None
        held.truncate(0)
        yield held


async def _serve(listen: tuple[str, int], data: Path | None, held: TextIO | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    disk = Disk(None if data is None else data / "sandbox.sqlite")
    kernel = Kernel(Journal(), Faults(), disk, Live())
    runner = await start(kernel, *listen)
    if held is not None:
        held.write(f"{kernel.base_url}/\n")
        held.flush()
    sys.stdout.write(json.dumps({"url": kernel.base_url}) + "\n")
    sys.stdout.flush()
    try:
        await stop.wait()
    finally:
        await runner.cleanup()
        disk.close()


if __name__ == "__main__":
    sys.exit(main())
