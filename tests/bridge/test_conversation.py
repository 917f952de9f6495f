"""What happens to a message after it was posted reaches its copies, whatever the order."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bridge.delivery.lanes import Lanes
from bridge.intake.intake import Intake
from bridge.wakeup import LocalWakeups
from core.capabilities import Capabilities
from core.delivery import DeliveryState, Failure, FailureKind, Verb
from core.files import FileId, FileRef
from core.ids import BindingId, MessageId, PinId, RemoteId, SpaceId
from core.intents import (
    AddFile,
    DeleteMessage,
    EditMessage,
    FillCard,
    InSpace,
    Intent,
    ItsAuthor,
    Origin,
    Person,
    PostMessage,
    React,
    RemoteFile,
    RemoteMessage,
    What,
)
from core.model import Binding, BindingKind, Identity, Pin, PinSource, Place, Profile
from core.ports.outcomes import Accepted, Held, Ignored, Outcome
from core.ports.reading import Change
from core.ports.store import Store
from core.text.content import Bold, Mention, Paragraph, Text, length
from tests.bridge.conftest import BRAND, DESK, FORUM, INBOX, JO, KEN, KENS, MIA, NOW
from tests.bridge.scripted_platform import Lost, ScriptedPlatform
from tests.bridge.test_intake import accepted, start
from tests.bridge.test_lanes import running

MIAS = Person(Identity("discord", "", "1"), Profile("Mia"))
ADA = Person(Identity("slack", "T1", "UADA"), Profile("Ada Lind"))
OAK = FileRef(FileId("a" * 64), "oak.png", "image/png", 900)


@dataclass
class Talk:
    """A thread of Mia, in a Discord forum, and a brand, in a Slack inbox. Both are there."""

    store: Store
    intake: Intake
    slack: ScriptedPlatform
    discord: ScriptedPlatform
    thread: Accepted
    spaces: dict[str, SpaceId]

    def type_in(self, platform: str, key: str, text: str, what: What | None = None) -> Intent:
        place, who = (FORUM, MIAS) if platform == "discord" else (INBOX, ADA)
        said = what or PostMessage(InSpace(platform, self.spaces[platform]), text)
        return Intent(f"post {key}", who, said, Origin(place, RemoteId(key)))

    async def say(self, platform: str, key: str, text: str) -> MessageId:
        done = await accepted(self.intake, self.type_in(platform, key, text))
        assert done.message is not None
        return done.message

    def edit(self, platform: str, key: str, text: str, n: int = 1) -> Intent:
        place, who = (FORUM, MIAS) if platform == "discord" else (INBOX, ADA)
        what = EditMessage(RemoteMessage(platform, RemoteId(key)), text)
        origin = Origin(place, RemoteId(key))
        return Intent(f"edit {key} {n}", who, what, origin, at=NOW + timedelta(seconds=n - 100))

    def delete(self, platform: str, key: str) -> Intent:
        place = FORUM if platform == "discord" else INBOX
        what = DeleteMessage(RemoteMessage(platform, RemoteId(key)))
        return Intent(f"delete {key}", ItsAuthor(), what, Origin(place, RemoteId(key)))

    def react(self, platform: str, key: str, emoji: str, *, on: bool = True) -> Intent:
        place, who = (FORUM, MIAS) if platform == "discord" else (INBOX, ADA)
        what = React(RemoteMessage(platform, RemoteId(key)), emoji, on)
        origin = Origin(place, RemoteId(key))
        return Intent(f"react {platform} {key} {emoji} {on}", who, what, origin)

    async def submit(self, intent: Intent) -> Outcome:
        return await self.intake.submit(intent)

    def copy_of(self, platform: ScriptedPlatform, text: str) -> RemoteId:
        [found] = [remote for remote, shown in platform.texts.items() if shown == text]
        return found

    async def marker(self, platform: ScriptedPlatform, text: str = "marker") -> None:
        """Something that arrives after all that was done before it."""
        done = Intent(text, MIA.id, PostMessage(self.thread.thread, text))
        await accepted(self.intake, done)
        while text not in platform.texts.values():
            await platform.until(len(platform.shown) + 1)

    def since(self, platform: ScriptedPlatform, kind: str) -> list[str]:
        return [text for _, what, text in platform.shown if what == kind]


@pytest.fixture
async def talk(store: Store, intake: Intake, wakeups: LocalWakeups) -> Talk:
    return await talking(store, intake, wakeups, "northwind")


async def talking(store: Store, intake: Intake, wakeups: LocalWakeups, other: str) -> Talk:
    await store.put_account(MIA, [MIAS.identity])
    slack, discord = ScriptedPlatform(), ScriptedPlatform("discord")
    thread = await accepted(intake, start("a", "does this come in oak?", other))
    async with running(store, wakeups, slack, discord):
        await slack.until(2)
        await discord.until(2)
    spaces = {
        mirror.place.platform: mirror.space
        for mirror in await store.mirrors_of(thread.thread)
        if mirror.space is not None
    }
    return Talk(store, intake, slack, discord, thread, spaces)


@asynccontextmanager
async def both(talk: Talk, wakeups: LocalWakeups) -> AsyncIterator[Lanes]:
    async with running(talk.store, wakeups, talk.slack, talk.discord, release=talk.intake) as lanes:
        yield lanes


# --- edits --------------------------------------------------------------------------------


async def test_an_edit_of_an_old_message_reaches_its_copy(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    async with both(talk, wakeups):
        await talk.say("discord", "d1", "in oak?")
        for n in range(60):
            await talk.say("slack", f"s{n}", f"more {n}")
        await talk.slack.until(3)
        assert isinstance(await talk.submit(talk.edit("discord", "d1", "in ash?")), Accepted)
        await talk.slack.until(4)
        await talk.marker(talk.slack)
        await talk.marker(talk.discord)
    assert talk.since(talk.slack, "edit") == ["in ash?"]
    assert "in ash?" in talk.slack.texts.values()
    assert "in oak?" not in talk.slack.texts.values()
    assert talk.since(talk.discord, "edit") == [], "it was edited there"
    assert len(talk.since(talk.discord, "text")) == 62


async def test_five_edits_while_a_platform_was_away_arrive_as_the_last_one(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    await talk.say("discord", "d1", "one")
    for n in range(5):
        await talk.submit(talk.edit("discord", "d1", f"edit {n}", n))
    async with both(talk, wakeups):
        await talk.marker(talk.slack)
    assert talk.since(talk.slack, "text")[1:] == ["edit 4", "marker"]
    assert talk.since(talk.slack, "edit") == []


async def test_a_message_deleted_while_a_platform_was_away_never_arrives(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    await talk.say("discord", "d1", "a slip")
    await talk.submit(talk.delete("discord", "d1"))
    async with both(talk, wakeups):
        await talk.marker(talk.slack)
    assert talk.since(talk.slack, "text")[1:] == ["marker"]
    assert talk.since(talk.slack, "delete") == []


async def test_an_older_edit_that_comes_late_changes_nothing(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    await talk.say("discord", "d1", "one")
    await talk.submit(talk.edit("discord", "d1", "second edit", 2))
    await talk.submit(talk.edit("discord", "d1", "first edit", 1))
    await talk.submit(talk.edit("discord", "d1", "third edit", 3))
    await talk.submit(talk.edit("discord", "d1", "second again", 2))
    async with both(talk, wakeups):
        await talk.marker(talk.slack)
    assert talk.since(talk.slack, "text")[1:] == ["third edit", "marker"]


async def test_an_edit_that_overtook_its_message_is_held(talk: Talk, wakeups: LocalWakeups) -> None:
    assert isinstance(await talk.submit(talk.edit("discord", "d1", "as edited")), Held)
    await talk.say("discord", "d1", "as posted")
    async with both(talk, wakeups):
        await talk.marker(talk.slack)
    assert talk.since(talk.slack, "text")[1:] == ["as edited", "marker"]
    assert await talk.store.held_for("discord", RemoteId("d1")) == ()


async def test_a_held_delete_beats_a_later_create(talk: Talk, wakeups: LocalWakeups) -> None:
    assert isinstance(await talk.submit(talk.delete("discord", "d1")), Held)
    await talk.say("discord", "d1", "never seen")
    async with both(talk, wakeups):
        await talk.marker(talk.slack)
    assert talk.since(talk.slack, "text")[1:] == ["marker"]
    assert await talk.store.held_for("discord", RemoteId("d1")) == ()


async def test_nobody_is_told_of_a_message_before_what_waited_for_it(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    heard: list[Change] = []
    wakeups.subscribe(heard.append)
    await talk.submit(talk.edit("discord", "d1", "as edited"))
    await talk.say("discord", "d1", "as posted")
    assert len(heard) == 2
    history = await talk.store.history(talk.thread.conversation)
    assert [type(event.what).__name__ for event in history[-2:]] == [
        "MessagePosted",
        "MessageEdited",
    ]


async def test_an_edit_in_an_unbound_place_is_not_ours(talk: Talk) -> None:
    intent = talk.edit("slack", "C9:1", "lunch?")
    elsewhere = replace(intent, origin=Origin(Place("slack", "T1", "C9"), RemoteId("C9:1")))
    assert isinstance(await talk.submit(elsewhere), Ignored)


async def test_an_edit_may_need_more_parts_and_fewer(
    store: Store, intake: Intake, wakeups: LocalWakeups, talk: Talk
) -> None:
    talk.slack.capabilities = Capabilities(text=20, measure=length, file=1, threads_in_direct=True)
    async with both(talk, wakeups):
        await talk.say("discord", "d1", "short words")
        await talk.slack.until(3)
        before = len(talk.slack.shown)
        await talk.submit(talk.edit("discord", "d1", "these are more words than fit in one", 1))
        await talk.slack.until(before + 2)
        assert list(talk.slack.texts.values())[-2:] == [
            "these are more words",
            "than fit in one",
        ]
        await talk.submit(talk.edit("discord", "d1", "few again", 2))
        await talk.slack.until(before + 4)
        assert talk.slack.shown[-2:] == [
            ("C1", "edit", "few again"),
            ("C1", "delete", "than fit in one"),
        ]
        await talk.submit(talk.edit("discord", "d1", "and now it has grown once more", 3))
        await talk.slack.until(before + 6)
    assert list(talk.slack.texts.values())[-2:] == ["and now it has grown", "once more"]


async def test_what_was_changed_in_the_web_is_said_where_the_original_cannot_be_changed(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    message = await talk.say("discord", "d1", "in oak?")
    async with both(talk, wakeups):
        await talk.slack.until(3)
        await accepted(talk.intake, Intent("w1", MIA.id, EditMessage(message, "in ash?")))
        await talk.discord.until(3)
        await accepted(talk.intake, Intent("w2", MIA.id, DeleteMessage(message)))
        await talk.discord.until(4)
        await talk.slack.until(5)
    assert talk.since(talk.discord, "notice") == ["Mia edited: in ash?", "Mia deleted a message."]
    assert talk.since(talk.slack, "delete") == ["in ash?"]


async def test_what_is_not_ours_to_change_any_more_is_said_in_words(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    async with both(talk, wakeups):
        await talk.say("discord", "d1", "in oak?")
        await talk.slack.until(3)
        talk.slack.foreign = True
        await talk.submit(talk.edit("discord", "d1", "in ash?"))
        await talk.slack.until(4)
        await talk.submit(talk.delete("discord", "d1"))
        await talk.slack.until(5)
    assert talk.since(talk.slack, "notice") == ["Mia edited: in ash?", "Mia deleted a message."]


async def test_an_edit_that_a_platform_refuses_is_told_at_its_message(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    async with both(talk, wakeups):
        message = await talk.say("discord", "d1", "in oak?")
        await talk.slack.until(3)
        talk.slack.refuses = "forbidden"
        await talk.submit(talk.edit("discord", "d1", "a forbidden word"))
        await talk.marker(talk.slack)
    written = await talk.store.written(message)
    assert written is not None
    told = await talk.store.deliveries(talk.thread.thread, [(written.seq, message)])
    inbox = next(one for one in told[message] if one.platform == "slack")
    assert (inbox.state, inbox.reason) == (DeliveryState.FAILED, "Refused here.")
    async with both(talk, wakeups):
        before = len(talk.slack.shown)
        await talk.submit(talk.edit("discord", "d1", "a word that is fine", 2))
        await talk.slack.until(before + 1)
    told = await talk.store.deliveries(talk.thread.thread, [(written.seq, message)])
    inbox = next(one for one in told[message] if one.platform == "slack")
    assert (inbox.state, inbox.reason) == (DeliveryState.DELIVERED, None)


async def test_only_the_author_edits(talk: Talk) -> None:
    message = await talk.say("slack", "s1", "the brand's")
    outcome = await talk.submit(Intent("w", MIA.id, EditMessage(message, "mine")))
    assert getattr(outcome, "code", "") == "not_author"
    outcome = await talk.submit(Intent("x", MIA.id, EditMessage(MessageId("none"), "mine")))
    assert getattr(outcome, "code", "") == "unknown_message"


# --- deletes ------------------------------------------------------------------------------


async def test_a_delete_takes_the_copies_and_their_files_away(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    async with both(talk, wakeups):
        message = await talk.say("discord", "d1", "look")
        await accepted(talk.intake, Intent("f", MIA.id, AddFile(message, "oak.png", OAK)))
        await talk.slack.until(4)
        assert talk.since(talk.slack, "file") == ["oak.png"]
        await talk.submit(talk.delete("discord", "d1"))
        await talk.slack.until(6)
        await talk.marker(talk.slack)
    assert talk.since(talk.slack, "delete") == ["look", "oak.png"]
    assert talk.since(talk.discord, "delete") == talk.since(talk.discord, "file") == []


async def test_a_copy_that_a_moderator_removed_is_not_put_back(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    async with both(talk, wakeups):
        await talk.say("discord", "d1", "in oak?")
        await talk.marker(talk.slack, "it is there")
        copy = talk.copy_of(talk.slack, "in oak?")
        del talk.slack.texts[copy]
        assert isinstance(await talk.submit(talk.delete("slack", copy)), Ignored)
        await talk.submit(talk.edit("discord", "d1", "in ash?"))
        await talk.submit(talk.react("discord", "d1", "👍"))
        await talk.marker(talk.slack)
    assert talk.since(talk.slack, "edit") == talk.since(talk.slack, "react") == []
    written = [e.what for e in await talk.store.history(talk.thread.conversation)]
    assert "MessageDeleted" not in [type(what).__name__ for what in written]


async def test_a_copy_that_is_gone_unseen_is_not_put_back_either(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    async with both(talk, wakeups):
        await talk.say("discord", "d1", "in oak?")
        await talk.marker(talk.slack, "it is there")
        copy = talk.copy_of(talk.slack, "in oak?")
        del talk.slack.texts[copy]
        await talk.submit(talk.edit("discord", "d1", "in ash?", 1))
        await talk.submit(talk.edit("discord", "d1", "in elm?", 2))
        await talk.marker(talk.slack)
    found = await talk.store.placement_at("slack", copy)
    assert found is not None
    assert found[1].removed
    assert "in elm?" not in talk.slack.texts.values()


# --- reactions ----------------------------------------------------------------------------


async def test_a_reaction_is_shown_while_anybody_elsewhere_has_it(
    intake: Intake, wakeups: LocalWakeups, store: Store
) -> None:
    shared = Binding(BindingId("inbox"), KEN.id, INBOX, BindingKind.PROJECT, "#plans")
    await store.put_binding(shared)
    await store.put_binding(replace(shared, id=BindingId("kens"), account=JO.id, place=KENS))
    talk = await talking(store, intake, wakeups, "ken")
    rosa = Person(Identity("discord", "", "2"), Profile("Rosa"))
    async with both(talk, wakeups):
        await talk.say("slack", "s1", "in oak")
        await talk.discord.until(4)
        copy = talk.copy_of(talk.discord, "in oak")
        await accepted(
            talk.intake,
            replace(talk.type_in("discord", "d0", "me too"), actor=rosa, key="rosa"),
        )
        roses = replace(talk.react("discord", copy, "👍"), actor=rosa, key="rosa on")
        rose_off = replace(talk.react("discord", copy, "👍", on=False), actor=rosa, key="rosa off")
        await accepted(talk.intake, talk.react("discord", copy, "👍"))
        await accepted(talk.intake, roses)
        await accepted(talk.intake, talk.react("discord", copy, "👍", on=False))
        await talk.marker(talk.slack)
        assert talk.since(talk.slack, "react") == ["👍"]
        assert talk.since(talk.slack, "unreact") == []
        assert talk.slack.reactions == {(RemoteId("s1"), "👍")}
        await accepted(talk.intake, rose_off)
        await talk.slack.until(len(talk.slack.shown) + 1)
    assert talk.slack.reactions == set()
    assert talk.since(talk.discord, "react") == []
    assert [call.step.verb for call in talk.slack.calls][-1] is Verb.UNREACT


async def test_a_reaction_to_somebodys_message_that_is_gone_leaves_its_delete_to_be_told(
    talk: Talk, wakeups: LocalWakeups, store: Store
) -> None:
    """Its author took it back, and nobody has told us yet: a sweep will look for it."""
    async with both(talk, wakeups):
        await talk.say("discord", "d1", "in oak?")
        await talk.slack.until(3)
        talk.discord.plan.append(Failure(FailureKind.GONE, "not_there"))
        copy = talk.copy_of(talk.slack, "in oak?")
        await accepted(talk.intake, talk.react("slack", copy, "👍"))
        await talk.marker(talk.discord)
    there = await store.placement_at("discord", RemoteId("d1"))
    assert there is not None
    assert not there[1].removed
    assert talk.discord.reactions == set()


async def test_a_reaction_to_a_message_that_is_still_on_its_way_arrives_with_it(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    await talk.say("discord", "d1", "in oak?")
    await accepted(talk.intake, talk.react("discord", "d1", "👍"))
    async with both(talk, wakeups):
        await talk.slack.until(4)
    assert talk.slack.reactions == {(talk.copy_of(talk.slack, "in oak?"), "👍")}


async def test_a_reaction_that_does_not_exist_there_holds_up_nothing(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    async with both(talk, wakeups):
        message = await talk.say("discord", "d1", "in oak?")
        await talk.slack.until(3)
        talk.slack.plan.append(Failure(FailureKind.EVENT, "invalid_name"))
        await accepted(talk.intake, talk.react("discord", "d1", ":northwind:"))
        await talk.marker(talk.slack)
    assert talk.slack.reactions == set()
    written = await talk.store.written(message)
    assert written is not None
    told = await talk.store.deliveries(talk.thread.thread, [(written.seq, message)])
    assert {one.state for one in told[message]} == {DeliveryState.HERE, DeliveryState.DELIVERED}


# --- the rest -----------------------------------------------------------------------------


async def test_a_late_card_of_a_further_pin_is_filled_in(talk: Talk, wakeups: LocalWakeups) -> None:
    further = Pin(PinId("77"), "https://www.pinterest.com/pin/77/")
    await talk.store.put_pin(further, NOW)
    async with both(talk, wakeups):
        sent = Intent("p", MIA.id, PostMessage(talk.thread.thread, "and this", further.id))
        done = await accepted(talk.intake, sent)
        await talk.slack.until(4)
        await talk.store.put_pin(replace(further, title="Shelf", source=PinSource.API), NOW)
        fill = FillCard(talk.thread.thread, further.id)
        await accepted(talk.intake, Intent("fill", MIA.id, fill))
        await talk.slack.until(5)
        await talk.discord.until(5)
        edit = EditMessage(done.message or MessageId(""), "and that")
        await accepted(talk.intake, Intent("e", MIA.id, edit))
        await talk.slack.until(7)
    for platform in (talk.slack, talk.discord):
        assert list(platform.texts.values())[-2:] == ["and that", "Shelf"]
    assert DESK.title in talk.slack.texts.values()


@pytest.mark.parametrize("foreign", [False, True])
async def test_a_deletion_takes_its_words_out_of_the_quotes_everywhere(
    talk: Talk, wakeups: LocalWakeups, foreign: bool
) -> None:
    async with both(talk, wakeups):
        secret = await talk.say("discord", "d1", "a secret")
        what = PostMessage(talk.thread.thread, "I see", answers=secret)
        await accepted(talk.intake, Intent("answer", MIA.id, what))
        await talk.marker(talk.slack)
        await talk.marker(talk.discord)
        assert "> Mia: a secret\nI see" in talk.discord.texts.values()
        talk.discord.foreign = foreign
        await talk.submit(talk.delete("discord", "d1"))
        await talk.marker(talk.slack, "end")
        await talk.marker(talk.discord, "end")
    assert not any("a secret" in text for text in talk.slack.texts.values())
    assert "I see" in talk.slack.texts.values()
    assert ("I see" in talk.discord.texts.values()) is not foreign
    assert "Mia deleted a message." not in talk.discord.texts.values()


async def test_a_reply_shows_what_it_answers_and_whom_it_mentions(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    tree = (Paragraph((Bold((Text("yes "),)), Mention("mia", "Mia"))),)
    await talk.say("discord", "d1", "in oak?")
    what = PostMessage(
        InSpace("slack", talk.spaces["slack"]),
        "yes @Mia",
        rich=tree,
        answers=RemoteMessage("slack", RemoteId("nothing known")),
    )
    async with both(talk, wakeups):
        await talk.marker(talk.slack, "it is there")
        copy = talk.copy_of(talk.slack, "in oak?")
        answer = replace(what, answers=RemoteMessage("slack", copy))
        await accepted(talk.intake, talk.type_in("slack", "s1", "", answer))
        await accepted(talk.intake, talk.type_in("slack", "s2", "", what))
        await talk.discord.until(5)
    first, second = talk.discord.calls[-2:]
    assert (first.part.answers, first.part.rich, first.part.text) == (
        "Mia: in oak?",
        tree,
        "yes @Mia",
    )
    assert first.part.mentions == {"mia": "1"}
    assert second.part.answers == ""


async def test_a_reply_quotes_nothing_of_another_conversation(
    talk: Talk, store: Store, intake: Intake
) -> None:
    secret = await accepted(intake, start("b", "our secret", "jo"))
    assert secret.message is not None
    what = PostMessage(talk.thread.thread, "look", answers=secret.message)
    done = await accepted(intake, Intent("c", MIA.id, what))
    posted = (await store.history(done.conversation))[-1].what
    assert getattr(posted, "answers", "") is None


async def test_files_wait_to_be_fetched_and_words_do_not(talk: Talk, wakeups: LocalWakeups) -> None:
    picture = RemoteFile("oak.png", "F1", 900, "image/png", "An oak desk")
    what = PostMessage(InSpace("discord", talk.spaces["discord"]), "look", files=(picture,))
    async with both(talk, wakeups):
        done = await accepted(talk.intake, talk.type_in("discord", "d1", "", what))
        await talk.slack.until(3)
        [fetch] = await talk.store.fetches(NOW, 9, {"discord", "slack"})
        assert (fetch.message, fetch.platform, fetch.file) == (done.message, "discord", picture)
        gone = AddFile(fetch.message, "oak.png", None, "gone")
        await accepted(talk.intake, Intent("f", MIA.id, gone))
        await talk.slack.until(4)
    assert talk.since(talk.slack, "notice") == [
        "Mia sent a file that could not be fetched: oak.png"
    ]


async def test_a_stop_between_two_parts_of_an_edit_finishes_it_after_the_start(
    talk: Talk, wakeups: LocalWakeups
) -> None:
    talk.slack.capabilities = Capabilities(text=20, measure=length, file=1, threads_in_direct=True)
    async with both(talk, wakeups):
        await talk.say("discord", "d1", "these are more words than fit in one")
        await talk.slack.until(4)
    await talk.submit(talk.edit("discord", "d1", "those were more words than fit in one"))
    talk.slack.plan.append(Failure(FailureKind.TRANSIENT, "cut", certain=False))
    async with both(talk, wakeups):
        await talk.slack.until(5)
    async with both(talk, wakeups):
        await talk.marker(talk.slack)
    assert list(talk.slack.texts.values())[-4:-1] == [
        "those were more",
        "words than fit in",
        "one",
    ]


# --- all at once --------------------------------------------------------------------------


@dataclass
class Canon:
    """What should stand: words by where and as what they were typed, and who reacted where."""

    words: dict[tuple[str, str], str] = field(default_factory=dict)
    reactions: dict[tuple[str, str, str, str], str | None] = field(default_factory=dict)
    """By where and as what the message was typed, who, and emoji: the place, or None."""

    def wanted(self, platform: str, where: str, key: str) -> set[str]:
        return {
            emoji
            for (place, message, _, emoji), origin in self.reactions.items()
            if (place, message) == (where, key) and origin != platform
        }


@pytest.mark.parametrize("seed", range(6))
async def test_in_the_end_every_place_shows_what_stands(
    talk: Talk, wakeups: LocalWakeups, seed: int
) -> None:
    """Random words, edits, deletes and reactions from both sides, over places that fail."""
    dice = random.Random(seed)
    canon = Canon()
    async with both(talk, wakeups):
        for n in range(150):
            for platform in (talk.slack, talk.discord):
                if dice.random() < 0.2:
                    platform.plan.append(dice.choice(TROUBLES))
            await _something(talk, dice, canon, n)
        for platform in (talk.slack, talk.discord):
            platform.plan.clear()
            await talk.marker(platform, f"end of {platform.name}")
    for platform, other in ((talk.slack, "discord"), (talk.discord, "slack")):
        stands = [text for (where, _), text in canon.words.items() if where == other]
        copies = {r: text for r, text in platform.texts.items() if text.startswith("word")}
        assert list(copies.values()) == stands
        remotes = {text: remote for remote, text in copies.items()}
        expected = {
            (RemoteId(key) if where == platform.name else remotes[text], emoji)
            for (where, key), text in canon.words.items()
            for emoji in canon.wanted(platform.name, where, key)
        }
        there = {*copies, *(key for where, key in canon.words if where == platform.name)}
        assert {one for one in platform.reactions if one[0] in there} == expected


TROUBLES = (
    Failure(FailureKind.TRANSIENT, "away"),
    Failure(FailureKind.TRANSIENT, "cut", certain=False),
    Failure(FailureKind.RATE, "slow", retry_after=0.001),
    Lost(),
)


async def _something(talk: Talk, dice: random.Random, canon: Canon, n: int) -> None:
    platform = dice.choice(("slack", "discord"))
    account = BRAND.id if platform == "slack" else MIA.id
    typed = [key for where, key in canon.words if where == platform]
    key = dice.choice(typed) if typed else ""
    emoji, on = dice.choice("👍🎉"), dice.random() < 0.6
    match dice.choice(("say", "say", "edit", "delete", "react", "react", "react", "web")):
        case "edit" if key:
            canon.words[platform, key] = f"word edited {n}"
            await accepted(talk.intake, talk.edit(platform, key, f"word edited {n}", n))
        case "delete" if key:
            del canon.words[platform, key]
            await accepted(talk.intake, talk.delete(platform, key))
        case "react" if key:
            intent = talk.react(platform, key, emoji, on=on)
            await accepted(talk.intake, replace(intent, key=f"{n}"))
            _note(canon, (platform, key, account, emoji), platform, on=on)
        case "web" if key:
            found = await talk.store.placement_at(platform, RemoteId(key))
            assert found is not None
            by = dice.choice((MIA.id, BRAND.id))
            what = React(MessageId(found[1].item), emoji, on)
            await accepted(talk.intake, Intent(f"web {n}", by, what))
            _note(canon, (platform, key, by, emoji), None, on=on)
        case _:
            canon.words[platform, f"{platform}{n}"] = f"word {n}"
            await talk.say(platform, f"{platform}{n}", f"word {n}")


def _note(canon: Canon, one: tuple[str, str, str, str], origin: str | None, *, on: bool) -> None:
    if on:
        canon.reactions.setdefault(one, origin)
    else:
        canon.reactions.pop(one, None)
