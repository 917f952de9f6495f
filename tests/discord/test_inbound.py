"""What was said becomes what somebody wants, or nothing."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.inbound import Said, intent, lone_address, words
from core.ids import RemoteId, ThreadId
from core.intents import InDirect, InSpace, Intent, Origin, Person, PostMessage, RemoteMessage
from core.model import Identity, Place, Profile
from tests.discord.fake_desk import AT, OAK

SAID = Said(
    message="9",
    channel="5",
    guild="1",
    parent="3",
    author="42",
    name="Mia",
    picture="https://cdn.test/mia.png",
    content="hello <@7>",
    at=AT,
    people={"7": "Kai"},
)
DIRECT = replace(SAID, guild="", parent=None, channel="6")


def test_words_in_a_thread_are_a_message_in_it() -> None:
    assert intent(SAID) == Intent(
        key="discord:5:9:post",
        actor=Person(Identity("discord", "", "42"), Profile("Mia", "https://cdn.test/mia.png")),
        what=PostMessage(InSpace("discord", "5"), "hello @Kai"),
        origin=Origin(Place("discord", "1", "3"), RemoteId("5:9")),
        at=AT,
    )


def test_words_in_direct_messages_name_what_they_answer() -> None:
    place = Place("discord", "", "user:42")
    found = intent(replace(DIRECT, answers="8", kind=19))
    assert found is not None
    answered = RemoteId("6:8")
    answers = RemoteMessage("discord", answered)
    assert found.what == PostMessage(InDirect(place, answered), "hello @Kai", answers=answers)
    assert found.origin == Origin(place, RemoteId("6:9"))


def test_what_forwards_a_message_names_it() -> None:
    found = intent(replace(SAID, forwards=("7", "8")))
    assert found is not None
    assert isinstance(found.what, PostMessage)
    assert found.what.forwards == (RemoteMessage("discord", RemoteId("7:8")),)


def test_a_chosen_thread_wins_and_keeps_the_key() -> None:
    found = intent(DIRECT, chosen=ThreadId("oak"))
    assert found is not None
    assert found.what == PostMessage(ThreadId("oak"), "hello @Kai")
    assert found.key == "discord:6:9:post"


def test_a_pins_address_alone_is_a_pin_without_words() -> None:
    found = intent(SAID, pin=OAK.id)
    assert found is not None
    assert found.what == PostMessage(InSpace("discord", "5"), "", OAK.id)


@pytest.mark.parametrize(
    "said",
    [
        replace(SAID, bot=True),
        replace(SAID, webhook="77"),
        replace(SAID, parent=None),
        replace(SAID, kind=18),
        replace(SAID, kind=21),
        replace(SAID, kind=6),
    ],
)
def test_what_no_person_said_in_a_thread_is_nothing(said: Said) -> None:
    assert intent(said) is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (f" {OAK.url} ", OAK.url),
        ("<https://pin.it/abc>", "https://pin.it/abc"),
        (f"look {OAK.url}", None),
        ("https://example.com/", None),
        ("pinterest.com", None),
    ],
)
def test_only_a_message_that_is_an_address_can_be_a_pin(text: str, address: str | None) -> None:
    assert lone_address(text) == address


@given(st.text() | st.text(alphabet="<@!&#:>0123456789*_~|`[]()\\ \n-./https"))
def test_whatever_is_said_can_be_read_and_plain_words_stay_as_they_are(content: str) -> None:
    text, rich = words(replace(SAID, content=content), {"7": "kai"})
    if re.fullmatch(r"[\w ]*", content) and "_" not in content:
        assert (text, rich) == (content.strip(), None)
    if rich is None:
        assert "".join(filter(str.isalnum, text)) in "".join(filter(str.isalnum, content))
