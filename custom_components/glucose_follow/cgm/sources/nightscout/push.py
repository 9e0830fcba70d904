"""Hears what a site says unasked, over one connection of Socket.IO.

The library does the talking. Whether and when to connect again is decided
elsewhere, so its own reconnecting is off; so is its log, which has secrets in it.

Source: lib/server/websocket.js and lib/api3/storageSocket.js of
cgm-remote-monitor; a running 15.0.7 server.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import logging
from typing import NamedTuple

from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, ClientWSTimeout
from engineio import base_client
from engineio.exceptions import EngineIOError
from socketio import AsyncClient
from socketio.exceptions import SocketIOError
from yarl import URL

from ...errors import CgmAuthError, CgmConnectionError, CgmError, CgmResponseError
from ...source import Change
from ...transport import LARGEST_BODY, TIMEOUT, Json
from .address import Address
from .credential import Credential
from .news import News
from .packets import GARBAGE, Packet

_SILENT = logging.getLogger(f"{__name__}.library")
_SILENT.disabled = True

_STORAGE = "/storage"
_ACKNOWLEDGED, _ENDED = "acknowledged", "ended"

_HOURS = 48
"""What old servers want to be told; newer ones do not listen."""

_CLOSING = 5.0
"""Seconds that a farewell may take."""

_FAULTS = (
    SocketIOError,
    EngineIOError,
    ClientError,
    OSError,
    # What the library stumbles over when a server greets it with nonsense.
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    RecursionError,
)


class _Said(NamedTuple):
    """Something that the site said, or the library about it."""

    event: str
    told: Json = None
    is_stored: bool = False
    """Whether it was said on `/storage`."""


class Listener:
    """Listens to a site, once."""

    def __init__(
        self,
        session: ClientSession,
        address: Address,
        credential: Credential,
        news: News,
    ) -> None:
        """Keep what is needed; nothing happens before `listen`."""
        self._address = address
        self._credential = credential
        self._news = news
        self._said = asyncio.Queue[_Said]()
        self._is_up = False
        self._is_waiting = False
        """Whether the site has yet to say what it thinks of the credential."""
        self._door = _Door(session, address.url)
        self._client = AsyncClient(
            reconnection=False,
            logger=_SILENT,
            engineio_logger=_SILENT,
            handle_sigint=False,
            serializer=Packet,
            http_session=self._door,
        )
        self._client.on("connect", self._greeted)
        self._client.on("connect_error", lambda *_: self._hear(_ENDED))
        self._client.on("disconnect", lambda *told: self._hear(_ENDED, *told))
        for event in ("dataUpdate", GARBAGE):
            self._client.on(event, _passed_on(self._said, event))
        if credential.token:
            self._client.on("connect", self._subscribed, namespace=_STORAGE)
            for event in ("create", "update", "delete"):
                handler = _passed_on(self._said, event, is_stored=True)
                self._client.on(event, handler, namespace=_STORAGE)

    async def listen(self, on_change: Callable[[Change], None]) -> None:
        """Call `on_change` with what is new until the connection ends.

        Raises:
            CgmAuthError: The site does not know the credential, or lets it
                read a part of its data only.
            CgmConnectionError: There is no such socket, or it stays silent.
            CgmResponseError: It is on another host.
        """
        try:
            await self._open()
            await self._pass_on(on_change)
        finally:
            await self._close()

    async def _open(self) -> None:
        """Connect, over a websocket only: anything else would be asking."""
        url = self._address.url
        fault: CgmError
        try:
            async with asyncio.timeout(TIMEOUT):
                await self._client.connect(
                    str(url.origin()),
                    transports=["websocket"],
                    namespaces=["/", _STORAGE] if self._credential.token else ["/"],
                    socketio_path=f"{url.raw_path.strip('/')}/socket.io",
                    wait=False,
                )
        except CgmError as err:
            fault = err
        except _FAULTS as err:
            fault = CgmConnectionError(f"No connection ({type(err).__name__})")
        else:
            self._client.eio.read_loop_task.add_done_callback(
                lambda _: self._hear(_ENDED)
            )
            return
        # Raised out here, because the causes name the address.
        fault.__context__ = None
        raise fault

    async def _pass_on(self, on_change: Callable[[Change], None]) -> None:
        """Pass on what is said until there is nothing more to come."""
        try:
            async with asyncio.timeout(TIMEOUT) as patience:
                while (said := await self._said.get()).event != _ENDED:
                    change = await self._understood(said)
                    if change is not None:
                        self._is_up = True
                        patience.reschedule(None)
                        on_change(change)
        except TimeoutError:
            raise CgmConnectionError("No welcome in time") from None
        is_thrown_out = said.told == self._client.reason.SERVER_DISCONNECT
        if is_thrown_out and self._is_waiting:
            raise CgmAuthError("The credential is refused")
        if not self._is_up:
            raise CgmConnectionError("The connection ended at once")

    async def _understood(self, said: _Said) -> Change | None:
        """Return what something means, None if it changes nothing.

        Raises:
            CgmAuthError: The credential does not open everything.
        """
        if said.is_stored:
            return self._if_any(await self._news.stored(said.event, said.told))
        if said.event == "dataUpdate":
            return self._if_any(await self._news.updated(said.told))
        if said.event == GARBAGE:
            self._news.skipped += 1
            return None
        rights = said.told if isinstance(said.told, dict) else {}
        if rights.get("read") is not True:
            raise CgmAuthError("The credential may not listen", is_recognised=True)
        self._is_waiting = False
        return None if self._is_up else Change()

    def _if_any(self, change: Change) -> Change | None:
        """Return a change unless it is none."""
        return None if change == Change() else change

    async def _greeted(self) -> None:
        """Say who we are, as soon as the site listens."""
        claims: dict[str, str | int] = {"client": "web", "history": _HOURS}
        if secret := self._credential.token or self._credential.secret_sha1:
            claims["secret"] = secret
        self._is_waiting = True
        await self._client.emit(
            "authorize",
            claims,
            callback=lambda *told: self._hear(_ACKNOWLEDGED, *told),
        )

    async def _subscribed(self) -> None:
        """Ask for what is written through version 3, which comes here first."""
        claims = {"accessToken": self._credential.token}
        await self._client.emit("subscribe", claims, namespace=_STORAGE)

    def _hear(self, event: str, *told: Json) -> None:
        """Put something into the row."""
        self._said.put_nowait(_Said(event, told[0] if told else None))

    async def _close(self) -> None:
        """Leave nothing behind: no task, no socket, no reference to the session."""
        engine = self._client.eio
        loops = filter(None, (engine.read_loop_task, engine.write_loop_task))
        with suppress(*_FAULTS):
            async with asyncio.timeout(_CLOSING):
                await self._client.disconnect()
                # Cancelled at a timeout, which is how they end if nobody answers.
                await asyncio.gather(*loops, return_exceptions=True)
        await self._door.close()
        # The library keeps whoever did not part in peace.
        with suppress(AttributeError, ValueError):
            base_client.connected_clients.remove(engine)


class _Door:
    """Lends a session to the library, which would close it, and follow anybody."""

    def __init__(self, session: ClientSession, base: URL) -> None:
        """Keep the session, and where it may lead."""
        self.closed = False
        self._session = session
        self._base = base
        self._socket: ClientWebSocketResponse | None = None

    async def ws_connect(self, url: str, **_: object) -> ClientWebSocketResponse:
        """Return a websocket to the site.

        Raises:
            CgmResponseError: The site sent us to somebody else.
        """
        socket = await self._session.ws_connect(
            url, max_msg_size=LARGEST_BODY, timeout=ClientWSTimeout(ws_close=_CLOSING)
        )
        self._socket = socket
        # Redirects cannot be switched off here.
        target = socket._response.url  # noqa: SLF001 - nothing else tells of one
        if not self._is_ours(target):
            raise CgmResponseError("Redirect to another host")
        return socket

    def _is_ours(self, url: URL) -> bool:
        """Return whether an address may be told the credential."""
        is_same = self._base.scheme == "http" and url.port == self._base.port
        is_safe = url.scheme in {"https", "wss"}
        return url.host == self._base.host and (is_safe or is_same)

    async def close(self) -> None:
        """Close the websocket, and never the session."""
        self.closed = True
        if self._socket is not None:
            await self._socket.close()


def _passed_on(
    row: asyncio.Queue[_Said], event: str, *, is_stored: bool = False
) -> Callable[..., None]:
    """Return a handler that puts an event into a row."""
    return lambda *told: row.put_nowait(
        _Said(event, told[0] if told else None, is_stored)
    )
