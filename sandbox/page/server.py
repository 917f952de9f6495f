"""Serves the page at `/` and its files under `/static/`.

Everything the page shows it asks the control API and the program for; nothing is kept here.
The content policy lets in no script and no style but these files, frames only the program,
and connects only to this address, the program, and loopback (where the program may come up).
"""

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from aiohttp import web

if TYPE_CHECKING:
    from sandbox.server import Kernel

STATIC: Final = Path(__file__).with_name("static")
_LOOPBACK: Final = "http://127.0.0.1:* http://localhost:*"


class Page:
    """The page's routes."""

    def __init__(self, kernel: "Kernel") -> None:
        self._kernel = kernel
        self._index = (STATIC / "index.html").read_text()

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/", self._page)
        app.router.add_static("/static/", STATIC, append_version=False)

    async def close(self) -> None:
        """Nothing is open."""

    async def _page(self, request: web.Request) -> web.Response:
        home = urlsplit(self._kernel.base_url)
        if request.host == f"localhost:{home.port}" and home.hostname == "127.0.0.1":
            # The program lets in one origin, and to a browser these two names are two.
            raise web.HTTPFound(f"{self._kernel.base_url}/")
        program = origin(self._kernel.program.get("web", ""))
        return web.Response(
            text=self._index.replace("{program}", escape(program)),
            content_type="text/html",
            headers={
                "Content-Security-Policy": policy(program),
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "no-store",
            },
        )


def policy(program: str) -> str:
    """The content policy of the page; `program` is an origin or empty."""
    others = f"{_LOOPBACK} {program}".strip()
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            # Cards link pictures wherever they are.
            "img-src 'self' data: http: https:",
            "media-src 'self'",
            f"connect-src 'self' {others}",
            f"frame-src {others}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def origin(address: str) -> str:
    """Scheme, host and port of an address of the web; empty for anything else."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
        return ""
    if any(sign.isspace() or sign in ";,'\"" for sign in parts.netloc):
        return ""
    return f"{parts.scheme}://{parts.netloc}"
