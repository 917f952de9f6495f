"""Pins: preview and send."""

import pytest

from core.asking import Mentioned
from core.grammar import parse
from core.model import Refusal
from tests.office.desk_world import (
    ADA,
    BRAND,
    INBOX,
    JO,
    LAMP,
    MIA,
    SAM,
    World,
    button,
    code,
    labels,
    person,
    whole,
)

PIN = "https://www.pinterest.com/pin/99360735500167749/"
MIAS = person(MIA, "discord")


async def test_a_preview_shows_the_pin_and_offers_to_ask_the_brand_whose_it_is(
    world: World,
) -> None:
    shown = await world.type(MIAS, PIN)
    assert shown.items[0].title == "Oak desk"
    assert labels(shown) == ["Ask @northwind", "Send", "Start thread"]
    form = (await world.press(MIAS, shown, "Ask @northwind")).form
    assert form is not None
    assert {one.name: one.value for one in form.inputs} == {
        "pin": PIN,
        "people": "@northwind",
        "text": "",
    }
    assert form.note == "Northwind Home's people will see this as Mia."
    assert form.inputs[1].choices[0].label == "Northwind Home (@northwind)"


async def test_a_pin_of_no_brand_offers_only_to_send_it(world: World) -> None:
    assert labels(await world.type(MIAS, LAMP.url)) == ["Send", "Start thread"]
    started = await world.press(MIAS, await world.type(MIAS, LAMP.url), "Start thread")
    assert started.form is not None
    assert [one.name for one in started.form.inputs] == ["pin", "people"]


async def test_what_is_no_pin_is_refused_at_its_field(world: World) -> None:
    for text in ("preview nonsense", "send nonsense to @jo -- hi"):
        answer = await world.type(MIAS, text)
        assert code(answer) == "bad_pin"
        assert answer.field == "pin"
    assert code(await world.type(MIAS, "preview")) == "pin_required"


async def test_a_pin_is_sent_with_words_to_people(world: World) -> None:
    await world.friends(MIA, JO, SAM)
    answer = await world.type(MIAS, f"send {PIN} to @jo @sam — look “here”")
    assert answer.text.startswith("Sent to Jo and Sam as Mia. `/pin open ")
    [line] = await world.desk.inbox(JO.id)
    assert line.last_text == "look “here”"
    assert (await world.push(MIAS, button(answer, "Show thread"))).text.startswith("Oak desk, with")


async def test_without_people_a_form_asks_and_sends(world: World) -> None:
    await world.friends(MIA, JO)
    asked = await world.type(MIAS, f"send {PIN} -- hi")
    assert asked.form is not None
    assert {one.name: one.value for one in asked.form.inputs} == {
        "pin": PIN,
        "people": "",
        "text": "hi",
    }
    refused = await world.fill(MIAS, asked)
    assert (code(refused), refused.field) == ("nobody_to_talk_to", "people")
    refused = await world.fill(MIAS, asked, pin=" ", people=(str(JO.id),))
    assert (code(refused), refused.field) == ("pin_required", "pin")
    refused = await world.fill(MIAS, asked, people=("@nobody",))
    assert (code(refused), refused.field) == ("cannot_message", "people")
    sent = await world.fill(MIAS, asked, people=("@jo",))
    assert sent.text.startswith("Sent to Jo")
    again = await world.fill(MIAS, asked, people=(str(JO.id),), text="again")
    assert again.text.startswith("Sent to Jo")
    assert (await world.desk.inbox(JO.id))[0].last_text == "again"


async def test_the_form_does_not_tell_of_those_who_blocked_one(world: World) -> None:
    """It holds the same for them as for a name that belongs to nobody."""
    await world.type(person(JO), "block @mia")
    forms = []
    for name in ("@jo", "@nobody"):
        asked = await world.type(MIAS, f"send to {name} @sam")
        assert asked.form is not None
        forms.append(asked.form)
        assert asked.form.inputs[1].value == "@sam"
    assert forms[0] == forms[1]


async def test_a_mention_that_no_adapter_looked_up_is_a_login_of_the_workspace(
    world: World,
) -> None:
    await world.friends(MIA, JO)
    command = parse(f"send {PIN} to <@{person(JO).identity.user}> -- hi")
    answer = whole(await world.office.run(world.caller(person(MIA)), command))  # type: ignore[arg-type]
    assert answer.text.startswith("Sent to Jo")
    command = parse(f"send {PIN} to <@{person(JO, 'discord').identity.user}> -- again")
    assert command.people == (Mentioned(person(JO, "discord").identity.user),)  # type: ignore[union-attr]
    answer = whole(await world.office.run(world.caller(MIAS), command))  # type: ignore[arg-type]
    assert answer.text.startswith("Sent to Jo")
    nobody = parse(f"send {PIN} to <@U404> -- hi")
    assert code(await world.office.run(world.caller(MIAS), nobody)) == "cannot_message"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("handles", "refused"),
    [
        ("@mia", "nobody_to_talk_to"),
        ("@nobody", "cannot_message"),
        ("@northwind", "follow_not_mutual"),
        ("@jo @northwind", "brand_dm_is_one_to_one"),
    ],
)
async def test_a_pin_that_may_not_be_sent_is_refused(
    world: World, handles: str, refused: str
) -> None:
    answer = await world.type(MIAS, f"send {PIN} to {handles} -- hi")
    assert code(answer) == refused
    assert not await world.desk.inbox(JO.id)


async def test_in_an_inbox_a_pin_is_sent_as_the_brand(world: World) -> None:
    await world.follow(MIA, BRAND)
    await world.follow(BRAND, MIA)
    answer = await world.type(person(ADA), f"send {PIN} to @mia -- for you", INBOX)
    assert answer.text.startswith("Sent to Mia as Northwind Home")
    [line] = await world.desk.inbox(MIA.id)
    assert line.last_by is not None
    assert line.last_by.id == BRAND.id


async def test_the_same_gesture_twice_sends_once(world: World) -> None:
    await world.friends(MIA, JO)
    caller, command = world.caller(MIAS), parse(f"send {PIN} to @jo -- once")
    for _ in range(2):
        answer = await world.office.run(caller, command)  # type: ignore[arg-type]
        assert not isinstance(answer.refusal, Refusal)
    [line] = await world.desk.inbox(JO.id)
    page = await world.desk.page(JO.id, line.thread)
    assert not isinstance(page, Refusal)
    assert [each.text for each in page.lines if each.kind == "message"] == ["once"]
