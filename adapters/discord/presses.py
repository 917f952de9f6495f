"""Answers of commands, buttons, menus and forms.

Custom ids say all that is needed, so that everything works on after a restart:
`send:<pin>` (a preview's button, and its form), `pick:<message>` (for which thread
were these words?) and `open` (a line of the inbox).
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import discord

from adapters.discord.answers import (
    UNKNOWN,
    Answer,
    Interaction,
    account_of,
    handle,
    mentioned,
    place_of,
    read_handles,
    send_answer,
    thread_answer,
)
from adapters.discord.client import Gateway, said
from adapters.discord.commands import Tree, Work
from adapters.discord.inbound import PLATFORM, intent
from adapters.discord.people import People
from adapters.discord.telling import Teller
from core.ids import PinId, ThreadId
from core.intents import InDirect, Person, PersonRef, Target
from core.model import BindingKind, Mirror, Refusal
from core.ports import Accepted, Desk

log = logging.getLogger("pinthread.discord")

FORM_TITLE = "Send this pin"
NOT_KNOWN = (
    "Nothing is known of a refusal of this message. Only its author can ask, and only until "
    "Pinthread is restarted: send it again to see what happens."
)
LOST_WORDS = "Your message is not there any more. Write it again."


class Front:
    """Where commands and presses come to."""

    def __init__(
        self, desk: Desk, people: People, teller: Teller, link: Callable[[Mirror], str | None]
    ) -> None:
        self.desk = desk
        self.link = link
        self._people = people
        self._teller = teller

    async def register(self, client: Gateway, *, sync: bool) -> None:
        """Listens to commands, and registers them where Discord has others."""
        tree = Tree(client, self, self.failed)
        try:
            if sync and await tree.bring_up_to_date():
                log.info("commands_registered")
        except discord.HTTPException as refused:
            # Old commands are better than none, and the next start tries again.
            log.warning("commands_not_registered", extra={"status": refused.status})

    async def answer(self, interaction: Interaction, work: Work, *, late: bool = False) -> None:
        """Sends an answer that only the caller sees. `late`: says first that it is at work."""
        if late:
            await interaction.response.defer(ephemeral=True, thinking=True)
        await _send(interaction, await work())

    async def failed(self, interaction: Interaction, error: Exception) -> None:
        cause = getattr(error, "original", error)
        # What Discord answered may name what people typed; other failures are our own.
        trace = None if isinstance(cause, discord.DiscordException) else cause
        found = {"interaction": interaction.id, "error": type(cause).__name__}
        log.error("interaction_failed", exc_info=trace, extra=found)
        try:
            await _send(interaction, Answer(UNKNOWN))
        except discord.HTTPException:
            log.warning("interaction_not_answered", extra={"interaction": interaction.id})

    async def pressed(self, interaction: Interaction) -> None:
        """A button, a menu or a form."""
        if interaction.type not in (
            discord.InteractionType.component,
            discord.InteractionType.modal_submit,
        ):
            return
        try:
            await self._pressed(interaction)
        except Exception as error:  # noqa: BLE001
            # The boundary of an interaction: its caller is told, and the next one goes on.
            await self.failed(interaction, error)

    async def _pressed(self, interaction: Interaction) -> None:
        data: Mapping[str, Any] = interaction.data or {}
        what, _, which = str(data.get("custom_id") or "").partition(":")
        chosen = next(iter(data.get("values") or ()), "")
        if interaction.type is discord.InteractionType.modal_submit:
            given = dict(_inputs(data.get("components") or ()))
            if what == "send":
                to, text = given.get("to", ""), given.get("text", "")
                await self.answer(
                    interaction, lambda: self._send(interaction, PinId(which), to, text), late=True
                )
        elif what == "send":
            await interaction.response.send_modal(send_form(which))
        elif what == "open" and chosen:
            await self.answer(interaction, lambda: self._open(interaction, chosen))
        elif what == "pick" and chosen:
            await interaction.response.defer()
            await self._pick(interaction, which, ThreadId(chosen))

    async def send(self, interaction: Interaction, pin: str, people: str, text: str) -> Answer:
        found = await self.desk.pin_id(pin)
        if isinstance(found, Refusal):
            return Answer(found.sentence)
        return await self._send(interaction, found, people, text)

    async def why(self, interaction: Interaction, message: discord.Message) -> Answer:
        sentence = self._teller.why(str(message.id), str(interaction.user.id))
        return Answer(sentence or NOT_KNOWN)

    async def _send(self, interaction: Interaction, pin: PinId, people: str, text: str) -> Answer:
        refs: list[PersonRef] = []
        for word in read_handles(people):
            user = mentioned(word)
            found = await self._people.person(user) if user is not None else None
            refs.append(found if isinstance(found, Person) else handle(user or word))
        return await send_answer(self.desk, interaction, pin, tuple(refs), text)

    async def _open(self, interaction: Interaction, code: str) -> Answer:
        asker = await account_of(self.desk, interaction)
        return await thread_answer(self.desk, asker.id, code, self.link)

    async def _pick(self, interaction: Interaction, message: str, thread: ThreadId) -> None:
        """The words are read again at Discord, so that nothing is kept meanwhile."""
        channel = interaction.channel
        if interaction.message is None or not isinstance(channel, discord.abc.Messageable):
            return
        try:
            words = said(await channel.fetch_message(int(message)))
        except (discord.NotFound, ValueError):
            await interaction.edit_original_response(content=LOST_WORDS, view=None)
            return
        wanted = intent(words, chosen=await self._target(interaction, thread))
        if wanted is None or words.author != str(interaction.user.id):
            return
        outcome = await self.desk.submit(wanted)
        if isinstance(outcome, Accepted):
            await interaction.edit_original_response(content="Sent.", view=None)
        elif isinstance(outcome, Refusal):
            await interaction.edit_original_response(content=outcome.sentence, view=None)

    async def _target(self, interaction: Interaction, thread: ThreadId) -> Target:
        """The thread as it stands in these direct messages: the words were said here."""
        asker = await account_of(self.desk, interaction)
        view = await self.desk.open(asker.id, thread)
        if not isinstance(view, Refusal):
            for mirror in view.mirrors:
                here = mirror.place.platform == PLATFORM and mirror.kind is BindingKind.DIRECT
                if here and mirror.root is not None:
                    return InDirect(place_of(interaction), mirror.root)
        return thread


def send_form(pin: str) -> discord.ui.Modal:
    """Asks for whom and with which words."""
    form = discord.ui.Modal(title=FORM_TITLE, custom_id=f"send:{pin}"[:100], timeout=None)
    form.add_item(
        discord.ui.Label(
            text="To",
            description="One or more handles, such as @northwind",
            component=discord.ui.TextInput(custom_id="to", max_length=1000),
        )
    )
    form.add_item(
        discord.ui.Label(
            text="Words",
            description="What you want to say about it",
            component=discord.ui.TextInput(
                custom_id="text",
                style=discord.TextStyle.paragraph,
                required=False,
                max_length=4000,
            ),
        )
    )
    form.stop()  # the library would keep it for ever; its answer comes by custom id
    return form


def _inputs(components: Any) -> Iterator[tuple[str, str]]:
    """Custom id and value of each field, in labels or in rows."""
    for component in components:
        if "value" in component:
            yield str(component.get("custom_id")), str(component["value"] or "")
        if component.get("component"):
            yield from _inputs((component["component"],))
        yield from _inputs(component.get("components") or ())


async def _send(interaction: Interaction, answer: Answer) -> None:
    embeds = [discord.Embed.from_dict(embed) for embed in answer.embeds]
    view = _view(answer) if answer.components else None
    text = answer.text or None
    if interaction.response.is_done():
        await interaction.edit_original_response(content=text, embeds=embeds, view=view)
    elif view is None:
        await interaction.response.send_message(text, embeds=embeds, ephemeral=True)
    else:
        await interaction.response.send_message(text, embeds=embeds, view=view, ephemeral=True)


def _view(answer: Answer) -> discord.ui.View:
    """The library's form of plain components. It is stopped, so the library keeps nothing."""
    view = discord.ui.View(timeout=None)
    for row in answer.components:
        for item in row["components"]:
            view.add_item(_item(item))
    view.stop()
    return view


def _item(item: Mapping[str, Any]) -> discord.ui.Item[discord.ui.View]:
    if item["type"] == discord.ComponentType.select.value:
        return discord.ui.Select(
            custom_id=item["custom_id"],
            placeholder=item["placeholder"],
            options=[discord.SelectOption(**option) for option in item["options"]],
        )
    return discord.ui.Button(
        style=discord.ButtonStyle(item["style"]),
        label=item["label"],
        custom_id=item.get("custom_id"),
        url=item.get("url"),
    )
