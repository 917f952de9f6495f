"""REST: application commands, global and of the server, with Discord's validation.

Names, descriptions, nesting, 25 options a level, 25 choices, 8,000 characters a command.
Commands are kept with their id; a put replaces the whole scope and keeps ids of equal names.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.discord import world
from sandbox.discord.answers import Answer, ApiError, invalid, leaf, unknown
from sandbox.discord.context import Context
from sandbox.discord.forms import Form
from sandbox.discord.ratelimits import Bucket
from sandbox.discord.rest import Call, Route

CHAT, USER, MESSAGE = 1, 2, 3
SUBCOMMAND, GROUP = 1, 2
MOST = {CHAT: 100, USER: 15, MESSAGE: 15}
CHARACTERS = 8000
WRITE = Bucket("write commands", 20, 20.0)


class Commands:
    """The routes under /applications/{application_id}."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """The table."""
        table: list[Route] = []
        for scope in ("", "/guilds/{guild_id}"):
            place = "/applications/{application_id}" + scope + "/commands"
            one = place + "/{command_id}"
            table += [
                Route("GET", place, self._list),
                Route("PUT", place, self._replace, WRITE),
                Route("POST", place, self._upsert, WRITE),
                Route("GET", one, self._get),
                Route("PATCH", one, self._change, WRITE),
                Route("DELETE", one, self._delete, WRITE),
            ]
        return table

    def find(self, name: str, kind: int = CHAT) -> dict[str, Any] | None:
        """The command of that name: the server's own before a global one."""
        fits = [
            command
            for command in self._context.state.commands.values()
            if command["name"] == name and command["type"] == kind
        ]
        return next((one for one in fits if "guild_id" in one), fits[0] if fits else None)

    def _scope(self, call: Call) -> str | None:
        if call.params["application_id"] != world.BOT:
            raise unknown("application")
        guild = call.params.get("guild_id")
        if guild not in (None, world.GUILD):
            raise ApiError(403, 50001, "Missing Access")
        return guild

    def _of(self, guild: str | None) -> list[dict[str, Any]]:
        commands = self._context.state.commands.values()
        return [command for command in commands if command.get("guild_id") == guild]

    def _list(self, call: Call) -> Answer:
        return Answer(200, self._of(self._scope(call)))

    def _one(self, call: Call) -> dict[str, Any]:
        guild = self._scope(call)
        found = self._context.state.commands.get(call.params["command_id"])
        if found is None or found.get("guild_id") != guild:
            raise unknown("application command")
        return found

    def _get(self, call: Call) -> Answer:
        return Answer(200, self._one(call))

    def _replace(self, call: Call) -> Answer:
        guild = self._scope(call)
        if not isinstance(call.body, list):
            wrong = leaf("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            raise invalid(wrong)
        errors: dict[str, Any] = {}
        forms = [
            Form(entry, errors.setdefault(str(number), {}))
            for number, entry in enumerate(call.body)
        ]
        read = [read_command(form) for form in forms]
        Form({}, errors).done()
        for number, command in enumerate(read):
            check_length(command, number)
        names = [(command["type"], command["name"]) for command in read]
        if len(set(names)) < len(names):
            raise _duplicate()
        _check_count(read)
        old = {(one["type"], one["name"]): one for one in self._of(guild)}
        for one in old.values():
            self._context.state.drop_command(one)
        made = [
            self._keep(command, guild, old.get((command["type"], command["name"])))
            for command in read
        ]
        return Answer(200, made)

    def _upsert(self, call: Call) -> Answer:
        guild = self._scope(call)
        form = Form({} if call.body is None else call.body)
        command = read_command(form)
        form.done()
        check_length(command)
        key = (command["type"], command["name"])
        here = self._of(guild)
        old = next((one for one in here if (one["type"], one["name"]) == key), None)
        _check_count([*(one for one in here if one is not old), command])
        return Answer(201 if old is None else 200, self._keep(command, guild, old))

    def _change(self, call: Call) -> Answer:
        old = self._one(call)
        form = Form({**old, **(call.body if isinstance(call.body, Mapping) else {})})
        command = read_command(form)
        form.done()
        check_length(command)
        return Answer(200, self._keep(command, old.get("guild_id"), old))

    def _delete(self, call: Call) -> Answer:
        self._context.state.drop_command(self._one(call))
        return Answer()

    def _keep(
        self, command: dict[str, Any], guild: str | None, old: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        state = self._context.state
        kept = {
            "id": state.snowflake() if old is None else old["id"],
            "application_id": world.BOT,
            "version": state.snowflake(),
            **command,
        }
        if guild is not None:
            kept["guild_id"] = guild
        state.save_command(kept)
        return kept


def _check_count(commands: Iterable[Mapping[str, Any]]) -> None:
    kinds = [command["type"] for command in commands]
    for kind, most in MOST.items():
        if kinds.count(kind) > most:
            raise ApiError(400, 30032, f"Maximum number of application commands reached ({most})")


def _duplicate() -> ApiError:
    wrong = "Application command names must be unique"
    return invalid(leaf("APPLICATION_COMMANDS_DUPLICATE_NAME", wrong))


def check_length(command: Mapping[str, Any], number: int | None = None) -> None:
    """Refuse a command with more than 8,000 characters of names, descriptions and values."""
    if _length(command) > CHARACTERS:
        wrong = leaf(
            "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({CHARACTERS})"
        )
        raise invalid(wrong if number is None else {str(number): wrong})


def _length(part: Mapping[str, Any]) -> int:
    own = sum(len(str(part[key])) for key in ("name", "description", "value") if key in part)
    inner = [*part.get("options", []), *part.get("choices", [])]
    return own + sum(map(_length, inner))


def read_command(form: Form) -> dict[str, Any]:
    """A command as it is kept; problems stay in the form."""
    kind = form.choice("type", (CHAT, USER, MESSAGE)) or CHAT
    name = form.text("name", longest=32, shortest=1, required=True) or ""
    if kind == CHAT:
        _check_name(form, name)
        described = form.text("description", longest=100, shortest=1, required=True) or ""
    else:
        described = ""
        if form.data.get("description"):
            form.fail("description", "APPLICATION_COMMAND_DESCRIPTION_INVALID", "Must be empty")
        if form.data.get("options"):
            form.fail("options", "APPLICATION_COMMAND_OPTIONS_INVALID", "Must be empty")
    command = {
        "type": kind,
        "name": name,
        "name_localizations": form.data.get("name_localizations"),
        "description": described,
        "description_localizations": form.data.get("description_localizations"),
        "default_member_permissions": form.text("default_member_permissions", longest=32),
        "dm_permission": form.data.get("dm_permission", True) is not False,
        "contexts": form.data.get("contexts"),
        "integration_types": form.data.get("integration_types") or [0],
        "nsfw": form.flag("nsfw"),
    }
    options = read_options(form, depth=0) if kind == CHAT else []
    if options:
        command["options"] = options
    return command


def _check_name(form: Form, name: str) -> None:
    fits = all(sign.isalnum() or sign in "-_'" for sign in name) and name == name.lower()
    if name and not fits:
        wrong = "Command name is invalid"
        form.fail("name", "APPLICATION_COMMAND_INVALID_NAME", wrong)


def read_options(form: Form, *, depth: int) -> list[dict[str, Any]]:
    """The options of a command (depth 0), a group (1) or a subcommand (2)."""
    rows = form.rows("options", most=25) or []
    read = [_option(row, depth) for row in rows]
    kinds = [option.get("type") for option in read]
    nested = [kind in (SUBCOMMAND, GROUP) for kind in kinds]
    if any(nested) and not all(nested):
        wrong = "Subcommands and subcommand groups exclude all other types of options"
        form.fail("options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", wrong)
    names = [option.get("name") for option in read]
    needed = [bool(option.get("required")) for option in read]
    for number, row in enumerate(rows):
        if names[number] in names[:number]:
            wrong = "Option name already exists"
            row.fail("name", "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", wrong)
        if needed[number] and not all(needed[:number]):
            wrong = "Required options must be placed before non-required options"
            row.fail("required", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", wrong)
    return read


def _option(row: Form, depth: int) -> dict[str, Any]:
    allowed = {0: tuple(range(1, 12)), 1: (SUBCOMMAND,), 2: tuple(range(3, 12))}[depth]
    kind = row.choice("type", allowed, required=True)
    name = row.text("name", longest=32, shortest=1, required=True) or ""
    _check_name(row, name)
    option: dict[str, Any] = {
        "type": kind,
        "name": name,
        "description": row.text("description", longest=100, shortest=1, required=True),
    }
    if kind in (SUBCOMMAND, GROUP):
        inner = read_options(row, depth=1 if kind == GROUP else 2)
        return {**option, "options": inner} if inner else option
    if row.flag("required"):
        option["required"] = True
    for key in ("min_value", "max_value", "min_length", "max_length", "channel_types"):
        if row.data.get(key) is not None:
            option[key] = row.data[key]
    choices = row.rows("choices", most=25)
    if choices:
        option["choices"] = [_choice(choice, kind) for choice in choices]
    if row.flag("autocomplete"):
        option["autocomplete"] = True
        if choices:
            wrong = "Autocomplete and choices are mutually exclusive"
            row.fail("autocomplete", "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID", wrong)
    return option


def _choice(choice: Form, kind: int | None) -> dict[str, Any]:
    name = choice.text("name", longest=100, shortest=1, required=True)
    if kind == 3:
        return {"name": name, "value": choice.text("value", longest=100, required=True)}
    value = choice.data.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        choice.fail("value", "NUMBER_TYPE_COERCE", "Value is not a number.")
    return {"name": name, "value": value}
