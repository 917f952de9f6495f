"""The part of the JSON API that is about people: follows, blocks, requests, and what is theirs.

Whoever asks acts as their own account; a session of a brand acts as the brand. Nothing is
decided here: refusals are the core's, with its codes.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import web
from msgspec import Struct

from core.brand import Status
from core.ids import AccountId, BindingId, MessageId, ThreadId
from core.intents import (
    Accept,
    Assign,
    ClosePlace,
    Handle,
    Ignore,
    Mute,
    RemovePeople,
    Report,
    SetStatus,
    What,
)
from core.model import Account, Refusal
from core.moments import quiet_hours
from core.ports.reading import NOTIFY, Prefs, ThreadView
from core.search import Hit, parse_search
from web import shapes
from web.api import Api, answer, handles, number, read
from web.problems import Problem, refused
from web.site import Site

MOST_HITS = 50
LONGEST_QUERY = 500
SURE = "Send your own handle as `handle`: this cannot be undone."


class NewReport(Struct, frozen=True, forbid_unknown_fields=True):
    """`message`: the one that is meant; without it the thread as it stands."""

    reason: str = ""
    message: str | None = None


class NewAssignee(Struct, frozen=True, forbid_unknown_fields=True):
    """`to`: the handle of a colleague, or nothing for nobody."""

    to: str | None = None


class NewStatus(Struct, frozen=True, forbid_unknown_fields=True):
    """`until`: when a snoozed thread comes back."""

    status: Status
    until: datetime | None = None


class Removed(Struct, frozen=True, forbid_unknown_fields=True):
    remove: tuple[str, ...]


class Told(Struct, frozen=True, forbid_unknown_fields=True):
    """`notify`: `all`, `mentions` or `none`; quiet hours as `hh:mm` in `zone`, or empty."""

    notify: str
    quiet_from: str = ""
    quiet_to: str = ""
    zone: str = "UTC"


class Goodbye(Struct, frozen=True, forbid_unknown_fields=True):
    """`handle`: one's own, to be sure that it is meant."""

    handle: str


class PlaceShape(Struct, frozen=True):
    """A channel in which others read a conversation; `label` is its name, such as `#plans`."""

    id: str
    platform: str
    label: str


class PlacesShape(Struct, frozen=True):
    places: tuple[PlaceShape, ...]


class HitShape(Struct, frozen=True):
    """A message that was found; `excerpt` is its words around the first one searched for."""

    thread: str
    code: str
    pin: shapes.PinShape
    message: str
    author: shapes.PersonShape
    at: datetime
    excerpt: str


class HitsShape(Struct, frozen=True):
    """Newest first. `older` goes on; so many events in `behind` are not searched yet."""

    hits: tuple[HitShape, ...]
    older: str | None
    behind: int


class ExportShape(Struct, frozen=True):
    """`url` gives the archive for a day."""

    name: str
    url: str


class Relations:
    def __init__(self, site: Site, api: Api) -> None:
        self._site = site
        self._api = api
        self._desk = site.desk

    def routes(self) -> list[web.RouteDef]:
        return [
            web.put("/api/people/{handle}/follow", self.follow),
            web.delete("/api/people/{handle}/follow", self.follow),
            web.put("/api/people/{handle}/block", self.block),
            web.delete("/api/people/{handle}/block", self.block),
            web.get("/api/follows", self.follows),
            web.get("/api/followers", self.followers),
            web.get("/api/blocked", self.blocked),
            web.get("/api/brands", self.brands),
            web.post("/api/threads/{id}/accept", self.accept),
            web.post("/api/threads/{id}/ignore", self.ignore),
            web.put("/api/threads/{id}/mute", self.mute),
            web.delete("/api/threads/{id}/mute", self.mute),
            web.post("/api/threads/{id}/report", self.report),
            web.post("/api/threads/{id}/people/remove", self.remove),
            web.get("/api/threads/{id}/places", self.places),
            web.delete("/api/threads/{id}/places/{place}", self.hide),
            web.put("/api/threads/{id}/assignee", self.assign),
            web.put("/api/threads/{id}/status", self.status),
            web.get("/api/search", self.search),
            web.get("/api/me/notifications", self.notifications),
            web.put("/api/me/notifications", self.notify),
            web.post("/api/me/export", self.export),
            web.post("/api/me/forget", self.forget),
        ]

    # --- people ---------------------------------------------------------------------------

    async def follow(self, request: web.Request) -> web.Response:
        found = await self._desk.follow(
            self._site.who(request), _handle(request), on=request.method == "PUT"
        )
        return _person(found)

    async def block(self, request: web.Request) -> web.Response:
        found = await self._desk.block(
            self._site.who(request), _handle(request), on=request.method == "PUT"
        )
        return _person(found)

    async def follows(self, request: web.Request) -> web.Response:
        return _people(await self._desk.follows(self._site.who(request)))

    async def followers(self, request: web.Request) -> web.Response:
        return _people(await self._desk.followers(self._site.who(request)))

    async def blocked(self, request: web.Request) -> web.Response:
        return _people(await self._desk.blocked(self._site.who(request)))

    async def brands(self, request: web.Request) -> web.Response:
        self._site.who(request)
        return _people(await self._desk.brands())

    # --- threads --------------------------------------------------------------------------

    async def accept(self, request: web.Request) -> web.Response:
        asker, thread = await self._api.thread_of(request)
        return await self._done(request, asker, thread, Accept(thread), None)

    async def ignore(self, request: web.Request) -> web.Response:
        asker, thread = await self._api.thread_of(request)
        return await self._done(request, asker, thread, Ignore(thread), None)

    async def mute(self, request: web.Request) -> web.Response:
        asker, thread = await self._api.thread_of(request)
        what = Mute(thread, on=request.method == "PUT")
        return await self._done(request, asker, thread, what, None)

    async def report(self, request: web.Request) -> web.Response:
        asker, thread = await self._api.thread_of(request)
        body = await read(request, NewReport)
        message = MessageId(body.message) if body.message is not None else None
        what = Report(thread, message, body.reason)
        return await self._done(request, asker, thread, what, body)

    async def remove(self, request: web.Request) -> web.Response:
        asker, thread = await self._api.thread_of(request)
        body = await read(request, Removed)
        what = RemovePeople(thread, handles(body.remove))
        return await self._done(request, asker, thread, what, body)

    async def places(self, request: web.Request) -> web.Response:
        return answer(await self._places(*await self._api.opened(request)))

    async def hide(self, request: web.Request) -> web.Response:
        """A channel that was for this conversation alone is let go, if it is the asker's."""
        asker, thread = await self._api.thread_of(request)
        place = BindingId(request.match_info["place"])
        done = await self._api.submit(request, asker, ClosePlace(thread, place), None)
        for one in await self._desk.bindings(asker):
            if one.id == place and one.conversation == done.conversation:
                await self._desk.disconnect_place(place)
        view = await self._desk.open(asker, thread)
        if isinstance(view, Refusal):
            raise refused(view)
        return answer(await self._places(asker, view), 200, done)

    async def _places(self, asker: AccountId, view: ThreadView) -> PlacesShape:
        """Nothing for somebody who has left: it may have been shown there since then."""
        if all(each.id != asker for each in view.people):
            return PlacesShape(())
        found = await self._desk.shown_in(view.conversation)
        places = [PlaceShape(one.id, one.place.platform, one.label) for one in found]
        return PlacesShape(tuple(places))

    async def assign(self, request: web.Request) -> web.Response:
        asker, thread = await self._api.thread_of(request)
        body = await read(request, NewAssignee)
        to = None if body.to is None else handles((body.to,))[0]
        return await self._done(request, asker, thread, Assign(thread, to), body)

    async def status(self, request: web.Request) -> web.Response:
        asker, thread = await self._api.thread_of(request)
        body = await read(request, NewStatus)
        if body.until is not None and body.until.tzinfo is None:
            raise Problem(400, "bad_request", "`until` needs its time zone.")
        try:
            until = body.until.astimezone(UTC) if body.until else None
        except OverflowError:
            raise Problem(400, "bad_request", "There is no such time in UTC.") from None
        what = SetStatus(thread, body.status, until)
        return await self._done(request, asker, thread, what, body)

    async def _done(
        self,
        request: web.Request,
        asker: AccountId,
        thread: ThreadId,
        what: What,
        body: Struct | None,
    ) -> web.Response:
        done = await self._api.submit(request, asker, what, body)
        view = await self._desk.open(asker, thread)
        if isinstance(view, Refusal):
            raise refused(view)
        return answer(shapes.thread(view, brand=await self._api.is_brand(asker)), 200, done)

    # --- what is theirs -------------------------------------------------------------------

    async def search(self, request: web.Request) -> web.Response:
        asker = self._site.who(request)
        query = parse_search(request.query.get("q", "")[:LONGEST_QUERY])
        if isinstance(query, Refusal):
            raise refused(query)
        cursor = request.query.get("older")
        older = None if cursor is None else self._site.unseal("search", asker, cursor)
        limit = number(request, "limit", 20, MOST_HITS)
        found = await self._desk.search(asker, query, older=older, limit=limit)
        if isinstance(found, Refusal):
            raise refused(found)
        more = None if found.more is None else self._site.seal("search", asker, found.more)
        return answer(HitsShape(tuple(map(_hit, found.hits)), more, found.behind))

    async def notifications(self, request: web.Request) -> web.Response:
        return answer(_told(await self._desk.prefs(self._site.who(request))))

    async def notify(self, request: web.Request) -> web.Response:
        asker = self._site.who(request)
        body = await read(request, Told)
        prefs = _prefs(body)
        await self._desk.put_prefs(asker, prefs)
        return answer(_told(prefs))

    async def export(self, request: web.Request) -> web.Response:
        made = await self._desk.export(self._site.who(request))
        return answer(ExportShape(made.name, made.url))

    async def forget(self, request: web.Request) -> web.Response:
        asker = self._site.who(request)
        body = await read(request, Goodbye)
        me = await self._desk.account(asker)
        if body.handle.strip().removeprefix("@").lower() != me.handle:
            raise Problem(422, "not_sure", SURE)
        await self._desk.forget(asker)
        return answer(shapes.person(me))


def _handle(request: web.Request) -> Handle:
    return Handle(request.match_info["handle"].removeprefix("@").lower())


def _person(found: Account | Refusal) -> web.Response:
    if isinstance(found, Refusal):
        raise refused(found)
    return answer(shapes.person(found))


def _people(found: tuple[Account, ...]) -> web.Response:
    return answer(shapes.PeopleShape(shapes.persons(found)))


def _hit(hit: Hit) -> HitShape:
    return HitShape(
        hit.thread,
        hit.code,
        shapes.pin_shape(hit.pin),
        hit.message,
        shapes.person(hit.author),
        hit.at,
        hit.excerpt,
    )


def _told(prefs: Prefs) -> Told:
    return Told(prefs.notify, prefs.quiet_from, prefs.quiet_to, prefs.zone)


def _prefs(body: Told) -> Prefs:
    if body.notify not in NOTIFY:
        raise Problem(422, "bad_request", "`notify` is all, mentions or none.")
    begin = end = ""
    if body.quiet_from or body.quiet_to:
        hours = quiet_hours(f"{body.quiet_from}-{body.quiet_to}")
        if hours is None:
            raise Problem(422, "bad_request", "Quiet hours are two times, as 22:00 and 07:00.")
        begin, end = (f"{moment:%H:%M}" for moment in hours)
    try:
        ZoneInfo(body.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Problem(422, "bad_request", "`zone` is a time zone such as Europe/Berlin.") from None
    return Prefs(body.notify, begin, end, body.zone)
