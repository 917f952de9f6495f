"""`auth.test`, `users.*`, `usergroups.list`, `team.info`, `bots.info`, `emoji.list`: what is."""

from typing import TYPE_CHECKING, Any

from sandbox import world
from sandbox.slack.access import page
from sandbox.slack.api import Args, Method, method
from sandbox.slack.errors import ApiError
from sandbox.slack.link import Link
from sandbox.slack.workspace import COLOURS, CREATED, Resident, Workspace

if TYPE_CHECKING:
    from sandbox.server import Kernel

PICTURE_SIZES = (24, 32, 48, 72, 192, 512)
TEAM_URL = f"https://{world.SLACK_DOMAIN}.slack.com/"


class Directory:
    """People, the team, the bot, custom emoji; and the door to Socket Mode."""

    def __init__(self, kernel: "Kernel", workspace: Workspace, link: Link) -> None:
        self._kernel = kernel
        self._workspace = workspace
        self._link = link

    def methods(self) -> dict[str, Method]:
        """The methods by name."""
        return {
            "api.test": method(lambda args: {"args": args}, "foo error", tier="T4"),
            "auth.test": method(self._auth, tier="special"),
            "apps.connections.open": method(self._connect, tier="T1", app_token=True),
            "users.info": method(
                self._user, "user! include_locale:flag", tier="T4", scope="users:read"
            ),
            "users.list": method(
                self._users,
                "cursor limit:whole include_locale:flag team_id",
                tier="T2",
                scope="users:read",
            ),
            "team.info": method(self._team, "team domain", scope="team:read"),
            "bots.info": method(self._bot, "bot team_id", scope="users:read"),
            "usergroups.list": method(
                self._groups,
                "include_count:flag include_disabled:flag include_users:flag team_id",
                tier="T2",
                scope="usergroups:read",
            ),
            "emoji.list": method(
                self._emoji, "include_categories:flag", tier="T2", scope="emoji:read"
            ),
        }

    def picture(self, user: str) -> str:
        """The address of a person's picture."""
        return f"{self._kernel.base_url}/slack/avatars/{user}.svg"

    def _auth(self, _: Args) -> dict[str, Any]:
        return {
            "url": TEAM_URL,
            "team": world.SLACK_TEAM_NAME,
            "user": "pinthread",
            "team_id": world.SLACK_TEAM,
            "user_id": world.SLACK_BOT_USER,
            "bot_id": world.SLACK_BOT,
            "is_enterprise_install": False,
        }

    def _connect(self, _: Args) -> dict[str, Any]:
        base = self._kernel.base_url.replace("http", "ws", 1)
        return {"url": f"{base}/slack/socket?ticket={self._link.ticket()}"}

    def _user(self, args: Args) -> dict[str, Any]:
        user = args["user"]
        if user == world.SLACK_BOT_USER:
            return {"user": self._bot_user()}
        if user not in self._workspace.people:
            raise ApiError("user_not_found")
        return {"user": self.user(self._workspace.people[user])}

    def _users(self, args: Args) -> dict[str, Any]:
        everybody = [self.user(person) for person in self._workspace.people.values()]
        paged = page([*everybody, self._bot_user()], args, 200, 1_000)
        return {"members": paged.pop("items"), "cache_ts": CREATED, **paged}

    def _team(self, _: Args) -> dict[str, Any]:
        team = {
            "id": world.SLACK_TEAM,
            "name": world.SLACK_TEAM_NAME,
            "url": TEAM_URL,
            "domain": world.SLACK_DOMAIN,
            "email_domain": "",
            "icon": {"image_default": True},
        }
        return {"team": team}

    def _bot(self, args: Args) -> dict[str, Any]:
        if args.get("bot", world.SLACK_BOT) != world.SLACK_BOT:
            raise ApiError("bot_not_found")
        bot = {
            "id": world.SLACK_BOT,
            "deleted": False,
            "name": world.SLACK_BOT_NAME,
            "updated": CREATED,
            "app_id": world.SLACK_APP,
            "user_id": world.SLACK_BOT_USER,
            "icons": {f"image_{size}": self.picture(world.SLACK_BOT_USER) for size in (36, 48, 72)},
        }
        return {"bot": bot}

    def _emoji(self, _: Args) -> dict[str, Any]:
        drawn = f"{self._kernel.base_url}/slack/avatars"
        custom = self._workspace.emoji
        shown = {name: address or f"{drawn}/{name}.svg" for name, address in custom.items()}
        return {"emoji": shown, "cache_ts": str(CREATED)}

    def _groups(self, args: Args) -> dict[str, Any]:
        groups: list[dict[str, Any]] = [
            {
                "id": group,
                "team_id": world.SLACK_TEAM,
                "is_usergroup": True,
                "name": handle.title(),
                "description": "",
                "handle": handle,
                "is_external": False,
                "date_create": CREATED,
                "date_update": CREATED,
                "date_delete": 0,
                "auto_type": None,
                "created_by": "U0ADA",
                "updated_by": "U0ADA",
                "deleted_by": None,
                "prefs": {"channels": [], "groups": []},
            }
            for group, handle in world.SLACK_GROUPS
        ]
        if args.get("include_users"):
            groups = [{**group, "users": list(self._workspace.people)} for group in groups]
        return {"usergroups": groups}

    def user(self, person: Resident) -> dict[str, Any]:
        """A person as Slack gives them to a bot without `users:read.email`.

        Somebody of another workspace is a stranger where no channel is shared with the bot.
        """
        shown = self._object(person.id, person.handle, person.name)
        shown["is_restricted"] = bool(person.guest)
        shown["is_ultra_restricted"] = person.guest == "single"
        if person.team != world.SLACK_TEAM:
            both = {person.id, world.SLACK_BOT_USER}
            met = any(both <= set(c.members) for c in self._workspace.channels.values())
            shown |= {"team_id": person.team, "is_stranger": not met}
            shown["profile"]["team"] = person.team
        return shown

    def _bot_user(self) -> dict[str, Any]:
        shown = self._object(world.SLACK_BOT_USER, "pinthread", world.SLACK_BOT_NAME)
        shown |= {"is_bot": True, "is_admin": False, "is_owner": False}
        shown["profile"] |= {"api_app_id": world.SLACK_APP, "bot_id": world.SLACK_BOT}
        return shown

    def _object(self, user: str, handle: str, name: str) -> dict[str, Any]:
        first, _, last = name.partition(" ")
        picture = self.picture(user)
        return {
            "id": user,
            "team_id": world.SLACK_TEAM,
            "name": handle,
            "deleted": False,
            "color": COLOURS.get(user, "674b1b"),
            "real_name": name,
            "tz": "Europe/Stockholm",
            "tz_label": "Central European Time",
            "tz_offset": 3_600,
            "profile": {
                "title": "",
                "real_name": name,
                "real_name_normalized": name,
                "display_name": name,
                "display_name_normalized": name,
                "first_name": first,
                "last_name": last,
                "avatar_hash": user.lower(),
                "status_text": "",
                "status_emoji": "",
                "team": world.SLACK_TEAM,
                **{f"image_{size}": picture for size in PICTURE_SIZES},
            },
            "is_admin": user == "U0ADA",
            "is_owner": user == "U0ADA",
            "is_primary_owner": user == "U0ADA",
            "is_restricted": False,
            "is_ultra_restricted": False,
            "is_bot": False,
            "is_app_user": False,
            "is_email_confirmed": True,
            "updated": CREATED,
            "who_can_share_contact_card": "EVERYONE",
        }
