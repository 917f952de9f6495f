"""What somebody wants by words on Discord, with what the desk knows of those they name.

Live events and sweeps ask here alike, so that both make the same intents under the same
keys. Nothing is submitted here.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from adapters.discord.errors import Problem
from adapters.discord.inbound import (
    NOBODY,
    PLATFORM,
    Said,
    edit,
    intent,
    is_from_person,
    lone_address,
    place_of,
)
from adapters.discord.people import People
from core.ids import PinId
from core.intents import Intent
from core.model import BindingKind, Identity, Place, Refusal
from core.ports.desk import Desk


class Meaning:
    def __init__(self, desk: Desk, people: People) -> None:
        self._desk = desk
        self._people = people

    async def of(self, said: Said) -> Intent | None:
        """What a message or an edit, just heard, asks for."""
        if not is_from_person(said):
            return None
        said, accounts = await self._rolled(said), await self._accounts(said)
        if said.edited:
            return edit(said, accounts)
        return intent(said, pin=await self._pin(said), accounts=accounts)

    async def of_stored(self, said: Said, edited: datetime | None) -> tuple[Intent, ...]:
        """What a message asks for that may have been edited since: the post, and the edit.

        What an edited message was at first cannot be known: it is posted as it is now.
        """
        if not is_from_person(said):
            return ()
        said, accounts = await self._rolled(said), await self._accounts(said)
        pin = await self._pin(said) if edited is None else None
        found = [intent(said, pin=pin, accounts=accounts)]
        if edited is not None:
            found.append(edit(replace(said, edited=edited), accounts))
        return tuple(one for one in found if one is not None)

    async def _rolled(self, said: Said) -> Said:
        """With the roles of the author, where Discord has not told them along with the words."""
        place = place_of(said)
        if said.held is not None or place is None:
            return said
        return replace(said, held=await self.roles(place, said.author))

    async def roles(self, place: Place, user: str) -> tuple[str, ...]:
        """The roles somebody holds, where that decides what they may do: in a brand's inbox."""
        binding = await self._desk.binding_at(place) if place.workspace else None
        if binding is None or binding.kind is not BindingKind.INBOX:
            return ()
        found = await self._people.roles(place.workspace, user)
        if isinstance(found, Problem):
            raise ConnectionError("Discord does not say who it was")
        return found

    async def _accounts(self, said: Said) -> Mapping[str, str]:
        """Who of those that a message mentions has an account; none is made for that."""
        users = list(said.people)
        if not users:
            return NOBODY
        found = await self._desk.accounts_of([Identity(PLATFORM, "", user) for user in users])
        return {
            user: str(account.id)
            for user, account in zip(users, found, strict=True)
            if account is not None
        }

    async def _pin(self, said: Said) -> PinId | None:
        address = lone_address(said.content)
        if address is None:
            return None
        found = await self._desk.pin_id(address)
        return None if isinstance(found, Refusal) else found
