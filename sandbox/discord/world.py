"""What the Discord side adds to the fixed world of `sandbox.world`: roles, tags, pictures.

Nothing here changes while the sandbox runs.
"""

from dataclasses import dataclass

from sandbox.world import (
    DISCORD_BOT,
    DISCORD_BOT_NAME,
    DISCORD_CHANNELS,
    DISCORD_GUILD,
    DISCORD_GUILD_NAME,
    DISCORD_PEOPLE,
    DISCORD_ROLES,
    DISCORD_TOKEN,
)

BOT = DISCORD_BOT
TOKEN = DISCORD_TOKEN
GUILD = DISCORD_GUILD
GUILD_NAME = DISCORD_GUILD_NAME
CHANNELS = DISCORD_CHANNELS
ROLES = DISCORD_ROLES
OWNER = DISCORD_PEOPLE[0].id
BOT_ROLE = "940000000000000001"
#: Every picture has the same hash: a person's picture never changes.
PICTURE = "5a4db0cc5a4db0cc5a4db0cc5a4db0cc"
#: When everyone joined.
SINCE = "2026-01-02T09:00:00.000000+00:00"
_COLOURS = ("#b5485d", "#2f7f86", "#8a5fb0", "#c07a2c")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the server; the colour is that of the drawn picture."""

    id: str
    username: str
    name: str
    colour: str


PEOPLE: tuple[Person, ...] = tuple(
    Person(one.id, one.handle, one.name, _COLOURS[n] if n < len(_COLOURS) else "#5d6f86")
    for n, one in enumerate(DISCORD_PEOPLE)
)
BOT_PERSON = Person(BOT, DISCORD_BOT_NAME.lower(), DISCORD_BOT_NAME, "#c8102e")

#: Another bot, which answers commands that people give it.
OTHER_BOT = "999000000000000001"

#: Tags of the forum: id and name.
TAGS: tuple[tuple[str, str], ...] = (
    ("950000000000000001", "idea"),
    ("950000000000000002", "decided"),
)
