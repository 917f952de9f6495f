"""The part of the configuration that names brands and people, and how a brand works.

`bridge.config` puts it into the whole file and checks what types cannot say.
"""

from datetime import time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec

from core.model import BrandRules, Canned, FollowBack, Hours, Role

Seconds = Annotated[float, msgspec.Meta(ge=0)]
Platform = Literal["slack", "discord"]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class InboxChannel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A channel where a brand's conversations appear; whoever writes there acts as the brand."""

    platform: Platform
    workspace: str
    channel: str
    label: str = ""
    mode: Literal["relay", "explicit"] | None = None
    """What plain words there are; null: as `/pin mode` has set it, explicit at first."""


class PersonChannel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A channel that others read too, where a person's conversations appear."""

    platform: Platform
    workspace: str
    channel: str
    label: str = ""
    kind: Literal["project"] = "project"


class PersonIdentity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One login of a person. `workspace` is the Slack team; it stays empty for Discord."""

    platform: Platform
    user: str
    workspace: str = ""

    def __post_init__(self) -> None:
        if self.platform == "slack" and not self.workspace:
            raise ValueError("`workspace` is missing: a Slack user belongs to a team (T...)")
        if self.platform == "discord" and self.workspace:
            raise ValueError("`workspace` must be left out: a Discord user is the same everywhere")


class BusinessHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a brand is there. `from` and `to` are times of day, such as "09:00"."""

    zone: str
    begin: str | int = msgspec.field(name="from")
    end: str | int = msgspec.field(name="to")
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = DAYS[:5]  # type: ignore[assignment]
    answer: str = ""

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.zone)
        except (ValueError, OSError, KeyError):
            raise ValueError(
                f"`zone` is {self.zone[:40]!r}, which is no time zone such as Europe/Berlin"
            ) from None
        if _time(self.begin) == _time(self.end):
            raise ValueError("`from` and `to` are the same time")
        if not self.days:
            raise ValueError("`days` names no day")


class CannedReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reply that is kept by its name.

    `{follower}`, `{agent}`, `{brand}` and `{pin}` are filled in.
    """

    name: str
    text: str

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.text.strip():
            raise ValueError("a canned reply needs a `name` and a `text`")


class Brand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A brand, made by the operator alone."""

    handle: str
    name: str
    picture: str | None = None
    channels: tuple[InboxChannel, ...] = ()
    follow_back: Literal["answer", "auto"] = "answer"
    signatures: bool = False
    hold_seconds: Seconds = 15.0
    staff_role: Literal["viewer", "agent", "manager", "owner"] = "viewer"
    agent_role: str = ""
    owners: tuple[str, ...] = ()
    first_response_minutes: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    hours: BusinessHours | None = None
    canned: tuple[CannedReply, ...] = ()


class KnownPerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person whom the operator names. Everybody else gets an account at their first act."""

    handle: str
    name: str
    picture: str | None = None
    identities: tuple[PersonIdentity, ...] = ()
    channels: tuple[PersonChannel, ...] = ()
    follows: tuple[str, ...] = ()


# --- into the core's words ----------------------------------------------------------------


def rules_of(brand: Brand) -> BrandRules:
    """How the brand wants to be spoken for."""
    return BrandRules(
        FollowBack(brand.follow_back),
        brand.signatures,
        brand.hold_seconds,
        Role(brand.staff_role),
        brand.agent_role,
        brand.first_response_minutes * 60,
        None if brand.hours is None else _hours(brand.hours),
        tuple(Canned(one.name, one.text) for one in brand.canned),
    )


def _hours(given: BusinessHours) -> Hours:
    days = tuple(DAYS.index(day) for day in given.days)
    return Hours(given.zone, days, _time(given.begin), _time(given.end), given.answer)


def _time(given: str | int) -> time:
    """YAML reads 17:00 without quotes as a number of minutes."""
    text = f"{given // 60}:{given % 60:02}" if isinstance(given, int) else given
    hour, colon, minute = text.partition(":")
    if not colon or not (hour.isdecimal() and minute.isdecimal() and len(minute) == 2):
        raise ValueError(f'{text[:20]!r} is no time of day such as "09:00"')
    if int(hour) > 23 or int(minute) > 59:
        raise ValueError(f'{text[:20]!r} is no time of day such as "09:00"')
    return time(int(hour), int(minute))
