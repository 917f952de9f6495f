"""A desk in memory, deciding with the real core, and a web server in front of it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from playwright.async_api import Browser, BrowserContext

from bridge.catchup.sweeps import Progress
from bridge.files.folder import FolderFiles
from bridge.reading.markup import Markdown
from bridge.reading.pages import take_in
from core.apply import apply
from core.brand import Role
from core.decide import NO_MESSAGE, NO_THREAD, decide
from core.delivery import Delivery, DeliveryState, Receipt
from core.events import Event, FileFailed, MessagePosted, PeopleAdded, PersonLeft, ThreadOpened
from core.ids import AccountId, ConversationId, MessageId, PinId, RemoteId, ThreadId, short_code
from core.intents import Actor, Handle, Intent, PersonRef, StartThread
from core.model import (
    Account,
    AccountKind,
    Binding,
    Contacts,
    Head,
    Identity,
    Mirror,
    Pin,
    Place,
    Refusal,
    Standing,
    State,
    Thread,
    Written,
)
from core.ports.outcomes import Accepted, Outcome
from core.ports.reading import Change, Line, Page, ThreadLine, ThreadView, Which
from core.ports.rows import FeedItem
from web.server import Server
from web.sessions import SECRET, Purpose, sign
from web.settings import Settings
from web.sse import Streams

OAK = "https://www.pinterest.com/pin/99360735500167749/"
BAD_PIN = Refusal("bad_pin", "Paste the address of a pin.")


class FakeDesk:
    """`core.ports.desk.Desk` over dictionaries; time moves one minute with every event."""

    def __init__(self) -> None:
        self.accounts: dict[AccountId, Account] = {}
        self.heads: dict[ConversationId, Head] = {}
        self.threads: dict[ThreadId, Thread] = {}
        self.histories: dict[ConversationId, list[Event]] = {}
        self.feed_items: list[FeedItem] = []
        self.pins: dict[PinId, Pin] = {}
        self.delivered: dict[MessageId, tuple[Delivery, ...]] = {}
        self.places: tuple[Mirror, ...] = ()
        self.strip: dict[RemoteId, tuple[Delivery, ...]] = {}
        self.counts: dict[str, int] = {}
        self.retried: list[MessageId] = []
        self.behind: list[Progress] = []
        self.intents: list[Intent] = []
        self.written: dict[MessageId, Written] = {}
        self._done: dict[str, tuple[str, Accepted]] = {}
        self._once: set[str] = set()
        self._listeners: set[asyncio.Queue[Change]] = set()
        self.listening = asyncio.Condition()
        self.clock = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def add_account(
        self, handle: str, name: str, kind: AccountKind = AccountKind.PERSON, picture: str = ""
    ) -> Account:
        account = Account(AccountId(f"id-of-{handle}"), kind, handle, name, picture or None)
        self.accounts[account.id] = account
        return account

    def add_pin(self, number: str, **known: Any) -> Pin:
        pin = Pin(PinId(number), f"https://www.pinterest.com/pin/{number}/", **known)
        self.pins[pin.id] = pin
        return pin

    async def submit(self, intent: Intent) -> Outcome:
        self.intents.append(intent)
        if intent.key in self._done:
            fingerprint, accepted = self._done[intent.key]
            if fingerprint != intent.fingerprint:
                return Refusal("conflict", "This key was used for something else.")
            return replace(accepted, repeated=True)
        state = await self._state(intent)
        events = decide(state, intent, self.clock)
        if isinstance(events, Refusal):
            return events
        for event in events:
            state = apply(state, event)
            self._keep(state, event)
        assert state.head
        assert state.thread
        said = [e.what.message for e in events if isinstance(e.what, MessagePosted)]
        accepted = Accepted(
            state.head.id, state.thread.id, state.head.seq, said[0] if said else None
        )
        self._done[intent.key] = intent.fingerprint, accepted
        self.tell(Change(state.head.id, state.thread.id, "event"))
        return accepted

    async def _state(self, intent: Intent) -> State:
        assert isinstance(intent.actor, str)
        actor = self.accounts[intent.actor]
        refs = getattr(intent.what, "people", ())
        found = await self.find_people(refs)
        people = tuple(account for account in found if account)
        missing = tuple(
            ref.name
            for ref, account in zip(refs, found, strict=True)
            if isinstance(ref, Handle) and not account
        )
        thread = message = None
        if isinstance(intent.what, StartThread):
            wanted = {actor.id, *(account.id for account in people)}
            head = next((h for h in self.heads.values() if set(h.present()) == wanted), None)
            for each in self.threads.values():
                if head and each.conversation == head.id and each.pin == intent.what.pin:
                    thread = each
        else:
            named = getattr(intent.what, "message", None) or getattr(intent.what, "answers", None)
            message = self.written.get(named)
            target = getattr(intent.what, "target", None) or (message.thread if message else "")
            assert isinstance(target, str)
            thread = self.threads.get(ThreadId(target))
            head = self.heads[thread.conversation] if thread else None
        kinds = {account.id: account.kind for account in self.accounts.values()}
        role = Role.OWNER if actor.kind is AccountKind.BRAND else None
        standing = Standing(kinds, role, contacts=Contacts.ANYONE, invited=True)
        return State(actor, head, thread, people, missing, message=message, standing=standing)

    def _keep(self, state: State, event: Event) -> None:
        assert state.head
        self.clock += timedelta(minutes=1)
        self.heads[event.conversation] = state.head
        if state.thread:
            self.threads[state.thread.id] = state.thread
        self.histories.setdefault(event.conversation, []).append(event)
        take_in(self.written, event)
        self.feed_items.append(FeedItem(len(self.feed_items) + 1, event))

    def tell(self, change: Change) -> None:
        for queue in self._listeners:
            queue.put_nowait(change)

    def deliver(self, message: str, *deliveries: Delivery) -> None:
        self.delivered[MessageId(message)] = deliveries
        for events in self.histories.values():
            for event in events:
                if isinstance(event.what, MessagePosted) and event.what.message == message:
                    self.tell(Change(event.conversation, event.thread, "delivery"))

    async def account(self, actor: Actor, place: Place | None = None) -> Account:
        assert isinstance(actor, str)
        return self.accounts[actor]

    async def people(self, asker: AccountId, prefix: str, limit: int) -> tuple[Account, ...]:
        start = prefix.lower()
        return tuple(
            account
            for account in self.accounts.values()
            if account.id != asker
            and (account.handle.startswith(start) or account.name.lower().startswith(start))
        )[:limit]

    async def find_people(self, refs: Sequence[PersonRef]) -> tuple[Account | None, ...]:
        by_handle = {account.handle: account for account in self.accounts.values()}
        return tuple(by_handle.get(ref.name.lower()) for ref in refs if isinstance(ref, Handle))

    async def preview(self, address: str) -> Pin | Refusal:
        pin = await self.pin_id(address)
        return pin if isinstance(pin, Refusal) else self.pins[pin]

    async def pin_id(self, address: str) -> PinId | Refusal:
        number = PinId(address.strip("/").rpartition("/")[2])
        if not number.isdigit():
            return BAD_PIN
        if number not in self.pins:
            self.add_pin(number)
        return number

    async def recent_pins(self, asker: AccountId, limit: int) -> tuple[Pin, ...]:
        lines = await self.inbox(asker, limit)
        return tuple({line.pin.id: line.pin for line in lines}.values())

    async def inbox(
        self,
        asker: AccountId,
        limit: int = 20,
        *,
        which: Which = Which.ALL,
        agent: AccountId | None = None,
        before: int | None = None,
    ) -> tuple[ThreadLine, ...]:
        lines = []
        for thread in self.threads.values():
            head = self.heads[thread.conversation]
            if asker not in head.present():
                continue
            events = [
                e
                for e in self.histories[head.id]
                if e.thread == thread.id and isinstance(e.what, MessagePosted | ThreadOpened)
            ]
            last = events[-1]
            lines.append(
                ThreadLine(
                    thread.id,
                    head.id,
                    short_code(thread.id),
                    self.pins[thread.pin],
                    tuple(self.accounts[a] for a in head.present() if a != asker),
                    last.at,
                    self.accounts[last.actor],
                    last.what.text if isinstance(last.what, MessagePosted) else "",
                )
            )
        return tuple(sorted(lines, key=lambda line: line.last_at, reverse=True)[:limit])

    async def open(self, asker: AccountId, code: str) -> ThreadView | Refusal:
        found = await self.alike(asker, code)
        if len(found) > 1:
            return Refusal("ambiguous_thread", "Several of your threads begin so.")
        return found[0] if found else NO_THREAD

    async def alike(self, asker: AccountId, code: str) -> tuple[ThreadView, ...]:
        found = []
        for thread in self.threads.values():
            head = self.heads[thread.conversation]
            if thread.id.startswith(code) and any(m.account == asker for m in head.members):
                people = tuple(self.accounts[account] for account in head.present())
                code_ = short_code(thread.id)
                places = await self.own_places(asker, thread.id)
                pin = self.pins[thread.pin]
                found.append(ThreadView(thread.id, head.id, code_, pin, people, places))
        return tuple(found)

    async def shown_in(self, conversation: ConversationId) -> tuple[Binding, ...]:
        return ()

    async def own_places(self, asker: AccountId, thread: ThreadId) -> tuple[Mirror, ...]:
        return tuple(m for m in self.places if (m.account, m.thread) == (asker, thread))

    async def page(
        self,
        asker: AccountId,
        thread: ThreadId,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> Page | Refusal:
        if isinstance(await self.open(asker, thread), Refusal):
            return NO_THREAD
        conversation = self.threads[thread].conversation
        seen = [
            line
            for event in self.histories[conversation]
            if event.thread == thread and self._sees(asker, event)
            for line in self._line(event)
        ]
        inside = [
            line
            for line in seen
            if (after is None or line.seq > after) and (before is None or line.seq < before)
        ]
        kept = inside[:limit] if after is not None else inside[-limit:]
        older = bool(kept) and any(line.seq < kept[0].seq for line in seen)
        newer = bool(kept) and any(line.seq > kept[-1].seq for line in seen)
        return Page(tuple(kept), older, newer)

    async def line(self, asker: AccountId, thread: ThreadId, message: MessageId) -> Line | Refusal:
        written = self.written.get(message)
        if isinstance(await self.open(asker, thread), Refusal):
            return NO_THREAD
        if written is None or written.thread != thread:
            return NO_MESSAGE
        page = await self.page(asker, thread, after=written.seq - 1, before=written.seq + 1)
        if isinstance(page, Refusal):
            return page
        return page.lines[0] if page.lines else NO_MESSAGE

    async def was_taken_back(self, file: str) -> bool:
        held = [one for one in self.written.values() if file in [each.id for each in one.files]]
        return bool(held) and all(one.deleted for one in held)

    async def may_read(self, asker: AccountId, file: str) -> bool:
        for written in self.written.values():
            line = await self.line(asker, written.thread, written.id)
            if file in [each.id for each in written.files] and isinstance(line, Line):
                return True
        return False

    async def accounts_of(self, identities: Sequence[Identity]) -> tuple[Account | None, ...]:
        return tuple(None for _ in identities)

    async def place_changed(
        self, place: Place, *, label: str | None = None, trouble: str | None = None
    ) -> None: ...

    def _sees(self, asker: AccountId, event: Event) -> bool:
        return any(
            member.account == asker
            and member.since <= event.seq
            and (member.until is None or event.seq <= member.until)
            for member in self.heads[event.conversation].members
        )

    def _line(self, event: Event) -> list[Line]:
        author, what = self.accounts[event.actor], event.what
        if isinstance(what, MessagePosted):
            now = self.written[what.message]
            states = self.delivered.get(what.message, ())
            line = Line(event.seq, "message", event.at, author, "", None, what.message, states)
            if now.deleted:
                return [replace(line, deleted=True)]
            answered = self.written.get(what.answers) if what.answers else None
            emoji = sorted({each for _, each in now.reactions})
            return [
                replace(
                    line,
                    text=now.text,
                    rich=now.rich,
                    pin=self.pins[now.pin] if now.pin else None,
                    edited=now.revision > 1,
                    files=now.files,
                    reactions=tuple(
                        (
                            each,
                            tuple(self.accounts[a] for a, e in sorted(now.reactions) if e == each),
                        )
                        for each in emoji
                    ),
                    answers=f"{self.accounts[answered.author].name}: {answered.text}"
                    if answered
                    else "",
                )
            ]
        if isinstance(what, FileFailed):
            text = f"{author.name} sent a file that could not be fetched: {what.name}"
            return [Line(event.seq, "notice", event.at, author, text, None, None)]
        if isinstance(what, ThreadOpened):
            return [Line(event.seq, "card", event.at, author, "", self.pins[what.pin], None)]
        if isinstance(what, PeopleAdded):
            names = ", ".join(self.accounts[account].name for account in what.people)
            return [Line(event.seq, "notice", event.at, author, f"{names} joined.", None, None)]
        if isinstance(what, PersonLeft):
            return [Line(event.seq, "notice", event.at, author, f"{author.name} left.", None, None)]
        return []

    async def feed(
        self, asker: AccountId, after: int, limit: int
    ) -> tuple[tuple[FeedItem, ...], int]:
        read = self.feed_items[after : after + limit]
        return tuple(i for i in read if self._sees(asker, i.event)), after + len(read)

    async def feed_end(self) -> int:
        return len(self.feed_items)

    @asynccontextmanager
    async def changes(self) -> AsyncIterator[AsyncIterator[Change]]:
        queue: asyncio.Queue[Change] = asyncio.Queue()

        async def each() -> AsyncIterator[Change]:
            while True:
                yield await queue.get()

        self._listeners.add(queue)
        try:
            yield each()
        finally:
            self._listeners.discard(queue)
            async with self.listening:
                self.listening.notify_all()

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    async def strips(
        self, platform: str, channel: str, limit: int = 200
    ) -> Mapping[RemoteId, tuple[Delivery, ...]]:
        return {r: d for r, d in self.strip.items() if channel in r}

    async def waiting(self) -> Mapping[str, int]:
        return self.counts

    async def secret(self, name: str) -> bytes:
        return hashlib.sha256(name.encode()).digest()

    def catching_up(self) -> Sequence[Progress]:
        return self.behind

    async def retry(self, asker: AccountId, thread: ThreadId, message: MessageId) -> Refusal | None:
        if self.written[message].author != asker:
            return Refusal("not_author", "Only its author can do this.")
        if message in self.retried:
            return Refusal("rate_limited", "This was tried just now. Wait some seconds.")
        self.retried.append(message)
        waiting = tuple(
            replace(each, state=DeliveryState.WAITING, reason=None)
            for each in self.delivered.get(message, ())
        )
        self.deliver(message, *waiting)
        return None

    async def use_once(self, token: str) -> bool:
        if token in self._once:
            return False
        self._once.add(token)
        return True

    def echo(self, delivery: str, receipt: Receipt) -> None: ...

    def online(self, platform: str, *, up: bool) -> None: ...


class Client:
    """Speaks HTTP to a served web as one person."""

    def __init__(self, url: str, http: aiohttp.ClientSession, cookies: dict[str, str]) -> None:
        self.url = url
        self.http = http
        self._cookies = cookies

    @property
    def cookie(self) -> dict[str, str]:
        jar = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return {"Cookie": jar} if jar else {}

    async def upload(self, data: bytes, name: str, kind: str = "", alt: str = "") -> Any:
        """Sends a file up; what the web says of it."""
        query = urlencode({"name": name, "alt": alt})
        headers = {"Content-Type": kind or "application/octet-stream"}
        status, body, _ = await self("POST", f"/api/files?{query}", data=data, headers=headers)
        assert status == 201, body
        return body

    async def __call__(
        self, method: str, path: str, json: Any = None, **more: Any
    ) -> tuple[int, Any, Mapping[str, str]]:
        headers = {**self.cookie, **more.pop("headers", {})}
        async with self.http.request(
            method,
            self.url + path,
            json=json,
            headers=headers,
            allow_redirects=False,
            **more,
        ) as answer:
            kind = answer.content_type
            body = await (answer.json(content_type=None) if "json" in kind else answer.text())
            return answer.status, body, answer.headers


class Events:
    """A stream of server-sent events, read one by one."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.last_id = ""

    async def next(self) -> tuple[str, Any]:
        """Name and data of the next event; heartbeats are passed over."""
        import json

        name, data = "", None
        while True:
            raw = await asyncio.wait_for(self._answer.content.readline(), 30)
            if not raw:
                raise EOFError
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("id: "):
                self.last_id = line[4:]
            elif line.startswith("data: "):
                data = json.loads(line[6:])
            elif not line and data is not None:
                return name, data

    async def until(self, wanted: str) -> Any:
        while True:
            name, data = await self.next()
            if name == wanted:
                return data

    async def comment(self) -> str:
        """The next heartbeat."""
        while True:
            raw = await asyncio.wait_for(self._answer.content.readline(), 30)
            if not raw:
                raise EOFError
            if raw.startswith(b":"):
                return raw.decode().strip()


class World:
    """A served web over a fake desk, with people who can sign in."""

    def __init__(self, desk: FakeDesk, server: Server, http: aiohttp.ClientSession) -> None:
        self.desk = desk
        self.server = server
        self.http = http

    @property
    def url(self) -> str:
        return self.server.url

    def events(self, answer: aiohttp.ClientResponse) -> Events:
        return Events(answer)

    async def session(self, handle: str) -> str:
        """A session cookie's value."""
        key = await self.desk.secret(SECRET)
        return sign(key, Purpose.SESSION, AccountId(f"id-of-{handle}"), datetime.now(UTC))

    async def client(self, handle: str = "") -> Client:
        cookies = {"pinthread": await self.session(handle)} if handle else {}
        return Client(self.url, self.http, cookies)

    @asynccontextmanager
    async def live(self, handle: str, **headers: str) -> AsyncIterator[Events]:
        cookie = f"pinthread={await self.session(handle)}"
        async with self.http.get(
            f"{self.url}/api/live", headers={"Cookie": cookie, **headers}
        ) as answer:
            assert answer.status == 200, await answer.text()
            yield Events(answer)


@pytest.fixture
def desk() -> FakeDesk:
    """Mia, Rosa, Kai, twelve guests, and the brand Northwind; one pin with a picture."""
    found = FakeDesk()
    for handle in ("mia", "rosa", "kai"):
        found.add_account(handle, handle.title())
    for number in range(1, 13):
        found.add_account(f"guest{number}", f"Guest {number}")
    found.add_account("northwind", "Northwind Home", AccountKind.BRAND)
    found.add_pin(
        "99360735500167749",
        title="Oak desk",
        picture="https://example.test/oak.jpg",
        color="#c8a27c",
    )
    return found


@pytest.fixture
async def world(
    desk: FakeDesk, settings: Settings, streams: Streams, tmp_path: Path
) -> AsyncIterator[World]:
    files = FolderFiles(tmp_path / "files")
    await files.start()
    server = Server(desk, settings, Markdown(), streams=streams, files=files)
    await server.start()
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        yield World(desk, server, http)
    await server.stop()
    await files.stop()


@pytest.fixture
def streams() -> Streams:
    return Streams()


@pytest.fixture
def settings() -> Settings:
    return Settings(listen="127.0.0.1:0")


@pytest.fixture
async def context(browser: Browser, world: World) -> AsyncIterator[BrowserContext]:
    """A browser in which Mia is signed in; a script error fails the test."""
    errors: list[str] = []
    found = await browser.new_context(viewport={"width": 600, "height": 760})
    found.set_default_timeout(30_000)
    found.on("weberror", lambda error: errors.append(str(error.error)))
    await found.add_cookies(
        [{"name": "pinthread", "value": await world.session("mia"), "url": world.url}]
    )
    yield found
    await found.close()
    assert errors == []


@pytest.fixture(autouse=True)
def no_request_fails(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A page shows nothing of a 500 that it gets for something beside; the log does.

    A test that wants one clears the log when it has seen it.
    """
    yield
    failed = [one for one in caplog.get_records("call") if one.msg == "web_request_failed"]
    assert not failed, vars(failed[0])
