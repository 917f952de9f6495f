"""The verbs of `/pin`: the one table for the parser, Discord's commands, help and completion.

An option's `kind` says how it is read and offered; the order of the options is that in
which they are typed. Texts are for people, and obey Discord's limits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an option holds, and how it is offered: `AS_OFFERED` have autocomplete."""

    THREAD = "thread"
    """A code, an id or a link. Where the thread is plain from the place, it may be left out."""
    PEOPLE = "people"
    """One or more handles or mentions."""
    ASSIGNEE = "assignee"
    """`me`, `none`, or one person."""
    PIN = "pin"
    CHOICE = "choice"
    """One of `choices`."""
    CANNED = "canned"
    CHANNEL = "channel"
    DATE = "date"
    TEXT = "text"
    """All that is left, as it was typed."""
    SEARCH = "search"
    """Words, with `from:`, `before:` and `after:` among them."""


AS_OFFERED = frozenset({Kind.THREAD, Kind.PEOPLE, Kind.ASSIGNEE, Kind.PIN, Kind.CANNED})


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a verb, in the order in which it is typed; `about` is at most 100 long.

    `required` is for places with typed options; words that are missing elsewhere are asked
    for. `most` is how many characters a text may have, 0 where that is the platform's matter.
    `only` is one that exists only where options have names.
    """

    name: str
    kind: Kind
    about: str
    required: bool = False
    choices: tuple[str, ...] = ()
    most: int = 0
    only: bool = False


class Theme(StrEnum):
    TALK = "Conversations"
    ANSWER = "For brands"
    PEOPLE = "People"
    PLACES = "Channels"
    YOU = "You"


@dataclass(frozen=True, slots=True)
class Verb:
    """`about` is one line of at most 100 characters. `group` is where Discord keeps it."""

    name: str
    about: str
    example: str
    theme: Theme
    options: tuple[Option, ...] = ()
    group: str = ""


FILTERS = ("mine", "unassigned", "waiting", "all")
_ID = Option("id", Kind.THREAD, "The short code on the thread's card; not needed inside a thread")
_WORDS = "Without words a form asks for them"


def _people(name: str, about: str, *, required: bool = True) -> Option:
    return Option(name, Kind.PEOPLE, about, required=required)


def _verb(
    name: str, about: str, example: str, theme: Theme, *options: Option, group: str = ""
) -> Verb:
    return Verb(name, about, example, theme, options, group)


_PIN = "A pin's address, or one of your recent pins"

GROUPS: Mapping[str, str] = {
    "thread": "Who is in a conversation, and whether you hear of it",
    "people": "Whom you follow, and whom you do not want to hear from",
    "channel": "Which conversations appear in this channel, and how",
    "account": "Your logins and your data",
}
"""Discord's groups under `/pin`, with what they are for."""

VERBS: tuple[Verb, ...] = (
    _verb(
        "inbox",
        "Your threads, the newest first",
        "/pin inbox unassigned",
        Theme.TALK,
        Option(
            "show",
            Kind.CHOICE,
            "Which threads; without it all of them",
            choices=(*FILTERS, "requests", "brands", "followers"),
        ),
    ),
    _verb(
        "preview",
        "Look at a pin before you send it",
        "/pin preview https://www.pinterest.com/pin/99360735500167749/",
        Theme.TALK,
        Option("pin", Kind.PIN, _PIN, required=True),
    ),
    _verb(
        "send",
        "Send a pin to people, with or without words",
        "/pin send https://www.pinterest.com/pin/99360735500167749/ to @northwind -- How high?",
        Theme.TALK,
        Option("pin", Kind.PIN, _PIN, required=True),
        _people("to", "Who gets it: one or more handles, such as @northwind"),
        Option("text", Kind.TEXT, "What you want to say about it"),
    ),
    _verb(
        "open",
        "Go to a thread, and see its last messages",
        "/pin open 3fa9c1",
        Theme.TALK,
        _ID,
    ),
    _verb(
        "search",
        "Find messages in your threads",
        "/pin search oak desk from:@mia after:2026-10-01",
        Theme.TALK,
        Option("words", Kind.SEARCH, "Words that the message holds", required=True),
        Option("from", Kind.PEOPLE, "Only messages of this account", only=True),
        Option("before", Kind.DATE, "Only before this day, such as 2026-10-31", only=True),
        Option("after", Kind.DATE, "Only after this day, such as 2026-10-01", only=True),
    ),
    _verb(
        "requests",
        "People who have written to you for the first time",
        "/pin requests",
        Theme.TALK,
    ),
    _verb("accept", "Accept a request", "/pin accept 3fa9c1", Theme.TALK, _ID),
    _verb(
        "ignore",
        "Put a request away; nobody is told",
        "/pin ignore 3fa9c1",
        Theme.TALK,
        _ID,
    ),
    _verb("brands", "The brands that you can write to", "/pin brands", Theme.TALK),
    _verb(
        "add",
        "Add people to a conversation",
        "/pin add 3fa9c1 @jo @sam",
        Theme.TALK,
        _ID,
        _people("people", "Whom to add, such as @jo"),
        group="thread",
    ),
    _verb(
        "remove",
        "Take people out of a conversation that you started",
        "/pin remove 3fa9c1 @jo",
        Theme.TALK,
        _ID,
        _people("people", "Whom to take out, such as @jo"),
        group="thread",
    ),
    _verb(
        "leave",
        "Leave a conversation; its history up to now stays yours",
        "/pin leave 3fa9c1",
        Theme.TALK,
        _ID,
        group="thread",
    ),
    _verb(
        "mute",
        "Hear nothing of a conversation; it goes on arriving",
        "/pin mute 3fa9c1",
        Theme.TALK,
        _ID,
        group="thread",
    ),
    _verb(
        "unmute",
        "Hear of a conversation again",
        "/pin unmute 3fa9c1",
        Theme.TALK,
        _ID,
        group="thread",
    ),
    _verb(
        "report",
        "Report a conversation to whoever runs Pinthread here",
        "/pin report 3fa9c1 This is spam",
        Theme.TALK,
        _ID,
        Option("text", Kind.TEXT, "What is wrong", most=1000),
        group="thread",
    ),
    _verb(
        "reply",
        "Answer in a thread, for a brand as the brand",
        "/pin reply 3fa9c1 It is 72 cm high",
        Theme.ANSWER,
        _ID,
        Option("text", Kind.TEXT, _WORDS),
    ),
    _verb(
        "note",
        "Leave a note that only the brand's own people see",
        "/pin note 3fa9c1 Ask the shop first",
        Theme.ANSWER,
        _ID,
        Option("text", Kind.TEXT, _WORDS),
    ),
    _verb("undo", "Take back your reply that has not gone yet", "/pin undo", Theme.ANSWER),
    _verb(
        "assign",
        "Say who answers a thread",
        "/pin assign 3fa9c1 me",
        Theme.ANSWER,
        _ID,
        Option("to", Kind.ASSIGNEE, "me, none, or a colleague such as @jo"),
    ),
    _verb(
        "status",
        "Open, snooze or resolve a thread",
        "/pin status 3fa9c1 snooze 2h",
        Theme.ANSWER,
        _ID,
        Option(
            "status",
            Kind.CHOICE,
            "What becomes of it",
            choices=("open", "snooze", "resolved"),
        ),
        Option("for", Kind.TEXT, "How long to snooze: 30m, 2h, 3d, tomorrow 9am", most=60),
    ),
    _verb(
        "canned",
        "Look at a prepared reply, and send it",
        "/pin canned thanks 3fa9c1",
        Theme.ANSWER,
        Option("name", Kind.CANNED, "Which one; without it all are listed"),
        _ID,
    ),
    _verb(
        "follow",
        "Follow somebody; a brand may write to you when you both follow",
        "/pin follow @northwind",
        Theme.PEOPLE,
        _people("who", "Whom to follow, such as @northwind"),
        group="people",
    ),
    _verb(
        "unfollow",
        "Follow somebody no longer",
        "/pin unfollow @northwind",
        Theme.PEOPLE,
        _people("who", "Whom to follow no longer"),
        group="people",
    ),
    _verb("followers", "Who follows you", "/pin followers", Theme.PEOPLE, group="people"),
    _verb(
        "block",
        "Neither of you hears from the other; nobody is told",
        "/pin block @sam",
        Theme.PEOPLE,
        _people("who", "Whom to block"),
        group="people",
    ),
    _verb(
        "unblock",
        "Take a block back",
        "/pin unblock @sam",
        Theme.PEOPLE,
        _people("who", "Whom to unblock"),
        group="people",
    ),
    _verb(
        "connect",
        "Let conversations appear in a channel",
        "/pin connect #pin-inbox inbox",
        Theme.PLACES,
        Option("channel", Kind.CHANNEL, "Which channel; without it this one"),
        Option(
            "as",
            Kind.CHOICE,
            "A brand's inbox, or a project that everybody here can read",
            choices=("inbox", "project"),
        ),
        group="channel",
    ),
    _verb(
        "mode",
        "Whether a reply in a thread here goes to the follower, or is a note",
        "/pin mode explicit",
        Theme.PLACES,
        Option(
            "mode",
            Kind.CHOICE,
            "relay: a reply goes to the follower. explicit: a reply is a note",
            choices=("relay", "explicit"),
        ),
        group="channel",
    ),
    _verb(
        "disconnect",
        "Let no more conversations appear in a channel",
        "/pin disconnect #pin-inbox",
        Theme.PLACES,
        Option("channel", Kind.CHANNEL, "Which channel; without it this one"),
        Option("id", Kind.THREAD, "End one conversation alone, wherever others read it"),
        group="channel",
    ),
    _verb(
        "role",
        "Say who may do what for the brand",
        "/pin role agent @jo",
        Theme.PLACES,
        Option(
            "role",
            Kind.CHOICE,
            "What they may do; none takes it away",
            required=True,
            choices=("owner", "manager", "agent", "viewer", "none"),
        ),
        _people("who", "Whose role"),
        group="channel",
    ),
    _verb(
        "link",
        "Tie this login to your account elsewhere",
        "/pin link 4f7k-22mq",
        Theme.YOU,
        Option("code", Kind.TEXT, "The code that the other side showed you", most=40),
        group="account",
    ),
    _verb(
        "unlink",
        "Part this login from your account; what was said stays where it is",
        "/pin unlink",
        Theme.YOU,
        group="account",
    ),
    _verb(
        "notify",
        "What you are pinged for, and when not",
        "/pin notify mentions quiet 22:00-07:00 Europe/Berlin",
        Theme.YOU,
        Option("what", Kind.CHOICE, "What pings you", choices=("all", "mentions", "none")),
        Option("quiet", Kind.TEXT, "quiet 22:00-07:00 and your time zone, or quiet off", most=80),
        group="account",
    ),
    _verb(
        "export",
        "Get all that is yours, as a file",
        "/pin export",
        Theme.YOU,
        group="account",
    ),
    _verb(
        "forget",
        "Leave for good: what you wrote is erased",
        "/pin forget me",
        Theme.YOU,
        group="account",
    ),
    _verb(
        "help",
        "What Pinthread can do here",
        "/pin help reply",
        Theme.YOU,
        Option("about", Kind.TEXT, "One command, such as reply", most=40),
    ),
)

BY_NAME: Mapping[str, Verb] = {verb.name: verb for verb in VERBS}
