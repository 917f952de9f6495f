"""What all handlers share: the desk, the settings, the keys, and who is asking.

Somebody is known by the session cookie, or, in a demonstration, by the short
session that the page carries and sends as a bearer token.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe

from aiohttp import web

from core.files import FileRef
from core.ids import AccountId, ThreadId
from core.ports.desk import Desk
from core.ports.needs import Markup
from web import addresses, cursors, shapes, tickets
from web.problems import Handler, Problem
from web.sessions import SECRET, Purpose, Token, read, sign
from web.settings import Settings

ASKER = web.RequestKey("asker", AccountId)
"""Of a request: the account that asks, where somebody is signed in."""
SIGNED = timedelta(days=2)
"""How long a file's address in a demonstration's page works."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Site:
    desk: Desk
    settings: Settings
    markup: Markup
    largest_file: int = 0
    now: Callable[[], datetime] = utc_now
    session_key: bytes = b""
    cursor_key: bytes = b""
    file_key: bytes = b""

    async def open(self) -> None:
        """Fetches the keys; nothing may be asked before."""
        self.session_key = await self.desk.secret(SECRET)
        self.cursor_key = await self.desk.secret("web-cursor")
        self.file_key = await self.desk.secret(addresses.SECRET)

    @property
    def secure(self) -> bool:
        return self.settings.public_url.startswith("https://")

    @property
    def cookie(self) -> str:
        return "__Host-pinthread" if self.secure else "pinthread"

    def sign(self, purpose: Purpose, account: AccountId) -> str:
        return sign(self.session_key, purpose, account, self.now())

    def read(self, purpose: Purpose, token: str) -> Token | None:
        return read(self.session_key, purpose, token, self.now())

    @web.middleware
    async def only_who_is_here(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Whoever has left for good is signed in nowhere any more."""
        account = self._signed_in(request)
        if account is not None and not (await self.desk.account(account)).gone:
            request[ASKER] = account
        return await handler(request)

    def who(self, request: web.Request) -> AccountId:
        """The account that asks; raises the problem `sign_in` where nobody is known."""
        account = self.known(request)
        if account is None:
            raise Problem(
                401,
                "sign_in",
                "Open a sign-in link first. Whoever runs Pinthread makes one for you.",
            )
        return account

    def known(self, request: web.Request) -> AccountId | None:
        """The account that asks, if anybody is signed in."""
        return request.get(ASKER)

    def _signed_in(self, request: web.Request) -> AccountId | None:
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        token = None
        if scheme.lower() == "bearer" and self.settings.demo:
            token = self.read(Purpose.DEMO, bearer.strip())
        elif self.cookie in request.cookies:
            token = self.read(Purpose.SESSION, request.cookies[self.cookie])
        return None if token is None else token.account

    def _by_bearer(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "")
        return self.settings.demo is not None and given.lower().startswith("bearer ")

    def seal(self, purpose: str, account: AccountId, number: int) -> str:
        return cursors.seal(self.cursor_key, f"{purpose}\n{account}", number)

    def reader(self, request: web.Request, asker: AccountId, thread: ThreadId) -> shapes.Reader:
        """How lines of the thread are shaped for whoever asks."""
        return shapes.Reader(
            asker,
            lambda seq: self.seal(f"thread {thread}", asker, seq),
            lambda file: self.url(request, file),
            self.markup.write,
        )

    def url(self, request: web.Request, file: FileRef) -> str:
        """A signed address for whoever is known by a token that pictures cannot carry."""
        if not self._by_bearer(request):
            return addresses.path(file.id, file.name)
        # The same all day, so that a page that reads again shows what it has.
        today = self.now().replace(hour=0, minute=0, second=0, microsecond=0)
        return addresses.signed_path(self.file_key, file.id, file.name, today, SIGNED)

    def ticket(self, account: AccountId, file: FileRef) -> str:
        return tickets.make(self.file_key, account, file, self.now())

    def upload(self, account: AccountId, ticket: str) -> FileRef | None:
        """The file of a ticket, where this account has sent it up."""
        return tickets.read(self.file_key, account, ticket, self.now())

    def unseal(self, purpose: str, account: AccountId, cursor: str) -> int:
        number = cursors.unseal(self.cursor_key, f"{purpose}\n{account}", cursor)
        if number is None:
            raise Problem(
                400,
                "bad_cursor",
                "This cursor was not given out for this. Read again from the newest page.",
            )
        return number

    def seal_once(self, purpose: str, account: AccountId, number: int) -> str:
        """A cursor that cannot be compared with another one."""
        salt = token_urlsafe(6)
        return salt + self.seal(f"{purpose}\n{salt}", account, number)

    def unseal_once(self, purpose: str, account: AccountId, cursor: str) -> int:
        salt, sealed = cursor[:8], cursor[8:]
        return self.unseal(f"{purpose}\n{salt}", account, sealed)
