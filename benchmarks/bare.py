"""The baseline of `relay`: a bolt handler that calls the webhook, and nothing else.

Bolt as its guide shows it, with the defaults; the webhook is called on a session of
aiohttp, which is far cheaper than discord.py's `Webhook`, and on the event loop that
the program uses. No store, no order, no retries. Its thread map is a dictionary handed to it.

    python -m benchmarks.bare --rest http://127.0.0.1:1/api --threads threads.json
"""

import argparse
import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import aiohttp
import uvloop
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from benchmarks.load import SECRET


async def serve(rest: str, spaces: dict[str, str]) -> None:
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=512))

    client = AsyncWebClient(token="xoxb-bench", base_url=rest.replace("/api", "/slack/api/"))
    app = AsyncApp(signing_secret=SECRET, client=client)

    @app.event("message")
    async def relay(event: dict[str, Any]) -> None:
        body = {
            "content": event["text"],
            "username": "Ada",
            "allowed_mentions": {"parse": []},
        }
        thread = spaces[f"{event['channel']}:{event['thread_ts']}"]
        url = f"{rest}/webhooks/800000000000000001/t?wait=true&thread_id={thread}"
        async with session.post(url, json=body) as answer:
            await answer.json()

    async def events(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    web_app = web.Application()
    web_app.router.add_post("/slack/events", events)
    runner = web.AppRunner(web_app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
    await stop.wait()
    await runner.cleanup()
    await session.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rest", required=True)
    parser.add_argument("--spaces", required=True)
    args = parser.parse_args()
    uvloop.run(serve(args.rest, json.loads(Path(args.spaces).read_text())))
