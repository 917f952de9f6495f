"""Who is an agent by being in a brand's channel, and that it ends with being there."""

from dataclasses import replace

import pytest

from bridge.office.places import NO_BRAND, NOT_THERE
from core.asking import Caller, Command
from core.ids import RemoteId
from core.intents import Intent, Origin, Person, PostMessage, Speech
from core.model import Mode, Place, Refusal, Role, place_ref
from core.ports.outcomes import Accepted, Waiting
from tests.office.conftest import BRAND_RULES
from tests.office.desk_world import (
    ADA,
    BEN,
    BRAND,
    DEN,
    INBOX,
    LAMP,
    LOBBY,
    MIA,
    STAFF,
    World,
    code,
    inbox,
    own,
    person,
    titles,
    whole,
    with_mode,
)

ADAS, BENS = person(ADA), person(BEN)


@pytest.fixture
async def thread(world: World) -> Accepted:
    """Mia's; Ben has acted in the brand's channel."""
    await world.follow(MIA, BRAND)
    started = await world.start()
    assert titles(await world.type(BENS, "inbox", INBOX)) == ["Oak desk"]
    return started


async def home(world: World) -> list[str]:
    return titles(whole(await world.office.home(Caller(BENS, own(BENS), key="h"))))


async def refused_everywhere(world: World, thread: Accepted) -> None:
    for verb in ("open", "reply", "note", "assign", "status"):
        more = {"assign": " me", "status": " resolved", "open": ""}.get(verb, " psst")
        assert code(await world.type(BENS, f"{verb} {thread.thread}{more}")) == "unknown_thread"
    assert not (await world.type(BENS, "inbox")).items
    assert await home(world) == []
    assert await world.texts(BRAND.id, thread) == ["How high is it?"]


async def test_who_is_in_the_channel_acts_from_elsewhere_and_slack_is_asked_seldom(
    world: World, thread: Accepted
) -> None:
    assert (await world.type(BENS, f"note {thread.thread} psst")).refusal is None
    assert await home(world) == ["Oak desk"]
    assert world.channels.counted == [INBOX]
    world.later(minutes=6)
    assert await home(world) == ["Oak desk"]
    assert world.channels.counted == [INBOX] * 2


async def test_who_left_is_no_agent_at_once(world: World, thread: Accepted) -> None:
    assert await home(world) == ["Oak desk"]
    world.channels.there[INBOX] = frozenset({"UADA"})
    await world.desk.person_left(INBOX, BENS.identity)
    await refused_everywhere(world, thread)
    assert BEN.id not in [one.id for one, _ in await world.desk.agents(BRAND.id)]


@pytest.mark.parametrize("how", ["gap", "minutes"])
async def test_who_left_unheard_is_found_out(world: World, thread: Accepted, how: str) -> None:
    assert await home(world) == ["Oak desk"]
    world.channels.there[INBOX] = frozenset({"UADA"})
    if how == "gap":
        world.desk.gap("slack", "not_resumed")
    else:
        world.later(minutes=6)
    await refused_everywhere(world, thread)
    assert await world.desk.brands_of(BEN.id) == ()
    world.channels.there[INBOX] = frozenset({"UADA", "UBEN"})
    world.desk.gap("slack", "not_resumed")
    await refused_everywhere(world, thread)  # until they act there again
    await world.type(BENS, "inbox", INBOX)
    assert await home(world) == ["Oak desk"]


async def test_what_slack_cannot_say_counts_as_no_and_forgets_nobody(
    world: World, thread: Accepted
) -> None:
    world.channels.there[INBOX] = None
    await refused_everywhere(world, thread)
    assert world.channels.counted == [INBOX], "it is not asked again at once"
    world.channels.there[INBOX] = frozenset({"UBEN"})
    world.later(seconds=11)
    assert await home(world) == ["Oak desk"]


async def test_acting_from_elsewhere_keeps_nobody_an_agent(world: World, thread: Accepted) -> None:
    for _ in range(4):
        world.later(hours=7)
        last = await world.type(BENS, f"note {thread.thread} still here")
    assert code(last) == "unknown_thread", "it is more than a day since Ben was in the channel"


async def test_a_form_says_nothing_of_where_they_are_now(world: World, thread: Accepted) -> None:
    world.channels.there[INBOX] = frozenset({"UADA"})
    await world.desk.person_left(INBOX, BENS.identity)
    caller = replace(world.caller(BENS, INBOX), remembered=True)
    sent = await world.office.submit(caller, "reply", str(thread.thread), {"text": "psst"})
    assert whole(sent).refusal is not None
    await refused_everywhere(world, thread)


async def test_a_role_that_was_given_needs_no_channel(world: World, thread: Accepted) -> None:
    await world.store.grant(BRAND.id, BEN.id, Role.AGENT, world.now)
    world.channels.there[INBOX] = frozenset()
    await world.desk.person_left(INBOX, BENS.identity)
    assert await home(world) == ["Oak desk"]
    assert (await world.type(BENS, f"note {thread.thread} psst")).refusal is None
    assert world.channels.counted == []


@pytest.mark.parametrize("brand_rules", [replace(BRAND_RULES, staff_role=Role.MANAGER)])
async def test_who_left_connects_no_channel_for_the_brand(world: World) -> None:
    await world.type(BENS, "inbox", INBOX)
    caller = replace(world.caller(BENS), place=DEN)
    assert (await world.office.run(caller, Command("connect", option="inbox"))).refusal is None
    world.channels.there[INBOX] = frozenset()
    world.desk.gap("slack", "deaf")
    asked = await world.office.run(caller, Command("connect", option="inbox"))
    assert code(asked) == NO_BRAND.code


async def test_a_role_of_another_server_is_none_here(world: World, thread: Accepted) -> None:
    bens = person(BEN, "discord", roles=("Team",))
    abroad, beside = Place("discord", "2", "1"), Place("discord", "1", "1")
    assert code(await world.type(bens, f"open {thread.thread}", abroad)) == "unknown_thread"
    assert code(await world.type(bens, f"note {thread.thread} x", own(bens))) == "unknown_thread"
    assert (await world.type(bens, f"note {thread.thread} x", beside)).refusal is None
    assert STAFF not in world.channels.counted


@pytest.mark.parametrize("brand_rules", [replace(BRAND_RULES, staff_role=Role.MANAGER)])
async def test_what_was_opened_in_the_channel_ends_with_being_there(
    world: World, thread: Accepted
) -> None:
    world.channels.there[INBOX] = frozenset({"UADA"})
    await world.desk.person_left(INBOX, BENS.identity)
    caller = replace(world.caller(BENS, INBOX), remembered=True)
    for action in ("block", "unblock", "follow", "unfollow"):
        answer = whole(await world.office.press(caller, action, str(MIA.id)))
        assert code(answer) == "not_allowed", action
    for name in ("block", "follow"):
        answer = whole(await world.office.submit(caller, name, "", {"who": (str(MIA.id),)}))
        assert code(answer) == "not_allowed", name
    for action in ("undo", "confirm"):
        answer = whole(await world.office.press(caller, action, "timer"))
        assert code(answer) == "not_allowed", action
    assert await world.desk.brands_of(BEN.id) == ()
    assert not world.store.involved((BRAND.id, MIA.id)).blocks


async def test_older_hits_are_for_agents_alone_too(world: World, thread: Accepted) -> None:
    await world.follow(BRAND, MIA)
    for n in range(12):
        await world.say(person(MIA), thread, f"walnut {n}")
    hits = await world.type(BENS, "search walnut", INBOX)
    assert (await world.press(BENS, hits, "Older", INBOX)).items
    hits = await world.type(BENS, "search walnut", INBOX)
    await world.desk.place_changed(INBOX, exposed=True)
    assert code(await world.press(BENS, hits, "Older", INBOX)) == "place_paused"


async def test_whom_the_operator_has_banned_acts_for_no_brand(
    world: World, thread: Accepted
) -> None:
    await world.store.ban(BEN.id, on=True)
    for words in (f"note {thread.thread} psst", f"reply {thread.thread} psst", "inbox"):
        assert code(await world.type(BENS, words, INBOX)) == "not_allowed", words
    assert await world.texts(BRAND.id, thread) == ["How high is it?"]


@pytest.mark.parametrize("brand_rules", [replace(BRAND_RULES, staff_role=None)])
async def test_a_guest_with_a_role_connects_no_channel(world: World) -> None:
    await world.store.grant(BRAND.id, BEN.id, Role.MANAGER, world.now)
    for guest, refused in ((True, NO_BRAND.code), (False, None)):
        caller = replace(world.caller(replace(BENS, guest=guest)), place=DEN)
        asked = whole(await world.office.run(caller, Command("connect", option="inbox")))
        assert (asked.refusal.code if asked.refusal else None) == refused
    await world.store.ban(BEN.id, on=True)
    caller = replace(world.caller(BENS), place=DEN)
    asked = whole(await world.office.run(caller, Command("connect", option="inbox")))
    assert code(asked) == NO_BRAND.code, "nor does one who is banned since"


async def held(world: World, thread: Accepted, who: Person) -> Waiting:
    """A reply that was typed in the channel, and may be taken back."""
    await world.store.put_binding(with_mode(inbox(BRAND, INBOX, "pin-inbox"), Mode.RELAY))
    where = await world.inside(thread, INBOX)
    said = Intent("held", who, PostMessage(where, "72 cm"), Origin(INBOX, RemoteId("m1")))
    waiting = await world.desk.submit(said)
    assert isinstance(waiting, Waiting), waiting
    return waiting


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("brand_rules", [replace(BRAND_RULES, staff_role=Role.OWNER)])
async def test_every_way_in_asks_itself_who_is_an_agent_now(
    world: World, thread: Accepted, heard: bool
) -> None:
    """Whatever the office thinks of them: where something is decided, they are no agent."""
    waiting = await held(world, thread, ADAS)
    world.channels.there[INBOX] = frozenset({"UADA"})
    if heard:
        await world.desk.person_left(INBOX, BENS.identity)
    else:
        world.desk.gap("slack", "not_resumed")
    desk = world.desk
    note = Intent("n", BENS, PostMessage(thread.thread, "psst", speech=Speech.NOTE),
                  Origin(INBOX, away=True))  # fmt: skip
    tried = {
        "submit": await desk.submit(note),
        "follow": await desk.follow(BENS, MIA.id, on=True, place=INBOX, away=True),
        "block": await desk.block(BENS, MIA.id, on=True, place=INBOX, away=True),
        "grant": await desk.grant(BENS, INBOX, BEN.id, Role.OWNER, away=True),
        "undo": await desk.undo(waiting.timer, BENS, INBOX, away=True),
        "release": await desk.release(waiting.timer, BENS, INBOX, away=True),
    }
    for name, outcome in tried.items():
        assert isinstance(outcome, Refusal), name
        assert outcome.code == "not_allowed", name
    assert await desk.brands_of(BEN.id) == (), "and trying makes nobody an agent"
    assert await desk.undo(waiting.timer, ADAS, INBOX, away=True) is None, (
        "who is there still is one"
    )


@pytest.mark.parametrize("how", ["told", "asked", "taken"])
async def test_a_held_reply_of_who_is_no_agent_any_more_stays_here_and_the_others_are_told(
    world: World, thread: Accepted, how: str
) -> None:
    await world.follow(BRAND, MIA)
    if how == "taken":
        await world.store.grant(BRAND.id, BEN.id, Role.AGENT, world.now)
    await held(world, thread, BENS)
    if how == "told":
        world.channels.there[INBOX] = None
        await world.desk.person_left(INBOX, BENS.identity)
    else:
        world.channels.there[INBOX] = frozenset({"UADA"})
        await world.store.grant(BRAND.id, BEN.id, None, world.now)
    world.later(minutes=1)
    await world.desk._waits.fire_due()
    assert await world.texts(MIA.id, thread) == ["How high is it?"]
    assert (await world.texts(BRAND.id, thread))[1:] == [
        "A held reply of Ben was not sent: they may not answer for the brand any more."
    ]
    assert await world.desk.brands_of(BEN.id) == ()
    world.later(minutes=1)
    await world.desk._waits.fire_due()
    assert len(await world.texts(BRAND.id, thread)) == 2, "told once"


@pytest.mark.parametrize("there", [frozenset({"UBEN"}), None])
async def test_a_held_reply_of_who_is_there_goes_out_and_so_it_does_where_nobody_can_tell(
    world: World, thread: Accepted, there: frozenset[str] | None
) -> None:
    await world.follow(BRAND, MIA)
    await held(world, thread, BENS)
    world.channels.there[INBOX] = there
    world.desk.gap("slack", "not_resumed")
    world.later(minutes=1)
    await world.desk._waits.fire_due()
    assert await world.texts(MIA.id, thread) == ["How high is it?", "72 cm"]


@pytest.mark.parametrize("brand_rules", [replace(BRAND_RULES, staff_role=Role.OWNER)])
async def test_in_a_channel_that_others_read_nobody_follows_blocks_or_gives_roles(
    world: World, thread: Accepted
) -> None:
    await world.store.grant(BRAND.id, ADA.id, Role.OWNER, world.now)
    await world.desk.place_changed(INBOX, exposed=True)
    for outcome in (
        await world.desk.follow(ADAS, MIA.id, on=True, place=INBOX),
        await world.desk.block(ADAS, MIA.id, on=True, place=INBOX),
        await world.desk.grant(ADAS, INBOX, BEN.id, Role.OWNER),
    ):
        assert isinstance(outcome, Refusal)
        assert outcome.code == "place_paused"


@pytest.mark.parametrize("there", [frozenset({"UADA"}), None])
async def test_a_project_is_connected_by_those_alone_who_are_in_the_channel_when_they_say_so(
    world: World, there: frozenset[str] | None
) -> None:
    asked = await world.type(BENS, "connect", DEN)
    assert asked.form is not None, asked
    form, fields = asked.form, {"which": "all"}
    left = replace(world.caller(BENS, DEN), remembered=True)
    world.channels.there[DEN] = there
    for caller in (left, world.caller(BENS, LOBBY)):
        told = await world.office.submit(caller, form.action, form.value, fields)
        assert code(whole(told)) == NOT_THERE.code
    assert await world.desk.binding_at(DEN) is None
    world.channels.there[DEN] = frozenset({"UBEN"})
    world.later(minutes=6)
    told = await world.office.submit(left, form.action, form.value, fields)
    assert whole(told).refusal is None


FORMS: dict[str, tuple[str, dict[str, str | tuple[str, ...]]]] = {
    "which": ("DRAFT", {"thread": "THREAD"}),
    "open": ("", {"thread": "THREAD"}),
    "reply": ("THREAD:0", {"text": "psst"}),
    "note": ("THREAD", {"text": "psst"}),
    "canned": ("0", {"thread": "THREAD"}),
    "assign": ("THREAD", {"to": "me"}),
    "snooze": ("THREAD", {"for": "2h"}),
    "add": ("THREAD", {"people": ("@jo",)}),
    "remove": ("THREAD", {"people": ("@mia",)}),
    "report": ("THREAD", {"text": "spam"}),
    "follow": ("", {"who": ("@mia",)}),
    "block": ("", {"who": ("@mia",)}),
    "send": ("", {"pin": LAMP.url, "people": ("@mia",), "text": "psst"}),
    "start": ("", {"pin": LAMP.url, "people": ("@mia",)}),
    "inbox": (place_ref(DEN), {"mode": "relay", "brand": str(BRAND.id)}),
    "project": (place_ref(INBOX), {"which": "all"}),
    "shown": ("", {"which": place_ref(INBOX)}),
}
OWN_FORMS = frozenset({"notify", "link"})
"""They are about the person's own account, wherever they are opened."""

PRESSES = {
    "inbox": "all::BRAND", "open": "THREAD", "found": "5:DRAFT", "reply": "THREAD",
    "note": "THREAD", "undo": "TIMER", "confirm": "TIMER", "anyway": "DRAFT",
    "canned": "0:THREAD", "cansend": "0:THREAD:0", "canedit": "0:THREAD", "take": "THREAD",
    "assign": "THREAD", "status": "resolved:THREAD", "snooze": "THREAD", "accept": "THREAD",
    "ignore": "THREAD", "blockin": "THREAD", "blockall": "MIA:THREAD", "leave": "THREAD",
    "mute": "on:THREAD", "follow": "MIA", "unfollow": "MIA", "block": "MIA", "unblock": "MIA",
    "followers": "0", "mode": "explicit", "connect": f"inbox:{place_ref(DEN)}",
    "disconnect": place_ref(INBOX), "hide": "BINDING|THREAD", "export": "",
}  # fmt: skip
HARMLESS = frozenset({
    "send", "start", "sendto",  # open a form, which is held against their rights when it comes in
    "brands",  # anybody may read the list
    "link", "code", "unlink", "notify", "forget",  # their own account; a brand is never forgotten
})  # fmt: skip


@pytest.mark.parametrize("brand_rules", [replace(BRAND_RULES, staff_role=Role.OWNER)])
async def test_no_form_or_button_that_was_opened_in_the_channel_does_anything_for_who_left_it(
    world: World, thread: Accepted
) -> None:
    themes = world.office._themes
    forms = {name for theme in themes for name in theme.forms}
    assert forms | {"which"} == {*FORMS} | OWN_FORMS, "each form is tried here"
    presses = {name for theme in themes for name in theme.presses}
    assert presses == {*PRESSES} | HARMLESS, "and each button"
    waiting = await held(world, thread, ADAS)
    binding = await world.desk.binding_at(INBOX)
    assert binding is not None
    known = {"THREAD": thread.thread, "BRAND": BRAND.id, "MIA": MIA.id, "TIMER": waiting.timer,
             "BINDING": binding.id}  # fmt: skip
    world.channels.there[INBOX] = frozenset({"UADA"})
    await world.desk.person_left(INBOX, BENS.identity)

    def filled(text: str) -> str:
        words = Command("reply", thread=str(thread.thread), text="psst")
        text = text.replace("DRAFT", world.office._clerk.drafts.keep(BEN.id, words))
        for name, value in known.items():
            text = text.replace(name, str(value))
        return text

    before = await world.store.feed_end()
    for action, (value, fields) in FORMS.items():
        caller = replace(world.caller(BENS, INBOX), remembered=True)
        given = {name: filled(one) if isinstance(one, str) else one for name, one in fields.items()}
        answer = await world.office.submit(caller, action, filled(value), given)
        assert answer.refusal is not None, (action, answer)
        assert "How high" not in str(answer), action
    for action, value in PRESSES.items():
        caller = replace(world.caller(BENS, INBOX), remembered=True)
        answer = await world.office.press(caller, action, filled(value))
        assert answer.refusal is not None, (action, answer)
        assert "How high" not in str(answer), action
    assert await world.store.feed_end() == before
    assert await world.desk.timer(waiting.timer) is not None
    assert await world.desk.binding_at(INBOX) == binding
    assert await world.desk.binding_at(DEN) is None
    assert await world.desk.follows(BRAND.id) == await world.desk.blocked(BRAND.id) == ()
    assert BEN.id not in [one.id for one, _ in await world.desk.agents(BRAND.id)]
