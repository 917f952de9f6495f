"""What is somebody's own: their logins, what pings them, their data, and leaving for good."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bridge.office.clerk import Asker, Clerk, Theme, cut, refusal, refuse
from core.asking import Answer, Button, Choice, Command, Fields, File, Form, Input
from core.ids import AccountId
from core.intents import Person
from core.model import Refusal
from core.moments import quiet_hours
from core.ports.reading import Prefs
from core.rights import Act

_WRONG_CODES = 5
_FORGOTTEN = timedelta(minutes=10)
_NOTIFY = {
    "all": "everything in your conversations pings you",
    "mentions": "only mentions of you ping you",
    "none": "nothing pings you",
}
_CHOICES = (
    Choice("Everything", "all"),
    Choice("Mentions of me", "mentions"),
    Choice("Nothing", "none"),
)
OWN_LOGIN = Refusal("do_it_there", "Logins are tied in Slack and Discord. Write `/pin link` there.")
BRANDS_STAY = Refusal(
    "not_allowed",
    "A brand is erased by whoever runs Pinthread. Your own data: do this in your messages with me.",
)
BAD_HOURS = Refusal(
    "bad_hours", "Write quiet hours as 22:00-07:00 and a time zone such as Europe/Berlin, or off."
)


class Settings:
    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk
        self._desk = clerk.desk
        self._wrong: dict[AccountId, list[datetime]] = {}

    @property
    def theme(self) -> Theme:
        return Theme(
            {
                "link": self.link,
                "unlink": self.unlink,
                "notify": self.notify,
                "export": self.export,
                "forget": self.forget,
            },
            {
                "link": self.on_link,
                "code": self.on_code,
                "unlink": self.on_unlink,
                "notify": self.on_notify,
                "export": self.on_export,
                "forget": self.on_forget,
            },
            {"notify": self.on_notified, "link": self.on_link_form},
        )

    # --- logins ---------------------------------------------------------------------------

    async def link(self, asker: Asker, command: Command) -> Answer:
        given = command.text.strip().strip("`").lower()
        if not given:
            return await self.on_code(asker, "")
        if self._too_often(asker):
            return refusal("rate_limited", "That were too many wrong codes. Wait ten minutes.")
        return Answer(
            "Make this login part of the account that showed you the code? What you begin here "
            "is theirs from then on; threads that stand here already go on as before, and what "
            "was said stays where it is. Only do this with a code of your own.",
            buttons=(Button("Link", "link", given[:40], "primary"),),
        )

    async def on_code(self, asker: Asker, value: str) -> Answer:
        del value
        if not isinstance(asker.caller.person, Person):
            return refuse(OWN_LOGIN)
        code = await self._desk.link_code(asker.caller.person)
        return Answer(
            f"Your code is `{code}`, good for a quarter of an hour. On your other platform write "
            f"`/pin link {code}`, and that login becomes part of {asker.person.name} "
            f"(@{asker.person.handle}). Do not give it to anybody.",
            buttons=(Button("I have a code", "link", ""),),
        )

    async def on_link(self, asker: Asker, value: str) -> Answer:
        if not value:
            code = Input("code", "The code from the other side", most=40)
            form = Form("Link a login", "Link", "link", "", (code,))
            return Answer("Write `/pin link` and the code.", form=form)
        if self._too_often(asker):
            return refusal("rate_limited", "That were too many wrong codes. Wait ten minutes.")
        found = await self._desk.use_link(asker.caller.person, value)
        if isinstance(found, Refusal):
            self._wrong.setdefault(asker.person.id, []).append(self._clerk.now())
            return refuse(found, "code")
        return Answer(
            f"This login is {found.name} (@{found.handle}) now. `/pin inbox` shows your threads; "
            "`/pin unlink` parts it again.",
            done=True,
        )

    async def on_link_form(self, asker: Asker, value: str, fields: Fields) -> Answer:
        del value
        given = str(fields.get("code", "")).strip().strip("`").lower()
        if not given:
            return refusal("bad_code", "Write the code that the other side showed you.", "code")
        return await self.on_link(asker, given[:40])

    def _too_often(self, asker: Asker) -> bool:
        since = self._clerk.now() - _FORGOTTEN
        kept = [at for at in self._wrong.get(asker.person.id, ()) if at > since]
        if kept:
            self._wrong[asker.person.id] = kept
        else:
            self._wrong.pop(asker.person.id, None)
        return len(kept) >= _WRONG_CODES

    async def unlink(self, asker: Asker, command: Command) -> Answer:
        del command
        logins = await self._desk.identities(asker.person.id)
        if len(logins) < 2:
            return refusal(
                "not_linked", "This login stands alone already. `/pin link` ties it to another."
            )
        return Answer(
            f"Part this login from {asker.person.name} (@{asker.person.handle})? It gets an "
            "account of its own. What was said stays with the old one.",
            buttons=(Button("Unlink", "unlink", "yes", "danger"),),
        )

    async def on_unlink(self, asker: Asker, value: str) -> Answer:
        del value
        found = await self._desk.unlink(asker.caller.person)
        if isinstance(found, Refusal):
            return refuse(found)
        return Answer(
            f"This login is {found.name} (@{found.handle}) now, with an inbox of its own. "
            "`/pin link` ties it again.",
            done=True,
        )

    # --- pings ----------------------------------------------------------------------------

    async def notify(self, asker: Asker, command: Command) -> Answer:
        prefs = await self._desk.prefs(asker.person.id)
        if not command.option and not command.text:
            return self._ask(prefs)
        what, hours = command.option or prefs.notify, command.text
        if what == "quiet":
            what, hours = prefs.notify, command.text or "off"
        if what not in _NOTIFY:
            return refusal("bad_option", "Choose all, mentions or none.", "what")
        return await self._set(asker, prefs, what, hours)

    def _ask(self, prefs: Prefs) -> Answer:
        hours = f"{prefs.quiet_from}-{prefs.quiet_to}" if prefs.quiet_from else ""
        form = Form(
            "Notifications",
            "Save",
            "notify",
            "",
            (
                Input("what", "What pings you?", "choice", _CHOICES, prefs.notify),
                Input("quiet", "Quiet hours", value=hours, optional=True, most=40,
                      hint="22:00-07:00"),
                Input("zone", "Your time zone", value=prefs.zone, optional=True, most=60,
                      hint="Europe/Berlin"),
            ),
            "Everything goes on arriving; only pings wait.",
        )  # fmt: skip
        return Answer(f"{_said(prefs)} `/pin notify mentions quiet 22:00-07:00 Europe/Berlin`",
                      form=form)  # fmt: skip

    async def on_notify(self, asker: Asker, value: str) -> Answer:
        return await self.notify(asker, Command("notify", option=value))

    async def on_notified(self, asker: Asker, value: str, fields: Fields) -> Answer:
        del value
        prefs = await self._desk.prefs(asker.person.id)
        what = str(fields.get("what", prefs.notify))
        zone = str(fields.get("zone", "")).strip()
        hours = str(fields.get("quiet", "")).strip() or "off"
        if what not in _NOTIFY:
            return refusal("bad_option", "Choose all, mentions or none.", "what")
        return await self._set(asker, prefs, what, f"{hours} {zone}".strip())

    async def _set(self, asker: Asker, prefs: Prefs, what: str, hours: str) -> Answer:
        changed = Prefs(what, prefs.quiet_from, prefs.quiet_to, prefs.zone)
        if hours:
            found = _with_hours(changed, hours)
            if isinstance(found, Refusal):
                return refuse(found, "quiet")
            changed = found
        await self._desk.put_prefs(asker.person.id, changed)
        return Answer(f"Kept. {_said(changed)}", done=True)

    # --- data -----------------------------------------------------------------------------

    async def export(self, asker: Asker, command: Command) -> Answer:
        del command
        refused = await self._clerk.may(asker, Act.EXPORT)
        if refused is not None:
            return refuse(refused)
        made = await self._desk.export(asker.account.id)
        buttons = (Button("Download", url=made.url),) if made.url else ()
        return Answer(
            f"All that {asker.account.name} may see, as a page to read and as data. It is kept "
            "for a day.",
            buttons=buttons,
            file=File(made.name, path=made.path),
        )

    async def on_export(self, asker: Asker, value: str) -> Answer:
        del value
        return await self.export(asker, Command("export"))

    async def forget(self, asker: Asker, command: Command) -> Answer:
        del command
        if asker.for_brand:
            return refuse(BRANDS_STAY)
        return Answer(
            f"Forget {asker.person.name} (@{asker.person.handle}) for good? You leave every "
            "conversation, and all that you wrote is erased here and wherever a platform allows. "
            "What others wrote stays. This cannot be undone; `/pin export` first keeps a copy.",
            buttons=(
                Button("Forget me", "forget", str(asker.person.id), "danger"),
                Button("Export first", "export", ""),
            ),
        )

    async def on_forget(self, asker: Asker, value: str) -> Answer:
        if asker.for_brand:
            return refuse(BRANDS_STAY)
        if value != asker.person.id:
            return refusal(
                "not_yours", "That was about another account. `/pin forget me` asks again."
            )
        await self._desk.forget(asker.person.id)
        return Answer(
            "You are forgotten: your words are being erased now. If you ever come back, you "
            "begin anew.",
            done=True,
        )


def _said(prefs: Prefs) -> str:
    quiet = ""
    if prefs.quiet_from:
        quiet = f", and nothing from {prefs.quiet_from} to {prefs.quiet_to} ({prefs.zone})"
    return f"Now {_NOTIFY.get(prefs.notify, _NOTIFY['all'])}{quiet}."


def _with_hours(prefs: Prefs, typed: str) -> Prefs | Refusal:
    """`22:00-07:00 Europe/Berlin`, the word `quiet` before it or not; `off` ends them."""
    words = typed.split()
    if words and words[0].lower() == "quiet":
        words = words[1:]
    zone = prefs.zone
    if len(words) > 1 and _zone(words[-1]) is not None:
        zone = str(_zone(words.pop()))
    if [word.lower() for word in words] == ["off"]:
        return Prefs(prefs.notify, zone=zone)
    hours = quiet_hours(" ".join(words))
    if hours is None:
        return BAD_HOURS
    begin, end = hours
    return Prefs(prefs.notify, f"{begin:%H:%M}", f"{end:%H:%M}", zone)


def _zone(name: str) -> str | None:
    """A time zone's own name; nothing of what only looks like one."""
    if "/" not in name and name.upper() != "UTC":
        return None
    known = "UTC" if name.upper() == "UTC" else cut(name, 60)
    try:
        return ZoneInfo(known).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
