"""The desk: channels that are renamed, break or turn public; who is found, follows and blocks."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

import pytest

from bridge.delivery.lanes import Lanes
from bridge.desk import Desk
from bridge.intake.intake import Intake
from bridge.intake.standing import Rules
from bridge.minding import LOOKS, Inboxes
from bridge.pins import Pins
from bridge.telemetry import Metrics
from bridge.wakeup import LocalWakeups
from core.ids import BindingId
from core.intents import Handle, Intent, PostMessage, StartThread
from core.model import (
    Binding,
    BindingKind,
    BrandRules,
    Contacts,
    FollowBack,
    Identity,
    MirrorState,
    Mode,
    Place,
    Profile,
    Refusal,
)
from core.ports.adapter import Adapter
from core.ports.outcomes import Accepted
from core.ports.reading import Change, PlaceLook
from core.ports.store import Store
from tests.bridge.conftest import BRAND, DESK, FORUM, INBOX, JO, KEN, MIA, NOW
from tests.bridge.test_intake import accepted, reply, start


@pytest.fixture
def desk(store: Store, intake: Intake, wakeups: LocalWakeups) -> Desk:
    return Desk(store, intake, wakeups, Metrics(), lambda: NOW)


async def test_a_renamed_channel_is_called_by_its_new_name(desk: Desk, store: Store) -> None:
    await desk.place_changed(INBOX, label="#new-inbox")
    binding = await store.binding_at(INBOX)
    assert binding is not None
    assert binding.label == "#new-inbox"


async def test_a_rename_that_meets_a_disconnect_does_not_bind_the_channel_again(
    desk: Desk, store: Store
) -> None:
    binding = await store.binding_at(INBOX)
    assert binding is not None
    # The rename still sees the binding, which is gone when it is written.
    ended = asyncio.create_task(desk.disconnect_place(binding.id))
    renamed = asyncio.create_task(desk.place_changed(INBOX, label="#new-inbox"))
    await asyncio.gather(ended, renamed)
    assert await store.binding_at(INBOX) is None


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


async def test_a_channel_that_tells_all_of_itself_at_once_is_mended_and_broken_by_it(
    desk: Desk, store: Store, intake: Intake
) -> None:
    thread = await accepted(intake, start("a"))

    async def state() -> MirrorState:
        return next(m.state for m in await store.mirrors_of(thread.thread) if m.place == FORUM)

    await desk.place_changed(FORUM, trouble="Let the bot in again.", exposed=True)
    assert await state() is MirrorState.BROKEN
    await desk.place_changed(FORUM, exposed=True)
    assert await state() is MirrorState.ACTIVE


# --- after a gap --------------------------------------------------------------------------


class Channels:
    """A platform that tells how its channels are."""

    def __init__(self) -> None:
        self.looks: list[PlaceLook | None] = []
        self.asked: list[Place] = []
        self.ups = [False, True]

    def connected(self) -> bool:
        return self.ups.pop(0) if len(self.ups) > 1 else self.ups[0]

    async def describe(self, place: Place) -> PlaceLook | None:
        self.asked.append(place)
        return self.looks.pop(0)


@pytest.mark.parametrize(
    "look", [PlaceLook("#inbox", private=False), PlaceLook("#inbox", private=True, shared=True)]
)
async def test_an_inbox_that_others_can_read_since_the_stop_is_paused_until_it_is_private(
    desk: Desk, store: Store, intake: Intake, look: PlaceLook
) -> None:
    thread = await accepted(intake, start("a"))
    slack = Channels()
    adapters = cast(Mapping[str, Adapter], {"slack": slack})
    desk.serve(adapters=adapters)

    async def states() -> dict[Place, MirrorState]:
        return {m.place: m.state for m in await store.mirrors_of(thread.thread)}

    inboxes = Inboxes(store, desk, adapters, pause=0)
    slack.looks = [None, look]
    await inboxes.look("slack")
    assert slack.asked == [INBOX, INBOX], "projects are for others to read, and are not asked"
    assert await states() == {INBOX: MirrorState.PAUSED, FORUM: MirrorState.ACTIVE}
    binding = await store.binding_at(INBOX)
    assert binding is not None
    assert binding.paused
    outcome = await intake.submit(reply("b", "Yes."))
    assert not isinstance(outcome, Accepted)
    slack.looks = [PlaceLook("#inbox", private=True)]
    await inboxes.look("slack")
    assert await states() == {INBOX: MirrorState.ACTIVE, FORUM: MirrorState.ACTIVE}


async def test_a_channel_of_which_nothing_can_be_told_stays_as_it_is(
    desk: Desk, store: Store
) -> None:
    slack = Channels()
    adapters = cast(Mapping[str, Adapter], {"slack": slack})
    desk.serve(adapters=adapters)
    slack.looks = [None] * LOOKS
    inboxes = Inboxes(store, desk, adapters, pause=0)
    await inboxes.look("slack")
    binding = await store.binding_at(INBOX)
    assert binding is not None
    assert not binding.paused


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)


class Slow(Channels):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = asyncio.Event()

    async def describe(self, place: Place) -> PlaceLook | None:
        found = await super().describe(place)
        await self.answer.wait()
        return found


async def test_what_is_heard_while_a_channel_is_looked_at_is_newer(
    desk: Desk, store: Store
) -> None:
    slack = Slow()
    adapters = cast(Mapping[str, Adapter], {"slack": slack})
    desk.serve(adapters=adapters)
    await desk.place_changed(INBOX, exposed=True)
    slack.looks = [PlaceLook("#inbox", private=True)]
    look = asyncio.create_task(Inboxes(store, desk, adapters, pause=0).look("slack"))
    await until(lambda: slack.asked == [INBOX])
    await desk.place_changed(INBOX, exposed=True)
    slack.answer.set()
    await look
    binding = await store.binding_at(INBOX)
    assert binding is not None
    assert binding.paused


async def test_a_change_of_mode_or_name_resumes_no_place_that_turned_public_meanwhile(
    desk: Desk, store: Store, intake: Intake
) -> None:
    thread = await accepted(intake, start("a"))
    before = await store.binding_at(INBOX)
    assert before is not None
    await desk.place_changed(INBOX, exposed=True)
    relay = replace(before, mode=Mode.RELAY)
    assert await desk.connect_place(relay) is None
    await store.put_binding(replace(relay, label="#renamed"))
    after = await store.binding_at(INBOX)
    assert after == replace(relay, label="#renamed", paused=True)
    states = {m.place: m.state for m in await store.mirrors_of(thread.thread)}
    assert states[INBOX] is MirrorState.PAUSED


async def test_a_channel_that_turns_public_while_it_is_connected_is_paused_at_once(
    desk: Desk, store: Store
) -> None:
    slack = Channels()
    slack.looks = [PlaceLook("#new", private=False)]
    desk.serve(adapters=cast(Mapping[str, Adapter], {"slack": slack}))
    place = Place("slack", "T1", "CNEW")
    new = Binding(BindingId("new"), BRAND.id, place, BindingKind.INBOX, "#new")
    assert await desk.connect_place(new) is None
    found = await store.binding_at(place)
    assert found is not None
    assert found == replace(new, paused=True, mode_since=found.mode_since)


async def test_each_gap_has_every_inbox_looked_at_once(desk: Desk, store: Store) -> None:
    slack = Slow()
    adapters = cast(Mapping[str, Adapter], {"slack": slack})
    desk.serve(adapters=adapters)
    inboxes = Inboxes(store, desk, adapters, pause=0)
    slack.looks = [PlaceLook("#inbox", private=True)] * 2
    running = asyncio.create_task(inboxes.run())
    inboxes.doubt("slack")
    await until(lambda: slack.asked == [INBOX])
    for _ in range(3):
        inboxes.doubt("slack")
    inboxes.doubt("matrix")
    slack.answer.set()
    await until(lambda: slack.asked == [INBOX, INBOX])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert slack.asked == [INBOX, INBOX]


class Watching:
    """Lanes that say what they are told, and how the place stood then."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.told: list[str] = []

    def mended(self) -> None:
        self.told.append("mended")

    async def look(self, platform: str) -> None:
        binding = await self._store.binding_at(INBOX)
        self.told.append("paused" if binding is None or binding.paused else "open")


async def test_a_place_that_is_private_again_counts_as_mended_before_its_lanes_look(
    desk: Desk, store: Store
) -> None:
    lanes = Watching(store)
    desk.connect(cast(Lanes, lanes), cast(Pins, None))
    await desk.place_changed(INBOX, label="#pin-inbox", exposed=True)
    assert lanes.told == []
    await desk.place_changed(INBOX, label="#pin-inbox", exposed=False)
    assert lanes.told == ["mended", "open"]


async def test_a_paused_place_that_is_connected_again_is_looked_at(
    desk: Desk, store: Store
) -> None:
    lanes = Watching(store)
    slack = Channels()
    slack.looks = [PlaceLook("#pin-inbox", private=False), PlaceLook("#pin-inbox", private=True)]
    desk.serve(adapters=cast(Mapping[str, Adapter], {"slack": slack}))
    desk.connect(cast(Lanes, lanes), cast(Pins, None))
    await desk.place_changed(INBOX, label="#pin-inbox", exposed=True)
    binding = await store.binding_at(INBOX)
    assert binding is not None
    assert await desk.connect_place(replace(binding, paused=False)) is None
    assert lanes.told == ["paused"], "others can read it still"
    assert await desk.connect_place(replace(binding, paused=False)) is None
    told = ["paused", "mended", "open", "mended", "open", "open"]
    assert lanes.told == told
    taken = replace(binding, account=MIA.id)
    assert isinstance(await desk.connect_place(taken), Refusal)
    assert lanes.told == told


# --- who is found -------------------------------------------------------------------------


async def test_autocomplete_shows_nobody_who_is_banned_or_has_blocked_the_asker(
    desk: Desk, store: Store
) -> None:
    async def found() -> list[str]:
        return [one.handle for one in await desk.people(MIA.id, "@", 9)]

    assert await found() == ["jo", "ken", "northwind"]
    await desk.block(JO.id, MIA.id, on=True)
    await store.ban(KEN.id, on=True)
    assert await found() == ["northwind"]
    assert [one.handle for one in await desk.people(JO.id, "mi", 9)] == ["mia"], "whom they blocked"
    await desk.block(JO.id, MIA.id, on=False)
    await store.ban(KEN.id, on=False)
    assert await found() == ["jo", "ken", "northwind"]


# --- following and blocking ---------------------------------------------------------------


def desk_with(store: Store, wakeups: LocalWakeups, **rules: object) -> tuple[Desk, Intake]:
    made = Rules(Contacts.FOLLOW, **{"per_minute": 0, **rules})  # type: ignore[arg-type]
    intake = Intake(store, wakeups, lambda: NOW, made)
    return Desk(store, intake, wakeups, Metrics(), lambda: NOW), intake


async def test_who_follows_a_brand_asks_it_and_is_answered_by_being_followed_back(
    store: Store, wakeups: LocalWakeups
) -> None:
    desk, intake = desk_with(store, wakeups, other=BrandRules(hold=0))
    assert await code(intake, start("a")) == "follow_not_mutual"
    assert await desk.follow(MIA.id, Handle("northwind"), on=True) == BRAND
    thread = await accepted(intake, start("b"))
    assert await desk.follows(BRAND.id) == ()
    more = PostMessage(thread.thread, "well?")
    assert await code(intake, Intent("c", MIA.id, more)) == "request_pending"
    await accepted(intake, Intent("d", BRAND.id, PostMessage(thread.thread, "Yes.")))
    assert await desk.follows(BRAND.id) == (MIA,)
    await accepted(intake, Intent("e", MIA.id, more))
    await desk.follow(MIA.id, BRAND.id, on=False)
    assert await code(intake, Intent("f", MIA.id, more)) == "follow_not_mutual"
    await desk.follow(MIA.id, BRAND.id, on=True)
    await accepted(intake, Intent("g", MIA.id, more))


async def test_a_brand_may_follow_back_by_itself(store: Store, wakeups: LocalWakeups) -> None:
    auto = BrandRules(hold=0, follow_back=FollowBack.AUTO)
    desk, intake = desk_with(store, wakeups, other=auto)
    await desk.follow(MIA.id, BRAND.id, on=True)
    assert await desk.follows(BRAND.id) == (MIA,)
    thread = await accepted(intake, start("a"))
    await accepted(intake, Intent("b", MIA.id, PostMessage(thread.thread, "well?")))
    await desk.follow(MIA.id, BRAND.id, on=False)
    assert await desk.follows(BRAND.id) == (MIA,), "the brand's own choice stays"


async def test_blocking_looks_like_nobody_and_is_told_to_nobody_but_who_blocks(
    store: Store, wakeups: LocalWakeups
) -> None:
    desk, intake = desk_with(store, wakeups)
    await desk.follow(MIA.id, JO.id, on=True)
    assert await desk.block(JO.id, MIA.id, on=True) == MIA
    refused = await intake.submit(start("a", "hello", "jo"))
    unknown = await intake.submit(start("b", "hello", "nobody"))
    assert isinstance(refused, Refusal)
    assert isinstance(unknown, Refusal)
    assert refused.code == unknown.code == "cannot_message"
    assert refused.sentence.replace("@jo", "@nobody") == unknown.sentence
    own = Intent("c", JO.id, StartThread((Handle("mia"),), DESK.id, "hello"))
    assert await code(intake, own) == "you_blocked"
    assert await desk.follow(MIA.id, JO.id, on=True) == JO, "a block leaves follows as they are"
    await desk.block(JO.id, KEN.id, on=True)
    followed = await desk.follow(KEN.id, JO.id, on=True)
    assert isinstance(followed, Refusal)
    assert followed.code == "cannot_message"
    await desk.block(JO.id, MIA.id, on=False)
    await accepted(intake, start("d", "hello", "jo"))


async def code(intake: Intake, intent: Intent) -> str:
    outcome = await intake.submit(intent)
    assert isinstance(outcome, Refusal), outcome
    return outcome.code
