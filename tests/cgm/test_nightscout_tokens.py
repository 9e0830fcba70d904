"""Access tokens become JWTs, one at a time and before they are needed."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

from aiohttp import ClientSession, web
import pytest
from yarl import URL

from custom_components.glucose_follow.cgm.errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmError,
    CgmRateLimitError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.sources.nightscout.tokens import (
    RefusedError,
    Tokens,
)
from custom_components.glucose_follow.cgm.transport import JsonClient
from simulators.nightscout import NightscoutSimulator, faults
from tests.simulators.nightscout_support import MINUTE, READER, FakeTime, closed_site

from .test_transport import chain

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
EXCHANGE = f"/api/v2/authorization/request/{READER}"


@pytest.fixture
def clock() -> FakeTime:
    """Return a time that stands still at noon."""
    return FakeTime()


@pytest.fixture
async def http() -> AsyncGenerator[ClientSession]:
    """Return a session."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def site(clock: FakeTime) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that shows strangers nothing."""
    async with closed_site(clock) as running:
        yield running
        running.fault = None


@pytest.fixture
def tokens(http: ClientSession, site: NightscoutSimulator, clock: FakeTime) -> Tokens:
    """Return what keeps the JWTs of somebody who may read."""
    return Tokens(JsonClient(http, site.url), READER, clock)


async def test_a_jwt_is_asked_for_once(
    tokens: Tokens, site: NightscoutSimulator, clock: FakeTime
) -> None:
    first = await tokens.jwt()
    clock.now += 7 * HOUR
    again = await tokens.jwt()

    assert first == again
    assert [request.path for request in site.requests] == [EXCHANGE]


async def test_the_token_is_sent_in_no_header(
    tokens: Tokens, site: NightscoutSimulator
) -> None:
    await tokens.jwt()

    (request,) = site.requests
    assert "api-secret" not in request.headers
    assert "Authorization" not in request.headers
    assert not request.query


async def test_a_jwt_is_renewed_before_it_ends(
    tokens: Tokens, site: NightscoutSimulator, clock: FakeTime
) -> None:
    """An expired one would be punished by five seconds for everybody here."""
    first = await tokens.jwt()

    clock.now += 7.2 * HOUR - SECOND
    before = await tokens.jwt()
    clock.now += SECOND
    after = await tokens.jwt()

    assert before == first
    assert after != first
    assert len(site.requests) == 2


async def test_a_clock_that_went_back_renews(
    tokens: Tokens, site: NightscoutSimulator, clock: FakeTime
) -> None:
    """Nobody knows any more how old the JWT is."""
    await tokens.jwt()

    clock.now -= SECOND
    await tokens.jwt()

    assert len(site.requests) == 2


async def test_whoever_asks_meanwhile_waits_for_the_same_one(
    tokens: Tokens, site: NightscoutSimulator
) -> None:
    found = await asyncio.gather(*(tokens.jwt() for _ in range(5)))

    assert len(set(found)) == 1
    assert len(site.requests) == 1


async def test_several_who_were_refused_the_same_one_get_one_other(
    tokens: Tokens, site: NightscoutSimulator, clock: FakeTime
) -> None:
    refused = await tokens.jwt()
    clock.now += SECOND

    found = await asyncio.gather(*(tokens.jwt(refused) for _ in range(5)))

    assert len(set(found)) == 1
    assert refused not in found
    assert len(site.requests) == 2


async def test_somebody_who_gives_up_does_not_keep_others_waiting(
    tokens: Tokens, site: NightscoutSimulator
) -> None:
    site.fault = faults.Hang()
    first = asyncio.create_task(tokens.jwt())
    await site.wait_for_requests()
    second = asyncio.create_task(tokens.jwt())

    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    site.fault = None

    assert await second


@pytest.mark.parametrize(
    ("issued", "expires", "life"),
    [
        (1000, 1000 + 3600, 54 * MINUTE),
        (1000, 1000 + 28_800, 7.2 * HOUR),
        (1000, 1000 + 10**9, 7.2 * HOUR),
        (1000, 1000, 54 * MINUTE),
        (1000, 900, 54 * MINUTE),
        (None, 1000, 54 * MINUTE),
        (1000, "later", 54 * MINUTE),
        (1000.0, 2000.0, 54 * MINUTE),
    ],
)
async def test_how_long_a_jwt_is_good_for_is_what_it_says_within_reason(
    tokens: Tokens,
    site: NightscoutSimulator,
    clock: FakeTime,
    issued: object,
    expires: object,
    life: timedelta,
) -> None:
    site.fault = faults.Garbage({"token": "a.b.c", "iat": issued, "exp": expires})
    await tokens.jwt()

    clock.now += life - SECOND
    await tokens.jwt()
    before = len(site.requests)
    clock.now += SECOND
    await tokens.jwt()

    assert before == 1
    assert len(site.requests) == 2


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {},
        "a.b.c",
        {"token": 7},
        {"token": ""},
        {"token": "no jwt"},
        {"token": "a.b.c\r\nEvil: yes"},
        {"token": "a.b.ö"},
    ],
)
async def test_what_is_no_jwt_is_an_error(
    tokens: Tokens, site: NightscoutSimulator, told: object
) -> None:
    site.fault = faults.Garbage(told)

    with pytest.raises(CgmResponseError):
        await tokens.jwt()


async def test_a_token_that_was_taken_back_is_a_matter_for_a_person(
    tokens: Tokens, site: NightscoutSimulator, clock: FakeTime
) -> None:
    await tokens.jwt()
    site.revoke(READER)
    clock.now += 8 * HOUR

    with pytest.raises(CgmAuthError) as caught:
        await tokens.jwt()

    assert caught.value.is_recognised is False
    assert site.delay == 0


@pytest.mark.parametrize("status", [400, 403, 404, 406])
async def test_a_site_that_exchanges_no_tokens_is_refused_only(
    tokens: Tokens, site: NightscoutSimulator, status: int
) -> None:
    site.fault = faults.ServerError(status)

    with pytest.raises(RefusedError) as caught:
        await tokens.jwt()

    assert caught.value.is_credential is False


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.Unreachable(), CgmConnectionError),
        (faults.ServerError(), CgmConnectionError),
        (faults.RateLimit(7), CgmRateLimitError),
        (faults.Html(), CgmResponseError),
    ],
)
async def test_a_failure_is_its_error_and_the_next_attempt_succeeds(
    tokens: Tokens,
    site: NightscoutSimulator,
    clock: FakeTime,
    fault: faults.Fault,
    error: type[CgmError],
) -> None:
    await tokens.jwt()
    clock.now += 8 * HOUR
    site.fault = fault

    with pytest.raises(error) as caught:
        await tokens.jwt()

    assert not any(READER in f"{each!r}" for each in chain(caught.value))
    site.fault = None
    assert await tokens.jwt()


@pytest.mark.parametrize("target", ["elsewhere", "here"])
async def test_the_address_with_the_token_is_followed_nowhere(
    tokens: Tokens, site: NightscoutSimulator, http: ClientSession, target: str
) -> None:
    """A redirect would write the token into somebody else's log."""
    arrived: list[str] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        arrived.append(request.path)
        return web.json_response({"token": "a.b.c"})

    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    site.fault = (
        faults.Redirect(URL(f"http://localhost:{port}/"))
        if target == "elsewhere"
        else faults.Redirect(site.url / "log/in", is_path_kept=False)
    )

    with pytest.raises(RefusedError):
        await tokens.jwt()

    await runner.cleanup()
    assert arrived == []
    assert len(site.requests) == 1
