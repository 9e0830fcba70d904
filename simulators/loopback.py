"""What every simulated server has in common: a loopback socket, and faults."""

from abc import ABC, abstractmethod
import asyncio
from typing import ClassVar, Self

from aiohttp import web
from yarl import URL

LOCALHOST = "127.0.0.1"


class LoopbackServer[RequestT, FaultT](ABC):
    """A server that records what it is asked, and can be told to misbehave.

    Use it as an asynchronous context manager, or `start` and `close` it; it
    starts again on the same port.
    """

    keep_alive: ClassVar[float] = 75
    """Seconds that an idle connection is kept."""

    def __init__(self, *, port: int = 0) -> None:
        """Prepare; a free port is found if it is 0."""
        self.requests: list[RequestT] = []
        """What was asked, answered or not, oldest first."""
        self._port = port
        self._fault: FaultT | None = None
        self._arrived = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> URL:
        """Return the server's address; it is known once started."""
        return URL.build(scheme="http", host=LOCALHOST, port=self._port)

    @property
    def fault(self) -> FaultT | None:
        """Return what goes wrong at present."""
        return self._fault

    @fault.setter
    def fault(self, fault: FaultT | None) -> None:
        """Replace what goes wrong; requests that hang go on at once."""
        self._fault = fault
        self._let_go()

    async def start(self) -> None:
        """Listen; after a `close`, on the same port again."""
        self._runner = web.AppRunner(
            self._application(),
            access_log=None,
            handler_cancellation=True,
            keepalive_timeout=self.keep_alive,
            shutdown_timeout=1,
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, LOCALHOST, self._port).start()
        self._port = int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Stop listening: connections are refused until the next `start`."""
        self._let_go()
        runner, self._runner = self._runner, None
        if runner is not None:
            await _cut(runner)
            await runner.cleanup()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.close()

    async def wait_for_requests(self, count: int = 1) -> None:
        """Wait until so many requests are recorded, answered or not."""
        while len(self.requests) < count:
            self._arrived.clear()
            await self._arrived.wait()

    def _record(self, request: RequestT) -> None:
        """Remember a request."""
        self.requests.append(request)
        self._arrived.set()

    @abstractmethod
    def _application(self) -> web.Application:
        """Return what answers."""

    @abstractmethod
    def _let_go(self) -> None:
        """Let requests that hang go on."""


async def _cut(runner: web.AppRunner) -> None:
    """Cut every connection, once whoever was let go of has had a turn.

    Who says nothing more would be waited for by the clock, which tests may stop.
    """
    await asyncio.sleep(0)
    for connection in runner.server.connections if runner.server else ():
        if connection.transport is not None:
            connection.transport.abort()
    await asyncio.sleep(0)
