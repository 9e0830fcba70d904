"""Hours of a long time, in figures."""

from datetime import UTC, datetime, timedelta
import random
from statistics import fmean

from hypothesis import given, strategies as st
import pytest

from custom_components.glucose_follow.cgm.hours import (
    Glucose,
    HistorySource,
    Hour,
    Hours,
    YearRead,
    full_hour,
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
DAY = timedelta(days=1)
WEEK = timedelta(days=7)


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


def summed(*told: Reading | Treatment, count: int = 1) -> Hours:
    """Return hours from noon on, in which something was told."""
    hours = Hours(NOON, NOON + count * HOUR)
    for each in told:
        if isinstance(each, Reading):
            hours.add_reading(each)
        else:
            hours.add_treatment(each)
    return hours


def whole(
    readings: list[Reading], treatments: list[Treatment], count: int
) -> list[Hour]:
    """Return the same figures, out of lists of everything."""
    found = []
    for start in (NOON + place * HOUR for place in range(count)):
        values = [each.mgdl for each in readings if full_hour(each.at) == start]
        done = [each for each in treatments if full_hour(each.at) == start]
        boluses = [
            each.insulin or 0
            for each in done
            if each.kind is not TreatmentKind.LONG_ACTING
        ]
        glucose = Glucose(
            mean=fmean(values or [0]),
            lowest=min(values, default=0),
            highest=max(values, default=0),
        )
        found.append(
            Hour(
                start=start,
                glucose=glucose if values else None,
                insulin=round(sum(boluses), 3),
                carbs=round(sum(each.carbs or 0 for each in done), 1),
            )
        )
    return found


def test_an_hour_has_what_happened_in_it() -> None:
    hours = summed(
        *(reading(0, 100), reading(59, 110), reading(60, 40), reading(119, 401)),
        *(treatment(0, insulin=0.1), treatment(30, insulin=0.2)),
        treatment(60, TreatmentKind.CARBS, carbs=45),
        count=3,
    )

    assert list(hours) == [
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
    assert (hours.readings, hours.treatments) == (4, 3)


MINUTES = st.integers(0, 5 * 60 - 1)
UNITS = st.integers(1, 400).map(lambda count: count * 0.025)


@given(
    st.lists(st.builds(reading, MINUTES, st.integers(39, 500))),
    st.lists(
        st.builds(
            treatment,
            MINUTES,
            st.sampled_from([TreatmentKind.BOLUS, TreatmentKind.LONG_ACTING]),
            insulin=UNITS,
        )
        | st.builds(
            treatment,
            MINUTES,
            st.just(TreatmentKind.CARBS),
            carbs=st.integers(1, 150).map(float),
        )
    ),
    st.randoms(),
)
def test_figures_are_those_of_everything_in_any_order(
    readings: list[Reading], treatments: list[Treatment], chance: random.Random
) -> None:
    told: list[Reading | Treatment] = [*readings, *treatments]
    chance.shuffle(told)

    assert list(summed(*told, count=5)) == whole(readings, treatments, 5)


def test_amounts_add_up_to_the_same_in_any_order() -> None:
    """Fractions do not, and a row would change whenever it is imported again."""
    units = [0.0125, 0.0125, 0.1875]
    there = [treatment(0, insulin=each) for each in units]

    assert round(0.0125 + 0.0125 + 0.1875, 3) != round(0.1875 + 0.0125 + 0.0125, 3)
    assert list(summed(*there)) == list(summed(*reversed(there)))


@pytest.mark.parametrize("minute", [-1, 60])
def test_what_is_outside_counts_for_nothing(minute: int) -> None:
    hours = summed(reading(minute, 100), treatment(minute, insulin=1))

    (hour,) = hours
    assert (hour.glucose, hour.insulin) == (None, 0)
    assert (hours.readings, hours.treatments) == (0, 0)


def test_what_acts_for_a_day_is_no_bolus() -> None:
    (hour,) = summed(treatment(0, TreatmentKind.LONG_ACTING, insulin=18))

    assert hour.insulin == 0


def test_no_time_has_no_hours() -> None:
    assert list(Hours(NOON, NOON)) == []


def test_a_full_hour_begins_every_hour() -> None:
    assert full_hour(NOON) == NOON
    assert full_hour(NOON + HOUR - timedelta.resolution) == NOON


def test_only_some_sources_keep_history() -> None:
    assert issubclass(TidepoolSource, HistorySource)
    assert not issubclass(SimulatedSource, HistorySource)


@pytest.mark.parametrize(
    ("known", "uploaded", "passed", "is_over"),
    [
        (NOON, NOON + HOUR, WEEK, True),
        (NOON, NOON + HOUR, WEEK - timedelta.resolution, False),
        (NOON, NOON, WEEK, False),
        (NOON, NOON - HOUR, WEEK, False),
        (NOON, None, 9 * WEEK, False),
        (None, None, 9 * WEEK, False),
        (None, NOON - HOUR, WEEK, True),
    ],
)
def test_a_year_is_read_again_after_an_upload_once_a_week_at_most(
    known: datetime | None,
    uploaded: datetime | None,
    passed: timedelta,
    is_over: bool,
) -> None:
    year = YearRead(at=NOON, uploaded=known)

    assert year.is_over(uploaded, NOON + passed) is is_over


@pytest.mark.parametrize(
    ("passed", "is_over"), [(DAY - timedelta.resolution, False), (DAY, True)]
)
def test_a_year_that_could_not_be_read_is_tried_again_after_a_day(
    passed: timedelta, is_over: bool
) -> None:
    year = YearRead(at=NOON - WEEK, uploaded=None, tried=NOON)

    assert year.is_over(NOON - HOUR, NOON + passed) is is_over
