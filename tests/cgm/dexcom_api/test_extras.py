"""Devices, alerts and statistics."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
import json

from aiohttp import ClientSession
import pytest

from custom_components.glucose_follow.cgm.errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.models import (
    DeviceStatus,
    Treatment,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.sources.dexcom_api import (
    DexcomApiSource,
    decode,
    devices,
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


async def test_devices_are_told_and_asked_for_once_a_day(
    http: ClientSession, clock: FakeTime
) -> None:
    async with DexcomApiSimulator(clock=clock, person=PERSON) as api:
        source = source_of(http, api, clock)

        told = await source.status()
        again = await source.status()
        assert asked(api) == ["dataRange", "devices"]
        clock.now += DAY
        await source.status()

    assert told == again
    assert told == DeviceStatus(sensor_model="Dexcom G7", uploader_model="iOS")
    assert asked(api) == ["dataRange", "devices"]


async def test_version_2_wants_to_know_when_devices_were_there(
    http: ClientSession, clock: FakeTime
) -> None:
    async with DexcomApiSimulator(clock=clock, person=PERSON, v3_refusal=404) as api:
        source = source_of(http, api, clock)

        told = await source.status()

    assert told is not None
    assert told.uploader_model == "iOS"


async def test_of_several_devices_the_newest_counts_and_unknown_parts_are_none(
    source: DexcomApiSource, api: DexcomApiSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.add("egvs", NOON, value=100)
    await source.identify()
    documents: list[Json] = [
        {"transmitterGeneration": "g6", "displayDevice": "android"},
        {
            "transmitterGeneration": "unknown",
            "displayDevice": "receiver",
            "lastUploadDate": "2026-11-21T11:00:00",
        },
        {"transmitterGeneration": "unknown", "displayDevice": None},
    ]
    get: Callable[..., Awaitable[Json]] = source._client.get

    async def strange(path: str, *args: object, **options: object) -> Json:
        if path.endswith("devices"):
            return {"records": documents}
        return await get(path, *args, **options)

    monkeypatch.setattr(source._client, "get", strange)

    assert await source.status() == DeviceStatus(uploader_model="receiver")
    assert source.skipped == 1


@pytest.mark.parametrize(
    ("generation", "model"),
    [
        ("g7", "Dexcom G7"),
        ("g715day", "Dexcom G7 15 Day"),
        ("g6Pro", "Dexcom G6 Pro"),
        ("g6 pro", "Dexcom G6 Pro"),
        ("g6+", "Dexcom G6+"),
    ],
)
def test_a_model_is_written_as_dexcom_does(generation: str, model: str) -> None:
    worn = devices.device({"transmitterGeneration": generation})

    assert worn is not None
    assert devices.status([worn]).sensor_model == model


async def test_alerts_are_treatments_of_their_kind(
    source: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    api.add("egvs", NOON - HOUR, value=60)
    api.add("alerts", NOON - 3 * DAY, recordId="a0", alertName="high")
    api.add("alerts", NOON - HOUR, recordId="a1", alertName="urgentLow")
    api.add("alerts", NOON - MINUTE, recordId="a2", alertName="noReadings")
    api.add("alerts", NOON - MINUTE, alertName=None)
    api.add("alerts", NOON - MINUTE, alertName="unknown")

    found = await source.treatments(NOON - DAY)
    again = await source.treatments(NOON - HOUR / 2)

    assert found == [
        Treatment(at=NOON - HOUR, id="a1", kind=TreatmentKind.ALERT, note="urgent_low"),
        Treatment(
            at=NOON - MINUTE, id="a2", kind=TreatmentKind.ALERT, note="no_readings"
        ),
    ]
    assert again == found[1:]
    assert source.skipped == 2
    assert asked(api) == ["dataRange", "alerts"]


async def test_an_alert_that_ends_or_is_snoozed_is_none(
    source: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    api.add("egvs", NOON, value=60)
    states = ("activeAlarming", "activeSnoozed", "inactive", "unknown", None)
    for number, state in enumerate(states):
        at = NOON - number * MINUTE
        api.add("alerts", at, recordId=f"{state}", alertName="low", alertState=state)

    found = await source.treatments(NOON - DAY)

    assert [alert.id for alert in found] == ["None", "activeAlarming"]
    assert source.skipped == 0


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize("kind", ["alerts", "calibrations"])
async def test_a_kind_that_may_not_be_read_hides_no_other_and_is_asked_once_an_hour(
    source: DexcomApiSource,
    api: DexcomApiSimulator,
    clock: FakeTime,
    kind: str,
    status: Refusal,
) -> None:
    for _ in range(3):
        api.add("events", clock.now, eventType="carbs", value="20")
        api.add("calibrations", clock.now, value=104)
        api.add("alerts", clock.now, alertName="low")
        clock.now += DAY / 2
    api.refusals[kind] = status

    first = await source.treatments(NOON - DAY)
    tried = asked(api)
    clock.now += HOUR - MINUTE
    api.add("egvs", clock.now, value=100)
    await source.treatments(NOON - DAY)
    tried_again = asked(api)
    clock.now += MINUTE
    api.refusals.clear()
    api.add("egvs", clock.now, value=100)
    last = await source.treatments(NOON - DAY)

    assert (len(first), len(last)) == (6, 9)
    assert kind in tried
    assert kind not in tried_again


@pytest.mark.parametrize("kind", ["alerts", "calibrations"])
async def test_a_failure_that_passes_lets_nothing_be_known(
    source: DexcomApiSource,
    api: DexcomApiSimulator,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    api.add("calibrations", NOON, value=104)
    get: Callable[..., Awaitable[Json]] = source._client.get

    async def broken(path: str, *args: object, **options: object) -> Json:
        api.fault = Fault.SERVER_ERROR if path.endswith(kind) else None
        return await get(path, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(source._client, "get", broken)
        with pytest.raises(CgmConnectionError):
            await source.treatments(NOON - DAY)
    api.fault = None

    assert len(await source.treatments(NOON - DAY)) == 1


@pytest.mark.parametrize("kind", ["alerts", "calibrations"])
async def test_a_kind_is_not_taken_for_unreadable_where_no_token_is_had(
    http: ClientSession, api: DexcomApiSimulator, clock: FakeTime, kind: str
) -> None:
    """The consent may be withdrawn between two questions."""
    api.add("calibrations", NOON, value=104)
    api.refusals[kind] = 401
    good = api.sign_in().access

    async def token(refused: str | None) -> str:
        if refused is not None:
            raise CgmAuthError("The consent is withdrawn")
        return good

    source = source_of(http, api, clock, token=token)
    with pytest.raises(CgmAuthError, match="withdrawn"):
        await source.treatments(NOON - DAY)
    api.refusals.clear()

    assert len(await source.treatments(NOON - DAY)) == 1


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_without_events_no_bolus_is_known_and_nothing_is_told(
    source: DexcomApiSource, api: DexcomApiSimulator, status: Refusal
) -> None:
    api.add("events", NOON, eventType="carbs", value="20")
    api.refusals["events"] = status

    for _ in range(2):
        with pytest.raises(CgmError):
            await source.treatments(NOON - DAY)


async def test_version_2_tells_no_alerts(
    older: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    api.add("egvs", NOON, value=60)

    assert await older.treatments(NOON - DAY) == []
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


async def test_statistics_are_told_although_the_token_ended_before_its_time(
    http: ClientSession, api: DexcomApiSimulator, clock: FakeTime
) -> None:
    api.v3_refusal = 404
    api.add("egvs", NOON - HOUR, value=100)
    tokens = [api.sign_in().access]

    async def token(refused: str | None) -> str:
        if refused is not None:
            tokens.append(api.sign_in().access)
        return tokens[-1]

    source = source_of(http, api, clock, token=token)
    await source.identify()
    api.revoke()

    told = await source.statistics(NOON - DAY, NOON)

    assert told is not None
    assert told["nValues"] == 1
    assert len(tokens) == 2


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
    await source.listen(lambda _: None)
    await source.close()


async def test_a_long_answer_lets_others_have_a_turn(source: DexcomApiSource) -> None:
    found = await source._decoded([{}] * 1200, decode.reading)

    assert found == []
    assert source.skipped == 1200
