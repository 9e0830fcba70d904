"""Bodies that are passed on while they arrive, and headers of answers."""

import asyncio
from collections.abc import AsyncGenerator

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.glucose_follow.cgm import transport
from custom_components.glucose_follow.cgm.errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmError,
    CgmRateLimitError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.transport import JsonClient

KEY = {"key": "hush-0123"}
PIECE = 100_000 * b"x"


class Site:
    """A server that sends pieces, and waits between them as told."""

    def __init__(self) -> None:
        """Send ten pieces at once."""
        self.pieces = 10
        self.pause = asyncio.Event()
        self.pause.set()
        self.is_cut = False

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Send the body."""
        if request.query.get("status"):
            return web.Response(status=int(request.query["status"]))
        response = web.StreamResponse(headers={"X-Token": "next"})
        if self.is_cut:
            response.content_length = self.pieces * len(PIECE) + 1
        await response.prepare(request)
        for _ in range(self.pieces):
            await response.write(PIECE)
            await self.pause.wait()
        if self.is_cut and request.transport is not None:
            request.transport.abort()
        return response

    async def hello(self, request: web.Request) -> web.Response:
        """Answer what was asked with, and a header."""
        told = {"method": request.method, "key": request.headers.get("key")}
        return web.json_response(told, headers={"X-Token": "next"})


@pytest.fixture
def site() -> Site:
    """Return what the server does."""
    return Site()


@pytest.fixture
async def client(site: Site) -> AsyncGenerator[JsonClient]:
    """Ask the server."""
    application = web.Application()
    application.router.add_get("/body", site.answer)
    application.router.add_route("*", "/hello", site.hello)
    async with TestServer(application) as server, ClientSession() as session:
        yield JsonClient(session, server.make_url("/"))
        site.pause.set()


async def test_a_body_is_passed_on_in_pieces(client: JsonClient) -> None:
    pieces: list[bytes] = []

    await client.stream("body", headers={}, take=pieces.append)

    assert b"".join(pieces) == 10 * PIECE
    assert max(map(len, pieces)) <= transport._CHUNK


async def test_pieces_come_before_the_end_does(client: JsonClient, site: Site) -> None:
    site.pause.clear()
    first = asyncio.Event()
    task = asyncio.create_task(
        client.stream("body", headers={}, take=lambda _: first.set())
    )

    await first.wait()

    assert not task.done()
    site.pause.set()
    await task


async def test_others_have_a_turn_between_two_pieces(client: JsonClient) -> None:
    turns = 0
    most = 0

    def take(_: bytes) -> None:
        nonlocal turns, most
        turns += 1
        most = max(most, turns)

    async def other() -> None:
        nonlocal turns
        while True:
            turns = 0
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await client.stream("body", headers={}, take=take)
    task.cancel()

    assert most == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, CgmAuthError),
        (403, CgmAuthError),
        (404, CgmResponseError),
        (429, CgmRateLimitError),
        (503, CgmConnectionError),
    ],
)
async def test_an_error_is_no_body(
    client: JsonClient, status: int, error: type[CgmError]
) -> None:
    pieces: list[bytes] = []

    with pytest.raises(error):
        await client.stream("body", {"status": status}, headers={}, take=pieces.append)

    assert pieces == []


async def test_a_body_that_pauses_is_given_up(
    client: JsonClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "TIMEOUT", 0.1)
    site.pause.clear()

    with pytest.raises(CgmConnectionError):
        await client.stream("body", headers={}, take=lambda _: None)


async def test_a_body_that_takes_forever_is_given_up(
    client: JsonClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "STREAM_TIMEOUT", 0.1)
    site.pieces = 10**9

    with pytest.raises(CgmConnectionError):
        await client.stream("body", headers={}, take=lambda _: None)


async def test_a_slow_body_may_take_longer_than_a_pause(
    client: JsonClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = asyncio.get_running_loop()
    monkeypatch.setattr(transport, "TIMEOUT", 0.2)
    site.pieces = 150
    began = clock.time()

    def take(_: bytes) -> None:
        # What takes time here is what the machine does between two pieces.
        until = clock.time() + 0.002
        while clock.time() < until:
            pass

    await client.stream("body", headers={}, take=take)

    assert clock.time() - began > transport.TIMEOUT


async def test_a_body_without_end_is_given_up(
    client: JsonClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LARGEST_STREAM", 2_000_000)
    site.pieces = 10**9

    with pytest.raises(CgmResponseError):
        await client.stream("body", headers={}, take=lambda _: None)


async def test_a_body_that_is_cut_off_is_an_error(
    client: JsonClient, site: Site
) -> None:
    site.is_cut = True

    with pytest.raises(CgmConnectionError):
        await client.stream("body", headers={}, take=lambda _: None)


async def test_what_the_taker_finds_wrong_is_passed_on(client: JsonClient) -> None:
    def take(_: bytes) -> None:
        raise CgmResponseError("Wrong")

    with pytest.raises(CgmResponseError, match="Wrong"):
        await client.stream("body", headers={}, take=take)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_headers_of_an_answer_can_be_had(client: JsonClient, method: str) -> None:
    answer = await client.exchange(method, "hello", headers=KEY)

    assert answer.body == {"method": method, "key": KEY["key"]}
    assert answer.headers["x-token"] == "next"
    assert "next" not in repr(answer)
