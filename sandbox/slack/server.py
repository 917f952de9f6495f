"""The Slack workspace as a part of the sandbox: puts its pieces together and mounts them."""

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox import world
from sandbox.faults import Fault
from sandbox.slack import avatars
from sandbox.slack.access import channel_object
from sandbox.slack.api import Api
from sandbox.slack.around import Around
from sandbox.slack.chat import Chat
from sandbox.slack.conversations import Conversations
from sandbox.slack.delivery import DeliveryControl
from sandbox.slack.directory import Directory
from sandbox.slack.errors import ApiError
from sandbox.slack.files import Files
from sandbox.slack.gestures import SHORTCUTS, Gestures
from sandbox.slack.interact import Interact
from sandbox.slack.outsiders import Outsiders
from sandbox.slack.outward import Session
from sandbox.slack.people import People, Place
from sandbox.slack.posting import Posting
from sandbox.slack.push import Push
from sandbox.slack.responses import Responses, payload_of
from sandbox.slack.views import Views
from sandbox.slack.workspace import Workspace
from sandbox.wire import cut

if TYPE_CHECKING:
    from sandbox.server import Kernel

log = logging.getLogger(__name__)


class SlackServer:
    """Everything under `/slack/` and `/_control/slack/`."""

    def __init__(self, kernel: "Kernel") -> None:
        self._kernel = kernel
        self._session = Session()
        self._workspace = Workspace(kernel.disk)
        self._push = Push(kernel, self._session)
        self._posting = Posting(self._workspace, kernel.live, self._push.emit)
        self._interact = Interact(kernel, self._push, self._session)
        self._directory = Directory(kernel, self._workspace, self._push.link)
        chat = Chat(self._workspace, self._posting, self._interact)
        views = Views(self._workspace, self._posting, self._interact)
        self._files = Files(kernel, self._workspace, self._posting, chat)
        self._responses = Responses(self._workspace, self._posting, self._interact, chat)
        self._api = Api(
            kernel,
            self._workspace,
            {
                **self._directory.methods(),
                **Conversations(self._workspace, self._posting).methods(),
                **chat.methods(),
                **views.methods(),
                **self._files.methods(),
            },
        )
        place = Place(self._workspace)
        self._people = People(place, self._posting, self._files, self._directory)
        self._around = Around(place, self._posting)
        self._outsiders = Outsiders(place, self._posting)
        self._gestures = Gestures(place, self._interact, views, self._responses)
        self._delivery = DeliveryControl(kernel, self._push, self._session, self._workspace)
        self._running: asyncio.Task[None] | None = None

    def mount(self, app: web.Application) -> None:
        """Add the routes, and start pushing events with the application."""
        app.router.add_route("*", "/slack/api/{method}", self._api.handle)
        app.router.add_get("/slack/socket", self._socket)
        app.router.add_post("/slack/response/{key}", self._respond)
        app.router.add_get("/slack/avatars/{name}.svg", avatars.serve)
        self._files.mount(app, self._api.under_fault)
        self._people.mount(app)
        self._around.mount(app)
        self._outsiders.mount(app)
        self._gestures.mount(app)
        self._delivery.mount(app)
        app.on_startup.append(self._start)

    async def close(self) -> None:
        """End every connection and stop pushing."""
        self._push.link.cut()
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self._api.close()
        await self._session.close()

    async def set_power(self, on: bool) -> None:
        """The platform goes down or comes back; the kernel already knows."""
        self._push.power(on=on)

    async def program_changed(self) -> None:
        """The program has told where it listens."""
        self._push.changed()

    def reset(self) -> None:
        """Back to the world it starts with."""
        self._push.reset()
        self._interact.reset()
        self._workspace.reset()
        self._api.reset()

    def world(self) -> dict[str, Any]:
        """What a configuration needs to know, and who and what is there now."""
        base = f"{self._kernel.base_url}/slack"
        return {
            "team": {
                "id": world.SLACK_TEAM,
                "name": world.SLACK_TEAM_NAME,
                "domain": world.SLACK_DOMAIN,
            },
            "app_id": world.SLACK_APP,
            "bot": {
                "user": world.SLACK_BOT_USER,
                "id": world.SLACK_BOT,
                "name": world.SLACK_BOT_NAME,
                "picture": self._directory.picture(world.SLACK_BOT_USER),
            },
            "api_url": f"{base}/api/",
            "bot_token": world.SLACK_BOT_TOKEN,
            "app_token": world.SLACK_APP_TOKEN,
            "signing_secret": world.SLACK_SIGNING_SECRET,
            "people": [
                {
                    "id": person.id,
                    "name": person.name,
                    "handle": person.handle,
                    "picture": self._directory.picture(person.id),
                    "admin": self._directory.user(person)["is_admin"],
                    "team": person.team,
                    "guest": person.guest,
                }
                for person in self._workspace.people.values()
            ],
            "shortcuts": {
                kind: [{"callback_id": callback, "name": name} for callback, name in named.items()]
                for kind, named in SHORTCUTS.items()
            },
            "channels": [
                {
                    "id": channel.id,
                    "name": channel.name,
                    "kind": channel.kind,
                    "members": channel.members,
                    "archived": channel_object(channel)["is_archived"],
                    "teams": channel.teams,
                }
                for channel in self._workspace.channels.values()
            ],
        }

    async def _start(self, _: web.Application) -> None:
        self._running = asyncio.create_task(self._push.run(), name="slack push")
        self._running.add_done_callback(_report)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if not self._kernel.power["slack"]:
            return cut(request)
        return await self._push.link.handle(request)

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        if not self._kernel.power["slack"]:
            return cut(request)
        try:
            payload = await payload_of(request)
        except ApiError as refused:
            return web.Response(status=400, text=refused.code)

        def apply(fault: Fault | None) -> web.Response:
            response = self._interact.respond(request.match_info["key"])
            if response is None:
                return web.json_response({"ok": False, "error": "used_url"}, status=404)
            try:
                self._responses.apply(response, payload)
            except ApiError as refused:
                return web.json_response({"ok": False, "error": refused.code}, status=400)
            kind = fault.kind if fault is not None else None
            self._kernel.journal.record("slack", "response_url", payload, {"ok": True}, kind)
            return web.Response(text="ok")

        return await self._api.under_fault(request, "response_url", apply)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("slack.push.stopped", exc_info=task.exception())
