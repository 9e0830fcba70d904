"""What the newest readings say about change: delta, rate and direction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import linear_regression

from .models import Direction, Reading

_FIVE_MINUTES = timedelta(minutes=5)
_CLOSEST = timedelta(minutes=2.5)
_FURTHEST = timedelta(minutes=12.5)
"""A five-minute sensor that lost one packet; two lost ones are a gap."""

_NOW_SPANS = (timedelta(minutes=7.5), timedelta(minutes=12.5))
"""What the newest change is measured over; the second if a packet was lost."""

_SPAN = timedelta(minutes=17.5)
_LARGEST_GAP = timedelta(minutes=12.5)

# Dexcom's arrows, in mg/dL per minute over the last 15 to 20 minutes.
_FLAT, _FORTY_FIVE, _SINGLE = 1.0, 2.0, 3.0


def delta(readings: Sequence[Reading], breaks: Sequence[datetime] = ()) -> float | None:
    """Return the change of the newest reading in mg/dL per five minutes.

    The earlier reading is the one closest to five minutes before; one lost
    packet is bridged and the change scaled to five minutes.

    Args:
        readings: Oldest first.
        breaks: Moments no change is measured across: sensor errors, new sensors.

    Returns:
        None across a gap or a break, without an earlier reading, and where
        either value is only the sensor's limit.
    """
    if not readings or readings[-1].is_out_of_range:
        return None
    newest = readings[-1]
    earlier = [
        reading
        for reading in _recent(readings, _FURTHEST, breaks)
        if newest.at - reading.at >= _CLOSEST
    ]
    if not earlier:
        return None
    before = min(
        earlier, key=lambda reading: abs(newest.at - reading.at - _FIVE_MINUTES)
    )
    if before.is_out_of_range:
        return None
    change = (newest.mgdl - before.mgdl) * (_FIVE_MINUTES / (newest.at - before.at))
    # Nobody is helped by a change of minus nothing.
    return change + 0.0


def rate(readings: Sequence[Reading], breaks: Sequence[datetime] = ()) -> float | None:
    """Return the slope of the last quarter of an hour in mg/dL per minute.

    The least-squares line through the readings of the last 17.5 minutes.

    Args:
        readings: Oldest first.
        breaks: Moments no slope is drawn across.

    Returns:
        None with fewer than three readings, less than about ten minutes of them, a
        gap among them, or a value that is only the sensor's limit.
    """
    recent = _recent(readings, _SPAN, breaks)
    if len(recent) < 3 or any(reading.is_out_of_range for reading in recent):
        return None
    if recent[-1].at - recent[0].at < _FIVE_MINUTES * 1.9:
        return None
    gaps = (later.at - earlier.at for earlier, later in pairwise(recent))
    if max(gaps) > _LARGEST_GAP:
        return None
    return _slope(recent)


def newest_slope(
    readings: Sequence[Reading], breaks: Sequence[datetime] = ()
) -> float | None:
    """Return the slope of the last five minutes in mg/dL per minute.

    From two readings of a five-minute sensor, and all of a one-minute sensor, whose
    single steps are mostly noise.

    Args:
        readings: Oldest first.
        breaks: Moments no slope is drawn across.

    Returns:
        None where `rate` is unknown.
    """
    if rate(readings, breaks) is None:
        return None
    recent = _recent(readings, _NOW_SPANS[0], breaks)
    if len(recent) < 2:
        recent = _recent(readings, _NOW_SPANS[1], breaks)
    return _slope(recent)


def direction(
    readings: Sequence[Reading], breaks: Sequence[datetime] = ()
) -> Direction | None:
    """Return what the source said about the newest reading, else its own sums."""
    if not readings:
        return None
    if readings[-1].direction is not None:
        return readings[-1].direction
    slope = rate(readings, breaks)
    return None if slope is None else direction_of_rate(slope)


def direction_of_rate(mgdl_per_minute: float) -> Direction:
    """Return the arrow for a rate of change.

    Source: Dexcom's user guides; the same limits as EASD/ISPAD, 2020.
    """
    size = abs(mgdl_per_minute)
    is_rising = mgdl_per_minute > 0
    if size <= _FLAT:
        return Direction.FLAT
    if size <= _FORTY_FIVE:
        return Direction.FORTY_FIVE_UP if is_rising else Direction.FORTY_FIVE_DOWN
    if size <= _SINGLE:
        return Direction.SINGLE_UP if is_rising else Direction.SINGLE_DOWN
    return Direction.DOUBLE_UP if is_rising else Direction.DOUBLE_DOWN


def _recent(
    readings: Sequence[Reading], span: timedelta, breaks: Sequence[datetime]
) -> list[Reading]:
    """Return the readings of the last `span` that no break parts from the newest."""
    if not readings:
        return []
    newest = readings[-1].at
    start = newest - span
    # A break at or after the newest reading belongs to what comes next.
    parted = max((moment for moment in breaks if moment <= newest), default=None)
    recent: list[Reading] = []
    for reading in reversed(readings):
        if reading.at < start or (parted is not None and reading.at < parted):
            break
        recent.append(reading)
    recent.reverse()
    return recent


def _slope(readings: Sequence[Reading]) -> float:
    """Return the least-squares slope in mg/dL per minute."""
    start = readings[0].at
    minutes = [(reading.at - start) / timedelta(minutes=1) for reading in readings]
    return linear_regression(minutes, [reading.mgdl for reading in readings]).slope
