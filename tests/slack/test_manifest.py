"""The app manifest: inside Slack's limits, and the same scopes that the code relies on."""

from pathlib import Path
from typing import Any

import pytest
import yaml

import adapters.slack
from adapters.slack import shortcuts
from adapters.slack.entrance import PATH
from adapters.slack.preflight import SCOPES
from sandbox.slack.gestures import SHORTCUTS


@pytest.fixture
def manifest() -> dict[str, Any]:
    text = (Path(adapters.slack.__file__).parent / "manifest.yaml").read_text()
    return dict(yaml.safe_load(text))


def test_it_stays_inside_the_limits(manifest: dict[str, Any]) -> None:
    info = manifest["display_information"]
    assert len(info["name"]) <= 35
    assert len(info["description"]) <= 140
    commands = manifest["features"]["slash_commands"]
    assert len(commands) <= 50
    assert all(len(command["command"]) <= 32 for command in commands)
    assert len(manifest["settings"]["event_subscriptions"]["bot_events"]) <= 100
    assert len(manifest["oauth_config"]["scopes"]["bot"]) <= 255


def test_its_scopes_are_those_of_the_code(manifest: dict[str, Any]) -> None:
    assert manifest["oauth_config"]["scopes"]["bot"] == list(SCOPES)


def test_each_event_has_the_scope_it_needs(manifest: dict[str, Any]) -> None:
    needs = {
        "message.channels": "channels:history",
        "message.groups": "groups:history",
        "message.im": "im:history",
        "reaction_added": "reactions:read",
        "reaction_removed": "reactions:read",
        "user_change": "users:read",
        "emoji_changed": "emoji:read",
        "channel_archive": "channels:read",
        "channel_deleted": "channels:read",
        "channel_id_changed": "channels:read",
        "channel_left": "channels:read",
        "channel_rename": "channels:read",
        "channel_shared": "channels:read",
        "channel_unarchive": "channels:read",
        "channel_unshared": "channels:read",
        "group_archive": "groups:read",
        "group_deleted": "groups:read",
        "group_left": "groups:read",
        "group_rename": "groups:read",
        "group_unarchive": "groups:read",
        "member_joined_channel": "channels:read",
        "member_left_channel": "channels:read",
    }
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert set(events) == {*needs, "app_home_opened", "app_uninstalled", "tokens_revoked"}
    assert {needs[event] for event in needs} <= set(SCOPES)


def test_its_shortcuts_are_those_of_the_code_and_of_the_sandbox(manifest: dict[str, Any]) -> None:
    found = manifest["features"]["shortcuts"]
    named: dict[str, dict[str, str]] = {"message": {}, "global": {}}
    for one in found:
        named[one["type"]][one["callback_id"]] = one["name"]
        assert len(one["name"]) <= 24
        assert len(one["description"]) <= 150
    assert named == SHORTCUTS
    ours = {shortcuts.REPLY, shortcuts.NOTE, shortcuts.SEND_THIS, shortcuts.START, shortcuts.INBOX}
    assert {one["callback_id"] for one in found} == ours
    assert all(len(kind) <= 5 for kind in named.values())


def test_people_can_talk_to_it_and_use_its_command(manifest: dict[str, Any]) -> None:
    features = manifest["features"]
    assert features["app_home"]["home_tab_enabled"] is True
    assert features["app_home"]["messages_tab_enabled"] is True
    assert features["app_home"]["messages_tab_read_only_enabled"] is False
    (command,) = features["slash_commands"]
    assert (command["command"], command["should_escape"]) == ("/pin", True)
    assert manifest["settings"]["interactivity"]["is_enabled"] is True
    assert manifest["settings"]["socket_mode_enabled"] is True


def test_its_addresses_are_where_the_entrance_listens() -> None:
    text = (Path(adapters.slack.__file__).parent / "manifest.yaml").read_text()
    assert text.count(f"https://<your host>{PATH}") == 4
