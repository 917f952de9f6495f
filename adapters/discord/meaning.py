"""What somebody wants by words on Discord, with what the desk knows of those they name.

Live events and sweeps ask here alike, so that both make the same intents under the same
keys. Nothing is submitted here.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from adapters.discord.inbound import (
    NOBODY,
    PLATFORM,
    Said,
    edit,
    intent,
    is_from_person,
    lone_address,
)
from core.ids import PinId
from core.intents import Intent
from core.model import Identity, Refusal
from core.ports import Desk


class Meaning:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def of(self, said: Said) -> Intent | None:
        """What a message or an edit, just heard, asks for."""
        if not is_from_person(said):
            return None
        accounts = await self._accounts(said)
        if said.edited:
            return edit(said, accounts)
        return intent(said, pin=await self._pin(said), accounts=accounts)

    async def of_stored(self, said: Said, edited: datetime | None) -> tuple[Intent, ...]:
        """What a message asks for that may have been edited since: the post, and the edit.

        What an edited message was at first cannot be known: it is posted as it is now.
        """
        if not is_from_person(said):
            return ()
        accounts = await self._accounts(said)
        pin = await self._pin(said) if edited is None else None
        found = [intent(said, pin=pin, accounts=accounts)]
        if edited is not None:
            found.append(edit(replace(said, edited=edited), accounts))
        return tuple(one for one in found if one is not None)

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
