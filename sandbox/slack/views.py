"""`views.*`: modals and App Home."""

import uuid
from typing import Any

from sandbox import world
from sandbox.slack import shapes
from sandbox.slack.api import Args, Method, method
from sandbox.slack.errors import ApiError
from sandbox.slack.interact import DEEPEST, Interact, View
from sandbox.slack.posting import Posting
from sandbox.slack.workspace import Workspace


class Views:
    """What the app may show of its own, and to whom."""

    def __init__(self, workspace: Workspace, posting: Posting, interact: Interact) -> None:
        self._workspace = workspace
        self._posting = posting
        self._interact = interact

    def methods(self) -> dict[str, Method]:
        """The methods by name."""
        trigger = "trigger_id interactivity_pointer view:object!"
        return {
            "views.open": method(self._open, trigger, tier="T4", writes=True),
            "views.push": method(self._push, trigger, tier="T4", writes=True),
            "views.update": method(
                self._update, "view_id external_id hash view:object!", tier="T4", writes=True
            ),
            "views.publish": method(
                self._publish, "user_id! hash view:object!", tier="T4", writes=True
            ),
        }

    def opened(self, user: str, given: View, *, on: list[View]) -> View:
        """Put a view on a person's stack and return it."""
        view = self._complete(given, on[-1] if on else None)
        self._interact.stacks[user] = [*on, view]
        self._interact.changed()
        return view

    def replaced(self, old: View, given: View) -> View:
        """Show a new version in place of an open view."""
        user = self._interact.owner(old)
        stack = self._interact.stacks[user]
        new = self._complete(given, None) | {
            key: old[key] for key in ("id", "root_view_id", "previous_view_id")
        }
        stack[stack.index(old)] = new
        self._interact.changed()
        return new

    def closed(self, user: str, *, whole: bool) -> None:
        """Take the top view, or the whole stack, off the screen."""
        stack = self._interact.stacks.get(user, [])
        left = [] if whole else stack[:-1]
        self._interact.stacks[user] = left
        self._interact.changed()

    def modal(self, given: Any) -> View:
        """A modal, checked."""
        return shapes.view(given, ("modal",))

    def _open(self, args: Args) -> dict[str, Any]:
        view = self.modal(args["view"])
        self._distinct(view)
        trigger = self._interact.exchange(self._trigger_id(args))
        opened = self.opened(trigger.user, view, on=[])
        trigger.views.append(opened)
        trigger.news.set()
        return {"view": opened}

    def _push(self, args: Args) -> dict[str, Any]:
        view = self.modal(args["view"])
        self._distinct(view)
        trigger = self._interact.exchange(self._trigger_id(args))
        stack = self._interact.stacks.get(trigger.user, [])
        if len(stack) >= DEEPEST:
            raise ApiError("push_limit_reached")
        opened = self.opened(trigger.user, view, on=stack)
        trigger.views.append(opened)
        trigger.news.set()
        return {"view": opened}

    def _update(self, args: Args) -> dict[str, Any]:
        given = self.modal(args["view"])
        old = self._interact.view(args.get("view_id", "")) or self._external(args)
        if old is None:
            raise ApiError("not_found")
        if "hash" in args and args["hash"] != old["hash"]:
            raise ApiError("hash_conflict")
        return {"view": self.replaced(old, given)}

    def _publish(self, args: Args) -> dict[str, Any]:
        given = shapes.view(args["view"], ("home",))
        user = args["user_id"]
        if user not in self._workspace.people:
            raise ApiError("user_not_found")
        old = self._workspace.homes.get(user)
        if old is not None and "hash" in args and args["hash"] != old["hash"]:
            raise ApiError("hash_conflict")
        view = self._complete(given, None)
        if old is not None:
            view["id"] = old["id"]
        self._workspace.save_home(user, view)
        self._interact.changed()
        return {"view": view}

    def _trigger_id(self, args: Args) -> str:
        return str(args.get("trigger_id") or args.get("interactivity_pointer") or "")

    def _external(self, args: Args) -> View | None:
        wanted = args.get("external_id")
        stacks = self._interact.stacks.values()
        return next((v for s in stacks for v in s if wanted and v["external_id"] == wanted), None)

    def _distinct(self, view: View) -> None:
        if view.get("external_id") and self._external(view) is not None:
            raise ApiError("duplicate_external_id")

    def _complete(self, given: View, previous: View | None) -> View:
        view_id = f"V{uuid.uuid4().hex[:10].upper()}"
        return {
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "clear_on_close": False,
            "notify_on_close": False,
            "title": None,
            "submit": None,
            "close": None,
            **given,
            "id": view_id,
            "team_id": world.SLACK_TEAM,
            "state": {"values": {}},
            "hash": f"{self._workspace.stamp()}.{uuid.uuid4().hex[:8]}",
            "previous_view_id": previous["id"] if previous else None,
            "root_view_id": previous["root_view_id"] if previous else view_id,
            "app_id": world.SLACK_APP,
            "app_installed_team_id": world.SLACK_TEAM,
            "bot_id": world.SLACK_BOT,
        }
