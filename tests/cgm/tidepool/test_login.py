"""Sessions: refreshed rather than begun anew, and never twice with one password."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
import string

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
import pytest
from yarl import URL

from custom_components.glucose_follow.cgm.errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.sources.tidepool import (
    Environment,
    PasswordLogin,
    api_url,
)
from simulators.tidepool import Fault, TidepoolSimulator
from tests.simulators.nightscout_support import FakeTime

HOUR = timedelta(hours=1)
PASSWORD = string.printable.strip() + "äß€😀:"


@pytest.fixture
def clock() -> FakeTime:
    """Return a time that stands still at noon."""
    return FakeTime()


@pytest.fixture
async def http() -> AsyncGenerator[ClientSession]:
    """Return a client."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def server(clock: FakeTime) -> AsyncGenerator[TidepoolSimulator]:
    """Run a Tidepool with one account."""
    async with TidepoolSimulator(clock=clock, password=PASSWORD) as running:
        yield running


def log_in(
    http: ClientSession,
    server: TidepoolSimulator,
    *,
    password: str = PASSWORD,
    token: str | None = None,
    is_refused: bool = False,
    kept: list[str] | None = None,
) -> PasswordLogin:
    """Return a login that has not asked for anything yet."""
    return PasswordLogin(
        http,
        environment=Environment.INTEGRATION,
        username=server.desk.username,
        password=password,
        token=token,
        is_refused=is_refused,
        keep=(lambda _: None) if kept is None else kept.append,
        base=server.url,
    )


def methods(server: TidepoolSimulator) -> list[str]:
    """Return how logins were asked for."""
    return [request.method for request in server.requests]


def test_environments_have_servers_of_their_own() -> None:
    assert api_url(Environment.PRODUCTION) == URL("https://api.tidepool.org")
    assert api_url(Environment.INTEGRATION) == URL(
        "https://external.integration.tidepool.org"
    )


async def test_any_password_survives_the_way(
    http: ClientSession, server: TidepoolSimulator
) -> None:
    kept: list[str] = []

    token = await log_in(http, server, kept=kept).token(None)

    assert server.desk.is_valid(token, FakeTime().now)
    assert kept == [token]


async def test_one_session_serves_everybody(
    http: ClientSession, server: TidepoolSimulator
) -> None:
    login = log_in(http, server)

    tokens = await asyncio.gather(*(login.token(None) for _ in range(5)))

    assert len(set(tokens)) == 1
    assert server.desk.logins == 1


async def test_a_session_of_before_needs_no_login(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    kept: list[str] = []
    known = server.desk.sign_in(clock.now)
    login = log_in(http, server, token=known, kept=kept)

    assert await login.token(None) == known
    clock.now += 2 * HOUR
    renewed = await login.token(known)

    assert renewed != known
    assert kept == [renewed]
    assert server.desk.logins == 0
    assert methods(server) == ["GET"]


async def test_a_refused_token_is_refreshed_once_for_everybody(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    """A token that was refreshed is spent, and so is whoever shows it again."""
    login = log_in(http, server)
    old = await login.token(None)
    clock.now += 2 * HOUR

    tokens = await asyncio.gather(*(login.token(old) for _ in range(5)))

    assert len(set(tokens)) == 1
    assert server.desk.is_valid(tokens[0], clock.now)
    assert methods(server) == ["POST", "GET"]


async def test_a_session_that_is_over_is_begun_anew(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    login = log_in(http, server)
    old = await login.token(None)
    server.desk.end_sessions()

    new = await login.token(old)

    assert server.desk.is_valid(new, clock.now)
    assert methods(server) == ["POST", "GET", "POST"]


async def test_a_lost_refresh_ends_in_a_login(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    """The answer never came, and the token is spent: nobody knows the next one."""
    login = log_in(http, server)
    old = await login.token(None)
    server.loses_refreshes = True

    new = await login.token(old)

    assert server.desk.is_valid(new, clock.now)
    assert server.desk.logins == 2
    # The second is aiohttp's own: the connection was there before the request.
    assert methods(server) == ["POST", "GET", "GET", "POST"]


@pytest.mark.parametrize("password", ["wrong", "", "wrong:äß€"])
async def test_a_refused_password_is_never_sent_again(
    http: ClientSession, server: TidepoolSimulator, password: str
) -> None:
    login = log_in(http, server, password=password)

    for _ in range(3):
        with pytest.raises(CgmAuthError) as caught:
            await login.token(None)
        assert not caught.value.is_unverified
        assert caught.value.is_final

    assert methods(server) == ["POST"]


async def test_a_password_that_was_refused_before_is_not_sent(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    """But a session of that time may go on."""
    old = await log_in(http, server).token(None)
    server.requests.clear()
    fresh = log_in(http, server, is_refused=True)
    going_on = log_in(http, server, token=old, is_refused=True)

    with pytest.raises(CgmAuthError) as caught:
        await fresh.token(None)
    new = await going_on.token(old)

    assert caught.value.is_final
    assert server.desk.is_valid(new, clock.now)
    assert methods(server) == ["GET"]


async def test_a_session_is_tried_after_its_password_was_refused(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    """A server in trouble may refuse everything for a while."""
    login = log_in(http, server)
    old = await login.token(None)
    server.fault = Fault.REFUSE
    for _ in range(2):
        with pytest.raises(CgmAuthError):
            await login.token(old)
    server.fault = None

    new = await login.token(old)

    assert server.desk.is_valid(new, clock.now)
    assert methods(server) == ["POST", "GET", "POST", "GET", "GET"]


async def test_an_unverified_address_is_said_so_and_tried_again(
    http: ClientSession, server: TidepoolSimulator
) -> None:
    server.desk.is_verified = False
    login = log_in(http, server)
    with pytest.raises(CgmAuthError) as caught:
        await login.token(None)
    server.desk.is_verified = True

    assert await login.token(None)
    assert caught.value.is_unverified
    assert not caught.value.is_final


@pytest.mark.parametrize(
    ("status", "body", "has_token", "error"),
    [
        (200, "{}", False, CgmResponseError),
        (200, '"surprise"', True, CgmResponseError),
        (200, "<html>", True, CgmResponseError),
        (302, "", True, CgmResponseError),
        (403, "<html>No machines here</html>", False, CgmConnectionError),
        (403, '{"code": 403}', False, CgmConnectionError),
        (404, "", False, CgmResponseError),
        (500, '{"code": 500, "reason": "Error"}', False, CgmConnectionError),
    ],
)
async def test_an_answer_that_is_no_session_is_an_error(
    http: ClientSession,
    status: int,
    body: str,
    has_token: bool,
    error: type[CgmError],
) -> None:
    async def answer(_: web.Request) -> web.Response:
        headers = {"X-Tidepool-Session-Token": "kc:a:b"} if has_token else {}
        return web.Response(status=status, text=body, headers=headers)

    application = web.Application()
    application.router.add_post("/auth/login", answer)
    async with TestServer(application) as server:
        login = PasswordLogin(
            http,
            environment=Environment.PRODUCTION,
            username="alex@example.org",
            password=PASSWORD,
            base=server.make_url("/"),
        )

        with pytest.raises(error) as caught:
            await login.token(None)

    assert type(caught.value) is error
