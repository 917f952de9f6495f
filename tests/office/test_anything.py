"""Whatever is typed, pressed or filled in: an answer in a sentence, and no note to outsiders."""

import random

import pytest

from core.asking import Answer, Command
from core.ids import RemoteId
from core.intents import Person
from core.model import Identity, Place, Profile
from core.ports.outcomes import Accepted
from core.verbs import VERBS
from tests.office.desk_world import (
    ADA,
    BRAND,
    CAL,
    DEN,
    INBOX,
    JO,
    LOBBY,
    MIA,
    SAM,
    STAFF,
    World,
    person,
    whole,
)

_WORDS = (
    "ours", "me", "none", "@mia", "@jo", "@x", "@northwind", "<@UMIA>", "<#C0DEN|den>", "#den",
    "--", "“", "open", "snooze", "resolved", "2h", "tomorrow 9am", "relay", "explicit", "inbox",
    "—", "project", "hello", "\N{LOCK}", "note:", "from:@mia", "before:2026-01-01", "after:x",
    "thanks", "https://www.pinterest.com/pin/77/", "agent", "quiet", "22:00-07:00", "Europe/Berlin",
    "off", "all", "{follower}", "`", "\x00", "a" * 300, "deadbeef", "http://x/", "0", "-1", "é",
    "<>",
)  # fmt: skip
_SECRET = "zebrafish"
_GUEST = Person(Identity("slack", "T2", "UG"), Profile("Guest"), guest=True)
_WHO: tuple[tuple[Person, Place | None], ...] = (
    (person(MIA, "discord"), None), (person(JO), LOBBY), (person(SAM), DEN), (person(ADA), INBOX),
    (person(ADA), None), (person(CAL), INBOX), (_GUEST, INBOX),
    (person(SAM, "discord", roles=("Team",)), STAFF),
)  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
async def test_anything_is_answered(world: World, seed: int) -> None:
    dice = random.Random(seed)
    await world.friends(MIA, JO)
    await world.follow(MIA, BRAND)
    threads = [await world.start(), await world.start(person(MIA, "discord"), "jo")]
    await world.type(person(ADA), f"note {threads[0].thread} the {_SECRET} is ours", INBOX)
    for _ in range(120):
        who, place = dice.choice(_WHO)
        answer = await _one(world, dice, who, place, threads)
        if await _is_outside(world, who):
            assert _SECRET not in repr(answer), answer
        buttons = [*answer.buttons, *(each for item in answer.items for each in item.buttons)]
        if buttons and dice.random() < 0.5:
            pressed = dice.choice(buttons)
            if pressed.action not in ("", "forget"):
                answer = await world.push(*_anybody(dice, who), pressed, place)
        if answer.form is not None:
            fields = {one.name: dice.choice((one.value, *_WORDS)) for one in answer.form.inputs}
            caller = world.caller(who, place)
            whole(await world.office.submit(caller, answer.form.action, answer.form.value, fields))
        world.later(minutes=1)


async def _is_outside(world: World, who: Person) -> bool:
    """Nobody has given them a role, and they have none by the place."""
    if who in (_WHO[0][0], _WHO[1][0], _GUEST):
        (account,) = await world.desk.accounts_of((who.identity,))
        return account is None or not await world.desk.brands_of(account.id)
    return False


def _anybody(dice: random.Random, who: Person) -> tuple[Person]:
    return (who if dice.random() < 0.8 else dice.choice(_WHO)[0],)


async def _one(
    world: World, dice: random.Random, who: Person, place: Place | None, threads: list[Accepted]
) -> Answer:
    verb = dice.choice(VERBS).name
    words = [dice.choice(_WORDS) for _ in range(dice.randrange(5))]
    if dice.random() < 0.6:
        words.insert(0, str(dice.choice(threads).thread))
    if dice.random() < 0.9:
        return await world.type(who, " ".join([verb, *words]), place)
    # On a message, or with fields that no grammar would give.
    caller = world.caller(who, place, message=RemoteId("x:y"), thread=dice.choice(threads).thread)
    command = Command(verb, text=" ".join(words), option=dice.choice(_WORDS), channel="C0DEN")
    return whole(await world.office.run(caller, command))
