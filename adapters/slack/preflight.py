"""`pinthread check` for Slack: tokens, scopes, Socket Mode and the bound channels.

Makes its own short-lived session, so that it works without `start`. Each failure
names its remedy; no token is shown.
"""

from collections.abc import Sequence

from adapters.slack.api import Api
from adapters.slack.settings import Settings
from core.delivery import Failure
from core.model import Place
from core.ports.adapter import Finding

SCOPES = (
    "channels:history",
    "channels:read",
    "chat:write",
    "chat:write.customize",
    "commands",
    "emoji:read",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "reactions:read",
    "reactions:write",
    "usergroups:read",
    "users:read",
)
"""The bot scopes of `manifest.yaml`; a test compares the two."""

_OPTIONAL = {
    "chat:write.customize": "Posts then show the app's name, with the author before.",
    "usergroups:read": "User groups that are mentioned then read @group elsewhere.",
}

_INSTALL = "Install the app again and copy its bot token (xoxb-) to slack.bot_token."
_AGAIN = "Look at slack.api_url and the network, then run the check again."
_INVITE = "Invite the app there: /invite @Pinthread."


async def preflight(settings: Settings, places: Sequence[Place]) -> tuple[Finding, ...]:
    api = Api(settings, lambda _: None)
    await api.open()
    try:
        auth = await api.auth()
        if isinstance(auth, Failure):
            remedy = auth.remedy or (_AGAIN if auth.kind.value == "transient" else _INSTALL)
            return (Finding(False, f"Slack bot token: {auth.code}", remedy),)
        who, scopes = auth
        team = str(who.get("team_id", ""))
        findings = [Finding(True, f"Slack bot token: workspace {who.get('team')} ({team})")]
        findings += _scopes(scopes)
        findings += await _entrance(settings, api)
        for place in places:
            findings.append(await _place(api, place, team))
        return tuple(findings)
    finally:
        await api.close()


def _scopes(held: frozenset[str] | None) -> list[Finding]:
    if held is None:
        return [Finding(True, "Slack scopes: the server does not name them")]
    missing = [scope for scope in SCOPES if scope not in held]
    if not missing:
        return [Finding(True, "Slack scopes: all granted")]
    remedy = "Paste adapters/slack/manifest.yaml into the app's manifest and install it again."
    return [
        Finding(
            False, f"Slack scope {scope}: missing", f"{remedy} {_OPTIONAL.get(scope, '')}".strip()
        )
        for scope in missing
    ]


async def _entrance(settings: Settings, api: Api) -> list[Finding]:
    if settings.mode == "http":
        ok = bool(settings.signing_secret.strip())
        remedy = "" if ok else "Copy the Signing Secret from Basic Information."
        return [Finding(ok, "Slack signing secret: " + ("set" if ok else "missing"), remedy)]
    answer = await api.write("apps.connections.open", {"token": settings.app_token})
    if isinstance(answer, Failure):
        remedy = (
            "Make an app-level token with connections:write, put it into slack.app_token, "
            "and switch Socket Mode on."
        )
        return [Finding(False, f"Slack Socket Mode: {answer.code}", remedy)]
    return [Finding(True, "Slack Socket Mode: can connect")]


async def _place(api: Api, place: Place, team: str) -> Finding:
    what = f"Slack channel {place.channel}"
    if place.workspace != team:
        return Finding(
            False, f"{what}: in workspace {place.workspace}", "Bind a channel of this workspace."
        )
    if place.channel.startswith("user:"):
        user = place.channel.removeprefix("user:")
        answer = await api.read("users.info", user=user)
        if isinstance(answer, Failure):
            return Finding(False, f"Slack person {user}: {answer.code}", "Check the user id.")
        return Finding(True, f"Slack person {user}: can be written to")
    answer = await api.read("conversations.info", channel=place.channel)
    if isinstance(answer, Failure):
        return Finding(False, f"{what}: {answer.code}", answer.remedy or _INVITE)
    channel = answer.get("channel") or {}
    if channel.get("is_archived"):
        return Finding(False, f"{what}: archived", "Unarchive the channel, or bind another one.")
    if not channel.get("is_member") and not channel.get("is_im"):
        return Finding(False, f"{what}: the app is not in it", _INVITE)
    readers = ""
    if channel.get("is_ext_shared"):
        readers = "; it is shared, so nobody acts for a brand by being in it"
    elif channel.get("is_channel") and not channel.get("is_private"):
        readers = "; it is public, so nobody acts for a brand by being in it"
    return Finding(True, f"{what}: #{channel.get('name', '')} can be read and written{readers}")
