"""Posting JSON, and servers that explain their errors."""

from collections.abc import AsyncGenerator

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.glucose_follow.cgm.errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.transport import Json, JsonClient


def _explain(status: int, told: Json) -> CgmError | None:
    """Say what this server means by `{"Code": ...}`."""
    code = told.get("Code") if isinstance(told, dict) else None
    return CgmAuthError("Refused") if code == "Refused" else None


@pytest.fixture
async def client() -> AsyncGenerator[JsonClient]:
    """Ask a server that answers as told by the path."""

    async def echo(request: web.Request) -> web.Response:
        return web.json_response(
            {
                "body": await request.json(),
                "query": dict(request.query),
                "key": request.headers.get("key"),
                "own": request.headers.get("own"),
            }
        )

    async def fail(request: web.Request) -> web.Response:
        body = await request.text()
        return web.Response(status=500, text=body, content_type="application/json")

    async def move(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/echo"})

    async def rest(request: web.Request) -> web.Response:
        return web.Response(status=503, headers={"Retry-After": "120"})

    application = web.Application()
    application.router.add_get("/rest", rest)
    application.router.add_post("/echo", echo)
    application.router.add_post("/fail", fail)
    application.router.add_post("/move", move)
    async with TestServer(application) as server, ClientSession() as session:
        yield JsonClient(
            session, server.make_url("/"), headers={"key": "a"}, explain=_explain
        )


async def test_a_body_and_credentials_reach_the_server(client: JsonClient) -> None:
    answer = await client.post(
        "echo", {"a": 1}, json={"password": "ä\"'\\\u2028"}, headers={"own": "b"}
    )

    assert answer == {
        "body": {"password": "ä\"'\\\u2028"},
        "query": {"a": "1"},
        "key": "a",
        "own": "b",
    }


async def test_what_is_posted_is_not_sent_elsewhere(client: JsonClient) -> None:
    with pytest.raises(CgmResponseError):
        await client.post("move", json={"password": "x"})


async def test_a_server_may_say_what_its_errors_mean(client: JsonClient) -> None:
    with pytest.raises(CgmAuthError):
        await client.post("fail", json={"Code": "Refused"})


@pytest.mark.parametrize("told", [{"Code": "Other"}, "text", [1], None, 7])
async def test_the_status_counts_where_the_server_says_nothing(
    client: JsonClient, told: Json
) -> None:
    with pytest.raises(CgmConnectionError):
        await client.post("fail", json=told)


async def test_an_error_without_json_is_judged_by_its_status(
    client: JsonClient,
) -> None:
    with pytest.raises(CgmConnectionError):
        await client.post("fail")


async def test_a_server_out_of_order_may_say_for_how_long(client: JsonClient) -> None:
    with pytest.raises(CgmConnectionError) as caught:
        await client.get("rest")

    assert caught.value.status == 503
    assert caught.value.retry_after == 120
