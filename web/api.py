"""The JSON API: threads, messages, people and pins of whoever asks.

Each handler reads a request, asks the desk and shapes its answer. Refusals
become problems. A change that carries an `Idempotency-Key` may be sent again
with the same body: it is answered the same and changes nothing.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from secrets import token_hex
from typing import TypeVar

import msgspec
from aiohttp import web

from core.files import FileRef, clean_alt
from core.ids import AccountId, MessageId, PinId, ThreadId
from core.intents import (
    AddPeople,
    DeleteMessage,
    EditMessage,
    Handle,
    Intent,
    Leave,
    PostMessage,
    React,
    Speech,
    StartThread,
    What,
)
from core.model import Account, AccountKind, Pin, Refusal
from core.ports.outcomes import Accepted
from core.ports.reading import Line, ThreadView, Which
from core.text.content import Content
from core.text.emoji import is_emoji, normal
from web import shapes
from web.problems import Problem, refused
from web.site import Site

MOST_LINES = 200
MOST_KEY = 200
MOST_FILES = 10
REPEATED = "Repeated"

_Body = TypeVar("_Body", bound=msgspec.Struct)


class Api:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._desk = site.desk

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/me", self.me),
            web.get("/api/standing", self.standing),
            web.get("/api/threads", self.inbox),
            web.post("/api/threads", self.start),
            web.get("/api/threads/{id}", self.thread),
            web.get("/api/threads/{id}/messages", self.messages),
            web.post("/api/threads/{id}/messages", self.post),
            web.patch("/api/threads/{id}/messages/{message}", self.edit),
            web.delete("/api/threads/{id}/messages/{message}", self.delete),
            web.post("/api/threads/{id}/messages/{message}/retry", self.retry),
            web.put("/api/threads/{id}/messages/{message}/reactions/{emoji}", self.react),
            web.delete("/api/threads/{id}/messages/{message}/reactions/{emoji}", self.react),
            web.post("/api/threads/{id}/people", self.add),
            web.post("/api/threads/{id}/leave", self.leave),
            web.get("/api/pins", self.preview),
            web.get("/api/pins/recent", self.recent),
            web.get("/api/people", self.people),
        ]

    # reading

    async def me(self, request: web.Request) -> web.Response:
        me = await self._desk.account(self._site.who(request))
        demo = self._site.settings.demo
        handles = [Handle(name) for name in demo.people] if demo else []
        others = await self._desk.find_people(handles)
        them = shapes.persons(known(others))
        return answer(shapes.MeShape(shapes.person(me), them, self._site.largest_file))

    async def standing(self, request: web.Request) -> web.Response:
        self._site.who(request)
        return answer(shapes.StandingShape(shapes.behind(self._desk.catching_up())))

    async def inbox(self, request: web.Request) -> web.Response:
        asker = self._site.who(request)
        limit = number(request, "limit", 50, MOST_LINES)
        cursor = request.query.get("older")
        found = await self._desk.inbox(
            asker,
            limit,
            which=_which(request),
            before=None if cursor is None else self._site.unseal("inbox", asker, cursor),
        )
        brand = await self.is_brand(asker)
        lines = tuple(shapes.inbox_line(each, brand=brand) for each in found)
        more = self._site.seal("inbox", asker, found[-1].position) if len(found) == limit else None
        return answer(shapes.InboxShape(lines, more))

    async def thread(self, request: web.Request) -> web.Response:
        asker, view = await self.opened(request)
        return answer(shapes.thread(view, brand=await self.is_brand(asker)))

    async def messages(self, request: web.Request) -> web.Response:
        asker, thread = await self.thread_of(request)
        page = await self._desk.page(
            asker,
            thread,
            before=self._cursor(request, "before", asker, thread),
            after=self._cursor(request, "after", asker, thread),
            limit=number(request, "limit", 50, MOST_LINES),
        )
        if isinstance(page, Refusal):
            raise refused(page)
        return answer(shapes.page(page, self._site.reader(request, asker, thread)))

    async def preview(self, request: web.Request) -> web.Response:
        self._site.who(request)
        pin = await self._desk.preview(request.query.get("address", ""))
        if isinstance(pin, Refusal):
            raise refused(pin)
        return answer(shapes.pin_shape(pin))

    async def recent(self, request: web.Request) -> web.Response:
        asker = self._site.who(request)
        limit = number(request, "limit", 12, 50)
        pins = await self._desk.recent_pins(asker, limit)
        found = {pin.id: pin for pin in (*pins, *await self._demo_pins())}
        return answer(shapes.PinsShape(tuple(map(shapes.pin_shape, found.values()))[:limit]))

    async def people(self, request: web.Request) -> web.Response:
        asker = self._site.who(request)
        prefix = request.query.get("q", "").removeprefix("@")[:100]
        found = await self._desk.people(asker, prefix, number(request, "limit", 8, 20))
        return answer(shapes.PeopleShape(shapes.persons(found)))

    # writing

    async def start(self, request: web.Request) -> web.Response:
        asker = self._site.who(request)
        body = await read(request, shapes.NewThread)
        text, rich = self.words(body)
        files = self._uploads(asker, body.files)
        pin = await self.pin_of(body.pin)
        what = StartThread(handles(body.to), pin, text, rich, files)
        done = await self.submit(request, asker, what, body)
        view = await self._desk.open(asker, done.thread)
        if isinstance(view, Refusal):
            raise refused(view)
        return answer(shapes.StartedShape(shapes.thread(view), done.message), 201, done)

    async def post(self, request: web.Request) -> web.Response:
        asker, thread = await self.thread_of(request)
        body = await read(request, shapes.NewMessage)
        answers = None
        if body.answers is not None:
            answers = MessageId(body.answers)
            await self._line(asker, thread, answers)
        files = self._uploads(asker, body.files)
        pin = await self.pin_of(body.pin)
        text, rich = self.words(body)
        speech = Speech.NOTE if body.note else Speech.REPLY
        seen = None
        if body.seen is not None:
            seen = self._site.unseal(f"thread {thread}", asker, body.seen)
        what = PostMessage(
            thread, text, pin, rich, answers=answers, stored=files, speech=speech, seen=seen
        )
        done = await self.submit(request, asker, what, body)
        assert done.message is not None
        return await self._posted(request, asker, thread, done.message, done, 201)

    async def edit(self, request: web.Request) -> web.Response:
        asker, thread, message = await self._message(request)
        body = await read(request, shapes.NewText)
        before = (await self._line(asker, thread, message)).rich
        what = EditMessage(message, *self.words(body, before))
        done = await self.submit(request, asker, what, body)
        return await self._posted(request, asker, thread, message, done)

    async def delete(self, request: web.Request) -> web.Response:
        asker, thread, message = await self._message(request)
        done = await self.submit(request, asker, DeleteMessage(message), None)
        return await self._posted(request, asker, thread, message, done)

    async def retry(self, request: web.Request) -> web.Response:
        asker, thread, message = await self._message(request)
        refusal = await self._desk.retry(asker, thread, message)
        if refusal is not None:
            raise refused(refusal)
        return await self._posted(request, asker, thread, message, None)

    async def react(self, request: web.Request) -> web.Response:
        asker, thread, message = await self._message(request)
        emoji = normal(request.match_info["emoji"])
        if not is_emoji(emoji):
            raise Problem(422, "not_an_emoji", "React with one emoji.")
        what = React(message, emoji, request.method == "PUT")
        done = await self.submit(request, asker, what, None)
        return await self._posted(request, asker, thread, message, done)

    async def add(self, request: web.Request) -> web.Response:
        asker, thread = await self.thread_of(request)
        body = await read(request, shapes.NewPeople)
        done = await self.submit(request, asker, AddPeople(thread, handles(body.add)), body)
        view = await self._desk.open(asker, thread)
        if isinstance(view, Refusal):
            raise refused(view)
        return answer(shapes.thread(view), 200, done)

    async def leave(self, request: web.Request) -> web.Response:
        asker, thread = await self.thread_of(request)
        done = await self.submit(request, asker, Leave(thread), None)
        return answer(shapes.LeftShape(thread), 200, done)

    # parts of the above, which the demonstration uses too

    async def submit(
        self,
        request: web.Request,
        actor: AccountId,
        what: What,
        body: msgspec.Struct | None,
    ) -> Accepted:
        """Commits; a refusal is raised as its problem."""
        key = _key(request)
        asked = f"{request.method} {request.path}\n".encode()
        print_ = blake2b(asked + msgspec.json.encode(body), digest_size=16)
        intent = Intent(f"web:{actor}:{key}", actor, what, fingerprint=print_.hexdigest())
        outcome = await self._desk.submit(intent)
        if isinstance(outcome, Refusal):
            raise refused(outcome)
        if not isinstance(outcome, Accepted):
            raise TypeError(f"an intent that names its thread ended as {type(outcome).__name__}")
        return outcome

    async def is_brand(self, account: AccountId) -> bool:
        return (await self._desk.account(account)).kind is AccountKind.BRAND

    async def pin_of(self, address: str | None) -> PinId | None:
        if not address:
            return None
        pin = await self._desk.pin_id(address)
        if isinstance(pin, Refusal):
            raise refused(pin)
        return pin

    def words(
        self,
        body: shapes.NewThread | shapes.NewMessage | shapes.NewText,
        before: Content | None = None,
    ) -> tuple[str, Content | None]:
        """What a body says. `before` is what the message said that it changes."""
        if body.markup is shapes.Markup.PLAIN:
            return body.text, None
        return self._site.markup.read(body.text, before)

    async def _demo_pins(self) -> tuple[Pin, ...]:
        """What a demonstration offers to start with, where nothing has been sent yet."""
        demo = self._site.settings.demo
        addresses = demo.pins if demo else ()
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(self._desk.preview(address)) for address in addresses]
        return tuple(pin for each in asked if isinstance(pin := each.result(), Pin))

    def _uploads(self, asker: AccountId, given: Sequence[shapes.Attachment]) -> tuple[FileRef, ...]:
        if len(given) > MOST_FILES:
            raise Problem(
                422, "too_many_files", f"A message takes at most {MOST_FILES} files. Send two."
            )
        files = []
        for each in given:
            file = self._site.upload(asker, each.ticket)
            if file is None:
                raise Problem(422, "unknown_file", "A file is not here any more. Add it once more.")
            alt = clean_alt(each.alt)
            files.append(replace(file, alt=alt) if alt else file)
        return tuple(files)

    async def _line(self, asker: AccountId, thread: ThreadId, message: MessageId) -> Line:
        line = await self._desk.line(asker, thread, message)
        if isinstance(line, Refusal):
            raise refused(line)
        return line

    async def _posted(
        self,
        request: web.Request,
        asker: AccountId,
        thread: ThreadId,
        message: MessageId,
        done: Accepted | None,
        status: int = 200,
    ) -> web.Response:
        """The line of a message as it stands now."""
        line = await self._line(asker, thread, message)
        shape = shapes.line(line, self._site.reader(request, asker, thread))
        return answer(shapes.PostedShape(thread, shape), status, done)

    async def _message(self, request: web.Request) -> tuple[AccountId, ThreadId, MessageId]:
        """Who asks, and the message of the address, which must be in that thread."""
        asker, thread = await self.thread_of(request)
        message = MessageId(request.match_info["message"])
        await self._line(asker, thread, message)
        return asker, thread, message

    async def thread_of(self, request: web.Request) -> tuple[AccountId, ThreadId]:
        """Who asks, and the thread of the address: its whole id or its code."""
        asker, view = await self.opened(request)
        return asker, view.thread

    async def opened(self, request: web.Request) -> tuple[AccountId, ThreadView]:
        """The same, with all that is known of the thread."""
        asker, code = self._site.who(request), request.match_info["id"]
        view = await self._desk.open(asker, code)
        if isinstance(view, Refusal):
            alike = view.code == "ambiguous_thread"
            found = await self._desk.alike(asker, code) if alike else ()
            raise refused(view, tuple(shapes.choice(one, asker) for one in found))
        return asker, view

    def _cursor(
        self, request: web.Request, name: str, asker: AccountId, thread: ThreadId
    ) -> int | None:
        cursor = request.query.get(name)
        return None if cursor is None else self._site.unseal(f"thread {thread}", asker, cursor)


async def read(request: web.Request, body: type[_Body]) -> _Body:
    """The body of a request, or the problem with it."""
    if request.content_type != "application/json":
        raise Problem(415, "not_json", "Send the body as application/json.")
    raw = await request.read()
    try:
        found = msgspec.json.decode(raw, type=body)
    except msgspec.ValidationError as error:
        raise Problem(400, "bad_request", f"{error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Problem(400, "malformed", "The body is not valid JSON.") from None
    if b"\\u0000" in raw:
        raise Problem(400, "bad_request", "The body holds a NUL character.")
    return found


def answer(
    shape: msgspec.Struct, status: int = 200, accepted: Accepted | None = None
) -> web.Response:
    headers = {REPEATED: "true"} if accepted and accepted.repeated else None
    body = msgspec.json.encode(shape)
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


def number(request: web.Request, name: str, otherwise: int, most: int) -> int:
    text = request.query.get(name)
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise Problem(400, "bad_request", f"{name} must be a number from 1 to {most}.")
    return int(text)


def _which(request: web.Request) -> Which:
    name = request.query.get("which", Which.ALL)
    try:
        return Which(name)
    except ValueError:
        raise Problem(400, "bad_request", f"which is one of {', '.join(Which)}.") from None


def handles(names: Sequence[str]) -> tuple[Handle, ...]:
    return tuple(Handle(name.strip().removeprefix("@")) for name in names)


def known(accounts: Sequence[Account | None]) -> tuple[Account, ...]:
    return tuple(each for each in accounts if each)


def _key(request: web.Request) -> str:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return token_hex(16)
    if not (1 <= len(key) <= MOST_KEY and key.isascii() and key.isprintable()):
        raise Problem(
            400,
            "bad_request",
            f"Idempotency-Key must have 1 to {MOST_KEY} printable ASCII characters.",
        )
    return key
