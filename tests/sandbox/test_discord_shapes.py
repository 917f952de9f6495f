"""What the sandbox answers fits the published description of Discord's API."""

import json
from pathlib import Path
from typing import Any

import pytest

jsonschema = pytest.importorskip("jsonschema")

SPEC = Path(__file__).resolve().parents[3] / "shared" / "specs" / "discord-openapi.json"
APP, GUILD = "900000000000000001", "910000000000000001"
FORUM, CHAT, ROSA = "930000000000000001", "930000000000000002", "920000000000000001"

pytestmark = pytest.mark.skipif(not SPEC.exists(), reason=f"{SPEC} is not there")


@pytest.fixture(scope="module")
def spec() -> Any:
    return json.loads(SPEC.read_text())


def problems(spec: Any, method: str, path: str, status: int, body: Any) -> list[str]:
    """What is wrong with an answer, by its place in it."""
    operation = spec["paths"][path][method.lower()]
    schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
    checker = jsonschema.Draft202012Validator({**schema, "components": spec["components"]})
    return [f"{error.json_path}: {error.message[:300]}" for error in checker.iter_errors(body)]


async def test_every_answer_fits_the_description(house: Any, spec: Any) -> None:
    wrong: dict[str, list[str]] = {}

    async def check(method: str, path: str, body: Any = None, query: str = "", **ids: str) -> Any:
        told_path = path
        for key, value in ids.items():
            told_path = told_path.replace("{" + key + "}", value)
        status, told, _ = await house.rest(method, told_path + query, body)
        assert status < 400, (method, path, told)
        if status != 204:
            found = problems(spec, method, path, status, told)
            if found:
                wrong[f"{method} {path}"] = found
        return told

    house.kernel.limit_factor["discord"] = 0
    await house.say("Rosa", CHAT, f"hello <@{APP}>")
    await check("GET", "/users/@me")
    await check("GET", "/users/{user_id}", user_id=ROSA)
    await check("GET", "/applications/@me")
    await check("GET", "/oauth2/applications/@me")
    await check("GET", "/gateway")
    await check("GET", "/gateway/bot")
    await check("GET", "/guilds/{guild_id}", guild_id=GUILD)
    await check("GET", "/guilds/{guild_id}/channels", guild_id=GUILD)
    await check("GET", "/guilds/{guild_id}/roles", guild_id=GUILD)
    await check("GET", "/guilds/{guild_id}/members/{user_id}", guild_id=GUILD, user_id=ROSA)
    search = "/guilds/{guild_id}/members/search"
    await check("GET", search, query="?query=ro", guild_id=GUILD)
    await check("POST", "/users/@me/channels", {"recipient_id": ROSA})
    await check("GET", "/channels/{channel_id}", channel_id=CHAT)
    await check("GET", "/channels/{channel_id}", channel_id=FORUM)

    messages = "/channels/{channel_id}/messages"
    row = {
        "type": 1,
        "components": [
            {"type": 2, "style": 1, "label": "Reply", "custom_id": "a"},
            {"type": 2, "style": 5, "label": "Open", "url": "https://x.y"},
        ],
    }
    embed = {
        "title": "Oak desk",
        "url": "https://x.y",
        "color": 255,
        "image": {"url": "https://x.y/a.png"},
        "author": {"name": "Rosa"},
        "footer": {"text": "f"},
        "fields": [{"name": "n", "value": "v"}],
    }
    body = {"content": "card", "embeds": [embed], "components": [row], "nonce": "n"}
    card = await check("POST", messages, body, channel_id=CHAT)
    one = {"channel_id": CHAT, "message_id": card["id"]}
    reply = {"content": "re", "message_reference": {"message_id": card["id"]}}
    await check("POST", messages, reply, channel_id=CHAT)
    mine = messages + "/{message_id}/reactions/{emoji_name}/@me"
    await check("PUT", mine, emoji_name="👍", **one)
    users = messages + "/{message_id}/reactions/{emoji_name}"
    await check("GET", users, emoji_name="👍", **one)
    await check("PATCH", messages + "/{message_id}", {"content": "card 2"}, **one)
    thread = await check("POST", messages + "/{message_id}/threads", {"name": "t"}, **one)
    await check("GET", messages + "/{message_id}", **one)
    await check("GET", messages, channel_id=CHAT)
    await check("GET", messages, channel_id=thread["id"])
    post = {"name": "post", "message": {"content": "first"}}
    await check("POST", "/channels/{channel_id}/threads", post, channel_id=FORUM)
    alone = {"name": "alone", "type": 11}
    made = await check("POST", "/channels/{channel_id}/threads", alone, channel_id=CHAT)
    await check("PATCH", "/channels/{channel_id}", {"archived": True}, channel_id=made["id"])
    archived = "/channels/{channel_id}/threads/archived/public"
    await check("GET", archived, channel_id=CHAT)
    await check("GET", "/guilds/{guild_id}/threads/active", guild_id=GUILD)
    await check("GET", "/channels/{channel_id}/thread-members", channel_id=thread["id"])

    hooks = "/channels/{channel_id}/webhooks"
    hook = await check("POST", hooks, {"name": "Pinthread"}, channel_id=CHAT)
    await check("GET", hooks, channel_id=CHAT)
    ids = {"webhook_id": hook["id"], "webhook_token": hook["token"]}
    await check("GET", "/webhooks/{webhook_id}", webhook_id=hook["id"])
    tokened = "/webhooks/{webhook_id}/{webhook_token}"
    await check("GET", tokened, **ids)
    said = {"content": "hi", "username": "Ada", "avatar_url": "https://x.y/a.png"}
    sent = await check("POST", tokened, said, query="?wait=true", **ids)
    place = tokened + "/messages/{message_id}"
    await check("PATCH", place, {"content": "hi 2"}, message_id=sent["id"], **ids)
    await check("GET", place, message_id=sent["id"], **ids)

    commands = "/applications/{application_id}/commands"
    option = {"type": 3, "name": "a", "description": "d", "autocomplete": True}
    group = {"type": 1, "name": "send", "description": "d", "options": [option]}
    pin = {"name": "pin", "description": "d", "options": [group]}
    await check("PUT", commands, [pin, {"name": "Quote", "type": 3}], application_id=APP)
    await check("GET", commands, application_id=APP)
    await check("POST", commands, {"name": "other", "description": "d"}, application_id=APP)
    assert not wrong, json.dumps(wrong, indent=1)
