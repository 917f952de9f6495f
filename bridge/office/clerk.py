"""What all themes share: who asks, about which thread, and an outcome put into words.

An agent acts for a brand in its inbox; with a role that an owner gave them, from anywhere
else too (their App Home, their direct messages), as if they stood in that inbox.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from math import ceil
from typing import TypeGuard
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bridge.office.drafts import Drafts
from core.asking import (
    AT,
    MOST_CHOICES,
    Answer,
    Button,
    Caller,
    Choice,
    Command,
    Fields,
    Input,
    Item,
    Mentioned,
    Picker,
)
from core.decide import NO_THREAD
from core.grammar import people as people_in
from core.ids import AccountId, ThreadId, short_code
from core.intents import (
    Handle,
    InDirect,
    InSpace,
    Intent,
    Origin,
    Person,
    PersonRef,
    Somebody,
    What,
)
from core.model import (
    Account,
    AccountKind,
    Binding,
    BindingKind,
    BrandRules,
    Identity,
    Place,
    Refusal,
    Role,
)
from core.ports.desk import Desk
from core.ports.outcomes import Accepted, Ask, Outcome, Waiting
from core.ports.reading import Acting, ThreadLine, ThreadView
from core.rights import Act, may
from core.rules import PAUSED

LATER = Refusal("not_yet", "That could not be done just now. Try it again in a moment.")
LOST = Refusal(
    "draft_lost",
    "What this button was about is not here any more: it has been used, or it is more than an "
    "hour old, or Pinthread was restarted. Your words still stand above: do it again with them.",
)
_PIECE = 2_900
"""Characters of one item's text (Slack's limit is 3,000)."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks. `account` is whom they act as, `place` where that counts as done."""

    caller: Caller
    account: Account
    person: Account
    place: Place | None
    role: Role | None = None
    rules: BrandRules | None = None
    binding: Binding | None = None

    @property
    def for_brand(self) -> bool:
        return self.account.kind is AccountKind.BRAND

    @property
    def away(self) -> bool:
        """They need not be in the place where it counts as done."""
        return self.caller.remembered or self.place != self.caller.place


Verb = Callable[[Asker, Command], Awaitable[Answer]]
Press = Callable[[Asker, str], Awaitable[Answer]]
Submit = Callable[[Asker, str, Fields], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Theme:
    """The verbs, buttons and forms of one theme, by name."""

    verbs: Mapping[str, Verb]
    presses: Mapping[str, Press]
    forms: Mapping[str, Submit]


class Clerk:
    """Looks up what gestures name, and submits what they ask for."""

    def __init__(
        self,
        desk: Desk,
        now: Callable[[], datetime],
        page: Callable[[str], str] = lambda handle: "",
    ) -> None:
        """`page` gives the address of a brand's page by its handle, or nothing."""
        self.desk = desk
        self.now = now
        self.page = page
        self.drafts = Drafts(now)

    # --- who ------------------------------------------------------------------------------

    async def asker(self, caller: Caller) -> Asker:
        away = caller.remembered
        found = await self.desk.standing(caller.person, caller.place, away=away)
        return _asker(caller, found, caller.place)

    async def acting_for(self, asker: Asker, brand: AccountId) -> Asker | None:
        """The same person as an agent of a brand, where they were given a role in it."""
        if asker.account.id == brand:
            return asker if asker.role is not None else None
        if all(each.id != brand for each, _ in await self.desk.brands_of(asker.person.id)):
            return None
        for binding in await self.desk.bindings(brand):
            if binding.kind is BindingKind.INBOX and not binding.paused:
                person = _seen_from(asker.caller, binding.place)
                found = await self.desk.standing(person, binding.place, away=True)
                if found.account.id == brand and found.role is not None:
                    return _asker(replace(asker.caller, person=person), found, binding.place)
        return None

    async def may(self, asker: Asker, act: Act) -> Refusal | None:
        """Whether the asker may do it for the account that they act as."""
        if not asker.for_brand:
            return None
        if asker.binding is not None and asker.binding.paused and act is not Act.CONNECT:
            return PAUSED
        if may(asker.role, act) is None:
            return None
        agents = await self.desk.agents(asker.account.id)
        owner = next((each.handle for each, role in agents if role is Role.OWNER), "")
        return may(asker.role, act, owner)

    async def people(
        self, asker: Asker, refs: Sequence[PersonRef | Mentioned]
    ) -> tuple[PersonRef, ...]:
        """Mentions that no adapter has looked up are logins of the asker's workspace."""
        return tuple([await self._person(asker, ref) for ref in refs])

    async def _person(self, asker: Asker, ref: PersonRef | Mentioned) -> PersonRef:
        if not isinstance(ref, Mentioned):
            return ref
        place = asker.caller.place
        login = Identity(place.platform, place.workspace, ref.user) if place else None
        if login is not None and login.platform == "discord":
            login = replace(login, workspace="")
        (found,) = await self.desk.accounts_of((login,)) if login else (None,)
        return found.id if found is not None else Handle(ref.user)

    async def given_people(
        self, asker: Asker, given: str | tuple[str, ...]
    ) -> tuple[PersonRef, ...]:
        """What a form's field for people holds: ids of accounts, or what was typed."""
        if isinstance(given, str):
            return await self.people(asker, people_in(given))
        return tuple(
            Handle(one.lstrip("@")) if one.startswith("@") else AccountId(one) for one in given
        )

    async def zone(self, asker: Asker) -> tzinfo:
        """In which the asker names times of day."""
        prefs = await self.desk.prefs(asker.person.id)
        hours = asker.rules.hours if asker.rules else None
        name = hours.zone if prefs.zone == "UTC" and hours else prefs.zone
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            return UTC

    # --- which thread ---------------------------------------------------------------------

    async def thread(self, asker: Asker, command: Command) -> tuple[Asker, ThreadView] | Answer:
        """The thread that is named, or in which it was done; else a menu of threads.

        The asker comes back as whom they act there.
        """
        if command.thread:
            found = await self.named(asker, command.thread)
            if isinstance(found, Answer) and _is_ambiguous(found.refusal):
                return await self._alike(asker, command) or found
            return found
        here = await self._here(asker)
        if here is not None:
            return await self.named(asker, here)
        return await self._which(asker, command)

    async def named(self, asker: Asker, name: str) -> tuple[Asker, ThreadView] | Answer:
        """A thread by its code, its id or an address that ends in one."""
        code = name.rstrip("/").rpartition("/")[2]
        found = await self.desk.open(asker.account.id, code)
        if not isinstance(found, Refusal):
            refusal = await self.may(asker, Act.READ)
            return refuse(refusal) if refusal else (asker, found)
        if not asker.for_brand:
            for brand, _ in await self.desk.brands_of(asker.person.id):
                agent = await self.acting_for(asker, brand.id)
                view = await self.desk.open(brand.id, code) if agent else found
                if agent is not None and not isinstance(view, Refusal):
                    return agent, view
                found = view if _is_ambiguous(view) else found
        return refuse(found)

    async def _here(self, asker: Asker) -> str | None:
        """The thread in which the gesture was done."""
        target = asker.caller.thread
        if target is None or isinstance(target, InSpace | InDirect):
            return await self.desk.thread_at(target) if target is not None else None
        return target

    async def _which(self, asker: Asker, command: Command) -> Answer:
        refused = await self.may(asker, Act.READ)
        if refused is not None:
            return refuse(refused)
        lines = await self.desk.inbox(asker.account.id, MOST_CHOICES)
        if not lines:
            return refuse(NO_THREAD)
        text = "Which thread is this for? Choose one."
        return self._choosing(asker, command, text, threads(lines))

    async def _alike(self, asker: Asker, command: Command) -> Answer | None:
        """A menu of the threads that begin with the same code, with what is asked for."""
        begins = command.thread.rstrip("/").rpartition("/")[2]
        brands = () if asker.for_brand else await self.desk.brands_of(asker.person.id)
        agents = [await self.acting_for(asker, brand.id) for brand, _ in brands]
        found: dict[ThreadId, Choice] = {}
        for each in (asker, *agents):
            if each is not None and await self.may(each, Act.READ) is None:
                for view in await self.desk.alike(each.account.id, begins):
                    found[view.thread] = _choice(view, others(view, each.account.id))
        if len(found) < 2:
            return None  # what is alike may not be read: the refusal says what to do
        text = "Several of your threads begin so. Choose the one that you mean."
        return self._choosing(asker, command, text, [*found.values()])

    def _choosing(
        self, asker: Asker, command: Command, text: str, choices: Sequence[Choice]
    ) -> Answer:
        """The command is done for the thread that is chosen."""
        draft = self.drafts.keep(asker.person.id, command)
        menu = Input("thread", "Choose a thread", "choice", tuple(choices[:MOST_CHOICES]))
        return Answer(text, unsent(command.text), picker=Picker("which", menu, draft))

    # --- doing ----------------------------------------------------------------------------

    async def submit(self, asker: Asker, what: What, name: str) -> Outcome:
        """`name` tells this intent from others of the same gesture."""
        return await self.desk.submit(self.intent(asker, what, name))

    def intent(self, asker: Asker, what: What, name: str) -> Intent:
        key = asker.caller.key or secrets.token_hex(8)
        origin = Origin(asker.place, away=asker.away) if asker.place is not None else None
        return Intent(f"office:{key}:{name}", asker.caller.person, what, origin, at=self.now())

    async def act(self, asker: Asker, what: What, name: str, done: str) -> Answer:
        """Submits it, and says that it is done or why not."""
        return self.told(asker, await self.submit(asker, what, name), done)

    def told(self, asker: Asker, outcome: Outcome, done: str) -> Answer:
        if isinstance(outcome, Refusal):
            return refuse(outcome)
        if isinstance(outcome, Waiting):
            return self.held(asker, outcome.timer, outcome.until, outcome.reason)
        if isinstance(outcome, Accepted):
            return Answer(done, done=True)
        if isinstance(outcome, Ask):
            return refuse(NO_THREAD)
        return refuse(LATER)

    def held(self, asker: Asker, timer: str, until: datetime | None, reason: str) -> Answer:
        """Words that wait."""
        self.drafts.note(asker.person.id, timer)
        undo = Button("Undo", "undo", timer, "danger")
        if until is None:
            return Answer(
                f"Not sent yet: it mentions a colleague. Send it as {asker.account.name}, where "
                "the follower sees it, or take it back and write a note?",
                buttons=(Button("Send it", "confirm", timer, "primary"), undo),
            )
        return Answer(
            f"Goes out at {AT} as {asker.account.name}." if reason else f"Goes out at {AT}.",
            buttons=(undo, Button("Send now", "confirm", timer)),
            # Said to the second, and never too early.
            at=datetime.fromtimestamp(ceil(until.timestamp()), UTC),
        )


def _seen_from(caller: Caller, place: Place) -> Somebody:
    """The caller without the roles that they hold in another workspace than the place's."""
    person, here = caller.person, caller.place
    if not isinstance(person, Person) or not person.roles or (here and _beside(here, place)):
        return person
    return replace(person, roles=())


def _beside(one: Place, other: Place) -> bool:
    return (one.platform, one.workspace) == (other.platform, other.workspace)


def _asker(caller: Caller, found: Acting, place: Place | None) -> Asker:
    return Asker(caller, found.account, found.person, place, found.role, found.rules, found.binding)


# --- words --------------------------------------------------------------------------------


def unsent(text: str, title: str = "Your words") -> tuple[Item, ...]:
    """What somebody has typed and not sent yet: drafts are in memory, so they keep it as well."""
    pieces = [text[at : at + _PIECE] for at in range(0, min(len(text), 2 * _PIECE), _PIECE)]
    return tuple([Item(piece, "not sent yet", title=title) for piece in pieces])


def refuse(refusal: Refusal, field: str = "", *buttons: Button) -> Answer:
    return Answer(refusal.sentence, buttons=buttons, refusal=refusal, field=field)


def refusal(code: str, sentence: str, field: str = "") -> Answer:
    return refuse(Refusal(code, sentence), field)


def cut(text: str, most: int) -> str:
    """At most so many characters, on one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"


def named(people: Sequence[Account], most: int = 3) -> str:
    """`Mia, Jo and 2 more`."""
    names = [each.name for each in people]
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def threads(lines: Sequence[ThreadLine]) -> tuple[Choice, ...]:
    return tuple(_choice(line, line.people, line.last_text) for line in lines[:MOST_CHOICES])


def _choice(line: ThreadLine | ThreadView, people: Sequence[Account], note: str = "") -> Choice:
    label = cut(f"{title_of(line)} with {named(people)}", 90)
    return Choice(label, str(line.thread), cut(note, 90))


def names_of(people: Sequence[Account]) -> tuple[Choice, ...]:
    """People to choose from, by their handles."""
    return tuple(
        Choice(cut(f"{each.name} (@{each.handle})", 90), f"@{each.handle}") for each in people
    )


def title_of(line: ThreadLine | ThreadView) -> str:
    return cut(line.pin.title or "", 80) or f"Pin {line.pin.id}"


def others(view: ThreadView, account: AccountId) -> tuple[Account, ...]:
    return tuple(each for each in view.people if each.id != account)


def _is_ambiguous(found: object) -> TypeGuard[Refusal]:
    return isinstance(found, Refusal) and found.code == "ambiguous_thread"


def with_thread(command: Command, thread: ThreadId) -> Command:
    return replace(command, thread=str(thread))


def code(thread: ThreadId) -> str:
    return short_code(thread)
