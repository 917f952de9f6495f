"""What people start on Discord, over real sockets: commands, menus, buttons and forms.

The office is scripted: which call comes to it, and how its answer is shown.
"""

import asyncio
import logging
import re
from dataclasses import replace
from typing import Any

import pytest

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.commands import as_registered, definitions
from adapters.discord.presses import NO_PIN, UNKNOWN
from core.asking import (
    Answer,
    Button,
    Choice,
    Command,
    File,
    Form,
    Input,
    Item,
    Picker,
)
from core.delivery import Part, PartKind
from core.grammar import usage
from core.ids import AccountId
from core.intents import Handle, InDirect, InSpace, Person
from core.model import Place, Refusal
from core.notices import END_IT
from core.text.content import Bold, Paragraph, Text
from core.verbs import VERBS
from tests.discord.conftest import (
    CHAT,
    FORUM,
    GUILD,
    KAI,
    MIA,
    ROSA,
    Sandbox,
    card,
    direct,
    mirror,
    posting,
)
from tests.discord.fake_desk import BRAND, OAK, FakeDesk
from tests.discord.test_gateway import choices, command
from tests.discord.test_over_sockets import placed

LATE = {"patience": 0.05}
CALLBACK = "POST /interactions/{interaction_id}/{interaction_token}/callback"
FORM = Form(
    "Reply as Northwind",
    "Send",
    "replied",
    "3fa9c1",
    (
        Input("text", "Your words", "long", hint="Plain words"),
        Input("to", "People", "people", optional=True),
        Input("way", "How", "choice", (Choice("Now", "now", "at once"), Choice("Later", "later"))),
        Input("where", "Where", "channel", value=CHAT, optional=True),
    ),
    "The follower will see this as `Northwind`",
)


async def only(sandbox: Sandbox, subcommand: str, **options: str) -> dict[str, Any]:
    """The one answer of a command, which only its caller sees."""
    [answer] = (await command(sandbox, subcommand, **options))["answers"]
    assert answer["ephemeral"]
    return dict(answer)


async def menu(sandbox: Sandbox, name: str, target: str, channel: str = CHAT) -> Any:
    body = {"user": "Mia", "channel": channel, "name": name, "target": target}
    return await sandbox.control("POST", "discord/command", body)


async def press(
    sandbox: Sandbox, message: str, custom_id: str, *values: str, channel: str = CHAT
) -> Any:
    body = {"user": "Mia", "channel": channel, "message": message, "custom_id": custom_id}
    return await sandbox.control("POST", "discord/press", {**body, "values": [*values]})


async def submit(sandbox: Sandbox, modal: Any, **values: Any) -> Any:
    named = {name.replace("_", "."): value for name, value in values.items()}
    body = {"user": "Mia", "modal": modal["id"], "values": named}
    return await sandbox.control("POST", "discord/submit", body)


def parts(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for row in message["components"] for part in row["components"]]


# --- commands


async def test_a_command_comes_to_the_office_with_who_where_and_what(
    desk: FakeDesk, sandbox: Sandbox
) -> None:
    to = f"@northwind, @kai <@{ROSA}>"
    answer = await only(sandbox, "send", pin=OAK.url, to=to, text=f"in **oak**, <@{KAI}>?")
    assert answer["content"] == "Well."
    [asked] = desk.office.asked
    caller, [what] = asked.caller, asked.what
    assert (asked.how, what.verb, what.pin) == ("run", "send", OAK.url)
    assert what.people[:2] == (Handle("northwind"), Handle("kai"))
    rosa = what.people[2]
    assert isinstance(rosa, Person)
    assert (rosa.identity.user, rosa.profile.name) == (ROSA, "Rosa")
    assert what.text == "in oak, @Kai?"
    assert Bold((Text("oak"),)) in what.rich[0].children
    assert isinstance(caller.person, Person)
    assert caller.person.identity.user == MIA
    assert caller.place == Place("discord", GUILD, CHAT)
    assert (caller.thread, caller.message) == (None, None)
    assert caller.key.startswith("discord:interaction:")


async def test_inside_a_mirrored_thread_the_thread_is_implicit(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    assert at.space is not None
    await command(sandbox, "status", channel=str(at.space), status="resolved")
    await command(sandbox, "inbox", channel="dm", show="mine")
    inside, outside = desk.office.asked
    assert inside.caller.thread == InSpace("discord", at.space)
    assert inside.caller.place == Place("discord", GUILD, FORUM)
    assert inside.what == (Command("status", option="resolved"),)
    assert (outside.caller.thread, outside.caller.place) == (None, direct().place)
    assert outside.what == (Command("inbox", option="mine"),)


async def test_rare_verbs_sit_in_groups_and_channels_are_chosen(
    desk: FakeDesk, sandbox: Sandbox
) -> None:
    await command(sandbox, "people follow", who="@northwind")
    body = {"user": "Mia", "channel": CHAT, "name": "pin", "subcommand": "channel connect"}
    options = {"as": "inbox", "channel": FORUM}
    await sandbox.control("POST", "discord/command", {**body, "options": options})
    followed, connected = (asked.what[0] for asked in desk.office.asked)
    assert followed == Command("follow", people=(Handle("northwind"),))
    assert connected == Command("connect", option="inbox", channel=FORUM)


async def test_autocomplete_asks_the_office_about_the_word_being_typed(
    desk: FakeDesk, sandbox: Sandbox
) -> None:
    desk.office.offered = (Choice("Northwind Home", "@northwind", "a brand"),)
    assert await choices(sandbox, "send", "to", pin=OAK.url, to="@kai @nor") == [
        {"name": "Northwind Home (a brand)", "value": "@northwind"}
    ]
    desk.office.offered = tuple(Choice(f"{n} " + "x" * 120, f"{n}") for n in range(40))
    found = await choices(sandbox, "open", "id", id="3f")
    assert len(found) == 25
    assert {len(one["name"]) for one in found} == {100}
    assert [asked.what for asked in desk.office.asked] == [
        ("send", "to", "@kai @nor"),
        ("open", "id", "3f"),
    ]


async def test_what_takes_long_is_announced_and_followed_up(
    sandbox: Sandbox, budgets: Any, files: Any
) -> None:
    adapter, desk = DiscordAdapter(sandbox.settings(**LATE), budgets, files), FakeDesk()
    await adapter.start(desk)
    await desk.until(lambda: desk.ups)
    wait = desk.office.wait = asyncio.Event()
    desk.office.answer = Answer("At last.", (Item("one"),))
    told = asyncio.create_task(command(sandbox, "inbox"))
    async with sandbox.live() as changes:
        while not (await sandbox.control("GET", "discord/seen?user=Mia"))["messages"]:
            await changes()
    [shown] = (await sandbox.control("GET", "discord/seen?user=Mia"))["messages"]
    assert shown["loading"]
    wait.set()
    [answer] = (await told)["answers"]
    assert (answer["content"], answer["loading"], answer["id"]) == (
        "At last.",
        False,
        shown["id"],
    )
    desk.office.wait, desk.office.answer = asyncio.Event(), Answer("Use `/pin reply`.", form=FORM)
    told = asyncio.create_task(command(sandbox, "reply"))
    await desk.until(lambda: len(desk.office.asked) == 2)
    await asyncio.sleep(0.2)
    desk.office.wait.set()
    [late] = (await told)["answers"]
    assert late["content"] == "Use `/pin reply`.", "no form can be opened any more"
    await adapter.stop()


async def test_an_interaction_that_comes_twice_is_done_once(
    desk: FakeDesk, sandbox: Sandbox
) -> None:
    await sandbox.fault("events", "double")
    await only(sandbox, "help")
    await only(sandbox, "inbox")
    assert [asked.what[0].verb for asked in desk.office.asked] == ["help", "inbox"]


async def test_a_command_that_fails_says_so_to_its_caller_and_tells_no_words(
    desk: FakeDesk, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    desk.office.answer = OSError("disk")
    answer = await only(sandbox, "send", pin=OAK.url, to="@a", text="secret words")
    assert answer["content"] == UNKNOWN
    assert "interaction_failed" in caplog.text
    assert "secret words" not in caplog.text


async def test_an_answer_that_discord_does_not_take_ends_nothing(
    desk: FakeDesk, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "pinthread.discord")
    await sandbox.fault(CALLBACK, "status", status=404, body={"code": 10062, "message": "late"})
    assert not (await command(sandbox, "help"))["ok"]
    assert "interaction_not_answered" in caplog.text
    assert (await only(sandbox, "help"))["content"] == "Well."


# --- how answers look


async def test_a_pin_is_shown_as_its_card_with_buttons(desk: FakeDesk, sandbox: Sandbox) -> None:
    send = Button("Send", "send", str(OAK.id), "primary")
    to = Button("Pinterest", url=OAK.url)
    desk.office.answer = Answer("", (Item(pin=OAK, buttons=(send, to)),))
    answer = await only(sandbox, "preview", pin=OAK.url)
    assert answer["embeds"][0]["title"] == "Oak desk"
    first, second = parts(answer)
    assert (first["label"], first["style"], first["custom_id"]) == ("Send", 1, f"a:send:{OAK.id}")
    assert second["url"] == OAK.url


async def test_a_list_has_an_entry_each_and_a_menu_for_each_kind_of_button(
    desk: FakeDesk, sandbox: Sandbox
) -> None:
    here = mirror(FORUM, root="7:7", space="7")
    items = tuple(
        Item(
            (Paragraph((Bold((Text(f"words {n}"),)),)),) if n else "plain *words*",
            f"{n} minutes ago",
            OAK,
            (Button("Open", "open", f"t{n}"), Button("Reply", "reply", f"t{n}", "primary")),
            title=f"Desk {n}",
            mirrors=(direct(root="8:8"), here),
        )
        for n in range(12)
    )
    desk.office.answer = Answer("Your `threads`:", items, (Button("More", "inbox", "all"),))
    inbox = await only(sandbox, "inbox")
    assert inbox["content"] == "Your `threads`:"
    assert len(inbox["embeds"]) == 10
    assert inbox["embeds"][0]["description"] == "plain \\*words\\*"
    assert inbox["embeds"][1]["description"] == "**words 1**"
    assert inbox["embeds"][1]["footer"] == {"text": "1 minutes ago"}
    assert inbox["embeds"][1]["url"] == f"https://discord.com/channels/{GUILD}/7"
    opened, replied, more = parts(inbox)
    assert (opened["placeholder"], replied["placeholder"]) == ("Open", "Reply")
    assert opened["options"][1] == {
        "label": "Desk 1",
        "value": "open:t1",
        "description": "1 minutes ago",
    }
    assert more["custom_id"] == "a:inbox:all"
    await press(sandbox, inbox["id"], opened["custom_id"], "open:t1")
    await press(sandbox, inbox["id"], more["custom_id"])
    assert [asked.what for asked in desk.office.asked[1:]] == [("open", "t1"), ("inbox", "all")]
    assert desk.office.asked[1].caller.message is None, "what only one person sees is no message"


async def test_a_picker_is_a_menu_and_its_choice_comes_back(
    desk: FakeDesk, sandbox: Sandbox
) -> None:
    offered = (Choice("Oak desk", "t1", "with Mia"), Choice("Ash desk", "t2"))
    picker = Picker("which", Input("thread", "Choose a thread", "choice", offered), "draft:1")
    desk.office.answer = Answer("Which thread?", picker=picker)
    answer = await only(sandbox, "reply")
    [shown] = parts(answer)
    assert (shown["placeholder"], len(shown["options"])) == ("Choose a thread", 2)
    desk.office.answer = Answer("Sent.", done=True)
    pressed = await press(sandbox, answer["id"], shown["custom_id"], "t2")
    assert desk.office.asked[-1].what == ("which", "draft:1", {"thread": "t2"})
    assert (pressed["message"]["content"], pressed["message"]["components"]) == ("Sent.", [])
    assert pressed["answers"] == []
    place = Picker("connect", Input("channel", "Which channel?", "channel"))
    desk.office.answer = Answer("Where?", picker=place)
    answer = await only(sandbox, "channel connect")
    [shown] = parts(answer)
    await press(sandbox, answer["id"], shown["custom_id"], FORUM)
    assert desk.office.asked[-1].what == ("connect", "", {"channel": FORUM})


async def test_a_form_opens_with_its_note_and_comes_back_whole(
    desk: FakeDesk, sandbox: Sandbox
) -> None:
    desk.accounts[KAI] = replace(BRAND, id=AccountId("kai"))
    desk.office.answer = Answer(form=FORM)
    told = await command(sandbox, "reply")
    modal = told["modal"]
    assert modal["title"] == "Reply as Northwind"
    note, words, people, way, where = modal["components"]
    assert note["content"] == "The follower will see this as `Northwind`"
    assert (words["label"], words["description"]) == ("Your words", "Plain words")
    assert words["component"]["style"] == 2
    assert (people["component"]["type"], people["component"]["required"]) == (4, False)
    assert [one["label"] for one in way["component"]["options"]] == ["Now", "Later"]
    assert where["component"]["default_values"] == [{"id": CHAT, "type": "channel"}]
    desk.office.answer = Answer("Sent.")
    filled = {"long_text": "72 cm", "people_to": f"@jo, sam <@{KAI}>", "choice_way": ["later"]}
    sent = await submit(sandbox, modal, **filled)
    assert sent["answers"][0]["content"] == "Sent."
    fields = {"text": "72 cm", "to": ("@jo", "@sam", "kai"), "way": "later", "where": CHAT}
    assert desk.office.asked[-1].what == ("replied", "3fa9c1", fields)


async def test_words_of_a_form_that_is_refused_are_given_back(
    desk: FakeDesk, sandbox: Sandbox
) -> None:
    desk.office.answer = Answer(form=FORM)
    modal = (await command(sandbox, "reply"))["modal"]
    no = Refusal("group_full", "This one is full.")
    desk.office.answer = Answer(no.sentence, refusal=no, field="text")
    told = await submit(sandbox, modal, long_text="it is *72* cm", choice_way=["now"])
    [answer] = told["answers"]
    assert answer["content"] == no.sentence
    assert answer["embeds"][0]["description"] == "it is \\*72\\* cm"


async def test_sentences_name_commands_as_they_are_registered_here(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    follow = "You do not follow @shop. `/pin follow @shop` comes first; `/pin inbox` lists."
    items = tuple(Item(f"`/pin {verb.name}` {verb.about}") for verb in VERBS if verb.group)[:10]
    desk.office.answer = Answer(follow, items)
    answer = await only(sandbox, "help")
    assert answer["content"].endswith("`/pin people follow @shop` comes first; `/pin inbox` lists.")
    registered = {f"{verb.group} {verb.name}" for verb in VERBS if verb.group}
    for embed in answer["embeds"]:
        called = re.match("`/pin ([a-z]+ [a-z]+)`", embed["description"])
        assert called, embed
        assert called[1] in registered
    # In a line for all, a command stands as it is; what people wrote is never changed.
    at = await placed(adapter, mirror(FORUM))
    for n, said in enumerate((f"All read it. {END_IT}", "Mia edited: try /pin follow")):
        await adapter.write(posting(f"n{n}", at, Part(PartKind.NOTICE, said)))
    shown = [one["content"] for one in (await sandbox.messages(at.space or ""))[-2:]]
    assert "with /pin channel disconnect." in shown[0]
    assert "try /pin follow" in shown[1]


async def test_what_was_missed_stays_beside_the_words_of_a_form_that_is_refused(
    desk: FakeDesk, sandbox: Sandbox
) -> None:
    desk.office.answer = Answer(form=FORM)
    modal = (await command(sandbox, "reply"))["modal"]
    no = Refusal("conversation_moved", "Somebody answered meanwhile.")
    items = (Item("and how wide?", title="Mia"), Item("it is 72 cm", title="Your reply"))
    anyway = (Button("Send anyway", "anyway", "d1"),)
    desk.office.answer = Answer(no.sentence, items, anyway, refusal=no)
    told = await submit(sandbox, modal, long_text="it is 72 cm", choice_way=["now"])
    [answer] = told["answers"]
    shown = [(one["title"], one["description"]) for one in answer["embeds"]]
    assert shown == [("Mia", "and how wide?"), ("Your reply", "it is 72 cm")]
    assert [one["label"] for one in parts(answer)] == ["Send anyway"]


async def test_a_file_comes_with_the_answer(
    desk: FakeDesk, sandbox: Sandbox, tmp_path: Any
) -> None:
    kept = tmp_path / "all.zip"
    kept.write_bytes(b"x" * 100_000)
    for file, size in (
        (File("all.json", b"{}"), 2),
        (File("all.zip", path=str(kept)), 100_000),
    ):
        desk.office.answer = Answer("All that is yours.", file=file)
        answer = await only(sandbox, "account export")
        assert answer["content"] == "All that is yours."
        assert [(one["filename"], one["size"]) for one in answer["files"]] == [(file.name, size)]


async def test_nobody_is_mentioned_and_nothing_is_too_long_for_discord(
    desk: FakeDesk, sandbox: Sandbox
) -> None:
    mean = f"@everyone <@{KAI}> `x` *y*\n# head " * 300
    items = tuple(
        Item(
            mean if n % 2 else (Paragraph((Text(mean), Bold((Text(mean),)))),),
            mean,
            replace(OAK, title=mean[:100]),
            tuple(Button(mean, f"act{b}", f"{n}") for b in range(7)),
            mean,
            mean,
        )
        for n in range(25)
    )
    inputs = tuple(Input(f"i{n}", mean, "choice", (Choice(mean, "v", mean),)) for n in range(9))
    desk.office.answer = Answer(mean, items, tuple(Button(mean, "b", f"{n}") for n in range(30)))
    answer = await only(sandbox, "inbox")
    assert (answer["pings"], len(answer["components"])) == ([], 5)
    desk.office.answer = Answer(mean, picker=Picker("p", inputs[0]))
    assert (await only(sandbox, "inbox"))["pings"] == []
    desk.office.answer = Answer(form=Form(mean, "s", "f", "v", inputs, mean))
    assert len((await command(sandbox, "inbox"))["modal"]["components"]) == 5
    desk.office.answer = Answer()
    assert (await only(sandbox, "inbox"))["content"]


# --- menus on messages and people


async def test_a_message_is_answered_as_reply_or_note_with_its_words_in_the_form(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    said = await sandbox.say("Mia", str(at.space), "it is **72** cm")
    desk.office.answer = Answer(form=FORM)
    for name, verb in (("Reply to follower", "reply"), ("Add as note", "note")):
        told = await menu(sandbox, name, said, str(at.space))
        asked = desk.office.asked[-1]
        assert asked.what == (Command(verb),)
        assert asked.caller.message == f"{at.space}:{said}"
        assert asked.caller.thread == InSpace("discord", at.space or "")
        assert told["modal"]["components"][1]["component"]["value"] == "it is 72 cm"


async def test_a_card_in_a_text_channel_stands_for_its_thread(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    desk.office.on_card = ("Replies here are notes", (Button("Resolve", "status", "resolved:t"),))
    at = await placed(adapter, mirror(CHAT))
    desk.office.asked.clear()
    at = await placed_in_inbox(adapter, CHAT)
    message = str(at.root).partition(":")[2]
    [shown] = [one for one in await sandbox.messages(CHAT) if one["id"] == message]
    [button] = parts(shown)
    await press(sandbox, message, button["custom_id"])
    [asked] = desk.office.asked
    assert asked.what == ("status", "resolved:t")
    assert (asked.caller.thread, asked.caller.message) == (
        InSpace("discord", at.space or ""),
        at.root,
    )


async def placed_in_inbox(adapter: DiscordAdapter, channel: str) -> Any:
    """A card as it stands in a brand's inbox."""
    from core.delivery import CardLine, Receipt, Step, Verb
    from core.model import BindingKind, Mode

    at = replace(mirror(channel), kind=BindingKind.INBOX)
    part = replace(card(at).part, line=CardLine(Mode.EXPLICIT))
    write = replace(card(at, "ab" * 12), step=Step(Verb.POST, 0, part))
    done = await adapter.write(write)
    while isinstance(done, Receipt) and done.inner is not None:
        done = await adapter.write(replace(write, inner=done.inner, data=done.data))
    assert isinstance(done, Receipt), done
    return replace(at, root=done.remote, space=done.space)


async def test_send_this_pin_takes_it_from_words_or_from_a_card(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    said = await sandbox.say("Kai", CHAT, f"look: {OAK.url}, nice")
    other = await sandbox.say("Kai", CHAT, "https://example.com/pin/1")
    await menu(sandbox, "Send this pin", said)
    await menu(sandbox, "Send this pin", str(at.space), str(at.space))
    for asked in desk.office.asked:
        assert asked.what == (Command("send", pin=OAK.url),)
    [answer] = (await menu(sandbox, "Send this pin", other))["answers"]
    assert (answer["content"], answer["ephemeral"]) == (NO_PIN, True)
    assert len(desk.office.asked) == 2


async def test_conversations_with_a_person_and_menus_in_direct_messages(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    await menu(sandbox, "Pin conversations", KAI)
    [asked] = desk.office.asked
    [what] = asked.what
    assert (what.verb, what.people[0].identity.user, what.people[0].profile.name) == (
        "inbox",
        KAI,
        "Kai",
    )
    at = await placed(adapter, direct())
    root = str(at.root).partition(":")[2]
    await menu(sandbox, "Add as note", root, "dm")
    assert desk.office.asked[-1].caller.thread == InDirect(direct().place, at.root)


# --- how a command is shown ---------------------------------------------------------------


def registered() -> dict[str, list[str]]:
    """What is registered, as it is called, with the names of its options."""
    found: dict[str, list[str]] = {}
    for one in definitions()[0]["options"]:
        group = one["name"] if one["type"] == 2 else ""
        for sub in one["options"] if group else (one,):
            name = " ".join(filter(None, ("/pin", group, sub["name"])))
            found[name] = [option["name"] for option in sub.get("options", ())]
    return found


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_how_a_verb_is_used_is_shown_with_the_names_of_its_options(verb: Any) -> None:
    name = " ".join(filter(None, ("/pin", verb.group, verb.name)))
    for typed in (usage(verb), verb.example):
        shown = as_registered(f"Write `{typed}`.").removeprefix("Write `").removesuffix("`.")
        assert shown.startswith(name)
        given = re.findall(r" ([a-z]+):(?!//)", shown.removeprefix(name))
        assert set(given) <= set(registered()[name])
        if typed != verb.example:
            assert given == [option.name for option in verb.options]
        elif verb.options:
            assert given, shown


def test_an_example_has_its_values_at_their_options() -> None:
    text = "For example `/pin status 3fa9c1 snooze 2h` or `/pin add 3fa9c1 @jo @sam`; `/pin follow`"
    assert as_registered(text) == (
        "For example `/pin status id:3fa9c1 status:snooze for:2h` or "
        "`/pin thread add id:3fa9c1 people:@jo @sam`; `/pin people follow`"
    )
