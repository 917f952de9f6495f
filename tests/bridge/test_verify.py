"""What differs from the history is found, and mended where that is asked for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.catchup.comparing import DOUBLED, FOREIGN, MISSING, STALE
from bridge.catchup.verify import Report, Verify, _Bookmark, _whole, command, lines
from bridge.config import parse
from bridge.failures import CommandError
from bridge.wakeup import LocalWakeups
from core.delivery import Failure, FailureKind, Sending, Step, Verb
from core.events import MessageDeleted
from core.ids import MessageId, MirrorId, RemoteId
from core.intents import DeleteMessage, EditMessage, Intent, PostMessage
from core.model import Mirror
from core.ports.reading import Prefs
from core.ports.rows import StoreError
from core.ports.store import Store
from core.text.content import Mention, Paragraph, Text
from tests.bridge.conftest import BRAND, INBOX, MIA, NOW
from tests.bridge.test_catchup import heard
from tests.bridge.test_conversation import Talk, talk
from tests.bridge.test_intake import accepted, start
from tests.bridge.test_lanes import lanes_on, settled
from tests.bridge.test_strays import deliver, means_of

__all__ = ["talk"]
WORDS = "does this come in oak?"
GONE = Failure(FailureKind.PLACE, "not_in_channel")


@asynccontextmanager
async def verifying(
    talk: Talk, wakeups: LocalWakeups, *, repair: bool = False
) -> AsyncIterator[Verify]:
    lanes = lanes_on(talk.store, wakeups, talk.slack, talk.discord, release=talk.intake)
    task = asyncio.create_task(lanes.run()) if repair else None
    try:
        yield Verify(means_of(talk), talk.submit, lanes.look, lambda: NOW, lambda _: True, repair)
    finally:
        if task is not None:
            lanes.stop()
            await task


async def verified(talk: Talk, wakeups: LocalWakeups, *, repair: bool = False) -> Report:
    async with verifying(talk, wakeups, repair=repair) as verify:
        return await verify.run()


async def said(talk: Talk, wakeups: LocalWakeups, *texts: str) -> list[MessageId]:
    """Words of the web, delivered everywhere."""
    found = []
    lanes = lanes_on(talk.store, wakeups, talk.slack, talk.discord, release=talk.intake)
    task = asyncio.create_task(lanes.run())
    for text in texts:
        what = PostMessage(talk.thread.thread, text)
        done = await accepted(talk.intake, Intent(f"say {text}", MIA.id, what))
        assert done.message is not None
        found.append(done.message)
    await settled(talk.store, wakeups, "slack", "discord")
    lanes.stop()
    await task
    return found


def kinds(report: Report) -> list[str]:
    return [one.kind for one in report.differences]


async def test_what_is_as_the_history_says_is_good(talk: Talk, wakeups: LocalWakeups) -> None:
    await heard(talk, "in oak")
    await said(talk, wakeups, "and in ash?", "word " * 700)
    report = await verified(talk, wakeups)
    assert (report.mirrors, report.waiting, report.differences) == (2, 0, [])
    assert report.good
    assert lines(report) == ["2 mirrors compared, 0 differences."]


@pytest.mark.parametrize("first", [Prefs(), Prefs("none")], ids=["all", "none"])
async def test_a_mention_is_not_stale_once_somebody_wants_other_mentions(
    talk: Talk, wakeups: LocalWakeups, first: Prefs
) -> None:
    await talk.store.put_prefs(MIA.id, first)
    rich = (Paragraph((Text("look "), Mention(MIA.id, "Mia"))),)
    what = PostMessage(talk.thread.thread, "look @Mia", rich=rich)
    await accepted(talk.intake, Intent("say", BRAND.id, what))
    await deliver(talk, wakeups)
    shown = {text for text in talk.discord.texts.values() if text.startswith("look")}
    assert shown == {"look @Mia <@1>" if first.notify == "all" else "look @Mia"}
    for notify in ("all", "none", "mentions"):
        await talk.store.put_prefs(MIA.id, Prefs(notify))
        report = await verified(talk, wakeups)
        assert report.differences == [], notify
    copy = next(remote for remote, text in talk.discord.texts.items() if text in shown)
    talk.discord.texts[copy] = "look @Mia <@2>"
    assert kinds(await verified(talk, wakeups)) == [STALE]


async def test_a_missing_copy_is_found_and_posted_again_at_the_end(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    await said(talk, wakeups, "and in ash?")
    copy = talk.copy_of(talk.slack, WORDS)
    del talk.slack.texts[copy]
    found = await verified(talk, wakeups)
    assert kinds(found) == [MISSING]
    [one] = found.differences
    assert (one.platform, one.place, one.remote, one.seq) == ("slack", "C1", copy, 3)
    assert not found.good
    assert (await verified(talk, wakeups)).differences == found.differences
    mended = await verified(talk, wakeups, repair=True)
    assert [(one.kind, one.mended) for one in mended.differences] == [(MISSING, True)]
    assert mended.good
    assert list(talk.slack.texts.values())[-1] == WORDS
    assert (await verified(talk, wakeups)).differences == []


async def test_one_missing_part_of_several_is_posted_again(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    await said(talk, wakeups, "word " * 700)
    first, second = list(talk.slack.texts)[-2:]
    del talk.slack.texts[second]
    report = await verified(talk, wakeups, repair=True)
    assert [(one.kind, one.part, one.mended) for one in report.differences] == [(MISSING, 1, True)]
    assert first in talk.slack.texts
    assert (await verified(talk, wakeups)).good


async def test_a_stale_copy_is_changed(talk: Talk, wakeups: LocalWakeups) -> None:
    copy = talk.copy_of(talk.slack, WORDS)
    talk.slack.texts[copy] = "something else"
    assert kinds(await verified(talk, wakeups)) == [STALE]
    report = await verified(talk, wakeups, repair=True)
    assert [(one.kind, one.mended) for one in report.differences] == [(STALE, True)]
    assert talk.slack.texts[copy] == WORDS


async def test_a_stale_card_is_changed(talk: Talk, wakeups: LocalWakeups) -> None:
    talk.slack.texts[RemoteId(talk.spaces["slack"])] = "something else"
    report = await verified(talk, wakeups, repair=True)
    assert [(one.kind, one.item, one.mended) for one in report.differences] == [
        (STALE, "card", True)
    ]
    assert "the card" in lines(report)[0]


async def test_a_missing_card_is_told_and_left_to_a_person(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    del talk.slack.texts[RemoteId(talk.spaces["slack"])]
    report = await verified(talk, wakeups, repair=True)
    assert [(one.kind, one.item, one.mended) for one in report.differences] == [
        (MISSING, "card", False)
    ]
    assert not report.good


async def test_what_stands_though_it_was_deleted_is_stale(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    [message] = await said(talk, wakeups, "never mind")
    copy = talk.copy_of(talk.slack, "never mind")
    lanes = lanes_on(talk.store, wakeups, talk.slack, talk.discord)
    task = asyncio.create_task(lanes.run())
    await accepted(talk.intake, Intent("delete", MIA.id, DeleteMessage(message)))
    await settled(talk.store, wakeups, "slack", "discord")
    lanes.stop()
    await task
    placed = await talk.store.placement_at("slack", copy)
    assert placed is not None
    mirror = await mirror_of(talk)
    stands = replace(placed[1], removed=False)
    await talk.store.placed(mirror, stands, sending=None, cursor=None)
    assert (await verified(talk, wakeups)).good  # it is gone there
    talk.slack.texts[copy] = "never mind"
    assert kinds(await verified(talk, wakeups)) == [STALE]
    report = await verified(talk, wakeups, repair=True)
    assert [one.mended for one in report.differences] == [True]
    assert copy not in talk.slack.texts


async def test_a_doubled_copy_is_removed(talk: Talk, wakeups: LocalWakeups) -> None:
    again = talk.slack.posts_again(talk.copy_of(talk.slack, WORDS))
    assert kinds(await verified(talk, wakeups)) == [DOUBLED]
    assert again in talk.slack.texts
    report = await verified(talk, wakeups, repair=True)
    assert [(one.kind, one.mended) for one in report.differences] == [(DOUBLED, True)]
    assert again not in talk.slack.texts
    assert talk.copy_of(talk.slack, WORDS)


async def test_one_that_carries_no_delivery_is_doubled_if_it_shows_the_same(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    again = talk.slack.posts_again(talk.copy_of(talk.slack, WORDS))
    talk.slack.by[again] = ""
    assert kinds(await verified(talk, wakeups)) == [DOUBLED]


async def test_a_message_of_ours_that_belongs_to_nothing_is_foreign_and_left_to_a_person(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    again = talk.slack.posts_again(talk.copy_of(talk.slack, WORDS))
    talk.slack.by[again] = "another installation's"
    talk.slack.texts[again] = "from before the backup"
    report = await verified(talk, wakeups, repair=True)
    assert [(one.kind, one.mended) for one in report.differences] == [(FOREIGN, False)]
    assert again in talk.slack.texts
    assert lines(report)[-1] == "2 mirrors compared, 1 differences."


async def test_words_that_their_author_deleted_unseen_are_deleted_everywhere(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    typed = await heard(talk, "in oak")
    await said(talk, wakeups, "and in ash?")
    del talk.slack.texts[typed]
    report = await verified(talk, wakeups, repair=True)
    assert [(one.kind, one.mended) for one in report.differences] == [(MISSING, True)]
    history = await talk.store.history(talk.thread.conversation)
    assert sum(isinstance(event.what, MessageDeleted) for event in history) == 1
    assert "in oak" not in talk.discord.texts.values()


async def test_an_edited_message_is_compared_as_it_stands_now(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    [message] = await said(talk, wakeups, "in ahs?")
    lanes = lanes_on(talk.store, wakeups, talk.slack, talk.discord)
    task = asyncio.create_task(lanes.run())
    await accepted(talk.intake, Intent("edit", MIA.id, EditMessage(message, "in ash?")))
    await settled(talk.store, wakeups, "slack", "discord")
    lanes.stop()
    await task
    assert (await verified(talk, wakeups)).good
    talk.slack.texts[talk.copy_of(talk.slack, "in ash?")] = "in ahs?"
    assert kinds(await verified(talk, wakeups)) == [STALE]


async def test_what_was_hidden_there_is_not_missing(
    store: Store, talk: Talk, wakeups: LocalWakeups
) -> None:
    copy = talk.copy_of(talk.slack, WORDS)
    del talk.slack.texts[copy]
    await store.hide_copy(await mirror_of(talk), copy)
    assert (await verified(talk, wakeups)).good


async def mirror_of(talk: Talk) -> MirrorId:
    mirrors = await talk.store.mirrors_of(talk.thread.thread)
    return next(mirror.id for mirror in mirrors if mirror.place == INBOX)


async def test_a_mirror_with_something_to_deliver_is_left_out(
    store: Store, talk: Talk, wakeups: LocalWakeups
) -> None:
    await accepted(
        talk.intake, Intent("more", MIA.id, PostMessage(talk.thread.thread, "still there?"))
    )
    report = await verified(talk, wakeups)
    assert (report.mirrors, report.waiting, report.differences) == (2, 2, [])
    assert report.good
    assert "2 mirrors were left out" in lines(report)[0]


async def test_a_write_that_is_unclear_is_left_out(
    store: Store, talk: Talk, wakeups: LocalWakeups
) -> None:
    mirror = await mirror_of(talk)
    sending = Sending("m", 3, 1, (Step(Verb.DELETE, 0, None, RemoteId("x")),))
    await store.begin(mirror, sending)
    assert (await verified(talk, wakeups)).waiting == 1


async def test_a_place_that_cannot_be_read_is_told_of(talk: Talk, wakeups: LocalWakeups) -> None:
    talk.slack.read_plan.extend([Failure(FailureKind.TRANSIENT, "away"), GONE])
    report = await verified(talk, wakeups)
    assert report.unread == [await mirror_of(talk)]
    assert not report.good
    assert "unread" in lines(report)[0]


@pytest.mark.parametrize("failure", ["rate", "refused"])
async def test_a_repair_that_fails_is_made_again_or_told_of(
    talk: Talk, wakeups: LocalWakeups, failure: str
) -> None:
    talk.slack.texts[talk.copy_of(talk.slack, WORDS)] = "something else"
    if failure == "rate":
        talk.slack.plan.append(Failure(FailureKind.RATE, "ratelimited", retry_after=0.001))
    else:
        talk.slack.plan.append(Failure(FailureKind.FOREIGN, "cant_update_message"))
    report = await verified(talk, wakeups, repair=True)
    assert [one.mended for one in report.differences] == [failure == "rate"]


async def test_only_chosen_mirrors_are_compared(talk: Talk, wakeups: LocalWakeups) -> None:
    async with verifying(talk, wakeups) as verify:

        def slack_alone(mirror: Mirror) -> bool:
            return mirror.place == INBOX

        verify.chosen = slack_alone
        assert (await verify.run()).mirrors == 1


async def test_a_run_that_was_stopped_goes_on_where_it_was(
    talk: Talk, wakeups: LocalWakeups, tmp_path: Path
) -> None:
    del talk.slack.texts[talk.copy_of(talk.slack, WORDS)]
    bookmark = _Bookmark(tmp_path / "x.verify")
    mirrors = sorted(m.id for m in await talk.store.mirrors_of(talk.thread.thread))
    before = Report(mirrors=41)
    bookmark.write(mirrors[0], before, repair=False)
    assert bookmark.read(repair=True) is None
    told: list[str] = []
    async with verifying(talk, wakeups) as verify:
        verify.tell = told.append
        report = await _whole(verify, bookmark)
    assert report.mirrors == 42
    assert "41 mirrors" in told[0]
    assert bookmark.read(repair=False) is None


async def test_several_threads_are_compared_and_counted(talk: Talk, wakeups: LocalWakeups) -> None:
    await accepted(talk.intake, start("again", "and in walnut?"))
    await said(talk, wakeups, "more")
    report = await verified(talk, wakeups)
    assert (report.mirrors, report.differences) == (2, [])


async def test_the_command_needs_the_database_for_itself(talk: Talk, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'history.sqlite'}"
    config = parse(f"store: {{url: '{url}'}}", {})
    with pytest.raises(StoreError, match="Another program has the database"):
        await command(config)
    await talk.store.close()
    report = await command(config, thread=talk.thread.thread[:6])
    assert (report.mirrors, report.good) == (0, True)  # no platform is configured


async def test_a_platform_that_cannot_be_reached_is_named(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.catchup.verify.REACHED", 0.2)
    await store.close()
    config = parse(
        f"store: {{url: 'sqlite:///{tmp_path / 'history.sqlite'}'}}\n"
        "slack: {bot_token: x, app_token: y, api_url: 'http://127.0.0.1:9/'}",
        {},
    )
    with pytest.raises(CommandError, match="slack cannot be reached"):
        await command(config)
