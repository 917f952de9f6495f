"""The Web API's front: power, faults, token, scope, arguments, rate limit, then the method.

Every method is a plain function of checked arguments; all it does happens at once, so a fault
can place the answer before, after, or nowhere. What a method wrote goes into the journal.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from sandbox import world
from sandbox.faults import Fault
from sandbox.slack import arguments
from sandbox.slack.errors import ApiError
from sandbox.slack.limits import Limits
from sandbox.slack.workspace import Workspace
from sandbox.wire import cut

if TYPE_CHECKING:
    from sandbox.server import Kernel

Args = dict[str, Any]
Run = Callable[[Args], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Method:
    """One Web API method; `scope` may name several, any of which will do."""

    args: dict[str, arguments.Argument]
    tier: str
    run: Run
    scope: tuple[str, ...] = ()
    writes: bool = False
    app_token: bool = False


def method(
    run: Run,
    args: str = "",
    *,
    tier: str = "T3",
    scope: str = "",
    writes: bool = False,
    app_token: bool = False,
) -> Method:
    """Declare a method; `args` as in `arguments.declare`, `scope` separated by spaces."""
    declared = arguments.declare(args)
    return Method(declared, tier, run, tuple(scope.split()), writes, app_token)


class Api:
    """`/slack/api/<method>`."""

    def __init__(self, kernel: "Kernel", workspace: Workspace, methods: Mapping[str, Method]):
        self._kernel = kernel
        self._workspace = workspace
        self._methods = methods
        self.limits = Limits(kernel.limit_factor, workspace.reads)
        self._late: set[asyncio.Task[None]] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, or let a fault answer it."""
        if not self._kernel.power["slack"]:
            return cut(request)
        name = request.match_info["method"]
        try:
            token, raw = await arguments.read(request)
        except ApiError as refused:
            return self._refusal(refused)

        def apply(fault: Fault | None) -> web.Response:
            try:
                return self._json(self._apply(name, token, raw, fault))
            except ApiError as refused:
                return self._refusal(refused)

        return await self.under_fault(request, name, apply)

    async def under_fault(
        self, request: web.Request, name: str, apply: Callable[[Fault | None], web.Response]
    ) -> web.StreamResponse:
        """Apply a call, as far and as soon as the fault set for it lets it be."""
        fault = self._kernel.faults.take("slack", name)
        if fault is None:
            return apply(None)
        match fault.kind:
            case "cut":
                return cut(request)
            case "lost":
                apply(fault)
                return cut(request)
            case "delay":
                answer = apply(fault)
                await asyncio.sleep(fault.options["seconds"])
                return answer
            case "late":
                task = asyncio.create_task(_later(fault.options["seconds"], apply, fault))
                self._late.add(task)
                task.add_done_callback(self._late.discard)
                return web.Response(status=500, text="internal error")
            case "ratelimit":
                return self._limited(fault)
            case _:
                return _status(fault)

    def reset(self) -> None:
        """Forget what has been used of the limits, and what a fault still holds back."""
        self.limits.reset()
        for task in self._late:
            task.cancel()

    async def close(self) -> None:
        """Give up what a fault still holds back."""
        self.reset()
        await asyncio.gather(*self._late, return_exceptions=True)

    def _apply(
        self, name: str, token: str | None, raw: Args, fault: Fault | None
    ) -> dict[str, Any]:
        called = self._methods.get(name)
        if called is None:
            raise ApiError("unknown_method", req_method=name)
        self._authorize(called, token)
        args = arguments.check(called.args, raw)
        self.limits.take(name, called.tier, str(args.get("channel", "")))
        result = {"ok": True, **called.run(args)}
        if called.writes:
            kind = fault.kind if fault is not None else None
            self._kernel.journal.record("slack", name, raw, _slim(result), kind)
        return result

    def _authorize(self, called: Method, token: str | None) -> None:
        if token is None:
            raise ApiError("not_authed")
        if token not in (world.SLACK_BOT_TOKEN, world.SLACK_APP_TOKEN):
            raise ApiError("invalid_auth")
        if called.app_token != (token == world.SLACK_APP_TOKEN):
            raise ApiError("not_allowed_token_type")
        have = self._workspace.scopes
        if called.scope and not called.app_token and not set(called.scope) & set(have):
            raise missing_scope(called.scope, have)

    def _refusal(self, refused: ApiError) -> web.Response:
        body = {"ok": False, "error": refused.code, **refused.more}
        if refused.retry_after:
            return self._json(body, 429, {"Retry-After": str(refused.retry_after)})
        return self._json(body)

    def _limited(self, fault: Fault) -> web.Response:
        wait = str(fault.options["retry_after"])
        headers = {"Retry-After": wait} if fault.options["headers"] else {}
        return self._json({"ok": False, "error": "ratelimited"}, 429, headers)

    def _json(
        self, body: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
    ) -> web.Response:
        return web.Response(
            body=msgspec.json.encode(body),
            status=status,
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "x-oauth-scopes": ",".join(self._workspace.scopes),
                **(headers or {}),
            },
        )


def missing_scope(needed: tuple[str, ...], have: list[str]) -> ApiError:
    """The refusal of a call that the token's scopes do not cover."""
    return ApiError("missing_scope", needed=",".join(needed), provided=",".join(have))


def _slim(result: dict[str, Any]) -> dict[str, Any]:
    """What the journal keeps of a result: what it made, by id, without repeating its content."""
    slim = {key: value for key, value in result.items() if key != "message"}
    if "view" in slim:
        slim["view"] = {"id": slim["view"]["id"]}
    return slim


async def _later(
    seconds: float, apply: Callable[[Fault | None], web.Response], fault: Fault
) -> None:
    await asyncio.sleep(seconds)
    apply(fault)


def _status(fault: Fault) -> web.Response:
    body = fault.options["body"]
    if isinstance(body, str):
        return web.Response(status=fault.options["status"], text=body)
    return web.Response(
        status=fault.options["status"],
        body=msgspec.json.encode(body),
        content_type="application/json",
    )
