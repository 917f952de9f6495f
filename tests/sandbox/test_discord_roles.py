"""Roles, private channels and the fields of modals, as discord.py sees them."""

from typing import Any

import discord
from discord import app_commands

CHAT, STAFF = "930000000000000002", "930000000000000004"
NORTHWIND, GUILD = "940000000000000002", "910000000000000001"
NOOR, KAI = "920000000000000004", "920000000000000002"


def menus(bot: Any) -> None:
    async def quote(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"> {message.content}", ephemeral=True)

    async def who(interaction: discord.Interaction, user: discord.Member) -> None:
        assert isinstance(interaction.user, discord.Member)
        held = [role.name for role in interaction.user.roles]
        await interaction.response.send_message(f"{user.name} {held}", ephemeral=True)

    @app_commands.command(name="form", description="Opens a form")
    async def form(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form())

    for callback, name in ((quote, "Quote"), (who, "Who is this")):
        bot.tree.add_command(app_commands.ContextMenu(name=name, callback=callback))
    bot.tree.add_command(form)

    async def sync() -> None:
        await bot.tree.sync()

    bot.setup_hook = sync


class Form(discord.ui.Modal, title="Form"):
    who: discord.ui.Label["Form"] = discord.ui.Label(
        text="Who", component=discord.ui.UserSelect(custom_id="who", max_values=2)
    )
    where: discord.ui.Label["Form"] = discord.ui.Label(
        text="Where", component=discord.ui.ChannelSelect(custom_id="where", required=False)
    )
    way: discord.ui.Label["Form"] = discord.ui.Label(
        text="How",
        component=discord.ui.RadioGroup(
            custom_id="way",
            options=[discord.RadioGroupOption(label="Relay"), discord.RadioGroupOption(label="No")],
        ),
    )
    quiet: discord.ui.Label["Form"] = discord.ui.Label(
        text="Quiet", component=discord.ui.Checkbox(custom_id="quiet")
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        who, where = self.who.component, self.where.component
        way, quiet = self.way.component, self.quiet.component
        assert isinstance(who, discord.ui.UserSelect)
        assert isinstance(where, discord.ui.ChannelSelect)
        assert isinstance(way, discord.ui.RadioGroup)
        assert isinstance(quiet, discord.ui.Checkbox)
        said = f"{who.values[0].name} {where.values[0].name} {way.value} {quiet.value}"
        await interaction.response.send_message(said)


async def test_roles_arrive_with_words_reactions_and_interactions(house: Any) -> None:
    made = await house.control("PUT", "discord/roles", {"name": "Plan", "members": ["Kai"]})
    async with house.wire() as link:
        await link.identify()
        guild = (await link.until("GUILD_CREATE"))["d"]
        assert {"Northwind staff", "Plan"} < {role["name"] for role in guild["roles"]}
        said = await house.say("Kai", CHAT, "hello")
        assert (await link.until("MESSAGE_CREATE"))["d"]["member"]["roles"] == [made["id"]]
        body = {"user": "Noor", "message": said, "emoji": "👍"}
        await house.control("POST", "discord/react", body)
        told = (await link.until("MESSAGE_REACTION_ADD"))["d"]
        assert told["member"]["roles"] == [NORTHWIND]
        await house.control("PUT", "discord/roles", {"name": "Plan", "members": []})
        await house.say("Kai", CHAT, "again")
        assert (await link.until("MESSAGE_CREATE"))["d"]["member"]["roles"] == []


async def test_a_new_role_is_told_and_outlives_a_restart(house: Any) -> None:
    async with house.wire() as link:
        await link.identify()
        await link.until("GUILD_CREATE")
        await house.control("PUT", "discord/roles", {"name": "Plan", "members": ["Kai"]})
        assert (await link.until("GUILD_ROLE_CREATE"))["d"]["role"]["name"] == "Plan"
    await house.restart()
    told = await house.control("GET", "discord/roles")
    assert [(one["name"], one["members"]) for one in told["roles"]] == [
        ("Northwind staff", [NOOR]),
        ("Plan", [KAI]),
    ]


async def test_a_private_channel_is_seen_by_its_role_until_it_turns_public(house: Any) -> None:
    said = {"user": "Kai", "channel": STAFF, "text": "hello"}
    unseen = "That person does not see that channel."
    assert await house.refused("POST", "discord/say", said) == unseen
    await house.say("Noor", STAFF, "only us")
    async with house.bot() as bot:
        everyone = bot.get_guild(int(GUILD)).default_role
        channel = bot.get_channel(int(STAFF))
        assert not channel.permissions_for(everyone).view_channel
        assert channel.permissions_for(bot.get_guild(int(GUILD)).me).view_channel
        body = {"channel": STAFF, "private": False}
        await house.control("PUT", "discord/privacy", body)
        await house.say("Kai", STAFF, "me too")
        await bot.hear("message")
        assert bot.get_channel(int(STAFF)).permissions_for(everyone).view_channel
        body = {"channel": STAFF, "private": True, "people": ["Mia"]}
        await house.control("PUT", "discord/privacy", body)
        assert await house.refused("POST", "discord/say", {**said, "user": "Noor"}) == unseen
        await house.say("Mia", STAFF, "only me")
    made = await house.control(
        "POST", "discord/channels", {"name": "den", "private": True, "roles": ["Northwind staff"]}
    )
    assert await house.refused("POST", "discord/say", {**said, "channel": made["id"]}) == unseen


async def test_a_context_menu_runs_on_a_person_and_tells_the_callers_roles(house: Any) -> None:
    async with house.bot(prepare=menus):
        call = {"user": "Noor", "channel": CHAT, "name": "Who is this", "target": KAI}
        told = await house.control("POST", "discord/command", call)
        assert told["answers"][0]["content"] == "kai ['@everyone', 'Northwind staff']"
        said = await house.say("Kai", CHAT, "oak")
        missing = {**call, "target": said}
        refused = await house.refused("POST", "discord/command", missing)
        assert refused == "There is no command Who is this."


async def test_a_modal_holds_menus_of_people_and_channels_and_choices(house: Any) -> None:
    async with house.bot(prepare=menus):
        call = {"user": "Rosa", "channel": CHAT, "name": "form"}
        modal = (await house.control("POST", "discord/command", call))["modal"]
        body: dict[str, Any] = {"user": "Rosa", "modal": modal["id"]}
        body["values"] = {"who": ["a", "b", "c"], "way": "Maybe", "quiet": "yes"}
        told = await house.control("POST", "discord/submit", body)
        assert told["errors"] == {
            "who": "Choose 1 to 2.",
            "way": "There is no such choice.",
            "quiet": "This is ticked or not.",
        }
        body["values"] = {"who": ["Kai"], "where": [CHAT], "way": "Relay", "quiet": True}
        told = await house.control("POST", "discord/submit", body)
        assert told["answers"][0]["content"] == "kai chat Relay True"


async def test_nothing_is_ephemeral_without_an_interaction(house: Any) -> None:
    body = {"content": "for you alone", "flags": 64}
    status, told, _ = await house.rest("POST", f"/channels/{CHAT}/messages", body)
    assert (status, told["code"]) == (400, 50035)
    assert "MESSAGE_FLAGS_INVALID" in str(told["errors"])
    _, hook, _ = await house.rest("POST", f"/channels/{CHAT}/webhooks", {"name": "x"})
    path = f"/webhooks/{hook['id']}/{hook['token']}"
    assert (await house.rest("POST", path, body))[1]["code"] == 50035
    assert await house.shown(CHAT) == []
