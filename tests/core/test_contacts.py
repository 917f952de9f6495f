"""Who may talk to whom: follows, requests, blocks, bans and invitations, each refusal once."""

from dataclasses import replace

import pytest

from core.audience import shown_to
from core.decide import decide
from core.events import (
    ConversationStarted,
    MessageEdited,
    MessagePosted,
    PeopleAdded,
    ReactionAdded,
    ReactionRemoved,
    RequestAccepted,
    RequestIgnored,
    ThreadOpened,
)
from core.intents import (
    Accept,
    AddPeople,
    DeleteMessage,
    EditMessage,
    Handle,
    Ignore,
    Intent,
    Leave,
    PostMessage,
    React,
    What,
)
from core.model import Account, BrandRules, Contacts, FollowBack, Request, State
from core.standing import Edge, edges_of
from tests.core.talk import (
    MIA,
    NORA,
    NOW,
    OLA,
    SHOP,
    THREAD,
    after,
    channel,
    code,
    edges,
    events,
    happened,
    intent,
    meeting,
    refused,
    say,
    send,
    talk,
    written,
)

MUTUAL = "mia>shop shop>mia"
WORDS = written()
EDIT = EditMessage(WORDS.id, "in ash?")
AUTO = BrandRules(follow_back=FollowBack.AUTO)

# --- rule 4: a brand and a follower -------------------------------------------------------


def test_a_brand_and_two_others_do_not_start() -> None:
    state = meeting(MIA, SHOP, NORA, follows=MUTUAL)
    assert code(state, send(Handle("shop"), Handle("nora"))) == "brand_dm_is_one_to_one"


def test_nobody_is_added_to_a_brand_and_a_follower() -> None:
    state = talk(MIA, SHOP, named=(NORA,), follows=MUTUAL)
    assert code(state, AddPeople(THREAD, (Handle("nora"),))) == "brand_dm_is_one_to_one"


def test_a_brand_whose_follower_left_takes_nobody_else_into_their_conversation() -> None:
    left = after(talk(MIA, SHOP, follows=MUTUAL), Leave(THREAD))
    state = replace(left, actor=SHOP, people=(NORA,))
    assert code(state, AddPeople(THREAD, (Handle("nora"),))) == "brand_dm_is_one_to_one"


def test_a_brand_is_not_added_to_a_group() -> None:
    state = talk(MIA, NORA, OLA, named=(SHOP,), follows=MUTUAL)
    assert code(state, AddPeople(THREAD, (Handle("shop"),))) == "brand_dm_is_one_to_one"


def test_nobody_joins_a_brand_and_a_follower_by_speaking_where_they_show_it() -> None:
    state = talk(MIA, SHOP, actor=NORA, via=channel(MIA), follows=MUTUAL)
    assert code(state, say()) == "brand_dm_is_one_to_one"


def test_whoever_is_unknown_counts_as_a_brand() -> None:
    state = talk(MIA, NORA, kinds={})
    assert code(state, say()) == "follow_not_mutual"


# --- rule 5: following --------------------------------------------------------------------


def test_a_brand_that_one_does_not_follow_is_not_written_to() -> None:
    found = refused(meeting(MIA, SHOP), send(Handle("shop")))
    assert found.code == "follow_not_mutual"
    assert "/pin follow @shop" in found.sentence


def test_the_first_message_to_a_brand_waits_as_a_request() -> None:
    found = events(meeting(MIA, SHOP, follows="mia>shop"), send(Handle("shop")))
    assert [type(event.what) for event in found] == [
        ConversationStarted,
        ThreadOpened,
        MessagePosted,
    ]
    assert found[0].what == ConversationStarted((MIA.id, SHOP.id), (SHOP.id,))
    assert edges_of(meeting(MIA, SHOP), found) == ()


def test_a_brand_that_follows_already_gets_no_request() -> None:
    started = happened(meeting(MIA, SHOP, follows=MUTUAL), send(Handle("shop")))[0]
    assert started == ConversationStarted((MIA.id, SHOP.id))


def test_a_brand_that_takes_everybody_follows_back_at_once() -> None:
    state = meeting(MIA, SHOP, follows="mia>shop", brand=AUTO)
    found = events(state, send(Handle("shop")))
    assert found[0].what == ConversationStarted((MIA.id, SHOP.id))
    last = found[-1]
    assert (last.what, last.actor, last.only) == (RequestAccepted(), SHOP.id, SHOP.id)
    assert edges_of(state, found) == (Edge(SHOP.id, MIA.id),)


def test_a_brand_that_takes_everybody_by_now_takes_who_waited() -> None:
    state = talk(MIA, SHOP, requests={SHOP: Request.PENDING}, follows="mia>shop", brand=AUTO)
    found = events(state, say())
    assert [type(event.what) for event in found] == [MessagePosted, RequestAccepted]
    assert edges_of(state, found) == (Edge(SHOP.id, MIA.id),)


def test_a_brand_that_takes_everybody_does_not_take_who_was_ignored() -> None:
    state = talk(MIA, SHOP, requests={SHOP: Request.IGNORED}, follows="mia>shop", brand=AUTO)
    assert code(state, say()) == "request_pending"


def test_answering_a_request_follows_back_and_sends() -> None:
    state = talk(SHOP, MIA, requests={SHOP: Request.PENDING}, follows="mia>shop")
    found = events(state, say())
    assert [type(event.what) for event in found] == [RequestAccepted, MessagePosted]
    assert [event.only for event in found] == [SHOP.id, None]
    assert edges_of(state, found) == (Edge(SHOP.id, MIA.id),)


def test_a_request_of_somebody_who_unfollowed_since_is_not_answered() -> None:
    state = talk(SHOP, MIA, requests={SHOP: Request.PENDING})
    assert code(state, say()) == "follow_not_mutual"


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (talk(MIA, SHOP), "You do not follow @shop. `/pin follow @shop` comes first"),
        (talk(MIA, SHOP, follows="mia>shop"), "You are not followed by @shop, so"),
        (talk(SHOP, MIA), "You do not follow @mia. `/pin follow @mia` comes first"),
        (talk(SHOP, MIA, follows="shop>mia"), "You are not followed by @mia, so"),
        (talk(MIA, NORA, blocks="mia>nora"), "You have blocked @nora. `/pin unblock @nora` comes"),
        # Whether they have blocked one does not show, as everywhere.
        (talk(MIA, SHOP, blocks="shop>mia"), "You do not follow @shop. `/pin follow @shop` comes"),
        (talk(MIA, NORA, blocks="mia>nora nora>mia"), "You have blocked @nora. `/pin unblock"),
    ],
)
def test_in_a_thread_the_refusal_names_who_is_in_it(state: State, sentence: str) -> None:
    assert refused(state, say()).sentence.startswith(sentence)


@pytest.mark.parametrize("actor", [MIA, SHOP])
@pytest.mark.parametrize("follows", ["mia>shop", "shop>mia", ""])
def test_when_one_unfollows_neither_can_write(actor: Account, follows: str) -> None:
    state = talk(MIA, SHOP, follows=follows)
    state = replace(state, actor=actor)
    assert code(state, say()) == "follow_not_mutual"


def test_following_again_opens_the_conversation() -> None:
    assert happened(talk(MIA, SHOP, follows=MUTUAL), say())


def test_the_refusal_says_which_side_does_not_follow() -> None:
    mine = refused(talk(MIA, SHOP, follows="shop>mia"), say())
    theirs = refused(talk(MIA, SHOP, follows="mia>shop"), say())
    assert "/pin follow" in mine.sentence
    assert "not followed" in theirs.sentence


def test_a_conversation_that_is_only_read_takes_no_edit_and_no_reaction_but_a_delete() -> None:
    mine = talk(MIA, SHOP, message=WORDS, follows="shop>mia")
    assert code(mine, EDIT) == "follow_not_mutual"
    assert code(mine, React(WORDS.id, "👍", on=True)) == "follow_not_mutual"
    assert happened(mine, DeleteMessage(WORDS.id))
    liked = replace(WORDS, reactions=frozenset({(MIA.id, "👍")}))
    back = happened(replace(mine, message=liked), React(WORDS.id, "👍", on=False))
    assert back == [ReactionRemoved(WORDS.id, "👍")]


def test_a_brand_starts_only_where_both_follow() -> None:
    to_mia = send(Handle("mia"))
    assert code(meeting(SHOP, MIA, follows="mia>shop"), to_mia) == "follow_not_mutual"
    assert code(meeting(SHOP, MIA, follows="shop>mia"), to_mia) == "follow_not_mutual"
    assert happened(meeting(SHOP, MIA, follows=MUTUAL, invited=False), to_mia)


def test_where_anyone_may_write_nobody_has_to_follow_or_accept() -> None:
    state = meeting(MIA, SHOP, contacts=Contacts.ANYONE)
    assert happened(state, send(Handle("shop")))[0] == ConversationStarted((MIA.id, SHOP.id))
    waiting = talk(MIA, NORA, requests={NORA: Request.PENDING}, contacts=Contacts.ANYONE)
    assert happened(waiting, say())


# --- rule 6: requests ---------------------------------------------------------------------


def test_a_first_message_is_a_request_to_those_who_do_not_follow_its_author() -> None:
    state = meeting(MIA, NORA, OLA, follows="ola>mia mia>nora")
    started = happened(state, send(Handle("nora"), Handle("ola")))[0]
    assert started == ConversationStarted((MIA.id, NORA.id, OLA.id), (NORA.id,))


def test_whoever_is_added_by_somebody_they_do_not_follow_is_asked() -> None:
    state = talk(MIA, NORA, named=(OLA, SHOP), follows="ola>nora")
    state = replace(state, people=(OLA,))
    (added,) = happened(state, AddPeople(THREAD, (Handle("ola"),)))
    assert added == PeopleAdded((OLA.id,), asked=(OLA.id,))
    followed = replace(state, standing=replace(state.standing, follows=edges("ola>mia")))
    assert happened(followed, AddPeople(THREAD, ())) == [PeopleAdded((OLA.id,))]


@pytest.mark.parametrize("request_", [Request.PENDING, Request.IGNORED])
@pytest.mark.parametrize("blocks", ["", "nora>mia"])
def test_there_is_no_second_message_whatever_was_chosen(request_: Request, blocks: str) -> None:
    state = talk(MIA, NORA, requests={NORA: request_}, blocks=blocks)
    assert code(state, say()) == "request_pending"
    again = replace(state, people=(NORA,))
    assert code(again, send(Handle("nora"))) == "request_pending"
    another = replace(again, thread=None)
    assert code(another, send(Handle("nora"))) == "request_pending"


def test_leaving_and_starting_anew_is_no_way_around_a_request() -> None:
    state = meeting(MIA, NORA, asked=edges("mia>nora"), blocks="nora>mia")
    assert code(state, send(Handle("nora"))) == "request_pending"
    closed = meeting(MIA, NORA, asked=edges("mia>nora"), contacts=Contacts.ANYONE)
    assert happened(closed, send(Handle("nora")))


def test_whoever_follows_by_now_can_be_written_to_anew() -> None:
    state = meeting(MIA, NORA, asked=edges("mia>nora"), follows="nora>mia")
    assert happened(state, send(Handle("nora")))
    shop = meeting(MIA, SHOP, asked=edges("mia>shop"), follows="mia>shop", brand=AUTO)
    assert happened(shop, send(Handle("shop")))


def test_one_who_accepts_is_enough_for_a_group_to_talk() -> None:
    asked = {NORA: Request.PENDING, OLA: Request.IGNORED}
    assert code(talk(MIA, NORA, OLA, requests=asked), say()) == "request_pending"
    taken = {NORA: Request.ACCEPTED, OLA: Request.IGNORED}
    (said,) = events(talk(MIA, NORA, OLA, requests=taken), say())
    assert said.hidden == (OLA.id,)


@pytest.mark.parametrize("request_", [Request.PENDING, Request.IGNORED])
def test_whoever_answers_a_request_accepts_it(request_: Request) -> None:
    state = talk(NORA, MIA, requests={NORA: request_})
    accepted, said = events(state, say())
    assert (accepted.what, accepted.only) == (RequestAccepted(), NORA.id)
    assert isinstance(said.what, MessagePosted)
    assert edges_of(state, (accepted, said)) == ()
    assert state.head
    told = after(state, say()).head
    assert told
    assert told.members[0].request is Request.ACCEPTED


def test_whoever_adds_somebody_accepts_too() -> None:
    state = talk(NORA, MIA, requests={NORA: Request.PENDING}, named=(OLA,), follows="ola>nora")
    assert happened(state, AddPeople(THREAD, ())) == [RequestAccepted(), PeopleAdded((OLA.id,))]


def test_accepting_and_ignoring_are_told_to_nobody_else() -> None:
    state = talk(NORA, MIA, requests={NORA: Request.PENDING})
    for what, wanted in ((Accept(THREAD), RequestAccepted()), (Ignore(THREAD), RequestIgnored())):
        (event,) = events(state, what)
        assert event.what == wanted
        assert shown_to(event, NORA.id)
        assert not shown_to(event, MIA.id)


def test_what_was_ignored_can_still_be_accepted_and_the_other_way_round_not() -> None:
    state = after(talk(NORA, MIA, requests={NORA: Request.PENDING}), Ignore(THREAD))
    assert happened(state, Ignore(THREAD)) == []
    state = after(state, Accept(THREAD))
    assert happened(state, Accept(THREAD)) == []
    assert happened(state, Ignore(THREAD)) == []


def test_the_first_message_may_be_edited_while_it_waits() -> None:
    state = talk(MIA, NORA, requests={NORA: Request.IGNORED}, message=WORDS)
    (edited,) = events(state, EDIT)
    assert edited.what == MessageEdited(WORDS.id, 2, "in ash?")
    assert edited.hidden == (NORA.id,)


# --- rule 7: blocks -----------------------------------------------------------------------


@pytest.mark.parametrize("ref", [Handle("NoRa"), NORA.id])
def test_whoever_has_blocked_the_writer_looks_like_nobody(ref: object) -> None:
    blocked = refused(meeting(MIA, NORA, blocks="nora>mia"), send(ref))
    name = f"@{ref.name}" if isinstance(ref, Handle) else "@nora"
    unknown = refused(meeting(MIA, missing=(name,)), send(Handle(name[1:])))
    assert blocked == unknown
    assert blocked.code == "cannot_message"


def test_the_first_name_that_is_nobody_is_named_blocked_or_not() -> None:
    refs = (Handle("zed"), Handle("nora"))
    state = meeting(MIA, NORA, missing=("@zed",), blocks="nora>mia")
    assert "@zed" in refused(state, send(*refs)).sentence
    assert "@nora" in refused(state, send(*reversed(refs))).sentence


def test_a_group_with_somebody_who_blocked_the_writer_does_not_start() -> None:
    state = meeting(MIA, OLA, NORA, blocks="nora>mia")
    assert code(state, send(Handle("ola"), Handle("nora"))) == "cannot_message"


def test_nobody_adds_somebody_who_blocked_them() -> None:
    state = talk(MIA, OLA, named=(NORA,), blocks="nora>mia")
    assert code(state, AddPeople(THREAD, (Handle("nora"),))) == "cannot_message"


def test_adding_a_member_who_blocked_the_actor_looks_as_without_the_block() -> None:
    state = talk(MIA, OLA, NORA, named=(NORA,), blocks="nora>mia")
    assert happened(state, AddPeople(THREAD, (Handle("nora"),))) == []


def test_a_blocked_persons_words_are_taken_and_shown_to_themselves_alone() -> None:
    (said,) = events(talk(MIA, NORA, blocks="nora>mia"), say())
    assert said.hidden == (NORA.id,)
    assert shown_to(said, MIA.id)
    assert not shown_to(said, NORA.id)


def test_the_one_who_blocks_is_told_so_when_they_write() -> None:
    found = refused(talk(NORA, MIA, blocks="nora>mia"), say())
    assert found.code == "you_blocked"
    started = refused(meeting(NORA, MIA, blocks="nora>mia"), send(Handle("mia")))
    assert "/pin unblock @mia" in started.sentence
    again = talk(NORA, MIA, named=(MIA,), blocks="nora>mia")
    assert "/pin unblock @mia" in refused(again, send(Handle("mia"))).sentence


@pytest.mark.parametrize("actor", [MIA, NORA])
def test_in_a_group_each_is_hidden_from_the_other(actor: Account) -> None:
    state = replace(talk(MIA, NORA, OLA, blocks="nora>mia"), actor=actor)
    (said,) = events(state, say())
    other = NORA if actor is MIA else MIA
    assert said.hidden == (other.id,)
    assert shown_to(said, OLA.id)
    assert shown_to(said, other.id, shared=True)


def test_what_a_blocked_person_does_to_messages_is_hidden_too() -> None:
    state = talk(MIA, NORA, message=WORDS, blocks="nora>mia")
    for what in (EDIT, React(WORDS.id, "👍", on=True)):
        (event,) = events(state, what)
        assert event.hidden == (NORA.id,)
    hers = replace(state, message=written(NORA))
    (liked,) = events(hers, React(WORDS.id, "👍", on=True))
    assert liked.what == ReactionAdded(WORDS.id, "👍")
    assert liked.hidden == (NORA.id,)


def test_a_message_that_is_hidden_from_somebody_is_not_there_for_them() -> None:
    hidden = written(hidden=(NORA.id,))
    state = talk(NORA, MIA, OLA, message=hidden)
    assert code(state, React(WORDS.id, "👍", on=True)) == "unknown_message"
    shared = replace(state, via=channel(OLA))
    assert happened(shared, React(WORDS.id, "👍", on=True))
    (said,) = happened(state, PostMessage(THREAD, "yes", answers=WORDS.id))
    assert isinstance(said, MessagePosted)
    assert said.answers is None


# --- rules 8 and 9, and who may come at all -----------------------------------------------


def test_who_is_banned_says_nothing_more_and_may_go() -> None:
    banned = replace(MIA, banned=True)
    state = replace(talk(MIA, NORA, message=WORDS, named=(OLA,)), actor=banned)
    likes = React(WORDS.id, "👍", on=True)
    for what in (say().what, EDIT, likes, AddPeople(THREAD, ()), Accept(THREAD)):
        assert code(state, what) == "banned"
    assert code(meeting(banned, NORA), send(Handle("nora"))) == "banned"
    for allowed in (DeleteMessage(WORDS.id), Leave(THREAD)):
        assert happened(state, allowed)


def test_who_is_banned_looks_like_nobody() -> None:
    state = meeting(MIA, replace(NORA, banned=True))
    assert code(state, send(Handle("nora"))) == "cannot_message"


def test_who_is_not_invited_does_not_start_and_answers() -> None:
    assert code(meeting(MIA, NORA, invited=False), send(Handle("nora"))) == "not_invited"
    assert happened(talk(MIA, NORA, invited=False), say())


def test_who_is_not_invited_does_not_join_by_speaking() -> None:
    state = talk(NORA, OLA, actor=MIA, via=channel(NORA), invited=False)
    assert code(state, say()) == "not_invited"


@pytest.mark.parametrize(
    ("wait", "words"), [(0.2, "in 1 second."), (1.0, "in 1 second."), (11.3, "in 12 seconds.")]
)
def test_who_sends_too_much_is_told_how_long_to_wait(wait: float, words: str) -> None:
    found = refused(talk(MIA, NORA, wait=wait), say())
    assert (found.code, words in found.sentence) == ("rate_limited", True)
    assert code(meeting(MIA, NORA, wait=wait), send(Handle("nora"))) == "rate_limited"


# --- what the blocked can tell ------------------------------------------------------------


_TRIES: tuple[What, ...] = (
    PostMessage(THREAD, "please"),
    EDIT,
    DeleteMessage(WORDS.id),
    React(WORDS.id, "👍", on=True),
    Leave(THREAD),
    Accept(THREAD),
    AddPeople(THREAD, ()),
)


@pytest.mark.parametrize("what", _TRIES)
@pytest.mark.parametrize("request_", Request)
@pytest.mark.parametrize("follows", ["", "mia>shop", "shop>mia", MUTUAL])
@pytest.mark.parametrize("other", [NORA, SHOP], ids=["a person", "a brand"])
def test_in_a_conversation_a_blocked_person_can_tell_nothing(
    what: What, request_: Request, follows: str, other: Account
) -> None:
    state = talk(
        MIA, other, requests={other: request_}, follows=follows, message=WORDS, named=(other,)
    )
    block = frozenset({(other.id, MIA.id)})
    blocked = replace(state, standing=replace(state.standing, blocks=block))
    assert _told(blocked, intent(what)) == _told(state, intent(what))


@pytest.mark.parametrize("follows", ["", "mia>nora", "nora>mia"])
@pytest.mark.parametrize("asked", ["", "mia>nora"])
def test_naming_who_has_blocked_one_is_naming_nobody(follows: str, asked: str) -> None:
    known = meeting(MIA, NORA, follows=follows, asked=edges(asked))
    blocked = replace(known, standing=replace(known.standing, blocks=edges("nora>mia")))
    unknown = meeting(MIA, missing=("@nora",))
    without = known if asked and follows != "nora>mia" else unknown
    start = send(Handle("nora"))
    assert _told(blocked, start) == _told(without, start)


def _told(state: State, wanted: Intent) -> object:
    """All that whoever acts gets to see of it."""
    found = decide(state, wanted, NOW)
    return [replace(one, hidden=()) for one in found] if isinstance(found, tuple) else found
