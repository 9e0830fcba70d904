"""What is known at a moment."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.glucose_follow.cgm.data import (
    STALE_AFTER,
    CgmData,
    fresh_until,
    judge,
)
from custom_components.glucose_follow.cgm.models import (
    DeviceStatus,
    Direction,
    Forecast,
    GlucoseRange,
    Reading,
    ReadingKind,
    Reported,
    SensorFault,
    SensorStatus,
    Thresholds,
    Treatment,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.timeline import Timeline
from custom_components.glucose_follow.cgm.treatments import (
    TREATMENTS_SPAN,
    merge_treatments,
    once_each,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
INSTANT = timedelta.resolution


@pytest.fixture
def timeline() -> Timeline:
    """Return a quarter of an hour of rising readings, the newest at noon."""
    timeline = Timeline()
    timeline.merge(
        [reading(number * 5, 130 - number * 10) for number in range(4)], NOON
    )
    return timeline


def reading(
    ago: float = 0, mgdl: int = 130, kind: ReadingKind = ReadingKind.MEASURED
) -> Reading:
    """Return a reading of some minutes before noon."""
    return Reading(at=NOON - ago * MINUTE, mgdl=mgdl, kind=kind)


def fault(ago: float, status: SensorStatus = SensorStatus.SENSOR_ERROR) -> SensorFault:
    """Return a sensor fault of some minutes before noon."""
    return SensorFault(at=NOON - ago * MINUTE, status=status)


def treatment(
    number: int = 1,
    ago: float = 60,
    *,
    insulin: float | None = None,
    carbs: float | None = None,
    is_automatic: bool = False,
    kind: TreatmentKind = TreatmentKind.OTHER,
) -> Treatment:
    """Return a treatment of some minutes before noon."""
    return Treatment(
        at=NOON - ago * MINUTE,
        id=f"treatment {number}",
        kind=kind,
        insulin=insulin,
        carbs=carbs,
        is_automatic=is_automatic,
    )


def judged(
    timeline: Timeline,
    now: datetime = NOON,
    treatments: Sequence[Treatment] = (),
    stale_after: timedelta = STALE_AFTER,
) -> CgmData:
    """Return what is known at a moment."""
    return judge(
        timeline,
        treatments,
        now=now,
        stale_after=stale_after,
        are_treatments_known=True,
        is_answering=True,
    )


def test_nothing_is_known_before_anything_is_read() -> None:
    data = judged(Timeline())

    assert data == CgmData(are_treatments_known=True, is_answering=True)
    assert data.newest is None
    assert fresh_until(Timeline(), STALE_AFTER) is None


def test_a_fresh_reading_is_shown_with_its_trend(timeline: Timeline) -> None:
    data = judged(timeline, NOON + MINUTE)

    assert data.latest == reading()
    assert data.newest == reading()
    assert data.newest_at == NOON
    assert data.delta == 10
    assert data.rate == pytest.approx(2)
    assert data.direction is Direction.FORTY_FIVE_UP
    assert data.sensor_status is SensorStatus.OK
    assert data.is_signal_lost is False


def test_a_reading_is_current_until_just_before_it_is_stale(timeline: Timeline) -> None:
    data = judged(timeline, NOON + STALE_AFTER - INSTANT)

    assert data.latest == reading()
    assert data.is_signal_lost is False


def test_a_stale_value_is_not_shown(timeline: Timeline) -> None:
    data = judged(timeline, NOON + STALE_AFTER)

    assert data.latest is None
    assert data.delta is None
    assert data.rate is None
    assert data.direction is None
    assert data.sensor_status is SensorStatus.NO_DATA
    assert data.is_signal_lost is True


def test_what_is_stale_is_still_the_newest(timeline: Timeline) -> None:
    data = judged(timeline, NOON + STALE_AFTER)

    assert data.newest == reading()
    assert data.newest_at == NOON
    assert len(data.readings) == 4


@pytest.mark.parametrize("minutes", [8, 20])
def test_the_person_chooses_when_a_reading_is_stale(
    timeline: Timeline, minutes: int
) -> None:
    stale_after = minutes * MINUTE

    before = judged(timeline, NOON + stale_after - INSTANT, stale_after=stale_after)
    after = judged(timeline, NOON + stale_after, stale_after=stale_after)

    assert before.latest is not None
    assert after.latest is None


def test_freshness_counts_from_the_stamp_of_a_late_reading() -> None:
    timeline = Timeline()
    timeline.merge([reading()], NOON + 10 * MINUTE)

    assert fresh_until(timeline, STALE_AFTER) == NOON + STALE_AFTER
    assert judged(timeline, NOON + STALE_AFTER).latest is None


def test_freshness_counts_from_the_first_sight_of_a_stamp_ahead() -> None:
    timeline = Timeline()
    timeline.merge([reading(-9)], NOON)

    assert fresh_until(timeline, STALE_AFTER) == NOON + STALE_AFTER
    assert judged(timeline, NOON + STALE_AFTER - INSTANT).latest is not None
    assert judged(timeline, NOON + STALE_AFTER).latest is None


def test_a_stamp_without_a_first_sight_counts_for_itself() -> None:
    assert fresh_until(Timeline(NOON), STALE_AFTER) == NOON + STALE_AFTER


def test_a_fault_hides_the_reading_before_it_at_once(timeline: Timeline) -> None:
    timeline.merge([fault(-1)], NOON + MINUTE)

    data = judged(timeline, NOON + MINUTE)

    assert data.latest is None
    assert data.delta is None
    assert data.direction is None
    assert data.sensor_status is SensorStatus.SENSOR_ERROR


def test_a_fault_leaves_the_signal_until_its_usual_time(timeline: Timeline) -> None:
    timeline.merge([fault(-1)], NOON + MINUTE)

    assert judged(timeline, NOON + STALE_AFTER - INSTANT).is_signal_lost is False
    assert judged(timeline, NOON + STALE_AFTER).is_signal_lost is True


def test_a_fault_is_told_as_long_as_it_is_recent(timeline: Timeline) -> None:
    timeline.merge([fault(-1, SensorStatus.WARMUP)], NOON + MINUTE)
    ends = NOON + MINUTE + STALE_AFTER

    assert judged(timeline, ends - INSTANT).sensor_status is SensorStatus.WARMUP
    assert judged(timeline, ends).sensor_status is SensorStatus.NO_DATA


def test_a_fault_is_known_without_any_reading() -> None:
    timeline = Timeline()
    timeline.merge([fault(1)], NOON)

    assert judged(timeline).sensor_status is SensorStatus.SENSOR_ERROR


@pytest.mark.parametrize("ago", [0, 2])
def test_a_fault_is_over_with_the_next_reading(timeline: Timeline, ago: float) -> None:
    timeline.merge([fault(ago)], NOON)

    data = judged(timeline)

    assert data.latest == reading()
    assert data.sensor_status is SensorStatus.OK


def test_no_change_is_measured_across_a_fault(timeline: Timeline) -> None:
    timeline.merge([fault(2)], NOON)

    data = judged(timeline)

    assert data.delta is None
    assert data.rate is None
    assert data.direction is None


def test_no_change_is_measured_across_a_new_sensor(timeline: Timeline) -> None:
    new_sensor = treatment(ago=2, kind=TreatmentKind.SENSOR_START)

    assert judged(timeline, treatments=[new_sensor]).delta is None


def test_other_treatments_break_nothing(timeline: Timeline) -> None:
    other = treatment(ago=2, kind=TreatmentKind.SITE_CHANGE)

    assert judged(timeline, treatments=[other]).delta == 10


@pytest.mark.parametrize(
    ("kind", "status"),
    [(ReadingKind.LOW, SensorStatus.LOW), (ReadingKind.HIGH, SensorStatus.HIGH)],
)
def test_a_sensors_limit_is_its_status(kind: ReadingKind, status: SensorStatus) -> None:
    timeline = Timeline()
    timeline.merge([reading(kind=kind)], NOON)

    data = judged(timeline)

    assert data.latest == reading(kind=kind)
    assert data.latest is not None
    assert data.latest.is_out_of_range
    assert data.sensor_status is status


def test_a_lost_reading_whose_stamp_is_known_is_replaced_by_none() -> None:
    timeline = Timeline(NOON, NOON)
    timeline.merge([reading(5)], NOON)

    data = judged(timeline)

    assert data.latest is None
    assert data.newest == reading(5)
    assert data.newest_at == NOON
    assert data.is_signal_lost is False
    assert data.sensor_status is SensorStatus.NO_DATA


def test_a_fault_before_a_lost_reading_is_over() -> None:
    timeline = Timeline(NOON, NOON)
    timeline.merge([fault(2)], NOON)

    assert judged(timeline).sensor_status is SensorStatus.NO_DATA


def test_what_the_coordinator_knows_is_passed_on() -> None:
    status = DeviceStatus(reservoir=Reported(120.0, NOON))

    data = judge(
        Timeline(),
        [],
        now=NOON,
        stale_after=STALE_AFTER,
        are_treatments_known=False,
        is_answering=False,
        status=status,
    )

    assert data.status == status
    assert data.are_treatments_known is False
    assert data.is_answering is False


def test_boluses_of_people_and_of_loops_are_told_apart(timeline: Timeline) -> None:
    by_hand = treatment(1, 60, insulin=4.0)
    automatic = treatment(2, 5, insulin=0.3, is_automatic=True)
    meal = treatment(3, 4, carbs=40)
    temp_basal = treatment(4, 1, is_automatic=True, kind=TreatmentKind.TEMP_BASAL)
    treatments = [by_hand, automatic, meal, temp_basal]

    data = judged(timeline, treatments=treatments)

    assert data.treatments == tuple(treatments)
    assert data.last_bolus == by_hand
    assert data.last_automatic_bolus == automatic
    assert data.last_carbs == meal


def test_the_last_of_several_is_the_newest(timeline: Timeline) -> None:
    older, newer = treatment(1, 60, insulin=4), treatment(2, 30, insulin=2)

    assert judged(timeline, treatments=[older, newer]).last_bolus == newer


def test_what_is_planned_was_not_the_last(timeline: Timeline) -> None:
    eaten, planned = treatment(1, 0, carbs=20), treatment(2, -15, carbs=40)

    data = judged(timeline, treatments=[eaten, planned])

    assert data.last_carbs == eaten
    assert data.treatments == (eaten, planned)


def test_what_was_planned_is_the_last_when_its_time_comes(timeline: Timeline) -> None:
    planned = treatment(2, -15, carbs=40)

    data = judged(timeline, NOON + 15 * MINUTE, treatments=[planned])

    assert data.last_carbs == planned


def test_treatments_without_an_amount_are_nobodys_last(timeline: Timeline) -> None:
    data = judged(timeline, treatments=[treatment()])

    assert data.last_bolus is None
    assert data.last_automatic_bolus is None
    assert data.last_carbs is None


def merged(
    known: Sequence[Treatment],
    fresh: Sequence[Treatment],
    since: datetime = NOON - 24 * HOUR,
) -> tuple[Treatment, ...]:
    """Return treatments after a source told what happened from `since` on."""
    return merge_treatments(known, fresh, since=since, now=NOON)


def test_new_treatments_are_added_in_their_order() -> None:
    first, second, third = (
        treatment(number, 90 - number, insulin=1) for number in range(3)
    )

    assert merged([second], [third, first, second]) == (first, second, third)


def test_a_treatment_that_is_not_told_any_more_was_deleted() -> None:
    gone, stays = treatment(1, insulin=1), treatment(2, 30, insulin=2)

    assert merged([gone, stays], [stays]) == (stays,)


def test_what_was_not_asked_for_is_kept() -> None:
    older, newer = treatment(1, 120, insulin=1), treatment(2, 30, insulin=2)

    assert merged([older], [newer], since=NOON - HOUR) == (older, newer)


def test_a_treatment_where_the_answer_begins_is_not_kept() -> None:
    at_the_start = treatment(1, 60, insulin=1)

    assert merged([at_the_start], [], since=NOON - HOUR) == ()


def test_an_edited_treatment_replaces_what_it_was() -> None:
    before, after = treatment(1, 120, insulin=1), treatment(1, 30, insulin=2)

    assert merged([before], [after], since=NOON - HOUR) == (after,)


def test_two_uploaders_of_one_treatment_are_one() -> None:
    one = treatment(1, insulin=1.5)
    other = replace(one, id="another", at=one.at + timedelta(milliseconds=400))

    assert len(merged([], [one, other])) == 1


def test_two_uploaders_of_one_treatment_are_one_however_long_ago() -> None:
    one = treatment(1, 7 * 24 * 60, insulin=1.5)
    other = replace(one, id="xDrip", at=one.at + timedelta(milliseconds=400))
    later = treatment(2, insulin=1.5)

    assert once_each([later, other, one]) == [one, later]


def test_a_copy_of_what_is_kept_is_one() -> None:
    kept = replace(treatment(1, insulin=1.5), at=NOON - HOUR)
    copy = replace(kept, id="another", at=kept.at + timedelta(milliseconds=400))

    merged_again = merged([kept], [copy], since=NOON - HOUR + INSTANT)

    assert merged_again == (copy,)


@pytest.mark.parametrize(
    "other",
    [
        treatment(2, insulin=1.6, kind=TreatmentKind.BOLUS),
        treatment(2, 61, insulin=1.5, kind=TreatmentKind.BOLUS),
        treatment(2, carbs=1.5, kind=TreatmentKind.CARBS),
    ],
)
def test_another_amount_time_or_kind_is_another_treatment(other: Treatment) -> None:
    one = treatment(1, insulin=1.5, kind=TreatmentKind.BOLUS)

    assert len(merged([], [one, other])) == 2


def test_two_notes_of_one_second_are_two() -> None:
    notes = [treatment(number, kind=TreatmentKind.NOTE) for number in range(2)]

    assert len(merged([], notes)) == 2


def test_treatments_are_kept_for_two_days() -> None:
    span = TREATMENTS_SPAN / MINUTE
    last_minute, too_old = treatment(1, span, insulin=1), treatment(2, span + 1)

    assert merged([last_minute, too_old], []) == (last_minute,)
    assert merged([], [last_minute, too_old], since=NOON - 72 * HOUR) == (last_minute,)


def test_what_is_planned_is_kept() -> None:
    planned = treatment(1, -30, carbs=20)

    assert merged([], [planned]) == (planned,)


def test_the_range_is_judged_by_the_persons_own_thresholds(timeline: Timeline) -> None:
    tight = Thresholds(urgent_low=60, low=80, high=125, urgent_high=150)

    data = judge(
        timeline,
        (),
        now=NOON,
        stale_after=STALE_AFTER,
        are_treatments_known=True,
        is_answering=True,
        thresholds=tight,
    )

    assert judged(timeline).glucose_range is GlucoseRange.IN_RANGE
    assert judged(timeline).is_rising_fast is True
    assert judged(timeline).is_falling_fast is False
    assert data.glucose_range is GlucoseRange.HIGH
    assert data.thresholds == tight


def test_where_an_old_reading_was_is_not_known_to_be_so_now(timeline: Timeline) -> None:
    data = judged(timeline, NOON + STALE_AFTER)

    assert data.glucose_range is None
    assert data.is_falling_fast is None
    assert data.is_rising_fast is None


def test_nothing_is_fast_across_a_new_sensor(timeline: Timeline) -> None:
    started = treatment(ago=7, kind=TreatmentKind.SENSOR_START)

    assert judged(timeline, treatments=[started]).is_rising_fast is None


def test_the_outlook_is_of_the_current_reading(timeline: Timeline) -> None:
    data, later = judged(timeline), judged(timeline, NOON + STALE_AFTER)

    assert data.forecast is not None
    assert data.forecast.start == NOON
    assert data.is_low_soon is False
    assert later.forecast is None
    assert later.is_low_soon is None


def test_the_loops_own_forecast_is_used(timeline: Timeline) -> None:
    curve = Forecast(start=NOON, period=5 * MINUTE, mgdl=(130, 100, 80, 69))

    data = judge(
        timeline,
        (),
        now=NOON + MINUTE,
        stale_after=STALE_AFTER,
        are_treatments_known=True,
        is_answering=True,
        status=DeviceStatus(forecast=Reported(curve, NOON)),
    )

    assert data.forecast == curve
    assert data.is_low_soon is True
    assert data.low_in == 14
