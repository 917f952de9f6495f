"""Texts that try to ping somebody, made of what either platform could take for a mention.

The same ones in every run: a text that gets through can be looked at again.
"""

import random
from collections.abc import Iterator

PIECES = (
    "<!channel>", "<!here>", "<!here|x>", "<!everyone>", "<!channel", "!channel>", "<@U0ADA>",
    "<@U0ADA|ada>", "<@W1>", "<!subteam^S0DESIGN>", "<!subteam^S0DESIGN|@design>", "<#C0INBOX>",
    "<@920000000000000001>", "<@!920000000000000003>", "<@&940000000000000001>",
    "<@&910000000000000001>", "<#930000000000000001>", "@everyone", "@here", "@channel",
    "@\u200beveryone", "@every\u200bone", "@\u2063here", "\uff20everyone", "@Everyone", "@HERE",
    "&lt;!channel&gt;", "&amp;lt;!here&amp;gt;", "&#60;!channel&#62;", "\\<@U0ADA\\>", "&", "<",
    ">", "@", "!", "\\", "`", "``", "```", "```\n", "**", "*", "_", "__", "~~", "~", "||", "|",
    "[", "](", "](https://a.example)", "](<@everyone>)", "https://a.example/<!here>",
    "https://a.example/@everyone", "<https://a.example|<!channel>>", "<https://a.example|@here>",
    "mailto:@everyone", "\u202e", "\u200d", "\u2063[spoiler: ", "]\u2063", "\x00", "\ud800", "\n",
    "\r\n", "\n> ", "\n# ", "\n- ", "\n1. ", "\n-# ", " ", "  ", "a", "everyone", "here", "oak",
    ":oak:", "<:oak:1>", "<t:1:R>", "</pin:1>", "<id:guide>", "<!date^1^{date}|<!here>>",
    "\U0001f469\u200d", "e\u0301",
)  # fmt: skip


def texts(count: int, seed: int = 3) -> Iterator[str]:
    """Up to fourteen pieces each, some cut or turned around, and some long ones."""
    dice = random.Random(seed)
    for n in range(count):
        pieces = dice.choices(PIECES, k=dice.randint(1, 14))
        if dice.random() < 0.2:
            pieces = [one[: dice.randint(1, len(one))] for one in pieces]
        if dice.random() < 0.05:
            pieces.reverse()
        text = dice.choice(("", " ", "\n", "\u200b")).join(pieces)
        yield text * dice.randint(20, 60) if n % 100 == 99 else text
