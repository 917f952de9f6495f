"""What a late call has set is put right, and nothing that people did there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bridge.catchup.healing import Healing
from bridge.telemetry import Metrics
from bridge.wakeup import LocalWakeups
from core.delivery import Failure, FailureKind, Verb, Write
from core.ids import MessageId, RemoteId
from core.intents import DeleteMessage, EditMessage, Intent, Leave
from core.notes import SIGN
from core.sweep import Seen
from tests.bridge.conftest import BRAND, INBOX, MIA
from tests.bridge.scripted_platform import Late, ScriptedPlatform, soon
from tests.bridge.test_catchup import program
from tests.bridge.test_conversation import ADA, Talk, talk
from tests.bridge.test_intake import accepted
from tests.bridge.test_lanes import AWAY, lanes_on, settled
from tests.bridge.test_strays import a_while, deliver, means_of, say

__all__ = ["talk"]
THUMB, HEART = "\U0001f44d", "\u2764"


@asynccontextmanager
async def healing(talk: Talk) -> AsyncIterator[tuple[Healing, Metrics]]:
    means = means_of(talk)
    one = Healing(means)
    task = asyncio.create_task(one.run())
    try:
        yield one, means.metrics
    finally:
        task.cancel()
        await asyncio.wait((task,))


def stands(platform: ScriptedPlatform, remote: RemoteId) -> Seen:
    """A copy of ours as an event of it says."""
    return Seen(remote, (), None, "bot", platform.by.get(remote, ""), platform.texts[remote])


def ours(remote: RemoteId, *emoji: str) -> Seen:
    return Seen(remote, ours=frozenset(emoji))


def looks(platform: ScriptedPlatform) -> int:
    return [what for what, _ in platform.reads].count("message")


async def typed(talk: Talk, wakeups: LocalWakeups, text: str) -> RemoteId:
    """Mia's own words in Discord; gives their copy in Slack."""
    await talk.say("discord", "d1", text)
    await deliver(talk, wakeups)
    return talk.copy_of(talk.slack, text)


async def react(talk: Talk, wakeups: LocalWakeups, *, on: bool = True) -> None:
    intent = talk.react("discord", "d1", THUMB, on=on)
    await accepted(talk.intake, intent)
    await deliver(talk, wakeups)


# --- reactions ----------------------------------------------------------------------------


async def test_a_reaction_that_was_set_late_is_taken_back(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    copy = await typed(talk, wakeups, "in oak")
    talk.slack.plan.append(Late())
    await react(talk, wakeups)
    await react(talk, wakeups, on=False)
    assert not talk.slack.reactions
    talk.slack.applies_late()
    async with healing(talk) as (one, metrics):
        one.suspect("slack", ours(copy, THUMB))
        await soon(lambda: not talk.slack.reactions)
        await soon(lambda: bool(metrics.healed.values))
    assert metrics.healed.values == {("slack", "reaction"): 1}


async def test_a_reaction_that_stands_there_rightly_costs_no_read(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    copy = await typed(talk, wakeups, "in oak")
    await react(talk, wakeups)
    async with healing(talk) as (one, metrics):
        one.suspect("slack", ours(copy, THUMB))
        await a_while()
    assert talk.slack.reactions == {(copy, THUMB)}
    assert looks(talk.slack) == 0
    assert not metrics.healed.values


async def test_the_sign_of_a_note_stays_where_the_note_was_typed_and_nowhere_else(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    copy = await typed(talk, wakeups, "in oak")
    own = talk.slack.types(INBOX, talk.spaces["slack"], ADA, "note: hush")
    await accepted(talk.intake, own)
    await deliver(talk, wakeups)
    assert own.origin is not None
    note = own.origin.message
    assert note is not None
    talk.slack.reactions |= {(note, SIGN), (note, THUMB), (copy, SIGN)}
    async with healing(talk) as (one, _):
        one.suspect("slack", ours(note, SIGN, THUMB))
        one.suspect("slack", ours(copy, SIGN))
        await soon(lambda: talk.slack.reactions == {(note, SIGN)})
        await a_while()
    assert talk.slack.reactions == {(note, SIGN)}


async def test_a_reaction_that_a_moderator_took_away_is_not_put_back(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    copy = await typed(talk, wakeups, "in oak")
    await react(talk, wakeups)
    talk.slack.reactions.clear()
    async with healing(talk) as (one, _):
        one.suspect("slack", ours(copy, HEART))
        await soon(lambda: looks(talk.slack) > 0)
        await a_while()
    assert not talk.slack.reactions


async def test_a_reaction_that_is_set_anew_meanwhile_is_put_back(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    copy = await typed(talk, wakeups, "in oak")
    talk.slack.reactions.add((copy, THUMB))

    async def between(write: Write) -> None:
        """Between the look and our call somebody puts it there again, in another place."""
        if write.step.verb is Verb.UNREACT:
            talk.slack.upon = None
            await react(talk, wakeups)

    talk.slack.upon = between
    async with healing(talk) as (one, _):
        one.suspect("slack", ours(copy, THUMB))
        await soon(lambda: talk.since(talk.slack, "react") == [THUMB, THUMB])
    assert talk.slack.reactions == {(copy, THUMB)}


async def test_a_reaction_that_a_late_call_took_away_again_is_set_anew(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    copy = await typed(talk, wakeups, "in oak")
    await react(talk, wakeups)
    talk.slack.plan.append(Late())
    lanes = lanes_on(talk.store, wakeups, talk.slack, talk.discord, release=talk.intake)
    doubts: list[Write] = []
    lanes.on_unclear(doubts.append)
    task = asyncio.create_task(lanes.run())
    await accepted(talk.intake, talk.react("discord", "d1", THUMB, on=False))
    await soon(lambda: bool(doubts))
    await accepted(talk.intake, replace(talk.react("discord", "d1", THUMB), key="again"))
    await soon(lambda: [one.step.verb for one in talk.slack.calls].count(Verb.REACT) == 2)
    await settled(talk.store, wakeups, "slack")
    lanes.stop()
    await task
    talk.slack.applies_late()
    assert not talk.slack.reactions
    async with healing(talk) as (one, metrics):
        for write in doubts:
            one.unclear(write)
        await soon(lambda: bool(metrics.healed.values))
    assert talk.slack.reactions == {(copy, THUMB)}
    assert metrics.healed.values == {("slack", "reaction"): 1}


async def test_a_reaction_that_somebody_takes_away_stays_away_where_nothing_was_unclear(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    await typed(talk, wakeups, "in oak")
    await react(talk, wakeups)
    async with healing(talk) as (one, _):
        for write in talk.slack.calls:
            one.unclear(write)
        talk.slack.reactions.clear()
        await a_while()
    assert not talk.slack.reactions


async def test_a_sweep_finds_a_late_reaction_on_a_copy_and_on_a_persons_own_words(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    own = talk.slack.types(INBOX, talk.spaces["slack"], ADA, "in ash")
    await accepted(talk.intake, own)
    await deliver(talk, wakeups)
    assert own.origin is not None
    assert own.origin.message is not None
    copy = await typed(talk, wakeups, "in oak")
    talk.slack.reactions |= {(copy, THUMB), (own.origin.message, HEART)}
    async with program(talk, wakeups) as at:
        await at.sweep()
        await soon(lambda: not talk.slack.reactions)


# --- edits --------------------------------------------------------------------------------


async def edited_late(talk: Talk, wakeups: LocalWakeups) -> RemoteId:
    """The first edit is applied after the second one."""
    message = await say(talk, wakeups, "oak")
    talk.slack.plan.append(Late())
    for text in ("oak or ash", "ash"):
        await accepted(talk.intake, Intent(text, MIA.id, EditMessage(message, text)))
        await deliver(talk, wakeups)
    copy = talk.copy_of(talk.slack, "ash")
    assert talk.slack.applies_late() == copy
    assert talk.slack.texts[copy] == "oak or ash"
    return copy


async def test_an_older_edit_that_was_applied_late_is_undone(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    copy = await edited_late(talk, wakeups)
    talk.slack.plan.extend([AWAY, Failure(FailureKind.RATE, "rate", retry_after=0.001)])
    talk.slack.read_plan.extend([AWAY, Failure(FailureKind.RATE, "rate", retry_after=0.001)])
    async with healing(talk) as (one, metrics):
        one.suspect("slack", stands(talk.slack, copy))
        one.suspect("slack", ours(copy, THUMB))
        await soon(lambda: talk.slack.texts[copy] == "ash")
        await soon(lambda: bool(metrics.healed.values))
    assert metrics.healed.values == {("slack", "edit"): 1}


async def test_a_sweep_finds_an_older_edit(talk: Talk, wakeups: LocalWakeups) -> None:
    copy = await edited_late(talk, wakeups)
    async with program(talk, wakeups) as at:
        await at.sweep()
        await soon(lambda: talk.slack.texts[copy] == "ash")


async def test_an_edit_that_shows_what_it_should_costs_no_read(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    await say(talk, wakeups, "oak", "ash")
    copy = talk.copy_of(talk.slack, "ash")
    async with healing(talk) as (one, _):
        one.suspect("slack", stands(talk.slack, copy))
        one.suspect("irc", stands(talk.slack, copy))
        await a_while()
    assert looks(talk.slack) == 0


async def test_an_event_that_came_late_itself_changes_nothing(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    message = await say(talk, wakeups, "oak")
    before = stands(talk.slack, talk.copy_of(talk.slack, "oak"))
    await accepted(talk.intake, Intent("ash", MIA.id, EditMessage(message, "ash")))
    await deliver(talk, wakeups)
    async with healing(talk) as (one, metrics):
        one.suspect("slack", before)
        await soon(lambda: looks(talk.slack) == 1)
        await a_while()
    assert not metrics.healed.values


async def test_what_a_platform_never_shows_just_so_is_edited_once(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    copy = await edited_late(talk, wakeups)
    talk.slack.fixed.add(copy)
    async with healing(talk) as (one, _):
        for _ in range(2):
            one.suspect("slack", stands(talk.slack, copy))
            await a_while()
    assert talk.since(talk.slack, "edit").count("ash") == 2


async def test_what_cannot_be_edited_any_more_is_left(talk: Talk, wakeups: LocalWakeups) -> None:
    copy = await edited_late(talk, wakeups)
    talk.slack.foreign = True
    async with healing(talk) as (one, metrics):
        one.suspect("slack", stands(talk.slack, copy))
        await a_while()
    assert talk.slack.texts[copy] == "oak or ash"
    assert not metrics.healed.values


async def test_an_older_card_is_edited_anew(talk: Talk) -> None:
    card = RemoteId(talk.spaces["slack"])
    talk.slack.texts[card] = "Pin 1"
    async with healing(talk) as (one, metrics):
        one.suspect("slack", stands(talk.slack, card))
        await soon(lambda: bool(metrics.healed.values))
    [write] = [one for one in talk.slack.calls if one.step.verb is Verb.EDIT]
    assert write.step.target == card
    assert write.title == "Desk"


# --- deletes, and when nothing is done ----------------------------------------------------


async def test_a_copy_of_deleted_words_that_still_stands_is_deleted(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    message = await say(talk, wakeups, "oak")
    copy = talk.copy_of(talk.slack, "oak")
    await accepted(talk.intake, Intent("delete", MIA.id, DeleteMessage(message)))
    await deliver(talk, wakeups)
    talk.slack.texts[copy] = "oak"
    async with healing(talk) as (one, metrics):
        one.suspect("slack", stands(talk.slack, copy))
        await soon(lambda: copy not in talk.slack.texts)
        await soon(lambda: bool(metrics.healed.values))
    assert metrics.healed.values == {("slack", "delete"): 1}


async def test_nothing_is_done_while_the_mirror_has_more_to_deliver(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    copy = await edited_late(talk, wakeups)
    edit = EditMessage(await message_at(talk, copy), "birch")
    await accepted(talk.intake, Intent("birch", MIA.id, edit))
    async with healing(talk) as (one, metrics):
        one.suspect("slack", stands(talk.slack, copy))
        await a_while()
        assert looks(talk.slack) == 0
        await deliver(talk, wakeups)
        await a_while()
    assert talk.slack.texts[copy] == "birch"
    assert not metrics.healed.values


async def test_what_is_gone_or_nobodys_or_cannot_be_read_is_left(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    copy = await edited_late(talk, wakeups)
    seen = stands(talk.slack, copy)
    async with healing(talk) as (one, metrics):
        one.suspect("slack", Seen(RemoteId("C1:99"), (), None, "bot", "", "oak"))
        talk.slack.read_plan.append(Failure(FailureKind.PLACE, "not_in_channel"))
        one.suspect("slack", seen)
        await soon(lambda: looks(talk.slack) == 1)
        await a_while()
        del talk.slack.texts[copy]
        one.suspect("slack", seen)
        await soon(lambda: looks(talk.slack) == 2)
        await a_while()
    assert not metrics.healed.values


async def message_at(talk: Talk, remote: RemoteId) -> MessageId:
    found = await talk.store.placement_at("slack", remote)
    assert found is not None
    return MessageId(found[1].item)


# --- who has left -------------------------------------------------------------------------


async def test_a_card_that_names_somebody_who_has_left_stays_as_it_is(
    talk: Talk, wakeups: LocalWakeups, caplog: pytest.LogCaptureFixture
) -> None:
    await accepted(talk.intake, Intent("leave", BRAND.id, Leave(talk.thread.thread)))
    await deliver(talk, wakeups)
    card = RemoteId(talk.spaces["discord"])
    before = len(talk.discord.calls)
    async with healing(talk) as (one, _):
        one.suspect("discord", stands(talk.discord, card))
        await a_while()
    assert talk.discord.calls[before:] == []
    assert looks(talk.discord) == 0
    assert [one.msg for one in caplog.records if one.levelname == "ERROR"] == []


async def test_what_stands_in_a_mirror_that_has_ended_stays_as_it_was_then(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    message = await talk.say("slack", "s1", "in oak")
    await deliver(talk, wakeups)
    copy = talk.copy_of(talk.discord, "in oak")
    await accepted(talk.intake, Intent("leave", MIA.id, Leave(talk.thread.thread)))
    await deliver(talk, wakeups)
    await accepted(talk.intake, talk.delete("slack", "s1"))
    await deliver(talk, wakeups)
    written = await talk.store.written(message)
    assert written is not None
    assert written.deleted
    async with healing(talk) as (one, _):
        one.suspect("discord", stands(talk.discord, copy))
        await a_while()
    assert talk.discord.texts[copy] == "in oak"
