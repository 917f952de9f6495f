"""What a Discord answer that is not a success means for a delivery.

`Problem` is the answer as read; `failure` says what the lane should do about it.
Texts of answers are never kept or logged.
"""

from dataclasses import dataclass

from core.delivery import Failure, FailureKind

UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008
UNKNOWN_EMOJI = 10014
TOO_MANY_EMOJI = 30010
LOCKED = "discord_160005"
"""The failure of a write into a locked thread."""
DM_CLOSED = 50007
FILE_TOO_LARGE = 40005
ARCHIVED = 50083
VALIDATION = 50035
THREAD_EXISTS = 160004
TOKEN_REFUSED = 50014
GONE_WEBHOOK = frozenset({10015, 50027})
MISSING_PERMISSION = 50013
NOT_OURS = frozenset({50003, 50005, 50021})
"""The message is somebody else's, or the system's."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A call without success. `status` 0: no answer; then `certain` says it was not applied.

    `fields` are the names of refused fields (50035).
    """

    status: int
    code: int = 0
    certain: bool = True
    retry_after: float | None = None
    fields: frozenset[str] = frozenset()

    @property
    def name_refused(self) -> bool:
        return self.code == VALIDATION and "username" in self.fields


_SEND = "Give the bot View Channel, Send Messages and Send Messages in Threads there."
PLACES = {
    10003: "The channel or thread was deleted. Connect another one.",
    10004: "The bot is not in that server any more. Invite it again.",
    30007: "The channel has 15 webhooks, the most there can be. Delete one that is not used.",
    30058: "The server has 1,000 webhooks, the most there can be. Delete some.",
    40001: "The bot token was refused. Put a valid one into discord.token.",
    40058: "A forum takes posts only. Connect the channel again.",
    40067: "The forum asks for a tag on every post. Turn that off in its settings.",
    50001: "The bot cannot see the channel. Give it View Channel there.",
    50007: "The person takes no direct messages from the bot. They can allow them in the "
    "server's privacy settings.",
    50013: _SEND + " Manage Webhooks and Create Public Threads are needed as well.",
    50014: "The bot token was refused. Put a valid one into discord.token.",
    50024: "This kind of channel takes no messages. Connect a text channel or a forum.",
    50278: "The person shares no server with the bot any more.",
    160005: "The thread is locked. Unlock it, or give the bot Manage Threads.",
    160006: "The server has too many active threads. Archive some.",
}
_EVENTS = frozenset({40005, 50006, 50008, 50035, 200000, 240000, 200001})
_REFUSED = {
    10014: "Discord does not have this emoji there.",
    30010: "A message on Discord takes 20 different emoji, and this one has them.",
    40005: "The file is too large for Discord.",
    90001: "Discord does not let the bot react there: its author has blocked it.",
}
"""What Discord says no to, in words for people."""
_WAITS = {20016: 10.0, 20028: 10.0, 20029: 10.0, 30046: 60.0, 40003: 30.0, 40062: 30.0}


def failure(problem: Problem, *, replacing: bool = False) -> Failure:
    """What the lane should do. `replacing`: the call was to change a message that is there."""
    status, code = problem.status, problem.code
    name = f"discord_{code or status or 'no_answer'}"
    if status == 0 or status >= 500 or status == 408 or status < 300:
        return Failure(FailureKind.TRANSIENT, name, problem.certain, problem.retry_after)
    if code in _WAITS or status == 429:
        wait = problem.retry_after if problem.retry_after is not None else _WAITS.get(code, 5.0)
        return Failure(FailureKind.RATE, name, retry_after=wait)
    if code == UNKNOWN_MESSAGE:
        # A post that repeats a nonce answers so where the first one was deleted since.
        return Failure(FailureKind.GONE if replacing else FailureKind.EVENT, name)
    if replacing and (code in NOT_OURS or code in GONE_WEBHOOK):
        return Failure(FailureKind.FOREIGN, name)
    if code in _REFUSED:
        return Failure(FailureKind.EVENT, name, remedy=_REFUSED[code])
    if code in PLACES:
        return Failure(FailureKind.PLACE, name, remedy=PLACES[code])
    if code in GONE_WEBHOOK:
        return Failure(FailureKind.TRANSIENT, name)
    if code in _EVENTS or status in (400, 413):
        return Failure(FailureKind.EVENT, name, remedy="Discord refuses this content.")
    if status == 401:
        return Failure(FailureKind.PLACE, name, remedy=PLACES[TOKEN_REFUSED])
    return Failure(FailureKind.PLACE, name, remedy=_SEND)
