"""A session whose every answer is made up, without a socket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
import json
from typing import Any, Self, cast, override

from aiohttp import ClientSession, WSMessage, WSMsgType
from multidict import CIMultiDict
from yarl import URL

from custom_components.glucose_follow.cgm.transport import Json

BASE = URL("https://site.example")

type Page = Callable[[str], Json]
"""Returns what is answered at a path."""


def run[T](asked: Coroutine[Any, Any, T]) -> T:
    """Return what comes of a question, asked on a loop of its own."""
    left: list[Exception] = []
    # A runner would start a thread in order to end those that there are not.
    with closing(asyncio.new_event_loop()) as loop:
        loop.set_default_executor(_AtOnce())
        loop.set_exception_handler(lambda _, told: left.append(_left(told)))
        found = loop.run_until_complete(asked)
    # Of tasks that nobody waits for: it would end in somebody's log.
    if left:
        raise left[0]
    return found


def _left(told: Mapping[str, Any]) -> Exception:
    """Return what a loop complains of."""
    fault = told.get("exception")
    return fault if isinstance(fault, Exception) else RuntimeError(told["message"])


class _AtOnce(ThreadPoolExecutor):
    """Does everything at once: a thread for each answer takes longer than it."""

    @override
    def submit[**P, T](
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Return what was done already."""
        done = Future[T]()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as err:  # noqa: BLE001 - whoever waits for it gets it
            done.set_exception(err)
        return done


def answering(
    page: Page, status: int = 200, headers: Mapping[str, str] | None = None
) -> ClientSession:
    """Return a session that is answered with pages."""
    return cast("ClientSession", _Session(page, status, headers or {}))


def saying(frames: list[str]) -> ClientSession:
    """Return a session whose websocket says something, and then ends."""
    return cast("ClientSession", _Sockets(frames))


class _Session:
    """Answers requests."""

    def __init__(self, page: Page, status: int, headers: Mapping[str, str]) -> None:
        """Keep what is answered."""
        self._page, self._status = page, status
        self._headers = CIMultiDict(headers)

    def request(self, _: str, url: URL, **__: object) -> _Response:
        """Return an answer."""
        body = json.dumps(self._page(url.path)).encode()
        return _Response(body, self._status, self._headers)


class _Response:
    """An answer, which is its own context and content."""

    def __init__(self, body: bytes, status: int, headers: CIMultiDict[str]) -> None:
        """Keep what it consists of."""
        self._body = body
        self.status, self.headers, self.content = status, headers, self

    async def __aenter__(self) -> Self:
        """Return the answer."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Do nothing: there is no socket."""

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        """Yield the body."""
        for at in range(0, len(self._body), size):
            yield self._body[at : at + size]


class _Sockets:
    """Opens websockets."""

    def __init__(self, frames: list[str]) -> None:
        """Keep what they say."""
        self._frames = frames

    async def ws_connect(self, url: str, **_: object) -> _Socket:
        """Return a websocket."""
        return _Socket(URL(url), self._frames)


class _Socket:
    """Says one thing after the other, whatever it is told."""

    def __init__(self, url: URL, frames: list[str]) -> None:
        """Begin; the address is where whoever connects looks for it."""
        self.url, self._response = url, self
        self._frames = iter(frames)

    async def receive(self) -> WSMessage:
        """Return what is said next; whoever was told something goes first."""
        for _ in range(3):
            await asyncio.sleep(0)
        if (frame := next(self._frames, None)) is None:
            return WSMessage(WSMsgType.CLOSED, None, None)
        return WSMessage(WSMsgType.TEXT, frame, None)

    async def send_str(self, _: str) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""
