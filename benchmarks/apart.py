"""Simulated servers in a process of their own, in the time of another one.

What the servers cost is then nobody else's. Both processes read the monotonic
clock, which is one for the whole machine; what one of them skips is shared.
"""

import asyncio
from collections.abc import Buffer, Callable, Generator, Iterable
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import RawValue
import socket
import time
from typing import Protocol, Self, override

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from simulators.dexcom_share import DexcomShareSimulator
from simulators.nightscout import NightscoutSimulator, Style

SECRET = "correct horse battery"
USERNAME = "alex.anders@example.org"
TOKEN = "cost-0123456789abcdef"


_BEGIN = datetime(2026, 11, 21, tzinfo=UTC)
_HISTORY = timedelta(days=2)
_LAG = timedelta(seconds=6)
_SEED = 7

type _Clock = Callable[[], datetime]
type _Server = NightscoutSimulator | DexcomShareSimulator


class _Number(Protocol):
    """A number that two processes see."""

    value: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Traffic:
    """What went over the wire, headers and all."""

    requests: int
    bytes: int

    def __sub__(self, earlier: Self) -> Traffic:
        """Return what was added since."""
        return Traffic(
            requests=self.requests - earlier.requests, bytes=self.bytes - earlier.bytes
        )


class Apart:
    """Servers in another process, seen from here."""

    def __init__(
        self, ahead: _Number, pipe: Connection, start: float, urls: list[str]
    ) -> None:
        """Know where they are: a looping person's site, Share, and plain sites."""
        self._ahead = ahead
        self._pipe = pipe
        self._start = start
        self.looping, self.share, *self.sites = urls

    @property
    def ahead(self) -> float:
        """Return how many seconds were skipped in all."""
        return self._ahead.value

    @ahead.setter
    def ahead(self, seconds: float) -> None:
        """Skip, there as well."""
        self._ahead.value = seconds

    def now(self) -> datetime:
        """Return the present, which is the same here and there."""
        return _now(self._start, self._ahead)

    def traffic(self) -> Traffic:
        """Return what was asked and answered until now."""
        self._pipe.send(None)
        requests, size = self._pipe.recv()
        return Traffic(requests=requests, bytes=size)


def _now(start: float, ahead: _Number) -> datetime:
    """Return what time it is after what has passed and what was skipped."""
    return _BEGIN + timedelta(seconds=time.monotonic() - start + ahead.value)


@contextmanager
def apart(sites: int = 1) -> Generator[Apart]:
    """Run Dexcom Share, the site of a person who loops, and so many plain ones."""
    context = get_context("spawn")
    ahead, start = RawValue("d", 0.0), time.monotonic()
    pipe, end = context.Pipe()
    process = context.Process(
        target=_serve, args=(ahead, end, start, sites), daemon=True
    )
    process.start()
    try:
        end.close()
        yield Apart(ahead, pipe, start, pipe.recv())
    finally:
        pipe.close()
        process.join(5)
        process.kill()


class _Counted(socket.socket):
    """A socket that knows how much went through all of its kind."""

    total = 0

    @override
    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Receive, and count."""
        data = super().recv(bufsize, flags)
        _Counted.total += len(data)
        return data

    @override
    def send(self, data: Buffer, flags: int = 0, /) -> int:
        """Send, and count."""
        sent = super().send(data, flags)
        _Counted.total += sent
        return sent

    @override
    def sendmsg(self, buffers: Iterable[Buffer], /, *rest: object) -> int:
        """Send, and count."""
        sent = super().sendmsg(buffers)
        _Counted.total += sent
        return sent


def _serve(ahead: _Number, pipe: Connection, start: float, sites: int) -> None:
    """Serve until nobody holds the other end."""
    # Whatever listens here accepts sockets of this kind from now on.
    socket.socket = _Counted  # type: ignore[misc]  # a class is put for a class
    servers = _servers(partial(_now, start, ahead), sites)
    asyncio.run(_run(servers, pipe))


def _servers(clock: _Clock, sites: int) -> list[_Server]:
    """Return the looping person's site, Share, and the plain sites."""
    return [
        _site(clock, _SEED, Style.LOOP),
        DexcomShareSimulator(
            clock=clock,
            person=SimulatedPerson(seed=_SEED),
            username=USERNAME,
            upload_lag=_LAG,
        ),
        *(_site(clock, _SEED + number, Style.PLAIN) for number in range(sites)),
    ]


def _site(clock: _Clock, seed: int, style: Style) -> NightscoutSimulator:
    """Return a site without sockets, which is asked whenever something is due."""
    return NightscoutSimulator(
        clock=clock,
        person=SimulatedPerson(seed=seed),
        api_secret=SECRET,
        tokens={TOKEN: frozenset({"*"})},
        default_roles="denied",
        history=_HISTORY,
        upload_lag=_LAG,
        style=style,
    )


async def _run(servers: list[_Server], pipe: Connection) -> None:
    """Tell where the servers are, then what they did, as often as asked."""
    is_over = asyncio.Event()

    def answer() -> None:
        try:
            pipe.recv()
        except EOFError:
            is_over.set()
        else:
            pipe.send((sum(map(_requests, servers)), _Counted.total))

    async with AsyncExitStack() as stack:
        for server in servers:
            await stack.enter_async_context(server)
        pipe.send([str(server.url) for server in servers])
        asyncio.get_running_loop().add_reader(pipe.fileno(), answer)
        await is_over.wait()


def _requests(server: _Server) -> int:
    """Return how often a server was asked."""
    return len(server.requests)
