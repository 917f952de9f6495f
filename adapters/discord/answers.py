"""How the office's answers look on Discord: embeds, buttons, menus and forms. Pure.

Everything fits Discord's limits, whatever it is made from, and mentions nobody. Custom ids say
all that is needed, so that everything works on after a restart: `a:` a button, `m:` a menu of
one button each for several items, `p:` a picker, `f:` a form, `q:` a button of a message that
goes away once it has been used.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.discord.cards import (
    BUTTON,
    LINK,
    PRIMARY,
    RED,
    ROW,
    SELECT,
    cut,
    is_address,
    pin_embed,
)
from adapters.discord.commands import MOST_WORDS, as_registered
from adapters.discord.inbound import PLATFORM
from adapters.discord.markdown import escape
from adapters.discord.markdown import write as markdown
from adapters.discord.outbound import CONTENT, NOBODY, link
from core.asking import AT, Answer, Button, Fields, Form, Input, Item, Picker
from core.model import BindingKind, Mirror, Place
from core.moments import MARK

PRESSED, CHOSEN, PICKED, FORM, QUIET = "a", "m", "p", "f", "q"
_STYLES = {"": 2, "primary": PRIMARY, "danger": 4}
_TEXT_INPUT, _CHANNEL_SELECT, _TEXT_DISPLAY, _LABEL = 4, 8, 10, 18
_SHORT, _PARAGRAPH = 1, 2
_TEXT_CHANNEL, _FORUM = 0, 15
_ROWS, _IN_ROW, _OPTIONS, _EMBEDS, _FIELDS = 5, 5, 25, 10, 5
_ROOM = 5_800
"""Characters in all embeds of a message; Discord takes 6,000."""
_DESCRIPTION = 4_000

Row = dict[str, Any]


def message(answer: Answer, where: Place | None = None, *, used: str = PRESSED) -> dict[str, Any]:
    """The answer as the body of a message. `used` is the kind of its buttons' custom ids."""
    text = sentence(answer.text)
    if answer.at is not None:
        text = text.replace(escape(AT), f"<t:{int(answer.at.timestamp())}:T>", 1)
    if answer.form is not None:
        # Only where no form can be opened any more: the button asks for it again.
        return {"content": text[:CONTENT], "embeds": [], "components": [], **_NOBODY}
    items = answer.items[:_EMBEDS]
    if not text and not items:
        text = "Done."
    return {
        "content": text if len(text) <= CONTENT else text[: CONTENT - 1] + "…",
        "embeds": _embeds(items, where),
        "components": _rows(items, answer.buttons, answer.picker, used),
        **_NOBODY,
    }


_NOBODY: dict[str, Any] = {"allowed_mentions": NOBODY}


def sentence(text: str) -> str:
    """Words of the program's own: what stands between backticks is a command, the rest plain."""
    pieces = as_registered(text).split("`")
    if len(pieces) % 2 == 0:
        pieces[-2:] = [f"{pieces[-2]}`{pieces[-1]}"]
    shown = []
    for n, piece in enumerate(pieces):
        if n % 2 and piece.strip() and "\n" not in piece:
            shown.append(f"`{piece}`")
        elif n % 2:
            shown.append(escape(f"`{piece}`", begins_line=False))
        else:
            shown.append(escape(piece, begins_line=not n))
    return "".join(shown)


def line(text: str) -> str:
    """The line under a card; its moments stand in the zone of whoever reads it."""
    pieces = MARK.split(text)
    shown = [f"<t:{one}:f>" if n % 2 else sentence(one) for n, one in enumerate(pieces)]
    return "".join(shown)


# --- items --------------------------------------------------------------------------------


def _embeds(items: Sequence[Item], where: Place | None) -> list[dict[str, Any]]:
    if len(items) == 1 and items[0].pin is not None and not (items[0].title or items[0].text):
        return [pin_embed(items[0].pin, people=(items[0].note,) if items[0].note else ())]
    made, room = [], _ROOM
    for left, item in zip(range(len(items), 0, -1), items, strict=True):
        embed = _embed(item, where, room // left)
        made.append(embed)
        room -= sum(len(embed.get(key, "")) for key in ("title", "description"))
        room -= len(embed.get("footer", {}).get("text", ""))
    return made


def _embed(item: Item, where: Place | None, room: int) -> dict[str, Any]:
    """One entry in at most `room` characters."""
    embed: dict[str, Any] = {"color": RED}
    title = item.title or (item.pin.title or f"Pin {item.pin.id}" if item.pin else "")
    if title:
        embed["title"] = escape(cut(title, 80))
    address = _address(item, where)
    if address:
        embed["url" if title else "description"] = address
    if item.note:
        embed["footer"] = {"text": cut(item.note, 120)}
    if item.pin is not None and item.pin.picture and is_address(item.pin.picture):
        embed["thumbnail"] = {"url": item.pin.picture}
    left = room - len(embed.get("title", "")) - len(embed.get("footer", {}).get("text", ""))
    words = _fitting(item, min(left, _DESCRIPTION))
    if words:
        embed["description"] = words
    if not embed.keys() & {"title", "description", "footer"}:
        embed["description"] = "…"
    return embed


def _fitting(item: Item, room: int) -> str:
    if not isinstance(item.text, str):
        rich = markdown(item.text).content
        return rich if len(rich) <= room else cut(rich, room).replace("@", "@\u200b")[:room]
    shown = sentence(item.text)
    plain = item.text
    while len(shown) > room:
        plain = plain[: max(0, len(plain) * room // len(shown) - 2)]
        shown = f"{sentence(plain)}…" if plain else "…"
    return shown


def _address(item: Item, where: Place | None) -> str:
    """Where it leads: to the copy of its thread that stands nearest to the caller."""
    here = [mirror for mirror in item.mirrors if mirror.place.platform == PLATFORM]
    here.sort(key=lambda mirror: not _is_near(mirror, where))
    for mirror in here:
        if address := link(mirror):
            return address
    if item.link and is_address(item.link):
        return item.link
    return item.pin.url if item.pin is not None and is_address(item.pin.url) else ""


def _is_near(mirror: Mirror, where: Place | None) -> bool:
    if where is None or not where.workspace:
        return mirror.kind is BindingKind.DIRECT
    return mirror.place.workspace == where.workspace


# --- buttons and menus --------------------------------------------------------------------


def _rows(
    items: Sequence[Item], buttons: Sequence[Button], picker: Picker | None, used: str
) -> list[Row]:
    """Buttons of one item as they are, those of several as menus, one for each kind."""
    acting = [item for item in items if any(button.action for button in item.buttons)]
    own: tuple[Button, ...] = ()
    menus: list[Row] = []
    if len(acting) == 1:
        own = acting[0].buttons
    else:
        menus = [*_menus(acting)]
    if picker is not None:
        menus = [_picker(picker), *menus]
    pressed = [*_button_rows((*own, *buttons), used)]
    room = max(_ROWS - len(pressed), 1 if picker is not None else 0)
    return [*menus[:room], *pressed][:_ROWS]


def button_rows(buttons: Sequence[Button], used: str = PRESSED) -> list[Row]:
    """At most two rows of buttons, as they stand under a card."""
    return [*_button_rows(buttons, used)][:2]


def _button_rows(buttons: Sequence[Button], used: str) -> Iterator[Row]:
    made = [_button(button, used) for button in buttons if button.action or is_address(button.url)]
    unlike = {one.get("custom_id") or one["url"]: one for one in made}
    shown = [*unlike.values()]
    for at in range(0, len(shown), _IN_ROW):
        yield {"type": ROW, "components": shown[at : at + _IN_ROW]}


def _button(button: Button, used: str) -> dict[str, Any]:
    shown = {"type": BUTTON, "label": cut(button.label, 80)}
    if button.url and is_address(button.url) and len(button.url) <= 512:
        return {**shown, "style": LINK, "url": button.url}
    style = _STYLES[button.style]
    return {**shown, "style": style, "custom_id": f"{used}:{button.action}:{button.value}"[:100]}


def _menus(items: Sequence[Item]) -> Iterator[Row]:
    by_label: dict[str, list[dict[str, Any]]] = {}
    for n, item in enumerate(items, 1):
        for button in item.buttons:
            if button.action:
                option = {"label": _called(item, n), "value": f"{button.action}:{button.value}"}
                if item.note:
                    option["description"] = cut(item.note, 100)
                by_label.setdefault(button.label, []).append(option)
    for label, options in by_label.items():
        # The same value twice is refused.
        unlike = {option["value"]: option for option in options}
        yield _menu(f"{CHOSEN}:{label}", label, [*unlike.values()])


def _called(item: Item, n: int) -> str:
    pinned = (item.pin.title or f"Pin {item.pin.id}") if item.pin else ""
    plain = item.text if isinstance(item.text, str) else ""
    return cut(item.title or pinned or plain or f"The {n}. one", 100)


def _menu(
    custom_id: str, placeholder: str, options: Sequence[Mapping[str, Any]], most: int = 1
) -> Row:
    menu = {
        "type": SELECT,
        "custom_id": custom_id[:100],
        "placeholder": cut(placeholder, 150),
        "options": options[:_OPTIONS],
        "max_values": max(1, min(most, len(options), _OPTIONS)),
    }
    return {"type": ROW, "components": [menu]}


def _picker(picker: Picker) -> Row:
    asked = picker.input
    custom_id = f"{PICKED}:{picker.action}:{asked.name}:{picker.value}"
    if asked.kind == "channel":
        menu = {**_channel_menu(asked), "custom_id": custom_id[:100]}
        return {"type": ROW, "components": [menu]}
    return _menu(custom_id, asked.label, _choices(asked), asked.most)


def _choices(asked: Input) -> list[dict[str, Any]]:
    chosen = asked.value.split()
    made = []
    for choice in asked.choices[:_OPTIONS]:
        option: dict[str, Any] = {"label": cut(choice.label, 100), "value": choice.value[:100]}
        if choice.note:
            option["description"] = cut(choice.note, 100)
        if choice.value in chosen:
            option["default"] = True
        made.append(option)
    return made


def _channel_menu(asked: Input) -> dict[str, Any]:
    menu: dict[str, Any] = {"type": _CHANNEL_SELECT, "channel_types": [_TEXT_CHANNEL, _FORUM]}
    if asked.value.isdigit():
        menu["default_values"] = [{"id": asked.value, "type": "channel"}]
    return menu


# --- forms --------------------------------------------------------------------------------


def modal(form: Form) -> dict[str, Any]:
    """A form as Discord opens it. What stands above the fields takes the place of one."""
    note = form.note.strip()
    shown: list[dict[str, Any]] = []
    if note:
        shown.append({"type": _TEXT_DISPLAY, "content": cut_sentence(note)})
    shown += [_labelled(asked) for asked in form.inputs[: _FIELDS - len(shown)]]
    return {
        "custom_id": f"{FORM}:{form.action}:{form.value}"[:100],
        "title": cut(form.title, 45),
        "components": shown,
    }


def cut_sentence(text: str) -> str:
    return sentence(text if len(text) <= 1500 else f"{text[:1500]}…")


def _labelled(asked: Input) -> dict[str, Any]:
    label: dict[str, Any] = {"type": _LABEL, "label": cut(asked.label, 45)}
    hint = asked.hint
    if asked.kind == "people" and not hint:
        hint = "One or more handles, such as @northwind"
    if hint:
        label["description"] = cut(hint, 100)
    return {**label, "component": _field(asked)}


def _field(asked: Input) -> dict[str, Any]:
    base = {"custom_id": f"{asked.kind}.{asked.name}"[:100], "required": not asked.optional}
    if asked.kind == "channel":
        return {**_channel_menu(asked), **base}
    if asked.kind == "choice" and asked.choices:
        options = _choices(asked)
        most = max(1, min(asked.most, len(options)))
        return {"type": SELECT, "options": options, "max_values": most, **base}
    long = asked.kind == "long"
    most = min(asked.most if long or asked.kind == "text" else 0, MOST_WORDS) or MOST_WORDS
    style = _PARAGRAPH if long else _SHORT
    field: dict[str, Any] = {"type": _TEXT_INPUT, "style": style, "max_length": most}
    if asked.value:
        field["value"] = asked.value[:most]
    return {**field, **base}


def handed_in(components: Sequence[Mapping[str, Any]]) -> Fields:
    """What somebody has filled in: one value, or those of a menu of several or of people."""
    found: dict[str, str | tuple[str, ...]] = {}
    for part in components:
        inner = part.get("component")
        if inner is None:
            continue
        kind, _, name = str(inner.get("custom_id") or "").partition(".")
        values = tuple(map(str, inner.get("values") or ()))
        if kind == "people":
            words = str(inner.get("value") or "").replace(",", " ").split()
            found[name] = tuple(dict.fromkeys(word for word in words if word != "@"))
        elif "values" in inner:
            found[name] = values if len(values) > 1 else "".join(values)
        else:
            found[name] = str(inner.get("value") or "")
    return found


def typed(components: Sequence[Mapping[str, Any]]) -> str:
    """The longest of what was typed into a form, to be given back where it was refused."""
    values = [str((part.get("component") or {}).get("value") or "") for part in components]
    return max(values, key=len, default="")
