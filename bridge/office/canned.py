"""Prepared replies: a list, a look at one with its variables filled in, and sending it."""

import re

from bridge.office.clerk import (
    LOST,
    Asker,
    Clerk,
    Theme,
    cut,
    named,
    others,
    refuse,
    threads,
    title_of,
)
from bridge.office.inbox import seen_of
from bridge.office.replies import Replies, Words
from core.asking import (
    MOST_CHOICES,
    MOST_ITEMS,
    Answer,
    Button,
    Choice,
    Command,
    Fields,
    Input,
    Item,
    Picker,
)
from core.model import Canned as CannedReply
from core.model import Refusal
from core.ports.reading import ThreadView
from core.rights import Act

_VARIABLE = re.compile(r"\{(follower|agent|brand|pin)\}")
NOT_A_BRAND = Refusal(
    "not_a_brand", "Prepared replies are a brand's. In its inbox `/pin canned` lists them."
)
NO_CANNED = Refusal(
    "no_canned", "No replies are prepared here. Whoever runs Pinthread adds them to the brand."
)


class Canned:
    def __init__(self, clerk: Clerk, replies: Replies) -> None:
        self._clerk = clerk
        self._desk = clerk.desk
        self._replies = replies

    @property
    def theme(self) -> Theme:
        return Theme(
            {"canned": self.canned},
            {
                "canned": self.on_canned,
                "cansend": self.on_canned_send,
                "canedit": self.on_canned_edit,
            },
            {"canned": self.on_canned_for},
        )

    async def canned(self, asker: Asker, command: Command) -> Answer:
        wanted = command.option.strip().lower()
        view: ThreadView | None = None
        if command.thread or asker.caller.thread is not None:
            found = await self._clerk.thread(asker, command)
            if isinstance(found, Answer):
                return found
            asker, view = found
        kept = asker.rules.canned if asker.rules is not None else ()
        refused = await self._clerk.may(asker, Act.CANNED) if asker.for_brand else NOT_A_BRAND
        if refused is None and not kept:
            refused = NO_CANNED
        if refused is not None:
            return refuse(refused)
        one = next((n for n, each in enumerate(kept) if each.name.lower() == wanted), None)
        if one is None:
            return self._all(asker, kept, view, wanted)
        return await self._preview(asker, one, kept[one], view)

    def _all(
        self, asker: Asker, kept: tuple[CannedReply, ...], view: ThreadView | None, wanted: str
    ) -> Answer:
        thread = str(view.thread) if view is not None else ""
        items = tuple(
            Item(
                cut(self._filled(asker, each, view), 200),
                title=each.name,
                buttons=(Button("Look at it", "canned", f"{n}:{thread}"),),
            )
            for n, each in enumerate(kept[:MOST_ITEMS])
        )
        text = f"{asker.account.name}'s prepared replies. Look at one, then send it."
        if wanted:
            text = f"There is no prepared reply {cut(wanted, 40)}. These there are:"
        return Answer(text, items)

    async def on_canned(self, asker: Asker, value: str) -> Answer:
        found = await self._chosen(asker, value)
        return found if isinstance(found, Answer) else await self._preview(*found)

    async def on_canned_for(self, asker: Asker, value: str, fields: Fields) -> Answer:
        return await self.on_canned(asker, f"{value}:{fields.get('thread', '')}")

    async def on_canned_send(self, asker: Asker, value: str) -> Answer:
        found = await self._chosen(asker, value.rpartition(":")[0])
        if isinstance(found, Answer):
            return found
        agent, _, canned, view = found
        if view is None:
            return refuse(LOST)
        seen = value.rpartition(":")[2]
        newest = int(seen) if seen.isdigit() else None
        words = Words(self._filled(agent, canned, view), None, None, newest)
        return await self._replies.send(agent, view, words)

    async def on_canned_edit(self, asker: Asker, value: str) -> Answer:
        found = await self._chosen(asker, value)
        if isinstance(found, Answer):
            return found
        agent, _, canned, view = found
        if view is None:
            return refuse(LOST)
        return await self._replies.ask(agent, view, self._filled(agent, canned, view))

    async def _chosen(
        self, asker: Asker, value: str
    ) -> tuple[Asker, int, CannedReply, ThreadView | None] | Answer:
        """`n:thread`, the number of a canned reply; the thread may be empty."""
        number, _, thread = value.partition(":")
        view: ThreadView | None = None
        if thread:
            found = await self._clerk.named(asker, thread)
            if isinstance(found, Answer):
                return found
            asker, view = found
        refused = await self._clerk.may(asker, Act.CANNED) if asker.for_brand else NOT_A_BRAND
        if refused is not None:
            return refuse(refused)
        kept = asker.rules.canned if asker.rules is not None else ()
        if not number.isdigit() or int(number) >= len(kept):
            return refuse(NO_CANNED)
        return asker, int(number), kept[int(number)], view

    async def _preview(
        self, asker: Asker, number: int, canned: CannedReply, view: ThreadView | None
    ) -> Answer:
        shown = Item(self._filled(asker, canned, view), title=canned.name)
        if view is None:
            lines = await self._desk.inbox(asker.account.id, MOST_CHOICES)
            menu = Input("thread", "Send it in a thread", "choice", threads(lines))
            picker = Picker("canned", menu, str(number)) if lines else None
            return Answer(
                "Choose the thread in which you want to send it.", (shown,), picker=picker
            )
        page = await self._desk.page(asker.account.id, view.thread, limit=1)
        seen = 0 if isinstance(page, Refusal) else seen_of(page.lines)
        value = f"{number}:{view.thread}"
        return Answer(
            f"{title_of(view)}: {self._replies.seen_as(asker, view)}",
            (shown,),
            (
                Button("Send", "cansend", f"{value}:{seen}", "primary"),
                Button("Change it first", "canedit", value),
            ),
        )

    def _filled(self, asker: Asker, canned: CannedReply, view: ThreadView | None) -> str:
        """With its variables filled in, as far as they are known."""
        known = {"agent": asker.person.name, "brand": asker.account.name}
        if view is not None:
            known["follower"] = named(others(view, asker.account.id), 9)
            known["pin"] = view.pin.title or view.pin.url
        return _VARIABLE.sub(lambda found: known.get(found[1], found[0]), canned.text)


def canned_choices(asker: Asker, prefix: str) -> tuple[Choice, ...]:
    """Names of prepared replies that hold what was typed."""
    kept = asker.rules.canned if asker.rules is not None else ()
    wanted = prefix.strip().lower()
    return tuple(
        Choice(cut(each.name, 90), each.name[:90], cut(each.text, 90))
        for each in kept
        if wanted in each.name.lower()
    )[:MOST_CHOICES]
