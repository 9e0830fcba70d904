"""Until when time alone changes nothing of what is known."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.glucose_follow.cgm import data as judging
from custom_components.glucose_follow.cgm.data import STALE_AFTER, CgmData, judge
from custom_components.glucose_follow.cgm.models import (
    BasalSchedule,
    DeviceStatus,
    Forecast,
    LoopState,
    ProfileUse,
    Reading,
    Reported,
    SensorFault,
    SensorStatus,
    TemporaryTarget,
    Treatment,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.timeline import Timeline
from custom_components.glucose_follow.cgm.treatments import TreatmentLog

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
INSTANT = timedelta.resolution

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
RATES = ((0, 0.7), (9000, 1.1), (46_801, 0.9), (82_800, 0.8))
CHANGES = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
]
"""When clocks are changed in those places."""

type Known = tuple[Timeline, tuple[Treatment, ...], DeviceStatus]


def known_at(
    now: datetime,
    *,
    timeline: Timeline | None = None,
    treatments: tuple[Treatment, ...] = (),
    status: DeviceStatus | None = None,
    told: datetime | None = None,
) -> CgmData:
    """Return what is known at a moment."""
    is_known = told is None or timedelta() <= now - told < 15 * MINUTE
    return judge(
        timeline or Timeline(),
        treatments,
        now=now,
        stale_after=STALE_AFTER,
        are_treatments_known=is_known,
        is_answering=True,
        status=status,
        turning=() if told is None else (told, told + 15 * MINUTE),
    )


def read(*minutes: float, seen: datetime = NOON, mgdl: int = 110) -> Timeline:
    """Return readings of so many minutes before noon, seen at a moment."""
    timeline = Timeline()
    timeline.merge(
        [Reading(at=NOON - ago * MINUTE, mgdl=round(mgdl + ago)) for ago in minutes],
        seen,
    )
    return timeline


def did(kind: TreatmentKind, minutes: float, **fields: object) -> Treatment:
    """Return what is done so many minutes after noon."""
    at = NOON + minutes * MINUTE
    return Treatment(at=at, id=f"{kind} {minutes}", kind=kind, **fields)  # type: ignore[arg-type]  # whatever a test names


LOOPS = Forecast(start=NOON, period=5 * MINUTE, mgdl=(110.0, 108.0, 106.0))
TARGET = TemporaryTarget(low=140, high=150, until=NOON + 8 * MINUTE)
SCHEDULE = BasalSchedule(zone=BERLIN, rates=((0, 0.7), (46_980, 1.1)))
"""The second rate begins at 12:03 UTC."""


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, 10 * MINUTE),
        ({"timeline": read(8)}, 7 * MINUTE),
        ({"timeline": read(24 * 60 - 2)}, 2 * MINUTE),
        ({"timeline": read(0, seen=NOON + 3 * MINUTE)}, 2 * MINUTE),
        ({"told": NOON - 14 * MINUTE}, MINUTE),
        ({"told": NOON + 6 * MINUTE}, 6 * MINUTE),
        ({"treatments": (did(TreatmentKind.BOLUS, 3, insulin=2.0),)}, 3 * MINUTE),
        (
            {"treatments": (did(TreatmentKind.OVERRIDE, -10, duration=14.0),)},
            4 * MINUTE,
        ),
        ({"treatments": (did(TreatmentKind.OVERRIDE, -57),)}, 3 * MINUTE),
        (
            {"treatments": (did(TreatmentKind.TEMPORARY_TARGET, -1, target=TARGET),)},
            8 * MINUTE,
        ),
        ({"status": DeviceStatus(override_until=NOON + MINUTE)}, MINUTE),
        ({"status": DeviceStatus(basal_rate_until=NOON - 6 * MINUTE)}, 4 * MINUTE),
        (
            {"status": DeviceStatus(temporary_target=Reported(TARGET, NOON))},
            8 * MINUTE,
        ),
        (
            {"status": DeviceStatus(reservoir=Reported(1.0, NOON - 55 * MINUTE))},
            5 * MINUTE,
        ),
        (
            {"status": DeviceStatus(reservoir=Reported(1.0, NOON + 13 * MINUTE))},
            3 * MINUTE,
        ),
        (
            {
                "status": DeviceStatus(
                    loop=Reported(LoopState.LOOPING, NOON - 6 * MINUTE)
                )
            },
            9 * MINUTE,
        ),
        (
            {
                "timeline": read(0, 5, 10),
                "status": DeviceStatus(forecast=Reported(LOOPS, NOON - 9 * MINUTE)),
            },
            MINUTE,
        ),
        (
            {
                "status": DeviceStatus(
                    profiles=(ProfileUse(start=NOON - DAY, name="A", basal=SCHEDULE),)
                )
            },
            3 * MINUTE,
        ),
        (
            {
                "status": DeviceStatus(
                    profiles=(
                        ProfileUse(start=NOON + 2 * MINUTE, name="A"),
                        ProfileUse(start=NOON - DAY, until=NOON + MINUTE, name="B"),
                    )
                )
            },
            MINUTE,
        ),
        (
            {
                "status": DeviceStatus(
                    enacted=did(TreatmentKind.TEMP_BASAL, -25, rate=1.0, duration=30.0)
                )
            },
            5 * MINUTE,
        ),
    ],
)
def test_it_is_so_until_the_first_of_all_ends(
    known: dict[str, object], expected: timedelta
) -> None:
    assert known_at(NOON, **known).until == NOON + expected  # type: ignore[arg-type]  # whatever a test names


def test_a_sensor_fault_ends_too() -> None:
    timeline = Timeline()
    fault = SensorFault(at=NOON - 11 * MINUTE, status=SensorStatus.SENSOR_ERROR)
    timeline.merge([fault], NOON)

    assert known_at(NOON, timeline=timeline).until == NOON + 4 * MINUTE


def test_minutes_until_a_low_are_counted_down() -> None:
    timeline = Timeline()
    readings = [Reading(at=NOON - n * 5 * MINUTE, mgdl=80 + n * 12) for n in range(4)]
    timeline.merge(readings, NOON)

    data = known_at(NOON, timeline=timeline)

    assert data.low_in is not None
    assert data.until is not None
    assert NOON < data.until <= NOON + MINUTE
    before = known_at(data.until - INSTANT, timeline=timeline)
    after = known_at(data.until, timeline=timeline)
    assert (before.low_in, after.low_in) == (data.low_in, data.low_in - 1)


def test_a_log_says_when_its_news_grows_old() -> None:
    log = TreatmentLog()
    assert not TreatmentLog().turning

    question = log.question(NOON, is_new=True)
    assert question is not None
    log.answer(question, [], NOON)

    began, ends = log.turning
    assert log.are_known(began)
    assert log.are_known(ends - INSTANT)
    assert not log.are_known(ends)


moments = st.floats(-26 * 60, 26 * 60).map(lambda minutes: minutes * MINUTE)
recent = st.floats(-70, 20).map(lambda minutes: minutes * MINUTE)
durations = st.none() | st.floats(0, 90)


def reported[T](values: st.SearchStrategy[T]) -> st.SearchStrategy[object]:
    """Return a strategy of what a device says, as a pair of value and age."""
    return st.none() | st.tuples(values, recent)


numbers = reported(st.sampled_from([1.0, 2.0]))


@st.composite
def everything(draw: st.DrawFn, now: datetime, zone: ZoneInfo) -> Known:
    """Draw whatever may be known at a moment."""
    timeline = Timeline()
    samples = [
        Reading(at=now + at, mgdl=mgdl)
        for at, mgdl in draw(
            st.lists(st.tuples(recent | moments, st.integers(55, 120)), max_size=6)
        )
        if at < 9 * MINUTE
    ]
    faults = draw(st.lists(recent.filter(lambda at: at < 9 * MINUTE), max_size=1))
    timeline.merge(
        [
            *samples,
            *(
                SensorFault(at=now + at, status=SensorStatus.SENSOR_ERROR)
                for at in faults
            ),
        ],
        now + draw(st.sampled_from([timedelta(), 3 * MINUTE, -3 * MINUTE])),
    )
    return timeline, _treatments(draw, now), _status(draw, now, zone)


def _treatments(draw: st.DrawFn, now: datetime) -> tuple[Treatment, ...]:
    """Draw what was done and is planned."""
    drawn = draw(
        st.lists(
            st.tuples(
                recent,
                st.sampled_from(list(TreatmentKind)),
                durations,
                st.none() | durations,
                st.none() | st.just(1.5),
            ),
            max_size=4,
        )
    )
    done = [
        Treatment(
            at=now + at,
            id=f"{number}",
            kind=kind,
            duration=duration,
            rate=amount,
            insulin=amount if kind is TreatmentKind.BOLUS else None,
            carbs=amount if kind is TreatmentKind.CARBS else None,
            target=None if ends is None else _target(now, ends * MINUTE),
        )
        for number, (at, kind, duration, ends, amount) in enumerate(drawn)
    ]
    return tuple(sorted(done, key=lambda each: each.at))


def _target(now: datetime, ends: timedelta) -> TemporaryTarget:
    """Return a target that ends."""
    return TemporaryTarget(low=140, high=150, until=now + ends)


def _status(draw: st.DrawFn, now: datetime, zone: ZoneInfo) -> DeviceStatus:
    """Draw what devices say."""
    forecast = Forecast(start=now - 5 * MINUTE, period=5 * MINUTE, mgdl=(90.0,) * 9)
    drawn = {
        "insulin_on_board": draw(numbers),
        "basal_rate": draw(numbers),
        "reservoir": draw(numbers),
        "loop": draw(reported(st.sampled_from(LoopState))),
        "is_suspended": draw(reported(st.booleans())),
        "forecast": draw(reported(st.just(forecast))),
        "override": draw(reported(st.just("Sport"))),
        "temporary_target": draw(reported(recent.map(lambda at: _target(now, at)))),
    }
    starts = draw(st.lists(st.tuples(moments, durations), max_size=2))
    profiles = tuple(
        ProfileUse(
            start=now + start,
            until=None if lasts is None else now + start + lasts * MINUTE,
            name=f"{number}",
            basal=BasalSchedule(zone=zone, rates=RATES)
            if draw(st.booleans())
            else None,
        )
        for number, (start, lasts) in enumerate(starts)
    )
    values = {
        name: None if pair is None else Reported(pair[0], now + pair[1])  # type: ignore[index]  # without it the test fails
        for name, pair in drawn.items()
    }
    ends = draw(st.none() | recent)
    until = None if ends is None else now + ends
    return DeviceStatus(**values, basal_rate_until=until, profiles=profiles)  # type: ignore[arg-type]  # whatever a test names


@settings(max_examples=400, deadline=None)
@given(
    draw=st.data(),
    now=st.sampled_from(CHANGES).flatmap(
        lambda change: moments.map(lambda ago: change + ago / 20)
    ),
    zone=st.sampled_from([BERLIN, LORD_HOWE]),
    told=st.none() | recent,
    share=st.floats(0, 1, exclude_max=True),
)
def test_nothing_changes_by_itself_any_sooner(
    draw: st.DataObject,
    now: datetime,
    zone: ZoneInfo,
    told: timedelta | None,
    share: float,
) -> None:
    timeline, treatments, status = draw.draw(everything(now, zone))

    def known(at: datetime) -> CgmData:
        return known_at(
            at,
            timeline=timeline,
            treatments=treatments,
            status=status,
            told=None if told is None else now + told,
        )

    # What is forgotten must not hide behind the bound that it is kept to.
    with patch.object(judging, "_AT_MOST", DAY):
        data = known(now)
    assert data.until is not None
    assert data.until > now
    assert known(now + (data.until - now - INSTANT) * share) == data
    assert known(data.until - INSTANT) == data


@settings(max_examples=200, deadline=None)
@given(
    change=st.sampled_from(CHANGES),
    ago=st.floats(-180, 180),
    zone=st.sampled_from([BERLIN, LORD_HOWE]),
    share=st.floats(0, 1, exclude_max=True),
)
def test_no_scheduled_rate_begins_any_sooner(
    change: datetime, ago: float, zone: ZoneInfo, share: float
) -> None:
    """Whatever is done to the clock on the wall meanwhile."""
    now = change + ago * MINUTE
    schedule = BasalSchedule(zone=zone, rates=RATES)
    profile = ProfileUse(start=now - DAY, name="Default", basal=schedule)
    status = DeviceStatus(site_changed=now - DAY, profiles=(profile,))

    with patch.object(judging, "_AT_MOST", DAY):
        data = known_at(now, status=status)

    assert data.status.basal_rate is not None
    assert data.until is not None
    assert known_at(now + (data.until - now - INSTANT) * share, status=status) == data
    assert known_at(data.until - INSTANT, status=status) == data
