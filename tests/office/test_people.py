"""Follows, blocks, brands and roles."""

import pytest

from core.asking import Answer, Command
from core.ids import AccountId
from core.intents import Handle, Person
from core.model import Account, AccountKind, Identity, Profile, Role
from tests.office.desk_world import (
    ADA,
    BEN,
    BRAND,
    INBOX,
    JO,
    LAMP,
    MIA,
    SAM,
    World,
    code,
    labels,
    named,
    person,
    titles,
    whole,
)

MIAS, JOS = person(MIA, "discord"), person(JO)
ADAS, BENS, SAMS = person(ADA), person(BEN), person(SAM)


async def test_following_and_no_longer(world: World) -> None:
    answer = await world.type(MIAS, "follow @northwind @jo")
    assert answer.text.startswith("You follow Northwind Home, Jo. Send Northwind Home a pin")
    assert named(await world.desk.follows(MIA.id)) in (["jo", "northwind"], ["northwind", "jo"])
    answer = await world.type(MIAS, "unfollow @northwind")
    assert answer.text == (
        "You follow Northwind Home no longer. Conversations with Northwind Home can only be read "
        "now."
    )
    assert named(await world.desk.follows(MIA.id)) == ["jo"]
    assert (await world.type(MIAS, "unfollow @jo")).text == "You follow Jo no longer."


async def test_a_form_asks_whom_to_follow(world: World) -> None:
    asked = await world.type(MIAS, "follow")
    assert code(await world.fill(MIAS, asked, who=())) == "nobody_named"
    assert (await world.fill(MIAS, asked, who=("@jo", str(SAM.id)))).text.startswith("You follow")
    assert set(named(await world.desk.follows(MIA.id))) == {"jo", "sam"}
    assert code(await world.type(MIAS, "unfollow")) == "nobody_named"


async def test_of_several_the_first_that_cannot_be_followed_says_what_was_done(
    world: World,
) -> None:
    answer = await world.type(MIAS, "follow @jo @nobody @sam")
    assert code(answer) == "cannot_message"
    assert answer.text.startswith("Done for Jo. There is no account @nobody")
    assert code(await world.type(MIAS, "follow @mia")) == "yourself"


async def test_only_managers_follow_for_a_brand(world: World) -> None:
    assert code(await world.type(BENS, "follow @mia", INBOX)) == "not_allowed"
    assert (await world.type(ADAS, "follow @mia", INBOX)).refusal is None
    assert named(await world.desk.followers(MIA.id)) == ["northwind"]


async def test_followers_are_listed_and_followed_back(world: World) -> None:
    empty = await world.type(ADAS, "followers", INBOX)
    assert "https://pins.example/b/northwind" in empty.text
    await world.follow(JO, MIA)
    assert (await world.type(MIAS, "followers")).text.startswith("1 follows Mia, ")
    await world.follow(SAM, MIA)
    await world.follow(MIA, SAM)
    assert (await world.type(MIAS, "followers")).text.startswith("2 follow Mia, ")
    listed = await world.type(MIAS, "inbox followers")
    assert set(titles(listed)) == {"Jo", "Sam"}
    shown = {item.title: [each.label for each in item.buttons] for item in listed.items}
    assert shown == {"Jo": ["Follow", "Send a pin"], "Sam": ["Unfollow", "Send a pin"]}
    now = await world.press(MIAS, listed, "Follow")
    assert (now.done, now.text[:14]) == (True, "You follow Jo.")
    assert [next(each.label for each in item.buttons) for item in now.items] == ["Unfollow"] * 2
    await world.press(MIAS, listed, "Unfollow")
    assert named(await world.desk.follows(MIA.id)) == ["jo"]
    form = (await world.press(MIAS, listed, "Send a pin")).form
    assert form is not None


async def test_many_followers_are_paged(world: World) -> None:
    for n in range(13):
        who = Person(Identity("slack", "T1", f"UN{n}"), Profile(f"Number {n}"))
        account = await world.desk.account(who)
        await world.desk.follow(account.id, MIA.id, on=True)
    first = await world.type(MIAS, "followers")
    assert (len(first.items), labels(first)) == (10, ["More"])
    rest = await world.press(MIAS, first, "More")
    assert (len(rest.items), labels(rest)) == (3, [])
    assert not set(titles(first)) & set(titles(rest))


async def test_brands_are_listed_with_their_pages(world: World) -> None:
    await world.follow(MIA, BRAND)
    listed = await world.type(MIAS, "brands")
    shown = {item.title: item for item in listed.items}
    assert set(shown) == {"Northwind Home", "Lumen"}
    assert shown["Lumen"].link == "https://pins.example/b/lumen"
    assert [each.label for each in shown["Lumen"].buttons] == ["Ask @lumen", "Follow"]
    assert "you follow" in shown["Northwind Home"].note
    asked = await world.push(MIAS, shown["Northwind Home"].buttons[0])
    assert asked.form is not None
    assert asked.form.inputs[1].value == "@northwind"
    now = await world.push(MIAS, shown["Lumen"].buttons[1])
    assert now.done
    assert {each.label for item in now.items for each in item.buttons[1:]} == {"Unfollow"}
    own = await world.type(ADAS, "brands", INBOX)
    assert next(item for item in own.items if item.title == "Northwind Home").buttons == ()


async def test_many_brands_are_paged(world: World) -> None:
    for n in range(11):
        account = Account(AccountId(f"{n:016x}"), AccountKind.BRAND, f"brand{n}", f"Brand {n}")
        await world.store.put_account(account, ())
    first = await world.type(MIAS, "brands")
    rest = await world.press(MIAS, first, "More")
    assert len(first.items) + len(rest.items) == 13


# --- blocks -------------------------------------------------------------------------------


async def test_blocking_stops_both_and_tells_nobody(world: World) -> None:
    await world.friends(MIA, JO)
    thread = await world.start(MIAS, "jo")
    answer = await world.type(JOS, "block @mia")
    assert "`/pin unblock @mia`" in answer.text
    told = await world.type(MIAS, f"reply {thread.thread} are you there?")
    assert told.text == "Sent to Jo as Mia. It stands in the thread."
    assert "are you there?" not in await world.texts(JO.id, thread)
    assert code(await world.type(JOS, f"reply {thread.thread} hi")) == "you_blocked"
    new = "send https://www.pinterest.com/pin/77/ to @jo @sam -- hi"
    assert code(await world.type(MIAS, new)) == "cannot_message"
    listed = await world.type(JOS, "unblock")
    assert titles(listed) == ["Mia"]
    assert (await world.press(JOS, listed, "Unblock")).text.startswith("Mia can write to you")
    assert not (await world.type(JOS, "unblock")).items


async def test_a_form_asks_whom_to_block(world: World) -> None:
    asked = await world.type(JOS, "block")
    assert code(await world.fill(JOS, asked, who=())) == "nobody_named"
    assert code(await world.fill(JOS, asked, who=("@nobody",))) == "cannot_message"
    assert (await world.fill(JOS, asked, who=("@sam",))).refusal is None
    assert named(await world.desk.blocked(JO.id)) == ["sam"]
    assert code(await world.type(JOS, "block @nobody")) == "cannot_message"
    assert code(await world.type(BENS, "block @mia", INBOX)) == "not_allowed"


TYPED = (
    "follow @NAME",
    "unfollow @NAME",
    "block @NAME",
    "unblock @NAME",
    "search walnut from:@NAME",
    "send https://www.pinterest.com/pin/77/ to @NAME -- hi",
    "send to @NAME",
    "add THREAD @NAME",
    "remove THREAD @NAME",
)
FILLED = {
    "follow": ("", "who"), "block": ("", "who"), "add": ("THREAD", "people"),
    "remove": ("THREAD", "people"), "send": ("", "people"), "start": ("", "people"),
}  # fmt: skip


@pytest.mark.parametrize("name", ["sam", "SAM"])
async def test_whoever_was_blocked_is_told_what_an_unknown_name_is_told(
    world: World, name: str
) -> None:
    await world.friends(MIA, JO)
    thread = await world.start(MIAS, "jo")
    await world.desk.block(SAM.id, MIA.id, on=True)
    nobody = {"sam": "nim", "SAM": "NIM"}[name]

    def alike(answer: Answer) -> str:
        return str(answer).replace(name, "x").replace(nobody, "x")

    for words in TYPED:
        words = words.replace("THREAD", str(thread.thread))  # noqa: PLW2901
        told = [await world.type(MIAS, words.replace("NAME", one)) for one in (name, nobody)]
        assert alike(told[0]) == alike(told[1]), words
    for action, (value, field) in FILLED.items():
        value = value.replace("THREAD", str(thread.thread))  # noqa: PLW2901
        fields = {"pin": LAMP.url, "text": "hi"}
        told = [
            whole(
                await world.office.submit(
                    world.caller(MIAS), action, value, {**fields, field: (f"@{one}",)}
                )
            )
            for one in (name, nobody)
        ]
        assert alike(told[0]) == alike(told[1]), action
    told = [
        whole(await world.office.run(world.caller(MIAS), Command("inbox", people=(Handle(one),))))
        for one in (name, nobody)
    ]
    assert alike(told[0]) == alike(told[1])
    for verb in ("follow", "add", "send", "search"):
        option = {"follow": "who", "add": "people", "send": "to", "search": "from"}[verb]
        assert await world.office.choices(world.caller(MIAS), verb, option, "sam") == ()


async def test_an_owner_who_was_blocked_is_told_what_an_unknown_name_is_told(world: World) -> None:
    await world.follow(MIA, BRAND)
    thread = await world.start()
    for blocked in (ADA, BRAND):
        await world.desk.block(SAM.id, blocked.id, on=True)
        for words in ("role agent @NAME", "role none @NAME", "assign THREAD @NAME",
                      "search oak from:@NAME", "block @NAME", "unblock @NAME"):  # fmt: skip
            words = words.replace("THREAD", str(thread.thread))  # noqa: PLW2901
            told = [
                str(await world.type(ADAS, words.replace("NAME", one), INBOX))
                .replace("sam", "x")
                .replace("nim", "x")
                for one in ("sam", "nim")
            ]
            if blocked is ADA and not words.startswith("role"):
                continue  # in the brand's inbox it is the brand that acts
            assert told[0] == told[1], words
        await world.desk.block(SAM.id, blocked.id, on=False)
    await world.store.grant(BRAND.id, SAM.id, Role.AGENT, world.now)
    await world.desk.block(SAM.id, ADA.id, on=True)
    taken = await world.type(ADAS, "role none @sam", INBOX)
    assert taken.text.startswith("Sam has no role"), "whom the list of roles shows"


async def test_a_block_of_somebody_named_does_not_show_in_a_form_or_a_list(world: World) -> None:
    """Who mentions a colleague sees that there is one; only the block must not be told."""
    for verb in ("send", "inbox"):
        command = Command(verb, people=(SAMS,))
        before = whole(await world.office.run(world.caller(MIAS), command))
        await world.desk.block(SAM.id, MIA.id, on=True)
        after = whole(await world.office.run(world.caller(MIAS), command))
        await world.desk.block(SAM.id, MIA.id, on=False)
        assert after == before


# --- roles --------------------------------------------------------------------------------


async def test_an_owner_gives_roles_and_takes_them(world: World) -> None:
    answer = await world.type(ADAS, "role manager @ben", INBOX)
    assert answer.text.startswith("Ben is manager of Northwind Home now")
    assert (BEN, Role.MANAGER) in await world.desk.agents(BRAND.id)
    listed = await world.type(ADAS, "role", INBOX)
    assert {"Ada", "Ben", "Cal"} <= set(titles(listed))
    assert "is agent" in listed.text
    assert (await world.type(ADAS, "role none @ben", INBOX)).text.startswith("Ben has no role")
    assert (BEN, Role.MANAGER) not in await world.desk.agents(BRAND.id)


@pytest.mark.parametrize(
    ("who", "words", "place", "refused"),
    [
        (BENS, "agent @jo", INBOX, "not_allowed"),
        (BENS, "", INBOX, "not_allowed"),
        (ADAS, "boss @jo", INBOX, "bad_option"),
        (ADAS, "agent @nobody", INBOX, "cannot_message"),
        (ADAS, "agent @lumen", INBOX, "cannot_message"),
        (ADAS, "agent @jo", None, "not_a_brand"),
    ],
)
async def test_a_role_that_may_not_be_given(
    world: World,
    who: Person,
    words: str,
    place,  # type: ignore[no-untyped-def]
    refused: str,
) -> None:
    assert code(await world.type(who, f"role {words}", place)) == refused
