"""A brand's page, `/b/<handle>`: who it is, how to follow and ask it, and a QR code of itself.

Anybody may open it; it shows nothing of anybody's conversations. Also archives that somebody
has asked for: whoever holds an archive's name may fetch it, for a day.
"""

import io
from html import escape

import segno
from aiohttp import web

from core.intents import Handle
from core.model import Account, AccountKind
from web.pages import STATIC, page
from web.problems import Problem
from web.site import Site

BRAND_PAGE = (STATIC / "brand.html").read_text()

_FOLLOW = (
    '<form method="post" action="/b/{handle}"><input type="hidden" name="on" value="{on}">'
    '<button class="button">{label}</button></form>'
)


class Brands:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/b/{handle}", self.show),
            web.post("/b/{handle}", self.follow),
            web.get("/b/{handle}/code.svg", self.code),
            web.get("/exports/{token}", self.export),
        ]

    async def show(self, request: web.Request) -> web.Response:
        brand = await self._brand(request)
        address = self._address(brand)
        picture = ""
        if brand.picture:
            source = escape(brand.picture, quote=True)
            picture = f'<img class="portrait" src="{source}" alt="" width="96" height="96">'
        said, action = await self._action(request, brand)
        filled = {
            "name": escape(brand.name),
            "handle": escape(brand.handle),
            "picture": picture,
            "said": escape(said),
            "action": action,
            "code": qr(address),
            "address": escape(address),
        }
        html = BRAND_PAGE
        for name, value in filled.items():
            html = html.replace(f"{{{name}}}", value)
        # With `no-referrer` a browser would send `Origin: null` with the form.
        return page(html, headers={"Referrer-Policy": "same-origin"})

    async def follow(self, request: web.Request) -> web.Response:
        brand = await self._brand(request)
        form = await request.post()
        await self._site.desk.follow(
            self._site.who(request), Handle(brand.handle), on=form.get("on") == "1"
        )
        return web.Response(status=303, headers={"Location": f"/b/{brand.handle}"})

    async def code(self, request: web.Request) -> web.Response:
        svg = qr(self._address(await self._brand(request)))
        return web.Response(text=svg, content_type="image/svg+xml")

    async def export(self, request: web.Request) -> web.StreamResponse:
        archive = self._site.desk.archive(request.match_info["token"])
        if archive is None:
            raise Problem(
                404, "not_found", "This archive is not there any more. Ask for a new one."
            )
        headers = {
            "Content-Disposition": f'attachment; filename="{archive.name}"',
            "Cache-Control": "no-store",
        }
        response = web.FileResponse(archive.path, headers=headers)
        response.content_type = "application/zip"
        return response

    async def _brand(self, request: web.Request) -> Account:
        handle = request.match_info["handle"].removeprefix("@").lower()
        (found,) = await self._site.desk.find_people((Handle(handle),))
        if found is None or found.kind is not AccountKind.BRAND:
            raise Problem(404, "not_found", "There is no brand of this name.")
        return found

    async def _action(self, request: web.Request, brand: Account) -> tuple[str, str]:
        """What is said to whoever looks, and the button they have."""
        asker = self._site.known(request)
        if asker is None or asker == brand.id:
            return f"Follow {brand.name}, and ask about any pin.", ""
        if await self._site.desk.does_follow(asker, brand.id):
            return (
                f"You follow {brand.name}: send a pin and ask.",
                '<a class="button" href="/#/new">Ask about a pin</a>'
                + _FOLLOW.format(handle=brand.handle, on=0, label="Unfollow"),
            )
        return (
            f"Follow {brand.name} to ask about a pin.",
            _FOLLOW.format(handle=brand.handle, on=1, label=f"Follow {escape(brand.name)}"),
        )

    def _address(self, brand: Account) -> str:
        settings = self._site.settings
        base = settings.public_url.rstrip("/") or f"http://{settings.listen}"
        return f"{base}/b/{brand.handle}"


def qr(address: str) -> str:
    """The address as a QR code, an SVG to be put into a page."""
    made = io.BytesIO()
    segno.make(address, error="m").save(
        made, kind="svg", scale=5, border=2, xmldecl=False, svgns=True, nl=False, title="QR code"
    )
    return made.getvalue().decode()
