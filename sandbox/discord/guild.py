"""REST: the bot itself, its application, the server, its people, and opening direct messages.

Nothing here changes anything but the direct message channel that is made when first asked for.
"""

from typing import Any

from sandbox.discord import world
from sandbox.discord.answers import Answer, ApiError, unknown
from sandbox.discord.context import Context
from sandbox.discord.forms import Form
from sandbox.discord.permissions import permissions
from sandbox.discord.ratelimits import Bucket
from sandbox.discord.rest import Call, Route
from sandbox.discord.shapes import PEOPLE
from sandbox.discord.state import TEXT, Channel

OPEN_DIRECT = Bucket("open direct messages", 10, 10.0)


class Guild:
    """The routes of the bot and its server."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """The table."""
        guild = "/guilds/{guild_id}"
        return [
            Route("GET", "/gateway", self._gateway, auth=False),
            Route("GET", "/gateway/bot", self._gateway_bot),
            Route("GET", "/users/@me", self._me),
            Route("GET", "/users/@me/guilds", self._guilds),
            Route("POST", "/users/@me/channels", self._open_direct, OPEN_DIRECT),
            Route("GET", "/users/{user_id}", self._user),
            Route("GET", "/oauth2/applications/@me", self._application),
            Route("GET", "/applications/@me", self._application),
            Route("GET", guild, self._guild),
            Route("GET", guild + "/channels", self._guild_channels),
            Route("GET", guild + "/roles", self._roles),
            Route("GET", guild + "/members/search", self._search_members),
            Route("GET", guild + "/members/{user_id}", self._member),
            Route("GET", guild + "/emojis", self._emojis),
        ]

    # The bot and its server

    def _gateway(self, _: Call) -> Answer:
        address = self._context.kernel.base_url.replace("http", "ws", 1)
        return Answer(200, {"url": f"{address}/discord/gateway"})

    def _gateway_bot(self, call: Call) -> Answer:
        limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        found = {**self._gateway(call).body, "shards": 1, "session_start_limit": limit}
        return Answer(200, found)

    def _me(self, _: Call) -> Answer:
        return Answer(200, self._context.shapes.me())

    def _application(self, _: Call) -> Answer:
        return Answer(200, self._context.shapes.application())

    def _guilds(self, _: Call) -> Answer:
        found: dict[str, Any] = {
            "id": world.GUILD,
            "name": world.GUILD_NAME,
            "icon": None,
            "banner": None,
            "owner": False,
            "permissions": str(permissions(self._context.state, world.BOT, self._first())),
            "features": [],
        }
        return Answer(200, [found])

    def _first(self) -> Channel:
        return next(one for one in self._context.state.channels.values() if one.type == TEXT)

    def _user(self, call: Call) -> Answer:
        user = call.params["user_id"]
        if user != world.BOT and user not in PEOPLE:
            raise unknown("user")
        return Answer(200, self._context.shapes.user(user))

    def _open_direct(self, call: Call) -> Answer:
        form = Form({} if call.body is None else call.body)
        user = form.snowflake("recipient_id", required=True) or ""
        form.done()
        if user == world.BOT:
            raise ApiError(400, 50007, "Cannot send messages to this user")
        if user not in PEOPLE:
            raise unknown("user")
        channel = self._context.state.direct(user)
        return Answer(200, self._context.shapes.channel(channel))

    def _in_guild(self, call: Call) -> None:
        if call.params["guild_id"] != world.GUILD or self._context.shapes.away:
            raise unknown("guild")

    def _guild(self, call: Call) -> Answer:
        self._in_guild(call)
        return Answer(200, self._context.shapes.guild(gateway=False))

    def _guild_channels(self, call: Call) -> Answer:
        self._in_guild(call)
        return Answer(200, self._context.shapes.channels())

    def _roles(self, call: Call) -> Answer:
        self._in_guild(call)
        return Answer(200, self._context.shapes.roles())

    def _emojis(self, call: Call) -> Answer:
        self._in_guild(call)
        return Answer(200, self._context.shapes.emojis())

    def _search_members(self, call: Call) -> Answer:
        self._in_guild(call)
        form = Form(dict(call.query))
        query = (form.text("query", longest=100, shortest=1, required=True) or "").lower()
        limit = form.number("limit", low=1, high=1000) or 1
        form.done()
        found = [
            self._context.shapes.member(person.id)
            for person in (*world.PEOPLE, world.BOT_PERSON)
            if person.username.startswith(query) or person.name.lower().startswith(query)
        ]
        return Answer(200, found[:limit])

    def _member(self, call: Call) -> Answer:
        self._in_guild(call)
        user = call.params["user_id"]
        if user != world.BOT and user not in PEOPLE:
            raise unknown("member")
        return Answer(200, self._context.shapes.member(user))
