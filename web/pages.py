"""The pages: the pinner's pane, the sign-in link, and the files they need.

A link's GET only shows a button, so that a previewer that fetches addresses
uses nothing up; the button's POST does. In a demonstration `/?as=HANDLE` gives
the pane a short session of its own.
"""

from html import escape
from pathlib import Path

from aiohttp import web

from web.demo import DemoApi
from web.sessions import LIFETIME, Purpose, Token
from web.site import Site

STATIC = Path(__file__).parent / "static"
PAGE = (STATIC / "index.html").read_text()
LINK_PAGE = (STATIC / "link.html").read_text()

BUTTON = '<form method="post"><button>Sign in as {name}</button></form>'
SPENT = "This link has been used or is older than 15 minutes. Ask for a new one."


class Pages:
    def __init__(self, site: Site, demo: DemoApi | None) -> None:
        self._site = site
        self._demo = demo

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/", self.pane),
            web.get("/link/{token}", self.link),
            web.post("/link/{token}", self.use_link),
            web.post("/sign-out", self.sign_out),
            web.static("/static/", STATIC),
        ]

    async def pane(self, request: web.Request) -> web.Response:
        session = ""
        handle = request.query.get("as")
        account = await self._demo.account(handle) if self._demo and handle else None
        if account:
            session = self._site.sign(Purpose.DEMO, account.id)
        return page(PAGE.replace("{session}", escape(session)))

    async def link(self, request: web.Request) -> web.Response:
        token = await self._token(request)
        if token is None:
            return _link_page(SPENT, "", 410)
        account = await self._site.desk.account(token.account)
        button = BUTTON.format(name=escape(account.name))
        return _link_page("This signs you in on this device for 30 days.", button)

    async def use_link(self, request: web.Request) -> web.Response:
        token = await self._token(request)
        if token is None or not await self._site.desk.use_once(f"link {token.nonce}"):
            return _link_page(SPENT, "", 410)
        response = web.Response(status=303, headers={"Location": "/", "Cache-Control": "no-store"})
        self._set_cookie(
            response,
            self._site.sign(Purpose.SESSION, token.account),
            int(LIFETIME[Purpose.SESSION].total_seconds()),
        )
        return response

    async def sign_out(self, _: web.Request) -> web.Response:
        response = web.Response(status=303, headers={"Location": "/", "Cache-Control": "no-store"})
        self._set_cookie(response, "", 0)
        return response

    async def _token(self, request: web.Request) -> Token | None:
        token = self._site.read(Purpose.LINK, request.match_info["token"])
        if token is None or (await self._site.desk.account(token.account)).gone:
            return None
        return token

    def _set_cookie(self, response: web.Response, value: str, age: int) -> None:
        response.set_cookie(
            self._site.cookie,
            value,
            max_age=age,
            path="/",
            httponly=True,
            samesite="Lax",
            secure=self._site.secure,
        )


def page(html: str, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        status=status,
        text=html,
        content_type="text/html",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def _link_page(sentence: str, button: str, status: int = 200) -> web.Response:
    html = LINK_PAGE.replace("{sentence}", escape(sentence)).replace("{button}", button)
    # With `no-referrer` a browser would send `Origin: null` with the form.
    return page(html, status, {"Referrer-Policy": "same-origin"})
