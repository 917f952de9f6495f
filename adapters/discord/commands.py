"""`/pin` on Discord: what is registered there, and what a call of it asks for. Pure.

All verbs come from `core.grammar.VERBS`: as subcommands of `/pin`, the rare ones in groups.
A thread need not be named where a command is given inside one.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.discord.cards import cut
from core.asking import Choice, Command
from core.grammar import parse, shown, usage
from core.intents import Handle
from core.verbs import AS_OFFERED, BY_NAME, GROUPS, VERBS, Kind, Option, Verb

CHAT, ON_PERSON, ON_MESSAGE = 1, 2, 3
_SUBCOMMAND, _GROUP, _STRING, _CHANNEL = 1, 2, 3, 7
_TEXT, _FORUM = 0, 15
_LONGEST = 1000
MOST_WORDS = 4000
"""Characters of words in an option or in a form: what Discord takes in a form."""

REPLY = "Reply to follower"
NOTE = "Add as note"
SEND = "Send this pin"
WHY = "Why was this not sent?"
CONVERSATIONS = "Pin conversations"
MENUS = (
    (REPLY, ON_MESSAGE),
    (NOTE, ON_MESSAGE),
    (SEND, ON_MESSAGE),
    (WHY, ON_MESSAGE),
    (CONVERSATIONS, ON_PERSON),
)
_EVERYWHERE = {"contexts": [0, 1], "integration_types": [0]}
"""In servers that have the bot, and in direct messages with it."""


_COMMAND = re.compile(r"`/pin ([a-z]+)\b")
_USED = re.compile(r"`(/pin [^`]+)`")
_KEPT = (
    *("name", "description", "required", "autocomplete", "max_length"),
    *("choices", "channel_types", "contexts", "integration_types"),
)


@dataclass(frozen=True, slots=True)
class Called:
    """A verb with its options as they were given; `focused` is the one being typed."""

    verb: str
    options: Mapping[str, str]
    focused: str = ""


def definitions() -> list[dict[str, Any]]:
    """Everything to be registered."""
    pin = {
        "type": CHAT,
        "name": "pin",
        "description": "Conversations around pins",
        "options": [*map(_subcommand, _of("")), *_groups()],
        **_EVERYWHERE,
    }
    return [pin, *({"type": kind, "name": name, **_EVERYWHERE} for name, kind in MENUS)]


def as_registered(text: str) -> str:
    """A sentence whose commands, between backticks, stand as they are called here.

    `/pin follow @a` is `/pin people follow @a`: Discord knows a verb only in its group. How a
    verb is used, and its example, name the options.
    """
    return _COMMAND.sub(_in_its_group, _USED.sub(_with_names, text))


def _with_names(found: re.Match[str]) -> str:
    return f"`{_HERE.get(found[1], found[1])}`"


def _here(verb: Verb) -> Iterator[tuple[str, str]]:
    """How it is used, and its example, each with what that is called here."""
    name = " ".join(filter(None, ("/pin", verb.group, verb.name)))
    used = [f"{one.name}:{shown(one)}" for one in verb.options]
    yield usage(verb), " ".join((name, *used))
    made = parse(verb.example.removeprefix("/pin "))
    assert isinstance(made, Command)
    given = [(one.name, _given(one, made)) for one in verb.options]
    yield verb.example, " ".join((name, *(f"{one}:{value}" for one, value in given if value)))


def _given(option: Option, made: Command) -> str:
    if option.kind is Kind.THREAD:
        return made.thread
    if option.kind is Kind.PIN:
        return made.pin
    if option.kind in (Kind.CHOICE, Kind.CANNED):
        return made.option
    if option.kind is Kind.CHANNEL:
        return made.channel and f"#{made.channel}"
    if option.kind is Kind.DATE:
        return made.before if option.name == "before" else made.after
    if option.kind in (Kind.TEXT, Kind.SEARCH):
        return made.text
    people = " ".join(f"@{one.name}" for one in made.people if isinstance(one, Handle))
    return people or made.option


def _in_its_group(found: re.Match[str]) -> str:
    verb = BY_NAME.get(found[1])
    return found[0] if verb is None or not verb.group else f"`/pin {verb.group} {verb.name}"


def _of(group: str) -> Iterator[Verb]:
    return (verb for verb in VERBS if verb.group == group)


def _groups() -> Iterator[dict[str, Any]]:
    for name, about in GROUPS.items():
        yield {
            "type": _GROUP,
            "name": name,
            "description": about,
            "options": [*map(_subcommand, _of(name))],
        }


def _subcommand(verb: Verb) -> dict[str, Any]:
    made: dict[str, Any] = {"type": _SUBCOMMAND, "name": verb.name, "description": verb.about}
    if verb.options:
        # Discord wants those that are required first.
        ordered = sorted(verb.options, key=lambda option: not option.required)
        made["options"] = [*map(_option, ordered)]
    return made


def _option(option: Option) -> dict[str, Any]:
    made: dict[str, Any] = {"type": _STRING, "name": option.name, "description": option.about}
    if option.required:
        made["required"] = True
    if option.kind is Kind.CHANNEL:
        return {**made, "type": _CHANNEL, "channel_types": [_TEXT, _FORUM]}
    if option.choices:
        return {**made, "choices": [{"name": one, "value": one} for one in option.choices]}
    if option.kind in AS_OFFERED:
        made["autocomplete"] = True
    made["max_length"] = option.most or (MOST_WORDS if option.kind is Kind.TEXT else _LONGEST)
    return made


def shape(command: Mapping[str, Any]) -> dict[str, Any]:
    """What matters of a definition, with all that Discord adds to it left out."""
    kept = {key: command[key] for key in _KEPT if command.get(key)}
    if "choices" in kept:
        kept["choices"] = [one["value"] for one in kept["choices"]]
    kept["type"] = int(command.get("type") or CHAT)
    kept["options"] = [shape(one) for one in command.get("options") or ()]
    return kept


def same(known: Sequence[Mapping[str, Any]]) -> bool:
    """Whether Discord has just what is to be registered."""

    def order(command: dict[str, Any]) -> tuple[int, str]:
        return command["type"], command["name"]

    return sorted(map(shape, known), key=order) == sorted(map(shape, definitions()), key=order)


def called(data: Mapping[str, Any]) -> Called:
    """What a call of `/pin`, or its autocomplete, holds."""
    verb, options = "", data.get("options") or ()
    while options and options[0].get("type") in (_SUBCOMMAND, _GROUP):
        verb, options = str(options[0]["name"]), options[0].get("options") or ()
    given = {str(one["name"]): str(one.get("value", "")) for one in options}
    focused = next((str(one["name"]) for one in options if one.get("focused")), "")
    return Called(verb, given, focused)


def offered(choices: Sequence[Choice]) -> list[dict[str, str]]:
    """Choices as autocomplete shows them."""
    found = []
    for choice in choices[:25]:
        if len(choice.value) <= 100:
            note = f" ({choice.note})" if choice.note else ""
            found.append({"name": cut(f"{choice.label}{note}", 100), "value": choice.value})
    return found


_HERE: Mapping[str, str] = dict(pair for verb in VERBS for pair in _here(verb))
"""By how a verb is typed where options have no names. One without options is just its name."""
