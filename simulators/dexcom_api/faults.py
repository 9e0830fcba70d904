"""What goes wrong between a client and Dexcom."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum

from aiohttp import hdrs, web

type Serve = Callable[[], Awaitable[web.Response]]
"""Makes the answer that the API would give."""

_CHUNK = b" " * 65_536


class Fault(StrEnum):
    """Something that goes wrong; it is switched on for every request."""

    REFUSE = "refuse"
    UNREACHABLE = "unreachable"
    HANG = "hang"
    HTML = "html"
    SERVER_ERROR = "server_error"
    NOT_FOUND = "not_found"
    RATE_LIMIT = "rate_limit"
    GARBAGE = "garbage"
    CUT_OFF = "cut_off"
    TRUNCATED = "truncated"
    ENDLESS = "endless"
    BARRED = "barred"
    """Something before the API turns everybody away."""
    LOST_TOKEN = "lost_token"
    """A token is rotated, and the answer never arrives; other requests are fine."""


async def spoiled(
    fault: Fault, request: web.Request, serve: Serve, over: asyncio.Event
) -> web.StreamResponse:
    """Return what the client gets instead of the answer."""
    match fault:
        case Fault.HANG:
            await over.wait()
            return await serve()
        case Fault.CUT_OFF | Fault.TRUNCATED:
            return await _halved(request, await serve(), is_cut=fault == Fault.CUT_OFF)
        case Fault.ENDLESS:
            return await _endless(request, over)
        case Fault.LOST_TOKEN:
            answer = await serve()
            return drop(request) if request.path.endswith("/token") else answer
        case Fault.UNREACHABLE:
            return drop(request)
    return _instead(fault)


def drop(request: web.Request) -> web.Response:
    """Cut the connection that a request came on."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _instead(fault: Fault) -> web.Response:
    """Return an answer that has nothing to do with the request."""
    match fault:
        case Fault.HTML | Fault.BARRED:
            return web.Response(
                status=403 if fault == Fault.BARRED else 200,
                text="<html>Maintenance</html>",
                content_type="text/html",
            )
        case Fault.GARBAGE:
            return web.json_response("surprise")
        case Fault.RATE_LIMIT:
            return web.Response(status=429, headers={hdrs.RETRY_AFTER: "90"})
        case Fault.NOT_FOUND:
            return web.Response(status=404)
        case Fault.REFUSE:
            return web.Response(status=401)
    return web.Response(status=503)


async def _halved(
    request: web.Request, whole: web.Response, *, is_cut: bool
) -> web.StreamResponse:
    """Return the first half of an answer; if cut, its length says that it is."""
    body = whole.body if isinstance(whole.body, bytes) else b""
    half = body[: len(body) // 2]
    response = web.StreamResponse(status=whole.status)
    response.content_type = whole.content_type
    response.content_length = len(body) if is_cut else len(half)
    await response.prepare(request)
    await response.write(half)
    if is_cut and request.transport is not None:
        request.transport.close()
    return response


async def _endless(request: web.Request, over: asyncio.Event) -> web.StreamResponse:
    """Return a body that goes on until the fault is over."""
    response = web.StreamResponse()
    response.content_type = "application/json"
    await response.prepare(request)
    while not over.is_set():
        await response.write(_CHUNK)
        await asyncio.sleep(0)
    return response
