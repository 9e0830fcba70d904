"""Dexcom's official API over real sockets."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
import json

from aiohttp import ClientSession
from hypothesis import given, strategies as st
import pytest
from yarl import URL

from custom_components.glucose_follow.cgm.data import judge
from custom_components.glucose_follow.cgm.errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.models import (
    Direction,
    Reading,
    ReadingKind,
    Sample,
    Treatment,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.source import Feature
from custom_components.glucose_follow.cgm.sources.dexcom_api import (
    SCOPE,
    Alert,
    Device,
    DexcomApiSource,
    Environment,
    Version,
    api_url,
    authorize_url,
    decode,
    events,
    token_url,
)
from custom_components.glucose_follow.cgm.sources.dexcom_api.data_range import (
    data_range,
)
from custom_components.glucose_follow.cgm.sources.dexcom_api.fields import (
    moment,
    number,
)
from custom_components.glucose_follow.cgm.sources.dexcom_api.windows import windows
from custom_components.glucose_follow.cgm.timeline import Timeline
from custom_components.glucose_follow.cgm.transport import Json
from simulators.dexcom_api import DexcomApiSimulator, Fault, Refusal
from tests.simulators.nightscout_support import NOON, FakeTime

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PERSON = SimulatedPerson(seed=7)

type Make = Callable[..., DexcomApiSource]


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
async def api(clock: FakeTime) -> AsyncGenerator[DexcomApiSimulator]:
    """Return a server with an account that has nothing yet."""
    async with DexcomApiSimulator(clock=clock) as api:
        yield api


@pytest.fixture
def source(
    http: ClientSession, api: DexcomApiSimulator, clock: FakeTime
) -> DexcomApiSource:
    """Return a source of the account."""
    return source_of(http, api, clock)


@pytest.fixture
def older(api: DexcomApiSimulator, source: DexcomApiSource) -> DexcomApiSource:
    """Return a source whose application may use version 2 only."""
    api.v3_refusal = 404
    return source


def source_of(
    http: ClientSession,
    api: DexcomApiSimulator,
    clock: FakeTime,
    account_id: str | None = None,
) -> DexcomApiSource:
    """Return a source of a server's account."""

    async def token(_: str | None) -> str:
        return api.sign_in().access

    return DexcomApiSource(
        http,
        environment=Environment.EU,
        token=token,
        clock=clock,
        base=api.url,
        account_id=account_id,
    )


def asked(api: DexcomApiSimulator) -> list[str]:
    """Return what was asked for, and forget it."""
    kinds = [request.kind for request in api.requests]
    api.requests.clear()
    return kinds


def mgdls(samples: object) -> list[int]:
    """Return the values of readings, in their order."""
    assert isinstance(samples, list)
    return [sample.mgdl for sample in samples]


def logged(**fields: Json) -> Treatment | None:
    """Return what an event of noon says."""
    usual: dict[str, Json] = {"recordId": "one", "systemTime": "2026-11-21T12:00:00Z"}
    return events.event({**usual, **fields})


def measured(**fields: Json) -> Reading | None:
    """Return what a value of noon says."""
    return decode.reading({"systemTime": "2026-11-21T12:00:00Z", **fields})


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
    assert source.features == {Feature.TREATMENTS}
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


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21T12:00:00",
        "2026-11-21T12:00:00Z",
        "2026-11-21T12:00:00+00:00",
        "2026-11-21T04:00:00-08:00",
        "2026-11-21T12:00:00.000",
        "2026-11-21T12:00Z",
        "2026-11-21T05:00:02-06:59:58",
        "2026-11-21T4:0:0-08:00",
        " 2026-11-21T12:00:00.0000000Z",
    ],
)
def test_every_way_to_write_a_time_is_understood(text: str) -> None:
    at = moment(text)

    assert at == NOON
    assert at.tzinfo is UTC


@pytest.mark.parametrize("value", [None, 5, "", "soon", "0001-01-01T00:00:00+01:00"])
def test_what_is_no_time_is_none(value: Json) -> None:
    assert moment(value) is None


@pytest.mark.parametrize("value", [None, True, [], "", "x", "nan", 10**400])
def test_what_is_no_number_is_none(value: Json) -> None:
    assert number(value) is None


async def test_naive_and_offset_times_become_one_series_in_utc(
    source: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    api.add("egvs", NOON, value=120, systemTime="2026-11-21T11:55:00")
    api.add("egvs", NOON, value=110, systemTime="2026-11-21T03:50:00-08:00")
    api.add("egvs", NOON, value=130, systemTime="2026-11-21T12:00:00Z")

    found = await source.readings(NOON - DAY)

    assert mgdls(found) == [110, 120, 130]
    assert [reading.at for reading in found] == [
        NOON - 10 * MINUTE,
        NOON - 5 * MINUTE,
        NOON,
    ]
    assert all(reading.at.tzinfo is UTC for reading in found)


@pytest.mark.parametrize(
    ("fields", "mgdl", "kind"),
    [
        ({"value": 40}, 40, ReadingKind.MEASURED),
        ({"value": 400}, 400, ReadingKind.MEASURED),
        ({"value": 39}, 39, ReadingKind.LOW),
        ({"value": 401}, 401, ReadingKind.HIGH),
        ({"value": 650}, 401, ReadingKind.HIGH),
        ({"value": 39, "status": "low"}, 39, ReadingKind.LOW),
        ({"value": 20, "status": "low"}, 39, ReadingKind.LOW),
        ({"value": 401, "status": "high"}, 401, ReadingKind.HIGH),
        ({"value": None, "status": "low"}, 39, ReadingKind.LOW),
        ({"value": None, "status": "high"}, 401, ReadingKind.HIGH),
        ({"value": 120, "status": "ok"}, 120, ReadingKind.MEASURED),
        ({"value": "120", "status": None}, 120, ReadingKind.MEASURED),
        ({"value": 6.1, "unit": "mmol/L"}, 110, ReadingKind.MEASURED),
    ],
)
def test_values_beyond_the_range_say_so(
    fields: dict[str, Json], mgdl: int, kind: ReadingKind
) -> None:
    reading = measured(**fields)

    assert reading is not None
    assert (reading.mgdl, reading.kind) == (mgdl, kind)


@pytest.mark.parametrize(
    "fields",
    [
        {"value": None},
        {"value": 12},
        {"value": 0},
        {"value": 5000},
        {"value": 20, "status": "high"},
        {"value": 120, "systemTime": None},
        {},
    ],
)
def test_what_is_no_glucose_is_no_reading(fields: dict[str, Json]) -> None:
    assert measured(**fields) is None


@pytest.mark.parametrize(
    ("trend", "direction"),
    [
        ("doubleUp", Direction.DOUBLE_UP),
        ("singleUp", Direction.SINGLE_UP),
        ("fortyFiveUp", Direction.FORTY_FIVE_UP),
        ("flat", Direction.FLAT),
        ("fortyFiveDown", Direction.FORTY_FIVE_DOWN),
        ("singleDown", Direction.SINGLE_DOWN),
        ("doubleDown", Direction.DOUBLE_DOWN),
        ("none", None),
        ("unknown", None),
        ("notComputable", None),
        ("rateOutOfRange", None),
        ("sideways", None),
        (None, None),
        (4, None),
    ],
)
def test_trends_are_directions_or_unknown(
    trend: Json, direction: Direction | None
) -> None:
    reading = measured(value=120, trend=trend)

    assert reading is not None
    assert reading.direction is direction


@pytest.mark.parametrize(
    ("fields", "mgdl"),
    [
        ({"smoothedValue": 111, "realtimeValue": 120, "value": 111}, 111),
        ({"smoothedValue": None, "realtimeValue": 120, "value": 119}, 120),
        ({"smoothedValue": None, "realtimeValue": None, "value": 119}, 119),
    ],
)
def test_a_smoothed_value_is_better_than_a_realtime_one(
    fields: dict[str, Json], mgdl: int
) -> None:
    reading = measured(**fields)

    assert reading is not None
    assert reading.mgdl == mgdl


def test_a_unit_of_all_values_is_a_unit_of_each() -> None:
    answer: Json = {"unit": "mmol/L", "egvs": [{"value": 6.1}, "surprise"]}

    assert decode.documents(answer, "egvs") == [{"unit": "mmol/L", "value": 6.1}, {}]


def test_a_bare_list_is_a_list() -> None:
    assert decode.documents([], "events") == []


@pytest.mark.parametrize("answer", [{}, {"records": None}, "surprise", None])
def test_an_answer_without_a_list_is_no_answer(answer: Json) -> None:
    with pytest.raises(CgmResponseError):
        decode.documents(answer, "egvs")


@pytest.mark.parametrize(
    "answer", [[], {"egvs": []}, {"egvs": {}}, {"egvs": {"start": 1, "end": {}}}]
)
def test_what_is_no_data_range_is_no_answer(answer: Json) -> None:
    with pytest.raises(CgmResponseError):
        data_range(answer)


@pytest.mark.parametrize(
    ("value", "insulin"),
    [("12.5", 12.5), (12, 12), ("", None), ("-1", None), ("-1.00", None), (None, None)],
)
@pytest.mark.parametrize("sub_type", ["fastActing", None])
def test_an_event_survives_whatever_its_value(
    value: Json, insulin: float | None, sub_type: str | None
) -> None:
    bolus = logged(eventType="insulin", eventSubType=sub_type, value=value)

    assert bolus == Treatment(
        at=NOON, id="one", kind=TreatmentKind.BOLUS, insulin=insulin
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"eventType": "carbs", "value": "45", "unit": "grams"},
            {"kind": TreatmentKind.CARBS, "carbs": 45},
        ),
        (
            {"eventType": "exercise", "eventSubType": "medium", "value": "30"},
            {"kind": TreatmentKind.EXERCISE, "duration": 30, "note": "medium"},
        ),
        (
            {"eventType": "health", "eventSubType": "illness", "value": ""},
            {"kind": TreatmentKind.OTHER, "note": "illness"},
        ),
        (
            {"eventType": "bloodGlucose", "value": "104", "unit": "mg/dL"},
            {"kind": TreatmentKind.FINGER_STICK, "mgdl": 104},
        ),
        (
            {"eventType": "bloodGlucose", "value": "5.8", "unit": "mmol/L"},
            {"kind": TreatmentKind.FINGER_STICK, "mgdl": 105},
        ),
        (
            {"eventType": "bloodGlucose", "value": "-1"},
            {"kind": TreatmentKind.FINGER_STICK},
        ),
        (
            {"eventType": "notes", "value": "Pizza"},
            {"kind": TreatmentKind.NOTE, "note": "Pizza"},
        ),
        ({"eventType": "note", "value": 7}, {"kind": TreatmentKind.NOTE, "note": "7"}),
        ({"eventType": "notes", "value": ""}, {"kind": TreatmentKind.NOTE}),
        ({"eventType": "unknown", "value": "1"}, {"kind": TreatmentKind.OTHER}),
        (
            {"eventType": "insulin", "eventSubType": "longActing", "value": "12.5"},
            {"kind": TreatmentKind.LONG_ACTING, "insulin": 12.5},
        ),
        (
            {"eventType": "insulin", "eventSubType": "longActing", "value": ""},
            {"kind": TreatmentKind.LONG_ACTING},
        ),
    ],
)
def test_events_are_treatments_of_their_kind(
    fields: dict[str, Json], expected: dict[str, object]
) -> None:
    done = logged(**fields)

    assert done is not None
    told = {
        name: getattr(done, name)
        for name in ("kind", "insulin", "carbs", "duration", "mgdl", "note")
        if getattr(done, name) is not None
    }
    assert told == expected


def test_long_acting_insulin_is_never_the_last_bolus() -> None:
    basal = logged(eventType="insulin", eventSubType="longActing", value="12.5")
    assert basal is not None

    data = judge(
        Timeline(),
        [basal],
        now=NOON + HOUR,
        stale_after=HOUR,
        are_treatments_known=True,
        is_answering=True,
    )

    assert data.last_bolus is None
    assert data.last_automatic_bolus is None


@pytest.mark.parametrize(
    "fields",
    [
        {"eventType": "carbs", "value": "5000"},
        {"eventType": "insulin", "value": "101"},
        {"eventType": None, "value": "5"},
        {"eventType": "carbs", "value": "5", "systemTime": "soon"},
    ],
)
def test_what_nobody_can_have_meant_is_no_treatment(fields: dict[str, Json]) -> None:
    assert logged(**fields) is None


def test_an_event_without_an_id_is_told_by_time_and_kind() -> None:
    done = logged(recordId=None, eventType="carbs", value="5")

    assert done is not None
    assert done.id == "2026-11-21T12:00:00+00:00 carbs"


def test_of_an_event_told_twice_the_later_state_counts() -> None:
    one: dict[str, Json] = {"recordId": "1", "eventStatus": "created", "value": "1"}
    nameless: dict[str, Json] = {"eventStatus": "strange", "value": "3"}

    told = events.current(
        [
            one | {"eventStatus": "updated", "value": "2"},
            one,
            {"recordId": "2", "eventStatus": "deleted"},
            {"recordId": "2", "eventStatus": "created"},
            {"eventStatus": "deleted"},
            nameless,
        ]
    )

    assert [document["value"] for document in told] == ["1", "3", "2"]


@pytest.mark.parametrize("value", [None, "", 0])
def test_a_calibration_without_a_value_is_none(value: Json) -> None:
    document: dict[str, Json] = {"systemTime": "2026-11-21T12:00:00", "value": value}

    assert events.calibration(document) is None


async def test_calibrations_are_finger_sticks(
    source: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    api.add("calibrations", NOON - HOUR, recordId="c1", value=104)
    api.add("events", NOON - 2 * HOUR, eventType="carbs", value="20")

    carbs, stick = await source.treatments(NOON - DAY)

    assert carbs.kind is TreatmentKind.CARBS
    assert stick == Treatment(
        at=NOON - HOUR, id="c1", kind=TreatmentKind.FINGER_STICK, mgdl=104
    )


async def test_version_2_tells_treatments_apart_without_ids_of_calibrations(
    older: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    api.add("calibrations", NOON - HOUR, value=104)
    api.add("events", NOON - HOUR, recordId="e1", eventType="carbs", value="20")

    done = await older.treatments(NOON - DAY)

    assert {each.id for each in done} == {"e1", "2026-11-21T11:00:00+00:00 calibration"}


@pytest.mark.parametrize("days", [31, 61])
async def test_a_stretch_is_split_into_windows_of_thirty_days(
    source: DexcomApiSource, api: DexcomApiSimulator, days: int
) -> None:
    for day in range(days + 1):
        api.add("egvs", NOON - day * DAY, value=100 + day)

    found = await source.readings(NOON - days * DAY - MINUTE)

    assert mgdls(found) == [100 + day for day in range(days, -1, -1)]
    assert asked(api) == ["dataRange"] + ["egvs"] * (days // 30 + 1)


async def test_version_2_has_windows_of_ninety_days(
    older: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    for day in (0, 45, 90, 91):
        api.add("egvs", NOON - day * DAY, value=100 + day)
    await older.identify()
    asked(api)

    found = await older.readings(NOON - 91 * DAY - MINUTE)

    assert mgdls(found) == [191, 190, 145, 100]
    assert asked(api) == ["dataRange", "egvs", "egvs"]


@given(
    start=st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1)),  # noqa: DTZ001  hypothesis wants them naive
    length=st.timedeltas(timedelta(), timedelta(days=400)),
    longest=st.sampled_from([30, 90]),
)
def test_windows_hold_everything_and_are_never_too_long(
    start: datetime, length: timedelta, longest: int
) -> None:
    begin = start.replace(tzinfo=UTC)

    told = [
        tuple(map(datetime.fromisoformat, window))
        for window in windows(begin, begin + length, longest * DAY)
    ]

    assert told[0][0] <= start
    assert start + length < told[-1][1] <= start + length + timedelta(seconds=1)
    assert all(one[1] == other[0] for one, other in pairwise(told))
    assert all(timedelta() < end - first <= longest * DAY for first, end in told)


async def test_times_are_asked_for_in_utc_without_a_zone(
    source: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    api.add("egvs", NOON - 2 * DAY, value=99)
    api.add("egvs", NOON, value=100)

    await source.readings((NOON - DAY).astimezone(timezone(-5 * HOUR)))

    assert dict(api.requests[-1].query) == {
        "startDate": "2026-11-20T12:00:00",
        "endDate": "2026-11-21T12:00:01",
    }


async def test_nothing_is_read_again_before_the_range_moves(
    source: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    api.add("egvs", NOON - HOUR, value=100)
    api.add("egvs", NOON, value=110)
    api.add("events", NOON, eventType="carbs", value="20")
    await source.readings(NOON - DAY)
    await source.treatments(NOON - DAY)
    asked(api)

    again = await source.readings(NOON - DAY / 2)
    newer = await source.readings(NOON - HOUR)
    done = await source.treatments(NOON - DAY / 2)

    assert mgdls(again) == [100, 110]
    assert mgdls(newer) == [110]
    assert len(done) == 1
    assert asked(api) == ["dataRange"] * 3


async def test_an_account_without_data_is_asked_for_its_range_only(
    source: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    assert await source.readings(NOON - DAY) == []
    assert await source.treatments(NOON - DAY) == []
    assert await source.devices() == ()
    assert asked(api) == ["dataRange"] * 3

    api.add("egvs", NOON, value=110)

    assert mgdls(await source.readings(NOON - DAY)) == [110]


async def test_only_a_day_is_read_again_when_the_range_moves(
    source: DexcomApiSource, api: DexcomApiSimulator, clock: FakeTime
) -> None:
    for hours in range(72):
        api.add("egvs", NOON - hours * HOUR, value=100 + hours)
    await source.readings(NOON - 3 * DAY)

    clock.now += 5 * MINUTE
    api.add("egvs", clock.now, value=90)
    found = await source.readings(NOON)

    assert mgdls(found) == [90]
    assert dict(api.requests[-1].query) == {
        "startDate": "2026-11-20T12:00:00",
        "endDate": "2026-11-21T12:05:01",
    }


async def test_who_asks_for_earlier_readings_gets_them(
    source: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    for days in range(10):
        api.add("egvs", NOON - days * DAY, value=100 + days)

    near = await source.readings(NOON - DAY / 2)
    far = await source.readings(NOON - 8.5 * DAY)
    farther = await source.readings(NOON - 9.5 * DAY)

    assert [len(near), len(far), len(farther)] == [1, 9, 10]


async def test_only_three_days_are_held(
    source: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    for days in range(10):
        api.add("egvs", NOON - days * DAY, value=100 + days)
    await source.readings(NOON - 9.5 * DAY)
    asked(api)

    assert len(await source.readings(NOON - 2.5 * DAY)) == 3
    assert asked(api) == ["dataRange"]
    assert len(await source.readings(NOON - 9.5 * DAY)) == 10
    assert asked(api) == ["dataRange", "egvs"]


async def test_a_value_that_is_smoothed_later_replaces_the_first_one(
    older: DexcomApiSource, api: DexcomApiSimulator, clock: FakeTime
) -> None:
    api.add("egvs", NOON - 10 * MINUTE, value=99)
    first = api.add("egvs", NOON - 5 * MINUTE, value=100)
    api.add("egvs", NOON, value=110)
    timeline = Timeline()
    timeline.merge(await older.readings(NOON - DAY), NOON)

    api.edit(first, smoothedValue=104)
    clock.now += 5 * MINUTE
    api.add("egvs", clock.now, value=120)
    found = await older.readings(NOON)
    timeline.merge(found, clock.now)

    assert mgdls(found) == [104, 120]
    assert mgdls(list(timeline.readings)) == [99, 104, 110, 120]
    assert mgdls(await older.readings(NOON)) == [120]


async def test_a_value_that_comes_late_is_told_once(
    source: DexcomApiSource, api: DexcomApiSimulator, clock: FakeTime
) -> None:
    api.add("egvs", NOON - HOUR, value=100)
    api.add("egvs", NOON, value=110)
    await source.readings(NOON - DAY)

    clock.now += 5 * MINUTE
    api.add("egvs", NOON - HOUR / 2, value=105)
    api.add("egvs", clock.now, value=120)

    assert mgdls(await source.readings(NOON)) == [105, 120]
    assert mgdls(await source.readings(NOON)) == [120]


async def test_an_event_that_is_deleted_disappears(
    source: DexcomApiSource, api: DexcomApiSimulator, clock: FakeTime
) -> None:
    wrong = api.add("events", NOON - HOUR, eventType="carbs", value="20")
    vanished = api.add("events", NOON - HOUR, eventType="carbs", value="21")
    api.add("events", NOON - HOUR, eventType="carbs", value="30")
    before = await source.treatments(NOON - DAY)

    api.delete(wrong)
    api.remove(vanished)
    api.add("egvs", clock.now, value=100)
    after = await source.treatments(NOON - DAY)

    assert sorted(done.carbs or 0 for done in before) == [20, 21, 30]
    assert [done.carbs for done in after] == [30]
    assert source.skipped == 0


async def test_an_event_that_is_edited_is_still_one(
    source: DexcomApiSource, api: DexcomApiSimulator, clock: FakeTime
) -> None:
    meal = api.add("events", NOON - HOUR, eventType="carbs", value="20")
    await source.treatments(NOON - DAY)

    api.edit(meal, value="25", eventStatus="updated", systemTime="2026-11-21T10:30:00Z")
    api.add("egvs", clock.now, value=100)

    assert await source.treatments(NOON - HOUR) == []
    (done,) = await source.treatments(NOON - DAY)
    assert (done.id, done.carbs, done.at) == (meal, 25, NOON - 1.5 * HOUR)


async def test_a_clock_that_is_years_ahead_hides_nothing(
    source: DexcomApiSource, api: DexcomApiSimulator, clock: FakeTime
) -> None:
    api.add("egvs", NOON - 2 * DAY, value=90)
    api.add("egvs", NOON, value=100)
    api.add("egvs", NOON + 4000 * DAY, value=250)
    await source.readings(NOON - DAY)
    assert asked(api) == ["dataRange", "egvs"]

    clock.now += HOUR
    api.add("egvs", clock.now, value=110)
    api.add("egvs", NOON + 4001 * DAY, value=251)

    assert mgdls(await source.readings(NOON)) == [110]
    assert api.requests[-1].query["startDate"] == "2026-11-20T12:00:00"
    assert asked(api) == ["dataRange", "egvs"]


async def test_a_read_that_fails_midway_is_done_again(
    source: DexcomApiSource, api: DexcomApiSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(40):
        api.add("egvs", NOON - day * DAY, value=100 + day)
    get: Callable[..., Awaitable[Json]] = source._client.get

    async def broken(path: str, *args: object, **options: object) -> Json:
        answer = await get(path, *args, **options)
        if len(api.requests) == 3:
            raise CgmConnectionError("No answer")
        return answer

    monkeypatch.setattr(source._client, "get", broken)

    with pytest.raises(CgmConnectionError):
        await source.readings(NOON - 40 * DAY)
    assert len(await source.readings(NOON - 40 * DAY)) == 40


async def test_unusable_documents_are_skipped_and_counted(
    source: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    api.add("egvs", NOON - MINUTE, value=None)
    api.add("egvs", NOON, value=120)

    assert mgdls(await source.readings(NOON - DAY)) == [120]
    assert source.skipped == 1


async def test_the_sandbox_ended_long_ago_and_is_read_from_there(
    http: ClientSession, clock: FakeTime
) -> None:
    async with DexcomApiSimulator(
        clock=clock, person=PERSON, environment=Environment.SANDBOX
    ) as api:
        source = source_of(http, api, clock)

        recent = await source.readings(NOON - DAY)
        kinds = asked(api)
        old = await source.readings(NOON - 500 * DAY)
        kinds += asked(api)

    assert recent == []
    assert kinds == ["dataRange", "dataRange", "egvs"]
    assert len(old) == pytest.approx(288, abs=2)


async def test_a_week_is_read_hours_late_with_few_requests(
    http: ClientSession, clock: FakeTime
) -> None:
    async with DexcomApiSimulator(
        clock=clock, person=PERSON, environment=Environment.EU
    ) as api:
        source = source_of(http, api, clock)
        timeline, told = Timeline(), list[Sample]()
        newest = clock.now - DAY
        for _ in range(7 * 24):
            found = await source.readings(newest)
            timeline.merge(found, clock.now)
            told += found
            newest = timeline.newest_at or newest
            clock.now += HOUR

    expected = PERSON.readings(NOON - DAY, clock.now - 4 * HOUR)
    assert mgdls(told) == mgdls(expected)
    assert len(api.requests) <= 2 * 7 * 24


async def test_devices_are_told(http: ClientSession, clock: FakeTime) -> None:
    async with DexcomApiSimulator(clock=clock, person=PERSON) as api:
        source = source_of(http, api, clock)

        devices = await source.devices()

    assert devices == [
        Device(
            transmitter_generation="g7",
            display_device="iOS",
            last_upload=NOON - HOUR,
        )
    ]
    assert dict(api.requests[-1].query) == {}


async def test_version_2_wants_to_know_when_devices_were_there(
    http: ClientSession, clock: FakeTime
) -> None:
    async with DexcomApiSimulator(clock=clock, person=PERSON, v3_refusal=404) as api:
        source = source_of(http, api, clock)

        (device,) = await source.devices()

    assert device.display_device == "iOS"


async def test_unknown_parts_of_devices_are_none(
    source: DexcomApiSource, api: DexcomApiSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.add("egvs", NOON, value=100)
    await source.identify()
    documents: list[Json] = [
        {"transmitterGeneration": "unknown", "displayDevice": "receiver"},
        {"transmitterGeneration": "unknown", "displayDevice": None},
    ]
    get: Callable[..., Awaitable[Json]] = source._client.get

    async def strange(path: str, *args: object, **options: object) -> Json:
        if path.endswith("devices"):
            return {"records": documents}
        return await get(path, *args, **options)

    monkeypatch.setattr(source._client, "get", strange)

    assert await source.devices() == [
        Device(transmitter_generation=None, display_device="receiver", last_upload=None)
    ]
    assert source.skipped == 1


async def test_alerts_are_told_with_their_state(
    source: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    api.add("egvs", NOON - HOUR, value=60)
    api.add("alerts", NOON - 3 * DAY, recordId="a0", alertName="high")
    api.add("alerts", NOON - HOUR, recordId="a1", alertName="urgentLow")
    api.add(
        "alerts",
        NOON - MINUTE,
        recordId="a2",
        alertName="noReadings",
        alertState="inactive",
    )
    api.add("alerts", NOON - MINUTE, alertName=None)

    found = await source.alerts(NOON - DAY)
    again = await source.alerts(NOON - HOUR / 2)

    assert found == [
        Alert(at=NOON - HOUR, id="a1", name="urgentLow", state="activeAlarming"),
        Alert(at=NOON - MINUTE, id="a2", name="noReadings", state="inactive"),
    ]
    assert again == found[1:]
    assert source.skipped == 1
    assert asked(api) == ["dataRange", "alerts", "dataRange"]
    api.edit("a1", alertState="inactive")
    api.add("egvs", NOON, value=70)
    assert await source.alerts(NOON - HOUR / 2) == again
    assert (await source.alerts(NOON - DAY))[0].state == "inactive"


async def test_version_2_tells_no_alerts(
    older: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    api.add("egvs", NOON, value=60)

    assert await older.alerts(NOON - DAY) == ()
    assert "alerts" not in asked(api)


async def test_version_2_has_statistics_of_its_own(
    older: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    for number_, mgdl in enumerate((50, 65, 100, 180, 200)):
        api.add("egvs", NOON - number_ * HOUR, value=mgdl)

    told = await older.statistics(NOON - DAY, NOON + MINUTE)
    again = await older.statistics(NOON - DAY, NOON + MINUTE)

    assert told is not None
    assert told == again
    assert (told["nValues"], told["mean"], told["median"]) == (5, 119, 100)
    assert told["nUrgentLow"] == 1
    assert told["nBelowRange"] == 1
    assert told["percentWithinRange"] == 40
    assert told["nAboveRange"] == 1
    assert asked(api) == ["dataRange", "dataRange", "statistics", "statistics"]


async def test_version_3_has_no_statistics(
    source: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    assert await source.statistics(NOON - DAY, NOON) is None
    assert asked(api) == ["dataRange"]


async def test_statistics_of_another_shape_are_an_error(
    older: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    await older.identify()
    api.fault = Fault.GARBAGE

    with pytest.raises(CgmResponseError):
        await older.statistics(NOON - DAY, NOON)


async def test_statistics_are_asked_for_with_ranges_that_cover_the_day(
    older: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    await older.statistics(NOON - DAY, NOON)

    body = json.loads(api.requests[-1].body)
    assert [each["name"] for each in body["targetRanges"]] == ["day", "night"]
    assert api.requests[-1].query["startDate"] == "2026-11-20T12:00:00"


async def test_nothing_is_held_open(source: DexcomApiSource) -> None:
    await source.listen(lambda: None)
    await source.close()

    assert await source.status() is None


async def test_a_long_answer_lets_others_have_a_turn(source: DexcomApiSource) -> None:
    found = await source._decoded([{}] * 1200, decode.reading)

    assert found == []
    assert source.skipped == 1200
