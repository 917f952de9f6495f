"""Lines for a brand's people outside any thread: what waits too long, what came in, what failed.

Each is said once in the brand's inbox, or in direct messages, and mentions whom it is for.
Nothing of this is part of a history; where it cannot be said it is not tried again. What was
told up to where stands in timers, so that a restart forgets nothing.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from bridge.intake.later import DIGEST, FIRST
from bridge.intake.standing import Rules
from bridge.store.pinging import PING, missed
from bridge.timers.quiet import quiet_until, wants
from core.ids import AccountId, ThreadId, short_code
from core.intents import Intent, Person
from core.model import Binding, BindingKind, Place, Refusal, Role, Status, Thread
from core.ports.adapter import Adapter
from core.ports.outcomes import Outcome
from core.ports.reading import Prefs, ThreadLine, Timer, Which
from core.ports.store import Store

log = logging.getLogger("pinthread.reminding")

DIGEST_EVERY = timedelta(minutes=5)
PATIENCE = timedelta(minutes=1)
"""How long after a start it waits for the platforms."""
SOON = timedelta(seconds=2)
_MOST_BRANDS = 1_000
_LISTED = 5
"""Threads that a line names; the inbox has all of them."""
_LOOKED_AT = 100
_AWAY = "While you were away:"


class _Since(msgspec.Struct):
    since: int = 0
    """The position of the feed up to which has been told."""


def _since(timer: Timer) -> int:
    return msgspec.json.decode(timer.what, type=_Since).since


class Reminders:
    """Says them through the platforms that are connected."""

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, Adapter],
        rules: Rules,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._rules = rules
        self._now = now
        self._begun = now()

    async def fire(self, timer: Timer) -> Timer | None:
        """What a timer of this kind says; gives it as it is to fire again, if it is to."""
        if timer.kind == FIRST:
            return await self._first_response(timer)
        if not self._ready():
            return replace(timer, due=self._now() + SOON)
        if timer.kind == PING:
            return await self._ping(timer)
        if timer.kind == DIGEST:
            return self.next_digest(await self.digest(_since(timer)))
        return None

    def _ready(self) -> bool:
        """Just after a start platforms are not connected yet, and a line would be lost."""
        if self._now() > self._begun + PATIENCE:
            return True
        return all(adapter.connected() for adapter in self._adapters.values())

    async def _first_response(self, timer: Timer) -> Timer | None:
        """Nobody has answered: the assignee is told, else those who run the brand."""
        assert timer.thread is not None
        assert timer.account is not None
        thread = await self._store.thread(timer.thread)
        if thread is None or thread.status is Status.RESOLVED:
            return None
        for_whom = [thread.assignee] if thread.assignee else await self._managers(timer.account)
        awake = await self._awake(for_whom)
        if awake is not None:
            return replace(timer, due=awake)
        minutes = self._rules.of(timer.account).first_response / 60
        text = f"Nobody has answered {short_code(thread.id)} for {minutes:g} minutes: "
        text += await self._title(thread.id)
        await self._say_where(timer.account, thread.id, text, for_whom)
        return None

    async def _awake(self, people: Sequence[AccountId]) -> datetime | None:
        """Where all of them have quiet hours: when those of the first one end."""
        now = self._now()
        wanted = [prefs for one in people if (prefs := await self._prefs(one)).notify != "none"]
        ends = [quiet_until(prefs, now) for prefs in wanted]
        return min(ends) if ends and min(ends) > now else None

    async def not_sent(self, timer: Timer, intent: Intent, outcome: Outcome) -> None:
        """A held reply was refused when its time had come: whoever wrote it is told."""
        assert timer.thread is not None
        assert timer.account is not None
        why = outcome.sentence if isinstance(outcome, Refusal) else "It belongs nowhere any more."
        text = f"Your reply in {short_code(timer.thread)} was not sent. {why}"
        place = intent.origin.place if intent.origin is not None else None
        users = (intent.actor.identity.user,) if isinstance(intent.actor, Person) else ()
        if place is not None and place.platform in self._adapters:
            await self._say(place, text, users)

    # --- what came in ---------------------------------------------------------------------

    def next_digest(self, since: int) -> Timer:
        """The next line about what has come in after that position of the feed."""
        what = msgspec.json.encode(_Since(since)).decode()
        return Timer(DIGEST, DIGEST, self._now() + DIGEST_EVERY, what=what)

    async def digest(self, since: int) -> int:
        """What has come in after a position of the feed; the position that it went up to."""
        end = await self._store.feed_end()
        for brand in await self._store.brands(_MOST_BRANDS):
            news = await self._nobodys(brand, since, end)
            if not news:
                continue
            for binding in await self._inboxes(brand):
                text = f"Nobody's yet: {_few(news)}. `/pin inbox unassigned`"
                await self._say(binding.place, text, ())
        return end

    async def _nobodys(self, brand: AccountId, since: int, end: int) -> list[ThreadLine]:
        """What waits and came in between; one more than are listed, where there are as many.

        Answered ones are nobody's too, so that any number of them may stand before the first.
        """
        news: list[ThreadLine] = []
        before = end + 1
        while len(news) <= _LISTED and before > since + 1:
            page = await self._store.inbox(brand, _LOOKED_AT, which=Which.UNASSIGNED, before=before)
            news += [line for line in page if line.waiting and line.position > since]
            before = page[-1].position if len(page) == _LOOKED_AT else 0
        return news[: _LISTED + 1]

    # --- what came in during quiet hours --------------------------------------------------

    async def _ping(self, timer: Timer) -> Timer | None:
        """One line, in their direct messages, and one in each brand's inbox they answer in."""
        account = timer.account
        assert account is not None
        prefs = await self._prefs(account)
        until = quiet_until(prefs, self._now())
        if until > self._now():
            return replace(timer, due=until)
        if prefs.notify != "none":
            await self._tell_missed(account, missed(timer))
        return None

    async def _tell_missed(self, account: AccountId, threads: Sequence[str]) -> None:
        """What they have answered meanwhile, or muted, is left out."""
        own: list[ThreadLine] = []
        inboxes: dict[AccountId, list[ThreadLine]] = {}
        waiting = await self._waiting(account, Which.WAITING)
        for one in map(ThreadId, threads):
            thread = await self._store.thread(one)
            there = [] if thread is None else await self._unmuted(thread)
            if account in there and one in waiting:
                own.append(waiting[one])
            elif thread is not None and thread.assignee == account:
                for brand in there:
                    answering = await self._waiting(brand, Which.MINE, account)
                    if one in answering:
                        inboxes.setdefault(brand, []).append(answering[one])
        if own:
            await self._tell_directly(account, f"{_AWAY} {_few(own)}. `/pin inbox waiting`")
        for brand, lines in inboxes.items():
            await self._tell_inside(brand, account, lines)

    async def _unmuted(self, thread: Thread) -> list[AccountId]:
        head = await self._store.head(thread.conversation)
        members = () if head is None else head.members
        return [each.account for each in members if each.until is None and not each.muted]

    async def _tell_inside(
        self, brand: AccountId, account: AccountId, lines: Sequence[ThreadLine]
    ) -> None:
        text = f"{_AWAY} {_few(lines)}. `/pin inbox mine`"
        for binding in await self._inboxes(brand):
            users = await self._users(account, binding.place)
            if users and await self._say(binding.place, text, users):
                return

    async def _tell_directly(self, account: AccountId, text: str) -> None:
        for binding in await self._store.bindings_of((account,)):
            user = binding.place.channel.removeprefix("user:")
            if binding.kind is BindingKind.DIRECT and await self._say(binding.place, text, (user,)):
                return

    async def _waiting(
        self, account: AccountId, which: Which, agent: AccountId | None = None
    ) -> dict[ThreadId, ThreadLine]:
        found = await self._store.inbox(account, _LOOKED_AT, which=which, agent=agent)
        return {line.thread: line for line in found if line.waiting}

    async def _prefs(self, account: AccountId) -> Prefs:
        return await self._store.prefs(account)

    # --- saying ---------------------------------------------------------------------------

    async def _say_where(
        self, brand: AccountId, thread: ThreadId, text: str, for_whom: Sequence[AccountId]
    ) -> None:
        """In the brand's inboxes that show the thread, where one of them can be mentioned."""
        there = {mirror.binding for mirror in await self._store.mirrors_of(thread)}
        for binding in await self._inboxes(brand):
            if binding.id in there:
                users = [user for one in for_whom for user in await self._users(one, binding.place)]
                if users or not for_whom:
                    await self._say(binding.place, text, users)

    async def _inboxes(self, brand: AccountId) -> tuple[Binding, ...]:
        found = await self._store.bindings_of((brand,))
        return tuple(one for one in found if one.kind is BindingKind.INBOX and not one.paused)

    async def _say(self, place: Place, text: str, users: Sequence[str]) -> bool:
        adapter = self._adapters.get(place.platform)
        if adapter is None:
            return False
        if await adapter.say(place, text, users):
            return True
        log.info("not_said", extra={"platform": place.platform})
        return False

    async def _users(self, account: AccountId, place: Place) -> tuple[str, ...]:
        prefs = await self._prefs(account)
        if not wants(prefs, self._now()):
            return ()
        return tuple(
            login.user
            for login in await self._store.identities(account)
            if login.platform == place.platform and login.workspace in ("", place.workspace)
        )[:1]

    async def _managers(self, brand: AccountId) -> list[AccountId]:
        runs = (Role.OWNER, Role.MANAGER)
        return [one for one, role in await self._store.agents_of(brand) if role in runs]

    async def _title(self, thread: ThreadId) -> str:
        row = await self._store.thread(thread)
        pin = None if row is None else await self._store.pin(row.pin)
        return (pin.title or pin.url) if pin is not None else ""


def _few(lines: Sequence[ThreadLine]) -> str:
    more = " and more" if len(lines) > _LISTED else ""
    return "; ".join(_line(line) for line in lines[:_LISTED]) + more


def _line(line: ThreadLine) -> str:
    who = line.last_by.name if line.last_by is not None else ""
    return f"{line.code} {line.pin.title or line.pin.id} ({who})"
