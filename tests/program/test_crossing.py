"""The main job, with the real libraries over real sockets: words cross all three places."""

from pathlib import Path

from tests.program.world import whole


async def test_words_cross_between_web_slack_and_discord(tmp_path: Path) -> None:
    async with whole(tmp_path) as people:
        asked = await people.ask("does this come in oak?")
        card = await people.card_in_slack()
        thread = await people.thread_in_discord()
        assert "Northwind" in str(card["blocks"])
        await people.until(
            people.slack_messages,
            lambda shown: any(
                m["text"] == "does this come in oak?" and m["thread_ts"] == card["ts"]
                for m in shown
            ),
        )
        # The brand answers in Slack.
        words = {"user": "U0ADA", "channel": "C0INBOX", "thread_ts": card["ts"]}
        await people.control("POST", "/slack/say", {**words, "text": "Yes, in oak and ash."})
        seen = await people.until(
            lambda: people.discord_messages(thread),
            lambda shown: any(m["content"] == "Yes, in oak and ash." for m in shown),
        )
        answer = next(m for m in seen if m["content"] == "Yes, in oak and ash.")
        assert answer["name"] == "Northwind Home"
        # Mia goes on in Discord.
        said = {"user": "920000000000000003", "channel": thread, "text": "We could take two."}
        await people.control("POST", "/discord/say", said)
        seen = await people.until(
            people.slack_messages,
            lambda shown: any(m["text"] == "We could take two." for m in shown),
        )
        reply = next(m for m in seen if m["text"] == "We could take two.")
        assert reply["name"] == "Mia"
        assert reply["thread_ts"] == card["ts"]
        # Nothing came back to where it was typed.
        texts = [m["content"] for m in await people.discord_messages(thread)]
        assert texts.count("We could take two.") == 1
        assert asked


async def test_a_stop_and_a_start_keep_everything_and_double_nothing(tmp_path: Path) -> None:
    async with whole(tmp_path) as people:
        await people.ask("first")
        card = await people.card_in_slack()
        assert await people.end() == 0
        words = {"user": "U0ADA", "channel": "C0INBOX", "thread_ts": card["ts"]}
        await people.control("POST", "/slack/say", {**words, "text": "said while it was down"})
        await people.start()
        await people.ask("second")
        thread = await people.thread_in_discord()

        def texts(shown: list[dict[str, str]]) -> list[str]:
            return [m["content"] for m in shown if m["content"]]

        seen = await people.until(
            lambda: people.discord_messages(thread),
            lambda shown: len(texts(shown)) >= 3,
        )
        assert sorted(texts(seen)) == ["first", "said while it was down", "second"]


async def test_both_platforms_away_get_everything_in_order_once(tmp_path: Path) -> None:
    async with whole(tmp_path) as people:
        await people.ask("before")
        card = await people.card_in_slack()
        thread = await people.thread_in_discord()
        for platform in ("slack", "discord"):
            await people.control("PUT", f"/power/{platform}", {"on": False})
        for n in range(5):
            await people.ask(f"away {n}")
        for platform in ("slack", "discord"):
            await people.control("PUT", f"/power/{platform}", {"on": True})
        expected = ["before", *(f"away {n}" for n in range(5))]
        discord = await people.until(
            lambda: people.discord_messages(thread),
            lambda shown: sum(bool(m["webhook_id"]) for m in shown) >= 6,
        )
        assert [m["content"] for m in discord if m["webhook_id"]] == expected

        def replies(shown: list[dict[str, str]]) -> list[str]:
            return [
                m["text"] for m in shown if m["thread_ts"] == card["ts"] and m["ts"] != card["ts"]
            ]

        slack = await people.until(people.slack_messages, lambda shown: len(replies(shown)) >= 6)
        assert replies(slack) == expected
