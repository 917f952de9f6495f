"""The description: every route is in it, and live answers keep to it."""

from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from bridge.files.folder import FolderFiles
from bridge.reading.markup import Markdown
from web.openapi import description
from web.server import build
from web.settings import Demo, Settings

OAK = "https://www.pinterest.com/pin/99360735500167749/"
DEMO = Demo(people=("mia",), origin="http://127.0.0.1:8765")


@pytest.mark.parametrize("demo", [None, DEMO])
async def test_every_route_of_the_api_is_described(
    desk: Any, demo: Demo | None, tmp_path: Path
) -> None:
    app = build(desk, Settings(demo=demo), Markdown(), files=FolderFiles(tmp_path))
    routes = {
        (route.method.lower(), route.resource.canonical)
        for route in app.router.routes()
        if route.resource and route.resource.canonical.startswith("/api/")
    }
    described = {
        (method, path)
        for path, methods in description(demo=demo is not None)["paths"].items()
        for method in methods
    }
    served = {route for route in routes if route[0] != "head"}
    assert served - {("get", "/api/openapi.json")} == described


def test_every_reference_leads_somewhere() -> None:
    document = description(demo=True)
    schemas = document["components"]["schemas"]
    found: list[Any] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                found.append(node["$ref"])
            for each in node.values():
                walk(each)
        elif isinstance(node, list):
            for each in node:
                walk(each)

    walk(document)
    assert found
    assert {ref.removeprefix("#/components/schemas/") for ref in found} <= set(schemas)


async def test_live_answers_keep_to_it(world: Any) -> None:
    mia = await world.client("mia")
    _, document, _ = await mia("GET", "/api/openapi.json")
    assert document["openapi"] == "3.1.0"

    async def call(method: str, path: str, at: str, body: Any = None, **more: Any) -> Any:
        status, answer, headers = await mia(method, at, body, **more)
        operation = document["paths"][path][method.lower()]
        described = operation["responses"][str(status)]
        kind = headers["Content-Type"].partition(";")[0]
        schema = described["content"][kind]["schema"]
        jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(
            answer
        )
        return answer

    threads, one = "/api/threads", "/api/threads/{id}"
    await call("GET", "/api/me", "/api/me")
    started = await call("POST", threads, threads, {"to": ["northwind"], "pin": OAK, "text": "hi"})
    at = f"/api/threads/{started['thread']['id']}"
    more = {"text": "more", "pin": OAK}
    posted = await call("POST", f"{one}/messages", f"{at}/messages", more)
    message, to = f"{one}/messages/{{message}}", f"{at}/messages/{posted['line']['message']}"
    await call("PATCH", message, to, {"text": "other words"})
    await call("PUT", f"{message}/reactions/{{emoji}}", f"{to}/reactions/%F0%9F%91%8D")
    await call("PUT", f"{message}/reactions/{{emoji}}", f"{to}/reactions/words")
    await call("DELETE", f"{message}/reactions/{{emoji}}", f"{to}/reactions/%F0%9F%91%8D")
    file = await mia.upload(b"words", "a.txt")
    schema = document["paths"]["/api/files"]["post"]["responses"]["201"]["content"]
    jsonschema.Draft202012Validator(
        {**schema["application/json"]["schema"], "components": document["components"]}
    ).validate(file)
    with_file = {
        "files": [{"ticket": file["ticket"], "alt": "A"}],
        "answers": posted["line"]["message"],
    }
    await call("POST", f"{one}/messages", f"{at}/messages", with_file)
    await call("POST", f"{one}/messages", f"{at}/messages", {"files": [{"ticket": "made up"}]})
    await call("DELETE", message, to)
    await call("PATCH", message, f"{at}/messages/unknown", {"text": "x"})
    await call("GET", threads, threads)
    await call("GET", one, at)
    await call("GET", f"{one}/messages", f"{at}/messages")
    await call("POST", f"{one}/people", f"{at}/people", {"add": ["rosa"]})
    await call("GET", "/api/pins", f"/api/pins?address={OAK}")
    await call("GET", "/api/pins/recent", "/api/pins/recent")
    await call("GET", "/api/people", "/api/people?q=r")
    await call("POST", f"{one}/leave", f"{at}/leave")
    await call("GET", f"{one}/messages", f"{at}/messages?before=x")
    await call("GET", one, "/api/threads/unknown")
    await call("POST", f"{one}/messages", f"{at}/messages", {"text": "out"})
    await call("POST", threads, threads, {"to": []})
    await call("POST", threads, threads, data=b"{", headers={"Content-Type": "application/json"})
