"""Replies, notes, what is held, canned replies."""

import pytest

from core.asking import Command
from core.ids import RemoteId
from core.intents import InSpace, Intent, Origin, Person, PostMessage
from core.model import Refusal
from core.ports.outcomes import Accepted, Waiting
from core.text.content import Bold, Paragraph, Text
from tests.office.desk_world import (
    ADA,
    BEN,
    BRAND,
    CAL,
    INBOX,
    JO,
    MIA,
    STAFF,
    World,
    code,
    labels,
    person,
    titles,
    whole,
)

MIAS = person(MIA, "discord")
ADAS, BENS, CALS = person(ADA), person(BEN), person(CAL)
TEAM = person(BEN, "discord", roles=("Team",))


@pytest.fixture
async def thread(world: World) -> Accepted:
    await world.follow(MIA, BRAND)
    return await world.start()


async def typed(world: World, who: Person, where: InSpace, text: str, name: str = "m1") -> object:
    """Words typed in the Discord staff channel, whose mode is relay."""
    origin = Origin(STAFF, RemoteId(name))
    return await world.desk.submit(Intent(name, who, PostMessage(where, text), origin))


# --- replies ------------------------------------------------------------------------------


async def test_a_reply_goes_to_the_follower_as_the_brand(world: World, thread: Accepted) -> None:
    answer = await world.type(ADAS, f"reply {thread.thread} 72 cm", INBOX)
    assert answer.text == "Sent to Mia as Northwind Home. It stands in the thread."
    assert await world.texts(MIA.id, thread) == ["How high is it?", "72 cm"]


async def test_the_form_shows_what_was_asked_and_as_whom_it_will_be_seen(
    world: World, thread: Accepted
) -> None:
    asked = await world.type(ADAS, f"reply {thread.thread}", INBOX)
    assert asked.form is not None
    assert asked.form.title == "Reply to Mia"
    assert asked.form.note == (
        "Mia: How high is it?\nThe follower, Mia, will see this as Northwind Home."
    )
    assert code(await world.fill(ADAS, asked, INBOX, text=" ")) == "empty_message"
    assert (await world.fill(ADAS, asked, INBOX, text="72 cm")).refusal is None
    assert await world.texts(MIA.id, thread) == ["How high is it?", "72 cm"]


async def test_between_people_the_form_says_whom_they_will_see(world: World) -> None:
    await world.friends(MIA, JO)
    thread = await world.start(MIAS, "jo")
    asked = await world.type(person(JO), f"reply {thread.thread}")
    assert asked.form is not None
    assert asked.form.note.endswith("Mia will see this as Jo.")


async def test_words_keep_their_shape(world: World, thread: Accepted) -> None:
    rich = (Paragraph((Bold((Text("72 cm"),)),)),)
    command = Command("reply", thread=str(thread.thread), text="72 cm", rich=rich)
    whole(await world.office.run(world.caller(ADAS, INBOX), command))
    page = await world.desk.page(MIA.id, thread.thread)
    assert not isinstance(page, Refusal)
    assert page.lines[-1].rich == rich


async def test_where_somebody_wrote_meanwhile_it_is_shown_first(
    world: World, thread: Accepted
) -> None:
    await world.type(ADAS, f"reply {thread.thread} first", INBOX)
    asked = await world.type(ADAS, f"reply {thread.thread}", INBOX)
    await world.say(MIAS, thread, "and how wide?")
    moved = await world.fill(ADAS, asked, INBOX, text="72 cm")
    assert code(moved) == "conversation_moved"
    assert [(item.title, item.text) for item in moved.items] == [
        ("Mia", "and how wide?"),
        ("Your reply", "72 cm"),
    ]
    assert labels(moved) == ["Send anyway", "Write another"]
    assert "72 cm" not in await world.texts(MIA.id, thread)
    sent = await world.press(ADAS, moved, "Send anyway", INBOX)
    assert sent.text.startswith("Sent to Mia")
    assert (await world.texts(MIA.id, thread))[-1] == "72 cm"
    assert code(await world.press(ADAS, moved, "Send anyway", INBOX)) == "draft_lost"


async def test_after_a_restart_a_button_says_so_and_the_words_stand_in_its_answer(
    world: World, thread: Accepted
) -> None:
    words = "72 cm, " * 600
    await world.type(ADAS, f"reply {thread.thread} first", INBOX)
    asked = await world.type(ADAS, f"reply {thread.thread}", INBOX)
    await world.say(MIAS, thread, "and how wide?")
    moved = await world.fill(ADAS, asked, INBOX, text=words)
    shown = [item for item in moved.items if item.note == "not sent yet"]
    assert "".join(str(item.text) for item in shown) == words
    fresh = type(world.office)(world.desk, world.time)
    (anyway,) = [button for button in moved.buttons if button.label == "Send anyway"]
    told = await fresh.press(world.caller(ADAS, INBOX), anyway.action, anyway.value)
    assert code(told) == "draft_lost"
    assert "restarted" in told.text
    assert not told.done, "the answer with the words stays"


async def test_two_agents_who_answer_at_once_see_each_other(world: World, thread: Accepted) -> None:
    first = await world.type(ADAS, f"reply {thread.thread}", INBOX)
    second = await world.type(TEAM, f"reply {thread.thread}", STAFF)
    assert (await world.fill(ADAS, first, INBOX, text="72 cm")).refusal is None
    moved = await world.fill(TEAM, second, STAFF, text="It is 72")
    assert code(moved) == "conversation_moved"
    assert moved.items[0].text == "72 cm"
    assert await world.texts(MIA.id, thread) == ["How high is it?", "72 cm"]


async def test_a_reply_on_a_message_quotes_it_but_one_on_a_note_never_becomes_a_note(
    world: World, thread: Accepted
) -> None:
    where = await world.inside(thread, STAFF)
    await typed(world, TEAM, where, "note: tell her 72 cm", "n1")
    caller = world.caller(TEAM, STAFF, thread=where, message=RemoteId("n1"))
    asked = whole(await world.office.run(caller, Command("reply")))
    assert asked.form is not None
    assert asked.form.inputs[0].value == "tell her 72 cm"
    assert (await world.fill(TEAM, asked, STAFF)).refusal is None
    assert await world.texts(MIA.id, thread) == ["How high is it?", "tell her 72 cm"]
    # On words of hers
    mias = await world.say(MIAS, thread, "and wide?")
    assert mias.message is not None
    shown = await world.office.run(caller, Command("note"))
    assert shown.form is not None
    assert shown.form.inputs[0].value == "tell her 72 cm"


async def test_a_reply_to_a_message_shows_which_one(world: World, thread: Accepted) -> None:
    where = await world.inside(thread, STAFF)
    waiting = await typed(world, TEAM, where, "72 cm", "r1")
    assert isinstance(waiting, Waiting)
    await world.desk.release(waiting.timer, TEAM, STAFF)
    caller = world.caller(TEAM, STAFF, thread=where, message=RemoteId("r1"))
    asked = whole(await world.office.run(caller, Command("reply")))
    await world.fill(TEAM, asked, STAFF, text="and 140 wide")
    page = await world.desk.page(MIA.id, thread.thread)
    assert not isinstance(page, Refusal)
    assert page.lines[-1].answers == "Northwind Home: 72 cm"


@pytest.mark.parametrize("words", ["", "72 cm"])
async def test_a_viewer_does_not_answer(world: World, thread: Accepted, words: str) -> None:
    answer = await world.type(CALS, f"reply {thread.thread} {words}", INBOX)
    assert code(answer) == "not_allowed"
    assert answer.text.endswith("Ask @ada.")


async def test_after_unfollowing_nothing_is_sent(world: World, thread: Accepted) -> None:
    await world.type(ADAS, f"reply {thread.thread} 72 cm", INBOX)
    await world.type(MIAS, "unfollow @northwind")
    assert code(await world.type(MIAS, f"reply {thread.thread} thanks")) == "follow_not_mutual"
    assert code(await world.type(ADAS, f"reply {thread.thread} x", INBOX)) == "follow_not_mutual"
    await world.type(MIAS, "follow @northwind")
    assert (await world.type(MIAS, f"reply {thread.thread} thanks")).refusal is None


# --- notes --------------------------------------------------------------------------------


async def test_a_note_stays_inside(world: World, thread: Accepted) -> None:
    answer = await world.type(ADAS, f"note {thread.thread} ask the shop", INBOX)
    assert answer.text.startswith("Noted. Only the people of Northwind Home see it")
    asked = await world.type(ADAS, f"note {thread.thread}", INBOX)
    assert asked.form is not None
    assert asked.form.note == "Only the people of Northwind Home see this."
    assert code(await world.fill(ADAS, asked, INBOX, text="")) == "empty_message"
    await world.fill(ADAS, asked, INBOX, text="done")
    assert await world.texts(BRAND.id, thread) == ["How high is it?", "ask the shop", "done"]
    assert await world.texts(MIA.id, thread) == ["How high is it?"]
    assert code(await world.type(CALS, f"note {thread.thread} x", INBOX)) == "not_allowed"
    assert code(await world.type(CALS, f"note {thread.thread}", INBOX)) == "not_allowed"


async def test_people_leave_no_notes(world: World, thread: Accepted) -> None:
    assert code(await world.type(MIAS, f"note {thread.thread} hm")) == "not_a_brand"


# --- what is held -------------------------------------------------------------------------


async def test_a_held_reply_is_told_of_and_taken_back(world: World, thread: Accepted) -> None:
    where = await world.inside(thread, STAFF)
    waiting = await typed(world, TEAM, where, "oops")
    assert isinstance(waiting, Waiting)
    caller = world.caller(TEAM, STAFF)
    told = whole(await world.office.waiting(caller, waiting.timer, waiting.until, waiting.reason))
    assert told.text == "Goes out at {at} as Northwind Home."
    assert told.at == waiting.until
    assert told.said == f"Goes out at {told.at:%H:%M:%S} UTC as Northwind Home."
    assert labels(told) == ["Undo", "Send now"]
    undone = await world.press(TEAM, told, "Undo", STAFF)
    assert undone.text.startswith("Taken back; nobody saw it.")
    assert undone.done
    assert code(await world.press(TEAM, told, "Undo", STAFF)) == "too_late"
    assert await world.texts(MIA.id, thread) == ["How high is it?"]


async def test_undo_takes_the_newest_one_even_after_a_restart(
    world: World, thread: Accepted
) -> None:
    where = await world.inside(thread, STAFF)
    for name in ("m1", "m2"):
        waiting = await typed(world, TEAM, where, f"words {name}", name)
        assert isinstance(waiting, Waiting)
        await world.office.waiting(
            world.caller(TEAM, STAFF), waiting.timer, waiting.until, waiting.reason
        )
    assert (await world.type(TEAM, "undo", STAFF)).text.startswith("Taken back")
    left = await world.desk.held_replies(thread.thread, BRAND.id)
    assert len(left) == 1
    assert "words m1" in left[0].what
    fresh = type(world.office)(world.desk, world.time)
    answer = await fresh.run(world.caller(TEAM, STAFF), Command("undo"))
    assert answer.text.startswith("Taken back")
    assert code(await world.type(TEAM, "undo", STAFF)) == "nothing_held"


async def test_undo_leaves_a_colleagues_reply_alone(world: World, thread: Accepted) -> None:
    where = await world.inside(thread, STAFF)
    assert isinstance(await typed(world, TEAM, where, "72 cm"), Waiting)
    assert code(await world.type(ADAS, "undo", INBOX)) == "nothing_held"
    assert (await world.type(TEAM, "undo", STAFF)).text.startswith("Taken back")


async def test_what_mentions_a_colleague_is_sent_only_when_confirmed(
    world: World, thread: Accepted
) -> None:
    where = await world.inside(thread, STAFF)
    waiting = await typed(world, TEAM, where, "@ada is that right?")
    assert isinstance(waiting, Waiting)
    assert waiting.until is None
    told = whole(
        await world.office.waiting(
            world.caller(TEAM, STAFF), waiting.timer, waiting.until, waiting.reason
        )
    )
    assert labels(told) == ["Send it", "Undo"]
    assert "mentions a colleague" in told.text
    sent = await world.press(TEAM, told, "Send it", STAFF)
    assert sent.text.startswith("Sent.")
    assert (await world.texts(MIA.id, thread))[-1] == "@ada is that right?"


async def test_nobody_undoes_what_is_not_theirs(world: World, thread: Accepted) -> None:
    where = await world.inside(thread, STAFF)
    waiting = await typed(world, TEAM, where, "72 cm")
    assert isinstance(waiting, Waiting)
    for action in ("undo", "confirm"):
        answer = await world.office.press(world.caller(MIAS), action, waiting.timer)
        assert answer.refusal is not None, action
    assert await world.desk.timer(waiting.timer) is not None


# --- canned replies -----------------------------------------------------------------------


async def test_canned_replies_are_listed_looked_at_and_sent(world: World, thread: Accepted) -> None:
    listed = await world.type(ADAS, "canned", INBOX)
    assert titles(listed) == ["thanks", "hours"]
    shown = await world.press(ADAS, listed, "Look at it", INBOX)
    ready = await world.pick(ADAS, shown, "Oak desk", INBOX)
    words = "Thank you, Mia! Yours, Ada of Northwind Home, about Oak desk {and}."
    assert ready.items[0].text == words
    assert "The follower, Mia, will see this as Northwind Home." in ready.text
    assert (await world.press(ADAS, ready, "Send", INBOX)).text.startswith("Sent to Mia")
    assert (await world.texts(MIA.id, thread))[-1] == words


async def test_a_canned_reply_is_changed_before_it_goes(world: World, thread: Accepted) -> None:
    ready = await world.type(ADAS, f"canned HOURS {thread.thread}", INBOX)
    asked = await world.press(ADAS, ready, "Change it first", INBOX)
    assert asked.form is not None
    assert asked.form.inputs[0].value == "We are here from 9 to 5."
    await world.fill(ADAS, asked, INBOX, text="We are here.")
    assert (await world.texts(MIA.id, thread))[-1] == "We are here."


async def test_a_canned_reply_too_is_held_up_by_what_was_missed(
    world: World, thread: Accepted
) -> None:
    ready = await world.type(ADAS, f"canned hours {thread.thread}", INBOX)
    await world.type(TEAM, f"reply {thread.thread} we are", STAFF)
    moved = await world.press(ADAS, ready, "Send", INBOX)
    assert code(moved) == "conversation_moved"


async def test_canned_replies_that_may_not_be(world: World, thread: Accepted) -> None:
    missing = await world.type(ADAS, "canned nonsense", INBOX)
    assert missing.text.startswith("There is no prepared reply nonsense.")
    assert titles(missing) == ["thanks", "hours"]
    assert code(await world.type(CALS, "canned", INBOX)) == "not_allowed"
    not_hers = await world.type(MIAS, "canned")
    assert code(not_hers) == "not_a_brand"
    assert not_hers.text.startswith("Prepared replies are a brand's.")
    caller = world.caller(ADAS, INBOX)
    assert code(await world.office.press(caller, "canned", f"9:{thread.thread}")) == "no_canned"
    assert code(await world.office.press(caller, "cansend", "0::0")) == "draft_lost"
    assert code(await world.office.press(caller, "canedit", "0:")) == "draft_lost"
    assert code(await world.office.press(caller, "canedit", "0:ffffffff")) == "unknown_thread"
    viewer = world.caller(CALS, INBOX)
    assert code(await world.office.press(viewer, "canned", f"0:{thread.thread}")) == "not_allowed"
