"""What needs a person is listed with its remedy, and is tried once more when somebody asks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from bridge import __main__ as command
from bridge.delivery.lanes import Lanes
from bridge.desk import Desk
from bridge.failures import CommandError
from bridge.intake.intake import Intake
from bridge.operator import retrying, stuck
from bridge.operator.retrying import NOT_YOURS, TOO_SOON, Retrying
from bridge.pins import Pins
from bridge.telemetry import Metrics
from bridge.wakeup import LocalWakeups
from core.delivery import DeliveryState, Failure, FailureKind
from core.files import FileId, FileRef
from core.ids import MessageId, RemoteId, ThreadId, short_code
from core.intents import (
    AddFile,
    DeleteMessage,
    EditMessage,
    InSpace,
    Intent,
    Person,
    PostMessage,
    RemoteFile,
)
from core.model import Identity, MirrorState, Profile
from core.ports.rows import Fetch, HeldIntent, Retry
from core.ports.store import Store
from tests.bridge.conftest import JO, MIA, NOW
from tests.bridge.scripted_platform import ScriptedPlatform
from tests.bridge.test_catchup import NoPins
from tests.bridge.test_conversation import Talk, both, talk
from tests.bridge.test_intake import accepted, start
from tests.bridge.test_lanes import running, settled

__all__ = ["talk"]
CLOSED = Failure(FailureKind.PLACE, "is_archived", remedy="Unarchive the channel.")
SAID = "refused words"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite"


@asynccontextmanager
async def taking(store: Store, lanes: Lanes, wakeups: LocalWakeups) -> AsyncIterator[Retrying]:
    """The program's side, which takes requests up."""
    found = Retrying(store, lanes, wakeups, lambda: NOW)
    task = asyncio.create_task(found.run())
    try:
        yield found
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(read: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await read():  # noqa: ASYNC110 - another process would look so
            await asyncio.sleep(0.01)


async def say(intake: Intake, key: str, thread: ThreadId, text: str) -> MessageId:
    done = await accepted(intake, Intent(key, MIA.id, PostMessage(thread, text)))
    assert done.message is not None
    return done.message


async def state_in(store: Store, thread: ThreadId, message: MessageId) -> list[DeliveryState]:
    written = await store.written(message)
    assert written is not None
    told = await store.deliveries(thread, [(written.seq, message)])
    return [each.state for each in told[message] if each.platform == "slack"]


async def retried(file: Path, what: Retry) -> tuple[str, ...]:
    """The command, in a thread of its own as it has a process of its own."""

    def run() -> tuple[str, ...]:
        found = retrying.taken(file, retrying.ask(file, what, NOW), 5)
        assert found is not None
        return found

    return await asyncio.to_thread(run)


# --- the list -----------------------------------------------------------------------------


async def test_where_all_is_well_nothing_is_listed(store: Store, file: Path) -> None:
    assert stuck.read(file, NOW) == ()
    assert stuck.text(()) == "Nothing is stuck."


async def test_a_broken_place_is_listed_with_its_reason_time_and_command(
    store: Store, intake: Intake, wakeups: LocalWakeups, file: Path
) -> None:
    slack = ScriptedPlatform()
    slack.plan.append(CLOSED)
    async with running(store, wakeups, slack):
        thread = (await accepted(intake, start("a"))).thread
        await until(lambda: broken(store, thread))
    [entry] = stuck.read(file, NOW)
    assert (entry.kind, entry.platform, entry.place) == ("broken", "slack", "#pin-inbox (Slack)")
    assert (entry.code, entry.since) == (short_code(thread), NOW)
    assert entry.reason == "Unarchive the channel."
    assert entry.remedy == f"Repair it, then: pinthread retry --mirror {entry.mirror[:8]}"
    assert stuck.text((entry,)) == (
        "Broken places: nothing is sent there until they are repaired (1)\n"
        f"  {entry.code}  #pin-inbox (Slack)  since 2026-05-01 12:00:00  Unarchive the channel.\n"
        f"      {entry.remedy}"
    )
    [written] = stuck.document((entry,))
    assert written["since"] == "2026-05-01T12:00:00+00:00"


async def broken(store: Store, thread: ThreadId) -> bool:
    return any(m.state is MirrorState.BROKEN for m in await store.mirrors_of(thread))


async def test_a_place_that_is_away_is_listed_once_it_has_been_so_for_long(
    store: Store, intake: Intake, file: Path
) -> None:
    thread = (await accepted(intake, start("a"))).thread
    mirror = next(m for m in await store.mirrors_of(thread) if m.place.platform == "slack")
    for attempt in (1, 2):
        since = NOW + timedelta(minutes=attempt - 1)
        retry_at = since + timedelta(seconds=30)
        await store.park(
            mirror.id, attempts=attempt, retry_at=retry_at, reason="http_503", since=since
        )
    assert stuck.read(file, NOW + stuck.LONG) == ()
    [entry] = stuck.read(file, NOW + stuck.LONG + timedelta(seconds=1))
    assert (entry.kind, entry.since, entry.reason) == ("waiting", NOW, "http_503")
    assert entry.remedy.startswith("Tried 2 times, next at 12:01:30. Is Slack up?")


async def test_what_got_through_since_is_not_listed(
    store: Store, intake: Intake, wakeups: LocalWakeups, file: Path
) -> None:
    slack = ScriptedPlatform()
    slack.plan.append(Failure(FailureKind.TRANSIENT, "away"))
    async with running(store, wakeups, slack):
        thread = (await accepted(intake, start("a"))).thread
        await settled(store, wakeups)
    assert stuck.read(file, NOW + timedelta(hours=1)) == ()
    [mirror] = [m for m in await store.mirrors_of(thread) if m.place.platform == "slack"]
    assert (mirror.reason, mirror.retry_at) == (None, None)


async def test_input_held_for_long_is_listed(store: Store, file: Path) -> None:
    identity = Identity("discord", "", "9")
    intent = Intent(
        "k",
        Person(identity, Profile("Kim")),
        PostMessage(InSpace("discord", RemoteId("77")), "secret words"),  # type: ignore[arg-type]
    )
    await store.hold(HeldIntent("k", RemoteId("77"), intent, NOW), "discord")
    assert stuck.read(file, NOW + stuck.LONG) == ()
    found = stuck.read(file, NOW + stuck.LONG + timedelta(seconds=1))
    [entry] = found
    assert (entry.kind, entry.platform, entry.since) == ("held", "discord", NOW)
    assert "dropped after a day" in entry.remedy
    assert "secret words" not in stuck.text(found)


async def test_files_that_do_not_come_and_files_given_up_are_listed(
    store: Store, intake: Intake, file: Path
) -> None:
    opened = await accepted(intake, start("a"))
    assert opened.message is not None
    fetch = Fetch(opened.message, 0, "slack", RemoteFile("desk.png", "F1"))
    await add_fetch(file, fetch)
    await store.fetch_again(fetch, NOW + timedelta(seconds=40))
    gone = AddFile(opened.message, "plan.pdf", None, "It was deleted there.")
    await accepted(intake, Intent("f", MIA.id, gone))
    coming, given_up = stuck.read(file, NOW)
    assert (coming.kind, coming.code) == ("fetching", short_code(opened.thread))
    assert coming.reason == "A file could not be fetched 1 times."
    assert (given_up.kind, given_up.since) == ("no_file", NOW)
    assert given_up.reason == "A file is missing: It was deleted there."
    later = NOW + stuck.GIVEN_UP_FOR + timedelta(seconds=1)
    assert [entry.kind for entry in stuck.read(file, later)] == ["fetching"]


async def add_fetch(file: Path, fetch: Fetch) -> None:
    from bridge.operator.beside import connected
    from bridge.store.codec import from_remote_file

    row = (fetch.message, fetch.n, fetch.platform, from_remote_file(fetch.file))
    with connected(file, "rw") as db:
        db.execute("INSERT INTO fetches (message, number, platform, file) VALUES (?, ?, ?, ?)", row)


async def test_a_thousand_of_a_kind_are_counted_and_fifty_are_shown() -> None:
    entry = stuck.Entry("refused", "slack", "#x", "abc123", NOW, "why\x1b[2J", "do")
    shown = stuck.text((entry,) * 1_000)
    assert shown.startswith("Refused for good (1000)\n")
    assert shown.count("why\ufffd[2J") == stuck.MOST
    assert shown.endswith("and 950 more: pinthread stuck --json shows all")


# --- once more ----------------------------------------------------------------------------


async def test_a_repaired_place_gets_everything_when_it_is_tried_again(
    store: Store, intake: Intake, wakeups: LocalWakeups, file: Path
) -> None:
    slack = ScriptedPlatform()
    slack.plan.append(CLOSED)
    async with running(store, wakeups, slack) as lanes, taking(store, lanes, wakeups):
        thread = (await accepted(intake, start("a"))).thread
        await until(lambda: broken(store, thread))
        [entry] = stuck.read(file, NOW)
        assert await retried(file, Retry(mirror=entry.mirror[:8])) == (entry.mirror,)
        await settled(store, wakeups)
        outcomes = list(retrying.follow(file, (entry.mirror,), 5))  # type: ignore[arg-type]
    assert outcomes[-1] == retrying.Outcome(1, (), 0)
    assert [kind for _, kind, _ in slack.shown] == ["card", "text"]
    assert stuck.read(file, NOW) == ()


async def test_a_refused_message_is_posted_now_and_later_ones_stay_where_they_are(
    store: Store, intake: Intake, wakeups: LocalWakeups, file: Path
) -> None:
    slack = ScriptedPlatform(refuses=SAID)
    async with running(store, wakeups, slack) as lanes, taking(store, lanes, wakeups):
        thread = (await accepted(intake, start("a"))).thread
        message = await say(intake, "b", thread, SAID)
        await say(intake, "c", thread, "after it")
        await settled(store, wakeups)
        [entry] = stuck.read(file, NOW)
        assert (entry.kind, entry.reason) == ("refused", "A message was refused: Refused here.")
        slack.refuses = None
        assert await retried(file, Retry(thread=short_code(thread))) == (entry.mirror,)
        await slack.until(4)
        await until(lambda: nothing_stuck(file))
    assert [text for _, _, text in slack.shown][2:] == ["after it", SAID]
    assert await state_in(store, thread, message) == [DeliveryState.DELIVERED]


async def nothing_stuck(file: Path) -> bool:
    return stuck.read(file, NOW) == ()


async def test_what_is_refused_again_says_so_and_is_not_tried_without_end(
    store: Store, intake: Intake, wakeups: LocalWakeups, file: Path
) -> None:
    slack = ScriptedPlatform(refuses=SAID)
    async with running(store, wakeups, slack) as lanes, taking(store, lanes, wakeups):
        thread = (await accepted(intake, start("a"))).thread
        message = await say(intake, "b", thread, SAID)
        await settled(store, wakeups)
        [mirror] = await retried(file, Retry(place="pin-inbox"))
        await until(lambda: ended(file, mirror))
        [*_, last] = retrying.follow(file, (mirror,), 5)  # type: ignore[arg-type]
        await say(intake, "c", thread, "after it")
        await settled(store, wakeups)
    assert last == retrying.Outcome(0, ("Refused here.",), 0)
    assert [call.part.text for call in slack.calls].count(SAID) == 2
    assert await state_in(store, thread, message) == [DeliveryState.FAILED]


async def ended(file: Path, mirror: str) -> bool:
    [*_, last] = retrying.follow(file, (mirror,), 0)  # type: ignore[arg-type]
    return not last.waiting


async def test_an_edit_that_was_refused_is_made_when_it_is_tried_again(
    store: Store, intake: Intake, wakeups: LocalWakeups, file: Path
) -> None:
    slack = ScriptedPlatform(refuses=SAID)
    async with running(store, wakeups, slack) as lanes, taking(store, lanes, wakeups):
        thread = (await accepted(intake, start("a"))).thread
        message = await say(intake, "b", thread, "good words")
        await settled(store, wakeups)
        await accepted(intake, Intent("e", MIA.id, EditMessage(message, SAID)))
        await until(lambda: failed(store, thread, message))
        slack.refuses = None
        await retried(file, Retry(thread=thread))
        await until(lambda: nothing_stuck(file))
    assert list(slack.texts.values())[-1] == SAID
    assert await state_in(store, thread, message) == [DeliveryState.DELIVERED]


async def failed(store: Store, thread: ThreadId, message: MessageId) -> bool:
    return await state_in(store, thread, message) == [DeliveryState.FAILED]


async def test_a_later_edit_that_gets_through_ends_the_refusal_of_the_first(
    store: Store, intake: Intake, wakeups: LocalWakeups, file: Path
) -> None:
    slack = ScriptedPlatform(refuses=SAID)
    async with running(store, wakeups, slack):
        thread = (await accepted(intake, start("a"))).thread
        message = await say(intake, "b", thread, "good words")
        await settled(store, wakeups)
        await accepted(intake, Intent("e", MIA.id, EditMessage(message, SAID)))
        await until(lambda: failed(store, thread, message))
        await accepted(intake, Intent("f", MIA.id, EditMessage(message, "better words")))
        await until(lambda: nothing_stuck(file))
    assert list(slack.texts.values())[-1] == "better words"
    assert await state_in(store, thread, message) == [DeliveryState.DELIVERED]


@pytest.mark.parametrize("where", ["web", "discord"])
async def test_a_message_that_was_refused_is_posted_once_it_has_been_edited(
    talk: Talk, wakeups: LocalWakeups, where: str
) -> None:
    store, thread = talk.store, talk.thread.thread
    talk.slack.refuses = SAID
    async with both(talk, wakeups) as lanes:
        desk = Desk(store, talk.intake, wakeups, Metrics(), lambda: NOW)
        pins = Pins(store, NoPins(), desk.submit, lambda: NOW)
        desk.connect(lanes, pins, Retrying(store, lanes, wakeups, lambda: NOW))
        if where == "web":
            message = await say(talk.intake, "b", thread, SAID)
            edit = Intent("e", MIA.id, EditMessage(message, "better words"))
        else:
            message = await talk.say("discord", "d1", SAID)
            edit = talk.edit("discord", "d1", "better words")
        await until(lambda: failed(store, thread, message))
        await desk.submit(edit)
        await until(lambda: delivered(store, thread, message))
    assert list(talk.slack.texts.values()).count("better words") == 1
    assert SAID not in talk.slack.texts.values()


async def test_the_part_that_was_refused_is_posted_and_the_others_are_not_doubled(
    store: Store, intake: Intake, wakeups: LocalWakeups, file: Path
) -> None:
    slack = ScriptedPlatform(refuses=SAID)
    first = " ".join(["word"] * 399)
    async with running(store, wakeups, slack) as lanes, taking(store, lanes, wakeups):
        thread = (await accepted(intake, start("a"))).thread
        await say(intake, "b", thread, f"{first}\n\n{SAID}")
        await settled(store, wakeups)
        slack.refuses = None
        await retried(file, Retry(thread=thread))
        await until(lambda: nothing_stuck(file))
    texts = [text for _, _, text in slack.shown][2:]
    assert len(texts) == 2
    assert texts[1] == SAID


async def test_a_refused_message_that_was_deleted_since_is_not_sent(
    store: Store, intake: Intake, wakeups: LocalWakeups, file: Path
) -> None:
    slack = ScriptedPlatform(refuses=SAID)
    async with running(store, wakeups, slack) as lanes, taking(store, lanes, wakeups):
        thread = (await accepted(intake, start("a"))).thread
        message = await say(intake, "b", thread, SAID)
        await settled(store, wakeups)
        await accepted(intake, Intent("d", MIA.id, DeleteMessage(message)))
        assert stuck.read(file, NOW) == ()
        slack.refuses = None
        [mirror] = await retried(file, Retry(thread=thread))
        await until(lambda: ended(file, mirror))
    assert SAID not in [text for _, _, text in slack.shown]


async def test_words_and_a_file_of_one_message_are_refused_and_tried_each_for_itself(
    store: Store, intake: Intake, wakeups: LocalWakeups, file: Path
) -> None:
    slack = ScriptedPlatform()
    async with running(store, wakeups, slack) as lanes, taking(store, lanes, wakeups):
        thread = (await accepted(intake, start("a"))).thread
        message = await say(intake, "b", thread, "see this")
        await settled(store, wakeups)
        slack.plan.append(Failure(FailureKind.EVENT, "bad_file", remedy="Slack takes no .exe."))
        ref = FileRef(FileId("a" * 64), "tool.exe", "application/octet-stream", 10)
        await accepted(intake, Intent("f", MIA.id, AddFile(message, "tool.exe", ref)))
        await until(lambda: failed(store, thread, message))
        [entry] = stuck.read(file, NOW)
        assert entry.reason == "A file was refused: Slack takes no .exe."
        await accepted(intake, Intent("e", MIA.id, EditMessage(message, "see that")))
        await settled(store, wakeups)
        assert len(stuck.read(file, NOW)) == 1
        await retried(file, Retry(thread=thread))
        await until(lambda: nothing_stuck(file))
    assert [text for _, _, text in slack.shown].count("tool.exe") == 1


async def test_a_request_left_while_the_program_was_down_is_taken_at_its_start(
    store: Store, intake: Intake, wakeups: LocalWakeups, file: Path
) -> None:
    slack = ScriptedPlatform(refuses=SAID)
    async with running(store, wakeups, slack):
        thread = (await accepted(intake, start("a"))).thread
        await say(intake, "b", thread, SAID)
        await settled(store, wakeups)
    request = retrying.ask(file, Retry(), NOW)
    assert retrying.taken(file, request, 0) is None
    slack.refuses = None
    async with running(store, wakeups, slack) as lanes, taking(store, lanes, wakeups):
        await until(lambda: nothing_stuck(file))
    assert slack.shown[-1][2] == SAID


async def test_a_retry_that_was_under_way_at_a_stop_goes_on_after_the_start(
    store: Store, intake: Intake, wakeups: LocalWakeups, file: Path
) -> None:
    slack = ScriptedPlatform(refuses=SAID)
    async with running(store, wakeups, slack):
        thread = (await accepted(intake, start("a"))).thread
        await say(intake, "b", thread, SAID)
        await settled(store, wakeups)
    assert len(await store.retry(Retry())) == 1
    await store.close()
    await store.open()
    slack.refuses = None
    async with running(store, wakeups, slack):
        await until(lambda: nothing_stuck(file))
    assert slack.shown[-1][2] == SAID


async def test_what_nobody_knows_is_an_error_and_leaves_no_request(
    store: Store, intake: Intake, file: Path
) -> None:
    await accepted(intake, start("a"))
    for what in (Retry(), Retry(mirror="nothing"), Retry(place="#elsewhere"), Retry(thread="zz")):
        with pytest.raises(CommandError, match="pinthread stuck"):
            retrying.ask(file, what, NOW)
    assert await store.requests("retry") == ()


# --- its author ---------------------------------------------------------------------------


async def test_its_author_alone_tries_a_message_again_and_not_many_times_a_second(
    store: Store, intake: Intake, wakeups: LocalWakeups, file: Path
) -> None:
    slack = ScriptedPlatform(refuses=SAID)
    async with running(store, wakeups, slack) as lanes, taking(store, lanes, wakeups) as its:
        thread = (await accepted(intake, start("a"))).thread
        first = await say(intake, "b", thread, f"{SAID} one")
        second = await say(intake, "c", thread, f"{SAID} two")
        await settled(store, wakeups)
        slack.refuses = None
        assert await its.message(JO.id, thread, first) == NOT_YOURS
        assert await its.message(MIA.id, ThreadId("other"), first) == NOT_YOURS
        assert await its.message(MIA.id, thread, first) is None
        assert await its.message(MIA.id, thread, first) == TOO_SOON
        await slack.until(3)
        await until(lambda: delivered(store, thread, first))
        assert await failed(store, thread, second)
    assert [text for _, _, text in slack.shown][2:] == [f"{SAID} one"]


async def delivered(store: Store, thread: ThreadId, message: MessageId) -> bool:
    return await state_in(store, thread, message) == [DeliveryState.DELIVERED]


# --- the command --------------------------------------------------------------------------


async def test_the_commands_answer_with_sentences_and_exit_codes(
    store: Store,
    intake: Intake,
    wakeups: LocalWakeups,
    file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"store:\n  url: sqlite:///{file}\n")

    async def pinthread(*words: str) -> tuple[int, str]:
        code = await asyncio.to_thread(command.main, [*words, "--config", str(config)])
        return code, capsys.readouterr().out

    assert await pinthread("stuck") == (0, "Nothing is stuck.\n")
    assert (await pinthread("retry", "--all"))[0] == 1
    slack = ScriptedPlatform(refuses=SAID)
    async with running(store, wakeups, slack) as lanes, taking(store, lanes, wakeups):
        thread = (await accepted(intake, start("a"))).thread
        await say(intake, "b", thread, SAID)
        await settled(store, wakeups)
        code, out = await pinthread("stuck")
        assert (code, out.splitlines()[0]) == (0, "Refused for good (1)")
        code, out = await pinthread("stuck", "--json")
        assert code == 0
        assert '"kind": "refused"' in out
        code, out = await pinthread("retry", "--all")
        assert (code, out.splitlines()[-1]) == (1, "Failed again: Refused here.")
        slack.refuses = None
        code, out = await pinthread("retry", "--thread", thread)
        assert (code, out.splitlines()[-1]) == (0, "1 of 1 done, 0 under way, 0 failed")
