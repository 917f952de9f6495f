"""`/_control/slack/...`: guests, people of other workspaces, and channels that others can read.

A guest is single-channel or multi-channel; a person of another workspace is here through a
shared channel (Slack Connect). A private channel becomes public or back, a channel is
connected with another workspace or parted from it; the app is told as Slack tells it.
"""

import uuid

from aiohttp import web

from sandbox import world
from sandbox.control import ControlError, answer, read, text
from sandbox.slack.people import Place
from sandbox.slack.posting import Posting
from sandbox.slack.workspace import GUESTS, Channel, Resident

#: A workspace of somebody else.
OTHER_TEAM = "T0FJORD"


class Outsiders:
    """The control calls."""

    def __init__(self, place: Place, posting: Posting) -> None:
        self._place = place
        self._posting = posting

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        for name, handler in (
            ("person", self._person),
            ("connect", self._connect),
            ("convert", self._convert),
        ):
            app.router.add_post(f"/_control/slack/{name}", handler)

    async def _person(self, request: web.Request) -> web.Response:
        """Somebody new: a colleague, a guest, or a person of another workspace."""
        body = await read(request)
        handle, guest = text(body, "handle"), text(body, "guest", "")
        people = self._place.workspace.people
        if guest not in GUESTS:
            raise ControlError(f"guest is one of {', '.join(filter(None, GUESTS))}.")
        if any(person.handle == handle for person in people.values()):
            raise ControlError(f"There is a person {handle} already.")
        person = Resident(
            f"U{uuid.uuid4().hex[:10].upper()}",
            text(body, "name", handle.title()),
            handle,
            text(body, "team", world.SLACK_TEAM),
            guest,
        )
        places = body.get("channels", [])
        if not isinstance(places, list):
            raise ControlError("channels is a list of ids.")
        channels = [self._shared(self._place.channel(str(name)), person) for name in places]
        self._place.workspace.save_person(person)
        for channel in channels:
            self._posting.join(channel, person.id)
        return answer({"id": person.id})

    def _shared(self, channel: Channel, person: Resident) -> Channel:
        if person.team != world.SLACK_TEAM and person.team not in channel.teams:
            raise ControlError(f"{channel.id} is not shared with {person.team}.")
        return channel

    async def _connect(self, request: web.Request) -> web.Response:
        """Share a channel with another workspace, or end that with `off`."""
        body = await read(request)
        channel = self._channel(body)
        team = text(body, "team", OTHER_TEAM)
        if body.get("off"):
            if team not in channel.teams:
                raise ControlError(f"{channel.id} is not shared with {team}.")
            self._posting.part(channel, team)
        elif team not in channel.teams:
            self._posting.connect(channel, team)
        return answer({"teams": channel.teams})

    async def _convert(self, request: web.Request) -> web.Response:
        """Make a private channel public, or a public one private."""
        body = await read(request)
        person, channel = self._place.user(body), self._channel(body)
        kind = "group" if body.get("private") else "channel"
        if channel.kind == kind:
            raise ControlError(f"{channel.id} is that already.")
        self._posting.convert(channel, kind, person.id)
        return answer({"kind": channel.kind})

    def _channel(self, body: dict[str, object]) -> Channel:
        channel = self._place.channel(text(body, "channel"))
        if channel.kind == "im":
            raise ControlError("Direct messages are never shared.")
        return channel
