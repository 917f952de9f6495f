"""What HTTP itself can suffer: a connection cut before there is an answer."""

from aiohttp import web


def cut(request: web.Request) -> web.Response:
    """Reset the caller's connection; return the result from the handler, nobody will see it."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=503)
