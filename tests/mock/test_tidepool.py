"""Every request of ours is as Tidepool describes its API.

Mock servers made from its descriptions check routes, parameters and headers. They
know nothing of what data mean, and answer with the same example always.
"""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from aiohttp import ClientSession
from homeassistant.components.application_credentials import (
    AuthImplementation,
    AuthorizationServer,
    ClientCredential,
)
from homeassistant.core import HomeAssistant
import pytest
from yarl import URL

from custom_components.glucose_follow.cgm.errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.sources.tidepool import (
    SCOPE,
    Environment,
    PasswordLogin,
    TidepoolSource,
    find_realm,
)
from custom_components.glucose_follow.oauth_provider import TidepoolImplementation

from .conftest import Tidepool

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
USER_ID = "0123456789"
TOKEN = {"X-Tidepool-Session-Token": "kc:access:refresh"}


@pytest.fixture
async def session() -> AsyncGenerator[ClientSession]:
    """Return a client."""
    async with ClientSession() as client:
        yield client


def _followed(
    tidepool: Tidepool, session: ClientSession, *, is_live: bool = False
) -> TidepoolSource:
    """Return a source of the described Tidepool."""
    login = PasswordLogin(
        session,
        environment=Environment.PRODUCTION,
        username="alex@example.org",
        password="correct horse battery",
        base=tidepool.url,
    )
    return TidepoolSource(
        session,
        environment=Environment.PRODUCTION,
        token=login.token,
        clock=lambda: NOON,
        user_id=USER_ID,
        is_live=is_live,
        base=tidepool.url,
    )


@pytest.fixture
def source(tidepool: Tidepool, session: ClientSession) -> TidepoolSource:
    """Return a source that is not live."""
    return _followed(tidepool, session)


async def test_every_request_is_as_described(
    tidepool: Tidepool, source: TidepoolSource, session: ClientSession
) -> None:
    await source.identify()
    await source.people()
    await source.readings(NOON - DAY)
    await source.readings(NOON - 365 * DAY)
    await source.treatments(NOON - DAY)
    await source.treatments(NOON - 365 * DAY)
    await source.status()
    await source.history(NOON - 30 * DAY, NOON)
    live = _followed(tidepool, session, is_live=True)
    await live.readings(NOON - DAY)
    await live.readings(NOON - timedelta(minutes=5))

    asked = {(each.method, each.path) for each in tidepool.answered}
    assert asked == {
        ("POST", "/auth/login"),
        ("GET", "/auth/user"),
        ("GET", f"/data/{USER_ID}"),
    }
    for each in tidepool.answered:
        assert (each.status, each.violations) == (200, ()), each
    parameters = {
        name for each in tidepool.answered for name, _ in parse_qsl(each.query)
    }
    assert parameters == {
        *("carelink", "dexcom", "medtronic", "type", "subType", "latest"),
        *("startDate", "endDate"),
    }


async def test_what_is_not_described_is_asked_for_with_the_token_too(
    tidepool: Tidepool, source: TidepoolSource
) -> None:
    """The descriptions at hand have neither profiles nor who shares."""
    await source.identify()
    await source.people()

    (owner,) = {
        path.split("/")[2] for _, path, _ in tidepool.unknown if "profile" in path
    }
    assert set(tidepool.unknown) == {
        ("GET", f"/metadata/{USER_ID}/settings", True),
        ("GET", f"/metadata/{owner}/profile", True),
        ("GET", f"/metadata/users/{owner}/users", True),
    }


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
async def application(
    hass: HomeAssistant, tidepool: Tidepool, session: ClientSession
) -> TidepoolImplementation:
    """Return an application in the described realm."""
    nowhere = AuthorizationServer(authorize_url="", token_url="")
    credential = ClientCredential("glucose-follow", "any text")
    return TidepoolImplementation(
        AuthImplementation(hass, "tidepool", credential, nowhere),
        Environment.PRODUCTION,
        await find_realm(session, Environment.PRODUCTION, tidepool.url),
    )


async def test_a_realm_is_looked_for_without_a_token(
    tidepool: Tidepool, application: TidepoolImplementation
) -> None:
    assert tidepool.unknown == [
        ("GET", "/info", False),
        ("GET", "/realms/tidepool/.well-known/openid-configuration", False),
    ]


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


@pytest.mark.parametrize(
    ("scope", "violations"),
    [
        # The only request of ours that is not as described: without this scope nothing
        # may be read while the person is away. Tidepool's own apps and xDrip ask for it
        # too, and the description lists no scopes but the other two.
        (SCOPE, ("scope.1 must be equal to one of the allowed values: openid, email",)),
        ("openid email", ()),
    ],
)
async def test_people_are_sent_to_the_page_as_described_but_for_one_scope(
    tidepool: Tidepool,
    application: TidepoolImplementation,
    current_request_with_host: None,
    scope: str,
    violations: tuple[str, ...],
) -> None:
    page = URL(await application.async_generate_authorize_url("flow"))
    ours = page.query["scope"]

    async with (
        ClientSession() as browser,
        browser.get(page.update_query(scope=scope), allow_redirects=False),
    ):
        pass

    (asked,) = tidepool.answered
    assert ours == SCOPE == "openid offline_access"
    assert asked.path.endswith("/auth")
    assert asked.violations == tuple(
        f"Request query parameter {each}" for each in violations
    )


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
