"""What is known about a person at a moment, judged once for everybody."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .course import Course
from .forecast import Outlook, outlook
from .models import (
    DeviceStatus,
    Direction,
    Forecast,
    GlucoseRange,
    Reading,
    ReadingKind,
    SensorFault,
    SensorStatus,
    Thresholds,
    Treatment,
    TreatmentKind,
)
from .status import current, turns
from .timeline import SPAN, Timeline

_CLOCK_TOLERANCE = timedelta(minutes=1)

_AT_MOST = timedelta(minutes=10)
"""For how long the clock alone is believed to change nothing, whatever is known."""

STALE_AFTER = timedelta(minutes=15)
"""When a reading stops being current, unless the person chose otherwise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CgmData:
    """What the coordinator publishes."""

    readings: tuple[Reading, ...] = ()
    """The last 24 h, oldest first."""

    newest_at: datetime | None = None
    """Stamp of the newest reading, whatever its age; known before readings are."""

    newest_since: datetime | None = None
    """What the age of the newest reading counts from: its stamp or first sight."""

    latest: Reading | None = None
    """The newest reading while it is current, else None."""

    delayed: Reading | None = None
    """The newest reading of the last day, for sources that are hours behind."""

    delta: float | None = None
    """mg/dL per five minutes, None if it cannot be known."""

    rate: float | None = None
    """mg/dL per minute, None if it cannot be known."""

    direction: Direction | None = None
    """Reported, else computed, else None."""

    sensor_status: SensorStatus = SensorStatus.NO_DATA
    """What the sensor is doing."""

    is_signal_lost: bool = True
    """Whether no reading is recent enough, whatever the reason."""

    treatments: tuple[Treatment, ...] = ()
    """The last 48 h and what is planned, oldest first."""

    last_bolus: Treatment | None = None
    """The newest bolus that a person gave."""

    last_automatic_bolus: Treatment | None = None
    """The newest bolus that a loop gave by itself."""

    last_carbs: Treatment | None = None
    """The newest carbs eaten."""

    are_treatments_known: bool = False
    """Whether treatments were read recently enough to call one the last."""

    status: DeviceStatus = field(default_factory=DeviceStatus)
    """What pump, loop and phone report, without what is too old to be so."""

    thresholds: Thresholds = field(default_factory=Thresholds)
    """The person's own."""

    glucose_range: GlucoseRange | None = None
    """Where the current reading is, None without one."""

    is_falling_fast: bool | None = None
    """Whether glucose falls fast, None if it cannot be known."""

    is_rising_fast: bool | None = None
    """Whether glucose rises fast, None if it cannot be known."""

    forecast: Forecast | None = None
    """The next half hour by the loop or by us, None on thin data."""

    is_low_soon: bool | None = None
    """Whether it is low or likely to be within 20 minutes, None if not known."""

    low_in: int | None = None
    """Minutes to the expected low, 0 if it is low, None if none is expected."""

    is_answering: bool = False
    """Whether the source answered the newest request for readings."""

    course: Course | None = field(default=None, compare=False, repr=False)
    """What the readings were found to say, for whoever judges next."""

    until: datetime | None = field(default=None, compare=False, repr=False)
    """Before when nothing of this changes by itself, None if nobody judged it."""

    @property
    def newest(self) -> Reading | None:
        """Return the newest reading, whatever its age."""
        return self.readings[-1] if self.readings else None


def fresh_until(timeline: Timeline, stale_after: timedelta) -> datetime | None:
    """Return when the newest reading stops being current, None without one.

    Counted from its stamp or its first sight, whichever is earlier.
    """
    since = _newest_since(timeline)
    return None if since is None else since + stale_after


def judge(
    timeline: Timeline,
    treatments: Sequence[Treatment],
    *,
    now: datetime,
    stale_after: timedelta,
    are_treatments_known: bool,
    is_answering: bool,
    status: DeviceStatus | None = None,
    thresholds: Thresholds | None = None,
    before: CgmData | None = None,
    turning: Sequence[datetime] = (),
    is_late: bool = False,
) -> CgmData:
    """Return what is known at `now`.

    Args:
        timeline: Every reading of the last day.
        treatments: Oldest first.
        now: The present, by the source's clock where ours is wrong; aware.
        stale_after: Age at which a reading stops being current.
        are_treatments_known: Whether treatments were read recently.
        is_answering: Whether the source answered the newest request.
        status: What pump, loop and phone reported, however long ago.
        thresholds: The person's own, ours without.
        before: Judged earlier, so that nothing is worked out twice.
        turning: When what is told here may be otherwise by itself.
        is_late: Whether the source is hours behind.
    """
    until = fresh_until(timeline, stale_after)
    is_fresh = until is not None and now < until and not _is_before(now, timeline)
    newest, fault = timeline.newest, _newer_fault(timeline)
    is_current = is_fresh and fault is None and timeline.is_newest_held
    latest = newest if is_current else None
    course = Course(
        readings=timeline.readings,
        breaks=_breaks(timeline.faults, treatments),
        thresholds=thresholds or Thresholds(),
    )
    if before is not None and before.course == course:
        course = before.course
    known = current(
        status or DeviceStatus(),
        treatments,
        now=now,
        are_treatments_known=are_treatments_known,
        is_late=is_late,
    )
    expected = Outlook()
    if latest is not None:
        expected = outlook(course.own, loops=known.forecast, now=now)
    return CgmData(
        readings=course.readings,
        newest_at=timeline.newest_at,
        newest_since=_newest_since(timeline),
        latest=latest,
        delayed=_delayed(timeline, now),
        delta=course.delta if latest else None,
        rate=course.rate if latest else None,
        direction=course.direction if latest else None,
        sensor_status=_sensor_status(latest, fault, now, stale_after),
        is_signal_lost=not is_fresh,
        treatments=tuple(treatments),
        last_bolus=_last(treatments, now, _is_given),
        last_automatic_bolus=_last(treatments, now, _is_automatic),
        last_carbs=_last(treatments, now, _is_eaten),
        are_treatments_known=are_treatments_known,
        status=known,
        thresholds=course.thresholds,
        glucose_range=course.glucose_range if latest else None,
        is_falling_fast=course.is_falling_fast if latest else None,
        is_rising_fast=course.is_rising_fast if latest else None,
        forecast=expected.forecast,
        is_low_soon=expected.is_low_soon,
        low_in=expected.low_in,
        is_answering=is_answering,
        course=course,
        until=now
        + _least(
            *_reading_turns(timeline, fault, now, stale_after),
            *turns(status or DeviceStatus(), treatments, now),
            *(moment - now for moment in turning),
            expected.lasts,
        ),
    )


def _reading_turns(
    timeline: Timeline, fault: SensorFault | None, now: datetime, stale_after: timedelta
) -> Iterator[timedelta]:
    """Yield in how long what readings and faults say may be otherwise by itself."""
    if (until := fresh_until(timeline, stale_after)) is not None:
        yield until - now
    if timeline.newest_seen is not None:
        yield timeline.newest_seen - now - _CLOCK_TOLERANCE
    if timeline.newest is not None:
        yield timeline.newest.at - now + SPAN
    if fault is not None:
        yield fault.at - now + stale_after


def _least(*spans: timedelta | None) -> timedelta:
    """Return the shortest of those that are not over."""
    ahead = (span for span in spans if span and span > timedelta())
    return min([*ahead, _AT_MOST])


def _delayed(timeline: Timeline, now: datetime) -> Reading | None:
    """Return the newest reading unless it is more than a day old."""
    newest = timeline.newest if timeline.is_newest_held else None
    return newest if newest is not None and now - newest.at < SPAN else None


def _newest_since(timeline: Timeline) -> datetime | None:
    """Return what the age of the newest reading counts from, None without one."""
    if timeline.newest_at is None:
        return None
    return min(timeline.newest_at, timeline.newest_seen or timeline.newest_at)


def _is_before(now: datetime, timeline: Timeline) -> bool:
    """Return whether the clock is behind: what was seen then is yet to come."""
    seen = timeline.newest_seen
    return seen is not None and now < seen - _CLOCK_TOLERANCE


def _newer_fault(timeline: Timeline) -> SensorFault | None:
    """Return the newest sensor fault if it is newer than any reading."""
    if not timeline.faults:
        return None
    fault = timeline.faults[-1]
    at = timeline.newest_at
    return fault if at is None or fault.at > at else None


def _breaks(
    faults: Sequence[SensorFault], treatments: Sequence[Treatment]
) -> tuple[datetime, ...]:
    """Return the moments that no change may be measured across."""
    started = (
        treatment.at
        for treatment in treatments
        if treatment.kind is TreatmentKind.SENSOR_START
    )
    return (*(fault.at for fault in faults), *started)


def _sensor_status(
    latest: Reading | None,
    fault: SensorFault | None,
    now: datetime,
    stale_after: timedelta,
) -> SensorStatus:
    """Return what the sensor is doing: only recent news counts."""
    if fault is not None and now < fault.at + stale_after:
        return fault.status
    if latest is None:
        return SensorStatus.NO_DATA
    return {
        ReadingKind.LOW: SensorStatus.LOW,
        ReadingKind.HIGH: SensorStatus.HIGH,
        ReadingKind.MEASURED: SensorStatus.OK,
    }[latest.kind]


def _last(
    treatments: Sequence[Treatment],
    now: datetime,
    is_wanted: Callable[[Treatment], bool],
) -> Treatment | None:
    """Return the newest wanted treatment that is not merely planned."""
    for treatment in reversed(treatments):
        if treatment.at <= now and is_wanted(treatment):
            return treatment
    return None


def _is_given(treatment: Treatment) -> bool:
    """Return whether a person gave insulin."""
    return treatment.insulin is not None and not (
        treatment.is_automatic or treatment.kind is TreatmentKind.LONG_ACTING
    )


def _is_automatic(treatment: Treatment) -> bool:
    """Return whether a loop gave insulin by itself."""
    return treatment.insulin is not None and treatment.is_automatic


def _is_eaten(treatment: Treatment) -> bool:
    """Return whether carbs were eaten."""
    return treatment.carbs is not None
