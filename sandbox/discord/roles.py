"""Roles and private channels, as the server's owner sets them, in the control API.

A member update is told only to sessions with the privileged intent for it, which the
application may not use: a program learns somebody's roles from what that person does.
"""

from typing import Any

from aiohttp import web

from sandbox.control import ControlError, answer, read, text
from sandbox.discord import gateway as gw
from sandbox.discord import world
from sandbox.discord.context import Context
from sandbox.discord.gateway import Event
from sandbox.discord.state import DM, private_to
from sandbox.discord.view import View


class Roles:
    """The control calls that say who holds which role, and who sees which channel."""

    def __init__(self, context: Context, view: View) -> None:
        self._context = context
        self._state = context.state
        self._view = view

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        base = "/_control/discord/"
        app.router.add_get(base + "roles", self._shown)
        app.router.add_put(base + "roles", self._set)
        app.router.add_put(base + "privacy", self._privacy)

    async def _shown(self, _: web.Request) -> web.Response:
        return answer({"roles": self._state.settings["roles"]})

    async def _set(self, request: web.Request) -> web.Response:
        """Make a role, or say who holds it from now on."""
        body = await read(request)
        name = text(body, "name")
        members = self._people(body, "members")
        if not 1 <= len(name) <= 100:
            raise ControlError("A role has a name of 1 to 100 characters.")
        roles = self._state.settings["roles"]
        known = next((one for one in roles if name in (one["name"], one["id"])), None)
        role = {"id": self._state.snowflake(), "name": name} if known is None else known
        made = {**role, "members": members}
        self._state.set("roles", [*(one for one in roles if one["id"] != made["id"]), made])
        if known is None:
            shape = next(one for one in self._context.shapes.roles() if one["id"] == made["id"])
            told = {"guild_id": world.GUILD, "role": shape}
            self._context.gateway.dispatch(Event("GUILD_ROLE_CREATE", told, gw.GUILDS))
        for user in {*role.get("members", ()), *members}:
            told = {"guild_id": world.GUILD, **self._context.shapes.member(user)}
            self._context.gateway.dispatch(Event("GUILD_MEMBER_UPDATE", told, gw.MEMBERS))
        return answer(made)

    async def _privacy(self, request: web.Request) -> web.Response:
        """A channel becomes private to some, or visible to everyone."""
        body = await read(request)
        channel = self._view.place(text(body, "channel"), None)
        if channel.type == DM or channel.is_thread:
            raise ControlError("Only a channel of the server is private or not.")
        rules = self.rules(body)
        self._context.talk.change_channel(channel, overwrites=rules)
        told = {"channel": channel.id, "private": bool(rules)}
        self._context.kernel.journal.record("discord", "privacy", told, {})
        return answer(told)

    def rules(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """The overwrites that a body asks for: `private`, and the `roles` and `people` let in."""
        private = body.get("private")
        if not isinstance(private, bool):
            raise ControlError("private is true or false.")
        known = {one["name"]: one["id"] for one in self._state.settings["roles"]}
        wanted = body.get("roles") or []
        if not isinstance(wanted, list) or not {*map(str, wanted)} <= {*known, *known.values()}:
            raise ControlError("roles is a list of names of roles.")
        roles = [known.get(str(one), str(one)) for one in wanted]
        people = self._people(body, "people")
        return private_to(roles, people) if private else []

    def _people(self, body: dict[str, Any], key: str) -> list[str]:
        given = body.get(key) or []
        if not isinstance(given, list):
            raise ControlError(f"{key} is a list of people.")
        return [self._view.user({"user": one}) for one in given]
