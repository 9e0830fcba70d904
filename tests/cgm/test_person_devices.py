"""What a simulated person's devices report."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.glucose_follow.cgm import person_devices
from custom_components.glucose_follow.cgm.models import (
    LoopState,
    Reported,
    Treatment,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.person import Scenario, SimulatedPerson
from custom_components.glucose_follow.cgm.status import current

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PERSON = SimulatedPerson(seed=7)

BOLUS = Treatment(at=NOON, id="1", kind=TreatmentKind.BOLUS, insulin=1.0)


def left(minutes: float) -> float:
    """Return which part of a bolus is on board after so many minutes."""
    return person_devices._insulin_left(BOLUS, NOON + minutes * MINUTE)


def test_insulin_acts_fastest_after_75_minutes_and_for_six_hours() -> None:
    """Source: the curve that oref and LoopKit share."""
    activity = [left(minute) - left(minute + 1) for minute in range(360)]

    assert left(0) == pytest.approx(1)
    assert left(360) == pytest.approx(0)
    assert activity.index(max(activity)) in {74, 75}
    assert all(each > 0 for each in activity)


def test_insulin_on_board_is_what_is_left_of_every_bolus() -> None:
    given = [
        (treatment.insulin or 0, (NOON - treatment.at) / MINUTE)
        for treatment in PERSON.treatments(NOON - 6 * HOUR, NOON)
    ]

    assert sum(units for units, _ in given) > 0
    assert person_devices.insulin_on_board(PERSON, NOON) == round(
        sum(units * left(minutes) for units, minutes in given), 2
    )


def test_carbs_on_board_are_gone_after_three_hours() -> None:
    meal = next(
        treatment
        for treatment in PERSON.treatments(NOON, NOON + DAY)
        if treatment.carbs and treatment.carbs > 30
    )
    before = person_devices.carbs_on_board(PERSON, meal.at - MINUTE)

    at_once = person_devices.carbs_on_board(PERSON, meal.at)
    later = person_devices.carbs_on_board(PERSON, meal.at + 90 * MINUTE)

    assert at_once == pytest.approx(before + (meal.carbs or 0), abs=1)
    assert later < at_once


def test_everything_is_reported_every_five_minutes() -> None:
    status = person_devices.status(PERSON, NOON + 4 * MINUTE)

    assert status.loop == Reported(LoopState.LOOPING, NOON)
    assert status.looped_at == NOON
    for reported in (
        status.insulin_on_board,
        status.carbs_on_board,
        status.reservoir,
        status.pump_battery,
        status.uploader_battery,
        status.forecast,
    ):
        assert reported is not None
        assert reported.at == NOON


@pytest.mark.parametrize("days", range(0, 60, 7))
@pytest.mark.parametrize("seed", [1, 7, 23])
def test_values_are_plausible_on_any_day(seed: int, days: int) -> None:
    person, at = SimulatedPerson(seed=seed), NOON + days * DAY

    status = current(
        person_devices.status(person, at), [], now=at, are_treatments_known=True
    )

    def value(reported: Reported[float] | None) -> float:
        assert reported is not None
        return reported.value

    assert 0 <= value(status.insulin_on_board) < 30
    assert 0 <= value(status.carbs_on_board) < 250
    assert 0 < value(status.reservoir) <= 180
    assert 10 < value(status.pump_battery) <= 100
    assert 5 < value(status.uploader_battery) <= 100
    assert 0 <= value(status.basal_rate) < 3
    assert status.active_profile is not None
    assert status.sensor_started is not None
    assert status.site_changed is not None
    assert timedelta() <= at - status.sensor_started < 10 * DAY
    assert timedelta() <= at - status.site_changed < 3 * DAY


def test_whoever_loses_the_signal_loses_all_of_it() -> None:
    person = SimulatedPerson(seed=7, scenario=Scenario.SIGNAL_LOSS, since=NOON)

    status = person_devices.status(person, NOON + HOUR)

    assert status.looped_at == NOON


def test_what_is_changed_is_a_treatment_once() -> None:
    begin = NOON - 30 * DAY
    changes = [
        change
        for hour in range(30 * 24)
        for change in person_devices.changes(
            PERSON, begin + hour * HOUR, begin + (hour + 1) * HOUR
        )
    ]

    assert len({change.id for change in changes}) == len(changes)
    kinds = [change.kind for change in changes]
    assert kinds.count(TreatmentKind.SENSOR_START) == 3
    assert kinds.count(TreatmentKind.SITE_CHANGE) == 10
    newest = max(
        change.at for change in changes if change.kind is TreatmentKind.SITE_CHANGE
    )
    assert newest == person_devices.last_change(PERSON, TreatmentKind.SITE_CHANGE, NOON)


def test_a_temporary_basal_rate_runs_at_any_time() -> None:
    rates = list(person_devices.temp_basals(PERSON, NOON - DAY, NOON))

    assert len(rates) == 48
    assert rates[-1].at == NOON
    assert all(each.rate is not None and 0 <= each.rate <= 2.5 for each in rates)
    assert len({each.rate for each in rates}) > 5


def test_a_forecast_goes_from_the_present_to_the_target() -> None:
    made = person_devices.forecast(PERSON, NOON)

    assert made.mgdl[0] == pytest.approx(PERSON.mgdl(NOON), abs=0.1)
    assert abs(made.mgdl[-1] - 105) <= abs(made.mgdl[0] - 105)
    for low, value, high in zip(made.lowest, made.mgdl, made.highest, strict=True):
        assert low <= value <= high
