"""`render`: a rich Slack message through the neutral tree into Discord's markdown and back.

500 characters with 10 marks, against `json.loads` plus `json.dumps` of the same payload in
the same round; and the worst runs of marks, 40,000 characters against 400: the cost may
grow a hundredfold and no more. CPU time of alternating rounds: the median of the ratios,
and for the growth the best round of each length, which no other load can make better.
"""

import gc
import json
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from adapters.discord.inline import Known as DiscordKnown
from adapters.discord.markdown import write as write_markdown
from adapters.discord.richtext import read as read_markdown
from adapters.slack.blocks import write as write_blocks
from adapters.slack.mrkdwn import Known as SlackKnown
from adapters.slack.mrkdwn import read_text
from adapters.slack.richtext import read as read_blocks
from benchmarks.report import Result, judge

ROUNDS = 15
REPEATS = 100
BEST_OF = 9
SHORT, LONG = 400, 40_000

SLACK = SlackKnown()
DISCORD = DiscordKnown()
WORST = (
    "*",
    "_",
    "**a",
    "`",
    "[",
    "](https://a",
    "||",
    "> ",
    "- ",
    "*_~`",
    "\\",
    "<@",
    "https://",
    "***a_",
)
"""Runs of marks that a reader might look for the end of again and again."""


def run() -> Result:
    payload = message()
    stored = json.dumps(payload)
    assert there_and_back(payload) == payload["blocks"]
    render: list[float] = []
    bare: list[float] = []
    for _ in range(ROUNDS):
        render.append(timed(lambda: there_and_back(payload), REPEATS))
        bare.append(timed(lambda: json.dumps(json.loads(stored)), REPEATS))
    words = {"text": "Does this come in oak? " * 20}
    plain = median(timed(lambda: there_and_back(words), REPEATS) for _ in range(ROUNDS))
    ratios = [one / other for one, other in zip(render, bare, strict=True)]
    figures = {
        "ratio": median(ratios),
        "growth": max(growth(sign) for sign in WORST),
        "render_us": median(render) * 1e6,
        "json_us": median(bare) * 1e6,
        "plain_words_us": plain * 1e6,
    }
    return judge("render", figures, {"ratio": "<= 12", "growth": "<= 100"})


def message() -> dict[str, Any]:
    """A message as Slack's own composer makes it: 500 characters, 10 of its runs marked."""
    styles = ["bold", "italic", "strike", "code", "bold"] * 2
    elements: list[dict[str, Any]] = []
    for style in styles:
        elements.append({"type": "text", "text": "would this one come in light oak "})
        elements.append({"type": "text", "text": "before the spring", "style": {style: True}})
    elements.append({"type": "text", "text": "?"})
    assert sum(len(one["text"]) for one in elements) == 501
    section = {"type": "rich_text_section", "elements": elements}
    return {"blocks": [{"type": "rich_text", "elements": [section]}]}


def there_and_back(payload: dict[str, Any]) -> list[dict[str, Any]]:
    written = write_markdown(read_blocks(payload, SLACK)).content
    return write_blocks(read_markdown(written, DISCORD)).blocks


def growth(sign: str) -> float:
    """The most that either way needs for the long run, as a multiple of the short."""
    short, long = (sign * SHORT)[:SHORT], (sign * LONG)[:LONG]
    return max(grown(from_discord, short, long), grown(from_slack, short, long))


def grown(way: Callable[[str], object], short: str, long: str) -> float:
    near: list[float] = []
    far: list[float] = []
    for _ in range(BEST_OF):
        near.append(timed(lambda: way(short), 40))
        far.append(timed(lambda: way(long), 1))
    return min(far) / min(near)


def from_discord(text: str) -> object:
    return write_blocks(read_markdown(text, DISCORD))


def from_slack(text: str) -> object:
    return write_markdown(read_text(text, SLACK))


def timed(work: Callable[[], object], repeats: int) -> float:
    """CPU seconds of one go, without pauses of the garbage collector, as `timeit` measures."""
    gc.collect()
    gc.disable()
    try:
        began = time.process_time()
        for _ in range(repeats):
            work()
        return (time.process_time() - began) / repeats
    finally:
        gc.enable()
