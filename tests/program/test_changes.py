"""What people do to messages crosses from each place to the others, at any age."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.files.pictures import png
from tests.program.talk import HEART, PLACES, THUMB, Shown, Talk, talk

pytestmark = pytest.mark.slow


def texts(shown: Sequence[Shown]) -> list[str]:
    return [one.text for one in shown]


async def test_edits_cross_and_the_message_stays_one(tmp_path: Path) -> None:
    async with talk(tmp_path) as found:
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


async def test_deletes_cross(tmp_path: Path) -> None:
    async with talk(tmp_path) as found:
        for place in PLACES:
            message = await found.say(place, f"oak from {place}")
            for other in found.others(place):
                await found.find(other, f"oak from {place}")
            await found.delete(place, message)
            for other in PLACES:
                await found.until(other, lambda shown: f"oak from {place}" not in texts(shown))  # noqa: B023


async def test_reactions_cross_and_are_taken_back(tmp_path: Path) -> None:
    async with talk(tmp_path) as found:
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


async def test_files_cross_with_their_names_behind_their_words(tmp_path: Path) -> None:
    async with talk(tmp_path) as found:
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


async def test_what_is_older_than_a_restart_can_still_be_changed(tmp_path: Path) -> None:
    async with talk(tmp_path) as found:
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


async def test_changes_made_while_the_program_is_down_or_a_place_away_are_folded(
    tmp_path: Path,
) -> None:
    async with talk(tmp_path) as found:
        for away, place in (("slack", "web"), ("slack", "discord"), ("discord", "slack")):
            await found.people.control("PUT", f"/power/{away}", {"on": False})
            kept = await found.say(place, f"first {place} {away}")
            gone = await found.say(place, f"gone {place} {away}")
            await found.find("web", f"gone {place} {away}")
            await found.edit(place, kept, f"second {place} {away}")
            await found.edit(place, kept, f"third {place} {away}")
            await found.delete(place, gone)
            await found.find("web", f"third {place} {away}")
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
