"""An account that leaves for good: `/pin forget me` and `pinthread erase ACCOUNT`.

The wish is a row in the database until it is done, so that it survives a stop at any
moment, and every step may be done again. First nobody can act as the account any more;
then its messages are deleted as their author would delete them, which takes the copies
out of the places that lanes serve; then its words are erased here. What stands elsewhere is
noted as rows of its own, which `bridge.operator.clearing` works through.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec

from bridge.operator import requests
from core.ids import AccountId, derive
from core.intents import DeleteMessage, FillCard, Intent, Leave, React
from core.model import Identity
from core.ports.outcomes import Outcome
from core.ports.store import Store

log = logging.getLogger("pinthread.erasing")

KIND = "erase"


class Wish(msgspec.Struct, frozen=True):
    """Whose data, and the logins that the account had when it was made.

    `former`: the accounts that these logins had before they were tied together, which leave
    with it: what the same person said as them, before and since.
    """

    account: str
    logins: tuple[tuple[str, str, str], ...] = ()
    former: tuple[str, ...] = ()


class Erasing:
    """Takes wishes up, oldest first."""

    def __init__(
        self,
        store: Store,
        submit: Callable[[Intent], Awaitable[Outcome]],
        forget_words: Callable[[tuple[int, ...]], Awaitable[None]],
        now: Callable[[], datetime],
        forget_archives: Callable[[AccountId], object] = lambda _: None,
    ) -> None:
        self._store = store
        self._submit = submit
        self._forget_archives = forget_archives
        self._forget_words = forget_words
        self._now = now

    async def ask(self, account: AccountId) -> None:
        """Notes the wish; nobody acts as the account from then on."""
        logins = await self._store.identities(account)
        rows = tuple((one.platform, one.workspace, one.user) for one in logins)
        former = await self._store.only_former(account)
        wish = Wish(account, rows, former)
        await self._store.ask(KIND, msgspec.json.encode(wish).decode(), self._now())
        for one in (*former, account):
            await self._store.forget_person(AccountId(one), logins, self._now())

    async def run(self) -> None:
        """Until it is cancelled."""
        await requests.follow(self._store, {KIND: self._take}, self._now)

    async def take(self) -> None:
        """Does what is wished for right now."""
        await requests.take(self._store, {KIND: self._take}, self._now)

    async def _take(self, asked: str) -> str:
        wish = msgspec.json.decode(asked, type=Wish)
        account = AccountId(wish.account)
        former = {*wish.former, *await self._store.only_former(account)}
        # They come first, since a stop after the account itself is gone could not find them.
        said = 0
        for one in sorted(former):
            said += await self._erase(AccountId(one), wish)
        said += await self._erase(account, wish)
        log.info("account_erased", extra={"messages": said})
        return str(said)

    async def _erase(self, account: AccountId, wish: Wish) -> int:
        """How many messages were deleted."""
        logins = (
            *(Identity(*row) for row in wish.logins),
            *await self._store.identities(account),
        )
        await self._store.forget_person(account, logins, self._now())
        self._forget_archives(account)
        await self._store.clear(account, self._now())
        said = await self._store.own_messages(account)
        for message in said:
            await self._do(account, DeleteMessage(message), f"erase:{message}")
        for message, emoji in await self._store.own_reactions(account):
            key = f"erase:{message}:{derive('emoji', emoji)}"
            await self._do(account, React(message, emoji, on=False), key)
        threads = await self._store.own_threads(account)
        for thread, _ in threads:
            await self._do(account, Leave(thread), f"erase:{thread}:leave")
        await self._forget_words(await self._store.blank(account, logins))
        for thread, pin in threads:
            # The card names who is there.
            await self._do(account, FillCard(thread, pin), f"erase:{thread}:card")
        await self._store.clear_now(account, self._now())
        return len(said)

    async def _do(
        self,
        account: AccountId,
        what: DeleteMessage | React | Leave | FillCard,
        key: str,
    ) -> None:
        # A refusal says that it is done already: not a member any more, deleted by now.
        await self._submit(Intent(f"{key}:{account}", account, what))
