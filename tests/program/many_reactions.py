"""10,000 reactions from one person in one place, through the whole program and both libraries.

They come in bursts, as of somebody who presses the same faces again and again on the copy of
another's words. Each direction is a test file of its own, so that they run side by side.
"""

from collections.abc import Sequence
from typing import Any

from tests.program.talk import ADA, HEART, PLACES, ROSA, THUMB, Shown, Talk
from tests.program.world import INBOX

FACES = (
    "grinning", "grin", "joy", "smiley", "smile", "sweat_smile", "laughing", "innocent",
    "smiling_imp", "wink",
)  # fmt: skip
BURST = 500
FREE = {"limits_factor": 0}


async def press(found: Talk, place: str) -> None:
    """10,000 reactions there come and go but one, and then every place shows that one."""
    for platform in ("slack", "discord"):
        await found.people.control("PUT", f"/limits/{platform}", {"factor": 0})
    await found.say("discord", "Rosa is here")
    await found.find("slack", "Rosa is here")
    other = next(one for one in ("slack", "discord") if one != place)
    text = f"react to this in {place}"
    await found.say(other, text)
    names = {each: await found.name(each, text) for each in PLACES}
    await found.react(other, names[other], HEART)
    faces = [_press(place, number) for number in range(len(FACES))]
    toggles = [{**face, "remove": remove} for remove in (False, True) for face in faces]
    where: dict[str, Any] = {"user": ROSA, "message": names["discord"]}
    if place == "slack":
        where = {"user": ADA, "channel": INBOX, "ts": names["slack"]}
    for _ in range(10_000 // BURST):
        many = toggles * (BURST // len(toggles))
        await found.people.control("POST", f"/{place}/react", {**where, "many": many})
    await found.react(place, names[place], THUMB)

    def good(shown: Sequence[Shown]) -> bool:
        return any(one.text == text and one.reactions == {THUMB: 1, HEART: 1} for one in shown)

    # Each is a commit of its own, one after another: they are of one conversation.
    await found.until(other, good, 240)
    for each in PLACES:
        await found.until(each, good)


def _press(place: str, number: int) -> dict[str, str]:
    """The same face as either place names it."""
    signs = (0x1F600, 0x1F601, 0x1F602, 0x1F603, 0x1F604, 0x1F605, 0x1F606, 0x1F607, 0x1F608,
             0x1F609)  # fmt: skip
    return {"name": FACES[number]} if place == "slack" else {"emoji": chr(signs[number])}
