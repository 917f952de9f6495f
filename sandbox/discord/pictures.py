"""The content server: drawn pictures of people, and the files that messages carry.

A webhook post's picture lives where its `avatar_url` points, so its address here forwards
there.
"""

from html import escape

from aiohttp import web

from sandbox.discord import world
from sandbox.discord.state import State

_PEOPLE = {person.id: person for person in (*world.PEOPLE, world.BOT_PERSON)}
_FOREVER = {"Cache-Control": "public, max-age=86400"}


class Pictures:
    """Serves /discord/cdn."""

    def __init__(self, state: State) -> None:
        self._state = state

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        base = "/discord/cdn"
        app.router.add_get(base + "/avatars/{user}/{file}", self._avatar)
        app.router.add_get(base + "/embed/avatars/{file}", self._default)
        app.router.add_get(base + "/attachments/{channel}/{file_id}/{name}", self._attachment)

    async def _avatar(self, request: web.Request) -> web.StreamResponse:
        user = request.match_info["user"]
        person = _PEOPLE.get(user)
        if person is not None:
            return _drawn(initials(person.name), person.colour)
        wanted = request.match_info["file"].partition(".")[0]
        for message in self._state.messages():
            if message.author["id"] == user and message.author["avatar"] == wanted:
                if message.picture:
                    raise web.HTTPFound(message.picture)
                return _drawn(initials(message.author["username"]), "#5d6f86")
        return web.Response(status=404)

    async def _default(self, _: web.Request) -> web.StreamResponse:
        return _drawn("?", "#5d6f86")

    async def _attachment(self, request: web.Request) -> web.StreamResponse:
        file = self._state.files.get(request.match_info["file_id"])
        if file is None or file.name != request.match_info["name"]:
            return web.Response(status=404, text="This content is no longer available.")
        shown = file.type if file.type.startswith(_SHOWN) else ""
        return web.Response(body=file.data, content_type=shown or "application/octet-stream")


_SHOWN = ("image/", "video/", "audio/", "text/plain")


def initials(name: str) -> str:
    """Up to two letters for a picture."""
    words = [word for word in name.split() if word]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def _drawn(letters: str, colour: str) -> web.Response:
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128" viewBox="0 0 128 128">'
        f'<rect width="128" height="128" fill="{colour}"/>'
        '<text x="64" y="67" fill="#fff" font-family="sans-serif" font-size="56" '
        'font-weight="600" text-anchor="middle" dominant-baseline="central">'
        f"{escape(letters)}</text></svg>"
    )
    return web.Response(body=picture.encode(), content_type="image/svg+xml", headers=_FOREVER)
