"""The program as adapters and the web see it. Every method belongs to one event loop."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from core.asking import Office
from core.delivery import Delivery, Receipt
from core.ids import (
    AccountId,
    BindingId,
    ConversationId,
    MessageId,
    PinId,
    RemoteId,
    SpaceId,
    ThreadId,
)
from core.intents import InDirect, InSpace, Intent, PersonRef, RemoteMessage, Somebody
from core.model import (
    Account,
    Binding,
    BrandRules,
    Identity,
    Mirror,
    Pin,
    Place,
    Refusal,
    Role,
)
from core.ports.outcomes import Outcome
from core.ports.reading import (
    Acting,
    Archive,
    Behind,
    Change,
    Line,
    Page,
    PlaceLook,
    Prefs,
    Shown,
    ThreadLine,
    ThreadView,
    Timer,
    Which,
)
from core.ports.rows import FeedItem
from core.search import Hits, SearchQuery
from core.sweep import Seen


class Desk(Protocol):
    """The program, as adapters and the web see it."""

    @property
    def office(self) -> Office:
        """Where commands, buttons and forms go."""
        ...

    async def submit(self, intent: Intent) -> Outcome:
        """Commits before it returns. Never raises for what people do wrong."""
        ...

    async def account(self, actor: Somebody, place: Place | None = None) -> Account:
        """Who acts: in a brand's inbox the brand, elsewhere the person (made if unknown)."""
        ...

    async def people(self, asker: AccountId, prefix: str, limit: int) -> tuple[Account, ...]:
        """Accounts whose handle or name starts so, for pickers; the asker is left out."""
        ...

    async def place_changed(
        self,
        place: Place,
        *,
        label: str | None = None,
        trouble: str | None = None,
        exposed: bool | None = None,
    ) -> None:
        """A bound channel was renamed, broke (`trouble` says what to do), or is good again.

        A place without a channel is every bound one of its workspace. `exposed`: others can
        read it since it turned public or shared (a brand's inbox is paused by that), or
        (false) it is private again.
        """
        ...

    async def find_people(self, refs: Sequence[PersonRef]) -> tuple[Account | None, ...]: ...

    async def accounts_of(self, identities: Sequence[Identity]) -> tuple[Account | None, ...]:
        """The accounts of these logins, where there are any; none is made."""
        ...

    async def reactions(self, message: RemoteMessage) -> tuple[tuple[AccountId, str], ...]:
        """Who has reacted how to a message, of those who may have done so on its platform."""
        ...

    async def preview(self, address: str) -> Pin | Refusal:
        """What is known of a pin by its address, looked up if need be (up to some seconds)."""
        ...

    async def pin_id(self, address: str) -> PinId | Refusal:
        """The pin an address names; only a short link takes a look-up."""
        ...

    async def recent_pins(self, asker: AccountId, limit: int) -> tuple[Pin, ...]:
        """Pins of the asker's threads, newest first, for autocomplete."""
        ...

    async def inbox(
        self,
        asker: AccountId,
        limit: int = 20,
        *,
        which: Which = Which.ALL,
        agent: AccountId | None = None,
        before: int | None = None,
    ) -> tuple[ThreadLine, ...]:
        """A page of one of the asker's lists; `agent` is who asks for a brand (`MINE`).

        `before` is the `position` of the last line of the page before.
        """
        ...

    async def open(self, asker: AccountId, code: str) -> ThreadView | Refusal:
        """A thread of the asker's by its code, a longer prefix of its id, or the whole id."""
        ...

    async def alike(self, asker: AccountId, code: str) -> tuple[ThreadView, ...]:
        """The threads of the asker's that begin with a code; at most `MOST_CHOICES`."""
        ...

    async def own_places(self, asker: AccountId, thread: ThreadId) -> tuple[Mirror, ...]:
        """The asker's own copies of a thread, as in its view."""
        ...

    async def thread_at(self, target: InSpace | InDirect) -> ThreadId | None:
        """The thread that is mirrored there; in direct messages the one that is answered."""
        ...

    async def message_at(self, message: RemoteMessage) -> tuple[ThreadId, MessageId] | None:
        """The message that a remote message holds."""
        ...

    async def page(
        self,
        asker: AccountId,
        thread: ThreadId,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> Page | Refusal:
        """Lines with `after < seq < before` that the asker may see."""
        ...

    async def line(self, asker: AccountId, thread: ThreadId, message: MessageId) -> Line | Refusal:
        """A message of the thread as the asker sees it now."""
        ...

    async def may_read(self, asker: AccountId, file: str) -> bool:
        """Whether a message that the asker may see holds the file."""
        ...

    async def was_taken_back(self, file: str) -> bool:
        """Whether messages held the file, and none of them does any more."""
        ...

    async def feed(
        self, asker: AccountId, after: int, limit: int
    ) -> tuple[tuple[FeedItem, ...], int]:
        """Events the asker may see after a position of the feed, and the position read up to."""
        ...

    async def feed_end(self) -> int: ...

    def changes(self) -> AbstractAsyncContextManager[AsyncIterator[Change]]:
        """Hints, while it is open, that something in a conversation has changed."""
        ...

    async def strips(
        self, platform: str, channel: str, limit: int = 200
    ) -> Mapping[RemoteId, tuple[Delivery, ...]]:
        """Where the newest messages of a bound channel stand in all their places."""
        ...

    async def waiting(self) -> Mapping[str, int]:
        """How many messages wait, by platform."""
        ...

    def catching_up(self) -> Sequence[Behind]:
        """The platforms that are being read for what was missed, and how far that is."""
        ...

    async def retry(self, asker: AccountId, thread: ThreadId, message: MessageId) -> Refusal | None:
        """What of the asker's own message did not get through is tried once more, everywhere."""
        ...

    # who may do what
    async def standing(
        self, actor: Somebody, place: Place | None = None, *, away: bool = False
    ) -> Acting:
        """Who acts there, and with which role; `account` alone is `Desk.account`.

        `away`: they act from elsewhere. Where only being in the channel gives them their role,
        the platform is asked whether they are, and they have none where it does not say yes.
        """
        ...

    async def is_there(self, actor: Somebody, place: Place) -> bool:
        """Whether they are in a channel now, as its platform says; False where it cannot say."""
        ...

    async def person_left(self, place: Place, identity: Identity) -> None:
        """Somebody is no longer in a channel: what being there allowed them ends now."""
        ...

    async def follow(
        self,
        actor: Somebody,
        who: PersonRef,
        *,
        on: bool,
        place: Place | None = None,
        away: bool = False,
    ) -> Account | Refusal:
        """The actor (in a brand's inbox the brand) follows them, or no longer.

        Here and below `place` and `away` are those of `standing`, and are held against who
        is an agent at this moment.
        """
        ...

    async def block(
        self,
        actor: Somebody,
        who: PersonRef,
        *,
        on: bool,
        place: Place | None = None,
        away: bool = False,
    ) -> Account | Refusal: ...

    async def follows(self, account: AccountId, limit: int = 100) -> tuple[Account, ...]:
        """Whom they follow, the newest first."""
        ...

    async def does_follow(self, who: AccountId, whom: AccountId) -> bool: ...
    async def followers(self, account: AccountId, limit: int = 100) -> tuple[Account, ...]: ...

    async def blocked(self, account: AccountId, limit: int = 100) -> tuple[Account, ...]:
        """Whom they have blocked."""
        ...

    async def brands(self, limit: int = 100) -> tuple[Account, ...]: ...

    def rules(self, brand: AccountId) -> BrandRules | None:
        """What the operator has set for a brand."""
        ...

    async def grant(
        self,
        actor: Somebody,
        place: Place | None,
        who: PersonRef,
        role: Role | None,
        *,
        away: bool = False,
    ) -> Account | Refusal:
        """Gives somebody a role in the actor's brand, or (None) takes it back."""
        ...

    async def agents(self, brand: AccountId) -> tuple[tuple[Account, Role], ...]:
        """Who acts for it: who was given a role, and who has acted in its channels."""
        ...

    async def brands_of(self, account: AccountId) -> tuple[tuple[Account, Role], ...]:
        """The brands in which somebody was given a role, or in whose channels they acted of late.

        It only says where to ask: `standing` and `given_role` tell what they may do there now.
        """
        ...

    async def given_role(self, actor: Somebody, brand: AccountId) -> Role | None:
        """The role that an owner gave them in a brand, which they have wherever they act."""
        ...

    async def invite(self, account: AccountId) -> None:
        """They may start from now on, where not everybody may."""
        ...

    # what waits
    async def timer(self, timer: str) -> Timer | None: ...

    async def held_replies(self, thread: ThreadId, account: AccountId) -> tuple[Timer, ...]:
        """Replies of the account in the thread that have not gone out yet, the next one first."""
        ...

    async def release(
        self, timer: str, actor: Somebody, place: Place | None = None, *, away: bool = False
    ) -> Outcome:
        """Sends a held reply now."""
        ...

    async def undo(
        self, timer: str, actor: Somebody, place: Place | None = None, *, away: bool = False
    ) -> Refusal | None:
        """Takes a held reply back; `too_late` where it went out already."""
        ...

    # logins and settings
    async def prefs(self, account: AccountId) -> Prefs: ...

    async def put_prefs(self, account: AccountId, prefs: Prefs) -> None: ...

    async def identities(self, account: AccountId) -> tuple[Identity, ...]: ...

    async def told(self, account: AccountId) -> bool:
        """Once for each who is new: whether to tell them now who will see what they do."""
        ...

    async def link_code(self, person: Somebody) -> str:
        """A code that ties another login to this one's account, within some minutes."""
        ...

    async def use_link(self, person: Somebody, code: str) -> Account | Refusal:
        """Ties this login to the account of the one that asked for the code."""
        ...

    async def unlink(self, person: Somebody) -> Account | Refusal:
        """Parts this login from the account that it was tied to; gives its own."""
        ...

    # what is theirs
    async def search(
        self, asker: AccountId, query: SearchQuery, *, older: int | None = None, limit: int = 20
    ) -> Hits | Refusal:
        """Messages that the asker may see, newest first; `older` is the `more` of a page."""
        ...

    async def export(self, asker: AccountId) -> Archive:
        """All that is theirs, as a file; it may take a while."""
        ...

    def archive(self, token: str) -> Archive | None:
        """An export that is still there, by the last part of its `url`."""
        ...

    async def forget(self, asker: AccountId) -> None:
        """They leave for good: nobody acts as them from now on, and their words are erased."""
        ...

    # channels
    async def describe(self, place: Place) -> PlaceLook | None:
        """A channel as it is right now; None where it cannot be seen."""
        ...

    async def binding_at(self, place: Place) -> Binding | None: ...

    async def bindings(self, account: AccountId) -> tuple[Binding, ...]: ...

    async def shown(self, asker: AccountId) -> tuple[Shown, ...]:
        """Where others read the asker's conversations, one for each channel and conversation;
        the newest first."""
        ...

    async def shown_in(self, conversation: ConversationId) -> tuple[Binding, ...]:
        """The channels that others read in which a conversation appears."""
        ...

    def is_configured(self, binding: BindingId) -> bool:
        """The operator's configuration binds it, and does so again at the next start."""
        ...

    async def connect_place(self, binding: Binding) -> Refusal | None:
        """Binds a channel, or changes its binding."""
        ...

    async def disconnect_place(self, binding: BindingId) -> None:
        """Nothing appears there any more; what stands there stays."""
        ...

    async def tell_mode(self, place: Place, line: str) -> None:
        """The cards of a brand's inbox show its mode as it is now, the newest ones at once;
        `line` is said there."""
        ...

    async def secret(self, name: str) -> bytes:
        """32 random bytes of the installation, made at the first call."""
        ...

    async def use_once(self, token: str) -> bool:
        """True the first time only."""
        ...

    def echo(self, delivery: str, receipt: Receipt) -> None:
        """One of our own writes was seen on its platform."""
        ...

    def online(self, platform: str, *, up: bool) -> None:
        """A platform's connection came up or went down: what waits for it is tried at once."""
        ...

    def gap(self, platform: str, reason: str) -> None:
        """Events of a platform may have been missed: its places are swept.

        `reason` is one of `started`, `not_resumed`, `disconnected`, `deaf`, `refused`.
        """
        ...

    def stray(
        self, place: Place, space: SpaceId, remote: RemoteId, poster: str, delivery: str = ""
    ) -> None:
        """A message of ours was seen that no write under way accounts for.

        It is taken away as soon as it is sure that it is a late duplicate, and left alone
        where it turns out to be placed, or to belong to nothing known.
        """
        ...

    def suspect(self, platform: str, seen: Seen) -> None:
        """Something of ours was seen to stand so on a message, by an event or on a page.

        `seen` holds our emoji alone, or a message of ours. Where that is not what should
        stand there, a call that was applied late has set it, and it is put right.
        """
        ...
