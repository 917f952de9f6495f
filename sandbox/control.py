"""The control API's common part: world, power, faults, limits, program, journal, live, reset.

What a person does in a platform (`/_control/slack/...`, `/_control/discord/...`) belongs to
that platform's folder. Documented in docs/sandbox.md. Every error is a sentence.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

if TYPE_CHECKING:
    from sandbox.server import Kernel

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LONGEST_WAIT = 30.0
MOST_ACTS = 1_000


class ControlError(Exception):
    """A control call that cannot be done; its sentence is the answer."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


class MissingError(ControlError):
    """A control call that names something there is not."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, 404)


def answer(data: object, status: int = 200) -> web.Response:
    """A JSON answer."""
    return web.Response(
        body=msgspec.json.encode(data), status=status, content_type="application/json"
    )


async def read(request: web.Request) -> dict[str, Any]:
    """The JSON object a control call brought; ControlError for anything else."""
    raw = await request.read()
    try:
        body = msgspec.json.decode(raw or b"{}")
    except msgspec.DecodeError as bad:
        raise ControlError("The body is not JSON.") from bad
    if not isinstance(body, dict):
        raise ControlError("The body is not a JSON object.")
    return body


def many(body: dict[str, Any]) -> list[dict[str, Any]]:
    """What `many` of the body names, at most MOST_ACTS; one act that changes nothing without it.

    Each is laid over the body: hands that do the same thing often need not ask each time.
    """
    given = body.get("many", [{}])
    good = isinstance(given, list) and all(isinstance(one, dict) for one in given)
    if not good or not 1 <= len(given) <= MOST_ACTS:
        raise ControlError(f"many is a list of 1 to {MOST_ACTS} objects.")
    return list(given)


def text(body: dict[str, Any], key: str, default: str | None = None) -> str:
    """A text of the body; without a default it must be there."""
    value = body.get(key, default)
    if not isinstance(value, str):
        raise ControlError(f"{key} is missing or not a text.")
    return value


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what a control call could not do into its JSON answer."""
    if not request.path.startswith("/_control/"):
        return await handler(request)
    try:
        return await handler(request)
    except ControlError as refused:
        return answer({"error": refused.sentence}, refused.status)
    except web.HTTPNotFound:
        return answer({"error": f"There is no {request.path}."}, 404)
    except web.HTTPMethodNotAllowed:
        return answer({"error": f"{request.path} does not take {request.method}."}, 400)


class Control:
    """The calls that belong to no single platform."""

    def __init__(self, kernel: "Kernel", parts: dict[str, Any]) -> None:
        self._kernel = kernel
        self._parts = parts
        for key, kept in kernel.disk.all("kernel"):
            getattr(kernel, key).update(kept)

    def mount(self, app: web.Application) -> None:
        """Add this part's routes."""
        route = app.router
        route.add_get("/_control/world", self._world)
        route.add_put("/_control/power/{platform}", self._power)
        route.add_get("/_control/faults", self._list_faults)
        route.add_post("/_control/faults", self._add_fault)
        route.add_delete("/_control/faults", self._clear_faults)
        route.add_put("/_control/limits/{platform}", self._limits)
        route.add_put("/_control/program", self._program)
        route.add_get("/_control/journal", self._journal)
        route.add_get("/_control/live", self._kernel.live.handle)
        route.add_post("/_control/reset", self._reset)

    async def _world(self, _: web.Request) -> web.Response:
        kernel = self._kernel
        world = {name: part.world() for name, part in self._parts.items() if hasattr(part, "world")}
        return answer(
            {
                **world,
                "program": kernel.program,
                "power": kernel.power,
                "limits": kernel.limit_factor,
            }
        )

    async def _power(self, request: web.Request) -> web.Response:
        platform = self._platform(request)
        on = (await read(request)).get("on")
        if not isinstance(on, bool):
            raise ControlError("on is true or false.")
        self._kernel.power[platform] = on
        await self._parts[platform].set_power(on)
        self._kernel.live.changed(platform, "", "power")
        return answer({"on": on})

    async def _limits(self, request: web.Request) -> web.Response:
        platform = self._platform(request)
        factor = (await read(request)).get("factor")
        if isinstance(factor, bool) or not isinstance(factor, int | float) or factor < 0:
            raise ControlError("factor is a number from 0.")
        self._kernel.limit_factor[platform] = float(factor)
        self._kernel.disk.put("kernel", "limit_factor", self._kernel.limit_factor)
        return answer({"factor": float(factor)})

    async def _program(self, request: web.Request) -> web.Response:
        body = await read(request)
        for key in body:
            if key not in ("web", "slack_events"):
                raise ControlError(f"{key} is not an address of the program.")
        told = {key: text(body, key) for key in body}
        self._kernel.program.update(told)
        self._kernel.disk.put("kernel", "program", self._kernel.program)
        for part in self._parts.values():
            if hasattr(part, "program_changed"):
                await part.program_changed()
        return answer(self._kernel.program)

    async def _list_faults(self, _: web.Request) -> web.Response:
        return answer({"faults": self._kernel.faults.list()})

    async def _add_fault(self, request: web.Request) -> web.Response:
        body = await read(request)
        try:
            return answer({"id": self._kernel.faults.add(body)})
        except ValueError as bad:
            raise ControlError(str(bad)) from bad

    async def _clear_faults(self, _: web.Request) -> web.Response:
        self._kernel.faults.clear()
        return answer({})

    async def _journal(self, request: web.Request) -> web.Response:
        after = _query_number(request, "after")
        wait = min(_query_number(request, "wait"), LONGEST_WAIT)
        if wait and self._kernel.journal.last <= after:
            await self._kernel.journal.wait(int(after), wait)
        entries = self._kernel.journal.entries(int(after))
        return answer({"entries": entries, "next": entries[-1]["n"] if entries else int(after)})

    async def _reset(self, _: web.Request) -> web.Response:
        kernel = self._kernel
        kernel.faults.clear()
        kernel.disk.clear()
        kernel.disk.put("kernel", "program", kernel.program)
        kernel.limit_factor.update(dict.fromkeys(kernel.limit_factor, 1.0))
        for name, part in self._parts.items():
            if name in kernel.power and not kernel.power[name]:
                kernel.power[name] = True
                await part.set_power(True)
            if hasattr(part, "reset"):
                part.reset()
        kernel.live.changed("", "", "reset")
        return answer({})

    def _platform(self, request: web.Request) -> str:
        platform = request.match_info["platform"]
        if platform not in self._kernel.power or platform not in self._parts:
            raise MissingError(f"There is no platform {platform}.")
        return platform


def _query_number(request: web.Request, key: str) -> float:
    try:
        return float(request.query.get(key, "0"))
    except ValueError as bad:
        raise ControlError(f"{key} is not a number.") from bad
