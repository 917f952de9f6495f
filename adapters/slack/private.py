"""What a form of ours remembers between its opening and its submission. Pure.

It travels in the view's `private_metadata`, so nothing is kept here. Only the person whose
form it is gets it back; whatever it names is checked again when it is submitted.
"""

import json
from dataclasses import dataclass, fields

from adapters.slack.marks import Payload

MOST = 3_000


@dataclass(frozen=True, slots=True)
class Private:
    """The office's `action` and `value`, and where the form was opened.

    `channel` is Slack's; `thread` and `message` name remote ones. `answer` is the address
    for answers.
    """

    action: str = ""
    value: str = ""
    channel: str = ""
    thread: str = ""
    message: str = ""
    answer: str = ""

    def text(self) -> str:
        kept = {one.name: held for one in fields(self) if (held := getattr(self, one.name))}
        return json.dumps(kept)[:MOST]


def private_of(view: Payload) -> Private:
    """What a view of ours remembers; nothing where there is none."""
    try:
        found = json.loads(view.get("private_metadata") or "{}")
    except ValueError:
        return Private()
    return Private(
        **{one.name: str(found[one.name]) for one in fields(Private) if one.name in found}
    )
