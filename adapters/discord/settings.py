"""The Discord section of the configuration, and what the bot needs to be given there.

`limits_factor` multiplies the documented rate limits that budgets start from: a
compatible server without limits takes a large one. What answers say replaces them.
"""

import msgspec

PERMISSIONS = 326_954_773_568
"""View, send, embed, attach, read history, external emojis, manage webhooks, manage threads,
create public threads, send in threads, add reactions, manage messages."""

INTENTS = 46_625
"""Guilds, webhooks, messages, reactions, the last two in direct messages too, message content
(privileged)."""

USER_AGENT = "DiscordBot (https://github.com/pinthread/pinthread, 0.1.0)"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where Discord is, and as whom."""

    token: str = ""
    """The bot's token. Without one the Discord side stays off."""
    api_url: str = "https://discord.com/api/v10"
    gateway_url: str = "wss://gateway.discord.gg/"
    cdn_url: str = "https://cdn.discordapp.com"
    limits_factor: float = 1.0
    sync_commands: bool = True
    """At start, register the commands at Discord if they differ from ours there."""
    timeout: float = 15.0
    """Seconds that one call may take."""
    patience: float = 1.5
    """Seconds before somebody who waits for an answer is told that it takes longer."""
    deaf_after: float = 60.0
    """Seconds without any event after a post of ours: the connection is then made anew."""

    def __repr__(self) -> str:
        """Tells no token."""
        return f"discord.Settings(api_url={self.api_url!r})"
