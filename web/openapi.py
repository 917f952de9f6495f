"""The API's description in OpenAPI 3.1, made from the shapes that the handlers use."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from web import live, problems, relations, shapes

Schema = dict[str, Any]
_SCHEMAS = "#/components/schemas/{name}"


@dataclass(frozen=True, slots=True)
class Operation:
    """`answers` is the shape of a good answer, or nothing for a stream or a file (`gives`).

    `sends` is the type of a body that is a file.
    """

    method: str
    path: str
    summary: str
    answers: type[msgspec.Struct] | None
    status: int = 200
    body: type[msgspec.Struct] | None = None
    query: tuple[tuple[str, str], ...] = ()
    problems: tuple[int, ...] = ()
    sends: str = ""
    gives: str = "text/event-stream"


_LIMIT = ("limit", "The most items of the answer.")
_POST = (400, 403, 404, 409, 413, 415, 422, 429)
_CHANGE = (400, 403, 404, 409, 422)
_AFTER = ("after", "As `Last-Event-ID`, which wins over it.")

OPERATIONS = (
    Operation("get", "/api/me", "Who I am.", shapes.MeShape),
    Operation(
        "get",
        "/api/standing",
        "Which platforms are being read for what was missed.",
        shapes.StandingShape,
    ),
    Operation(
        "get",
        "/api/threads",
        "My threads, most recently active first.",
        shapes.InboxShape,
        query=(
            ("which", "all, mine, unassigned, waiting or requests."),
            ("older", "The `older` of the page before."),
            _LIMIT,
        ),
        problems=(400,),
    ),
    Operation(
        "post",
        "/api/threads",
        "Send a pin to some people. The same people and the same pin are one thread.",
        shapes.StartedShape,
        201,
        shapes.NewThread,
        problems=_POST,
    ),
    Operation(
        "get",
        "/api/threads/{id}",
        "A thread of mine, by its id or its code.",
        shapes.ThreadShape,
        problems=(404,),
    ),
    Operation(
        "get",
        "/api/threads/{id}/messages",
        "A page of a thread, oldest first; the newest page without a cursor.",
        shapes.PageShape,
        query=(
            ("before", "The cursor of a line: what came before it."),
            ("after", "The cursor of a line: what came after it."),
            _LIMIT,
        ),
        problems=(400, 404),
    ),
    Operation(
        "post",
        "/api/threads/{id}/messages",
        "Write into a thread: words, files, a pin, or several of these.",
        shapes.PostedShape,
        201,
        shapes.NewMessage,
        problems=_POST,
    ),
    Operation(
        "patch",
        "/api/threads/{id}/messages/{message}",
        "Change the words of a message of mine.",
        shapes.PostedShape,
        body=shapes.NewText,
        problems=_POST,
    ),
    Operation(
        "delete",
        "/api/threads/{id}/messages/{message}",
        "Delete a message of mine, everywhere.",
        shapes.PostedShape,
        problems=_CHANGE,
    ),
    Operation(
        "post",
        "/api/threads/{id}/messages/{message}/retry",
        "Try a message of mine once more wherever it failed. Once in ten seconds.",
        shapes.PostedShape,
        problems=(403, 404, 429),
    ),
    Operation(
        "put",
        "/api/threads/{id}/messages/{message}/reactions/{emoji}",
        "React to a message.",
        shapes.PostedShape,
        problems=_CHANGE,
    ),
    Operation(
        "delete",
        "/api/threads/{id}/messages/{message}/reactions/{emoji}",
        "Take a reaction of mine back.",
        shapes.PostedShape,
        problems=_CHANGE,
    ),
    Operation(
        "post",
        "/api/threads/{id}/people",
        "Add people to the conversation of a thread.",
        shapes.ThreadShape,
        200,
        shapes.NewPeople,
        problems=_POST,
    ),
    Operation(
        "post",
        "/api/threads/{id}/people/remove",
        "Take people out of a conversation that I have started.",
        shapes.ThreadShape,
        body=relations.Removed,
        problems=_POST,
    ),
    Operation(
        "post",
        "/api/threads/{id}/accept",
        "Accept that somebody writes to me; a brand follows back by it.",
        shapes.ThreadShape,
        problems=_CHANGE,
    ),
    Operation(
        "post",
        "/api/threads/{id}/ignore",
        "Ignore a request. Nobody is told.",
        shapes.ThreadShape,
        problems=_CHANGE,
    ),
    Operation(
        "put",
        "/api/threads/{id}/mute",
        "No pings from the conversation of a thread.",
        shapes.ThreadShape,
        problems=_CHANGE,
    ),
    Operation(
        "delete",
        "/api/threads/{id}/mute",
        "Pings from it again.",
        shapes.ThreadShape,
        problems=_CHANGE,
    ),
    Operation(
        "post",
        "/api/threads/{id}/report",
        "Show a thread, or one message of it, to whoever runs Pinthread.",
        shapes.ThreadShape,
        body=relations.NewReport,
        problems=_POST,
    ),
    Operation(
        "get",
        "/api/threads/{id}/places",
        "The channels in which others read the conversation of a thread.",
        relations.PlacesShape,
        problems=(404,),
    ),
    Operation(
        "delete",
        "/api/threads/{id}/places/{place}",
        "Let it appear there no longer. Everybody in it is told.",
        relations.PlacesShape,
        problems=_CHANGE,
    ),
    Operation(
        "put",
        "/api/threads/{id}/assignee",
        "Who of the brand answers here.",
        shapes.ThreadShape,
        body=relations.NewAssignee,
        problems=_POST,
    ),
    Operation(
        "put",
        "/api/threads/{id}/status",
        "Where a thread stands in the brand's inbox.",
        shapes.ThreadShape,
        body=relations.NewStatus,
        problems=_POST,
    ),
    Operation(
        "get",
        "/api/search",
        "Messages that I may see, newest first.",
        relations.HitsShape,
        query=(
            ("q", "Words, and from:@handle, before:2026-01-31, after:2026-01-31."),
            ("older", "The `older` of the page before."),
            _LIMIT,
        ),
        problems=(400, 422),
    ),
    *(
        Operation(
            method, f"/api/people/{{handle}}/{act}", summary, shapes.PersonShape, problems=_CHANGE
        )
        for act, method, summary in (
            ("follow", "put", "Follow somebody."),
            ("follow", "delete", "Follow them no longer."),
            ("block", "put", "Block somebody. Nobody is told."),
            ("block", "delete", "Block them no longer."),
        )
    ),
    *(
        Operation("get", f"/api/{name}", summary, shapes.PeopleShape)
        for name, summary in (
            ("follows", "Whom I follow."),
            ("followers", "Who follows me."),
            ("blocked", "Whom I have blocked."),
            ("brands", "The brands one can follow."),
        )
    ),
    Operation("get", "/api/me/notifications", "What I am told.", relations.Told),
    Operation(
        "put",
        "/api/me/notifications",
        "Choose what I am told, and when not.",
        relations.Told,
        body=relations.Told,
        problems=(400, 413, 415, 422),
    ),
    Operation(
        "post",
        "/api/me/export",
        "All that I can read, as an archive. It takes a while.",
        relations.ExportShape,
    ),
    Operation(
        "post",
        "/api/me/forget",
        "Leave for good: nobody acts as me any more, and my words are erased.",
        shapes.PersonShape,
        body=relations.Goodbye,
        problems=(400, 413, 415, 422),
    ),
    Operation(
        "post",
        "/api/threads/{id}/leave",
        "Leave the conversation of a thread.",
        shapes.LeftShape,
        problems=_POST,
    ),
    Operation(
        "get",
        "/api/pins",
        "What is known of a pin.",
        shapes.PinShape,
        query=(("address", "The address of a pin, short or long."),),
        problems=(422,),
    ),
    Operation(
        "get",
        "/api/pins/recent",
        "Pins of my threads, newest first.",
        shapes.PinsShape,
        query=(_LIMIT,),
        problems=(400,),
    ),
    Operation(
        "get",
        "/api/people",
        "People whose handle or name starts so.",
        shapes.PeopleShape,
        query=(("q", "The first letters."), _LIMIT),
        problems=(400,),
    ),
    Operation(
        "post",
        "/api/files",
        "Send a file up, for a message that names it by its ticket within a day.",
        shapes.UploadShape,
        201,
        query=(
            ("name", "The file's name, where the body is its bytes alone."),
            ("alt", "What a picture shows, in words, likewise."),
        ),
        problems=(400, 403, 408, 413, 422, 429),
        sends="multipart/form-data",
    ),
    Operation(
        "get",
        "/api/files/{id}/{name}",
        "A file of a message that I may see, or one by its signed address.",
        None,
        problems=(404, 410, 416),
        gives="application/octet-stream",
    ),
    Operation(
        "get",
        "/api/live",
        "Server-sent events: `ready` once, then `message` and `change` (MessageEvent), `thread` "
        "(ThreadEvent), `places` (PlacesEvent) and `delivery` (DeliveryEvent). Send the last id "
        "as `Last-Event-ID` to go on after it.",
        None,
        query=(_AFTER,),
        problems=(400, 429),
    ),
)

DEMO_OPERATIONS = (
    Operation("get", "/api/demo/people", "Who can be acted as.", shapes.PeopleShape),
    Operation(
        "post",
        "/api/demo/say",
        "Say something as somebody: to people with a pin, or on in a thread.",
        shapes.SaidShape,
        201,
        shapes.DemoWords,
        problems=_POST,
    ),
    Operation(
        "get",
        "/api/demo/deliveries",
        "Where the newest messages of a bound channel stand, and how many wait.",
        shapes.StripsShape,
        query=(("platform", "`slack` or `discord`."), ("channel", "The channel's id."), _LIMIT),
        problems=(400,),
    ),
    Operation(
        "get",
        "/api/demo/live",
        'Server-sent events: `ready` once, then `change` with `{"thread", "kind"}`.',
        None,
        problems=(429,),
    ),
)

_EVENTS = (live.MessageEvent, live.ThreadEvent, live.PlacesEvent, live.DeliveryEvent)


_IN_PATH = {
    "handle": "Somebody's handle.",
    "id": "The id of a thread, or its code, or the id of a file.",
    "message": "A message's id.",
    "place": "The id of a channel that others read.",
    "emoji": "One emoji, or `:name:` of a custom one.",
    "name": "The file's name.",
}


def description(*, demo: bool) -> Schema:
    """The whole document. The demonstration's calls are in it where they exist."""
    operations = OPERATIONS + (DEMO_OPERATIONS if demo else ())
    paths: dict[str, Schema] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Pinthread",
            "version": "1",
            "description": "Conversations around pins. Errors are application/problem+json.",
        },
        "paths": paths,
        "components": {
            "schemas": _schemas(operations),
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "pinthread"},
                "demo": {"type": "http", "scheme": "bearer"},
            },
        },
        "security": [{"session": []}, *([{"demo": []}] if demo else [])],
    }


def document(*, demo: bool) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler that serves the description, which is made once."""
    body = msgspec.json.encode(description(demo=demo))

    async def serve(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    return serve


def _operation(each: Operation) -> Schema:
    parameters = [_parameter(name, "query", about) for name, about in each.query]
    for name, about in _IN_PATH.items():
        if f"{{{name}}}" in each.path:
            parameters.append(_parameter(name, "path", about))
    if each.method != "get" and not each.sends:
        about = "The same key with the same body is answered the same and changes nothing."
        parameters.append(_parameter("Idempotency-Key", "header", about))
    found: Schema = {
        "operationId": _name(each),
        "summary": each.summary,
        "responses": {str(each.status): _good(each)}
        | {str(status): _problem(status) for status in (401, *each.problems)},
    }
    if parameters:
        found["parameters"] = parameters
    if each.body:
        found["requestBody"] = {"required": True, "content": _json(each.body)}
    if each.sends:
        file = {"type": "string", "contentMediaType": "application/octet-stream"}
        form = {"type": "object", "properties": {"alt": {"type": "string"}, "file": file}}
        found["requestBody"] = {
            "required": True,
            "content": {
                each.sends: {"schema": form},
                "application/octet-stream": {"schema": {}},
            },
        }
    return found


def _good(each: Operation) -> Schema:
    if each.answers is None:
        return {"description": "A stream.", "content": {each.gives: {"schema": {}}}}
    good: Schema = {"description": "Done.", "content": _json(each.answers)}
    if each.method != "get" and not each.sends:
        good["headers"] = {
            "Repeated": {
                "description": "`true` where the key had been used for the same before.",
                "schema": {"type": "string"},
            }
        }
    return good


def _problem(status: int) -> Schema:
    content = {"application/problem+json": {"schema": _ref(problems.ProblemBody)}}
    return {"description": f"A problem ({status}).", "content": content}


def _parameter(name: str, where: str, about: str) -> Schema:
    kind: Schema = {"type": "integer", "minimum": 1} if name == "limit" else {"type": "string"}
    required = {"required": True} if where == "path" else {}
    return {"name": name, "in": where, "description": about, "schema": kind, **required}


def _json(shape: type[msgspec.Struct]) -> Schema:
    return {"application/json": {"schema": _ref(shape)}}


def _ref(shape: type[msgspec.Struct]) -> Schema:
    return {"$ref": _SCHEMAS.format(name=shape.__name__)}


def _schemas(operations: tuple[Operation, ...]) -> Schema:
    used = [shape for each in operations for shape in (each.answers, each.body) if shape]
    types = dict.fromkeys((*used, *_EVENTS, problems.ProblemBody))
    _, components = msgspec.json.schema_components(types, ref_template=_SCHEMAS)
    return components


def _name(each: Operation) -> str:
    words = re.sub(r"{\w+}", "one", each.path.removeprefix("/api/")).split("/")
    return each.method + "".join(word.capitalize() for word in words)
