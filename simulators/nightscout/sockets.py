"""The sockets of a simulated site, over which it says what is new unasked.

Source: recorded traffic of a 15.0.7 server; lib/server/websocket.js and
lib/api3/storageSocket.js of cgm-remote-monitor.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
import logging
from typing import Any

from aiohttp import web
from socketio import AsyncServer

from .credentials import Attempt, Grant
from .documents import Document
from .faults import DatabaseLost, Fault
from .site import Site, address_of
from .socket_faults import (
    DropSockets,
    GarbageSocket,
    RefuseSocket,
    SilentSocket,
    Stage,
    TwiceSocket,
)
from .updates import Updates

_RECEIVERS = "DataReceivers"
_COLLECTIONS = ("devicestatus", "entries", "food", "profile", "treatments")
_LONGEST_LOOK = 60.0
"""Seconds between two looks at the clock, which may have jumped."""

_SILENT = logging.getLogger(f"{__name__}.library")
_SILENT.disabled = True


class Sockets:
    """Everybody who is connected, and what they are told."""

    def __init__(
        self,
        site: Site,
        fault: Callable[[], Fault | None],
        *,
        ping: tuple[float, float],
        reload: float,
        debounce: float,
    ) -> None:
        """Wait for somebody.

        Args:
            site: Whose data it is.
            fault: Returns what goes wrong at present.
            ping: Seconds between pings, and how long to wait for an answer.
            reload: Seconds from a change to the moment it is known.
            debounce: Seconds of rest after each change.
        """
        self._site = site
        self._fault = fault
        self._reload = reload
        self._debounce = debounce
        self._updates = Updates(site)
        self._changed = asyncio.Event()
        self._counted = asyncio.Event()
        self._listeners: set[str] = set()
        self._readers: set[str] = set()
        self.claims: list[Document] = []
        """What was said by those who wanted to listen, oldest first."""
        self.namespaces: set[str] = set()
        """Which parts of the socket anybody has joined."""
        self._requests: dict[asyncio.Task[web.StreamResponse], web.Request] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._watching: asyncio.Task[Any] | None = None
        self._server = AsyncServer(
            async_mode="aiohttp",
            logger=_SILENT,
            engineio_logger=_SILENT,
            ping_interval=ping[0],
            ping_timeout=ping[1],
            monitor_clients=False,
        )
        # Its own way forgets about tasks, which then outlive the site.
        self._server.eio.start_background_task = self._start
        self._server.on("connect", self._greet)
        self._server.on("disconnect", self._forget)
        self._server.on("authorize", self._authorize)
        self._server.on("connect", self._admit, namespace="/storage")
        self._server.on("disconnect", self._forget, namespace="/storage")
        self._server.on("subscribe", self._subscribe, namespace="/storage")

    @property
    def listeners(self) -> int:
        """Return how many are told what is new."""
        return len(self._listeners)

    async def wait_for_listeners(self, count: int) -> None:
        """Wait until so many are told what is new."""
        await self._wait_for(self._listeners, count)

    async def wait_for_readers(self, count: int) -> None:
        """Wait until so many are told what is written through version 3."""
        await self._wait_for(self._readers, count)

    async def _wait_for(self, whom: set[str], count: int) -> None:
        """Wait until there are so many of somebody."""
        while len(whom) != count:
            self._counted.clear()
            await self._counted.wait()

    async def idle(self) -> None:
        """Send no more pings, and let go of those who have gone."""
        busy = [task for task in self._tasks if task is not self._watching]
        for task in busy:
            task.cancel()
        gone = () if self._listeners else self._requests
        if done := [*busy, *gone]:
            await asyncio.wait(done)
            await asyncio.sleep(0)

    def start(self) -> None:
        """Look out for what the person uploads."""
        self._watching = self._start(self._watch)

    async def close(self) -> None:
        """Drop everybody, and look out for nothing any more."""
        self.drop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._requests, return_exceptions=True)
        self._listeners.clear()

    def drop(self) -> None:
        """Cut every connection, without a word."""
        for request in self._requests.values():
            if request.transport is not None:
                request.transport.abort()

    async def part(self) -> None:
        """Tell everybody to go, politely."""
        for sid in list(self._listeners):
            await self._server.disconnect(sid)

    async def send_raw(self, message: str | bytes) -> None:
        """Send everybody something that no library would."""
        for socket in self._server.eio.sockets.values():
            await socket.queue.put(_Raw(message))

    def change(self) -> None:
        """Notice that something was written."""
        self._changed.set()

    async def announce(self, event: str, kind: str, **document: object) -> None:
        """Say on `/storage` what was written through version 3 of the API.

        Args:
            event: `create`, `update` or `delete`.
            kind: The collection.
            document: It, as `doc`, or its `identifier`.
        """
        told: Document = {"colName": kind, **document}
        await self._server.emit(event, told, namespace="/storage", room=kind)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Serve a connection until it ends."""
        task = asyncio.ensure_future(self._server.handle_request(request))
        self._requests[task] = request
        task.add_done_callback(self._requests.pop)
        fault = self._fault()
        if isinstance(fault, DropSockets) and request.transport is not None:
            loop = asyncio.get_running_loop()
            cut = loop.call_later(fault.seconds, request.transport.abort)
            task.add_done_callback(lambda _: cut.cancel())
        # It cleans up by itself, and does not if it is cancelled.
        return await asyncio.shield(task)

    async def push(self) -> bool:
        """Say what is new now, and return whether there was anything."""
        is_lost = isinstance(self._fault(), DatabaseLost)
        update = self._updates.lose() if is_lost else self._updates.refresh()
        if update is None or self._is_silent(Stage.NEWS):
            return False
        times = 2 if isinstance(self._fault(), TwiceSocket) else 1
        for _ in range(times):
            await self._server.emit("dataUpdate", update, room=_RECEIVERS)
        return True

    async def _watch(self) -> None:
        """Say what is new as soon as it is known, but not too often."""
        while True:
            now = self._site.clock()
            left = (self._site.store.next_upload(now) - now).total_seconds()
            with suppress(TimeoutError):
                await asyncio.wait_for(
                    self._changed.wait(), min(left + 0.001, _LONGEST_LOOK)
                )
            if self._changed.is_set():
                await _rest(self._reload)
            self._changed.clear()
            if await self.push():
                await _rest(self._debounce)

    async def _greet(self, sid: str, _: object) -> None:
        """Say how many there are."""
        self.namespaces.add("/")
        await self._server.emit("clients", len(self._listeners) + 1, to=sid)

    def _admit(self, _: str, __: object) -> None:
        """Let everybody in; what they may hear is decided later."""
        self.namespaces.add("/storage")

    def _forget(self, sid: str, _: object = None) -> None:
        """Tell somebody nothing any more."""
        self._listeners.discard(sid)
        self._readers.discard(sid)
        self._counted.set()

    async def _authorize(self, sid: str, claims: Document, *_: object) -> object:
        """Tell somebody everything, if they may read everything."""
        self.claims.append(claims)
        unheard: object = self._server.not_handled
        if self._is_silent(Stage.AUTHORIZE):
            return unheard
        grant = None
        if not isinstance(self._fault(), RefuseSocket):
            grant = await self._identify(sid, claims)
        if grant is None:
            await self._server.disconnect(sid)
            return unheard
        may_read = grant.may_read()
        if may_read:
            await self._welcome(sid)
        return {
            "read": may_read,
            "write": grant.is_admin,
            "write_treatment": grant.may_create("treatments"),
        }

    async def _identify(self, sid: str, claims: Document) -> Grant | None:
        """Return what somebody may do, None if their credential is wrong."""
        request = self._server.get_environ(sid)["aiohttp.request"]
        address = address_of(request)
        if seconds := self._site.penalties.left(address, self._site.clock()):
            await self._site.sleep(seconds)
        attempt = Attempt(
            secret=_text(claims.get("secret")),
            bearer=_text(claims.get("token")),
            token=None,
        )
        grant = self._site.credentials.resolve(attempt, self._site.clock())
        if grant is None:
            self._site.penalties.add(address, self._site.clock())
        return grant

    async def _welcome(self, sid: str) -> None:
        """Tell somebody everything, and from now on what is new."""
        await self._server.emit("connected", to=sid)
        await self.push()
        await self._server.emit("dataUpdate", self._updates.everything(), to=sid)
        await self._server.enter_room(sid, _RECEIVERS)
        if isinstance(self._fault(), GarbageSocket):
            eio_sid = self._server.manager.eio_sid_from_sid(sid, "/")
            for text in self._fault_garbage():
                await self._server.eio.send(eio_sid, text)
        self._listeners.add(sid)
        self._counted.set()

    def _fault_garbage(self) -> tuple[str | bytes, ...]:
        """Return the nonsense that is said after the first update."""
        fault = self._fault()
        return fault.messages if isinstance(fault, GarbageSocket) else ()

    async def _subscribe(self, sid: str, claims: Document, *_: object) -> object:
        """Tell the holder of an access token what is written through version 3."""
        token = _text(claims.get("accessToken"))
        known = self._site.credentials.tokens
        if token is None or token not in known:
            message = "Missing or bad access token or JWT"
            return {"success": False, "message": message}
        grant = Grant(rights=known[token], token=token)
        readable = [kind for kind in _COLLECTIONS if grant.may_read(kind)]
        if not readable:
            message = "Unauthorized to receive any collection"
            return {"success": False, "message": message}
        for kind in readable:
            await self._server.enter_room(sid, kind, namespace="/storage")
        self._readers.add(sid)
        self._counted.set()
        return {"success": True, "collections": readable}

    def _is_silent(self, stage: Stage) -> bool:
        """Return whether nothing is said at a stage of a connection."""
        fault = self._fault()
        return isinstance(fault, SilentSocket) and fault.at is stage

    def _start(
        self, target: Callable[..., Coroutine[Any, Any, Any]], *args: Any, **kwargs: Any
    ) -> asyncio.Task[Any]:
        """Run something beside everything else, until the site closes."""
        task = asyncio.ensure_future(target(*args, **kwargs))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


@dataclass(frozen=True)
class _Raw:
    """A packet of the transport that is sent as it is."""

    message: str | bytes

    def encode(self) -> str | bytes:
        """Return what is sent."""
        return self.message


async def _rest(seconds: float) -> None:
    """Do nothing for a while, and not even that for no time at all."""
    if seconds:
        await asyncio.sleep(seconds)


def _text(value: object) -> str | None:
    """Return a text, None for anything else."""
    return value if isinstance(value, str) else None
