"""Readings in order, whoever brought them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import override

from hypothesis import given, strategies as st
import pytest

from custom_components.glucose_follow.cgm import timeline as module
from custom_components.glucose_follow.cgm.models import (
    Direction,
    Reading,
    Sample,
    SensorFault,
    SensorStatus,
)
from custom_components.glucose_follow.cgm.timeline import (
    AHEAD,
    SPAN,
    Timeline,
    once_each,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
FLAT = Direction.FLAT


def reading(
    ago: timedelta = timedelta(), mgdl: int = 100, direction: Direction | None = None
) -> Reading:
    """Return a reading of some time before noon."""
    return Reading(at=NOON - ago, mgdl=mgdl, direction=direction)


def fault(ago: timedelta = timedelta()) -> SensorFault:
    """Return a sensor fault of some time before noon."""
    return SensorFault(at=NOON - ago, status=SensorStatus.SENSOR_ERROR)


def go_on(timeline: Timeline, minutes: int) -> None:
    """Let a reading arrive every five minutes after noon."""
    for later in range(5, minutes + 1, 5):
        timeline.merge([reading(-later * MINUTE)], NOON + later * MINUTE)


def merged(*batches: Sequence[Sample]) -> Timeline:
    """Return a timeline that took in batches at noon."""
    timeline = Timeline()
    for batch in batches:
        timeline.merge(batch, NOON)
    return timeline


def values(timeline: Timeline) -> list[int]:
    """Return the values, oldest first."""
    return [reading.mgdl for reading in timeline.readings]


def test_an_empty_timeline_knows_nothing() -> None:
    timeline = Timeline()

    assert timeline.readings == ()
    assert timeline.faults == ()
    assert timeline.newest is None
    assert timeline.newest_at is None
    assert timeline.newest_seen is None
    assert timeline.gap_start(NOON) is None


def test_a_batch_of_nothing_brings_nothing_newer() -> None:
    timeline = Timeline()

    assert timeline.merge([], NOON) is False
    assert timeline.newest_at is None


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_readings_are_oldest_first_in_whatever_order_they_come(
    order: tuple[int, ...],
) -> None:
    batch = [reading(number * 5 * MINUTE, 100 + number) for number in order]

    timeline = merged(batch)

    assert values(timeline) == [102, 101, 100]
    assert timeline.newest == reading(mgdl=100)


def test_only_a_reading_newer_than_any_before_is_news() -> None:
    timeline = Timeline()

    assert timeline.merge([reading(5 * MINUTE)], NOON) is True
    assert timeline.merge([reading(5 * MINUTE)], NOON) is False
    assert timeline.merge([reading(10 * MINUTE)], NOON) is False
    assert timeline.merge([reading()], NOON) is True


def test_the_moment_of_first_sight_is_kept() -> None:
    timeline = Timeline()
    timeline.merge([reading()], NOON)

    timeline.merge([reading(), reading(5 * MINUTE)], NOON + MINUTE)

    assert timeline.newest_at == NOON
    assert timeline.newest_seen == NOON


def test_a_newer_reading_is_first_seen_when_it_is_merged() -> None:
    timeline = merged([reading(5 * MINUTE)])

    timeline.merge([reading()], NOON + 7 * SECOND)

    assert timeline.newest_at == NOON
    assert timeline.newest_seen == NOON + 7 * SECOND


def test_a_remembered_stamp_is_not_news_again() -> None:
    timeline = Timeline(NOON, NOON + 5 * SECOND)

    is_news = timeline.merge([reading()], NOON + MINUTE)

    assert is_news is False
    assert timeline.newest == reading()
    assert timeline.newest_seen == NOON + 5 * SECOND


def test_a_remembered_stamp_stays_when_its_reading_is_lost() -> None:
    timeline = Timeline(NOON, NOON)

    timeline.merge([reading(5 * MINUTE)], NOON + MINUTE)

    assert timeline.newest_at == NOON
    assert timeline.newest == reading(5 * MINUTE)


@pytest.mark.parametrize("apart", [0 * SECOND, 1 * SECOND, 2.9 * SECOND])
def test_two_stamps_of_one_moment_are_one_reading(apart: timedelta) -> None:
    timeline = merged([reading(mgdl=100)], [reading(apart, 101)])

    assert len(timeline.readings) == 1


@pytest.mark.parametrize("apart", [3 * SECOND, 4 * SECOND, 29.9 * SECOND])
def test_two_uploaders_of_one_value_are_one_reading(apart: timedelta) -> None:
    timeline = merged([reading(mgdl=100)], [reading(apart, 100)])

    assert timeline.readings == (reading(mgdl=100),)


@pytest.mark.parametrize(
    ("apart", "mgdl"), [(3 * SECOND, 101), (30 * SECOND, 100), (MINUTE, 100)]
)
def test_another_value_or_another_moment_is_another_reading(
    apart: timedelta, mgdl: int
) -> None:
    timeline = merged([reading(mgdl=100)], [reading(apart, mgdl)])

    assert values(timeline) == [mgdl, 100]


def test_a_reading_of_the_same_stamp_is_corrected() -> None:
    timeline = merged([reading(mgdl=100)], [reading(mgdl=108, direction=FLAT)])

    assert timeline.readings == (reading(mgdl=108, direction=FLAT),)


def test_a_correction_is_not_news() -> None:
    timeline = merged([reading(mgdl=100)])

    assert timeline.merge([reading(mgdl=108)], NOON + MINUTE) is False
    assert timeline.newest_seen == NOON


def test_a_correction_finds_its_stamp_beside_another_uploaders() -> None:
    """The neighbour's equal value must not catch what the same stamp says."""
    timeline = merged([reading(10 * SECOND, 100), reading(mgdl=110)])

    timeline.merge([reading(mgdl=100)], NOON)

    assert 110 not in values(timeline)


def test_a_direction_is_adopted_from_another_uploader() -> None:
    first, second = reading(mgdl=100), reading(4 * SECOND, 100, FLAT)

    timeline = merged([first], [second])

    assert timeline.readings == (replace(first, direction=FLAT),)


def test_a_known_direction_is_not_replaced_by_another_uploader() -> None:
    first = reading(mgdl=100, direction=FLAT)

    timeline = merged([first], [reading(4 * SECOND, 100, Direction.SINGLE_UP)])

    assert timeline.readings == (first,)


def test_a_direction_is_not_adopted_from_another_value() -> None:
    timeline = merged([reading(mgdl=100)], [reading(2 * SECOND, 104, FLAT)])

    assert timeline.readings == (reading(mgdl=100),)


def test_a_stamp_too_far_ahead_is_counted_and_moves_nothing() -> None:
    timeline = merged([reading()])

    is_news = timeline.merge([reading(-AHEAD - SECOND), fault(-AHEAD - SECOND)], NOON)

    assert is_news is False
    assert timeline.ahead == 2
    assert timeline.newest_at == NOON
    assert timeline.readings == (reading(),)
    assert timeline.faults == ()


def test_a_stamp_a_little_ahead_is_believed() -> None:
    timeline = merged([reading(-AHEAD)])

    assert timeline.ahead == 0
    assert timeline.newest_at == NOON + AHEAD


def test_stamps_ahead_are_counted_by_the_batch() -> None:
    timeline = merged([reading(-AHEAD - SECOND)])

    timeline.merge([reading()], NOON)

    assert timeline.ahead == 0


def test_what_is_older_than_a_day_is_dropped() -> None:
    batch: list[Sample] = [
        reading(SPAN + 5 * SECOND, 120),
        reading(SPAN, 110),
        reading(),
        fault(SPAN + SECOND),
        fault(SPAN),
    ]

    timeline = merged(batch)

    assert timeline.readings == (reading(SPAN, 110), reading())
    assert timeline.faults == (fault(SPAN),)


def test_readings_grow_old_without_new_ones() -> None:
    timeline = merged([reading(), reading(5 * MINUTE)])

    timeline.merge([], NOON + SPAN - MINUTE)

    assert timeline.readings == (reading(),)


def test_the_newest_reading_is_kept_whatever_its_age() -> None:
    timeline = merged([reading(10 * SPAN), reading(11 * SPAN)])

    assert timeline.readings == (reading(10 * SPAN),)


def test_no_more_readings_are_kept_than_two_sensors_send(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MOST", 3)

    timeline = merged([reading(number * MINUTE, 100 + number) for number in range(5)])

    assert values(timeline) == [102, 101, 100]


def test_faults_are_oldest_first_without_repetitions() -> None:
    timeline = merged([fault(), fault(MINUTE)], [fault(MINUTE), fault()])

    assert timeline.faults == (fault(MINUTE), fault())


def test_a_fault_is_not_a_newer_reading() -> None:
    timeline = merged([reading(5 * MINUTE)])

    assert timeline.merge([fault()], NOON) is False
    assert timeline.newest_at == NOON - 5 * MINUTE


def test_readings_are_published_without_copying_them_again() -> None:
    timeline = merged([reading()])

    assert timeline.readings is timeline.readings


def test_published_readings_do_not_change() -> None:
    timeline = merged([reading(5 * MINUTE)])
    published = timeline.readings

    timeline.merge([reading()], NOON)

    assert len(published) == 1
    assert len(timeline.readings) == 2


def test_a_gap_begins_at_the_reading_before_it() -> None:
    timeline = merged([reading(minutes * MINUTE) for minutes in (0, 5, 30, 35)])

    assert timeline.gap_start(NOON) == NOON - 30 * MINUTE


def test_the_oldest_gap_counts() -> None:
    timeline = merged([reading(minutes * MINUTE) for minutes in (0, 20, 25, 50)])

    assert timeline.gap_start(NOON) == NOON - 50 * MINUTE


def test_a_gap_that_reaches_into_the_last_hour_may_still_be_filled() -> None:
    timeline = merged([reading(minutes * MINUTE) for minutes in (0, 5, 10, 180)])

    assert timeline.gap_start(NOON) == NOON - 180 * MINUTE


def test_a_long_gap_is_filled_in_any_order() -> None:
    """What is left of it after a part arrived may have ended hours ago."""
    timeline = merged([reading(360 * MINUTE)])
    timeline.merge([reading(30 * MINUTE)], NOON)
    timeline.merge([reading()], NOON)
    timeline.merge([reading(each * MINUTE) for each in range(5, 70, 5)], NOON)

    assert timeline.gap_start(NOON + 20 * MINUTE) == NOON - 360 * MINUTE
    go_on(timeline, 60)
    assert timeline.gap_start(NOON + 61 * MINUTE) is None


def test_a_stamp_at_the_beginning_of_time_is_none() -> None:
    """Nothing can be subtracted from it, and all the rest would be lost with it."""
    never = datetime.min.replace(tzinfo=UTC)
    timeline = merged([replace(reading(), at=never), reading(5 * MINUTE)])

    assert [each.at for each in timeline.readings] == [NOON - 5 * MINUTE]


def test_a_single_reading_may_still_be_on_its_way() -> None:
    timeline = merged([reading(60 * MINUTE)])
    timeline.merge([reading()], NOON)
    timeline.merge([reading(each * MINUTE) for each in range(10, 60, 5)], NOON)

    assert timeline.gap_start(NOON + 14 * MINUTE) == NOON - 60 * MINUTE
    assert timeline.gap_start(NOON + 15 * MINUTE) is None


@pytest.mark.parametrize(
    "minutes",
    [
        pytest.param((0, 5, 10, 15), id="no gap"),
        pytest.param((0, 12.5), id="two lost packets"),
        pytest.param((0,), id="one reading"),
        pytest.param((*range(0, 70, 5), 90), id="a gap that nobody fills any more"),
    ],
)
def test_there_is_no_gap_to_fill(minutes: Sequence[float]) -> None:
    timeline = merged([reading(each * MINUTE) for each in minutes])
    go_on(timeline, 15)

    assert timeline.gap_start(NOON + 15 * MINUTE) is None


def test_what_an_earlier_silence_left_out_may_arrive_after_the_next() -> None:
    """A phone that was back for one reading had no time for those before it."""
    timeline = merged([reading(each * MINUTE) for each in (420, 480, 485)])
    later = NOON + 60 * MINUTE
    # All of it may come with the reading that ends this silence.
    assert timeline.gap_start(later - MINUTE) == NOON - 480 * MINUTE

    timeline.merge([reading(-60 * MINUTE)], later)

    assert timeline.gap_start(later + 14 * MINUTE) == NOON - 480 * MINUTE
    timeline.merge(
        [reading(each * MINUTE) for each in (*range(-60, 420, 5), *range(425, 480, 5))],
        later,
    )
    assert timeline.gap_start(later + 15 * MINUTE) is None


def test_single_readings_of_an_earlier_silence_may_arrive_after_all_others() -> None:
    """A phone that was back for one reading in between sends in any order."""
    timeline = merged([reading(480 * MINUTE)])
    timeline.merge([reading(240 * MINUTE)], NOON - 240 * MINUTE)
    all_but_two = {*range(0, 480, 5)} - {100, 400}

    timeline.merge([reading(each * MINUTE) for each in all_but_two], NOON)

    assert timeline.gap_start(NOON + 14 * MINUTE) == NOON - 480 * MINUTE
    go_on(timeline, 15)
    assert timeline.gap_start(NOON + 15 * MINUTE) is None


@pytest.mark.parametrize(
    ("heard", "missing_since"),
    [
        pytest.param(0, -29, id="no time to fill it"),
        pytest.param(55, -29, id="hardly an hour to fill it"),
        pytest.param(60, 60, id="an hour to fill it"),
    ],
)
def test_a_single_reading_may_wait_for_the_end_of_the_next_silence(
    heard: int, missing_since: int
) -> None:
    """Of five, a phone sent four, and fell silent again for hours."""
    timeline = merged([reading(29 * MINUTE)])
    timeline.merge([reading(each * MINUTE) for each in (0, 4, 9, 14, 19)], NOON)
    go_on(timeline, heard)
    later = NOON + 400 * MINUTE

    timeline.merge([reading(-400 * MINUTE)], later)

    assert timeline.gap_start(later + MINUTE) == NOON + missing_since * MINUTE


def test_nobody_knows_at_the_start_whether_an_old_gap_is_being_filled() -> None:
    timeline = merged([reading(each * MINUTE) for each in (*range(0, 70, 5), 300)])

    go_on(timeline, 15)

    assert timeline.gap_start(NOON + 14 * MINUTE) == NOON - 300 * MINUTE
    assert timeline.gap_start(NOON + 15 * MINUTE) is None


@pytest.mark.parametrize(("minutes", "is_asked_for"), [(12.5, False), (12.6, True)])
def test_an_old_gap_is_asked_for_while_readings_are_missing(
    minutes: float, is_asked_for: bool
) -> None:
    timeline = merged([reading(each * MINUTE) for each in (*range(0, 70, 5), 300)])
    go_on(timeline, 30)

    found = timeline.gap_start(NOON + (30 + minutes) * MINUTE)

    assert found == (NOON - 300 * MINUTE if is_asked_for else None)


def test_a_clock_that_was_ahead_makes_nothing_new_for_hours() -> None:
    timeline = Timeline()
    readings = [reading(each * MINUTE) for each in (*range(0, 70, 5), 300)]
    timeline.merge(readings, NOON + 360 * MINUTE)
    go_on(timeline, 15)

    assert timeline.gap_start(NOON + 15 * MINUTE) is None


def test_faults_without_end_cost_no_more_than_readings_do() -> None:
    """A site that is asked for 3000 may send 50,000; merging has no pauses."""
    compared = 0

    class Counted(SensorFault):
        """Counts comparisons; what a list does to find out what it holds."""

        @override
        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return self is other

        # What a class has that defines equality alone; its base is hashable.
        __hash__ = None  # type: ignore[assignment]  # nobody may compare by it

    number = 500
    faults = [
        Counted(at=NOON - ago * SECOND, status=SensorStatus.SENSOR_ERROR)
        for ago in range(number)
    ]

    merged(faults)

    assert compared < number * 20


def test_a_full_timeline_takes_in_a_day_by_looking_at_neighbours_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    day = [reading(number * 5 * MINUTE, 100 + number % 7) for number in range(288)]
    full = [reading(number * MINUTE / 2, 90) for number in range(2880)]
    timeline = merged(full)
    looked_at = 0

    def counted(value: Sample) -> datetime:
        nonlocal looked_at
        looked_at += 1
        return value.at

    monkeypatch.setattr(module, "_at", counted)
    timeline.merge(day, NOON)

    # Three binary searches among 3000, which take 12 steps each.
    assert looked_at < (len(day) + 2) * 3 * 13


# One sensor's grid, whose readings two uploaders stamp up to two seconds apart.
grid = st.integers(0, 400).map(
    lambda slot: reading(
        slot * 5 * MINUTE, 60 + slot % 200, list(Direction)[slot % len(Direction)]
    )
)
twice_stamped = st.builds(
    lambda known, late: replace(known, at=known.at + late * SECOND),
    grid,
    st.integers(0, 2),
)
anything = st.one_of(
    st.builds(
        Reading,
        at=st.integers(-3 * 3600, 30 * 3600).map(lambda ago: NOON - ago * SECOND),
        mgdl=st.integers(98, 102),
        direction=st.none() | st.sampled_from(Direction),
    ),
    st.integers(0, 30 * 3600).map(lambda ago: fault(ago * SECOND)),
)


def batches[T](each: st.SearchStrategy[T]) -> st.SearchStrategy[list[list[T]]]:
    """Return lists of batches."""
    return st.lists(st.lists(each, max_size=12), max_size=6)


@given(batches(anything))
def test_whatever_comes_is_ordered_and_nobody_comes_twice(
    given_batches: list[list[Sample]],
) -> None:
    timeline = merged(*given_batches)

    for before, after in pairwise(timeline.readings):
        assert before.at < after.at
        assert after.at - before.at >= 3 * SECOND
    assert len(set(timeline.faults)) == len(timeline.faults)
    assert sorted(timeline.faults, key=lambda each: each.at) == list(timeline.faults)
    assert timeline.newest is None or timeline.newest_at == timeline.newest.at


@given(batches(grid), st.data())
def test_the_order_of_batches_makes_no_difference(
    given_batches: list[list[Sample]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations([batch[::-1] for batch in given_batches]))

    assert merged(*given_batches).readings == merged(*shuffled).readings


@given(batches(twice_stamped))
def test_two_uploaders_make_one_series_in_whatever_order(
    given_batches: list[list[Sample]],
) -> None:
    forward, backward = merged(*given_batches), merged(*reversed(given_batches))

    assert values(forward) == values(backward)
    for one, other in zip(forward.readings, backward.readings, strict=True):
        assert abs(one.at - other.at) <= 2 * SECOND


@given(st.lists(twice_stamped.filter(lambda each: each.at >= NOON - SPAN)))
def test_what_is_longer_ago_is_merged_by_the_same_rule(given: list[Reading]) -> None:
    earlier = [replace(each, at=each.at - SPAN) for each in given]

    found = [replace(each, at=each.at + SPAN) for each in once_each(earlier)]

    assert tuple(found) == merged(given).readings


def has_ahead(given_batches: list[list[Sample]]) -> bool:
    """Return whether any stamp was too far ahead when it came."""
    return any(
        sample.at > NOON + number * MINUTE + AHEAD
        for number, batch in enumerate(given_batches)
        for sample in batch
    )


@given(batches(anything))
def test_the_newest_stamp_only_moves_forward(
    given_batches: list[list[Sample]],
) -> None:
    timeline = Timeline()
    stamps: list[datetime | None] = []

    for number, batch in enumerate(given_batches):
        now = NOON + number * MINUTE
        is_news = timeline.merge(batch, now)
        stamps.append(timeline.newest_at)
        assert not is_news or (timeline.newest_seen or NOON) <= now
        # Only what a clock that is ahead has stamped was seen before.
        is_seen_now = timeline.newest_seen == now
        assert not is_news or is_seen_now or has_ahead(given_batches[: number + 1])

    assert all(
        before is None or (after is not None and before <= after)
        for before, after in pairwise(stamps)
    )
