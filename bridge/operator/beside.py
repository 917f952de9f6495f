"""What the command line does beside a running program: histories and sign-in links.

It never takes the lock of the database file, and reads through a connection that
cannot write. Only the key that signs links is written, where the program has not made it
yet; SQLite's own locking keeps the two from making different ones.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from unicodedata import category

from bridge.store import people, reading, rows
from bridge.store.known import Known
from bridge.store.queries import load
from core.events import (
    AboutMessage,
    CardFilled,
    ConversationStarted,
    Event,
    FileAdded,
    FileFailed,
    FileRemoved,
    Happening,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    Muted,
    PeopleAdded,
    PersonLeft,
    PersonRemoved,
    PlaceClosed,
    PlaceOpened,
    ReactionAdded,
    ReactionRemoved,
    RequestAccepted,
    RequestIgnored,
    StatusChanged,
    ThreadAssigned,
    ThreadOpened,
)
from core.ids import AccountId, PinId, short_code
from core.model import Account, Head, Pin, Thread
from core.ports.rows import StoreError
from web.sessions import SECRET, link_url, sign_link
from web.settings import Settings

_SQL = load("operator")
_CONVERSATIONS = load("conversations")
_PEOPLE = load("people")
SHORTEST = 4
"""Letters of a thread's id that must be given."""


@dataclass(frozen=True, slots=True)
class History:
    """A conversation, or one thread of it, with everybody and everything it names."""

    head: Head
    threads: tuple[Thread, ...]
    events: tuple[Event, ...]
    accounts: dict[AccountId, Account]
    pins: dict[PinId, Pin]


def read(path: Path, which: str) -> History | None:
    """The conversation or thread with that id, or the thread whose id begins so."""
    with connected(path, "ro") as db:
        found = _find(db, which.strip().lower())
        if found is None:
            return None
        head, threads = found
        shown = {thread.id for thread in threads}
        events = tuple(e for e in reading.history(db, head.id) if e.thread in shown)
        known = Known(db)
        named = {*(m.account for m in head.members), *(e.actor for e in events)}
        named |= {e.what.to for e in events if isinstance(e.what, ThreadAssigned) and e.what.to}
        accounts = known.accounts(named)
        said = {e.what.pin for e in events if isinstance(e.what, MessagePosted) and e.what.pin}
        return History(
            head, threads, events, accounts, known.pins({*said, *(t.pin for t in threads)})
        )


def link(path: Path, settings: Settings, handle: str, now: datetime) -> str | None:
    """A one-time sign-in address for an account, or nothing: there is no such handle."""
    with connected(path, "rw") as db:
        row = account_row(db, handle)
        if row is None:
            return None
        secret = people.secret(db, SECRET)
        return link_url(settings, sign_link(secret, AccountId(row[0]), now))


def account_row(db: sqlite3.Connection, handle: str) -> rows.Row | None:
    """The account that somebody typed the handle of, with or without `@`, in any case."""
    wanted = handle.strip().lstrip("@").lower()
    row: rows.Row | None = db.execute(_PEOPLE["account_by_handle"], (wanted,)).fetchone()
    return row


@contextmanager
def connected(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """The database without its lock: `ro` cannot write, `rw` takes turns with the program."""
    if not path.exists():
        raise StoreError(f"There is no history at {path} yet. `pinthread run` makes it.")
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=10)
        db.isolation_level = None
        try:
            yield db
        finally:
            db.close()
    except sqlite3.Error as failed:
        raise StoreError(f"The database {path} cannot be read: {failed}.") from failed


def _find(db: sqlite3.Connection, which: str) -> tuple[Head, tuple[Thread, ...]] | None:
    row = db.execute(_CONVERSATIONS["head"], (which,)).fetchone()
    if row is not None:
        threads = db.execute(_SQL["threads_of"], (which,)).fetchall()
        return rows.head(row), tuple(rows.thread(thread) for thread in threads)
    if len(which) < SHORTEST:
        return None
    prefix = {"first": which, "last": which + "\U0010ffff"}
    found = [rows.thread(thread) for thread in db.execute(_SQL["threads_with_prefix"], prefix)]
    if len(found) > 1:
        raise StoreError(f"Several threads begin with {which}: give more of the id.")
    if not found:
        return None
    row = db.execute(_CONVERSATIONS["head"], (found[0].conversation,)).fetchone()
    return rows.head(row), (found[0],)


# --- for people ---------------------------------------------------------------------------


def text(history: History) -> str:
    """A history as lines: time in UTC, name, words."""
    there = ", ".join(_named(history.accounts[a]) for a in history.head.present())
    lines = [f"Conversation {history.head.id}: {there or 'nobody is left'}"]
    for thread in history.threads:
        pin = history.pins[thread.pin]
        title = f"{pin.title}, " if pin.title else ""
        lines += ["", f"Thread {short_code(thread.id)} ({thread.id}): {title}{pin.url}"]
        for event in history.events:
            if event.thread == thread.id:
                lines.append(f"  {event.at:%Y-%m-%d %H:%M:%S}  {_sentence(history, event)}")
    return "\n".join(map(printable, lines))


def printable(line: str) -> str:
    """Without control characters: people's words must not steer the operator's terminal."""
    return "".join(c if c == "\n" or category(c) != "Cc" else "\ufffd" for c in line)


def _sentence(history: History, event: Event) -> str:
    what = event.what
    name = history.accounts[event.actor].name
    match what:
        case MessagePosted():
            pin = [history.pins[what.pin].url] if what.pin else []
            words = "\n".join(filter(None, (what.text, *pin)))
            name = f"{name} (note)" if event.only is not None else name
            return f"{name}: {words}".replace("\n", "\n" + " " * 23)
        case ConversationStarted():
            return f"{name} started the conversation."
        case ThreadOpened():
            return f"{name} opened the thread."
        case PeopleAdded():
            names = ", ".join(history.accounts[account].name for account in what.people)
            return f"{names} joined."
        case PersonLeft():
            return f"{name} left."
        case CardFilled():
            return "More became known of the pin."
        case _ if isinstance(what, AboutMessage):
            return _about(name, what)
        case _:
            return _of_people(history, name, what)


def _of_people(history: History, name: str, what: Happening) -> str:
    match what:
        case PersonRemoved():
            return f"{name} removed {history.accounts[what.account].name}."
        case RequestAccepted():
            return f"{name} accepted the request."
        case RequestIgnored():
            return f"{name} ignored the request."
        case Muted():
            return f"{name} {'muted' if what.on else 'unmuted'} the conversation."
        case ThreadAssigned():
            to = history.accounts[what.to].name if what.to is not None else "nobody"
            return f"{name} assigned the thread to {to}."
        case StatusChanged():
            return f"{name} made the thread {what.status}."
        case PlaceOpened():
            return f"{name} showed the conversation in {what.label or 'a channel'}."
        case PlaceClosed():
            return f"{name} showed the conversation no longer in {what.label or 'a channel'}."
        case _:
            return f"{name}: {type(what).__name__}"


def _about(name: str, what: AboutMessage) -> str:
    match what:
        case MessageEdited():
            return f"{name} edited: {what.text}".replace("\n", "\n" + " " * 23)
        case MessageDeleted():
            return f"{name} deleted a message."
        case ReactionAdded():
            return f"{name} reacted with {what.emoji}"
        case ReactionRemoved():
            return f"{name} took back {what.emoji}"
        case FileAdded():
            return f"{name} sent a file: {what.file.name}"
        case FileFailed():
            return f"{name} sent a file that could not be fetched: {what.name}"
        case FileRemoved():
            return f"{name} took a file off a message."


def _named(account: Account) -> str:
    return f"{account.name} (@{account.handle})"


# --- for programs -------------------------------------------------------------------------


def document(history: History) -> dict[str, Any]:
    """A history as one JSON document. Times are ISO 8601 in UTC."""
    return {
        "conversation": history.head.id,
        "creator": history.accounts[history.head.creator].handle,
        "members": [
            {
                "handle": history.accounts[member.account].handle,
                "name": history.accounts[member.account].name,
                "since": member.since,
                "until": member.until,
            }
            for member in history.head.members
        ],
        "threads": [
            {
                "thread": thread.id,
                "code": short_code(thread.id),
                "pin": asdict(history.pins[thread.pin]),
            }
            for thread in history.threads
        ],
        "events": [_event(history, event) for event in history.events],
    }


def _audience(history: History, event: Event) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if event.only is not None:
        found["only"] = history.accounts[event.only].handle
    if event.hidden:
        found["hidden"] = [history.accounts[one].handle for one in event.hidden]
    return found


def _event(history: History, event: Event) -> dict[str, Any]:
    what = event.what
    found: dict[str, Any] = {
        "seq": event.seq,
        "at": event.at.isoformat(),
        "thread": event.thread,
        "actor": history.accounts[event.actor].handle,
        "kind": type(what).__name__,
    }
    if isinstance(what, MessagePosted | MessageEdited):
        found |= {"message": what.message, "text": what.text}
    elif isinstance(what, AboutMessage):
        found["message"] = what.message
    if isinstance(what, ReactionAdded | ReactionRemoved):
        found["emoji"] = what.emoji
    if isinstance(what, FileAdded):
        found["file"] = asdict(what.file)
    if isinstance(what, FileRemoved):
        found["added"] = what.added
    if isinstance(what, FileFailed):
        found |= {"name": what.name, "reason": what.reason}
    if isinstance(what, ConversationStarted | PeopleAdded):
        found["people"] = [history.accounts[account].handle for account in what.people]
    if isinstance(what, MessagePosted | ThreadOpened | CardFilled):
        found["pin"] = what.pin
    found |= _audience(history, event)
    if event.agent is not None:
        found["agent"] = asdict(event.agent)
    return found
