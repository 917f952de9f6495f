"""Who may send, as the intake finds it: limits, logins that were tied together, pauses."""

from dataclasses import replace

import pytest

from bridge.desk import Desk
from bridge.intake.finding import direct_binding
from bridge.intake.intake import Intake
from bridge.intake.standing import Rules
from bridge.telemetry import Metrics
from bridge.wakeup import LocalWakeups
from core.events import MessagePosted
from core.intents import Handle, Intent, Person, PostMessage, React, StartThread
from core.model import BrandRules, Contacts, Identity, Profile, Refusal, Role
from core.ports.outcomes import Accepted, Waiting
from core.ports.store import Store
from tests.bridge.conftest import BRAND, DESK, INBOX, MIA, NOW
from tests.bridge.test_intake import accepted, place_card, reply, start
from tests.bridge.test_timers import Clock

BO = Person(Identity("slack", "T1", "UBO"), Profile("Bo"))
ROSA = Person(Identity("discord", "", "920"), Profile("Rosa"))
ROSA_TOO = Person(Identity("slack", "T1", "UROSA"), Profile("Rosa P"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


def limited(store: Store, wakeups: LocalWakeups, clock: Clock, hold: float = 0) -> Intake:
    brand = BrandRules(hold=hold, staff_role=Role.AGENT)
    return Intake(store, wakeups, clock, Rules(Contacts.ANYONE, per_minute=3, other=brand))


async def refused(intake: Intake, intent: Intent) -> Refusal:
    outcome = await intake.submit(intent)
    assert isinstance(outcome, Refusal), outcome
    return outcome


# --- how much somebody may send -----------------------------------------------------------


async def test_who_sends_too_much_waits_the_seconds_that_are_named(
    store: Store, wakeups: LocalWakeups, clock: Clock
) -> None:
    intake = limited(store, wakeups, clock)
    thread = await accepted(intake, start("a"))
    clock.now = NOW.replace(second=20)
    for key in ("b", "c"):
        await accepted(intake, Intent(key, MIA.id, PostMessage(thread.thread, key)))
    more = Intent("d", MIA.id, PostMessage(thread.thread, "d"))
    refusal = await refused(intake, more)
    assert refusal.code == "rate_limited"
    assert "40 s" in refusal.sentence
    repeated = await accepted(intake, Intent("c", MIA.id, PostMessage(thread.thread, "c")))
    assert repeated.repeated, "what was accepted stays so"
    said = repeated.message
    assert said is not None
    await accepted(intake, Intent("r", MIA.id, React(said, "👍", True)))
    await accepted(intake, Intent("j", BRAND.id, PostMessage(thread.thread, "others may")))
    clock.now = NOW.replace(minute=1)
    await accepted(intake, more)
    assert (await refused(intake, replace(more, key="e"))).code == "rate_limited"


async def test_what_was_refused_does_not_count(
    store: Store, wakeups: LocalWakeups, clock: Clock
) -> None:
    intake = limited(store, wakeups, clock)
    thread = await accepted(intake, start("a"))
    for key in "bcde":
        empty = Intent(key, MIA.id, PostMessage(thread.thread, ""))
        assert (await refused(intake, empty)).code == "empty_message"
    await accepted(intake, Intent("f", MIA.id, PostMessage(thread.thread, "f")))


@pytest.mark.parametrize("hold", [0, 15])
async def test_of_a_brand_the_agent_is_limited_and_not_their_colleague(
    store: Store, wakeups: LocalWakeups, clock: Clock, hold: float
) -> None:
    intake = limited(store, wakeups, clock, hold)
    thread = await accepted(intake, start("a"))
    await place_card(store, thread, "slack", "C1:1.0")
    for key in "bcd":
        assert isinstance(await intake.submit(reply(key, key)), Accepted | Waiting)
    assert (await refused(intake, reply("e", "e"))).code == "rate_limited"
    assert isinstance(await intake.submit(reply("f", "f", who=BO)), Accepted | Waiting)


# --- logins that were tied together -------------------------------------------------------


async def test_a_login_that_was_tied_to_another_account_goes_on_in_its_old_conversations(
    store: Store, wakeups: LocalWakeups, intake: Intake
) -> None:
    desk = Desk(store, intake, wakeups, Metrics(), lambda: NOW)
    old = await intake.account(ROSA_TOO)
    kept = await intake.account(ROSA)
    thread = await accepted(
        intake, Intent("a", ROSA_TOO, StartThread((Handle("jo"),), DESK.id, "hello"))
    )
    assert await desk.use_link(ROSA_TOO, await desk.link_code(ROSA)) == kept
    said = await accepted(intake, Intent("b", ROSA_TOO, PostMessage(thread.thread, "me again")))
    new = await accepted(
        intake, Intent("c", ROSA_TOO, StartThread((Handle("jo"),), DESK.id, "and here"))
    )
    assert said.conversation == thread.conversation != new.conversation
    actors = [e.actor for e in await store.history(thread.conversation)]
    assert set(actors) == {old.id}
    assert {e.actor for e in await store.history(new.conversation)} == {kept.id}
    own = direct_binding(kept.id, ROSA_TOO.identity)
    assert own.place in {binding.place for binding in await store.bindings_of((kept.id,))}
    again = await desk.unlink(ROSA_TOO)
    assert again == old
    await accepted(intake, Intent("d", ROSA_TOO, PostMessage(thread.thread, "parted")))
    stranger = Intent("e", ROSA, PostMessage(thread.thread, "not mine"))
    assert (await refused(intake, stranger)).code in ("not_a_member", "no_thread")


# --- pauses -------------------------------------------------------------------------------


async def test_nobody_acts_for_a_brand_in_a_channel_that_others_can_read(
    store: Store, wakeups: LocalWakeups, intake: Intake
) -> None:
    desk = Desk(store, intake, wakeups, Metrics(), lambda: NOW)
    thread = await accepted(intake, start("a"))
    await place_card(store, thread, "slack", "C1:1.0")
    await accepted(intake, reply("b", "Yes."))
    await desk.place_changed(INBOX, exposed=True)
    assert (await refused(intake, reply("c", "no"))).code == "place_paused"
    note = reply("d", "note: between us")
    assert (await refused(intake, note)).code == "place_paused"
    newcomer = reply("e", "me too", who=BO)
    assert (await refused(intake, newcomer)).code == "place_paused"
    agents = {one.name for one, _ in await desk.agents(BRAND.id)}
    assert "Bo" not in agents, "nobody becomes an agent by being in it"
    await accepted(intake, Intent("f", MIA.id, PostMessage(thread.thread, "are you there?")))
    assert INBOX.channel not in [due.channel for due in await store.due_of(thread.thread)]
    await desk.place_changed(INBOX, exposed=False)
    await accepted(intake, reply("g", "Here again."))
    history = await store.history(thread.conversation)
    words = [e.what.text for e in history if isinstance(e.what, MessagePosted)]
    assert words == ["does this come in oak?", "Yes.", "are you there?", "Here again."]


async def test_a_thread_that_begins_while_an_inbox_is_paused_appears_when_it_is_private(
    store: Store, wakeups: LocalWakeups, intake: Intake
) -> None:
    desk = Desk(store, intake, wakeups, Metrics(), lambda: NOW)
    await desk.place_changed(INBOX, exposed=True)
    thread = await accepted(intake, start("a"))
    assert INBOX.channel not in [due.channel for due in await store.due_of(thread.thread)]
    await desk.place_changed(INBOX, exposed=False)
    assert INBOX.channel in [due.channel for due in await store.due_of(thread.thread)]
