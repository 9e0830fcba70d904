"""What a period was like: time in range, mean, variation, lows and highs.

Everything is weighted by time, so that a one-minute sensor and a five-minute
sensor, or both at once, say the same about the same glucose.

Source: T. Battelino et al., Diabetes Care 2019;42:1593; R. M. Bergenstal et
al., Diabetes Care 2018;41:2275 (GMI).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, pairwise
import math

from .models import Reading, Thresholds

CONSENSUS = Thresholds(urgent_low=53, low=70, high=180, urgent_high=251)
"""The bounds that clinics compare by: below 54, 70, above 180 and above 250."""

_COVERS = timedelta(minutes=7.5)
"""How long a reading speaks for: a five-minute sensor that is half a period late."""

_LASTING = timedelta(minutes=14.5)
"""How long glucose has to be low for an episode, and back for its end.

A quarter of an hour, but for what the stamps of three readings jitter.
"""

_UNKNOWN = timedelta(minutes=45)
"""After so long without a reading nobody knows that it was still the same low."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Episode:
    """A low or a high of at least a quarter of an hour."""

    start: datetime
    """Stamp of its first reading; aware, UTC."""

    end: datetime
    """When glucose was back for good, or no longer known; aware, UTC."""

    mgdl: int
    """The lowest value of a low, the highest of a high, in mg/dL."""

    is_urgent: bool
    """Whether that is beyond the urgent threshold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Statistics:
    """What a period was like; values are None where there are no data.

    Shares of time are in percent of the time that is known, not of the period.
    """

    count: int
    """Readings in the period."""

    active: float
    """Percent of the period for which glucose is known, 0 to 100."""

    mean: float | None = None
    """mg/dL."""

    sd: float | None = None
    """Standard deviation in mg/dL, None with fewer than two readings."""

    cv: float | None = None
    """Coefficient of variation in percent, None with fewer than two readings."""

    gmi: float | None = None
    """Glucose management indicator in percent; meant for 14 days and more."""

    very_low: float | None = None
    """Percent of time at or below `urgent_low`."""

    low: float | None = None
    """Percent of time below `low`, without `very_low`."""

    in_range: float | None = None
    """Percent of time from `low` to `high`, both included."""

    high: float | None = None
    """Percent of time above `high`, without `very_high`."""

    very_high: float | None = None
    """Percent of time at or above `urgent_high`."""

    lows: tuple[Episode, ...] = ()
    """Oldest first; one that began before the period keeps its own start."""

    highs: tuple[Episode, ...] = ()
    """Oldest first; one that began before the period keeps its own start."""


@dataclass(frozen=True, slots=True)
class _Span:
    """A time for which one reading speaks."""

    mgdl: int
    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """Return how long it is."""
        return (self.end - self.start).total_seconds()


def statistics(
    readings: Sequence[Reading], start: datetime, end: datetime, thresholds: Thresholds
) -> Statistics:
    """Return what the period [`start`, `end`) was like.

    Args:
        readings: Oldest first. Those before the period help to tell when a low
            began that reaches into it; those after it are not looked at.
        start: Aware.
        end: Aware, later than `start`, not later than the present.
        thresholds: `CONSENSUS`, or a person's own. LOW counts as 39, HIGH as 401.
    """
    known = list(_spans([reading for reading in readings if reading.at < end], end))
    spans = [
        _Span(span.mgdl, max(span.start, start), span.end)
        for span in known
        if span.end > start
    ]
    count = sum(start <= reading.at < end for reading in readings)
    seconds = sum(span.seconds for span in spans)
    if not seconds:
        return Statistics(count=count, active=0.0)
    mean = sum(span.mgdl * span.seconds for span in spans) / seconds
    sd = _deviation(spans, mean, seconds)
    urgent_low, low, in_range, high, urgent_high = _shares(spans, thresholds, seconds)
    return Statistics(
        count=count,
        active=100 * seconds / (end - start).total_seconds(),
        mean=mean,
        sd=sd,
        cv=None if sd is None else 100 * sd / mean,
        gmi=3.31 + 0.02392 * mean,
        very_low=urgent_low,
        low=low,
        in_range=in_range,
        high=high,
        very_high=urgent_high,
        lows=_lows(known, start, thresholds),
        highs=_highs(known, start, thresholds),
    )


def _spans(readings: Sequence[Reading], end: datetime) -> Iterator[_Span]:
    """Yield the times for which readings speak: until the next, but not for long."""
    stamps = chain((reading.at for reading in readings), (end,))
    for reading, (at, following) in zip(readings, pairwise(stamps), strict=True):
        if following > at:
            yield _Span(reading.mgdl, at, min(following, at + _COVERS))


def _deviation(spans: Sequence[_Span], mean: float, seconds: float) -> float | None:
    """Return the sample's standard deviation, None with fewer than two readings."""
    count = len(spans)
    if count < 2:
        return None
    squares = sum((span.mgdl - mean) ** 2 * span.seconds for span in spans)
    return math.sqrt(squares / seconds * count / (count - 1))


def _shares(
    spans: Sequence[_Span], thresholds: Thresholds, seconds: float
) -> list[float]:
    """Return percents of time in the five ranges, lowest first."""
    spent = [0.0] * 5
    for span in spans:
        spent[_place(span.mgdl, thresholds)] += span.seconds
    return [100 * share / seconds for share in spent]


def _place(mgdl: int, thresholds: Thresholds) -> int:
    """Return which of the five ranges a value is in, counted from the lowest."""
    if mgdl < thresholds.low:
        return int(mgdl > thresholds.urgent_low)
    if mgdl > thresholds.high:
        return 3 + (mgdl >= thresholds.urgent_high)
    return 2


def _lows(
    spans: Sequence[_Span], start: datetime, thresholds: Thresholds
) -> tuple[Episode, ...]:
    """Return the lows that reach into what follows `start`."""
    are_low = [(span, span.mgdl < thresholds.low) for span in spans]
    return tuple(
        Episode(
            start=low[0].start,
            end=low[-1].end,
            mgdl=(lowest := min(span.mgdl for span in low)),
            is_urgent=lowest <= thresholds.urgent_low,
        )
        for low in _episodes(are_low)
        if low[-1].end > start
    )


def _highs(
    spans: Sequence[_Span], start: datetime, thresholds: Thresholds
) -> tuple[Episode, ...]:
    """Return the highs that reach into what follows `start`."""
    are_high = [(span, span.mgdl > thresholds.high) for span in spans]
    return tuple(
        Episode(
            start=high[0].start,
            end=high[-1].end,
            mgdl=(highest := max(span.mgdl for span in high)),
            is_urgent=highest >= thresholds.urgent_high,
        )
        for high in _episodes(are_high)
        if high[-1].end > start
    )


def _episodes(spans: Sequence[tuple[_Span, bool]]) -> Iterator[list[_Span]]:
    """Yield the spans outside of each episode.

    It begins with a quarter of an hour outside and ends with as long inside. A
    gap counts as neither, and ends it too if it is a long one.
    """
    episode: list[_Span] = []
    until: datetime | None = None
    for is_outside, run in _runs(spans):
        is_long = _known(run) >= _LASTING
        is_apart = until is not None and run[0].start - until > _UNKNOWN
        if episode and (is_apart or (is_long and not is_outside)):
            yield episode
            episode = []
        if is_outside and (is_long or episode):
            episode = [*episode, *run]
        until = run[-1].end
    if episode:
        yield episode


def _runs(spans: Sequence[tuple[_Span, bool]]) -> Iterator[tuple[bool, list[_Span]]]:
    """Yield what follows each other without change or a long gap; never empty."""
    run: list[_Span] = []
    was_outside = False
    for span, is_outside in spans:
        is_apart = bool(run) and span.start - run[-1].end > _UNKNOWN
        if run and (is_apart or is_outside is not was_outside):
            yield was_outside, run
            run = []
        run.append(span)
        was_outside = is_outside
    yield was_outside, run


def _known(spans: Sequence[_Span]) -> timedelta:
    """Return how long glucose is known."""
    return timedelta(seconds=sum(span.seconds for span in spans))
