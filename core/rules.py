"""What nobody may do, with its code and sentence, and the gates that say so.

A gate looks at a state and gives a refusal or nothing. docs/rules.md lists the codes.
Nothing here tells whoever was blocked or ignored that they were: a gate that looks at
blocks gives what an unknown account would give, or lets the words pass hidden.
"""

from collections.abc import Iterable, Sequence

from core.ids import AccountId
from core.intents import Handle, PersonRef
from core.model import (
    MOST_CHARACTERS,
    MOST_EMOJI,
    MOST_PEOPLE,
    Account,
    AccountKind,
    BindingKind,
    Contacts,
    FollowBack,
    Head,
    Member,
    Refusal,
    Request,
    State,
)
from core.rights import Act, may

PIN_REQUIRED = Refusal("pin_required", "Start with a pin.")
EMPTY_MESSAGE = Refusal("empty_message", "There is nothing to send yet. Write a few words.")
GROUP_FULL = Refusal(
    "group_full",
    f"A conversation has at most {MOST_PEOPLE} people, and this one is full. "
    "Start another one with the same pin.",
)
NOBODY = Refusal("nobody_to_talk_to", "Name at least one other person, such as @northwind.")
NOT_A_MEMBER = Refusal(
    "not_a_member", "You are not in this conversation. Ask somebody who is to add you."
)
ALONE = Refusal(
    "alone", "Everyone else has left this conversation. Start a new one with the same pin."
)
NO_THREAD = Refusal(
    "unknown_thread", "There is no such thread among yours. `/pin inbox` lists them."
)
NO_MESSAGE = Refusal("unknown_message", "That message is not here any more.")
NOT_AUTHOR = Refusal("not_author", "Only the person who wrote a message can change it.")
TOO_MANY_EMOJI = Refusal(
    "too_many_reactions", f"A message takes at most {MOST_EMOJI} different emoji. Use one of them."
)
BRAND_DM = Refusal(
    "brand_dm_is_one_to_one",
    "A brand talks with one follower at a time. Start another conversation without the brand "
    "to bring others in.",
)
REQUEST_PENDING = Refusal(
    "request_pending",
    "Your first message is waiting for them. You can write again when they have answered.",
)
BANNED = Refusal(
    "banned", "The operator has closed your account here. Ask whoever runs this Pinthread."
)
NOT_INVITED = Refusal(
    "not_invited", "This Pinthread is by invitation. Ask whoever runs it to invite you."
)
NOT_CREATOR = Refusal(
    "not_creator",
    "Only the person who started the conversation can remove somebody. "
    "You can leave it, or block them.",
)
NOT_FOR_PEOPLE = Refusal(
    "not_a_brand", "Only a brand's agents can do that. Do it in one of the brand's channels."
)
NOT_AN_AGENT = Refusal("not_an_agent", "They are not an agent of this brand. Name somebody who is.")
YOURSELF = Refusal("yourself", "That is you. Name somebody else.")
BAD_TIME = Refusal("bad_time", "Say how long, such as `2h`, `3d` or `tomorrow`.")
PAUSED = Refusal(
    "place_paused",
    "This channel can be read by others now, so nothing goes through it. "
    "Make it private, or connect another one with `/pin connect`.",
)
NOT_CONNECTED = Refusal(
    "not_connected", "That channel is not connected. `/pin connect` connects it."
)
CONVERSATION_MOVED = Refusal(
    "conversation_moved",
    "Something new was said while you were writing. Read it, then send your reply again.",
)
MARKED = Refusal(
    "marked_as_note",
    "These words are marked as a note, so they were not sent. Take the mark off to send them, "
    "or leave them with `/pin note`.",
)
ALREADY_SENT = Refusal(
    "already_sent",
    "The follower has got this already, so an edit cannot make it a note. "
    "Delete it there and write a note.",
)


def cannot_message(name: str) -> Refusal:
    return Refusal(
        "cannot_message", f"There is no account {name} here. Check the name and send it again."
    )


def you_blocked(name: str = "") -> Refusal:
    whom, how = (name, f"`/pin unblock {name}`") if name else ("them", "`/pin unblock @name`")
    return Refusal("you_blocked", f"You have blocked {whom}. {how} comes first, then send it.")


def you_follow_not(name: str = "") -> Refusal:
    whom, how = (name, f"`/pin follow {name}`") if name else ("them", "`/pin follow @name`")
    return Refusal(
        "follow_not_mutual", f"You do not follow {whom}. {how} comes first, then send it again."
    )


def follows_you_not(name: str = "") -> Refusal:
    return Refusal(
        "follow_not_mutual",
        f"You are not followed{f' by {name}' if name else ' back'}, so you can read here but not "
        "write. When that changes, send it again.",
    )


def rate_limited(seconds: float) -> Refusal:
    wait = max(1, -int(-seconds // 1))
    return Refusal(
        "rate_limited",
        f"You have sent a lot. Send it again in {wait} second{'' if wait == 1 else 's'}.",
    )


def check_text(text: str) -> Refusal | None:
    if len(text) <= MOST_CHARACTERS:
        return None
    return Refusal(
        "text_too_long",
        f"This message has {len(text):,} characters; {MOST_CHARACTERS:,} are the most. "
        "Send it in shorter pieces.",
    )


# --- who acts -----------------------------------------------------------------------------


def right(state: State, act: Act) -> Refusal | None:
    """Whether the actor may do that: as a brand by their role, as themselves always."""
    if state.actor.kind is AccountKind.PERSON:
        return None
    if state.via is not None and state.via.paused and state.via.kind is BindingKind.INBOX:
        return PAUSED
    return may(state.standing.role, act, state.standing.owner)


def for_brand(state: State, act: Act) -> Refusal | None:
    """As `right`, of what only brands do."""
    return NOT_FOR_PEOPLE if state.actor.kind is AccountKind.PERSON else right(state, act)


# --- who is named -------------------------------------------------------------------------


def named(state: State, refs: Sequence[PersonRef], people: Sequence[Account]) -> Refusal | None:
    """The first name that belongs to nobody, or to somebody who looks like nobody."""
    nobody = {name.removeprefix("@").lower() for name in state.missing}
    nobody |= {one.handle.lower() for one in people if _unreachable(state, one)}
    for ref in refs:
        if isinstance(ref, Handle) and ref.name.lower() in nobody:
            return cannot_message(f"@{ref.name}")
    if nobody:
        return cannot_message(f"@{min(nobody)}")
    return next(
        (
            you_blocked(f"@{one.handle}")
            for one in people
            if (state.actor.id, one.id) in state.standing.blocks
        ),
        None,
    )


def _unreachable(state: State, account: Account) -> bool:
    return account.banned or (account.id, state.actor.id) in state.standing.blocks


# --- whom words reach ---------------------------------------------------------------------


def sides(head: Head, me: AccountId) -> tuple[Member | None, list[Member]]:
    """The actor's own stay, and those of all others who are there."""
    mine: Member | None = None
    others: list[Member] = []
    for member in head.members:
        if member.until is None:
            if member.account == me:
                mine = member
            else:
                others.append(member)
    return mine, others


def brand_among(state: State, people: Iterable[AccountId]) -> bool:
    """Whoever is not known to be a person counts as a brand."""
    return any(_kind(state, one) is not AccountKind.PERSON for one in people)


def _kind(state: State, account: AccountId) -> AccountKind | None:
    found = state.standing.kinds.get(account)
    if found is None:
        known = (one.kind for one in (state.actor, *state.people) if one.id == account)
        return next(known, None)
    return found


def hidden_from(state: State, others: Sequence[Member]) -> tuple[AccountId, ...]:
    """Members who do not see what the actor says: in a block with them, or ignoring it all."""
    me, blocks = state.actor.id, state.standing.blocks
    return tuple(
        [
            other.account
            for other in others
            if other.request is Request.IGNORED
            or (blocks and ((other.account, me) in blocks or (me, other.account) in blocks))
        ]
    )


def contact(state: State, mine: Member | None, others: Sequence[Member]) -> Refusal | None:
    """Whether the actor may say something to these members of the conversation now.

    Nothing here depends on whether the actor was blocked, nor on whether a request was
    ignored: both look as before.
    """
    if state.standing.contacts is Contacts.FOLLOW:
        if len(others) == 1 and brand_among(state, (state.actor.id, others[0].account)):
            refusal = _mutual(state, mine, others[0])
            if refusal:
                return refusal
        elif all(is_asked(other) for other in others):
            return REQUEST_PENDING
    if len(others) == 1 and (state.actor.id, others[0].account) in state.standing.blocks:
        return you_blocked(name_of(state, others[0].account))
    return None


def _mutual(state: State, mine: Member | None, other: Member) -> Refusal | None:
    """Rule 5. An answer to a request follows back; an automatic brand takes a pending one."""
    follows, me = state.standing.follows, state.actor.id
    followed = (other.account, me) in follows
    if (me, other.account) not in follows and not is_asked(mine):
        return you_follow_not(name_of(state, other.account))
    if followed or takes(state, other):
        return None
    if is_asked(other):
        return REQUEST_PENDING
    return follows_you_not(name_of(state, other.account))


def read_only(state: State, mine: Member | None, others: Sequence[Member]) -> Refusal | None:
    """As `contact`, for what is done to words that were sent while it was allowed."""
    found = contact(state, mine, others) if others else None
    return found if found is not None and found.code == "follow_not_mutual" else None


def is_asked(member: Member | None) -> bool:
    """Whether a request to them waits here, or was ignored: saying something accepts it."""
    return member is not None and member.request in _UNANSWERED


_UNANSWERED = frozenset({Request.PENDING, Request.IGNORED})


def takes(state: State, other: Member) -> bool:
    """Whether that is a brand that takes every request by itself."""
    brand = state.standing.brand
    automatic = brand is not None and brand.follow_back is FollowBack.AUTO
    return automatic and other.request is Request.PENDING and state.actor.id != other.account


def strangers(state: State, people: Iterable[AccountId]) -> tuple[AccountId, ...]:
    """Those of them who have to accept what the actor draws them into (rule 6)."""
    standing, me = state.standing, state.actor.id
    if standing.contacts is Contacts.ANYONE:
        return ()
    return tuple([one for one in people if one != me and (one, me) not in standing.follows])


def name_of(state: State, account: AccountId) -> str:
    """What to call somebody in a sentence: a member, or one whom the intent named."""
    handle = state.standing.handles.get(account)
    return f"@{handle}" if handle else ""
