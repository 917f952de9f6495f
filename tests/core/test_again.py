"""What is sent where somebody asks to try once more what a place refused."""

from core.delivery import PartKind, Verb
from core.model import AUTHOR
from core.project import again
from tests.core.test_project import (
    DESK,
    EDITED,
    MIRROR,
    VIEW,
    copy,
    event,
    holding,
    notice,
    said,
    steps,
    written,
)

LONG = "one two three four five six seven"


def test_a_message_that_is_not_there_is_posted_as_it_stands_now() -> None:
    view = holding(written("in ash?", revision=2))
    show = again(view, event(said("in oak?"), 4), MIRROR)
    assert show is not None
    assert (show.revision, steps(show)) == (2, [(Verb.POST, 0, None, "in ash?")])


def test_of_a_message_in_parts_the_missing_ones_are_posted() -> None:
    show = again(holding(written(LONG), placed=(copy(0),)), event(said(LONG), 4), MIRROR)
    assert show is not None
    assert [(verb, index) for verb, index, *_ in steps(show)] == [(Verb.POST, 1)]


def test_an_edit_that_was_refused_is_made_and_a_pin_of_the_message_stays() -> None:
    view = holding(written("in ash?", DESK.id, revision=2), placed=(copy(0), copy(1, revision=2)))
    show = again(view, event(said("in oak?"), 4), MIRROR)
    assert show is not None
    assert [(step.verb, step.index) for step in show.steps] == [(Verb.EDIT, 0)]
    assert show.steps[0].part is not None
    assert show.steps[0].part.kind is PartKind.TEXT


def test_a_delete_that_was_refused_is_made() -> None:
    placed = (copy(0), copy(1, removed=True))
    show = again(holding(written(deleted=True), placed=placed), event(said("oak"), 4), MIRROR)
    assert show is not None
    assert [(step.verb, step.index) for step in show.steps] == [(Verb.DELETE, 0)]


def test_nothing_is_sent_where_nothing_lacks() -> None:
    post = event(said("in oak?"), 4)
    assert again(holding(written("in oak?"), placed=(copy(0),)), post, MIRROR) is None
    assert again(holding(written(deleted=True)), post, MIRROR) is None
    typed = holding(written("in ash?", revision=2), placed=(copy(0, poster=AUTHOR),))
    assert again(typed, post, MIRROR) is None


def test_other_events_are_shown_as_they_were_to_be() -> None:
    view = holding(written("in ash?", revision=2), placed=(copy(0, poster=AUTHOR),))
    assert again(view, event(EDITED), MIRROR) == notice("Mia edited: in ash?")
    assert VIEW.placed == {}
