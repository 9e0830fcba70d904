"""Hours of a long time, in figures."""

from datetime import UTC, datetime, timedelta

from custom_components.glucose_follow.cgm.hours import (
    Glucose,
    History,
    HistorySource,
    Hour,
    full_hour,
    hours,
)
from custom_components.glucose_follow.cgm.models import (
    Reading,
    Treatment,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.sources.simulated import SimulatedSource
from custom_components.glucose_follow.cgm.sources.tidepool import TidepoolSource

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def reading(minute: int, mgdl: int) -> Reading:
    """Return a reading some minutes after noon."""
    return Reading(at=NOON + minute * MINUTE, mgdl=mgdl)


def treatment(
    minute: int,
    kind: TreatmentKind = TreatmentKind.BOLUS,
    *,
    insulin: float | None = None,
    carbs: float | None = None,
) -> Treatment:
    """Return a treatment some minutes after noon."""
    at = NOON + minute * MINUTE
    return Treatment(at=at, id=str(minute), kind=kind, insulin=insulin, carbs=carbs)


def test_an_hour_has_what_happened_in_it() -> None:
    history = History(
        readings=[
            reading(0, 100),
            reading(59, 110),
            reading(60, 40),
            reading(119, 401),
        ],
        treatments=[
            treatment(0, insulin=0.1),
            treatment(30, insulin=0.2),
            treatment(60, TreatmentKind.CARBS, carbs=45),
        ],
    )

    assert list(hours(history, NOON, NOON + 3 * HOUR)) == [
        Hour(
            start=NOON,
            glucose=Glucose(mean=105, lowest=100, highest=110),
            insulin=0.3,
            carbs=0,
        ),
        Hour(
            start=NOON + HOUR,
            glucose=Glucose(mean=220.5, lowest=40, highest=401),
            insulin=0,
            carbs=45,
        ),
        Hour(start=NOON + 2 * HOUR, glucose=None, insulin=0, carbs=0),
    ]


def test_what_acts_for_a_day_is_no_bolus() -> None:
    long = treatment(0, TreatmentKind.LONG_ACTING, insulin=18)

    (hour,) = hours(History(readings=[], treatments=[long]), NOON, NOON + HOUR)

    assert hour.insulin == 0


def test_no_time_has_no_hours() -> None:
    assert list(hours(History(readings=[], treatments=[]), NOON, NOON)) == []


def test_a_full_hour_begins_every_hour() -> None:
    assert full_hour(NOON) == NOON
    assert full_hour(NOON + HOUR - timedelta.resolution) == NOON


def test_only_some_sources_keep_history() -> None:
    assert issubclass(TidepoolSource, HistorySource)
    assert not issubclass(SimulatedSource, HistorySource)
