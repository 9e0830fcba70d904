"""Where glucose is by a person's thresholds, and whether it changes fast.

What has begun ends a little later than it began, so that noise around a
threshold does not switch a light on and off. What ends it is always a reading:
a gap or a sensor error says nothing about glucose, and a phone that fills the
gap afterwards must not begin again what only seemed to have ended. Everything
follows from the readings of the last day, so that a restart changes nothing.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from . import trend
from .models import GlucoseRange, Reading, ReadingKind, Thresholds

HYSTERESIS = 5
"""mg/dL by which a threshold has to be passed again before its range is left.

Without it a fifth of all lows begins twice, and ten would gain little more.
"""

LOWS = frozenset({GlucoseRange.URGENT_LOW, GlucoseRange.LOW})
HIGHS = frozenset({GlucoseRange.URGENT_HIGH, GlucoseRange.HIGH})

_FAST = 2.0
"""mg/dL per minute: one arrow straight up or down, as alerts of sensors have it."""

_STILL_FAST = 1.5
"""What is left of it while it does not end."""


def range_of(reading: Reading, thresholds: Thresholds) -> GlucoseRange:
    """Return the range of a reading by itself: where it is if nothing came before."""
    return _next(GlucoseRange.IN_RANGE, reading, thresholds)


def glucose_range(
    readings: Sequence[Reading], thresholds: Thresholds
) -> GlucoseRange | None:
    """Return the range of the newest reading, None without one.

    Args:
        readings: Oldest first; whether the newest is current is not asked.
        thresholds: The person's own.
    """
    recent: list[Reading] = []
    for reading in reversed(readings):
        recent.append(reading)
        if _is_certain(reading, thresholds):
            break
    found = None
    for reading in reversed(recent):
        found = _next(found or GlucoseRange.IN_RANGE, reading, thresholds)
    return found


def run_within(
    readings: Sequence[Reading],
    thresholds: Thresholds,
    ranges: Collection[GlucoseRange],
) -> list[Reading]:
    """Return the newest readings that never left `ranges`, oldest first.

    Args:
        readings: Oldest first.
        thresholds: The person's own.
        ranges: Which ranges are one.
    """
    run: list[Reading] = []
    now = GlucoseRange.IN_RANGE
    for reading in readings:
        now = _next(now, reading, thresholds)
        if now not in ranges:
            run = []
        else:
            run.append(reading)
    return run


def is_falling_fast(
    readings: Sequence[Reading], breaks: Sequence[datetime] = ()
) -> bool | None:
    """Return whether glucose falls fast, None if it cannot be known.

    Args:
        readings: Oldest first.
        breaks: As `trend.rate` has them.
    """
    return _is_fast(readings, breaks, sign=-1)


def is_rising_fast(
    readings: Sequence[Reading], breaks: Sequence[datetime] = ()
) -> bool | None:
    """Return whether glucose rises fast, None if it cannot be known.

    Args:
        readings: Oldest first.
        breaks: As `trend.rate` has them.
    """
    return _is_fast(readings, breaks, sign=1)


def _is_certain(reading: Reading, thresholds: Thresholds) -> bool:
    """Return whether the range of a reading is the same whatever came before."""
    lowest = _next(GlucoseRange.URGENT_LOW, reading, thresholds)
    highest = _next(GlucoseRange.URGENT_HIGH, reading, thresholds)
    return lowest is highest


def _next(
    before: GlucoseRange, reading: Reading, thresholds: Thresholds
) -> GlucoseRange:
    """Return the range of a reading that came after one in `before`."""
    if reading.kind is ReadingKind.LOW:
        return GlucoseRange.URGENT_LOW
    if reading.kind is ReadingKind.HIGH:
        return GlucoseRange.URGENT_HIGH
    mgdl = reading.mgdl
    if mgdl > thresholds.high or (mgdl >= thresholds.low and before in HIGHS):
        return _high_side(before, mgdl, thresholds)
    return _low_side(before, mgdl, thresholds)


def _low_side(before: GlucoseRange, mgdl: int, thresholds: Thresholds) -> GlucoseRange:
    """Return how low glucose is."""
    is_urgent = before is GlucoseRange.URGENT_LOW
    if mgdl <= thresholds.urgent_low + HYSTERESIS * is_urgent:
        return GlucoseRange.URGENT_LOW
    if mgdl < thresholds.low + HYSTERESIS * (before in LOWS):
        return GlucoseRange.LOW
    return GlucoseRange.IN_RANGE


def _high_side(before: GlucoseRange, mgdl: int, thresholds: Thresholds) -> GlucoseRange:
    """Return how high glucose is."""
    is_urgent = before is GlucoseRange.URGENT_HIGH
    if mgdl >= thresholds.urgent_high - HYSTERESIS * is_urgent:
        return GlucoseRange.URGENT_HIGH
    if mgdl > thresholds.high - HYSTERESIS * (before in HIGHS):
        return GlucoseRange.HIGH
    return GlucoseRange.IN_RANGE


def _is_fast(
    readings: Sequence[Reading], breaks: Sequence[datetime], *, sign: int
) -> bool | None:
    """Return whether glucose changes fast in the direction of `sign`.

    Looked for backwards: the newest rate that is clearly one or the other decides.
    """
    slope = trend.rate(readings, breaks)
    if slope is None:
        return None
    end = len(readings)
    while slope is not None and _STILL_FAST <= sign * slope < _FAST:
        end -= 1
        slope = trend.rate(readings[:end], breaks)
    return slope is not None and sign * slope >= _FAST
