"""The configuration file: YAML with `${NAME}` for what comes from the environment.

`load` gives a whole, checked `Config`, or raises `ConfigError` with one line that
names the key by its full path, such as `slack.bot_token`. Nothing here connects to
anything: whether a token is good is found out by `pinthread check`.
"""

import os
import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec

from adapters.discord.settings import Settings as DiscordSettings
from adapters.pinterest.settings import Settings as PinterestSettings
from adapters.slack.settings import Settings as SlackSettings
from bridge import yamlfile
from bridge.brandconfig import Brand, InboxChannel, KnownPerson, PersonChannel, rules_of
from bridge.failures import ConfigError
from bridge.intake.standing import Rules
from core.ids import AccountId, BindingId, derive
from core.model import (
    Account,
    AccountKind,
    Binding,
    BindingKind,
    BrandRules,
    Contacts,
    Identity,
    Mode,
    Place,
    Role,
)
from core.standing import Edge
from web.settings import Settings as WebSettings

HANDLE = re.compile(r"[a-z0-9][a-z0-9_.-]{1,31}")
"""What a handle may look like: 2 to 32 characters, in lower case."""

SQLITE = "sqlite:///"
DATABASE = "pinthread.sqlite"

Seconds = Annotated[float, msgspec.Meta(ge=0)]
_Key = TypeVar("_Key", bound=Hashable)


class StoreSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the history is kept. `sqlite:///` and a path; one more `/` for an absolute one."""

    url: str = f"{SQLITE}data/{DATABASE}"

    def __post_init__(self) -> None:
        if not self.url.startswith(SQLITE) or self.url == SQLITE:
            raise ValueError(
                f"store.url must be {SQLITE} and a path, such as {SQLITE}data/x.sqlite"
            )

    @property
    def path(self) -> Path:
        return Path(self.url.removeprefix(SQLITE))


class FilesSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where files are kept, each content once, and how large one may be."""

    folder: str = ""
    """Left empty: `files` beside the database."""
    largest_mib: Annotated[int, msgspec.Meta(ge=1)] = 500
    """The largest file that is taken, in MiB, from whichever side."""
    quota_mib_per_day: Annotated[int, msgspec.Meta(ge=0)] = 5_120
    """What one account may send up on the web in a day, in MiB; 0 for no limit."""


class HistorySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept that nobody sees any more."""

    keep_deleted_days: Annotated[int, msgspec.Meta(ge=0)] = 30
    """For how many days words that were deleted or edited away are kept for the operator."""


class DeliverySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How patient the lanes are. All in seconds."""

    settle: Seconds = 5.0
    """How long to wait after an unclear call before looking for what it wrote."""
    second_look: Seconds = 30.0
    """How long to wait before looking again, where the first look found nothing."""
    retry_first: Seconds = 1.0
    """The first pause after a platform was away; each further one is twice as long."""
    retry_most: Seconds = 60.0
    """The longest such pause."""


class CatchUpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How what was missed is looked for, after a gap and now and then."""

    window_hours: Annotated[float, msgspec.Meta(ge=0)] = 24.0
    """Threads of the last so many hours are read for edits, deletes and reactions."""
    overlap_seconds: Seconds = 60.0
    """How far each read reaches back before what the last one had seen."""
    every_minutes: Annotated[float, msgspec.Meta(ge=0)] = 60.0
    """How often to look without a gap, in case events were withheld; 0: never."""


class LogSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


class RulesSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may talk to whom, for everybody."""

    access: Literal["open", "invited"] = "open"
    """open: anybody in the connected places may start. invited: those who were invited."""
    contacts: Literal["follow", "anyone"] = "follow"
    """follow: brands and people follow each other, and first messages are requests."""
    per_minute: Annotated[int, msgspec.Meta(ge=0)] = 30
    """Messages that one person may send in a minute; 0: no limit."""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. A platform whose section is left out is not connected."""

    slack: SlackSettings | None = None
    discord: DiscordSettings | None = None
    pinterest: PinterestSettings = PinterestSettings()
    web: WebSettings = WebSettings()
    store: StoreSettings = StoreSettings()
    files: FilesSettings = FilesSettings()
    history: HistorySettings = HistorySettings()
    delivery: DeliverySettings = DeliverySettings()
    catch_up: CatchUpSettings = CatchUpSettings()
    log: LogSettings = LogSettings()
    rules: RulesSettings = RulesSettings()
    brands: tuple[Brand, ...] = ()
    people: tuple[KnownPerson, ...] = ()

    def __repr__(self) -> str:
        """Says what is connected and nothing that is in there: settings hold tokens."""
        on = [name for name in ("slack", "discord") if getattr(self, name) is not None]
        return f"Config(connected to {', '.join(on) or 'nothing'})"

    @property
    def files_folder(self) -> Path:
        return Path(self.files.folder) if self.files.folder else self.store.path.parent / "files"

    def accounts(self) -> tuple[tuple[Account, tuple[Identity, ...]], ...]:
        """The accounts that the operator named, with their identities."""
        brands = tuple((_account(brand, AccountKind.BRAND), ()) for brand in self.brands)
        people = tuple(
            (
                _account(person, AccountKind.PERSON),
                tuple(Identity(i.platform, i.workspace, i.user) for i in person.identities),
            )
            for person in self.people
        )
        return (*brands, *people)

    def bindings(self) -> tuple[Binding, ...]:
        """The channels that the operator bound to these accounts."""
        inboxes = [
            _binding(brand, channel, BindingKind.INBOX)
            for brand in self.brands
            for channel in brand.channels
        ]
        projects = [
            _binding(person, channel, BindingKind(channel.kind))
            for person in self.people
            for channel in person.channels
        ]
        return (*inboxes, *projects)

    def modes(self) -> Mapping[BindingId, Mode]:
        """The modes that the file sets; others are as they were set in the channel."""
        return {
            _binding(brand, channel, BindingKind.INBOX).id: Mode(channel.mode)
            for brand in self.brands
            for channel in brand.channels
            if channel.mode is not None
        }

    def who_may(self) -> Rules:
        """Who may talk to whom, and how each brand wants to be spoken for."""
        given = self.rules
        brands = {account_id(brand.handle): rules_of(brand) for brand in self.brands}
        closed = BrandRules(closed=True)
        return Rules(
            Contacts(given.contacts), given.access == "open", given.per_minute, brands, closed
        )

    def signing(self) -> tuple[AccountId, ...]:
        """Brands that show outside which agent wrote."""
        return tuple(account_id(brand.handle) for brand in self.brands if brand.signatures)

    def follows(self) -> tuple[Edge, ...]:
        """Follows that the operator brings in; brands follow those back."""
        brands = {brand.handle for brand in self.brands}
        edges: list[Edge] = []
        for person in self.people:
            for handle in person.follows:
                who, whom = account_id(person.handle), account_id(handle)
                edges.append(Edge(who, whom))
                if handle in brands:
                    edges.append(Edge(whom, who))
        return tuple(edges)

    def owners(self) -> tuple[tuple[AccountId, AccountId, Role], ...]:
        """Brands, and those who own them."""
        return tuple(
            (account_id(brand.handle), account_id(owner), Role.OWNER)
            for brand in self.brands
            for owner in brand.owners
        )


def load(path: Path, data: Path = Path("data")) -> Config:
    """Reads the file. `data` is where the database goes if the file does not say."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as failed:
        raise ConfigError(f"{path} cannot be read: {failed.strerror}.") from failed
    except UnicodeDecodeError as failed:
        raise ConfigError(f"{path} is not a text file in UTF-8.") from failed
    return parse(text, os.environ, name=str(path), data=data)


def parse(
    text: str, environment: Mapping[str, str], *, name: str = "config", data: Path = Path("data")
) -> Config:
    """The same for text at hand, with an environment of the caller's choice."""
    raw = yamlfile.read(text, name, environment)
    raw.setdefault("store", {"url": f"{SQLITE}{data / DATABASE}"})
    config = yamlfile.convert(raw, Config)
    _check(config)
    return config


# --- what types cannot say ----------------------------------------------------------------


def _check(config: Config) -> None:
    _check_secrets(config)
    handles: dict[str, str] = {}
    places: dict[Place, str] = {}
    identities: dict[Identity, str] = {}
    for group in ("brands", "people"):
        for n, account in enumerate(getattr(config, group)):
            path = f"{group}[{n}]"
            _check_handle(account.handle, f"{path}.handle")
            _once(handles, account.handle, f"{path}.handle", f"@{account.handle}")
            if not account.name.strip():
                raise ConfigError(f"{path}.name is empty.")
            for m, channel in enumerate(account.channels):
                where = f"{path}.channels[{m}]"
                _check_channel(config, channel, where)
                place = Place(channel.platform, channel.workspace, channel.channel)
                _once(places, place, where, "this channel")
    _check_named(config, handles)
    for n, person in enumerate(config.people):
        for m, login in enumerate(person.identities):
            identity = Identity(login.platform, login.workspace, login.user)
            _once(identities, identity, f"people[{n}].identities[{m}]", "this login")


def _check_named(config: Config, handles: Mapping[str, str]) -> None:
    """Handles that stand for accounts of this file."""
    people = {person.handle for person in config.people}
    for n, brand in enumerate(config.brands):
        for m, owner in enumerate(brand.owners):
            if owner not in people:
                raise ConfigError(
                    f"brands[{n}].owners[{m}] is {owner[:40]!r}, and nobody under `people:` has "
                    "that handle."
                )
    for n, person in enumerate(config.people):
        for m, handle in enumerate(person.follows):
            if handle not in handles or handle == person.handle:
                raise ConfigError(
                    f"people[{n}].follows[{m}] is {handle[:40]!r}, and no other brand or person "
                    "in this file has that handle."
                )


def _check_secrets(config: Config) -> None:
    needed: dict[str, str] = {}
    if config.slack:
        needed["slack.bot_token"] = config.slack.bot_token
        if config.slack.mode == "socket":
            needed["slack.app_token"] = config.slack.app_token
        else:
            needed["slack.signing_secret"] = config.slack.signing_secret
    if config.discord:
        needed["discord.token"] = config.discord.token
    for key, secret in needed.items():
        if not secret.strip():
            raise ConfigError(f"{key} is missing.")


def _check_handle(handle: str, path: str) -> None:
    if not HANDLE.fullmatch(handle):
        raise ConfigError(
            f"{path} is {handle[:40]!r}; a handle has 2 to 32 small letters, digits, _ . or -, "
            "and begins with a letter or digit."
        )


def _check_channel(config: Config, channel: InboxChannel | PersonChannel, path: str) -> None:
    for key in ("workspace", "channel"):
        if not getattr(channel, key):
            raise ConfigError(f"{path}.{key} is empty.")
    if getattr(config, channel.platform) is None:
        raise ConfigError(
            f"{path}.platform is {channel.platform}, but there is no `{channel.platform}:` section."
        )


def _once(seen: dict[_Key, str], key: _Key, path: str, what: str) -> None:
    if key in seen:
        raise ConfigError(f"{path}: {what} stands at {seen[key]} already.")
    seen[key] = path


# --- into the core's words ----------------------------------------------------------------


def _account(given: Brand | KnownPerson, kind: AccountKind) -> Account:
    return Account(account_id(given.handle), kind, given.handle, given.name, given.picture)


def _binding(
    given: Brand | KnownPerson, channel: InboxChannel | PersonChannel, kind: BindingKind
) -> Binding:
    place = Place(channel.platform, channel.workspace, channel.channel)
    key = f"{place.platform}\0{place.workspace}\0{place.channel}"
    mode = Mode(channel.mode) if isinstance(channel, InboxChannel) and channel.mode else None
    return Binding(
        BindingId(derive("binding", key)),
        account_id(given.handle),
        place,
        kind,
        channel.label,
        mode or Mode.EXPLICIT,
    )


def account_id(handle: str) -> AccountId:
    """Of an account that the operator named."""
    return AccountId(derive("account", handle))
