"""What is asked for, held, and told."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

from aiohttp import ClientSession
from hypothesis import given, strategies as st
import pytest

from custom_components.glucose_follow.cgm.errors import CgmConnectionError
from custom_components.glucose_follow.cgm.models import (
    DeviceStatus,
    Sample,
    Treatment,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.sources.dexcom_api import (
    DexcomApiSource,
    Environment,
)
from custom_components.glucose_follow.cgm.sources.dexcom_api.windows import windows
from custom_components.glucose_follow.cgm.timeline import Timeline
from custom_components.glucose_follow.cgm.transport import Json
from simulators.dexcom_api import DexcomApiSimulator
from tests.simulators.nightscout_support import NOON, FakeTime

from .support import asked, mgdls, source_of

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PERSON = SimulatedPerson(seed=7)

type Make = Callable[..., DexcomApiSource]


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
    start=st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1)),  # noqa: DTZ001 - hypothesis wants them naive
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
    assert asked(api) == ["dataRange"] * 2


async def test_an_account_without_data_is_asked_for_its_range_only(
    source: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    assert await source.readings(NOON - DAY) == []
    assert await source.treatments(NOON - DAY) == []
    assert await source.status() == DeviceStatus()
    assert asked(api) == ["dataRange"]

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

    clock.now += 10 * MINUTE
    api.delete(wrong)
    api.remove(vanished)
    api.add("egvs", clock.now, value=100)
    after = await source.treatments(NOON - DAY)

    assert sorted(done.carbs or 0 for done in before) == [20, 21, 30]
    assert [done.carbs for done in after] == [30]
    assert source.skipped == 0


@pytest.mark.parametrize("hours", [30, 40, 70])
async def test_an_event_of_days_ago_is_deleted_and_entered_like_a_new_one(
    source: DexcomApiSource, api: DexcomApiSimulator, clock: FakeTime, hours: int
) -> None:
    wrong = api.add("events", NOON - 40 * HOUR, eventType="insulin", value="25")
    api.add("events", NOON - 2 * HOUR, eventType="carbs", value="40")
    await source.treatments(NOON - 3 * DAY)
    asked(api)

    api.delete(wrong)
    api.add("events", NOON - hours * HOUR, eventType="insulin", value="7")
    clock.now += HOUR
    api.add("egvs", NOON, value=100)
    done = await source.treatments(clock.now - 3 * DAY)

    assert [each.insulin or each.carbs for each in done] == [7, 40]
    assert asked(api) == ["dataRange", "events", "alerts"]


@pytest.mark.parametrize("kind", ["events", "calibrations"])
async def test_nothing_stays_where_everything_was_deleted(
    source: DexcomApiSource, api: DexcomApiSimulator, clock: FakeTime, kind: str
) -> None:
    usual = {"eventType": "carbs"} if kind == "events" else {}
    for hours in (40, 2):
        api.add(kind, NOON - hours * HOUR, recordId=f"{hours}", value="80", **usual)
    before = await source.treatments(NOON - 3 * DAY)

    api.remove("40")
    api.remove("2")
    clock.now += HOUR

    assert len(before) == 2
    assert await source.treatments(clock.now - 3 * DAY) == []


async def test_no_value_stays_where_all_were_deleted(
    source: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    values = [api.add("egvs", NOON - hours * HOUR, value=100) for hours in (40, 2)]
    assert len(await source.readings(NOON - 2 * DAY)) == 2

    for value in values:
        api.remove(value)

    assert await source.readings(NOON - 2 * DAY) == []


async def test_an_event_that_is_edited_is_still_one(
    source: DexcomApiSource, api: DexcomApiSimulator, clock: FakeTime
) -> None:
    meal = api.add("events", NOON - HOUR, eventType="carbs", value="20")
    await source.treatments(NOON - DAY)

    clock.now += 10 * MINUTE
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


@pytest.mark.parametrize("ahead", [12 * HOUR, 1200 * DAY])
async def test_one_stamp_from_the_future_hides_nothing_that_comes_after(
    source: DexcomApiSource,
    api: DexcomApiSimulator,
    clock: FakeTime,
    ahead: timedelta,
) -> None:
    """It is the end of what there is, which then does not move any more."""
    api.add("egvs", NOON - HOUR, value=100)
    api.add("egvs", NOON + ahead, value=250)
    await source.readings(NOON - DAY)
    await source.treatments(NOON - DAY)

    clock.now += HOUR
    api.add("egvs", NOON, value=110)
    api.add("events", NOON, eventType="carbs", value="20")
    api.add("events", NOON + ahead, eventType="notes", value="ahead")
    before = await source.treatments(NOON - DAY)
    clock.now += HOUR
    api.add("events", NOON + HOUR, eventType="carbs", value="30")

    assert 110 in mgdls(await source.readings(NOON - HOUR))
    assert 20 in [done.carbs for done in before]
    assert 30 in [done.carbs for done in await source.treatments(NOON - DAY)]


@pytest.mark.parametrize(
    "span",
    [
        None,
        17,
        {},
        {"start": None, "end": None},
        {"start": {"systemTime": None}, "end": {"systemTime": "soon"}},
        {key: {"systemTime": "0001-01-01T00:00:00"} for key in ("start", "end")},
        {key: {"systemTime": "1969-12-31T23:59:59Z"} for key in ("start", "end")},
    ],
)
@pytest.mark.parametrize("kind", ["events", "calibrations"])
async def test_a_range_that_is_odd_costs_its_own_kind_only(
    source: DexcomApiSource,
    api: DexcomApiSimulator,
    clock: FakeTime,
    span: Json,
    kind: str,
) -> None:
    api.add("egvs", NOON - HOUR, value=100)
    api.add("alerts", NOON - HOUR, alertName="low")
    api.spans[kind] = span

    for _ in range(2):
        await source.identify()
        assert mgdls(await source.readings(NOON - DAY)) == [100]
        (alert,) = await source.treatments(NOON - DAY)
        assert alert.kind is TreatmentKind.ALERT
        clock.now += 10 * MINUTE
        api.spans["egvs"] = {
            "start": {"systemTime": "0001-01-01T00:00:00"},
            "end": {"systemTime": clock.now.isoformat()},
        }


@pytest.mark.parametrize(
    "span",
    [
        17,
        {},
        {"start": None, "end": None},
        {"start": {"systemTime": None}, "end": {"systemTime": "2026-11-21T12:00:00Z"}},
        {"start": {"systemTime": "2026-11-01T12:00:00Z"}, "end": {"systemTime": "?"}},
    ],
)
@pytest.mark.parametrize("rest", [{}, {"egvs": None, "calibrations": None}])
async def test_a_range_that_makes_no_sense_deletes_nothing(
    source: DexcomApiSource,
    api: DexcomApiSimulator,
    clock: FakeTime,
    span: Json,
    rest: dict[str, Json],
) -> None:
    api.add("egvs", NOON - HOUR, value=100)
    api.add("events", NOON - HOUR, eventType="insulin", value="3")
    api.add("alerts", NOON - HOUR, alertName="low")
    before = await source.treatments(NOON - DAY)

    clock.now += 10 * MINUTE
    api.spans |= {"events": span, **rest}
    during = await source.treatments(NOON - DAY)
    clock.now += 10 * MINUTE
    api.spans.clear()
    api.add("events", NOON, eventType="insulin", value="4")

    assert len(before) == 2
    assert during == before
    assert len(await source.treatments(NOON - DAY)) == 3


async def test_readings_stay_while_their_range_makes_no_sense(
    source: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    api.add("egvs", NOON - HOUR, value=100)
    before = await source.readings(NOON - DAY)

    api.spans["egvs"] = {"start": None, "end": None}

    assert mgdls(before) == [100]
    assert await source.readings(NOON - DAY) == before


async def test_readings_that_end_in_the_year_1_are_none(
    source: DexcomApiSource, api: DexcomApiSimulator, clock: FakeTime
) -> None:
    border = {"systemTime": "0001-01-01T00:00:00"}
    api.spans["egvs"] = {"start": border, "end": border}
    assert await source.readings(NOON - DAY) == []

    clock.now += 10 * MINUTE
    api.spans.clear()
    api.add("egvs", NOON, value=100)

    assert mgdls(await source.readings(NOON - DAY)) == [100]


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


async def test_one_range_serves_readings_and_treatments_of_a_round(
    source: DexcomApiSource, api: DexcomApiSimulator, clock: FakeTime
) -> None:
    api.add("egvs", NOON, value=100)
    await source.readings(NOON - DAY)
    await source.treatments(NOON - DAY)
    await source.status()
    assert asked(api) == ["dataRange", "egvs", "alerts", "devices"]

    api.add("events", NOON, eventType="carbs", value="20")
    clock.now += MINUTE
    done = await source.treatments(NOON - DAY)

    assert [each.carbs for each in done] == [20]
    assert asked(api) == ["dataRange", "events", "alerts"]


async def test_readings_are_never_told_by_a_range_of_before(
    source: DexcomApiSource, api: DexcomApiSimulator
) -> None:
    await source.treatments(NOON - DAY)
    api.add("egvs", NOON, value=100)

    assert mgdls(await source.readings(NOON - DAY)) == [100]


@pytest.mark.parametrize("passed", [-HOUR, HOUR])
async def test_a_clock_that_jumps_makes_the_range_old(
    source: DexcomApiSource,
    api: DexcomApiSimulator,
    clock: FakeTime,
    passed: timedelta,
) -> None:
    await source.readings(NOON - DAY)
    api.add("events", NOON - 2 * HOUR, eventType="carbs", value="20")

    clock.now += passed

    assert len(await source.treatments(NOON - DAY)) == 1


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
