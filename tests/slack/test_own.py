"""Which of our own posts are told as strays."""

from adapters.slack import own
from adapters.slack.own import Own, Stray
from core.ids import RemoteId, SpaceId
from core.model import Place

HERE = Place("slack", "T1", "C1")
FIRST, SECOND, THIRD = (RemoteId(f"C1:1.00000{n}") for n in (1, 2, 3))
THREAD = SpaceId("C1:1.000000")


def stray(remote: RemoteId, place: Place | None = HERE) -> Stray:
    return Stray(place, THREAD, remote, "B1", "d")


def stands(posts: Own, *remotes: RemoteId) -> None:
    for remote in remotes:
        posts.stands("d", THREAD, remote, "B1")


def test_the_one_that_was_asked_for_is_none_however_often_it_is_told() -> None:
    told: list[Stray] = []
    posts = Own(told.append)
    posts.begun("d", HERE)
    stands(posts, FIRST, FIRST)
    posts.begun("d", HERE)
    stands(posts, FIRST)
    assert told == []


def test_where_one_stands_twice_either_may_be_the_placed_one() -> None:
    told: list[Stray] = []
    posts = Own(told.append)
    posts.begun("d", HERE)
    stands(posts, SECOND, FIRST)
    assert told == [stray(SECOND), stray(FIRST)]
    stands(posts, THIRD)
    assert told[2:] == [stray(SECOND), stray(FIRST), stray(THIRD)]


def test_one_that_nobody_here_has_asked_for_is_told_at_once() -> None:
    told: list[Stray] = []
    posts = Own(told.append)
    stands(posts, FIRST)
    assert told == [stray(FIRST, None)]


def test_a_file_leads_to_its_delivery() -> None:
    posts = Own(lambda _: None)
    posts.begun("d", HERE, "F1")
    assert posts.of_file("F1") == "d"
    assert posts.of_file("F2") == ""


def test_only_so_many_are_remembered() -> None:
    told: list[Stray] = []
    posts = Own(told.append)
    posts.begun("d", HERE)
    for n in range(own.MOST):
        posts.begun(f"other {n}", HERE)
    stands(posts, FIRST)
    assert told == [stray(FIRST, None)]
