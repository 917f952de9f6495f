"""What people start in the Discord server: commands, autocomplete, buttons, menus, modals.

Each call of the control API becomes one interaction; its answer is what the person then sees.
"""

from typing import Any

from aiohttp import web

from sandbox.control import ControlError, MissingError, answer, read, text
from sandbox.discord import world
from sandbox.discord.arguments import Arguments
from sandbox.discord.commands import CHAT, MESSAGE, USER, Commands
from sandbox.discord.content import LOADING
from sandbox.discord.context import Context
from sandbox.discord.interactions import (
    AUTOCOMPLETE,
    CHOICES,
    COMMAND,
    COMPONENT,
    SUBMIT,
    Interaction,
    Interactions,
)
from sandbox.discord.modals import check_values, fields, handed_in
from sandbox.discord.shapes import PEOPLE
from sandbox.discord.state import DM, FORUM, Channel
from sandbox.discord.view import View, parts_of

SILENT_APP = "The application did not respond."


class Acts:
    """The control calls that become interactions."""

    def __init__(
        self, context: Context, view: View, interactions: Interactions, commands: Commands
    ) -> None:
        self._context = context
        self._state = context.state
        self._view = view
        self._interactions = interactions
        self._commands = commands

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        base = "/_control/discord/"
        app.router.add_post(base + "command", self._command)
        app.router.add_post(base + "autocomplete", self._autocomplete)
        app.router.add_post(base + "press", self._press)
        app.router.add_post(base + "submit", self._submit)
        app.router.add_get(base + "commands", self._command_list)
        app.router.add_get(base + "seen", self._seen)
        app.router.add_delete(base + "seen", self._dismiss)

    async def _command(self, request: web.Request) -> web.Response:
        body = await read(request)
        user, place, data = self._called(body, focused=None)
        return self._came_of(await self._interactions.start(COMMAND, user, place, data))

    async def _autocomplete(self, request: web.Request) -> web.Response:
        body = await read(request)
        focused = text(body, "focused")
        user, place, data = self._called(body, focused=focused)
        made = await self._interactions.start(AUTOCOMPLETE, user, place, data)
        if made.answered != CHOICES:
            return answer({"choices": [], "error": "Loading options failed."})
        return answer({"choices": made.choices})

    def _called(
        self, body: dict[str, Any], focused: str | None
    ) -> tuple[str, Channel, dict[str, Any]]:
        user = self._view.user(body)
        place = self._view.place(text(body, "channel"), user)
        if place.type == FORUM:
            raise ControlError("No command runs in a forum itself; use a post.")
        name = text(body, "name")
        target = body.get("target")
        kind = CHAT
        if target is not None:
            kind = USER if str(target) in PEOPLE else MESSAGE
        command = self._commands.find(name, kind)
        if command is None:
            raise MissingError(f"There is no command {name}.")
        if place.type == DM and "guild_id" in command:
            raise ControlError("A command of the server does not run in direct messages.")
        arguments = Arguments(self._context, place)
        data: dict[str, Any] = {"id": command["id"], "name": name, "type": kind}
        if "guild_id" in command:
            data["guild_id"] = world.GUILD
        if kind == CHAT:
            options = body.get("options") or {}
            if not isinstance(options, dict):
                raise ControlError("options is an object of names and values.")
            words = text(body, "subcommand", "").split()
            data["options"] = arguments.read(command, words, options, focused)
        else:
            data["target_id"] = str(target)
            if kind == USER:
                arguments.add_user(str(target))
            else:
                message = self._view.message({"message": str(target)}, user)
                shape = self._context.shapes.message(message)
                arguments.resolved["messages"] = {message.id: shape}
        if arguments.resolved:
            data["resolved"] = arguments.resolved
        return user, place, data

    async def _press(self, request: web.Request) -> web.Response:
        body = await read(request)
        user = self._view.user(body)
        message = self._view.message(body, user)
        custom_id = text(body, "custom_id")
        part = next((one for one in parts_of(message) if one.get("custom_id") == custom_id), None)
        if part is None:
            raise MissingError("There is no such button or menu on that message.")
        if part.get("disabled"):
            raise ControlError("That button is disabled.")
        place = self._state.channels[message.channel]
        data: dict[str, Any] = {
            "custom_id": custom_id,
            "component_type": part["type"],
            "id": part["id"],
        }
        if part["type"] != 2:
            values, resolved = Arguments(self._context, place).picked(part, body.get("values"))
            data["values"] = values
            if resolved:
                data["resolved"] = resolved
        made = await self._interactions.start(COMPONENT, user, place, data, message)
        return self._came_of(made)

    async def _submit(self, request: web.Request) -> web.Response:
        body = await read(request)
        user = self._view.user(body)
        modal = self._interactions.modals.get(text(body, "modal"))
        if modal is None or modal.user != user:
            raise MissingError("That person has no such modal open.")
        values = body.get("values") or {}
        if not isinstance(values, dict):
            raise ControlError("values is an object of custom ids and values.")
        errors = check_values(modal, values)
        if errors:
            return answer({"ok": False, "errors": errors, "answers": []})
        place = self._state.channels[modal.channel]
        values, resolved = Arguments(self._context, place).submitted(fields(modal), values)
        data: dict[str, Any] = {
            "custom_id": modal.custom_id,
            "components": handed_in(modal, values),
        }
        if resolved:
            data["resolved"] = resolved
        source = None
        if modal.source is not None:
            held = self._interactions.ephemeral.get(modal.source)
            source = held or self._state.message(modal.channel, modal.source)
        made = await self._interactions.start(SUBMIT, user, place, data, source)
        if made.answered is not None:
            self._interactions.close_modal(modal)
        return self._came_of(made)

    def _came_of(self, made: Interaction) -> web.Response:
        found: dict[str, Any] = {
            "ok": made.answered is not None and not made.loading,
            "answers": [self._view.shown(one) for one in made.answers if not one.flags & LOADING],
        }
        if not found["ok"]:
            found["error"] = SILENT_APP
        if made.modal is not None:
            found["modal"] = made.modal.shown()
        if made.source is not None:
            found["message"] = self._view.shown(made.source)
        return answer(found)

    async def _seen(self, request: web.Request) -> web.Response:
        messages, modals = self._interactions.seen(self._view.user(request.query))
        return answer(
            {
                "messages": [self._view.shown(one) for one in messages],
                "modals": [one.shown() for one in modals],
            }
        )

    async def _dismiss(self, request: web.Request) -> web.Response:
        self._interactions.dismiss(self._view.user(request.query))
        return answer({})

    async def _command_list(self, _: web.Request) -> web.Response:
        return answer({"commands": list(self._state.commands.values())})
