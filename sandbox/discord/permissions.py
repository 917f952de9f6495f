"""Who may do what where: roles, channel overwrites, and the bits of Discord's permissions.

Everybody has the everyday rights; the bot has what its invitation granted it on top. A thread
has the rights of its channel.
"""

from sandbox.discord import world
from sandbox.discord.answers import no_access, no_permission
from sandbox.discord.state import DM, VIEW_CHANNEL, Channel, State

ADD_REACTIONS = 1 << 6
SEND = 1 << 11
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_HISTORY = 1 << 16
USE_EXTERNAL_EMOJIS = 1 << 18
MANAGE_WEBHOOKS = 1 << 29
USE_COMMANDS = 1 << 31
MANAGE_THREADS = 1 << 34
CREATE_THREADS = 1 << 35
SEND_IN_THREADS = 1 << 38
MANAGE_CHANNELS = 1 << 4

#: What everybody may do.
EVERYONE = (
    VIEW_CHANNEL
    | SEND
    | READ_HISTORY
    | ADD_REACTIONS
    | EMBED_LINKS
    | ATTACH_FILES
    | USE_EXTERNAL_EMOJIS
    | USE_COMMANDS
    | CREATE_THREADS
    | SEND_IN_THREADS
)
#: The permission number that the documentation names for the bot's invitation.
GRANTED = 326954773568
ALL = (1 << 53) - 1


def granted(state: State) -> int:
    """What the bot's own role holds at present."""
    kept = state.settings.get("permissions")
    return GRANTED if kept is None else int(kept)


def permissions(state: State, user: str, channel: Channel) -> int:
    """The rights of the bot or of a person in a channel or thread."""
    if channel.type == DM:
        return EVERYONE if user in (world.BOT, channel.recipient) else 0
    if user == world.OWNER:
        return ALL
    if user == world.BOT and state.settings["away"]:
        return 0
    held = EVERYONE | (granted(state) if user == world.BOT else 0)
    place = state.channels.get(channel.parent or "", channel)
    # Everybody's rule, then those of all roles together, then the person's own.
    for subjects in ((world.GUILD,), state.roles_of(user), (user,)):
        rules = [rule for rule in place.overwrites if rule["id"] in subjects]
        for rule in rules:
            held &= ~int(rule["deny"])
        for rule in rules:
            held |= int(rule["allow"])
    return held if held & VIEW_CHANNEL else 0


def require(state: State, channel: Channel, *rights: int) -> None:
    """Refuse what the bot may not do in the channel: 50001 unseen, 50013 not granted."""
    held = permissions(state, world.BOT, channel)
    if not held:
        raise no_access()
    if any(not held & right for right in rights):
        raise no_permission()


def sees(state: State, user: str, channel: Channel) -> bool:
    """Whether the bot or the person can see the channel."""
    return bool(permissions(state, user, channel) & VIEW_CHANNEL)
