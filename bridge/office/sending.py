"""Pins: a look at one, and sending it to people, which starts a thread or goes on in one."""

from collections.abc import Sequence

from bridge.office.clerk import Asker, Clerk, Theme, code, cut, named, names_of, refusal, refuse
from core.asking import MOST_CHOICES, Answer, Button, Command, Fields, Form, Input, Item
from core.ids import AccountId, PinId
from core.intents import Handle, PersonRef, StartThread
from core.model import Account, AccountKind, Pin, Refusal
from core.ports.outcomes import Accepted
from core.rights import Act
from core.rules import NOBODY, PIN_REQUIRED
from core.text.content import Content

_ADDRESS = "https://www.pinterest.com/pin/{}/"
_WORDS = 3_000


class Sending:
    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk
        self._desk = clerk.desk

    @property
    def theme(self) -> Theme:
        return Theme(
            {"send": self.send, "preview": self.preview},
            {"send": self.on_send, "start": self.on_start, "sendto": self.on_send_to},
            {"send": self.on_sent, "start": self.on_sent},
        )

    async def preview(self, asker: Asker, command: Command) -> Answer:
        if not command.pin:
            return refusal("pin_required", "Name a pin: `/pin preview <pin address>`", "pin")
        pin = await self._desk.preview(command.pin)
        if isinstance(pin, Refusal):
            return refuse(pin, "pin")
        buttons = [
            Button("Send", "send", str(pin.id), "primary"),
            Button("Start thread", "start", str(pin.id)),
        ]
        brand = await self._brand_of(pin)
        if brand is not None and brand.id != asker.account.id:
            label = cut(f"Ask @{brand.handle}", 40)
            buttons.insert(0, Button(label, "sendto", f"{brand.id}:{pin.id}", "primary"))
        shown = Item(pin=pin, title=cut(pin.title or "", 100) or f"Pin {pin.id}", link=pin.url)
        return Answer(f"Send it to somebody? You write as {asker.account.name}.", (shown,),
                      tuple(buttons))  # fmt: skip

    async def _brand_of(self, pin: Pin) -> Account | None:
        """The brand whose pin it is, where that brand is here."""
        creator = (pin.creator or "").strip().casefold().lstrip("@")
        if not creator:
            return None
        brands = await self._desk.brands(500)
        return next((b for b in brands if creator in (b.name.casefold(), b.handle)), None)

    async def send(self, asker: Asker, command: Command) -> Answer:
        people = await self._clerk.people(asker, command.people)
        if not command.pin or not people:
            chosen = await self._chosen(asker, people)
            form = self._form(asker, "send", command.pin, chosen, command.text)
            return Answer(
                "Name the pin and the people: `/pin send <pin address> to @a @b -- words`",
                form=form,
            )
        pin = await self._desk.pin_id(command.pin)
        if isinstance(pin, Refusal):
            return refuse(pin, "pin")
        return await self._start(asker, people, pin, command.text, command.rich)

    async def _chosen(self, asker: Asker, people: Sequence[PersonRef]) -> tuple[Account, ...]:
        """Those whom a form may name: of a typed name that is theirs, who blocked the asker is
        left out like a name that is nobody's. Whoever is mentioned is seen to be there."""
        found = await self._desk.find_people(people)
        return tuple(
            [
                account
                for ref, account in zip(people, found, strict=True)
                if account is not None
                and (not isinstance(ref, Handle) or await self._is_there(asker, account))
            ]
        )

    async def _is_there(self, asker: Asker, account: Account) -> bool:
        return account in await self._desk.people(asker.account.id, account.handle, MOST_CHOICES)

    async def on_send(self, asker: Asker, value: str) -> Answer:
        return self._asked(asker, "send", value, ())

    async def on_start(self, asker: Asker, value: str) -> Answer:
        return self._asked(asker, "start", value, ())

    async def on_send_to(self, asker: Asker, value: str) -> Answer:
        """`account:pin`; the pin may be missing."""
        who, _, pin = value.partition(":")
        chosen = await self._desk.find_people((AccountId(who),))
        known = tuple(account for account in chosen if account is not None)
        return self._asked(asker, "send", pin, known)

    def _asked(self, asker: Asker, action: str, pin: str, people: tuple[Account, ...]) -> Answer:
        address = _ADDRESS.format(pin) if pin else ""
        form = self._form(asker, action, address, people, "")
        return Answer("Write `/pin send <pin address> to @a @b -- words`", form=form)

    def _form(
        self, asker: Asker, action: str, pin: str, people: tuple[Account, ...], text: str
    ) -> Form:
        chosen = " ".join(f"@{account.handle}" for account in people)
        inputs = [
            Input("pin", "Pin address", value=pin, most=1_000,
                  hint="https://www.pinterest.com/pin/…"),
            Input("people", "People", "people", names_of(people), chosen, most=9,
                  hint="@northwind, or several"),
        ]  # fmt: skip
        if action == "send":
            words = "What would you like to say?"
            inputs.append(
                Input("text", "Words", "long", value=text[:_WORDS], optional=True, most=_WORDS,
                      hint=words)
            )  # fmt: skip
        if people and people[0].kind is AccountKind.BRAND and not asker.for_brand:
            seen = f"{people[0].name}'s people will see this as {asker.account.name}."
        else:
            seen = f"They will see this as {asker.account.name}."
        title = "Send a pin" if action == "send" else "Start a thread"
        submit = "Send" if action == "send" else "Start"
        return Form(title, submit, action, "", tuple(inputs), seen)

    async def on_sent(self, asker: Asker, value: str, fields: Fields) -> Answer:
        del value
        address = str(fields.get("pin", "")).strip()
        people = await self._clerk.given_people(asker, fields.get("people", ()))
        if not address:
            return refuse(PIN_REQUIRED, "pin")
        if not people:
            return refuse(NOBODY, "people")
        pin = await self._desk.pin_id(address)
        if isinstance(pin, Refusal):
            return refuse(pin, "pin")
        return await self._start(asker, people, pin, str(fields.get("text", "")), None)

    async def _start(
        self,
        asker: Asker,
        people: tuple[PersonRef, ...],
        pin: PinId,
        text: str,
        rich: Content | None,
    ) -> Answer:
        refused = await self._clerk.may(asker, Act.REPLY)
        if refused is not None:
            return refuse(refused)
        outcome = await self._clerk.submit(asker, StartThread(people, pin, text, rich), "send")
        if isinstance(outcome, Refusal):
            return refuse(outcome, _field(outcome))
        if not isinstance(outcome, Accepted):
            return self._clerk.told(asker, outcome, "")
        found = await self._desk.find_people(people)
        who = named([account for account in found if account is not None], 9)
        view = await self._desk.open(asker.account.id, str(outcome.thread))
        items: tuple[Item, ...] = ()
        if not isinstance(view, Refusal):
            items = (Item(title=cut(view.pin.title or "", 80), mirrors=view.mirrors),)
        name = code(outcome.thread)
        return Answer(
            f"Sent to {who} as {asker.account.name}. `/pin open {name}` shows the thread.",
            items,
            (Button("Show thread", "open", str(outcome.thread)),),
        )


def _field(refused: Refusal) -> str:
    """The field of the form that a refusal is about."""
    if refused.code in ("pin_required", "bad_pin"):
        return "pin"
    return "text" if refused.code in ("empty_message", "text_too_long") else "people"
