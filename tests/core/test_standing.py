"""Follows and blocks: decided about accounts, outside any conversation."""

from dataclasses import replace

import pytest

from core.events import Event, RequestAccepted
from core.ids import AccountId
from core.intents import Block, Follow, Handle
from core.model import Account, AccountKind, Refusal, Role
from core.standing import Edge, EdgeKind, decide_account, edges_of
from tests.core.talk import MIA, NORA, NOW, SHOP, TALK, THREAD, standing, talk

FOLLOW, BLOCK = Follow(Handle("NoRa")), Block(Handle("nora"))


def code(found: object) -> str:
    assert isinstance(found, Refusal)
    assert found.sentence.endswith(".")
    return found.code


def test_following_and_unfollowing_once() -> None:
    assert decide_account(MIA, FOLLOW, NORA, standing()) == (Edge(MIA.id, NORA.id),)
    assert decide_account(MIA, FOLLOW, NORA, standing("mia>nora")) == ()
    off = Follow(NORA.id, on=False)
    assert decide_account(MIA, off, NORA, standing("mia>nora")) == (
        Edge(MIA.id, NORA.id, on=False),
    )
    assert decide_account(MIA, off, NORA, standing()) == ()


def test_blocking_and_unblocking_once_leaves_the_follows() -> None:
    edge = Edge(MIA.id, NORA.id, EdgeKind.BLOCK)
    assert decide_account(MIA, BLOCK, NORA, standing("nora>mia mia>nora")) == (edge,)
    assert decide_account(MIA, BLOCK, NORA, standing("", "mia>nora")) == ()
    off = Block(Handle("nora"), on=False)
    assert decide_account(MIA, off, NORA, standing("", "mia>nora")) == (replace(edge, on=False),)


def test_whoever_blocked_one_is_nobody_to_follow() -> None:
    blocked = decide_account(MIA, FOLLOW, NORA, standing("", "nora>mia"))
    assert blocked == decide_account(MIA, FOLLOW, None, standing())
    assert code(blocked) == "cannot_message"
    assert "@NoRa" in blocked.sentence  # type: ignore[union-attr]
    banned = replace(NORA, banned=True)
    assert code(decide_account(MIA, FOLLOW, banned, standing())) == "cannot_message"


def test_whoever_blocked_one_is_nobody_to_stop_following_either() -> None:
    stop = Follow(Handle("NoRa"), on=False)
    blocked = decide_account(MIA, stop, NORA, standing("", "nora>mia"))
    assert blocked == decide_account(MIA, stop, None, standing())
    assert code(blocked) == "cannot_message"
    banned = replace(NORA, banned=True)
    assert code(decide_account(MIA, stop, banned, standing())) == "cannot_message"
    assert decide_account(MIA, stop, NORA, standing("", "mia>nora")) == ()


def test_whoever_blocked_one_can_be_blocked_and_no_longer_followed() -> None:
    both = standing("mia>nora", "nora>mia")
    assert decide_account(MIA, BLOCK, NORA, both)
    assert decide_account(MIA, Follow(NORA.id, on=False), NORA, both)


@pytest.mark.parametrize("on", [True, False], ids=["block", "unblock"])
def test_whoever_blocked_one_is_nobody_to_block_by_name_either(*, on: bool) -> None:
    block = Block(Handle("NoRa"), on)
    blocked = decide_account(MIA, block, NORA, standing("", "nora>mia"))
    assert blocked == decide_account(MIA, block, None, standing())
    assert code(blocked) == "cannot_message"
    banned = replace(NORA, banned=True)
    assert code(decide_account(MIA, block, banned, standing())) == "cannot_message"
    # In a conversation they see each other, and a button there names no name.
    button = Block(NORA.id, on)
    edges = decide_account(MIA, button, NORA, standing("", "nora>mia"))
    assert edges == ((Edge(MIA.id, NORA.id, EdgeKind.BLOCK),) if on else ())
    # Taking one's own block back works as ever.
    both = standing("", "nora>mia mia>nora")
    assert decide_account(MIA, replace(block, on=False), NORA, both)


def test_whom_one_has_blocked_one_does_not_follow() -> None:
    assert code(decide_account(MIA, FOLLOW, NORA, standing("", "mia>nora"))) == "you_blocked"


@pytest.mark.parametrize("what", [FOLLOW, BLOCK])
def test_nobody_follows_or_blocks_themselves_or_nobody(what: Follow | Block) -> None:
    assert code(decide_account(MIA, what, MIA, standing())) == "yourself"
    assert code(decide_account(MIA, what, None, standing())) == "cannot_message"
    gone = replace(what, who=AccountId("gone"))
    assert code(decide_account(MIA, gone, None, standing())) == "cannot_message"


def test_who_is_banned_blocks_and_does_not_follow() -> None:
    banned = replace(MIA, banned=True)
    assert code(decide_account(banned, FOLLOW, NORA, standing())) == "banned"
    assert decide_account(banned, BLOCK, NORA, standing())


@pytest.mark.parametrize("what", [FOLLOW, BLOCK])
@pytest.mark.parametrize("role", [*Role, None])
def test_for_a_brand_managers_follow_and_block(what: Follow | Block, role: Role | None) -> None:
    found = decide_account(SHOP, what, NORA, standing(role=role))
    if role in (Role.OWNER, Role.MANAGER):
        assert isinstance(found, tuple)
    else:
        assert code(found) == "not_allowed"


@pytest.mark.parametrize("actor", [MIA, SHOP])
def test_only_brands_follow_back_by_accepting(actor: Account) -> None:
    accepted = Event(TALK, 3, THREAD, NOW, actor.id, RequestAccepted(), only=actor.id)
    found = edges_of(talk(MIA, SHOP), (accepted,))
    assert found == ((Edge(SHOP.id, MIA.id),) if actor is SHOP else ())
    assert edges_of(replace(talk(MIA, SHOP), head=None), (accepted,)) == ()


def test_an_account_that_left_for_good_is_told_by_its_name_alone() -> None:
    mia = Account(AccountId("a1"), AccountKind.PERSON, "mia", "Mia", banned=True)
    assert not mia.gone
    assert not replace(mia, handle="gone-b2").gone
    assert replace(mia, handle="gone-a1").gone
