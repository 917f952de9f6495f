"""A late duplicate is taken away, and nothing that may still turn out to be placed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bridge.catchup.mending import Means
from bridge.catchup.strays import ATTEMPTS, Stray, Strays
from bridge.catchup.twins import NEAR
from bridge.delivery.budgets import LocalBudgets
from bridge.telemetry import Metrics
from bridge.wakeup import LocalWakeups
from core.delivery import Failure, FailureKind, Part, PartKind, Sending, Step, Verb
from core.ids import MessageId, RemoteId, SpaceId
from core.intents import DeleteMessage, EditMessage, Intent, PostMessage
from core.model import CARD, Mirror, Place, Placement
from core.ports.store import Store
from tests.bridge.conftest import INBOX, MIA
from tests.bridge.scripted_platform import ScriptedPlatform, soon
from tests.bridge.test_conversation import Talk, talk
from tests.bridge.test_intake import accepted
from tests.bridge.test_lanes import AWAY, QUICK, running

__all__ = ["talk"]
WORDS = "does this come in oak?"
SECRET = b"s" * 32


def means_of(talk: Talk) -> Means:
    adapters = {"slack": talk.slack, "discord": talk.discord}
    return Means(
        talk.store, adapters, LocalBudgets(), Metrics(), SECRET, QUICK, lambda file: file.id
    )


@asynccontextmanager
async def removing(talk: Talk) -> AsyncIterator[tuple[Strays, Metrics]]:
    means = means_of(talk)
    strays = Strays(means)
    task = asyncio.create_task(strays.run())
    try:
        yield strays, means.metrics
    finally:
        task.cancel()
        await asyncio.wait((task,))


async def inbox_of(talk: Talk) -> Mirror:
    mirrors = await talk.store.mirrors_of(talk.thread.thread)
    return next(mirror for mirror in mirrors if mirror.place == INBOX)


def stray(talk: Talk, remote: RemoteId, space: str | None = None) -> Stray:
    delivery = talk.slack.by.get(remote, "")
    return Stray(INBOX, SpaceId(space or talk.spaces["slack"]), remote, "bot", delivery)


async def deliver(talk: Talk, wakeups: LocalWakeups) -> None:
    """Brings all that waits to its places."""
    async with running(talk.store, wakeups, talk.slack, talk.discord):
        async with asyncio.timeout(10):
            while True:
                if not await talk.store.due():
                    return
                await asyncio.sleep(0.001)


async def say(talk: Talk, wakeups: LocalWakeups, text: str, *edits: str) -> MessageId:
    """Words of the web, delivered everywhere, and edited then."""
    done = await accepted(talk.intake, Intent(text, MIA.id, PostMessage(talk.thread.thread, text)))
    assert done.message is not None
    await deliver(talk, wakeups)
    for edit in edits:
        await accepted(talk.intake, Intent(edit, MIA.id, EditMessage(done.message, edit)))
        await deliver(talk, wakeups)
    return done.message


async def gone(platform: ScriptedPlatform, remote: RemoteId) -> None:
    await soon(lambda: remote not in platform.texts)


async def a_while() -> None:
    """Several times as long as a stray takes that is nobody's."""
    for _ in range(10):
        await asyncio.sleep(QUICK.settle)


async def test_a_duplicate_is_removed_once(talk: Talk) -> None:
    again = talk.slack.posts_again(talk.copy_of(talk.slack, WORDS))
    async with removing(talk) as (strays, metrics):
        strays.add(stray(talk, again))
        strays.add(stray(talk, again))
        await gone(talk.slack, again)
        await a_while()
    assert metrics.duplicates_removed.values == {("slack",): 1}
    assert [kind for _, kind, _ in talk.slack.shown].count("delete") == 1


async def test_what_is_placed_stays(talk: Talk) -> None:
    copy = talk.copy_of(talk.slack, WORDS)
    async with removing(talk) as (strays, _):
        strays.add(stray(talk, copy))
        await a_while()
    assert copy in talk.slack.texts


async def test_nothing_is_removed_while_its_write_is_still_unclear(
    store: Store, talk: Talk, wakeups: LocalWakeups
) -> None:
    copy = talk.copy_of(talk.slack, WORDS)
    placed = await store.placement_at("slack", copy)
    assert placed is not None
    mirror = await inbox_of(talk)
    again = talk.slack.posts_again(copy)
    steps = (Step(Verb.POST, 0, Part(PartKind.TEXT, WORDS)),)
    sending = Sending(placed[1].item, mirror.cursor, 1, steps)
    await store.begin(mirror.id, sending)
    async with removing(talk) as (strays, _):
        strays.add(stray(talk, again))
        await a_while()
        assert again in talk.slack.texts
        # The lane finds that it was this one.
        place = Placement(mirror.id, placed[1].item, 0, again, "bot")
        await store.placed(mirror.id, place, sending=None, cursor=mirror.cursor)
        await a_while()
    assert again in talk.slack.texts


async def test_a_later_write_of_the_thread_does_not_keep_a_duplicate(
    store: Store, talk: Talk
) -> None:
    copy = talk.copy_of(talk.slack, WORDS)
    mirror = await inbox_of(talk)
    again = talk.slack.posts_again(copy)
    steps = (Step(Verb.POST, 0, Part(PartKind.TEXT, WORDS)),)
    await store.begin(mirror.id, Sending("m1", mirror.cursor, 1, steps))
    async with removing(talk) as (strays, _):
        strays.add(stray(talk, again))
        await a_while()
        assert again in talk.slack.texts
        await store.begin(mirror.id, Sending("m2", mirror.cursor, 1, steps))
        await gone(talk.slack, again)


async def test_a_second_card_waits_for_cards_that_are_being_sent(store: Store, talk: Talk) -> None:
    again = talk.slack.posts_again(RemoteId(talk.spaces["slack"]))
    mirror = await inbox_of(talk)
    steps = (Step(Verb.POST, 0, Part(PartKind.CARD)),)
    await store.begin(mirror.id, Sending(CARD, mirror.cursor, 1, steps))
    async with removing(talk) as (strays, _):
        strays.add(stray(talk, again, again))
        await a_while()
        assert again in talk.slack.texts
        await store.begin(mirror.id, Sending("m1", mirror.cursor, 1, steps))
        await gone(talk.slack, again)
    assert talk.spaces["slack"] in talk.slack.texts


async def test_a_delete_that_fails_for_a_while_is_made_again(talk: Talk) -> None:
    again = talk.slack.posts_again(talk.copy_of(talk.slack, WORDS))
    talk.slack.plan.extend([AWAY, Failure(FailureKind.RATE, "ratelimited", retry_after=0.001)])
    async with removing(talk) as (strays, _):
        strays.add(stray(talk, again))
        await gone(talk.slack, again)


async def test_what_cannot_be_removed_is_left_after_some_tries(talk: Talk) -> None:
    again = talk.slack.posts_again(talk.copy_of(talk.slack, WORDS))
    talk.slack.plan.extend([AWAY] * ATTEMPTS)
    async with removing(talk) as (strays, metrics):
        strays.add(stray(talk, again))
        await soon(lambda: not talk.slack.plan)
        await a_while()
        talk.slack.plan.append(Failure(FailureKind.FOREIGN, "cant_delete_message"))
        strays.add(stray(talk, again))
        await a_while()
    assert again in talk.slack.texts
    assert metrics.duplicates_removed.values == {}


async def test_one_that_goes_meanwhile_is_removed_too(talk: Talk) -> None:
    again = talk.slack.posts_again(talk.copy_of(talk.slack, WORDS))
    talk.slack.plan.append(Failure(FailureKind.GONE, "message_not_found"))
    async with removing(talk) as (strays, metrics):
        strays.add(stray(talk, again))
        await soon(lambda: bool(metrics.duplicates_removed.values))


async def test_of_one_that_is_gone_already_nothing_is_said(talk: Talk) -> None:
    async with removing(talk) as (strays, metrics):
        strays.add(stray(talk, RemoteId("C1:99")))
        await a_while()
    assert not metrics.duplicates_removed.values
    assert not metrics.foreign_left.values


# --- what is foreign ----------------------------------------------------------------------


async def test_a_message_of_another_installation_is_left_and_counted_once(talk: Talk) -> None:
    foreign = talk.slack.posts_again(talk.copy_of(talk.slack, WORDS))
    talk.slack.by[foreign] = "somebody else's"
    async with removing(talk) as (strays, metrics):
        for _ in range(2):
            strays.add(stray(talk, foreign))
            await a_while()
        assert talk.slack.reads.count(("message", foreign)) == 1
        # Once the thread has gone on, it is looked at again.
        mirror = await inbox_of(talk)
        await talk.store.pass_over(mirror.id, mirror.cursor + 1)
        strays.add(stray(talk, foreign))
        await a_while()
        assert talk.slack.reads.count(("message", foreign)) == 2
    assert foreign in talk.slack.texts
    assert metrics.foreign_left.values == {("slack",): 1}


async def test_a_card_of_another_installation_is_left(talk: Talk) -> None:
    card = talk.slack.posts_again(RemoteId(talk.spaces["slack"]))
    async with removing(talk) as (strays, metrics):
        strays.add(Stray(INBOX, SpaceId(card), card, "bot", "somebody else's"))
        await a_while()
    assert card in talk.slack.texts
    assert metrics.foreign_left.values == {("slack",): 1}


async def test_without_a_delivery_id_what_it_shows_tells_a_duplicate(talk: Talk) -> None:
    copy = talk.copy_of(talk.slack, WORDS)
    again, other = talk.slack.posts_again(copy), talk.slack.posts_again(copy)
    talk.slack.by[again] = talk.slack.by[other] = ""
    talk.slack.texts[other] = "does this come in ash?"
    async with removing(talk) as (strays, metrics):
        strays.add(stray(talk, again))
        strays.add(stray(talk, other))
        await gone(talk.slack, again)
        await soon(lambda: bool(metrics.foreign_left.values))
    assert {copy, other} <= talk.slack.texts.keys()


async def test_words_of_another_time_are_no_duplicate(talk: Talk) -> None:
    copy = talk.copy_of(talk.slack, WORDS)
    talk.slack._made += int(NEAR.total_seconds()) + 1
    again = talk.slack.posts_again(copy)
    talk.slack.by[again] = ""
    async with removing(talk) as (strays, metrics):
        strays.add(stray(talk, again))
        await soon(lambda: bool(metrics.foreign_left.values))
    assert again in talk.slack.texts


async def test_a_duplicate_of_what_the_words_were_before_an_edit_is_removed(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    await say(talk, wakeups, "in ash?", "in ash or oak?")
    copy = talk.copy_of(talk.slack, "in ash or oak?")
    again = talk.slack.posts_again(copy)
    talk.slack.by[again] = ""
    talk.slack.texts[again] = "in ash?"
    async with removing(talk) as (strays, _):
        strays.add(stray(talk, again))
        await gone(talk.slack, again)
    assert copy in talk.slack.texts


async def test_a_duplicate_of_words_that_were_deleted_since_is_removed(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    message = await say(talk, wakeups, "in ash?")
    copy = talk.copy_of(talk.slack, "in ash?")
    again = talk.slack.posts_again(copy)
    talk.slack.by[again] = ""
    await accepted(talk.intake, Intent("delete", MIA.id, DeleteMessage(message)))
    await deliver(talk, wakeups)
    assert copy not in talk.slack.texts
    async with removing(talk) as (strays, _):
        strays.add(stray(talk, again))
        await gone(talk.slack, again)


async def test_a_duplicate_of_words_that_were_erased_since_is_removed(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    said = await say(talk, wakeups, "two of them", "three of them")
    copy = talk.copy_of(talk.slack, "three of them")
    again = talk.slack.posts_again(copy)
    await talk.store.blank(MIA.id, ())
    written = await talk.store.written(said)
    assert written is not None
    assert written.text == ""
    async with removing(talk) as (strays, _):
        talk.slack.texts.pop(copy)
        await talk.store.hide_copy((await inbox_of(talk)).id, copy)
        strays.add(stray(talk, again))
        await gone(talk.slack, again)


async def test_a_duplicate_that_quotes_what_was_edited_since_is_removed(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    message = await say(talk, wakeups, "in ash?")
    answer = PostMessage(talk.thread.thread, "or oak", answers=message)
    await accepted(talk.intake, Intent("answer", MIA.id, answer))
    await deliver(talk, wakeups)
    copy = talk.copy_of(talk.slack, "> Mia: in ash?\nor oak")
    again, other = talk.slack.posts_again(copy), talk.slack.posts_again(copy)
    talk.slack.by[again] = talk.slack.by[other] = ""
    talk.slack.texts[other] = "> Mia: in beech?\nor oak"
    await accepted(talk.intake, Intent("edit", MIA.id, EditMessage(message, "in elm?")))
    await deliver(talk, wakeups)
    async with removing(talk) as (strays, metrics):
        strays.add(stray(talk, again))
        strays.add(stray(talk, other))
        await gone(talk.slack, again)
        await soon(lambda: bool(metrics.foreign_left.values))
    assert {copy, other} <= talk.slack.texts.keys()


async def test_what_may_be_all_that_is_left_stays(talk: Talk) -> None:
    copy = talk.copy_of(talk.slack, WORDS)
    again = talk.slack.posts_again(copy)
    del talk.slack.texts[copy]
    async with removing(talk) as (strays, metrics):
        strays.add(stray(talk, again))
        await soon(lambda: bool(metrics.foreign_left.values))
    assert again in talk.slack.texts


async def test_nothing_is_said_while_the_mirror_has_more_to_deliver(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    foreign = talk.slack.posts_again(talk.copy_of(talk.slack, WORDS))
    talk.slack.by[foreign] = "somebody else's"
    await accepted(talk.intake, Intent("more", MIA.id, PostMessage(talk.thread.thread, "more")))
    async with removing(talk) as (strays, metrics):
        strays.add(stray(talk, foreign))
        await a_while()
        assert not metrics.foreign_left.values
        await deliver(talk, wakeups)
        await soon(lambda: bool(metrics.foreign_left.values))


async def test_a_read_that_fails_is_made_again(talk: Talk) -> None:
    again = talk.slack.posts_again(talk.copy_of(talk.slack, WORDS))
    talk.slack.read_plan.extend([AWAY, Failure(FailureKind.RATE, "rate", retry_after=0.001)])
    async with removing(talk) as (strays, _):
        strays.add(stray(talk, again))
        await gone(talk.slack, again)
        other = talk.slack.posts_again(talk.copy_of(talk.slack, WORDS))
        talk.slack.read_plan.append(Failure(FailureKind.PLACE, "not_in_channel"))
        strays.add(stray(talk, other))
        await a_while()
    assert other in talk.slack.texts


async def test_nothing_is_removed_outside_our_places(talk: Talk) -> None:
    elsewhere = Place("slack", "T1", "C9")
    again = talk.slack.posts_again(talk.copy_of(talk.slack, WORDS))
    async with removing(talk) as (strays, _):
        strays.add(Stray(elsewhere, SpaceId("C9:1"), again, "bot"))
        strays.add(Stray(Place("irc", "", "#pins"), SpaceId("x"), again, "bot"))
        await a_while()
    assert again in talk.slack.texts
