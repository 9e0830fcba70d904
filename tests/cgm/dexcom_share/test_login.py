"""One login, and what becomes of it."""

import asyncio
from datetime import timedelta

from aiohttp import ClientSession
import pytest
from yarl import URL

from custom_components.glucose_follow.cgm.errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmError,
    CgmRateLimitError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.sources.dexcom_share import (
    DexcomShareSource,
    Region,
)
from simulators.dexcom_share import (
    ACCOUNT_ID,
    AUTHENTICATE,
    JAPAN_APPLICATION,
    LOG_IN,
    READ,
    DexcomShareSimulator,
)
from simulators.dexcom_share_wire import ErrorForm, Lockout, Refusal, Wire
from simulators.nightscout import faults
from tests.simulators.nightscout_support import FakeTime

from .support import DAY, EVERY_CHARACTER, NOON, Make, Options, Says, kinds, only


@pytest.mark.parametrize(
    ("region", "host", "application_id"),
    [
        (Region.US, "share2.dexcom.com", "d89443d2-327c-4a6f-89e5-496bbb0317db"),
        (Region.OUS, "shareous1.dexcom.com", "d89443d2-327c-4a6f-89e5-496bbb0317db"),
        (Region.JP, "share.dexcom.jp", JAPAN_APPLICATION),
    ],
)
def test_a_region_has_its_server_and_its_application(
    region: Region, host: str, application_id: str
) -> None:
    assert (region.host, region.application_id) == (host, application_id)


async def test_without_another_base_the_regions_server_is_asked(
    server: DexcomShareSimulator, clock: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async with ClientSession() as session:

        def request(method: str, url: URL, **_: object) -> object:
            asked.append(f"{method} {url.origin()}{url.path}")
            raise OSError

        monkeypatch.setattr(session, "request", request)
        source = DexcomShareSource(
            session, username="a", password="b", region=Region.JP, clock=clock
        )
        with pytest.raises(CgmConnectionError):
            await source.identify()

    services = "https://share.dexcom.jp/ShareWebServices/Services"
    assert asked == [f"POST {services}/General/{AUTHENTICATE}"]


async def test_identify_logs_in_once(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    account = await source.identify()
    await source.readings(NOON - DAY)

    assert account.id == ACCOUNT_ID
    assert kinds(server) == [AUTHENTICATE, LOG_IN, READ]
    assert server.logins == 1


@pytest.mark.parametrize(
    "options",
    [{"username": ACCOUNT_ID.upper()}, {"username": "?", "account_id": ACCOUNT_ID}],
)
async def test_a_known_account_id_spares_the_user_name(
    make: Make, server: DexcomShareSimulator, options: Options
) -> None:
    account = await make(**options).identify()

    assert account.id == ACCOUNT_ID
    assert kinds(server) == [LOG_IN]


async def test_two_questions_at_once_log_in_once(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    await asyncio.gather(source.identify(), source.readings(NOON - DAY))
    server.expire_session()
    await asyncio.gather(source.readings(NOON - DAY), source.readings(NOON - DAY))

    assert server.logins == 2


async def test_whoever_waits_for_a_login_shares_its_failure(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    server.fault = faults.ServerError(503)

    errors = await asyncio.gather(
        source.identify(), source.readings(NOON - DAY), return_exceptions=True
    )

    assert [type(error) for error in errors] == [CgmConnectionError] * 2
    assert kinds(server) == [AUTHENTICATE]


async def test_every_character_of_a_password_survives_the_wire(
    make: Make, server: DexcomShareSimulator
) -> None:
    server.password = EVERY_CHARACTER

    await make(password=EVERY_CHARACTER).identify()

    for request in server.requests:
        told = request.json()
        assert isinstance(told, dict)
        assert told["password"] == EVERY_CHARACTER


async def test_a_phone_number_keeps_its_plus(
    make: Make, server: DexcomShareSimulator
) -> None:
    server.username = "+4915112345678"

    assert (await make(username="+4915112345678").identify()).id == ACCOUNT_ID


@pytest.mark.parametrize("error", [ErrorForm.XML, ErrorForm.JSON])
@pytest.mark.parametrize("refusal", Refusal)
async def test_a_refused_login_is_never_sent_again(
    make: Make, server: DexcomShareSimulator, refusal: Refusal, error: ErrorForm
) -> None:
    server.wire = Wire(refusal=refusal, error=error)
    source = make(password="wrong")
    texts = set[str]()

    for ask in (source.identify(), source.readings(NOON - DAY), source.identify()):
        with pytest.raises(CgmAuthError) as caught:
            await ask
        texts.add(str(caught.value))

    assert source.is_refused
    assert len(texts) == 1
    assert kinds(server) == [AUTHENTICATE]


async def test_a_password_changed_meanwhile_is_tried_once(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    await source.identify()
    server.password = "another"
    server.expire_session()

    for _ in range(3):
        with pytest.raises(CgmAuthError):
            await source.readings(NOON - DAY)

    assert kinds(server)[2:] == [READ, LOG_IN]


@pytest.mark.parametrize(
    "options",
    [
        {"password": "wrong"},
        {"username": "nobody"},
        {"username": "00000000-0000-0000-0000-000000000000"},
        {"account_id": "11111111-1111-1111-1111-111111111111"},
        {"region": Region.JP},
    ],
)
async def test_whatever_is_wrong_with_a_credential_it_is_refused(
    make: Make, server: DexcomShareSimulator, options: Options
) -> None:
    source = make(**options)

    with pytest.raises(CgmAuthError):
        await source.identify()

    assert source.is_refused
    assert len(server.requests) == 1


async def test_the_zero_id_of_a_second_step_is_a_refusal(
    make: Make, server: DexcomShareSimulator
) -> None:
    server.wire = Wire(refusal=Refusal.NOBODY)
    source = make(account_id=ACCOUNT_ID, password="wrong")

    with pytest.raises(CgmAuthError):
        await source.readings(NOON - DAY)

    assert source.is_refused
    assert kinds(server) == [LOG_IN]


@pytest.mark.parametrize("lockout", Lockout)
async def test_a_locked_account_is_left_alone_and_is_not_refused(
    source: DexcomShareSource,
    make: Make,
    server: DexcomShareSimulator,
    lockout: Lockout,
) -> None:
    server.wire = Wire(lockout=lockout)
    for _ in range(5):
        with pytest.raises(CgmAuthError):
            await make(password="wrong").identify()

    with pytest.raises(CgmRateLimitError) as caught:
        await source.identify()

    assert caught.value.retry_after == 600
    assert not source.is_refused


async def test_a_lock_that_is_over_lets_the_next_login_in(
    source: DexcomShareSource, make: Make, clock: FakeTime
) -> None:
    for _ in range(5):
        with pytest.raises(CgmAuthError):
            await make(password="wrong").identify()
    with pytest.raises(CgmRateLimitError):
        await source.identify()

    clock.now += timedelta(seconds=600)

    assert (await source.identify()).id == ACCOUNT_ID


@pytest.mark.parametrize("code", ["SessionIdNotFound", "SessionNotValid"])
async def test_a_session_that_is_gone_is_replaced_once(
    source: DexcomShareSource, server: DexcomShareSimulator, code: str
) -> None:
    server.wire = Wire(session_gone=code)
    await source.identify()
    server.expire_session()

    assert only(await source.readings(NOON - DAY)).mgdl == 120
    assert kinds(server)[2:] == [READ, LOG_IN, READ]


async def test_a_server_that_forgets_every_session_is_asked_twice(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    server.session_lifetime = timedelta()

    with pytest.raises(CgmRateLimitError) as caught:
        await source.readings(NOON - DAY)

    assert caught.value.retry_after == 600
    assert kinds(server) == [AUTHENTICATE, LOG_IN, READ, LOG_IN, READ]


@pytest.mark.parametrize(
    "form", [ErrorForm.TEXT, ErrorForm.LIST, ErrorForm.NULL, ErrorForm.HTML]
)
async def test_an_error_of_another_shape_is_an_outage_and_no_refusal(
    make: Make, server: DexcomShareSimulator, form: ErrorForm
) -> None:
    server.wire = Wire(error=form)
    source = make(password="wrong")

    with pytest.raises(CgmConnectionError):
        await source.identify()

    assert not source.is_refused


@pytest.mark.parametrize(
    "fault",
    [faults.Unreachable(), faults.Html(), faults.NullBody(), faults.RateLimit(5)],
)
async def test_trouble_during_a_login_is_no_refusal(
    source: DexcomShareSource, server: DexcomShareSimulator, fault: faults.Fault
) -> None:
    server.fault = fault
    with pytest.raises(CgmError):
        await source.identify()
    assert not source.is_refused

    server.fault = None

    assert (await source.identify()).id == ACCOUNT_ID


@pytest.mark.parametrize("fault", [faults.ServerError(403), faults.Refuse()])
async def test_a_gate_that_bars_the_way_is_no_refusal(
    source: DexcomShareSource, server: DexcomShareSimulator, fault: faults.Fault
) -> None:
    server.fault = fault

    with pytest.raises(CgmConnectionError):
        await source.identify()

    assert not source.is_refused


async def test_a_401_with_a_code_of_the_servers_own_is_a_refusal(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    server.fault = Says({"Code": "SomethingNew", "Message": ""}, status=401)

    with pytest.raises(CgmAuthError):
        await source.identify()

    assert source.is_refused


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("SSO_InternalError", "Something else", CgmConnectionError),
        ("SessionNotValid", "Error in the application.", CgmConnectionError),
        ("MonitoringSessionNotActive", "", CgmConnectionError),
    ],
)
async def test_other_errors_of_a_login_are_outages(
    source: DexcomShareSource,
    server: DexcomShareSimulator,
    code: str,
    message: str,
    expected: type[CgmError],
) -> None:
    server.fault = Says({"Code": code, "Message": message})

    with pytest.raises(expected):
        await source.identify()

    assert not source.is_refused


async def test_a_refused_form_of_a_question_is_no_refusal_of_the_credential(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    await source.identify()
    server.fault = Says({"Code": "InvalidArgument", "Message": "minutes"})

    with pytest.raises(CgmResponseError):
        await source.readings(NOON - DAY)

    assert not source.is_refused
