"""What every request and answer passes: same-origin checks and security headers.

A call that changes something must come from our own pages: browsers say so in
`Sec-Fetch-Site`, or, over plain HTTP off the own machine, in `Origin`. Clients
that send neither are no browsers and carry nobody's cookie by accident. The
demo takes calls from its one further origin, and only under a loopback name,
so that a rebound DNS name cannot reach it.
"""

from aiohttp import web

from web.problems import Handler, Problem
from web.settings import Settings, is_loopback, origin_of

SAFE = ("GET", "HEAD", "OPTIONS")
DEMO = "/api/demo/"
NOBODY = "'none'"


class Guard:
    def __init__(self, settings: Settings) -> None:
        self._demo = settings.demo.origin if settings.demo else ""
        self._public = origin_of(settings.public_url)
        self._headers = _headers(self._demo)

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self._demo and not is_loopback(request.url.host or "") and not self._is_public(request):
            raise _foreign()
        if request.method == "OPTIONS" and self._from_demo(request):
            return web.Response(status=204)
        if request.method not in SAFE and not self._own(request):
            raise _foreign()
        return await handler(request)

    async def add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        """For aiohttp's `on_response_prepare`: reaches streams and files too."""
        for name, value in self._headers.items():
            response.headers.setdefault(name, value)
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")
        elif request.path.startswith("/static/"):
            # Asked for again each time, so that a page never mixes two versions.
            response.headers.setdefault("Cache-Control", "no-cache")
        if self._from_demo(request):
            response.headers.update(
                {
                    "Access-Control-Allow-Origin": self._demo,
                    "Access-Control-Allow-Methods": "GET, POST",
                    "Access-Control-Allow-Headers": "Content-Type, Last-Event-ID",
                    "Access-Control-Max-Age": "600",
                    "Vary": "Origin",
                    # The page of the sandbox reads these answers; no other site may.
                    "Cross-Origin-Resource-Policy": "cross-origin",
                }
            )

    def _from_demo(self, request: web.Request) -> bool:
        return (
            bool(self._demo)
            and request.path.startswith(DEMO)
            and request.headers.get("Origin") == self._demo
        )

    def _own(self, request: web.Request) -> bool:
        if self._from_demo(request):
            return True
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = request.headers.get("Origin")
        if not origin:
            return origin is None
        return origin in (self._public, f"{request.scheme}://{request.host}")

    def _is_public(self, request: web.Request) -> bool:
        return bool(self._public) and self._public.endswith(f"://{request.host}")


def _foreign() -> Problem:
    return Problem(
        403, "foreign_origin", "This call came from another site. Do it on Pinthread's own page."
    )


def _headers(demo: str) -> dict[str, str]:
    pictures = f"img-src 'self' https: data: blob: {demo}".strip()
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        f"{pictures}; media-src 'self' blob:; form-action 'self'; base-uri 'none'; "
        f"frame-ancestors {demo or NOBODY}"
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    if not demo:
        headers["X-Frame-Options"] = "DENY"
    return headers
