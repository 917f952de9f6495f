"""The content of a message: limits of text, embeds, components, mentions and files.

Reads what a message create, edit, webhook or interaction brings into a Draft. A Draft is
already valid; what an edit leaves out is None. Limits: docs/sandbox.md and Discord's message
reference.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.discord.answers import ApiError
from sandbox.discord.forms import Form

CONTENT = 2000
EMBED_TOTAL = 6000
SUPPRESS_EMBEDS, EPHEMERAL, LOADING, SILENT, V2 = 1 << 2, 1 << 6, 1 << 7, 1 << 12, 1 << 15
HAS_THREAD = 1 << 5
BUTTON, SELECTS = 2, (3, 5, 6, 7, 8)
_USER = re.compile(r"<@!?(\d{1,20})>")


@dataclass(frozen=True, slots=True)
class Draft:
    """What a call wants a message to be; None where it says nothing."""

    content: str | None
    embeds: list[dict[str, Any]] | None
    components: list[dict[str, Any]] | None
    flags: int | None
    mentions: list[str]
    everyone: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.content or self.embeds or self.components)


def read_draft(form: Form, *, allowed_flags: int, users_only: bool = False) -> Draft:
    """The message part of a body; problems stay in the form until its `done`."""
    content = form.text("content", longest=CONTENT)
    if content is not None:
        content = content.strip()
    elif form.has("content"):
        content = ""
    embeds = read_embeds(form)
    flags = form.number("flags", low=0)
    if flags is not None:
        if flags & EPHEMERAL & ~allowed_flags:
            # Discord drops the flag and shows the message to everybody: a slip to be seen here.
            wrong = "Only an answer to an interaction can be ephemeral."
            form.fail("flags", "MESSAGE_FLAGS_INVALID", wrong)
        flags &= allowed_flags
    v2 = bool(flags and flags & V2)
    components = read_components(form, v2=v2)
    if v2 and (content or embeds):
        form.fail(
            "flags",
            "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
            "The 'content' and 'embeds' fields cannot be used with IS_COMPONENTS_V2",
        )
    mentions, everyone = _mentions(form, content or "", users_only=users_only)
    for row in form.rows("attachments", most=10) or ():
        row.text("description", longest=1024)
        row.snowflake("id", required=True)
    return Draft(content, embeds, components, flags, mentions, everyone)


def empty_message() -> ApiError:
    """Nothing to send."""
    return ApiError(400, 50006, "Cannot send an empty message")


# Mentions


def find_mentions(content: str) -> list[str]:
    """The people whom a text mentions, each once."""
    return list(dict.fromkeys(_USER.findall(content)))


def _mentions(form: Form, content: str, *, users_only: bool) -> tuple[list[str], bool]:
    named = find_mentions(content)
    everyone = "@everyone" in content or "@here" in content
    allowed = form.inner("allowed_mentions")
    if allowed is None:
        return named, everyone and not users_only
    users = allowed.ids("users", most=100)
    roles = allowed.ids("roles", most=100)
    parse = allowed.data.get("parse")
    if parse is not None and (
        not isinstance(parse, list)
        or any(kind not in ("users", "roles", "everyone") for kind in parse)
    ):
        allowed.fail(
            "parse", "BASE_TYPE_CHOICES", "Value must be one of ('roles', 'users', 'everyone')."
        )
        parse = []
    allowed.flag("replied_user")
    for key, given in (("users", users), ("roles", roles)):
        if given and parse and key in parse:
            allowed.fail(
                key,
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f'parse:["{key}"] and {key}: [ids...] are mutually exclusive.',
            )
    kinds = parse or []
    kept = [one for one in named if "users" in kinds or one in (users or [])]
    return kept, everyone and "everyone" in kinds


# Embeds


def read_embeds(form: Form) -> list[dict[str, Any]] | None:
    """The embeds as they are stored; None when the body has none."""
    if form.has("embeds") and form.data["embeds"] is None:
        return []
    rows = form.rows("embeds", most=10)
    if rows is None:
        return None
    read = [_embed(row) for row in rows]
    if sum(map(_weight, read)) > EMBED_TOTAL:
        wrong = f"Embed size exceeds maximum size of {EMBED_TOTAL}"
        form.fail("embeds", "MAX_EMBED_SIZE_EXCEEDED", wrong)
    return read


def _embed(row: Form) -> dict[str, Any]:
    found: dict[str, Any] = {
        "title": row.text("title", longest=256),
        "description": row.text("description", longest=4096),
        "url": row.url("url"),
        "timestamp": row.text("timestamp", longest=64),
        "color": row.number("color", low=0, high=0xFFFFFF),
    }
    if footer := row.inner("footer"):
        text = footer.text("text", longest=2048, required=True)
        found["footer"] = _said({"text": text, "icon_url": footer.url("icon_url", attachment=True)})
    if author := row.inner("author"):
        name = author.text("name", longest=256, required=True)
        icon = author.url("icon_url", attachment=True)
        found["author"] = _said({"name": name, "url": author.url("url"), "icon_url": icon})
    for key in ("image", "thumbnail"):
        if picture := row.inner(key):
            url = picture.url("url", attachment=True)
            found[key] = {"url": url, "proxy_url": url}
    fields = row.rows("fields", most=25)
    if fields:
        found["fields"] = [
            {
                "name": one.text("name", longest=256, shortest=1, required=True),
                "value": one.text("value", longest=1024, shortest=1, required=True),
                "inline": one.flag("inline"),
            }
            for one in fields
        ]
    kept = _said(found)
    if not kept:
        row.fail("description", "BASE_TYPE_REQUIRED", "This field is required")
    return {"type": "rich", **kept}


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _weight(embed: Mapping[str, Any]) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [embed.get("footer", {}).get("text"), embed.get("author", {}).get("name")]
    for one in embed.get("fields", []):
        texts += [one.get("name"), one.get("value")]
    return sum(len(text or "") for text in texts)


# Components


def read_components(form: Form, *, v2: bool) -> list[dict[str, Any]] | None:
    """The components as they are stored, each with its number."""
    if form.has("components") and form.data["components"] is None:
        return []
    rows = form.rows("components", most=40 if v2 else 5)
    if rows is None:
        return None
    reader = _Components(form, v2=v2)
    read = [reader.top(row) for row in rows]
    if reader.count > 40:
        form.fail("components", "BASE_TYPE_MAX_LENGTH", "Must be 40 or fewer in length.")
    return read


class _Components:
    """Numbers the components and sees to it that no custom id comes twice."""

    def __init__(self, form: Form, *, v2: bool) -> None:
        self.form = form
        self.v2 = v2
        self.count = 0
        self.taken: set[str] = set()

    def top(self, row: Form) -> dict[str, Any]:
        kinds = (1, 9, 10, 12, 13, 14, 17) if self.v2 else (1,)
        kind = row.choice("type", kinds, required=True)
        return self._read(row, kind)

    def _read(self, row: Form, kind: int | None) -> dict[str, Any]:
        self.count += 1
        number = row.number("id", low=0) or self.count
        if kind is None:
            return {}
        base = {"type": kind, "id": number}
        if kind == 1:
            inner = row.rows("components", most=5, least=1) or []
            read = [
                self._read(one, one.choice("type", (BUTTON, *SELECTS), required=True))
                for one in inner
            ]
            if len(read) > 1 and any(one.get("type") in SELECTS for one in read):
                row.fail(
                    "components",
                    "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
                    "The specified component exceeds the maximum width",
                )
            return {**base, "components": read}
        if kind == BUTTON:
            return {**base, **self._button(row)}
        if kind in SELECTS:
            return {**base, **self._select(row, kind)}
        return {**dict(row.data), **base, **self._layout(row, kind)}

    def _layout(self, row: Form, kind: int) -> dict[str, Any]:
        if kind == 10:
            return {"content": row.text("content", longest=4000, shortest=1, required=True)}
        if kind in (9, 17):
            kinds = (10,) if kind == 9 else (1, 9, 10, 12, 13, 14)
            inner = row.rows("components", most=3 if kind == 9 else 40, least=1) or []
            found: dict[str, Any] = {
                "components": [
                    self._read(one, one.choice("type", kinds, required=True)) for one in inner
                ]
            }
            if kind == 9 and (side := row.inner("accessory")):
                found["accessory"] = self._read(
                    side, side.choice("type", (BUTTON, 11), required=True)
                )
            return found
        if kind == 12:
            items = row.rows("items", most=10, least=1) or []
            for item in items:
                if media := item.inner("media"):
                    media.url("url", attachment=True)
        if kind == 11 and (media := row.inner("media")):
            media.url("url", attachment=True)
        return {}

    def _custom_id(self, row: Form) -> str | None:
        found = row.text("custom_id", longest=100, shortest=1, required=True)
        if found is not None and found in self.taken:
            row.fail(
                "custom_id",
                "COMPONENT_CUSTOM_ID_DUPLICATED",
                "Component custom id cannot be duplicated",
            )
        self.taken.add(found or "")
        return found

    def _button(self, row: Form) -> dict[str, Any]:
        style = row.choice("style", (1, 2, 3, 4, 5, 6), required=True)
        label = row.text("label", longest=80)
        emoji = row.inner("emoji")
        found: dict[str, Any] = {
            "style": style,
            "label": label,
            "disabled": row.flag("disabled") or None,
        }
        if emoji:
            found["emoji"] = dict(emoji.data)
        if style == 5:
            url = row.url("url", longest=512)
            if url is None:
                row.fail("url", "BASE_TYPE_REQUIRED", "This field is required")
            found["url"] = url
        elif style is not None and style != 6:
            found["custom_id"] = self._custom_id(row)
        if not label and not emoji and style != 6:
            row.fail(
                "label", "BUTTON_COMPONENT_INVALID_LABEL", "A button must have a label or an emoji"
            )
        return _said(found)

    def _select(self, row: Form, kind: int) -> dict[str, Any]:
        least = row.number("min_values", low=0, high=25)
        most = row.number("max_values", low=1, high=25)
        found: dict[str, Any] = {
            "custom_id": self._custom_id(row),
            "placeholder": row.text("placeholder", longest=150),
            "min_values": 1 if least is None else least,
            "max_values": 1 if most is None else most,
            "disabled": row.flag("disabled") or None,
        }
        if kind == 3:
            found["options"] = read_options(row)
        elif row.has("channel_types"):
            found["channel_types"] = row.data["channel_types"]
        return _said(found)


def read_options(row: Form, *, most: int = 25) -> list[dict[str, Any]]:
    """The options of a string select or, in a modal, of a group."""
    options = row.rows("options", most=most, least=1)
    if options is None:
        row.fail("options", "BASE_TYPE_REQUIRED", "This field is required")
    return [
        _said(
            {
                "label": one.text("label", longest=100, shortest=1, required=True),
                "value": one.text("value", longest=100, required=True),
                "description": one.text("description", longest=100),
                "default": one.flag("default") or None,
            }
        )
        for one in options or []
    ]
