"""Commands, autocomplete, buttons, menus and modals: discord.py answers what people do."""

from typing import Any

import discord
import pytest
from discord import app_commands

ROSA, CHAT = "920000000000000001", "930000000000000002"


class Ask(discord.ui.Modal, title="Ask"):
    words: discord.ui.TextInput["Ask"] = discord.ui.TextInput(label="Words", custom_id="words")

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"asked {self.words.value}", ephemeral=True)


class Card(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Reply", custom_id="reply")
    async def reply(self, interaction: discord.Interaction, _: Any) -> None:
        await interaction.response.send_modal(Ask())

    @discord.ui.button(label="Take", custom_id="take")
    async def take(self, interaction: discord.Interaction, _: Any) -> None:
        await interaction.response.edit_message(content=f"taken by {interaction.user}")

    @discord.ui.button(label="Later", custom_id="later")
    async def later(self, interaction: discord.Interaction, _: Any) -> None:
        await interaction.response.defer()
        await interaction.followup.send("later", ephemeral=True)

    @discord.ui.select(
        custom_id="who",
        options=[discord.SelectOption(label="A", value="a"), discord.SelectOption(label="B")],
    )
    async def who(self, interaction: discord.Interaction, menu: Any) -> None:
        await interaction.response.send_message(f"chose {menu.values[0]}")


def prepare(bot: Any) -> None:
    group = app_commands.Group(name="pin", description="Pins")

    @group.command(name="send", description="Send a pin")
    async def send(
        interaction: discord.Interaction, pin: str, to: discord.Member, quiet: bool = False
    ) -> None:
        await interaction.response.send_message(f"{pin} to {to.display_name}", ephemeral=quiet)

    @send.autocomplete("pin")
    async def pins(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"{current}-{n}", value=str(n)) for n in range(3)]

    @group.command(name="slow", description="Answers later")
    async def slow(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        await interaction.edit_original_response(content="done")

    @group.command(name="card", description="Shows a card")
    async def card(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("card", view=Card())

    @group.command(name="silent", description="Says nothing")
    async def silent(_: discord.Interaction) -> None:
        return

    async def quote(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"> {message.content}", ephemeral=True)

    bot.tree.add_command(group)
    bot.tree.add_command(app_commands.ContextMenu(name="Send this pin", callback=quote))
    bot.add_view(Card())

    async def sync() -> None:
        await bot.tree.sync()

    bot.setup_hook = sync


async def call(house: Any, subcommand: str, channel: str = CHAT, **more: Any) -> Any:
    body = {"user": "Rosa", "channel": channel, "name": "pin", "subcommand": subcommand, **more}
    return await house.control("POST", "discord/command", body)


async def press(house: Any, message: str, custom_id: str, **more: Any) -> Any:
    body = {"user": "Rosa", "channel": CHAT, "message": message, "custom_id": custom_id, **more}
    return await house.control("POST", "discord/press", body)


async def test_a_command_is_answered_and_its_options_arrive(house: Any) -> None:
    async with house.bot(prepare=prepare):
        told = await call(house, "send", options={"pin": "99", "to": "Kai"})
        assert told["ok"]
        assert [one["content"] for one in told["answers"]] == ["99 to Kai"]
        assert [one["content"] for one in await house.shown(CHAT)] == ["99 to Kai"]


async def test_an_ephemeral_answer_is_seen_by_its_caller_alone(house: Any) -> None:
    async with house.bot(prepare=prepare):
        told = await call(house, "send", options={"pin": "99", "to": "Kai", "quiet": True})
        assert told["answers"][0]["ephemeral"]
        assert await house.shown(CHAT) == []
        seen = await house.control("GET", f"discord/seen?user={ROSA}")
        assert [one["content"] for one in seen["messages"]] == ["99 to Kai"]
        assert (await house.control("GET", "discord/seen?user=Kai"))["messages"] == []


async def test_a_deferred_answer_is_waited_for(house: Any) -> None:
    async with house.bot(prepare=prepare):
        told = await call(house, "slow")
        assert [one["content"] for one in told["answers"]] == ["done"]
        assert not told["answers"][0]["loading"]


async def test_silence_is_told_after_three_seconds(house: Any) -> None:
    async with house.bot(prepare=prepare):
        told = await call(house, "silent")
        assert told == {"ok": False, "answers": [], "error": "The application did not respond."}


async def test_autocomplete_gives_the_choices(house: Any) -> None:
    async with house.bot(prepare=prepare):
        body = {
            "user": "Rosa", "channel": CHAT, "name": "pin", "subcommand": "send",
            "options": {"pin": "oak"}, "focused": "pin",
        }  # fmt: skip
        told = await house.control("POST", "discord/autocomplete", body)
        assert told["choices"][0] == {"name": "oak-0", "value": "0"}
        assert len(told["choices"]) == 3


async def test_a_button_edits_its_message(house: Any) -> None:
    async with house.bot(prepare=prepare):
        card = (await call(house, "card"))["answers"][0]
        told = await press(house, card["id"], "take")
        assert told["message"]["content"] == "taken by rosa"
        assert (await house.shown(CHAT))[0]["content"] == "taken by rosa"
        later = await press(house, card["id"], "later")
        assert later["ok"]
        chosen = await press(house, card["id"], "who", values=["a"])
        assert chosen["answers"][0]["content"] == "chose a"


async def test_a_modal_opens_is_checked_and_handed_in(house: Any) -> None:
    async with house.bot(prepare=prepare):
        card = (await call(house, "card"))["answers"][0]
        modal = (await press(house, card["id"], "reply"))["modal"]
        seen = await house.control("GET", f"discord/seen?user={ROSA}")
        assert seen["modals"] == [modal]
        body = {"user": "Rosa", "modal": modal["id"], "values": {}}
        missing = await house.control("POST", "discord/submit", body)
        assert missing["errors"] == {"words": "This field is required."}
        body["values"] = {"words": "does it fit?"}
        told = await house.control("POST", "discord/submit", body)
        assert told["answers"][0]["content"] == "asked does it fit?"
        assert (await house.control("GET", f"discord/seen?user={ROSA}"))["modals"] == []


async def test_a_context_menu_runs_on_a_message(house: Any) -> None:
    async with house.bot(prepare=prepare):
        said = await house.say("Kai", CHAT, "a pin")
        body = {"user": "Rosa", "channel": CHAT, "name": "Send this pin", "target": said}
        told = await house.control("POST", "discord/command", body)
        assert told["answers"][0]["content"] == "> a pin"


async def test_commands_run_in_direct_messages(house: Any) -> None:
    async with house.bot(prepare=prepare):
        told = await call(house, "slow", channel="dm")
        assert told["answers"][0]["content"] == "done"


async def test_the_client_refuses_what_a_command_cannot_take(house: Any) -> None:
    async with house.bot(prepare=prepare):
        base = {"user": "Rosa", "channel": CHAT, "name": "pin"}
        for more, sentence in (
            ({}, "pin needs a subcommand."),
            ({"subcommand": "nope"}, "pin has no subcommand nope."),
            ({"subcommand": "send"}, "The option pin is required."),
            ({"subcommand": "send", "options": {"x": 1}}, "There is no option x."),
            ({"subcommand": "send", "options": {"pin": 1}}, "The option pin has the wrong type."),
        ):
            assert await house.refused("POST", "discord/command", {**base, **more}) == sentence


async def test_commands_outlive_a_restart(house: Any) -> None:
    async with house.bot(prepare=prepare):
        pass
    await house.restart()
    told = await house.control("GET", "discord/commands")
    assert [one["name"] for one in told["commands"]] == ["pin", "Send this pin"]


OPTION = {"type": 3, "name": "a", "description": "d"}


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ({"name": "Pin", "description": "d"}, "APPLICATION_COMMAND_INVALID_NAME"),
        ({"name": "pin"}, "BASE_TYPE_REQUIRED"),
        (
            {"name": "pin", "description": "d",
             "options": [{**OPTION, "name": f"o{n}"} for n in range(26)]},
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            {"name": "pin", "description": "d", "options": [OPTION, {**OPTION, "type": 1}]},
            "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
        ),
        (
            {"name": "pin", "description": "d", "options": [OPTION, OPTION]},
            "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
        ),
        (
            {"name": "pin", "description": "d",
             "options": [OPTION, {**OPTION, "name": "b", "required": True}]},
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        ),
        (
            {"name": "pin", "description": "d",
             "options": [
                 {**OPTION, "name": f"o{n}", "description": "d" * 100,
                  "choices": [{"name": "n" * 100, "value": "v" * 100} for _ in range(10)]}
                 for n in range(4)
             ]},
            "APPLICATION_COMMAND_TOO_LARGE",
        ),
    ],
)  # fmt: skip
async def test_a_bad_command_is_refused(house: Any, command: Any, code: str) -> None:
    path = "/applications/900000000000000001/commands"
    status, told, _ = await house.rest("PUT", path, [command])
    assert (status, told["code"]) == (400, 50035)
    assert code in str(told["errors"])
