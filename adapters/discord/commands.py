"""`/pin` on Discord: the application commands and their autocomplete.

All answers are for the caller alone. What may take longer than Discord's three
seconds says first that it is at work. Decisions are the desk's; here options are
read and answers sent.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import discord
from discord import app_commands

from adapters.discord.answers import (
    Answer,
    account_of,
    help_answer,
    inbox_answer,
    preview_answer,
    thread_answer,
)
from adapters.discord.cards import cut, names
from core.model import Mirror, Pin
from core.ports import Desk, ThreadLine

Interaction = discord.Interaction[Any]
Choice = app_commands.Choice[str]
Work = Callable[[], Awaitable[Answer]]
Text = app_commands.Range[str, 1, 1000]

PIN_OPTION = "A pin's address, or one of your recent pins"
WHY = "Why was this not sent?"


class Counter(Protocol):
    """Where commands come to: the desk, and how answers are sent."""

    desk: Desk

    def link(self, mirror: Mirror) -> str | None: ...

    async def answer(self, interaction: Interaction, work: Work, *, late: bool = False) -> None: ...

    async def send(self, interaction: Interaction, pin: str, people: str, text: str) -> Answer: ...

    async def why(self, interaction: Interaction, message: discord.Message) -> Answer: ...


class PinCommands(app_commands.Group):
    """`/pin send|preview|inbox|open|help`."""

    def __init__(self, counter: Counter) -> None:
        super().__init__(
            name="pin",
            description="Conversations around pins",
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True),
            allowed_installs=app_commands.AppInstallationType(guild=True),
        )
        self._counter = counter
        self._desk = counter.desk

    @app_commands.command(name="send", description="Send a pin to people, with or without words")
    @app_commands.describe(
        pin=PIN_OPTION,
        to="Who gets it: one or more handles, such as @northwind",
        text="What you want to say about it",
    )
    async def send(
        self, interaction: Interaction, pin: Text, to: Text, text: str | None = None
    ) -> None:
        await self._counter.answer(
            interaction, lambda: self._counter.send(interaction, pin, to, text or ""), late=True
        )

    @app_commands.command(name="preview", description="Look at a pin before you send it")
    @app_commands.describe(pin=PIN_OPTION)
    async def preview(self, interaction: Interaction, pin: Text) -> None:
        await self._counter.answer(interaction, lambda: preview_answer(self._desk, pin), late=True)

    @app_commands.command(name="inbox", description="Your threads, the newest first")
    async def inbox(self, interaction: Interaction) -> None:
        await self._counter.answer(interaction, lambda: self._inbox(interaction))

    @app_commands.command(name="open", description="Go to a thread, and see its last messages")
    @app_commands.rename(code="id")
    @app_commands.describe(code="The short code on the thread's card")
    async def show(self, interaction: Interaction, code: Text) -> None:
        await self._counter.answer(interaction, lambda: self._open(interaction, code))

    @app_commands.command(name="help", description="What Pinthread can do here")
    async def help(self, interaction: Interaction) -> None:
        await self._counter.answer(interaction, help_answer)

    @send.autocomplete("pin")
    @preview.autocomplete("pin")
    async def _pins(self, interaction: Interaction, current: str) -> list[Choice]:
        asker = await account_of(self._desk, interaction)
        return pin_choices(await self._desk.recent_pins(asker.id, 25), current)

    @send.autocomplete("to")
    async def _people(self, interaction: Interaction, current: str) -> list[Choice]:
        before, prefix = split_last(current)
        asker = await account_of(self._desk, interaction)
        found = []
        for account in await self._desk.people(asker.id, prefix, 25):
            handles = f"{before}@{account.handle}"
            if f"@{account.handle}" not in before.split() and len(handles) <= 100:
                name = cut(f"{handles} ({account.name})", 100)
                found.append(Choice(name=name, value=handles))
        return found

    @show.autocomplete("code")
    async def _threads(self, interaction: Interaction, current: str) -> list[Choice]:
        asker = await account_of(self._desk, interaction)
        return thread_choices(await self._desk.inbox(asker.id, 100), current)

    async def _inbox(self, interaction: Interaction) -> Answer:
        return await inbox_answer(self._desk, (await account_of(self._desk, interaction)).id)

    async def _open(self, interaction: Interaction, code: str) -> Answer:
        asker = await account_of(self._desk, interaction)
        return await thread_answer(self._desk, asker.id, code, self._counter.link)


def why_menu(counter: Counter) -> app_commands.ContextMenu:
    """On a message: tells its author, and nobody else, why it was refused."""

    async def why(interaction: Interaction, message: discord.Message) -> None:
        await counter.answer(interaction, lambda: counter.why(interaction, message))

    return app_commands.ContextMenu(
        name=WHY,
        callback=why,
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True),
        allowed_installs=app_commands.AppInstallationType(guild=True),
    )


class Tree(app_commands.CommandTree[Any]):
    """Failures are answered in a sentence; what failed is recorded by its kind alone."""

    def __init__(
        self,
        client: discord.Client,
        counter: Counter,
        failed: Callable[[Interaction, Exception], Awaitable[None]],
    ) -> None:
        super().__init__(client)
        self._failed = failed
        self.add_command(PinCommands(counter))
        self.add_command(why_menu(counter))

    async def on_error(
        self, interaction: Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        await self._failed(interaction, error)

    async def bring_up_to_date(self) -> bool:
        """Registers the commands at Discord where they differ from ours there."""
        application = self.client.application_id
        if application is None:
            raise LookupError("commands are registered after sign-in")
        listed = await self.client.http.get_global_commands(application)
        known = [shape(command) for command in listed]
        ours = [shape(command.to_dict(self)) for command in self.get_commands()]
        if sorted(known, key=_order) == sorted(ours, key=_order):
            return False
        await self.sync()
        return True


def shape(command: Any) -> dict[str, Any]:
    """What matters of a definition, with Discord's defaults left out."""
    kept = {
        key: command.get(key)
        for key in ("name", "description", "contexts", "integration_types")
        if command.get(key)
    }
    kept["type"] = int(command.get("type") or 1)
    kept["options"] = [_option(option) for option in command.get("options") or ()]
    return kept


def _option(option: Any) -> dict[str, Any]:
    kept = {
        key: option[key]
        for key in ("name", "description", "required", "autocomplete", "min_length", "max_length")
        if option.get(key)
    }
    kept["type"] = int(option.get("type") or 1)
    kept["options"] = [_option(one) for one in option.get("options") or ()]
    return kept


def _order(command: dict[str, Any]) -> tuple[int, str]:
    return command["type"], command["name"]


def pin_choices(pins: Sequence[Pin], current: str) -> list[Choice]:
    wanted = current.strip().lower()
    return [
        Choice(name=cut(pin.title or f"Pin {pin.id}", 100), value=pin.url)
        for pin in pins
        if len(pin.url) <= 100 and wanted in f"{pin.title or ''} {pin.url}".lower()
    ][:25]


def thread_choices(lines: Sequence[ThreadLine], current: str) -> list[Choice]:
    wanted = current.strip().lower()
    found = []
    for line in lines:
        title = line.pin.title or f"Pin {line.pin.id}"
        shown = f"{cut(title, 60)} with {names(line)}"
        if wanted in f"{shown} {line.thread}".lower():
            found.append(Choice(name=cut(f"{shown} ({line.code})", 100), value=str(line.thread)))
    return found[:25]


def split_last(current: str) -> tuple[str, str]:
    """The handles typed so far with a space after them, and the one being typed."""
    words = current.split()
    if not words or current[-1].isspace():
        return "".join(f"{word} " for word in words), ""
    return "".join(f"{word} " for word in words[:-1]), words[-1].lstrip("@")
