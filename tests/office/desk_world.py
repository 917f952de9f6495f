"""A brand with an inbox in Slack and one in Discord, its people, followers, and the office.

Everything is the program's own but the platforms: `Channels` says what channels there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from adapters.pinterest.addresses import pin_id
from bridge.desk import Desk
from bridge.intake.intake import Intake
from bridge.office import Counter
from core.asking import Answer, Button, Caller, Command
from core.grammar import Unknown, parse
from core.ids import AccountId, BindingId, PinId, RemoteId, SpaceId
from core.intents import Handle, InSpace, Intent, Origin, Person, PostMessage, StartThread
from core.model import (
    CARD,
    Account,
    AccountKind,
    Binding,
    BindingKind,
    Identity,
    Mode,
    Pin,
    PinSource,
    Place,
    Placement,
    Profile,
    Refusal,
)
from core.ports.outcomes import Accepted, Outcome
from core.ports.reading import PlaceLook
from core.ports.store import Store

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday

BRAND = Account(AccountId("b" * 16), AccountKind.BRAND, "northwind", "Northwind Home")
OTHER = Account(AccountId("c" * 16), AccountKind.BRAND, "lumen", "Lumen")


def _person(handle: str, name: str) -> Account:
    return Account(AccountId(handle.ljust(16, "0")), AccountKind.PERSON, handle, name)


MIA, JO, SAM = _person("mia", "Mia"), _person("jo", "Jo"), _person("sam", "Sam")
ADA, BEN, CAL = _person("ada", "Ada"), _person("ben", "Ben"), _person("cal", "Cal")

DESK_PIN = Pin(
    PinId("99360735500167749"),
    "https://www.pinterest.com/pin/99360735500167749/",
    "Oak desk",
    creator="Northwind Home",
    source=PinSource.API,
)
LAMP = Pin(PinId("77"), "https://www.pinterest.com/pin/77/", "Lamp", source=PinSource.API)

INBOX = Place("slack", "T1", "C0INBOX")
STAFF = Place("discord", "1", "80000")
LOBBY = Place("slack", "T1", "C0LOBBY")
"""A public channel in which the bot is."""
DEN = Place("slack", "T1", "C0DEN")
"""A private one."""
FORUM = Place("discord", "1", "90000")


def person(account: Account, platform: str = "slack", **more: object) -> Person:
    """An account as its platform shows it."""
    number = str(7_000 + int.from_bytes(account.handle.encode()) % 997)
    user = f"U{account.handle.upper()}" if platform == "slack" else number
    workspace = "T1" if platform == "slack" else ""
    return Person(Identity(platform, workspace, user), Profile(account.name), **more)  # type: ignore[arg-type]


def own(who: Person) -> Place:
    """Their direct messages with the bot."""
    return Place(who.identity.platform, who.identity.workspace, f"user:{who.identity.user}")


class Channels:
    """What a platform tells of its channels. Everything else of it is not needed here."""

    def __init__(self) -> None:
        self.said: list[tuple[Place, str]] = []
        self.pinged: list[tuple[str, ...]] = []
        """Whom each of these lines has mentioned."""
        self.there: dict[Place, frozenset[str] | None] = {INBOX: frozenset({"UADA", "UBEN"})}
        """Who is in them."""
        self.counted: list[Place] = []
        self.looks = {
            INBOX: PlaceLook("#pin-inbox", private=True),
            LOBBY: PlaceLook("#lobby", private=False),
            DEN: PlaceLook("#den", private=True),
            FORUM: PlaceLook("#kitchen", private=False),
        }

    def connected(self) -> bool:
        return True

    async def say(self, place: Place, text: str, mentions: Sequence[str] = ()) -> bool:
        self.pinged.append(tuple(mentions))
        self.said.append((place, text))
        return True

    async def describe(self, place: Place) -> PlaceLook | None:
        return self.looks.get(place)

    async def members(self, place: Place) -> frozenset[str] | None:
        self.counted.append(place)
        return self.there.get(place)


class Pinterest:
    """Knows the pins of this world."""

    def pin_id(self, address: str) -> PinId | Refusal | None:
        return pin_id(address)

    async def resolve(self, address: str) -> PinId | Refusal:
        return Refusal("bad_pin", "That is no pin.")

    async def look_up(self, pin: PinId) -> Pin | None:
        return {DESK_PIN.id: DESK_PIN, LAMP.id: LAMP}.get(pin)


@dataclass
class World:
    store: Store
    intake: Intake
    desk: Desk
    office: Counter
    channels: Channels
    now: datetime = NOW
    keys: int = 0
    spaces: dict[str, SpaceId] = field(default_factory=dict)

    def time(self) -> datetime:
        return self.now

    def later(self, **amount: float) -> None:
        self.now += timedelta(**amount)

    # --- gestures -------------------------------------------------------------------------

    def caller(self, who: Person, place: Place | None = None, **more: object) -> Caller:
        self.keys += 1
        return Caller(who, place or own(who), key=f"g{self.keys}", **more)  # type: ignore[arg-type]

    async def type(self, who: Person, text: str, place: Place | None = None) -> Answer:
        """`/pin` and these words."""
        command = parse(text)
        if isinstance(command, Unknown):
            command = Command(command.verb)
        return whole(await self.office.run(self.caller(who, place), command))

    async def press(
        self, who: Person, answer: Answer, label: str, place: Place | None = None
    ) -> Answer:
        return await self.push(who, button(answer, label), place)

    async def push(self, who: Person, button: Button, place: Place | None = None) -> Answer:
        caller = self.caller(who, place)
        return whole(await self.office.press(caller, button.action, button.value))

    async def fill(
        self,
        who: Person,
        answer: Answer,
        place: Place | None = None,
        /,
        **fields: str | tuple[str, ...],
    ) -> Answer:
        form = answer.form
        assert form is not None, answer
        known = {one.name: one.value for one in form.inputs}
        assert set(fields) <= set(known), f"no such field: {fields} of {known}"
        given = {**known, **fields}
        caller = self.caller(who, place)
        return whole(await self.office.submit(caller, form.action, form.value, given))

    async def pick(
        self, who: Person, answer: Answer, label: str, place: Place | None = None
    ) -> Answer:
        picker = answer.picker
        assert picker is not None, answer
        chosen = next(one for one in picker.input.choices if label in one.label)
        fields = {picker.input.name: chosen.value}
        caller = self.caller(who, place)
        return whole(await self.office.submit(caller, picker.action, picker.value, fields))

    # --- what others do -------------------------------------------------------------------

    async def submit(self, who: Person, what: object, place: Place | None = None) -> Outcome:
        self.keys += 1
        origin = Origin(place) if place else None
        return await self.desk.submit(
            Intent(f"k{self.keys}", who, what, origin, at=self.now)  # type: ignore[arg-type]
        )

    async def start(
        self,
        who: Person | None = None,
        *handles: str,
        text: str = "How high is it?",
        pin: PinId = DESK_PIN.id,
    ) -> Accepted:
        """A pin for the brand, unless others are named."""
        people = tuple(Handle(handle) for handle in handles or ("northwind",))
        mia = person(MIA, "discord")
        outcome = await self.submit(who or mia, StartThread(people, pin, text))
        assert isinstance(outcome, Accepted), outcome
        return outcome

    async def say(self, who: Person, thread: Accepted, text: str) -> Accepted:
        outcome = await self.submit(who, PostMessage(thread.thread, text))
        assert isinstance(outcome, Accepted), outcome
        return outcome

    async def follow(self, who: Account, whom: Account) -> None:
        place = INBOX if who.kind is AccountKind.BRAND else None
        actor = person(ADA) if who.kind is AccountKind.BRAND else who.id
        found = await self.desk.follow(actor, whom.id, on=True, place=place)
        assert isinstance(found, Account), found

    async def friends(self, *people: Account) -> None:
        """All follow each other."""
        for one in people:
            for other in people:
                if one != other:
                    await self.follow(one, other)

    async def placed(self, thread: Accepted, place: Place) -> tuple[SpaceId, RemoteId]:
        """The card has come to a place; gives where replies to it stand."""
        mirrors = await self.store.mirrors_of(thread.thread)
        mirror = next(m for m in mirrors if m.place == place)
        root = RemoteId(f"card {mirror.id}")
        await self.store.placed(
            mirror.id,
            Placement(mirror.id, CARD, 0, root, "bot"),
            sending=None,
            cursor=None,
            root=root,
            space=SpaceId(root),
        )
        return SpaceId(root), root

    async def inside(self, thread: Accepted, place: Place) -> InSpace:
        space, _ = await self.placed(thread, place)
        return InSpace(place.platform, space)

    async def texts(self, who: AccountId, thread: Accepted) -> list[str]:
        """The words that somebody reads in a thread."""
        page = await self.desk.page(who, thread.thread)
        assert not isinstance(page, Refusal), page
        return [line.text for line in page.lines if line.kind == "message"]

    async def lines(self, who: AccountId, thread: Accepted) -> list[str]:
        page = await self.desk.page(who, thread.thread)
        assert not isinstance(page, Refusal), page
        return [line.text for line in page.lines]


def whole(answer: Answer) -> Answer:
    """Every answer is a sentence, and every button fits into Discord's custom ids."""
    assert answer.text.strip(), answer
    buttons = [*answer.buttons, *(each for item in answer.items for each in item.buttons)]
    for each in buttons:
        assert each.url or each.action, each
        assert len(each.action) + 1 + len(each.value) <= 90, each
        assert 0 < len(each.label) <= 75, each
    for name in ("form", "picker"):
        one = getattr(answer, name)
        if one is not None:
            assert len(one.action) + 2 + len(one.value) <= 90, one
    if answer.form is not None:
        assert len(answer.form.title) <= 24, answer.form.title
        assert len(answer.form.submit) <= 24, answer.form.submit
        assert len(answer.form.inputs) + bool(answer.form.note) <= 5
    if answer.picker is not None:
        choices = answer.picker.input.choices
        assert 1 <= len(choices) <= 25
        assert len({one.value for one in choices}) == len(choices)
        assert all(len(one.label) <= 100 for one in choices)
    assert len(answer.items) <= 11
    assert all(len(item.buttons) <= 5 for item in answer.items), answer.items
    if answer.refusal is not None:
        assert answer.refusal.sentence.endswith((".", "?", "`", "words")), answer.refusal
    return answer


def button(answer: Answer, label: str) -> Button:
    buttons = [*answer.buttons, *(each for item in answer.items for each in item.buttons)]
    found = [each for each in buttons if each.label == label]
    assert found, f"no {label} among {[each.label for each in buttons]}"
    return found[0]


def labels(answer: Answer) -> list[str]:
    return [each.label for each in answer.buttons]


def code(answer: Answer) -> str:
    assert answer.refusal is not None, answer
    return answer.refusal.code


def titles(answer: Answer) -> list[str]:
    return [item.title for item in answer.items]


def inbox(brand: Account, place: Place, name: str, mode: Mode = Mode.EXPLICIT) -> Binding:
    return Binding(BindingId(f"inbox {name}"), brand.id, place, BindingKind.INBOX, f"#{name}", mode)


def with_mode(binding: Binding, mode: Mode) -> Binding:
    return replace(binding, mode=mode)


def named(found: Sequence[Account]) -> list[str]:
    return [each.handle for each in found]
