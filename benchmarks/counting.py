"""Stands between the program and the sandbox's Slack, and counts the calls by method.

A process of its own; the counts are at `/_counts`.

    python -m benchmarks.counting --to http://127.0.0.1:8765
"""

import argparse
import asyncio
import json
import signal
from collections import Counter

import aiohttp
from aiohttp import web

_PASSED_ON = ("Authorization", "Content-Type")


async def serve(to: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    counts: Counter[str] = Counter()

    async with aiohttp.ClientSession() as http:

        async def pass_on(request: web.Request) -> web.Response:
            counts[request.path.rpartition("/")[2]] += 1
            headers = {key: request.headers[key] for key in _PASSED_ON if key in request.headers}
            body = await request.read()
            async with http.request(
                request.method, f"{to}{request.path_qs}", data=body, headers=headers
            ) as got:
                kept = ("Retry-After", "X-OAuth-Scopes")
                return web.Response(
                    body=await got.read(),
                    status=got.status,
                    content_type=got.content_type,
                    headers={key: got.headers[key] for key in kept if key in got.headers},
                )

        async def tell(_: web.Request) -> web.Response:
            return web.json_response(counts)

        app = web.Application()
        app.router.add_get("/_counts", tell)
        app.router.add_route("*", "/{path:.*}", pass_on)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
        await stop.wait()
        await runner.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", required=True)
    asyncio.run(serve(parser.parse_args().to))
