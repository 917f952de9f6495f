"""What nobody told us is found, once, and nothing is done that was not done there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from bridge.catchup.healing import Healing
from bridge.catchup.mending import Means
from bridge.catchup.strays import Strays
from bridge.catchup.sweeps import REGULAR, CatchUp
from bridge.delivery.budgets import LocalBudgets
from bridge.delivery.lanes import Lanes
from bridge.desk import Desk
from bridge.intake.finding import direct_binding, message_of
from bridge.pins import Pins
from bridge.telemetry import Metrics
from bridge.wakeup import LocalWakeups
from core.delivery import Failure, FailureKind
from core.events import Event, MessageDeleted, MessageEdited, MessagePosted, ReactionAdded
from core.events import ReactionRemoved as Removed
from core.ids import AccountId, PinId, RemoteId
from core.intents import Handle, Intent, Person, PostMessage, StartThread
from core.model import (
    Account,
    AccountKind,
    BindingKind,
    Identity,
    MirrorState,
    Pin,
    Place,
    Profile,
    Refusal,
)
from core.ports.outcomes import Accepted
from core.ports.store import Store
from tests.bridge.conftest import BRAND, DESK, FORUM, INBOX, JO, MIA, NOW
from tests.bridge.scripted_platform import soon
from tests.bridge.test_conversation import ADA, MIAS, Talk, talk
from tests.bridge.test_intake import accepted
from tests.bridge.test_lanes import QUICK, lanes_on, settled

__all__ = ["talk"]
SECRET = b"s" * 32
LATER = NOW + timedelta(days=3)
"""Long enough after all else that nothing counts as recent."""
GONE = Failure(FailureKind.GONE, "thread_not_found")
AWAY = Failure(FailureKind.TRANSIENT, "away")
RATE = Failure(FailureKind.RATE, "ratelimited", retry_after=0.01)
REFUSED = Failure(FailureKind.PLACE, "not_in_channel", remedy="Invite the bot.")


class NoPins:
    """Nobody sends a pin here."""

    def pin_id(self, address: str) -> PinId | None:
        return None

    async def resolve(self, address: str) -> PinId | Refusal:
        raise NotImplementedError

    async def look_up(self, pin: PinId) -> Pin:
        raise NotImplementedError


@dataclass
class Program:
    """Everything that takes part in a sweep, at work."""

    talk: Talk
    desk: Desk
    catch_up: CatchUp
    metrics: Metrics
    lanes: Lanes
    found: list[str] = field(default_factory=list)

    async def sweep(self, platform: str = "slack", reason: str = "started") -> None:
        before = self.metrics.sweeps.values.get((platform,), 0)
        self.desk.gap(platform, reason)
        await soon(lambda: self.metrics.sweeps.values.get((platform,), 0) > before)

    async def happened(self, kind: type) -> list[Event]:
        history = await self.talk.store.history(self.talk.thread.conversation)
        return [event for event in history if isinstance(event.what, kind)]

    async def words(self) -> list[str]:
        said = await self.happened(MessagePosted)
        return [e.what.text for e in said if isinstance(e.what, MessagePosted)]

    async def until(self, is_so: Callable[[list[str]], bool]) -> None:
        async with asyncio.timeout(10):
            while True:
                if is_so(await self.words()):
                    return
                await asyncio.sleep(0.001)

    def read(self, what: str) -> list[str]:
        return [of for kind, of in self.talk.slack.reads if kind == what]

    def counted(self, kind: str) -> float:
        return self.metrics.sweep_found.values.get(("slack", kind), 0)


@asynccontextmanager
async def program(
    talk: Talk,
    wakeups: LocalWakeups,
    now: Callable[[], datetime] = lambda: NOW,
    every: timedelta = timedelta(0),
) -> AsyncIterator[Program]:
    store, metrics = talk.store, Metrics()
    adapters = {"slack": talk.slack, "discord": talk.discord}
    desk = Desk(store, talk.intake, wakeups, metrics, now)
    lanes = lanes_on(store, wakeups, talk.slack, talk.discord, release=talk.intake)
    means = Means(store, adapters, LocalBudgets(), metrics, SECRET, QUICK, lambda file: file.id)
    strays, healing = Strays(means), Healing(means)
    catch_up = CatchUp(
        store,
        adapters,
        desk,
        metrics,
        now=now,
        secret=SECRET,
        patience=QUICK,
        window=timedelta(hours=24),
        overlap=timedelta(seconds=2),
        every=every,
    )
    pins = Pins(store, NoPins(), desk.submit, now)
    desk.connect(lanes, pins, None, catch_up, strays, healing)
    delivering = asyncio.create_task(lanes.run())
    others = [asyncio.create_task(part.run()) for part in (catch_up, strays, healing)]
    try:
        yield Program(talk, desk, catch_up, metrics, lanes)
    finally:
        for task in others:
            task.cancel()
        lanes.stop()
        await asyncio.wait((delivering, *others))


def typed(talk: Talk, text: str, who: Person = ADA) -> RemoteId:
    """Words in the brand's inbox of which no event tells."""
    return origin(talk.slack.types(INBOX, talk.spaces["slack"], who, text))


def origin(intent: Intent) -> RemoteId:
    assert intent.origin is not None
    assert intent.origin.message is not None
    return intent.origin.message


async def heard(talk: Talk, text: str) -> RemoteId:
    """Words in the brand's inbox of which the event came."""
    intent = talk.slack.types(INBOX, talk.spaces["slack"], ADA, text)
    await accepted(talk.intake, intent)
    return origin(intent)


# --- words --------------------------------------------------------------------------------


async def test_words_that_were_missed_arrive_in_order_once(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    await heard(talk, "in oak")
    for n in range(7):
        typed(talk, f"missed {n}")
    async with program(talk, wakeups) as at:
        await at.sweep()
        await at.sweep()
        assert await at.words() == [
            "does this come in oak?",
            "in oak",
            *(f"missed {n}" for n in range(7)),
        ]
        await talk.marker(talk.discord)
    assert list(talk.discord.texts.values())[-8:-1] == [f"missed {n}" for n in range(7)]
    assert at.counted("post") == 7


async def test_an_event_that_comes_after_all_is_known_already(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    late = talk.slack.types(INBOX, talk.spaces["slack"], ADA, "late")
    async with program(talk, wakeups) as at:
        await at.sweep()
        outcome = await talk.submit(late)
        assert isinstance(outcome, Accepted)
        assert outcome.repeated
        assert (await at.words()).count("late") == 1


async def test_words_that_were_missed_before_the_newest_known_are_found(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    async with program(talk, wakeups) as at:
        await at.sweep()
        typed(talk, "withheld")
        await heard(talk, "told")
        await at.sweep()
        assert sorted((await at.words())[1:]) == ["told", "withheld"]


async def test_what_was_said_during_a_sweep_is_not_lost(talk: Talk, wakeups: LocalWakeups) -> None:
    typed(talk, "before")
    async with program(talk, wakeups) as at:

        async def say_more(what: str) -> None:
            if what == "messages":
                talk.slack.between = None
                typed(talk, "meanwhile")

        talk.slack.between = say_more
        await at.sweep()
        await at.sweep()
        assert (await at.words())[1:] == ["before", "meanwhile"]


async def test_the_newest_words_are_found_though_a_page_is_behind_the_listing(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    words = typed(talk, "in oak?"), typed(talk, "or in ash?")
    talk.slack.behind.update(words)
    async with program(talk, wakeups) as at:
        await at.sweep()
        assert (await at.words())[-2:] == ["in oak?", "or in ash?"]
        assert at.read("message") == [words[1]]


async def test_words_that_were_edited_meanwhile_arrive_as_they_stand(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    remote = typed(talk, "in oka")
    talk.slack.edits(remote, "in oak")
    async with program(talk, wakeups) as at:
        await at.sweep()
        assert (await at.words())[1:] == ["in oak"]
        assert await at.happened(MessageEdited) == []


# --- what is read -------------------------------------------------------------------------


async def test_only_threads_that_changed_are_read_again(talk: Talk, wakeups: LocalWakeups) -> None:
    other = await accepted(
        talk.intake, Intent("b", JO.id, StartThread((Handle("northwind"),), DESK.id, "and this?"))
    )
    async with program(talk, wakeups, lambda: LATER) as at:
        await talk.slack.until(4)
        await talk.marker(talk.slack)
        await at.sweep()
        talk.slack.reads.clear()
        await at.sweep()
        assert talk.slack.reads == [("roots", "C1")]
        typed(talk, "news")
        talk.slack.reads.clear()
        await at.sweep()
        assert set(at.read("messages")) == {talk.spaces["slack"]}
    assert other.thread != talk.thread.thread


async def test_a_read_begins_a_little_before_the_mark(talk: Talk, wakeups: LocalWakeups) -> None:
    for n in range(9):
        await heard(talk, f"old {n}")
    async with program(talk, wakeups, lambda: LATER) as at:
        await at.sweep()
        typed(talk, "news")
        talk.slack.reads.clear()
        await at.sweep()
        assert at.read("messages") == [talk.spaces["slack"]]
        assert (await at.words())[-1] == "news"


async def test_a_thread_of_which_the_listing_says_nothing_is_read(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    talk.slack.hears = False
    async with program(talk, wakeups, lambda: LATER) as at:
        await at.sweep()
        typed(talk, "news")
        await at.sweep()
        assert (await at.words())[-1] == "news"


async def test_a_thread_in_which_nothing_was_ever_said_is_not_read(
    store: Store, talk: Talk, wakeups: LocalWakeups
) -> None:
    bare = Intent("b", JO.id, StartThread((Handle("northwind"),), DESK.id))
    thread = await accepted(talk.intake, bare)
    async with program(talk, wakeups, lambda: LATER) as at:
        await talk.slack.until(3)
        mirrors = await store.mirrors_of(thread.thread)
        [space] = [m.space for m in mirrors if m.place == INBOX]
        await at.sweep()
        assert space not in at.read("messages")


async def test_threads_that_were_quiet_before_the_first_sweep_are_taken_as_they_are(
    store: Store, talk: Talk, wakeups: LocalWakeups
) -> None:
    newest = await heard(talk, "told")
    space = talk.spaces["slack"]
    async with program(talk, wakeups, lambda: LATER) as at:
        await at.sweep()
        assert at.read("messages") == []
        assert (await store.marked("slack", [space]))[space].mark == newest
        typed(talk, "missed")
        await at.sweep()
        assert (await at.words())[-1] == "missed"


async def test_what_was_taken_back_there_does_not_keep_a_thread_changed(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    await heard(talk, "one")
    last = await heard(talk, "two")
    async with program(talk, wakeups, lambda: LATER) as at:
        await at.sweep()
        talk.slack.deletes(INBOX, last)
        await at.sweep()
        assert len(await at.happened(MessageDeleted)) == 1
        talk.slack.reads.clear()
        await at.sweep()
        assert at.read("messages") == []


async def test_a_mark_moves_only_when_a_thread_has_been_read_to_its_end(
    store: Store, talk: Talk, wakeups: LocalWakeups
) -> None:
    for n in range(5):
        typed(talk, f"missed {n}")
    space = talk.spaces["slack"]
    stuck = asyncio.Event()

    async def stop(what: str) -> None:
        if talk.slack.reads.count(("messages", space)) == 2:
            stuck.set()
            await asyncio.Event().wait()

    talk.slack.between = stop
    async with program(talk, wakeups) as at:
        at.desk.gap("slack", "started")
        async with asyncio.timeout(10):
            await stuck.wait()
        [progress] = at.desk.catching_up()
        assert (progress.platform, progress.done, progress.total) == ("slack", 0, 1)
    assert (await store.marked("slack", [space]))[space].mark is None
    talk.slack.between = None
    async with program(talk, wakeups) as at:
        await at.sweep()
        assert (await at.words())[1:] == [f"missed {n}" for n in range(5)]
        assert (await store.marked("slack", [space]))[space].mark is not None
        assert at.desk.catching_up() == ()


# --- edits and deletes --------------------------------------------------------------------


async def test_an_edit_and_a_delete_that_were_missed_are_found(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    first, second = await heard(talk, "in oka"), await heard(talk, "never mind")
    async with program(talk, wakeups) as at:
        await talk.discord.until(4)
        await at.sweep()
        talk.slack.edits(first, "in oak")
        talk.slack.deletes(INBOX, second)
        await at.sweep()
        await at.sweep()
        assert len(await at.happened(MessageEdited)) == 1
        assert len(await at.happened(MessageDeleted)) == 1
        await talk.marker(talk.discord)
    assert (at.counted("edit"), at.counted("delete")) == (1, 1)
    assert talk.since(talk.discord, "edit") == ["in oak"]
    assert talk.since(talk.discord, "delete") == ["never mind"]


async def test_edits_older_than_the_window_are_not_looked_for(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    remote = await heard(talk, "in oka")
    async with program(talk, wakeups, lambda: LATER) as at:
        await at.sweep()
        talk.slack.edits(remote, "in oak")
        await at.sweep()
        assert await at.happened(MessageEdited) == []


async def test_the_window_counts_from_before_the_stop(
    store: Store, talk: Talk, wakeups: LocalWakeups
) -> None:
    remote = await heard(talk, "in oka")
    async with program(talk, wakeups) as at:
        await at.sweep()
    talk.slack.edits(remote, "in oak")
    async with program(talk, wakeups, lambda: LATER) as at:
        await at.sweep()
        assert len(await at.happened(MessageEdited)) == 1


async def test_an_edit_on_a_page_does_not_undo_a_newer_one(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    remote = await heard(talk, "in oka")
    talk.slack.edits(remote, "in oak")
    async with program(talk, wakeups) as at:

        async def edit_again(what: str) -> None:
            if what == "messages":
                talk.slack.between = None
                newer = talk.slack.edits(remote, "in ash")
                # Edit times may be whole seconds: both were made in the same one.
                await accepted(talk.intake, replace(newer, at=older_at))

        older_at = talk.slack.moment(remote) + timedelta(seconds=1)
        talk.slack.between = edit_again
        await at.sweep()
        edits = [e.what.text for e in await at.happened(MessageEdited)]  # type: ignore[union-attr]
        assert edits == ["in ash"]


async def test_what_is_absent_from_a_page_is_asked_for_before_it_counts_as_deleted(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    remote = await heard(talk, "in oak")
    async with program(talk, wakeups) as at:
        text = talk.slack.texts.pop(remote)

        async def there_again(what: str) -> None:
            if what == "messages":
                talk.slack.texts[remote] = text

        talk.slack.between = there_again
        await at.sweep()
        assert at.read("message") == [remote]
        assert await at.happened(MessageDeleted) == []


async def test_a_copy_that_somebody_removed_stays_removed_there_and_only_there(
    store: Store, talk: Talk, wakeups: LocalWakeups
) -> None:
    copy = talk.copy_of(talk.slack, "does this come in oak?")
    async with program(talk, wakeups) as at:
        del talk.slack.texts[copy]
        await at.sweep()
        placed = await store.placement_at("slack", copy)
        assert placed is not None
        assert placed[1].removed
        assert await at.happened(MessageDeleted) == []
        talk.slack.reads.clear()
        await at.sweep()
        assert at.read("message") == []
        await talk.marker(talk.slack)
    assert talk.since(talk.slack, "text").count("does this come in oak?") == 1
    assert at.counted("hidden") == 1


async def test_a_card_that_somebody_deleted_is_hidden_and_its_thread_goes_on(
    store: Store, talk: Talk, wakeups: LocalWakeups
) -> None:
    card = RemoteId(talk.spaces["slack"])
    talk.slack.tombstones.add(card)
    typed(talk, "missed")
    async with program(talk, wakeups) as at:
        await at.sweep()
        await at.sweep()
        assert (await at.words())[1:] == ["missed"]
    placed = await store.placement_at("slack", card)
    assert placed is not None
    assert placed[1].removed
    assert at.counted("hidden") == 1


# --- reactions ----------------------------------------------------------------------------


async def test_reactions_that_came_and_went_unseen_are_found(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    words = talk.copy_of(talk.slack, "does this come in oak?")
    await accepted(talk.intake, talk.slack.reacts(INBOX, words, ADA, "👍"))
    talk.slack.reacts(INBOX, words, ADA, "👍", on=False)
    talk.slack.reacts(INBOX, words, ADA, "🎉")
    async with program(talk, wakeups) as at:
        await at.sweep()
        await at.sweep()
        added = [e.what.emoji for e in await at.happened(ReactionAdded)]  # type: ignore[union-attr]
        removed = [e.what.emoji for e in await at.happened(Removed)]  # type: ignore[union-attr]
        assert (added, removed) == (["👍", "🎉"], ["👍"])
        talk.slack.reacts(INBOX, words, ADA, "🎉", on=False)
        await at.sweep()
        talk.slack.reacts(INBOX, words, ADA, "🎉")
        await at.sweep()
        assert len(await at.happened(ReactionAdded)) == 3
        assert len(await at.happened(Removed)) == 2


async def test_what_is_told_late_of_a_reaction_does_not_undo_what_is_newer(talk: Talk) -> None:
    """Slack promises no order: on, off, on and off again, told in every order."""
    words = talk.copy_of(talk.slack, "does this come in oak?")
    moments = [NOW + timedelta(seconds=n) for n in range(4)]
    made = [
        replace(talk.slack.reacts(INBOX, words, ADA, "👍", on=on), at=at)
        for on, at in zip((True, False, True, False), moments, strict=True)
    ]
    for n, told in enumerate(permutations(made)):
        for one in told:
            what = replace(one.what, emoji=f"e{n}")  # type: ignore[type-var]
            await talk.submit(replace(one, key=f"{one.key} {n}", what=what))
    known = await talk.store.placement_at("slack", words)
    assert known is not None
    message = await talk.store.written(message_of(known[1].item))
    assert message is not None
    assert not message.reactions


async def test_what_is_told_very_late_of_a_reaction_is_read_again(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    """It came while nobody listened, was taken back, and is told after the program has begun."""
    words = talk.copy_of(talk.slack, "does this come in oak?")
    old = replace(talk.slack.reacts(INBOX, words, ADA, "👍"), at=NOW - timedelta(minutes=1))
    talk.slack.reacts(INBOX, words, ADA, "👍", on=False)
    stands = replace(talk.slack.reacts(INBOX, words, ADA, "🎉"), at=NOW - timedelta(minutes=1))
    async with program(talk, wakeups) as at:
        assert isinstance(await at.desk.submit(old), Accepted)
        async with asyncio.timeout(10):
            while True:
                if await at.happened(Removed):
                    break
                await asyncio.sleep(0.001)
        assert at.read("message") == [words]
        assert isinstance(await at.desk.submit(stands), Accepted)
        await soon(lambda: at.read("message") == [words, words])
        taken = [e.what.emoji for e in await at.happened(Removed)]  # type: ignore[union-attr]
        assert taken == ["👍"]
        fresh = replace(talk.slack.reacts(INBOX, words, ADA, "🔥"), at=NOW - timedelta(seconds=1))
        await at.desk.submit(fresh)
        await at.sweep()
        assert at.read("message") == [words, words], "what is told in time is believed"


async def test_a_late_reaction_to_a_long_message_is_settled_at_once(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    long = Intent("long", MIA.id, PostMessage(talk.thread.thread, "word " * 700))
    async with program(talk, wakeups) as at:
        await accepted(talk.intake, long)
        await talk.slack.until(4)
        *_, first, second = list(talk.slack.texts)
        old = replace(talk.slack.reacts(INBOX, first, ADA, "👍"), at=NOW - timedelta(minutes=1))
        talk.slack.reacts(INBOX, first, ADA, "👍", on=False)
        assert isinstance(await at.desk.submit(old), Accepted)
        async with asyncio.timeout(10):
            while not await at.happened(Removed):  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        assert sorted(at.read("message")) == sorted([first, second])


async def test_what_is_told_late_on_one_platform_does_not_wait_for_another(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    there = talk.copy_of(talk.discord, "does this come in oak?")
    words = talk.copy_of(talk.slack, "does this come in oak?")
    long = Failure(FailureKind.RATE, "429", certain=True, retry_after=600.0)
    talk.discord.read_plan.append(long)
    async with program(talk, wakeups) as at:
        at.catch_up.doubt("discord", there)
        await soon(lambda: ("message", there) in talk.discord.reads)
        at.catch_up.doubt("slack", words)
        await soon(lambda: at.read("message") == [words])
        at.catch_up.doubt("nowhere", words)


async def test_reactions_of_other_places_are_left_alone(talk: Talk, wakeups: LocalWakeups) -> None:
    copy = talk.copy_of(talk.discord, "does this come in oak?")
    await accepted(talk.intake, talk.discord.reacts(FORUM, copy, MIAS, "👍"))
    async with program(talk, wakeups) as at:
        await at.sweep()
        assert await at.happened(Removed) == []


async def test_a_reaction_on_a_page_does_not_undo_a_newer_one(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    words = talk.copy_of(talk.slack, "does this come in oak?")
    await accepted(talk.intake, talk.slack.reacts(INBOX, words, ADA, "👍"))
    async with program(talk, wakeups) as at:

        async def take_back(what: str) -> None:
            if what == "messages":
                talk.slack.between = None
                await accepted(talk.intake, talk.slack.reacts(INBOX, words, ADA, "👍", on=False))

        talk.slack.between = take_back
        await at.sweep()
        assert len(await at.happened(ReactionAdded)) == 1
        assert len(await at.happened(Removed)) == 1


@pytest.mark.parametrize("was", [True, False])
async def test_a_reaction_on_a_page_undoes_nothing_that_changed_nothing(
    talk: Talk, wakeups: LocalWakeups, was: bool
) -> None:
    """It was set, or taken back, unseen; while the page is read that is undone."""
    words = talk.copy_of(talk.slack, "does this come in oak?")
    if was:
        await accepted(talk.intake, talk.slack.reacts(INBOX, words, ADA, "👍"))
    talk.slack.reacts(INBOX, words, ADA, "👍", on=not was)
    async with program(talk, wakeups) as at:

        async def undo(what: str) -> None:
            if what == "messages":
                talk.slack.between = None
                await accepted(talk.intake, talk.slack.reacts(INBOX, words, ADA, "👍", on=was))

        talk.slack.between = undo
        await at.sweep()
        assert len(await at.happened(ReactionAdded)) == was
        assert not await at.happened(Removed)
        await at.sweep()
        assert not await at.happened(Removed)


async def test_a_reaction_that_waited_for_missed_words_does_not_outlive_its_end(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    """Its own event came, those of the words and of its end did not; and the same for its end."""
    words, other, third = [typed(talk, text) for text in ("in oak", "in ash", "in elm")]
    for remote in (words, other):
        await talk.submit(talk.slack.reacts(INBOX, remote, ADA, "👍"))
    talk.slack.reacts(INBOX, words, ADA, "👍", on=False)
    talk.slack.reacts(INBOX, third, ADA, "👍")
    await talk.submit(talk.slack.reacts(INBOX, third, ADA, "👍", on=False))
    talk.slack.reacts(INBOX, third, ADA, "👍")
    async with program(talk, wakeups) as at:
        await at.sweep()
        assert len(await at.happened(ReactionAdded)) == 3
        assert len(await at.happened(Removed)) == 1
        await at.sweep()
        assert len(await at.happened(Removed)) == 1


async def test_a_reaction_on_one_part_is_not_taken_back_by_another(
    store: Store, talk: Talk, wakeups: LocalWakeups
) -> None:
    long = Intent("long", MIA.id, PostMessage(talk.thread.thread, "word " * 700))
    async with program(talk, wakeups) as at:
        await accepted(talk.intake, long)
        await talk.slack.until(4)
        *_, first, _ = list(talk.slack.texts)
        await accepted(talk.intake, talk.slack.reacts(INBOX, first, ADA, "👍"))
        await at.sweep()
        await at.sweep()
        assert await at.happened(Removed) == []


# --- duplicates ---------------------------------------------------------------------------


async def test_a_late_duplicate_is_removed(talk: Talk, wakeups: LocalWakeups) -> None:
    copy = talk.copy_of(talk.slack, "does this come in oak?")
    again = talk.slack.posts_again(copy)
    card = talk.slack.posts_again(RemoteId(talk.spaces["slack"]))
    async with program(talk, wakeups) as at:
        await at.sweep()
        await soon(lambda: at.metrics.duplicates_removed.values.get(("slack",)) == 2)
    assert again not in talk.slack.texts
    assert card not in talk.slack.texts
    assert copy in talk.slack.texts
    assert talk.spaces["slack"] in talk.slack.texts


async def test_a_card_of_another_installation_is_left_alone(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    foreign = talk.slack.posts_again(RemoteId(talk.spaces["slack"]))
    talk.slack.by[foreign] = "somebody else's"
    async with program(talk, wakeups) as at:
        await at.sweep()
        assert at.counted("stray") == 0
    assert foreign in talk.slack.texts


# --- what people are told ---------------------------------------------------------------


async def test_authors_of_new_words_that_are_refused_or_need_an_answer_are_told(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    await heard(talk, "in oak")
    async with program(talk, wakeups) as at:
        await at.sweep()
        talk.slack._made += 10
        long = typed(talk, "long " * 10_000)
        await at.sweep()
        [(remote, key, outcome)] = talk.slack.told
        assert (remote, key) == (long, f"slack:{long}:post")
        assert isinstance(outcome, Refusal)
        assert outcome.code == "text_too_long"


async def test_nobody_is_told_of_words_that_are_older_than_a_day(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    typed(talk, "long " * 10_000)
    async with program(talk, wakeups, lambda: LATER) as at:
        await at.sweep()
        assert at.read("messages")
    assert not talk.slack.told


# --- failures -----------------------------------------------------------------------------


async def test_a_read_that_fails_for_a_while_is_made_again(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    for n in range(5):
        typed(talk, f"missed {n}")
    talk.slack.read_plan.extend([AWAY, RATE])
    async with program(talk, wakeups) as at:
        await at.sweep()
        talk.slack.read_plan.append(AWAY)
        assert (await at.words())[1:] == [f"missed {n}" for n in range(5)]
        await at.sweep()
        assert len(await at.words()) == 6


async def test_a_platform_that_is_away_for_long_is_swept_when_it_is_back(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    typed(talk, "missed")
    talk.slack.read_plan.extend([AWAY] * 25)
    async with program(talk, wakeups) as at:
        await at.sweep()
        assert (await at.words())[1:] == ["missed"]


async def test_a_place_that_may_not_be_read_is_passed_over_and_still_written_to(
    store: Store, talk: Talk, wakeups: LocalWakeups, caplog: pytest.LogCaptureFixture
) -> None:
    talk.slack.read_plan.append(REFUSED)
    async with program(talk, wakeups) as at:
        with caplog.at_level("WARNING", "pinthread.catchup"):
            await at.sweep()
        [told] = [one for one in caplog.records if one.msg == "sweep_refused"]
        assert told.__dict__["remedy"] == "Invite the bot."
        assert at.metrics.sweeps_refused.values["slack",] == 1
        [mirror] = [m for m in await store.mirrors_of(talk.thread.thread) if m.place == INBOX]
        assert mirror.state is MirrorState.ACTIVE
        said = talk.discord.types(FORUM, talk.spaces["discord"], MIAS, "it does")
        await accepted(talk.intake, said)
        await soon(lambda: "it does" in talk.slack.texts.values())
    [place] = await store.swept_places("slack")
    assert place.at is None


async def test_a_thread_that_is_gone_there_ends_nothing(
    store: Store, talk: Talk, wakeups: LocalWakeups
) -> None:
    typed(talk, "missed")
    async with program(talk, wakeups) as at:

        async def fail_next(what: str) -> None:
            if what == "roots":
                talk.slack.read_plan.append(GONE)

        talk.slack.between = fail_next
        await at.sweep()
        talk.slack.between = None
        talk.slack.read_plan.clear()
        assert await at.words() == ["does this come in oak?"]
        await at.sweep()
        assert (await at.words())[1:] == ["missed"]


async def test_a_sweep_that_breaks_is_made_again(talk: Talk, wakeups: LocalWakeups) -> None:
    typed(talk, "missed")

    async def break_once(what: str) -> None:
        talk.slack.between = None
        raise RuntimeError("broken")

    talk.slack.between = break_once
    async with program(talk, wakeups) as at:
        at.desk.gap("slack", "started")
        await at.until(lambda words: len(words) == 2)


async def test_gaps_during_a_sweep_make_one_more(talk: Talk, wakeups: LocalWakeups) -> None:
    async with program(talk, wakeups, lambda: LATER) as at:
        await at.sweep()
        talk.slack.reads.clear()

        async def again(what: str) -> None:
            talk.slack.between = None
            for reason in ("disconnected", "deaf", "deaf"):
                at.desk.gap("slack", reason)

        talk.slack.between = again
        await at.sweep()
        await soon(lambda: len(at.read("roots")) == 2)
        for _ in range(10):
            await asyncio.sleep(0.001)
        assert len(at.read("roots")) == 2


async def test_a_platform_that_is_not_ours_has_no_gaps(talk: Talk, wakeups: LocalWakeups) -> None:
    async with program(talk, wakeups) as at:
        at.desk.gap("irc", "started")
        assert at.desk.catching_up() == ()


async def test_places_are_swept_now_and_then_without_a_gap(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    typed(talk, "withheld")
    async with program(talk, wakeups, every=timedelta(milliseconds=20)) as at:
        told: list[str] = []
        at.catch_up.on_gap(told.append)
        await at.until(lambda words: len(words) == 2)
        assert at.metrics.gaps.values["slack", REGULAR] >= 1
        assert "slack" in told, "so are inboxes, of which the news may be withheld too"


# --- direct messages ----------------------------------------------------------------------

KIM = Account(AccountId("kim"), AccountKind.PERSON, "kim", "Kim")
KIMS = Person(Identity("slack", "T1", "UKIM"), Profile("Kim"))
DIRECT = Place("slack", "T1", "user:UKIM")


async def kims_thread(talk: Talk, wakeups: LocalWakeups) -> Accepted:
    """A thread in Kim's direct messages, with its card and first words there."""
    await talk.store.put_account(KIM, [KIMS.identity])
    await talk.store.put_binding(direct_binding(KIM.id, KIMS.identity))
    wanted = StartThread((Handle("northwind"),), DESK.id, "for a small flat?")
    thread = await accepted(talk.intake, Intent("kim", KIM.id, wanted))
    await soon(lambda: "for a small flat?" in talk.slack.texts.values())
    await settled(talk.store, wakeups)
    return thread


@pytest.mark.parametrize("threads", [True, False])
async def test_words_in_direct_messages_are_found_once(
    talk: Talk, wakeups: LocalWakeups, threads: bool
) -> None:
    talk.slack.capabilities = replace(talk.slack.capabilities, threads_in_direct=threads)
    async with program(talk, wakeups) as at:
        thread = await kims_thread(talk, wakeups)
        first = origin(talk.slack.types(DIRECT, None, KIMS, "and in walnut?"))
        await at.sweep()
        await at.sweep()
        talk.slack.edits(first, "or in walnut?")
        talk.slack.types(DIRECT, None, KIMS, "anyone?")
        await at.sweep()
        said = await talk.store.history(thread.conversation)
        words = [e.what.text for e in said if isinstance(e.what, MessagePosted | MessageEdited)]
        assert words == ["for a small flat?", "and in walnut?", "or in walnut?", "anyone?"]
        talk.slack.deletes(DIRECT, first)
        await at.sweep()
        said = await talk.store.history(thread.conversation)
        assert sum(isinstance(e.what, MessageDeleted) for e in said) == 1


async def test_quiet_direct_messages_are_read_after_a_gap_alone(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    async with program(talk, wakeups, lambda: LATER) as at:
        await kims_thread(talk, wakeups)
        await at.sweep(reason=REGULAR)
        assert at.read("direct") == []
        await at.sweep(reason="disconnected")
        assert at.read("direct") == [DIRECT.channel]
    kinds = [place.kind for place in await talk.store.swept_places("slack")]
    assert kinds == [BindingKind.INBOX, BindingKind.DIRECT]
    assert BRAND.kind is AccountKind.BRAND
