"""Your data: everything that an account may see and has chosen, as JSON and as a page.

One archive holds `history.json`, for programs, and `history.html`, which needs nothing
else. Both hold exactly what the account could read in Pinthread, line by line; a thread is
read in pages, so that a long history needs no more memory than a short one.
"""

import asyncio
import os
import secrets
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any, TextIO

import msgspec

from bridge.reading.pages import Pages
from core.files import FileRef
from core.ids import AccountId, ThreadId, short_code
from core.model import Account, Pin, Refusal, Thread
from core.ports.reading import Line, Prefs
from core.ports.store import Store
from web.html import render

KEPT = timedelta(days=1)
"""How long an archive waits to be fetched."""

_PAGE = 200
_ALL = 1_000_000
"""More people than anybody follows."""
_PRIVATE = 0o600

Copies = Callable[[FileRef], str]


@dataclass(frozen=True, slots=True)
class Export:
    """An archive: a zip file at `path`, to be called `name`. `token` is hard to guess."""

    path: Path
    name: str
    token: str
    messages: int


class Exporting:
    """Writes archives into a folder of their own, and forgets them after a day."""

    def __init__(
        self, store: Store, folder: Path, copies: Copies, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._pages = Pages(store)
        self._folder = folder
        self._copies = copies
        self._now = now

    async def export(self, account: AccountId) -> Export:
        """Makes the archive. LookupError where there is no such account."""
        owner = await self._store.account(account)
        if owner is None:
            raise LookupError(f"no account {account}")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.sweep()
        token = secrets.token_hex(16)
        data, page = self._folder / f"{token}.json", self._folder / f"{token}.html"
        try:
            with _private(data) as json, _private(page) as html:
                messages = await self._write(owner, json, html)
            path = self._folder / f"{account}.{token}.zip"
            await asyncio.to_thread(_pack, path, data, page)
        finally:
            data.unlink(missing_ok=True)
            page.unlink(missing_ok=True)
        return Export(path, f"pinthread-{owner.handle}.zip", token, messages)

    def found(self, token: str) -> Path | None:
        """An archive that is still there, by its token; tokens of any shape."""
        if len(token) != 32 or not token.isalnum():
            return None
        path = next(self._folder.glob(f"*.{token}.zip"), None)
        fresh = path is not None and self._age(path) < KEPT
        return path if fresh else None

    def forget(self, account: AccountId) -> None:
        """Deletes the archives of an account that leaves for good."""
        for path in self._folder.glob(f"{account}.*.zip"):
            path.unlink(missing_ok=True)

    def sweep(self) -> int:
        """Deletes archives that are older than a day, and what a crash has left; how many."""
        old = [path for path in self._folder.glob("*") if self._age(path) >= KEPT]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _age(self, path: Path) -> timedelta:
        return timedelta(seconds=self._now().timestamp() - path.stat().st_mtime)

    # --- writing --------------------------------------------------------------------------

    async def _write(self, owner: Account, json: TextIO, html: TextIO) -> int:
        made = self._now()
        logins = [asdict(login) for login in await self._store.identities(owner.id)]
        about = {"made_at": made.isoformat(), "account": _person(owner), "identities": logins}
        around = await self._around(owner.id)
        prefs = await self._store.prefs(owner.id)
        known = {name: [_person(one) for one in people] for name, people in around.items()}
        json.write(_json({**about, **known, "settings": asdict(prefs)})[:-1] + ', "threads": [')
        html.write(_top(owner, made) + _chosen(around, prefs))
        messages, first = 0, True
        # What the logins said before they were tied together is theirs as well.
        whose = (owner.id, *await self._store.only_former(owner.id))
        heads = [(one, head) for one in whose for head in await self._store.conversations_of(one)]
        for account, head in heads:
            people = await self._people(head.met(account))
            for thread in await self._store.threads_of(head.id):
                lines = self._lines(account, thread.id)
                opening = await anext(lines, None)
                if opening is None:
                    continue
                pin = await self._store.pin(thread.pin)
                assert pin is not None
                json.write(f"{'' if first else ','}\n{_thread(thread, pin, people)}")
                html.write(_heading(thread, pin, people))
                first = False
                separator = ""
                async for line in _chained(opening, lines):
                    messages += line.kind == "message"
                    json.write(f"{separator}\n{_json(self._record(line))}")
                    html.write(self._paragraph(line))
                    separator = ","
                json.write("]}")
                html.write("</section>\n")
        json.write("]}\n")
        html.write("</main></body></html>\n")
        return messages

    async def _lines(self, account: AccountId, thread: ThreadId) -> AsyncIterator[Line]:
        after = 0
        while True:
            page = await self._pages.page(account, thread, before=None, after=after, limit=_PAGE)
            if isinstance(page, Refusal):
                return
            for line in page.lines:
                yield line
            if not page.newer or not page.lines:
                return
            after = page.lines[-1].seq

    async def _around(self, account: AccountId) -> dict[str, list[Account]]:
        """Whom they follow, who follows them, and whom they have blocked."""
        return {
            "follows": await self._people(await self._store.follows_of(account, _ALL)),
            "followers": await self._people(await self._store.followers_of(account, _ALL)),
            "blocks": await self._people(await self._store.blocked_by(account, _ALL)),
        }

    async def _people(self, named: Iterable[AccountId]) -> list[Account]:
        found = [await self._store.account(account) for account in named]
        return [account for account in found if account is not None]

    def _record(self, line: Line) -> dict[str, Any]:
        record: dict[str, Any] = {
            "kind": line.kind,
            "at": line.at.isoformat(),
            "by": line.author.handle,
            "text": line.text,
        }
        if line.edited or line.deleted:
            record |= {"edited": line.edited, "deleted": line.deleted}
        if line.pin is not None:
            record["pin"] = line.pin.url
        if line.answers:
            record["answers"] = line.answers
        if line.files:
            record["files"] = [
                {"name": file.name, "size": file.size, "alt": file.alt, "link": self._copies(file)}
                for file in line.files
            ]
        if line.reactions:
            record["reactions"] = {
                emoji: [account.handle for account in whose] for emoji, whose in line.reactions
            }
        return record

    def _paragraph(self, line: Line) -> str:
        at = f'<time datetime="{line.at.isoformat()}">{line.at:%Y-%m-%d %H:%M}</time>'
        if line.kind == "card":
            return ""
        if line.kind != "message":
            return f'<p class="notice">{at} {escape(line.text)}</p>\n'
        if line.deleted:
            words = '<p class="notice">This message was deleted.</p>'
        elif line.rich is not None:
            words = render(line.rich)
        else:
            words = "".join(f"<p>{escape(row)}</p>" for row in line.text.splitlines())
        answers = f"<blockquote>{escape(line.answers)}</blockquote>" if line.answers else ""
        pin = f"<p>{_link(line.pin.url, line.pin.title or line.pin.url)}</p>" if line.pin else ""
        files = "".join(
            f'<p class="file">{_link(self._copies(file), file.name)} {escape(file.alt)}</p>'
            for file in line.files
        )
        reactions = " ".join(f"{escape(emoji)} {len(whose)}" for emoji, whose in line.reactions)
        marks = f"{' (edited)' if line.edited else ''}"
        tail = f'<p class="reactions">{reactions}</p>' if reactions else ""
        return (
            f"<article><h3>{escape(line.author.name)} {at}{marks}</h3>"
            f"{answers}{words}{pin}{files}{tail}</article>\n"
        )


async def _chained(first: Line, rest: AsyncIterator[Line]) -> AsyncIterator[Line]:
    yield first
    async for line in rest:
        yield line


def _private(path: Path) -> TextIO:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    return os.fdopen(handle, "w", encoding="utf-8")


def _pack(path: Path, data: Path, page: Path) -> None:
    with (
        os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "wb") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.write(data, "history.json")
        archive.write(page, "history.html")


def _json(what: dict[str, Any]) -> str:
    return msgspec.json.encode(what).decode()


def _person(account: Account) -> dict[str, Any]:
    return {
        "handle": account.handle,
        "name": account.name,
        "kind": str(account.kind),
        "picture": account.picture,
    }


def _thread(thread: Thread, pin: Pin, people: list[Account]) -> str:
    about = {
        "thread": thread.id,
        "code": short_code(thread.id),
        "pin": asdict(pin),
        "people": [_person(account) for account in people],
    }
    return _json(about)[:-1] + ', "lines": ['


# --- the page -----------------------------------------------------------------------------

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#faf8f5;color:#222}"
    "main{max-width:46rem;margin:auto;padding:2rem 1rem}"
    "section{background:#fff;border-radius:12px;padding:1rem 1.5rem;margin:0 0 2rem;"
    "box-shadow:0 1px 4px #0002}"
    "h3{font-size:1rem;margin:1rem 0 0}h3 time,.notice{color:#767676;font-weight:400}"
    "article p{margin:.25rem 0}blockquote{border-left:3px solid #ddd;margin:.25rem 0;"
    "padding-left:.75rem;color:#666}img{max-width:100%;max-height:20rem;border-radius:8px}"
)


def _top(owner: Account, made: datetime) -> str:
    title = f"Pinthread: the history of {escape(owner.name)}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; img-src https: http:; style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{title}</h1><p>Made on {made:%Y-%m-%d at %H:%M} UTC. It holds what "
        f"@{escape(owner.handle)} could read then.</p>\n"
    )


def _chosen(around: Mapping[str, list[Account]], prefs: Prefs) -> str:
    """People around the account, and its settings; each list in a paragraph."""
    quiet = f"from {prefs.quiet_from} to {prefs.quiet_to}" if prefs.quiet_from else "never"
    rows = [
        (title, ", ".join(f"{one.name} (@{one.handle})" for one in around[name]) or "nobody")
        for name, title in (
            ("follows", "Follows"),
            ("followers", "Followers"),
            ("blocks", "Blocked"),
        )
    ]
    rows.append(("Notifications", f"{prefs.notify}; quiet hours: {quiet} ({prefs.zone})"))
    lines = "".join(f"<p><b>{title}:</b> {escape(words)}</p>\n" for title, words in rows)
    return f"<section><h2>People and settings</h2>\n{lines}</section>\n"


def _heading(thread: Thread, pin: Pin, people: list[Account]) -> str:
    names = ", ".join(escape(account.name) for account in people)
    picture = ""
    if pin.picture:
        alt = escape(pin.alt or "", quote=True)
        picture = f'<p><img src="{escape(pin.picture, quote=True)}" alt="{alt}" loading="lazy"></p>'
    return (
        f'<section id="{escape(thread.id)}"><h2>{_link(pin.url, pin.title or pin.url)}</h2>'
        f'{picture}<p class="notice">{names}</p>\n'
    )


def _link(address: str, words: str) -> str:
    if not address.startswith(("https://", "http://")):
        return escape(words)
    return f'<a href="{escape(address, quote=True)}" rel="noreferrer">{escape(words)}</a>'
