"""An event on its way: its outer form, and what is remembered of its attempts."""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sandbox import world

#: The verification token, which Slack still sends and nobody should use.
TOKEN = "sandbox-verification-token"


@dataclass(slots=True, eq=False)
class Delivery:
    """One event on its way; `attempt` counts the ones that have failed."""

    id: str
    body: bytes
    created: float
    attempt: int = 0
    reason: str = ""
    due: float = field(default_factory=time.monotonic)
    dropped: bool = False

    def doc(self) -> dict[str, Any]:
        """What the disk keeps of it."""
        return {"body": self.body.decode(), "created": self.created, "attempt": self.attempt}


def callback(
    event: dict[str, Any], event_id: str = "", more: dict[str, Any] | None = None
) -> Delivery:
    """An event in its outer form, ready to go."""
    event_id = event_id or f"Ev{uuid.uuid4().hex[:16].upper()}"
    now = time.time()
    payload = {
        "token": TOKEN,
        "team_id": world.SLACK_TEAM,
        "context_team_id": world.SLACK_TEAM,
        "context_enterprise_id": None,
        "api_app_id": world.SLACK_APP,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(now),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": world.SLACK_TEAM,
                "user_id": world.SLACK_BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event_id}",
        **(more or {}),
    }
    return Delivery(event_id, msgspec.json.encode(payload), now)


def limited(at: float) -> Delivery:
    """Says that events of the minute around `at` were left out, as there were too many."""
    payload = {
        "token": TOKEN,
        "type": "app_rate_limited",
        "team_id": world.SLACK_TEAM,
        "minute_rate_limited": int(at // 60 * 60),
        "api_app_id": world.SLACK_APP,
    }
    return Delivery(f"Ev{uuid.uuid4().hex[:16].upper()}", msgspec.json.encode(payload), time.time())
