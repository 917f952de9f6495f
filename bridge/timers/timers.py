"""Fires what was put off: held replies, threads that wake up, reminders, automatic answers.

Timers are rows. One that was due while the program was down fires at the start, in order.
A timer goes in the commit of what it brings about, so that it never happens twice; one
that brings nothing into the history goes alone.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from bridge.intake.finding import Actor
from bridge.intake.intake import Intake
from bridge.intake.later import (
    ANSWER_EVERY,
    ANSWERED,
    AUTO,
    REPLY,
    SNOOZE,
    as_edited,
    intent_of,
    newest_edit,
)
from bridge.store.pinging import PING
from bridge.timers.modes import CARDS, Modes
from bridge.timers.reminding import PATIENCE, Reminders
from core.ids import AccountId, ThreadId
from core.intents import (
    DeleteMessage,
    EditMessage,
    Intent,
    Person,
    PostMessage,
    SetStatus,
    Speech,
)
from core.model import AccountKind, Refusal, Status
from core.notes import calls_somebody
from core.ports.adapter import Adapter
from core.ports.outcomes import Accepted, Outcome
from core.ports.reading import Timer
from core.ports.rows import Duplicate, HeldIntent, StoreError
from core.ports.store import Store
from core.rights import Act, may

log = logging.getLogger("pinthread.timers")

TOO_LATE = Refusal(
    "too_late", "This has gone out already. Delete it in the thread to take it back."
)
NAMES_SOMEBODY = Refusal(
    "names_somebody",
    "Since you edited it, it mentions a colleague. `/pin reply` sends it all the same, "
    "`/pin note` leaves it as a note.",
)
AGENT_NO_MORE = Refusal(
    "not_allowed", "Only agents of the brand answer for it, and whoever wrote it is none any more."
)
_AT_ONCE = 100
LONGEST = 60.0
"""Seconds after which it looks again in any case: clocks are set, and wake-ups get lost."""
NOTE_EVERY = timedelta(seconds=30)
"""How often it looks at whom quiet hours have kept from pings; in any case before it tells."""
SOON = 0.5
"""Seconds until it looks again for what waits for a sweep."""
RETRY = 5.0
"""Seconds until it tries again where the store could not."""


class Timers:
    """One for the program; `run` fires, and people release and undo beside it."""

    def __init__(
        self,
        store: Store,
        intake: Intake,
        adapters: Mapping[str, Adapter],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._intake = intake
        self._now = now
        self.reminders = Reminders(store, adapters, intake.rules, now)
        self.modes = Modes(store, intake.submit, now)
        self._news = asyncio.Event()
        self._firing: set[str] = set()
        self._note_at = self._begun = now()
        self._has_swept: Callable[[str], bool] = lambda _: True

    def after(self, has_swept: Callable[[str], bool]) -> None:
        """Just after a start held replies wait until it is known what became of them meanwhile."""
        self._has_swept = has_swept

    def wake(self) -> None:
        """There is a new one."""
        self._news.set()

    async def run(self) -> None:
        """Until it is cancelled."""
        await self._store.put_timer(self.reminders.next_digest(await self._store.feed_end()))
        await self.modes.resume()
        while True:
            self._news.clear()
            try:
                pause = await self.fire_due()
            except StoreError:
                log.warning("timers_not_read")
                pause = RETRY
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), pause)

    async def fire_due(self) -> float:
        """Fires what is due. Seconds until the next one."""
        now = self._now()
        due = await self._store.timers_due(now, _AT_ONCE)
        if now >= self._note_at or any(timer.kind == PING for timer in due):
            self._note_at = now + NOTE_EVERY
            while await self._store.note_pings():
                pass
            due = await self._store.timers_due(now, _AT_ONCE)
        waits = False
        for timer in due:
            if self._may_read_otherwise(timer, now):
                waits = True
            else:
                await self._fire(timer)
        if waits:
            return SOON
        if len(due) == _AT_ONCE:
            return 0.0
        coming = await self._store.next_timer()
        if coming is None:
            return LONGEST
        return min(max((coming - self._now()).total_seconds(), 0.0), LONGEST)

    def _may_read_otherwise(self, timer: Timer, now: datetime) -> bool:
        """Whether its author may have edited or deleted it while nobody listened."""
        if timer.kind != REPLY or now >= self._begun + PATIENCE:
            return False
        origin = intent_of(timer).origin
        return origin is not None and not self._has_swept(origin.place.platform)

    # --- by hand --------------------------------------------------------------------------

    async def release(self, name: str, actor: Actor) -> Outcome:
        """Sends a held reply now."""
        timer = await self._mine(name, actor)
        if isinstance(timer, Refusal):
            return timer
        outcome = await self._fire(timer, by_hand=True)
        return TOO_LATE if outcome is None else outcome

    async def undo(self, name: str, actor: Actor) -> Refusal | None:
        """Takes a held reply back. Delivered once more, its words stay taken back."""
        timer = await self._mine(name, actor)
        if isinstance(timer, Refusal):
            return timer
        if timer.id in self._firing:
            return TOO_LATE
        return None if await self._settle(timer, intent_of(timer)) else TOO_LATE

    async def _mine(self, name: str, actor: Actor) -> Timer | Refusal:
        """What an inbox holds back may be undone in it though others can read it now."""
        brand = actor.account.kind is AccountKind.BRAND
        refusal = may(actor.role, Act.REPLY) if brand else None
        if refusal is not None:
            return refusal
        timer = await self._store.timer(name)
        if timer is None or timer.kind != REPLY or timer.account != actor.account.id:
            return TOO_LATE
        return timer

    # --- firing ---------------------------------------------------------------------------

    async def _fire(self, timer: Timer, *, by_hand: bool = False) -> Outcome | None:
        """None: it is being fired already."""
        if timer.id in self._firing:
            return None
        self._firing.add(timer.id)
        try:
            outcome = await self._happen(timer, by_hand=by_hand)
        finally:
            self._firing.discard(timer.id)
        ended = "done" if outcome is None else type(outcome).__name__
        log.info("timer_fired", extra={"kind": timer.kind, "outcome": ended})
        return outcome

    async def _happen(self, timer: Timer, *, by_hand: bool) -> Outcome | None:
        if timer.kind == REPLY:
            return await self._reply(timer, by_hand=by_hand)
        if timer.kind in (SNOOZE, AUTO) and timer.thread is not None and timer.account is not None:
            return await self._do(timer, timer.thread, timer.account)
        if timer.kind == CARDS:
            again = await self.modes.fire(timer)
        else:
            again = await self.reminders.fire(timer)
        if again is not None:
            await self._store.renew_timer(again)
        else:
            await self._store.drop_timer(timer.id)
        return None

    async def _do(self, timer: Timer, thread: ThreadId, brand: AccountId) -> Outcome | None:
        intent, outcome = self._own(timer, thread), None
        answered = Timer(
            f"{ANSWERED}:{thread}", ANSWERED, self._now() + ANSWER_EVERY, thread, brand
        )
        if timer.kind == AUTO and await self._store.timer(answered.id) is not None:
            intent = None
        if intent is not None:
            outcome = await self._intake.fire(intent, timer.id)
            if timer.kind == AUTO and isinstance(outcome, Accepted):
                await self._store.put_timer(answered)
        await self._store.drop_timer(timer.id)
        return outcome

    def _own(self, timer: Timer, thread: ThreadId) -> Intent | None:
        """What the program does itself, as the brand."""
        assert timer.account is not None
        if timer.kind == SNOOZE:
            at = 0 if timer.due is None else int(timer.due.timestamp())
            return Intent(f"{timer.id}:{at}", timer.account, SetStatus(thread, Status.OPEN))
        hours = self._intake.rules.of(timer.account).hours
        if hours is None or not hours.answer:
            return None
        said = PostMessage(thread, hours.answer, speech=Speech.REPLY)
        return Intent(timer.id, timer.account, said)

    async def _reply(self, timer: Timer, *, by_hand: bool) -> Outcome | None:
        """Sends it as its author has left it; what they have deleted never goes out."""
        first = intent_of(timer)
        done = await self._done_meanwhile(first)
        if any(isinstance(one.intent.what, DeleteMessage) for one in done):
            await self._settle(timer, first)
            return None
        intent = await self._as_left(first, done)
        if intent != first and not by_hand and await self._calls_somebody(timer, intent):
            outcome: Outcome = NAMES_SOMEBODY
        elif not by_hand and not await self._intake.may_still_say(first):
            outcome = AGENT_NO_MORE  # whoever sends it by hand answers for it
        else:
            outcome = await self._intake.fire(intent, timer.id)
        if isinstance(outcome, Accepted):
            await self._store.drop_timer(timer.id)
        else:
            await self._settle(timer, first)
            await self._tell_why_not(timer, first, outcome)
        return outcome

    async def _tell_why_not(self, timer: Timer, intent: Intent, outcome: Outcome) -> None:
        """Its author is told; where they may not say it, the other agents are, by a note."""
        if not isinstance(outcome, Refusal) or outcome.code != AGENT_NO_MORE.code:
            await self.reminders.not_sent(timer, intent, outcome)
            return
        assert timer.thread is not None
        assert timer.account is not None
        who = intent.actor.profile.name if isinstance(intent.actor, Person) else "Somebody"
        said = f"A held reply of {who} was not sent: they may not answer for the brand any more."
        note = PostMessage(timer.thread, said, speech=Speech.NOTE)
        await self._intake.submit(Intent(f"unsent:{timer.id}", timer.account, note))

    async def _as_left(self, first: Intent, done: Sequence[HeldIntent]) -> Intent:
        """With its author's last words; only those are decided once more when it has gone out."""
        newest = newest_edit(first, done)
        for one in done:
            if one is not newest and isinstance(one.intent.what, EditMessage):
                await self._store.release(one.key)
        edit = None if newest is None else newest.intent.what
        return as_edited(first, edit) if isinstance(edit, EditMessage) else first

    async def _done_meanwhile(self, intent: Intent) -> tuple[HeldIntent, ...]:
        """Edits and deletes of the words where they were typed, in order of arrival."""
        origin = intent.origin
        if origin is None or origin.message is None:
            return ()
        return await self._store.held_for(origin.place.platform, origin.message)

    async def _calls_somebody(self, timer: Timer, intent: Intent) -> bool:
        """Whether an edit has put somebody's name in who is not in the conversation."""
        assert isinstance(intent.what, PostMessage)
        assert timer.thread is not None
        if intent.what.speech is Speech.NOTE:
            return False
        thread = await self._store.thread(timer.thread)
        head = None if thread is None else await self._store.head(thread.conversation)
        members = () if head is None else head.present()
        others = tuple([one for one in members if one != timer.account])
        return calls_somebody(intent.what.text, intent.what.rich, others)

    async def _settle(self, timer: Timer, intent: Intent) -> bool:
        """It does not happen, now or when its words are delivered once more."""
        assert timer.thread is not None
        thread = await self._store.thread(timer.thread)
        assert thread is not None
        done = Duplicate(intent.fingerprint, thread.conversation, thread.id, thread.tail, None)
        dropped = await self._store.drop_timer(timer.id, done, intent.key)
        for one in await self._done_meanwhile(intent):
            await self._store.release(one.key)
        return dropped
