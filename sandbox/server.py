"""One process, one address: the kernel that the platforms share, and the application they mount.

`build` puts the control API, Slack, Discord, Pinterest and the page into one application;
`start` listens and tells the kernel its address, which nothing may use before.
"""

from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web

from sandbox.control import Control, errors
from sandbox.disk import Disk
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.live import Live

BODY_LIMIT = 112 * 1024 * 1024


@dataclass(slots=True)
class Kernel:
    """What every platform of the sandbox shares."""

    journal: Journal
    faults: Faults
    disk: Disk
    live: Live
    base_url: str = ""
    power: dict[str, bool] = field(default_factory=lambda: {"slack": True, "discord": True})
    limit_factor: dict[str, float] = field(default_factory=lambda: {"slack": 1.0, "discord": 1.0})
    program: dict[str, str] = field(default_factory=lambda: {"web": "", "slack_events": ""})


class Part(Protocol):
    """A platform, or the page."""

    def mount(self, app: web.Application) -> None:
        """Add its own routes, control calls too."""

    async def close(self) -> None:
        """End what it has running."""


def build(kernel: Kernel) -> web.Application:
    """The whole sandbox as one application; base_url may still be empty."""
    # The parts name the kernel in their signatures, so they are imported only now.
    from sandbox.discord.server import DiscordServer
    from sandbox.page.server import Page
    from sandbox.pinterest.server import PinterestServer
    from sandbox.slack.server import SlackServer

    app = web.Application(middlewares=[errors], client_max_size=BODY_LIMIT)
    parts: dict[str, Part] = {
        "slack": SlackServer(kernel),
        "discord": DiscordServer(kernel),
        "pinterest": PinterestServer(kernel),
        "page": Page(kernel),
    }
    for part in parts.values():
        part.mount(app)
    control = Control(kernel, parts)
    control.mount(app)

    async def stop(_: web.Application) -> None:
        kernel.live.close()
        for part in parts.values():
            await part.close()

    app.on_shutdown.append(stop)
    return app


async def start(kernel: Kernel, host: str, port: int) -> web.AppRunner:
    """Listen (port 0: a free one) and set the kernel's base_url; `cleanup` of it stops all."""
    runner = web.AppRunner(build(kernel), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    address = runner.addresses[0]
    kernel.base_url = f"http://{f'[{host}]' if ':' in host else host}:{address[1]}"
    return runner
