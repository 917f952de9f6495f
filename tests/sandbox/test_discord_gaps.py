"""What makes events go missing, and what a program finds them by: listings, pages, counts."""

from typing import Any

from sandbox.discord.ratelimits import Invalid

CHAT, FORUM = "930000000000000002", "930000000000000001"
MESSAGES = f"/channels/{CHAT}/messages"


async def test_a_deaf_session_beats_and_hears_nothing_and_another_one_hears(house: Any) -> None:
    async with house.wire() as link:
        await link.identify()
        session = (await link.until("READY"))["d"]["session_id"]
        await link.until("GUILD_CREATE")
        await house.fault("events", "deaf")
        await house.say("Rosa", "chat", "unheard")
        await house.say("Rosa", "chat", "unheard, too")
        await link.send(1, 2)
        assert (await link.take())["op"] == 11
        async with house.wire() as other:
            await other.identify()
            await other.until("GUILD_CREATE")
            await house.say("Rosa", "chat", "heard")
            assert (await other.until("MESSAGE_CREATE"))["d"]["content"] == "heard"
        async with house.wire() as again:
            await again.send(6, {"token": "sandbox-discord-token", "session_id": session, "seq": 2})
            assert (await again.take())["t"] == "RESUMED", "what was not told is not kept either"


async def test_a_server_that_is_out_tells_nothing_and_direct_messages_go_on(house: Any) -> None:
    async with house.wire() as link:
        await link.identify()
        await link.until("GUILD_CREATE")
        await house.control("PUT", "discord/outage", {"out": True})
        gone = await link.take()
        assert (gone["t"], gone["d"]["unavailable"]) == ("GUILD_DELETE", True)
        await house.say("Rosa", "chat", "unheard")
        await house.say("Rosa", "dm", "heard")
        assert (await link.take())["d"]["content"] == "heard"
        assert len((await house.rest("GET", MESSAGES))[1]) == 1
        assert "another than it is" in await house.refused("PUT", "discord/outage", {"out": True})
        async with house.wire() as late:
            await late.identify()
            await late.until("READY")
            await house.control("PUT", "discord/outage", {"out": False})
            assert (await late.take())["t"] == "GUILD_CREATE"
        back = await link.take()
        assert (back["t"], back["d"]["unavailable"]) == ("GUILD_CREATE", False)
        await house.say("Rosa", "chat", "heard again")
        assert (await link.take())["d"]["content"] == "heard again"


async def test_archived_threads_come_newest_first_in_pages(house: Any) -> None:
    await house.control("PUT", "limits/discord", {"factor": 0})
    threads = []
    for n in range(5):
        said = {"user": "Rosa", "channel": FORUM, "text": "x", "title": f"Post {n}"}
        threads.append((await house.control("POST", "discord/say", said))["channel"])
        if n < 4:
            await house.control("POST", "discord/archive", {"thread": threads[-1]})
    last = await house.say("Rosa", threads[4], "newest")
    _, active, _ = await house.rest("GET", f"/guilds/{house_guild()}/threads/active")
    assert [(one["id"], one["last_message_id"]) for one in active["threads"]] == [
        (threads[4], last)
    ]
    path, before, found = f"/channels/{FORUM}/threads/archived/public?limit=2", "", []
    for more in (True, False):
        _, page, _ = await house.rest("GET", path + before)
        assert page["has_more"] is more
        found += [one["id"] for one in page["threads"]]
        stamp = page["threads"][-1]["thread_metadata"]["archive_timestamp"]
        before = "&before=" + stamp.replace("+", "%2B")
    assert found == threads[3::-1]


def house_guild() -> str:
    return "910000000000000001"


async def test_messages_are_paged_after_one_and_tell_of_edits(house: Any) -> None:
    await house.control("PUT", "limits/discord", {"factor": 0})
    ids = [await house.say("Rosa", "chat", f"words {n}") for n in range(120)]
    _, page, _ = await house.rest("GET", f"{MESSAGES}?limit=100&after={ids[0]}")
    assert [one["id"] for one in reversed(page)] == ids[1:101]
    _, page, _ = await house.rest("GET", f"{MESSAGES}?limit=100&after={ids[100]}")
    assert [one["id"] for one in reversed(page)] == ids[101:]
    assert {one["edited_timestamp"] for one in page} == {None}
    body = {"user": "Rosa", "message": ids[-1], "text": "other words"}
    await house.control("POST", "discord/edit", body)
    _, [last], _ = await house.rest("GET", f"{MESSAGES}?limit=1&after={ids[-2]}")
    assert last["edited_timestamp"]
    assert (await house.rest("GET", f"{MESSAGES}?limit=101"))[0] == 400


async def test_who_reacted_is_told_in_pages_and_nobody_has_bursts(house: Any) -> None:
    await house.control("PUT", "limits/discord", {"factor": 0})
    said = await house.say("Rosa", "chat", "hello")
    for user in ("Rosa", "Kai", "Mia"):
        body = {"user": user, "message": said, "emoji": "👍"}
        await house.control("POST", "discord/react", body)
    await house.rest("PUT", f"{MESSAGES}/{said}/reactions/👍/@me")
    _, [shown], _ = await house.rest("GET", MESSAGES)
    [row] = shown["reactions"]
    assert (row["count"], row["me"], row["count_details"]["burst"]) == (4, True, 0)
    path, after, found = f"{MESSAGES}/{said}/reactions/👍?limit=3", "", []
    for size in (3, 1):
        _, users, _ = await house.rest("GET", path + after)
        assert len(users) == size
        found += [one["id"] for one in users]
        after = f"&after={users[-1]['id']}"
    assert found == sorted(found)
    assert (await house.rest("GET", f"{MESSAGES}/{said}/reactions/👍?type=1"))[1] == []


async def test_a_webhooks_message_names_the_application_and_another_bots_its_own(
    house: Any,
) -> None:
    _, hook, _ = await house.rest("POST", f"/channels/{CHAT}/webhooks", {"name": "Pinthread"})
    path = f"/webhooks/{hook['id']}/{hook['token']}?wait=true"
    _, sent, _ = await house.rest("POST", path, {"content": "x"}, auth=False)
    await house.rest("DELETE", f"/webhooks/{hook['id']}")
    await house.say("Rosa", "chat", "", app={"name": "Dice", "text": "6"})
    _, [rolled, mine], _ = await house.rest("GET", MESSAGES)
    assert mine["id"] == sent["id"]
    assert mine["application_id"] == hook["application_id"]
    assert rolled["application_id"] not in (None, hook["application_id"])


async def test_invalid_requests_are_counted_and_too_many_end_in_a_ban(house: Any) -> None:
    await house.control("PUT", "discord/invalid", {"limit": 5})
    await house.fault(f"GET {MESSAGES}".replace(CHAT, "{id}"), "ratelimit", retry_after=0)
    await house.fault(
        f"GET {MESSAGES}".replace(CHAT, "{id}"), "ratelimit", retry_after=0, scope="shared"
    )
    assert [(await house.rest("GET", MESSAGES))[0] for _ in range(2)] == [429, 429]
    assert (await house.rest("GET", "/channels/1"))[0] == 404
    assert (await house.rest("GET", MESSAGES, auth=False))[0] == 401
    hidden = "/channels/930000000000000003/messages"
    assert [(await house.rest("GET", hidden))[0] for _ in range(2)] == [403, 403]
    told = await house.control("GET", "discord/invalid")
    assert told == {"count": 4, "most": 4, "limit": 5, "banned": False}
    assert (await house.rest("GET", hidden))[0] == 403
    status, body, headers = await house.rest("GET", MESSAGES)
    assert (status, body) == (429, None)
    assert "Via" not in headers
    assert (await house.control("GET", "discord/invalid"))["banned"]
    await house.control("POST", "reset")
    assert (await house.rest("GET", MESSAGES))[0] == 200


def test_a_ban_ends_ten_minutes_after_the_last_request() -> None:
    now = [0.0]
    invalid = Invalid(lambda: now[0])
    invalid.limit = 3
    for second in (0.0, 100.0, 601.0, 610.0):
        now[0] = second
        invalid.note(403, None)
    assert invalid.banned
    now[0] = 1000.0
    invalid.note(429, None)
    now[0] = 1599.0
    assert invalid.banned, "requests meanwhile have made it longer"
    now[0] = 1600.0
    assert (invalid.banned, invalid.count, invalid.most) == (False, 0, 3)
