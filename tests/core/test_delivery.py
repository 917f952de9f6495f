"""Names that tell nothing, and what a call is about."""

import pytest

from core.delivery import Part, PartKind, Step, Verb, Write
from core.ids import (
    AccountId,
    BindingId,
    ConversationId,
    MirrorId,
    RemoteId,
    ThreadId,
    delivery_id,
    derive,
    short_code,
)
from core.model import BindingKind, Mirror, Place, people_key

MIRROR = Mirror(
    MirrorId("m"),
    ThreadId("t"),
    ConversationId("c"),
    BindingId("b"),
    AccountId("mia"),
    Place("slack", "T0", "C0"),
    BindingKind.PROJECT,
    from_seq=1,
    cursor=0,
)


def test_only_an_edit_replaces_a_remote_message() -> None:
    part = Part(PartKind.TEXT, "in oak")
    edit = Write("d", MIRROR, Step(Verb.EDIT, 0, part, RemoteId("r")), "")
    post = Write("d", MIRROR, Step(Verb.POST, 0, part), "")
    assert (edit.replaces, edit.part) == ("r", part)
    assert (post.replaces, post.part) == (None, part)


def test_what_shows_nothing_has_no_part() -> None:
    write = Write("d", MIRROR, Step(Verb.DELETE, 0, None, RemoteId("r")), "")
    assert write.replaces is None
    with pytest.raises(ValueError, match="delete shows nothing"):
        _ = write.part


def test_the_same_key_gives_the_same_id_and_another_kind_another_one() -> None:
    assert derive("thread", "k") == derive("thread", "k")
    assert len({derive("thread", "k"), derive("message", "k"), derive("thread", "l")}) == 3
    assert len(derive("thread", "k")) == 16
    assert short_code(ThreadId("abcdefgh")) == "abcdef"


def test_a_delivery_id_depends_on_secret_mirror_item_and_part() -> None:
    one = delivery_id(b"s" * 32, MirrorId("m"), "item", 0)
    others = {
        delivery_id(b"t" * 32, MirrorId("m"), "item", 0),
        delivery_id(b"s" * 32, MirrorId("n"), "item", 0),
        delivery_id(b"s" * 32, MirrorId("m"), "card", 0),
        delivery_id(b"s" * 32, MirrorId("m"), "item", 1),
    }
    assert one == delivery_id(b"s" * 32, MirrorId("m"), "item", 0)
    assert len({one} | others) == 5


def test_the_same_people_have_the_same_key_in_any_order() -> None:
    a, b = AccountId("a"), AccountId("b")
    assert people_key((a, b)) == people_key((b, a, b)) != people_key((a,))
