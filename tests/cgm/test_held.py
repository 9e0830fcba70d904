"""What is held says what to ask for."""

from datetime import UTC, datetime, timedelta

from custom_components.glucose_follow.cgm.held import Held
from custom_components.glucose_follow.cgm.models import Reading
from custom_components.glucose_follow.cgm.timeline import Timeline

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def readings(*minutes: float) -> list[Reading]:
    """Return readings of so many minutes before noon."""
    return [Reading(at=NOON - each * MINUTE, mgdl=100) for each in minutes]


def test_a_day_is_asked_for_at_first() -> None:
    assert Held(Timeline()).since(NOON) == NOON - DAY


def test_a_day_is_asked_for_again_while_only_a_stamp_is_remembered() -> None:
    timeline = Timeline(NOON - 5 * MINUTE, NOON - 4 * MINUTE)

    assert Held(timeline).since(NOON) == NOON - DAY


def test_afterwards_a_quarter_of_an_hour_overlaps() -> None:
    held = Held(Timeline())
    held.merge(readings(5, 10, 15, 20), NOON, NOON - DAY)

    assert held.since(NOON) == NOON - 20 * MINUTE


def test_a_gap_is_asked_for_from_where_it_begins() -> None:
    held = Held(Timeline())
    held.merge(readings(5, 10, 60), NOON, NOON - DAY)

    assert held.since(NOON) == NOON - 60 * MINUTE


def test_what_nobody_says_is_complete_is_not_held() -> None:
    held = Held(Timeline())

    assert held.merge(readings(5), NOON)

    assert not held.reaches(NOON, NOON)
    assert held.since(NOON) == NOON - DAY


def test_no_more_than_a_day_is_held() -> None:
    held = Held(Timeline())
    held.merge(readings(5), NOON, NOON - 2 * DAY)

    assert held.reaches(NOON - DAY, NOON)
    assert not held.reaches(NOON - DAY - MINUTE, NOON)
    assert not held.reaches(NOON - DAY, NOON + MINUTE)
    assert held.since(NOON + DAY) == NOON


def test_a_day_is_asked_for_again_after_an_answer_without_readings() -> None:
    held = Held(Timeline(NOON - 5 * MINUTE, NOON - 4 * MINUTE))
    held.merge([], NOON, NOON - DAY)

    assert held.since(NOON) == NOON - DAY


def test_what_is_asked_for_later_does_not_shorten_what_is_held() -> None:
    held = Held(Timeline())
    held.merge(readings(5), NOON, NOON - DAY)
    held.merge(readings(0), NOON, NOON - 20 * MINUTE)

    assert held.reaches(NOON - DAY, NOON)


def test_a_clock_that_was_ahead_lost_what_it_dropped() -> None:
    """The day is asked for again once the clock is right."""
    held = Held(Timeline())
    held.merge(readings(*range(5, 1440, 5)), NOON, NOON - DAY)
    held.merge([], NOON + 3 * HOUR, NOON)

    assert held.since(NOON) == NOON - DAY
    assert not held.reaches(NOON - 22 * HOUR, NOON)
    assert held.reaches(NOON - 21 * HOUR, NOON)


def test_a_clock_that_is_minutes_wrong_is_no_reason_to_ask_for_a_day() -> None:
    held = Held(Timeline())
    held.merge(readings(*range(5, 1440, 5)), NOON, NOON - DAY)
    held.merge([], NOON + MINUTE, NOON)

    assert held.since(NOON) == NOON - 20 * MINUTE
