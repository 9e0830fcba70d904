"""A phone whose clock is ahead makes nothing younger."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.glucose_follow.cgm.data import judge
from custom_components.glucose_follow.cgm.first_seen import FirstSeen
from custom_components.glucose_follow.cgm.held import Held
from custom_components.glucose_follow.cgm.models import Reading
from custom_components.glucose_follow.cgm.timeline import Timeline

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE
GAP = 12.5 * MINUTE
AHEAD = 60


def shown(timeline: Timeline, now: datetime) -> Reading | None:
    """Return what is called current."""
    return judge(
        timeline,
        (),
        now=now,
        stale_after=15 * MINUTE,
        are_treatments_known=False,
        is_answering=True,
    ).latest


@pytest.mark.parametrize("restarts_at", [None, 65, 72])
def test_nothing_that_is_an_hour_old_is_ever_shown(restarts_at: int | None) -> None:
    """Its stamps come to pass later, when it is long known; also by a new start."""
    held = Held(timeline := Timeline())
    stored: list[Reading] = []
    for minute in range(180):
        now = NOON + minute * MINUTE
        if minute % 5 == 0:
            stored.append(Reading(at=now + AHEAD * MINUTE, mgdl=100))
        if minute == restarts_at:
            timeline = Timeline(timeline.newest_at, timeline.newest_seen)
            held = Held(timeline)
        since = held.since(now)
        held.merge([each for each in stored if each.at >= since], now, since)

        assert shown(timeline, now) is None


@pytest.mark.parametrize("minutes", [0, 5, 10])
def test_who_is_a_little_ahead_is_shown(minutes: int) -> None:
    timeline = Timeline()
    reading = Reading(at=NOON + minutes * MINUTE, mgdl=100)
    timeline.merge([reading], NOON)

    assert shown(timeline, NOON) == reading
    assert timeline.newest_seen == NOON


def test_a_single_stamp_of_another_century_hides_nothing() -> None:
    timeline, reading = Timeline(), Reading(at=NOON, mgdl=100)
    never = Reading(at=NOON + 800_000 * HOUR, mgdl=333)
    timeline.merge([reading, never], NOON + MINUTE)

    assert shown(timeline, NOON + MINUTE) == reading


def test_the_last_of_a_series_was_measured_by_now() -> None:
    seen = FirstSeen(GAP)
    stamps = [NOON + each * MINUTE for each in (-5, 0, 5, 10)]

    seen.note(stamps, NOON)

    found = [(NOON - seen.of(each, NOON)) // MINUTE for each in stamps]
    assert found == [15, 10, 5, 0]
    assert seen.of(NOON + 11 * MINUTE, NOON) == NOON


def test_what_was_seen_before_is_no_younger_later() -> None:
    seen = FirstSeen(GAP)
    seen.note([NOON + HOUR], NOON)
    seen.note([NOON + HOUR], NOON + 30 * MINUTE)

    assert seen.of(NOON + HOUR, NOON + HOUR) == NOON


def test_series_with_a_pause_between_them_are_two() -> None:
    seen = FirstSeen(GAP)
    seen.note([NOON, NOON + HOUR], NOON + MINUTE)

    assert seen.of(NOON, NOON + MINUTE) == NOON + MINUTE


def test_what_is_long_past_is_forgotten() -> None:
    seen = FirstSeen(GAP)
    seen.note([NOON + HOUR], NOON)
    seen.note([], NOON + 26 * HOUR)

    assert seen.of(NOON + HOUR, NOON + 26 * HOUR) == NOON + 26 * HOUR


def test_no_more_is_remembered_than_a_day_can_have() -> None:
    seen = FirstSeen(GAP)
    stamps = [NOON + HOUR + each * timedelta(seconds=1) for each in range(4000)]
    seen.note(stamps, NOON)

    assert seen.of(stamps[0], NOON + HOUR) == NOON + HOUR
    assert seen.of(stamps[-1], NOON + HOUR) == NOON
