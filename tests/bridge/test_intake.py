"""The way in: looked up, decided, committed once, in order."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from bridge.intake.intake import Intake
from bridge.operator.erasing import Erasing
from bridge.wakeup import LocalWakeups
from core.delivery import Sending, Step, Verb
from core.events import ConversationStarted, MessagePosted, PeopleAdded, PersonLeft, ThreadOpened
from core.ids import BindingId, PinId, RemoteId, SpaceId
from core.intents import (
    AddPeople,
    EditMessage,
    Handle,
    InDirect,
    InSpace,
    Intent,
    Leave,
    Origin,
    Person,
    PostMessage,
    React,
    RemoteMessage,
    StartThread,
)
from core.model import AUTHOR, CARD, Identity, Mirror, Place, Placement, Profile, Refusal
from core.ports.outcomes import Accepted, Ask, Held, Ignored, Outcome
from core.ports.reading import Change
from core.ports.store import Store
from tests.bridge.conftest import BRAND, DESK, FORUM, INBOX, JO, MIA, NOW

ADA = Person(Identity("slack", "T1", "UADA"), Profile("Ada Lind"))
ROSA = Person(Identity("discord", "", "920"), Profile("Rosa"))


def start(key: str, text: str = "does this come in oak?", *people: str) -> Intent:
    named = tuple(Handle(name) for name in people or ("northwind",))
    return Intent(key, MIA.id, StartThread(named, DESK.id, text))


async def accepted(intake: Intake, intent: Intent) -> Accepted:
    outcome = await intake.submit(intent)
    assert isinstance(outcome, Accepted), outcome
    return outcome


async def place_card(store: Store, thread: Accepted, platform: str, space: str) -> Mirror:
    """What a lane does when the card has been placed."""
    mirrors = await store.mirrors_of(thread.thread)
    mirror = next(m for m in mirrors if m.place.platform == platform)
    remote = RemoteId(space)
    await store.placed(
        mirror.id,
        Placement(mirror.id, CARD, 0, remote, "bot"),
        sending=None,
        cursor=mirror.cursor,
        root=remote,
        space=SpaceId(space),
    )
    return mirror


def reply(
    key: str,
    text: str,
    space: str = "C1:1.0",
    who: Person = ADA,
    place: Place = INBOX,
    platform: str = "slack",
) -> Intent:
    said = PostMessage(InSpace(platform, SpaceId(space)), text)
    return Intent(key, who, said, Origin(place, RemoteId(f"{space}:{key}")))


async def test_a_first_message_starts_conversation_thread_and_mirrors(
    intake: Intake, store: Store
) -> None:
    done = await accepted(intake, start("a"))
    history = await store.history(done.conversation)
    assert [type(event.what) for event in history] == [
        ConversationStarted,
        ThreadOpened,
        MessagePosted,
    ]
    assert [event.seq for event in history] == [1, 2, 3]
    places = {mirror.place for mirror in await store.mirrors_of(done.thread)}
    assert places == {INBOX, FORUM}


async def test_the_same_intent_twice_is_one_message(intake: Intake, store: Store) -> None:
    first = await accepted(intake, start("a"))
    again = await accepted(intake, start("a"))
    assert again.repeated
    assert again.message == first.message
    assert len(await store.history(first.conversation)) == 3


async def test_one_key_for_two_bodies_is_a_conflict(intake: Intake) -> None:
    intent = start("a")
    await accepted(intake, Intent(intent.key, intent.actor, intent.what, fingerprint="1"))
    outcome = await intake.submit(Intent(intent.key, intent.actor, intent.what, fingerprint="2"))
    assert isinstance(outcome, Refusal)
    assert outcome.code == "conflict"


async def test_the_same_people_and_pin_are_the_same_thread(intake: Intake) -> None:
    first = await accepted(intake, start("a"))
    second = await accepted(intake, start("b", "and in walnut?"))
    assert second.thread == first.thread


async def test_two_people_who_start_at_once_have_one_conversation(
    intake: Intake, store: Store
) -> None:
    back = Intent("b", BRAND.id, StartThread((Handle("mia"),), DESK.id, "hello"))
    one, two = await asyncio.gather(accepted(intake, start("a")), accepted(intake, back))
    assert one.conversation == two.conversation
    seqs = [event.seq for event in await store.history(one.conversation)]
    assert seqs == list(range(1, len(seqs) + 1))


async def test_a_reply_in_the_inbox_is_the_brands(intake: Intake, store: Store) -> None:
    thread = await accepted(intake, start("a"))
    await place_card(store, thread, "slack", "C1:1.0")
    done = await accepted(intake, reply("b", "Yes, in oak and ash."))
    event = (await store.history(done.conversation))[-1]
    assert event.actor == BRAND.id
    assert event.agent == ADA.identity


async def test_a_reply_is_placed_where_it_was_typed(intake: Intake, store: Store) -> None:
    thread = await accepted(intake, start("a"))
    mirror = await place_card(store, thread, "slack", "C1:1.0")
    done = await accepted(intake, reply("b", "Yes."))
    work = await store.lane(mirror.id, 50)
    assert work is not None
    assert [one.poster for one in work.placed[str(done.message)]] == [AUTHOR]
    spot = await store.spot_of_message("slack", RemoteId("C1:1.0:b"))
    assert spot is not None
    assert spot.thread.id == thread.thread


async def test_who_speaks_in_a_project_channel_joins(intake: Intake, store: Store) -> None:
    thread = await accepted(intake, start("a", "in oak?", "ken"))
    await place_card(store, thread, "discord", "800")
    done = await accepted(intake, reply("b", "I want one too", "800", ROSA, FORUM, "discord"))
    joined, said = (await store.history(done.conversation))[-2:]
    assert isinstance(joined.what, PeopleAdded)
    assert isinstance(said.what, MessagePosted)
    places = [mirror.place for mirror in await store.mirrors_of(thread.thread)]
    assert sorted(p.platform for p in places) == ["discord", "slack"]


async def test_the_eleventh_person_is_told_and_nothing_is_written(
    intake: Intake, store: Store
) -> None:
    thread = await accepted(intake, start("a", "in oak?", "ken"))
    await place_card(store, thread, "discord", "800")
    outcomes = []
    for n in range(9):
        who = Person(Identity("discord", "", f"{n}"), Profile(f"Guest {n}"))
        outcomes.append(await intake.submit(reply(f"g{n}", "hi", "800", who, FORUM, "discord")))
    assert all(isinstance(outcome, Accepted) for outcome in outcomes[:8])
    assert isinstance(outcomes[8], Refusal)
    assert outcomes[8].code == "group_full"
    head = await store.head(thread.conversation)
    assert head is not None
    assert len(head.present()) == 10


async def test_words_for_a_card_on_its_way_are_held_and_then_decided_in_order(
    intake: Intake, store: Store
) -> None:
    thread = await accepted(intake, start("a"))
    assert isinstance(await intake.submit(reply("b", "first")), Held)
    assert isinstance(await intake.submit(reply("c", "second")), Held)
    await place_card(store, thread, "slack", "C1:1.0")
    await intake.release("slack", SpaceId("C1:1.0"))
    texts = [
        event.what.text
        for event in await store.history(thread.conversation)
        if isinstance(event.what, MessagePosted)
    ]
    assert texts == ["does this come in oak?", "first", "second"]
    assert await store.held_for("slack", SpaceId("C1:1.0")) == ()


async def test_held_words_survive_a_stop_between_card_and_release(
    intake: Intake, store: Store
) -> None:
    thread = await accepted(intake, start("a"))
    await intake.submit(reply("b", "first"))
    await place_card(store, thread, "slack", "C1:1.0")
    await intake.release_all()
    assert isinstance((await store.history(thread.conversation))[-1].what, MessagePosted)
    assert len(await store.history(thread.conversation)) == 4


async def test_words_in_an_unbound_place_are_not_ours(intake: Intake) -> None:
    elsewhere = reply("b", "lunch?", "C9:1.0", place=Place("slack", "T1", "C9"))
    assert isinstance(await intake.submit(elsewhere), Ignored)


async def test_direct_words_go_to_the_only_thread_and_ask_between_two(
    intake: Intake, store: Store
) -> None:
    direct = Place("discord", "", "user:920")
    rosa = await intake.account(ROSA)
    await store.put_pin(DESK, NOW)
    first = Intent("a", ROSA, StartThread((Handle("northwind"),), DESK.id, "hi"))
    thread = await accepted(intake, first)
    words = Intent("b", ROSA, PostMessage(InDirect(direct), "more"), Origin(direct))
    assert (await accepted(intake, words)).thread == thread.thread
    other = Intent("c", ROSA, StartThread((Handle("jo"),), DESK.id, "look"))
    await accepted(intake, other)
    asked = await intake.submit(
        Intent("d", ROSA, PostMessage(InDirect(direct), "which?"), Origin(direct))
    )
    assert isinstance(asked, Ask)
    assert len(asked.threads) == 2
    assert rosa.name == "Rosa"


async def test_what_stands_in_a_place_that_is_nobodys_any_more_is_not_waited_for(
    intake: Intake, store: Store
) -> None:
    thread = await accepted(intake, start("a"))
    mirror = await place_card(store, thread, "slack", "C1:1.0")
    words = RemoteId("C1:1.5")
    placed = Placement(mirror.id, str(thread.message), 0, words, "bot")
    await store.placed(mirror.id, placed, sending=None, cursor=mirror.cursor)
    there = await store.binding_at(INBOX)
    assert there is not None
    await store.drop_binding(there.id)
    await store.put_binding(replace(there, id=BindingId("another")))
    react = React(RemoteMessage("slack", words), "👍", on=True)
    told = await intake.submit(Intent("b", ADA, react, Origin(INBOX, words)))
    assert isinstance(told, Ignored)
    said = await intake.submit(reply("c", "and in oak?"))
    assert isinstance(said, Refusal)
    assert said.code == "unknown_thread"


async def test_a_direct_answer_to_one_of_ours_whose_receipt_is_out_waits_for_it(
    intake: Intake, store: Store
) -> None:
    direct = Place("discord", "", "user:920")
    await intake.account(ROSA)
    threads = [
        await accepted(intake, Intent(who, ROSA, StartThread((Handle(who),), DESK.id, "hi")))
        for who in ("northwind", "jo")
    ]
    mirrors = await store.mirrors_of(threads[1].thread)
    mirror = next(one for one in mirrors if one.place == direct)
    remote = RemoteId("9:2")
    answer = Intent("b", ROSA, PostMessage(InDirect(direct, remote), "yes"), Origin(direct))
    assert isinstance(await intake.submit(answer), Ask)
    await store.begin(mirror.id, Sending(CARD, 0, 1, (Step(Verb.POST),)))
    assert isinstance(await intake.submit(answer), Held)
    card = Placement(mirror.id, CARD, 0, remote, "bot")
    space = SpaceId(remote)
    await store.placed(mirror.id, card, sending=None, cursor=0, root=remote, space=space)
    await intake.release("discord", remote)
    assert isinstance((await store.history(threads[1].conversation))[-1].what, MessagePosted)
    assert (await store.history(threads[1].conversation))[-1].seq == 4


async def test_a_direct_answer_to_words_that_were_refused_asks_which_thread(
    intake: Intake, store: Store
) -> None:
    direct = Place("discord", "", "user:920")
    await intake.account(ROSA)
    for who in ("northwind", "jo"):
        await accepted(intake, Intent(who, ROSA, StartThread((Handle(who),), DESK.id, "hi")))
    head = next(iter(await store.spots_at(direct, 2)))
    await store.begin(head.mirror.id, Sending(CARD, 0, 1, (Step(Verb.POST),)))
    refused = RemoteId("9:3")
    told: list[Outcome] = []
    intake.on_released(lambda _, outcome: told.append(outcome))

    def answering(key: str, remote: str) -> Intent:
        said = PostMessage(InDirect(direct, refused), "and in oak?")
        return Intent(key, ROSA, said, Origin(direct, RemoteId(remote)))

    assert isinstance(await intake.submit(answering("before", "9:4")), Held)
    empty = PostMessage(head.thread.id, " ")
    first = await intake.submit(Intent("first", ROSA, empty, Origin(direct, refused)))
    assert isinstance(first, Refusal)
    assert [type(one) for one in told] == [Ask]
    assert await store.held_for("discord", refused) == ()
    assert isinstance(await intake.submit(answering("after", "9:5")), Ask)


async def test_direct_words_without_a_thread_need_a_pin(intake: Intake) -> None:
    direct = Place("discord", "", "user:920")
    outcome = await intake.submit(Intent("b", ROSA, PostMessage(InDirect(direct), "hi")))
    assert isinstance(outcome, Refusal)
    assert outcome.code == "pin_required"


async def test_an_unknown_handle_is_named(intake: Intake) -> None:
    outcome = await intake.submit(start("a", "hi", "nobody-here"))
    assert isinstance(outcome, Refusal)
    assert outcome.code == "cannot_message"
    assert "@nobody-here" in outcome.sentence


async def test_a_thread_needs_a_pin(intake: Intake) -> None:
    outcome = await intake.submit(Intent("a", MIA.id, StartThread((Handle("jo"),), None, "hi")))
    assert isinstance(outcome, Refusal)
    assert outcome.code == "pin_required"


async def test_who_leaves_gets_no_more_and_who_comes_sees_from_then_on(
    intake: Intake, store: Store
) -> None:
    thread = await accepted(intake, start("a", "in oak?", "ken"))
    await accepted(intake, Intent("b", MIA.id, AddPeople(thread.thread, (Handle("jo"),))))
    left = await accepted(intake, Intent("c", MIA.id, Leave(thread.thread)))
    history = await store.history(thread.conversation)
    assert isinstance(history[-1].what, PersonLeft)
    forum = next(m for m in await store.mirrors_of(thread.thread) if m.place == FORUM)
    assert forum.until_seq == left.seq
    head = await store.head(thread.conversation)
    assert head is not None
    assert [m.since for m in head.members if m.account == JO.id] == [4]


async def test_a_commit_wakes_whoever_waits_for_it(intake: Intake, wakeups: LocalWakeups) -> None:
    heard: list[Change] = []
    wakeups.subscribe(heard.append)
    done = await accepted(intake, start("a"))
    assert heard == [Change(done.conversation, done.thread, "event")]


async def test_many_words_at_once_in_one_thread_keep_their_order(
    intake: Intake, store: Store
) -> None:
    thread = await accepted(intake, start("a"))
    await place_card(store, thread, "slack", "C1:1.0")
    sent = [reply(f"m{n}", f"{n}") for n in range(50)]
    await asyncio.gather(*(intake.submit(intent) for intent in sent))
    texts = [
        event.what.text
        for event in await store.history(thread.conversation)
        if isinstance(event.what, MessagePosted)
    ]
    assert texts[1:] == [f"{n}" for n in range(50)]


async def test_a_pin_in_a_message_needs_no_words(intake: Intake, store: Store) -> None:
    thread = await accepted(intake, start("a"))
    more = Intent("b", MIA.id, PostMessage(thread.thread, pin=PinId("1234")))
    done = await accepted(intake, more)
    what = (await store.history(done.conversation))[-1].what
    assert isinstance(what, MessagePosted)
    assert what.pin == "1234"


async def test_a_brands_own_tools_do_not_speak_for_it(intake: Intake, store: Store) -> None:
    thread = await accepted(intake, start("a"))
    await place_card(store, thread, "slack", "C1:1.0")
    tool = Person(Identity("slack", "T1", "BCRM"), Profile("CRM"), machine=True)
    assert isinstance(await intake.submit(reply("b", "credit score: 310", who=tool)), Ignored)
    assert len(await store.history(thread.conversation)) == 3


async def test_what_somebody_did_before_they_left_for_good_is_not_taken_in_later(
    intake: Intake, store: Store
) -> None:
    thread = await accepted(intake, start("a", "in oak?", "ken"))
    await place_card(store, thread, "discord", "800")
    await accepted(intake, reply("b", "I want one too", "800", ROSA, FORUM, "discord"))
    rosa = await store.account_by_identity(ROSA.identity)
    assert rosa is not None
    waits = reply("c", "secret", "801", ROSA, FORUM, "discord")
    assert isinstance(await intake.submit(waits), Held)
    erasing = Erasing(store, intake.submit, lambda _: asyncio.sleep(0), lambda: NOW)
    await erasing.ask(rosa.id)
    await erasing.take()
    assert await store.held_for("discord", SpaceId("801")) == ()

    before, after = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)
    late = RemoteMessage("discord", RemoteId("800:d"))
    origin = Origin(FORUM, late.remote)
    for n, at in enumerate((before, None, after)):
        edit = Intent(f"e{n}", ROSA, EditMessage(late, "secret"), origin, at=at)
        assert isinstance(await intake.submit(edit), Ignored)
    assert await store.held_for("discord", late.remote) == ()
    said = reply("d", "secret", "800", ROSA, FORUM, "discord")
    assert isinstance(await intake.submit(replace(said, at=before)), Ignored)
    assert await store.account_by_identity(ROSA.identity) is None
    # Whoever comes back with that login is somebody new.
    await accepted(intake, replace(said, at=after))
    edit = Intent("f", ROSA, EditMessage(replace(late, remote=RemoteId("800:g")), "well"), origin)
    assert isinstance(await intake.submit(replace(edit, at=after)), Held)
