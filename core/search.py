"""What people search for: words, who wrote them, and when. Pure.

`from:`, `before:` and `after:` stand anywhere among the words, in any case.
"""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from core.asking import Command
from core.grammar import searched
from core.ids import MessageId, ThreadId
from core.intents import Handle, PersonRef
from core.model import Account, Pin, Refusal

MOST_WORDS = 12

NOTHING_TO_FIND = Refusal(
    "nothing_to_find",
    "Name the words to look for, such as `/pin search oak table from:@mia after:2026-01-31`.",
)


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """Messages that hold every one of `words`, by `author`, made in `after <= time < before`."""

    words: tuple[str, ...] = ()
    author: PersonRef | None = None
    before: datetime | None = None
    after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that was found, as it stands now. `excerpt` is its words around the first one."""

    thread: ThreadId
    code: str
    pin: Pin
    message: MessageId
    seq: int
    author: Account
    at: datetime
    excerpt: str


@dataclass(frozen=True, slots=True)
class Hits:
    """A page, newest first. `more` begins the next one; `behind` messages are not in it yet."""

    hits: tuple[Hit, ...]
    more: int | None = None
    behind: int = 0


def parse_search(text: str) -> SearchQuery | Refusal:
    """Reads `oak table from:@mia before:2026-02-01`. Days are those of UTC."""
    asked = searched(Command("search"), text)
    for name, typed in (("before", asked.before), ("after", asked.after)):
        if typed and day_of(typed) is None:
            return bad_date(name)
    named = next((one for one in asked.people if isinstance(one, Handle) and one.name), None)
    author = None if named is None else Handle(named.name.lower())
    query = SearchQuery(words_of(asked.text), author, day_of(asked.before), day_of(asked.after))
    return NOTHING_TO_FIND if query == SearchQuery() else query


def bad_date(name: str) -> Refusal:
    return Refusal("bad_date", f"`{name}:` takes a day such as {name}:2026-01-31.")


def day_of(text: str) -> datetime | None:
    """The beginning of a day written as 2026-01-31, in UTC."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        return None


def words_of(text: str) -> tuple[str, ...]:
    """Letters, marks and digits as they stand together; the first dozen different ones."""
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in text)
    return tuple(dict.fromkeys(kept.casefold().split()))[:MOST_WORDS]


def excerpt(text: str, words: tuple[str, ...], length: int = 160) -> str:
    """At most `length` characters of a text, around the first of the words in it, on one line."""
    flat = " ".join(text.split())
    folded = flat.lower()
    found = [at for word in words if (at := folded.find(word)) >= 0]
    if len(flat) <= length:
        return flat
    first = max(0, min(found, default=0) - length // 4)
    first = min(first, len(flat) - length)
    cut = flat[first : first + length]
    return f"{'…' if first else ''}{cut}{'…' if first + length < len(flat) else ''}"
