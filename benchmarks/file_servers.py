"""The far side of `files`: a Slack that holds files and a Discord that takes them.

Bytes are made and thrown away in pieces, so that the servers are never what is
measured. The rest of both platforms is what `benchmarks.receiver` answers.

    python -m benchmarks.file_servers --size 10485760
"""

import argparse
import asyncio
import json
import signal
from hashlib import blake2b

from aiohttp import BodyPartReader, web

from benchmarks.limits import Limits
from benchmarks.receiver import Notes, gateway, other

PIECE = 128 * 1024


class FileServers:
    """`taken` counts the files that Discord took, and their bytes."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._notes = Notes(0.0, Limits(0.0))
        self.taken = 0
        self.bytes = 0
        self._news = asyncio.Condition()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/gateway", gateway),
            web.get("/_taken", self.count),
            web.get("/slack/files/{name}", self.give),
            web.post("/api/webhooks/{id}/{token}", self.take),
            web.route("*", "/{path:.*}", self.rest),
        ]

    async def count(self, request: web.Request) -> web.Response:
        """Answers once there are `wait` files, so that nobody need ask again and again."""
        wanted = int(request.query.get("wait", "0"))
        async with self._news:
            await self._news.wait_for(lambda: self.taken >= wanted)
        return web.json_response({"taken": self.taken, "bytes": self.bytes})

    async def rest(self, request: web.Request) -> web.Response:
        if request.path.endswith("files.info"):
            name = (await request.post()).get("file") or request.query.get("file", "")
            return web.json_response({"ok": True, "file": self._file(request, str(name))})
        headers = {"x-oauth-scopes": "chat:write,chat:write.customize,files:read,files:write"}
        # discord.py reads JSON only where the content type is this and nothing more.
        body = json.dumps(other(request.method, request.path)).encode()
        return web.Response(body=body, content_type="application/json", headers=headers)

    def _file(self, request: web.Request, name: str) -> dict[str, object]:
        address = f"http://{request.host}/slack/files/{name}"
        return {
            "id": name,
            "name": f"{name}.bin",
            "mimetype": "application/octet-stream",
            "size": self._size,
            "url_private": address,
            "url_private_download": address,
        }

    async def give(self, request: web.Request) -> web.StreamResponse:
        """Bytes that are another file for each name."""
        answer = web.StreamResponse(
            headers={
                "Content-Type": "application/octet-stream",
                "Content-Length": str(self._size),
            }
        )
        await answer.prepare(request)
        seed = blake2b(request.match_info["name"].encode(), digest_size=32).digest()
        piece = seed * (PIECE // len(seed))
        left = self._size
        while left > 0:
            await answer.write(piece[:left])
            left -= PIECE
        return answer

    async def take(self, request: web.Request) -> web.Response:
        if request.content_type != "multipart/form-data":
            sent = await request.json()
            return self._posted(request, sent.get("content", ""))
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            count = 0
            while piece := await part.read_chunk(PIECE):
                count += len(piece)
            if part.filename:
                self.taken += 1
                self.bytes += count
                async with self._news:
                    self._news.notify_all()
        return self._posted(request, "")

    def _posted(self, request: web.Request, content: str) -> web.Response:
        thread = request.query.get("thread_id", "")
        body = self._notes.take(thread, content, request.match_info["id"])
        return web.Response(body=body, content_type="application/json")


async def serve(size: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    app = web.Application(client_max_size=2**30)
    app.add_routes(FileServers(size).routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    print(json.dumps({"rest": port, "gateway": port}), flush=True)
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, required=True)
    asyncio.run(serve(parser.parse_args().size))
