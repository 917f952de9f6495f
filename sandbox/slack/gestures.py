"""`/_control/slack/...`: commands, presses, forms and shortcuts of people.

Each sends the program what Slack would, waits for its acknowledgement, and gives back what the
person then sees.
"""

import asyncio
from typing import Any

from aiohttp import web

from sandbox import world
from sandbox.control import ControlError, MissingError, answer, read, text
from sandbox.slack import forms
from sandbox.slack.errors import ApiError
from sandbox.slack.events import TOKEN
from sandbox.slack.interact import Interact, Outcome, Trigger, View, frame, person
from sandbox.slack.people import Place
from sandbox.slack.responses import Responses
from sandbox.slack.text import typed_line
from sandbox.slack.views import Views
from sandbox.slack.workspace import Channel

#: What the app has registered: its command, and its shortcuts by kind and callback_id.
COMMANDS = ("/pin",)
SHORTCUTS = {
    "message": {
        "pin_reply": "Reply to follower",
        "pin_note": "Add as note",
        "pin_send_this": "Send this pin",
    },
    "global": {"pin_start": "Send a pin", "pin_inbox": "Pin inbox"},
}
LONGEST_WAIT = 30.0


class Gestures:
    """The acts of people towards the app."""

    def __init__(
        self, place: Place, interact: Interact, views: Views, responses: Responses
    ) -> None:
        self._place = place
        self._interact = interact
        self._views = views
        self._responses = responses

    def mount(self, app: web.Application) -> None:
        """The control calls."""
        for name, handler in (
            ("command", self._command),
            ("press", self._press),
            ("submit", self._submit),
            ("close", self._close),
            ("suggest", self._suggest),
            ("shortcut", self._shortcut),
        ):
            app.router.add_post(f"/_control/slack/{name}", handler)
        app.router.add_get("/_control/slack/seen", self._seen)

    async def _command(self, request: web.Request) -> web.Response:
        body = await read(request)
        who, channel = self._place.writable(body)
        command = text(body, "command")
        if who.team != world.SLACK_TEAM:
            raise ControlError("A workspace's commands are for its own people and guests.")
        if body.get("thread_ts"):
            raise ControlError("Slash commands cannot be used in threads.")
        if command not in COMMANDS:
            raise ControlError(f"{command} is not a valid command.")
        trigger = self._interact.gesture(who.id)
        url = self._interact.response_url(trigger, channel.id, "", ephemeral=True)
        fields = {
            "token": TOKEN,
            "team_id": world.SLACK_TEAM,
            "team_domain": world.SLACK_DOMAIN,
            "channel_id": channel.id,
            "channel_name": _channel_name(channel),
            "user_id": who.id,
            "user_name": who.handle,
            "command": command,
            "text": typed_line(text(body, "text", ""), self._place.names()),
            "api_app_id": world.SLACK_APP,
            "is_enterprise_install": "false",
            "response_url": url,
            "trigger_id": trigger.id,
        }
        outcome = await self._interact.command(fields)
        self._acknowledged(trigger, channel, outcome)
        await self._wait(trigger, _seconds(body, 3.0))
        return _result(trigger, outcome)

    async def _press(self, request: web.Request) -> web.Response:
        body = await read(request)
        who = self._place.user(body)
        trigger = self._interact.gesture(who.id)
        payload = frame("block_actions", trigger, person(who))
        payload |= self._pressed(body, trigger)
        outcome = await self._interact.interaction(payload)
        await self._wait(trigger, _seconds(body, 0.0))
        return _result(trigger, outcome)

    async def _submit(self, request: web.Request) -> web.Response:
        body = await read(request)
        who = self._place.user(body)
        view = self._open_view(who.id, text(body, "view"))
        values = body.get("values", {})
        if not isinstance(values, dict):
            raise ControlError("values is an object.")
        try:
            view["state"] = {"values": forms.filled(view, values)}
        except forms.FormError as bad:
            raise ControlError(str(bad)) from bad
        errors = forms.complaints(view, view["state"]["values"])
        if errors:
            return answer({"ok": False, "errors": errors})
        trigger = self._interact.gesture(who.id)
        payload = frame("view_submission", trigger, person(who))
        payload |= {"view": view, "response_urls": []}
        outcome = await self._interact.interaction(payload)
        if not outcome.ok:
            return answer({"ok": False, "error": outcome.error})
        return self._submitted(who.id, view, outcome.body or {})

    async def _close(self, request: web.Request) -> web.Response:
        body = await read(request)
        who = self._place.user(body)
        view = self._open_view(who.id, text(body, "view"))
        cleared = bool(view["clear_on_close"])
        self._views.closed(who.id, whole=cleared)
        if view["notify_on_close"]:
            trigger = self._interact.gesture(who.id)
            payload = frame("view_closed", trigger, person(who))
            del payload["trigger_id"]
            await self._interact.interaction(payload | {"view": view, "is_cleared": cleared})
        return answer({"ok": True})

    async def _suggest(self, request: web.Request) -> web.Response:
        body = await read(request)
        who = self._place.user(body)
        trigger = self._interact.gesture(who.id)
        source = self._source(body, trigger)
        block, element = _found(source.pop("blocks"), body)
        if "external" not in element["type"]:
            raise ControlError(f"{element['action_id']} has no outside options.")
        payload = frame("block_suggestion", trigger, person(who))
        for key in ("trigger_id", "response_url"):
            payload.pop(key, None)
            source.pop(key, None)
        payload |= source | {
            "value": text(body, "value", ""),
            "action_id": element["action_id"],
            "block_id": block["block_id"],
        }
        outcome = await self._interact.interaction(payload)
        found = outcome.body if isinstance(outcome.body, dict) else {}
        groups = {key: found[key] for key in ("options", "option_groups") if key in found}
        return answer({"ok": outcome.ok, "options": [], **groups})

    async def _shortcut(self, request: web.Request) -> web.Response:
        body = await read(request)
        who = self._place.user(body)
        kind = "message_action" if "ts" in body else "shortcut"
        callback = text(body, "callback_id")
        if callback not in SHORTCUTS["message" if "ts" in body else "global"]:
            raise ControlError(f"The app has no shortcut {callback} there.")
        if who.team != world.SLACK_TEAM:
            raise ControlError("A workspace's shortcuts are for its own people and guests.")
        trigger = self._interact.gesture(who.id)
        payload = frame(kind, trigger, person(who))
        payload |= {"callback_id": callback, "action_ts": self._place.workspace.stamp()}
        if kind == "message_action":
            channel = self._place.channel(text(body, "channel"))
            message = self._place.message(channel, text(body, "ts"))
            payload |= {
                "channel": {"id": channel.id, "name": _channel_name(channel)},
                "message_ts": message["ts"],
                "message": message,
                "response_url": self._interact.response_url(
                    trigger, channel.id, message["ts"], ephemeral=False
                ),
            }
        outcome = await self._interact.interaction(payload)
        await self._wait(trigger, _seconds(body, 0.0))
        return _result(trigger, outcome)

    async def _seen(self, request: web.Request) -> web.Response:
        who = self._place.user(dict(request.query))
        return answer(
            {
                "answers": list(self._interact.answers.get(who.id, ())),
                "views": self._interact.stacks.get(who.id, []),
                "home": self._place.workspace.homes.get(who.id),
            }
        )

    def _pressed(self, body: dict[str, Any], trigger: Trigger) -> dict[str, Any]:
        """The part of block_actions that says what was pressed where."""
        source = self._source(body, trigger)
        blocks = source.pop("blocks")
        block, element = _found(blocks, body)
        value = body.get("value")
        at = self._place.workspace.stamp()
        try:
            source["actions"] = [forms.action(block, element, value, at)]
            state = forms.filled({"blocks": blocks}, body.get("values", {}))
        except forms.FormError as bad:
            raise ControlError(str(bad)) from bad
        if element["type"] not in ("button", "overflow"):
            chosen = forms.state_of(element, value)
            state.setdefault(block["block_id"], {})[element["action_id"]] = chosen
        if "view" in source:
            source["view"] = {**source["view"], "state": {"values": state}}
        else:
            source["state"] = {"values": state}
        return source

    def _source(self, body: dict[str, Any], trigger: Trigger) -> dict[str, Any]:
        """Where the pressed element stands: a view, an ephemeral answer, or a message."""
        if "view" in body:
            view = self._open_view(trigger.user, text(body, "view"), home=True)
            container = {"type": "view", "view_id": view["id"]}
            return {"container": container, "view": view, "blocks": view["blocks"]}
        channel = self._place.channel(text(body, "channel"))
        if "answer" in body:
            found = self._interact.answer(trigger.user, text(body, "answer"))
            if found is None:
                raise MissingError(f"{trigger.user} sees no answer {body['answer']}.")
            ephemeral, message = True, found
        else:
            ephemeral, message = False, self._place.message(channel, text(body, "ts"))
        container = {
            "type": "message",
            "message_ts": message["ts"],
            "channel_id": channel.id,
            "is_ephemeral": ephemeral,
        }
        if "thread_ts" in message:
            container["thread_ts"] = message["thread_ts"]
        attached = [b for a in message.get("attachments", []) for b in a.get("blocks", [])]
        return {
            "container": container,
            "channel": {"id": channel.id, "name": _channel_name(channel)},
            "response_url": self._interact.response_url(
                trigger, channel.id, message["ts"], ephemeral
            ),
            "blocks": [*message.get("blocks", []), *attached],
            **({} if ephemeral else {"message": message}),
        }

    def _open_view(self, user: str, view_id: str, *, home: bool = False) -> View:
        stack = self._interact.stacks.get(user, [])
        if stack and stack[-1]["id"] == view_id:
            return stack[-1]
        shown = self._place.workspace.homes.get(user)
        if home and shown is not None and shown["id"] == view_id:
            return shown
        raise MissingError(f"{user} has no view {view_id} in front.")

    def _acknowledged(self, trigger: Trigger, channel: Channel, outcome: Outcome) -> None:
        """Show the body of an acknowledgement, which is an answer like any other."""
        if not isinstance(outcome.body, dict) or not outcome.body:
            return
        response = self._interact.immediate(trigger, channel.id)
        try:
            self._responses.apply(response, outcome.body)
        except ApiError as refused:
            raise ControlError(f"The app's answer is refused: {refused.code}.") from refused

    def _submitted(self, user: str, view: View, body: dict[str, Any]) -> web.Response:
        """Do what the acknowledgement of a submission asks for."""
        action = body.get("response_action")
        if action == "errors":
            return answer({"ok": False, "errors": body.get("errors", {})})
        try:
            match action:
                case "update":
                    self._views.replaced(view, self._views.modal(body.get("view", {})))
                case "push":
                    stack = self._interact.stacks[user]
                    self._views.opened(user, self._views.modal(body.get("view", {})), on=stack)
                case "clear":
                    self._views.closed(user, whole=True)
                case None:
                    self._views.closed(user, whole=False)
                case _:
                    raise ControlError(f"The app answered with {action}, which Slack ignores.")
        except ApiError as refused:
            raise ControlError(f"The app's view is refused: {refused.more}.") from refused
        return answer({"ok": True, "views": self._interact.stacks.get(user, [])})

    async def _wait(self, trigger: Trigger, seconds: float) -> None:
        """Until something of this gesture is to be seen."""
        try:
            async with asyncio.timeout(seconds):
                await trigger.news.wait()
        except TimeoutError:
            return


def _found(
    blocks: list[dict[str, Any]], body: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        value = body.get("value")
        return forms.find(blocks, text(body, "action_id"), body.get("block_id"), value)
    except forms.FormError as bad:
        raise MissingError(str(bad)) from bad


def _result(trigger: Trigger, outcome: Outcome) -> web.Response:
    more = {} if outcome.ok else {"error": outcome.error}
    return answer({"ok": outcome.ok, "answers": trigger.answers, "views": trigger.views, **more})


def _channel_name(channel: Channel) -> str:
    return {"group": "privategroup", "im": "directmessage"}.get(channel.kind, channel.name)


def _seconds(body: dict[str, Any], default: float) -> float:
    wait = body.get("wait", default)
    if isinstance(wait, bool) or not isinstance(wait, int | float) or not 0 <= wait <= LONGEST_WAIT:
        raise ControlError(f"wait is a number of seconds up to {LONGEST_WAIT:.0f}.")
    return float(wait)
