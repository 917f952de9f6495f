"""What somebody said who has left for good goes from the places that no lane serves any more."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bridge.catchup.mending import Means
from bridge.delivery.budgets import LocalBudgets
from bridge.intake.intake import Intake
from bridge.operator import stuck
from bridge.operator.clearing import GIVEN_UP, MOST_REFUSED, Clearings
from bridge.operator.erasing import Erasing
from bridge.telemetry import Metrics
from bridge.wakeup import LocalWakeups
from core.delivery import Failure, FailureKind, Verb, Write
from core.ids import AccountId, BindingId, MessageId, PinId
from core.intents import (
    AddFile,
    Assign,
    DeleteMessage,
    EditMessage,
    Handle,
    Intent,
    Origin,
    PostMessage,
    React,
    Speech,
    StartThread,
    What,
)
from core.model import Identity
from core.ports.needs import Cost
from core.ports.store import Store
from tests.bridge.conftest import INBOX, JO, KEN, MIA, NOW
from tests.bridge.scripted_platform import Die, Lost, ScriptedPlatform
from tests.bridge.test_conversation import ADA, MIAS, OAK, Talk, both
from tests.bridge.test_intake import accepted, start
from tests.bridge.test_lanes import AWAY, QUICK, running, settled

SECRET = b"s" * 32
GONE = Failure(FailureKind.PLACE, "not_in_channel")
NO = Failure(FailureKind.FOREIGN, "not_yours")
CAKE = "\U0001f382"


@dataclass
class Leaving:
    """Mia, Ken and Jo talk: in Mia's forum in Discord, in Ken's channel in Slack, at the page."""

    talk: Talk
    wakeups: LocalWakeups
    days: int = 0
    metrics: Metrics = field(default_factory=Metrics)
    _keys: Iterator[int] = field(default_factory=lambda: iter(range(1_000)))

    @property
    def store(self) -> Store:
        return self.talk.store

    def now(self) -> datetime:
        return NOW + timedelta(days=self.days)

    async def does(self, who: AccountId, what: What) -> MessageId:
        done = await accepted(self.talk.intake, Intent(f"k{next(self._keys)}", who, what))
        return done.message or MessageId("")

    async def says(self, who: AccountId, text: str, **more: object) -> MessageId:
        return await self.does(who, PostMessage(self.talk.thread.thread, text, **more))  # type: ignore[arg-type]

    async def deliver(self) -> None:
        async with both(self.talk, self.wakeups):
            await settled(self.store, self.wakeups, "slack", "discord")

    async def forgets(self, who: AccountId = MIA.id) -> None:
        """And what lanes can do of it is done."""
        await self.asks(who)
        await self.deliver()

    async def asks(self, who: AccountId = MIA.id) -> None:
        erasing = Erasing(self.store, self.talk.intake.submit, _nothing, self.now)
        await erasing.ask(who)
        await erasing.take()

    def clearings(self, budgets: LocalBudgets | None = None) -> Clearings:
        """As after a start of the program."""
        adapters = {"slack": self.talk.slack, "discord": self.talk.discord}
        means = Means(
            self.store,
            adapters,
            budgets or LocalBudgets(),
            self.metrics,
            SECRET,
            QUICK,
            lambda file: file.id,
        )
        return Clearings(means, self.now, turn=0.05)

    async def clears(self, left: int = 0) -> None:
        """Until as many mirrors are left, which may take several tries."""
        clearings = self.clearings()
        async with asyncio.timeout(10):
            while sum((await self.store.to_clear()).values()) > left:
                await clearings.work()
                await asyncio.sleep(0.005)

    async def ends(self, binding: str) -> None:
        await self.store.drop_binding(BindingId(binding))

    @property
    def slack(self) -> list[str]:
        return list(self.talk.slack.texts.values())

    @property
    def discord(self) -> list[str]:
        return list(self.talk.discord.texts.values())

    @property
    def counted(self) -> dict[tuple[str, ...], float]:
        return self.metrics.cleared.values


async def _nothing(posts: tuple[int, ...]) -> None:
    return


@pytest.fixture
async def leaving(store: Store, intake: Intake, wakeups: LocalWakeups) -> Leaving:
    await store.put_account(MIA, [MIAS.identity])
    slack, discord = ScriptedPlatform(), ScriptedPlatform("discord")
    thread = await accepted(intake, start("a", "a secret of mine", "ken", "jo"))
    async with running(store, wakeups, slack, discord):
        await slack.until(2)
        await discord.until(2)
    mirrors = await store.mirrors_of(thread.thread)
    spaces = {one.place.platform: one.space for one in mirrors if one.space is not None}
    return Leaving(Talk(store, intake, slack, discord, thread, spaces), wakeups)


async def test_a_mirror_that_has_ended_keeps_nothing_that_they_said(leaving: Leaving) -> None:
    said = await leaving.says(MIA.id, "x" * 2_500 + " secret")
    await leaving.does(MIA.id, AddFile(said, "secret.png", OAK))
    removed = await leaving.says(MIA.id, "a secret taken back")
    await leaving.says(KEN.id, "what Ken said", answers=said)
    await leaving.deliver()
    await leaving.ends("kens")
    await leaving.does(MIA.id, DeleteMessage(removed))
    await leaving.forgets()
    assert sum("secret" in text or text == OAK.name for text in leaving.slack) == 4
    assert "> Mia: xxxx" in " ".join(leaving.slack)
    await leaving.clears()
    assert leaving.slack == ["Desk", "what Ken said"]
    assert leaving.discord == ["Desk", "what Ken said", "Somebody who left left."]
    assert leaving.counted == {("slack", "delete"): 5, ("slack", "edit"): 2, ("discord", "edit"): 1}
    calls = len(leaving.talk.slack.calls)
    await leaving.clearings().work()
    assert len(leaving.talk.slack.calls) == calls


async def test_the_card_of_a_mirror_that_has_ended_names_them_no_longer(leaving: Leaving) -> None:
    await leaving.ends("kens")
    await leaving.forgets()
    await leaving.clears()
    card = leaving.talk.slack.calls[-1]
    assert card.step.verb is Verb.EDIT
    assert card.part.people == ("Somebody who left", "Ken", "Jo")
    assert card.part.author is not None
    assert card.part.author.name == "Somebody who left"


async def test_lines_with_their_words_or_name_go_where_they_typed_themselves(
    leaving: Leaving,
) -> None:
    talk = leaving.talk
    message = await talk.say("discord", "d1", "typed there")
    kens = await leaving.says(KEN.id, "what Ken said")
    await leaving.deliver()
    await leaving.does(MIA.id, EditMessage(message, "a new secret"))
    await leaving.does(MIA.id, AddFile(kens, "", OAK))
    await leaving.does(MIA.id, AddFile(message, "secret.pdf", None, "gone"))
    await leaving.does(KEN.id, EditMessage(kens, "what Ken means"))
    await leaving.deliver()
    assert "Mia edited: a new secret" in leaving.discord
    assert "Mia sent a file that could not be fetched: secret.pdf" in leaving.discord
    await leaving.forgets()
    await leaving.clears()
    # The line about what was deleted just now names nobody; what they typed only they can delete.
    assert leaving.discord == [
        "Desk",
        "what Ken means",
        "Somebody who left deleted a message.",
        "Somebody who left left.",
    ]
    assert not [text for text in leaving.slack if "secret" in text or "Mia" in text]


async def test_lines_go_from_mirrors_that_have_ended(leaving: Leaving) -> None:
    talk = leaving.talk
    talk.slack.foreign = True
    kens = await leaving.says(KEN.id, "what Ken said")
    await leaving.says(MIA.id, "a secret")
    await leaving.deliver()
    message = await leaving.says(MIA.id, "words")
    await leaving.deliver()
    await leaving.does(MIA.id, EditMessage(message, "a new secret"))
    await leaving.does(MIA.id, React(kens, CAKE, on=True))
    await leaving.does(JO.id, React(kens, CAKE, on=True))
    talk.slack.plan.append(NO)
    await leaving.deliver()
    assert "Mia edited: a new secret" in leaving.slack
    await leaving.ends("kens")
    talk.slack.foreign = False
    await leaving.forgets()
    await leaving.clears()
    assert leaving.slack == ["Desk", "what Ken said"]


async def test_what_was_answered_later_than_the_end_stays_as_it_was(leaving: Leaving) -> None:
    said = await leaving.says(MIA.id, "a secret")
    answer = await leaving.says(KEN.id, "yes", answers=said)
    erased = await leaving.says(KEN.id, "no", answers=said)
    await leaving.deliver()
    await leaving.ends("kens")
    await leaving.does(KEN.id, EditMessage(answer, "yes, later"))
    await leaving.does(KEN.id, DeleteMessage(erased))
    await leaving.store.erase(leaving.now() + timedelta(days=1))
    await leaving.says(KEN.id, "later", answers=said)
    await leaving.forgets()
    await leaving.clears()
    # Ken's first words are kept no more: what quotes Mia goes as a whole.
    assert leaving.slack == ["Desk"]
    assert leaving.discord[1:3] == ["yes, later", "later"]


async def test_a_platform_that_is_down_loses_no_wish_and_holds_no_other_up(
    leaving: Leaving, tmp_path: Path
) -> None:
    await leaving.says(MIA.id, "a second secret")
    await leaving.deliver()
    await leaving.ends("kens")
    await leaving.ends("forum")
    await leaving.asks()
    leaving.talk.slack.plan.extend([AWAY, GONE, Failure(FailureKind.RATE, "busy"), AWAY])
    clearings = leaving.clearings()
    await clearings.work()
    assert leaving.discord == ["Desk"]
    assert "a second secret" in leaving.slack
    assert await leaving.store.to_clear() == {"slack": 1}
    found = stuck.read(tmp_path / "history.sqlite", NOW + stuck.LONG)
    assert found == ()
    [one] = stuck.read(tmp_path / "history.sqlite", NOW + stuck.LONG * 2)
    assert (one.kind, one.platform, one.since) == ("leaving", "slack", NOW)
    assert "not taken away yet (1)" in stuck.text((one,))
    assert leaving.metrics.clearing.values == {("slack",): 1, ("discord",): 1}
    await leaving.clears()
    assert leaving.slack == ["Desk"]


async def test_a_place_that_refuses_is_asked_with_one_call_and_later_again(
    leaving: Leaving,
) -> None:
    for n in range(5):
        await leaving.says(MIA.id, f"secret {n}")
    await leaving.deliver()
    await leaving.ends("kens")
    await leaving.forgets()
    before = len(leaving.talk.slack.calls)
    leaving.talk.slack.plan.extend([GONE] * 3)
    clearings = leaving.clearings()
    for _ in range(3):
        await clearings.work()
    assert len(leaving.talk.slack.calls) == before + 1
    await leaving.clears()
    assert leaving.slack == ["Desk"]


async def test_a_platform_without_a_turn_holds_no_other_up(leaving: Leaving) -> None:
    await leaving.ends("kens")
    await leaving.ends("forum")
    await leaving.forgets()
    budgets = LocalBudgets()
    cost = Cost(("slack",), 1, 60.0)
    leaving.talk.slack.cost = (cost,)
    budgets.block(cost.key, 3_600.0)
    await leaving.clearings(budgets).work()
    assert leaving.discord == ["Desk"]
    assert leaving.slack == ["Desk", "a secret of mine"]
    leaving.talk.slack.cost = ()
    await leaving.clears()
    assert leaving.slack == ["Desk"]


async def test_refusals_stay_far_from_what_a_platform_bans_for(leaving: Leaving) -> None:
    """Discord's own count holds everything at a thousand in ten minutes."""
    for n in range(MOST_REFUSED + 20):
        await leaving.says(MIA.id, f"secret {n}")
    await leaving.deliver()
    await leaving.ends("kens")
    await leaving.forgets()
    slack, before = leaving.talk.slack, len(leaving.talk.slack.calls)
    slack.foreign = True
    clearings = leaving.clearings()
    for _ in range(3):
        await clearings.work()
        await asyncio.sleep(QUICK.retry_most)
    assert len(slack.calls) == before + MOST_REFUSED
    assert len({one.step.target for one in slack.calls[before:]}) == MOST_REFUSED
    assert (await leaving.store.to_clear())["slack"] == 1
    assert leaving.discord[:1] == ["Desk"]
    slack.foreign = False
    await leaving.clears()
    assert leaving.slack == ["Desk"]


async def test_two_people_who_leave_are_both_named_no_longer(leaving: Leaving) -> None:
    await leaving.ends("kens")
    await leaving.forgets()
    clearings = leaving.clearings()
    leaving.talk.slack.plan.extend([GONE])
    await clearings.work()
    await leaving.forgets(JO.id)
    await leaving.clears()
    assert leaving.talk.slack.calls[-1].part.people == (
        "Somebody who left",
        "Ken",
        "Somebody who left",
    )


async def test_one_thread_that_refuses_holds_no_other_of_its_place_up(leaving: Leaving) -> None:
    for n in range(2):
        opened = StartThread((Handle("ken"), Handle("jo")), PinId(f"9{n}"), f"secret {n}")
        await accepted(leaving.talk.intake, Intent(f"t{n}", MIA.id, opened))
    await leaving.deliver()
    await leaving.ends("kens")
    await leaving.forgets()
    slack, locked = leaving.talk.slack, leaving.talk.copy_of(leaving.talk.slack, "secret 0")

    async def upon(write: Write) -> None:
        if write.step.target == locked:
            slack.plan.append(GONE)

    slack.upon = upon
    await leaving.clears(left=1)
    assert [text for text in leaving.slack if "secret" in text] == ["secret 0"]
    slack.upon = None
    await leaving.clears()
    assert not [text for text in leaving.slack if "secret" in text]


async def test_an_unexpected_failure_at_one_mirror_holds_no_other_of_its_place_up(
    leaving: Leaving, caplog: pytest.LogCaptureFixture
) -> None:
    opened = StartThread((Handle("ken"), Handle("jo")), PinId("91"), "another secret")
    await accepted(leaving.talk.intake, Intent("t", MIA.id, opened))
    await leaving.deliver()
    await leaving.ends("kens")
    await leaving.forgets()
    slack, first = leaving.talk.slack, leaving.talk.copy_of(leaving.talk.slack, "a secret of mine")

    async def upon(write: Write) -> None:
        if write.step.target == first:
            raise KeyError("a defect of ours")

    slack.upon = upon
    clearings = leaving.clearings()
    await clearings.work()
    assert [text for text in leaving.slack if "secret" in text] == ["a secret of mine"]
    assert leaving.counted[("slack", "failed")] == 1
    [told] = [one for one in caplog.records if one.message == "not_cleared"]
    assert told.__dict__["mirror"] in [one.mirror.id for one in await leaving.store.clearings()]
    leaving.days = GIVEN_UP.days
    await leaving.clears()
    assert leaving.counted[("slack", "left")] == 1
    assert [text for text in leaving.slack if "secret" in text] == ["a secret of mine"]


async def test_a_place_that_refuses_for_a_month_is_given_up(leaving: Leaving) -> None:
    await leaving.ends("kens")
    await leaving.forgets()
    leaving.days = GIVEN_UP.days
    leaving.talk.slack.plan.append(GONE)
    await leaving.clears()
    assert leaving.slack == ["Desk", "a secret of mine"]
    assert leaving.counted[("slack", "left")] == 1
    # The operator's command begins anew.
    await leaving.forgets()
    await leaving.clears()
    assert leaving.slack == ["Desk"]


async def test_a_copy_that_is_refused_is_left_and_counted_and_the_others_go(
    leaving: Leaving,
) -> None:
    await leaving.says(MIA.id, "a second secret")
    await leaving.deliver()
    await leaving.ends("kens")
    await leaving.forgets()
    leaving.talk.slack.plan.append(NO)
    await leaving.clears()
    assert leaving.slack == ["Desk", "a secret of mine"]
    assert leaving.counted[("slack", "left")] == 1


@pytest.mark.parametrize("lost", [Lost(), Die()])
async def test_a_call_whose_answer_is_lost_is_made_again_after_a_restart(
    leaving: Leaving, lost: Lost | Die
) -> None:
    for n in range(3):
        await leaving.says(MIA.id, f"secret {n}")
    await leaving.deliver()
    await leaving.ends("kens")
    await leaving.forgets()
    slack, sent = leaving.talk.slack, len(leaving.talk.slack.calls)

    async def upon(write: Write) -> None:
        if len(slack.calls) == sent + 2:
            slack.plan.append(lost)

    slack.upon = upon
    working = asyncio.create_task(leaving.clearings().work())
    async with asyncio.timeout(10):
        while len(slack.calls) < sent + 2:
            slack.changed.clear()
            await slack.changed.wait()
    working.cancel()
    await asyncio.wait((working,))
    slack.upon = None
    await leaving.clears()
    assert leaving.slack == ["Desk"]
    deleted = [one.step.target for one in slack.calls[sent:] if one.step.verb is Verb.DELETE]
    assert len(deleted) == 5, "only what was unclear is asked for twice"


async def test_somebody_elses_removal_counts_as_done(leaving: Leaving) -> None:
    await leaving.ends("kens")
    await leaving.forgets()
    leaving.talk.slack.texts.popitem()
    await leaving.clears()
    assert leaving.slack == ["Desk"]
    assert ("slack", "left") not in leaving.counted


async def test_a_paused_place_is_cleared_at_once_and_watched_until_its_lane_is_through(
    leaving: Leaving,
) -> None:
    await leaving.says(MIA.id, "a second secret")
    await leaving.deliver()
    await leaving.store.pause_place(BindingId("kens"), "It can be read by others now.")
    await leaving.forgets()
    await leaving.clearings().work()
    assert leaving.slack == ["Desk"]
    assert (await leaving.store.to_clear())["slack"] == 1
    await leaving.store.pause_place(BindingId("kens"), None)
    await leaving.deliver()
    await leaving.clears()
    assert leaving.slack == ["Desk", "Somebody who left left."]


async def test_what_was_on_its_way_to_a_mirror_that_ended_goes_when_it_has_come(
    leaving: Leaving,
) -> None:
    slack = leaving.talk.slack
    slack.plan.append(GONE)
    await leaving.says(MIA.id, "a second secret")
    await leaving.says(MIA.id, "never shown there")
    await leaving.deliver()
    await leaving.ends("kens")
    await leaving.asks()
    clearings = leaving.clearings()
    await clearings.work()
    assert leaving.slack == ["Desk"]
    assert (await leaving.store.to_clear())["slack"] == 1
    await leaving.store.unpark("slack")
    await leaving.deliver()
    assert leaving.slack == ["Desk", "a second secret"], "it had begun"
    await leaving.clears()
    assert leaving.slack == ["Desk"]


async def test_a_brands_lines_that_name_an_agent_go_and_its_words_stay(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    await store.put_account(JO, [ADA.identity, Identity("slack", "T1", "U2")])
    slack, discord = ScriptedPlatform(), ScriptedPlatform("discord")
    thread = await accepted(intake, start("a", "oak?"))
    mirrors = await store.mirrors_of(thread.thread)
    talk = Talk(store, intake, slack, discord, thread, {})
    leaving = Leaving(talk, wakeups)
    await leaving.deliver()
    said = PostMessage(thread.thread, "in oak", speech=Speech.REPLY)
    await accepted(intake, Intent("r", ADA, said, Origin(INBOX)))
    await accepted(intake, Intent("s", ADA, Assign(thread.thread, ADA), Origin(INBOX)))
    await leaving.deliver()
    [line] = [text for text in leaving.slack if "assigned" in text]
    assert "Jo" in line or "Ada" in line
    await leaving.forgets(JO.id)
    await leaving.clears()
    assert line not in leaving.slack
    assert "oak?" in leaving.slack
    assert len(mirrors) == 2
