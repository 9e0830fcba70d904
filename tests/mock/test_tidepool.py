"""Every request of ours is as Tidepool describes its API.

Mock servers made from its descriptions check routes, parameters and headers. They
know nothing of what data mean, and answer with the same example always.
"""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

from aiohttp import ClientSession
from homeassistant.components.application_credentials import (
    AuthImplementation,
    AuthorizationServer,
    ClientCredential,
)
from homeassistant.core import HomeAssistant
import pytest

from custom_components.glucose_follow.cgm.errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.sources.tidepool import (
    Environment,
    PasswordLogin,
    Realm,
    TidepoolSource,
)
from custom_components.glucose_follow.oauth_provider import TidepoolImplementation

from .conftest import Tidepool

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
USER_ID = "0123456789"
TOKEN = {"X-Tidepool-Session-Token": "kc:access:refresh"}


@pytest.fixture
async def source(tidepool: Tidepool) -> AsyncGenerator[TidepoolSource]:
    """Return a source of the described Tidepool."""
    async with ClientSession() as session:
        login = PasswordLogin(
            session,
            environment=Environment.PRODUCTION,
            username="alex@example.org",
            password="correct horse battery",
            base=tidepool.url,
        )
        yield TidepoolSource(
            session,
            environment=Environment.PRODUCTION,
            token=login.token,
            clock=lambda: NOON,
            user_id=USER_ID,
            base=tidepool.url,
        )


async def test_every_request_is_as_described(
    tidepool: Tidepool, source: TidepoolSource
) -> None:
    await source.identify()
    await source.people()
    await source.readings(NOON - DAY)
    await source.readings(NOON - 365 * DAY)
    await source.treatments(NOON - DAY)
    await source.treatments(NOON - 365 * DAY)
    await source.status()
    await source.history(NOON - 30 * DAY, NOON)

    asked = {(each.method, each.path) for each in tidepool.answered}
    assert asked == {
        ("POST", "/auth/login"),
        ("GET", "/auth/user"),
        ("GET", f"/data/{USER_ID}"),
    }
    for each in tidepool.answered:
        assert (each.status, each.violations) == (200, ()), each


async def test_a_refresh_is_as_described(
    tidepool: Tidepool, source: TidepoolSource
) -> None:
    tidepool.preferred = {"/data": 403}

    with pytest.raises(CgmAuthError):
        await source.readings(NOON - DAY)

    assert [(each.method, each.path, each.status) for each in tidepool.answered] == [
        ("POST", "/auth/login", 200),
        ("GET", f"/data/{USER_ID}", 403),
        ("GET", "/auth/login", 200),
        ("GET", f"/data/{USER_ID}", 403),
    ]


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/data", 400, CgmResponseError),
        ("/data", 401, CgmAuthError),
        ("/data", 403, CgmAuthError),
        ("/data", 404, CgmResponseError),
        ("/auth/login", 400, CgmAuthError),
        ("/auth/login", 401, CgmAuthError),
        ("/auth/login", 403, CgmAuthError),
        ("/auth/login", 500, CgmConnectionError),
    ],
)
async def test_every_described_error_is_one_of_ours(
    tidepool: Tidepool,
    source: TidepoolSource,
    path: str,
    status: int,
    error: type[CgmError],
) -> None:
    tidepool.preferred = {path: status}

    with pytest.raises(error) as caught:
        await source.readings(NOON - DAY)

    assert type(caught.value) is error


@pytest.fixture
def application(hass: HomeAssistant, tidepool: Tidepool) -> TidepoolImplementation:
    """Return an application in the described realm."""
    nowhere = AuthorizationServer(authorize_url="", token_url="")
    credential = ClientCredential("glucose-follow", "any text")
    openid = tidepool.url / "realms/tidepool/protocol/openid-connect"
    return TidepoolImplementation(
        AuthImplementation(hass, "tidepool", credential, nowhere),
        Environment.PRODUCTION,
        Realm(authorize_url=openid / "auth", token_url=openid / "token"),
    )


async def test_every_request_for_tokens_is_as_described(
    tidepool: Tidepool, application: TidepoolImplementation
) -> None:
    state = {"redirect_uri": "https://home.example/auth/external/callback"}

    first = await application.async_resolve_external_data({"code": "1", "state": state})
    second = await application.async_refresh_token(first)

    assert second["access_token"]
    assert [
        (each.method, each.status, each.violations) for each in tidepool.answered
    ] == [
        ("POST", 200, ()),
        ("POST", 200, ()),
    ]


async def test_people_are_sent_to_the_page_as_described(
    tidepool: Tidepool,
    application: TidepoolImplementation,
    current_request_with_host: None,
) -> None:
    """But for one scope, which Tidepool's own apps ask for and its description lacks."""
    page = await application.async_generate_authorize_url("flow")

    async with ClientSession() as browser, browser.get(page, allow_redirects=False):
        pass

    (asked,) = tidepool.answered
    assert asked.path.endswith("/auth")
    (wrong,) = asked.violations
    assert wrong.startswith("Request query parameter scope")


async def test_a_request_for_tokens_that_is_not_as_described_is_noticed(
    tidepool: Tidepool, application: TidepoolImplementation
) -> None:
    """Or the tests above would prove nothing."""
    form = {"grant_type": "client_credentials", "client_id": "glucose-follow"}
    async with (
        ClientSession() as session,
        session.post(application.token_url, data=form) as answer,
    ):
        assert answer.status >= 400


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"data/{USER_ID}?type=cgb", TOKEN),
        (f"data/{USER_ID}?type=cbg&startDate=yesterday", TOKEN),
        (f"data/{USER_ID}?latest=perhaps", TOKEN),
        (f"data/{USER_ID}?carelink=perhaps", TOKEN),
        (f"data/{USER_ID}?subType=insertion", TOKEN),
        (f"data/{USER_ID}", {}),
        ("data/alex", TOKEN),
        (f"data/{USER_ID}/cbg", TOKEN),
        ("auth/user", {}),
        ("auth/nobody", TOKEN),
    ],
)
async def test_what_is_not_as_described_is_noticed(
    tidepool: Tidepool, path: str, headers: dict[str, str]
) -> None:
    """Or the tests above would prove nothing."""
    async with (
        ClientSession() as session,
        session.get(f"{tidepool.url}{path}", headers=headers) as answer,
    ):
        assert answer.status >= 400
