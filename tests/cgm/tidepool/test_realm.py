"""Where people log in is what Tidepool says, unless it says something unsafe."""

from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
import pytest
from yarl import URL

from custom_components.glucose_follow.cgm.errors import (
    CgmConnectionError,
    CgmError,
    CgmRateLimitError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.sources.tidepool import (
    Environment,
    Realm,
    find_realm,
)
from simulators.tidepool import REALM, Fault, TidepoolSimulator


async def found(http: ClientSession, base: URL) -> Realm:
    """Return the realm that is told at an address."""
    return await find_realm(http, Environment.PRODUCTION, base)


async def test_the_realm_is_where_the_api_says(
    http: ClientSession, bare: TidepoolSimulator
) -> None:
    realm = await found(http, bare.url)

    openid = bare.url / f"realms/{REALM}/protocol/openid-connect"
    assert realm == Realm(authorize_url=openid / "auth", token_url=openid / "token")
    assert [request.path for request in bare.requests] == [
        "/info",
        f"/realms/{REALM}/.well-known/openid-configuration",
    ]


async def test_nobody_is_told_who_asks(
    http: ClientSession, bare: TidepoolSimulator
) -> None:
    await found(http, bare.url)

    told = {name.lower() for request in bare.requests for name in request.headers}
    assert told.isdisjoint({"authorization", "x-tidepool-session-token"})


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.UNREACHABLE, CgmConnectionError),
        (Fault.SERVER_ERROR, CgmConnectionError),
        (Fault.CUT_OFF, CgmConnectionError),
        (Fault.TRUNCATED, CgmResponseError),
        (Fault.HTML, CgmResponseError),
        (Fault.GARBAGE, CgmResponseError),
        (Fault.NOT_FOUND, CgmResponseError),
        (Fault.RATE_LIMIT, CgmRateLimitError),
    ],
)
async def test_every_failure_is_one_of_ours(
    http: ClientSession, bare: TidepoolSimulator, fault: Fault, error: type[CgmError]
) -> None:
    bare.fault = fault

    with pytest.raises(error) as caught:
        await found(http, bare.url)

    assert type(caught.value) is error


@pytest.mark.parametrize("status", [401, 403])
async def test_a_barred_way_is_no_reason_to_log_in_again(
    http: ClientSession, status: int
) -> None:
    async def bar(_: web.Request) -> web.Response:
        return web.Response(status=status)

    application = web.Application()
    application.router.add_get("/info", bar)
    async with TestServer(application) as server:
        with pytest.raises(CgmConnectionError):
            await found(http, server.make_url("/"))


@pytest.mark.parametrize(
    "auth",
    [
        None,
        {},
        {"url": "https://auth.example"},
        {"url": "https://auth.example", "realm": ""},
        {"url": 1, "realm": "tidepool"},
        {"realm": "tidepool"},
        {"url": "auth.example", "realm": "tidepool"},
        {"url": "ftp://auth.example", "realm": "tidepool"},
        {"url": "http://", "realm": "tidepool"},
        {"url": "http://[", "realm": "tidepool"},
        {"url": "http://xn--\x00/", "realm": "tidepool"},
    ],
)
async def test_a_realm_that_is_none_is_an_error(
    http: ClientSession, bare: TidepoolSimulator, auth: object
) -> None:
    bare.realm_told = {"auth": auth}

    with pytest.raises(CgmResponseError):
        await found(http, bare.url)


async def test_a_name_with_slashes_leads_to_the_realms_all_the_same(
    http: ClientSession, bare: TidepoolSimulator
) -> None:
    bare.realm_told = {"auth": {"url": str(bare.url), "realm": f"/{REALM}/"}}

    assert await found(http, bare.url)


@pytest.mark.parametrize(
    "endpoints",
    [
        {"token_endpoint": "ftp://{}/token"},
        {"authorization_endpoint": "ftp://{}/auth"},
        {"token_endpoint": None},
        {"authorization_endpoint": ""},
    ],
)
async def test_a_realm_that_is_less_safe_than_the_api_is_not_taken(
    http: ClientSession, endpoints: dict[str, Any]
) -> None:
    """In place of https there is http here, and in place of http something else."""

    async def info(request: web.Request) -> web.Response:
        told = {"url": str(request.url.origin()), "realm": REALM}
        return web.json_response({"auth": told})

    async def realm(request: web.Request) -> web.Response:
        host = request.url.authority
        told = {
            "authorization_endpoint": f"http://{host}/auth",
            "token_endpoint": f"http://{host}/token",
            **{key: text and text.format(host) for key, text in endpoints.items()},
        }
        return web.json_response(told)

    application = web.Application()
    application.router.add_get("/info", info)
    application.router.add_get("/realms/{path:.*}", realm)
    async with TestServer(application) as server:
        with pytest.raises(CgmResponseError):
            await found(http, server.make_url("/"))
