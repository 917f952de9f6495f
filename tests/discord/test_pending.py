"""Posts under way: what is an echo, what stands for an answer, what is nobody's."""

from dataclasses import replace

import pytest

from adapters.discord.errors import Problem
from adapters.discord.inbound import Said
from adapters.discord.ours import Ourselves, marker
from adapters.discord.outbound import nonce
from adapters.discord.pending import Pending
from adapters.discord.rest import Rest
from adapters.discord.settings import Settings
from adapters.discord.webhooks import Webhooks
from core.delivery import Receipt
from core.ids import RemoteId
from tests.discord.conftest import FORUM, FreeBudgets, card, direct, mirror, text
from tests.discord.test_inbound import DIRECT, SAID

AT = mirror(FORUM, root="5:5", space="5")
MINE = replace(SAID, webhook="77", bot=True, name="Mia", content="yes")
NEW = 10**18


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_echo_stands_for_the_answer_of_the_next_attempt_for_some_minutes() -> None:
    clock = Clock()
    pending = Pending(clock)
    write = text(AT, "yes", delivery="d1")
    for seconds, known in ((299.0, True), (300.0, False)):
        assert pending.add(write) is None
        found = pending.match(MINE)
        assert found is not None
        clock.now += seconds
        again = pending.add(write)
        assert again == (found[1] if known else None)
        pending.done(write)


def test_two_messages_of_one_delivery_are_told_apart_and_the_other_is_given() -> None:
    pending = Pending()
    write = text(AT, "yes", delivery="d1")
    pending.add(write)
    assert pending.match(MINE) is not None
    assert pending.match(replace(MINE, message="10")) is None, "one delivery has one echo"
    other = pending.done(write, Receipt(RemoteId("5:11"), "webhook:77"))
    assert other is not None
    assert other.remote == "5:9"
    assert pending.accounts_for(RemoteId("5:9"))
    assert pending.accounts_for(RemoteId("5:11"))
    assert not pending.accounts_for(RemoteId("5:10"))
    assert pending.done(write, other) is None


def test_equal_words_of_two_deliveries_are_echoes_of_one_each() -> None:
    pending = Pending()
    for delivery in ("d1", "d2"):
        pending.add(text(AT, "yes", delivery=delivery))
    found = [pending.match(replace(MINE, message=one)) for one in ("9", "10", "11")]
    assert [one and one[0].delivery for one in found] == ["d1", "d2", None]


def test_direct_messages_are_matched_in_their_own_channel_or_as_a_first_card() -> None:
    pending = Pending()
    known = direct(root="6:1", space="6:1")
    write = text(known, "hello", delivery="d1")
    first = card(direct())
    pending.add(write)
    pending.add(first)
    mine = replace(DIRECT, author="1", bot=True, nonce=nonce("d1"))
    assert pending.match(replace(mine, channel="7")) is None
    found = pending.match(mine)
    assert found is not None
    assert found[0] is write
    url = f"https://x.y/#{first.delivery}"
    found = pending.match(replace(mine, channel="8", message="12", embeds=({"url": url},)))
    assert found is not None
    assert (found[0], found[1].space) == (first, "8:12")


def test_what_is_remembered_is_bounded() -> None:
    pending = Pending(most_open=3, most_accounted=3)
    for n in range(5):
        pending.add(text(AT, "yes", delivery=f"d{n}"))
        pending.account(RemoteId(f"5:{n}"))
    assert [pending.accounts_for(RemoteId(f"5:{n}")) for n in range(5)] == [False] * 2 + [True] * 3
    found = [pending.match(replace(MINE, message=str(n))) for n in range(100, 104)]
    assert [one and one[0].delivery for one in found] == ["d2", "d3", "d4", None]


def test_a_search_begins_at_discords_own_time_before_the_first_attempt() -> None:
    pending = Pending()
    write = text(AT, "yes", delivery="d1")
    assert pending.since(write) == 0
    pending.add(write)
    assert pending.since(write) == 0, "nothing was seen yet"
    pending.done(write)
    pending.saw(str(NEW))
    pending.add(write)
    first = pending.since(write)
    assert NEW - (60_000 << 22) < first < NEW
    pending.saw(str(2 * NEW))
    pending.add(write)
    assert pending.since(write) == first


# --- which messages are ours

EMBED = {"url": "https://www.pinterest.com/pin/1/#0123456789abcdef01234567"}


@pytest.mark.parametrize(
    ("said", "poster"),
    [
        (replace(SAID, webhook="77", application="900"), "webhook:77"),
        (replace(SAID, webhook="77", application="901"), ""),
        (replace(SAID, webhook="900", application="900", author="1"), ""),
        (replace(SAID, webhook="77"), ""),
        (replace(SAID, author="1", content="-# Kai joined."), "bot"),
        (replace(SAID, author="1", content="-# Kai joined.", webhook="900"), ""),
        (replace(SAID, author="1", content="**Kai:** hello"), ""),
        (replace(SAID, author="1", embeds=(EMBED,)), "bot"),
        (replace(SAID, author="1", embeds=({"url": "https://x.y/#top"},)), ""),
        (replace(SAID, author="1", embeds=(EMBED,), kind=21), ""),
        (replace(DIRECT, author="1", content="**Kai:** hello"), "bot"),
        (replace(DIRECT, author="1", content="> Mia: is it?\n**Kai:** yes"), "bot"),
        (replace(DIRECT, author="1", content="**Kai:**"), "bot"),
        (replace(DIRECT, author="1", content="Your message was not sent on: **x:** y"), ""),
        (replace(DIRECT, author="1", content="**Oak** with Kai"), ""),
        (replace(DIRECT, author="42", content="**Kai:** hello"), ""),
    ],
)
def test_what_a_lane_posted_is_known_and_what_only_looks_like_it_is_not(
    said: Said, poster: str
) -> None:
    rest = Rest(Settings(token="t"), FreeBudgets())
    ourselves = Ourselves(rest, Webhooks(rest))
    assert ourselves.poster(said) == "", "before anybody has said who we are"
    ourselves.learn("1", "900")
    assert ourselves.poster(said) == poster
    assert marker(said) == ("0123456789abcdef01234567" if EMBED in said.embeds else "")


async def test_who_we_are_is_asked_for_where_the_gateway_has_not_said() -> None:
    rest = Rest(Settings(token="t", api_url="http://127.0.0.1:9/api"), FreeBudgets())
    ourselves = Ourselves(rest, Webhooks(rest))
    assert await ourselves.known() == Problem(0)
    ourselves.learn("1", "900")
    assert await ourselves.known() is None
    await rest.close()
