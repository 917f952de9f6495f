"""Delivery: in order, once, whatever the platform does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bridge.delivery.budgets import LocalBudgets
from bridge.delivery.course import Patience
from bridge.delivery.lanes import Lanes
from bridge.intake.intake import Intake
from bridge.telemetry import Metrics
from bridge.wakeup import LocalWakeups
from core.delivery import DeliveryState, Failure, FailureKind, Write
from core.ids import BindingId, RemoteId, SpaceId
from core.intents import (
    AddPeople,
    EditMessage,
    FillCard,
    Handle,
    InSpace,
    Intent,
    Origin,
    Person,
    PostMessage,
    React,
    Speech,
)
from core.model import Binding, BindingKind, Identity, MirrorState, Pin, Place, Profile
from core.ports.reading import Change
from core.ports.rows import Retry
from core.ports.store import Store
from core.standing import Edge, EdgeKind
from tests.bridge.conftest import BRAND, DESK, FORUM, INBOX, JO, KEN, MIA, NOW
from tests.bridge.scripted_platform import Die, Late, Lost, ScriptedPlatform
from tests.bridge.test_intake import accepted, start

QUICK = Patience(settle=0.01, second_look=0.01, retry_first=0.01, retry_most=0.02)
AWAY = Failure(FailureKind.TRANSIENT, "away")


@asynccontextmanager
async def running(
    store: Store,
    wakeups: LocalWakeups,
    *platforms: ScriptedPlatform,
    release: Intake | None = None,
) -> AsyncIterator[Lanes]:
    """Lanes at work; a stop in the end, as the program does it."""
    lanes = lanes_on(store, wakeups, *platforms, release=release)
    task = asyncio.create_task(lanes.run())
    try:
        yield lanes
    finally:
        lanes.stop()
        await task


def lanes_on(
    store: Store,
    wakeups: LocalWakeups,
    *platforms: ScriptedPlatform,
    release: Intake | None = None,
) -> Lanes:
    async def nobody(platform: str, appeared: SpaceId | RemoteId) -> None:
        return

    return Lanes(
        store,
        {platform.name: platform for platform in platforms},
        LocalBudgets(),
        wakeups,
        Metrics(),
        now=lambda: NOW,
        secret=b"s" * 32,
        patience=QUICK,
        on_appeared=nobody if release is None else release.release,
        copies=lambda file: f"https://pinthread.example/files/{file.id}",
    )


async def settled(store: Store, wakeups: LocalWakeups, *platforms: str) -> None:
    """Until nothing waits for these platforms any more, be it words, an edit or a deletion."""
    changed = asyncio.Event()
    unsubscribe = wakeups.subscribe(lambda change: changed.set())
    async with asyncio.timeout(30):
        while True:
            changed.clear()
            waiting = {one.platform for one in await store.due()}
            if waiting.isdisjoint(platforms or ("slack",)):
                break
            with suppress(TimeoutError):  # what shows nothing there wakes nobody
                await asyncio.wait_for(changed.wait(), 0.02)
    unsubscribe()


def said(key: str, thread: str, text: str) -> Intent:
    return Intent(key, MIA.id, PostMessage(thread, text))  # type: ignore[arg-type]


async def test_card_first_then_words_in_order(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    slack = ScriptedPlatform()
    async with running(store, wakeups, slack):
        thread = await accepted(intake, start("a"))
        for n in range(5):
            await accepted(intake, said(f"{n}", thread.thread, f"word {n}"))
        shown = await slack.until(7)
    assert shown == [
        ("C1", "card", "Desk"),
        ("C1", "text", "does this come in oak?"),
        *(("C1", "text", f"word {n}") for n in range(5)),
    ]


async def test_copies_of_a_note_are_news_to_the_brand_alone(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    slack = ScriptedPlatform()
    heard: list[Change] = []

    def note(key: str) -> Intent:
        return Intent(key, BRAND.id, PostMessage(thread.thread, key, speech=Speech.NOTE))

    def listen(change: Change) -> None:
        if change.kind == "delivery":
            heard.append(change)

    async with running(store, wakeups, slack) as lanes:
        thread = await accepted(intake, start("a"))
        await settled(store, wakeups)
        wakeups.subscribe(listen)
        await accepted(intake, note("once"))
        await settled(store, wakeups)
        slack.plan.extend([AWAY, Failure(FailureKind.EVENT, "too_long")])
        refused = await accepted(intake, note("refused"))
        await settled(store, wakeups)
        await store.retry(Retry(thread=thread.thread))
        await lanes.look()
        await slack.until(4)
        slack.plan.append(Failure(FailureKind.PLACE, "archived"))
        await accepted(intake, note("broken"))
        await settled(store, wakeups)
    assert refused.message is not None
    assert len(heard) >= 5
    assert {change.only for change in heard} == {BRAND.id}


async def test_what_was_said_while_stopped_arrives_after_the_start(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    await accepted(intake, start("a"))
    slack = ScriptedPlatform()
    async with running(store, wakeups, slack):
        await slack.until(2)
    assert [kind for _, kind, _ in slack.shown] == ["card", "text"]


async def test_a_platform_that_is_away_gets_everything_once_when_it_is_back(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    slack = ScriptedPlatform()
    slack.plan.extend([AWAY, AWAY, AWAY])
    async with running(store, wakeups, slack):
        thread = await accepted(intake, start("a"))
        await accepted(intake, said("b", thread.thread, "still there?"))
        await slack.until(3)
    assert [text for _, _, text in slack.shown] == [
        "Desk",
        "does this come in oak?",
        "still there?",
    ]
    assert slack.searches == 0


async def test_a_lost_answer_is_looked_for_and_not_sent_again(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    slack = ScriptedPlatform()
    slack.plan.extend([Lost(), Lost()])
    async with running(store, wakeups, slack):
        await accepted(intake, start("a"))
        await settled(store, wakeups)
    assert [kind for _, kind, _ in slack.shown] == ["card", "text"]
    assert slack.searches == 2


async def test_what_was_never_applied_is_sent_again_after_two_looks(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    slack = ScriptedPlatform()
    slack.plan.append(Failure(FailureKind.TRANSIENT, "cut", certain=False))
    async with running(store, wakeups, slack):
        await accepted(intake, start("a"))
        await slack.until(2)
    assert slack.searches == 2
    assert [kind for _, kind, _ in slack.shown] == ["card", "text"]


async def test_a_stop_in_the_middle_of_a_call_doubles_nothing(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    slack = ScriptedPlatform()
    slack.plan.append(Die())
    thread = await accepted(intake, start("a"))
    first = asyncio.create_task(lanes_on(store, wakeups, slack).run())
    await slack.until(1)
    first.cancel()
    await asyncio.wait((first,))
    async with running(store, wakeups, slack):
        await slack.until(2)
        await settled(store, wakeups)
    assert [kind for _, kind, _ in slack.shown] == ["card", "text"]
    assert (await store.mirrors_of(thread.thread))[0].cursor > 0


async def test_a_card_in_two_steps_goes_on_where_it_was_cut(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    slack = ScriptedPlatform(two_steps=True)
    slack.plan.append(Lost())
    async with running(store, wakeups, slack):
        await accepted(intake, start("a"))
        await slack.until(3)
    assert [kind for _, kind, _ in slack.shown] == ["card", "thread", "text"]


async def test_one_refused_message_does_not_hold_up_the_others(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    slack = ScriptedPlatform()
    thread = await accepted(intake, start("a"))
    bad = await accepted(intake, said("b", thread.thread, "a forbidden word"))
    await accepted(intake, said("c", thread.thread, "after it"))
    slack.refuses = "forbidden"
    async with running(store, wakeups, slack):
        await settled(store, wakeups)
    assert [text for _, _, text in slack.shown][-1] == "after it"
    assert bad.message is not None
    states = await store.deliveries(thread.thread, [(bad.seq, bad.message)])
    inbox = next(d for d in states[bad.message] if d.platform == "slack")
    assert (inbox.state, inbox.reason) == (DeliveryState.FAILED, "Refused here.")


async def test_a_refusal_from_before_the_place_was_mended_is_tried_again(
    store: Store, wakeups: LocalWakeups, intake: Intake
) -> None:
    slack = ScriptedPlatform()
    slack.plan.append(Failure(FailureKind.PLACE, "is_archived", remedy="Unarchive the channel."))
    async with running(store, wakeups, slack) as lanes:

        async def mend(_: Write) -> None:
            lanes.mended()

        slack.upon = mend
        await accepted(intake, start("a", "hello?"))
        await settled(store, wakeups)
    assert [kind for _, kind, _ in slack.shown] == ["card", "text"]


async def test_a_broken_place_keeps_everything_for_its_repair(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    slack = ScriptedPlatform()
    slack.plan.append(Failure(FailureKind.PLACE, "is_archived", remedy="Unarchive the channel."))
    thread = await accepted(intake, start("a"))
    async with running(store, wakeups, slack) as lanes:
        while not slack.calls:
            await slack.changed.wait()
        await _broken(store, wakeups, thread.thread)
        await lanes.repair()
        await slack.until(2)
    assert [kind for _, kind, _ in slack.shown] == ["card", "text"]


async def test_what_was_unclear_is_looked_for_again_after_a_place_was_broken(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    """The first call is made late, when the second has been refused: seed 594."""
    slack = ScriptedPlatform()
    refused = Failure(FailureKind.PLACE, "is_archived", remedy="Unarchive the channel.")
    thread = await accepted(intake, start("a"))
    async with running(store, wakeups, slack) as lanes:
        await slack.until(2)
        slack.plan.extend((Late(), refused))
        words = Intent("b", MIA.id, PostMessage(thread.thread, "in oak"))
        await accepted(intake, words)
        await _broken(store, wakeups, thread.thread)
        slack.applies_late()
        await lanes.repair()
        await settled(store, wakeups, "slack")
    assert [text for text in slack.texts.values() if text == "in oak"] == ["in oak"]
    assert len(slack.calls) == 4


async def _broken(store: Store, wakeups: LocalWakeups, thread: str) -> None:
    heard: asyncio.Queue[Change] = asyncio.Queue()
    unsubscribe = wakeups.subscribe(heard.put_nowait)
    async with asyncio.timeout(10):
        while True:
            mirrors = await store.mirrors_of(thread)  # type: ignore[arg-type]
            broken = [m for m in mirrors if m.state is MirrorState.BROKEN]
            if broken:
                assert broken[0].reason == "Unarchive the channel."
                break
            await heard.get()
    unsubscribe()


async def test_words_are_not_shown_again_where_they_were_typed(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    slack, discord = ScriptedPlatform(), ScriptedPlatform("discord")
    async with running(store, wakeups, slack, discord):
        thread = await accepted(intake, start("a"))
        await slack.until(2)
        await discord.until(2)
        await settled(store, wakeups, "slack", "discord")
        space = SpaceId(next(w for w in [slack.calls[1]]).mirror.space or "")
        ada = Person(Identity("slack", "T1", "UADA"), Profile("Ada"))
        words = PostMessage(InSpace("slack", space), "Yes, in oak.")
        await accepted(intake, Intent("b", ada, words, Origin(INBOX, "C1:b")))  # type: ignore[arg-type]
        await discord.until(3)
        await settled(store, wakeups, "slack", "discord")
    assert thread.thread
    assert "Yes, in oak." not in [text for _, _, text in slack.shown]
    assert discord.shown[-1] == ("700", "text", "Yes, in oak.")


async def test_a_card_that_was_bare_is_filled_in_where_it_stands(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    slack = ScriptedPlatform()
    async with running(store, wakeups, slack):
        thread = await accepted(intake, start("a"))
        await slack.until(2)
        await store.put_pin(Pin(DESK.id, DESK.url, "Oak desk", "Solid", source="oembed"), NOW)  # type: ignore[arg-type]
        await accepted(intake, Intent("fill", MIA.id, FillCard(thread.thread, DESK.id)))
        await slack.until(3)
    assert slack.shown[-1] == ("C1", "edit", "Oak desk")


async def test_newcomers_see_what_comes_after_them(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    discord = ScriptedPlatform("discord")
    rosa = Person(Identity("discord", "", "920"), Profile("Rosa"))
    await intake.account(rosa)
    async with running(store, wakeups, discord):
        thread = await accepted(intake, start("a", "does this come in oak?", "ken"))
        await accepted(intake, Intent("b", MIA.id, AddPeople(thread.thread, (rosa,))))
        await accepted(intake, said("c", thread.thread, "welcome"))
        await settled(store, wakeups, "discord")
    direct = [entry for entry in discord.shown if entry[0] == "user:920"]
    assert [kind for _, kind, _ in direct] == ["card", "notice", "text"]
    assert direct[-1][2] == "welcome"
    assert ("700", "text", "does this come in oak?") in discord.shown
    assert FORUM.channel == "700"


async def test_many_threads_of_one_channel_are_all_served(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    slack = ScriptedPlatform()
    async with running(store, wakeups, slack):
        for n in range(150):
            pin = Pin(f"{1000 + n}", f"https://www.pinterest.com/pin/{1000 + n}/")  # type: ignore[arg-type]
            await store.put_pin(pin, NOW)
            intent = start(f"t{n}", f"about {n}")
            what = intent.what
            opened = type(what)((Handle("northwind"),), pin.id, f"about {n}")  # type: ignore[call-arg, arg-type]
            await accepted(intake, Intent(intent.key, MIA.id, opened))
        await settled(store, wakeups)
    assert len([1 for _, kind, _ in slack.shown if kind == "text"]) == 150


async def test_a_rate_limit_is_waited_out(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    slack = ScriptedPlatform()
    slack.plan.append(Failure(FailureKind.RATE, "ratelimited", retry_after=0.01))
    async with running(store, wakeups, slack):
        await accepted(intake, start("a"))
        await slack.until(2)
    assert [kind for _, kind, _ in slack.shown] == ["card", "text"]
    assert slack.searches == 0


async def test_a_place_that_lags_is_shown_no_edit_from_after_a_block(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    place = Place("slack", "T1", "user:UJO")
    await store.put_binding(Binding(BindingId("jos"), JO.id, place, BindingKind.DIRECT, "direct"))
    thread = await accepted(intake, start("a", "first words", "jo"))
    assert thread.message is not None
    await store.change((Edge(JO.id, MIA.id, EdgeKind.BLOCK),), NOW)
    edit = Intent("e", MIA.id, EditMessage(thread.message, "hateful words"))
    await accepted(intake, edit)
    slack, discord = ScriptedPlatform(), ScriptedPlatform("discord")
    async with running(store, wakeups, slack, discord):
        await slack.until(2)
        await discord.until(2)
        await settled(store, wakeups, "slack", "discord")
    assert "first words" in slack.texts.values()
    assert "hateful words" not in slack.texts.values()
    assert "hateful words" in discord.texts.values(), "a channel that others read hides nothing"


async def test_the_line_that_names_reactions_leaves_out_who_is_in_a_block_with_its_reader(
    store: Store, intake: Intake
) -> None:
    place = Place("slack", "T1", "user:UJO")
    await store.put_binding(Binding(BindingId("jos"), JO.id, place, BindingKind.DIRECT, "direct"))
    thread = await accepted(intake, start("a", "hello", "jo", "ken"))
    assert thread.message is not None
    for who in (MIA, KEN):
        await accepted(intake, Intent(f"r {who.id}", who.id, React(thread.message, "👍", on=True)))
    await store.change((Edge(KEN.id, JO.id, EdgeKind.BLOCK),), NOW)
    named = {}
    for mirror in await store.mirrors_of(thread.thread):
        work = await store.lane(mirror.id, 50)
        assert work is not None
        named[mirror.place] = {who for who, _ in work.written[thread.message].reactions}
    assert named[place] == {MIA.id}
    assert named[FORUM] == {MIA.id, KEN.id}, "in a channel that others read nothing can be hidden"
