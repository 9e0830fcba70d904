"""The simulated person."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.glucose_follow.cgm.models import (
    HIGHEST_MGDL,
    LOWEST_MGDL,
    Reading,
    ReadingKind,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.person import Scenario, SimulatedPerson
from custom_components.glucose_follow.cgm.sources.simulated import SimulatedSource

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def living(scenario: Scenario, seed: int = 7) -> SimulatedPerson:
    """Return a person whose scenario began at noon."""
    return SimulatedPerson(seed=seed, scenario=scenario, since=NOON)


def is_low(readings: Sequence[Reading]) -> bool:
    """Return whether glucose is low."""
    return readings[-1].mgdl < 70


def is_high(readings: Sequence[Reading]) -> bool:
    """Return whether glucose is high."""
    return readings[-1].mgdl > 180


def is_silent(readings: Sequence[Reading]) -> bool:
    """Return whether the newest reading is from before the scenario."""
    return readings[-1].at <= NOON


def is_falling(readings: Sequence[Reading]) -> bool:
    """Return whether the newest reading is far below the one before it."""
    return readings[-1].mgdl <= readings[-2].mgdl - 5


def is_rising(readings: Sequence[Reading]) -> bool:
    """Return whether the newest reading is far above the one before it."""
    return readings[-1].mgdl >= readings[-2].mgdl + 5


def test_the_same_seed_is_the_same_person() -> None:
    one, other = SimulatedPerson(seed=7), SimulatedPerson(seed=7)

    assert one.readings(NOON - DAY, NOON) == other.readings(NOON - DAY, NOON)
    assert one.treatments(NOON - DAY, NOON) == other.treatments(NOON - DAY, NOON)


def test_another_seed_is_another_person() -> None:
    one, other = SimulatedPerson(seed=7), SimulatedPerson(seed=8)

    assert one.readings(NOON - DAY, NOON) != other.readings(NOON - DAY, NOON)
    assert one.treatments(NOON - DAY, NOON) != other.treatments(NOON - DAY, NOON)


def test_a_day_has_a_reading_every_five_minutes() -> None:
    readings = SimulatedPerson(seed=7).readings(NOON - DAY, NOON)

    assert len(readings) in {287, 288, 289}
    for before, after in pairwise(readings):
        assert abs(after.at - before.at - 5 * MINUTE) < timedelta(seconds=10)


def test_another_period_is_kept() -> None:
    person = SimulatedPerson(seed=7, period=MINUTE)

    readings = person.readings(NOON - HOUR, NOON)

    assert len(readings) in {59, 60, 61}


def test_an_ordinary_day_stays_within_what_sensors_measure() -> None:
    for seed in range(4):
        readings = SimulatedPerson(seed=seed).readings(NOON - 3 * DAY, NOON)

        assert all(LOWEST_MGDL <= each.mgdl <= HIGHEST_MGDL for each in readings)
        assert any(70 <= each.mgdl <= 180 for each in readings)


@given(st.integers(0, 9), st.integers(0, 86_400), st.integers(0, 7200))
@settings(max_examples=40)
def test_readings_are_those_after_one_moment_and_until_another(
    seed: int, ago: int, length: int
) -> None:
    person = SimulatedPerson(seed=seed)
    after = NOON - timedelta(seconds=ago)
    until = after + timedelta(seconds=length)

    readings = person.readings(after, until)

    everything = person.readings(after - HOUR, until + HOUR)
    assert readings == [each for each in everything if after < each.at <= until]


def test_the_moment_of_the_newest_reading_can_be_passed_back() -> None:
    person = SimulatedPerson(seed=7)
    first = person.readings(NOON - HOUR, NOON)

    again = person.readings(first[-1].at, NOON)

    assert again == []
    assert person.readings(NOON - HOUR, first[-1].at) == first


def test_a_stamp_is_utc() -> None:
    (newest, *_) = SimulatedPerson(seed=7).readings(NOON - 6 * MINUTE, NOON)

    assert newest.at.tzinfo is UTC


@pytest.mark.parametrize("scenario", Scenario)
def test_days_before_a_scenario_are_ordinary(scenario: Scenario) -> None:
    before = living(scenario).readings(NOON - DAY, NOON)

    assert before == SimulatedPerson(seed=7).readings(NOON - DAY, NOON)


def test_an_ordinary_day_goes_on() -> None:
    readings = living(Scenario.DAY).readings(NOON, NOON + 6 * HOUR)

    assert readings == SimulatedPerson(seed=7).readings(NOON, NOON + 6 * HOUR)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("scenario", "happens"),
    [
        (Scenario.LOW, is_low),
        (Scenario.HIGH, is_high),
        (Scenario.FALLING, is_falling),
        (Scenario.RISING, is_rising),
        (Scenario.SIGNAL_LOSS, is_silent),
    ],
)
def test_a_scenario_can_be_rehearsed_within_ten_minutes(
    scenario: Scenario, happens: Callable[[Sequence[Reading]], bool], seed: int
) -> None:
    person = living(scenario, seed)
    stamps = person.readings(NOON, NOON + 10 * MINUTE)
    moments = [each.at for each in stamps] or [NOON + 10 * MINUTE]

    seen = [happens(person.readings(NOON - HOUR, until)) for until in moments]

    assert any(seen)


@pytest.mark.parametrize("scenario", [Scenario.LOW, Scenario.HIGH])
def test_a_low_or_a_high_lasts(scenario: Scenario) -> None:
    readings = living(scenario).readings(NOON + 20 * MINUTE, NOON + 6 * HOUR)

    happens = is_low if scenario is Scenario.LOW else is_high
    assert all(happens([each]) for each in readings)


@pytest.mark.parametrize("scenario", [Scenario.FALLING, Scenario.RISING])
def test_a_swing_comes_and_goes(scenario: Scenario) -> None:
    readings = living(scenario).readings(NOON + 20 * MINUTE, NOON + 4 * HOUR)

    values = [each.mgdl for each in readings]
    assert max(values) - min(values) > 80


def test_a_lost_signal_stays_lost() -> None:
    person = living(Scenario.SIGNAL_LOSS)

    assert person.readings(NOON, NOON + DAY) == []
    assert person.readings(NOON - HOUR, NOON + DAY)[-1].at <= NOON


def test_a_person_without_a_beginning_has_no_signal_to_lose() -> None:
    person = SimulatedPerson(seed=7, scenario=Scenario.SIGNAL_LOSS)

    assert person.readings(NOON - HOUR, NOON)


@pytest.mark.parametrize(
    ("mgdl", "expected", "kind"),
    [
        (20.0, LOWEST_MGDL, ReadingKind.LOW),
        (800.0, 401, ReadingKind.HIGH),
        (120.0, None, ReadingKind.MEASURED),
    ],
)
def test_a_sensor_has_limits(
    monkeypatch: pytest.MonkeyPatch,
    mgdl: float,
    expected: int | None,
    kind: ReadingKind,
) -> None:
    monkeypatch.setattr(SimulatedPerson, "mgdl", lambda _, at: mgdl)

    # What a person of this seed measured may be remembered.
    readings = SimulatedPerson(seed=round(mgdl)).readings(NOON - HOUR, NOON)

    assert {each.kind for each in readings} == {kind}
    assert expected is None or {each.mgdl for each in readings} == {expected}


def test_treatments_are_those_from_one_moment_to_another() -> None:
    person = SimulatedPerson(seed=7)
    everything = person.treatments(NOON - 3 * DAY, NOON)
    start, until = everything[5].at, everything[-5].at

    treatments = person.treatments(start, until)

    assert treatments == [each for each in everything if start <= each.at <= until]
    assert treatments[0].at == start
    assert treatments[-1].at == until


def test_a_day_has_meals_boluses_and_a_loop_at_work() -> None:
    treatments = SimulatedPerson(seed=7).treatments(NOON - DAY, NOON)

    assert [each.at for each in treatments] == sorted(each.at for each in treatments)
    assert len({each.id for each in treatments}) == len(treatments)
    kinds = {(each.kind, each.is_automatic) for each in treatments}
    assert kinds == {
        (TreatmentKind.CARBS, False),
        (TreatmentKind.BOLUS, False),
        (TreatmentKind.BOLUS, True),
    }


async def test_the_source_follows_a_scenario_that_is_chosen_later() -> None:
    chosen = living(Scenario.DAY)
    source = SimulatedSource(lambda: chosen, lambda: NOON + HOUR)
    before = await source.readings(NOON)

    chosen = living(Scenario.SIGNAL_LOSS)

    assert before
    assert await source.readings(NOON) == []


def test_directions_follow_glucose() -> None:
    falling = living(Scenario.FALLING).readings(NOON + 20 * MINUTE, NOON + 40 * MINUTE)

    directions = {each.direction for each in falling}
    assert directions <= {"forty_five_down", "single_down", "double_down"}
