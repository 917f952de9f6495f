"""Puts the web together and serves it.

`build` makes the application; `Server` listens and stops. The program mounts
its own routes (`/healthz`, `/readyz`, `/metrics`) through the `mount` hook.
"""

from collections.abc import Callable

from aiohttp import web

from core.ports.desk import Desk
from core.ports.files import Files
from core.ports.needs import Markup
from web.api import Api
from web.brands import Brands
from web.demo import DemoApi
from web.files import LIMIT, FileRoutes
from web.guard import Guard
from web.live import Live
from web.openapi import document
from web.pages import Pages
from web.problems import problems
from web.quota import QUOTA, Spent
from web.relations import Relations
from web.settings import Settings, address
from web.site import Site
from web.sse import Streams

BODY_LIMIT = 512 * 1024
"""The longest text that a message takes, however it is escaped."""
SHUTDOWN = 2.0
"""Seconds for answers under way when the server stops."""

Mount = Callable[[web.Application], None]


def build(
    desk: Desk,
    settings: Settings,
    markup: Markup,
    mount: Mount | None = None,
    streams: Streams | None = None,
    files: Files | None = None,
    upload_limit: int = LIMIT,
    quota: int = QUOTA,
) -> web.Application:
    """The whole web as one application. `mount` may add routes of the program's own.

    `upload_limit` is for one file, `quota` for all that an account sends up in a day, in bytes.
    """
    site = Site(desk, settings, markup, upload_limit)
    streams = streams or Streams()
    api = Api(site)
    demo = DemoApi(site, api, streams, settings.demo) if settings.demo else None
    guard = Guard(settings)
    app = web.Application(
        middlewares=[problems, guard.check, site.only_who_is_here], client_max_size=BODY_LIMIT
    )
    app.on_response_prepare.append(guard.add_headers)
    app.add_routes(api.routes())
    app.add_routes(Relations(site, api).routes())
    app.add_routes(Brands(site).routes())
    if files:
        spent = Spent(quota, site.now)
        routes = FileRoutes(
            site, files, desk.may_read, desk.was_taken_back, site.ticket, spent, upload_limit
        )
        app.add_routes(routes.routes())
    app.add_routes(Live(site, streams).routes())
    app.add_routes(demo.routes() if demo else [])
    app.add_routes(Pages(site, demo).routes())
    app.router.add_get("/api/openapi.json", document(demo=bool(demo)))
    if mount:
        mount(app)

    async def started(_: web.Application) -> None:
        await site.open()

    async def stopping(_: web.Application) -> None:
        streams.close()

    app.on_startup.append(started)
    app.on_shutdown.append(stopping)
    return app


class Server:
    """The web on its address. `url` is known after `start`."""

    def __init__(
        self,
        desk: Desk,
        settings: Settings,
        markup: Markup,
        mount: Mount | None = None,
        streams: Streams | None = None,
        files: Files | None = None,
        upload_limit: int = LIMIT,
        quota: int = QUOTA,
    ) -> None:
        self._settings = settings
        self._runner = web.AppRunner(
            build(desk, settings, markup, mount, streams, files, upload_limit, quota),
            access_log=None,
            shutdown_timeout=SHUTDOWN,
        )
        self.url = ""

    async def start(self) -> None:
        host, port = address(self._settings.listen)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        bound = self._runner.addresses[0][1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{bound}"

    async def stop(self) -> None:
        """Takes nothing new, ends the streams, lets answers under way finish."""
        await self._runner.cleanup()
