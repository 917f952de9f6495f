"""How often inboxes follow the history."""

from bridge.app import FOLLOW_BUSY, FOLLOW_EVERY, FOLLOW_ON, follow_pause


def test_inboxes_follow_more_slowly_while_more_is_said_than_they_follow() -> None:
    assert follow_pause(0, 0) == follow_pause(300, 0) == FOLLOW_EVERY
    assert follow_pause(0, 1_500) == follow_pause(1_500, 1_501) == FOLLOW_BUSY
    assert follow_pause(1_500, 1_500) == follow_pause(1_500, 1_000) == FOLLOW_ON
    assert FOLLOW_ON < FOLLOW_BUSY < FOLLOW_EVERY
