"""Ending that others read: of a whole channel, or of one conversation in it.

Whoever connected a channel ends it altogether; everybody in a conversation may end that it
is shown, and can name the channel or the thread from wherever they are.
"""

from bridge.office.clerk import Asker, Clerk, Theme, cut, named, refuse
from bridge.office.places import NO_BRAND, place_named
from core.asking import MOST_CHOICES, Answer, Button, Choice, Command, Fields, Input, Picker
from core.ids import ConversationId
from core.intents import ClosePlace
from core.model import Binding, BindingKind, Refusal, place_of_ref, place_ref
from core.ports.reading import Shown
from core.rights import Act
from core.rules import NOT_CONNECTED

NOT_SHOWN = Refusal(
    "not_connected", "Nobody else reads that conversation in a channel. There is nothing to end."
)
NOT_A_MEMBER = Refusal(
    "not_a_member",
    "Only who connected this channel, or is in a conversation that it shows, may end it.",
)
_PLATFORMS = {"slack": "Slack", "discord": "Discord"}


class Ending:
    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk
        self._desk = clerk.desk

    @property
    def theme(self) -> Theme:
        return Theme(
            {"disconnect": self.disconnect},
            {"disconnect": self.on_disconnect, "hide": self.on_hide},
            {"shown": self.on_chosen},
        )

    # --- which ----------------------------------------------------------------------------

    async def disconnect(self, asker: Asker, command: Command) -> Answer:
        if command.thread:
            return await self._thread(asker, command)
        place = place_named(asker, command.channel)
        binding = None if isinstance(place, Refusal) else await self._desk.binding_at(place)
        if binding is not None and binding.kind is not BindingKind.DIRECT:
            return await self._bound(asker, binding)
        if asker.for_brand and not command.channel:
            return refuse(NOT_CONNECTED)
        return await self._elsewhere(asker, command.channel, place)

    async def _thread(self, asker: Asker, command: Command) -> Answer:
        found = await self._clerk.thread(asker, command)
        if isinstance(found, Answer):
            return found
        agent, view = found
        shown = await self._desk.shown(agent.account.id)
        there = [one for one in shown if one.conversation == view.conversation]
        return self._ask(there) if there else refuse(NOT_SHOWN, "id")

    async def _bound(self, asker: Asker, binding: Binding) -> Answer:
        refused = await self._may_end(asker, binding)
        if refused is None:
            return self._ask_all(binding)
        if binding.kind is BindingKind.INBOX:
            return refuse(refused)
        shown = await self._desk.shown(asker.account.id)
        there = [one for one in shown if one.binding.id == binding.id]
        here = await self._here(asker)
        there = [one for one in there if one.conversation == here] or there
        return self._ask(there) if there else refuse(refused)

    async def _here(self, asker: Asker) -> ConversationId | None:
        """The conversation in whose thread it was done."""
        target = asker.caller.thread
        if target is None:
            return None
        thread = target if isinstance(target, str) else await self._desk.thread_at(target)
        view = await self._desk.open(asker.account.id, thread) if thread else None
        return None if view is None or isinstance(view, Refusal) else view.conversation

    async def _elsewhere(self, asker: Asker, channel: str, place: object) -> Answer:
        """Channels that are not here: by their id or name, or all of them to choose from."""
        if asker.for_brand and asker.role is None:
            return refuse(NO_BRAND)
        own = [
            one
            for one in await self._desk.bindings(asker.account.id)
            if one.kind is BindingKind.PROJECT and _is_called(one, channel)
        ]
        shown = await self._desk.shown(asker.account.id)
        there = [one for one in shown if _is_called(one.binding, channel)]
        if not own and not there:
            missing = place if channel and isinstance(place, Refusal) else NOT_CONNECTED
            return refuse(missing, "channel")
        return self._ask(there, own)

    async def _may_end(self, asker: Asker, binding: Binding) -> Refusal | None:
        """Whether the whole channel is theirs: a brand's managers; whoever connected it."""
        if binding.kind is BindingKind.INBOX:
            agent = await self._clerk.acting_for(asker, binding.account)
            return await self._clerk.may(agent, Act.CONNECT) if agent is not None else NO_BRAND
        return None if binding.account == asker.account.id else NOT_A_MEMBER

    # --- being sure -----------------------------------------------------------------------

    def _ask(self, shown: list[Shown], own: list[Binding] | None = None) -> Answer:
        """The one there is, or a menu of them."""
        own = own or []
        if not own and len(shown) == 1:
            return self._ask_one(shown[0])
        if not shown and len(own) == 1:
            return self._ask_all(own[0])
        choices = [
            *(Choice(cut(f"All of {_named(one)}", 90), place_ref(one.place)) for one in own),
            *(
                Choice(
                    cut(f"{_named(one.binding)}: with {named(one.people)}", 90),
                    f"{one.binding.id}|{one.thread}",
                )
                for one in shown
            ),
        ][:MOST_CHOICES]
        menu = Input("which", "Choose what to end", "choice", tuple(choices))
        return Answer("What should others read no longer?", picker=Picker("shown", menu))

    async def on_chosen(self, asker: Asker, value: str, fields: Fields) -> Answer:
        """What is chosen may be old: it is looked up as if it had just been named."""
        del value
        chosen = str(fields.get("which", ""))
        place, _, thread = chosen.partition("|")
        if not thread:
            at = place_of_ref(place)
            binding = await self._desk.binding_at(at) if at is not None else None
            return await self._bound(asker, binding) if binding is not None else refuse(NOT_SHOWN)
        found = await self._one(asker, chosen)
        return found if isinstance(found, Answer) else self._ask_one(found[1])

    async def _one(self, asker: Asker, value: str) -> tuple[Asker, Shown] | Answer:
        """A conversation in a channel, and whom the asker acts as in it."""
        place, _, thread = value.partition("|")
        found = await self._clerk.named(asker, thread)
        if isinstance(found, Answer):
            return found
        agent, view = found
        for one in await self._desk.shown(agent.account.id):
            if (one.binding.id, one.conversation) == (place, view.conversation):
                return agent, one
        return refuse(NOT_SHOWN)

    def _ask_one(self, one: Shown) -> Answer:
        return Answer(
            f"Show your conversation with {named(one.people)} no longer in {_named(one.binding)}? "
            "What stands there stays.",
            buttons=(Button("Disconnect", "hide", f"{one.binding.id}|{one.thread}", "danger"),),
        )

    def _ask_all(self, binding: Binding) -> Answer:
        comes_back = f" {_comes_back(binding)}" if self._desk.is_configured(binding.id) else ""
        return Answer(
            f"Show no more conversations in {binding.label or 'this channel'}? What stands there "
            f"stays.{comes_back}",
            buttons=(Button("Disconnect", "disconnect", place_ref(binding.place), "danger"),),
        )

    # --- doing ----------------------------------------------------------------------------

    async def on_hide(self, asker: Asker, value: str) -> Answer:
        found = await self._one(asker, value)
        return found if isinstance(found, Answer) else await self._hide(*found)

    async def _hide(self, asker: Asker, one: Shown) -> Answer:
        """One conversation; a channel that was for it alone is let go, if it is theirs."""
        label = one.binding.label or "that channel"
        done = f"{label} shows no more of this conversation, and everyone in it is told."
        what = ClosePlace(one.thread, one.binding.id)
        answer = await self._clerk.act(asker, what, f"close {one.binding.id} {one.thread}", done)
        mine = one.binding.account == asker.account.id
        if answer.refusal is None and mine and one.binding.conversation == one.conversation:
            await self._desk.disconnect_place(one.binding.id)
        return answer

    async def on_disconnect(self, asker: Asker, value: str) -> Answer:
        place = place_of_ref(value)
        binding = await self._desk.binding_at(place) if place is not None else None
        if binding is None:
            return refuse(NOT_CONNECTED)
        refused = await self._may_end(asker, binding)
        if refused is not None:
            return refuse(refused)
        if binding.kind is BindingKind.PROJECT:
            for one in await self._desk.shown(asker.account.id):
                if one.binding.id == binding.id:
                    await self._hide(asker, one)  # so that everyone in it is told
        await self._desk.disconnect_place(binding.id)
        back = "`/pin connect` brings it back."
        if self._desk.is_configured(binding.id):
            back = _comes_back(binding)
        return Answer(
            f"Nothing more appears in {binding.label or 'this channel'}. {back}", done=True
        )


def _comes_back(binding: Binding) -> str:
    where = "brands" if binding.kind is BindingKind.INBOX else "people"
    return (
        "But the configuration of this Pinthread binds it, and it comes back at the next start: "
        f"to end it for good, ask whoever runs it to take it out of `{where}: channels` there."
    )


def _is_called(binding: Binding, channel: str) -> bool:
    """Whether a channel has that id or name; the empty one is any."""
    name = channel.removeprefix("#").casefold()
    return name in (
        "",
        binding.place.channel.casefold(),
        binding.label.removeprefix("#").casefold(),
    )


def _named(binding: Binding) -> str:
    where = _PLATFORMS.get(binding.place.platform, binding.place.platform)
    return f"{binding.label or 'a channel'} ({where})"
