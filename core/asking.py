"""What people ask of the program, and what it answers, without any platform in it.

An adapter turns a gesture (a command, a button, a form) into a `Caller` and a call of the
`Office`, and renders the `Answer` for that caller alone. Sentences are plain words; what
stands between backticks is a command, all else is shown as it is. `action` and `value` of a
button, a form or a picker together have at most `MOST_VALUE` characters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol

from core.ids import RemoteId
from core.intents import PersonRef, Somebody, Target
from core.model import Mirror, Pin, Place
from core.refusal import Refusal
from core.text.content import Content

MOST_VALUE = 90
"""Discord's custom ids have 100 characters; the rest is the adapter's."""

MOST_CHOICES = 25
"""Choices of a picker or of an autocomplete (Discord's limit)."""

MOST_ITEMS = 10
"""Items of one answer; a button leads to more."""


# --- asking -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and where.

    `thread` is the mirrored thread it was done in, `message` the message it was done on, if
    any. `key` names the gesture (a trigger or interaction id): the same for each delivery.
    `remembered`: a form was opened in that place, which says nothing of where they are now.
    """

    person: Somebody
    place: Place | None = None
    thread: Target | None = None
    message: RemoteId | None = None
    key: str = ""
    remembered: bool = False


@dataclass(frozen=True, slots=True)
class Mentioned:
    """`<@U123|ada>`: somebody in the caller's workspace, by the platform's id.

    An adapter puts the `Person` in its place, whose name and picture it can ask for.
    """

    user: str


@dataclass(frozen=True, slots=True)
class Command:
    """A verb of `core.grammar.VERBS` and what was said with it; fields are empty where not.

    `thread` is a code, a link or an id. `option` is one word: a filter, a status, a mode, a
    kind of place, the name of a canned reply. `text` is what is left: words, a duration, a
    code. `rich` is the tree of `text`, where the adapter knows it. `channel` is the
    platform's id of a channel (or its name, where only that was typed). `before` and `after`
    are dates as they were typed.
    """

    verb: str
    thread: str = ""
    people: tuple[PersonRef | Mentioned, ...] = ()
    pin: str = ""
    text: str = ""
    option: str = ""
    channel: str = ""
    before: str = ""
    after: str = ""
    rich: Content | None = None


# --- answers ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Button:
    """`Office.press(caller, action, value)`; with `url` it only leads there."""

    label: str
    action: str = ""
    value: str = ""
    style: Literal["", "primary", "danger"] = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """`note` is a second line, where there is room for one."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """A field of a form, or the menu of a picker.

    `people` takes handles (`@a`) or ids of accounts, offered by
    `Office.choices(caller, form.action, name, prefix)`; its `choices` say the names of those
    who stand in it. `channel` takes the platform's id of a channel. `value` stands in it at
    first; several choices or handles have spaces between. `most` is how many people or
    choices, or how many characters; 0: as the platform does.
    """

    name: str
    label: str
    kind: Literal["text", "long", "choice", "people", "channel"] = "text"
    choices: tuple[Choice, ...] = ()
    value: str = ""
    optional: bool = False
    most: int = 0
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """`Office.submit(caller, action, value, fields)`. `note` stands above the fields.

    `caller.place`, `thread` and `message` are those of the gesture that opened it, as far as
    the platform still tells them; `value` holds all that the office needs.
    """

    title: str
    submit: str
    action: str
    value: str = ""
    inputs: tuple[Input, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Picker:
    """A menu under an answer: `Office.submit(caller, action, value, {input.name: chosen})`."""

    action: str
    input: Input
    value: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list. `title` stands out, `text` is what it says, `note` is small.

    `link` is an address. `mirrors` are copies of its thread: the adapter links to the one
    that stands where the caller is, if one does.
    """

    text: Content | str = ""
    note: str = ""
    pin: Pin | None = None
    buttons: tuple[Button, ...] = ()
    link: str = ""
    title: str = ""
    mirrors: tuple[Mirror, ...] = ()


@dataclass(frozen=True, slots=True)
class File:
    """A file of an answer. `path` is where it lies until the answer is given."""

    name: str
    content: bytes = field(default=b"", repr=False)
    path: str = ""


AT = "{at}"
"""Where the time stands in an answer that has one."""


def clock_time(at: datetime) -> str:
    """Such as `15:28:05 UTC`."""
    return f"{at.astimezone(UTC):%H:%M:%S} UTC"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller, and nobody else, is told: a sentence that says what to do next.

    With `form` the form is opened instead (`text` is for where none can be opened). With
    `refusal` nothing was done; `text` is its sentence, `field` the input it is about; where
    a form was refused and there are `items`, they hold what was typed and are shown in its
    place. `done`: the answer takes the place of the one whose button was pressed. `at` is the
    time that the reader sees, in their own zone, where `text` first holds `AT`: what stands for
    long and cannot be changed says when, not how soon.
    """

    text: str = ""
    items: tuple[Item, ...] = ()
    buttons: tuple[Button, ...] = ()
    form: Form | None = None
    refusal: Refusal | None = None
    field: str = ""
    picker: Picker | None = None
    file: File | None = None
    done: bool = False
    at: datetime | None = None

    @property
    def said(self) -> str:
        """`text` for where nothing can stand in the reader's own zone."""
        return self.text.replace(AT, clock_time(self.at), 1) if self.at else self.text


Fields = Mapping[str, str | tuple[str, ...]]


class Office(Protocol):
    """Executes commands, buttons and forms, on every platform alike. Never raises for what
    people do wrong."""

    async def run(self, caller: Caller, command: Command) -> Answer: ...

    async def press(self, caller: Caller, action: str, value: str) -> Answer: ...

    async def submit(self, caller: Caller, action: str, value: str, fields: Fields) -> Answer:
        """A form or a picker."""
        ...

    async def choices(
        self, caller: Caller, verb: str, option: str, prefix: str
    ) -> tuple[Choice, ...]:
        """Autocomplete of a verb's option (or of a form's `people`); at most `MOST_CHOICES`."""
        ...

    async def home(self, caller: Caller) -> Answer:
        """The inbox with its buttons, for a page of its own."""
        ...

    async def card(self, mirror: Mirror) -> tuple[str, tuple[Button, ...]]:
        """The line and the buttons under a card in a brand's inbox; nothing elsewhere.

        Moments stand in the line as `core.moments.MARK`.
        """
        ...

    async def waiting(
        self, caller: Caller, timer: str, until: datetime | None, reason: str
    ) -> Answer:
        """Words of the caller's are held: when they go, as whom, and how to take them back."""
        ...

    async def welcome(self, caller: Caller) -> Answer | None:
        """Words were the caller's first act: who sees them; None where they were told before."""
        ...
