"""Whose data it is, and by which version."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from aiohttp import ClientSession
import pytest
from yarl import URL

from custom_components.glucose_follow.cgm.errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.source import Feature
from custom_components.glucose_follow.cgm.sources.dexcom_api import (
    SCOPE,
    DexcomApiSource,
    Environment,
    Version,
    api_url,
    authorize_url,
    token_url,
)
from custom_components.glucose_follow.cgm.transport import Json
from simulators.dexcom_api import DexcomApiSimulator, Fault, Refusal
from tests.simulators.nightscout_support import NOON, FakeTime

from .support import asked, source_of

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PERSON = SimulatedPerson(seed=7)

type Make = Callable[..., DexcomApiSource]


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        (Environment.US, "api.dexcom.com"),
        (Environment.EU, "api.dexcom.eu"),
        (Environment.JP, "api.dexcom.jp"),
        (Environment.SANDBOX, "sandbox-api.dexcom.com"),
    ],
)
def test_every_environment_has_a_host_of_its_own(
    environment: Environment, host: str
) -> None:
    assert api_url(environment) == URL(f"https://{host}")
    assert authorize_url(environment) == URL(f"https://{host}/v2/oauth2/login")
    assert token_url(environment) == URL(f"https://{host}/v2/oauth2/token")
    assert SCOPE == "offline_access"


def test_authorization_can_be_elsewhere() -> None:
    base = URL("http://127.0.0.1:1234")

    assert token_url(Environment.US, base) == base / "v2/oauth2/token"


async def test_an_account_is_told_by_version_3(
    source: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    account = await source.identify()

    assert account.id == "user-0123456789abcdef"
    assert source.version is Version.V3
    assert source.features == {Feature.STATUS, Feature.TREATMENTS}
    assert source.caps.floor == 600
    assert source.server_time == NOON
    assert asked(api) == ["dataRange"]


@pytest.mark.parametrize("refusal", [401, 403, 404])
async def test_an_application_with_version_2_only_is_found_out_once(
    http: ClientSession, clock: FakeTime, refusal: Refusal
) -> None:
    async with DexcomApiSimulator(clock=clock, v3_refusal=refusal) as api:
        source = source_of(http, api, clock, account_id="entry-1")

        account = await source.identify()
        await source.readings(NOON - DAY)

        assert account.id == "entry-1"
        assert source.version is Version.V2
        assert [request.path for request in api.requests] == [
            "/v3/users/self/dataRange",
            "/v2/users/self/dataRange",
            "/v2/users/self/dataRange",
        ]


async def test_without_any_id_the_account_still_has_one_that_stays(
    older: DexcomApiSource,
) -> None:
    assert (await older.identify()).id == "dexcom-eu"


async def test_a_withdrawn_consent_is_refused_by_both_versions_and_found_out(
    http: ClientSession, api: DexcomApiSimulator, clock: FakeTime
) -> None:
    token = api.sign_in().access
    api.revoke()

    async def revoked(_: str | None) -> str:
        return token

    source = DexcomApiSource(
        http, environment=Environment.US, token=revoked, clock=clock, base=api.url
    )
    with pytest.raises(CgmAuthError) as caught:
        await source.identify()

    assert source.version is None
    assert token not in str(caught.value)


async def test_a_refusal_is_told_where_there_is_no_version_2_to_ask(
    source: DexcomApiSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(path: str, **_: object) -> Json:
        if path.startswith("v3"):
            raise CgmAuthError("The credential lacks the right", is_recognised=True)
        raise CgmResponseError("Unexpected answer", status=404)

    monkeypatch.setattr(source._client, "get", refused)

    with pytest.raises(CgmAuthError):
        await source.identify()


async def test_an_outage_never_decides_the_version(
    source: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    api.fault = Fault.SERVER_ERROR
    with pytest.raises(CgmConnectionError):
        await source.identify()
    assert asked(api) == ["dataRange"]

    api.fault = Fault.HTML
    with pytest.raises(CgmResponseError):
        await source.identify()
    assert asked(api) == ["dataRange"]

    api.fault = None
    await source.identify()
    assert source.version is Version.V3


async def test_what_the_token_raises_is_passed_on(
    http: ClientSession, api: DexcomApiSimulator, clock: FakeTime
) -> None:
    async def expired(_: str | None) -> str:
        raise CgmAuthError("The refresh token is spent")

    source = DexcomApiSource(
        http, environment=Environment.US, token=expired, clock=clock, base=api.url
    )

    with pytest.raises(CgmAuthError, match="spent"):
        await source.readings(NOON - DAY)
    assert asked(api) == []


async def test_a_token_that_is_refused_before_its_time_is_replaced_once(
    http: ClientSession, api: DexcomApiSimulator, clock: FakeTime
) -> None:
    old = api.sign_in().access
    api.revoke()
    new = api.sign_in().access
    told: list[str | None] = []

    async def token(refused: str | None) -> str:
        told.append(refused)
        return new if old in told else old

    source = DexcomApiSource(
        http, environment=Environment.US, token=token, clock=clock, base=api.url
    )

    assert (await source.identify()).id == "user-0123456789abcdef"
    assert [refused for refused in told if refused] == [old]


async def test_a_token_that_ends_between_two_questions_is_replaced_once(
    http: ClientSession,
    api: DexcomApiSimulator,
    clock: FakeTime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api.add("egvs", NOON - HOUR, value=100)
    tokens = [api.sign_in().access]
    ranged = api._answers.data_range

    def then_end(version: str, now: datetime) -> object:
        if len(tokens) == 1:
            api.revoke()
        return ranged(version, now)

    async def token(refused: str | None) -> str:
        if refused is not None:
            tokens.append(api.sign_in().access)
        return tokens[-1]

    monkeypatch.setattr(api._answers, "data_range", then_end)
    source = DexcomApiSource(
        http, environment=Environment.US, token=token, clock=clock, base=api.url
    )

    assert len(await source.readings(NOON - DAY)) == 1
    assert len(tokens) == 2
    assert asked(api) == ["dataRange", "egvs", "egvs"]


async def test_a_token_that_two_questions_showed_is_replaced_once(
    http: ClientSession,
    api: DexcomApiSimulator,
    clock: FakeTime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One learns of the refusal only after the other has a new token."""
    api.add("events", NOON - HOUR, eventType="carbs", value="30")
    tokens = [api.sign_in().access]
    is_over = asyncio.Event()

    async def token(refused: str | None) -> str:
        if refused == tokens[-1]:
            tokens.append(api.sign_in().access)
        return tokens[-1]

    source = source_of(http, api, clock, token=token)
    await source.identify()
    api.revoke()
    get: Callable[..., Awaitable[Json]] = source._client.get

    async def slow(path: str, *args: object, **options: object) -> Json:
        try:
            return await get(path, *args, **options)
        except CgmAuthError:
            if path.endswith("devices"):
                await is_over.wait()
            raise

    monkeypatch.setattr(source._client, "get", slow)
    status = asyncio.create_task(source.status())
    await asyncio.sleep(0)
    await source.treatments(NOON - DAY)
    is_over.set()
    await status

    assert len(tokens) == 2


async def test_a_token_without_the_right_is_not_replaced(
    http: ClientSession,
    api: DexcomApiSimulator,
    clock: FakeTime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str | None] = []

    async def token(refused: str | None) -> str:
        told.append(refused)
        return api.sign_in().access

    async def refused(*_: object, **__: object) -> Json:
        raise CgmAuthError("The credential lacks the right", is_recognised=True)

    source = DexcomApiSource(
        http, environment=Environment.US, token=token, clock=clock, base=api.url
    )
    monkeypatch.setattr(source._client, "get", refused)

    with pytest.raises(CgmAuthError):
        await source.identify()

    assert set(told) == {None}


async def test_every_request_has_the_token_of_its_time(
    source: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    await source.identify()
    await source.identify()

    one, other = [request.headers["Authorization"] for request in api.requests]
    assert one.startswith("Bearer ")
    assert one != other
