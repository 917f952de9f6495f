"""What is known of pins, and that their cards come to show it."""

import pytest

from bridge.intake.intake import Intake
from bridge.pins import Pins
from core.events import CardFilled
from core.ids import PinId
from core.intents import Handle, Intent, StartThread
from core.model import Pin, PinSource, Refusal
from core.ports.outcomes import Outcome
from core.ports.store import Store
from tests.bridge.conftest import MIA, NOW
from tests.bridge.test_intake import accepted

LAMP = PinId("77")
ADDRESS = "https://www.pinterest.com/pin/77/"
KNOWN = Pin(LAMP, ADDRESS, "Lamp", source=PinSource.API)


class Known:
    """A look-up that finds the pin."""

    def pin_id(self, address: str) -> PinId | None:
        return LAMP

    async def resolve(self, address: str) -> PinId | Refusal:
        return LAMP

    async def look_up(self, pin: PinId) -> Pin:
        return KNOWN


class Died(Exception):  # noqa: N818 (it is what happens)
    """The program ends here."""


async def test_a_card_is_filled_even_if_the_program_died_before(
    store: Store, intake: Intake
) -> None:
    async def dies(intent: Intent) -> Outcome:
        raise Died

    dying = Pins(store, Known(), dies, lambda: NOW)
    await dying.ensure(LAMP)
    thread = await accepted(intake, Intent("a", MIA.id, StartThread((Handle("jo"),), LAMP, "hi")))
    with pytest.raises(Died):
        await dying.preview(ADDRESS)
    assert await store.bare_pins(10) == (LAMP,), "it is looked up again"
    assert await Pins(store, Known(), intake.submit, lambda: NOW).preview(ADDRESS) == KNOWN
    assert (await store.history(thread.conversation))[-1].what == CardFilled(LAMP)
    assert await store.bare_pins(10) == ()
    assert await store.pin(LAMP) == KNOWN
