"""What happens later: held replies, snoozes, reminders, the answer of a brand that is closed."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

import pytest

from bridge.intake.finding import Actor
from bridge.intake.intake import Intake
from bridge.intake.later import is_open, opening
from bridge.intake.standing import Rules
from bridge.timers.modes import AT_ONCE, BATCH, EVERY
from bridge.timers.reminding import PATIENCE
from bridge.timers.timers import SOON, TOO_LATE, Timers
from bridge.wakeup import LocalWakeups
from core.events import CardFilled, MessageEdited, MessagePosted, StatusChanged
from core.ids import PinId, ThreadId
from core.intents import (
    DeleteMessage,
    EditMessage,
    Handle,
    Intent,
    ItsAuthor,
    Origin,
    Person,
    PostMessage,
    RemoteMessage,
    SetStatus,
    StartThread,
)
from core.model import BrandRules, Contacts, Hours, Pin, Place, Refusal, Role, Status
from core.ports.outcomes import Accepted, Held, Waiting
from core.ports.store import Store
from tests.bridge.conftest import BRAND, INBOX, MIA, NOW
from tests.bridge.test_intake import ADA, ROSA, accepted, place_card, reply, start

HOURS = Hours("Europe/Berlin", (0, 1, 2, 3), time(9), time(17), "We are back on Monday.")
"""NOW is a Friday."""


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Speaking:
    """A platform of which only `say` is asked."""

    said: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def connected(self) -> bool:
        return True

    async def say(self, place: Place, text: str, mentions: tuple[str, ...] = ()) -> bool:
        assert place == INBOX
        self.said.append((text, tuple(mentions)))
        return True


@dataclass
class Later:
    store: Store
    intake: Intake
    timers: Timers
    clock: Clock
    slack: Speaking

    async def words(self, thread: Accepted) -> list[str]:
        history = await self.store.history(thread.conversation)
        return [e.what.text for e in history if isinstance(e.what, MessagePosted)]

    async def pass_time(self, seconds: float) -> None:
        self.clock.now += timedelta(seconds=seconds)
        await self.timers.fire_due()


Make = Callable[[BrandRules], Later]


@pytest.fixture
def make(store: Store, wakeups: LocalWakeups) -> Make:
    def made(brand: BrandRules) -> Later:
        clock, slack = Clock(), Speaking()
        rules = Rules(contacts=Contacts.ANYONE, per_minute=0, other=brand)
        intake = Intake(store, wakeups, clock, rules)
        timers = Timers(store, intake, {"slack": slack}, clock)  # type: ignore[dict-item]
        intake.tell(timers)
        return Later(store, intake, timers, clock, slack)

    return made


@pytest.fixture
def later(make: Make) -> Later:
    return make(BrandRules(hold=15, staff_role=Role.AGENT))


async def held(later: Later, key: str = "b", text: str = "Yes.") -> tuple[Accepted, Waiting]:
    thread = await accepted(later.intake, start("a"))
    await place_card(later.store, thread, "slack", "C1:1.0")
    outcome = await later.intake.submit(reply(key, text))
    assert isinstance(outcome, Waiting), outcome
    return thread, outcome


async def test_a_typed_reply_goes_out_when_its_time_has_come_and_not_before(later: Later) -> None:
    thread, waiting = await held(later)
    assert waiting.until == NOW + timedelta(seconds=15)
    await later.pass_time(14)
    assert await later.words(thread) == ["does this come in oak?"]
    await later.pass_time(2)
    assert await later.words(thread) == ["does this come in oak?", "Yes."]
    await later.pass_time(60)
    assert len(await later.words(thread)) == 2
    again = await later.intake.submit(reply("b", "Yes."))
    assert isinstance(again, Accepted)
    assert again.repeated
    assert len(await later.words(thread)) == 2


async def test_the_same_payload_again_waits_as_the_first_one(later: Later) -> None:
    _, waiting = await held(later)
    later.clock.now += timedelta(seconds=5)
    assert await later.intake.submit(reply("b", "Yes.")) == waiting


async def test_what_was_taken_back_never_goes_out_however_often_it_is_delivered(
    later: Later,
) -> None:
    thread, waiting = await held(later)
    actor = await later.intake.acting(ADA, INBOX)
    assert await later.timers.undo(waiting.timer, actor) is None
    assert await later.timers.undo(waiting.timer, actor) == TOO_LATE
    outcome = await later.intake.submit(reply("b", "Yes."))
    assert isinstance(outcome, Accepted)
    await later.pass_time(600)
    assert await later.words(thread) == ["does this come in oak?"]


async def test_nobody_else_takes_a_reply_back(later: Later) -> None:
    _, waiting = await held(later)
    assert await later.timers.undo(waiting.timer, Actor(MIA)) == TOO_LATE
    viewer = Actor(BRAND, ADA.identity, Role.VIEWER)
    refusal = await later.timers.undo(waiting.timer, viewer)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "not_allowed"
    assert await later.store.timer(waiting.timer) is not None


async def test_a_reply_that_names_a_colleague_waits_until_it_is_released(later: Later) -> None:
    thread, waiting = await held(later, text="@bo should we say yes?")
    assert (waiting.until, waiting.reason) == (None, "mention")
    await later.pass_time(86_400)
    assert len(await later.words(thread)) == 1
    actor = await later.intake.acting(ADA, INBOX)
    assert isinstance(await later.timers.release(waiting.timer, actor), Accepted)
    assert (await later.words(thread))[-1] == "@bo should we say yes?"
    assert await later.timers.release(waiting.timer, actor) == TOO_LATE


async def test_a_delete_while_it_is_held_beats_it(later: Later) -> None:
    thread, waiting = await held(later)
    remote = reply("b", "Yes.").origin
    assert remote is not None
    assert remote.message is not None
    gone = DeleteMessage(RemoteMessage("slack", remote.message))
    outcome = await later.intake.submit(
        Intent("gone", ItsAuthor(), gone, Origin(INBOX, remote.message))
    )
    assert isinstance(outcome, Held)
    await later.pass_time(20)
    assert await later.words(thread) == ["does this come in oak?"]
    assert await later.store.timer(waiting.timer) is None
    assert await later.store.held_for("slack", remote.message) == ()


async def edits(
    later: Later, text: str, key: str = "e", at: int = 1, who: Person = ADA, of: str = "b"
) -> None:
    """Somebody edits words that are held, in Slack."""
    origin = reply(of, "").origin
    assert origin is not None
    assert origin.message is not None
    edit = EditMessage(RemoteMessage("slack", origin.message), text)
    intent = Intent(key, who, edit, origin, at=NOW + timedelta(seconds=at))
    assert isinstance(await later.intake.submit(intent), Held)


async def notes(later: Later, thread: Accepted) -> list[str]:
    history = await later.store.history(thread.conversation)
    return [
        event.what.text
        for event in history
        if isinstance(event.what, MessagePosted) and event.only == BRAND.id
    ]


async def test_a_held_reply_that_is_edited_goes_out_with_its_last_words(later: Later) -> None:
    thread, _ = await held(later)
    await edits(later, "No.", "e1", at=2)
    await edits(later, "Yes, in oak.", "e2", at=4)
    await edits(later, "Maybe.", "e3", at=3)
    await later.pass_time(20)
    assert await later.words(thread) == ["does this come in oak?", "Yes, in oak."]
    history = await later.store.history(thread.conversation)
    assert not any(isinstance(event.what, MessageEdited) for event in history)


async def test_an_older_edit_that_is_told_late_does_not_undo_what_a_held_reply_went_out_with(
    later: Later,
) -> None:
    thread, _ = await held(later)
    await edits(later, "Yes, in oak.", "e2", at=4)
    await later.pass_time(20)
    origin = reply("b", "").origin
    assert origin is not None
    assert origin.message is not None
    there = RemoteMessage("slack", origin.message)
    for key, text, at in (("e1", "No.", 2), ("e3", "In oak and ash.", 6)):
        what = EditMessage(there, text)
        told = Intent(key, ADA, what, origin, at=NOW + timedelta(seconds=at))
        assert isinstance(await later.intake.submit(told), Accepted)
    history = await later.store.history(thread.conversation)
    edited = [event.what.text for event in history if isinstance(event.what, MessageEdited)]
    assert edited == ["In oak and ash."]


@pytest.mark.parametrize("by_hand", [False, True], ids=["in its time", "sent now"])
async def test_a_held_reply_that_is_edited_into_a_note_becomes_one(
    later: Later, *, by_hand: bool
) -> None:
    thread, waiting = await held(later, text="He never pays.")
    await edits(later, "note: he never pays.")
    if by_hand:
        actor = await later.intake.acting(ADA, INBOX)
        assert isinstance(await later.timers.release(waiting.timer, actor), Accepted)
    await later.pass_time(20)
    assert await notes(later, thread) == ["he never pays."]
    history = await later.store.history(thread.conversation)
    others = [event for event in history if event.only is None]
    assert "pays" not in str(others)
    assert await later.store.timer(waiting.timer) is None
    await later.pass_time(600)
    assert len(await later.words(thread)) == 2


async def test_nobody_elses_edit_changes_a_held_reply(later: Later) -> None:
    thread, _ = await held(later)
    await edits(later, "Never.", who=ROSA)
    await later.pass_time(20)
    assert await later.words(thread) == ["does this come in oak?", "Yes."]


async def test_an_edit_that_calls_a_colleague_keeps_a_held_reply_from_going_out(
    later: Later,
) -> None:
    thread, waiting = await held(later)
    await edits(later, "@bo should we say yes?")
    await later.pass_time(20)
    assert await later.words(thread) == ["does this come in oak?"]
    [(text, users)] = later.slack.said
    assert "mentions a colleague" in text
    assert users == (ADA.identity.user,)
    assert await later.store.timer(waiting.timer) is None


async def test_what_was_taken_back_leaves_no_edit_behind(later: Later) -> None:
    thread, waiting = await held(later)
    await edits(later, "No.")
    actor = await later.intake.acting(ADA, INBOX)
    assert await later.timers.undo(waiting.timer, actor) is None
    origin = reply("b", "").origin
    assert origin is not None
    assert origin.message is not None
    assert await later.store.held_for("slack", origin.message) == ()
    await later.pass_time(600)
    assert await later.words(thread) == ["does this come in oak?"]


async def test_a_due_reply_outlives_a_restart(later: Later, wakeups: LocalWakeups) -> None:
    thread, _ = await held(later)
    clock = Clock(NOW + timedelta(hours=1))
    intake = Intake(later.store, wakeups, clock, later.intake.rules)
    await Timers(later.store, intake, {}, clock).fire_due()
    assert (await later.words(thread))[-1] == "Yes."


async def test_just_after_a_start_a_due_reply_waits_until_its_place_was_swept_but_not_for_long(
    later: Later, wakeups: LocalWakeups
) -> None:
    thread, _ = await held(later)
    _, other = await held(later, "c", "Or no.")
    swept: set[str] = set()
    clock = Clock(NOW + timedelta(hours=1))
    intake = Intake(later.store, wakeups, clock, later.intake.rules)
    timers = Timers(later.store, intake, {}, clock)
    timers.after(swept.__contains__)
    assert await timers.fire_due() == SOON
    assert await later.words(thread) == ["does this come in oak?"]
    # What its author did meanwhile counts, as do their own hands.
    await edits(later, "Yes, in oak.")
    actor = await intake.acting(ADA, INBOX)
    assert await timers.undo(other.timer, actor) is None
    swept.add("slack")
    await timers.fire_due()
    assert await later.words(thread) == ["does this come in oak?", "Yes, in oak."]
    swept.clear()
    assert isinstance(await intake.submit(reply("d", "At last.")), Waiting)
    clock.now += timedelta(seconds=40)
    assert await timers.fire_due() == SOON
    clock.now += PATIENCE
    await timers.fire_due()
    assert (await later.words(thread))[-1] == "At last."


async def test_a_reply_that_is_refused_when_its_time_has_come_is_told(later: Later) -> None:
    thread, waiting = await held(later)
    await later.store.ban(BRAND.id, on=True)
    await later.pass_time(20)
    assert len(await later.words(thread)) == 1
    [(text, users)] = later.slack.said
    assert "was not sent" in text
    assert "Yes." not in text
    assert users == (ADA.identity.user,)
    assert await later.store.timer(waiting.timer) is None


async def test_a_snoozed_thread_wakes_up_once(later: Later) -> None:
    thread = await accepted(later.intake, start("a"))
    until = NOW + timedelta(hours=2)
    snooze = SetStatus(thread.thread, Status.SNOOZED, until)
    await accepted(later.intake, Intent("s", BRAND.id, snooze))
    await later.pass_time(3_600)
    row = await later.store.thread(thread.thread)
    assert row is not None
    assert (row.status, row.until) == (Status.SNOOZED, until)
    await later.pass_time(3_601)
    await later.pass_time(3_600)
    row = await later.store.thread(thread.thread)
    assert row is not None
    assert row.status is Status.OPEN
    history = await later.store.history(thread.conversation)
    assert sum(isinstance(e.what, StatusChanged) for e in history) == 2
    assert await later.store.next_timer() is None


async def test_a_thread_that_was_opened_before_does_not_wake_up_again(later: Later) -> None:
    thread = await accepted(later.intake, start("a"))
    snooze = SetStatus(thread.thread, Status.SNOOZED, NOW + timedelta(hours=2))
    await accepted(later.intake, Intent("s", BRAND.id, snooze))
    await accepted(later.intake, Intent("o", MIA.id, PostMessage(thread.thread, "well?")))
    assert await later.store.next_timer() is None


async def test_managers_are_reminded_of_a_follower_nobody_has_answered(make: Make) -> None:
    later = make(BrandRules(hold=0, staff_role=Role.AGENT, first_response=600))
    person = await later.intake.account(ADA)
    await later.store.grant(BRAND.id, person.id, Role.MANAGER, NOW)
    await accepted(later.intake, start("a"))
    await later.pass_time(599)
    assert later.slack.said == []
    await later.pass_time(2)
    [(text, users)] = later.slack.said
    assert text.startswith("Nobody has answered")
    assert "oak" not in text, "no words of anybody's"
    assert users == (ADA.identity.user,)
    await later.pass_time(600)
    assert len(later.slack.said) == 1


async def test_an_answer_ends_the_reminder_and_a_note_does_not(make: Make) -> None:
    later = make(BrandRules(hold=0, staff_role=Role.AGENT, first_response=600))
    thread = await accepted(later.intake, start("a"))
    await place_card(later.store, thread, "slack", "C1:1.0")
    await accepted(later.intake, reply("n", "note: who knows?"))
    assert await later.store.next_timer() is not None
    await accepted(later.intake, reply("b", "Yes."))
    assert await later.store.next_timer() is None


async def test_a_closed_brand_answers_once_by_itself(make: Make) -> None:
    later = make(BrandRules(hold=0, staff_role=Role.AGENT, hours=HOURS))
    thread = await accepted(later.intake, start("a"))
    await accepted(later.intake, Intent("o", MIA.id, PostMessage(thread.thread, "well?")))
    await later.pass_time(1)
    await accepted(later.intake, Intent("p", MIA.id, PostMessage(thread.thread, "hello?")))
    await later.pass_time(1)
    said = await later.words(thread)
    assert said.count(HOURS.answer) == 1
    assert (await later.store.history(thread.conversation))[-1].actor == MIA.id


async def test_a_digest_names_what_came_in_and_is_nobodys(later: Later) -> None:
    before = await later.store.feed_end()
    thread = await accepted(later.intake, start("a"))
    end = await later.timers.reminders.digest(before)
    [(text, users)] = later.slack.said
    assert thread.thread[:6] in text
    assert "oak" not in text
    assert users == ()
    assert await later.timers.reminders.digest(end) == end
    assert len(later.slack.said) == 1, "nothing has come in since"


def test_hours_are_those_of_their_zone() -> None:
    monday = datetime.fromisoformat("2026-05-04T08:00:00+00:00")
    assert is_open(HOURS, monday), "ten in Berlin"
    assert not is_open(HOURS, monday - timedelta(hours=2))
    assert opening(HOURS, NOW) == monday - timedelta(hours=1)
    assert opening(HOURS, monday) == monday
    night = replace(HOURS, days=(4,), start=time(22), end=time(6))
    saturday = datetime.fromisoformat("2026-05-02T03:00:00+00:00")
    assert is_open(night, saturday), "begun on Friday"
    assert not is_open(night, saturday + timedelta(days=1))


# --- cards that follow a mode -------------------------------------------------------------


async def filled(later: Later) -> dict[str, int]:
    """How often the card of each thread of the inbox was filled."""
    found: dict[str, int] = {}
    for spot in await later.store.spots_after(INBOX, ThreadId(""), 1_000):
        history = await later.store.history(spot.head.id)
        cards = [e for e in history if isinstance(e.what, CardFilled)]
        found[spot.thread.id] = sum(e.thread == spot.thread.id for e in cards)
    return found


async def test_a_change_of_the_mode_that_nobody_was_told_of_is_told_after_a_start(
    later: Later,
) -> None:
    pin = Pin(PinId("1"), "https://www.pinterest.com/pin/1/")
    await later.store.put_pin(pin, NOW)
    what = StartThread((Handle("northwind"),), pin.id, "hello")
    await accepted(later.intake, Intent("pin", MIA.id, what))
    binding = await later.store.binding_at(INBOX)
    assert binding is not None
    await later.timers.modes.resume()
    assert set((await filled(later)).values()) == {0}, "nobody has changed it"
    await later.store.put_binding(replace(binding, mode_since=later.clock.now))
    await later.timers.modes.resume()
    assert set((await filled(later)).values()) == {1}


async def test_every_card_of_an_inbox_follows_its_mode_however_many_there_are(later: Later) -> None:
    pins = AT_ONCE + BATCH + 3
    for n in range(pins):
        pin = Pin(PinId(str(n)), f"https://www.pinterest.com/pin/{n}/")
        await later.store.put_pin(pin, NOW)
        what = StartThread((Handle("northwind"),), pin.id, "hello")
        await accepted(later.intake, Intent(f"pin {n}", MIA.id, what))
    before = [line.thread for line in await later.store.inbox(BRAND.id, pins)]
    binding = await later.store.binding_at(INBOX)
    assert binding is not None
    await later.timers.modes.begin(binding)
    counts = await filled(later)
    assert len(counts) == pins
    assert sorted(counts.values()) == [0] * (pins - AT_ONCE) + [1] * AT_ONCE
    newest = before[:AT_ONCE]
    assert all(counts[thread] == 1 for thread in newest)
    for _ in range(pins // BATCH + 1):
        await later.pass_time(EVERY.total_seconds())
    assert set((await filled(later)).values()) == {1}
    # Changed once more before all have followed: each shows the last mode, and is filled for it.
    for _ in range(2):
        later.clock.now += timedelta(seconds=1)
        binding = replace(binding, mode_since=later.clock.now)
        await later.timers.modes.begin(binding)
        await later.pass_time(EVERY.total_seconds())
    for _ in range(pins // BATCH + 1):
        await later.pass_time(EVERY.total_seconds())
    counts = await filled(later)
    assert min(counts.values()) >= 2
    assert await later.store.next_timer() is None
    await later.timers.modes.resume()
    assert await later.store.next_timer() is None, "all is told already"
    after = [line.thread for line in await later.store.inbox(BRAND.id, pins)]
    assert after == before, "a card that shows more is no news"
