"""The arguments of a command or menu, as a person's client would send them.

Reads plain names and values against the registered command: types, choices, limits, required
ones. What names people or channels is resolved beside it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sandbox.control import ControlError
from sandbox.discord import world
from sandbox.discord.commands import GROUP, SUBCOMMAND
from sandbox.discord.context import Context
from sandbox.discord.modals import picked
from sandbox.discord.permissions import permissions
from sandbox.discord.shapes import PEOPLE
from sandbox.discord.state import DM, Channel

STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER = 3, 4, 5, 6, 7, 8, 9, 10


class Arguments:
    """Reads the arguments of one call; `resolved` fills up meanwhile."""

    def __init__(self, context: Context, place: Channel) -> None:
        self._context = context
        self._place = place
        self.resolved: dict[str, dict[str, Any]] = {}

    def read(
        self,
        command: Mapping[str, Any],
        words: Sequence[str],
        values: Mapping[str, Any],
        focused: str | None,
    ) -> list[dict[str, Any]]:
        """The options of the interaction, nested as the subcommand is."""
        known = command.get("options", [])
        nested = bool(known) and known[0]["type"] in (SUBCOMMAND, GROUP)
        if not nested:
            if words:
                raise ControlError(f"{command['name']} has no subcommand {words[0]}.")
            return self._values(known, values, focused)
        if not words:
            raise ControlError(f"{command['name']} needs a subcommand.")
        found = next((one for one in known if one["name"] == words[0]), None)
        if found is None:
            raise ControlError(f"{command['name']} has no subcommand {words[0]}.")
        inner = self.read(found, words[1:], values, focused)
        return [{"type": found["type"], "name": found["name"], "options": inner}]

    def _values(
        self, known: Sequence[Mapping[str, Any]], values: Mapping[str, Any], focused: str | None
    ) -> list[dict[str, Any]]:
        by_name = {option["name"]: option for option in known}
        for name in (*values, *([focused] if focused else [])):
            if name not in by_name:
                raise ControlError(f"There is no option {name}.")
        if focused is not None and not by_name[focused].get("autocomplete"):
            raise ControlError(f"The option {focused} does not autocomplete.")
        found = []
        for option in known:
            name = option["name"]
            if name == focused:
                typed = values.get(name, "")
                found.append(
                    {"type": option["type"], "name": name, "value": typed, "focused": True}
                )
            elif values.get(name) is not None:
                value = self._value(option, values[name])
                found.append({"type": option["type"], "name": name, "value": value})
            elif option.get("required") and focused is None:
                raise ControlError(f"The option {name} is required.")
        return found

    def _value(self, option: Mapping[str, Any], value: Any) -> Any:
        kind, name = option["type"], option["name"]
        if kind in (USER, MENTIONABLE):
            return self.add_user(str(value))
        if kind == CHANNEL:
            return self._add_channel(str(value))
        shapes = {STRING: str, BOOLEAN: bool, INTEGER: int, NUMBER: (int, float)}
        shape: Any = shapes.get(kind)
        if shape is None:
            raise ControlError(f"The sandbox cannot give the option {name}.")
        if not isinstance(value, shape) or (isinstance(value, bool) and kind != BOOLEAN):
            raise ControlError(f"The option {name} has the wrong type.")
        choices = [choice["value"] for choice in option.get("choices", [])]
        if choices and value not in choices:
            raise ControlError(f"The option {name} is none of its choices.")
        size = len(value) if kind == STRING else value
        low, high = ("min_length", "max_length") if kind == STRING else ("min_value", "max_value")
        longest = option.get(high, 6000 if kind == STRING else None)
        if kind != BOOLEAN and (
            size < option.get(low, size) or (longest is not None and size > longest)
        ):
            raise ControlError(f"The option {name} is too small or too large.")
        return value

    def add_user(self, user: str) -> str:
        """Resolve a person by id or name."""
        by_name = {person.name: person.id for person in world.PEOPLE}
        found = by_name.get(user, user)
        if found not in PEOPLE and found != world.BOT:
            raise ControlError(f"There is no person {user}.")
        self.resolved.setdefault("users", {})[found] = self._context.shapes.user(found)
        if self._place.type != DM:
            member = self._context.shapes.partial_member(found)
            rights = str(permissions(self._context.state, found, self._place))
            self.resolved.setdefault("members", {})[found] = {**member, "permissions": rights}
        return found

    def _add_channel(self, channel: str) -> str:
        channels = self._context.state.channels
        by_name = {one.name: one for one in channels.values() if one.name and not one.is_thread}
        found = channels.get(channel) or by_name.get(channel)
        if found is None:
            raise ControlError(f"There is no channel {channel}.")
        channel = found.id
        shape = self._context.shapes.channel(found)
        rights = str(permissions(self._context.state, world.BOT, found))
        self.resolved.setdefault("channels", {})[channel] = {**shape, "permissions": rights}
        return channel

    def submitted(
        self, fields: Iterable[Mapping[str, Any]], values: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """The values of a modal, people and channels by id, and what those are."""
        read = dict(values)
        for one in fields:
            add = {5: self.add_user, 7: self.add_user, 8: self._add_channel}.get(one["type"])
            if add is not None:
                read[one["custom_id"]] = [add(each) for each in picked(one, values)]
        return read, self.resolved

    def picked(
        self, menu: Mapping[str, Any], values: Any
    ) -> tuple[list[str], dict[str, dict[str, Any]]]:
        """The values picked in a menu of a message."""
        given = values or []
        if not isinstance(given, list) or any(not isinstance(one, str) for one in given):
            raise ControlError("values is a list of texts.")
        if not menu.get("min_values", 1) <= len(given) <= menu.get("max_values", 1):
            raise ControlError("That is too few or too many values.")
        if menu["type"] == STRING:
            known = {option["value"] for option in menu["options"]}
            if not set(given) <= known:
                raise ControlError("The menu has no such value.")
        elif menu["type"] == 5:
            given = [self.add_user(one) for one in given]
        elif menu["type"] == 8:
            given = [self._add_channel(one) for one in given]
        return given, self.resolved
