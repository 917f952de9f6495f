"""The demonstration: acting as the people of `web.demo` without signing in.

Exists only where the settings ask for it, which they can on a loopback address
alone. The page of the sandbox uses it from its own origin: it says things as
somebody, and reads the strips that say where messages stand.
"""

from asyncio import sleep
from contextlib import suppress

import msgspec
from aiohttp import web

from core.ids import ThreadId
from core.intents import Handle, PostMessage, StartThread, What
from core.model import Account
from core.ports.reading import Change
from web import shapes
from web.api import Api, answer, handles, known, number, read
from web.live import GATHER
from web.problems import Problem
from web.settings import Demo
from web.site import Site
from web.sse import Streams, following

MOST_NOTED = 1_000


class DemoApi:
    def __init__(self, site: Site, api: Api, streams: Streams, demo: Demo) -> None:
        self._desk = site.desk
        self._api = api
        self._streams = streams
        self._handles = frozenset(name.lower() for name in demo.people)
        self._people = demo.people

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/demo/people", self.people),
            web.post("/api/demo/say", self.say),
            web.get("/api/demo/deliveries", self.deliveries),
            web.get("/api/demo/live", self.live),
        ]

    async def account(self, handle: str) -> Account | None:
        """The account of a listed handle; nobody else can be acted as."""
        name = handle.strip().removeprefix("@").lower()
        if name not in self._handles:
            return None
        return (await self._desk.find_people([Handle(name)]))[0]

    async def people(self, _: web.Request) -> web.Response:
        found = await self._desk.find_people([Handle(name) for name in self._people])
        return answer(shapes.PeopleShape(shapes.persons(known(found))))

    async def say(self, request: web.Request) -> web.Response:
        body = await read(request, shapes.DemoWords)
        account = await self.account(body.speaker)
        if account is None:
            raise Problem(422, "cannot_act", "web.demo.people does not list that person.")
        done = await self._api.submit(request, account.id, await self._what(body), body)
        return answer(shapes.SaidShape(done.thread, done.message), 201, done)

    async def _what(self, body: shapes.DemoWords) -> What:
        pin = await self._api.pin_of(body.pin)
        if body.thread:
            return PostMessage(ThreadId(body.thread), body.text, pin)
        to = (body.to,) if isinstance(body.to, str) else body.to
        return StartThread(handles(to), pin, body.text)

    async def deliveries(self, request: web.Request) -> web.Response:
        platform = request.query.get("platform", "")
        channel = request.query.get("channel", "")
        limit = number(request, "limit", 200, 1_000)
        strips = await self._desk.strips(platform, channel, limit)
        messages = {
            remote.rpartition(":")[2]: shapes.deliveries(found) for remote, found in strips.items()
        }
        behind = shapes.behind(self._desk.catching_up())
        return answer(shapes.StripsShape(behind, messages, dict(await self._desk.waiting())))

    async def live(self, request: web.Request) -> web.StreamResponse:
        """One `change` for each thread in which something has changed, put together."""
        changed: set[tuple[str, str]] = set()
        async with self._streams.opened(request, "demo") as stream:

            def note(change: Change) -> None:
                if len(changed) < MOST_NOTED:
                    changed.add((change.thread, change.kind))
                stream.news.set()

            async with following(self._desk, note):
                with suppress(ConnectionError):
                    await stream.send(b"{}", event="ready")
                    while stream.open:
                        await sleep(GATHER)
                        news = sorted(changed)
                        changed.clear()
                        for thread, kind in news:
                            data = msgspec.json.encode({"thread": thread, "kind": kind})
                            await stream.send(data, event="change")
                        await stream.wait()
            return stream.response
