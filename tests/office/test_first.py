"""Help, what nobody knows, and the first act of somebody who is new."""

from dataclasses import replace

from bridge.desk import Desk
from bridge.intake.intake import Intake
from bridge.office import Counter
from bridge.telemetry import Metrics
from bridge.wakeup import LocalWakeups
from core.asking import MOST_VALUE, Command, Office
from core.ids import BindingId
from core.intents import Person, PostMessage
from core.model import Binding, BindingKind, Identity, Profile
from core.ports.outcomes import Accepted
from core.verbs import VERBS
from tests.office.desk_world import ADA, BRAND, INBOX, JO, LOBBY, MIA, World, code, labels, person

NEW = Person(Identity("discord", "", "5150"), Profile("Zoe Lind", "https://p.example/z.png"))
PIN = "https://www.pinterest.com/pin/99360735500167749/"


def test_the_counter_is_the_office(world: World) -> None:
    office: Office = world.office
    assert isinstance(office, Counter)


async def test_help_names_every_verb_and_tells_of_each(world: World) -> None:
    whole = await world.type(person(MIA), "help")
    listed = "\n".join(str(item.text) for item in whole.items)
    for verb in VERBS:
        assert f"`/pin {verb.name}" in listed
        one = await world.type(person(MIA), f"help {verb.name}")
        assert verb.example in one.text
        assert len(one.items) == len(verb.options)
        assert await world.type(person(MIA), f"help {verb.group} {verb.name}") == one
    assert all(len(str(item.text)) <= 3_000 for item in whole.items)


async def test_an_unknown_verb_names_the_nearest_one(world: World) -> None:
    answer = await world.type(person(MIA), "asign abcdef me")
    assert code(answer) == "unknown_command"
    assert "`/pin assign <id> me|none|@x`" in answer.text
    assert "/pin help" in (await world.type(person(MIA), "qqqqq")).text
    assert code(await world.type(person(MIA), "help asign")) == "unknown_command"
    assert code(await world.type(person(MIA), "help follow people")) == "unknown_command"


async def test_every_verb_is_answered(world: World) -> None:
    """Each with nothing said, by a person and by an owner in the inbox: none is forgotten."""
    for verb in VERBS:
        for who, place in ((person(MIA), None), (person(ADA), INBOX)):
            answer = await world.office.run(world.caller(who, place), Command(verb.name))
            assert answer.text, verb.name
            if answer.refusal is not None:
                assert answer.refusal.code != "unknown_command", verb.name


async def test_the_first_act_of_somebody_new_says_who_will_see_it(world: World) -> None:
    asked = await world.type(NEW, f"send {PIN} to @mia -- hello")
    assert "see you as Zoe Lind (@zoe-lind)" in asked.text
    assert labels(asked) == ["Continue", "Link"]
    assert not await world.desk.inbox(MIA.id)
    sent = await world.press(NEW, asked, "Continue")
    assert sent.text.startswith("Sent to Mia as Zoe Lind")
    assert sent.done, "it takes the place of what was asked, with its button"
    assert len(await world.desk.inbox(MIA.id)) == 1
    assert (await world.type(NEW, "follow @northwind")).text.startswith("You follow")


async def test_looking_around_first_does_not_use_up_the_first_act(world: World) -> None:
    assert labels(await world.type(NEW, "brands")) == []
    asked = await world.type(NEW, "follow @northwind")
    assert labels(asked) == ["Continue", "Link"]


def start_program(world: World) -> None:
    """Once more, with the same database."""
    rules = world.intake.rules
    world.intake = Intake(world.store, LocalWakeups(), world.time, rules)
    world.desk = Desk(world.store, world.intake, LocalWakeups(), Metrics(), world.time)
    world.office = Counter(world.desk, world.time)


async def test_who_looked_around_before_a_restart_is_told_at_the_first_act_after_it(
    world: World,
) -> None:
    assert labels(await world.type(NEW, "brands")) == []
    start_program(world)
    assert labels(await world.type(NEW, "follow @northwind")) == ["Continue", "Link"]
    start_program(world)
    assert (await world.type(NEW, "follow @northwind")).text.startswith("You follow")


async def test_who_speaks_first_after_a_restart_is_told_and_nobody_twice(world: World) -> None:
    """In a channel that others read."""
    place = Binding(BindingId("lobby"), MIA.id, LOBBY, BindingKind.PROJECT, "#lobby")
    await world.store.put_binding(place)
    await world.friends(MIA, JO)
    inside = await world.inside(await world.start(None, "jo"), LOBBY)
    new = replace(NEW, identity=Identity("slack", "T1", "U0ZOE"))
    await world.type(new, "brands")
    start_program(world)
    spoken = await world.submit(new, PostMessage(inside, "May I?"), LOBBY)
    assert isinstance(spoken, Accepted)
    assert spoken.newcomer
    assert await world.office.welcome(world.caller(new)) is not None
    start_program(world)
    again = await world.submit(new, PostMessage(inside, "And I?"), LOBBY)
    assert isinstance(again, Accepted)
    assert not again.newcomer
    assert labels(await world.type(new, "follow @northwind")) == []


async def test_whoever_has_spoken_where_they_know_who_reads_is_no_newcomer_any_more(
    world: World,
) -> None:
    await world.type(NEW, "brands")
    zoe = await world.desk.account(NEW)
    await world.follow(MIA, zoe)
    await world.follow(zoe, MIA)
    thread = await world.start(None, zoe.handle)
    await world.say(NEW, thread, "Hello!")
    assert labels(await world.type(NEW, "follow @northwind")) == []


async def test_a_button_of_somebody_new_is_pressed_again_by_continue(world: World) -> None:
    brands = await world.type(NEW, "brands")
    asked = await world.press(NEW, brands, "Follow")
    assert labels(asked) == ["Continue", "Link"]
    done = await world.press(NEW, asked, "Continue")
    assert done.text.startswith("You follow Lumen")
    assert done.done


async def test_words_that_are_refused_after_continue_stay_in_what_takes_its_place(
    world: World,
) -> None:
    asked = await world.type(NEW, f"send {PIN} to @nobody -- long words")
    refused = await world.press(NEW, asked, "Continue")
    assert code(refused) == "cannot_message"
    assert refused.done
    assert [item.text for item in refused.items] == ["long words"]


async def test_a_long_button_of_somebody_new_is_pressed_again_too(world: World) -> None:
    value = "x" * (MOST_VALUE - len("follow"))
    asked = await world.office.press(world.caller(NEW), "follow", value)
    again = asked.buttons[0]
    assert (again.action, again.value) == ("follow", value)


async def test_whoever_is_new_in_an_inbox_is_told_that_they_act_as_the_brand(world: World) -> None:
    await world.follow(MIA, BRAND)
    thread = await world.start()
    colleague = Person(Identity("slack", "T1", "UZOE"), Profile("Zoe Lind"))
    asked = await world.type(colleague, f"note {thread.thread} hm", INBOX)
    assert "act as Northwind Home" in asked.text
    done = await world.press(colleague, asked, "Continue", INBOX)
    assert done.text.startswith("Noted.")


async def test_a_button_of_nothing_known_says_so(world: World) -> None:
    caller = world.caller(person(MIA))
    for answer in (
        await world.office.press(caller, "nonsense", "1"),
        await world.office.submit(caller, "nonsense", "1", {}),
        await world.office.submit(caller, "which", "1", {"thread": "x"}),
        await world.office.press(caller, "continue", "x"),
    ):
        assert code(answer) == "draft_lost"


async def test_whose_first_act_is_to_speak_is_told_once_who_sees_it(world: World) -> None:
    caller = world.caller(NEW)
    line = await world.office.welcome(caller)
    assert line is not None
    assert "they see you as Zoe Lind (@zoe-lind)" in line.text
    assert labels(line) == ["Continue", "Link"]
    assert (await world.press(NEW, line, "Continue")).done
    assert await world.office.welcome(caller) is None
    assert (await world.type(NEW, "follow @northwind")).text.startswith("You follow")


async def test_who_was_told_at_a_command_is_not_told_again_for_speaking(world: World) -> None:
    await world.type(NEW, "brands")
    assert labels(await world.type(NEW, "follow @northwind")) == ["Continue", "Link"]
    assert await world.office.welcome(world.caller(NEW)) is None
