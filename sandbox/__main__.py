"""`python -m sandbox`: run the sandbox until SIGTERM.

Prints one line of JSON, `{"url": ...}`, once it listens. All else it has to say goes to
standard error.
"""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from sandbox.disk import Disk
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.live import Live
from sandbox.server import Kernel, start


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
        asyncio.run(_serve(options.listen, options.data))
    except OSError as failed:
        print(f"The sandbox cannot start: {failed}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _address(value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{value!r} is not HOST:PORT")
    return host.strip("[]"), int(port)


async def _serve(listen: tuple[str, int], data: Path | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    disk = Disk(None if data is None else data / "sandbox.sqlite")
    kernel = Kernel(Journal(), Faults(), disk, Live())
    runner = await start(kernel, *listen)
    sys.stdout.write(json.dumps({"url": kernel.base_url}) + "\n")
    sys.stdout.flush()
    try:
        await stop.wait()
    finally:
        await runner.cleanup()
        disk.close()


if __name__ == "__main__":
    sys.exit(main())
