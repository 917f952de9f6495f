"""Hypothesis strategies for content, and the look-ups under which it crosses whole."""

from hypothesis import strategies as st

from adapters.discord import inline as discord_inline
from adapters.discord import markdown
from adapters.slack import blocks, mrkdwn
from core.text.content import (
    Block,
    Bold,
    Channel,
    Code,
    CodeBlock,
    Content,
    Emoji,
    Heading,
    Inline,
    Italic,
    Link,
    ListBlock,
    Mention,
    Paragraph,
    Quote,
    Spoiler,
    Strike,
    Text,
    Timestamp,
    Underline,
)

# Zero-width signs are what the dialects part marks with; nobody sees them.
WORDS = st.text(
    st.one_of(
        st.sampled_from("ab *_~|`\\#>-<@:.1()[]!&;\n+/"),
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u200b\u2063\ufffc"),
    ),
    max_size=12,
)
ONE_LINE = WORDS.map(lambda text: text.replace("\n", " "))
# A label that reads as another host is written out, and so does not come back as a label.
LABELS = ONE_LINE.map(lambda text: "l" + text.replace(".", "").replace(":", ""))
URLS = st.sampled_from(
    [
        "https://example.com",
        "https://a.example/b_c_d?e=f&g=*h*",
        "http://x.example/(y)",
        "https://e.example/a(b",
    ]
)


def leaves(previews: bool) -> st.SearchStrategy[Inline]:
    """`previews` is Discord: a bare address that touches other words loses its preview there."""
    shown = st.booleans() if previews else st.just(True)
    bare = st.builds(Link, URLS, st.just(()), st.just(not previews))
    return st.one_of(
        WORDS.map(Text),
        WORDS.map(Text),
        ONE_LINE.map(Code),
        bare,
        st.builds(
            Link,
            URLS,
            st.lists(st.one_of(LABELS.map(Text), st.just(Bold((Code("c"),)))), min_size=1).map(
                tuple
            ),
            shown,
        ),
        st.just(Mention("ann", "Ann")),
        st.just(Channel("plans", "slack:C1")),
        st.just(Emoji("northwind")),
        st.builds(Timestamp, st.integers(1, 10**10), st.sampled_from("tTdDfFsSR")),
    )


def rows(previews: bool) -> st.SearchStrategy[tuple[Inline, ...]]:
    node = st.recursive(
        leaves(previews),
        lambda inner: st.builds(
            lambda kind, children: kind(tuple(children)),
            st.sampled_from([Bold, Italic, Underline, Strike, Spoiler]),
            st.lists(inner, max_size=3),
        ),
        max_leaves=5,
    )
    return st.lists(node, max_size=5).map(tuple)


def contents(*, headings: bool, previews: bool) -> st.SearchStrategy[Content]:
    row = rows(previews)
    words: list[st.SearchStrategy[Block]] = [st.builds(Paragraph, row)]
    if headings:
        words.append(st.builds(Heading, st.integers(1, 3), row))
    code = st.builds(CodeBlock, WORDS, st.sampled_from(["", "py", "c++"]))
    items = st.recursive(
        st.builds(Paragraph, row).map(lambda one: (one,)),
        lambda inner: st.tuples(
            st.builds(Paragraph, row),
            st.builds(
                ListBlock, st.booleans(), st.integers(1, 12), st.lists(inner, max_size=3).map(tuple)
            ),
        ),
        max_leaves=4,
    )
    listed = st.builds(
        ListBlock, st.booleans(), st.integers(1, 12), st.lists(items, max_size=3).map(tuple)
    )
    inside = st.one_of(*words, code, listed)
    quote = st.builds(Quote, st.lists(inside, max_size=3).map(tuple))
    return st.lists(st.one_of(inside, quote), max_size=4).map(tuple)


PLANS = Channel("plans", "slack:C1")
SLACK_KNOWN = mrkdwn.Known(
    user={"U1": ("ann", "Ann")}.get,
    channel={"C1": PLANS}.get,
    emoji={
        "northwind": "https://emoji.example/n.png",
        "nw": "alias:northwind",
        "agreed": "alias:+1",
    }.get,
    usergroup={"S1": "design"}.get,
)
SLACK_THERE = blocks.There(
    user={"ann": "U1"}.get, channel={"slack:C1": "C1"}.get, emoji={"northwind": "northwind"}.get
)
DISCORD_KNOWN = discord_inline.Known(
    user={"11": ("ann", "Ann"), "12": (None, "Bob")}.get,
    role={"21": "staff"}.get,
    channel={"31": PLANS}.get,
)
DISCORD_THERE = markdown.There(
    user={"ann": "11"}.get,
    channel={"slack:C1": "31"}.get,
    emoji={"northwind": "<:northwind:41>"}.get,
)
