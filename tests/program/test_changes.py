"""What people do to messages crosses from each place to the others, at any age."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.files.pictures import png
from tests.program.talk import ADA, HEART, MIA, PLACES, ROSA, THUMB, Shown, Talk, talk
from tests.program.world import INBOX, whole

pytestmark = pytest.mark.slow

AMONG = pytest.mark.parametrize("brand", [False, True], ids=["friends", "brand"])
"""Three people in three places, and a brand in Slack with its follower in the other two."""
CREATE = "POST /channels/{channel_id}/messages"


def texts(shown: Sequence[Shown]) -> list[str]:
    return [one.text for one in shown]


@AMONG
async def test_edits_cross_and_the_message_stays_one(tmp_path: Path, brand: bool) -> None:
    async with talk(tmp_path, brand=brand) as found:
        for place in PLACES:
            message = await found.say(place, f"oak from {place}")
            for other in found.others(place):
                await found.find(other, f"oak from {place}")
            await found.edit(place, message, f"ash from {place}")
            for other in PLACES:
                await found.find(other, f"ash from {place}")
                seen = texts(await found.shown(other))
                assert seen.count(f"ash from {place}") == 1
                assert f"oak from {place}" not in seen


@AMONG
async def test_deletes_cross(tmp_path: Path, brand: bool) -> None:
    async with talk(tmp_path, brand=brand) as found:
        for place in PLACES:
            message = await found.say(place, f"oak from {place}")
            for other in found.others(place):
                await found.find(other, f"oak from {place}")
            await found.delete(place, message)
            for other in PLACES:
                await found.until(other, lambda shown: f"oak from {place}" not in texts(shown))  # noqa: B023


@AMONG
async def test_reactions_cross_and_are_taken_back(tmp_path: Path, brand: bool) -> None:
    async with talk(tmp_path, brand=brand) as found:
        for place in PLACES:
            text = f"oak from {place}"
            message = await found.say(place, text)
            names = {other: await found.name(other, text) for other in PLACES}
            # On the original, and by somebody else on a copy of it.
            await found.react(place, message, THUMB)
            first = found.others(place)[0]
            await found.react(first, names[first], HEART)
            for other in PLACES:
                await _reacted(found, other, text, {THUMB, HEART})
            await found.react(place, message, THUMB, on=False)
            for other in PLACES:
                await _reacted(found, other, text, {HEART})


async def _reacted(found: Talk, place: str, text: str, wanted: set[str]) -> None:
    def good(shown: Sequence[Shown]) -> bool:
        return any(set(one.reactions) == wanted for one in shown if one.text == text)

    await found.until(place, good)


@AMONG
async def test_files_cross_with_their_names_behind_their_words(tmp_path: Path, brand: bool) -> None:
    async with talk(tmp_path, brand=brand) as found:
        for place in PLACES:
            picture, notes = png(20 + len(place), 10), f"sizes {place}".encode()
            files = (
                (f"{place}.png", picture, "image/png"),
                (f"{place}.txt", notes, "text/plain"),
            )
            await found.send(place, f"look, {place}", *files)
            for other in PLACES:
                seen = await found.until(
                    other,
                    lambda shown: (
                        {f"{place}.png", f"{place}.txt"}  # noqa: B023
                        <= {name for one in shown for name in one.files}
                    ),
                )
                assert texts(seen).count(f"look, {place}") == 1
                names = [name for one in seen for name in one.files if name.startswith(place)]
                assert names == [f"{place}.png", f"{place}.txt"]
                assert await _bytes(found, other, f"{place}.txt") == notes


async def _bytes(found: Talk, place: str, name: str) -> bytes:
    """The content of a file, as somebody in that place gets it."""
    key = {"web": "url", "slack": "url_private", "discord": "url"}[place]
    files = [file for one in await found.shown(place) for file in one.raw["files"]]
    file = next(f for f in files if name in (f.get("name"), f.get("title"), f.get("filename")))
    base = found.people.web if place == "web" else ""
    headers = {"Sec-Fetch-Site": "same-origin"}
    async with found.people.http.get(base + file[key], headers=headers) as got:
        assert got.status == 200
        return await got.read()


@AMONG
async def test_what_is_older_than_a_restart_can_still_be_changed(
    tmp_path: Path, brand: bool
) -> None:
    async with talk(tmp_path, brand=brand) as found:
        old = {place: await found.say(place, f"old in {place}") for place in PLACES}
        for place in PLACES:
            for other in PLACES:
                await found.find(other, f"old in {place}")
        assert await found.people.end() == 0
        await found.people.start()
        for place, message in old.items():
            await found.react(place, message)
            for other in PLACES:
                await _reacted(found, other, f"old in {place}", {THUMB})
            await found.edit(place, message, f"new in {place}")
            for other in PLACES:
                await found.find(other, f"new in {place}")
                assert f"old in {place}" not in texts(await found.shown(other))
            await found.delete(place, message)
            for other in PLACES:
                await found.until(other, lambda shown: f"new in {place}" not in texts(shown))  # noqa: B023


@AMONG
async def test_changes_made_while_the_program_is_down_or_a_place_away_are_folded(
    tmp_path: Path, brand: bool
) -> None:
    async with talk(tmp_path, brand=brand) as found:
        for away, place in (("slack", "web"), ("slack", "discord"), ("discord", "slack")):
            await found.people.control("PUT", f"/power/{away}", {"on": False})
            # One at a time: Slack may hand over two events in either order.
            kept = await found.say(place, f"first {place} {away}")
            await found.find("web", f"first {place} {away}")
            gone = await found.say(place, f"gone {place} {away}")
            await found.find("web", f"gone {place} {away}")
            for words in ("second", "third"):
                await found.edit(place, kept, f"{words} {place} {away}")
                await found.find("web", f"{words} {place} {away}")
            await found.delete(place, gone)
            await found.until("web", lambda shown: f"gone {place} {away}" not in texts(shown))  # noqa: B023
            await found.people.control("PUT", f"/power/{away}", {"on": True})
            await found.find(away, f"third {place} {away}")
            await found.say("web", f"mark {place} {away}")
            await found.find(away, f"mark {place} {away}")
            seen = [text for text in texts(await found.shown(away)) if f"{place} {away}" in text]
            assert seen == [f"third {place} {away}", f"mark {place} {away}"]


@pytest.mark.parametrize("place", ["slack", "discord"])
async def test_a_copy_that_a_moderator_removed_is_not_put_back(tmp_path: Path, place: str) -> None:
    async with talk(tmp_path) as found:
        message = await found.say("web", "rude words")
        copy = await found.name(place, "rude words")
        # Ada is an admin there, and Rosa owns the server.
        await found.delete(place, copy)
        await found.until(place, lambda shown: "rude words" not in texts(shown))
        await found.edit("web", message, "kinder words")
        await found.nowhere(place, "kinder words")
        other = "discord" if place == "slack" else "slack"
        await found.find(other, "kinder words")
        assert "kinder words" in texts(await found.shown("web"))


async def test_markup_typed_on_the_web_stays_as_it_is_and_pings_nobody(tmp_path: Path) -> None:
    async with talk(tmp_path) as found:
        typed = "*a* **b** `c` <!channel> <@U0ADA> @everyone <@920000000000000001>"
        message = await found.say("web", "mark")
        await found.edit("web", message, typed)
        await found.find("web", typed)
        seen = await found.until(
            "slack", lambda shown: any("everyone" in one.text for one in shown)
        )
        in_slack = next(one for one in seen if "everyone" in one.text)
        assert "<!channel>" not in in_slack.text
        assert "<@U0ADA>" not in in_slack.text
        assert '"type": "broadcast"' not in str(in_slack.raw["blocks"]).replace("'", '"')
        seen = await found.until(
            "discord", lambda shown: any("everyone" in one.text for one in shown)
        )
        in_discord = next(one for one in seen if "everyone" in one.text)
        assert "**b**" not in in_discord.text


async def test_markdown_typed_on_the_web_crosses_and_pings_nobody(tmp_path: Path) -> None:
    async with talk(tmp_path) as found:
        typed = "**bold elm**, *soft* and `code` @everyone <@920000000000000001> <!channel>"
        message = await found.say("web", typed, markup="markdown")
        copy = await found.find("discord", "bold elm")
        assert copy.text.startswith("**bold elm**, *soft* and `code` ")
        in_slack = (await found.find("slack", "bold elm")).raw
        assert '"type": "broadcast"' not in str(in_slack["blocks"]).replace("'", '"')
        assert "@everyone" not in copy.text
        assert "<@9" not in copy.text
        # An edit begins with what was typed, and so keeps what it does not touch.
        line = (await found.find("web", "bold elm")).raw
        at = f"/api/threads/{found.thread}/messages/{message}"
        body = {"text": line["markdown"].replace("soft", "hard"), "markup": "markdown"}
        await found.people.call("PATCH", at, body)
        copy = await found.find("discord", "hard")
        assert copy.text.startswith("**bold elm**, *hard* and `code` ")


async def test_formatted_words_cross(tmp_path: Path) -> None:
    async with talk(tmp_path) as found:
        await found.say("discord", "it is **bold oak** and `code` in ~~old~~ style")
        seen = await found.until(
            "slack", lambda shown: any("bold oak" in one.text for one in shown)
        )
        copy = next(one for one in seen if "bold oak" in one.text)
        pieces = [
            (piece.get("text"), piece.get("style", {}))
            for block in copy.raw["blocks"]
            for section in block.get("elements", [])
            for piece in section.get("elements", [])
        ]
        assert ("bold oak", {"bold": True}) in pieces
        assert ("code", {"code": True}) in pieces
        assert ("old", {"strike": True}) in pieces
        await found.say("slack", "it is *bold ash* and `code` in ~old~ style")
        line = await found.find("discord", "bold ash")
        assert line.text == "it is **bold ash** and `code` in ~~old~~ style"
        for words in ("bold oak", "bold ash"):
            html = (await found.find("web", words)).raw["html"]
            assert f"<strong>{words}</strong>" in html
            assert "<code>code</code>" in html


async def test_a_reply_shows_what_it_answers_in_the_other_places(tmp_path: Path) -> None:
    async with talk(tmp_path) as found:
        asked = await found.name("discord", "does this come in oak?")
        await found.say("discord", "yes it does", reply_to=asked)
        line = (await found.find("web", "yes it does")).raw
        assert line["answers"] == "Mia: does this come in oak?"
        copy = (await found.find("slack", "yes it does")).raw
        assert "does this come in oak?" in str(copy)


async def test_an_answer_in_direct_messages_is_a_real_reply(tmp_path: Path) -> None:
    mia = {
        "handle": "mia",
        "name": "Mia",
        "identities": [{"platform": "discord", "user": MIA}],
    }
    async with whole(tmp_path, people=[mia]) as people:
        asked = await people.ask("does this come in oak?")
        root = (await people.card_in_slack())["ts"]
        body = {"user": ADA, "channel": INBOX, "thread_ts": root, "text": "in ash, too"}
        await people.control("POST", "/slack/say", body)

        async def direct() -> list[dict[str, Any]]:
            return await people.discord_messages(f"dm:{MIA}")

        seen = await people.until(direct, lambda shown: any("ash" in m["content"] for m in shown))
        copy = next(m["id"] for m in seen if "ash" in m["content"])
        # What she answers on the web is a reply there, and what she answers there crosses.
        thread = f"/api/threads/{asked['thread']}/messages"
        page = await people.call("GET", thread)
        message = next(one["message"] for one in page["lines"] if "ash" in one["text"])
        await people.call("POST", thread, {"text": "ash it is", "answers": message})
        seen = await people.until(direct, lambda shown: any("it is" in m["content"] for m in shown))
        reply = next(m for m in seen if "it is" in m["content"])
        assert (reply["content"], reply["reply_to"]) == ("**Mia:** ash it is", copy)
        typed = {"user": MIA, "channel": "dm", "text": "or oak", "reply_to": copy}
        await people.control("POST", "/discord/say", typed)
        seen = await people.until(
            people.slack_messages, lambda shown: any(m["text"] == "or oak" for m in shown)
        )
        assert "in ash, too" in str(next(m for m in seen if m["text"] == "or oak")["blocks"])
        # Discord's answer to the post is late: the copy is answered before its id is known here.
        slow = {"platform": "discord", "method": CREATE, "kind": "delay", "seconds": 2}
        await people.control("POST", "/faults", slow)
        await people.control("POST", "/slack/say", {**body, "text": "in elm, too"})
        seen = await people.until(direct, lambda shown: any("elm" in m["content"] for m in shown))
        copy = next(m["id"] for m in seen if "elm" in m["content"])
        typed = {"user": MIA, "channel": "dm", "text": "elm then", "reply_to": copy}
        await people.control("POST", "/discord/say", typed)
        seen = await people.until(
            people.slack_messages, lambda shown: any(m["text"] == "elm then" for m in shown)
        )
        assert "in elm, too" in str(next(m for m in seen if m["text"] == "elm then")["blocks"])


async def test_a_file_larger_than_a_place_takes_is_a_link_to_the_web(tmp_path: Path) -> None:
    async with talk(tmp_path) as found:
        large = b"0123456789abcdef" * 720_000
        await found.send("slack", "plans", ("plans.bin", large, "application/octet-stream"))
        seen = await found.until(
            "discord", lambda shown: any("plans.bin" in one.text for one in shown)
        )
        line = next(one for one in seen if "plans.bin" in one.text)
        assert f"{found.people.web}/api/files/" in line.text
        assert line.files == ()


async def test_a_boosted_server_takes_larger_files_from_the_moment_it_is_boosted(
    tmp_path: Path,
) -> None:
    async with talk(tmp_path) as found:
        large = b"0123456789abcdef" * 720_000
        for tier, name in ((2, "large.bin"), (0, "later.bin")):
            await found.people.control("PUT", "/discord/tier", {"tier": tier})
            # The gateway's news comes before what is said after it.
            await found.say("discord", f"tier {tier}")
            await found.find("slack", f"tier {tier}")
            await found.send("slack", name, (name, large, "application/octet-stream"))
            seen = await found.until(
                "discord",
                lambda shown: any(name in one.files or f"{name} (" in one.text for one in shown),  # noqa: B023
            )
            uploaded = [one for one in seen if name in one.files]
            assert len(uploaded) == (1 if tier else 0)


async def test_two_people_with_one_emoji_are_one_reaction_of_the_bot(tmp_path: Path) -> None:
    async with talk(tmp_path) as found:
        await found.say("discord", "Rosa is here")
        await found.find("web", "Rosa is here")
        text = "oak or ash?"
        message = await found.say("slack", text)
        names = {place: await found.name(place, text) for place in PLACES}
        for place in ("web", "discord"):
            await found.react(place, names[place])

        async def count(place: str, wanted: int) -> None:
            await found.until(
                place,
                lambda shown: (
                    [s.reactions.get(THUMB, 0) for s in shown if s.text == text] == [wanted]
                ),
            )

        await count("web", 2)
        await count("slack", 1)
        await found.react("web", names["web"], on=False)
        await count("web", 1)
        await found.say("web", "a mark")
        await found.find("slack", "a mark")
        await count("slack", 1)
        await found.react("discord", names["discord"], on=False)
        await count("slack", 0)
        assert message == names["slack"]


async def test_a_long_text_is_parts_in_order_and_an_edit_changes_their_number(
    tmp_path: Path,
) -> None:
    async with talk(tmp_path) as found:
        sentences = [f"Sentence number {n} of a long text about desks." for n in range(150)]
        message = await found.say("web", " ".join(sentences))

        async def parts(good: Callable[[list[str]], bool]) -> list[str]:
            def words(shown: Sequence[Shown]) -> list[str]:
                return [one.text for one in shown if "Sentence number" in one.text]

            return words(await found.until("discord", lambda shown: good(words(shown))))

        whole = await parts(lambda shown: any("number 149 " in text for text in shown))
        assert len(whole) > 2
        assert " ".join(" ".join(whole).split()) == " ".join(sentences)
        await found.edit("web", message, sentences[0])
        assert await parts(lambda shown: len(shown) == 1) == [sentences[0]]
        await found.edit("web", message, " ".join(sentences[:100]))
        again = await parts(lambda shown: any("number 99 " in text for text in shown))
        assert " ".join(" ".join(again).split()) == " ".join(sentences[:100])


@AMONG
@pytest.mark.parametrize("place", ["slack", "discord"])
async def test_a_file_taken_off_a_message_goes_everywhere_and_its_words_stay(
    tmp_path: Path, place: str, brand: bool
) -> None:
    async with talk(tmp_path, brand=brand) as found:
        await found.say("discord", "here I am")
        files = tuple((f"{n}.txt", f"content {n}".encode(), "text/plain") for n in range(2))
        message = await found.send(place, "two plans", *files)

        def named(*wanted: str) -> Callable[[Sequence[Shown]], bool]:
            return lambda shown: tuple(n for one in shown for n in one.files) == wanted

        for other in PLACES:
            await found.until(other, named("0.txt", "1.txt"))
        line = (await found.find("web", "two plans")).raw
        await found.unfile(place, message, "0.txt")
        for other in PLACES:
            seen = await found.until(other, named("1.txt"))
            assert texts(seen).count("two plans") == 1
        assert not (await found.find("web", "two plans")).raw["edited"]
        kept, gone = [file["url"].partition("?")[0] for file in line["files"][::-1]]
        asker = {"Authorization": f"Bearer {found.people.session}"}
        for address, status in ((kept, 200), (gone, 404)):
            url = found.people.web + address
            async with found.people.http.get(url, headers=asker) as got:
                assert got.status == status
        # The words change afterwards, and nothing comes back.
        await found.edit(place, message, "one plan")
        for other in PLACES:
            await found.find(other, "one plan")
            await found.until(other, named("1.txt"))


async def test_an_emoji_that_a_place_lacks_is_named_in_a_line_and_goes_with_the_last(
    tmp_path: Path,
) -> None:
    async with talk(tmp_path) as found:
        names = {"names": ["discocat", "acorn"]}
        made = await found.people.control("PUT", "/discord/emojis", names)
        discocat, acorn = [f"{one['name']}:{one['id']}" for one in made["emojis"]]
        await found.say("discord", "Rosa is here")
        for place, text in (("slack", "typed there"), ("web", "a copy there")):
            await found.say(place, text)
            message = await found.name("discord", text)
            await found.find("slack", text)

            async def react(emoji: str, user: str = ROSA, *, on: bool = True) -> None:
                body = {"user": user, "message": message, "emoji": emoji, "remove": not on}  # noqa: B023
                await found.people.control("POST", "/discord/react", body)

            async def line(wanted: str | None) -> None:
                def good(shown: Sequence[Shown]) -> bool:
                    return [t for t in texts(shown) if t.startswith(":")] == [wanted] * bool(wanted)

                await found.until("slack", good)

            await react(discocat)
            await line(":discocat: Rosa")
            await react(discocat, MIA)
            await line(":discocat: Mia, Rosa")
            await react(acorn)
            await line(":acorn: Rosa · :discocat: Mia, Rosa")
            await react(THUMB)
            await _reacted(found, "slack", text, {THUMB})
            await react(discocat, on=False)
            await line(":acorn: Rosa · :discocat: Mia")
            await react(acorn, on=False)
            await react(discocat, MIA, on=False)
            await line(None)
            counted = (await found.find("web", text)).reactions
            assert counted == {THUMB: 1}
            await react(discocat)
            await line(":discocat: Rosa")
            await react(discocat, on=False)
            await line(None)
