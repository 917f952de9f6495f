"""Whom something that came in pings, when, and what quiet hours keep for later."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from bridge.intake.finding import direct_binding
from bridge.intake.intake import Intake
from bridge.intake.standing import Rules
from bridge.timers.reminding import DIGEST_EVERY
from bridge.timers.timers import Timers
from bridge.wakeup import LocalWakeups
from core.ids import AccountId, PinId, short_code
from core.intents import Assign, EditMessage, Handle, Intent, Mute, PostMessage, StartThread
from core.model import Account, BrandRules, Contacts, Identity, Place, Profile, Role
from core.ports.outcomes import Accepted
from core.ports.reading import Prefs
from core.ports.store import Store
from core.text.content import Mention, Paragraph, Text
from tests.bridge.conftest import BRAND, DESK, INBOX, JO, MIA, NOW
from tests.bridge.test_intake import ADA, accepted
from tests.bridge.test_timers import Clock

JOS = Identity("slack", "T1", "U0JO")
NIGHT = Prefs("all", "13:00", "15:00", "Europe/Berlin")
"""NOW is 14:00 there."""
END = NOW + timedelta(hours=1)


@dataclass
class Platform:
    """Only `say` and `connected` of one."""

    said: list[tuple[Place, str, tuple[str, ...]]] = field(default_factory=list)
    up: bool = True

    def connected(self) -> bool:
        return self.up

    async def say(self, place: Place, text: str, mentions: tuple[str, ...] = ()) -> bool:
        self.said.append((place, text, tuple(mentions)))
        return True


@dataclass
class Pings:
    store: Store
    wakeups: LocalWakeups
    clock: Clock
    slack: Platform
    intake: Intake = field(init=False)
    timers: Timers = field(init=False)
    keys: int = 0
    reminds: float = 0.0

    def __post_init__(self) -> None:
        self.start_program()

    def start_program(self) -> None:
        """Once more, with the same database."""
        rules = Rules(
            Contacts.ANYONE,
            per_minute=0,
            other=BrandRules(hold=0, staff_role=Role.AGENT, first_response=self.reminds),
        )
        self.intake = Intake(self.store, self.wakeups, self.clock, rules)
        self.timers = Timers(self.store, self.intake, {"slack": self.slack}, self.clock)  # type: ignore[dict-item]
        self.intake.tell(self.timers)

    async def at(self, when: datetime) -> None:
        self.clock.now = when
        while await self.timers.fire_due() <= 0:
            pass

    async def do(self, actor: AccountId, what: object) -> Accepted:
        self.keys += 1
        return await accepted(self.intake, Intent(f"k{self.keys}", actor, what))  # type: ignore[arg-type]

    async def begin(self, actor: Account = MIA, *others: str) -> Accepted:
        people = tuple(Handle(one) for one in others or ("jo",))
        return await self.do(actor.id, StartThread(people, DESK.id, "does this come in oak?"))

    async def ping_of(self, thread: Accepted, place: Place) -> tuple[str, ...]:
        """Whom the lane of that place would mention with what it has not shown yet."""
        (mirror,) = [m for m in await self.store.mirrors_of(thread.thread) if m.place == place]
        work = await self.store.lane(mirror.id, 50)
        assert work is not None
        return work.ping


@pytest.fixture
async def pings(store: Store, wakeups: LocalWakeups) -> Pings:
    await store.attach_identity(JOS, JO.id)
    await store.ensure_person(JOS, Profile("Jo"), NOW)
    await store.put_binding(direct_binding(JO.id, JOS))
    found = Pings(store, wakeups, Clock(), Platform())
    await found.timers.fire_due()
    return found


HOME = direct_binding(JO.id, JOS).place


# --- what pings at once -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefs", "pinged"),
    [
        (Prefs(), ("U0JO",)),
        (Prefs("mentions"), ()),
        (Prefs("none"), ()),
        (NIGHT, ()),
        (Prefs("all", "15:00", "16:00", "Europe/Berlin"), ("U0JO",)),
    ],
)
async def test_in_direct_messages_every_message_of_others_pings_those_who_want_all(
    pings: Pings, prefs: Prefs, pinged: tuple[str, ...]
) -> None:
    await pings.store.put_prefs(JO.id, prefs)
    thread = await pings.begin()
    assert await pings.ping_of(thread, HOME) == pinged


async def test_ones_own_words_ping_nobody(pings: Pings) -> None:
    thread = await pings.begin(JO, "mia")
    assert await pings.ping_of(thread, HOME) == ()


async def test_a_muted_conversation_pings_nobody(pings: Pings) -> None:
    thread = await pings.begin()
    await pings.do(JO.id, Mute(thread.thread, True))
    assert await pings.ping_of(thread, HOME) == ()


async def test_a_muted_conversation_pings_nobody_where_all_was_shown_before(pings: Pings) -> None:
    thread = await pings.begin()
    await pings.do(JO.id, Mute(thread.thread, True))
    (mirror,) = [m for m in await pings.store.mirrors_of(thread.thread) if m.place == HOME]
    for words, on in (("and this?", False), ("still there?", False), ("now?", True)):
        if on:
            await pings.do(JO.id, Mute(thread.thread, False))
        row = await pings.store.thread(thread.thread)
        assert row is not None
        await pings.store.pass_over(mirror.id, row.tail)
        await pings.store.due_of(thread.thread)
        await pings.do(MIA.id, said(thread, words, JO))
        work = await pings.store.lane(mirror.id, 50)
        assert work is not None
        assert (work.ping, work.users) == ((("U0JO",), {"jo": "U0JO"}) if on else ((), {}))


@pytest.mark.parametrize(
    ("prefs", "mentioned"),
    [(Prefs(), True), (Prefs("mentions"), True), (Prefs("none"), False), (NIGHT, False)],
)
async def test_a_mention_pings_who_wants_mentions_and_names_who_does_not(
    pings: Pings, prefs: Prefs, mentioned: bool
) -> None:
    await pings.store.put_prefs(JO.id, prefs)
    thread = await pings.begin()
    await pings.do(MIA.id, said(thread, "you too?", JO))
    (mirror,) = [m for m in await pings.store.mirrors_of(thread.thread) if m.place == HOME]
    work = await pings.store.lane(mirror.id, 50)
    assert work is not None
    assert work.users == ({"jo": "U0JO"} if mentioned else {})


# --- quiet hours --------------------------------------------------------------------------


async def test_pings_of_quiet_hours_are_told_in_one_line_when_they_end(pings: Pings) -> None:
    await pings.store.put_prefs(JO.id, NIGHT)
    first = await pings.begin()
    await pings.do(MIA.id, PostMessage(first.thread, "well?"))
    second = await pings.begin(MIA, "jo", "ken")
    await pings.at(END - timedelta(seconds=1))
    assert pings.slack.said == []
    await pings.at(END)
    [(place, text, users)] = pings.slack.said
    assert (place, users) == (HOME, ("U0JO",))
    assert first.thread[:6] in text
    assert second.thread[:6] in text
    assert "oak" not in text
    await pings.at(END + timedelta(days=2))
    assert len(pings.slack.said) == 1


async def test_a_restart_forgets_no_ping_of_quiet_hours(pings: Pings) -> None:
    await pings.store.put_prefs(JO.id, NIGHT)
    await pings.begin()
    pings.clock.now = END + timedelta(minutes=30)
    pings.slack.up = False
    pings.start_program()
    await pings.timers.fire_due()
    assert pings.slack.said == [], "the platform is not connected yet"
    pings.slack.up = True
    await pings.at(pings.clock.now + timedelta(seconds=3))
    assert len(pings.slack.said) == 1


async def test_what_was_answered_or_muted_meanwhile_is_not_told(pings: Pings) -> None:
    await pings.store.put_prefs(JO.id, NIGHT)
    answered = await pings.begin()
    await pings.do(JO.id, PostMessage(answered.thread, "yes"))
    muted = await pings.begin(MIA, "jo", "ken")
    await pings.at(NOW + timedelta(minutes=40))
    await pings.do(JO.id, Mute(muted.thread, True))
    await pings.at(END)
    assert pings.slack.said == []


async def test_edits_and_what_was_said_before_the_quiet_hours_are_silent(pings: Pings) -> None:
    thread = await pings.begin()
    await pings.store.note_pings()
    await pings.store.put_prefs(JO.id, NIGHT)
    pings.clock.now = NOW - timedelta(hours=2)
    posted = await pings.do(MIA.id, PostMessage(thread.thread, "early"))
    pings.clock.now = NOW
    assert posted.message is not None
    await pings.do(MIA.id, EditMessage(posted.message, "earlier"))
    await pings.at(END)
    assert pings.slack.said == []


@pytest.mark.parametrize(("notify", "lines"), [("mentions", 1), ("all", 1), ("none", 0)])
async def test_after_quiet_hours_too_everybody_hears_what_they_chose(
    pings: Pings, notify: str, lines: int
) -> None:
    await pings.store.put_prefs(JO.id, Prefs(notify, "13:00", "15:00", "Europe/Berlin"))
    thread = await pings.begin()
    other = await pings.begin(MIA, "jo", "ken")
    await pings.do(MIA.id, said(thread, "you?", JO))
    await pings.at(END)
    assert len(pings.slack.said) == lines
    named = [other.thread[:6] in text for _, text, _ in pings.slack.said]
    assert named == [notify == "all"] * lines


async def test_quiet_hours_that_were_moved_meanwhile_are_kept(pings: Pings) -> None:
    await pings.store.put_prefs(JO.id, NIGHT)
    await pings.begin()
    await pings.at(NOW + timedelta(minutes=40))
    await pings.store.put_prefs(JO.id, Prefs("all", "13:00", "16:00", "Europe/Berlin"))
    await pings.at(END)
    assert pings.slack.said == []
    await pings.at(END + timedelta(hours=1))
    assert len(pings.slack.said) == 1


async def test_an_assignee_is_told_in_the_brands_inbox_when_their_quiet_hours_end(
    pings: Pings,
) -> None:
    pings.reminds = 600.0
    pings.start_program()
    ada = await pings.intake.account(ADA)
    await pings.store.grant(BRAND.id, ada.id, Role.AGENT, NOW)
    await pings.store.put_prefs(ada.id, NIGHT)
    thread = await pings.begin(MIA, "northwind")
    await pings.do(BRAND.id, Assign(thread.thread, ada.id))
    await pings.do(MIA.id, PostMessage(thread.thread, "well?"))
    assert await pings.ping_of(thread, INBOX) == ()
    await pings.at(NOW + timedelta(minutes=20))
    assert pings.slack.said == [], "the reminder of who has not answered waits as well"
    await pings.at(END)
    told = sorted(text[:11] for _, text, _ in pings.slack.said)
    assert told == ["Nobody has ", "While you w"]
    assert {(place, users) for place, _, users in pings.slack.said} == {
        (INBOX, (ADA.identity.user,))
    }


# --- what is nobody's ---------------------------------------------------------------------


async def test_a_digest_is_one_line_a_channel_every_five_minutes_and_outlives_a_restart(
    pings: Pings,
) -> None:
    digest = pings.timers.reminders.next_digest(await pings.store.feed_end())
    await pings.store.put_timer(digest)
    first = await pings.begin(MIA, "northwind")
    second = await pings.begin(JO, "northwind")
    pings.start_program()
    await pings.store.put_timer(pings.timers.reminders.next_digest(await pings.store.feed_end()))
    await pings.at(NOW + DIGEST_EVERY - timedelta(seconds=1))
    assert pings.slack.said == []
    await pings.at(NOW + DIGEST_EVERY)
    [(place, text, users)] = pings.slack.said
    assert (place, users) == (INBOX, ())
    assert first.thread[:6] in text
    assert second.thread[:6] in text
    await pings.at(NOW + DIGEST_EVERY * 2)
    assert len(pings.slack.said) == 1, "nothing has come in since"
    await pings.do(MIA.id, PostMessage(first.thread, "hello?"))
    await pings.at(NOW + DIGEST_EVERY * 3)
    assert first.thread[:6] in pings.slack.said[-1][1]
    assert second.thread[:6] not in pings.slack.said[-1][1]


def said(thread: Accepted, words: str, whom: Account) -> PostMessage:
    mention = Mention(whom.id, whom.name)
    rich = (Paragraph((mention, Text(f" {words}"))),)
    return PostMessage(thread.thread, f"@{whom.handle} {words}", rich=rich)


@pytest.mark.parametrize("answered", [6, 101])
async def test_a_question_is_told_of_however_many_answered_ones_came_after_it(
    pings: Pings, answered: int
) -> None:
    await pings.store.put_timer(pings.timers.reminders.next_digest(await pings.store.feed_end()))
    asks = await pings.begin(MIA, "northwind")
    for n in range(answered):
        pin = PinId(str(7_000 + n))
        other = await pings.do(JO.id, StartThread((Handle("northwind"),), pin, "and this?"))
        await pings.do(BRAND.id, PostMessage(other.thread, "It does."))
    await pings.at(NOW + DIGEST_EVERY)
    await pings.at(NOW + 2 * DIGEST_EVERY)
    ((place, said, _),) = pings.slack.said
    assert place == INBOX
    assert short_code(asks.thread) in said
