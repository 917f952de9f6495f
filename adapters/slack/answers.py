"""What the office answers, as blocks for one person: in a message, a form or App Home. Pure.

Words are `rich_text`, which is never parsed, and mention nobody. Everything is cut to
Slack's limits: 50 blocks a message, 100 a view, 25 elements in a row.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from adapters.slack import cards
from adapters.slack.blocks import write as write_content
from adapters.slack.cards import Block, Look
from adapters.slack.markup import address as web_address
from adapters.slack.markup import cut_escaped, escape, link
from core.asking import AT, Answer, Button, Choice, Input, Item, Picker, clock_time
from core.model import Mirror, Pin
from core.text.content import Code, Content, Paragraph, Text, Timestamp, plain
from core.text.runs import Run, nest
from core.text.tidy import whole

BUTTON = "ask"
"""Begins the action id of every button of the office's: `ask:<number>:<action>`."""
MENU = "menu"
"""The same for a menu; its block is called `menu:<input>:<action>:<value>`."""
LINK = "link"

_ROW = 25
_VALUE = 2_000
_OPTIONS = 100
_WORDS = 2_900
"""Characters of one entry's words."""

Links = Callable[[Mirror], str | None]
"""The address of a thread's copy, where it stands in this workspace."""


def sentence(text: str, at: datetime | None = None) -> Content:
    """A sentence of the program's: what stands between backticks is a command, and `AT` a time
    of the reader's own zone where there is one."""
    pieces = whole(text).split("`")
    runs: list[Run] = []
    for number, piece in enumerate(pieces):
        code = number % 2 == 1 and number < len(pieces) - 1
        words = piece if code or number % 2 == 0 else f"`{piece}"
        if at is not None and not code and AT in words:
            before, _, words = words.partition(AT)
            runs += [(0, Text(before)), (0, _clock(at))]
            at = None
        if words:
            runs.append((0, Code(words) if code else Text(words)))
    children = nest(runs)
    return (Paragraph(children),) if children else ()


def _clock(at: datetime) -> Timestamp:
    return Timestamp(int(at.timestamp()), "T", clock_time(at))


def words(content: Content | str, at: datetime | None = None) -> list[Block]:
    """Words as blocks; nothing for none."""
    if isinstance(content, str):
        content = sentence(cards.cut(content, _WORDS), at)
    return write_content(content).blocks


def message(answer: Answer, look: Look, links: Links, more: Sequence[Button] = ()) -> list[Block]:
    """The blocks of an answer; `more` are buttons of the adapter's own."""
    blocks = body(answer, look, links)[: cards.MOST_BLOCKS - 1]
    return blocks + row((*answer.buttons, *more))


def body(answer: Answer, look: Look, links: Links) -> list[Block]:
    """All but the buttons at the end."""
    blocks = words(answer.text, answer.at)
    single = len(answer.items) == 1
    for one in answer.items:
        blocks += item(one, look, links, whole_pin=single)
    if answer.picker is not None:
        blocks.append(menu(answer.picker))
    return blocks


def item(one: Item, look: Look, links: Links, *, whole_pin: bool) -> list[Block]:
    """One entry: at most five blocks."""
    blocks: list[Block] = []
    if one.pin is not None:
        blocks.append(_about(one, one.pin, look, whole_pin=whole_pin and not one.text))
    elif one.title:
        blocks.append(cards.section(_heading(one)))
    blocks += words(one.text)[:1]
    note = " · ".join(filter(None, (one.note, _credit(one.pin) if whole_pin else "")))
    if note:
        blocks.append(cards.context(escape(cards.cut(note, 1_000))))
    address = next((found for m in one.mirrors if (found := links(m))), None)
    buttons = one.buttons
    if address:
        buttons = (*buttons, Button("Go to thread", url=address))
    return blocks + row(buttons)


def _heading(one: Item) -> str:
    title = cards.cut(" ".join(one.title.split()), 200)
    return f"*{link(one.link, title) if one.link else escape(title)}*"


def _about(one: Item, pin: Pin, look: Look, *, whole_pin: bool) -> Block:
    """The pin's title and picture, and its description where the entry says nothing else."""
    title = one.title or cards.pin_title(pin)
    lines = [f"*{link(one.link or pin.url, cards.cut(' '.join(title.split()), 200))}*"]
    if whole_pin and pin.description:
        lines.append(escape(cards.cut(" ".join(pin.description.split()), 500)))
    picture = look.picture(pin.picture)
    shown = cards.image(picture, pin.alt or cards.pin_title(pin)) if picture else None
    return cards.section("\n".join(lines), shown)


def _credit(pin: Pin | None) -> str:
    known = (pin.creator, pin.board) if pin else ()
    return " · ".join(cards.cut(part, 200) for part in known if part)


# --- buttons and menus --------------------------------------------------------------------


def row(buttons: Sequence[Button]) -> list[Block]:
    """Buttons side by side; nothing for none."""
    shown = [button(one, number) for number, one in enumerate(buttons[:_ROW])]
    return [cards.actions(*shown)] if shown else []


def button(one: Button, number: int) -> Block:
    """Two of one row cannot have the same action id, so it holds a number."""
    if one.url:
        url = web_address(one.url) or ""
        return cards.button(one.label, f"{LINK}:{number}", url=url, style=one.style)
    name = f"{BUTTON}:{number}:{one.action}"
    return cards.button(one.label, name, value=one.value[:_VALUE], style=one.style)


def pressed(action_id: str) -> str:
    """The action in a button's id."""
    return action_id.split(":", 2)[-1]


def menu(picker: Picker) -> Block:
    """A menu in a message takes one choice; its block's name leads back to the question."""
    name = f"{MENU}:{picker.input.name}:{picker.action}:{picker.value}"
    return {
        "type": "actions",
        "block_id": name[:255],
        "elements": [one_of(picker.input, f"{MENU}:{picker.action}")],
    }


def one_of(field: Input, action_id: str) -> Block:
    """The menu of a field that takes one choice."""
    made: Block = {"action_id": action_id, "placeholder": cards.label(field.hint or field.label)}
    if field.kind == "people":
        return made | {"type": "external_select", "min_query_length": 1}
    if field.kind == "channel":
        return made | channels(field)
    made |= {"type": "static_select", "options": options(field.choices)}
    chosen = [one for one in field.choices if one.value == field.value]
    return made | ({"initial_option": option(chosen[0])} if chosen else {})


def channels(field: Input) -> dict[str, Any]:
    """Channels of the workspace; nobody's direct messages."""
    made: dict[str, Any] = {
        "type": "conversations_select",
        "filter": {"include": ["public", "private"]},
    }
    if field.value:
        return made | {"initial_conversation": field.value}
    return made | {"default_to_current_conversation": True}


def options(choices: Sequence[Choice]) -> list[Block]:
    return [option(one) for one in choices[:_OPTIONS]]


def option(one: Choice) -> Block:
    made: Block = {"text": cards.label(one.label), "value": one.value[:150]}
    return made | ({"description": cards.label(one.note)} if one.note else {})


def question(block_id: str) -> tuple[str, str, str]:
    """Input, action and value in the name of a menu's block."""
    _, name, action, value = (*block_id.split(":", 3), "", "", "")[:4]
    return name, action, value


def said(answer: Answer) -> str:
    """The answer for notifications and screen readers, escaped."""
    first = answer.items[0] if answer.items else None
    text = answer.said or (first.title or _plain(first.text) if first else "") or "Pinthread"
    return cut_escaped(escape(text), 3_900)


def _plain(text: Content | str) -> str:
    return text if isinstance(text, str) else plain(text)
