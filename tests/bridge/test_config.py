"""The configuration file: what it gives, and the one line that says what is wrong with it."""

from pathlib import Path

import pytest

from bridge.config import Config, account_id, load, parse
from bridge.failures import ConfigError
from bridge.intake.standing import role_of
from core.intents import Person
from core.model import AccountKind, BindingKind, Identity, Place, Profile, Role

SLACK = "slack: {bot_token: xoxb-1, app_token: xapp-1}\n"
DISCORD = "discord: {token: secret-token}\n"
BRAND = """
brands:
  - handle: northwind
    name: Northwind Home
    channels:
      - {platform: slack, workspace: T0, channel: C0, label: "#pin-inbox"}
"""
PERSON = """
people:
  - handle: mia
    name: Mia
    identities: [{platform: discord, user: "92"}]
    channels: [{platform: discord, workspace: "91", channel: "93"}]
"""


def wrong(text: str, **environment: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, environment)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_an_empty_file_is_all_defaults() -> None:
    config = parse("", {})
    assert config == Config()
    assert config.slack is None
    assert config.store.path == Path("data/pinthread.sqlite")
    assert config.accounts() == ()
    assert config.bindings() == ()


def test_brands_and_people_become_accounts_and_bindings() -> None:
    config = parse(SLACK + DISCORD + BRAND + PERSON, {})
    (brand, none), (person, identities) = config.accounts()
    assert (brand.kind, brand.handle, none) == (AccountKind.BRAND, "northwind", ())
    assert (person.kind, person.name) == (AccountKind.PERSON, "Mia")
    assert identities == (Identity("discord", "", "92"),)
    inbox, project = config.bindings()
    assert (inbox.account, inbox.kind, inbox.label) == (brand.id, BindingKind.INBOX, "#pin-inbox")
    assert inbox.place == Place("slack", "T0", "C0")
    assert (project.account, project.kind) == (person.id, BindingKind.PROJECT)
    assert len({inbox.id, project.id}) == 2


def test_nobody_acts_for_a_brand_that_was_taken_out_of_the_file() -> None:
    """The role that its agents hold is not known any more: anybody there would read its notes."""
    bo = Person(Identity("discord", "91", "7"), Profile("Bo"))
    with_it, without = parse(SLACK + BRAND, {}).who_may(), parse(SLACK, {}).who_may()
    brand = account_id("northwind")
    assert role_of(with_it.of(brand), None, bo) is Role.VIEWER
    assert role_of(with_it.of(brand), Role.OWNER, bo) is Role.OWNER
    assert role_of(without.of(brand), None, bo) is None
    assert role_of(without.of(brand), Role.OWNER, bo) is None


def test_the_environment_fills_strings() -> None:
    config = parse(
        "slack: {bot_token: '${BOT}', app_token: 'xapp-${APP}'}", {"BOT": "xoxb-2", "APP": "3"}
    )
    assert config.slack
    assert (config.slack.bot_token, config.slack.app_token) == ("xoxb-2", "xapp-3")


def test_what_comes_from_the_environment_is_not_read_as_yaml() -> None:
    config = parse("slack: {bot_token: '${BOT}', app_token: x}", {"BOT": "a: [b"})
    assert config.slack
    assert config.slack.bot_token == "a: [b"


@pytest.mark.parametrize("environment", [{}, {"BOT": ""}], ids=["unset", "empty"])
def test_a_missing_variable_is_named_with_its_key(environment: dict[str, str]) -> None:
    sentence = wrong("slack: {bot_token: '${BOT}'}", **environment)
    assert sentence == "slack.bot_token needs the environment variable BOT, which is not set."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("slak: {}", "slak is not a key here; did you mean slack?"),
        (
            "discord: {token: x, gatway_url: y}",
            "discord.gatway_url is not a key here; did you mean gateway_url?",
        ),
        (
            BRAND.replace("label", "lable"),
            "brands[0].channels[0].lable is not a key here; did you mean label?",
        ),
        ("log: {qqq: 1}", "log.qqq is not a key here; known are level, format."),
        (
            "log: {level: loud}",
            "log.level is 'loud'; it must be one of debug, info, warning, error.",
        ),
        ("store: {url: 5}", "store.url must be text, not a whole number. Put it in quotes."),
        (
            PERSON.replace('channel: "93"', "channel: 93"),
            "people[0].channels[0].channel must be text, not a whole number. Put it in quotes.",
        ),
        ("delivery: {settle: soon}", "delivery.settle must be a number, not text."),
        ("delivery: {settle: -1}", "delivery.settle must be >= 0.0."),
        ("catch_up: {window_hours: long}", "catch_up.window_hours must be a number, not text."),
        ("catch_up: {window_hours: -1}", "catch_up.window_hours must be >= 0.0."),
        ("catch_up: {overlap_seconds: -1}", "catch_up.overlap_seconds must be >= 0.0."),
        ("catch_up: {every_minutes: -5}", "catch_up.every_minutes must be >= 0.0."),
        ("brands: {}", "brands must be a list, not keys and values."),
        ("slack: xoxb-1", "slack must be keys and values or nothing, not text."),
        ("brands: [{name: N}]", "brands[0].handle is missing."),
        ("slack: {app_token: x}", "slack.bot_token is missing."),
        ("slack: {bot_token: x}", "slack.app_token is missing."),
        ("slack: {bot_token: x, mode: http}", "slack.signing_secret is missing."),
        ("discord: {}", "discord.token is missing."),
        (
            "store: {url: postgres://x}",
            "store.url must be sqlite:/// and a path, such as sqlite:///data/x.sqlite.",
        ),
        ("web: {listen: nowhere}", "web.listen must look like 127.0.0.1:8080."),
        ("- a", "config must hold keys such as `slack:` at its top level."),
        ("slack:\n  a: [", "config, line 2: expected the node content, but found '<stream end>'."),
        ("log: {}\nlog: {}", "`log` stands twice in line 2 and before."),
        ("? [a]\n: b", "Line 1: a key must be a word."),
        ("a: \x07", "config is not YAML: it holds a character that YAML forbids."),
        ("a: b\n1: 2", "Line 2: a key must be a word."),
        (BRAND, "brands[0].channels[0].platform is slack, but there is no `slack:` section."),
        (SLACK + BRAND.replace("T0", '""'), "brands[0].channels[0].workspace is empty."),
        (BRAND.replace("Northwind Home", '" "'), "brands[0].name is empty."),
        (
            BRAND.replace("handle: northwind", "handle: '@Northwind'"),
            "brands[0].handle is '@Northwind'; a handle has 2 to 32 small letters, digits, _ . or"
            " -, and begins with a letter or digit.",
        ),
        (
            DISCORD + PERSON + "  - {handle: mia, name: Mia}",
            "people[1].handle: @mia stands at people[0].handle already.",
        ),
        (
            SLACK + BRAND + "      - {platform: slack, workspace: T0, channel: C0}",
            "brands[0].channels[1]: this channel stands at brands[0].channels[0] already.",
        ),
        (
            DISCORD
            + PERSON
            + "  - {handle: mi, name: M, identities: [{platform: discord, user: '92'}]}",
            "people[1].identities[0]: this login stands at people[0].identities[0] already.",
        ),
        (
            "people: [{handle: ada, name: Ada, identities: [{platform: slack, user: U0}]}]",
            "people[0].identities[0]: `workspace` is missing: a Slack user belongs to a team"
            " (T...).",
        ),
        (
            PERSON.replace("user:", "workspace: x, user:"),
            "people[0].identities[0]: `workspace` must be left out: a Discord user is the same"
            " everywhere.",
        ),
    ],
)
def test_one_line_says_what_is_wrong(text: str, sentence: str) -> None:
    assert wrong(text) == sentence


def test_no_secret_shows_when_a_configuration_is_printed() -> None:
    config = parse(SLACK + DISCORD + "pinterest: {token: pina-1}", {})
    assert str(config) == repr(config) == "Config(connected to slack, discord)"
    shown = f"{config.slack} {config.discord} {config.pinterest}"
    assert "Settings" in shown
    for secret in ("xoxb-1", "xapp-1", "secret-token", "pina-1"):
        assert secret not in shown


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing\.yaml cannot be read: No such file"):
        load(tmp_path / "nothing.yaml")


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"c\.yaml is not a text file"):
        load(tmp_path / "c.yaml")


def test_the_database_goes_into_the_data_folder_unless_the_file_says_otherwise(
    tmp_path: Path,
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("log: {}")
    assert load(file, tmp_path / "d").store.path == tmp_path / "d" / "pinthread.sqlite"
    file.write_text("store: {url: 'sqlite:///elsewhere.sqlite'}")
    assert load(file, tmp_path / "d").store.path == Path("elsewhere.sqlite")
