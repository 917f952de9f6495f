"""Reading: the inbox and its lists, one thread, what a search finds."""

from collections.abc import Sequence
from datetime import datetime

from bridge.office.clerk import (
    Asker,
    Clerk,
    Theme,
    cut,
    named,
    others,
    refusal,
    refuse,
    title_of,
)
from core.asking import MOST_ITEMS, Answer, Button, Command, Fields, Item
from core.ids import AccountId
from core.intents import Handle
from core.model import Refusal, Request, Status
from core.moments import left
from core.ports.reading import Line, ThreadLine, ThreadView, Which
from core.rights import Act
from core.search import Hit, SearchQuery, bad_date, day_of, words_of
from core.verbs import FILTERS

_LOOKED = 200
"""Threads looked through for those with one person."""
_MOST_BRANDS = 15
"""Other brands to which a home leads; a row of buttons has 25."""
_LAST = 8
"""Messages shown of a thread."""
_SAID = {
    Which.ALL: "all threads",
    Which.MINE: "threads assigned to you",
    Which.UNASSIGNED: "threads that nobody has taken",
    Which.WAITING: "threads that wait for an answer",
    Which.REQUESTS: "requests",
}
_NONE = {
    Which.ALL: "No threads yet. Send a pin: `/pin send <pin address> to @somebody -- words`",
    Which.MINE: "Nothing is assigned to you. `/pin inbox unassigned` shows what nobody has taken.",
    Which.UNASSIGNED: "Every open thread is taken. `/pin inbox waiting` shows what waits.",
    Which.WAITING: "Nobody waits for an answer. `/pin inbox all` shows everything.",
    Which.REQUESTS: "No requests. `/pin inbox` shows your threads.",
}


class Inbox:
    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk
        self._desk = clerk.desk

    @property
    def theme(self) -> Theme:
        return Theme(
            {
                "inbox": self.inbox,
                "requests": self.requests,
                "open": self.open,
                "search": self.search,
            },
            {"inbox": self.on_list, "open": self.on_open, "found": self.on_more_found},
            {"open": self.on_chosen},
        )

    # --- lists ----------------------------------------------------------------------------

    async def inbox(self, asker: Asker, command: Command) -> Answer:
        if command.option == "requests":
            return await self.requests(asker, command)
        wanted = command.option or "all"
        if wanted not in FILTERS:
            return refusal(
                "bad_option",
                f"There is no list {cut(wanted, 40)}. Choose one of: {', '.join(FILTERS)}, "
                "requests, brands, followers.",
            )
        if command.people:
            return await self._with(asker, command)
        return await self.listed(asker, Which(wanted))

    async def _with(self, asker: Asker, command: Command) -> Answer:
        """The threads with one person."""
        refused = await self._clerk.may(asker, Act.READ)
        if refused is not None:
            return refuse(refused)
        (ref,) = await self._clerk.people(asker, command.people[:1])
        (who,) = await self._desk.find_people((ref,))
        lines = await self._desk.inbox(asker.account.id, _LOOKED)
        now, name = self._clerk.now(), who.name if who is not None else "them"
        if isinstance(ref, Handle):
            name = f"@{ref.name}"
        found = [line for line in lines if who is not None and who in line.people][:MOST_ITEMS]
        if not found:
            # Of a typed name nothing tells whether it is anybody's.
            seen = None if isinstance(ref, Handle) else who
            buttons = (Button("Send a pin", "sendto", str(seen.id), "primary"),) if seen else ()
            return Answer(f"No threads with {name} yet. Send them a pin.", buttons=buttons)
        items = tuple(self.item(asker, line, now) for line in found)
        return Answer(f"Your threads with {name}, the newest first.", items)

    async def requests(self, asker: Asker, command: Command) -> Answer:
        del command
        return await self.listed(asker, Which.REQUESTS)

    async def on_list(self, asker: Asker, value: str) -> Answer:
        """`which:before:brand`; before and brand may be empty."""
        which, _, rest = value.partition(":")
        before, _, brand = rest.partition(":")
        agent = await self._clerk.acting_for(asker, AccountId(brand)) if brand else asker
        if agent is None or which not in tuple(Which):
            return refusal("unknown_list", "That list is not yours any more. See `/pin inbox`.")
        return await self.listed(agent, Which(which), int(before) if before.isdigit() else None)

    async def listed(self, asker: Asker, which: Which, before: int | None = None) -> Answer:
        refused = await self._clerk.may(asker, Act.READ)
        if refused is not None:
            return refuse(refused)
        if not asker.for_brand and which in (Which.MINE, Which.UNASSIGNED):
            which = Which.ALL  # only a brand's threads are assigned
        lines = await self._desk.inbox(
            asker.account.id, MOST_ITEMS + 1, which=which, agent=asker.person.id, before=before
        )
        shown = lines[:MOST_ITEMS]
        more = f"{which}:{shown[-1].position}" if len(lines) > MOST_ITEMS else ""
        buttons = self._lists(asker, which, more)
        if not shown:
            return Answer(_NONE[which], buttons=buttons)
        now = self._clerk.now()
        items = tuple(self.item(asker, line, now) for line in shown)
        head = f"{asker.account.name}: {_SAID[which]}, the newest first. Open one, or answer it."
        return Answer(head, items, buttons)

    def _lists(self, asker: Asker, which: Which, more: str) -> tuple[Button, ...]:
        """Further on in this list, and the other lists."""
        brand = f":{asker.account.id}" if asker.for_brand else ":"
        lists = tuple(Which) if asker.for_brand else (Which.ALL, Which.WAITING, Which.REQUESTS)
        buttons = [
            Button(one.capitalize(), "inbox", f"{one}:{brand}") for one in lists if one is not which
        ]
        if more:
            buttons.insert(0, Button("More", "inbox", f"{more}{brand}", "primary"))
        return tuple(buttons)

    def item(self, asker: Asker, line: ThreadLine, now: datetime) -> Item:
        by = f"{line.last_by.name}: " if line.last_by else ""
        thread = str(line.thread)
        note = [named(line.people), _ago(line.last_at, now), line.code]
        buttons = [Button("Open", "open", thread)]
        if line.request is Request.PENDING:
            note.append("wants to talk to you")
            buttons += request_buttons(thread, for_brand=asker.for_brand)
        else:
            buttons.append(Button("Reply", "reply", thread, "primary"))
            if asker.for_brand:
                note.append(_standing(line, now))
                buttons += thread_buttons(thread, line.status, line.assignee, asker.person.id)
        said = cut(f"{by}{line.last_text}" if line.last_text else "a pin", 140)
        return Item(said, " · ".join(note), line.pin, tuple(buttons), title=title_of(line))

    async def home(self, asker: Asker) -> Answer:
        """The inbox of a brand in which the asker has a role, with ways to the other ones and
        to their own; without a role their own."""
        agents = [] if asker.for_brand else await self._agents(asker)
        if not agents:
            return await self.listed(asker, Which.ALL)
        first, *others = agents
        answer = await self.listed(first, Which.WAITING)
        ways = [
            Button(cut(each.account.name, 70), "inbox", f"{Which.WAITING}::{each.account.id}")
            for each in others[:_MOST_BRANDS]
        ]
        mine = Button("My own threads", "inbox", f"{Which.ALL}::")
        text = answer.text.replace("Nobody waits", f"{first.account.name}: nobody waits", 1)
        return Answer(text, answer.items, (*answer.buttons, *ways, mine))

    async def _agents(self, asker: Asker) -> list[Asker]:
        """The asker as each of the brands for which they may act from here."""
        brands = await self._desk.brands_of(asker.person.id)
        found = [await self._clerk.acting_for(asker, brand.id) for brand, _ in brands]
        return [each for each in found if each is not None]

    # --- one thread -----------------------------------------------------------------------

    async def open(self, asker: Asker, command: Command) -> Answer:
        found = await self._clerk.thread(asker, command)
        return found if isinstance(found, Answer) else await self.shown(*found)

    async def on_open(self, asker: Asker, value: str) -> Answer:
        return await self.open(asker, Command("open", thread=value))

    async def on_chosen(self, asker: Asker, value: str, fields: Fields) -> Answer:
        del value
        return await self.on_open(asker, str(fields.get("thread", "")))

    async def shown(self, asker: Asker, view: ThreadView) -> Answer:
        page = await self._desk.page(asker.account.id, view.thread, limit=_LAST)
        if isinstance(page, Refusal):
            return refuse(page)
        now = self._clerk.now()
        thread, people = str(view.thread), others(view, asker.account.id)
        note = [f"with {named(people, 9)}", view.code]
        buttons: list[Button] = []
        if view.request is Request.PENDING:
            buttons += request_buttons(thread, for_brand=asker.for_brand)
        else:
            buttons.append(Button("Reply", "reply", thread, "primary"))
        if asker.for_brand:
            note.append(_standing(view, now))
            buttons.append(Button("Note", "note", thread))
            buttons += thread_buttons(thread, view.status, view.assignee, asker.person.id)
        top = Item(note=" · ".join(note), pin=view.pin, title=title_of(view), mirrors=view.mirrors)
        lines = [line_item(line, now) for line in page.lines if line.kind != "card"]
        text = f"{title_of(view)}, with {named(people)}. "
        text += "Answer in its thread, or with Reply." if people else "Everyone else has left."
        return Answer(text, (top, *lines), tuple(buttons))

    # --- searching ------------------------------------------------------------------------

    async def search(self, asker: Asker, command: Command) -> Answer:
        refused = await self._clerk.may(asker, Act.READ)
        if refused is not None:
            return refuse(refused)
        for name, typed in (("before", command.before), ("after", command.after)):
            if typed and day_of(typed) is None:
                return refuse(bad_date(name), name)
        query = await self._query(asker, command)
        if query == SearchQuery():
            return refusal(
                "nothing_to_find",
                "Name the words to look for: `/pin search oak table from:@mia after:2026-01-31`.",
                "words",
            )
        return await self._found(asker, query, command, None)

    async def on_more_found(self, asker: Asker, value: str) -> Answer:
        older, _, draft = value.partition(":")
        command = self._clerk.drafts.take(asker.person.id, draft)
        if command is None:
            return refusal("draft_lost", "That search is too old. Search again.")
        refused = await self._clerk.may(asker, Act.READ)
        if refused is not None:
            return refuse(refused)
        return await self._found(asker, await self._query(asker, command), command, int(older))

    async def _query(self, asker: Asker, command: Command) -> SearchQuery:
        people = await self._clerk.people(asker, command.people[:1])
        return SearchQuery(
            words_of(command.text),
            people[0] if people else None,
            day_of(command.before),
            day_of(command.after),
        )

    async def _found(
        self, asker: Asker, query: SearchQuery, command: Command, older: int | None
    ) -> Answer:
        hits = await self._desk.search(asker.account.id, query, older=older, limit=MOST_ITEMS)
        if isinstance(hits, Refusal):
            return refuse(hits)
        behind = f" {hits.behind} newer messages are not searched yet." if hits.behind else ""
        if not hits.hits:
            return Answer(f"Nothing found in {asker.account.name}'s threads. Try fewer words."
                          f"{behind}")  # fmt: skip
        now = self._clerk.now()
        buttons: tuple[Button, ...] = ()
        if hits.more is not None:
            draft = self._clerk.drafts.keep(asker.person.id, command)
            buttons = (Button("Older", "found", f"{hits.more}:{draft}"),)
        items = tuple(_hit(hit, now) for hit in hits.hits)
        return Answer(f"Found, the newest first. Open a thread to go on.{behind}", items, buttons)


def _hit(hit: Hit, now: datetime) -> Item:
    title = cut(hit.pin.title or "", 80) or f"Pin {hit.pin.id}"
    note = f"{hit.author.name} · {_ago(hit.at, now)} · {hit.code}"
    return Item(hit.excerpt, note, None, (Button("Open", "open", str(hit.thread)),), title=title)


def line_item(line: Line, now: datetime) -> Item:
    """A line of a thread as an entry of an answer."""
    if line.kind == "notice":
        return Item(note=f"{line.text} · {_ago(line.at, now)}")
    note = [_ago(line.at, now)]
    if line.note:
        note.insert(0, "note, only for colleagues")
    if line.edited:
        note.append("edited")
    note += [file.name for file in line.files]
    text = "(deleted)" if line.deleted else line.rich or line.text
    return Item(text, " · ".join(note), line.pin, title=line.author.name)


def request_buttons(thread: str, *, for_brand: bool) -> list[Button]:
    ignore, block = Button("Ignore", "ignore", thread), Button("Block", "blockin", thread, "danger")
    if for_brand:
        return [Button("Reply", "reply", thread, "primary"), ignore, block]
    return [Button("Accept", "accept", thread, "primary"), ignore, block]


def thread_buttons(thread: str, status: Status, assignee: object, asker: AccountId) -> list[Button]:
    """What an agent does with a thread."""
    mine = assignee is not None and getattr(assignee, "id", None) == asker
    buttons = [] if mine else [Button("Assign to me", "take", thread)]
    if status is Status.OPEN:
        return [
            *buttons,
            Button("Snooze", "snooze", thread),
            Button("Resolve", "status", f"resolved:{thread}"),
        ]
    return [*buttons, Button("Reopen", "status", f"open:{thread}")]


def _standing(line: ThreadLine | ThreadView, now: datetime) -> str:
    """`open, Ada's`, `snoozed for 2 hours, nobody's`."""
    status = line.status.value
    if line.status is Status.SNOOZED and line.until is not None:
        status = f"snoozed for {left(line.until, now)}"
    return f"{status}, {line.assignee.name} answers" if line.assignee else f"{status}, unassigned"


def _ago(then: datetime, now: datetime) -> str:
    return f"{left(now, then)} ago" if (now - then).total_seconds() >= 60 else "just now"


def seen_of(lines: Sequence[Line]) -> int:
    """The newest line that was shown."""
    return lines[-1].seq if lines else 0
