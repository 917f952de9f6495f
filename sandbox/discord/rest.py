"""The way of one REST call: power, faults, headers, limits, the route's own work, journal.

A route's work is one plain function from Call to Answer, so each call is applied whole or not
at all. The tables of routes are in the modules of their subjects.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.discord import world
from sandbox.discord.answers import Answer, ApiError, Limited, respond
from sandbox.discord.ratelimits import Bucket, Invalid, RateLimits, refusal
from sandbox.faults import Fault
from sandbox.wire import cut

if TYPE_CHECKING:
    from sandbox.server import Kernel

REQUEST_LIMIT = 25 * 1024 * 1024
FILE_LIMIT = 10 * 1024 * 1024
#: Of one file where the server is boosted to that tier; a request then takes little more.
BOOSTED = {2: 50 * 1024 * 1024, 3: 100 * 1024 * 1024}
BASES = ("/discord/api/v10", "/discord/api")
PLAIN = Bucket("other", 50, 1.0)
_MAJOR = ("channel_id", "guild_id", "webhook_id", "interaction_id")
_SECRET = ("token", "interaction_token")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart body; `field` is its number as in `files[0]`."""

    field: str
    name: str
    type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """A REST call, read to its end."""

    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    files: tuple[Upload, ...] = ()
    agent: str = ""
    authorization: str = ""

    @property
    def is_bot(self) -> bool:
        """Whether it carries the bot's token."""
        return self.authorization == f"Bot {world.TOKEN}"


@dataclass(frozen=True, slots=True)
class Route:
    """A REST route; `hidden` names the channel whose webhook limit counts."""

    method: str
    path: str
    work: Callable[[Call], Answer]
    bucket: Bucket = PLAIN
    auth: bool = True
    hidden: Callable[[Call], str | None] | None = None
    counts: bool = True

    @property
    def name(self) -> str:
        """The name for faults and journal."""
        return f"{self.method} {self.path}"


@dataclass(slots=True)
class Rest:
    """Serves the routes."""

    kernel: "Kernel"
    limits: RateLimits
    routes: list[Route]
    tier: Callable[[], int] = lambda: 0
    invalid: Invalid = field(default_factory=Invalid)
    _late: set[asyncio.Task[None]] = field(default_factory=set)

    def mount(self, app: web.Application) -> None:
        """Add every route; what is left answers 404 as Discord does."""
        for base in BASES:
            for route in self.routes:
                app.router.add_route(route.method, base + route.path, self._serving(route))
            app.router.add_route("*", base + "/{rest:.*}", self._missing)

    def _serving(self, route: Route) -> Callable[[web.Request], Any]:
        async def serve(request: web.Request) -> web.StreamResponse:
            if self.invalid.banned and self.kernel.power["discord"]:
                return self._counted(_ban())
            return self._counted(await self._serve(route, request))

        return serve

    def _counted(self, response: web.StreamResponse) -> web.StreamResponse:
        self.invalid.note(response.status, response.headers.get("X-RateLimit-Scope"))
        return response

    async def _missing(self, request: web.Request) -> web.StreamResponse:
        if not self.kernel.power["discord"]:
            return cut(request)
        return respond(404, {"message": "404: Not Found", "code": 0})

    async def _serve(self, route: Route, request: web.Request) -> web.StreamResponse:
        if not self.kernel.power["discord"]:
            return cut(request)
        try:
            call = await read_call(request, BOOSTED.get(self.tier(), FILE_LIMIT))
        except ApiError as refused:
            return respond(refused.status, refused.body)
        if not self.kernel.power["discord"]:
            return cut(request)
        fault = self.kernel.faults.take("discord", route.name)
        if fault is None:
            return self._apply(route, call)
        return await self._struck(route, call, request, fault)

    async def _struck(
        self, route: Route, call: Call, request: web.Request, fault: Fault
    ) -> web.StreamResponse:
        options = fault.options
        if fault.kind == "cut":
            return cut(request)
        if fault.kind == "status":
            status = int(options["status"])
            body = options.get("body") or {"message": f"{status}: fault", "code": 0}
            return respond(status, body)
        if fault.kind == "ratelimit":
            return _fault_limit(fault)
        if fault.kind == "late":
            task = asyncio.create_task(self._apply_late(route, call, fault))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
            return respond(500, {"message": "500: Internal Server Error", "code": 0})
        response = self._apply(route, call, fault.kind)
        if fault.kind == "lost":
            return cut(request)
        if fault.kind == "delay":
            await asyncio.sleep(float(options["seconds"]))
            if not self.kernel.power["discord"]:
                return cut(request)
        return response

    async def _apply_late(self, route: Route, call: Call, fault: Fault) -> None:
        await asyncio.sleep(float(fault.options["seconds"]))
        if self.kernel.power["discord"]:
            self._apply(route, call, fault.kind)

    def _apply(self, route: Route, call: Call, fault: str | None = None) -> web.Response:
        if not call.agent.strip():
            return respond(403, "error code: 1010")
        if route.auth and not call.is_bot:
            return respond(401, {"message": "401: Unauthorized", "code": 0})
        major = ":".join(call.params[key] for key in _MAJOR if key in call.params)
        hidden = route.hidden(call) if route.hidden else None
        counted = self.limits.check(
            route.bucket, major, counts=route.counts and call.is_bot, hidden=hidden
        )
        if isinstance(counted, Limited):
            body, headers = refusal(counted)
            return respond(429, body, headers)
        try:
            answer = route.work(call)
        except ApiError as refused:
            return respond(refused.status, refused.body, counted)
        if route.method != "GET":
            self.kernel.journal.record(
                "discord", route.name, _arguments(call), _outcome(answer), fault
            )
        return respond(answer.status, answer.body, counted)

    async def settled(self) -> None:
        """Return once nothing is left that is applied late."""
        await asyncio.gather(*self._late, return_exceptions=True)

    async def close(self) -> None:
        """Drop what would have been applied late."""
        for task in list(self._late):
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)


def _ban() -> web.Response:
    """As the network before Discord answers a banned address: no Via, and no JSON."""
    return web.Response(
        status=429,
        text="<html><body>error code: 1015, you are being rate limited</body></html>",
        content_type="text/html",
        headers={"Retry-After": "600"},
    )


def _fault_limit(fault: Fault) -> web.Response:
    limited = Limited(float(fault.options["retry_after"]), fault.options.get("scope") or "user")
    body, headers = refusal(limited)
    if not fault.options.get("headers", True):
        bare = respond(429, body)
        del bare.headers["Via"]
        return bare
    after = f"{limited.retry_after:.3f}"
    shown = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": after}
    return respond(429, body, {**headers, **shown})


def _arguments(call: Call) -> dict[str, Any]:
    params = {key: value for key, value in call.params.items() if key not in _SECRET}
    found: dict[str, Any] = {**params, **dict(call.query)}
    if call.body is not None:
        found["body"] = call.body
    if call.files:
        found["files"] = [{"name": file.name, "size": len(file.data)} for file in call.files]
    return found


def _outcome(answer: Answer) -> Any:
    body = answer.body
    if not isinstance(body, dict):
        return {"status": answer.status}
    kept = {key: body[key] for key in ("id", "channel_id", "parent_id", "name") if key in body}
    inner = body.get("message")
    if isinstance(inner, dict):
        kept["message"] = {"id": inner["id"], "channel_id": inner["channel_id"]}
    return {"status": answer.status, **kept}


# Reading


async def read_call(request: web.Request, most: int = FILE_LIMIT) -> Call:
    """Read a request to its end, files of `most` bytes; ApiError for a body that is none."""
    largest = max(REQUEST_LIMIT, most + 1024 * 1024)
    if (request.content_length or 0) > largest:
        raise ApiError(413, 40005, "Request entity too large")
    body: Any = None
    files: tuple[Upload, ...] = ()
    if request.content_type.startswith("multipart/"):
        body, files = await _multipart(request, most)
    elif request.can_read_body:
        raw = await request.read()
        if len(raw) > largest:
            raise ApiError(413, 40005, "Request entity too large")
        if raw:
            body = _json(raw)
    return Call(
        params=dict(request.match_info),
        query=dict(request.query),
        body=body,
        files=files,
        agent=request.headers.get("User-Agent", ""),
        authorization=request.headers.get("Authorization", ""),
    )


def _json(raw: bytes | str) -> Any:
    try:
        return json.loads(raw)
    except ValueError as bad:
        raise ApiError(400, 50109, "The request body contains invalid JSON.") from bad


async def _multipart(request: web.Request, most: int) -> tuple[Any, tuple[Upload, ...]]:
    fields: dict[str, Any] = {}
    payload: Any = None
    files: list[Upload] = []
    try:
        form = await request.post()
    except ValueError as bad:
        raise ApiError(400, 50035, "Invalid Form Body") from bad
    for key, value in form.items():
        if isinstance(value, web.FileField):
            data = value.file.read()
            if len(data) > most:
                raise ApiError(413, 40005, "Request entity too large")
            number = key.removeprefix("files[").removesuffix("]").removeprefix("file")
            files.append(Upload(number or "0", value.filename, value.content_type, data))
        elif key == "payload_json":
            payload = _json(value if isinstance(value, str) else bytes(value))
        else:
            fields[key] = value
    return (fields if payload is None else payload), tuple(files)
