"""A YAML file as typed data, and one line about whatever is wrong with it.

Knows nothing of the keys: `bridge.config` says what they are. Every line names the
key by its full path, and the nearest known key for one that is not known.
"""

import difflib
import re
import types
import typing
from collections.abc import Hashable, Mapping
from typing import Annotated, Any, TypeVar

import msgspec
import yaml

from bridge.failures import ConfigError

Whole = TypeVar("Whole", bound=msgspec.Struct)


class _Loader(yaml.SafeLoader):
    """YAML's safe loader, which refuses a key that is written twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag not in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"):
                raise ConfigError(f"Line {key.start_mark.line + 1}: a key must be a word.")
            if key.value in seen:
                line = key.start_mark.line + 1
                raise ConfigError(f"`{key.value}` stands twice in line {line} and before.")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read(text: str, name: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """The keys and values of a file called `name`, with every `${NAME}` filled in."""
    try:
        raw = yaml.load(text, _Loader)  # noqa: S506 (a subclass of the safe loader)
    except yaml.MarkedYAMLError as failed:
        line = failed.problem_mark.line + 1 if failed.problem_mark else 1
        raise ConfigError(f"{name}, line {line}: {failed.problem}.") from failed
    except yaml.YAMLError as failed:
        raise ConfigError(
            f"{name} is not YAML: it holds a character that YAML forbids."
        ) from failed
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise ConfigError(f"{name} must hold keys such as `slack:` at its top level.")
    filled: dict[str, Any] = _fill(raw, "", environment)
    return filled


_NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def _fill(value: Any, path: str, environment: Mapping[str, str]) -> Any:
    """`value` with every `${NAME}` inside its strings replaced."""
    if isinstance(value, dict):
        return {
            key: _fill(item, f"{path}.{key}" if path else str(key), environment)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_fill(item, f"{path}[{n}]", environment) for n, item in enumerate(value)]
    if not isinstance(value, str):
        return value

    def replace(found: re.Match[str]) -> str:
        given = environment.get(found[1], "")
        if not given:
            raise ConfigError(
                f"{path} needs the environment variable {found[1]}, which is not set."
            )
        return given

    return _NAME.sub(replace, value)


# --- saying what is wrong -----------------------------------------------------------------

_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "keys and values",
    "null": "nothing",
}


def convert(raw: dict[str, Any], kind: type[Whole]) -> Whole:
    """`raw` as data of that kind; ConfigError names the key that does not fit."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as failed:
        raise ConfigError(_explain(str(failed), kind)) from failed


def _explain(message: str, kind: type[msgspec.Struct]) -> str:
    """What msgspec says, in one line that begins with the key."""
    message, _, where = message.partition(" - at ")
    path = where.strip("`").removeprefix("$").removeprefix(".")
    if found := re.fullmatch(r"Object contains unknown field `(.*)`", message):
        key = _join(path, found[1])
        known = [field.encode_name for field in _fields(kind, path)]
        near = difflib.get_close_matches(found[1], known, 1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}."
        return f"{key} is not a key here; {hint}"
    if found := re.fullmatch(r"Object missing required field `(.*)`", message):
        return f"{_join(path, found[1])} is missing."
    if found := re.fullmatch(r"Invalid enum value (.*)", message):
        allowed = ", ".join(map(str, typing.get_args(_type_at(kind, path))))
        return f"{path} is {found[1]}; it must be one of {allowed}."
    if found := re.fullmatch(r"Expected `([^`]*)`, got `([^`]*)`", message):
        wanted = " or ".join(_WORDS.get(word, word) for word in found[1].split(" | "))
        got = _WORDS.get(found[2], found[2])
        hint = " Put it in quotes." if found[1].startswith("str") and found[2] != "object" else ""
        return f"{path or 'The file'} must be {wanted}, not {got}.{hint}"
    if found := re.fullmatch(r"Expected `[^`]*` (.*)", message):
        return f"{path} must be {found[1]}."
    sentence = message.rstrip(".")
    return f"{path}: {sentence}." if path and not sentence.startswith(path) else f"{sentence}."


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _fields(kind: Any, path: str) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(_struct(_type_at(kind, path)))


def _type_at(kind: Any, path: str) -> Any:
    """The declared type of a key, such as that of `brands[0].name`."""
    found = kind
    for step in filter(None, re.split(r"\.|(?=\[)", path)):
        if step.startswith("["):
            found = typing.get_args(_plain(found))[0]
        else:
            fields = msgspec.structs.fields(_struct(found))
            found = next(field.type for field in fields if field.encode_name == step)
    return _plain(found)


def _plain(kind: Any) -> Any:
    """Without `Annotated` and without `| None`."""
    if typing.get_origin(kind) is Annotated:
        return _plain(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        return _plain(next(part for part in typing.get_args(kind) if part is not types.NoneType))
    return kind


def _struct(kind: Any) -> type[msgspec.Struct]:
    found: type[msgspec.Struct] = _plain(kind)
    return found
