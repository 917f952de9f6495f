"""The grammar of `/pin`."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.asking import Command, Mentioned
from core.grammar import (
    AS_OFFERED,
    BY_NAME,
    GROUPS,
    VERBS,
    Unknown,
    address,
    channel_link,
    command,
    nearest,
    parse,
    people,
    thread_link,
    usage,
)
from core.intents import Handle
from core.verbs import Kind, Theme, Verb

PIN = "https://www.pinterest.com/pin/99360735500167749/"
SLUG = "https://www.pinterest.com/pin/oak-desk--99/"
A, B, ME = Handle("a"), Handle("b"), Mentioned("U1")
LINK = "https://northwind.slack.com/archives/C0INBOX/p1700000000000100"


def send(pin: str, named: tuple[Handle | Mentioned, ...], text: str) -> Command:
    return Command("send", pin=pin, people=named, text=text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Command("inbox")),
        ("  ", Command("inbox")),
        ("INBOX", Command("inbox")),
        ("Help", Command("help")),
        (PIN, Command("preview", pin=PIN)),
        (f"<{PIN}>", Command("preview", pin=PIN)),
        (f"<{PIN}|pin>", Command("preview", pin=PIN)),
        (f"“{PIN}”", Command("preview", pin=PIN)),
        ("pin.it/abc", Command("preview", pin="pin.it/abc")),
        ("open abcdef", Command("open", thread="abcdef")),
        ("Open `abcdef`", Command("open", thread="abcdef")),
        ("open", Command("open")),
        ("account link 4f7k22mq", Command("link", text="4f7k22mq")),
        ("People Follow @a", Command("follow", people=(A,))),
        ("account follow @a", Unknown("account")),
        ("thread", Unknown("thread")),
        (f"send {PIN} to @a", send(PIN, (A,), "")),
        (f"SEND {PIN} TO @a @b -- Hello there", send(PIN, (A, B), "Hello there")),
        (f"send {PIN} to @a, @b and @a — hello", send(PIN, (A, B, A), "hello")),
        (f"send {PIN} to @a –hello -- you", send(PIN, (A,), "hello -- you")),
        (f"send {PIN} to a, b -- hi", send(PIN, (A, B), "hi")),
        (f"send {PIN} to @a come and see @b", send(PIN, (A,), "come and see @b")),
        (f"send {PIN} to @a and see", send(PIN, (A,), "and see")),
        (f"send {PIN} to <@U1|ada l> <@W2> -- x", send(PIN, (ME, Mentioned("W2")), "x")),
        (f"send {PIN} @a -- hi", send(PIN, (A,), "hi")),
        (f"send {PIN}", send(PIN, (), "")),
        (f"send {PIN} -- hi", send(PIN, (), "hi")),
        ("send", send("", (), "")),
        ("send to @a -- hi", send("", (A,), "hi")),
        (f"send {PIN} to @a -- keep -- this “as is”", send(PIN, (A,), "keep -- this “as is”")),
        ("sned x", Unknown("sned")),
        ("xyzzy", Unknown("xyzzy")),
        (f"send {SLUG} to @a", send(SLUG, (A,), "")),
    ],
)  # fmt: skip
def test_what_was_understood_before_is_understood_still(
    text: str, expected: Command | Unknown
) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("inbox Unassigned", Command("inbox", option="unassigned")),
        ("inbox nonsense", Command("inbox", option="nonsense")),
        ("reply 3fa9c1 It is -- 72 cm", Command("reply", thread="3fa9c1", text="It is -- 72 cm")),
        ("reply 3FA9C1 — it is", Command("reply", thread="3FA9C1", text="it is")),
        ("reply `3fa9c1`   “as is”", Command("reply", thread="3fa9c1", text="“as is”")),
        ("reply what a thing", Command("reply", text="what a thing")),
        (f"note <{LINK}|thread> hm", Command("note", thread=LINK, text="hm")),
        ("Undo", Command("undo")),
        ("assign 3fa9c1 ME", Command("assign", thread="3fa9c1", option="me")),
        ("assign 3fa9c1 none", Command("assign", thread="3fa9c1", option="none")),
        ("assign 3fa9c1 <@U1|x>", Command("assign", thread="3fa9c1", people=(ME,))),
        ("assign 3fa9c1", Command("assign", thread="3fa9c1")),
        ("status 3fa9c1 Snooze tomorrow 9am",
         Command("status", thread="3fa9c1", option="snooze", text="tomorrow 9am")),
        ("status 3fa9c1 “resolved”", Command("status", thread="3fa9c1", option="resolved")),
        ("canned", Command("canned")),
        ("canned Thanks", Command("canned", option="Thanks")),
        ("canned thanks 3fa9c1", Command("canned", option="thanks", thread="3fa9c1")),
        ("canned -- thanks", Command("canned")),
        ("search oak desk from:@a before:2026-10-31",
         Command("search", text="oak desk", people=(A,), before="2026-10-31")),
        ("search FROM: <@U1|x> oak After:“2026-10-01”",
         Command("search", text="oak", people=(ME,), after="2026-10-01")),
        ("search", Command("search")),
        ("accept 3fa9c1", Command("accept", thread="3fa9c1")),
        ("add 3fa9c1 @a and @b, @a", Command("add", thread="3fa9c1", people=(A, B))),
        ("report 3fa9c1 -- spam -- again",
         Command("report", thread="3fa9c1", text="spam -- again")),
        ("follow a", Command("follow", people=(A,))),
        ("follow", Command("follow")),
        ("connect", Command("connect")),
        ("connect #pin-inbox INBOX", Command("connect", channel="pin-inbox", option="inbox")),
        ("connect <#C1|pin-inbox> project", Command("connect", channel="C1", option="project")),
        ("connect project", Command("connect", option="project")),
        ("mode relay", Command("mode", option="relay")),
        ("role agent @a", Command("role", option="agent", people=(A,))),
        ("link 4F7K-22", Command("link", text="4F7K-22")),
        ("notify none", Command("notify", option="none")),
        ("forget me", Command("forget")),
        ("help reply", Command("help", text="reply")),
    ],
)  # fmt: skip
def test_each_verb_takes_what_belongs_to_it(text: str, expected: Command) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_the_example_of_a_verb_is_of_that_verb_and_uses_its_options(verb: Verb) -> None:
    example = BY_NAME[verb.name]
    read = parse(example.example.removeprefix("/pin "))
    assert isinstance(read, Command)
    assert read.verb == example.name
    assert usage(example).startswith(f"/pin {example.name}")
    if any(not option.only for option in example.options):
        assert read != Command(example.name)


def test_options_with_names_give_the_same_command_as_words() -> None:
    given = {"pin": PIN, "to": "@a, <@!77> and @b", "text": "Hi -- you"}
    assert command("send", given) == send(PIN, (A, Mentioned("77"), B), "Hi -- you")
    assert command("reply", {"id": "3fa9c1", "text": " hi "}) == parse("reply 3fa9c1 hi")
    assert command("assign", {"id": "3fa9c1", "to": "@a"}) == parse("assign 3fa9c1 @a")
    assert command("assign", {"to": "Me"}) == Command("assign", option="me")
    given = {"words": "oak", "from": "@a", "before": "2026-10-31", "after": "2026-10-01"}
    asked = "search oak from:@a before:2026-10-31 after:2026-10-01"
    assert command("search", given) == parse(asked)
    assert command("connect", {"channel": "123", "as": "inbox"}) == Command(
        "connect", channel="123", option="inbox"
    )
    given = {"id": "3fa9c1", "status": "snooze", "for": "2h"}
    assert command("status", given) == parse("status 3fa9c1 snooze 2h")
    assert command("canned", {"name": "two words"}) == Command("canned", option="two words")
    assert command("inbox", {"show": ""}) == parse("")


@given(st.text())
def test_nothing_typed_breaks_the_grammar(text: str) -> None:
    assert isinstance(parse(text), Command | Unknown)
    assert address(text) is not None
    assert thread_link(text) is None or channel_link(text) is None


@given(st.sampled_from(VERBS), st.text())
def test_a_verb_stays_that_verb_whatever_follows(verb: Verb, text: str) -> None:
    name = verb.name
    read = parse(f"{name.upper()} {text}")
    assert isinstance(read, Command)
    assert read.verb == name
    options = {option.name: text for option in BY_NAME[name].options}
    assert command(name, options).verb == name


_HANDLE = st.from_regex(r"[a-z0-9][a-z0-9_.]{1,20}[a-z0-9]", fullmatch=True)
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1).filter(
    lambda text: not re.match(r"--|[—–―]", text)
)


@given(st.lists(_HANDLE, min_size=1, max_size=9, unique=True), _TEXT)
def test_what_is_sent_is_read_as_it_was_written(handles: list[str], text: str) -> None:
    named = " ".join(f"@{handle}" for handle in handles)
    expected = send(PIN, tuple(Handle(handle) for handle in handles), text)
    assert parse(f"send {PIN} to {named} -- {text}") == expected


@given(st.from_regex(r"[0-9a-f]{4,16}", fullmatch=True), _TEXT)
def test_a_reply_keeps_its_words(code: str, text: str) -> None:
    assert parse(f"reply {code} {text}") == Command("reply", thread=code, text=text)


def test_the_nearest_verb_is_found_for_a_slip_of_each() -> None:
    for verb in VERBS:
        slip = verb.name[:-1] + verb.name[-1] * 2
        assert nearest(slip) == verb.name, slip


def test_people_are_named_in_many_ways() -> None:
    assert people("@a, b and <@U1|x> @ <@!77>") == (A, B, ME, Mentioned("77"))
    assert people("") == ()


def test_a_link_to_a_reply_leads_to_its_thread() -> None:
    assert thread_link(LINK) == ("C0INBOX", "1700000000.000100")
    base = "https://northwind.slack.com/archives/C0INBOX"
    reply = f"{base}/p1700000009000900?thread_ts=1700000000.000100&cid=C0INBOX"
    assert thread_link(reply) == ("C0INBOX", "1700000000.000100")
    assert thread_link("abcdef") is None
    assert channel_link("https://discord.com/channels/1/222/333") == ("1", "222", "333")
    assert channel_link("https://ptb.discord.com/channels/@me/222") == ("@me", "222", "")
    assert channel_link(LINK) is None


def test_discord_can_hold_the_table() -> None:
    """25 on a level, names of small letters, texts of 100, 8,000 characters in all."""
    top = [verb.name for verb in VERBS if not verb.group]
    assert len(top) + len(GROUPS) <= 25
    assert {verb.group for verb in VERBS if verb.group} == set(GROUPS)
    assert not set(top) & set(GROUPS)
    total = sum(len(name) + len(about) for name, about in GROUPS.items())
    for verb in VERBS:
        names = [verb.name, *(option.name for option in verb.options)]
        assert all(re.fullmatch(r"[a-z]{1,32}", name) for name in names)
        assert len(set(names[1:])) == len(names[1:]) <= 25
        assert 1 <= len(verb.about) <= 100
        total += len(verb.name) + len(verb.about)
        for option in verb.options:
            assert 1 <= len(option.about) <= 100
            assert len(option.choices) <= 25
            assert not (option.choices and option.kind in AS_OFFERED)
            total += len(option.name) + len(option.about) + 2 * sum(map(len, option.choices))
    assert total <= 8_000


def test_every_theme_has_verbs_and_every_kind_an_option() -> None:
    assert {verb.theme for verb in VERBS} == set(Theme)
    assert {option.kind for verb in VERBS for option in verb.options} == set(Kind)
