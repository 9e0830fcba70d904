"""What cards are told is small, complete, and nothing else."""

from datetime import UTC, datetime, timedelta

from custom_components.glucose_follow.cgm.alarm_levels import Level
from custom_components.glucose_follow.cgm.alarm_state import AlarmState, Held
from custom_components.glucose_follow.cgm.data import CgmData
from custom_components.glucose_follow.cgm.models import (
    DeviceStatus,
    Direction,
    Forecast,
    GlucoseRange,
    Reading,
    ReadingKind,
    Reported,
    SensorStatus,
    Thresholds,
    Treatment,
    TreatmentKind,
)
from custom_components.glucose_follow.feed import (
    alarmed,
    all_readings,
    changed,
    judged,
    new_readings,
)

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NOON_MS = 1_795_262_400_000
MINUTE = timedelta(minutes=1)
DAY = timedelta(hours=24)


def _reading(
    minutes: float, mgdl: int = 100, kind: ReadingKind = ReadingKind.MEASURED
) -> Reading:
    return Reading(at=NOON + minutes * MINUTE, mgdl=mgdl, kind=kind)


def _treatment(minutes: float, **fields: object) -> Treatment:
    usual = {"id": str(minutes), "kind": TreatmentKind.BOLUS}
    return Treatment(at=NOON + minutes * MINUTE, **(usual | fields))  # type: ignore[arg-type]  # whatever a test names


def test_all_that_is_known_is_told() -> None:
    bolus = _treatment(-40, insulin=2.5)
    data = CgmData(
        newest_at=NOON,
        newest_since=NOON - MINUTE,
        latest=_reading(0, 64),
        delta=-4.0,
        direction=Direction.FORTY_FIVE_DOWN,
        sensor_status=SensorStatus.OK,
        is_signal_lost=False,
        treatments=(bolus,),
        last_bolus=bolus,
        are_treatments_known=True,
        status=DeviceStatus(
            insulin_on_board=Reported(1.25, NOON - MINUTE),
            carbs_on_board=Reported(18.0, NOON - 2 * MINUTE),
        ),
        thresholds=Thresholds(urgent_low=54, low=72, high=160, urgent_high=240),
        glucose_range=GlucoseRange.LOW,
        forecast=Forecast(
            start=NOON,
            period=5 * MINUTE,
            mgdl=(64.0, 60.4),
            lowest=(64.0, 51.6),
            highest=(64.0, 70.2),
        ),
        low_in=0,
    )

    assert judged(data, NOON - DAY) == {
        "delta": -4.0,
        "direction": "forty_five_down",
        "forecast": {
            "start": NOON_MS,
            "period": 300_000,
            "mgdl": [64, 60],
            "lowest": [64, 52],
            "highest": [64, 70],
        },
        "is_signal_lost": False,
        "last_bolus": [NOON_MS - 2_400_000, 2.5],
        "latest": [NOON_MS, 64, 0],
        "low_in": 0,
        "newest_at": NOON_MS - 60_000,
        "range": "low",
        "sensor_status": "ok",
        "status": {
            "insulin_on_board": [NOON_MS - 60_000, 1.25],
            "carbs_on_board": [NOON_MS - 120_000, 18.0],
        },
        "thresholds": {"urgent_low": 54, "low": 72, "high": 160, "urgent_high": 240},
        "treatments": [[NOON_MS - 2_400_000, 2.5, None, False]],
    }


def test_what_is_not_known_is_none() -> None:
    told = judged(CgmData(), NOON - DAY)

    unknown = {key for key, value in told.items() if value is None}
    assert unknown == {
        *("delta", "direction", "forecast", "last_bolus", "latest", "low_in"),
        *("newest_at", "range"),
    }
    assert told["status"] == {"insulin_on_board": None, "carbs_on_board": None}
    assert told["is_signal_lost"] is True


def test_a_bolus_that_may_not_be_the_last_is_not_called_so() -> None:
    data = CgmData(last_bolus=_treatment(-40, insulin=2.5), are_treatments_known=False)

    assert judged(data, NOON - DAY)["last_bolus"] is None


def test_only_boluses_and_meals_are_marks() -> None:
    data = CgmData(
        treatments=(
            _treatment(-60, insulin=0.3, is_automatic=True),
            _treatment(-50, carbs=30.0, kind=TreatmentKind.CARBS),
            _treatment(-40, insulin=18.0, kind=TreatmentKind.LONG_ACTING),
            _treatment(-30, kind=TreatmentKind.NOTE, note="secret"),
            _treatment(-20, insulin=1.0, carbs=12.0),
        )
    )

    assert judged(data, NOON - DAY)["treatments"] == [
        [NOON_MS - 3_600_000, 0.3, None, True],
        [NOON_MS - 3_000_000, None, 30.0, False],
        [NOON_MS - 1_200_000, 1.0, 12.0, False],
    ]


def test_nothing_before_the_asked_hours_is_told() -> None:
    old, new = _treatment(-61, insulin=1.0), _treatment(-60, insulin=2.0)
    since = NOON - 60 * MINUTE

    told = judged(CgmData(treatments=(old, new)), since)

    assert told["treatments"] == [[NOON_MS - 3_600_000, 2.0, None, False]]
    assert all_readings((_reading(-61), _reading(-60)), since) == [
        [NOON_MS - 3_600_000, 100, 0]
    ]


def _state(*levels: Level, **snoozed: float) -> AlarmState:
    held = Held(first_at=NOON, since=NOON, told_at=NOON)
    return AlarmState(
        held=dict.fromkeys(levels, held),
        snoozed={
            Level(name): NOON + minutes * MINUTE for name, minutes in snoozed.items()
        },
    )


def test_the_worst_alarm_is_told() -> None:
    assert alarmed(_state(Level.HIGH, Level.URGENT_HIGH), NOON) == {
        "active": "urgent_high",
        "snoozed_until": None,
    }
    assert alarmed(_state(), NOON) == {"active": None, "snoozed_until": None}


def test_an_alarm_that_is_snoozed_is_quiet_until_the_end() -> None:
    state = _state(Level.URGENT_LOW, Level.LOW, urgent_low=15)
    until = NOON_MS + 900_000

    assert alarmed(state, NOON) == {"active": "low", "snoozed_until": until}
    assert alarmed(state, NOON + 15 * MINUTE)["active"] == "urgent_low"


def test_what_was_never_raised_is_no_alarm() -> None:
    held = Held(first_at=NOON, since=NOON)

    assert alarmed(AlarmState(held={Level.LOW: held}), NOON)["active"] is None


def test_a_limit_of_the_sensor_is_told_as_one() -> None:
    low = _reading(0, 39, kind=ReadingKind.LOW)
    high = _reading(5, 401, kind=ReadingKind.HIGH)

    told = all_readings((low, high), NOON)

    assert told == [[NOON_MS, 39, -1], [NOON_MS + 300_000, 401, 1]]


def test_only_what_is_new_is_told_again() -> None:
    known = (_reading(0), _reading(5))

    assert new_readings(known, (*known, _reading(10, 90)), NOON) == [
        [NOON_MS + 600_000, 90, 0]
    ]
    assert new_readings(known, known, NOON) == []


def test_what_arrives_late_is_new_too() -> None:
    first, last = _reading(0), _reading(10)

    assert new_readings((first, last), (first, _reading(5, 90), last), NOON) == [
        [NOON_MS + 300_000, 90, 0]
    ]


def test_a_corrected_value_is_told() -> None:
    assert new_readings((_reading(0, 100),), (_reading(0, 110),), NOON) == [
        [NOON_MS, 110, 0]
    ]


def test_what_was_taken_back_makes_all_be_told_again() -> None:
    assert new_readings((_reading(0), _reading(5)), (_reading(5),), NOON) is None


def test_growing_too_old_is_not_being_taken_back() -> None:
    since = NOON + MINUTE

    assert new_readings((_reading(0), _reading(5)), (_reading(5),), since) == []


def test_only_changes_are_told() -> None:
    before = {"latest": None, "delta": 1.0, "range": "low"}
    now = {"latest": None, "delta": None, "range": "low", "low_in": None}

    assert changed(before, now) == {"delta": None, "low_in": None}  # type: ignore[arg-type]  # as much of it as is compared
    assert changed({}, {"delta": None}) == {"delta": None}
