"""Slack, as the program sees it.

`inbound.py`, `outbound.py`, `cards.py`, `answers.py` and `sheets.py` are pure;
`entrance.py` and `links.py` take what Slack sends, `hearing.py` sorts it, `speech.py`
takes what people say, `front.py` and `shortcuts.py` take their gestures to the office,
`showing.py` and `home.py` show what it answers, `api.py` makes calls, `adapter.py` is
the platform's port.
"""

from adapters.slack.adapter import SlackAdapter
from adapters.slack.settings import Settings

__all__ = ["Settings", "SlackAdapter"]
