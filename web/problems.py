"""Errors as `application/problem+json` (RFC 9457), with the stable codes of the product.

Handlers raise `Problem`; the middleware turns it, and what aiohttp raises by
itself, into an answer. An unexpected error is logged without its message,
which could hold people's words, and answered with 500.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from aiohttp import web
from msgspec import Struct
from msgspec.json import encode

from core.model import Refusal
from core.ports.rows import StoreError

log = logging.getLogger(__name__)

STATUS = {
    "file_changed": 400,
    "follow_not_mutual": 403,
    "request_pending": 403,
    "you_blocked": 403,
    "not_invited": 403,
    "banned": 403,
    "not_allowed": 403,
    "not_a_brand": 403,
    "not_a_member": 403,
    "not_author": 403,
    "not_creator": 403,
    "place_paused": 403,
    "unknown_thread": 404,
    "unknown_message": 404,
    "not_connected": 404,
    "conversation_moved": 409,
    "conflict": 409,
    "file_too_large": 413,
    "rate_limited": 429,
}
"""The status of a refusal, as docs/rules.md lists it; every other one is 422."""


class ThreadChoice(Struct, frozen=True):
    """One of several that may be meant: `title` is that of its pin, `people` their names."""

    id: str
    title: str
    people: tuple[str, ...]


class ProblemBody(Struct, frozen=True, omit_defaults=True):
    type: str
    title: str
    status: int
    detail: str
    code: str
    choices: tuple[ThreadChoice, ...] = ()
    """With `ambiguous_thread`: the threads that begin with that code."""


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """An answer that is not the wanted one. `detail` says what to do next."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        choices: tuple[ThreadChoice, ...] = (),
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers
        self.choices = choices

    def response(self) -> web.Response:
        body = ProblemBody(
            f"urn:pinthread:problem:{self.code}",
            HTTPStatus(self.status).phrase,
            self.status,
            self.detail,
            self.code,
            self.choices,
        )
        return web.Response(
            status=self.status,
            body=encode(body),
            content_type="application/problem+json",
            headers=self.headers,
        )


UNSAVED = Problem(
    503,
    "unavailable",
    "Nothing can be saved right now. Try again in a moment.",
    {"Retry-After": "5"},
)


def refused(refusal: Refusal, choices: tuple[ThreadChoice, ...] = ()) -> Problem:
    status = STATUS.get(refusal.code, 422)
    return Problem(status, refusal.code, refusal.sentence, choices=choices)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Problem as problem:
        return problem.response()
    except web.HTTPRequestEntityTooLarge:
        return Problem(
            413, "too_large", "The request is larger than 512 KiB. Send less at once."
        ).response()
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _of_http(error).response()
    except StoreError:
        log.warning("web_waits_for_store")
        return UNSAVED.response()
    except ConnectionResetError:
        log.info("client_gone")
        return Problem(400, "malformed", "The request was cut off.").response()
    except Exception as error:  # noqa: BLE001 - the boundary of a request
        return _broken(request, error)


def _broken(request: web.Request, error: BaseException) -> web.Response:
    """Tells the operator where, and nobody the words."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    resource = request.match_info.route.resource
    log.error(
        "web_request_failed",
        extra={
            "method": request.method,
            "route": resource.canonical if resource else "",
            "error": type(error).__name__,
            "where": f"{place.tb_frame.f_code.co_name}:{place.tb_lineno}" if place else "",
        },
    )
    if request.writer.output_size > 0:
        # The answer had begun, so that only cutting it off can tell.
        raise ConnectionResetError("the answer broke off") from None
    return Problem(500, "internal", "Something broke here. Try again in a moment.").response()


def _of_http(error: web.HTTPException) -> Problem:
    if error.status == 404:
        return Problem(404, "not_found", "There is nothing at this address.")
    if error.status == 405:
        allowed = error.headers.get("Allow", "")
        return Problem(
            405, "method_not_allowed", f"This address takes {allowed}.", {"Allow": allowed}
        )
    return Problem(error.status, "bad_request", error.reason)
