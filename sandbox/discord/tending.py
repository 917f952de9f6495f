"""What befalls the Discord server: the owner's acts and Discord's own, in the control API.

Messages are purged, reactions cleared, channels renamed, addresses unfurled, emoji made, and
the bot is sent away and asked back. Documented in docs/sandbox.md.
"""

from typing import Any

from aiohttp import web

from sandbox.control import ControlError, MissingError, answer, read, text
from sandbox.discord import gateway as gw
from sandbox.discord import world
from sandbox.discord.answers import ApiError
from sandbox.discord.context import Context
from sandbox.discord.gateway import Event
from sandbox.discord.messages import emoji_key
from sandbox.discord.state import DM
from sandbox.discord.view import View


class Tending:
    """The control calls that are nobody's words."""

    def __init__(self, context: Context, view: View) -> None:
        self._context = context
        self._state = context.state
        self._view = view

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        base = "/_control/discord/"
        app.router.add_post(base + "purge", self._purge)
        app.router.add_post(base + "clear", self._clear)
        app.router.add_post(base + "rename", self._rename)
        app.router.add_post(base + "unfurl", self._unfurl)
        app.router.add_put(base + "emojis", self._emojis)
        app.router.add_put(base + "tier", self._tier)
        app.router.add_put(base + "bot", self._bot)
        app.router.add_put(base + "outage", self._outage)

    async def _purge(self, request: web.Request) -> web.Response:
        body = await read(request)
        named = body.get("messages")
        if not isinstance(named, list) or not 2 <= len(named) <= 100:
            raise ControlError("messages is a list of 2 to 100 ids.")
        found = [self._view.message({"message": str(one)}, world.OWNER) for one in named]
        if len({message.channel for message in found}) > 1:
            raise ControlError("They are not in one channel.")
        self._context.talk.delete(*found, bulk=True)
        self._told("purge", channel=found[0].channel, messages=[one.id for one in found])
        return answer({"ids": [one.id for one in found]})

    async def _clear(self, request: web.Request) -> web.Response:
        body = await read(request)
        message = self._view.message(body, world.OWNER)
        key = None
        if "emoji" in body:
            try:
                key = emoji_key(text(body, "emoji"), self._state.settings["emojis"])
            except ApiError as bad:
                raise ControlError("There is no such emoji.") from bad
        self._context.talk.clear_reactions(message, key)
        self._told("clear", channel=message.channel, message=message.id, emoji=key)
        return answer({"id": message.id})

    async def _rename(self, request: web.Request) -> web.Response:
        body = await read(request)
        channel = self._view.place(text(body, "channel"), None)
        name = text(body, "name")
        if channel.type == DM or not 1 <= len(name) <= 100:
            raise ControlError("A channel or thread has a name of 1 to 100 characters.")
        if channel.is_thread:
            self._context.talk.change_thread(channel, name=name)
        else:
            self._context.talk.change_channel(channel, name=name)
        self._told("rename", channel=channel.id, name=name)
        return answer({"id": channel.id})

    async def _unfurl(self, request: web.Request) -> web.Response:
        body = await read(request)
        message = self._view.message(body, world.OWNER)
        embed = {"type": "link", "url": text(body, "url"), "title": text(body, "title", "A page")}
        self._context.talk.edit(message, silent=True, embeds=[*message.embeds, embed])
        self._told("unfurl", channel=message.channel, message=message.id)
        return answer({"id": message.id})

    async def _emojis(self, request: web.Request) -> web.Response:
        names = (await read(request)).get("names")
        if not isinstance(names, list) or not all(
            isinstance(name, str) and 2 <= len(name) <= 32 and name.replace("_", "a").isalnum()
            for name in names
        ):
            raise ControlError("names are 2 to 32 letters, digits and _ each.")
        known = {one["name"]: one for one in self._state.settings["emojis"]}
        made = [known.get(name) or {"id": self._state.snowflake(), "name": name} for name in names]
        self._state.set("emojis", made)
        return answer({"emojis": made})

    async def _tier(self, request: web.Request) -> web.Response:
        """The server is boosted, or no longer."""
        tier = (await read(request)).get("tier")
        if isinstance(tier, bool) or tier not in (0, 1, 2, 3):
            raise ControlError("tier is 0, 1, 2 or 3.")
        self._state.set("tier", tier)
        data = self._context.shapes.guild(gateway=False)
        self._context.gateway.dispatch(Event("GUILD_UPDATE", data, gw.GUILDS))
        self._told("tier", tier=tier)
        return answer({"tier": tier})

    async def _bot(self, request: web.Request) -> web.Response:
        present = (await read(request)).get("present")
        if not isinstance(present, bool):
            raise ControlError("present is true or false.")
        if present is not self._state.settings["away"]:
            raise MissingError("The bot is in the server." if present else "The bot is away.")
        self._state.set("away", not present)
        data: dict[str, Any] = {"id": world.GUILD}
        if present:
            data = self._context.gateway.guild()
        name = "GUILD_CREATE" if present else "GUILD_DELETE"
        self._context.gateway.dispatch(Event(name, data, gw.GUILDS))
        self._told("bot", present=present)
        return answer({"present": present})

    async def _outage(self, request: web.Request) -> web.Response:
        """The server becomes unavailable to the gateway, or comes back; REST goes on."""
        out = (await read(request)).get("out")
        gateway = self._context.gateway
        if not isinstance(out, bool) or out is gateway.out:
            raise ControlError("out is true or false, and another than it is.")
        if out:
            data: dict[str, Any] = {"id": world.GUILD, "unavailable": True}
            gateway.dispatch(Event("GUILD_DELETE", data, gw.GUILDS))
            gateway.out = True
        else:
            gateway.out = False
            gateway.dispatch(Event("GUILD_CREATE", gateway.guild(), gw.GUILDS))
        self._told("outage", out=out)
        return answer({"out": out})

    def _told(self, what: str, **args: Any) -> None:
        self._context.kernel.journal.record("discord", what, args, {})
