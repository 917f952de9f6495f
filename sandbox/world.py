"""The fixed people, places, ids and secrets that the sandbox starts with.

The same table as in docs/sandbox.md, so that a configuration file can name them. Nothing here
is secret: the sandbox only listens where it is told to.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can act in one of the places; `handle` is what others type after an @."""

    id: str
    name: str
    handle: str


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """A place in the Slack workspace; `kind` is the channel_type of its message events."""

    id: str
    name: str
    kind: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DiscordChannel:
    """A place in the Discord server; `type` is Discord's number (0 text, 15 forum).

    `hidden` from the bot; with a `role` only who holds it, and the bot, see the channel.
    """

    id: str
    name: str
    type: int
    hidden: bool = False
    role: str = ""


@dataclass(frozen=True, slots=True)
class DiscordRole:
    """A role of the Discord server and who holds it at first."""

    id: str
    name: str
    members: tuple[str, ...]


SLACK_TEAM = "T0NORTHWIND"
SLACK_TEAM_NAME = "Northwind Home"
SLACK_DOMAIN = "northwind-home"
SLACK_APP = "A0PINTHREAD"
SLACK_BOT_USER = "U0PINTHREAD"
SLACK_BOT = "B0PINTHREAD"
SLACK_BOT_NAME = "Pinthread"
SLACK_BOT_TOKEN = "xoxb-sandbox-bot"
SLACK_APP_TOKEN = "xapp-sandbox-app"
SLACK_SIGNING_SECRET = "sandbox-signing-secret"

SLACK_PEOPLE = (
    Person("U0ADA", "Ada Lind", "ada"),
    Person("U0BO", "Bo Reyes", "bo"),
    Person("U0CLEO", "Cleo Park", "cleo"),
)
_STAFF = tuple(person.id for person in SLACK_PEOPLE)
#: User groups: id and handle.
SLACK_GROUPS = (("S0DESIGN", "design"),)
SLACK_CHANNELS = (
    SlackChannel("C0INBOX", "pin-inbox", "group", (SLACK_BOT_USER, *_STAFF)),
    SlackChannel("C0GENERAL", "general", "channel", (SLACK_BOT_USER, *_STAFF)),
    SlackChannel("C0QUIET", "no-bot", "channel", _STAFF),
    SlackChannel("D0ADA", "", "im", (SLACK_BOT_USER, "U0ADA")),
    SlackChannel("D0BO", "", "im", (SLACK_BOT_USER, "U0BO")),
    SlackChannel("D0CLEO", "", "im", (SLACK_BOT_USER, "U0CLEO")),
)

DISCORD_BOT = "900000000000000001"
DISCORD_BOT_NAME = "Pinthread"
DISCORD_TOKEN = "sandbox-discord-token"
DISCORD_GUILD = "910000000000000001"
DISCORD_GUILD_NAME = "Friday Makers"

DISCORD_PEOPLE = (
    Person("920000000000000001", "Rosa", "rosa"),
    Person("920000000000000002", "Kai", "kai"),
    Person("920000000000000003", "Mia", "mia"),
    Person("920000000000000004", "Noor", "noor"),
    *(Person(f"9200000000000000{10 + n}", f"Guest {n}", f"guest{n}") for n in range(1, 11)),
)
DISCORD_CHANNELS = (
    DiscordChannel("930000000000000001", "plans", 15),
    DiscordChannel("930000000000000002", "chat", 0),
    DiscordChannel("930000000000000003", "no-bot", 0, hidden=True),
    DiscordChannel("930000000000000004", "northwind-staff", 0, role="940000000000000002"),
)
DISCORD_ROLES = (DiscordRole("940000000000000002", "Northwind staff", ("920000000000000004",)),)
