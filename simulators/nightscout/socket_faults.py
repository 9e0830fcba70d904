"""What goes wrong with a site's sockets while the rest of it works."""

import asyncio
from collections.abc import Collection as Kinds
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
import json
from typing import override

from aiohttp import WSMsgType, web

from .answers import json_answer
from .faults import Fault, Serve
from .site import Site
from .updates import Updates

_OLD_PING, _OLD_PATIENCE = 25.0, 5.0


class Stage(StrEnum):
    """How far a connection gets."""

    OPEN = "open"
    AUTHORIZE = "authorize"
    NEWS = "news"


@dataclass(frozen=True, kw_only=True)
class SocketFault(Fault):
    """Something that goes wrong with sockets only."""

    only: Kinds[str] = ("socket",)

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        return await serve()


class NoWebsocket(SocketFault):
    """A proxy takes out of the request that it wants a websocket."""

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        return json_answer({"code": 3, "message": "Bad request"}, status=400)


@dataclass(frozen=True)
class SilentSocket(SocketFault):
    """The socket is accepted, and at some stage nothing is said any more."""

    at: Stage = Stage.NEWS

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        if self.at is not Stage.OPEN:
            return await serve()
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.receive()
        return socket


@dataclass(frozen=True)
class DropSockets(SocketFault):
    """Every connection is cut after a while."""

    seconds: float = 60.0


class RefuseSocket(SocketFault):
    """The socket does not know the credential, whatever the rest says."""


class TwiceSocket(SocketFault):
    """Every update is sent twice."""


@dataclass(frozen=True)
class GarbageSocket(SocketFault):
    """After the first update comes nonsense."""

    messages: tuple[str | bytes, ...] = (
        "",
        "null",
        "{}",
        "[]",
        "9",
        "2",
        "2{}",
        "2[]",
        "2[[]]",
        '2["dataUpdate"',
        '2["dataUpdate"]',
        '2["dataUpdate",null,1]',
        '2["dataUpdate","surprise"]',
        '2["dataUpdate",{"delta":true,"sgvs":{},"treatments":"x","devicestatus":7}]',
        '2["dataUpdate",{"sgvs":[1,null,[],{},{"mgdl":"x","mills":{}}]}]',
        '2["dataUpdate",{"treatments":[null,{},{"_id":7,"action":"remove"}]}]',
        f'2["dataUpdate",{"[" * 100_000}',
        '2/storage,["create",{"colName":[],"doc":3}]',
        '2/storage,["delete",{"colName":"treatments","identifier":{}}]',
        "2/nowhere,[1,2]",
        "37[1]",
        "3[]",
        "37",
        "3",
        '51-["dataUpdate",{"_placeholder":true,"num":0}]',
        b"\x00\x01",
        "0[1]",
        '4/storage,"no"',
    )


class OldProtocol(SocketFault):
    """A server of version 14, which speaks version 3 of Engine.IO only.

    There the client sends the pings; one that waits for them is dropped.

    Source: engine.io 3.x, lib/socket.js; socket.io 2.x, lib/client.js.
    """

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        hello = {
            "sid": "old",
            "upgrades": [],
            "pingInterval": _OLD_PING * 1000,
            "pingTimeout": _OLD_PATIENCE * 1000,
        }
        await socket.send_str(f"0{json.dumps(hello)}")
        await socket.send_str("40")
        with suppress(TimeoutError):
            while True:
                message = await asyncio.wait_for(
                    socket.receive(), _OLD_PING + _OLD_PATIENCE
                )
                if message.type is not WSMsgType.TEXT:
                    break
                for answer in _old_answers(site, str(message.data)):
                    await socket.send_str(answer)
        await socket.close()
        return socket


def _old_answers(site: Site, text: str) -> list[str]:
    """Return what an old server says to a message."""
    if text.startswith("2"):
        return [f"3{text[1:]}"]
    number, bracket, rest = text.removeprefix("42").partition("[")
    if not text.startswith("42") or json.loads(bracket + rest)[0] != "authorize":
        return []
    updates = Updates(site)
    updates.refresh()
    news = json.dumps(["dataUpdate", updates.everything()])
    rights = {"read": True, "write": False, "write_treatment": False}
    return [f"42{news}", f"43{number}{json.dumps([rights])}"]
