"""Who is in a conversation, and who of them somebody may know of."""

import pytest

from core.ids import AccountId, ConversationId
from core.model import Head, Member

MIA, JO, KEN, NOOR, LEE = (AccountId(name) for name in ("mia", "jo", "ken", "noor", "lee"))
HEAD = Head(
    ConversationId("talk"),
    MIA,
    (
        Member(MIA, 1),
        Member(JO, 1, 4),
        Member(KEN, 1, 10),
        Member(NOOR, 12),
        Member(LEE, 6, 8),
        Member(LEE, 14),
        Member(JO, 16, 18),
    ),
    18,
)


@pytest.mark.parametrize(
    ("reader", "there"),
    [
        (MIA, (MIA, NOOR, LEE)),
        (KEN, (MIA,)),
        (JO, (MIA, NOOR, LEE)),
        (LEE, (MIA, NOOR, LEE)),
        (AccountId("nobody"), (MIA, NOOR, LEE)),
    ],
)
def test_whoever_left_knows_who_was_there_then(
    reader: AccountId, there: tuple[AccountId, ...]
) -> None:
    assert HEAD.present_for(reader) == there


@pytest.mark.parametrize(
    ("reader", "met"),
    [
        (MIA, (MIA, JO, KEN, NOOR, LEE)),
        (KEN, (MIA, JO, KEN, LEE)),
        (NOOR, (MIA, NOOR, LEE, JO)),
        (AccountId("nobody"), ()),
    ],
)
def test_one_has_met_those_who_were_there_at_the_same_time(
    reader: AccountId, met: tuple[AccountId, ...]
) -> None:
    assert HEAD.met(reader) == met
