"""Time that passes only where nothing is under way, and clocks that are wrong."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import datetime, timedelta
import os
import selectors
import socket
from typing import Any, override

from benchmarks.travel import Impatient, Ready, TravellingLoop

WORKER = "PYTEST_XDIST_WORKER"
"""Says which of the test runs beside each other this one is."""

_TURNS = 4
"""One more than it takes to connect; to be refused takes two."""

_CONNECTS_WITHIN = 10.0
"""Real seconds; whoever listens on the loopback interface is there at once."""


@contextmanager
def one_processor() -> Iterator[None]:
    """Stay on one processor.

    Each has a queue of its own for what is sent on the loopback interface, so
    that what was sent from two of them may arrive in any order.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    # Two test runs beside each other must not end on one.
    worker = int(os.environ.get(WORKER, "gw0").removeprefix("gw"))
    os.sched_setaffinity(0, {sorted(before)[worker % len(before)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Settled(Impatient):
    """A selector that looks at sockets once nothing else is left to do.

    What is due comes first, then everything that was sent until then, in an order
    that was known before. So neither the machine's speed nor its load decides
    what happens first.
    """

    def __init__(self, loop: TravellingLoop) -> None:
        """Belong to a loop."""
        super().__init__(loop)
        self.has_sent = True
        """Whether anything may be on its way."""
        self.connecting = 0
        """How many connections are asked for, and neither there nor refused."""
        self._places: dict[int, int] = {}
        self._registered = 0
        self._sender, self._receiver = _connected()

    @override
    def register(self, fileobj: Any, events: int, data: Any = None) -> Any:
        key = super().register(fileobj, events, data)
        self.has_sent = True
        self._registered += 1
        self._places[key.fd] = self._registered
        return key

    @override
    def unregister(self, fileobj: Any) -> Any:
        self.has_sent = True
        return super().unregister(fileobj)

    @override
    def select(self, timeout: float | None = None) -> list[Ready]:
        """Return what is ready if nothing is due; if nothing is, be later."""
        if timeout is not None and timeout <= 0:
            return []
        if self.has_sent:
            self._let_arrive()
        ready = super().select(0 if self.connecting else timeout)
        if self.connecting and not ready:
            # A port that was used a moment ago is asked twice, a second apart.
            ready = selectors.DefaultSelector.select(self, _CONNECTS_WITHIN)
        self.has_sent = bool(ready)
        ready.sort(key=lambda each: self._places[each[0].fd])
        return ready

    @override
    def close(self) -> None:
        self._sender.close()
        self._receiver.close()
        super().close()

    def _let_arrive(self) -> None:
        """Wait until all that was sent is there.

        Linux may hand on what is sent a little later, in its order; so whatever
        was sent before this byte is there when it is. What that makes a socket
        answer by itself is there after the next.
        """
        for _ in range(_TURNS):
            self._sender.send(b"?")
            self._receiver.recv(1)


class SoakLoop(TravellingLoop):
    """A loop whose clock stands still while anything is done.

    How fast the machine is leaves no trace then, so that a seed lives through
    exactly the same days each time.
    """

    ahead = 1000.0

    @override
    def make_selector(self) -> Settled:
        self._settled = Settled(self)
        return self._settled

    @override
    def time(self) -> float:
        """Return what was skipped, and nothing else."""
        return self.ahead

    @override
    def run_in_executor[*Ts, T](
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Run something soon, here: threads end in whatever order they like."""
        future: asyncio.Future[T] = self.create_future()
        self.call_soon(_run, future, func, *args)
        return future

    @override
    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        """Connect, and let no time pass until that is done."""
        self._settled.connecting += 1
        try:
            await super().sock_connect(sock, address)
        finally:
            self._settled.connecting -= 1

    def _make_socket_transport(self, *args: Any, **options: Any) -> _Transport:
        """Return a transport that tells when something is sent."""
        return _Transport(self._settled, self, *args, **options)


class _Transport(asyncio.selector_events._SelectorSocketTransport):  # type: ignore[name-defined,misc]  # has no public name
    """A socket's transport, after whose words others must wait."""

    def __init__(self, settled: Settled, *args: Any, **options: Any) -> None:
        """Tell a selector what is sent."""
        self._settled = settled
        super().__init__(*args, **options)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send something."""
        self._settled.has_sent = True
        super().write(data)

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        """Send something in pieces."""
        self._settled.has_sent = True
        super().writelines(list_of_data)


class Clocks:
    """What time it really is, and what Home Assistant's machine believes."""

    def __init__(self, begin: datetime) -> None:
        """Begin in agreement; needs a running loop."""
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        self._begin = begin
        self._slept = timedelta()
        self._read_at, self._read = self._started, begin
        self.wrong = timedelta()
        """What is added to the wall clock of Home Assistant's machine."""

    def world(self) -> datetime:
        """Return what time it really is."""
        if (time := self._loop.time()) != self._read_at:
            passed = timedelta(seconds=time - self._started)
            self._read_at, self._read = time, self._begin + passed
        return self._read + self._slept

    def ours(self) -> datetime:
        """Return what the wall clock of Home Assistant's machine says."""
        return self.world() + self.wrong

    def suspend(self, passed: timedelta) -> None:
        """Let the machine sleep: its monotonic clock stands still."""
        self._slept += passed


def _run[*Ts, T](
    future: asyncio.Future[T], func: Callable[[*Ts], T], *args: *Ts
) -> None:
    """Run something whose result somebody may still wait for."""
    if future.cancelled():
        return
    try:
        result = func(*args)
    except Exception as err:  # noqa: BLE001 - it is raised where it is waited for
        future.set_exception(err)
    else:
        future.set_result(result)


def _connected() -> tuple[socket.socket, socket.socket]:
    """Return two ends of a connection that is made like all others."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        sender = socket.create_connection(server.getsockname())
        receiver, _ = server.accept()
    sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sender, receiver
