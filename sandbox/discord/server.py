"""The Discord server of the sandbox: puts its parts together and mounts them.

Promise: real discord.py and plain HTTP callers work against it unchanged, once told its
addresses. Its rules are Discord's as far as docs/sandbox.md says.
"""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.control import ControlError, answer, read
from sandbox.discord import world
from sandbox.discord.acts import Acts
from sandbox.discord.channels import Channels
from sandbox.discord.commands import Commands
from sandbox.discord.context import Context
from sandbox.discord.control import People
from sandbox.discord.gateway import Gateway
from sandbox.discord.guild import Guild
from sandbox.discord.interactions import Interactions
from sandbox.discord.messages import Messages
from sandbox.discord.permissions import sees
from sandbox.discord.pictures import Pictures
from sandbox.discord.ratelimits import RateLimits
from sandbox.discord.rest import Rest
from sandbox.discord.roles import Roles
from sandbox.discord.shapes import Shapes
from sandbox.discord.state import State
from sandbox.discord.talk import Talk
from sandbox.discord.tending import Tending
from sandbox.discord.view import View
from sandbox.discord.webhooks import Webhooks

if TYPE_CHECKING:
    from sandbox.server import Kernel


class DiscordServer:
    """Everything under /discord/ and /_control/discord/."""

    def __init__(self, kernel: "Kernel") -> None:
        self._kernel = kernel
        self._state = State(kernel.disk)
        shapes = Shapes(self._state, lambda: kernel.base_url)
        self._shapes = shapes
        self._gateway = Gateway(kernel, shapes, self._open_threads)
        talk = Talk(kernel, self._state, shapes, self._gateway)
        context = Context(kernel, self._state, shapes, self._gateway, talk)
        self._limits = RateLimits(lambda: kernel.limit_factor["discord"])
        self._messages = Messages(context)
        self._messages.remember()
        self._interactions = Interactions(context)
        commands = Commands(context)
        webhooks = Webhooks(context, self._interactions.later)
        channels, guild = Channels(context), Guild(context)
        parts = (guild, channels, self._messages, webhooks, commands, self._interactions)
        routes = [route for part in parts for route in part.routes()]
        self._rest = Rest(kernel, self._limits, routes, lambda: self._state.settings["tier"])
        self._pictures = Pictures(self._state)
        self._view = View(context, self._interactions)
        self._roles = Roles(context, self._view)
        self._people = People(context, self._view, self._roles)
        self._tending = Tending(context, self._view)
        self._acts = Acts(context, self._view, self._interactions, commands)

    def _open_threads(self) -> list[dict[str, Any]]:
        return [
            self._shapes.channel(thread)
            for thread in self._state.threads()
            if not thread.archived and sees(self._state, world.BOT, thread)
        ]

    def mount(self, app: web.Application) -> None:
        """Add all routes."""
        app.router.add_get("/discord/gateway", self._gateway.handle)
        app.router.add_get("/discord/gateway/", self._gateway.handle)
        self._pictures.mount(app)
        self._people.mount(app)
        self._roles.mount(app)
        self._acts.mount(app)
        self._tending.mount(app)
        app.router.add_get("/_control/discord/invalid", self._invalid)
        app.router.add_put("/_control/discord/invalid", self._invalid)
        app.router.add_get("/_control/discord/late", self._late)
        self._rest.mount(app)

    async def _invalid(self, request: web.Request) -> web.Response:
        """How near the program is to a ban; the limit can be set lower."""
        invalid = self._rest.invalid
        if request.method == "PUT":
            limit = (await read(request)).get("limit")
            if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
                raise ControlError("limit is a whole number from 1.")
            invalid.limit = limit
        told = {"count": invalid.count, "most": invalid.most, "limit": invalid.limit}
        return answer({**told, "banned": invalid.banned})

    async def _late(self, _: web.Request) -> web.Response:
        """Answers once every call that a fault applies late has been applied or refused."""
        await self._rest.settled()
        return answer({})

    async def set_power(self, on: bool) -> None:
        """Off cuts every connection; the sessions stay resumable for two minutes."""
        if not on:
            self._gateway.cut_all()

    def world(self) -> dict[str, Any]:
        """What a program and a page need to know."""
        base = self._kernel.base_url
        return {
            "guild": {"id": world.GUILD, "name": world.GUILD_NAME, "owner": world.OWNER},
            "api_url": f"{base}/discord/api/v10",
            "gateway_url": f"{base.replace('http', 'ws', 1)}/discord/gateway",
            "cdn_url": f"{base}/discord/cdn",
            "token": world.TOKEN,
            **self._view.world(),
        }

    def reset(self) -> None:
        """Back to the world it starts with; sessions end and cannot be resumed."""
        self._gateway.forget()
        self._limits.clear()
        self._rest.invalid.clear()
        self._messages.forget()
        self._interactions.reset()
        self._state.load()

    async def close(self) -> None:
        """End every connection and every late call."""
        self._gateway.forget()
        await self._rest.close()
