"""What goes wrong between a client and a site, to be switched on at run time.

A fault takes the place of the answer, or spoils the answer that the site gives.
"""

from collections.abc import Awaitable, Callable, Collection as Kinds
from dataclasses import dataclass
from datetime import datetime
import json
from typing import override

from aiohttp import hdrs, web
from yarl import URL

from . import v3
from .answers import (
    html_error,
    http_date,
    json_answer,
    mongo_error,
    not_found,
    text_answer,
    unauthorized,
)
from .site import ServerCrashError, Site

type Serve = Callable[[], Awaitable[web.StreamResponse]]
"""Makes the answer that the site would give."""

_CHUNK = b" " * 65_536
_COLLECTIONS = frozenset({"entries", "treatments", "devicestatus", "profile"})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that goes wrong."""

    only: Kinds[str] = ()
    """Kinds of path it is limited to, such as `treatments`; all if empty."""

    versions: Kinds[str] = ()
    """Versions of the API it is limited to, such as `v3`; all if empty."""

    times: int | None = None
    """After how many requests it is over, None for never."""

    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        """Return what the client gets."""
        raise NotImplementedError


class Refuse(Fault):
    """The credential is not good any more, or a proxy says so."""

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        if is_v3(request):
            return v3.problem(401, "Bad access token or JWT")
        return unauthorized()


class Unreachable(Fault):
    """The connection is dropped as soon as the request is there."""

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        drop(request)
        return web.Response()


class Hang(Fault):
    """Nothing is answered until the fault is over; then what was asked for."""

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        await site.fault_over.wait()
        return await serve()


@dataclass(frozen=True)
class Slow(Fault):
    """Every answer takes its time."""

    seconds: float

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        await site.sleep(self.seconds)
        return await serve()


@dataclass(frozen=True)
class Truncate(Fault):
    """The body ends in the middle."""

    is_announced: bool = False
    """Whether the length says so: the connection stays, but the JSON is broken."""

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        whole = await serve()
        body = _body(whole)
        half = body[: len(body) // 2]
        response = web.StreamResponse(status=whole.status)
        response.headers[hdrs.CONTENT_TYPE] = whole.headers[hdrs.CONTENT_TYPE]
        response.content_length = len(half) if self.is_announced else len(body)
        await response.prepare(request)
        await response.write(half)
        if not self.is_announced and request.transport is not None:
            request.transport.close()
        return response


@dataclass(frozen=True)
class Html(Fault):
    """A page comes where JSON was promised: a login, a parked domain."""

    text: str = "<!DOCTYPE html><html><body>Please log in</body></html>"

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        return text_answer(self.text, "text/html")


@dataclass(frozen=True)
class ServerError(Fault):
    """The site, or the proxy before it, is broken."""

    status: int = 500

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        return html_error(self.status, "Something went wrong")


class NotFound(Fault):
    """Nobody serves the path."""

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        return not_found(request)


@dataclass(frozen=True)
class RateLimit(Fault):
    """Whoever hosts the site has had enough."""

    retry_after: float | datetime | None = None
    """Seconds, or the moment as an HTTP date, None to leave the header out."""

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        response = html_error(429, "Too Many Requests")
        after = self.retry_after
        if after is not None:
            response.headers[hdrs.RETRY_AFTER] = (
                http_date(after) if isinstance(after, datetime) else f"{after:g}"
            )
        return response


@dataclass(frozen=True)
class Garbage(Fault):
    """JSON of another shape than the API promises."""

    data: object = "surprise"

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        return json_answer(self.data)


@dataclass(frozen=True)
class NullBody(Garbage):
    """The body is `null`."""

    data: object = None


class Silence(Fault):
    """The site answers, but there is not a single document."""

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        if kind not in _COLLECTIONS:
            return await serve()
        return v3.answer({"result": []}) if is_v3(request) else json_answer([])


@dataclass(frozen=True)
class Endless(Fault):
    """A body that never ends, until the fault is over."""

    pause: float = 0.0
    """Seconds of the site's sleep between two chunks."""

    chunk: bytes = _CHUNK

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        response = await _begin_json(request)
        while not site.fault_over.is_set():
            await response.write(self.chunk)
            await site.sleep(self.pause)
        return response


@dataclass(frozen=True)
class Huge(Fault):
    """A body of many megabytes that is valid JSON: an empty array."""

    megabytes: int = 32
    is_announced: bool = True
    """Whether the length is told beforehand."""

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        chunks = self.megabytes * 2**20 // len(_CHUNK)
        length = chunks * len(_CHUNK) + 2
        response = await _begin_json(request, length if self.is_announced else None)
        await response.write(b"[")
        for _ in range(chunks):
            await response.write(_CHUNK)
        await response.write(b"]")
        return response


@dataclass(frozen=True)
class Redirect(Fault):
    """The site has moved, or wants to be asked by another name."""

    to: URL
    status: int = 307
    is_path_kept: bool = True
    """Whether path and query are the same at the new place."""

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        target = self.to.join(request.rel_url) if self.is_path_kept else self.to
        headers = {hdrs.LOCATION: str(target)}
        return web.Response(status=self.status, headers=headers)


@dataclass(frozen=True)
class DatabaseLost(Fault):
    """The site runs, but its database does not answer.

    Over its sockets it says that all treatments are gone.
    """

    seconds: float = 0.0
    """How long the site tries; a real one does for 30 seconds."""

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        """Return what the client gets.

        Raises:
            ServerCrashError: The server reads a profile out of nothing.
        """
        if request.path.endswith("/profile/current"):
            raise ServerCrashError
        if kind not in _COLLECTIONS:
            return await serve()
        await site.sleep(self.seconds)
        if is_v3(request):
            return v3.problem(500, "Database error")
        if kind == "entries":
            return mongo_error("Server selection timed out after 30000 ms")
        return json_answer(None)


class EntriesOnly(Fault):
    """A server that speaks only the part of v1 that followers need."""

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        is_spoken = kind == "entries" and not is_v3(request)
        return await serve() if is_spoken else not_found(request)


def is_v3(request: web.Request) -> bool:
    """Return whether version 3 is asked."""
    return "/api/v3/" in request.path


def drop(request: web.Request) -> None:
    """Cut the connection that a request came on."""
    if request.transport is not None:
        request.transport.abort()


def documents(response: web.StreamResponse) -> list[dict[str, object]] | None:
    """Return the documents in an answer, None if there are none.

    Version 3 puts them into an envelope.
    """
    try:
        data: object = json.loads(_body(response))
    except json.JSONDecodeError:
        return None
    if isinstance(data, dict):
        data = data.get("result")
    return data if isinstance(data, list) else None


def _body(response: web.StreamResponse) -> bytes:
    """Return what an answer says, before anybody compresses it."""
    body = response.body if isinstance(response, web.Response) else None
    return body if isinstance(body, bytes) else b""


async def _begin_json(
    request: web.Request, length: int | None = None
) -> web.StreamResponse:
    """Return an answer whose headers are sent, and whose body can be written."""
    response = web.StreamResponse()
    response.content_type = "application/json"
    response.content_length = length
    await response.prepare(request)
    return response
