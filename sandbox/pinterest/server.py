"""The small Pinterest: oEmbed, the pins and boards of API v5, short links, and the pictures.

It answers like the real one, as far as the published API description says: API v5 shows only
what the signed-in account owns (Northwind's), oEmbed shows every public pin. Nothing is ever
written here. Faults of the platform `pinterest` strike by method, such as `GET /oembed.json`.
"""

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from sandbox.pinterest.pins import (
    BOARD_BY_ID,
    NORTHWIND,
    PICTURE_HEIGHT,
    PICTURE_WIDTH,
    PIN_BY_ID,
    PINS,
    SHORT_LINKS,
    Pin,
)

if TYPE_CHECKING:
    from sandbox.server import Kernel

TOKEN: Final = "sandbox-pinterest-token"
PICTURES = Path(__file__).with_name("pictures")

_PIN_ADDRESS = re.compile(
    r"https?://(?:[a-z0-9-]+\.)*pinterest(?:\.[a-z]{2,3}){1,2}/pin/(?:[^/?#]*--)?(\d{1,25})/?(?:[?#].*)?",
    re.IGNORECASE,
)
_PICTURE_NAME = re.compile(r"[a-z0-9-]+\.(?:webp|svg)")


class PinterestServer:
    """The stand-in's routes under /pinterest; it holds no state of its own."""

    def __init__(self, kernel: "Kernel") -> None:
        self._kernel = kernel

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        route = app.router
        route.add_get("/pinterest/oembed.json", self._oembed)
        route.add_get("/pinterest/v5/pins/{pin_id}", self._pin)
        route.add_get("/pinterest/v5/boards/{board_id}", self._board)
        route.add_get("/pinterest/it/{code}", self._short_link)
        route.add_get("/pinterest/pictures/{file}", self._picture)

    async def close(self) -> None:
        """Nothing is open."""

    def world(self) -> dict[str, Any]:
        """Its part of `GET /_control/world`: addresses, and the pins with all that is known."""
        base = self._kernel.base_url
        return {
            "api_url": f"{base}/pinterest/v5",
            "oembed_url": f"{base}/pinterest/oembed.json",
            "short_url": f"{base}/pinterest/it",
            "token": TOKEN,
            "pins": [
                {
                    "id": pin.id,
                    "url": pin.url,
                    "title": pin.title,
                    "description": pin.description,
                    "alt_text": pin.alt_text,
                    "link": pin.link,
                    "creator": {"name": pin.creator.name, "url": pin.creator.url},
                    "board": pin.board.name,
                    "dominant_color": pin.dominant_color,
                    "picture": self._picture_url(pin),
                    "width": PICTURE_WIDTH,
                    "height": PICTURE_HEIGHT,
                }
                for pin in PINS
            ],
        }

    async def _oembed(self, request: web.Request) -> web.Response:
        struck = await self._fault(request, "GET /oembed.json")
        if struck is not None:
            return struck
        found = _PIN_ADDRESS.fullmatch(request.query.get("url", ""))
        pin = PIN_BY_ID.get(found[1]) if found else None
        if pin is None:
            return web.json_response({"status": "failure", "code": 404}, status=404)
        return web.json_response(
            {
                "version": "1.0",
                "type": "rich",
                "provider_name": "Pinterest",
                "provider_url": "https://www.pinterest.com",
                "title": pin.title,
                "author_name": pin.creator.name,
                "author_url": pin.creator.url,
                "html": f'<iframe src="https://assets.pinterest.com/ext/embed.html?id={pin.id}" '
                'height="618" width="345" frameborder="0" scrolling="no"></iframe>',
                "width": 345,
                "height": 618,
                "thumbnail_url": self._picture_url(pin),
                "thumbnail_width": PICTURE_WIDTH,
                "thumbnail_height": PICTURE_HEIGHT,
            }
        )

    async def _pin(self, request: web.Request) -> web.Response:
        struck = await self._fault(request, "GET /v5/pins/{pin_id}")
        if struck is None:
            struck = _unauthorized(request)
        if struck is not None:
            return struck
        pin_id = request.match_info["pin_id"]
        if not pin_id.isascii() or not pin_id.isdigit():
            return _error(400, 1, f"Invalid pin id: {pin_id!r}.")
        pin = PIN_BY_ID.get(pin_id)
        if pin is None or pin.creator is not NORTHWIND:
            return _error(404, 50, "Pin not found.")
        picture = {
            "url": self._picture_url(pin),
            "width": PICTURE_WIDTH,
            "height": PICTURE_HEIGHT,
        }
        return web.json_response(
            {
                "id": pin.id,
                "created_at": pin.created_at,
                "link": pin.link,
                "title": pin.title,
                "description": pin.description,
                "alt_text": pin.alt_text,
                "dominant_color": pin.dominant_color.lower(),
                "board_id": pin.board.id,
                "board_section_id": None,
                "board_owner": {"username": pin.creator.username},
                "parent_pin_id": None,
                "creative_type": "REGULAR",
                "is_owner": True,
                "is_standard": True,
                "has_been_promoted": False,
                "media": {"media_type": "image", "images": {"600x": picture, "1200x": picture}},
            }
        )

    async def _board(self, request: web.Request) -> web.Response:
        struck = await self._fault(request, "GET /v5/boards/{board_id}")
        if struck is None:
            struck = _unauthorized(request)
        if struck is not None:
            return struck
        pin = BOARD_BY_ID.get(request.match_info["board_id"])
        if pin is None or pin.creator is not NORTHWIND:
            return _error(404, 40, "Board not found.")
        return web.json_response(
            {
                "id": pin.board.id,
                "name": pin.board.name,
                "description": "",
                "owner": {"username": pin.creator.username},
                "privacy": "PUBLIC",
            }
        )

    async def _short_link(self, request: web.Request) -> web.Response:
        struck = await self._fault(request, "GET /it/{code}")
        if struck is not None:
            return struck
        target = SHORT_LINKS.get(request.match_info["code"])
        if target is None:
            return web.Response(status=404, text="There is no such link.")
        return web.Response(status=302, headers={"Location": target})

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["file"]
        path = PICTURES / name
        if not _PICTURE_NAME.fullmatch(name) or not path.is_file():
            return web.Response(status=404, text="There is no such picture.")
        kind = "image/webp" if name.endswith(".webp") else "image/svg+xml"
        return web.FileResponse(
            path, headers={"Content-Type": kind, "Cache-Control": "public, max-age=86400"}
        )

    def _picture_url(self, pin: Pin) -> str:
        return f"{self._kernel.base_url}/pinterest/pictures/{pin.picture}.webp"

    async def _fault(self, request: web.Request, method: str) -> web.Response | None:
        """What a fault answers in the place of the call; nothing was there to be applied."""
        fault = self._kernel.faults.take("pinterest", method)
        if fault is None:
            return None
        options = fault.options
        if fault.kind == "delay":
            await asyncio.sleep(float(options["seconds"]))
            return None
        if fault.kind in ("cut", "lost"):
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if fault.kind == "ratelimit":
            refused = _error(429, 8, "You have exceeded your rate limit. Try again later.")
            if options["headers"]:
                refused.headers["X-RateLimit-Reset"] = str(options["retry_after"])
            return refused
        if fault.kind == "status":
            body = options["body"]
            if isinstance(body, str):
                return web.Response(status=options["status"], text=body)
            return web.json_response(body, status=options["status"])
        return _error(500, 0, "Something went wrong on our end. Sorry about that.")


def _unauthorized(request: web.Request) -> web.Response | None:
    if request.headers.get("Authorization") == f"Bearer {TOKEN}":
        return None
    return _error(401, 2, "Authentication failed.")


def _error(status: int, code: int, message: str) -> web.Response:
    return web.json_response({"code": code, "message": message}, status=status)
