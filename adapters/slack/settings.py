"""What can be set of the Slack adapter: the `slack` section of the configuration file."""

from typing import Literal

import msgspec


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The workspace is learnt from the token; nothing here names it."""

    bot_token: str
    """`xoxb-...`, from "OAuth & Permissions"."""
    mode: Literal["socket", "http"] = "socket"
    """`socket`: we call Slack, no public address needed. `http`: Slack calls `listen`."""
    app_token: str = ""
    """`xapp-...` with `connections:write`; for `socket`."""
    signing_secret: str = ""
    """From "Basic Information"; for `http`."""
    listen: str = "127.0.0.1:3000"
    """Where `/slack/events` is served in the mode `http`."""
    api_url: str = "https://slack.com/api/"
    links: int = 2
    """Socket Mode connections, 2 to 10: while Slack renews one, another is open."""
    call_timeout: float = 10.0
    """Seconds one call to Slack may take."""
    connect_timeout: float = 5.0
    limits_factor: float = 1.0
    """Multiplies Slack's documented rate limits, for compatible servers with other ones."""
    history_limit: int = 200
    """Messages in one read of a channel; 15 for distributed apps outside the Marketplace."""
    history_per_minute: int = 50
    """Reads of channels in a minute; 1 for distributed apps outside the Marketplace."""
    deaf_after: float = 60.0
    """Seconds without any event after a post of ours: then connections are opened anew."""
    author_names: bool | None = None
    """Post under people's names (needs `chat:write.customize`). Left out: as the token allows."""

    def __repr__(self) -> str:
        """Tells no token."""
        return f"slack.Settings(mode={self.mode!r}, api_url={self.api_url!r})"
