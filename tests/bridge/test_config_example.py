"""The example configuration file and the sandbox's: whole, true and loadable."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from bridge.config import Brand, Config, InboxChannel, KnownPerson, PersonChannel, parse
from core.verbs import BY_NAME
from web.settings import Demo

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = (ROOT / "config.example.yaml").read_text()
WRITTEN = yaml.safe_load(EXAMPLE)
SECRETS = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "DISCORD_TOKEN": "t"}
SECTIONS = [
    field for field in msgspec.structs.fields(Config) if field.name not in ("brands", "people")
]


def struct_of(section: str) -> type[msgspec.Struct]:
    found = parse(EXAMPLE, SECRETS)
    return type(getattr(found, section))


def test_the_commands_that_the_comments_name_exist() -> None:
    named = re.findall(r"`/pin (\w+)", EXAMPLE)
    assert named
    assert set(named) <= set(BY_NAME)


def test_the_example_loads() -> None:
    config = parse(EXAMPLE, SECRETS)
    assert config.slack
    assert config.slack.bot_token == "xoxb-1"
    assert len(config.bindings()) == 2


@pytest.mark.parametrize("section", [field.name for field in SECTIONS])
def test_every_key_of_a_section_stands_there_with_its_default(section: str) -> None:
    written: dict[str, Any] = WRITTEN[section]
    fields = msgspec.structs.fields(struct_of(section))
    assert set(written) == {field.name for field in fields}
    for field in fields:
        value = written[field.name]
        secret = isinstance(value, str) and value.startswith("${")
        if not secret:
            assert value == field.default, f"{section}.{field.name}"
        else:
            assert field.default in ("", msgspec.NODEFAULT), f"{section}.{field.name}"


@pytest.mark.parametrize(
    ("written", "struct"),
    [
        (WRITTEN, Config),
        (WRITTEN["brands"][0], Brand),
        (WRITTEN["brands"][0]["channels"][0], InboxChannel),
        (WRITTEN["people"][0], KnownPerson),
        (WRITTEN["people"][0]["channels"][0], PersonChannel),
    ],
)
def test_every_key_of_an_entry_stands_there(
    written: dict[str, Any], struct: type[msgspec.Struct]
) -> None:
    assert set(written) == {field.name for field in msgspec.structs.fields(struct)}


def test_every_key_has_a_comment_before_it() -> None:
    lines = [line.strip() for line in EXAMPLE.splitlines()]
    keys = [n for n, line in enumerate(lines) if line and not line.startswith(("#", "- #"))]
    assert [lines[n] for n in keys if not lines[n - 1].lstrip("- ").startswith("#")] == []


def test_the_demo_keys_are_shown_as_they_are_written() -> None:
    shown = next(line for line in EXAMPLE.splitlines() if "# {people:" in line)
    written = yaml.safe_load(shown.strip().lstrip("# ").rstrip("."))
    assert set(written) == {field.name for field in msgspec.structs.fields(Demo)}


def test_the_sandboxs_configuration_loads() -> None:
    text = (ROOT / "sandbox" / "pinthread.yaml").read_text()
    environment = {
        "SANDBOX_URL": "http://127.0.0.1:8765",
        "SANDBOX_WS_URL": "ws://127.0.0.1:8765",
        "PINTHREAD_WEB": "127.0.0.1:8080",
        "PINTHREAD_DATA": "/tmp/data",
    }
    config = parse(text, environment)
    assert config.slack
    assert config.discord
    assert config.discord.gateway_url == "ws://127.0.0.1:8765/discord/gateway"
    assert config.web.demo
    assert (config.web.demo.people, config.web.demo.origin) == (("mia",), "http://127.0.0.1:8765")
    assert config.store.path == Path("/tmp/data/demo.sqlite")
    assert [a.handle for a, _ in config.accounts()] == ["northwind", "mia", "rosa", "kai"]
