"""The desk: a bound channel that is renamed, breaks, and is good again."""

import pytest

from bridge.desk import Desk
from bridge.intake import Intake
from bridge.telemetry import Metrics
from bridge.wakeup import LocalWakeups
from core.model import Identity, MirrorState, Place, Profile
from core.ports import Change, Store
from tests.bridge.conftest import FORUM, INBOX, NOW
from tests.bridge.test_intake import accepted, start


@pytest.fixture
def desk(store: Store, intake: Intake, wakeups: LocalWakeups) -> Desk:
    return Desk(store, intake, wakeups, Metrics(), lambda: NOW)


async def test_a_renamed_channel_is_called_by_its_new_name(desk: Desk, store: Store) -> None:
    await desk.place_changed(INBOX, label="#new-inbox")
    binding = await store.binding_at(INBOX)
    assert binding is not None
    assert binding.label == "#new-inbox"


async def test_a_broken_place_says_what_to_do_and_a_good_one_goes_on(
    desk: Desk, store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    thread = await accepted(intake, start("a"))
    told: list[Change] = []
    wakeups.subscribe(told.append)
    await desk.place_changed(INBOX, trouble="Invite the bot again.")
    states = {m.place: (m.state, m.reason) for m in await store.mirrors_of(thread.thread)}
    assert states[INBOX] == (MirrorState.BROKEN, "Invite the bot again.")
    assert states[FORUM] == (MirrorState.ACTIVE, None)
    assert [due.channel for due in await store.due_of(thread.thread)] == [FORUM.channel]
    assert {(change.thread, change.kind) for change in told} == {(thread.thread, "delivery")}
    await desk.place_changed(INBOX)
    assert len(await store.due_of(thread.thread)) == 2


async def test_a_workspace_that_took_the_app_out_breaks_every_place_in_it(
    desk: Desk, store: Store, intake: Intake
) -> None:
    thread = await accepted(intake, start("a"))
    await desk.place_changed(Place("slack", INBOX.workspace, ""), trouble="Install it again.")
    states = {m.place: (m.state, m.reason) for m in await store.mirrors_of(thread.thread)}
    assert states[INBOX] == (MirrorState.BROKEN, "Install it again.")
    assert states[FORUM] == (MirrorState.ACTIVE, None)


async def test_a_rename_mends_nothing(desk: Desk, store: Store, intake: Intake) -> None:
    thread = await accepted(intake, start("a"))
    await desk.place_changed(INBOX, trouble="Invite the bot again.")
    await desk.place_changed(INBOX, label="#other")
    assert len(await store.due_of(thread.thread)) == 1


async def test_a_place_that_nobody_bound_is_no_news(desk: Desk) -> None:
    await desk.place_changed(Place("slack", "T1", "C9"), label="#x", trouble="Gone.")


async def test_accounts_are_found_by_their_logins_and_never_made(desk: Desk, store: Store) -> None:
    known, unknown = Identity("slack", "T1", "UADA"), Identity("slack", "T1", "UNOBODY")
    ada = await store.ensure_person(known, Profile("Ada"), NOW)
    assert await desk.accounts_of((known, unknown)) == (ada, None)
    assert await store.account_by_identity(unknown) is None
