"""Discord's published API description, as a judge of requests.

It is read strictly: a key that it does not name is a violation, though Discord itself
passes over unknown keys.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

FILE = Path(__file__).resolve().parents[3] / "shared" / "specs" / "discord-openapi.json"

AGENT = re.compile(r"DiscordBot \(https?://[^, ]+,? [^)]+\)")
"""Discord's API reference, "User Agent": anything else may be blocked."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it went over the wire; `path` is without the API's own address."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any = None
    agent: str = "DiscordBot (https://example.com, 1)"


class Description:
    def __init__(self) -> None:
        spec = json.loads(FILE.read_bytes())
        self._components = _closed(spec["components"])
        self._paths = [
            (_pattern(template), template, item) for template, item in spec["paths"].items()
        ]
        # A fixed path such as /users/@me goes before one with a parameter in its place.
        self._paths.sort(key=lambda path: (path[1].count("{"), -len(path[1])))

    def violations(self, sent: Sent) -> list[str]:
        """What is wrong with a request, each as `template method place: why`."""
        found = self._operation(sent)
        if found is None:
            return [f"{sent.method} {sent.path}: there is no such call"]
        template, item, operation, values = found
        name = f"{sent.method} {template}"
        wrong = [] if AGENT.match(sent.agent) else [f"{name} User-Agent: not Discord's form"]
        parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
        known = {one["name"]: one for one in parameters if one["in"] == "query"}
        for key, value in sent.query.items():
            if key not in known:
                wrong.append(f"{name} ?{key}: unknown")
            else:
                place, schema = f"{name} ?{key}", known[key]["schema"]
                as_text = self._judge(place, schema, value)
                wrong += as_text and self._judge(place, schema, _read(value))
        for one in parameters:
            if one["in"] == "path":
                place = f"{name} {{{one['name']}}}"
                wrong += self._judge(place, one["schema"], values[one["name"]])
        schema = self._body(operation)
        if schema is None:
            return wrong if sent.body is None else [*wrong, f"{name}: takes no body"]
        return wrong + self._judge(name, schema, sent.body)

    def _operation(self, sent: Sent) -> tuple[str, Any, Any, dict[str, str]] | None:
        for pattern, template, item in self._paths:
            found = pattern.fullmatch(sent.path)
            operation = item.get(sent.method.lower())
            if found and operation:
                names = re.findall(r"\{(\w+)\}", template)
                return template, item, operation, dict(zip(names, found.groups(), strict=True))
        return None

    @staticmethod
    def _body(operation: Any) -> Any:
        body = operation.get("requestBody")
        return None if body is None else body["content"]["application/json"]["schema"]

    def _judge(self, place: str, schema: Any, value: Any) -> list[str]:
        text = json.dumps(schema, sort_keys=True)
        errors = self._validator(text).iter_errors(value)
        return [f"{place} {_where(error)}: {error.message[:200]}" for error in errors]

    @cache  # noqa: B019 (there is one description for the whole run)
    def _validator(self, schema: str) -> Draft202012Validator:
        whole = {**_closed(json.loads(schema)), "components": self._components}
        return Draft202012Validator(whole)


def _where(error: Any) -> str:
    return "/".join(str(key) for key in error.absolute_path)


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", template)
    return re.compile("([^/]+)".join(map(re.escape, parts)))


def _read(value: str) -> Any:
    """A query value that is no text in the description: a number or a truth value."""
    if value in ("true", "false"):
        return value == "true"
    return int(value) if value.isdigit() else value


def _closed(schema: Any) -> Any:
    """The same, but refusing keys that are not named."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    read = {key: _closed(value) for key, value in schema.items()}
    if isinstance(read.get("properties"), dict) and "additionalProperties" not in read:
        read["additionalProperties"] = False
    return read
