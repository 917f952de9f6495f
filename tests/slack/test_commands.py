"""The grammar of `/pin`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.commands import (
    Command,
    Help,
    Inbox,
    Mentioned,
    Named,
    Open,
    Preview,
    Send,
    Unknown,
    parse,
    thread_link,
)

PIN = "https://www.pinterest.com/pin/99360735500167749/"
A, B = Named("a"), Named("b")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", Inbox()),
        ("  ", Inbox()),
        ("INBOX", Inbox()),
        ("Help", Help()),
        (PIN, Preview(PIN)),
        (f"<{PIN}>", Preview(PIN)),
        (f"<{PIN}|pin>", Preview(PIN)),
        (f"“{PIN}”", Preview(PIN)),
        ("pin.it/abc", Preview("pin.it/abc")),
        ("open abcdef", Open("abcdef")),
        ("Open `abcdef`", Open("abcdef")),
        ("open", Open("")),
        (f"send {PIN} to @a", Send(PIN, (A,), "")),
        (f"SEND {PIN} TO @a @b -- Hello there", Send(PIN, (A, B), "Hello there")),
        (f"send {PIN} to @a, @b and @a — hello", Send(PIN, (A, B, A), "hello")),
        (f"send {PIN} to @a –hello -- you", Send(PIN, (A,), "hello -- you")),
        (f"send {PIN} to a, b -- hi", Send(PIN, (A, B), "hi")),
        (f"send {PIN} to @a come and see @b", Send(PIN, (A,), "come and see @b")),
        (f"send {PIN} to <@U1|ada l> <@W2> -- x",
         Send(PIN, (Mentioned("U1"), Mentioned("W2")), "x")),
        (f"send {PIN} @a -- hi", Send(PIN, (A,), "hi")),
        (f"send {PIN}", Send(PIN, (), "", asks=True)),
        (f"send {PIN} -- hi", Send(PIN, (), "hi", asks=True)),
        ("send", Send(None, (), "", asks=True)),
        ("send to @a -- hi", Send(None, (A,), "hi")),
        (f"send {PIN} to @a -- keep -- this “as is”", Send(PIN, (A,), "keep -- this “as is”")),
        ("sned x", Unknown("sned", "send")),
        ("xyzzy", Unknown("xyzzy", None)),
        ("send https://www.pinterest.com/pin/oak-desk--99/ to @a",
         Send("https://www.pinterest.com/pin/oak-desk--99/", (A,), "")),
    ],
)  # fmt: skip
def test_words_after_the_command_are_understood(text: str, command: Command) -> None:
    assert parse(text) == command


@given(st.text())
def test_nothing_typed_breaks_the_grammar(text: str) -> None:
    assert parse(text) is not None
    assert isinstance(parse(f"send {text}"), Send)


def test_a_link_to_a_reply_leads_to_its_thread() -> None:
    base = "https://northwind.slack.com/archives/C0INBOX"
    assert thread_link(f"{base}/p1700000000000100") == ("C0INBOX", "1700000000.000100")
    reply = f"{base}/p1700000009000900?thread_ts=1700000000.000100&cid=C0INBOX"
    assert thread_link(reply) == ("C0INBOX", "1700000000.000100")
    assert thread_link("abcdef") is None
