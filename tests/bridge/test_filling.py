"""A brand's new inbox is filled with its newest threads: in order, once, behind live words."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from bridge.intake.intake import Intake
from bridge.store.filling import MOST_THREADS
from bridge.wakeup import LocalWakeups
from core.delivery import Write
from core.ids import BindingId, PinId, ThreadId
from core.intents import FillCard, Handle, Intent, PostMessage, StartThread
from core.model import Binding, BindingKind, MirrorState, Mode, Place
from core.ports.needs import Cost
from core.ports.store import Store
from tests.anyone import ANYONE
from tests.bridge.conftest import BRAND, MIA, NOW
from tests.bridge.scripted_platform import Die, Lost, ScriptedPlatform
from tests.bridge.test_intake import accepted
from tests.bridge.test_lanes import lanes_on, running, settled

NEW = Place("slack", "T1", "C9")
OPENED = 2
"""The event of a new conversation that opens its first thread."""
WORDS = ("first", "second", "third")


@dataclass(slots=True)
class Limited(ScriptedPlatform):
    """One call in 20 milliseconds in a channel."""

    def costs(self, write: Write) -> tuple[Cost, ...]:
        return (Cost(("calls", write.mirror.place.channel), 1, 0.02),)


class Clock:
    """Each event is a second younger than the one before."""

    def __init__(self) -> None:
        self._ticks = 0

    def __call__(self) -> datetime:
        self._ticks += 1
        return NOW - timedelta(days=1) + timedelta(seconds=self._ticks)


@pytest.fixture
def intake(store: Store, wakeups: LocalWakeups) -> Intake:
    return Intake(store, wakeups, Clock(), ANYONE)


async def threads(intake: Intake, count: int, words: tuple[str, ...] = WORDS) -> list[ThreadId]:
    """Each has been spoken in a last time after the one before."""
    made = []
    for n in range(count):
        what = StartThread((Handle("northwind"),), PinId(f"99{n:05d}"), f"{words[0]} {n}")
        made.append((await accepted(intake, Intent(f"s{n}", MIA.id, what))).thread)
    for n, thread in enumerate(made):
        for word in words[1:]:
            await say(intake, thread, f"{word} {n}")
    return made


async def say(intake: Intake, thread: ThreadId, text: str) -> None:
    await accepted(intake, Intent(f"say {text}", MIA.id, PostMessage(thread, text)))


async def connect(store: Store, channel: Place = NEW) -> None:
    new = Binding(BindingId("new"), BRAND.id, channel, BindingKind.INBOX, "#new", Mode.RELAY)
    await store.put_binding(new)


def there(platform: ScriptedPlatform) -> list[str]:
    """What stands in the new inbox, cards left out."""
    return [text for channel, kind, text in platform.shown if (channel, kind) == ("C9", "text")]


def cards(platform: ScriptedPlatform) -> int:
    return sum((channel, kind) == ("C9", "card") for channel, kind, _ in platform.shown)


async def test_the_thread_with_the_newest_words_is_filled_first(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    await threads(intake, 3)
    slack = Limited()
    async with running(store, wakeups, slack) as lanes:
        await settled(store, wakeups)
        await connect(store)
        await lanes.look("slack")
        await settled(store, wakeups)
    for n in range(3):
        assert [text for text in there(slack) if text.endswith(str(n))] == [
            f"{word} {n}" for word in WORDS
        ]
    assert cards(slack) == 3
    assert there(slack)[-1] == "third 0"


@pytest.mark.parametrize("kind", [BindingKind.INBOX, BindingKind.PROJECT])
async def test_a_thread_that_is_opened_while_a_place_is_connected_appears_there(
    store: Store, intake: Intake, kind: BindingKind
) -> None:
    account = BRAND if kind is BindingKind.INBOX else MIA
    new = Binding(BindingId("new"), account.id, NEW, kind, "#new", Mode.RELAY)
    # One commit of the database holds both, the binding before what was decided without it.
    _, [thread] = await asyncio.gather(store.put_binding(new), threads(intake, 1, WORDS[:1]))
    mirrors = await store.mirrors_of(thread)
    assert [one.from_seq <= OPENED for one in mirrors if one.place == NEW] == [True]


@pytest.mark.parametrize("ends", ["drop", "pause"])
async def test_a_thread_that_is_opened_while_a_place_ends_or_is_paused_is_not_sent_there(
    store: Store, intake: Intake, ends: str
) -> None:
    place = BindingId("inbox")
    ended = store.drop_binding(place) if ends == "drop" else store.pause_place(place, "It is open.")
    _, [thread] = await asyncio.gather(ended, threads(intake, 1, WORDS[:1]))
    there = [one for one in await store.mirrors_of(thread) if one.account == BRAND.id]
    assert [one.state for one in there] == ([] if ends == "drop" else [MirrorState.PAUSED])


@pytest.mark.parametrize("fails", [Die, Lost])
async def test_a_stop_while_it_is_filled_loses_and_doubles_nothing(
    store: Store, intake: Intake, wakeups: LocalWakeups, fails: type[Die] | type[Lost]
) -> None:
    await threads(intake, 2)
    slack = ScriptedPlatform()
    async with running(store, wakeups, slack):
        await settled(store, wakeups)
    await connect(store)
    slack.plan.extend([fails(), fails()])
    before = len(slack.shown)
    killed = asyncio.create_task(lanes_on(store, wakeups, slack).run())
    await slack.until(before + 2)
    killed.cancel()
    with suppress(asyncio.CancelledError):
        await killed
    async with running(store, wakeups, slack):
        await settled(store, wakeups)
    for n in range(2):
        assert [text for text in there(slack) if text.endswith(str(n))] == [
            f"{word} {n}" for word in WORDS
        ]
    assert cards(slack) == 2


async def test_live_words_go_before_what_fills_and_bring_their_thread_forward(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    made = await threads(intake, 12)
    slack = Limited()
    async with running(store, wakeups, slack) as lanes:
        await settled(store, wakeups)
        count = len(slack.shown)
        await connect(store)
        await lanes.look("slack")
        await slack.until(count + 1)
        # The oldest of them would come last.
        await say(intake, made[0], "now 0")
        what = StartThread((Handle("northwind"),), PinId("9999999"), "brand new")
        await accepted(intake, Intent("new", MIA.id, what))
        await settled(store, wakeups)
    texts = there(slack)
    assert [text for text in texts if text.endswith(" 0")] == [
        *(f"{word} 0" for word in WORDS),
        "now 0",
    ]
    assert len(texts) == 12 * 3 + 2
    assert cards(slack) == 13
    live = max(texts.index("now 0"), texts.index("brand new"))
    assert live < len(texts) / 2


async def test_an_older_thread_appears_with_what_happens_next_in_it(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    made = await threads(intake, MOST_THREADS + 2, ("first",))
    slack = ScriptedPlatform()
    async with running(store, wakeups, slack) as lanes:
        await connect(store)
        await lanes.look("slack")
        await settled(store, wakeups)
        assert cards(slack) == MOST_THREADS
        assert not {"first 0", "first 1"} & set(there(slack))
        # A card that is told of something, but never was there, is no reason to appear.
        fill = FillCard(made[1], PinId("9900001"))
        await accepted(intake, Intent("fill", MIA.id, fill))
        await settled(store, wakeups)
        assert cards(slack) == MOST_THREADS
        await say(intake, made[0], "next 0")
        await settled(store, wakeups)
    assert cards(slack) == MOST_THREADS + 1
    assert there(slack)[-1] == "next 0"
    assert "first 0" not in there(slack)
