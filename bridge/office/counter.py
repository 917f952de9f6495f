"""The office: hands each gesture to the theme it belongs to.

Somebody who acts for the first time is told first who will see it, and goes on by a button.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bridge.office.canned import Canned, canned_choices
from bridge.office.clerk import (
    LOST,
    Asker,
    Clerk,
    Theme,
    cut,
    names_of,
    refusal,
    refuse,
    title_of,
    unsent,
    with_thread,
)
from bridge.office.ending import Ending
from bridge.office.inbox import Inbox
from bridge.office.people import People
from bridge.office.places import Places
from bridge.office.replies import Replies
from bridge.office.sending import Sending
from bridge.office.settings import Settings
from bridge.office.threads import Threads
from core.asking import (
    MOST_CHOICES,
    MOST_VALUE,
    Answer,
    Button,
    Caller,
    Choice,
    Command,
    Fields,
    Item,
)
from core.grammar import BY_NAME, VERBS, nearest, usage
from core.ids import ThreadId
from core.model import Mirror
from core.ports.desk import Desk
from core.rights import Act
from core.verbs import GROUPS, Kind
from core.verbs import Theme as HelpTheme

_READING = frozenset({
    "inbox", "preview", "open", "search", "requests", "brands", "followers", "link", "notify",
    "help", "undo", "forget", "export",
})  # fmt: skip
"""What nobody else sees."""
_QUIET = frozenset({
    "inbox", "open", "found", "which", "followers", "brands", "link", "code", "unlink", "notify",
    "export", "forget", "undo", "continue", "help",
})  # fmt: skip

_GO_ON = "go"
"""A newcomer presses once more what they have pressed; its value is that action and value."""


class Counter:
    """`core.asking.Office`."""

    def __init__(
        self,
        desk: Desk,
        now: Callable[[], datetime],
        page: Callable[[str], str] = lambda handle: "",
    ) -> None:
        """`page` gives the address of a brand's page by its handle, or nothing."""
        self._desk = desk
        self._clerk = Clerk(desk, now, page)
        self._inbox = Inbox(self._clerk)
        self._threads = Threads(self._clerk)
        self._people = People(self._clerk)
        replies = Replies(self._clerk)
        self._themes: tuple[Theme, ...] = (
            self._inbox.theme,
            replies.theme,
            Canned(self._clerk, replies).theme,
            self._threads.theme,
            self._people.theme,
            Sending(self._clerk).theme,
            Places(self._clerk).theme,
            Ending(self._clerk).theme,
            Settings(self._clerk).theme,
        )
        self._verbs = {name: do for theme in self._themes for name, do in theme.verbs.items()}
        self._presses = {name: do for theme in self._themes for name, do in theme.presses.items()}
        self._forms = {name: do for theme in self._themes for name, do in theme.forms.items()}

    # --- commands -------------------------------------------------------------------------

    async def run(self, caller: Caller, command: Command) -> Answer:
        if command.verb == "help":
            return _help(command.text)
        if command.verb == "inbox" and command.option in ("brands", "followers"):
            command = Command(command.option)
        do = self._verbs.get(command.verb)
        if do is None:
            return _unknown(command.verb)
        asker = await self._clerk.asker(caller)
        if command.verb not in _READING and await self._desk.told(asker.person.id):
            draft = self._clerk.drafts.keep(asker.person.id, command)
            return replace(_welcome(asker, "continue", draft), items=unsent(command.text))
        return await do(asker, command)

    async def press(self, caller: Caller, action: str, value: str) -> Answer:
        if action == "help":
            return _help(value)
        asker = await self._clerk.asker(caller)
        if action == "continue" and not value:
            return Answer("Good: go on talking. `/pin help` lists what else there is.", done=True)
        if action == "continue":
            command = self._clerk.drafts.take(asker.person.id, value)
            if command is None:
                return refuse(LOST)
            answer = await self.run(caller, command)
            kept = unsent(command.text) if answer.refusal else ()
            return replace(answer, items=answer.items or kept, done=True)
        if action == _GO_ON:
            action, _, value = value.partition(" ")
            return replace(await self.press(caller, action, value), done=True)
        do = self._presses.get(action)
        if do is None:
            return refuse(LOST)
        if action not in _QUIET and await self._desk.told(asker.person.id):
            again = f"{action} {value}"
            short = len(_GO_ON) + len(again) <= MOST_VALUE
            return _welcome(asker, *((_GO_ON, again) if short else (action, value)))
        return await do(asker, value)

    async def submit(self, caller: Caller, action: str, value: str, fields: Fields) -> Answer:
        asker = await self._clerk.asker(caller)
        if action == "which":
            command = self._clerk.drafts.take(asker.person.id, value)
            thread = str(fields.get("thread", ""))
            if command is None or not thread:
                return refuse(LOST)
            return await self.run(caller, with_thread(command, ThreadId(thread)))
        do = self._forms.get(action)
        return await do(asker, value, fields) if do is not None else refuse(LOST)

    # --- looking --------------------------------------------------------------------------

    async def choices(
        self, caller: Caller, verb: str, option: str, prefix: str
    ) -> tuple[Choice, ...]:
        found = BY_NAME.get(verb)
        options = found.options if found is not None else ()
        kind = next((each.kind for each in options if each.name == option), Kind.PEOPLE)
        asker = await self._clerk.asker(caller)
        if await self._clerk.may(asker, Act.READ) is not None:
            return ()
        if kind is Kind.THREAD:
            return await self._thread_choices(asker, prefix)
        if kind is Kind.PIN:
            return await self._pin_choices(asker, prefix)
        if kind is Kind.CANNED:
            return canned_choices(asker, prefix)
        if kind is Kind.ASSIGNEE:
            return await self._agent_choices(asker, prefix)
        if kind is Kind.PEOPLE:
            return await self._people_choices(asker, prefix)
        return ()

    async def _thread_choices(self, asker: Asker, prefix: str) -> tuple[Choice, ...]:
        wanted = prefix.strip().lower()
        lines = await self._desk.inbox(asker.account.id, 100)
        shown = []
        for line in lines:
            people = ", ".join(each.name for each in line.people)
            label = cut(f"{title_of(line)[:50]} with {people}", 85) + f" ({line.code})"
            if wanted in f"{label} {line.thread}".lower():
                shown.append(Choice(label, str(line.thread)))
        return tuple(shown[:MOST_CHOICES])

    async def _pin_choices(self, asker: Asker, prefix: str) -> tuple[Choice, ...]:
        wanted = prefix.strip().lower()
        pins = await self._desk.recent_pins(asker.account.id, 100)
        return tuple(
            Choice(cut(pin.title or f"Pin {pin.id}", 90), pin.url)
            for pin in pins
            if len(pin.url) <= 100 and wanted in f"{pin.title or ''} {pin.url}".lower()
        )[:MOST_CHOICES]

    async def _agent_choices(self, asker: Asker, prefix: str) -> tuple[Choice, ...]:
        wanted = prefix.strip().lower().lstrip("@")
        choices = [Choice("me", "me"), Choice("none", "none")]
        if asker.for_brand:
            agents = await self._desk.agents(asker.account.id)
            choices += names_of([each for each, _ in agents])
        return tuple(c for c in choices if wanted in c.label.lower())[:MOST_CHOICES]

    async def _people_choices(self, asker: Asker, prefix: str) -> tuple[Choice, ...]:
        """By the last handle that is being typed; those before it are kept."""
        words = prefix.replace(",", " ").split()
        last = words.pop() if words and not prefix[-1:].isspace() else ""
        before = "".join(f"{word} " for word in words)
        found = await self._desk.people(asker.account.id, last, MOST_CHOICES)
        return tuple(
            Choice(cut(f"{before}{choice.label}", 95), f"{before}{choice.value}")
            for choice in names_of(found)
            if choice.value not in words and len(before) + len(choice.value) <= 100
        )

    async def home(self, caller: Caller) -> Answer:
        return await self._inbox.home(await self._clerk.asker(caller))

    async def card(self, mirror: Mirror) -> tuple[str, tuple[Button, ...]]:
        return await self._threads.card(mirror)

    async def waiting(
        self, caller: Caller, timer: str, until: datetime | None, reason: str
    ) -> Answer:
        return self._clerk.held(await self._clerk.asker(caller), timer, until, reason)

    async def welcome(self, caller: Caller) -> Answer | None:
        asker = await self._clerk.asker(caller)
        if not await self._desk.told(asker.person.id):
            return None
        return _welcome(asker, "continue", "", said=True)


def _welcome(asker: Asker, action: str, value: str, *, said: bool = False) -> Answer:
    """One line: who will see it. Going on is the same gesture once more; `said` is out already."""
    if said:
        seen = "You are new here. What you write in this thread goes to everybody in its "
        seen += f"conversation, wherever they read it: they see you as {asker.person.name} "
        seen += f"(@{asker.person.handle}), with your picture."
    elif asker.for_brand:
        seen = f"Here you act as {asker.account.name}: followers see {asker.account.name}, and "
        seen += "your colleagues see that it was you."
    else:
        seen = f"You are new here. Whoever you write to will see you as {asker.person.name} "
        seen += f"(@{asker.person.handle}), with your picture."
    return Answer(
        f"{seen} Go on, or link this login to an account that you have already.",
        buttons=(Button("Continue", action, value, "primary"), Button("Link", "code", "")),
    )


def _unknown(verb: str) -> Answer:
    near = nearest(verb)
    if near is None:
        sentence = f"There is no `/pin {cut(verb, 40)}`. `/pin help` lists what there is."
        return refusal("unknown_command", sentence)
    sentence = f"There is no `/pin {cut(verb, 40)}`. Did you mean `{usage(BY_NAME[near])}`?"
    return refusal("unknown_command", sentence)


def _help(about: str) -> Answer:
    """All commands by their themes, or one of them."""
    words = about.strip().lower().removeprefix("/pin ").split()
    if len(words) == 2 and words[0] in GROUPS:
        words = words[1:]  # as Discord calls it
    verb = BY_NAME.get(" ".join(words))
    if verb is not None:
        text = f"`{usage(verb)}`: {verb.about}. For example `{verb.example}`"
        options = (f"{option.name}: {option.about}" for option in verb.options)
        return Answer(text, tuple(Item(each) for each in options))
    if about.strip():
        return _unknown(about.strip())
    items = tuple(
        Item(
            "\n".join(f"`{usage(verb)}` {verb.about}" for verb in VERBS if verb.theme is theme),
            title=theme.value,
        )
        for theme in HelpTheme
    )
    text = "Pinthread keeps a conversation around a pin, wherever each of you reads it. The short "
    text += "code of a thread stands on its card. Only you see these answers."
    return Answer(text, items, (Button("Brands", "brands", "0"), Button("Inbox", "inbox", "all::")))
