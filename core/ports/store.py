"""Where the history and all that belongs to it is kept. Every method belongs to one event loop."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from core.delivery import Delivery, Sending
from core.events import Event
from core.files import FileId
from core.ids import (
    AccountId,
    BindingId,
    ConversationId,
    MessageId,
    MirrorId,
    PinId,
    RemoteId,
    SpaceId,
    ThreadId,
)
from core.model import (
    Account,
    Binding,
    Head,
    Identity,
    Mirror,
    MirrorState,
    Pin,
    Place,
    Placement,
    Profile,
    Role,
    Thread,
    Written,
)
from core.ports.needs import ToldEdge
from core.ports.reading import Involved, NewReport, Prefs, Report, ThreadLine, Timer, Which
from core.ports.rows import (
    Asked,
    Clearing,
    Commit,
    Committed,
    Due,
    Duplicate,
    FeedItem,
    Fetch,
    HeldIntent,
    LaneWork,
    Marked,
    Refused,
    Retry,
    Spot,
    Stale,
    SweptPlace,
)
from core.standing import Edge


class Store(Protocol):
    """The canonical history and what belongs to it. Two engines pass one contract suite."""

    async def open(self) -> None:
        """Opens, migrates under a lock; raises NewerSchemaError or StoreError."""
        ...

    async def close(self) -> None:
        """Finishes what was handed in, then closes."""
        ...

    def trouble(self) -> str | None:
        """Why nothing can be written, with the remedy; it lasts until a `probe` gets through."""
        ...

    async def probe(self) -> None:
        """Writes as much as some messages are; StoreError where that fails."""
        ...

    # accounts and bindings
    async def account(self, account: AccountId) -> Account | None: ...
    async def account_by_handle(self, handle: str) -> Account | None: ...
    async def account_by_identity(self, identity: Identity) -> Account | None: ...
    async def accounts_like(
        self, prefix: str, limit: int, asker: AccountId | None = None
    ) -> tuple[Account, ...]:
        """By the beginning of a handle or a name: whom somebody who asks may know of."""
        ...

    async def identities(self, account: AccountId) -> tuple[Identity, ...]: ...
    async def ensure_person(self, identity: Identity, profile: Profile, now: datetime) -> Account:
        """The account of an identity, made with a free handle if there is none.

        A changed profile of an account that the operator did not name is taken over, from the
        login that names it where several are tied together.
        """
        ...

    async def untold(self, account: AccountId) -> bool:
        """Whether a login made it and its person has neither acted nor been told who sees them."""
        ...

    async def told(self, account: AccountId) -> bool:
        """They are told now, or need not be any more; whether they had been untold."""
        ...

    async def put_account(self, account: Account, identities: Sequence[Identity]) -> None:
        """Makes or renames an account that the operator named, with its identities."""
        ...

    async def put_binding(self, binding: Binding) -> None:
        """Makes or changes a binding; StoreError where another one has that place already.

        One that is there stays paused or not, whatever `paused` says: that is `pause_place`.
        A new inbox gets mirrors of all threads of its account's conversations: those with the
        newest words begin with some of these, the others with what happens next in them. Of many
        threads these are made little by little; others write between.
        """
        ...

    async def fill_inboxes(self) -> None:
        """After a start: makes the mirrors of new inboxes that a stop has kept from being made."""
        ...

    async def label_place(self, binding: BindingId, label: str) -> None:
        """What its channel is called now; a binding that is gone stays gone."""
        ...

    async def pause_place(self, binding: BindingId, reason: str | None) -> None:
        """Nothing goes there and nobody there acts, for a reason; None: again as before."""
        ...

    async def drop_binding(self, binding: BindingId) -> None:
        """Its mirrors end, and what stands there stays."""
        ...

    # who may talk to whom; every change of these counts `Involved.version` up
    def involved(self, accounts: tuple[AccountId, ...]) -> Involved:
        """From memory, where the same were asked about since the last change."""
        ...

    def asked(self, who: AccountId, whom: AccountId) -> frozenset[tuple[AccountId, AccountId]]:
        """Which of the two has not accepted the other's first message, as in `Standing`."""
        ...

    def role_in(self, brand: AccountId, account: AccountId) -> Role | None:
        """What an owner gave; from memory."""
        ...

    async def change(self, edges: Sequence[Edge], now: datetime) -> None:
        """Who follows and blocks whom from now on."""
        ...

    async def take_over(self, told: Sequence[ToldEdge], now: datetime) -> None:
        """As `change`, leaving out what was taken over before, whatever has changed since."""
        ...

    async def follows_of(self, account: AccountId, limit: int) -> tuple[AccountId, ...]:
        """Whom they follow, the newest first."""
        ...

    async def followers_of(self, account: AccountId, limit: int) -> tuple[AccountId, ...]: ...
    async def blocked_by(self, account: AccountId, limit: int) -> tuple[AccountId, ...]: ...
    async def brands(self, limit: int) -> tuple[AccountId, ...]: ...
    async def grant(
        self, brand: AccountId, account: AccountId, role: Role | None, now: datetime
    ) -> None: ...

    async def note_agent(self, brand: AccountId, account: AccountId, now: datetime) -> None:
        """They act for the brand by its own rule, without a role that was given."""
        ...

    async def forget_agent(self, brand: AccountId, account: AccountId) -> None:
        """Takes that back, from now on; a role that was given stays."""
        ...

    async def agents_of(self, brand: AccountId) -> tuple[tuple[AccountId, Role | None], ...]:
        """Who has acted for it or may; None: by the brand's own rule."""
        ...

    async def brands_of(
        self, account: AccountId, now: datetime
    ) -> tuple[tuple[AccountId, Role | None], ...]:
        """By a role that was given, or because they acted in its channels within a day."""
        ...

    async def sign(self, brands: Sequence[AccountId]) -> None:
        """Just these brands show outside which agent wrote."""
        ...

    async def invite(self, account: AccountId, now: datetime) -> None: ...
    async def ban(self, account: AccountId, *, on: bool) -> None: ...
    async def report(self, report: NewReport) -> None:
        """Kept for the operator; one of the same key changes nothing."""
        ...

    async def reports(self, limit: int) -> tuple[Report, ...]:
        """The newest first."""
        ...

    # logins and settings of people
    async def former(self, identity: Identity) -> tuple[AccountId, ...]:
        """The accounts that a login had before it was tied to another one; newest last."""
        ...

    async def only_former(self, account: AccountId) -> tuple[AccountId, ...]:
        """Accounts that its logins had before, and that no other login has or goes on as."""
        ...

    async def attach_identity(self, identity: Identity, account: AccountId) -> None: ...
    async def detach_identity(self, identity: Identity, profile: Profile) -> Account | None:
        """Its own account again, or a new one; None where it is the only login there."""
        ...

    async def put_link(self, code: str, identity: Identity, until: datetime) -> None: ...
    async def take_link(self, code: str, now: datetime) -> Identity | None:
        """Once, and not after its time."""
        ...

    async def prefs(self, account: AccountId) -> Prefs: ...
    async def put_prefs(self, account: AccountId, prefs: Prefs) -> None: ...

    # what happens later
    async def put_timer(self, timer: Timer, key: str = "") -> Timer | None:
        """Keeps it; where there is one of that id already, that one stays and is given.

        None where the intent `key` was committed, or taken back, meanwhile.
        """
        ...

    async def timer(self, timer: str) -> Timer | None: ...
    async def timers_due(self, now: datetime, limit: int) -> tuple[Timer, ...]: ...
    async def timers_of(self, thread: ThreadId, kind: str) -> tuple[Timer, ...]: ...
    async def next_timer(self) -> datetime | None:
        """When the next one is due."""
        ...

    async def renew_timer(self, timer: Timer) -> None:
        """From now on it is due at another time, and about something else."""
        ...

    async def note_pings(self, limit: int = 1_000) -> int:
        """Keeps what came in during people's quiet hours as timers of the kind `ping`.

        It looks at so many events after those it has looked at; how many are left.
        """
        ...

    async def drop_timer(self, timer: str, settle: Duplicate | None = None, key: str = "") -> bool:
        """Whether it was there. With `settle` its intent's key counts as committed, so."""
        ...

    async def bindings_of(self, accounts: Sequence[AccountId]) -> tuple[Binding, ...]: ...
    async def bindings(self) -> tuple[Binding, ...]: ...
    async def binding_at(self, place: Place) -> Binding | None: ...
    async def binding(self, binding: BindingId) -> Binding | None: ...

    # conversations
    async def head(self, conversation: ConversationId) -> Head | None: ...
    async def head_of_people(self, people_key: str) -> Head | None: ...
    async def thread(self, thread: ThreadId) -> Thread | None: ...
    async def open_thread(self, conversation: ConversationId, pin: PinId) -> Thread | None: ...
    async def threads_of(self, conversation: ConversationId) -> tuple[Thread, ...]: ...
    async def threads_like(
        self, account: AccountId, prefix: str, limit: int = 2
    ) -> tuple[Thread, ...]:
        """At most so many threads of the account's conversations whose id starts so."""
        ...

    async def spot(self, platform: str, space: SpaceId) -> Spot | None:
        """The mirror whose replies stand there."""
        ...

    async def spot_of_message(self, platform: str, remote: RemoteId) -> Spot | None:
        """The mirror in which that remote message is placed."""
        ...

    async def placement_at(self, platform: str, remote: RemoteId) -> tuple[Spot, Placement] | None:
        """What that remote message holds, and in which mirror."""
        ...

    async def holder(self, thread: ThreadId, pin: PinId) -> Written | None:
        """A message of the thread with that pin, one that everybody may see if there is any."""
        ...

    async def open_places(self, conversation: ConversationId) -> frozenset[BindingId]:
        """The channels that others read too in which it appears now."""
        ...

    async def shown_of(
        self, account: AccountId
    ) -> tuple[tuple[BindingId, ConversationId, ThreadId], ...]:
        """Such channels with each conversation of a member that appears there, and its newest
        thread there; the newest first."""
        ...

    async def spoken(self, thread: ThreadId, by: AccountId, agent: Identity | None) -> int:
        """The `seq` of the newest words in a thread that are not of that author; 0: none.

        What the author may not see, such as a note, does not count."""
        ...

    async def written(self, message: MessageId) -> Written | None: ...
    async def written_in(
        self, thread: ThreadId, messages: Sequence[MessageId], reader: AccountId | None = None
    ) -> Mapping[MessageId, Written]:
        """As the reader may see them: without edits that are hidden from them, and without the
        reactions of whoever is in a block with them. None: as they stand now."""
        ...

    async def spots_at(self, place: Place, limit: int) -> tuple[Spot, ...]:
        """Mirrors in a place, most recently active thread first."""
        ...

    async def spots_after(self, place: Place, after: ThreadId, limit: int) -> tuple[Spot, ...]:
        """All that have a card or are to get one now, page by page, by the ids of their threads."""
        ...

    async def commit(self, commit: Commit) -> Committed | Duplicate | Stale:
        """Writes events, bodies, members, thread tails, mirrors and the key, or nothing."""
        ...

    async def committed(self, key: str) -> Duplicate | None: ...
    async def hold(self, held: HeldIntent, platform: str) -> bool:
        """Keeps an intent until what it waits for appears; False if it is there by now."""
        ...

    def awaits(self, platform: str, appeared: SpaceId | RemoteId) -> bool:
        """False where it is certain that nothing is held for it; asked for every message."""
        ...

    async def held_for(self, platform: str, appeared: SpaceId | RemoteId) -> tuple[HeldIntent, ...]:
        """In order of arrival. Costs nothing while nothing at all is held."""
        ...

    async def held_ready(self) -> tuple[tuple[str, SpaceId | RemoteId], ...]:
        """Platforms, and what has appeared there and still has held intents."""
        ...

    async def release(self, key: str) -> None: ...
    async def drop_held(self, before: datetime) -> int: ...

    # reading; whoever asks is shown what they may see, and nothing tells of the rest
    async def inbox(
        self,
        account: AccountId,
        limit: int,
        *,
        which: Which = Which.ALL,
        agent: AccountId | None = None,
        before: int | None = None,
    ) -> tuple[ThreadLine, ...]:
        """A page of a list, by what has happened last that the account sees."""
        ...

    async def follow_history(self, limit: int = 1_000) -> int:
        """Brings the inboxes on by so many events; how many are left. `inbox` does it first."""
        ...

    async def events(
        self,
        thread: ThreadId,
        account: AccountId,
        stays: Sequence[tuple[int, int | None]],
        *,
        before: int | None,
        after: int | None,
        limit: int,
    ) -> tuple[Event, ...]:
        """Events of a thread inside the given stays that the account may see, oldest first.

        With `after` None the newest.
        """
        ...

    async def history(self, conversation: ConversationId) -> tuple[Event, ...]: ...
    async def conversations_of(self, account: AccountId) -> tuple[Head, ...]: ...
    async def mirrors_of(self, thread: ThreadId) -> tuple[Mirror, ...]: ...
    async def deliveries(
        self,
        thread: ThreadId,
        messages: Sequence[tuple[int, MessageId]],
        reader: AccountId | None = None,
    ) -> Mapping[MessageId, tuple[Delivery, ...]]:
        """Where they stand in the places of all who may see them.

        For a `reader` the inboxes of another account, a brand's, are one place of its name,
        without platform or reason: its channels are its own affair.
        """
        ...

    async def placed_in(
        self, platform: str, channel: str, limit: int
    ) -> tuple[tuple[RemoteId, ThreadId, int, MessageId], ...]:
        """The newest message placements of a bound channel, for the strips of a page."""
        ...

    async def feed(
        self, account: AccountId, after: int, limit: int
    ) -> tuple[tuple[FeedItem, ...], int]:
        """Events the account may see after a position, and the position read up to."""
        ...

    async def feed_end(self) -> int: ...
    async def waiting(self) -> Mapping[str, int]:
        """How many events wait, by platform."""
        ...

    # pins
    async def pin(self, pin: PinId) -> Pin | None: ...
    async def put_pin(self, pin: Pin, now: datetime) -> None:
        """Keeps what is known; what is already known is not replaced by knowing less."""
        ...

    async def bare_pins(self, limit: int) -> tuple[PinId, ...]:
        """Pins in use of which only the address is known."""
        ...

    async def threads_with(self, pin: PinId) -> tuple[ThreadId, ...]: ...
    async def recent_pins(self, account: AccountId, limit: int) -> tuple[Pin, ...]: ...

    # lanes
    async def due(self) -> tuple[Due, ...]:
        """Active mirrors with something to do, in any order, parked ones included."""
        ...

    async def due_of(self, thread: ThreadId) -> tuple[Due, ...]: ...
    async def lane(self, mirror: MirrorId, limit: int) -> LaneWork | None: ...
    def idle_lanes(
        self,
        event: Event,
        expected: int,
        typed_in: MirrorId | None,
        free: Callable[[Due], bool],
    ) -> tuple[LaneWork, ...]:
        """What idle mirrors will have to do once an event is committed, if memory can tell.

        Only where the event is the next one of its conversation after `expected`, and a
        message. `typed_in` is the mirror that shows it already; `free` says of a mirror
        whether it is asked for.
        """
        ...

    async def begin(self, mirror: MirrorId, sending: Sending) -> None: ...
    async def placed(
        self,
        mirror: MirrorId,
        placement: Placement | None,
        *,
        sending: Sending | None,
        cursor: int | None,
        root: RemoteId | None = None,
        space: SpaceId | None = None,
        reacted: tuple[MessageId, str, bool] | None = None,
    ) -> None:
        """A receipt: the placement, what is sent next (or nothing), and the cursor, together.

        The placement's item says which event it belongs to: `seq:<n>` and `<message>#<n>`
        the event n of the thread, `card` none, else the event that posted the message. It
        replaces what was noted for that part before. `reacted` notes an emoji that we have
        put on a message in this mirror, or taken back.
        """
        ...

    async def hide_copy(self, mirror: MirrorId, remote: RemoteId) -> None:
        """Somebody removed our copy there: it is not put back."""
        ...

    # files
    async def fetches(
        self, now: datetime, limit: int, platforms: Collection[str]
    ) -> tuple[Fetch, ...]:
        """Files of these platforms to be fetched now, oldest first."""
        ...

    def fetching(self) -> bool:
        """Whether there may be files to be fetched, now or later. It reads nothing."""
        ...

    async def fetched(self, fetch: Fetch) -> None: ...
    async def fetch_again(self, fetch: Fetch, retry_at: datetime) -> None:
        """Notes one more attempt."""
        ...

    async def may_read(self, account: AccountId, file: str) -> bool:
        """Whether a message that the account may see holds the file."""
        ...

    async def was_taken_back(self, file: str) -> bool:
        """Whether messages held the file, and none of them does any more."""
        ...

    async def erase(self, before: datetime) -> int:
        """Erases texts that were edited away or deleted before then; how many."""
        ...

    async def unused_files(self, files: Sequence[FileId]) -> frozenset[FileId]:
        """Those of them that no message holds, but for deleted ones that were erased."""
        ...

    async def pass_over(
        self, mirror: MirrorId, cursor: int, *, refused: Refused | None = None
    ) -> None:
        """Moves the cursor without showing, and forgets what was being sent.

        `refused` is kept, for its author and the operator, until the item gets through.
        """
        ...

    async def forgive(self, mirror: MirrorId, item: str) -> None:
        """There is nothing left to be tried of a refused item."""
        ...

    async def has_failed(self, thread: ThreadId) -> bool:
        """Whether anything of the thread was refused somewhere, or a place of it is broken."""
        ...

    async def retry(self, what: Retry) -> tuple[Due, ...]:
        """Mirrors that are broken or wait become active, and refused items are tried once more.

        Gives the mirrors in which there is anything to be tried.
        """
        ...

    async def requests(self, kind: str) -> tuple[Asked, ...]:
        """What commands beside the program ask it to do, oldest first."""
        ...

    async def ask(self, kind: str, what: str, now: datetime) -> None:
        """Leaves a request, as a command beside the program does. `what` is JSON."""
        ...

    async def answer(self, request: Asked, answer: str, now: datetime) -> None:
        """Notes that it is done, for the command to read, and forgets old ones."""
        ...

    # an account that leaves for good
    async def own_messages(self, account: AccountId) -> tuple[MessageId, ...]:
        """What the account wrote and has not deleted, oldest first."""
        ...

    async def own_reactions(self, account: AccountId) -> tuple[tuple[MessageId, str], ...]: ...
    async def own_threads(self, account: AccountId) -> tuple[tuple[ThreadId, PinId], ...]:
        """The threads of all conversations that it is or was in."""
        ...

    async def forget_person(
        self, account: AccountId, logins: Sequence[Identity], now: datetime
    ) -> None:
        """Takes away its name, logins and settings, and bans it: nobody acts as it any more.

        Of `logins` it is kept that they have left, until `erase` takes what is older.
        """
        ...

    def has_left(self, login: Identity, done: datetime | None) -> bool:
        """Whether what the login did then was done by an account that has left for good.

        `done` None: nobody knows when. Costs nothing while nobody has left of late.
        """
        ...

    async def blank(self, account: AccountId, logins: Sequence[Identity]) -> tuple[int, ...]:
        """Erases all that it said, and these logins wrote for a brand; its posts' positions."""
        ...

    async def clear(self, account: AccountId, now: datetime) -> None:
        """Notes the mirrors that may show something of it, before its messages are deleted."""
        ...

    async def clear_now(self, account: AccountId, now: datetime) -> None:
        """All is deleted here: what lanes have not to do is to be done in those mirrors."""
        ...

    async def clearings(self) -> tuple[Clearing, ...]:
        """Mirrors in which that can be done now, the oldest wish first: no lane does it.

        The lane is through, or the mirror has ended, or its place is paused.
        """
        ...

    async def to_clear(self) -> Mapping[str, int]:
        """How many mirrors are left, by platform, whether it can be done now or not."""
        ...

    async def copies_left(self, clearing: Clearing) -> tuple[Placement, ...]:
        """What we posted there that is to go: its words and files, and lines about it."""
        ...

    async def answers_left(self, clearing: Clearing) -> tuple[tuple[int, MessageId], ...]:
        """Others' messages with a copy there that may quote it, by `seq`."""
        ...

    async def cleared(self, clearing: Clearing) -> None: ...

    async def park(
        self,
        mirror: MirrorId,
        *,
        attempts: int,
        retry_at: datetime | None,
        state: MirrorState = MirrorState.ACTIVE,
        reason: str | None = None,
        since: datetime | None = None,
    ) -> None:
        """Nothing gets through, for `reason`; `since` is kept from the first time on."""
        ...

    async def unpark(self, platform: str) -> None:
        """Broken and parked mirrors of a platform are tried again (after a repair)."""
        ...

    async def break_place(
        self, binding: BindingId, reason: str, since: datetime | None = None
    ) -> None:
        """Every mirror of the binding waits for a repair; `reason` says what to do."""
        ...

    async def mend_place(self, binding: BindingId) -> None:
        """Broken and parked mirrors of the binding are tried again."""
        ...

    # sweeps; mirrors that have ended or have no card yet are not among these
    async def swept_places(self, platform: str) -> tuple[SweptPlace, ...]:
        """Places with mirrors: channels first, then the most recently active."""
        ...

    async def marked(self, platform: str, spaces: Sequence[SpaceId]) -> Mapping[SpaceId, Marked]:
        """The mirrors whose replies stand there."""
        ...

    async def recent(self, place: Place, since: datetime) -> tuple[Marked, ...]:
        """Mirrors of threads in which something has happened since, the newest first."""
        ...

    async def placed_before(
        self, mirror: MirrorId, before: int | None, limit: int
    ) -> tuple[tuple[Placement, ...], int | None]:
        """What the mirror holds of the last `limit` events before that one, and where to go on.

        Newest first; with `before` None from the end. The card is not among it.
        """
        ...

    async def reactions_of(
        self, messages: Sequence[MessageId]
    ) -> Mapping[MessageId, tuple[tuple[AccountId, str, MirrorId | None], ...]]:
        """Who has reacted how to messages, and in which mirror."""
        ...

    async def remotes_of(self, mirror: MirrorId, message: MessageId) -> frozenset[RemoteId]:
        """What stands in the mirror of a message and of its files."""
        ...

    async def touched(self, thread: ThreadId, message: MessageId, after: int) -> tuple[Event, ...]:
        """What has happened to a message after a position of the feed."""
        ...

    async def mark(self, mirror: MirrorId, remote: RemoteId) -> None:
        """A sweep has read the mirror up to there."""
        ...

    async def swept(self, place: Place, at: datetime, mark: RemoteId | None = None) -> None:
        """A sweep of the place that began at that time has found all; None keeps the mark."""
        ...

    async def mirrors(self, after: MirrorId | None, limit: int) -> tuple[Mirror, ...]:
        """All of them, by their ids."""
        ...

    async def review(self, mirror: MirrorId, after: int, limit: int) -> LaneWork | None:
        """As `lane`, with the events after another one than the cursor."""
        ...

    async def refused_items(self, mirror: MirrorId) -> frozenset[str]:
        """What the place refuses for good."""
        ...

    async def post_again(
        self, mirror: MirrorId, refused: Refused, lost: Sequence[RemoteId]
    ) -> None:
        """What stands there no longer is forgotten, and its item tried once more."""
        ...

    async def sendings(self, place: Place) -> Mapping[MirrorId, Sending]:
        """What is being sent in the mirrors of a place."""
        ...

    # sign-in and settings
    async def secret(self, name: str) -> bytes:
        """32 random bytes, made at the first call and the same ever after."""
        ...

    async def use_once(self, token: str, now: datetime) -> bool:
        """True the first time only."""
        ...
