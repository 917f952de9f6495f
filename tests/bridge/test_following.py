"""Who follows whom, taken over from where else it is known."""

from collections.abc import AsyncIterator, Sequence

from bridge.app import introduce
from bridge.brandconfig import Brand, KnownPerson
from bridge.config import Config, account_id
from bridge.intake.following import take_over
from core.ids import AccountId
from core.ports.needs import ToldEdge
from core.ports.store import Store
from core.standing import Edge
from tests.bridge.conftest import BRAND, JO, MIA, NOW

CONFIG = Config(
    brands=(Brand("lumen", "Lumen"),), people=(KnownPerson("zoe", "Zoe", follows=("lumen",)),)
)


class Elsewhere:
    """A source that tells batch by batch."""

    def __init__(self, *batches: Sequence[ToldEdge]) -> None:
        self._batches = batches

    async def tell(self) -> AsyncIterator[Sequence[ToldEdge]]:
        for batch in self._batches:
            yield batch


def follow(name: str, who: AccountId, whom: AccountId, *, on: bool = True) -> ToldEdge:
    return ToldEdge(name, Edge(who, whom, on=on))


async def test_follows_and_unfollows_come_in_the_order_in_which_they_are_told(
    store: Store,
) -> None:
    people = (MIA.id, JO.id, BRAND.id)
    before = store.involved(people)
    source = Elsewhere(
        [follow("1", MIA.id, BRAND.id), follow("2", JO.id, BRAND.id)],
        [],
        [follow("3", MIA.id, BRAND.id, on=False)],
    )
    await take_over(store, source, lambda: NOW)
    now = store.involved(people)
    assert now.follows == before.follows - {(MIA.id, BRAND.id)} | {(JO.id, BRAND.id)}
    assert now.version > before.version, "what was decided before is decided again"


async def test_what_is_told_again_does_not_undo_what_people_did_since(store: Store) -> None:
    source = Elsewhere([follow("1", MIA.id, BRAND.id)])
    await take_over(store, source, lambda: NOW)
    await store.change([Edge(MIA.id, BRAND.id, on=False)], NOW)
    version = store.involved((MIA.id, BRAND.id)).version
    await take_over(store, source, lambda: NOW)
    assert (MIA.id, BRAND.id) not in store.involved((MIA.id, BRAND.id)).follows
    assert store.involved((MIA.id, BRAND.id)).version == version


async def test_follows_of_the_configuration_are_taken_over_once(store: Store) -> None:
    zoe, lumen = account_id("zoe"), account_id("lumen")
    await introduce(store, CONFIG)
    assert store.involved((zoe, lumen)).follows == {(zoe, lumen), (lumen, zoe)}
    await store.change([Edge(zoe, lumen, on=False)], NOW)
    await introduce(store, CONFIG)
    assert store.involved((zoe, lumen)).follows == {(lumen, zoe)}
