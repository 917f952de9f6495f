"""Channels: which conversations appear where, and in a brand's inbox what a reply is.

A brand's inbox is a private channel of its own: notes stand there. A project channel shows
to everybody who reads it what comes from then on, and its conversations say so. One channel
never holds both sides of a conversation, nor notes beside a follower.
"""

import re
from dataclasses import replace

from bridge.office.clerk import Asker, Clerk, Theme, cut, named, refusal, refuse
from core.asking import MOST_CHOICES, Answer, Button, Choice, Command, Fields, Form, Input
from core.ids import BindingId, ConversationId, derive
from core.intents import OpenPlace
from core.model import (
    Account,
    Binding,
    BindingKind,
    Mode,
    Place,
    Refusal,
    place_of_ref,
    place_ref,
)
from core.ports.reading import PlaceLook
from core.rights import Act, may

_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,}|\d{5,}")
_ALL = "all"
_MODES = (
    Choice("Replies are notes; Reply sends (explicit)", Mode.EXPLICIT.value),
    Choice("Replies go to the follower (relay)", Mode.RELAY.value),
)
_MEANS = {
    Mode.RELAY: "a reply in a thread goes to the follower, and `note:` makes a note.",
    Mode.EXPLICIT: "a reply in a thread is a note, and the Reply button sends.",
}
NOT_A_CHANNEL = Refusal(
    "bad_channel",
    "Do this in the channel itself, or choose the channel from the list that comes up after `#`.",
)
NOT_THERE = Refusal(
    "connect_it_there",
    "Connect a channel from inside it, so that only those who are in it can: write `/pin connect` "
    "there.",
)
NOT_SEEN = Refusal(
    "place_not_seen", "I am not in that channel. Invite me there, and connect it again."
)
NOT_PRIVATE = Refusal(
    "place_not_private",
    "A brand's inbox must be a private channel of your own: notes stand there. Make this one "
    "private, or choose another.",
)
TAKEN = Refusal(
    "place_taken",
    "This channel shows other conversations already, and would show both sides, or notes to a "
    "follower. Choose another channel, or end that first with `/pin disconnect`.",
)
AN_INBOX = Refusal(
    "place_taken",
    "This channel is an inbox already. `/pin mode` changes its mode; `/pin disconnect` ends it.",
)
NO_BRAND = Refusal(
    "not_allowed",
    "Only managers and owners of a brand may connect its inbox. Ask one of them, or whoever "
    "runs Pinthread here.",
)
FOR_PEOPLE = Refusal(
    "place_for_people",
    "A brand's conversations appear in its own inbox alone: connect it as inbox.",
)
NO_INBOX = Refusal("no_inbox", "This is no brand's inbox. Do it in the channel that is one.")


class Places:
    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk
        self._desk = clerk.desk

    @property
    def theme(self) -> Theme:
        return Theme(
            {"connect": self.connect, "mode": self.mode},
            {"mode": self.on_mode, "connect": self.on_connect},
            {"inbox": self.on_inbox, "project": self.on_project},
        )

    # --- connecting -----------------------------------------------------------------------

    async def connect(self, asker: Asker, command: Command) -> Answer:
        place = place_named(asker, command.channel)
        if isinstance(place, Refusal):
            return refuse(place, "channel")
        if command.option not in ("", "inbox", "project"):
            return refusal("bad_option", "Connect it as `inbox` or as `project`.", "as")
        brands = await self._brands(asker)
        kind = command.option or ("" if brands else "project")
        if place != asker.caller.place and (kind == "project" or not brands):
            return refuse(NOT_THERE, "channel")
        look = await self._look(place)
        if look is None:
            return refuse(NOT_SEEN, "channel")
        if kind == "inbox":
            return await self._ask_inbox(place, look, brands)
        if kind == "project":
            return await self._ask_project(asker, place, look)
        ref = place_ref(place)
        return Answer(
            f"As what should {look.label} be connected? An inbox is for a brand's own people; a "
            "project shows your conversations to everybody who reads the channel.",
            buttons=(
                Button("A brand's inbox", "connect", f"inbox:{ref}", "primary"),
                Button("A project", "connect", f"project:{ref}"),
            ),
        )

    async def _look(self, place: Place) -> PlaceLook | None:
        """A channel in which the bot can write."""
        look = await self._desk.describe(place)
        return look if look is not None and look.present else None

    async def on_connect(self, asker: Asker, value: str) -> Answer:
        kind, _, ref = value.partition(":")
        place = place_of_ref(ref)
        channel = place.channel if place else ""
        return await self.connect(asker, Command("connect", option=kind, channel=channel))

    async def _brands(self, asker: Asker) -> tuple[Account, ...]:
        """The brands whose channels the asker may connect."""
        brands = []
        for brand, _ in await self._desk.brands_of(asker.person.id):
            # Without an inbox yet, a brand has no place in which they could stand.
            role = await self._desk.given_role(asker.caller.person, brand.id)
            agent = None if role is not None else await self._clerk.acting_for(asker, brand.id)
            if may(role if agent is None else agent.role, Act.CONNECT) is None:
                brands.append(brand)
        here = asker.for_brand and may(asker.role, Act.CONNECT) is None
        if here and asker.account not in brands:
            brands.append(asker.account)
        return tuple(brands)

    async def _ask_inbox(
        self, place: Place, look: PlaceLook, brands: tuple[Account, ...]
    ) -> Answer:
        if not brands:
            return refuse(NO_BRAND)
        refused = await self._fits(place, look, BindingKind.INBOX)
        if refused is not None:
            return refuse(refused)
        inputs = [Input("mode", "What is a reply in a thread?", "choice", _MODES, Mode.EXPLICIT)]
        if len(brands) > 1:
            choices = tuple(Choice(each.name, str(each.id)) for each in brands[:MOST_CHOICES])
            inputs.insert(0, Input("brand", "Whose inbox?", "choice", choices))
        note = (
            f"Everybody who reads {look.label} sees this brand's conversations and notes. Whoever "
            "writes in a thread there acts as the brand."
        )
        value = f"{place_ref(place)}{f'|{brands[0].id}' if len(brands) == 1 else ''}"
        form = Form("Connect an inbox", "Connect", "inbox", value, tuple(inputs), note)
        return Answer(f"Connect {look.label} as an inbox: `/pin connect #channel inbox`", form=form)

    async def on_inbox(self, asker: Asker, value: str, fields: Fields) -> Answer:
        ref, _, brand = value.partition("|")
        place, mode = place_of_ref(ref), str(fields.get("mode", Mode.EXPLICIT))
        brand = brand or str(fields.get("brand", ""))
        look = await self._look(place) if place is not None else None
        if place is None or look is None:
            return refuse(NOT_SEEN)
        owner = next((each for each in await self._brands(asker) if each.id == brand), None)
        if owner is None:
            return refuse(NO_BRAND)
        if mode not in tuple(Mode):
            return refusal("bad_option", "A mode is relay or explicit.", "mode")
        refused = await self._fits(place, look, BindingKind.INBOX)
        if refused is None:
            binding = _binding(owner, place, BindingKind.INBOX, look.label)
            refused = await self._desk.connect_place(replace(binding, mode=Mode(mode)))
        if refused is not None:
            return refuse(refused)
        return Answer(
            f"{look.label} is an inbox of {owner.name} now, in mode {mode}. The newest threads "
            "appear there, older ones with what is said next; `/pin mode` changes the mode, and "
            "`/pin disconnect` ends it."
        )

    async def _fits(self, place: Place, look: PlaceLook, kind: BindingKind) -> Refusal | None:
        """Whether a channel may hold what it is to hold."""
        if kind is BindingKind.INBOX and (not look.private or look.shared):
            return NOT_PRIVATE
        there = await self._desk.binding_at(place)
        if there is None:
            return None
        if there.kind is BindingKind.INBOX and kind is BindingKind.INBOX:
            return AN_INBOX
        return TAKEN

    # --- projects -------------------------------------------------------------------------

    async def _ask_project(self, asker: Asker, place: Place, look: PlaceLook) -> Answer:
        refused = FOR_PEOPLE if asker.for_brand else None
        refused = refused or await self._fits(place, look, BindingKind.PROJECT)
        if refused is not None:
            return refuse(refused)
        choices = await self._conversations(asker)
        everything = Choice("Every new one that I start from now on", _ALL)
        form = Form(
            "Connect a project",
            "Connect",
            "project",
            place_ref(place),
            (Input("which", "Which conversation?", "choice", (*choices, everything)),),
            f"Everybody who reads {look.label} will see what is said from now on. Everyone in the "
            "conversation is told, and anyone in it may end it.",
        )
        return Answer(f"Which conversation should appear in {look.label}?", form=form)

    async def _conversations(self, asker: Asker) -> tuple[Choice, ...]:
        """The asker's newest conversations, each by its newest thread."""
        seen: dict[ConversationId, Choice] = {}
        for line in await self._desk.inbox(asker.account.id, 100):
            label = cut(f"With {named(line.people, 9)}", 70)
            seen.setdefault(line.conversation, Choice(label, str(line.thread)))
        return tuple(seen.values())[: MOST_CHOICES - 1]

    async def on_project(self, asker: Asker, value: str, fields: Fields) -> Answer:
        place, which = place_of_ref(value), str(fields.get("which", ""))
        if place is not None and not await self._is_in(asker, place):
            return refuse(NOT_THERE)
        look = await self._look(place) if place is not None else None
        if place is None or look is None:
            return refuse(NOT_SEEN)
        refused = FOR_PEOPLE if asker.for_brand else None
        refused = refused or await self._fits(place, look, BindingKind.PROJECT)
        if refused is not None:
            return refuse(refused)
        binding = _binding(asker.account, place, BindingKind.PROJECT, look.label)
        if which == _ALL:
            refused = await self._desk.connect_place(binding)
            if refused is not None:
                return refuse(refused)
            return Answer(
                f"Conversations that you start from now on appear in {look.label}, where others "
                "can read them. `/pin disconnect` ends that."
            )
        view = await self._desk.open(asker.account.id, which)
        if isinstance(view, Refusal):
            return refuse(view, "which")
        refused = await self._desk.connect_place(replace(binding, conversation=view.conversation))
        if refused is not None:
            return refuse(refused)
        done = (
            f"{look.label} shows this conversation from now on, and everyone in it has been told. "
            "`/pin disconnect` ends that; so may anyone in it."
        )
        what = OpenPlace(view.thread, binding.id)
        answer = await self._clerk.act(asker, what, f"place {binding.id}", done)
        if answer.refusal is not None:
            await self._desk.disconnect_place(binding.id)
        return answer

    async def _is_in(self, asker: Asker, place: Place) -> bool:
        """They may have left the channel since the form was opened there."""
        if place != asker.caller.place:
            return False
        if not asker.caller.remembered:
            return True
        return await self._desk.is_there(asker.caller.person, place)

    # --- modes ----------------------------------------------------------------------------

    async def mode(self, asker: Asker, command: Command) -> Answer:
        binding = asker.binding
        if binding is None or binding.kind is not BindingKind.INBOX:
            return refuse(NO_INBOX)
        if command.option not in (*Mode, ""):
            return refusal("bad_option", "A mode is `relay` or `explicit`.", "mode")
        if not command.option:
            return Answer(
                f"{binding.label or 'This inbox'} is in mode {binding.mode}. In relay a reply in a "
                "thread goes to the follower; in explicit it is a note, and Reply sends.",
                buttons=tuple(
                    Button(f"Make it {one}", "mode", one.value)
                    for one in Mode
                    if one is not binding.mode
                ),
            )
        refused = await self._clerk.may(asker, Act.MODE)
        if refused is None:
            mode = Mode(command.option)
            refused = await self._desk.connect_place(replace(binding, mode=mode))
        if refused is not None:
            return refuse(refused)
        if mode is not binding.mode:
            await self._desk.tell_mode(binding.place, f"{asker.person.name} has set the mode of "
                                       f"this inbox to {mode}: {_MEANS[mode]}")  # fmt: skip
        if mode is Mode.RELAY:
            return Answer("A reply in a thread here goes to the follower now, after a moment in "
                          "which you can undo it. Begin with `note:` to leave a note.")  # fmt: skip
        return Answer("A reply in a thread here is a note now. The Reply button or `/pin reply` "
                      "sends to the follower.")  # fmt: skip

    async def on_mode(self, asker: Asker, value: str) -> Answer:
        return await self.mode(asker, Command("mode", option=value))


def place_named(asker: Asker, channel: str) -> Place | Refusal:
    """The channel that is named, or in which it was done."""
    here = asker.caller.place
    if here is None or (channel and not _CHANNEL.fullmatch(channel)):
        return NOT_A_CHANNEL
    place = replace(here, channel=channel) if channel else here
    return NOT_A_CHANNEL if place.channel.startswith("user:") else place


def _binding(account: Account, place: Place, kind: BindingKind, label: str) -> Binding:
    """The same id that the configuration would give it."""
    key = f"{place.platform}\0{place.workspace}\0{place.channel}"
    return Binding(BindingId(derive("binding", key)), account.id, place, kind, label)
