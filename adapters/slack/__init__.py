"""Slack, as the program sees it.

`inbound.py`, `outbound.py`, `markup.py`, `commands.py` and `cards.py` are pure;
`entrance.py` and `links.py` take what Slack sends, `speech.py` what people say,
`listeners.py` answers commands and buttons, `api.py` makes calls, `adapter.py`
is the platform's port.
"""

from adapters.slack.adapter import SlackAdapter
from adapters.slack.settings import Settings

__all__ = ["Settings", "SlackAdapter"]
