"""The newer components and files in interactions, as discord.py sends them."""

import io
from typing import Any

import discord
from discord import app_commands

CHAT, FORUM = "930000000000000002", 930000000000000001


class Form(discord.ui.Modal, title="Form"):
    words: discord.ui.Label["Form"] = discord.ui.Label(
        text="Words",
        description="What to send",
        component=discord.ui.TextInput(
            custom_id="words", style=discord.TextStyle.long, max_length=10
        ),
    )
    mode: discord.ui.Label["Form"] = discord.ui.Label(
        text="Mode",
        component=discord.ui.Select(
            custom_id="mode",
            options=[discord.SelectOption(label="Relay"), discord.SelectOption(label="Explicit")],
        ),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        words, mode = self.words.component, self.mode.component
        assert isinstance(words, discord.ui.TextInput)
        assert isinstance(mode, discord.ui.Select)
        await interaction.response.send_message(f"{words.value} {mode.values}")


class Layout(discord.ui.LayoutView):
    box: discord.ui.Container["Layout"] = discord.ui.Container(
        discord.ui.TextDisplay("Oak desk"),
        discord.ui.Section("by Rosa", accessory=discord.ui.Thumbnail("https://x.y/a.png")),
        discord.ui.ActionRow(discord.ui.Button(label="Go", custom_id="go")),
    )


def prepare(bot: Any) -> None:
    @app_commands.command(name="form", description="Opens a form")
    async def form(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form())

    @app_commands.command(name="file", description="Sends a file")
    async def file(interaction: discord.Interaction) -> None:
        note = discord.File(io.BytesIO(b"words"), "note.txt", description="a note")
        await interaction.response.send_message("see", file=note)

    bot.tree.add_command(form)
    bot.tree.add_command(file)

    async def sync() -> None:
        await bot.tree.sync()

    bot.setup_hook = sync


async def test_labels_hold_texts_and_menus(house: Any) -> None:
    async with house.bot(prepare=prepare):
        call = {"user": "Rosa", "channel": CHAT, "name": "form"}
        modal = (await house.control("POST", "discord/command", call))["modal"]
        body = {"user": "Rosa", "modal": modal["id"], "values": {"words": "x" * 11}}
        told = await house.control("POST", "discord/submit", body)
        assert told["errors"] == {"words": "At most 10 characters.", "mode": "Make a choice."}
        body["values"] = {"words": "hi", "mode": ["Relay"]}
        told = await house.control("POST", "discord/submit", body)
        assert told["answers"][0]["content"] == "hi ['Relay']"


async def test_an_answer_brings_a_file(house: Any) -> None:
    async with house.bot(prepare=prepare):
        call = {"user": "Rosa", "channel": CHAT, "name": "file"}
        told = await house.control("POST", "discord/command", call)
        (file,) = told["answers"][0]["files"]
        assert (file["filename"], file["description"]) == ("note.txt", "a note")
        async with house.http.get(file["url"]) as answer:
            assert await answer.read() == b"words"


async def test_a_forum_post_brings_a_file(house: Any) -> None:
    async with house.bot() as bot:
        note = discord.File(io.BytesIO(b"words"), "note.txt")
        made = await bot.get_channel(FORUM).create_thread(name="t", content="see", file=note)
        assert await made.message.attachments[0].read() == b"words"


async def test_a_layout_excludes_content_and_is_shown_whole(house: Any) -> None:
    async with house.bot() as bot:
        sent = await bot.get_channel(int(CHAT)).send(view=Layout())
        assert sent.flags.components_v2
        (box,) = (await house.shown(CHAT))[0]["components"]
        assert [one["type"] for one in box["components"]] == [10, 9, 1]
        assert box["components"][1]["accessory"]["media"]["url"] == "https://x.y/a.png"
        body = {"content": "x", "flags": 1 << 15, "components": [{"type": 10, "content": "y"}]}
        _, told, _ = await house.rest("POST", f"/channels/{CHAT}/messages", body)
        assert told["code"] == 50035
