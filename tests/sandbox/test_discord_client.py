"""discord.py itself against the sandbox: messages, threads, posts, webhooks, restarts."""

import asyncio
import io
import json
import sys
from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest

ROSA, KAI = "920000000000000001", "920000000000000002"
FORUM, CHAT, HIDDEN = 930000000000000001, 930000000000000002, 930000000000000003


async def test_a_bot_logs_in_and_knows_its_server(house: Any) -> None:
    async with house.bot() as bot:
        guild = bot.get_guild(910000000000000001)
        assert bot.user.id == 900000000000000001
        assert guild.name == "Friday Makers"
        assert isinstance(guild.get_channel(FORUM), discord.ForumChannel)
        assert guild.me.guild_permissions.manage_webhooks
        assert not guild.get_channel(HIDDEN).permissions_for(guild.me).view_channel


async def test_what_a_person_says_is_heard_with_author_and_picture(house: Any) -> None:
    async with house.bot() as bot:
        said = await house.say("Rosa", "chat", "  hello <@900000000000000001>  ")
        message = await bot.hear("message")
        assert (message.id, message.content) == (int(said), "hello <@900000000000000001>")
        assert message.author.display_name == "Rosa"
        assert message.mentions == [bot.get_guild(910000000000000001).me]
        async with house.http.get(message.author.display_avatar.url) as picture:
            assert picture.content_type == "image/svg+xml"


async def test_direct_messages_have_no_server(house: Any) -> None:
    async with house.bot() as bot:
        await house.say("Kai", "dm", "psst")
        message = await bot.hear("message")
        assert message.guild is None
        assert message.content == "psst"
        user = await bot.fetch_user(int(KAI))
        answer = await user.send("yes?")
        assert [one["content"] for one in await house.shown(f"dm:{KAI}")] == ["psst", "yes?"]
        assert answer.channel.id == message.channel.id


async def test_edits_deletes_and_reactions_of_people_are_heard(house: Any) -> None:
    async with house.bot() as bot:
        said = await house.say("Rosa", "chat", "one")
        edit = {"user": "Rosa", "message": said, "text": "two"}
        await house.control("POST", "discord/edit", edit)
        raw = await bot.hear("edit")
        assert raw.message.content == "two"
        assert raw.message.edited_at is not None
        react = {"user": "Kai", "message": said, "emoji": "🎉"}
        await house.control("POST", "discord/react", react)
        assert str((await bot.hear("react")).emoji) == "🎉"
        await house.control("POST", "discord/react", {**react, "remove": True})
        assert (await bot.hear("unreact")).user_id == int(KAI)
        await house.control("POST", "discord/delete", {"user": "Rosa", "message": said})
        assert (await bot.hear("delete")).message_id == int(said)


async def test_a_bot_sends_edits_reacts_reads_and_deletes(house: Any) -> None:
    async with house.bot() as bot:
        channel = bot.get_channel(CHAT)
        said = await house.say("Rosa", "chat", "look")
        sent = await channel.send("card", embed=discord.Embed(title="Oak desk", url="https://x.y"))
        await sent.edit(content="card 2")
        await sent.add_reaction("👍")
        reply = await channel.send(
            "re",
            reference=discord.MessageReference(
                message_id=int(said), channel_id=CHAT, fail_if_not_exists=False
            ),
        )
        history = [one async for one in channel.history(limit=10)]
        assert [one.content for one in history] == ["re", "card 2", "look"]
        assert history[0].reference.resolved.content == "look"
        shown = await house.shown(str(CHAT))
        assert shown[1]["edited"]
        assert shown[1]["embeds"][0]["title"] == "Oak desk"
        assert shown[1]["reactions"] == [{"name": "👍", "users": ["900000000000000001"]}]
        assert shown[2]["reply_to"] == said
        await reply.delete()
        assert len(await house.shown(str(CHAT))) == 2
        missing = await channel.fetch_message(sent.id)
        assert missing.content == "card 2"
        with pytest.raises(discord.NotFound) as gone:
            await channel.fetch_message(reply.id)
        assert gone.value.code == 10008


async def test_the_same_nonce_makes_one_message(house: Any) -> None:
    async with house.bot() as bot:
        channel = bot.get_channel(CHAT)
        first = await channel.send("once", nonce="k1")
        again = await channel.send("once", nonce="k1")
        assert first.id == again.id
        await first.delete()
        with pytest.raises(discord.NotFound) as gone:
            await channel.send("once", nonce="k1")
        assert gone.value.code == 10008


async def test_a_thread_takes_the_id_of_its_message_once(house: Any) -> None:
    async with house.bot() as bot:
        card = await bot.get_channel(CHAT).send("card")
        thread = await card.create_thread(name="Oak desk")
        assert thread.id == card.id
        with pytest.raises(discord.HTTPException) as repeated:
            await card.create_thread(name="Oak desk")
        assert repeated.value.code == 160004
        await house.say("Rosa", str(thread.id), "in the thread")
        while (message := await bot.hear("message")).content != "in the thread":
            pass
        assert message.channel.id == thread.id
        await house.control("POST", "discord/archive", {"thread": str(thread.id)})
        with pytest.raises(discord.HTTPException) as archived:
            await message.add_reaction("👍")
        assert archived.value.code == 50083
        old = [one async for one in bot.get_channel(CHAT).archived_threads()]
        assert [one.id for one in old] == [thread.id]
        await thread.send("opens again")
        active = await bot.get_guild(910000000000000001).active_threads()
        assert [one.id for one in active] == [thread.id]


async def test_a_forum_post_has_the_id_of_its_first_message(house: Any) -> None:
    async with house.bot() as bot:
        forum = bot.get_channel(FORUM)
        made = await forum.create_thread(
            name="Oak desk", content="card", applied_tags=[forum.available_tags[0]]
        )
        assert made.thread.id == made.message.id
        assert [tag.name for tag in made.thread.applied_tags] == ["idea"]
        told = await house.control("GET", f"discord/channels/{FORUM}")
        assert [one["name"] for one in told["threads"]] == ["Oak desk"]
        assert [one["content"] for one in await house.shown(str(made.thread.id))] == ["card"]


async def test_a_webhook_speaks_under_a_name_in_a_thread(house: Any) -> None:
    async with house.bot() as bot:
        forum = bot.get_channel(FORUM)
        made = await forum.create_thread(name="Oak desk", content="card")
        hook = await forum.create_webhook(name="Pinthread")
        assert (await bot.hear("webhooks")).id == FORUM
        plain = discord.Webhook.partial(hook.id, hook.token, session=house.http)
        sent = await plain.send(
            "hi @everyone",
            username="Ada",
            avatar_url="https://x.y/a.png",
            thread=made.thread,
            wait=True,
        )
        assert (sent.author.name, sent.webhook_id) == ("Ada", hook.id)
        while (echo := await bot.hear("message")).webhook_id is None:
            pass
        assert (echo.id, echo.author.id) == (sent.id, hook.id)
        await plain.edit_message(sent.id, content="hi 2", thread=made.thread)
        shown = (await house.shown(str(made.thread.id)))[-1]
        assert (shown["name"], shown["content"], shown["picture"]) == (
            "Ada",
            "hi 2",
            "https://x.y/a.png",
        )
        with pytest.raises(discord.HTTPException) as homeless:
            await plain.send("hi")
        assert homeless.value.code == 220001
        with pytest.raises(discord.HTTPException) as badly_named:
            await plain.send("hi", username="my Discord", thread=made.thread)
        assert 'Username cannot contain "discord"' in str(badly_named.value)


async def test_files_can_be_sent_and_fetched(house: Any) -> None:
    async with house.bot() as bot:
        channel = bot.get_channel(CHAT)
        sent = await channel.send("see", file=discord.File(io.BytesIO(b"words"), "note.txt"))
        assert await sent.attachments[0].read() == b"words"
        edited = await sent.edit(attachments=[])
        assert edited.attachments == []


async def test_a_restart_shows_the_same(house: Any) -> None:
    async with house.bot() as bot:
        card = await bot.get_channel(CHAT).send("card", nonce="n1")
        thread = await card.create_thread(name="Oak desk")
        hook = await bot.get_channel(CHAT).create_webhook(name="Pinthread")
        await house.say("Rosa", str(thread.id), "kept")
        before = [{**one, "picture": ""} for one in await house.shown(str(CHAT))]
    await house.restart()
    after = [{**one, "picture": ""} for one in await house.shown(str(CHAT))]
    assert after == before
    assert [one["content"] for one in await house.shown(str(thread.id))] == ["kept"]
    async with house.bot() as bot:
        kept = await bot.get_channel(CHAT).webhooks()
        assert [one.token for one in kept] == [hook.token]
        again = await bot.get_channel(CHAT).send("card", nonce="n1")
        assert again.id == card.id
        later = await bot.get_channel(CHAT).send("later")
        assert later.id > again.id


async def test_channels_that_come_and_go_are_told(house: Any) -> None:
    async with house.bot() as bot:
        came = asyncio.create_task(bot.wait_for("guild_channel_create", timeout=30))
        went = asyncio.create_task(bot.wait_for("guild_channel_delete", timeout=30))
        body = {"name": "second", "kind": "forum"}
        made = await house.control("POST", "discord/channels", body)
        assert (await came).id == int(made["id"])
        forum = bot.get_channel(int(made["id"]))
        post = await forum.create_thread(name="Oak desk", content="card")
        await house.control("DELETE", f"discord/channels/{made['id']}")
        assert (await went).id == int(made["id"])
        with pytest.raises(discord.NotFound) as gone:
            await post.thread.send("nobody")
        assert gone.value.code == 10003


async def test_a_dropped_session_resumes_and_misses_nothing(house: Any) -> None:
    async with house.bot() as bot:
        await house.fault("events", "drop_session", resume=True)
        await house.say("Rosa", "chat", "one")
        await house.say("Rosa", "chat", "two")
        assert (await bot.hear("message")).content == "one"
        assert (await bot.hear("message")).content == "two"
        async with asyncio.timeout(30):
            await bot.resumed.wait()


async def test_the_hidden_channel_says_nothing(house: Any) -> None:
    async with house.bot() as bot:
        await house.say("Rosa", "no-bot", "secret")
        await house.say("Rosa", "chat", "open")
        assert (await bot.hear("message")).content == "open"
        with pytest.raises(discord.Forbidden) as unseen:
            await bot.fetch_channel(HIDDEN)
        assert unseen.value.code == 50001


async def test_power_off_cuts_and_the_session_resumes_after_it(house: Any) -> None:
    async with house.bot() as bot:
        await house.say("Rosa", "chat", "before")
        assert (await bot.hear("message")).content == "before"
        await house.control("PUT", "power/discord", {"on": False})
        await house.say("Rosa", "chat", "meanwhile")
        with pytest.raises(aiohttp.ClientError):
            await bot.get_channel(CHAT).send("nobody home")
        await house.control("PUT", "power/discord", {"on": True})
        assert (await bot.hear("message")).content == "meanwhile"
    assert [one["content"] for one in await house.shown(str(CHAT))] == ["before", "meanwhile"]


async def test_what_was_said_outlives_kill_9(tmp_path: Path) -> None:
    async def run() -> tuple[asyncio.subprocess.Process, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "sandbox", "--listen", "127.0.0.1:0", "--data", str(tmp_path)),
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        return process, json.loads(await process.stdout.readline())["url"]

    async with aiohttp.ClientSession() as http:
        process, url = await run()
        said = {"user": "Rosa", "channel": "chat", "text": "kept"}
        async with http.post(f"{url}/_control/discord/say", json=said) as answer:
            told = await answer.json()
        process.kill()
        await process.wait()
        process, url = await run()
        async with http.get(f"{url}/_control/discord/channels/{CHAT}") as answer:
            shown = (await answer.json())["messages"]
        assert [(one["id"], one["content"]) for one in shown] == [(told["id"], "kept")]
        process.terminate()
        assert await process.wait() == 0
